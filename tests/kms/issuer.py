"""An OIDC issuer like GitHub's, which grants tokens to anyone with the job's request token."""

import secrets
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from kms.web import Answer, Request, serving

# As GitHub has it for repositories that are new since July 2026, with the IDs of the owner and the repository.
SUBJECT = "repo:acme@1234/deploy@5678:ref:refs/heads/main"
DEFAULT_AUDIENCE = "https://github.com/acme"


@dataclass
class Issuer:
    url: str = ""
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    request_token: str = field(default_factory=lambda: secrets.token_hex(16))
    issued: list[str] = field(default_factory=list)

    @property
    def environ(self) -> dict[str, str]:
        """The variables of a job with `permissions: id-token: write`."""
        return {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.url}/token?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": self.request_token,
        }

    @property
    def public_pem(self) -> str:
        public = self.key.public_key()
        return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()

    def token(self, audience: str = DEFAULT_AUDIENCE, *, age: int = 0) -> str:
        now = int(time.time()) - age
        claims = {"iss": self.url, "sub": SUBJECT, "aud": audience, "iat": now, "exp": now + 300}
        self.issued.append(jwt.encode(claims, self.key, "RS256"))
        return self.issued[-1]

    def verify(self, token: str, audience: str) -> bool:
        try:
            claims = jwt.decode(token, self.key.public_key(), ["RS256"], audience=audience)
        except jwt.InvalidTokenError:
            return False
        return bool(claims["sub"] == SUBJECT)

    def respond(self, request: Request) -> object:
        if request.path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/jwks"}
        if request.path == "/jwks":
            return {"keys": [RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True) | {"use": "sig", "alg": "RS256"}]}
        if request.bearer != self.request_token:
            raise Answer(401, {"typeKey": "NotAuthorized", "message": "the request token is wrong"})
        return {"value": self.token(request.query.get("audience", DEFAULT_AUDIENCE))}


@contextmanager
def running_issuer(trusted: ssl.SSLContext) -> Iterator[Issuer]:
    issuer = Issuer()
    with serving(issuer.respond, trusted) as url:
        issuer.url = url
        yield issuer
