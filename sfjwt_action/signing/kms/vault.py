"""Keys of the transit secrets engine of HashiCorp Vault and OpenBao.

API: https://openbao.org/api-docs/secret/transit/ and https://openbao.org/api-docs/auth/jwt/. Variables are those of
both command-line tools, `TRANSIT_SECRET_ENGINE_PATH` is sigstore's.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from sfjwt_action.inputs.files import read_file
from sfjwt_action.inputs.parsers import parse_ca_certificates
from sfjwt_action.inputs.problems import InvalidValue
from sfjwt_action.signing.kms.client import NAME, Client, json_bytes, json_object, require_https
from sfjwt_action.signing.kms.key import MAKE_A_KEY, load_public_pem
from sfjwt_action.signing.kms.lease import Lease
from sfjwt_action.signing.kms.oidc import ADD_PERMISSION, can_request_token, request_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from sfjwt_action.signing.kms.client import Context

_URI = re.compile(f"(?P<scheme>hashivault|openbao)://(?P<key>{NAME})", re.ASCII)
_ROLE = re.compile(NAME, re.ASCII)
_PATH = re.compile(f"{NAME}(/{NAME})*", re.ASCII)
_SIGNATURE = re.compile(r"vault:v[0-9]+:(?P<signature>[A-Za-z0-9+/=]+)")
_ERROR_LIST = re.compile(r"\d+ errors? occurred:|\* ")
_NAMES = {"hashivault": "Vault", "openbao": "OpenBao"}


class TransitKey:
    """A key of the transit secrets engine. It is a `KmsKey`.

    Args:
        uri: The key's URI.
        context: The environment, and what sends the requests.

    Raises:
        InvalidValue: The URI isn't one of a transit key.
    """

    def __init__(self, uri: str, context: Context) -> None:
        match = _URI.fullmatch(uri)
        if not match:
            scheme = uri.partition(":")[0]
            raise InvalidValue(
                f"The {scheme}:// URI doesn't name one key.",
                f"Write `{scheme}://NAME`, with the name of a transit key. Set the address in VAULT_ADDR.",
            )
        self.service = _NAMES[match["scheme"]]
        self.name = uri
        self._key = match["key"]
        self._is_openbao = match["scheme"] == "openbao"
        self._context = context
        self._token = ""
        self._lease: Lease[str] = Lease()
        self._version = 0

    def authenticate(self) -> str:
        """Use VAULT_TOKEN, or log in by the JWT auth method with the job's OIDC token and the role VAULT_JWT_ROLE."""
        if token := self._variable("TOKEN"):
            self._token = token
            return "The token of the environment."
        role = self._variable("JWT_ROLE")
        if not role:
            raise InvalidValue(
                f"No credentials for {self.service} were found.",
                "Set VAULT_JWT_ROLE to a role of the JWT auth method, and add `permissions: id-token: write` to the "
                "job. Or set VAULT_TOKEN, which hashicorp/vault-action exports with `exportToken: true`.",
                'On your own machine, first run `export VAULT_TOKEN="$(vault print token)"`.',
            )
        if not _ROLE.fullmatch(role):
            raise InvalidValue("VAULT_JWT_ROLE isn't the name of a role.", "Use letters, digits, `.`, `_` and `-`.")
        self._token = self._lease.get(partial(self._log_in, role))
        return "The job's OIDC token, as the role in VAULT_JWT_ROLE."

    def public_key(self) -> RSAPublicKey:
        """Get the public half of the key's latest version, the one that signs."""
        url = f"{self._mount()}/keys/{self._key}"
        data = self._call("GET", url)
        kind = str(data.get("type", ""))
        if not kind.startswith("rsa-"):
            raise InvalidValue(
                f"{self._description} has the type {self._client.show(kind)}. Salesforce accepts only RSA.",
                MAKE_A_KEY,
            )
        try:
            self._version = int(data["latest_version"])
            pem = str(data["keys"][str(self._version)]["public_key"])
        except (KeyError, TypeError, ValueError, OverflowError):  # the latter for a number that is infinite
            raise self._client.unexpected(url) from None
        return load_public_pem(pem, self._description)

    def sign(self, message: bytes) -> bytes:
        """Sign a message with the version of the key whose public half was returned."""
        url = f"{self._mount()}/sign/{self._key}/sha2-256"
        body = {
            "input": base64.b64encode(hashlib.sha256(message).digest()).decode(),
            "prehashed": True,
            "signature_algorithm": "pkcs1v15",
            "key_version": self._version,
        }
        match = _SIGNATURE.fullmatch(str(self._call("POST", url, body).get("signature")))
        try:
            return base64.b64decode(match["signature"] if match else "?", validate=True)
        except binascii.Error:
            raise self._client.unexpected(url) from None

    @property
    def _description(self) -> str:
        return f"The key {self._key} in {self.service}"

    def _variable(self, name: str) -> str:
        """Return a variable's value. OpenBao's tools read BAO_… first, then VAULT_…."""
        environ = self._context.environ
        if self._is_openbao and (value := environ.get(f"BAO_{name}")):
            return value
        # With BAO_ADDR, VAULT_TOKEN is for another server.
        is_of_another_server = name == "TOKEN" and self._is_openbao and environ.get("BAO_ADDR")
        return "" if is_of_another_server else environ.get(f"VAULT_{name}", "")

    def _address(self) -> str:
        address = self._variable("ADDR")
        if not address:
            raise InvalidValue(
                "VAULT_ADDR isn't set.", f"Set it to the URL of {self.service}, in CI in the job's `env`."
            )
        return require_https(address, "VAULT_ADDR")

    def _mount(self) -> str:
        mount = self._context.environ.get("TRANSIT_SECRET_ENGINE_PATH") or "transit"
        return f"{self._address()}/v1/{_require_path(mount, 'TRANSIT_SECRET_ENGINE_PATH')}"

    def _log_in(self, role: str) -> str:
        path = _require_path(self._variable("JWT_PATH") or "jwt", "VAULT_JWT_PATH")
        url = f"{self._address()}/v1/auth/{path}/login"
        token = self._job_token()
        response = self._client.call_json(
            "POST", url, headers=self._headers(), data=json_bytes({"role": role, "jwt": token}), secrets=(token,)
        )
        granted = response.get("auth")
        if not isinstance(granted, dict) or not isinstance(granted.get("client_token"), str):
            raise self._client.unexpected(url)
        return str(granted["client_token"])

    def _job_token(self) -> str:
        environ = self._context.environ
        if can_request_token(environ):
            return request_token(self._context)
        if token := environ.get("VAULT_ID_TOKEN"):
            return token
        raise InvalidValue(
            "VAULT_JWT_ROLE is set, but the job has no OIDC token.",
            f"{ADD_PERMISSION} On GitLab, name the token VAULT_ID_TOKEN under `id_tokens`.",
        )

    def _call(self, method: str, url: str, body: Mapping[str, object] | None = None) -> Mapping[str, Any]:
        self.authenticate()
        response = self._client.call_json(
            method,
            url,
            headers=self._headers() | {"X-Vault-Token": self._token},
            data=None if body is None else json_bytes(body),
            secrets=(self._token,),
        )
        data = response.get("data")
        if not isinstance(data, dict):
            raise self._client.unexpected(url)
        return data

    def _headers(self) -> dict[str, str]:
        namespace = self._variable("NAMESPACE")
        # Without the second one, agents and proxies of Vault refuse to add a token of their own.
        return {"X-Vault-Request": "true"} | ({"X-Vault-Namespace": namespace} if namespace else {})

    @cached_property
    def _client(self) -> Client:
        context = self._context
        if path := self._variable("CACERT"):
            context = replace(context, transport=context.transport.trusting(_read_certificates(path)))
        return Client(self.service, "VAULT_ADDR", context, _parse_error)


def _require_path(path: str, source: str) -> str:
    """Return a mount's path without slashes around it.

    Raises:
        InvalidValue: It isn't a path.
    """
    stripped = path.strip("/")
    if not _PATH.fullmatch(stripped):
        raise InvalidValue(f"{source} isn't the path of a mount.", f"Set {source} to a path such as `transit`.")
    return stripped


def _read_certificates(path: str) -> str:
    try:
        return parse_ca_certificates(read_file(path).decode(errors="replace"))
    except OSError:
        raise InvalidValue(
            "VAULT_CACERT names a file that can't be read.",
            "Check the path. A container sees only files in the workspace.",
        ) from None


def _parse_error(body: bytes) -> tuple[str, str]:
    errors = json_object(body).get("errors")
    messages = " ".join(map(str, errors)) if isinstance(errors, list) else ""
    # Vault lists several errors on lines of their own, each after an asterisk.
    return " ".join(_ERROR_LIST.sub(" ", messages).split()) or "no message", ""
