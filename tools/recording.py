"""Record `init`, `doctor` and `login` in a git repository, against a local org: `make pictures`.

The recording is an asciicast (https://docs.asciinema.org/manual/asciicast/v2/). Each command is a picture, too.
"""

import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import MappingProxyType

import pexpect
from reports import ROOT, local_org, without_chance
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI, TerminalTheme
from rich.text import Text

CAST = ROOT / "docs" / "session.cast"
IMAGES = ROOT / "docs" / "images"
COLUMNS, ROWS = 100, 40
PROMPT = "$ "
# GitHub's own colors (primer/primitives), of which the commands use the first four.
_TEXT, _RED, _GREEN, _YELLOW = (31, 35, 40), (207, 34, 46), (17, 99, 41), (125, 78, 0)
LIGHT = TerminalTheme((246, 248, 250), _TEXT, [_TEXT, _RED, _GREEN, _YELLOW, *[_TEXT] * 4])
THEMES = MappingProxyType({"light": LIGHT, "dark": DIMMED_MONOKAI})


class Recording(io.StringIO):
    """What a terminal showed, and when."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[tuple[float, str]] = []
        self._start = time.monotonic()

    def write(self, text: str) -> int:
        """Take what the terminal showed."""
        self.events.append((round(time.monotonic() - self._start, 2), text))
        return super().write(text)


def main() -> int:
    """Record the session and draw it in both themes.

    Returns:
        The exit code.
    """
    recording = Recording()
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(["git", "init", "--quiet", directory], check=True)  # noqa: S607
        terminal = shell(directory)
        terminal.logfile_read = recording
        terminal.sendline("sfjwt init")
        for question, answer in {
            "Directory to write to": "",
            "My Domain": "acme.my.salesforce.com",
            "Username": "ci@acme.example",
            "Name of the app": "",
            "Contact email": "devops@acme.example",
            "Days": "",
            ".gitignore?": "",
        }.items():
            terminal.expect_exact(question)
            terminal.expect_exact(": ")
            time.sleep(1)
            terminal.sendline(answer)
        terminal.expect_exact(f"\n{PROMPT}")
        (command,) = re.findall(r"sfjwt doctor[^\r\n]+", terminal.before or "")
        certificate = Path(directory, "salesforce-login", "server.crt")
        with local_org("--certificate", str(certificate)) as login:
            terminal.logfile_read = None
            trust = f"export SFJWT_CA_CERTIFICATES_FILE={login['SFJWT_CA_CERTIFICATES_FILE']}"
            terminal.sendline(f"{trust} CONSUMER_KEY={login['SFJWT_CONSUMER_KEY']}")
            terminal.expect_exact(f"\n{PROMPT}")
            terminal.logfile_read = recording
            command = command.replace("https://acme.my.salesforce.com", login["SFJWT_LOGIN_URL"])
            for line in (command, command.replace("doctor", "login")):
                terminal.sendline(line)
                terminal.expect_exact(f"\n{PROMPT}")
        terminal.close(force=True)
    save(recording, directory)
    return 0


def shell(directory: str) -> "pexpect.spawn[str]":
    """Start a shell on a terminal of its own."""
    environ = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": directory,
        "PS1": PROMPT,
        "TERM": "xterm",
    }
    terminal = pexpect.spawn(
        "sh",
        cwd=directory,
        env=environ,
        encoding="utf-8",
        timeout=60,
        dimensions=(ROWS, COLUMNS),
    )
    terminal.expect_exact(PROMPT)
    return terminal


def save(recording: Recording, directory: str) -> None:
    """Write the asciicast, and a picture of each command in both themes."""

    def steady(text: str) -> str:
        return without_chance(text.replace(directory, "/home/ci/app"))

    header = {"version": 2, "width": COLUMNS, "height": ROWS, "title": "sfjwt init, doctor, login"}
    events = [[seconds, "o", steady(text)] for seconds, text in recording.events]
    CAST.write_text(
        "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in [header, *events]), encoding="utf-8"
    )
    shown = steady(recording.getvalue()).replace("\r\n", "\n").removesuffix(PROMPT)
    for command in shown.split(f"\n{PROMPT}"):
        name = command.split()[1]
        for theme, colors in THEMES.items():
            console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
            console.print(Text.from_ansi(PROMPT + command))
            image = IMAGES / f"session-{name}-{theme}.svg"
            console.save_svg(str(image), title=f"sfjwt {name}", theme=colors)


if __name__ == "__main__":
    sys.exit(main())
