"""The assertion: its claims, and their signature.

Claims and algorithm: Salesforce Help, “OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration”, and RFC 7523,
section 3.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import jwt

if TYPE_CHECKING:
    from sfjwt_action.signing_key import SigningKey

HEADER = {"alg": "RS256", "typ": "JWT"}
"""The JOSE header of every assertion; Salesforce takes no other algorithm."""


@dataclass(frozen=True)
class Claims:
    """What an assertion says.

    Attributes:
        iss: The consumer key.
        sub: The username.
        aud: The audience, one string: Salesforce refuses a list.
        exp: When it expires, in whole seconds since 1970 (UTC).
        jti: Its id, new for every attempt: Salesforce refuses one that it has seen.
    """

    iss: str
    sub: str
    aud: str
    exp: int
    jti: str


def sign(claims: Claims, key: SigningKey) -> str:
    """Sign the claims with RS256, and return the assertion in compact form."""
    return jwt.encode(asdict(claims), key.rsa, algorithm=HEADER["alg"], headers=HEADER)
