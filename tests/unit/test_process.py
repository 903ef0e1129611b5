"""What a login seldom uses is loaded when it is used."""

import subprocess
import sys

_SCRIPT = """
import sys
from sfjwt_action.process import defer_x509
defer_x509()
from sfjwt_action import cli
from cryptography import x509
assert object.__getattribute__(x509, "__class__").__name__ == "_LazyModule"
import cryptography.x509.oid
assert x509 is cryptography.x509 is sys.modules["cryptography.x509"]
assert type(x509) is type(sys)
x509.load_pem_x509_certificate
"""


def test_x509_is_loaded_once_and_at_its_first_use() -> None:
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
