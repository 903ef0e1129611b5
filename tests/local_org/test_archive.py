"""How damaged zips are read."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress

import pytest

from sfjwt_action.local_org.metadata import archive

FILES = {"package.xml": "<Package/>", "classes/Hello.cls": "public class Hello {}"}


def packed(method: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as written:
        for name, content in FILES.items():
            written.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damage_to_any_byte_is_an_archive_error_or_harmless(method: int) -> None:
    content = packed(method)
    for place, byte in enumerate(content):
        for value in {0, 1, 8, 0x2F, 0x7F, 0xFF, byte ^ 1, byte ^ 0x80} - {byte}:
            with suppress(archive.ArchiveError):
                archive.read(content[:place] + bytes([value]) + content[place + 1 :])


def test_a_truncated_zip_is_an_archive_error() -> None:
    content = packed(zipfile.ZIP_DEFLATED)
    for length in range(len(content)):
        with pytest.raises(archive.ArchiveError):
            archive.read(content[:length])


def test_a_file_without_a_name_is_damage() -> None:
    content = packed(zipfile.ZIP_DEFLATED)
    nameless = content.replace(b"package.xml", b"\0ackage.xml")
    with pytest.raises(archive.ArchiveError, match="damaged"):
        archive.read(nameless)
