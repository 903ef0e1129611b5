"""What signs an assertion: a private key in this process, or a key that never leaves its key management service."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

from cryptography.hazmat.primitives import serialization

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes


class Signer(Protocol):
    """An RSA key that can sign."""

    @property
    def public_key(self) -> RSAPublicKey:
        """The public half of the key."""
        ...

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the public key, as `public_key_fingerprint` returns it."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Sign a message by RSASSA-PKCS1-v1_5 with SHA-256: RS256 (RFC 7518, section 3.3)."""
        ...


def public_key_fingerprint(public_key: PublicKeyTypes) -> str:
    """Return the SHA-256 of a public key (DER of its SubjectPublicKeyInfo) in lowercase hex.

    For a key file, `openssl pkey -in server.key -pubout -outform DER | openssl dgst -sha256` prints the same.
    """
    public = public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(public).hexdigest()
