"""What goes to later steps, under which names, and how it gets into files: whole, or not at all."""

from __future__ import annotations

import errno
import os
import re
import stat
from abc import ABC, abstractmethod
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sfjwt_action.ci.console import Console
from sfjwt_action.settings import BadInput, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sfjwt_action.session import Session
    from sfjwt_action.settings import Settings

TOKEN = "SF_ACCESS_TOKEN"  # noqa: S105 -- a variable's name
INSTANCE_URL = "SF_INSTANCE_URL"

_WRITABLE = (
    "Name a file in a directory that is there and may be written to; in a container, mount it, and run as its user."
)
_EXPORT_FILE = "export-file"
_OWNER_ONLY = 0o600
_OTHERS = 0o077
_LINE_BREAKS = re.compile(r"[\n\r\0]")
_LONGEST_LINE = 64 * 1024
"""Bytes at which `bufio.Scanner` of Go, which some systems read their files with, gives up."""


def variables(session: Session, settings: Settings) -> dict[str, str]:
    """The variables that hold a login, wherever a system takes environment variables."""
    url = session.instance_url
    found = {TOKEN: session.access_token, INSTANCE_URL: url}
    return found | {"SF_ORG_INSTANCE_URL": url} if settings.export_env else found


def secrets(session: Session, settings: Settings) -> list[str]:
    """What is to be masked: the token, and the instance URL with its host unless that is not wanted."""
    url = [session.instance_url, session.instance_host] if settings.mask_instance_url else []
    return [session.access_token, *url]


def is_secret(name: str, settings: Settings) -> bool:
    """Whether a variable is to be masked."""
    return name == TOKEN or settings.mask_instance_url


def refused(name: str, found: str, remedy: str = "Use `--export json`, which takes any text.") -> BadInput:
    """Tell that a value cannot be written in a format, without a word of the value."""
    return BadInput([Problem(name, found, remedy)])


def one_line(name: str, value: str) -> str:
    """Let a value pass for a format of lines.

    Raises:
        BadInput: It has more than one line.
    """
    if _LINE_BREAKS.search(value):
        raise refused(name, "It holds line breaks, which cannot be handed on in this way.")
    return value


def scanned(name: str, line: str) -> str:
    """Let a line pass for a system that reads its files with `bufio.Scanner`.

    Raises:
        BadInput: The line is too long, and would cost the whole file.
    """
    if len(line.encode()) >= _LONGEST_LINE:
        raise refused(name, f"It is longer than the {_LONGEST_LINE} bytes that a line may have here.")
    return line


class Files(Console, ABC):
    """A system that takes values from a file which a variable names.

    A system is a subclass: it says which variable that is, what is missing where it is not set, and how a value is
    written.
    """

    variable: str
    found: str
    """What is wrong where the variable is not set, a sentence."""
    remedy: str
    """And how to put it right, there and where it names a file that cannot be written: sentences."""
    plain_variable = ""
    """Names another file, for values that need no mask, where the system has two kinds."""

    @abstractmethod
    def line(self, name: str, value: str) -> str:
        """Write a value as the system reads it, with its line break.

        Raises:
            BadInput: The system has no way to write it.
        """
        ...

    def obstacles(self, settings: Settings) -> Iterator[Problem]:
        """Tell which file is missing or cannot be written."""
        yield from super().obstacles(settings)
        for variable in dict.fromkeys(self._variable_for(name, settings) for name in (TOKEN, INSTANCE_URL)):
            path = self._environ.get(variable)
            if not path:
                yield Problem(variable, self.found, self.remedy)
            elif reason := cannot_append(Path(path)):
                remedy = f"Run as a user who may write there. {self.remedy}"
                yield Problem(variable, f"{path} cannot be written: {reason}.", remedy)

    def publish(self, session: Session, settings: Settings) -> None:
        """Append the variables.

        Raises:
            BadInput: A value or a file cannot be written; all files are left as they were.
        """
        texts: dict[str, str] = {}
        for name, value in variables(session, settings).items():
            variable = self._variable_for(name, settings)
            texts[variable] = texts.get(variable, "") + self.line(name, value)
        _append({variable: (Path(self._environ[variable]), text) for variable, text in texts.items()})

    def _variable_for(self, name: str, settings: Settings) -> str:
        return self.plain_variable if self.plain_variable and not is_secret(name, settings) else self.variable


def append_export(path: Path, text: str) -> None:
    """Append to the file of `--export-file`, which is its owner's alone to read from now on.

    Raises:
        BadInput: It cannot be written; it is left as it was.
    """
    _append({_EXPORT_FILE: (path, text)}, private=True)


def replace_export(path: Path, text: str) -> None:
    """Write the file of `--export-file` anew; it is its owner's alone to read from now on.

    Raises:
        BadInput: It cannot be written; it is left as it was.
    """
    if not path.is_file():  # a new one, or a pipe
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
        raise BadInput([_no_longer(_EXPORT_FILE, path, error)]) from None


def cannot_export(path: Path) -> Problem | None:
    """Tell what is wrong with the file of `--export-file`, if anything is."""
    reason = cannot_append(path, private=True)
    return Problem(_EXPORT_FILE, f"{path} cannot be written: {reason}.", _WRITABLE) if reason else None


def _append(texts: Mapping[str, tuple[Path, str]], *, private: bool = False) -> None:
    with whole_or_not({name: path for name, (path, _) in texts.items()}, private=private):
        for path, text in texts.values():
            with open(path, "a", encoding="utf-8", newline="", opener=_at_once) as file:
                file.write(text)


def _at_once(path: str, flags: int) -> int:
    """Open a file; a named pipe that nobody reads from is refused rather than waited for."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0), _OWNER_ONLY)


@contextmanager
def whole_or_not(files: Mapping[str, Path], *, private: bool = False) -> Iterator[None]:
    """End the last line of each file, and let the block append to them; if it fails, leave them as they were.

    Args:
        files: The files, by what names them.
        private: Whether a file that stands there already becomes its owner's alone to read.

    Raises:
        BadInput: A file cannot be written.
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
            with suppress(OSError):  # what is no plain file keeps nothing
                path.unlink() if path in new else os.truncate(path, size)
        raise BadInput([_no_longer(name, path, error) for name, path in files.items()]) from None


def _no_longer(name: str, path: Path, error: OSError) -> Problem:
    if error.errno == errno.ENXIO:
        return Problem(name, f"Nobody reads from the named pipe {path}.", "Start its reader before the login.")
    return Problem(name, f"{path} can no longer be written: {error.strerror}.", "Make room on the disk.")


def cannot_append(path: Path, *, private: bool = False) -> str:
    """Why a file cannot be appended to; empty if it can. A file that is not there is not made."""
    is_new = not os.path.lexists(path)
    try:
        if path.is_fifo() and not os.access(path, os.W_OK):
            return os.strerror(errno.EACCES)
        end_last_line(path, private=private)
        if is_new:
            path.unlink()
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def end_last_line(path: Path, *, private: bool = False) -> None:
    """End the file's last line, or the next would become part of it; make the file if there is none.

    A new file is its owner's alone to read. A named pipe is left alone: its reader would take a visit for the end.

    Args:
        path: The file.
        private: Whether one that stands there already becomes so, too.

    Raises:
        OSError: The file cannot be written.
    """
    if path.is_fifo():
        return
    # O_BINARY is Windows': without it, a line break would become two characters.
    binary = getattr(os, "O_BINARY", 0)
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | binary, _OWNER_ONLY)
    try:
        status = os.fstat(file)
        if private and stat.S_ISREG(status.st_mode) and status.st_mode & _OTHERS:
            path.chmod(_OWNER_ONLY)
        if status.st_size:  # 0 for what is no plain file
            os.lseek(file, -1, os.SEEK_END)
            if os.read(file, 1) != b"\n":
                os.write(file, b"\n")
    finally:
        os.close(file)
