"""Azure Key Vault and Microsoft Entra ID, as their REST references describe them.

https://learn.microsoft.com/rest/api/keyvault/keys/sign/sign,
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

import base64
import binascii
import re
import secrets
from dataclasses import dataclass, field
from typing import Never

from kms.issuer import Issuer
from kms.signing_key import SigningKey
from kms.web import Answer, Request

TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
CLIENT = "00001111-aaaa-2222-bbbb-3333cccc4444"
WITHOUT_A_ROLE = "55556666-aaaa-2222-bbbb-3333cccc4444"
VERSIONS = (f"{1:032x}", f"{2:032x}")
_PATH = re.compile("/keys/(?P<name>[a-z0-9-]+)(/(?P<version>[a-f0-9]+))?(?P<sign>/sign)?")


@dataclass
class Azure:
    issuer: Issuer
    client_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    granted: dict[str, bool] = field(default_factory=dict)
    """Each access token, and whether its identity has a role."""
    keys: dict[str, SigningKey] = field(default_factory=lambda: {version: SigningKey() for version in VERSIONS})

    def respond(self, request: Request) -> object:
        if request.path.endswith("/oauth2/v2.0/token"):
            return self._grant(request)
        assert request.query == {"api-version": "7.4"}
        if request.bearer not in self.granted:
            _refuse(401, "Unauthorized", "AKV10032: Invalid issuer.")
        match = _PATH.fullmatch(request.path)
        assert match
        if match["name"] not in {"ci", "curve", "disabled", "encryption"}:
            _refuse(404, "KeyNotFound", "A key with (name/id) was not found in this key vault.")
        version = match["version"] or VERSIONS[-1]
        return self._sign(request, match["name"], version) if match["sign"] else self._describe(match["name"], version)

    def _grant(self, request: Request) -> object:
        form = request.form
        assert form["grant_type"] == "client_credentials"
        assert form["scope"] == "https://vault.azure.net/.default"
        if not request.path.startswith(f"/{TENANT}/"):
            raise Answer(400, _entra("invalid_request", "AADSTS90002: Tenant not found."))
        if form["client_id"] not in {CLIENT, WITHOUT_A_ROLE}:
            raise Answer(400, _entra("unauthorized_client", "AADSTS700016: Application was not found."))
        if "client_secret" in form:
            if form["client_secret"] != self.client_secret:
                raise Answer(401, _entra("invalid_client", "AADSTS7000215: Invalid client secret provided."))
        elif not self._trusts(form):
            raise Answer(400, _entra("invalid_client", "AADSTS700213: No matching federated identity record found."))
        token = secrets.token_urlsafe(24)
        self.granted[token] = form["client_id"] == CLIENT
        return {"token_type": "Bearer", "expires_in": 3599, "access_token": token}

    def _trusts(self, form: dict[str, str]) -> bool:
        assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        return self.issuer.verify(form["client_assertion"], "api://AzureADTokenExchange")

    def _describe(self, name: str, version: str) -> object:
        key = {
            "kid": f"https://acme.vault.azure.net/keys/{name}/{version}",
            "kty": "EC" if name == "curve" else "RSA",
            "key_ops": ["encrypt", "decrypt"] if name == "encryption" else ["sign", "verify"],
            **self.keys[version].jwk(),
        }
        return {"key": key, "attributes": {"enabled": name != "disabled"}}

    def _sign(self, request: Request, name: str, version: str) -> object:
        if not self.granted[request.bearer]:
            _refuse(403, "Forbidden", "Caller is not authorized to perform action on resource.", "ForbiddenByRbac")
        if name == "disabled":
            _refuse(403, "Forbidden", "Operation sign is not allowed on a disabled key.", "KeyDisabled")
        body = request.json
        try:
            digest = base64.b64decode(f"{body['value']}=", altchars=b"-_", validate=True)
        except binascii.Error:
            digest = b""
        if body["alg"] != "RS256" or len(digest) != 32:
            _refuse(400, "BadParameter", "The algorithm and the size of the digest don't match.")
        signature = base64.urlsafe_b64encode(self.keys[version].sign_digest(digest)).rstrip(b"=").decode()
        return {"kid": f"https://acme.vault.azure.net/keys/{name}/{version}", "value": signature}


def _entra(error: str, description: str) -> dict[str, str]:
    return {"error": error, "error_description": f"{description}\r\nTrace ID: 0\r\nTimestamp: 0"}


def _refuse(status: int, code: str, message: str, inner: str = "") -> Never:
    error = {"code": code, "message": message, "innererror": {"code": inner} if inner else None}
    raise Answer(status, {"error": error})
