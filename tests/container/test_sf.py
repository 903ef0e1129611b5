"""sf/action.yml on a real runner: two logins in one job, and the real sf CLI deploys to both orgs."""

import re
from pathlib import Path
from typing import Any

import pytest
from container.engine import assert_no_secret_in
from container.test_act import Job
from container.test_deploy import deploy, tokens
from local_org.node_clients import install
from local_org.test_deploy import token_parts, zips
from support import LocalOrg

pytestmark = [pytest.mark.container, pytest.mark.node]

CALLER = """\
name: Deploy to two orgs
on: push
permissions: {}
jobs:
  deploy:
    runs-on: ubuntu-latest
    env:
      SF_DISABLE_AUTOUPDATE: "true"
      SF_DISABLE_TELEMETRY: "true"
    steps:
      - uses: actions/checkout@v4
      - name: Log in without a CLI
        id: missing
        uses: ./sf
        continue-on-error: true
        with:
          consumer-key: ${{ secrets.SF_CONSUMER_KEY }}
          private-key: ${{ secrets.SF_PRIVATE_KEY }}
          username: ${{ vars.SF_USERNAME }}
          login-url: acme.my.salesforce.com
      - uses: actions/setup-node@53b83947a5a98c8d113130e565377fae1a50d02f
      - name: Log in to the sandbox
        uses: ./sf
        with:
          consumer-key: ${{ secrets.SF_CONSUMER_KEY }}
          private-key: ${{ secrets.SF_PRIVATE_KEY }}
          username: ${{ vars.SF_USERNAME }}.uat
          login-url: acme--uat.sandbox.my.salesforce.com
          alias: uat
          set-default: false
      - name: Log in to production
        uses: ./sf
        with:
          consumer-key: ${{ secrets.SF_CONSUMER_KEY }}
          private-key: ${{ secrets.SF_PRIVATE_KEY }}
          username: ${{ vars.SF_USERNAME }}
          login-url: acme.my.salesforce.com
          alias: production
          set-default-dev-hub: true
      - run: sf project deploy start --source-dir force-app
      - run: sf project deploy start --source-dir force-app --target-org uat
      - run: sf config list --json > config.json
      - run: echo "${{ steps.missing.outcome }} without a CLI"
"""


@pytest.fixture(scope="module")
def before(local_org: LocalOrg) -> set[Path]:
    return zips(local_org)


@pytest.fixture(scope="module")
def job(runner_image: str, local_org: LocalOrg, before: set[Path], tmp_path_factory: pytest.TempPathFactory) -> Job:
    assert before is not None
    install()
    return deploy(tmp_path_factory.mktemp("sf"), runner_image, local_org, CALLER)


def test_the_next_steps_deploy_to_the_default_and_to_an_alias(job: Job, local_org: LocalOrg, before: set[Path]) -> None:
    assert job.exit_code == 0, job.log
    username = local_org.environ["SFJWT_USERNAME"]
    assert re.findall(r"Status: (\w+)", job.log) == ["Succeeded"] * 2
    assert re.findall(r"Deploying v66.0 metadata to (\S+) using", job.log)[::2] == [username, f"{username}.uat"]
    assert len(zips(local_org) - before) == 2


def test_the_default_org_and_dev_hub_are_set_as_requested(job: Job) -> None:
    kept: Any = job.kept("config.json")
    configured = {item["name"]: item["value"] for item in kept["result"]}
    assert {configured["target-org"], configured["target-dev-hub"]} == {"production"}


def test_a_missing_cli_fails_before_the_login(job: Job) -> None:
    assert "failure without a CLI" in job.log
    assert "Set `sf-cli-version`" in job.log
    assert job.log.count("Logging in to") == 2


def test_the_log_has_no_secret(job: Job, local_org: LocalOrg) -> None:
    assert len(tokens(job)) == 2
    for token in tokens(job):
        assert token_parts(token, job.log) == []
    assert_no_secret_in(job.log, local_org, *tokens(job))
