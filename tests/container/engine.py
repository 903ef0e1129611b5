"""The Docker engine, and what a log must not show."""

import re
import subprocess
from pathlib import Path

from support import LocalOrg

ROOT = Path(__file__).parents[2]
TIMEOUT = 900


def docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=TIMEOUT, check=False)


def build(tag: str, context: Path) -> str:
    built = docker("build", "--tag", tag, str(context))
    assert built.returncode == 0, built.stdout + built.stderr
    return tag


def assert_no_secret_in(log: str, org: LocalOrg, *tokens: str) -> None:
    key = Path(org.environ["SFJWT_PRIVATE_KEY_FILE"]).read_text()
    for secret in (*tokens, *key.splitlines()[1:-1]):
        assert secret not in log
    assert re.search(r"eyJ[\w-]+\.eyJ", log) is None, "an assertion"
