"""Plain lines on stderr: for terminals, and for CI systems without commands of their own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sfjwt_action.ci.escaping import BOLD, escape_commands, styled
from sfjwt_action.inputs.problems import Problem
from sfjwt_action.report.layout import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sfjwt_action.inputs.settings import Settings
    from sfjwt_action.report.story import Story
    from sfjwt_action.salesforce.session import Session


class Console:
    """Shows a run for a system that masks nothing.

    Args:
        environ: The environment. `RUNNER_DEBUG=1` shows details.
    """

    masking_warning = "No CI system that can mask the access token was detected. Don't print it."
    """The warning that the system doesn't mask, in sentences. Empty if it masks."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def preflight(self, settings: Settings) -> Iterator[Problem]:
        """Report what isn't available here: only GitHub has a post step."""
        if settings.revoke_token:
            yield Problem(
                "revoke-token",
                "Only GitHub Actions runs a post step.",
                "Remove it, and run `sfjwt revoke` in a last step that always runs.",
            )

    def debug(self, line: str) -> None:
        """Show a detail if `RUNNER_DEBUG=1`."""
        if self._environ.get("RUNNER_DEBUG") == "1":
            self.info(line)

    def info(self, line: str) -> None:
        """Show a line."""
        self._print(escape_commands(line))

    def warning(self, title: str, message: str) -> None:
        """Show a warning."""
        self.info(f"Warning: {title}\n{message}")

    def fail(self, story: Story) -> None:
        """Show why the run failed."""
        self._show(story)

    def succeed(self, story: Story) -> None:
        """Show that the login succeeded."""
        self._show(story)

    def highlight(self, _story: Story) -> None:
        """Do nothing: there is only the log."""

    def mask(self, _session: Session, _settings: Settings) -> None:
        """Warn that nothing is masked, except on a terminal."""
        if self.masking_warning and not sys.stderr.isatty():
            self.warning("Salesforce login: not masked", self.masking_warning)

    def _show(self, story: Story) -> None:
        title, *rest = map(escape_commands, text(story))
        self._print("\n".join([styled(title, BOLD, sys.stderr, self._environ), *rest]))

    def _print(self, escaped: str) -> None:
        """Print to the log. A system whose log is another stream overrides this."""
        print(escaped, file=sys.stderr, flush=True)


class Terminal(Console):
    """A terminal or an unknown system, without `--export`: logs in, and publishes nothing."""

    masking_warning = ""

    def preflight(self, settings: Settings) -> Iterator[Problem]:
        """Report what only a CI system can do."""
        if settings.export_env:
            yield Problem(
                "export-env", "No CI system was detected, so there are no later steps.", f"Remove it, or {_ASK}."
            )
        yield from super().preflight(settings)

    def succeed(self, story: Story) -> None:
        """Show that the login succeeded, and that it wasn't exported."""
        super().succeed(story)
        words = f"The token wasn't exported because no CI system was detected. To export it, {_ASK}."
        if self._environ.get("CI", "") in {"", "false"}:  # nearly all CI systems set it
            self.info(f"\n{words}")
        else:
            self.warning("Salesforce login: not exported", f"{words} See docs/other-ci.md.")

    def publish(self, _session: Session, _settings: Settings) -> str:
        """Publish nothing: a token on a terminal would stay in its scrollback."""
        return ""


_ASK = "use --export shell, dotenv or json"


class UnmaskedConsole(Console):
    """The log of a system that only masks its own exports, for a login that is exported another way."""

    masking_warning = (
        "This system only masks what is exported with its own method, but `--export` selects another. Remove "
        "`--export`, or don't print the token."
    )


class ExportFileConsole(Console):
    """A system without a channel for secrets. A login goes to the file of `--export-file`.

    A subclass per system describes what to do.
    """

    export_format: str
    """The format of the file, one of the formats of `--export`."""
    found: str
    """The problem if no file is named, a sentence."""
    remedy: str
    """How to fix it."""

    def preflight(self, settings: Settings) -> Iterator[Problem]:
        """Report that no file was named."""
        yield from super().preflight(settings)
        yield Problem("export-file", self.found, self.remedy)

    def publish(self, _session: Session, _settings: Settings) -> str:
        """Do nothing, because `preflight` ends the run."""
        return ""
