"""Export in a general format, to standard output or a file. What people read goes to standard error."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Protocol

from sfjwt_action.ci.files import export_file_problem
from sfjwt_action.ci.stderr import StderrReporter
from sfjwt_action.inputs.problems import InvalidInput, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sfjwt_action.ci.publisher import Reporter
    from sfjwt_action.inputs.settings import Settings
    from sfjwt_action.salesforce.session import Session


class Formatter(Protocol):
    """A format: a module of this package."""

    def render(self, session: Session, settings: Settings) -> str:
        """Format a login.

        Raises:
            InvalidInput: The format can't hold it.
        """
        ...

    def write(self, path: Path, text: str) -> None:
        """Append the text to a file, or replace its content.

        Raises:
            InvalidInput: The file can't be written. It is left as it was.
        """
        ...


class FormatPublisher(StderrReporter):
    """Shows and masks a login as the CI system does, but on standard error, and exports it in a format.

    Args:
        reporter: The CI system that was detected, or a plain console.
        formatter: The format.
        export_file: The file to export to; None for standard output.
    """

    def __init__(self, reporter: Reporter, formatter: Formatter, export_file: Path | None) -> None:
        super().__init__(reporter)
        self._formatter = formatter
        self._export_file = export_file

    def preflight(self, settings: Settings) -> Iterator[Problem]:
        """Report what an export can't do, and whether the file can be written."""
        if settings.revoke_token:
            yield Problem(
                "revoke-token",
                "With --export, no post step runs.",
                "Remove it, and run `sfjwt revoke` in a last step that always runs.",
            )
        if self._export_file and (problem := export_file_problem(self._export_file)):
            yield problem

    def publish(self, session: Session, settings: Settings) -> str:
        """Export the login.

        Raises:
            InvalidInput: The file or standard output can't be written. A file is left as it was.
        """
        text = self._formatter.render(session, settings)
        if self._export_file:
            self._formatter.write(self._export_file, text)
        else:
            _print(text)
        return ""


def _print(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        # Python would try again to write the rest at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        found = f"Can't write it anymore: {error.strerror}."
        raise InvalidInput([Problem("standard output", found, "Free disk space.")]) from None
