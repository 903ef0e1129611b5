"""What the repository must contain, and what it must not."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support import unavailable

from sfjwt_action import __version__

ROOT = Path(__file__).parents[2]
# With enough content to be a key, because many messages contain only the BEGIN line.
PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:\s|\\n)*(?:[A-Za-z0-9+/=](?:\s|\\n)*){64}")
REGISTRY = re.compile(rb"(pypi|pythonhosted|npmjs|deb\.debian)\.org")
PEM_IN_BASE64 = re.compile(rb"LS0tLS1CRUdJTi[A-Za-z0-9+/\s]{200}")


@pytest.fixture(scope="module")
def tracked() -> dict[str, bytes]:
    if not ((ROOT / ".git").exists() and shutil.which("git")):
        unavailable("this is no git checkout")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = {name: ROOT / name for name in names.split("\0") if name}
    return {name: path.read_bytes() for name, path in files.items() if path.is_file()}


def test_no_private_key_is_tracked(tracked: dict[str, bytes]) -> None:
    assert tracked
    assert [name for name, content in tracked.items() if PRIVATE_KEY.search(content)] == []
    assert [name for name, content in tracked.items() if PEM_IN_BASE64.search(content)] == []


def test_python_locks_name_no_package_index(tracked: dict[str, bytes]) -> None:
    locks = {name: content for name, content in tracked.items() if name.endswith(".lock")}
    assert locks
    assert [name for name, content in locks.items() if b"://" in content] == []


def test_npm_locks_name_no_registry(tracked: dict[str, bytes]) -> None:
    locks = {name: content for name, content in tracked.items() if name.endswith("package-lock.json")}
    assert locks
    # Each package has its hash. The registry is the installer's choice.
    assert [name for name, content in locks.items() if b'"resolved"' in content] == []


def test_no_file_names_the_host_of_a_package_registry(tracked: dict[str, bytes]) -> None:
    # Each machine's own configuration says where packages come from.
    assert [name for name, content in tracked.items() if REGISTRY.search(content)] == []


def test_changelog_has_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\n## [{__version__}]" in changelog
