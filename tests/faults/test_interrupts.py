"""SIGTERM and SIGINT to the entry point's process, at any time."""

import re
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest
import trustme
from faults.faulty_server import TOKEN, FaultyServer, faulty_server, granted, hang_up, silence
from faults.harness import ENTRYPOINT, step_environ
from key_material import KeyMaterial
from support import unavailable

EXIT_CODES = {signal.SIGTERM: 143, signal.SIGINT: 130}


def start(login_url: str, output_file: Path, material: KeyMaterial, ca: trustme.CA) -> subprocess.Popen[str]:
    environ = step_environ(login_url, output_file, material, ca)
    command = [sys.executable, str(ENTRYPOINT)]
    return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def wait_for_a_request(server: FaultyServer, process: subprocess.Popen[str]) -> None:
    while not server.requests:
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.001)


@pytest.mark.parametrize("number", EXIT_CODES)
@pytest.mark.parametrize("doing", ["waiting for an answer", "waiting for the next attempt"])
def test_a_login_ends_at_once(
    number: signal.Signals, doing: str, tmp_path: Path, trusted: ssl.SSLContext, material: KeyMaterial, ca: trustme.CA
) -> None:
    reply = silence(30) if doing == "waiting for an answer" else hang_up
    with faulty_server(trusted, reply) as server, start(server.url, tmp_path / "out", material, ca) as process:
        wait_for_a_request(server, process)
        time.sleep(0.2)
        process.send_signal(number)
        # Without the signal, it would take longer: 30 s for the response, 7 s for the next attempts.
        log, _ = process.communicate(timeout=5)
    assert process.returncode == EXIT_CODES[number]
    assert log.endswith(f"Interrupted by {number.name}.\n")
    assert (tmp_path / "out").read_text() == ""
    assert "Traceback" not in log


def test_a_crash_leaves_no_core_dump(
    tmp_path: Path, trusted: ssl.SSLContext, material: KeyMaterial, ca: trustme.CA
) -> None:
    with faulty_server(trusted, silence(30)) as server, start(server.url, tmp_path / "out", material, ca) as process:
        wait_for_a_request(server, process)
        limits = Path(f"/proc/{process.pid}/limits")
        if not limits.exists():
            unavailable("there is no /proc")
        soft, hard = re.findall(r"^Max core file size +(\w+) +(\w+)", limits.read_text(), re.MULTILINE)[0]
        process.send_signal(signal.SIGABRT)
        process.communicate(timeout=10)
    assert (soft, hard) == ("1", "1")


@pytest.mark.parametrize("file", ["keys.log", "no/such/directory/keys.log"])
def test_sslkeylogfile_is_ignored(
    file: str, tmp_path: Path, trusted: ssl.SSLContext, material: KeyMaterial, ca: trustme.CA
) -> None:
    with faulty_server(trusted, granted()) as server:
        environ = step_environ(server.url, tmp_path / "out", material, ca) | {"SSLKEYLOGFILE": str(tmp_path / file)}
        login = subprocess.run(
            [sys.executable, str(ENTRYPOINT)], env=environ, capture_output=True, text=True, check=False
        )
    assert login.returncode == 0, login.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


HALFWAY = """
import os, signal, sys, time
from sfjwt_action.process import exit_on_signals, defer_signals
exit_on_signals()
with defer_signals():
    print("first half,", flush=True)
    os.kill(os.getpid(), int(sys.argv[1]))
    time.sleep(0.3)
    print("second half", flush=True)
time.sleep(30)
print("and on")
"""


@pytest.mark.parametrize("number", EXIT_CODES)
def test_a_signal_waits_for_the_second_half(number: signal.Signals) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HALFWAY, str(int(number))], capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, done.stdout) == (EXIT_CODES[number], "first half,\nsecond half\n")


@pytest.mark.parametrize("delay", [n / 50 for n in range(12)])
def test_all_outputs_are_published_or_none(
    delay: float, tmp_path: Path, trusted: ssl.SSLContext, material: KeyMaterial, ca: trustme.CA
) -> None:
    with faulty_server(trusted, granted()) as server, start(server.url, tmp_path / "out", material, ca) as process:
        wait_for_a_request(server, process)
        time.sleep(delay / 10)
        process.terminate()
        log, _ = process.communicate(timeout=10)
    written = (tmp_path / "out").read_text()
    assert process.returncode in {0, 143}, log
    assert written == "" or (TOKEN in written and "\naudience<<" in written)
    assert process.returncode == 143 or written
