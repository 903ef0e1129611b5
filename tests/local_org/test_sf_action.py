"""The scripts of sf/action.yml, without a runner."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from local_org.node_clients import NODE, install
from local_org.test_composite import run
from support import unavailable

ACTION = Path(__file__).parents[2] / "sf" / "action.yml"
FIND = yaml.safe_load(ACTION.read_text(encoding="utf-8"))["runs"]["steps"][0]["run"]
DEFAULTS = {"ALIAS": "ci", "SET_DEFAULT": "true", "SET_DEFAULT_DEV_HUB": "false", "VERSION": ""}

BAD_VERSIONS = [
    "latest",
    "^2.150.6",
    "2.150",
    "2.150.6 --registry=https://attacker.example",
    "2.150.6\n2.150.6",
    "https://attacker.example/cli.tgz",
    "git+https://attacker.example/cli.git",
    "file:../cli",
    "npm:left-pad@1.0.0",
    "-2.150.6",
]


@pytest.fixture(autouse=True)
def _bash() -> None:
    if shutil.which("bash") is None:
        unavailable("there is no bash")


def find(directory: Path, *programs: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the step with only these programs and coreutils on the PATH."""
    (directory / "bin").mkdir()
    for name in ("bash", "mktemp"):
        (directory / "bin" / name).symlink_to(shutil.which(name) or "")
    for program in programs:
        (directory / "bin" / program.name).symlink_to(program)
    (directory / "GITHUB_PATH").touch()
    environ = {"RUNNER_TEMP": str(directory), "GITHUB_PATH": str(directory / "GITHUB_PATH"), "HOME": str(directory)}
    kept = {name: value for name, value in os.environ.items() if name.startswith(("NODE_EXTRA", "npm_config"))}
    return run(FIND, directory / "workspace", {"PATH": str(directory / "bin"), **kept, **environ, **DEFAULTS, **inputs})


@pytest.mark.parametrize("version", BAD_VERSIONS)
def test_only_an_exact_version_is_installed(version: str, tmp_path: Path) -> None:
    found = find(tmp_path, VERSION=version)
    assert found.returncode == 2
    assert found.stdout.startswith("::error title=Salesforce login%3A invalid sf-cli-version::")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALIAS", ""),
        ("ALIAS", "--json"),
        ("ALIAS", "a b"),
        ("ALIAS", "a=b"),
        ("ALIAS", "ci\n::warning::x"),
        ("SET_DEFAULT", "yes"),
        ("SET_DEFAULT", ""),
        ("SET_DEFAULT_DEV_HUB", "1"),
    ],
)
def test_invalid_input_is_rejected_without_quoting_it(name: str, value: str, tmp_path: Path) -> None:
    found = find(tmp_path, **{name: value})
    assert found.returncode == 2
    title = f"::error title=Salesforce login%3A invalid {name.lower().replace('_', '-')}::"
    assert found.stdout.startswith(title)
    assert found.stdout.count("\n") == 1


def test_a_missing_cli_is_an_error_without_a_version(tmp_path: Path) -> None:
    found = find(tmp_path)
    assert found.returncode == 2
    assert found.stdout.startswith("::error title=Salesforce login%3A no sf CLI::")


def test_a_missing_npm_is_an_error(tmp_path: Path) -> None:
    found = find(tmp_path, VERSION="2.150.6")
    assert found.returncode == 2
    assert found.stdout.startswith("::error title=Salesforce login%3A no npm::")


def test_the_runners_own_cli_is_used(tmp_path: Path) -> None:
    own = tmp_path / "sf"
    own.write_text("#!/bin/sh\nexit 1\n")
    own.chmod(0o755)
    found = find(tmp_path, own, VERSION="2.150.6")
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")
    assert (tmp_path / "GITHUB_PATH").read_text() == ""


def test_an_installation_that_fails_names_what_to_add(tmp_path: Path) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho npm error code EBADENGINE >&2\nexit 1\n")
    npm.chmod(0o755)
    found = find(tmp_path, npm, VERSION="2.150.6")
    assert found.returncode == 2
    assert found.stdout.startswith("::error title=Salesforce login%3A sf CLI not installed::")
    assert "actions/setup-node" in found.stdout
    assert (tmp_path / "GITHUB_PATH").read_text() == ""


@pytest.mark.node
def test_the_version_is_installed_with_npm(tmp_path: Path) -> None:
    install()
    npm = Path(shutil.which("npm") or "")
    shell = Path(shutil.which("sh") or "")
    env = Path(shutil.which("env") or "")
    found = find(tmp_path, npm, NODE, shell, env, VERSION="2.150.6")
    assert found.returncode == 0, found.stdout + found.stderr
    (installed,) = (tmp_path / "GITHUB_PATH").read_text().splitlines()
    version = subprocess.run(
        [NODE, Path(installed, "sf").resolve(), "--version"],
        env={"HOME": str(tmp_path), "SF_DISABLE_AUTOUPDATE": "true"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert version.stdout.startswith("@salesforce/cli/2.150.6 ")
