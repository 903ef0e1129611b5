"""A workflow on act that logs in without a secret: the job authenticates to OpenBao with its OIDC token."""

import base64
import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from container.engine import limits_status
from container.test_act import Job, checkout, commit, run_act
from container.test_deploy import deploy, tokens
from kms.google import POOL, RING, Google, running_google
from kms.issuer import DEFAULT_AUDIENCE, SUBJECT, Issuer, running_issuer
from kms.openbao import ROOT_TOKEN, OpenBao, running_openbao
from local_org.node_clients import install
from local_org.test_deploy import zips
from support import LocalOrg, running_local_org
from unit.onboarding.command import FLAGS

from sfjwt_action.cli import run
from sfjwt_action.onboarding.kms_setup import kms_setup
from sfjwt_action.signing.signer import public_key_fingerprint

pytestmark = pytest.mark.container

WORKFLOW = Path(__file__).with_name("kms.yml")
KEY = "openbao://salesforce-ci"
CALLER = """\
name: Deploy with a key that never enters CI
on: push
permissions: {}
jobs:
  deploy:
    permissions:
      contents: read
      id-token: write
    uses: ./.github/workflows/salesforce-deploy.yml
    with:
      kms-key: |
        openbao://salesforce-ci
        ${{ vars.GOOGLE_KEY }}
      username: ${{ vars.SF_USERNAME }}
      login-url: acme.my.salesforce.com
      test-level: NoTestRun
    secrets:
      SF_CONSUMER_KEY: ${{ secrets.SF_CONSUMER_KEY }}
"""


@dataclass(frozen=True)
class World:
    """An org that trusts a key in OpenBao, and an OpenBao that trusts the job's OIDC tokens."""

    org: LocalOrg
    bao: OpenBao
    issuer: Issuer
    google: Google
    variables: dict[str, str]


@pytest.fixture(scope="module")
def world(ca: trustme.CA, trusted: ssl.SSLContext, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("world")
    for name in ("bao", "org"):
        (directory / name).mkdir()
    with (
        running_issuer(trusted) as issuer,
        running_openbao(directory / "bao") as bao,
        running_google(issuer, trusted) as google,
    ):
        bao.make_key("salesforce-ci")
        # The policy from the commands of `sfjwt init`.
        policy = kms_setup(KEY).grants[0].split("'")[1]
        bao.write("sys/policies/acl/salesforce-ci", policy=base64.b64encode(policy.encode()).decode())
        bao.write("auth/jwt/config", jwt_validation_pubkeys=issuer.public_pem, bound_issuer=issuer.url)
        bao.write(
            "auth/jwt/role/salesforce-ci",
            role_type="jwt",
            user_claim="sub",
            token_policies="salesforce-ci",
            token_ttl="5m",
            bound_audiences=[DEFAULT_AUDIENCE],
            bound_subject=SUBJECT,
        )
        made = directory / "login"
        environ = {"BAO_ADDR": bao.url, "BAO_TOKEN": ROOT_TOKEN, "BAO_CACERT": str(bao.ca_file)}
        assert run(["init", "--yes", "--out", str(made), *FLAGS, "--kms-key", KEY], environ) == 0
        certificate = made / "server.crt"
        trusted_certificates = directory / "trusted.crt"
        trusted_certificates.write_text(certificate.read_text() + google.key.certificate_pem)
        with running_local_org(directory / "org", flags=("--certificate", str(trusted_certificates))) as org:
            org_ca = Path(org.environ["SFJWT_CA_CERTIFICATES_FILE"]).read_text()
            variables = {
                "BAO_ADDR": bao.url,
                "SF_CONSUMER_KEY": org.environ["SFJWT_CONSUMER_KEY"],
                "SF_CERTIFICATE": certificate.read_text(),
                "SF_USERNAME": org.environ["SFJWT_USERNAME"],
                "SF_LOGIN_URL": org.url,
                "GOOGLE_CREDENTIALS": json.dumps(google.external_account()),
                "GOOGLE_KEY": f"gcpkms://{RING}/ci/cryptoKeyVersions/1",
                "GOOGLE_URL": google.url,
                "CA_CERTIFICATES": org_ca + bao.ca_file.read_text() + ca.cert_pem.bytes().decode(),
            }
            yield World(org, bao, issuer, google, variables)


@pytest.fixture(scope="module")
def job(world: World, runner_image: str, tmp_path_factory: pytest.TempPathFactory) -> Job:
    directory = tmp_path_factory.mktemp("job")
    workspace = checkout(directory / "workspace")
    commit(workspace)
    variables = [f"--var={name}={value}" for name, value in world.variables.items()]
    environ = [f"--env={name}={value}" for name, value in world.issuer.environ.items()]
    return run_act(directory, workspace, WORKFLOW, runner_image, *variables, *environ, secrets={})


def test_it_logs_in(job: Job, world: World) -> None:
    assert job.exit_code == 0, job.log
    assert limits_status(world.org, str(job.kept("outputs.json")["access-token"])) == 200
    assert public_key_fingerprint(world.bao.public_key("salesforce-ci")) in job.log


def test_the_job_has_no_secret(job: Job) -> None:
    assert {name: value for name, value in job.kept("secrets.json").items() if name != "GITHUB_TOKEN"} == {}
    assert not job.kept("secrets.json").get("GITHUB_TOKEN")


def test_openbao_accepted_the_jobs_oidc_token(job: Job, world: World) -> None:
    assert job.exit_code == 0
    assert world.issuer.issued
    accessors = world.bao.call("LIST", "auth/token/accessors").json()["data"]["keys"]
    tokens = [
        world.bao.call("POST", "auth/token/lookup-accessor", {"accessor": accessor}).json()["data"]
        for accessor in accessors
    ]
    assert SUBJECT in json.dumps(tokens)


def test_the_doctor_verifies_a_signature(job: Job) -> None:
    for name in ("KMS credentials", "KMS key", "KMS signature"):
        assert f"ok    {name}" in job.log


def test_googles_credentials_are_found_in_the_workspace(job: Job, world: World) -> None:
    assert world.google.granted
    assert public_key_fingerprint(world.google.key.public) in job.log


def test_the_log_has_no_secret(job: Job, world: World) -> None:
    assert world.issuer.issued
    tokens = (
        str(job.kept("outputs.json")["access-token"]),
        world.issuer.request_token,
        *world.issuer.issued,
        *world.google.granted,
    )
    assert [token for token in (*tokens, ROOT_TOKEN) if token in job.log] == []


@pytest.mark.node
def test_the_reusable_workflow_deploys_without_a_private_key(world: World, runner_image: str, tmp_path: Path) -> None:
    install()
    before, granted = zips(world.org), len(world.google.granted)
    job = deploy(
        tmp_path,
        runner_image,
        world.org,
        CALLER,
        variables={
            "GOOGLE_IDENTITY_PROVIDER": POOL.removeprefix("//iam.googleapis.com/"),
            "GOOGLE_KEY": world.variables["GOOGLE_KEY"],
            "VAULT_ADDR": world.bao.url,
            "VAULT_JWT_ROLE": "salesforce-ci",
        },
        environ={
            **world.issuer.environ,
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS": world.google.url,
            "GOOGLE_CREDENTIALS": world.variables["GOOGLE_CREDENTIALS"],
            "SFJWT_CA_CERTIFICATES": world.variables["CA_CERTIFICATES"],
        },
        secrets={"SF_CONSUMER_KEY": world.variables["SF_CONSUMER_KEY"]},
    )
    assert job.exit_code == 0, job.log
    assert "Status: Succeeded" in job.log
    assert len(zips(world.org) - before) == 1
    assert public_key_fingerprint(world.bao.public_key("salesforce-ci")) in job.log
    assert len(world.google.granted) == granted + 1
    secrets = (*tokens(job), world.issuer.request_token, *world.issuer.issued, *world.google.granted, ROOT_TOKEN)
    assert [secret for secret in secrets if secret in job.log] == []
