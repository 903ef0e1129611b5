"""A login in a general format, on standard output or in a file; what is meant for people goes to standard error."""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Protocol

from sfjwt_action.ci.handover import cannot_export
from sfjwt_action.settings import BadInput, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sfjwt_action.ci import Announcer
    from sfjwt_action.report import Story
    from sfjwt_action.session import Session
    from sfjwt_action.settings import Settings


class Writer(Protocol):
    """How a format is written: its module."""

    def render(self, session: Session, settings: Settings) -> str:
        """Write a login.

        Raises:
            BadInput: The format has no way to write it.
        """
        ...

    def write(self, path: Path, text: str) -> None:
        """Put what was rendered into a file: after what it holds, or in its place.

        Raises:
            BadInput: The file cannot be written; it is left as it was.
        """
        ...


class Format:
    """Masks and tells as the CI system does, and publishes in a format of its own.

    Standard output is the login's alone, so that `$(…)` and pipes work. Systems read their commands from standard
    error as well.

    Args:
        system: The CI system that was recognised, or a plain log.
        writer: Writes a login in the format.
        export_file: Where it goes; None for standard output.
    """

    def __init__(self, system: Announcer, writer: Writer, export_file: Path | None) -> None:
        self._system = system
        self._writer = writer
        self._export_file = export_file

    def obstacles(self, settings: Settings) -> Iterator[Problem]:
        """Tell what cannot be had in a format, and whether the file can be written."""
        if settings.revoke_token:
            yield Problem(
                "revoke-token",
                "With --export, nothing of ours runs when the job ends.",
                "Leave it out, and run `sfjwt revoke` in a last step that always runs.",
            )
        if self._export_file and (obstacle := cannot_export(self._export_file)):
            yield obstacle

    def debug(self, line: str) -> None:
        """Show a detail, as the system does."""
        with redirect_stdout(sys.stderr):
            self._system.debug(line)

    def info(self, line: str) -> None:
        """Show a line, as the system does."""
        with redirect_stdout(sys.stderr):
            self._system.info(line)

    def warning(self, title: str, message: str) -> None:
        """Show what will need care, as the system does."""
        with redirect_stdout(sys.stderr):
            self._system.warning(title, message)

    def fail(self, story: Story) -> None:
        """Tell why the run failed, as the system does."""
        with redirect_stdout(sys.stderr):
            self._system.fail(story)

    def succeed(self, story: Story) -> None:
        """Tell that the login succeeded, as the system does."""
        with redirect_stdout(sys.stderr):
            self._system.succeed(story)

    def mask(self, session: Session, settings: Settings) -> None:
        """Mask the login's secrets, as the system does."""
        with redirect_stdout(sys.stderr):
            self._system.mask(session, settings)

    def publish(self, session: Session, settings: Settings) -> None:
        """Write the login.

        Raises:
            BadInput: The login, the file or standard output cannot be written; a file is left as it was.
        """
        text = self._writer.render(session, settings)
        if self._export_file:
            self._writer.write(self._export_file, text)
        else:
            _print(text)


def _print(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        # What could not be written would be tried once more at the very end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        found = f"It can no longer be written: {error.strerror}."
        raise BadInput([Problem("standard output", found, "Make room on the disk.")]) from None
