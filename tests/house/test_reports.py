import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_shows_what_runs_print() -> None:
    program = "import sys, reports; sys.stdout.write(reports.page())"
    printed = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT / "tools",
        capture_output=True,
        text=True,
        check=False,
    )
    assert printed.returncode == 0, printed.stderr
    stale = (ROOT / "docs" / "reports.md").read_text(encoding="utf-8") != printed.stdout
    assert not stale, "docs/reports.md is stale; renew it: make docs"


def test_each_picture_has_both_themes() -> None:
    names = {path.stem for path in (ROOT / "docs" / "images").glob("*.png")}
    stems = {name.rpartition("-")[0] for name in names}
    assert {f"{stem}-{theme}" for stem in stems for theme in ("light", "dark")} == names
