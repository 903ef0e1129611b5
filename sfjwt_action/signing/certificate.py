"""The certificate that was uploaded to Salesforce: which key it belongs to, and when it expires."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from sfjwt_action.inputs.pem import DER, Block, find_blocks
from sfjwt_action.inputs.problems import InvalidValue
from sfjwt_action.signing.signer import public_key_fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sfjwt_action.signing.signer import Signer

_NO_CERTIFICATE = "The value isn't a certificate in PEM or base64."
_PASTE_THE_CERTIFICATE = (
    "Paste the content of the certificate that you uploaded to the app, often named server.crt, from its BEGIN line "
    "to its END line."
)

_RENEW = "Run `sfjwt init --rotate DIR` to renew the key without a failed login."


class Certificate(NamedTuple):
    """An X.509 certificate.

    Attributes:
        fingerprint: SHA-256 of its public key, the same as that of the private key that it belongs to.
        not_before: When it becomes valid (UTC).
        not_after: When it expires (UTC).
    """

    fingerprint: str
    not_before: datetime
    not_after: datetime


def load_certificates(text: str) -> tuple[Certificate, ...]:
    """Parse the certificates in a text: PEM, or base64 of PEM or DER. A chain may be in any order.

    Raises:
        InvalidValue: There is none, or one is damaged.
    """
    blocks = find_blocks(text)
    certificates = [block for block in blocks if block.label in {"CERTIFICATE", "TRUSTED CERTIFICATE", DER}]
    if not certificates:
        found = f"The value is a PEM block “{blocks[0].label}”, not a certificate." if blocks else _NO_CERTIFICATE
        raise InvalidValue(found, _PASTE_THE_CERTIFICATE)
    try:
        return tuple(_describe(_load(block)) for block in certificates)
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidValue("The certificate is damaged.", _PASTE_THE_CERTIFICATE) from None


def _describe(certificate: x509.Certificate) -> Certificate:
    return Certificate(
        public_key_fingerprint(certificate.public_key()),
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
    )


def check_match(chain: Sequence[Certificate], keys: Iterable[Signer]) -> Certificate:
    """Return the certificate of a chain that belongs to one of the keys.

    Raises:
        InvalidValue: None does.
    """
    fingerprints = [key.fingerprint for key in keys]
    if match := next((one for one in chain if one.fingerprint in fingerprints), None):
        return match
    raise InvalidValue(
        f"The certificate doesn't match the key: its SHA-256 fingerprint is {chain[0].fingerprint}, "
        f"but the key's is {' and '.join(fingerprints)}.",
        "Use a key and a certificate that were created together, and upload that certificate to the app.",
    )


def validity_warning(certificate: Certificate, now: datetime, *, within_days: int) -> str | None:
    """Return a warning about a certificate that has expired, expires soon, or isn't valid yet.

    Args:
        certificate: The certificate.
        now: The time, in UTC.
        within_days: Warn this many days before it expires.
    """
    if now < certificate.not_before:
        return f"The certificate isn't valid until {certificate.not_before:%Y-%m-%d %H:%M} UTC."
    if (certificate.not_after - now).days < within_days or now >= certificate.not_after:
        return f"The certificate {describe_expiry(certificate.not_after, now)}. {_RENEW}"
    return None


def describe_expiry(not_after: datetime, now: datetime) -> str:
    """Return when a certificate expires or expired, such as `expires in 1 day (2026-11-27)`.

    Args:
        not_after: When it expires.
        now: The time, in the same time zone.
    """
    days = (not_after.date() - now.date()).days
    if now >= not_after:
        return f"expired on {not_after:%Y-%m-%d}"
    if days == 0:
        return f"expires today ({not_after:%H:%M} UTC)"
    return f"expires in {days} {'day' if days == 1 else 'days'} ({not_after:%Y-%m-%d})"


def _load(block: Block) -> x509.Certificate:
    if block.label == DER:
        return x509.load_der_x509_certificate(block.data)
    return x509.load_pem_x509_certificate(block.data)
