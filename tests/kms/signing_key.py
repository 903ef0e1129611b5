"""A private key in a fake service, which signs digests as a service does."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.hazmat.primitives.hashes import SHA256


def _rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@dataclass
class SigningKey:
    private: rsa.RSAPrivateKey = field(default_factory=_rsa)

    @property
    def public(self) -> rsa.RSAPublicKey:
        return self.private.public_key()

    @property
    def public_pem(self) -> str:
        return self.public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode()

    @property
    def private_pem(self) -> str:
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    @property
    def certificate_pem(self) -> str:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "CI login")])
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(name, name, self.public, x509.random_serial_number())
        builder = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1))
        return builder.sign(self.private, SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    def sign_digest(self, digest: bytes) -> bytes:
        return self.private.sign(digest, padding.PKCS1v15(), utils.Prehashed(SHA256()))

    def jwk(self) -> dict[str, str]:
        numbers = self.public.public_numbers()
        return {name: base64url(_bytes(value)) for name, value in (("n", numbers.n), ("e", numbers.e))}


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)
