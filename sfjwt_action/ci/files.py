"""Append to files atomically: all of them, or none."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from sfjwt_action.inputs.problems import InvalidInput, Problem
from sfjwt_action.inputs.quoting import quote_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_WRITABLE = (
    "Use a file in a directory that exists and that you can write to. In a container, mount it, and run as its owner."
)
_EXPORT_FILE = "export-file"
_OWNER_ONLY = 0o600
_OTHERS = 0o077
_MAX_FILE_BYTES = 1024 * 1024
"""Bytes of a file of `--export-file`, at most. A login has about a thousand."""


def append_export(path: Path, text: str) -> None:
    """Append to the file of `--export-file`, and let only its owner read it.

    Raises:
        InvalidInput: It can't be written. It is left as it was.
    """
    append({_EXPORT_FILE: (path, text)}, private=True)


def replace_export(path: Path, text: str) -> None:
    """Replace the content of the file of `--export-file`, and let only its owner read it.

    Raises:
        InvalidInput: It can't be written. It is left as it was.
    """
    if not path.is_file():  # a new file, or a pipe
        append_export(path, text)
        return
    try:
        end_last_line(path, private=True)
        before = path.read_bytes()
        try:
            path.write_text(text, encoding="utf-8")
        except OSError:
            path.write_bytes(before)
            raise
    except OSError as error:
        raise InvalidInput([_write_problem(_EXPORT_FILE, path, error)]) from None


def export_file_problem(path: Path) -> Problem | None:
    """Return what is wrong with the file of `--export-file`; None if it can be written."""
    reason = append_error(path, private=True)
    return Problem(_EXPORT_FILE, f"Can't write {quote_path(path)}: {reason}.", _WRITABLE) if reason else None


def append(texts: Mapping[str, tuple[Path, str]], *, private: bool = False) -> None:
    """Append to files, to all of them or to none.

    Args:
        texts: The files and what to append, by the names to report them by.
        private: Let only the owner read a file that existed before.

    Raises:
        InvalidInput: A file can't be written. All are left as they were.
    """
    with append_atomically({name: path for name, (path, _) in texts.items()}, private=private):
        for path, text in texts.values():
            with open(path, "a", encoding="utf-8", newline="", opener=_open_without_blocking) as file:
                file.write(text)


def _open_without_blocking(path: str, flags: int) -> int:
    """Open a file; for a named pipe without a reader, fail instead of waiting."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0), _OWNER_ONLY)


@contextmanager
def append_atomically(files: Mapping[str, Path], *, private: bool = False) -> Iterator[None]:
    """End the last line of each file and let the block append to them. If the block fails, restore them.

    Args:
        files: The files, by the names to report them by.
        private: Let only the owner read a file that existed before.

    Raises:
        InvalidInput: A file can't be written.
    """
    new = {path for path in files.values() if not os.path.lexists(path)}
    sizes: dict[Path, int] = {}
    try:
        for path in files.values():
            end_last_line(path, private=private)
            sizes[path] = path.stat().st_size
        yield
    except OSError as error:
        for path, size in sizes.items():
            with suppress(OSError):  # pipes and devices keep nothing
                path.unlink() if path in new else os.truncate(path, size)
        raise InvalidInput([_write_problem(name, path, error) for name, path in files.items()]) from None


def _write_problem(name: str, path: Path, error: OSError) -> Problem:
    if error.errno == errno.ENXIO:
        return Problem(
            name, f"No process reads the named pipe {quote_path(path)}.", "Start the reader before the login."
        )
    return Problem(name, f"Can't write {quote_path(path)} anymore: {error.strerror}.", "Free disk space.")


def append_error(path: Path, *, private: bool = False) -> str:
    """Return why a file can't be appended to; empty if it can. A missing file is not created."""
    is_new = not os.path.lexists(path)
    try:
        if problem := _ownership_problem(path) if private else _kind_problem(path):
            return problem
        if path.is_fifo() and not os.access(path, os.W_OK):
            return os.strerror(errno.EACCES)
        end_last_line(path, private=private)
        if is_new:
            path.unlink()
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def _kind_problem(path: Path) -> str:
    """Return what is wrong with an existing file of the CI system. A pipe would block without a reader."""
    return "" if path.is_file() or not path.exists() else "it isn't a regular file"


def _ownership_problem(path: Path) -> str:
    """Return what is wrong with an existing file for a secret, which another user may have prepared."""
    if not path.exists():
        return "it is a symbolic link to nothing" if path.is_symlink() else ""
    link, file = path.lstat(), path.stat()
    if hasattr(os, "geteuid") and not {link.st_uid, file.st_uid} <= {os.geteuid(), 0}:
        return "it belongs to another user"
    if stat.S_ISREG(file.st_mode) and file.st_size > _MAX_FILE_BYTES:
        return f"it is larger than {_MAX_FILE_BYTES} bytes"
    return ""


def end_last_line(path: Path, *, private: bool = False) -> None:
    """End the file's last line, which the next one would become a part of; create the file if it is missing.

    Only its owner may read a new file. A named pipe is left alone, because its reader would see the end of the file.

    Args:
        path: The file.
        private: Let only the owner read a file that existed before.

    Raises:
        OSError: The file can't be written.
    """
    if path.is_fifo():
        return
    # O_BINARY exists on Windows only, where a line break would become two characters without it.
    binary = getattr(os, "O_BINARY", 0)
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | binary, _OWNER_ONLY)
    try:
        status = os.fstat(file)
        if private and stat.S_ISREG(status.st_mode) and status.st_mode & _OTHERS:
            path.chmod(_OWNER_ONLY)
        if status.st_size:  # 0 for pipes and devices
            os.lseek(file, -1, os.SEEK_END)
            if os.read(file, 1) != b"\n":
                os.write(file, b"\n")
    finally:
        os.close(file)
