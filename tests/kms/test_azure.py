"""Logins with keys in Azure Key Vault, from a fake server that checks tokens, digests and algorithms."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from kms.azure import CLIENT, TENANT, VERSIONS, WITHOUT_A_ROLE, Azure
from kms.harness import Job
from kms.issuer import Issuer
from kms.web import serving

AUDIENCE = "api://AzureADTokenExchange"


@dataclass
class Vault:
    azure: Azure
    url: str

    def uri(self, key: str = "ci") -> str:
        return f"azurekms://{self.url.removeprefix('https://')}/{key}"

    def public_key(self, version: str = VERSIONS[-1]) -> RSAPublicKey:
        return self.azure.keys[version].public


@pytest.fixture(scope="module")
def vault(issuer: Issuer, trusted: ssl.SSLContext) -> Iterator[Vault]:
    azure = Azure(issuer)
    with serving(azure.respond, trusted) as url:
        yield Vault(azure, url)


@pytest.fixture
def environ(vault: Vault, issuer: Issuer, job: Job) -> dict[str, str]:
    job.secrets.append(issuer.request_token)
    return {
        "AZURE_AUTHORITY_HOST": vault.url,
        "AZURE_CLIENT_ID": CLIENT,
        "AZURE_TENANT_ID": TENANT,
        **issuer.environ,
    }


def test_logs_in_with_the_jobs_oidc_token(vault: Vault, job: Job, issuer: Issuer, environ: dict[str, str]) -> None:
    login = job.login(vault.uri(), environ, vault.public_key())
    assert login.exit_code == 0, login.err
    assert vault.azure.granted
    assert [secret for secret in (*issuer.issued, *vault.azure.granted) if secret in login.out + login.err] == []


def test_logs_in_with_a_client_secret(vault: Vault, job: Job, environ: dict[str, str]) -> None:
    job.secrets.append(vault.azure.client_secret)
    environ |= {"AZURE_CLIENT_SECRET": vault.azure.client_secret, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": ""}
    assert job.login(vault.uri(), environ, vault.public_key()).exit_code == 0


def test_logs_in_with_a_token_in_a_file(
    vault: Vault, job: Job, issuer: Issuer, environ: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(issuer.token(AUDIENCE))
    environ |= {"AZURE_FEDERATED_TOKEN_FILE": str(file), "ACTIONS_ID_TOKEN_REQUEST_TOKEN": ""}
    assert job.login(vault.uri(), environ, vault.public_key()).exit_code == 0


def test_a_version_signs_as_itself(vault: Vault, job: Job, environ: dict[str, str]) -> None:
    login = job.login(vault.uri(f"ci/{VERSIONS[0]}"), environ, vault.public_key(VERSIONS[0]))
    assert login.exit_code == 0, login.err


REFUSED = {
    "no client": ({"AZURE_CLIENT_ID": ""}, "ci", "AZURE_CLIENT_ID"),
    "another client": ({"AZURE_CLIENT_ID": "00000000-0000-0000-0000-000000000000"}, "ci", "Both are IDs"),
    "another tenant": ({"AZURE_TENANT_ID": "another.onmicrosoft.com"}, "ci", "Both are IDs"),
    "a tenant that is none": ({"AZURE_TENANT_ID": "a/b"}, "ci", "AZURE_TENANT_ID"),
    "no token": ({"ACTIONS_ID_TOKEN_REQUEST_TOKEN": ""}, "ci", "permissions: id-token: write"),
    "a wrong request token": ({"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "wrong"}, "ci", "NotAuthorized"),
    "no token file": ({"AZURE_FEDERATED_TOKEN_FILE": "/nowhere"}, "ci", "AZURE_FEDERATED_TOKEN_FILE"),
    "a wrong secret": ({"AZURE_CLIENT_SECRET": "wrong"}, "ci", "AZURE_CLIENT_SECRET"),
    "no role": ({"AZURE_CLIENT_ID": WITHOUT_A_ROLE}, "ci", "Key Vault Crypto User"),
    "no such key": ({}, "none", "az keyvault key list"),
    "an elliptic curve": ({}, "curve", "isn't an RSA key"),
    "a key for encryption": ({}, "encryption", "isn't for signing"),
    "a disabled key": ({}, "disabled", "Enabled"),
}


@pytest.mark.parametrize("state", REFUSED)
def test_what_is_wrong_is_bad_input(state: str, vault: Vault, job: Job, environ: dict[str, str]) -> None:
    changes, key, named = REFUSED[state]
    login = job.login(vault.uri(key), environ | changes, vault.public_key())
    assert (login.exit_code, login.out) == (2, ""), login.err
    assert "kms-key: " in login.said
    assert named in login.said


def test_a_token_of_another_job_is_bad_input(
    vault: Vault, job: Job, issuer: Issuer, environ: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(issuer.token("https://github.com/other"))
    login = job.login(vault.uri(), environ | {"AZURE_FEDERATED_TOKEN_FILE": str(file)})
    assert login.exit_code == 2
    assert "Federated credentials" in login.said


@pytest.mark.parametrize(
    ("uri", "named"),
    [
        ("azurekms://acme.vault.azure.net", "doesn't name one key"),
        ("azurekms://acme.vault.azure.net/ci/latest", "doesn't name one key"),
        ("azurekms://vault.acme.example/ci", "isn't a key vault"),
        ("azurekms://vault.azure.net/ci", "isn't a key vault"),
        ("azurekms://acme.vault.azure.net.acme.example/ci", "isn't a key vault"),
    ],
)
def test_an_invalid_uri_is_bad_input(uri: str, named: str, job: Job) -> None:
    login = job.login(uri, {})
    assert login.exit_code == 2
    assert named in login.said
