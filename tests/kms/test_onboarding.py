"""`sfjwt init`, `--rotate` and `inspect` with keys that never leave their service."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from kms.harness import Job
from kms.openbao import BAO, ROOT_TOKEN, OpenBao
from unit.onboarding.command import FLAGS, unwrapped

from sfjwt_action.cli import run
from sfjwt_action.onboarding.kms_setup import kms_setup
from sfjwt_action.onboarding.questions import Answers
from sfjwt_action.onboarding.workflow import workflow
from sfjwt_action.signing.signer import public_key_fingerprint

BIN = Path(sys.executable).parent
URIS = (
    "awskms:///alias/ci",
    "gcpkms://projects/acme/locations/europe-west1/keyRings/ci/cryptoKeys/salesforce/cryptoKeyVersions/1",
    "azurekms://acme.vault.azure.net/salesforce",
    "azurekms://acme.managedhsm.azure.net/salesforce",
    "hashivault://salesforce",
    "openbao://salesforce",
)


@pytest.fixture(scope="module")
def bao(openbao: OpenBao) -> OpenBao:
    openbao.make_key("init")
    openbao.make_key("renewal", "rsa-3072")
    return openbao


@pytest.fixture
def environ(bao: OpenBao) -> dict[str, str]:
    return {"VAULT_ADDR": bao.url, "VAULT_TOKEN": ROOT_TOKEN, "VAULT_CACERT": str(bao.ca_file)}


@pytest.fixture
def made(tmp_path: Path, environ: dict[str, str]) -> Path:
    out = tmp_path / "login"
    assert run(["init", "--yes", "--out", str(out), *FLAGS, "--kms-key", "openbao://init"], environ) == 0
    return out


def certificate(path: Path) -> x509.Certificate:
    loaded = x509.load_pem_x509_certificate(path.read_bytes())
    loaded.verify_directly_issued_by(loaded)
    return loaded


def public_key(path: Path) -> RSAPublicKey:
    key = certificate(path).public_key()
    assert isinstance(key, RSAPublicKey)
    return key


def test_no_private_key_is_created(made: Path, bao: OpenBao) -> None:
    assert sorted(path.name for path in made.iterdir()) == [
        "NEXT-STEPS.md",
        "force-app",
        "salesforce-login.yml",
        "server.crt",
        "sfdx-project.json",
    ]
    assert public_key_fingerprint(public_key(made / "server.crt")) == public_key_fingerprint(bao.public_key("init"))
    assert certificate(made / "server.crt").subject.rfc4514_string() == "CN=CI login"
    text = (made / "NEXT-STEPS.md").read_text()
    assert "transit/sign/init/sha2-256" in text
    assert "SF_PRIVATE_KEY" not in text


def test_the_key_logs_in_to_the_org_with_the_certificate(made: Path, job: Job, environ: dict[str, str]) -> None:
    job.capfd.readouterr()
    login = job.login(
        "openbao://init",
        environ,
        public_key(made / "server.crt"),
        certificate=(made / "server.crt").read_text(),
    )
    assert login.exit_code == 0, login.err


@pytest.mark.parametrize("uri", URIS)
def test_the_workflow_has_no_secret_but_the_consumer_key(uri: str, tmp_path: Path) -> None:
    answers = Answers(
        "https://acme.my.salesforce.com", "ci@acme.example", "CI", "a@b.c", 1, 2048, connected_app=False, kms_key=uri
    )
    text = workflow(answers)
    (job,) = yaml.safe_load(text)["jobs"].values()
    assert job["permissions"]["id-token"] == "write"
    login = next(step for step in job["steps"] if step.get("id") == "salesforce")
    assert login["with"]["kms-key"] == uri
    assert text.count("secrets.") == 1
    setup = kms_setup(uri)
    assert set(job.get("env", {})) == set(setup.environment)
    assert setup.grants
    file = tmp_path / "salesforce-login.yml"
    file.write_text(text)
    schema = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.github-workflows", str(file)]
    done = subprocess.run(schema, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("uri", URIS)
def test_the_commands_are_valid_shell(uri: str) -> None:
    for command in (*kms_setup(uri).grants, *kms_setup(uri).further_grants):
        subprocess.run(["bash", "-n", "-c", command], check=True)


def test_the_grants_only_allow_a_login(bao: OpenBao, job: Job, environ: dict[str, str]) -> None:
    policy = kms_setup("openbao://init").grants[0].split("'")[1]
    bao.write("sys/policies/acl/granted", policy=policy)
    environ["VAULT_TOKEN"] = bao.make_token("granted")
    assert job.login("openbao://init", environ, bao.public_key("init")).exit_code == 0
    assert job.login("openbao://renewal", environ).exit_code == 2


def test_jobs_sign_with_both_keys_while_one_is_rotated(bao: OpenBao, job: Job, environ: dict[str, str]) -> None:
    (next_key,) = kms_setup("openbao://renewal").further_grants
    for command in (kms_setup("openbao://init").grants[0], next_key):
        script = f'bao() {{ {shlex.quote(str(BAO))} "$@"; }}; set -eo pipefail; {command}'
        subprocess.run(["bash", "-c", script], env={"PATH": os.environ["PATH"], **environ}, check=True)
    environ["VAULT_TOKEN"] = bao.make_token("salesforce-ci")
    for key in ("init", "renewal"):
        assert job.login(f"openbao://{key}", environ, bao.public_key(key)).exit_code == 0


def test_no_grant_of_a_further_key_replaces_the_first_keys() -> None:
    keys = ("awskms:///alias/old", "awskms:///alias/new")
    grants = [setup.grants[1] for setup in map(kms_setup, keys)]
    names = [grant.split("--policy-name ")[1].split()[0] for grant in grants]
    assert len(set(names)) == 2
    for uri in URIS:
        # A second identity, or another trust in the same one, would take the first key away.
        assert not [grant for grant in kms_setup(uri).further_grants if "federated-credential" in grant]


@pytest.mark.parametrize(
    ("domain", "role"), [("vault", "Key Vault Crypto User"), ("managedhsm", "Managed HSM Crypto User")]
)
def test_azures_role_is_the_one_of_the_resource(domain: str, role: str) -> None:
    grants = kms_setup(f"azurekms://acme.{domain}.azure.net/salesforce").grants
    assert [grant for grant in grants if " --role " in grant and f'"{role}"' in grant]
    assert len([grant for grant in grants if " --role " in grant]) == 1


def test_the_policy_for_aws_is_json() -> None:
    command = kms_setup("awskms:///alias/ci").grants[1].replace("aws iam", "printf '%s\\n'", 1)
    printed = subprocess.run(
        ["bash", "-c", f"KEY_ARN=arn:aws:kms:x; {command}"], capture_output=True, text=True, check=True
    ).stdout
    (statement,) = json.loads(printed.splitlines()[-1])["Statement"]
    assert statement == {"Effect": "Allow", "Action": ["kms:Sign", "kms:GetPublicKey"], "Resource": "arn:aws:kms:x"}


def test_the_next_key_is_listed_before_the_current_one(
    made: Path, job: Job, bao: OpenBao, environ: dict[str, str]
) -> None:
    assert run(["init", "--rotate", str(made), "--kms-key", "openbao://renewal"], environ) == 0
    both = "openbao://renewal\nopenbao://init"
    job.capfd.readouterr()
    for name, key in (("server.crt", "init"), ("server-new.crt", "renewal")):
        login = job.login(both, environ, public_key(made / name))
        assert login.exit_code == 0, login.err
        assert public_key_fingerprint(bao.public_key(key)) in login.said
    (metadata,) = made.rglob("*.ecaGlblOauth-meta.xml")
    assert (made / "server-new.crt").read_text() in metadata.read_text()
    assert "kms-key" in (made / "ROTATION.md").read_text()


def test_a_certificate_of_the_same_key_needs_no_second_key(made: Path, environ: dict[str, str]) -> None:
    assert run(["init", "--rotate", str(made), "--kms-key", "openbao://init", "--days", "30"], environ) == 0
    old, new = public_key(made / "server.crt"), public_key(made / "server-new.crt")
    assert public_key_fingerprint(old) == public_key_fingerprint(new)
    assert "kms-key" not in (made / "ROTATION.md").read_text()


def test_a_rotation_does_not_mix_kinds(made: Path, environ: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    (made / "server.key").write_text("")
    assert run(["init", "--rotate", str(made), "--kms-key", "openbao://renewal"], environ) == 2
    assert "both kinds of key" in unwrapped(capfd.readouterr().err)


@pytest.mark.parametrize("kms_key", ["openbao://none", "server.key", "openbao://init openbao://renewal"])
def test_a_key_that_cannot_be_used_leaves_nothing(kms_key: str, tmp_path: Path, environ: dict[str, str]) -> None:
    out = tmp_path / "login"
    assert run(["init", "--yes", "--out", str(out), *FLAGS, "--kms-key", kms_key], environ) == 2
    assert not out.exists()


def test_inspect_matches_a_key_with_its_certificate(
    made: Path, bao: OpenBao, environ: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    capfd.readouterr()
    assert run(["inspect", "openbao://init", str(made / "server.crt")], environ) == 0
    shown = capfd.readouterr().out
    assert "RSA 2048-bit key that signs" in shown
    assert shown.count(public_key_fingerprint(bao.public_key("init"))) == 2
    assert f"Match: openbao://init, {made / 'server.crt'}" in shown


def test_inspect_reports_why_a_key_cannot_be_used(environ: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", "openbao://none"], environ) == 2
    said = unwrapped(capfd.readouterr().err)
    assert "HTTP 404" in said
    assert "TRANSIT_SECRET_ENGINE_PATH" in said
