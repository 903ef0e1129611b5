"""What a CI system does for a login: show it to people, and pass it to later steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sfjwt_action.transport import Log

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sfjwt_action.inputs.problems import Problem
    from sfjwt_action.inputs.settings import Settings
    from sfjwt_action.report.story import Story
    from sfjwt_action.salesforce.session import Session


class Reporter(Log, Protocol):
    """Shows a run to people, and masks its secrets."""

    def fail(self, story: Story) -> None:
        """Show why the run failed, as prominently as the system can."""
        ...

    def succeed(self, story: Story) -> None:
        """Show that the login succeeded."""
        ...

    def highlight(self, story: Story) -> None:
        """Show a story where the system shows results beside the log, if it does."""
        ...

    def mask(self, session: Session, settings: Settings) -> None:
        """Mask a login's secrets in the log from now on, or warn that the system can't.

        Call it before anything that could show them.

        Raises:
            InvalidInput: The system failed to mask them.
        """
        ...


class Publisher(Reporter, Protocol):
    """A CI system's channels: its log, its annotations, and its way to pass values to later steps.

    Args:
        environ: The environment.
    """

    def __init__(self, environ: Mapping[str, str]) -> None: ...

    def preflight(self, settings: Settings) -> Iterator[Problem]:
        """Report what would prevent publishing, before the login."""
        ...

    def publish(self, session: Session, settings: Settings) -> str:
        """Pass a login, whose secrets are masked by now, to later steps.

        Args:
            session: The session.
            settings: What to export.

        Returns:
            How later steps use it, in a line; empty if there is nothing to say.

        Raises:
            InvalidInput: The system's channel can't be written. Nothing of the login is left in it.
        """
        ...
