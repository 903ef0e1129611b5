"""A signer as the RSA private key that cryptography's certificate builder expects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from sfjwt_action.signing.signer import Signer


class SignerKey(RSAPrivateKey):
    """An RSA key that only signs, by RS256, because its private half is in a key management service."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    @property
    def key_size(self) -> int:
        """The size of the key in bits."""
        return self._signer.public_key.key_size

    def public_key(self) -> RSAPublicKey:
        """Return the public half of the key."""
        return self._signer.public_key

    def sign(self, data: bytes, *_: Any) -> bytes:  # noqa: ANN401 -- always the same
        """Sign by RS256, whatever padding and hash were asked for. A certificate's signature is verified by X.509."""
        return self._signer.sign(data)

    def _not_here(self, *_: Any, **__: Any) -> NoReturn:  # noqa: ANN401 -- as the base class has it
        raise NotImplementedError("the private key is in a key management service")

    decrypt = private_numbers = private_bytes = __copy__ = __deepcopy__ = _not_here
