"""A key in a key management service: what every service's file implements, and the signer made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from sfjwt_action.inputs.problems import InvalidInput, InvalidValue, Problem
from sfjwt_action.signing.private_key import MIN_RSA_BITS

if TYPE_CHECKING:
    from collections.abc import Callable

MAKE_A_KEY = "docs/kms.md has the command that makes a key that Salesforce accepts."


class KmsKey(Protocol):
    """One RSA key in a key management service. Each method sends its requests once, without retries.

    All methods raise `InvalidValue` for what the service refuses, with the setting or permission to change, and
    `KeyServiceUnreachable` if the service doesn't respond.
    """

    @property
    def service(self) -> str:
        """The service's name."""
        ...

    @property
    def name(self) -> str:
        """The key's name in the service."""
        ...

    def authenticate(self) -> str:
        """Get credentials from the environment, if that hasn't been done, and describe where they come from."""
        ...

    def public_key(self) -> RSAPublicKey:
        """Get the public half of the key, and check that the service signs with it by RS256."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Sign a message by RSASSA-PKCS1-v1_5 with SHA-256."""
        ...


@dataclass(frozen=True)
class KmsSigner:
    """A key in a key management service. It is a `Signer`.

    Attributes:
        key: The key.
        public_key: Its public half.
        fingerprint: The SHA-256 of the public key, as `public_key_fingerprint` returns it.
    """

    key: KmsKey
    public_key: RSAPublicKey
    fingerprint: str

    def sign(self, message: bytes) -> bytes:
        """Have the service sign a message, and verify the signature.

        Raises:
            InvalidInput: The service refused to sign, or signed with another key or algorithm.
            KeyServiceUnreachable: The service didn't respond.
        """
        try:
            return self._verified(message, self.key.sign(message))
        except InvalidValue as error:
            raise InvalidInput([Problem("kms-key", error.found, error.remedy, error.hint)]) from None

    def _verified(self, message: bytes, signature: bytes) -> bytes:
        try:
            self.public_key.verify(signature, message, PKCS1v15(), SHA256())
        except InvalidSignature:
            raise InvalidValue(
                f"{self.key.service} returned a signature of {self.key.name} that its public key doesn't verify.",
                "Check that nothing between this machine and the service changes its responses.",
            ) from None
        return signature


def load_public_key(load: Callable[[bytes], object], data: bytes, description: str) -> RSAPublicKey:
    """Load a public key, and require that Salesforce accepts it.

    Args:
        load: Loads PEM or DER.
        data: The public key.
        description: The key's name and service.

    Raises:
        InvalidValue: The key isn't an RSA key of 2048 bits or more.
    """
    try:
        key = load(data)
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidValue(f"{description} has a public key that can't be read.", MAKE_A_KEY) from None
    if not isinstance(key, RSAPublicKey):
        raise InvalidValue(f"{description} isn't an RSA key. Salesforce accepts only RSA.", MAKE_A_KEY)
    return require_size(key, description)


def load_public_pem(pem: str, description: str) -> RSAPublicKey:
    """Load a public key in PEM, as `load_public_key` does."""
    return load_public_key(serialization.load_pem_public_key, pem.encode(errors="replace"), description)


def require_size(key: RSAPublicKey, description: str) -> RSAPublicKey:
    """Return a public key if it has the size that Salesforce requires.

    Raises:
        InvalidValue: It is smaller.
    """
    if key.key_size < MIN_RSA_BITS:
        found = f"{description} is an RSA key of {key.key_size} bits. Salesforce requires at least {MIN_RSA_BITS}."
        raise InvalidValue(found, MAKE_A_KEY)
    return key
