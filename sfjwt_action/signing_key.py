"""Private keys in the shapes in which people paste them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from sfjwt_action.settings import Unusable

SMALLEST_RSA_KEY = 2048
"""Salesforce takes RSA keys of at least this many bits."""

_PEM_BLOCK = re.compile(r"-----BEGIN (?P<label>[A-Z0-9 ]+)-----(?P<body>.*?)-----END (?P=label)-----", re.DOTALL)
_PRIVATE_KEY_LABELS = {"PRIVATE KEY", "RSA PRIVATE KEY"}


@dataclass(frozen=True)
class SigningKey:
    """An RSA private key that signs assertions.

    Attributes:
        rsa: The key itself, kept out of `repr`.
        fingerprint: SHA-256 of the public key (DER of its SubjectPublicKeyInfo) in lower-case hex, as
            `openssl pkey -in server.key -pubout -outform DER | openssl dgst -sha256` prints it.
    """

    rsa: RSAPrivateKey = field(repr=False)
    fingerprint: str

    @property
    def bits(self) -> int:
        """The key's size in bits."""
        return self.rsa.key_size


def load_signing_key(text: str) -> SigningKey:
    r"""Make a signing key of a private key as it was pasted.

    Args:
        text: PEM (PKCS#1 or PKCS#8) with LF, CRLF or literal `\\n` line ends, or base64 of it.

    Raises:
        Unusable: It is no RSA private key that can sign for Salesforce. The message says what it is instead.
    """
    label, body = _pem_block(text)
    if label not in _PRIVATE_KEY_LABELS:
        raise Unusable(
            f"It holds a PEM block “{label}”, not a private key.",
            "Paste the whole file that `openssl genrsa` wrote, often named server.key.",
        )
    return _signing_key(_pem(label, body))


def _pem_block(text: str) -> tuple[str, str]:
    """Find the PEM block, in the text itself or in what it is the base64 of; return its label and its body."""
    for candidate in (text, _decoded_base64(text)):
        if match := _PEM_BLOCK.search(candidate.replace("\\r", "").replace("\\n", "\n")):
            return match["label"], match["body"]
    raise Unusable(
        "It holds no PEM block: there is no complete `-----BEGIN … PRIVATE KEY-----` … `-----END … PRIVATE KEY-----`.",
        "Paste the whole file that `openssl genrsa` wrote, often named server.key, or base64 of that file.",
    )


def _decoded_base64(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return ""


def _pem(label: str, body: str) -> bytes:
    """Write the block anew, since its line breaks may have been lost on the way."""
    lines = re.findall(".{1,64}", "".join(body.split()))
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode()


def _signing_key(pem: bytes) -> SigningKey:
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # The library's own message is for programmers, and says nothing that this does not.
        raise Unusable(
            "It looks like a private key, but cannot be read: part of it is missing or was changed on the way.",
            "Paste the whole file again, from `-----BEGIN` to `-----END …-----`.",
        ) from None
    if not isinstance(key, RSAPrivateKey):
        raise Unusable("It is not an RSA key.", "Salesforce takes RSA keys only: make one with `openssl genrsa 2048`.")
    if key.key_size < SMALLEST_RSA_KEY:
        raise Unusable(
            f"It is an RSA key of {key.key_size} bits.",
            f"Salesforce wants {SMALLEST_RSA_KEY} or more: make a new one.",
        )
    return SigningKey(rsa=key, fingerprint=_fingerprint(key))


def _fingerprint(key: RSAPrivateKey) -> str:
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(public).hexdigest()
