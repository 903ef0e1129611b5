"""What goes to later steps, under which names, and how it gets into files: whole, or not at all."""

from __future__ import annotations

import os
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

WRITABLE = "Run the container as a user who may write it, with the file's directory mounted."
_OWNER_ONLY = 0o600


def variables(session: Session, settings: Settings) -> dict[str, str]:
    """The variables that hold a login, wherever a system takes environment variables."""
    url = session.instance_url
    found = {TOKEN: session.access_token, INSTANCE_URL: url}
    return found | {"SF_ORG_INSTANCE_URL": url} if settings.export_env else found


def secrets(session: Session, settings: Settings) -> list[str]:
    """What is to be masked: the token, and the instance URL with its host unless that is not wanted."""
    url = [session.instance_url, session.instance_host] if settings.mask_instance_url else []
    return [session.access_token, *url]


class Files(Console):
    """A system that takes values from a file which a variable names.

    A system is a subclass: it says which variable that is, what is missing where it is not set, and how a value is
    written. `--export-file` names another file.

    Args:
        environ: The environment.
        export_file: What `--export-file` names.
    """

    variable = "export-file"
    found: str
    """What is wrong where the variable is not set, a sentence."""
    remedy: str
    """And how to put it right."""
    plain_variable = ""
    """Names another file, for values that need no mask, where the system has two kinds."""

    def __init__(self, environ: Mapping[str, str], export_file: Path | None = None) -> None:
        super().__init__(environ)
        self._export_file = export_file

    def line(self, name: str, value: str) -> str:
        """Write a value as the system reads it, with its line break."""
        return f"{name}={value}\n"

    def obstacles(self, settings: Settings) -> Iterator[Problem]:
        """Tell which file is missing or cannot be written."""
        yield from super().obstacles(settings)
        for variable in dict.fromkeys(self._variable_for(name, settings) for name in (TOKEN, INSTANCE_URL)):
            path = self._path(variable)
            if path is None:
                yield Problem(variable, self.found, self.remedy)
            elif reason := cannot_append(path):
                yield Problem(variable, f"{path} cannot be written: {reason}.", WRITABLE)

    def publish(self, session: Session, settings: Settings) -> None:
        """Append the variables.

        Raises:
            BadInput: A file can no longer be written; all are left as they were.
        """
        texts: dict[str, str] = {}
        for name, value in variables(session, settings).items():
            variable = self._variable_for(name, settings)
            texts[variable] = texts.get(variable, "") + self.line(name, value)
        paths = {variable: self._path(variable) for variable in texts}
        append({variable: (path, texts[variable]) for variable, path in paths.items() if path})

    def _variable_for(self, name: str, settings: Settings) -> str:
        is_plain = self.plain_variable and name != TOKEN and not settings.mask_instance_url
        return self.plain_variable if is_plain else self.variable

    def _path(self, variable: str) -> Path | None:
        if self._export_file and variable == self.variable:
            return self._export_file
        named = self._environ.get(variable)
        return Path(named) if named else None


def append(texts: Mapping[str, tuple[Path, str]]) -> None:
    """Append texts to files, each after what stands there; a new file is its owner's alone to read.

    Args:
        texts: Each file and its text, by what names the file, such as `BASH_ENV`.

    Raises:
        BadInput: One can no longer be written; all are left as they were.
    """
    with whole_or_not({name: path for name, (path, _) in texts.items()}):
        for path, text in texts.values():
            with path.open("a", encoding="utf-8", newline="") as file:
                file.write(text)


@contextmanager
def whole_or_not(files: Mapping[str, Path]) -> Iterator[None]:
    """End the last line of each file, and let the block append to them; if it fails, leave them as they were.

    Args:
        files: The files, by what names them.

    Raises:
        BadInput: The block failed to write.
    """
    for path in files.values():
        end_last_line(path)
    sizes = {path: path.stat().st_size for path in files.values()}
    try:
        yield
    except OSError as error:
        for path, size in sizes.items():
            with suppress(OSError):  # what is no plain file keeps nothing
                os.truncate(path, size)
        raise BadInput([_no_longer(name, path, error) for name, path in files.items()]) from None


def _no_longer(name: str, path: Path, error: OSError) -> Problem:
    return Problem(name, f"{path} can no longer be written: {error.strerror}.", "Make room on the disk.")


def cannot_append(path: Path) -> str:
    """Why a file cannot be appended to; empty if it can."""
    try:
        end_last_line(path)
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def end_last_line(path: Path) -> None:
    """End the file's last line, or the next would become part of it; make the file if there is none.

    Raises:
        OSError: The file cannot be written.
    """
    # O_BINARY is Windows': without it, a line break would become two characters.
    binary = getattr(os, "O_BINARY", 0)
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | binary, _OWNER_ONLY)
    try:
        size = os.fstat(file).st_size  # 0 for what is no plain file
        if size:
            os.lseek(file, size - 1, os.SEEK_SET)
            if os.read(file, 1) != b"\n":
                os.write(file, b"\n")
    finally:
        os.close(file)
