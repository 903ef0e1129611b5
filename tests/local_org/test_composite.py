"""The scripts of composite/action.yml, without a runner and without the installation."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support import LocalOrg, records, unavailable

FOLDER = Path(__file__).parents[2] / "composite"
INSTALL, LOGIN = yaml.safe_load((FOLDER / "action.yml").read_text(encoding="utf-8"))["runs"]["steps"]
BASH = shutil.which("bash") or ""


@pytest.fixture(autouse=True)
def _bash() -> None:
    if not BASH:
        unavailable("there is no bash")


def run(script: str, workspace: Path, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a script as the runner does for `shell: bash`."""
    workspace.mkdir(exist_ok=True)
    return subprocess.run(
        [BASH, "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=workspace,
        env={"GITHUB_ACTIONS": "true", "GITHUB_ACTION_PATH": str(FOLDER), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def log_in(org: LocalOrg, directory: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    read = {name: Path(org.environ[f"SFJWT_{name}_FILE"]).read_text() for name in ("PRIVATE_KEY", "CA_CERTIFICATES")}
    given = {name: org.environ[f"SFJWT_{name}"] for name in ("CONSUMER_KEY", "USERNAME", "LOGIN_URL")}
    files = {name: str(directory / name) for name in ("GITHUB_OUTPUT", "GITHUB_STATE")}
    for path in files.values():
        Path(path).touch()
    environ = {f"INPUT_{name}": value for name, value in {**read, **given, **inputs}.items()}
    # Every other Python in the job imports modules from the workspace.
    environ |= {"PYTHON": sys.executable, "PYTHONPATH": ".", "NO_PROXY": "localhost"}
    return run(LOGIN["run"], directory / "workspace", files | environ)


@pytest.mark.parametrize("found", ["nothing", "one that will not do"])
def test_a_runner_without_python_gets_an_error_with_the_fix(found: str, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    if found != "nothing":
        stub = tmp_path / "bin" / "python3"
        stub.write_text(f"#!{BASH}\nexit 1\n")
        stub.chmod(0o755)
    installed = run(INSTALL["run"], tmp_path / "workspace", {"PATH": str(tmp_path / "bin")})
    assert installed.returncode == 2
    assert installed.stderr == ""
    assert installed.stdout == (
        "::error title=Salesforce login%3A no Python::This runner has no Python 3.11 or later with pip. "
        "Before this step, add one with `uses: actions/setup-python`.\n"
    )


def test_a_failed_installation_is_reported(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = {"PATH": path, "RUNNER_TEMP": str(tmp_path), "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    installed = run(INSTALL["run"], tmp_path / "workspace", environ)
    assert installed.returncode == 1
    assert "No matching distribution found" in installed.stderr
    assert installed.stdout.startswith("::error title=Salesforce login%3A not installed::pip couldn't install")


def test_logs_in(local_org: LocalOrg, tmp_path: Path) -> None:
    login = log_in(local_org, tmp_path)
    assert login.returncode == 0, login.stdout + login.stderr
    assert records((tmp_path / "GITHUB_OUTPUT").read_text())["instance-url"] == local_org.url
    assert (tmp_path / "GITHUB_STATE").read_text() == ""


def test_the_job_of_docs_local_org_starts_an_org_and_logs_in(tmp_path: Path) -> None:
    page = (FOLDER.parent / "docs" / "local-org.md").read_text(encoding="utf-8")
    block = page.partition("## Run it in CI")[2].partition("```yaml\n")[2].partition("```")[0]
    _, _, start, log_in_step, _ = yaml.safe_load(block)["steps"]
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pipx").write_text(f"#!{BASH}\n")  # sfjwt is installed
    (tmp_path / "bin" / "pipx").chmod(0o755)
    variables = tmp_path / "GITHUB_ENV"
    path = f"{tmp_path / 'bin'}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    script = start["run"].replace("--port 8443", "--port 0") + 'echo "$org"'
    started = run(
        script, tmp_path / "workspace", {"PATH": path, "RUNNER_TEMP": str(tmp_path), "GITHUB_ENV": str(variables)}
    )
    assert started.returncode == 0, started.stdout + started.stderr
    try:
        environ = dict(line.split("=", 1) for line in variables.read_text().splitlines())
        assert environ["NODE_EXTRA_CA_CERTS"] == environ["SFJWT_CA_CERTIFICATES_FILE"]
        inputs = {
            f"INPUT_{name.upper().replace('-', '_')}": re.sub(
                r"\$\{\{ env\.(\w+) }}", lambda found: environ[found[1]], value
            )
            for name, value in log_in_step["with"].items()
            if name != "sf-cli-version"
        }
        output = tmp_path / "GITHUB_OUTPUT"
        output.touch()
        login = run(
            LOGIN["run"],
            tmp_path / "workspace",
            {**environ, **inputs, "PYTHON": sys.executable, "GITHUB_OUTPUT": str(output), "NO_PROXY": "localhost"},
        )
        assert login.returncode == 0, login.stdout + login.stderr
        assert records(output.read_text())["instance-url"] == environ["SFJWT_LOGIN_URL"]
    finally:
        os.kill(int(started.stdout.split()[-1]), signal.SIGTERM)


def test_nothing_is_read_from_the_workspace_or_left_in_it(local_org: LocalOrg, tmp_path: Path) -> None:
    (tmp_path / "workspace").mkdir()
    for module in ("json", "requests", "sfjwt_action", "sitecustomize"):
        (tmp_path / "workspace" / f"{module}.py").write_text("raise SystemExit('code of the workspace')")
    before = sorted(os.walk(tmp_path / "workspace"))
    login = log_in(local_org, tmp_path)
    assert login.returncode == 0, login.stdout + login.stderr
    assert sorted(os.walk(tmp_path / "workspace")) == before


def test_revoke_token_is_rejected(local_org: LocalOrg, tmp_path: Path) -> None:
    login = log_in(local_org, tmp_path, REVOKE_TOKEN="true")
    assert login.returncode == 2
    assert "revoke-token: The post step" in login.stdout
    assert (tmp_path / "GITHUB_OUTPUT").read_text() == ""
