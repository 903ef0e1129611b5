"""Keys in Google Cloud KMS.

API: https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys.cryptoKeyVersions
Credentials: https://google.aip.dev/auth/4117 (external accounts) and https://google.aip.dev/auth/4112 (service account
keys). Variables are those of Google's SDKs and of gcloud.
"""

from __future__ import annotations

import base64
import hashlib
import re
import time
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jwt

from sfjwt_action.inputs.files import read_file
from sfjwt_action.inputs.problems import InvalidValue
from sfjwt_action.signing.kms.client import LOOPBACK, NAME, Client, json_bytes, json_object, require_https
from sfjwt_action.signing.kms.key import MAKE_A_KEY, load_public_pem
from sfjwt_action.signing.kms.lease import Lease
from sfjwt_action.signing.kms.oidc import ADD_PERMISSION, read_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from sfjwt_action.signing.kms.client import Context

_URI = re.compile(
    f"gcpkms://(?P<key>projects/({NAME}:)?{NAME}/locations/{NAME}/keyRings/{NAME}/cryptoKeys/{NAME})"
    "/(cryptoKeyVersions|versions)/(?P<version>[0-9]+)",
    re.ASCII,
)
_ALGORITHM = re.compile(r"RSA_SIGN_PKCS1_[0-9]+_SHA256")
_SCOPE = "https://www.googleapis.com/auth/cloudkms"
_IMPERSONATION_SCOPE = "https://www.googleapis.com/auth/iam"
_LIFETIME_SECONDS = 600
_CREDENTIALS = "GOOGLE_APPLICATION_CREDENTIALS"
_ENDPOINT = "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS"
_USE_GOOGLE_AUTH = "On GitHub, run google-github-actions/auth in a step before this one."


class GoogleKey:
    """A version of a key in Google Cloud KMS. It is a `KmsKey`.

    Args:
        uri: The version's URI.
        context: The environment, and what sends the requests.

    Raises:
        InvalidValue: The URI isn't one of a key version.
    """

    service = "Google Cloud KMS"

    def __init__(self, uri: str, context: Context) -> None:
        match = _URI.fullmatch(uri)
        if not match:
            raise InvalidValue(
                "The gcpkms:// URI doesn't name one version of a key.",
                "Write `gcpkms://projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY/cryptoKeyVersions/1`.",
            )
        self.name = uri
        self._version = f"{match['key']}/cryptoKeyVersions/{match['version']}"
        self._context = context
        self._token = ""
        self._lease: Lease[str] = Lease()

    def authenticate(self) -> str:
        """Use an access token of the environment, or get one with GOOGLE_APPLICATION_CREDENTIALS."""
        environ = self._context.environ
        if token := environ.get("CLOUDSDK_AUTH_ACCESS_TOKEN"):
            self._token = token
            return "The access token of the environment."
        path = environ.get(_CREDENTIALS)
        if not path:
            raise InvalidValue(
                "No Google Cloud credentials were found.",
                f"{_USE_GOOGLE_AUTH} It sets {_CREDENTIALS}. You can also set CLOUDSDK_AUTH_ACCESS_TOKEN.",
                "On your own machine, first run "
                '`export CLOUDSDK_AUTH_ACCESS_TOKEN="$(gcloud auth print-access-token)"`.',
            )
        credentials = _read_credentials(path)
        kind = credentials.get("type")
        try:
            if kind == "external_account":
                self._token = self._lease.get(partial(self._exchange, credentials))
                return "An OIDC token, by workload identity federation."
            if kind == "service_account":
                self._token = self._lease.get(partial(self._log_in, credentials))
                return "A service account key."
        except (AttributeError, KeyError, TypeError):
            raise _incomplete() from None
        raise InvalidValue(
            f"The file of {_CREDENTIALS} isn't of the type external_account or service_account.", _USE_GOOGLE_AUTH
        )

    def public_key(self) -> RSAPublicKey:
        """Get the public half of the key version."""
        answer = self._call("GET", "/publicKey")
        algorithm = str(answer.get("algorithm", ""))
        description = f"The key version {self._version} in Google Cloud KMS"
        if not _ALGORITHM.fullmatch(algorithm):
            raise InvalidValue(
                f"{description} has the algorithm {self._client(self.service).show(algorithm)}. Salesforce requires "
                "RSA_SIGN_PKCS1_2048_SHA256, or the same with 3072 or 4096 bits.",
                MAKE_A_KEY,
            )
        return load_public_pem(str(answer.get("pem", "")), description)

    def sign(self, message: bytes) -> bytes:
        """Sign a message."""
        digest = base64.b64encode(hashlib.sha256(message).digest()).decode()
        answer = self._call("POST", ":asymmetricSign", {"digest": {"sha256": digest}})
        try:
            return base64.b64decode(str(answer.get("signature", "")), validate=True)
        except ValueError:  # also for characters that aren't ASCII
            raise self._client(self.service).unexpected(self._endpoint()) from None

    def _call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Mapping[str, Any]:
        self.authenticate()
        return self._client(self.service).call_json(
            method,
            f"{self._endpoint()}/v1/{self._version}{path}",
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
            data=None if body is None else json_bytes(body),
            secrets=(self._token,),
        )

    def _endpoint(self) -> str:
        return require_https(self._context.environ.get(_ENDPOINT) or "https://cloudkms.googleapis.com", _ENDPOINT)

    def _exchange(self, credentials: Mapping[str, Any]) -> str:
        """Exchange an OIDC token for an access token (RFC 8693), and that for a service account's if there is one."""
        impersonation_url = credentials.get("service_account_impersonation_url")
        subject_token = self._subject_token(credentials["credential_source"])
        url = _require_google(str(credentials["token_url"]), "token_url")
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "audience": str(credentials["audience"]),
            "scope": _IMPERSONATION_SCOPE if impersonation_url else _SCOPE,
            "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "subject_token": subject_token,
            "subject_token_type": str(credentials["subject_token_type"]),
        }
        client = self._client("Google STS")
        token = client.call_json("POST", url, data=form, secrets=(subject_token,)).get("access_token")
        if not isinstance(token, str):
            raise client.unexpected(url)
        return self._impersonate(str(impersonation_url), token) if impersonation_url else token

    def _subject_token(self, source: Mapping[str, Any]) -> str:
        """Get the OIDC token from where the credentials say: a URL, as on GitHub, or a file."""
        form = source.get("format") or {}
        field = str(form.get("subject_token_field_name", "")) if form.get("type") == "json" else ""
        if "file" in source:
            text = read_token(str(source["file"]), "credential_source")
            found = json_object(text.encode()).get(field) if field else text
        else:
            url = require_https(str(source["url"]), "credential_source")
            headers = {str(name): str(value) for name, value in (source.get("headers") or {}).items()}
            client = self._client("The OIDC provider")
            response = client.call("GET", url, headers=headers, secrets=tuple(headers.values()))
            found = json_object(response.body).get(field) if field else response.body.decode(errors="replace")
        if not isinstance(found, str) or not found:
            raise InvalidValue("The credential source has no OIDC token.", ADD_PERMISSION)
        return found

    def _impersonate(self, impersonation_url: str, token: str) -> str:
        url = _require_google(impersonation_url, "service_account_impersonation_url")
        client = self._client("Google IAM")
        answer = client.call_json(
            "POST",
            url,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            data=json_bytes({"scope": [_SCOPE], "lifetime": f"{_LIFETIME_SECONDS}s"}),
            secrets=(token,),
        )
        if not isinstance(answer.get("accessToken"), str):
            raise client.unexpected(url)
        return str(answer["accessToken"])

    def _log_in(self, credentials: Mapping[str, Any]) -> str:
        """Log in with a service account's key (RFC 7523, section 2.1)."""
        url = require_https(str(credentials["token_uri"]), "token_uri")
        now = int(time.time())
        claims = {
            "iss": credentials["client_email"],
            "scope": _SCOPE,
            "aud": url,
            "iat": now,
            "exp": now + _LIFETIME_SECONDS,
        }
        try:
            assertion = jwt.encode(claims, credentials["private_key"], "RS256")
        except (ValueError, jwt.InvalidKeyError):
            raise _incomplete() from None
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
        client = self._client("Google OAuth")
        token = client.call_json("POST", url, data=form, secrets=(assertion,)).get("access_token")
        if not isinstance(token, str):
            raise client.unexpected(url)
        return token

    def _client(self, service: str) -> Client:
        source = _ENDPOINT if service == self.service else _CREDENTIALS
        return Client(service, source, self._context, _parse_error)


def _read_credentials(path: str) -> Mapping[str, Any]:
    try:
        credentials = json_object(read_file(path))
    except OSError:
        raise InvalidValue(
            f"{_CREDENTIALS} names a file that can't be read.",
            "Check the path. A container sees only files in the workspace, where google-github-actions/auth writes its "
            "file if `actions/checkout` ran before it.",
        ) from None
    if not credentials:
        raise InvalidValue(f"The file of {_CREDENTIALS} isn't JSON.", _USE_GOOGLE_AUTH)
    return credentials


def _require_google(url: str, source: str) -> str:
    """Return a URL of the credentials file if it is Google's: a file in the workspace must not lead tokens elsewhere.

    Raises:
        InvalidValue: It isn't.
    """
    url = require_https(url, source)
    host = urlsplit(url).hostname or ""
    if host not in LOOPBACK and not host.endswith(".googleapis.com"):
        raise InvalidValue(
            f"In the file of {_CREDENTIALS}, {source} isn't a URL of Google's, so the token isn't sent there.",
            _USE_GOOGLE_AUTH,
        )
    return url


def _incomplete() -> InvalidValue:
    return InvalidValue(f"The file of {_CREDENTIALS} is incomplete.", _USE_GOOGLE_AUTH)


def _parse_error(body: bytes) -> tuple[str, str]:
    parsed = json_object(body)
    error = parsed.get("error")
    if isinstance(error, dict):
        return str(error.get("status") or ""), str(error.get("message") or "")
    return str(error or ""), str(parsed.get("error_description") or "")
