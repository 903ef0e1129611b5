"""A key's certificate, and a new RSA key: the files that `openssl genrsa` and `openssl req -x509` would make."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from sfjwt_action.signing.signer import public_key_fingerprint

if TYPE_CHECKING:
    from datetime import datetime

    from sfjwt_action.signing.signer import Signer

_PUBLIC_EXPONENT = 65537


@dataclass(frozen=True)
class Credentials:
    """A key's certificate, with the private key if it is new.

    Attributes:
        key_pem: The private key (PKCS#8), kept out of `repr`; empty if it is in a key management service.
        certificate_pem: The certificate, to be uploaded to the app.
        fingerprint: SHA-256 of the public key.
        not_after: When the certificate expires (UTC).
    """

    key_pem: bytes = field(repr=False)
    certificate_pem: bytes
    fingerprint: str
    not_after: datetime


def new_credentials(common_name: str, *, key_size: int, days: int, now: datetime) -> Credentials:
    """Make a key pair, and a certificate that it signs itself.

    Args:
        common_name: Subject and issuer of the certificate, 64 characters at most.
        key_size: Bits of the RSA key.
        days: How long the certificate is valid.
        now: The time from which on it is, in UTC.
    """
    key = rsa.generate_private_key(public_exponent=_PUBLIC_EXPONENT, key_size=key_size)
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return _certified(key, key_pem, common_name, days, now)


def certified_signer(signer: Signer, common_name: str, *, days: int, now: datetime) -> Credentials:
    """Make a certificate of a key in a key management service, which signs it itself.

    Args:
        signer: The key.
        common_name: Subject and issuer of the certificate, 64 characters at most.
        days: How long the certificate is valid.
        now: The time from which on it is, in UTC.

    Raises:
        InvalidInput: The service refused to sign.
        KeyServiceUnreachable: The service didn't respond.
    """
    from sfjwt_action.signing.kms.rsa_key import SignerKey  # noqa: PLC0415 -- most keys are private keys

    return _certified(SignerKey(signer), b"", common_name, days, now)


def _certified(key: rsa.RSAPrivateKey, key_pem: bytes, common_name: str, days: int, now: datetime) -> Credentials:
    not_after = now.replace(microsecond=0) + timedelta(days=days)
    certificate = _self_signed(key, common_name, now, not_after)
    return Credentials(
        key_pem,
        certificate.public_bytes(serialization.Encoding.PEM),
        public_key_fingerprint(key.public_key()),
        not_after,
    )


def _self_signed(
    key: rsa.RSAPrivateKey, common_name: str, not_before: datetime, not_after: datetime
) -> x509.Certificate:
    """Sign a certificate with the extensions that OpenSSL gives it."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    public_key = key.public_key()
    return (
        x509.CertificateBuilder(name, name, public_key, x509.random_serial_number(), not_before, not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public_key), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
