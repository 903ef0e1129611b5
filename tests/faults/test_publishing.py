"""A login is published whole, or not at all: full disks, and logs that nobody reads."""

import os
import ssl
import subprocess
import sys
from pathlib import Path

import trustme
from faults.faulty_server import TOKEN, faulty_server, granted
from faults.harness import CONSUMER_KEY, USERNAME
from key_material import KeyMaterial

ENTRYPOINT = Path(__file__).parents[2] / "entrypoint.py"


def environ(login_url: str, output_file: Path, material: KeyMaterial, ca: trustme.CA) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "INPUT_CONSUMER-KEY": CONSUMER_KEY,
        "INPUT_PRIVATE-KEY": material.text("pkcs8.pem"),
        "INPUT_USERNAME": USERNAME,
        "INPUT_LOGIN-URL": login_url,
        "INPUT_CA-CERTIFICATES": ca.cert_pem.bytes().decode(),
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(output_file),
    }


def test_a_full_disk_leaves_the_file_as_it_was(
    tmp_path: Path, trusted: ssl.SSLContext, material: KeyMaterial, ca: trustme.CA
) -> None:
    (tmp_path / "out").write_text("before=x\n")
    with faulty_server(trusted, granted()) as server:
        ended = subprocess.run(
            [sys.executable, "-c", LIMITED, str(ENTRYPOINT)],
            env=environ(server.url, tmp_path / "out", material, ca),
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 2, ended.stdout
    assert "GITHUB_OUTPUT: " in ended.stdout
    assert "can no longer be written: File too large" in ended.stdout
    assert (tmp_path / "out").read_text() == "before=x\n"
    unmasked = [line for line in ended.stdout.splitlines() if not line.startswith("::add-mask::")]
    assert TOKEN not in "\n".join(unmasked) + ended.stderr


# A disk that is full after 300 bytes, for a Python that writes no other files.
LIMITED = """\
import resource, runpy, sys
sys.dont_write_bytecode = True
resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_a_log_that_nobody_reads_ends_without_a_traceback(
    tmp_path: Path, trusted: ssl.SSLContext, material: KeyMaterial, ca: trustme.CA
) -> None:
    with faulty_server(trusted, granted()) as server:
        variables = environ(server.url, tmp_path / "out", material, ca)
        with subprocess.Popen(
            [sys.executable, str(ENTRYPOINT)], env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout
            assert process.stderr
            process.stdout.close()
            errors = process.stderr.read()
    assert process.returncode == 1
    assert errors == ""
    assert not (tmp_path / "out").exists() or TOKEN not in (tmp_path / "out").read_text()
