"""Workflows with `uses: ./` and `uses: ./composite` on a real runner, act."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from container.engine import ROOT, TIMEOUT, assert_no_secret_in, buildable
from container.runner import ACTION
from support import LocalOrg, one_at_a_time

pytestmark = pytest.mark.container

ACT = Path(sys.executable).with_name("act")
WORKFLOW = Path(__file__).with_name("workflow.yml")
COMPOSITE_WORKFLOW = Path(__file__).with_name("composite.yml")


@dataclass(frozen=True)
class Job:
    """A finished job, with its workspace as the steps left it."""

    exit_code: int
    log: str
    workspace: Path

    def kept(self, name: str) -> dict[str, object]:
        content: dict[str, object] = json.loads((self.workspace / name).read_text())
        return content


def run_workflow(directory: Path, runner_image: str, org: LocalOrg, username: str, workflow: Path = WORKFLOW) -> Job:
    workspace = checkout(directory / "workspace")
    commit(workspace)
    variables = ("--var", f"SF_USERNAME={username}", "--var", f"SF_LOGIN_URL={org.url}")
    return run_act(directory, workspace, workflow, runner_image, *variables, secrets=secrets_of(org))


def run_act(
    directory: Path,
    workspace: Path,
    workflow: Path,
    runner_image: str,
    *flags: str,
    secrets: Mapping[str, str],
    event: str = "push",
) -> Job:
    """Run a workflow in a workspace, which its steps can change."""
    secret_file = directory / "secrets.yml"
    secret_file.write_text(json.dumps(secrets))  # JSON is YAML
    # act names containers after workflow and job, so two runs at once would use the same containers.
    with one_at_a_time("act"):
        act = subprocess.run(
            [
                *(str(ACT), event, "--workflows", str(workflow), "--platform", f"ubuntu-latest={runner_image}"),
                *("--bind", "--rm", "--pull=false", "--no-cache-server", "--secret-file", str(secret_file), *flags),
            ],
            cwd=workspace,
            env=os.environ
            | {"HOME": str(directory), "XDG_CACHE_HOME": str(directory), "XDG_CONFIG_HOME": str(directory)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    return Job(act.returncode, act.stdout, workspace)


def checkout(workspace: Path) -> Path:
    """Copy the working tree, without ignored files, into a new repository."""
    names = _git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate").splitlines()
    for name in names:
        if not (ROOT / name).exists():  # deleted since the last commit
            continue
        (workspace / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, workspace / name)
    dockerfile = workspace / "Dockerfile"
    dockerfile.write_text(buildable(dockerfile.read_text()))
    _git(workspace, "init", "--quiet")
    return workspace


def commit(workspace: Path) -> None:
    _git(workspace, "add", "--all")
    _git(workspace, "-c", "user.name=Test", "-c", "user.email=test@acme.example", "commit", "--quiet", "--message=All")


def _git(directory: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=directory, stdout=subprocess.PIPE, text=True, check=True).stdout


def secrets_of(org: LocalOrg) -> dict[str, str]:
    return {
        "SF_CONSUMER_KEY": org.environ["SFJWT_CONSUMER_KEY"],
        "SF_PRIVATE_KEY": Path(org.environ["SFJWT_PRIVATE_KEY_FILE"]).read_text(),
        "SF_CA_CERTIFICATES": Path(org.environ["SFJWT_CA_CERTIFICATES_FILE"]).read_text(),
    }


@pytest.fixture(scope="module")
def job(runner_image: str, local_org: LocalOrg, tmp_path_factory: pytest.TempPathFactory) -> Job:
    username = local_org.environ["SFJWT_USERNAME"]
    return run_workflow(tmp_path_factory.mktemp("job"), runner_image, local_org, username)


def test_a_later_step_uses_the_login(job: Job) -> None:
    assert job.exit_code == 0, job.log
    assert "DailyApiRequests" in job.kept("limits.json")
    assert job.kept("organization.json")["totalSize"] == 1


def test_the_outputs_are_those_of_the_login(job: Job, local_org: LocalOrg) -> None:
    outputs = job.kept("outputs.json")
    assert outputs["instance-url"] == local_org.url
    assert outputs["username"] == local_org.environ["SFJWT_USERNAME"]
    assert outputs["token-type"] == "Bearer"


def test_the_log_has_no_secret(job: Job, local_org: LocalOrg) -> None:
    assert "The token is ***" in job.log
    assert_no_secret_in(job.log, local_org, str(job.kept("outputs.json")["access-token"]))


def test_args_are_a_command(job: Job) -> None:
    assert re.search(r"\| ok +REST API ", job.log)
    assert re.search(r"\| ok +login ", job.log)


def test_the_post_step_runs(job: Job) -> None:
    assert "Nothing to revoke" in job.log
    assert "Success - Post ./" in job.log


def test_revoke_token_is_rejected_without_a_post_step(job: Job) -> None:
    assert job.kept("unrevocable.json") == {"outcome": "failure", "conclusion": "success", "outputs": {}}
    assert "revoke-token: The post step" in job.log


def test_a_rejected_login_fails_the_job(runner_image: str, local_org: LocalOrg, tmp_path: Path) -> None:
    job = run_workflow(tmp_path, runner_image, local_org, "nobody@acme.example")
    assert job.exit_code != 0
    assert "Failure - Main ./" in job.log
    assert "Salesforce says “invalid_grant: authentication failure”" in job.log
    assert "Call the org" not in job.log
    assert job.kept("outputs.json") == {}
    assert_no_secret_in(job.log, local_org)


@pytest.fixture(scope="module")
def composite(runner_image: str, local_org: LocalOrg, tmp_path_factory: pytest.TempPathFactory) -> Job:
    username = local_org.environ["SFJWT_USERNAME"]
    return run_workflow(tmp_path_factory.mktemp("composite"), runner_image, local_org, username, COMPOSITE_WORKFLOW)


def test_the_composite_passes_its_login_to_later_steps(composite: Job, local_org: LocalOrg) -> None:
    assert composite.exit_code == 0, composite.log
    assert "DailyApiRequests" in composite.kept("limits.json")
    outputs = composite.kept("outputs.json")
    assert {name for name, value in outputs.items() if value} == ACTION["outputs"].keys() - {
        "expires-at"
    }  # which an opaque token lacks
    assert outputs["instance-url"] == local_org.url
    assert outputs["username"] == local_org.environ["SFJWT_USERNAME"]
    assert composite.kept("exported.json") == {"token": outputs["access-token"], "url": outputs["instance-url"]}


def test_the_composites_log_has_no_secret(composite: Job, local_org: LocalOrg) -> None:
    assert "The token is ***" in composite.log
    assert_no_secret_in(composite.log, local_org, str(composite.kept("outputs.json")["access-token"]))


def test_the_composite_leaves_nothing_in_the_workspace(composite: Job) -> None:
    kept = {f"?? {name}.json" for name in ("exported", "limits", "outputs", "refused")}
    assert set(_git(composite.workspace, "status", "--porcelain", "--ignored").splitlines()) == kept


def test_a_rejected_login_fails_the_composites_step(composite: Job) -> None:
    refused = {"outcome": "failure", "conclusion": "success", "outputs": dict.fromkeys(ACTION["outputs"], "")}
    assert composite.kept("refused.json") == {"nobody": refused, "unrevocable": refused}
    assert "Salesforce says “invalid_grant: authentication failure”" in composite.log
    assert "revoke-token: The post step" in composite.log


def test_the_token_is_revoked_in_a_last_step_as_documented(composite: Job) -> None:
    documented = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    (step,) = re.findall(r" +- name: Revoke the token\n(?: .*\n)+", COMPOSITE_WORKFLOW.read_text(encoding="utf-8"))
    assert step.replace("steps.login.", "steps.salesforce.") in documented
    assert "After its revocation the token gets 401" in composite.log
