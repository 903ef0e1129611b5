"""Logins with keys in Google Cloud KMS, from a fake server that checks tokens, digests and algorithms."""

import json
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kms.google import ACCOUNT, CLOUD_KMS, RING, Google, running_google
from kms.harness import Job
from kms.issuer import Issuer

CredentialsFile = Callable[[object], dict[str, str]]


def uri(key: str = "ci", version: str = "cryptoKeyVersions/1") -> str:
    return f"gcpkms://{RING}/{key}/{version}"


@pytest.fixture(scope="module")
def google(issuer: Issuer, trusted: ssl.SSLContext) -> Iterator[Google]:
    with running_google(issuer, trusted) as google:
        yield google


@pytest.fixture
def environ(google: Google, job: Job, issuer: Issuer) -> dict[str, str]:
    job.secrets += [issuer.request_token, *google.account_key.private_pem.splitlines()[1:-1]]
    return {"CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS": google.url}


@pytest.fixture
def credentials_file(tmp_path: Path, environ: dict[str, str]) -> CredentialsFile:
    def write(content: object) -> dict[str, str]:
        path = tmp_path / "gha-creds-1.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return environ | {"GOOGLE_APPLICATION_CREDENTIALS": str(path)}

    return write


@pytest.mark.parametrize("account", ["", ACCOUNT])
def test_logs_in_by_workload_identity_federation(
    account: str, google: Google, job: Job, issuer: Issuer, credentials_file: CredentialsFile
) -> None:
    environ = credentials_file(google.external_account(account=account))
    login = job.login(uri(), environ, google.key.public)
    assert login.exit_code == 0, login.err
    assert [secret for secret in (*issuer.issued, *google.granted) if secret in login.out + login.err] == []


def test_logs_in_with_a_token_in_a_file(
    google: Google, job: Job, issuer: Issuer, credentials_file: CredentialsFile, tmp_path: Path
) -> None:
    credentials = google.external_account()
    (tmp_path / "token").write_text(issuer.token(f"https:{credentials['audience']}"))
    credentials["credential_source"] = {"file": str(tmp_path / "token")}
    assert job.login(uri(), credentials_file(credentials), google.key.public).exit_code == 0


def test_logs_in_with_a_service_account_key(google: Google, job: Job, credentials_file: CredentialsFile) -> None:
    environ = credentials_file(google.service_account())
    assert job.login(uri(version="versions/1"), environ, google.key.public).exit_code == 0


def test_logs_in_with_an_access_token(google: Google, job: Job, environ: dict[str, str]) -> None:
    job.secrets.append(token := google.grant(CLOUD_KMS))
    login = job.login(uri(), environ | {"CLOUDSDK_AUTH_ACCESS_TOKEN": token}, google.key.public)
    assert login.exit_code == 0, login.err


REFUSED = {
    "an unknown token": ("", "ci", "google-github-actions/auth"),
    "no role": ("without a role", "ci", "roles/cloudkms.signer"),
    "a role that may not sign": ("viewer", "ci", "roles/cloudkms.signer"),
    "a disabled key": (CLOUD_KMS, "disabled", "is disabled"),
    "an elliptic curve": (CLOUD_KMS, "curve", "RSA_SIGN_PKCS1_2048_SHA256"),
}


@pytest.mark.parametrize("state", REFUSED)
def test_what_is_wrong_is_bad_input(state: str, google: Google, job: Job, environ: dict[str, str]) -> None:
    scope, key, named = REFUSED[state]
    environ["CLOUDSDK_AUTH_ACCESS_TOKEN"] = google.grant(scope) if scope else "unknown"
    login = job.login(uri(key), environ, google.key.public)
    assert (login.exit_code, login.out) == (2, ""), login.err
    assert named in login.said


def test_a_version_that_is_missing_is_bad_input(google: Google, job: Job, environ: dict[str, str]) -> None:
    environ["CLOUDSDK_AUTH_ACCESS_TOKEN"] = google.grant(CLOUD_KMS)
    login = job.login(uri(version="cryptoKeyVersions/2"), environ)
    assert login.exit_code == 2
    assert "gcloud kms keys versions list" in login.said


def test_no_credentials_are_bad_input(job: Job, environ: dict[str, str]) -> None:
    login = job.login(uri(), environ)
    assert login.exit_code == 2
    assert "google-github-actions/auth" in login.said


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("no JSON", "isn't JSON"),
        ("[]", "isn't JSON"),
        ({"type": "authorized_user"}, "isn't of the type"),
        ({"type": "external_account"}, "incomplete"),
        ({"type": "external_account", "credential_source": "x", "token_url": "x"}, "incomplete"),
        ({"type": "service_account", "client_email": "x", "token_uri": "https://localhost"}, "incomplete"),
        (
            {"type": "service_account", "client_email": "x", "private_key": "x", "token_uri": "https://localhost"},
            "incomplete",
        ),
    ],
)
def test_an_invalid_credentials_file_is_bad_input(
    content: object, named: str, job: Job, credentials_file: CredentialsFile
) -> None:
    login = job.login(uri(), credentials_file(content))
    assert login.exit_code == 2, login.err
    assert named in login.said


def test_a_missing_credentials_file_is_bad_input(job: Job, environ: dict[str, str]) -> None:
    login = job.login(uri(), environ | {"GOOGLE_APPLICATION_CREDENTIALS": "/nowhere/gha-creds.json"})
    assert login.exit_code == 2
    assert "`actions/checkout`" in login.said


def test_a_token_that_is_not_trusted_is_bad_input(google: Google, job: Job, credentials_file: CredentialsFile) -> None:
    login = job.login(uri(), credentials_file(google.external_account() | {"audience": "//iam.googleapis.com/other"}))
    assert login.exit_code == 2
    assert "attribute condition" in login.said


def test_another_service_account_is_bad_input(google: Google, job: Job, credentials_file: CredentialsFile) -> None:
    login = job.login(uri(), credentials_file(google.external_account(account="other@acme.iam.gserviceaccount.com")))
    assert login.exit_code == 2
    assert "roles/iam.workloadIdentityUser" in login.said


def test_a_service_account_key_that_was_replaced_is_bad_input(
    google: Google, job: Job, issuer: Issuer, credentials_file: CredentialsFile
) -> None:
    other = Google(issuer, google.url).service_account()
    login = job.login(uri(), credentials_file(other))
    assert login.exit_code == 2
    assert "workload identity federation" in login.said


@pytest.mark.parametrize("wrong", [uri(version=""), "gcpkms://ci", uri("a?b")])
def test_an_invalid_uri_is_bad_input(wrong: str, job: Job) -> None:
    login = job.login(wrong, {})
    assert login.exit_code == 2
    assert "doesn't name one version of a key" in login.said
