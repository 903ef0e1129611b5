"""A login in a general format, on standard output or in a file; what is meant for people goes to standard error."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

from sfjwt_action.ci.handover import WRITABLE, append, cannot_append
from sfjwt_action.settings import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sfjwt_action.ci import Announcer
    from sfjwt_action.report import Story
    from sfjwt_action.session import Session
    from sfjwt_action.settings import Settings


class Format:
    """Masks and tells as the CI system does, and publishes in a format of its own.

    Standard output is the login's alone, so that `$(…)` and pipes work. Systems read their commands from standard
    error as well.

    Args:
        system: The CI system that was recognised, or a plain log.
        render: Writes a login in the format.
        export_file: Where to append it; None for standard output.
    """

    def __init__(self, system: Announcer, render: Callable[[Session, Settings], str], export_file: Path | None) -> None:
        self._system = system
        self._render = render
        self._export_file = export_file

    def obstacles(self, settings: Settings) -> Iterator[Problem]:
        """Tell what cannot be had in a format, and whether the file can be written."""
        if settings.revoke_token:
            yield Problem(
                "revoke-token",
                "With --export, nothing of ours runs when the job ends.",
                "Leave it out, and run `sfjwt revoke` in a last step that always runs.",
            )
        if self._export_file and (reason := cannot_append(self._export_file)):
            yield Problem("export-file", f"{self._export_file} cannot be written: {reason}.", WRITABLE)

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
            BadInput: The file can no longer be written; it is left as it was.
        """
        text = self._render(session, settings)
        if self._export_file:
            append({"export-file": (self._export_file, text)})
        else:
            sys.stdout.write(text)
            sys.stdout.flush()
