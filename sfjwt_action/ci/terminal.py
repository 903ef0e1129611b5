"""A person's terminal, or a CI system that is not known: the log goes to stderr, and nothing is published."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sfjwt_action import report
from sfjwt_action.settings import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sfjwt_action.report import Story
    from sfjwt_action.session import Session
    from sfjwt_action.settings import Settings


class Terminal:
    """Shows what happens; a token on a terminal would stay in its scrollback, so it is kept.

    Args:
        environ: The environment; with `RUNNER_DEBUG=1` details are shown as well.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._shows_details = environ.get("RUNNER_DEBUG") == "1"
        # https://no-color.org
        self._has_colours = sys.stderr.isatty() and not environ.get("NO_COLOR")

    def obstacles(self, settings: Settings) -> Iterator[Problem]:
        """Tell what was asked for that only a CI system can give."""
        asked_for = {"export-env": settings.export_env, "revoke-token": settings.revoke_token}
        for name, is_asked_for in asked_for.items():
            if is_asked_for:
                yield Problem(name, "No CI system was recognised here that could do it.", "Leave it out.")

    def debug(self, line: str) -> None:
        """Show a detail, if they were asked for."""
        if self._shows_details:
            self.info(line)

    def info(self, line: str) -> None:
        """Show a line."""
        print(line, file=sys.stderr, flush=True)

    def warning(self, title: str, message: str) -> None:
        """Show what will need care."""
        self.info(f"Warning: {title}\n{message}")

    def fail(self, story: Story) -> None:
        """Tell why the run failed."""
        self.info("\n".join(report.text(story, colour=self._has_colours)))

    def succeed(self, story: Story) -> None:
        """Tell that the login succeeded, and that nobody has it now."""
        self.info("\n".join(report.text(story, colour=self._has_colours)))
        self.info("\nNothing was published: no CI system was recognised here, and no --export was given.")

    def mask(self, session: Session, settings: Settings) -> None:
        """Nothing of it is shown."""

    def publish(self, session: Session, settings: Settings) -> None:
        """Keep it: nobody asked for it."""
