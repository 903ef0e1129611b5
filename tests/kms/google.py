"""Google Cloud KMS, STS, IAM Credentials and OAuth, as their REST references describe them.

https://cloud.google.com/kms/docs/reference/rest, https://cloud.google.com/iam/docs/reference/sts/rest,
https://cloud.google.com/iam/docs/reference/credentials/rest
"""

import base64
import secrets
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Never

import jwt
from kms.issuer import Issuer
from kms.signing_key import SigningKey
from kms.web import Answer, Request, serving

POOL = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/github/providers/acme"
ACCOUNT = "ci@acme.iam.gserviceaccount.com"
RING = "projects/acme/locations/europe-west1/keyRings/ci/cryptoKeys"
CLOUD_KMS = "https://www.googleapis.com/auth/cloudkms"
IAM = "https://www.googleapis.com/auth/iam"


@dataclass
class Google:
    issuer: Issuer
    url: str = ""
    key: SigningKey = field(default_factory=SigningKey)
    account_key: SigningKey = field(default_factory=SigningKey)
    granted: dict[str, str] = field(default_factory=dict)
    """Each access token, and its scope."""

    def external_account(self, *, account: str = "") -> dict[str, object]:
        """Return the file that google-github-actions/auth writes."""
        impersonate = f"{self.url}/v1/projects/-/serviceAccounts/{account}:generateAccessToken"
        return {
            "type": "external_account",
            "audience": POOL,
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": f"{self.url}/v1/token",
            "credential_source": {
                "url": f"{self.issuer.url}/token?api-version=2.0&audience=https:{POOL}",
                "headers": {"Authorization": f"Bearer {self.issuer.request_token}"},
                "format": {"type": "json", "subject_token_field_name": "value"},
            },
            **({"service_account_impersonation_url": impersonate} if account else {}),
        }

    def service_account(self) -> dict[str, object]:
        return {
            "type": "service_account",
            "client_email": ACCOUNT,
            "private_key": self.account_key.private_pem,
            "token_uri": f"{self.url}/oauth",
        }

    def grant(self, scope: str) -> str:
        token = secrets.token_urlsafe(24)
        self.granted[token] = scope
        return token

    def respond(self, request: Request) -> object:
        match request.path:
            case "/v1/token":
                return self._exchange(request.form)
            case "/oauth":
                return self._log_in(request.form)
            case path if path.endswith(":generateAccessToken"):
                return self._impersonate(request)
        return self._kms(request)

    def _exchange(self, form: dict[str, str]) -> object:
        assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:token-exchange"
        assert form["requested_token_type"] == "urn:ietf:params:oauth:token-type:access_token"
        assert form["subject_token_type"] == "urn:ietf:params:oauth:token-type:jwt"
        if form["audience"] != POOL or not self.issuer.verify(form["subject_token"], f"https:{POOL}"):
            described = "The given credential is rejected by the attribute condition."
            raise Answer(400, {"error": "unauthorized_client", "error_description": described})
        return {"access_token": self.grant(form["scope"]), "token_type": "Bearer", "expires_in": 3599}

    def _impersonate(self, request: Request) -> object:
        if self.granted.get(request.bearer) != IAM or f"/{ACCOUNT}:" not in request.path:
            _refuse(403, "PERMISSION_DENIED", "Permission 'iam.serviceAccounts.getAccessToken' denied on resource")
        body = request.json
        assert body["lifetime"] == "600s"
        return {"accessToken": self.grant(" ".join(body["scope"])), "expireTime": "2026-11-26T13:00:00Z"}

    def _log_in(self, form: dict[str, str]) -> object:
        assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        try:
            claims = jwt.decode(form["assertion"], self.account_key.public, ["RS256"], audience=f"{self.url}/oauth")
        except jwt.InvalidTokenError:
            raise Answer(400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}) from None
        assert claims["iss"] == ACCOUNT
        return {"access_token": self.grant(claims["scope"]), "token_type": "Bearer"}

    def _kms(self, request: Request) -> object:
        if self.granted.get(request.bearer) not in {CLOUD_KMS, "without a role", "viewer"}:
            _refuse(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        role = self.granted[request.bearer]
        name = request.path.removeprefix(f"/v1/{RING}/").partition("/")[0]
        if role == "without a role":
            _refuse(403, "PERMISSION_DENIED", "Permission 'cloudkms.cryptoKeyVersions.viewPublicKey' denied")
        if not request.path.removeprefix(f"/v1/{RING}/{name}/").startswith("cryptoKeyVersions/1"):
            _refuse(404, "NOT_FOUND", "CryptoKeyVersion not found.")
        if name == "disabled":
            _refuse(400, "FAILED_PRECONDITION", "CryptoKeyVersion is not enabled, current state is: DISABLED.")
        if request.path.endswith("/publicKey"):
            algorithm = "EC_SIGN_P256_SHA256" if name == "curve" else "RSA_SIGN_PKCS1_2048_SHA256"
            return {"pem": self.key.public_pem, "algorithm": algorithm, "pemCrc32c": "1"}
        assert request.path.endswith(":asymmetricSign")
        if role == "viewer":
            _refuse(403, "PERMISSION_DENIED", "Permission 'cloudkms.cryptoKeyVersions.useToSign' denied on resource")
        hashed = base64.b64decode(request.json["digest"]["sha256"], validate=True)
        if len(hashed) != 32:
            _refuse(400, "INVALID_ARGUMENT", "The digest has a wrong size.")
        return {"signature": base64.b64encode(self.key.sign_digest(hashed)).decode(), "signatureCrc32c": "1"}


def _refuse(status: int, code: str, message: str) -> Never:
    raise Answer(status, {"error": {"code": status, "status": code, "message": message}})


@contextmanager
def running_google(issuer: Issuer, trusted: ssl.SSLContext) -> Iterator[Google]:
    google = Google(issuer)
    with serving(google.respond, trusted) as url:
        google.url = url
        yield google
