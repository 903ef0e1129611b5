"""Helpers that tests in several folders use."""

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import pytest
from filelock import FileLock

STOP_SECONDS = 10


@dataclass(frozen=True)
class LocalOrg:
    """A local org that runs as a separate process.

    `environ` is what `login.env` sets: the settings that log in to it.
    """

    directory: Path
    url: str
    port: int
    environ: dict[str, str]
    process: subprocess.Popen[str]


def unavailable(reason: str) -> NoReturn:
    """Skip the test, or fail it if SFJWT_TESTS_REQUIRE_ALL=1 is set."""
    if os.environ.get("SFJWT_TESTS_REQUIRE_ALL") == "1":
        pytest.fail(f"SFJWT_TESTS_REQUIRE_ALL=1, but {reason}")
    pytest.skip(reason)


def records(text: str) -> dict[str, str]:
    """Read a file of records as the action writes it: `name<<DELIMITER`, the value, the delimiter."""
    lines = iter(text.splitlines())
    found = {}
    for line in lines:
        name, delimiter = line.split("<<")
        found[name] = "\n".join(iter(lines.__next__, delimiter))
    return found


def one_at_a_time(name: str) -> FileLock:
    """Run the block in one test process at a time. The other processes wait, and find the work done."""
    return FileLock(Path(tempfile.gettempdir()) / f"sfjwt-tests-{name}.lock")


@contextmanager
def running_local_org(directory: Path, port: int = 0, flags: tuple[str, ...] = ()) -> Iterator[LocalOrg]:
    """Start a local org, and stop it with SIGTERM."""
    command = [sys.executable, "-m", "sfjwt_action", "local-org", "--port", str(port), "--dir", str(directory), *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield _ready(process, directory)
        finally:
            process.terminate()
            _, errors = process.communicate(timeout=STOP_SECONDS)
    assert (process.returncode, errors) == (0, ""), errors


def _ready(process: subprocess.Popen[str], directory: Path) -> LocalOrg:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("Local org ready at "), process.communicate(timeout=STOP_SECONDS)
    environ = dict(word.split("=", 1) for word in shlex.split((directory / "login.env").read_text()))
    url = environ["SFJWT_LOGIN_URL"]
    return LocalOrg(directory, url, urlsplit(url).port or 443, environ, process)
