"""`sfjwt inspect`: identify keys and certificates, and which belong together. No secret or unknown text is shown."""

from __future__ import annotations

import base64
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

from sfjwt_action.inputs.files import read_file
from sfjwt_action.inputs.pem import DER, find_blocks
from sfjwt_action.inputs.problems import InvalidValue
from sfjwt_action.inputs.quoting import quote_path
from sfjwt_action.signing.certificate import describe_expiry
from sfjwt_action.signing.private_key import MIN_RSA_BITS, is_pkcs12, load_private_keys, recognize_mistaken_value
from sfjwt_action.signing.signer import public_key_fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

    from sfjwt_action.inputs.pem import Block

Loaded = TypeVar("Loaded")

_KEYSTORES = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")
_LOCKED = "encrypted or damaged. Use --private-key-passphrase-file to open it"
_LONGEST_CERTIFICATE = 4096  # bytes that Salesforce accepts


@dataclass(frozen=True)
class Item:
    """One thing in a file.

    Attributes:
        what: Its kind and size, and whether it does for Salesforce.
        facts: What else is to be known, each a name and a value.
        fingerprint: SHA-256 of its public key; empty if it has none that can be read.
    """

    what: str
    facts: tuple[tuple[str, str], ...] = ()
    fingerprint: str = ""


@dataclass(frozen=True)
class Inspected:
    """A file, and what is in it.

    Attributes:
        name: The file's, or `standard input`.
        form: How it is encoded.
        items: What is in it.
        problem: Why nothing could be made of it; empty if something could.
    """

    name: str
    form: str = ""
    items: tuple[Item, ...] = ()
    problem: str = ""


def inspect(path: str, passphrase: str, now: datetime) -> Inspected:
    """Inspect a file, or standard input if the path is `-`.

    Args:
        path: The file's.
        passphrase: For what is encrypted; empty if there is none.
        now: The time, in UTC.
    """
    name = "standard input" if path == "-" else quote_path(path)
    try:
        content = read_file(path)
    except OSError as error:
        return Inspected(name, problem=f"Can't be read: {error.strerror}.")
    text = _text(content)
    if items := [*_openssh_public_keys(text), *_encoded(text, passphrase, now)]:
        return Inspected(name, _form(content, find_blocks(text)), tuple(items))
    return Inspected(name, problem=_why_not(content, text))


def describe_key(uri: str, public_key: RSAPublicKey) -> Inspected:
    """Describe a key in a key management service.

    Args:
        uri: The key's URI.
        public_key: Its public half.
    """
    item = Item(f"{_of_kind(public_key)} key that signs", fingerprint=public_key_fingerprint(public_key))
    return Inspected(uri, "key in a key management service", (item,))


def as_text(inspected: Sequence[Inspected]) -> Iterator[str]:
    """Return the lines that describe the files, and which belong together.

    Names in certificates may have line breaks and control sequences, which become spaces.
    """
    for line in (*chain.from_iterable(map(_summary, inspected)), *_partners(inspected)):
        yield "".join(letter if letter.isprintable() else " " for letter in line)


def _summary(file: Inspected) -> Iterator[str]:
    yield f"{file.name}: {file.problem or file.form}"
    for item in file.items:
        yield f"  {item.what}"
        facts = [*item.facts, *([("Key fingerprint", item.fingerprint)] if item.fingerprint else [])]
        yield from (f"    {name:22} {value}" for name, value in facts)


def _partners(inspected: Iterable[Inspected]) -> Iterator[str]:
    files: dict[str, list[str]] = defaultdict(list)
    for file in inspected:
        for fingerprint in dict.fromkeys(item.fingerprint for item in file.items if item.fingerprint):
            files[fingerprint].append(file.name)
    for names in files.values():
        if len(names) > 1:
            yield f"Match: {', '.join(names)}"
        elif len(set(chain.from_iterable(files.values()))) > 1:
            yield f"Matches no other file: {names[0]}"


def _text(content: bytes) -> str:
    """Return a file's text, or the base64 of a binary file, which is parsed the same way."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return base64.b64encode(content).decode()


def _form(content: bytes, blocks: Sequence[Block]) -> str:
    if not blocks:
        return "OpenSSH's format"
    if any(block.label == DER for block in blocks):
        return "binary (DER)" if content.startswith(blocks[0].data[:4]) else "base64 of binary (DER)"
    lines = set(content.splitlines())
    if all({block.data.splitlines()[0], block.data.splitlines()[-1]} <= lines for block in blocks):
        return "PEM"
    if b"BEGIN" in content:
        return "PEM with changed line breaks, which other programs may not read"
    return "base64 of PEM"


def _why_not(content: bytes, text: str) -> str:
    """Describe a file that contains no PEM or base64, or nothing known."""
    if not content.strip():
        return "Empty."
    if impostor := recognize_mistaken_value(text):
        return impostor.found
    return f"No key or certificate in {len(content)} bytes."


def _openssh_public_keys(text: str) -> Iterator[Item]:
    for line in text.splitlines():
        if line.startswith(("ssh-", "ecdsa-")) and (key := _attempt(serialization.load_ssh_public_key, line.encode())):
            yield Item(f"{_of_kind(key)} public key", fingerprint=public_key_fingerprint(key))


def _encoded(text: str, passphrase: str, now: datetime) -> Iterator[Item]:
    for block in find_blocks(text):
        if block.label == DER:
            yield from _binary(block.data, passphrase, now)
        elif block.label == "PKCS7":
            yield from (_certificate(one, now) for one in _attempt(pkcs7.load_pem_pkcs7_certificates, block.data) or ())
        else:
            yield _pem(block, passphrase, now)


def _pem(block: Block, passphrase: str, now: datetime) -> Item:
    if block.label.endswith("PRIVATE KEY"):
        return _private_key(block.data.decode(), passphrase, "private key: ")
    if block.label.endswith("CERTIFICATE") and (certificate := _attempt(x509.load_pem_x509_certificate, block.data)):
        return _certificate(certificate, now)
    if block.label.endswith("CERTIFICATE REQUEST") and (request := _attempt(x509.load_pem_x509_csr, block.data)):
        return _request(request)
    if block.label.endswith("PUBLIC KEY") and (key := _attempt(serialization.load_pem_public_key, block.data)):
        return _public_key(key)
    return Item(f"unreadable PEM block “{block.label}”")


def _binary(data: bytes, passphrase: str, now: datetime) -> Iterator[Item]:
    if data.startswith(_KEYSTORES):
        yield Item("Java keystore (JKS). Convert it to PKCS#12 with `keytool -importkeystore`")
    elif is_pkcs12(data):
        yield from _pkcs12(data, passphrase, now)
    elif certificate := _attempt(x509.load_der_x509_certificate, data):
        yield _certificate(certificate, now)
    elif request := _attempt(x509.load_der_x509_csr, data):
        yield _request(request)
    elif key := _attempt(serialization.load_der_public_key, data):
        yield _public_key(key)
    elif _is_private_key(data):
        yield _private_key(base64.b64encode(data).decode(), passphrase)
    else:
        yield Item("unknown binary data (DER)")


def _pkcs12(data: bytes, passphrase: str, now: datetime) -> Iterator[Item]:
    passphrases = (passphrase.encode() or None, b"")
    stores = (_attempt(partial(pkcs12.load_pkcs12, password=attempt), data) for attempt in passphrases)
    store = next(filter(None, stores), None)
    if store is None:
        yield Item(f"PKCS#12: {'wrong passphrase' if passphrase else _LOCKED}")
        return
    certificates = [store.cert, *store.additional_certs]
    yield Item("PKCS#12" + (" with:" if store.key or any(certificates) else ", empty"))
    if store.key:
        pem = store.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        yield _private_key(pem.decode(), "")
    yield from (_certificate(one.certificate, now) for one in certificates if one)


def _private_key(text: str, passphrase: str, kind: str = "") -> Item:
    """Describe a private key without its secret. If it can't sign for Salesforce, say why."""
    try:
        (key,) = load_private_keys(text, passphrase)
    except InvalidValue as error:
        return Item(f"{kind}{error}")
    return Item(f"RSA private key, {key.public_key.key_size} bits", fingerprint=key.fingerprint)


def _is_private_key(der: bytes) -> bool:
    try:
        serialization.load_der_private_key(der, None)
    except (TypeError, UnsupportedAlgorithm):  # it is encrypted
        return True
    except ValueError:
        return False
    return True


def _public_key(key: PublicKeyTypes) -> Item:
    return Item(f"{_of_kind(key)} public key", fingerprint=public_key_fingerprint(key))


def _request(request: x509.CertificateSigningRequest) -> Item:
    try:
        key = request.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return Item("certificate request with a damaged or unknown key")
    return Item(
        f"certificate request for the {_of_kind(key)} key of {request.subject.rfc4514_string()}. Salesforce needs the "
        "certificate that is issued for it",
        fingerprint=public_key_fingerprint(key),
    )


def _certificate(certificate: x509.Certificate, now: datetime) -> Item:
    try:
        return _readable_certificate(certificate, now)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # parts of a certificate are parsed when they are read
        return Item("certificate with damaged or unknown parts")


def _readable_certificate(certificate: x509.Certificate, now: datetime) -> Item:
    key = certificate.public_key()
    der = certificate.public_bytes(serialization.Encoding.DER)
    issuer = "itself" if certificate.issuer == certificate.subject else certificate.issuer.rfc4514_string()
    facts = [
        ("issued by", issuer),
        ("valid", _validity(certificate, now)),
        ("SHA-256 of certificate", certificate.fingerprint(hashes.SHA256()).hex(":").upper()),
    ]
    if len(der) > _LONGEST_CERTIFICATE:
        facts.append(("size", f"{len(der)} bytes. Salesforce accepts at most {_LONGEST_CERTIFICATE}"))
    subject = certificate.subject.rfc4514_string()
    return Item(f"certificate of {subject} for {_of_kind(key)} key", tuple(facts), public_key_fingerprint(key))


def _validity(certificate: x509.Certificate, now: datetime) -> str:
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    state = f"isn't valid until {first:%Y-%m-%d}" if now < first else describe_expiry(last, now)
    return f"from {first:%Y-%m-%d}, {state}"


def _of_kind(key: PublicKeyTypes) -> str:
    if not isinstance(key, RSAPublicKey):
        return f"{type(key).__name__.removesuffix('PublicKey')} (Salesforce requires RSA)"
    too_small = f" (Salesforce requires at least {MIN_RSA_BITS})" if key.key_size < MIN_RSA_BITS else ""
    return f"RSA {key.key_size}-bit{too_small}"


def _attempt(load: Callable[[bytes], Loaded], data: bytes) -> Loaded | None:
    try:
        return load(data)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
