"""Read and write the zips of a deploy and a retrieve."""

from __future__ import annotations

import base64
import binascii
import io
import lzma
import struct
import zipfile
import zlib
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MAXIMUM_BYTES = 400 * 1024 * 1024
"""How large the files of a zip may be, unpacked (Metadata API Developer Guide, “Metadata Limits”)."""
MAXIMUM_FILES = 10_000

# Bits of an entry's flags (APPNOTE.TXT, 4.4.4).
_ENCRYPTED = 0x1
_UTF_8_NAME = 0x800

# What zipfile raises for a damaged zip, besides the one error that it documents. It depends on where the damage is.
_DAMAGE = (
    zipfile.BadZipFile,
    ArithmeticError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zlib.error,
)


class ArchiveError(Exception):
    """A zip can't be read. The message says why, and names the file if one is at fault."""


def decode(encoded: str) -> bytes:
    """Decode the base64 of a zip.

    Raises:
        ArchiveError: The text isn't base64.
    """
    try:
        return base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ArchiveError("it isn't base64") from error


def read(content: bytes) -> dict[str, bytes]:
    """Return the files in a zip by their names.

    Raises:
        ArchiveError: The zip or a file in it is damaged, encrypted, compressed in an unknown way, or too large, or a
            name isn't UTF-8, or occurs more than once.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _reject_damage(archive.infolist())
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _require_limits(entries)
            names = Counter(map(_name, entries))
            if twice := next((name for name, count in names.items() if count > 1), None):
                raise ArchiveError(f"it has {twice} more than once")
            return {_name(entry): _content(archive, entry) for entry in entries}
    except UnicodeDecodeError as error:
        raise ArchiveError("it has a file whose name isn't UTF-8") from error
    except NotImplementedError as error:
        raise ArchiveError("it is split, or needs a later version of the zip format") from error
    except _DAMAGE as error:
        raise ArchiveError("it isn't a zip, or is damaged") from error


def write(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _reject_damage(entries: list[zipfile.ZipInfo]) -> None:
    """Reject what newer versions of Python accept: a file without a name, and two with the same content in the zip."""
    nameless = any(not entry.filename for entry in entries)
    if nameless or len({entry.header_offset for entry in entries}) < len(entries):
        raise zipfile.BadZipFile


def _require_limits(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAXIMUM_FILES:
        raise ArchiveError(f"it has {len(entries)} files, more than {MAXIMUM_FILES}")
    if sum(entry.file_size for entry in entries) > MAXIMUM_BYTES:
        raise ArchiveError(f"its files have more than {MAXIMUM_BYTES // 1024 // 1024} MB")


def _name(entry: zipfile.ZipInfo) -> str:
    """Return a file's name as UTF-8. Python reads a name without the zip's UTF-8 flag as code page 437."""
    if entry.flag_bits & _UTF_8_NAME:
        return entry.filename
    return entry.filename.encode("cp437").decode("utf-8")


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if entry.flag_bits & _ENCRYPTED:
        raise ArchiveError(f"{entry.filename} is encrypted")
    try:
        return archive.read(entry)
    except NotImplementedError as error:
        raise ArchiveError(f"{entry.filename} is compressed by a method that isn't known") from error
    except _DAMAGE as error:
        raise ArchiveError(f"{entry.filename} is damaged") from error
