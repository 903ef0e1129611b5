"""Read the files that flags and variables name."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

MAX_FILE_BYTES = 4 * 1024 * 1024
"""No key, certificate or bundle of CA certificates is larger. A device such as /dev/zero has no end."""


def read_file(path: str) -> bytes:
    """Read a file, or standard input for `-`.

    Raises:
        OSError: It can't be read, or is larger than `MAX_FILE_BYTES`.
        ValueError: The path has a NUL character.
    """
    if path == "-":
        content = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    else:
        with Path(path).open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return content
