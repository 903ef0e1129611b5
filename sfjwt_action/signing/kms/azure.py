"""Keys in Azure Key Vault and Managed HSM.

API: https://learn.microsoft.com/rest/api/keyvault/keys/sign/sign and
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow. Variables are those of Azure's
SDKs: https://learn.microsoft.com/python/api/overview/azure/identity-readme#environment-variables
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from sfjwt_action.inputs.problems import InvalidValue
from sfjwt_action.signing.kms.client import LOOPBACK, Client, json_bytes, json_object, require_https
from sfjwt_action.signing.kms.key import MAKE_A_KEY, require_size
from sfjwt_action.signing.kms.lease import Lease
from sfjwt_action.signing.kms.oidc import ADD_PERMISSION, can_request_token, read_token, request_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from sfjwt_action.signing.kms.client import Context

_URI = re.compile(
    r"azurekms://(?P<host>(?P<name>[a-z0-9.-]+)(:[0-9]+)?)/(?P<key>[a-z0-9-]+)(/(?P<version>[a-f0-9]+))?",
    re.ASCII | re.IGNORECASE,
)
_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DOMAIN = re.compile(r"[\w-]+(\.[\w-]+)+", re.ASCII)
_API_VERSION = "7.4"
_AUDIENCE = "api://AzureADTokenExchange"
_PUBLIC_AUTHORITY = "https://login.microsoftonline.com"
# The clouds' domains: https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#dns-suffixes
_AUTHORITIES = {
    "vault.azure.net": _PUBLIC_AUTHORITY,
    "managedhsm.azure.net": _PUBLIC_AUTHORITY,
    "vault.azure.cn": "https://login.chinacloudapi.cn",
    "managedhsm.azure.cn": "https://login.chinacloudapi.cn",
    "vault.usgovcloudapi.net": "https://login.microsoftonline.us",
    "managedhsm.usgovcloudapi.net": "https://login.microsoftonline.us",
}
_INVALID_KEY_PARTS = (binascii.Error, KeyError, TypeError, ValueError)


class AzureKey:
    """A key in Azure Key Vault or Managed HSM. It is a `KmsKey`.

    Args:
        uri: The key's URI.
        context: The environment, and what sends the requests.

    Raises:
        InvalidValue: The URI isn't one of a key in Azure Key Vault.
    """

    service = "Azure Key Vault"

    def __init__(self, uri: str, context: Context) -> None:
        match = _URI.fullmatch(uri)
        if not match:
            raise InvalidValue(
                "The azurekms:// URI doesn't name one key.",
                "Write `azurekms://VAULT.vault.azure.net/KEY`, with a version after another slash if you need one.",
            )
        self.name = uri
        self._domain = _require_domain(match["name"].lower())
        host_url = require_https(f"https://{match['host']}", "The host of the URI")
        self._url = f"{host_url}/keys/{match['key']}"
        self._key = match["key"]
        self._version = match["version"] or ""
        self._context = context
        self._token = ""
        self._lease: Lease[str] = Lease()

    def authenticate(self) -> str:
        """Log in to Microsoft Entra ID, with the job's OIDC token or a client secret."""
        environ = self._context.environ
        client_id, tenant = environ.get("AZURE_CLIENT_ID"), environ.get("AZURE_TENANT_ID")
        if not client_id or not tenant:
            raise InvalidValue(
                "No Azure credentials were found.",
                "Set AZURE_CLIENT_ID and AZURE_TENANT_ID to the IDs of an app registration or a managed identity that "
                "trusts the job's OIDC token, and add `permissions: id-token: write` to the job. azure/login exports "
                "nothing that this action could use.",
                "On your own machine, also set AZURE_CLIENT_SECRET.",
            )
        if not _ID.fullmatch(client_id) or not (_ID.fullmatch(tenant) or _DOMAIN.fullmatch(tenant)):
            raise InvalidValue(
                "AZURE_CLIENT_ID or AZURE_TENANT_ID isn't an ID.",
                "Set them to the application (client) ID and the directory (tenant) ID from the app registration.",
            )
        secret = environ.get("AZURE_CLIENT_SECRET")
        self._token = self._lease.get(partial(self._log_in, client_id, tenant, secret))
        return f"{'A client secret' if secret else 'An OIDC token'}, as the client in AZURE_CLIENT_ID."

    def public_key(self) -> RSAPublicKey:
        """Get the public half of the key, of its latest version unless the URI names one."""
        url = f"{self._url}/{self._version}".rstrip("/")
        key = self._call("GET", url).get("key")
        description = f"The key {self._key} in Azure Key Vault"
        if not isinstance(key, dict):
            raise self._client().unexpected(url)
        if str(key.get("kty")) not in {"RSA", "RSA-HSM"}:
            raise InvalidValue(f"{description} isn't an RSA key. Salesforce accepts only RSA.", MAKE_A_KEY)
        operations = key.get("key_ops")
        if not (isinstance(operations, list) and "sign" in operations):
            raise InvalidValue(f"{description} isn't for signing: `sign` isn't one of its operations.", MAKE_A_KEY)
        try:
            public_key = RSAPublicNumbers(_integer(key["e"]), _integer(key["n"])).public_key()
        except _INVALID_KEY_PARTS:
            raise self._client().unexpected(url) from None
        # A new version may be made until it signs. Only the version is used, so the token stays with this host.
        self._version = re.sub("[^a-f0-9]", "", str(key.get("kid", "")).rpartition("/")[2])
        return require_size(public_key, description)

    def sign(self, message: bytes) -> bytes:
        """Sign a message with the version of the key whose public half was returned."""
        url = f"{self._url}/{self._version}/sign"
        digest = base64.urlsafe_b64encode(hashlib.sha256(message).digest()).rstrip(b"=").decode()
        try:
            return _decoded(self._call("POST", url, {"alg": "RS256", "value": digest})["value"])
        except _INVALID_KEY_PARTS:
            raise self._client().unexpected(url) from None

    def _call(self, method: str, url: str, body: Mapping[str, object] | None = None) -> Mapping[str, Any]:
        self.authenticate()
        return self._client().call_json(
            method,
            f"{url}?api-version={_API_VERSION}",
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
            data=None if body is None else json_bytes(body),
            secrets=(self._token,),
        )

    def _log_in(self, client_id: str, tenant: str, secret: str | None) -> str:
        authority = self._context.environ.get("AZURE_AUTHORITY_HOST") or _AUTHORITIES[self._domain]
        if f"https://{authority}" in _AUTHORITIES.values():  # Azure's SDKs accept the host alone
            authority = f"https://{authority}"
        url = f"{require_https(authority, 'AZURE_AUTHORITY_HOST')}/{tenant}/oauth2/v2.0/token"
        proof = {"client_secret": secret} if secret else _assertion(self._job_token())
        client = Client("Microsoft Entra ID", "AZURE_AUTHORITY_HOST", self._context, _parse_entra_error)
        form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "scope": f"https://{self._domain}/.default",
            **proof,
        }
        secrets = tuple(value for name, value in proof.items() if name != "client_assertion_type")
        token = client.call_json("POST", url, data=form, secrets=secrets).get("access_token")
        if not isinstance(token, str):
            raise client.unexpected(url)
        return token

    def _job_token(self) -> str:
        if path := self._context.environ.get("AZURE_FEDERATED_TOKEN_FILE"):
            return read_token(path, "AZURE_FEDERATED_TOKEN_FILE")
        if can_request_token(self._context.environ):
            return request_token(self._context, _AUDIENCE)
        raise InvalidValue(
            "AZURE_CLIENT_ID is set, but the job has no OIDC token.",
            f"{ADD_PERMISSION} Elsewhere, set AZURE_FEDERATED_TOKEN_FILE to a file that holds the token, or "
            "AZURE_CLIENT_SECRET.",
        )

    def _client(self) -> Client:
        source = "the vault's host in `kms-key`"
        return Client(self.service, source, self._context, _parse_error)


def _require_domain(host: str) -> str:
    """Return the domain that a vault's host is in: a token for it must not be sent to any other host.

    Raises:
        InvalidValue: It isn't in a domain of Azure's.
    """
    if host in LOOPBACK:
        return "vault.azure.net"
    domain = host.partition(".")[2]
    if domain not in _AUTHORITIES:
        raise InvalidValue(
            "The azurekms:// URI names a host that isn't a key vault.",
            f"Use the vault's host, such as NAME.vault.azure.net. Known domains: {', '.join(_AUTHORITIES)}.",
        )
    return domain


def _assertion(token: str) -> dict[str, str]:
    """Return the form fields of a client assertion (RFC 7523, section 2.2)."""
    return {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": token,
    }


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _integer(text: str) -> int:
    return int.from_bytes(_decoded(text))


def _parse_error(body: bytes) -> tuple[str, str]:
    error = json_object(body).get("error")
    if not isinstance(error, dict):
        return "", ""
    inner = error.get("innererror")
    code = (isinstance(inner, dict) and inner.get("code")) or error.get("code")
    return str(code or ""), str(error.get("message") or "")


def _parse_entra_error(body: bytes) -> tuple[str, str]:
    error = json_object(body)
    # The rest is a trace ID, a correlation ID and the time.
    return str(error.get("error") or ""), str(error.get("error_description") or "").partition("\n")[0]
