"""The workflow that `sfjwt init` writes, on act, with its key and certificate."""

import os
from pathlib import Path

import pytest
from container.engine import docker
from container.test_act import checkout, commit, run_act
from support import running_local_org
from unit.onboarding.command import FLAGS, init, tree

pytestmark = pytest.mark.container

OURS = "OWNER/sfjwt-action@v1"


def test_the_generated_workflow_logs_in_with_the_generated_key(runner_image: str, tmp_path: Path) -> None:
    with running_local_org(tmp_path / "org") as org:
        login = init(tmp_path, "--login-url", org.url, "--username", org.environ["SFJWT_USERNAME"])
    flags = ("--certificate", str(login / "server.crt"))
    action, workspace = checkout(tmp_path / "action"), tmp_path / "workspace"
    commit(action)
    workspace.mkdir()
    with running_local_org(tmp_path / "org", org.port, flags) as org:
        job = run_act(
            tmp_path,
            workspace,
            login / "salesforce-login.yml",
            runner_image,
            *("--local-repository", f"{OURS}={action}"),
            *("--container-options", f"--volume={org.directory}:/org:ro"),
            *("--var", "SF_USERNAME=ci@acme.example"),
            *("--env", "CURL_CA_BUNDLE=/org/ca.pem"),
            *("--env", f"SFJWT_CA_CERTIFICATES={(org.directory / 'ca.pem').read_text()}"),
            event="workflow_dispatch",
            secrets={
                "SF_CONSUMER_KEY": org.environ["SFJWT_CONSUMER_KEY"],
                "SF_PRIVATE_KEY": (login / "server.key").read_text(),
            },
        )
    assert job.exit_code == 0, job.log
    assert "Success - Main Log in to Salesforce" in job.log
    assert "Success - Main Call the org" in job.log  # curl fails unless the org responds with 200
    assert not [line for line in (login / "server.key").read_text().splitlines()[1:-1] if line in job.log]


def test_the_image_sets_up_a_login_too(image: str, tmp_path: Path) -> None:
    user = f"{os.getuid()}:{os.getgid()}"
    run = docker(
        "run", "--rm", f"--user={user}", f"--volume={tmp_path}:/project", "--workdir=/project", image, "init", *FLAGS
    )
    assert run.returncode == 0, run.stderr
    assert "salesforce-login/server.key" in tree(tmp_path)
    run = docker(
        "run", "--rm", f"--volume={tmp_path}:/project:ro", image, "inspect", "/project/salesforce-login/server.crt"
    )
    assert "certificate of CN=CI login" in run.stdout
