"""A login is published completely or not at all: full disks, and closed logs."""

import ssl
import subprocess
import sys
from pathlib import Path

import pytest
import trustme
from faults.faulty_server import TOKEN, faulty_server, granted
from faults.harness import ENTRYPOINT, step_environ
from key_material import KeyMaterial
from support import unavailable


def test_a_full_disk_leaves_the_file_as_it_was(
    tmp_path: Path, trusted: ssl.SSLContext, material: KeyMaterial, ca: trustme.CA
) -> None:
    (tmp_path / "out").write_text("before=x\n")
    with faulty_server(trusted, granted()) as server:
        ended = subprocess.run(
            [sys.executable, "-c", LIMITED, str(ENTRYPOINT)],
            env=step_environ(server.url, tmp_path / "out", material, ca),
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 2, ended.stdout
    assert "GITHUB_OUTPUT: " in ended.stdout
    assert "File too large" in ended.stdout
    assert (tmp_path / "out").read_text() == "before=x\n"
    unmasked = [line for line in ended.stdout.splitlines() if not line.startswith("::add-mask::")]
    assert TOKEN not in "\n".join(unmasked) + ended.stderr


# A disk that is full after 300 bytes. Python writes no other files.
LIMITED = """\
import resource, runpy, sys
sys.dont_write_bytecode = True
resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_a_closed_log_ends_without_a_traceback(
    tmp_path: Path, trusted: ssl.SSLContext, material: KeyMaterial, ca: trustme.CA
) -> None:
    with faulty_server(trusted, granted()) as server:
        variables = step_environ(server.url, tmp_path / "out", material, ca)
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


def test_a_published_login_succeeds_if_the_log_closes_after_the_masks(
    tmp_path: Path, trusted: ssl.SSLContext, material: KeyMaterial, ca: trustme.CA
) -> None:
    with faulty_server(trusted, granted()) as server:
        variables = step_environ(server.url, tmp_path / "out", material, ca)
        with subprocess.Popen(
            [sys.executable, str(ENTRYPOINT)], env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout
            assert process.stderr
            while f"::add-mask::{TOKEN}" not in process.stdout.readline():
                pass
            process.stdout.readline()  # the mask of half the token, the end of the first flush
            process.stdout.close()
            errors = process.stderr.read()
    assert errors == ""
    assert (process.returncode == 0) == (TOKEN in (tmp_path / "out").read_text())


@pytest.mark.parametrize(
    ("redirection", "exit_code", "says"),
    [
        ("<&-", 0, ""),
        ("2>&-", 0, ""),
        (">&-", 2, "standard output is closed"),
        (">/dev/full", 1, "No space left"),
    ],
)
def test_streams_that_are_closed_or_full(
    redirection: str,
    exit_code: int,
    says: str,
    tmp_path: Path,
    trusted: ssl.SSLContext,
    material: KeyMaterial,
    ca: trustme.CA,
) -> None:
    if "/dev/full" in redirection and not Path("/dev/full").exists():
        unavailable("there is no /dev/full")
    with faulty_server(trusted, granted()) as server:
        environ = step_environ(server.url, tmp_path / "out", material, ca)
        ended = subprocess.run(
            ["sh", "-c", f'"$@" {redirection}', "sh", sys.executable, str(ENTRYPOINT)],
            # A shell drops a variable with a hyphen in its name.
            env={name.replace("-", "_"): value for name, value in environ.items()},
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == exit_code, ended.stderr
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr
    assert (TOKEN in (tmp_path / "out").read_text()) == (exit_code == 0)
