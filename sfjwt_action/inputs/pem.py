r"""Find PEM blocks and base64 in text as people paste it.

On its way through a secret store, text loses line breaks, or gains `\n`, quotes, a byte order mark, invisible
characters or surrounding text. Base64 survives all of that, so a block is found by its BEGIN and END lines and written
again.
Format: RFC 7468; the headers of encrypted keys: RFC 1421, section 4.6.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, unquote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator

DER = "DER"
"""The label of a block that had no PEM label: base64 of something binary."""

_SEQUENCE = b"\x30"  # what every key and certificate in DER begins with
_BINARY_FORMATS = (_SEQUENCE, b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")  # the latter two are Java keystores

# Line breaks, and a byte order mark, that were escaped once or more: by a shell, by JSON, for a URL, for a workflow
# command.
_ESCAPED = re.compile(r"\\{1,8}r\\{1,8}n|\\{1,8}[rnt]|\\{1,8}u(?:000[aAdD]|[fF][eE][fF][fF])|%0[aAdD]")
# Invisible characters that web pages and chats add. NUL is every second byte of UTF-16 decoded as UTF-8.
_INVISIBLE = re.compile("[\0\u00ad\u200b-\u200f\u2060\ufeff]")
_UNUSUAL_SPACES = re.compile(r"[^\S\t\n\r ]")
_PERCENT_ENCODED = re.compile("%[0-9A-Fa-f]{2}")
_DATA_URL = re.compile(r"""\A["'\s]{0,8}data:[\w.+/;=-]{0,100};base64,""")
# Word processors replace several hyphens with one long dash.
_DASHES = "[-\N{EN DASH}\N{EM DASH}\N{HORIZONTAL BAR}]{1,5}"
# Every repetition is bounded, so that no text takes more than linear time.
_LABEL = "[A-Z0-9][A-Z0-9 ]{0,40}?"
_BEGIN_LINE = re.compile(rf"{_DASHES}\s*BEGIN\s*(?P<label>{_LABEL})\s*{_DASHES}")
_END_LINE = re.compile(rf"{_DASHES}\s*END\s*{_LABEL}\s*{_DASHES}")
_BEGIN = rf"{_DASHES}\s*BEGIN\b"
_LABEL_WORDS = re.compile("RSA|EC|DSA|OPENSSH|ENCRYPTED|PRIVATE|PUBLIC|KEY|TRUSTED|CERTIFICATE|REQUEST")
# A salt is as long as its cipher's block, and often nothing else shows where it ends.
_HEADERS = re.compile(
    r"\s*Proc-Type:\s*4,\s*ENCRYPTED\s*DEK-Info:\s*"
    r"(?P<cipher_and_salt>DES[A-Z0-9-]*,\s*[0-9A-F]{16}|[A-Z0-9-]+,\s*[0-9A-F]{32})"
)
# Characters that quoting, JSON and lists leave between the characters of base64.
_NOT_BASE64 = re.compile(r"""[\s"'`\\,;\ufeff]""")
# Several values in base64: each ends with its padding, or a blank line parts it from the next.
_BETWEEN_VALUES = r"(?<==)\s+(?!=)|\n\s*\n"


class Block(NamedTuple):
    """Something encoded that was found in a text.

    Attributes:
        label: What its BEGIN line says, such as `RSA PRIVATE KEY`; `DER` where it had none.
        data: The block in PEM, written as it should be; for `DER`, the bytes themselves.
    """

    label: str
    data: bytes


def find_blocks(text: str) -> list[Block]:
    """Find what is encoded in a text, in order: its PEM blocks, or what it is the base64 of if it has none."""
    text = _normalize(text)
    if blocks := _pem_blocks(text):
        return blocks
    for values in ([text], re.split(_BETWEEN_VALUES, text.strip())):
        decoded = [decode_base64(value) for value in values]
        if all(decoded):
            return [block for data in decoded for block in _blocks_in(data)]
    return []


def is_cut_off(text: str) -> bool:
    """Return whether a block has a BEGIN line and no END line, in the text or in what it is the base64 of."""
    text = _normalize(text)
    return any(re.search(_BEGIN, _without_blocks(part)) for part in (text, _as_text(decode_base64(text))))


def _normalize(text: str) -> str:
    """Remove what surrounds or stands between the characters of PEM or base64: escapes, URLs and invisible letters."""
    text = _UNUSUAL_SPACES.sub(" ", _INVISIBLE.sub("", _ESCAPED.sub("\n", text)))
    text = _DATA_URL.sub("", text)
    if _PERCENT_ENCODED.search(text):
        text = (unquote_plus if "BEGIN+" in text else unquote)(text)
    return text


def _blocks_in(data: bytes) -> list[Block]:
    # Almost any word is base64 of something, so only data that starts like a known format counts. Some secret stores
    # encode a second time, so text is searched again.
    text = _as_text(data)
    return _pem_blocks(text) or [Block(DER, value) for value in _binary_values(data)] or find_blocks(text)


def _binary_values(data: bytes) -> Iterator[bytes]:
    """Split concatenated DER values; a Java keystore is one value."""
    while data.startswith(_BINARY_FORMATS):
        end = _der_length(data) if data.startswith(_SEQUENCE) else len(data)
        yield data[:end]
        data = data[end:]


def _der_length(data: bytes) -> int:
    """Return the length of the first value with its header (X.690, 8.1.3); of all the data if it isn't stated."""
    first = int.from_bytes(data[1:2])
    if first < 0x80:  # noqa: PLR2004 -- the short form
        return 2 + first
    header = header_length(data)
    return header + int.from_bytes(data[2:header]) if header > 2 else len(data)  # noqa: PLR2004 -- no length is stated


def header_length(data: bytes) -> int:
    """Return the length of the tag and the length of a DER value (X.690, 8.1.3)."""
    first = int.from_bytes(data[1:2])
    return 2 + (first & 0x7F if first >= 0x80 else 0)  # noqa: PLR2004 -- the long form


def _pem_blocks(text: str) -> list[Block]:
    found = (_block(begin["label"], text[begin.end() : end.start()]) for begin, end in _lines_around(text))
    return [block for labeled in found for block in _without_certutil(labeled)]


def _without_certutil(block: Block) -> list[Block]:
    """Return the content that `certutil -encode` wrapped. Windows writes BEGIN CERTIFICATE around any file."""
    if block.label != "CERTIFICATE":
        return [block]
    data = decode_base64("".join(block.data.decode().splitlines()[1:-1]))
    return _pem_blocks(_as_text(data)) or ([Block(DER, data)] if _is_key_or_keystore(data) else [block])


def _is_key_or_keystore(data: bytes) -> bool:
    """Return whether DER is a private key, PKCS#12 or a keystore by its first fields, which a certificate doesn't have.

    A version comes first in PKCS#1 (RFC 8017, A.1.2), PKCS#8 (RFC 5208, 5) and PKCS#12 (RFC 7292, 4), and an algorithm
    in encrypted PKCS#8 (RFC 5208, 6). A certificate starts with a sequence in a sequence (RFC 5280, 4.1).
    """
    if not data.startswith(_SEQUENCE):
        return data.startswith(_BINARY_FORMATS)
    fields = data[header_length(data) :]
    return fields.startswith(b"\x02") or fields[header_length(fields) :].startswith(b"\x06")


def _without_blocks(text: str) -> str:
    rest, position = "", 0
    for begin, end in _lines_around(text):
        rest += text[position : begin.start()]
        position = end.end()
    return rest + text[position:]


def _lines_around(text: str) -> Iterator[tuple[re.Match[str], re.Match[str]]]:
    """Find the BEGIN and END lines of each block. Once no END line follows, no later block is complete."""
    position = 0
    while (begin := _BEGIN_LINE.search(text, position)) and (end := _END_LINE.search(text, begin.end())):
        yield begin, end
        position = end.end()


def _block(label: str, body: str) -> Block:
    label = _with_spaces(label)
    lines = [f"-----BEGIN {label}-----"]
    if headers := _HEADERS.match(body):
        lines += ["Proc-Type: 4,ENCRYPTED", f"DEK-Info: {''.join(headers['cipher_and_salt'].split())}", ""]
        body = body[headers.end() :]
    lines += [*re.findall(".{1,64}", _NOT_BASE64.sub("", body)), f"-----END {label}-----", ""]
    # A block is ASCII. Anything else becomes a `?`, which whatever reads the block rejects.
    return Block(label, "\n".join(lines).encode("ascii", errors="replace"))


def _with_spaces(label: str) -> str:
    """Restore the spaces that a label lost together with the line breaks."""
    words = _LABEL_WORDS.findall(label)
    return " ".join(words) if "".join(words) == label.replace(" ", "") else label


def decode_base64(text: str) -> bytes:
    """Decode base64 of either alphabet, wrapped, quoted or neither; return nothing if the text isn't base64."""
    letters = _NOT_BASE64.sub("", text).translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _as_text(data: bytes) -> str:
    """Decode text, which PowerShell may have written in UTF-16, and whose line breaks may be escaped again.

    `_normalize` makes text of UTF-16 without a byte order mark too.
    """
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8"
    return _normalize(data.decode(encoding, errors="replace"))
