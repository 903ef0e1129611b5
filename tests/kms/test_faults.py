"""Services that fail, send invalid responses or echo secrets: a fake Vault that each test configures."""

import base64
import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from kms.azure import CLIENT, TENANT
from kms.harness import Job
from kms.signing_key import SigningKey
from kms.web import Answer, Request, free_port, serving

TOKEN = "hvs.CAESIJlU9JMYEhOPYv4igdhm9PnZDrabYTobQ4Ymnlq1qY-G"


@dataclass
class FakeVault:
    """Vault's transit API. `faults` are raised for the signatures in turn, until there are none."""

    url: str = ""
    key: SigningKey = field(default_factory=SigningKey)
    signs_with: SigningKey | None = None
    public_pem: str = ""
    kind: str = "rsa-2048"
    faults: list[Answer] = field(default_factory=list)
    answer_to_sign: object = None
    digests: list[str] = field(default_factory=list)

    def respond(self, request: Request) -> object:
        if "/keys/" in request.path:
            pem = self.public_pem or self.key.public_pem
            return {"data": {"type": self.kind, "latest_version": 1, "keys": {"1": {"public_key": pem}}}}
        self.digests.append(request.json["input"])
        if self.faults:
            raise self.faults.pop(0)
        if self.answer_to_sign is not None:
            return self.answer_to_sign
        signature = (self.signs_with or self.key).sign_digest(base64.b64decode(request.json["input"]))
        return {"data": {"signature": f"vault:v1:{base64.b64encode(signature).decode()}"}}

    @property
    def environ(self) -> dict[str, str]:
        return {"VAULT_ADDR": self.url, "VAULT_TOKEN": TOKEN}


Serve = Callable[[FakeVault], AbstractContextManager[FakeVault]]


@pytest.fixture
def serve(trusted: ssl.SSLContext, job: Job) -> Serve:
    job.secrets.append(TOKEN)

    @contextmanager
    def serve(vault: FakeVault) -> Iterator[FakeVault]:
        with serving(vault.respond, trusted) as url:
            vault.url = url
            yield vault

    return serve


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_transient_failure_is_tried_again_with_a_new_assertion(status: int, serve: Serve, job: Job) -> None:
    with serve(FakeVault(faults=[Answer(status, {"errors": ["try again"]})])) as vault:
        login = job.login("hashivault://ci", vault.environ, vault.key.public)
    assert login.exit_code == 0, login.err
    # The org rejects only the first audience of a Connected App, so each attempt has one signature.
    assert len(job.waits) == 1
    assert len(vault.digests) == len(set(vault.digests)) == 2


def test_a_service_that_stays_down_is_unreachable(serve: Serve, job: Job) -> None:
    with serve(FakeVault(faults=[Answer(503, "down")] * 5)) as vault:
        login = job.login("hashivault://ci", vault.environ, vault.key.public, retries="2")
    assert (login.exit_code, login.out, len(job.waits)) == (4, "", 2)
    assert "Vault not reachable" in login.err


def test_an_assertion_is_signed_after_a_transient_failure(serve: Serve, job: Job) -> None:
    with serve(FakeVault(faults=[Answer(503, "down")])) as vault:
        signed = job.run(["assertion"], "hashivault://ci", vault.environ)
    assert signed.exit_code == 0, signed.err
    assert len(job.waits) == 1


NONSENSE = {
    "no JSON": "hello",
    "another JSON": [],
    "no data": {"warnings": None},
    "no signature": {"data": {}},
    "another signature": {"data": {"signature": "vault:v1:????"}},
    "a signature cut short": {"data": {"signature": "vault:v1:abc"}},
    "too much": "x" * (1024 * 1024 + 1),
    "JSON that is too deep": "[" * 100_000,
}


@pytest.mark.parametrize("state", NONSENSE)
def test_an_invalid_response_is_bad_input(state: str, serve: Serve, job: Job) -> None:
    with serve(FakeVault(answer_to_sign=NONSENSE[state])) as vault:
        login = job.login("hashivault://ci", vault.environ, vault.key.public)
    assert (login.exit_code, login.out) == (2, ""), login.err
    assert "sent a response that isn't one of Vault" in login.said


def test_a_signature_by_another_key_is_bad_input(serve: Serve, job: Job) -> None:
    with serve(FakeVault(signs_with=SigningKey())) as vault:
        login = job.login("hashivault://ci", vault.environ, vault.key.public)
    assert login.exit_code == 2
    assert "doesn't verify" in login.said


def public_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(encoding, form).decode()


def test_an_invalid_public_key_is_bad_input(serve: Serve, job: Job) -> None:
    for pem, named in (
        ("none", "can't be read"),
        (public_pem(rsa.generate_private_key(65537, 1024)), "1024 bits"),
        (public_pem(ec.generate_private_key(ec.SECP256R1())), "isn't an RSA key"),
    ):
        with serve(FakeVault(public_pem=pem)) as vault:
            login = job.login("hashivault://ci", vault.environ)
        assert login.exit_code == 2
        assert named in login.said


@pytest.mark.parametrize("shape", ["as it is", "in base64", "in JSON"])
def test_a_secret_that_the_service_echoes_is_not_shown(shape: str, serve: Serve, job: Job) -> None:
    encoded = base64.b64encode(TOKEN.encode()).decode()
    echo = {"as it is": TOKEN, "in base64": encoded, "in JSON": json.dumps({"token": TOKEN})}[shape]
    job.secrets.append(encoded)
    for status in (400, 403, 503):
        with serve(FakeVault(faults=[Answer(status, {"errors": [f"no such token: {echo}"]})] * 9)) as vault:
            login = job.login("hashivault://ci", vault.environ, vault.key.public)
        assert login.exit_code == (4 if status == 503 else 2)
        assert f"HTTP {status}" in login.said


def test_a_redirect_is_not_followed(serve: Serve, job: Job) -> None:
    with serve(FakeVault(faults=[Answer(307, {})])) as vault:
        login = job.login("hashivault://ci", vault.environ, vault.key.public)
    assert login.exit_code == 2
    assert "HTTP 307" in login.said


def test_aws_throttles(trusted: ssl.SSLContext, job: Job) -> None:
    def respond(_: Request) -> object:
        raise Answer(400, {"__type": "ThrottlingException", "message": "Rate exceeded"})

    keys = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-west-1"}
    with serving(respond, trusted) as url:
        login = job.login("awskms:///alias/ci", {**keys, "AWS_ENDPOINT_URL": url})
    assert (login.exit_code, len(job.waits)) == (4, 1)
    assert "AWS KMS not reachable" in login.err


OIDC = {"ACTIONS_ID_TOKEN_REQUEST_URL": "URL/oidc?api-version=2.0", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request"}
STATIC = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-west-1"}
AWS = {"AWS_ENDPOINT_URL": "URL", "AWS_REGION": "eu-west-1"}
ROLE = AWS | OIDC | {"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/ci"}
AZURE = {"AZURE_CLIENT_ID": CLIENT, "AZURE_TENANT_ID": TENANT, "AZURE_AUTHORITY_HOST": "URL"} | OIDC
GOOGLE = {"CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS": "URL", "CLOUDSDK_AUTH_ACCESS_TOKEN": "token"}
GOOGLE_KEY = "gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1"
NOBODY_LISTENS = {
    "awskms:///alias/ci": (STATIC | AWS, "AWS_REGION"),
    "azurekms://acme.vault.azure.net/ci": (AZURE | {"AZURE_CLIENT_SECRET": "secret"}, "AZURE_AUTHORITY_HOST"),
    "azurekms://HOST/ci": (AZURE, "ACTIONS_ID_TOKEN_REQUEST_URL"),
    GOOGLE_KEY: (GOOGLE, "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS"),
    "hashivault://ci": ({"VAULT_ADDR": "URL", "VAULT_TOKEN": TOKEN}, "VAULT_ADDR"),
}


@pytest.mark.parametrize("uri", NOBODY_LISTENS)
def test_what_names_a_host_that_does_not_listen_is_said(uri: str, job: Job) -> None:
    environ, named = NOBODY_LISTENS[uri]
    host = f"localhost:{free_port()}"
    login = job.login(
        uri.replace("HOST", host), {name: value.replace("URL", f"https://{host}") for name, value in environ.items()}
    )
    assert (login.exit_code, login.out) == (4, "")
    assert " not reachable" in login.err
    assert named in login.said
    assert "login-url" not in login.err


GOOD_KEY = SigningKey()
JWK = {"kid": "https://acme.vault.azure.net/keys/ci/0a", "kty": "RSA", "key_ops": ["sign"], **GOOD_KEY.jwk()}
GRANTED: dict[str, object] = {"/oidc": {"value": "jwt"}, f"/{TENANT}/oauth2/v2.0/token": {"access_token": "token"}}
"""Valid responses, by path."""


def aws_error(code: str, message: str) -> Answer:
    return Answer(400, {"__type": f"com.amazonaws.kms#{code}", "message": message})


def azure_error(status: int, code: str, inner: str) -> Answer:
    return Answer(status, {"error": {"code": code, "message": "It says more.", "innererror": {"code": inner}}})


def google_error(status: int, code: str, message: str) -> Answer:
    return Answer(status, {"error": {"code": status, "status": code, "message": message}})


REFUSED = {
    "AWS, disabled": (aws_error("DisabledException", "arn:aws:kms:x is disabled."), "aws kms enable-key"),
    "AWS, to be deleted": (aws_error("KMSInvalidStateException", "is pending deletion."), "cancel-key-deletion"),
    "AWS, expired": (aws_error("ExpiredTokenException", "The security token is expired"), "configure-aws-credentials"),
    "AWS, denied": (aws_error("AccessDeniedException", "is not authorized to perform: kms:Sign"), "`kms:Sign`"),
    "AWS, another region": (
        aws_error("InvalidSignatureException", "Credential should be scoped to a valid region."),
        "Set AWS_REGION to the key's region",
    ),
    "AWS, a wrong clock": (aws_error("InvalidSignatureException", "Signature expired: 2026 is now earlier"), "NTP"),
    "Azure, disabled": (azure_error(403, "Forbidden", "KeyDisabled"), "Activation date"),
    "Azure, denied": (azure_error(403, "Forbidden", "ForbiddenByRbac"), "Key Vault Crypto User"),
    "Azure, a firewall": (azure_error(403, "Forbidden", "ForbiddenByFirewall"), "Networking"),
    "Azure, another tenant": (azure_error(401, "Unauthorized", ""), "AZURE_TENANT_ID"),
    "Azure, no such key": (azure_error(404, "KeyNotFound", ""), "az keyvault key recover"),
    "Google, a disabled API": (
        google_error(
            403, "PERMISSION_DENIED", "Cloud KMS API has not been used in project 1 before or it is disabled."
        ),
        "gcloud services enable",
    ),
    "Google, a perimeter": (
        google_error(403, "PERMISSION_DENIED", "Request is prohibited by organization's policy."),
        "ingress rule",
    ),
    "Google, another purpose": (google_error(400, "INVALID_ARGUMENT", "purpose"), "asymmetric-signing"),
    "Google, to be destroyed": (google_error(400, "FAILED_PRECONDITION", "is not enabled"), "versions restore"),
    "Vault, a standby node": (Answer(307, ""), "load balancer"),
    "Vault, two errors": (
        Answer(403, {"errors": ["2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n"]}),
        "transit/sign/KEY/sha2-256",
    ),
}
KEYS = {
    "AWS": ("awskms:///alias/ci", STATIC | AWS),
    "Azure": ("azurekms://HOST/ci", AZURE),
    "Google": (GOOGLE_KEY, GOOGLE),
    "Vault": ("hashivault://ci", {"VAULT_ADDR": "URL", "VAULT_TOKEN": TOKEN}),
}


@pytest.mark.parametrize("state", REFUSED)
def test_the_fix_for_a_refusal_is_said(state: str, trusted: ssl.SSLContext, job: Job) -> None:
    refusal, named = REFUSED[state]
    uri, environ = KEYS[state.partition(",")[0]]

    def respond(request: Request) -> object:
        if request.path in GRANTED:
            return GRANTED[request.path]
        raise refusal

    with serving(respond, trusted) as url:
        environ = {name: value.replace("URL", url) for name, value in environ.items()}
        login = job.login(uri.replace("HOST", url.removeprefix("https://")), environ)
    assert (login.exit_code, login.out) == (2, ""), login.err
    assert f"HTTP {refusal.status}" in login.said
    assert named in login.said


UNEXPECTED: dict[str, tuple[str, dict[str, str], dict[str, object], str]] = {
    "no OIDC token": ("hashivault://ci", {"VAULT_ADDR": "URL", "VAULT_JWT_ROLE": "ci", **OIDC}, {}, "GitHub's OIDC"),
    "no Vault token": ("hashivault://ci", {"VAULT_ADDR": "URL", "VAULT_JWT_ROLE": "ci", **OIDC}, GRANTED, "Vault"),
    "no version": (
        "hashivault://ci",
        {"VAULT_ADDR": "URL", "VAULT_TOKEN": "token"},
        {"/v1/transit/keys/ci": {"data": {"type": "rsa-2048"}}},
        "Vault",
    ),
    "no credentials of AWS": ("awskms:///alias/ci", ROLE, GRANTED, "AWS STS"),
    "no base64 of AWS": (
        "awskms:///alias/ci",
        STATIC | AWS,
        {"/": {"KeyUsage": "SIGN_VERIFY", "PublicKey": "?"}},
        "AWS KMS",
    ),
    "no token of Azure": ("azurekms://HOST/ci", AZURE, {"/oidc": GRANTED["/oidc"]}, "Microsoft Entra ID"),
    "no key of Azure": ("azurekms://HOST/ci", AZURE, GRANTED, "Azure Key Vault"),
    "no numbers of Azure": (
        "azurekms://HOST/ci",
        AZURE,
        {**GRANTED, "/keys/ci": {"key": JWK | {"n": "?"}}},
        "Azure Key Vault",
    ),
    "no signature of Azure": (
        "azurekms://HOST/ci",
        AZURE,
        {**GRANTED, "/keys/ci": {"key": JWK}},
        "Azure Key Vault",
    ),
    "no signature of Google": (
        GOOGLE_KEY,
        GOOGLE,
        {
            "/v1/projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1/publicKey": {
                "algorithm": "RSA_SIGN_PKCS1_2048_SHA256",
                "pem": GOOD_KEY.public_pem,
            },
            "/v1/projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1:asymmetricSign": {"signature": "?"},
        },
        "Google Cloud KMS",
    ),
}


@pytest.mark.parametrize("state", UNEXPECTED)
def test_an_unexpected_response_is_bad_input(state: str, trusted: ssl.SSLContext, job: Job) -> None:
    uri, environ, answers, service = UNEXPECTED[state]
    with serving(lambda request: answers.get(request.path, {"unexpected": True}), trusted) as url:
        environ = {name: value.replace("URL", url) for name, value in environ.items()}
        login = job.login(uri.replace("HOST", url.removeprefix("https://")), environ, GOOD_KEY.public)
    assert (login.exit_code, login.out) == (2, ""), login.err
    assert f"sent a response that isn't one of {service}" in login.said


@pytest.mark.parametrize("kind", ["::add-mask::x\n::error::y", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIi"])
def test_a_services_text_is_sanitized(kind: str, serve: Serve, job: Job) -> None:
    job.secrets += ["\n::error", "eyJhbGci"]
    with serve(FakeVault(kind=kind)) as vault:
        login = job.login("hashivault://ci", vault.environ)
    assert login.exit_code == 2
    assert "Salesforce accepts only RSA" in login.said
