"""The deploy step of the reusable workflow, with the real sf CLI against the local org."""

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from local_org.connect_proxy import ConnectProxy
from local_org.node_clients import NODE, SF, SfCli, environ
from local_org.test_composite import run
from local_org.test_deploy import GOOD, META, exported, project, token_parts, zips
from support import LocalOrg, unavailable

WORKFLOW = Path(__file__).parents[2] / ".github" / "workflows" / "salesforce-deploy.yml"
STEPS = {
    step.get("name"): step for step in yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]["deploy"]["steps"]
}
DEPLOY = STEPS["Deploy"]["run"]
FORGED = "Deploy ID: 0AfFORGED0000000AAA"

Deploy = Callable[..., subprocess.CompletedProcess[str]]


def add_class(directory: Path, name: str) -> None:
    directory.mkdir(parents=True)
    (directory / f"{name}.cls").write_text(GOOD.replace("Hello", name))
    (directory / f"{name}.cls-meta.xml").write_text(META)


@pytest.fixture
def deploy(tmp_path: Path) -> Deploy:
    """Run the step in a project of two directories."""
    workspace = tmp_path / "workspace"
    project(workspace, GOOD)
    add_class(workspace / "force-app" / FORGED / "classes", "Forged")
    add_class(workspace / "more" / "classes", "More")
    settings = {"packageDirectories": [{"path": "force-app", "default": True}, {"path": "more"}]}
    (workspace / "sfdx-project.json").write_text(json.dumps(settings))
    (tmp_path / "bin").mkdir()
    sf = tmp_path / "bin" / "sf"
    sf.write_text(f'#!/bin/sh\nexec {NODE} {SF} "$@"\n')
    sf.chmod(0o755)

    def step(source_dir: str, **more: str) -> subprocess.CompletedProcess[str]:
        inputs = {"SOURCE_DIR": source_dir, "MANIFEST": "", "TEST_LEVEL": "NoTestRun", "DRY_RUN": "false"}
        runner = {"RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "GITHUB_OUTPUT"), "HOME": str(tmp_path)}
        path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
        (tmp_path / "GITHUB_OUTPUT").touch()
        return run(DEPLOY, workspace, inputs | runner | {"PATH": path} | more | {"PATH": path})

    return step


@pytest.mark.node
@pytest.mark.usefixtures("node_clients")
def test_every_line_of_source_dir_is_deployed_and_the_id_is_the_deploys(
    deploy: Deploy, local_org: LocalOrg, proxy: ConnectProxy, tmp_path: Path
) -> None:
    sf = SfCli(local_org, tmp_path, exported(local_org, proxy, tmp_path) | {"HTTPS_PROXY": proxy.url})
    sf("org", "login", "access-token", "--instance-url", sf.environ["SF_ORG_INSTANCE_URL"], "--no-prompt", "--alias=ci")
    (tmp_path / "GITHUB_OUTPUT").write_text("")
    before = zips(local_org)
    done = deploy("force-app\n  more\n", **environ(local_org, tmp_path), HTTPS_PROXY=proxy.url)
    assert done.returncode == 0, done.stdout + done.stderr
    (arrived,) = zips(local_org) - before
    with zipfile.ZipFile(arrived) as archive:
        classes = {Path(name).name for name in archive.namelist() if name.endswith(".cls")}
    assert classes == {"Hello.cls", "Forged.cls", "More.cls"}
    assert FORGED in done.stdout
    first, *_, last = done.stdout.splitlines()
    assert first.startswith("::stop-commands::")
    assert last == f"::{first.removeprefix('::stop-commands::')}::"
    assert (tmp_path / "GITHUB_OUTPUT").read_text() == f"deploy-id={arrived.stem}\n"
    assert token_parts(sf.environ["SF_ACCESS_TOKEN"], done.stdout + done.stderr) == []


@pytest.mark.parametrize(
    "source_dir",
    [
        "--json",
        "force-app --ignore-errors",
        "force-app\n--target-org\nproduction",
        "--metadata=ApexClass",
        "-m ApexClass",
        "force-app;id",
        "$(id)",
        "not-there",
        "force-app\n\nnot-there",
        "",
        " \n ",
    ],
)
def test_source_dir_accepts_directories_only(source_dir: str, deploy: Deploy, tmp_path: Path) -> None:
    if shutil.which("bash") is None:
        unavailable("there is no bash")
    done = deploy(source_dir)
    assert done.returncode == 2
    assert done.stdout.startswith("::error title=")
    assert done.stdout.count("\n") == 1
    assert (tmp_path / "GITHUB_OUTPUT").read_text() == ""


@pytest.mark.parametrize(
    "inputs",
    [
        {"MANIFEST": "--target-org=production"},
        {"MANIFEST": "not-there.xml"},
        {"TEST_LEVEL": "--purge-on-delete"},
        {"TEST_LEVEL": "RunLocalTests --ignore-errors"},
    ],
)
def test_no_input_is_a_flag(inputs: dict[str, str], deploy: Deploy) -> None:
    if shutil.which("bash") is None:
        unavailable("there is no bash")
    done = deploy("force-app", **inputs)
    assert done.returncode == 2
    assert done.stdout.startswith("::error title=")


def test_the_clis_version_goes_to_the_action_that_checks_it() -> None:
    login = STEPS["Log in to Salesforce"]
    assert login["with"]["sf-cli-version"] == "${{ inputs.sf-cli-version }}"
    assert not any("npm install" in step.get("run", "") for step in STEPS.values())
