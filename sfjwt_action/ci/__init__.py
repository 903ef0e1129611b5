"""CI systems: how each takes a login from us, and which one this is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sfjwt_action.ci.github import GitHub
from sfjwt_action.ci.terminal import Terminal
from sfjwt_action.token_endpoint import Log

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sfjwt_action.report import Story
    from sfjwt_action.session import Session
    from sfjwt_action.settings import Problem, Settings


class Publisher(Log, Protocol):
    """A CI system's channels: its log, its annotations, and its way to hand values to later steps."""

    def obstacles(self, settings: Settings) -> Iterator[Problem]:
        """Tell what would keep a login from being published, so that none is made in vain."""
        ...

    def fail(self, story: Story) -> None:
        """Tell why the run failed, as prominently as the system can."""
        ...

    def succeed(self, story: Story) -> None:
        """Tell that the login succeeded."""
        ...

    def mask(self, session: Session, settings: Settings) -> None:
        """Keep a login's secrets out of the log from now on. It comes before anything that could show them."""
        ...

    def publish(self, session: Session, settings: Settings) -> None:
        """Hand a login, whose secrets are masked, to later steps.

        Args:
            session: The login.
            settings: What is to be exported, and revoked in the end.

        Raises:
            BadInput: The system's channel can no longer be written; nothing of the login is left in it.
        """
        ...


EXPORTS = ("auto", "github")
"""What `--export` takes."""


def detect(environ: Mapping[str, str], export: str = "auto") -> Publisher:
    """Find the publisher of the CI system that this is, by the channel that the system names.

    Args:
        environ: The environment.
        export: One of `EXPORTS`: `auto` detects.
    """
    if export == "github" or "GITHUB_OUTPUT" in environ or environ.get("GITHUB_ACTIONS") == "true":
        return GitHub(environ)
    return Terminal(environ)
