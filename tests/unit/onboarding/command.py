"""Run `sfjwt` as a process, and set up a login."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

SFJWT = (sys.executable, "-m", "sfjwt_action")
FLAGS = (
    *("--login-url", "acme.my.salesforce.com", "--username", "ci@acme.example"),
    *("--email", "devops@acme.example", "--label", "CI login"),
)
TIMEOUT = 60
NOTHING: Mapping[str, str] = MappingProxyType({})


def sfjwt(
    *arguments: str, cwd: Path, path: str | None = None, stdin: str = "", environ: Mapping[str, str] = NOTHING
) -> subprocess.CompletedProcess[str]:
    """Run a command without a terminal as standard input."""
    return subprocess.run(
        [*SFJWT, *arguments],
        cwd=cwd,
        env={**os.environ, **({"PATH": path} if path is not None else {}), **environ},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def init(directory: Path, *flags: str) -> Path:
    """Set up a login in a directory, and return its path."""
    done = sfjwt("init", "--yes", "--out", "login", *FLAGS, *flags, cwd=directory)
    assert (done.returncode, done.stderr) == (0, "")
    return directory / "login"


def tree(directory: Path) -> dict[str, bytes]:
    """Everything in a directory, by path."""
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def unwrapped(text: str) -> str:
    """The text without the line breaks of a terminal."""
    return " ".join(text.split())
