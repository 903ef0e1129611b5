"""A login with a Python that is limited to what Windows has."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import LocalOrg, records

# Remove what Python on Windows doesn't have.
WITHOUT = """
import os, signal, sys
sys.modules.update(dict.fromkeys(["fcntl", "grp", "pwd", "resource", "termios"]))
del os.pread, os.pwrite, os.fchmod, os.fork, os.geteuid, os.getuid
del signal.pthread_sigmask, signal.pthread_kill, signal.sigwait, signal.alarm
"""
# Set the platform, and the code page and line breaks of a pipe.
WINDOWS = f"""{WITHOUT}
from sfjwt_action.cli import main
sys.platform, os.linesep = "win32", "\\r\\n"
for stream in (sys.stdout, sys.stderr):
    stream.reconfigure(encoding="cp1252", newline="\\r\\n")
sys.exit(main(["login"]))
"""


def start(org: LocalOrg, directory: Path, **environ: str) -> subprocess.Popen[bytes]:
    files = {name: str(directory / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    Path(files["GITHUB_OUTPUT"]).write_bytes(b"a<<E\r\nb\r\nE")
    return subprocess.Popen(
        [sys.executable, "-c", WINDOWS],
        env=os.environ | org.environ | files | {"GITHUB_ACTIONS": "true", "NO_PROXY": "localhost"} | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def test_a_login_is_published(local_org: LocalOrg, tmp_path: Path) -> None:
    with start(local_org, tmp_path) as process:
        log, _ = process.communicate(timeout=30)
    assert process.returncode == 0, log.decode()
    written = (tmp_path / "GITHUB_OUTPUT").read_bytes()
    assert written.startswith(b"a<<E\r\nb\r\nE\naccess-token<<")
    outputs = records(written.decode())
    assert outputs["instance-url"] == local_org.url
    # The runner decodes UTF-8, and would show an empty line for a second line break.
    assert f"::add-mask::{outputs['access-token']}\r\n" in log.decode()
    assert b"\r\r" not in log


def test_a_rejected_login_is_reported_in_utf_8(local_org: LocalOrg, tmp_path: Path) -> None:
    with start(local_org, tmp_path, SFJWT_USERNAME="nobody@acme.example") as process:
        log, _ = process.communicate(timeout=30)
    assert process.returncode == 3, log.decode()
    assert re.search("Salesforce says “invalid_grant: [^”]+”", log.decode())
    assert "“" in (tmp_path / "GITHUB_STEP_SUMMARY").read_text(encoding="utf-8")
    assert (tmp_path / "GITHUB_OUTPUT").read_bytes() == b"a<<E\r\nb\r\nE\n"


PUBLISHING = f"""{WITHOUT}
import time
from sfjwt_action.process import exit_on_signals, defer_signals
sys.platform = "win32"
exit_on_signals()
with defer_signals():
    signal.raise_signal(signal.SIGINT)
    print("published", flush=True)
time.sleep(30)
"""


def test_ctrl_c_waits_until_all_is_published() -> None:
    process = subprocess.run([sys.executable, "-c", PUBLISHING], capture_output=True, timeout=10, check=False)
    assert (process.returncode, process.stdout) == (130, b"published\n")
    assert process.stderr == b"Interrupted by SIGINT.\n"


@pytest.mark.parametrize("delay", [0, 0.02, 0.04, 0.06])
def test_ctrl_c_leaves_everything_or_nothing_published(
    delay: float, local_org: LocalOrg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Coverage replaces os._exit, and its version can crash in a thread during the interpreter's shutdown.
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    with start(local_org, tmp_path) as process:
        assert process.stdout is not None
        first = process.stdout.readline()  # from here on, sfjwt handles signals
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        log = first + process.communicate(timeout=30)[0]
    # The last one is an exit that has already started.
    assert process.returncode in {0, 130, -signal.SIGINT}, log.decode()
    assert b"Traceback" not in log
    outputs = records((tmp_path / "GITHUB_OUTPUT").read_text())
    assert "access-token" not in outputs or "audience" in outputs
