"""The clients of `tests/python_clients`, at exactly the versions of its lock, in a virtual environment of their own."""

import hashlib
import subprocess
import sys
from pathlib import Path

from support import one_at_a_time, unavailable

FOLDER = Path(__file__).parent.parent / "python_clients"
BIN = FOLDER / ".venv" / "bin"
INSTALL_SECONDS = 600


def install() -> None:
    """Install the clients unless they are there."""
    lock, stamp = FOLDER / "requirements.lock", FOLDER / ".venv" / ".installed"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    uv = Path(sys.executable).with_name("uv")
    with one_at_a_time("python-clients"):
        if stamp.exists() and stamp.read_text() == digest:
            return
        # Some are sources only, so what builds them comes from the lock too.
        options = ["--require-hashes", f"--build-constraints={lock}", f"--python={BIN / 'python'}"]
        commands = (
            ["venv", "--clear", f"--python={sys.executable}", str(FOLDER / ".venv")],
            ["pip", "sync", *options, str(lock)],
        )
        try:
            for command in commands:
                subprocess.run([uv, *command], timeout=INSTALL_SECONDS, check=True, capture_output=True, text=True)
        except subprocess.CalledProcessError as error:
            unavailable(f"uv can't install {lock.name}: {error.stderr}")
        stamp.write_text(digest)
