"""Environments that no runner sets on purpose: a clear error in time, and no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from faults.harness import ENTRYPOINT

FILES = ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_STATE", "GITHUB_STEP_SUMMARY")


def run(environ: dict[str, str] | dict[bytes, bytes], *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-I", str(ENTRYPOINT), *arguments]
    ended = subprocess.run(command, env=environ, capture_output=True, timeout=20, check=False)
    printed = (ended.stdout + ended.stderr).decode()
    assert "Traceback" not in printed
    return ended.returncode, printed


@pytest.mark.parametrize("name", FILES)
def test_a_pipe_as_runner_file_does_not_block(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    files = {other: str(tmp_path / other) for other in FILES}
    environ = {"GITHUB_ACTIONS": "true", "INPUT_EXPORT-ENV": "true", "INPUT_REVOKE-TOKEN": "true", **files}
    exit_code, printed = run(environ)
    assert exit_code == 2
    assert (f"{name}: " in printed) == (name != "GITHUB_STEP_SUMMARY")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows' environment is Unicode")
def test_a_path_that_is_not_utf_8() -> None:
    exit_code, printed = run({b"SFJWT_PRIVATE_KEY_FILE": b"/keys/\xff.key", b"SFJWT_EXPORT_FILE": b"/x/\xfe"})
    assert exit_code == 2
    assert "SFJWT_PRIVATE_KEY_FILE" in printed


@pytest.mark.parametrize("state", [{}, {"timeout": "x"}, {"timeout": "5"}, {"timeout": "5", "retries": "0"}])
def test_an_incomplete_state_does_not_fail_the_job(state: dict[str, str]) -> None:
    environ = {"STATE_access_token": "x", **{f"STATE_{name}": value for name, value in state.items()}}
    exit_code, printed = run(environ, "revoke", "--from-state")
    assert exit_code == 0
    assert "wasn't revoked" in printed
