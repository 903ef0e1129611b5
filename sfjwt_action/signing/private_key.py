"""Private keys, in every format in which people paste them.

Salesforce accepts RSA keys of 2048 bits or more (Salesforce Help, “OAuth 2.0 JWT Bearer Flow for Server-to-Server
Integration”).
"""

from __future__ import annotations

import base64
import re
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from sfjwt_action.inputs.parsers import UNEXPANDED_VARIABLE
from sfjwt_action.inputs.pem import DER, Block, decode_base64, find_blocks, header_length, is_cut_off
from sfjwt_action.inputs.problems import InvalidValue
from sfjwt_action.signing.signer import public_key_fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable

MIN_RSA_BITS = 2048
"""The size in bits that Salesforce requires at least."""

_PRIVATE_KEY = re.compile("(RSA |EC |DSA |OPENSSH |ENCRYPTED )?PRIVATE KEY")
_SHROUDED_KEY_BAG = bytes.fromhex("060b2a864886f70d010c0a0102")
_CIPHER_BLOCK = 16
_MIN_ENCRYPTED_KEY = 1024
"""Bytes of an RSA key of 2048 bits, encrypted: DER has about 1,200."""

_PASTE_THE_KEY = (
    "Paste the content of the private key file, often named server.key, from its BEGIN line to its END line."
)
_MAKE_AN_RSA_KEY = "Create an RSA key with `sfjwt init`, and upload its certificate to the app in Salesforce."


class PrivateKey(NamedTuple):
    """An RSA private key. It is a `Signer`.

    Attributes:
        rsa: The key itself, whose `repr` shows nothing of it.
        fingerprint: The SHA-256 of the public key, as `public_key_fingerprint` returns it.
    """

    rsa: RSAPrivateKey
    fingerprint: str

    @property
    def public_key(self) -> RSAPublicKey:
        """The public half of the key."""
        return self.rsa.public_key()

    def sign(self, message: bytes) -> bytes:
        """Sign a message with RS256."""
        return self.rsa.sign(message, PKCS1v15(), SHA256())


def load_private_keys(text: str, passphrase: str = "") -> tuple[PrivateKey, ...]:
    """Load the private keys in a text, in order, each once.

    Args:
        text: One or more private keys as they were pasted: PEM (PKCS#1, PKCS#8, OpenSSH) whose line breaks were
            changed or lost, base64 of PEM, of DER or of PKCS#12, with quotes or other text around it.
        passphrase: For encrypted keys; empty if there is none.

    Raises:
        InvalidValue: One of them can't sign for Salesforce, or there is none. The error says what the text is.
    """
    blocks = find_blocks(text)
    # A certificate beside its key is common and harmless.
    candidates = [block for block in blocks if block.label == DER or _PRIVATE_KEY.fullmatch(block.label)]
    if not candidates:
        raise _no_private_key(text, blocks)
    keys = [
        key
        for number, block in enumerate(candidates, start=1)
        for key in _load_numbered(number, len(candidates), block, passphrase)
    ]
    return tuple({key.fingerprint: key for key in keys}.values())


def _load_numbered(number: int, count: int, block: Block, passphrase: str) -> list[PrivateKey]:
    """Make signing keys of a block, and say which of several blocks can't be one."""
    try:
        first = _load(block, passphrase)
        several = _keys_in_pkcs12(block) if passphrase else []
        loaded = [_load(key, passphrase) for key in several] if len(several) > 1 else [first]
        return [_require_rsa(key) for key in loaded]
    except InvalidValue as error:
        which = f"Key {number} of {count}: " if count > 1 else ""
        raise InvalidValue(which + error.found, error.remedy, error.hint) from None


def _require_rsa(key: object) -> PrivateKey:
    if not isinstance(key, RSAPrivateKey):
        raise InvalidValue(
            f"The value is {_kind_of_key(key)}. Salesforce requires an RSA key (RS256).", _MAKE_AN_RSA_KEY
        )
    if key.key_size < MIN_RSA_BITS:
        raise InvalidValue(
            f"The RSA key has {key.key_size} bits. Salesforce requires at least {MIN_RSA_BITS}.",
            _MAKE_AN_RSA_KEY,
        )
    return PrivateKey(rsa=key, fingerprint=public_key_fingerprint(key.public_key()))


def _kind_of_key(key: object) -> str:
    name = type(key).__name__
    known = {"EC": "an elliptic-curve key", "Ed": "an Ed25519 or Ed448 key", "DSA": "a DSA key"}
    return next((kind for start, kind in known.items() if name.startswith(start)), "a key of another kind")


def _load(block: Block, passphrase: str) -> object:
    """Load a private key of any kind."""
    load = _loader(block)
    try:
        try:
            key = load(block.data, None)
        except TypeError:  # so the library says that a key is encrypted
            key = _load_encrypted(load, block, passphrase)
    except UnsupportedAlgorithm:
        if not _is_encrypted(block):
            raise InvalidValue(
                "The key has an unsupported type or curve. Salesforce requires an RSA key.",
                _MAKE_AN_RSA_KEY,
            ) from None
        raise InvalidValue(
            "The key is encrypted in an unsupported format.",
            "Convert it: `openssl pkcs8 -topk8 -in server.key -out server.p8`. For an OpenSSH key, first run "
            "`ssh-keygen -p -m PEM -f server.key`.",
        ) from None
    except ValueError:
        # The library's own message is for programmers.
        raise _unreadable(block) from None
    if isinstance(key, RSAPrivateKey) and not _is_consistent(key):
        raise _unreadable(block)
    return key


def _is_encrypted(block: Block) -> bool:
    """Return whether a key that couldn't be loaded may be encrypted. OpenSSH's format doesn't show it in its label."""
    return block.label.startswith(("ENCRYPTED", "OPENSSH")) or b"Proc-Type: 4,ENCRYPTED" in block.data


def _is_consistent(key: RSAPrivateKey) -> bool:
    """Return whether the public key verifies what the private key signs.

    This replaces the library's own check, which tests the primes again and takes thirty times as long.
    """
    try:
        signature = key.sign(b"", PKCS1v15(), SHA256())
        key.public_key().verify(signature, b"", PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def _load_encrypted(load: Callable[[bytes, bytes | None], object], block: Block, passphrase: str) -> object:
    if block.label == "OPENSSH PRIVATE KEY":
        raise UnsupportedAlgorithm("OpenSSH's own encryption")
    if not passphrase:
        raise InvalidValue("The key is encrypted.", "Set `private-key-passphrase` too.")
    try:
        return load(block.data, passphrase.encode())
    except ValueError:
        check = "pkcs12 -in server.p12" if load is _load_pkcs12 else "pkey -in server.key"
        raise InvalidValue(
            "The private key is encrypted, and `private-key-passphrase` doesn't decrypt it.",
            f"Check the passphrase: `openssl {check} -noout` asks for it, and prints no error if it is right.",
        ) from None


def _loader(block: Block) -> Callable[[bytes, bytes | None], object]:
    if block.label == DER and is_pkcs12(block.data):
        return _load_pkcs12
    load = {
        "OPENSSH PRIVATE KEY": serialization.load_ssh_private_key,
        DER: serialization.load_der_private_key,
    }.get(block.label, serialization.load_pem_private_key)
    return partial(load, unsafe_skip_rsa_key_validation=True)  # `_is_consistent` validates it


def is_pkcs12(der: bytes) -> bool:
    """Return whether DER starts like PKCS#12: a sequence that starts with the integer 3 (RFC 7292, section 4)."""
    length_bytes = der[1] & 0x7F if der[1:2] >= b"\x80" else 0
    return der[:1] == b"\x30" and der[2 + length_bytes :].startswith(b"\x02\x01\x03")


def _load_pkcs12(der: bytes, passphrase: bytes | None) -> object:
    from cryptography.hazmat.primitives.serialization import pkcs12  # noqa: PLC0415 -- slow, and seldom needed

    try:
        key, _, _ = pkcs12.load_key_and_certificates(der, passphrase)
    except ValueError as error:
        # The library can't tell an encrypted PKCS#12 file from a damaged one.
        raise (TypeError if passphrase is None else ValueError) from error
    if key is None:
        raise InvalidValue("The PKCS#12 file has no private key.", "Export it again with the key.")
    return key


def _keys_in_pkcs12(block: Block) -> list[Block]:
    """Return the encrypted keys in a PKCS#12 file, of which the library loads the first only.

    Each follows the object identifier of a shrouded key bag (RFC 7292, 4.2.2), with a context tag around it.
    """
    if block.label != DER or not is_pkcs12(block.data):
        return []
    tagged = [block.data[bag.end() :] for bag in re.finditer(re.escape(_SHROUDED_KEY_BAG) + b"(?=\xa0)", block.data)]
    return [key for data in tagged for key in find_blocks(base64.b64encode(data[header_length(data) :]).decode())[:1]]


def _unreadable(block: Block) -> InvalidValue:
    if block.label == DER:
        return _not_a_private_key(block.data)
    return InvalidValue(
        f"The private key (“{block.label}”) is damaged: part of it is missing or changed.",
        _PASTE_THE_KEY,
    )


def _not_a_private_key(data: bytes) -> InvalidValue:
    """Return what base64 is that isn't a private key."""
    if data.startswith((b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")):
        return InvalidValue(
            "The value is a Java keystore (JKS).",
            "List its aliases with `keytool -list -keystore server.jks`. Convert the key's entry: `keytool "
            "-importkeystore -srckeystore server.jks -srcalias ALIAS -destkeystore server.p12 -deststoretype pkcs12`. "
            "Then paste the output of `base64 -w0 server.p12`, and set `private-key-passphrase`.",
        )
    if _can_load(x509.load_der_x509_certificate, data):
        return _not_the_key("a certificate")
    if _can_load(serialization.load_der_public_key, data):
        return _not_the_key("a public key")
    if _is_ciphertext(data):
        return _ENCRYPTED_BY_OPENSSL
    return InvalidValue("The value is base64, but not of a private key.", _PASTE_THE_KEY)


def _can_load(load: Callable[[bytes], object], data: bytes) -> bool:
    try:
        load(data)
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


def _not_the_key(what: str) -> InvalidValue:
    return InvalidValue(f"The value is {what}, not the private key that belongs to it.", _PASTE_THE_KEY)


_ENCRYPTED_BY_OPENSSL = InvalidValue(
    "The value looks like a key that was encrypted with `openssl enc`, often named server.key.enc.",
    "Decrypt it as your pipeline did before, with the same options: `openssl enc -d -aes-256-cbc -base64 -in "
    'server.key.enc -out server.key -pass env:PASSPHRASE`, or `-nosalt -K "$KEY" -iv "$IV"` instead of `-pass`. Then '
    "store the content of server.key as the secret.",
)


def _is_ciphertext(data: bytes) -> bool:
    """Return whether data is what `openssl enc` writes: a header with the salt, or blocks alone with `-nosalt`."""
    return data.startswith(b"Salted__") or (len(data) >= _MIN_ENCRYPTED_KEY and len(data) % _CIPHER_BLOCK == 0)


# What people paste instead of a key, in the order in which to look: a pattern, the problem, the fix.
_MISTAKEN_VALUES = (
    (r"(ssh-(rsa|dss|ed25519)|ecdsa-sha2-\S+) AAAA", "The value is an OpenSSH public key (.pub).", _PASTE_THE_KEY),
    (
        r"PuTTY-User-Key-File",
        "The value is a PuTTY key (.ppk).",
        "Convert it: `puttygen server.ppk -O private-openssh -o server.key`. Then paste that file's content.",
    ),
    (
        r"\A\s*[0-9a-f]{32}:[0-9a-f]{64,}\s*\Z",
        "The value looks like a key that sfdx-hardis encrypted (`IV:CIPHERTEXT` in hex).",
        (
            "The action can't decrypt it. Decrypt it with sfdx-hardis and the value of SFDX_CLIENT_KEY_…, or create a "
            "new key with `sfjwt init`."
        ),
    ),
    (
        r"\A\s*(ENC\[AES256_GCM,|\{\s*\"sops\")",
        "The value is encrypted with SOPS.",
        "Decrypt it in the pipeline: `sops decrypt FILE`. Then set `private-key` to the result.",
    ),
    (
        r"\A\s*op://",
        "The value is a 1Password secret reference, not the key.",
        "Load the secret first, with `op read` or the action 1password/load-secrets-action.",
    ),
    (
        r"\A\s*arn:aws[\w-]*:kms:",
        "The value is the ARN of an AWS KMS key, not a private key.",
        "Set `kms-key` to `awskms:///` and the ARN instead of `private-key`.",
    ),
    (
        r"\A\s*arn:aws[\w-]*:",
        "The value is the ARN of an AWS resource, not the key.",
        (
            "Read the secret first, with `aws secretsmanager get-secret-value` or "
            "`aws ssm get-parameter --with-decryption`."
        ),
    ),
    (
        r"\A\s*force://",
        "The value is an SFDX auth URL, which holds a refresh token, not a private key.",
        f"The JWT bearer flow doesn't use it. {_PASTE_THE_KEY}",
    ),
    (
        r"\A\s*SHA256:[A-Za-z0-9+/=]{43,44}\s*\Z",
        "The value is the fingerprint of a key, not the key.",
        _PASTE_THE_KEY,
    ),
    (
        r"\A\s*([0-9A-F]{64}|[0-9]{16,20})\s*\Z",
        "The value looks like the app's consumer secret, which the JWT bearer flow doesn't use.",
        _PASTE_THE_KEY,
    ),
    UNEXPANDED_VARIABLE,
    (r"\A\s*\*{3,}\s*\Z", "The value is a masked value copied from a log.", _PASTE_THE_KEY),
    (
        r"\A\s*(([~.]{0,2}[/\\]|[A-Za-z]:\\).{1,250}|.{1,250}\.(key|pem|p8|p12|pfx|jks|der|ppk|crt|cer|txt))\s*\Z",
        "The value is the path of a file, not the key.",
        "Paste the file's content. If the file is on this machine, set SFJWT_PRIVATE_KEY_FILE to its path.",
    ),
)


def _no_private_key(text: str, blocks: list[Block]) -> InvalidValue:
    """Return what a text is that isn't a private key."""
    if blocks:
        return _not_the_block(blocks[0].label)
    return recognize_mistaken_value(text) or InvalidValue(
        f"The value isn't a private key in PEM or base64 ({len(text)} characters).", _PASTE_THE_KEY
    )


def recognize_mistaken_value(text: str) -> InvalidValue | None:
    """Return what a text is if it isn't a key but a known mistake; None if it isn't known."""
    if is_cut_off(text):
        return InvalidValue("The key has no END line, so part of it is missing.", _PASTE_THE_KEY)
    if _is_ciphertext(decode_base64(text)):
        return _ENCRYPTED_BY_OPENSSL
    mistakes = (InvalidValue(found, remedy) for pattern, found, remedy in _MISTAKEN_VALUES if re.search(pattern, text))
    return next(mistakes, None)


def _not_the_block(label: str) -> InvalidValue:
    if "REQUEST" in label:
        return _not_the_key("a certificate request")
    if "CERTIFICATE" in label or label == "PKCS7":
        return _not_the_key("a certificate")
    if "PUBLIC KEY" in label:
        return _not_the_key("a public key")
    return InvalidValue(f"The value is a PEM block “{label}”, not a private key.", _PASTE_THE_KEY)
