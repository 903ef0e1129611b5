"""Logins with keys in AWS KMS, from a server that checks each request's signature and permission."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from kms.aws import REGION, ROLE, Aws, Sts
from kms.harness import Job
from kms.issuer import Issuer
from kms.web import serving

from sfjwt_action.signing.signer import public_key_fingerprint


@dataclass
class Account:
    """Keys, and users by name with the variables of their access keys."""

    aws: Aws
    sts: Sts
    sts_url: str
    key_arn: str
    users: dict[str, dict[str, str]]

    def environ(self, user: str = "") -> dict[str, str]:
        endpoints = {"AWS_ENDPOINT_URL_KMS": self.aws.url, "AWS_ENDPOINT_URL_STS": self.sts_url, "AWS_REGION": REGION}
        return endpoints | self.users.get(user, {})


@pytest.fixture(scope="module")
def account(aws: Aws, issuer: Issuer, trusted: ssl.SSLContext) -> Iterator[Account]:
    arn = aws.make_key("ci")
    aws.make_key("next", spec="RSA_3072")
    aws.make_key("curve", spec="ECC_NIST_P256")
    aws.make_key("encryption", usage="ENCRYPT_DECRYPT")
    users = {
        "signer": aws.make_user("signer", "kms:Sign", "kms:GetPublicKey"),
        "reader": aws.make_user("reader", "kms:GetPublicKey"),
        "nobody": aws.make_user("nobody", "s3:ListBucket"),
    }
    aws.turn_checks_on()
    sts = Sts(aws, issuer, [])
    with serving(sts.respond, trusted) as url:
        yield Account(aws, sts, url, arn, users)


@pytest.fixture
def environ(account: Account, job: Job) -> dict[str, str]:
    job.secrets += [user["AWS_SECRET_ACCESS_KEY"] for user in account.users.values()]
    return account.environ("signer")


@pytest.mark.parametrize("form", ["alias", "ID", "ARN", "host"])
def test_logs_in_with_an_access_key(form: str, account: Account, job: Job, environ: dict[str, str]) -> None:
    uri = {
        "alias": "awskms:///alias/ci",
        "ID": f"awskms:///{account.key_arn.rpartition('/')[2]}",
        "ARN": f"awskms:///{account.key_arn}",
        "host": f"awskms://{account.aws.url.removeprefix('https://')}/alias/ci",
    }[form]
    key = account.aws.public_key("ci")
    login = job.login(uri, environ, key)
    assert login.exit_code == 0, login.err
    assert public_key_fingerprint(key) in login.said


def test_the_region_of_an_arn_is_enough(account: Account, job: Job, environ: dict[str, str]) -> None:
    environ["AWS_REGION"] = "us-east-1"
    assert job.login(f"awskms:///{account.key_arn}", environ, account.aws.public_key("ci")).exit_code == 0


def test_logs_in_with_the_jobs_oidc_token(account: Account, job: Job, issuer: Issuer) -> None:
    environ = account.environ() | issuer.environ | {"AWS_ROLE_ARN": ROLE}
    login = job.login("awskms:///alias/ci", environ, account.aws.public_key("ci"))
    assert login.exit_code == 0, login.err
    assert account.sts.granted
    secrets = [issuer.request_token, *issuer.issued, *account.sts.granted]
    assert [secret for secret in secrets if secret in login.out + login.err] == []


def test_logs_in_with_a_token_in_a_file(account: Account, job: Job, issuer: Issuer, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(issuer.token("sts.amazonaws.com") + "\n")
    environ = account.environ() | {"AWS_ROLE_ARN": ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": str(file)}
    assert job.login("awskms:///alias/ci", environ, account.aws.public_key("ci")).exit_code == 0


def test_the_next_key_is_tried_as_with_private_keys(account: Account, job: Job, environ: dict[str, str]) -> None:
    login = job.login("awskms:///alias/next\nawskms:///alias/ci", environ, account.aws.public_key("ci"))
    assert login.exit_code == 0, login.err


REFUSED = {
    "no credentials": ({"AWS_ACCESS_KEY_ID": ""}, "ci", "AWS_ROLE_ARN"),
    "no region": ({"AWS_REGION": ""}, "ci", "AWS_REGION"),
    "another region": ({"AWS_REGION": "us-east-1"}, "ci", "AWS_REGION"),
    "an endpoint without TLS": ({"AWS_ENDPOINT_URL_KMS": "http://kms.example"}, "ci", "unencrypted"),
    "a wrong secret": ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "ci", "AWS_SESSION_TOKEN"),
    "no such user": ({"AWS_ACCESS_KEY_ID": "AKIANONE"}, "ci", "AWS_SESSION_TOKEN"),
    "no such key": ({}, "none", "AWS_REGION"),
    "an elliptic curve": ({}, "curve", "isn't an RSA key"),
    "a key for encryption": ({}, "encryption", "SIGN_VERIFY"),
    "no token": ({"AWS_ACCESS_KEY_ID": "", "AWS_ROLE_ARN": ROLE}, "ci", "permissions: id-token: write"),
    "no token file": (
        {"AWS_ACCESS_KEY_ID": "", "AWS_ROLE_ARN": ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere/token"},
        "ci",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    ),
}


@pytest.mark.parametrize("state", REFUSED)
def test_what_is_wrong_is_bad_input(state: str, job: Job, environ: dict[str, str]) -> None:
    changes, alias, named = REFUSED[state]
    login = job.login(f"awskms:///alias/{alias}", environ | changes)
    assert (login.exit_code, login.out) == (2, ""), login.err
    assert "kms-key: " in login.said
    assert named in login.said


@pytest.mark.parametrize("user", ["nobody", "reader"])
def test_a_missing_permission_is_bad_input(user: str, account: Account, job: Job, environ: dict[str, str]) -> None:
    login = job.login("awskms:///alias/ci", environ | account.environ(user), account.aws.public_key("ci"))
    assert (login.exit_code, login.out) == (2, ""), login.err
    assert "Allow `kms:Sign` and `kms:GetPublicKey`" in login.said


@pytest.mark.parametrize(("role", "named"), [(f"{ROLE}-other", "trust policy"), ("ci", "AWS_ROLE_ARN isn't the ARN")])
def test_a_role_that_cannot_be_assumed_is_bad_input(
    role: str, named: str, account: Account, job: Job, issuer: Issuer
) -> None:
    login = job.login("awskms:///alias/ci", account.environ() | issuer.environ | {"AWS_ROLE_ARN": role})
    assert login.exit_code == 2
    assert named in login.said


@pytest.mark.parametrize("uri", ["awskms://alias/ci", "awskms:///", "awskms:///alias/ci?x", "awskms:///arn:aws:s3:::x"])
def test_an_invalid_uri_is_bad_input(uri: str, job: Job) -> None:
    login = job.login(uri, {})
    assert login.exit_code == 2
    assert "with three slashes" in login.said


def test_the_doctor_says_what_works(account: Account, job: Job, environ: dict[str, str]) -> None:
    examined = job.run(["doctor", "--json"], "awskms:///alias/ci", environ, account.aws.public_key("ci"))
    assert examined.exit_code == 0, examined.out
    assert examined.checks["KMS signature"]["status"] == "ok"
