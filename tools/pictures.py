"""Draw docs/images from logins to the local org, with headless Chromium: `make pictures`."""

import shutil
import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt
from reports import REFUSED, annotation, local_org, run

IMAGES = Path(__file__).parents[1] / "docs" / "images"
WIDTH = 900

# GitHub's own colors (primer/primitives), light and dark.
THEMES = {
    "light": {
        "page": "#ffffff",
        "text": "#1f2328",
        "muted": "#59636e",
        "border": "#d1d9e0",
        "code": "#818b981f",
        "red": "#d1242f",
        "green": "#1a7f37",
    },
    "dark": {
        "page": "#0d1117",
        "text": "#f0f6fc",
        "muted": "#9198a1",
        "border": "#3d444d",
        "code": "#656c7633",
        "red": "#f85149",
        "green": "#3fb950",
    },
}
STYLE = """
* {{ box-sizing: border-box; }}
body {{ margin: 0; padding: 16px; background: {page}; color: {text};
  font: 14px/1.5 "Noto Sans", "DejaVu Sans", sans-serif; }}
.box {{ border: 1px solid {border}; border-radius: 6px; margin-bottom: 16px; padding: 12px 16px; }}
.box > b {{ display: block; margin-bottom: 4px; }}
.red {{ border-left: 3px solid {red}; }} .red > b::before {{ content: "✖ "; color: {red}; }}
.green {{ border-left: 3px solid {green}; }}
.muted {{ color: {muted}; font-size: 12px; margin-bottom: 8px; }}
h3 {{ margin: 4px 0 12px; font-size: 18px; }} p {{ margin: 0 0 12px; }} ol {{ margin: 0 0 12px; padding-left: 24px; }}
code {{ background: {code}; border-radius: 6px; padding: .2em .4em; font: 12px "DejaVu Sans Mono", monospace; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ border: 1px solid {border}; padding: 4px 10px; text-align: left; overflow-wrap: anywhere; }}
a {{ color: #4493f8; }} pre {{ margin: 0; white-space: pre-wrap; font: inherit; }}
"""


def main() -> int:
    """Draw every picture in both themes.

    Returns:
        The exit code.
    """
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("tools/pictures.py needs Chromium.", file=sys.stderr)
        return 1
    with local_org() as login:
        refused = run(login | REFUSED).without_chance()
        granted = run(login).without_chance()
    title, message = annotation(refused.log)
    note = f'<div class="box red"><b>{escape(title)}</b><pre>{escape(message)}</pre></div>'
    pictures = {
        "annotation": note,
        "refused": summary(refused.summary, "red"),
        "granted": summary(granted.summary, "green"),
    }
    IMAGES.mkdir(exist_ok=True)
    for name, body in pictures.items():
        for theme, colors in THEMES.items():
            draw(chromium, STYLE.format(**colors), body, IMAGES / f"{name}-{theme}.png")
    return 0


def summary(markdown: str, color: str) -> str:
    """Return a step summary as GitHub shows it."""
    html = MarkdownIt("commonmark").enable("table").render(markdown)
    return f'<div class="muted">check summary</div><div class="box {color}">{html}</div>'


def draw(chromium: str, style: str, body: str, image: Path) -> None:
    """Draw a page as high as its content."""
    page = f'<!doctype html><meta charset="utf-8"><style>{style}</style><body>{body}'
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "page.html")
        # The height is found by the page, which prints it.
        file.write_text(f"{page}<script>document.title = document.body.scrollHeight</script>", encoding="utf-8")
        options = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        dump = subprocess.run(
            [*options, f"--window-size={WIDTH},100", "--dump-dom", file.as_uri()],
            capture_output=True,
            text=True,
            check=True,
        )
        height = int(dump.stdout.partition("<title>")[2].partition("<")[0])
        subprocess.run(
            [*options, f"--window-size={WIDTH},{height}", f"--screenshot={image}", file.as_uri()],
            capture_output=True,
            check=True,
        )


if __name__ == "__main__":
    sys.exit(main())
