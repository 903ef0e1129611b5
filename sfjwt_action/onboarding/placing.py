"""Files put in place together, or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sfjwt_action.interrupts import uninterrupted
from sfjwt_action.settings import Unusable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ANOTHER_DIRECTORY = (
    "Move it away, or name another directory; or give --force, and what is there now is lost, private keys included. "
    "(A second key beside the first is what `sfjwt init --rotate` makes.)"
)

_PRIVATE = 0o600
_PUBLIC = 0o666  # less what the umask takes


@dataclass(frozen=True)
class NewFile:
    """A file that is to be.

    Attributes:
        path: Where.
        content: What is in it, kept out of `repr`.
        is_private: Only its owner may read it, from its first moment on.
        replaces: What is there now is expected, and gives way.
    """

    path: Path
    content: bytes = field(repr=False)
    is_private: bool = False
    replaces: bool = False


def check_free(files: Iterable[NewFile], remedy: str = ANOTHER_DIRECTORY) -> None:
    """See that nothing is in the way of these files.

    Args:
        files: Those that are to be.
        remedy: What to do where something is.

    Raises:
        Unusable: Something is; it names all of it.
    """
    in_the_way = [str(file.path) for file in files if not file.replaces and os.path.lexists(file.path)]
    if in_the_way:
        raise Unusable(f"There is already {', '.join(in_the_way)}.", remedy)


def put_in_place(files: Iterable[NewFile]) -> None:
    """Write all the files beside their places first, then move them there; no signal comes between.

    What gives way is kept beside its place until all are there.

    Raises:
        Unusable: They cannot be written; then everything is as it was.
    """
    written: list[tuple[Path, Path]] = []
    made: list[Path] = []
    kept: list[tuple[Path, Path]] = []
    with uninterrupted():
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
                raise Unusable(
                    f"{error.filename} cannot be written: {error.strerror}.",
                    "Choose a directory that can be written to.",
                ) from None
            raise
        for old, _ in kept:
            old.unlink()


def _beside(path: Path) -> Path:
    # The name's end is kept: what keeps *.key from commits does so here too, should the machine stop before the end.
    return path.with_name(f".{secrets.token_hex(4)}.{path.name}")


def _make_directory(path: Path) -> list[Path]:
    """Make a directory and those above it; return the new ones, the innermost last."""
    missing = [directory for directory in (*reversed(path.parents), path) if not directory.exists()]
    for directory in missing:
        directory.mkdir()
    return missing


def _write(path: Path, file: NewFile) -> None:
    if file.path.is_dir():  # which could not be replaced, when other files had been
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file.path))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE if file.is_private else _PUBLIC)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(file.content)


def _undo(made: list[Path], kept: list[tuple[Path, Path]]) -> None:
    """Put back what gave way, and remove what was made, the last first; the last may not have come to be."""
    for old, path in kept:
        with suppress(OSError):
            old.replace(path)
    for path in reversed(made):
        with suppress(OSError):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink()
