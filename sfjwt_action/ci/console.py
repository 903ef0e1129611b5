"""A log that people read: plain lines on stderr. Systems with no commands of their own use it, and so do terminals."""

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


class Console:
    """Shows what happens, for a system that masks nothing.

    Args:
        environ: The environment; with `RUNNER_DEBUG=1` details are shown as well.
    """

    unmasked = "No CI system was recognised here that could mask the access token. Print it nowhere."
    """What it means that the system masks nothing, and what to do: sentences. Empty where it does mask."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        # https://no-color.org
        self._has_colours = sys.stderr.isatty() and not environ.get("NO_COLOR")

    def obstacles(self, settings: Settings) -> Iterator[Problem]:
        """Tell what was asked for that cannot be had here: GitHub alone has a post step."""
        if settings.revoke_token:
            yield Problem(
                "revoke-token",
                "Only GitHub Actions runs something of ours when the job ends.",
                "Leave it out, and run `sfjwt revoke` in a last step that always runs.",
            )

    def debug(self, line: str) -> None:
        """Show a detail, if they were asked for."""
        if self._environ.get("RUNNER_DEBUG") == "1":
            self.info(line)

    def info(self, line: str) -> None:
        """Show a line."""
        print(line, file=sys.stderr, flush=True)

    def warning(self, title: str, message: str) -> None:
        """Show what will need care."""
        self.info(f"Warning: {title}\n{message}")

    def fail(self, story: Story) -> None:
        """Tell why the run failed."""
        self._tell(story)

    def succeed(self, story: Story) -> None:
        """Tell that the login succeeded."""
        self._tell(story)

    def mask(self, _session: Session, _settings: Settings) -> None:
        """Warn that nothing is masked; a person at a terminal sees what they do."""
        if self.unmasked and not sys.stderr.isatty():
            self.warning("Salesforce login: not masked", self.unmasked)

    def _tell(self, story: Story) -> None:
        self.info("\n".join(report.text(story, colour=self._has_colours)))


class Terminal(Console):
    """A person's terminal, or a system that is not known, and no `--export`: the login is made, and kept."""

    unmasked = ""

    def obstacles(self, settings: Settings) -> Iterator[Problem]:
        """Tell what was asked for that only a CI system can give."""
        if settings.export_env:
            yield Problem(
                "export-env", "No CI system was recognised here that could do it.", f"Leave it out, or {_ASK}."
            )
        yield from super().obstacles(settings)

    def succeed(self, story: Story) -> None:
        """Tell that the login succeeded, and that nobody has it now."""
        super().succeed(story)
        words = f"Nothing was published: no CI system was recognised here. To have it, {_ASK}."
        if self._environ.get("CI", "") in {"", "false"}:  # what nearly all of them set
            self.info(f"\n{words}")
        else:
            self.warning("Salesforce login: not handed on", f"{words} See docs/other-ci.md, “Where a login goes”.")

    def publish(self, session: Session, settings: Settings) -> None:
        """Keep it: a token on a terminal would stay in its scrollback, and nobody asked for it."""


_ASK = "give --export shell, dotenv or json"


class Elsewhere(Console):
    """The log of a system that masks what goes its own way, and of a login that goes another."""

    unmasked = (
        "This system masks only what is handed on in its own way, and `--export` took another. Print it nowhere, or "
        "leave `--export` out."
    )


class NoChannel(Console):
    """A system that has no safe way of its own to hand on a secret: a login goes to the file of `--export-file`.

    A system is a subclass.
    """

    export_format: str
    """What the file is written in, one of the formats of `--export`."""
    found: str
    """What is wrong where no file is named, a sentence."""
    remedy: str
    """And how to put it right."""

    def obstacles(self, settings: Settings) -> Iterator[Problem]:
        """Tell that no file was named."""
        yield from super().obstacles(settings)
        yield Problem("export-file", self.found, self.remedy)

    def publish(self, session: Session, settings: Settings) -> None:
        """Do nothing: the obstacle ended the run before."""
