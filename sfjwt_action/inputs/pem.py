r"""PEM blocks and base64, out of text as people paste it.

On its way through a secret store, text loses line breaks, or gains `\n`, quotes, a byte order mark or surrounding text.
Base64 survives all of that, so a block is found by its BEGIN and END lines and written again.
Format: RFC 7468; the headers of encrypted keys: RFC 1421, section 4.6.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

DER = "DER"
"""The label of a block that had no PEM label: base64 of something binary."""

_SEQUENCE = b"\x30"  # what every key and certificate in DER begins with
_BINARY_FORMATS = (_SEQUENCE, b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")  # the latter two are Java keystores

# Line breaks, and a byte order mark, that were escaped once or more: by a shell, by JSON, for a URL, for a workflow
# command.
_ESCAPED = re.compile(r"\\{1,8}r\\{1,8}n|\\{1,8}[rnt]|\\{1,8}u(?:000[aAdD]|[fF][eE][fF][fF])|%0[aAdD]")
# Word processors make one long dash of several short ones.
_DASHES = "[-\N{EN DASH}\N{EM DASH}\N{HORIZONTAL BAR}]{1,5}"
# Every repetition is bounded, so that no text takes more than linear time.
_LABEL = "[A-Z0-9][A-Z0-9 ]{0,40}?"
_BEGIN_LINE = re.compile(rf"{_DASHES}\s*BEGIN\s*(?P<label>{_LABEL})\s*{_DASHES}")
_END_LINE = re.compile(rf"{_DASHES}\s*END\s*{_LABEL}\s*{_DASHES}")
_BEGIN = re.compile(rf"{_DASHES}\s*BEGIN\b")
_LABEL_WORDS = re.compile("RSA|EC|DSA|OPENSSH|ENCRYPTED|PRIVATE|PUBLIC|KEY|TRUSTED|CERTIFICATE|REQUEST")
# A salt is as long as its cipher's block, and often nothing else shows where it ends.
_HEADERS = re.compile(
    r"\s*Proc-Type:\s*4,\s*ENCRYPTED\s*DEK-Info:\s*"
    r"(?P<cipher_and_salt>DES[A-Z0-9-]*,\s*[0-9A-F]{16}|[A-Z0-9-]+,\s*[0-9A-F]{32})"
)
# What quoting, JSON and lists leave between the characters of base64.
_NOT_BASE64 = re.compile(r"""[\s"'`\\,;]""")
# What word processors and web pages add between characters, and the start of a data URI (RFC 2397).
_INVISIBLE = re.compile("[\N{ZERO WIDTH SPACE}\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}\N{WORD JOINER}\ufeff]")
_DATA_URI = re.compile(r"\Adata:[\w/+.=;-]{0,100},")
# Several values in base64: each ends with its padding, or a blank line parts it from the next.
_BETWEEN_VALUES = re.compile(r"(?<==)\s+(?!=)|\n\s*\n")


@dataclass(frozen=True)
class Block:
    """Something encoded that was found in a text.

    Attributes:
        label: What its BEGIN line says, such as `RSA PRIVATE KEY`; `DER` where it had none.
        data: The block in PEM, written as it should be; for `DER`, the bytes themselves.
    """

    label: str
    data: bytes


def find_blocks(text: str) -> list[Block]:
    """Find what is encoded in a text, in order: its PEM blocks, or what it is the base64 of if it has none."""
    text = _ESCAPED.sub("\n", unquote(_DATA_URI.sub("", _INVISIBLE.sub("", text).strip())))
    if blocks := _pem_blocks(text):
        return blocks
    for values in ([text], _BETWEEN_VALUES.split(text.strip())):
        decoded = [_decode_base64(value) for value in values]
        if all(decoded):
            return [block for data in decoded for block in _blocks_in(data)]
    return []


def is_cut_off(text: str) -> bool:
    """Return whether a block has a BEGIN line and no END line, in the text or in what it is base64 of."""
    return any(_BEGIN.search(_without_blocks(part)) for part in (text, _as_text(_decode_base64(text))))


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
    length_bytes = first & 0x7F
    if first < 0x80:  # noqa: PLR2004 -- the short form
        return 2 + first
    return 2 + length_bytes + int.from_bytes(data[2 : 2 + length_bytes]) if length_bytes else len(data)


def _pem_blocks(text: str) -> list[Block]:
    blocks = [_block(begin["label"], text[begin.end() : end.start()]) for begin, end in _lines_around(text)]
    return [inner for block in blocks for inner in _unwrap(block)]


def _unwrap(block: Block) -> list[Block]:
    """Return the blocks in a block: Windows' `certutil -encode` puts a whole file between BEGIN CERTIFICATE and END."""
    if block.label != "CERTIFICATE":
        return [block]
    body = b"".join(block.data.splitlines()[1:-1]).decode()
    return _pem_blocks(_as_text(_decode_base64(body))) or [block]


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


def _decode_base64(text: str) -> bytes:
    """Decode base64 of either alphabet, wrapped, quoted or neither; return nothing if the text isn't base64."""
    letters = _NOT_BASE64.sub("", text).translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _as_text(data: bytes) -> str:
    """Decode text, which PowerShell may have written in UTF-16, and whose line breaks may be escaped again."""
    is_utf16 = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
    encoding = "utf-16" if is_utf16 else "utf-16-le" if data[1:2] == b"\0" else "utf-8"
    return _ESCAPED.sub("\n", data.decode(encoding, errors="replace"))
