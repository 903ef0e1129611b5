"""Services, addresses and files that an attacker made: nothing crashes, waits long, or gets what isn't meant for it."""

import base64
import json
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from key_material import KeyMaterial
from kms.azure import CLIENT, TENANT
from kms.harness import Job
from kms.signing_key import SigningKey
from kms.web import Answer, Request, serving

KEY = SigningKey()
PUBLIC_DER = KEY.public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
REQUEST_TOKEN = "requestTokenOfTheJob0123456789"  # pragma: allowlist secret
OIDC_TOKEN = "oidcTokenOfTheJob0123456789"
ACCESS_TOKEN = "accessTokenOfTheService0123456789"
SECRET_KEY = "secretAccessKeyOfTheRole0123456789"
CLIENT_SECRET = "clientSecretOfTheApp0123456789"
SECRETS = (REQUEST_TOKEN, OIDC_TOKEN, ACCESS_TOKEN, SECRET_KEY, CLIENT_SECRET)
VERSION = "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1"
OIDC = {
    "ACTIONS_ID_TOKEN_REQUEST_URL": "URL/oidc?api-version=2.0",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": REQUEST_TOKEN,
}


@dataclass(frozen=True)
class Service:
    """A service, what a job needs for it, and its good answers by path; for AWS, which has one path, by action."""

    uri: str
    environ: Mapping[str, str]
    answers: Mapping[str, Any]


SERVICES = {
    "Vault": Service(
        "hashivault://ci",
        {"VAULT_ADDR": "URL", "VAULT_JWT_ROLE": "ci", **OIDC},
        {
            "/oidc": {"value": OIDC_TOKEN},
            "/v1/auth/jwt/login": {"auth": {"client_token": ACCESS_TOKEN}},
            "/v1/transit/keys/ci": {
                "data": {"type": "rsa-2048", "latest_version": 1, "keys": {"1": {"public_key": KEY.public_pem}}}
            },
            "/v1/transit/sign/ci/sha2-256": {"data": {"signature": "vault:v1:AAAA"}},
        },
    ),
    "AWS": Service(
        "awskms:///alias/ci",
        {
            "AWS_ENDPOINT_URL": "URL",
            "AWS_REGION": "eu-west-1",
            "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/ci",
            **OIDC,
        },
        {
            "/oidc": {"value": OIDC_TOKEN},
            "AssumeRoleWithWebIdentity": {
                "AccessKeyId": "AKIAIOSFODNN7",
                "SecretAccessKey": SECRET_KEY,
                "SessionToken": ACCESS_TOKEN,
            },
            "GetPublicKey": {"KeyUsage": "SIGN_VERIFY", "PublicKey": base64.b64encode(PUBLIC_DER).decode()},
            "Sign": {"Signature": "AAAA"},
        },
    ),
    "Azure": Service(
        "azurekms://HOST/ci",
        {"AZURE_CLIENT_ID": CLIENT, "AZURE_TENANT_ID": TENANT, "AZURE_AUTHORITY_HOST": "URL", **OIDC},
        {
            "/oidc": {"value": OIDC_TOKEN},
            f"/{TENANT}/oauth2/v2.0/token": {"access_token": ACCESS_TOKEN},
            "/keys/ci": {"key": {"kid": "https://x/keys/ci/0a", "kty": "RSA", "key_ops": ["sign"], **KEY.jwk()}},
            "/keys/ci/0a/sign": {"value": "AAAA"},
        },
    ),
    "Google": Service(
        f"gcpkms://{VERSION}",
        {"CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS": "URL", "GOOGLE_APPLICATION_CREDENTIALS": "FILE"},
        {
            "/oidc": {"value": OIDC_TOKEN},
            "/sts": {"access_token": OIDC_TOKEN},
            "/iam": {"accessToken": ACCESS_TOKEN},
            f"/v1/{VERSION}/publicKey": {"algorithm": "RSA_SIGN_PKCS1_2048_SHA256", "pem": KEY.public_pem},
            f"/v1/{VERSION}:asymmetricSign": {"signature": "AAAA"},
        },
    ),
}
STEPS = [(name, step) for name, service in SERVICES.items() for step in service.answers]
NESTED = "[" * 950 + "]" * 950
VALUES: tuple[object, ...] = (None, float("inf"), "é٣", "\ud800", "a\r\nX-Header: b\x1b[31m", [[]])
BODIES = (
    (200, "[" * 100_000),
    (200, f'{{"data":{NESTED},"key":{NESTED},"auth":{NESTED},"value":{NESTED}}}'),
    (302, ""),
    (400, f'{{"errors":[{NESTED}],"__type":{NESTED},"error":{{"message":{NESTED},"code":{NESTED}}}}}'),
    (400, json.dumps(dict.fromkeys(("error", "__type", "message", "typeKey"), f"&#{'1' * 5000};"))),
    (400, json.dumps({"errors": ["\ud800\x1b[31m\n::error::"], "error": {"message": "\ud800\x1b[31m\n::error::"}})),
)


def external_account(url: str) -> dict[str, Any]:
    return {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": f"{url}/sts",
        "service_account_impersonation_url": f"{url}/iam",
        "credential_source": {
            "url": f"{url}/oidc",
            "headers": {"Authorization": f"Bearer {REQUEST_TOKEN}"},
            "format": {"type": "json", "subject_token_field_name": "value"},
        },
    }


def step_of(request: Request) -> str:
    if request.path != "/":
        return request.path
    if b"WebIdentityToken" in request.body:
        return "AssumeRoleWithWebIdentity"
    return "Sign" if b"SigningAlgorithm" in request.body else "GetPublicKey"


def places(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of everything in a JSON object."""
    if isinstance(value, dict):
        for name in value:
            yield (*path, name)
            yield from places(value[name], (*path, name))


def with_value(answer: dict[str, Any], path: tuple[str, ...], value: object) -> dict[str, Any]:
    first, *rest = path
    return {**answer, first: with_value(answer[first], tuple(rest), value) if rest else value}


def environ_of(service: Service, url: str, directory: Path) -> dict[str, str]:
    """Return a service's environment, in which a server at this URL stands for the vendor's."""
    credentials = directory / "credentials.json"
    credentials.write_text(json.dumps(external_account(url)))
    return {
        variable: value.replace("URL", url).replace("FILE", str(credentials))
        for variable, value in service.environ.items()
    }


def assert_harmless(job: Job, service: Service, environ: Mapping[str, str], url: str = "", case: object = "") -> None:
    """Neither a crash nor a signature, and a log without control sequences. The job searches it for secrets."""
    uri = service.uri.replace("HOST", url.removeprefix("https://"))
    outcome = job.run(["assertion"], uri, environ, retries="0", timeout="5")
    assert outcome.exit_code in {2, 4}, (case, outcome.err)
    assert outcome.out == ""
    assert [letter for letter in outcome.err if not letter.isprintable() and letter != "\n"] == []
    assert "\n::" not in outcome.err


@pytest.mark.parametrize(("name", "step"), STEPS)
def test_any_answer_is_harmless(name: str, step: str, job: Job, trusted: ssl.SSLContext, tmp_path: Path) -> None:
    job.secrets += SECRETS
    service = SERVICES[name]
    hostile: list[Any] = []

    def respond(request: Request) -> object:
        asked = step_of(request)
        answer = hostile[-1] if asked == step else service.answers[asked]
        if isinstance(answer, tuple):
            raise Answer(*answer)
        if asked == "AssumeRoleWithWebIdentity":
            return "".join(f"<{key}>{value}</{key}>" for key, value in answer.items()).encode(errors="replace").decode()
        return answer

    good = service.answers[step]
    with serving(respond, trusted) as url:
        environ = environ_of(service, url, tmp_path)
        hostile += BODIES
        hostile += [with_value(good, place, value) for place in places(good) for value in VALUES]
        while hostile:
            assert_harmless(job, service, environ, url, hostile[-1])
            hostile.pop()


@pytest.mark.parametrize("name", SERVICES)
def test_what_an_earlier_request_sent_is_not_shown_either(
    name: str, job: Job, trusted: ssl.SSLContext, tmp_path: Path
) -> None:
    job.secrets += [*SECRETS, *(base64.b64encode(secret.encode()).decode() for secret in SECRETS)]
    service = SERVICES[name]
    last = list(service.answers)[-1]
    for secret in (REQUEST_TOKEN, OIDC_TOKEN, ACCESS_TOKEN, SECRET_KEY):
        echo = base64.b64encode(secret.encode()).decode()

        def respond(request: Request, echo: str = echo) -> object:
            asked = step_of(request)
            if asked == last:
                raise Answer(400, {"errors": [echo], "__type": "x", "message": echo, "error": {"message": echo}})
            answer = service.answers[asked]
            if asked == "AssumeRoleWithWebIdentity":
                return "".join(f"<{key}>{value}</{key}>" for key, value in answer.items())
            return answer

        with serving(respond, trusted) as url:
            environ = environ_of(service, url, tmp_path)
            assert_harmless(job, service, environ, url, secret)


NO_URLS = (
    "http://example.invalid",
    "http://localhost.example.invalid",
    "http://169.254.169.254/latest",
    "http://localhost\\.example.invalid",
    "https://user:password@localhost:1",
    "https://localhost\\@example.invalid",
    "https://local\nhost:1",
    "https://local\thost:1",
    "https://localhost:1/\x1b[31m",
    "https://localhost:0",
    "https://localhost:99999",
    "https://",
    "https://.example.invalid",
    "https://a..example.invalid",
    "https://*.example.invalid",
    "https://a b.example.invalid",
    "https://exämple.invalid",
    "https://\ud800.invalid",
    f"https://{'a' * 300}.invalid",
    "https://[::1",
    "ftp://localhost",
    "//localhost:1",
    "hvs.CAESIJlU9JMYEhOPYv4igdhm9PnZDrabYTobQ4Ymnlq1qYG",
    "hunter2",
)
ADDRESSES = {
    "VAULT_ADDR": ("Vault", {"VAULT_TOKEN": ACCESS_TOKEN}),
    "AWS_ENDPOINT_URL_KMS": ("AWS", {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": SECRET_KEY}),
    "AWS_ENDPOINT_URL_STS": ("AWS", {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://localhost:1"}),
    "AZURE_AUTHORITY_HOST": ("Azure", {"AZURE_CLIENT_SECRET": CLIENT_SECRET}),
    "ACTIONS_ID_TOKEN_REQUEST_URL": ("AWS", {}),
    "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS": ("Google", {"CLOUDSDK_AUTH_ACCESS_TOKEN": ACCESS_TOKEN}),
}


@pytest.mark.parametrize("variable", ADDRESSES)
def test_credentials_go_to_https_urls_only(variable: str, job: Job) -> None:
    job.secrets += [*SECRETS, *NO_URLS[-2:]]
    name, credentials = ADDRESSES[variable]
    service = SERVICES[name]
    for url in NO_URLS:
        environ = {**service.environ, "AWS_ENDPOINT_URL": "https://localhost:1", **credentials, variable: url}
        outcome = job.run(["assertion"], service.uri.replace("HOST", "localhost:1"), environ, retries="0")
        assert outcome.exit_code == 2, (url, outcome.err)
        assert variable in outcome.err
        assert "HTTPS_PROXY" not in outcome.err


NO_KEYS = (
    "awskms://user@example.invalid/alias/ci",
    "awskms://example.invalid:99999/alias/ci",
    "awskms:///alias/../ci",
    "awskms:///alias/ci?x",
    "azurekms://example.invalid/ci",
    "azurekms://acme.vault.azure.net.example.invalid/ci",
    "azurekms://acme.vault.azure.net@example.invalid/ci",
    "azurekms://acme.vault.azure.net:0/ci",
    "azurekms://.vault.azure.net/ci",
    "azurekms://localhost:1/..",
    "gcpkms://projects/../locations/../keyRings/../cryptoKeys/../versions/1",
    "gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k/versions/1:destroy",
    "gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k/versions/٣",
    "hashivault://..",
    "hashivault://.",
    "hashivault://a/../b",
    "openbao://a%2f..",
)


@pytest.mark.parametrize("uri", NO_KEYS)
def test_a_uri_names_a_key_and_leads_nowhere_else(uri: str, job: Job) -> None:
    environ = {name: value for service in SERVICES.values() for name, value in service.environ.items()}
    login = job.login(uri, {name: value.replace("URL", "https://localhost:1") for name, value in environ.items()})
    assert login.exit_code == 2, login.err
    assert "localhost:1" not in login.err


@pytest.mark.parametrize("name", ["token_url", "service_account_impersonation_url"])
@pytest.mark.parametrize(
    "host",
    [
        "sts.googleapis.com.example.invalid",
        "googleapis.com",
        "example.invalid/sts.googleapis.com",
        "xgoogleapis.com",
        "sts.googleapis.com@example.invalid",
        "example.invalid#.googleapis.com",
        "example.invalid\\.googleapis.com",
        "127.0.0.2",
    ],
)
def test_a_credentials_file_cannot_lead_tokens_elsewhere(
    name: str, host: str, job: Job, trusted: ssl.SSLContext, tmp_path: Path
) -> None:
    job.secrets += SECRETS
    answers = SERVICES["Google"].answers
    with serving(lambda request: answers[request.path], trusted) as url:
        path = tmp_path / "credentials.json"
        path.write_text(json.dumps(external_account(url) | {name: f"https://{host}/v1/token"}))
        login = job.login(SERVICES["Google"].uri, {"GOOGLE_APPLICATION_CREDENTIALS": str(path)})
    assert login.exit_code == 2, login.err
    assert name in login.said


@pytest.mark.parametrize("file", ["/proc/self/environ", "/dev/zero", "/etc/passwd", "/", "/nowhere\0"])
def test_a_credentials_file_cannot_send_other_files(
    file: str, job: Job, trusted: ssl.SSLContext, tmp_path: Path
) -> None:
    received = []

    def respond(request: Request) -> object:
        received.append(request)
        return {"access_token": "x"}

    with serving(respond, trusted) as url:
        path = tmp_path / "credentials.json"
        path.write_text(json.dumps(external_account(url) | {"credential_source": {"file": file}}))
        login = job.login(SERVICES["Google"].uri, {"GOOGLE_APPLICATION_CREDENTIALS": str(path)})
    assert login.exit_code == 2, login.err
    assert received == []


@pytest.mark.parametrize(
    "source",
    [
        {"executable": {"command": "/bin/touch MARK"}},
        {"environment_id": "aws1", "url": "http://169.254.169.254/latest/meta-data"},
        {"certificate": {"use_default_certificate_config": True}},
    ],
)
def test_a_credentials_file_runs_nothing_and_asks_no_metadata_server(
    source: dict[str, Any], job: Job, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    path = tmp_path / "credentials.json"
    content = json.dumps(external_account("https://localhost:1") | {"credential_source": source})
    path.write_text(content.replace("MARK", str(mark)))
    login = job.login(SERVICES["Google"].uri, {"GOOGLE_APPLICATION_CREDENTIALS": str(path)})
    assert login.exit_code == 2, login.err
    assert not mark.exists()


@pytest.mark.parametrize("content", ["[" * 100_000, "x" * (1024 * 1024 + 1), "\0", '{"type":[[]]}', "{}"])
def test_any_credentials_file_is_harmless(content: str, job: Job, tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    path.write_text(content)
    assert_harmless(job, SERVICES["Google"], {"GOOGLE_APPLICATION_CREDENTIALS": str(path)})


SLOTS = {
    "Vault": ("VAULT_JWT_ROLE", "VAULT_JWT_PATH", "VAULT_NAMESPACE", "VAULT_CACERT", "TRANSIT_SECRET_ENGINE_PATH"),
    "AWS": ("AWS_REGION", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE"),
    "Azure": ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE"),
    "Google": ("GOOGLE_APPLICATION_CREDENTIALS",),
}


@pytest.mark.parametrize(("name", "slot"), [(name, slot) for name, slots in SLOTS.items() for slot in slots])
def test_a_private_key_in_the_wrong_variable_is_neither_sent_nor_shown(
    name: str, slot: str, job: Job, trusted: ssl.SSLContext, material: KeyMaterial
) -> None:
    service = SERVICES[name]
    pem = material.text("pkcs8.pem")
    lines = pem.splitlines()[1:-1]
    received: list[str] = []

    def respond(request: Request) -> object:
        received.append(f"{request.path}{request.body!r}")
        if request.path == "/oidc":
            return service.answers["/oidc"]
        raise Answer(400, {"errors": [request.path], "error": {"message": request.path}})

    with serving(respond, trusted) as url:
        environ = {variable: value.replace("URL", url) for variable, value in service.environ.items()}
        for secret in (pem, pem.replace("\n", " "), "".join(lines), base64.b64encode(pem.encode()).decode()):
            job.secrets += [secret[64:128], *lines]
            assert_harmless(job, service, environ | {slot: secret}, url)
            assert [text for text in received if secret[64:100] in text] == []
