"""The certificate that was uploaded to Salesforce: whose it is, and how long it is valid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from sfjwt_action.inputs.pem import DER, Block, find_blocks
from sfjwt_action.inputs.problems import InvalidValue
from sfjwt_action.signing.signer import public_key_fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sfjwt_action.signing.signer import Signer

_NO_CERTIFICATE = "There is no certificate in it: neither a PEM block nor base64 of one. Is it a file's path?"
_PASTE_THE_CERTIFICATE = (
    "Paste the content of the certificate that is uploaded to the app in Salesforce, often named server.crt: all of "
    "it, from its BEGIN line to its END line."
)

_RENEW = (
    "Make a new key and certificate, upload the certificate to the app, and put the new key before the old one in "
    "the secret."
)


@dataclass(frozen=True)
class Certificate:
    """An X.509 certificate.

    Attributes:
        fingerprint: SHA-256 of its public key, the same as that of the private key that it belongs to.
        not_before: When it becomes valid (UTC).
        not_after: When it ceases to be (UTC).
    """

    fingerprint: str
    not_before: datetime
    not_after: datetime


def load_certificate(text: str) -> Certificate:
    """Read the first certificate in a text: PEM, or base64 of PEM or DER.

    Raises:
        InvalidValue: There is none.
    """
    blocks = find_blocks(text)
    certificates = [block for block in blocks if block.label in {"CERTIFICATE", "TRUSTED CERTIFICATE", DER}]
    if not certificates:
        found = f"It is a PEM block “{blocks[0].label}”, not a certificate." if blocks else _NO_CERTIFICATE
        raise InvalidValue(found, _PASTE_THE_CERTIFICATE)
    try:
        certificate = _load(certificates[0])
        fingerprint = public_key_fingerprint(certificate.public_key())
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidValue("It is not a certificate that can be read.", _PASTE_THE_CERTIFICATE) from None
    return Certificate(fingerprint, certificate.not_valid_before_utc, certificate.not_valid_after_utc)


def check_match(certificate: Certificate, keys: Iterable[Signer]) -> Certificate:
    """Return the certificate if it belongs to one of the keys.

    Raises:
        InvalidValue: It belongs to another key.
    """
    fingerprints = [key.fingerprint for key in keys]
    if certificate.fingerprint in fingerprints:
        return certificate
    raise InvalidValue(
        f"It belongs to the key with the SHA-256 {certificate.fingerprint}, but the signing key has "
        f"{' and '.join(fingerprints)}.",
        "Give the key and the certificate that were made together, and upload that certificate to the app.",
    )


def validity_warning(certificate: Certificate, now: datetime, *, within_days: int) -> str | None:
    """Say what there is to say of a certificate's dates: expired, soon to expire, or not yet valid.

    Args:
        certificate: Whose dates.
        now: The time, in UTC.
        within_days: How many days before its end to warn.
    """
    if now < certificate.not_before:
        return f"The certificate is valid only from {certificate.not_before:%Y-%m-%d %H:%M} UTC on."
    days_left = (certificate.not_after - now).days
    if now >= certificate.not_after:
        return f"The certificate expired on {certificate.not_after:%Y-%m-%d}, {_days(-days_left)} ago. {_RENEW}"
    if days_left < within_days:
        return f"The certificate expires on {certificate.not_after:%Y-%m-%d}, in {_days(days_left)}. {_RENEW}"
    return None


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _load(block: Block) -> x509.Certificate:
    if block.label == DER:
        return x509.load_der_x509_certificate(block.data)
    return x509.load_pem_x509_certificate(block.data)
