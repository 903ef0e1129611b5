"""Write files atomically: all of them, or none."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sfjwt_action.inputs.problems import InvalidValue
from sfjwt_action.inputs.quoting import quote_path
from sfjwt_action.process import defer_signals

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ANOTHER_DIRECTORY = (
    "Use another directory. To renew a key, run `sfjwt init --rotate DIR`. `--force` replaces the files, private keys "
    "included."
)

_PRIVATE = 0o600
_PUBLIC = 0o666  # minus the umask


@dataclass(frozen=True)
class NewFile:
    """A file to write.

    Attributes:
        path: Its path.
        content: Its content, kept out of `repr`.
        is_private: Create it so that only its owner may read it.
        replaces: Replace an existing file.
    """

    path: Path
    content: bytes = field(repr=False)
    is_private: bool = False
    replaces: bool = False


def require_absent(files: Iterable[NewFile], remedy: str = ANOTHER_DIRECTORY) -> None:
    """Require that these files don't exist, except those to replace.

    Args:
        files: The files to write.
        remedy: How to fix it if some exist.

    Raises:
        InvalidValue: Some exist. The error names them.
    """
    existing = [str(file.path) for file in files if not file.replaces and os.path.lexists(file.path)]
    if existing:
        raise InvalidValue(f"{', '.join(existing)} already exists.", remedy)


def write_atomically(files: Iterable[NewFile]) -> None:
    """Write all files under temporary names beside their paths, then rename them; signals wait.

    Files that are replaced are kept under temporary names until all are in place.

    Raises:
        InvalidValue: They can't be written. Everything is as it was.
    """
    written: list[tuple[Path, Path]] = []
    made: list[Path] = []
    kept: list[tuple[Path, Path]] = []
    with defer_signals():
        try:
            for file in files:
                made += _make_directory(file.path.parent)
                beside = _beside(file.path)
                made.append(beside)
                _write(beside, file)
                written.append((beside, file.path))
            for beside, path in written:
                if os.path.lexists(path):
                    kept.append((path.replace(_beside(path)), path))
                else:
                    made.append(path)
                beside.replace(path)
        except BaseException as error:
            _undo(made, kept)
            if isinstance(error, OSError):
                raise InvalidValue(
                    f"Can't write {quote_path(str(error.filename))}: {error.strerror}.",
                    "Use a directory that you can write to.",
                ) from None
            raise
        for old, _ in kept:
            old.unlink()


def _beside(path: Path) -> Path:
    # The suffix stays, so that a .gitignore with *.key covers it, should the machine stop halfway.
    return path.with_name(f".{secrets.token_hex(4)}.{path.name}")


def _make_directory(path: Path) -> list[Path]:
    """Create a directory and its parents; return the new ones, the innermost last."""
    missing = [directory for directory in (*reversed(path.parents), path) if not directory.exists()]
    for directory in missing:
        directory.mkdir()
    return missing


def _write(path: Path, file: NewFile) -> None:
    if file.path.is_dir():  # which could only fail after other files were replaced
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file.path))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE if file.is_private else _PUBLIC)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(file.content)


def _undo(made: list[Path], kept: list[tuple[Path, Path]]) -> None:
    """Restore what was replaced, and remove what was made, the last first; the last may not exist."""
    for old, path in kept:
        with suppress(OSError):
            old.replace(path)
    for path in reversed(made):
        with suppress(OSError):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink()
