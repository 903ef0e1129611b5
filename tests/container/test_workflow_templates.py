"""The workflow templates under act, with the placeholder and OWNER filled in."""

import re
from pathlib import Path

import pytest
from container.engine import ROOT, assert_no_secret_in
from container.test_act import Job
from container.test_deploy import deploy
from local_org.node_clients import install
from local_org.test_deploy import zips
from support import LocalOrg

pytestmark = [pytest.mark.container, pytest.mark.node]


def run_template(name: str, directory: Path, runner_image: str, org: LocalOrg, event: str) -> Job:
    install()
    template = (ROOT / "workflow-templates" / name).read_text(encoding="utf-8")
    filled = template.replace("$default-branch", "main").replace("OWNER/sfjwt-action/.github", "./.github")
    filled = re.sub(r"(\./\.github/workflows/\S+)@v1", r"\1", filled).replace("OWNER/sfjwt-action@v1", "./")
    # curl doesn't trust the local org's CA by itself.
    filled = filled.replace("curl ", "curl --cacert /org/ca.pem ")
    # The local org doesn't run Apex tests.
    filled = filled.replace("    with:\n      environment", "    with:\n      test-level: NoTestRun\n      environment")
    filled = filled.replace("      dry-run: true\n", "      dry-run: true\n      test-level: NoTestRun\n")
    return deploy(directory, runner_image, org, filled, event=event)


@pytest.mark.parametrize(
    ("name", "event", "org_name"),
    [("salesforce-deploy.yml", "push", "acme"), ("salesforce-validate.yml", "pull_request", "acme--uat")],
)
def test_deploys_or_validates(
    name: str, event: str, org_name: str, runner_image: str, local_org: LocalOrg, tmp_path: Path
) -> None:
    before = zips(local_org)
    job = run_template(name, tmp_path, runner_image, local_org, event)
    assert job.exit_code == 0, job.log
    assert "Status: Succeeded" in job.log
    assert f"Logging in to https://{org_name}." in job.log
    assert len(zips(local_org) - before) == 1
    assert_no_secret_in(job.log, local_org)


def test_checks_the_org(runner_image: str, local_org: LocalOrg, tmp_path: Path) -> None:
    job = run_template("salesforce-check.yml", tmp_path, runner_image, local_org, "workflow_dispatch")
    assert job.exit_code == 0, job.log
    assert "Success - Main Call the org" in job.log  # curl fails unless the org responds with 200
    assert_no_secret_in(job.log, local_org)
