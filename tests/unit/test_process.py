import os
import subprocess
import sys
from pathlib import Path

import pytest

ENTRYPOINT = Path(__file__).parents[2] / "entrypoint.py"

_HARDENED = """
import os, resource, sys
import sfjwt_action.__main__
assert "_ssl" not in sys.modules and "_hashlib" not in sys.modules, "OpenSSL is loaded before the process is hardened"
from sfjwt_action.process import child_environment, harden
harden()
assert resource.getrlimit(resource.RLIMIT_CORE)[0] <= 1
assert not {"OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES", "SSLKEYLOGFILE"} & set(os.environ)
assert child_environment({"PATH": "/x", "SFJWT_PRIVATE_KEY": "k", "INPUT_PRIVATE-KEY": "k", "CF_X": "1"}, "CF_") == {
    "PATH": "/x", "CF_X": "1"
}
os.kill(os.getpid(), 2)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no core dumps")
def test_the_process_is_hardened_before_openssl_is_loaded() -> None:
    names = ("OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES", "SSLKEYLOGFILE")
    # Coverage of a subprocess loads hashlib, and so OpenSSL, before the first line runs.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    environ = plain | dict.fromkeys(names, "/no/such/file")
    done = subprocess.run(
        [sys.executable, "-c", _HARDENED], env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (130, "")


def test_a_provider_that_the_environment_names_is_not_loaded(tmp_path: Path) -> None:
    """A program that reads an invalid OPENSSL_CONF fails."""
    configuration = tmp_path / "openssl.cnf"
    sections = {"": "openssl_conf = a", "[a]": "providers = b", "[b]": "x = c", "[c]": "module = /x.so\nactivate = 1"}
    configuration.write_text("".join(f"{name}\n{text}\n" for name, text in sections.items()))
    done = subprocess.run(
        [sys.executable, "-I", str(ENTRYPOINT), "--version"],
        env={"PATH": os.environ["PATH"], "OPENSSL_CONF": str(configuration)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
