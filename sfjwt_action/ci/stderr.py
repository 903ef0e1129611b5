"""A CI system's log on standard error, for commands whose standard output is their result."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sfjwt_action.ci.publisher import Reporter
    from sfjwt_action.inputs.settings import Settings
    from sfjwt_action.report.story import Story
    from sfjwt_action.salesforce.session import Session


class StderrReporter:
    """Reports as a CI system does, but on standard error, so that `$(…)` and pipes work.

    CI systems read their commands from standard error as well.

    Args:
        reporter: The CI system's reporter, or a plain console.
    """

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    def debug(self, line: str) -> None:
        """Show a detail, as the system does."""
        with redirect_stdout(sys.stderr):
            self._reporter.debug(line)

    def info(self, line: str) -> None:
        """Show a line, as the system does."""
        with redirect_stdout(sys.stderr):
            self._reporter.info(line)

    def warning(self, title: str, message: str) -> None:
        """Show a warning, as the system does."""
        with redirect_stdout(sys.stderr):
            self._reporter.warning(title, message)

    def fail(self, story: Story) -> None:
        """Show why the run failed, as the system does."""
        with redirect_stdout(sys.stderr):
            self._reporter.fail(story)

    def succeed(self, story: Story) -> None:
        """Show that the login succeeded, as the system does."""
        with redirect_stdout(sys.stderr):
            self._reporter.succeed(story)

    def highlight(self, story: Story) -> None:
        """Show a story beside the log, as the system does."""
        with redirect_stdout(sys.stderr):
            self._reporter.highlight(story)

    def mask(self, session: Session, settings: Settings) -> None:
        """Mask the login's secrets, as the system does."""
        with redirect_stdout(sys.stderr):
            self._reporter.mask(session, settings)
