"""The assertion: its claims and their signature.

Claims and algorithm: Salesforce Help, “OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration”, and RFC 7523,
section 3.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from jwt import PyJWS
from jwt.algorithms import RSAAlgorithm

if TYPE_CHECKING:
    from sfjwt_action.signing.signer import Signer

HEADER = {"alg": "RS256", "typ": "JWT"}
"""The JOSE header of every assertion. Salesforce accepts no other algorithm."""


class Claims(NamedTuple):
    """The claims of an assertion.

    Attributes:
        iss: The consumer key.
        sub: The username.
        aud: The audience, one string: Salesforce rejects a list.
        exp: When the assertion expires, in whole seconds since 1970 (UTC).
        jti: The assertion's ID, new for every attempt: Salesforce rejects one that it has seen.
    """

    iss: str
    sub: str
    aud: str
    exp: int
    jti: str


class _SignerAlgorithm(RSAAlgorithm):
    """RS256 for PyJWT, by a `Signer`, which may not have its private key in this process."""

    def prepare_key(self, key: Any) -> Any:  # noqa: ANN401 -- a Signer, which the base class doesn't know
        return key

    def check_key_length(self, key: Any) -> None:  # noqa: ANN401 -- likewise
        """Accept every key, because signers check their own."""

    def sign(self, msg: bytes, key: Any) -> bytes:  # noqa: ANN401 -- likewise
        signer: Signer = key
        return signer.sign(msg)


_JWS = PyJWS(algorithms=[])
_JWS.register_algorithm(HEADER["alg"], _SignerAlgorithm(RSAAlgorithm.SHA256))


def sign(claims: Claims, signer: Signer) -> str:
    """Sign the claims with RS256 and return the assertion in compact form (RFC 7515, section 7.1)."""
    payload = json.dumps(claims._asdict(), separators=(",", ":")).encode()
    return _JWS.encode(payload, cast("Any", signer), algorithm=HEADER["alg"], headers=HEADER)
