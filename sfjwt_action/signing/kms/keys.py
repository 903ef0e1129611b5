"""Parse the URIs of `kms-key`, and connect to the keys.

The URIs are those of sigstore: https://docs.sigstore.dev/cosign/key_management/overview/
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from sfjwt_action.inputs.parsers import UNEXPANDED_VARIABLE
from sfjwt_action.inputs.problems import InvalidValue
from sfjwt_action.inputs.quoting import quote
from sfjwt_action.signing.kms.aws import AwsKey
from sfjwt_action.signing.kms.azure import AzureKey
from sfjwt_action.signing.kms.client import Context
from sfjwt_action.signing.kms.google import GoogleKey
from sfjwt_action.signing.kms.key import KmsSigner
from sfjwt_action.signing.kms.vault import TransitKey
from sfjwt_action.signing.signer import public_key_fingerprint
from sfjwt_action.transport import Transport, with_retries

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sfjwt_action.inputs.settings import Settings
    from sfjwt_action.signing.kms.key import KmsKey
    from sfjwt_action.transport import Log

T = TypeVar("T")

_SERVICES: dict[str, Callable[[str, Context], KmsKey]] = {
    "awskms": AwsKey,
    "gcpkms": GoogleKey,
    "azurekms": AzureKey,
    "hashivault": TransitKey,
    "openbao": TransitKey,
}
_SCHEMES = ", ".join(f"{scheme}://" for scheme in _SERVICES)


def parse_keys(settings: Settings, environ: Mapping[str, str], log: Log) -> tuple[KmsKey, ...]:
    """Parse the URIs of `kms-key`, one a line. Nothing is sent.

    Args:
        settings: The inputs.
        environ: The environment.
        log: Logs every response of a service.

    Raises:
        InvalidValue: One of them isn't the URI of a key.
    """
    pattern, found, remedy = UNEXPANDED_VARIABLE
    if re.search(pattern, settings.kms_key):
        raise InvalidValue(found, remedy)
    transport = Transport(timeout=settings.timeout, ca_certificates=settings.ca_certificates)
    # Pasted credentials often end with a line break, which a header can't hold.
    context = Context({name: value.strip() for name, value in environ.items()}, transport, log)
    uris = tuple(dict.fromkeys(settings.kms_key.split()))
    return tuple(_numbered(uris, number, partial(_parse_key, uri, context)) for number, uri in enumerate(uris, start=1))


def connect(keys: Sequence[KmsKey], retries: int, log: Log) -> tuple[KmsSigner, ...]:
    """Get the public halves of the keys, and make signers of them.

    Args:
        keys: The keys.
        retries: Attempts after the first, for each key.
        log: Logs every wait.

    Raises:
        InvalidValue: A service refused a request, or the key can't sign for Salesforce.
        KeyServiceUnreachable: A service didn't respond.
    """
    return tuple(_numbered(keys, number, partial(_connect, key, retries, log)) for number, key in enumerate(keys, 1))


def _connect(key: KmsKey, retries: int, log: Log) -> KmsSigner:
    public_key = with_retries(key.name, key.public_key, retries=retries, log=log)
    return KmsSigner(key, public_key, public_key_fingerprint(public_key))


def _numbered(all_keys: Sequence[object], number: int, make: Callable[[], T]) -> T:
    """Make something of a key, and say which of several can't be used."""
    try:
        return make()
    except InvalidValue as error:
        which = f"Key {number} of {len(all_keys)}: " if len(all_keys) > 1 else ""
        raise InvalidValue(which + error.found, error.remedy, error.hint) from None


def _parse_key(uri: str, context: Context) -> KmsKey:
    scheme, separator, _ = uri.partition("://")
    if not separator or scheme not in _SERVICES:
        raise _not_a_uri(uri)
    return _SERVICES[scheme](uri, context)


def _not_a_uri(text: str) -> InvalidValue:
    """Return the error for a value that isn't the URI of a key. It may be a private key, so it isn't quoted."""
    start = f"Start it with one of {_SCHEMES}."
    if "-----BEGIN" in text:
        remedy = "Set `private-key` to a private key, and `kms-key` to a key's URI."
        return InvalidValue("The value is a PEM block.", remedy)
    return InvalidValue(f"The value isn't the URI of a key: {quote(text, _SERVICES)}.", start)
