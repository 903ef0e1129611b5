"""Azure Pipelines: logging commands on stdout.

Source: microsoft/azure-pipelines-agent, `Command` and `TaskCommandExtension`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sfjwt_action import report
from sfjwt_action.ci.console import Console
from sfjwt_action.ci.handover import TOKEN, secrets, variables

if TYPE_CHECKING:
    from sfjwt_action.report import Story
    from sfjwt_action.session import Session
    from sfjwt_action.settings import Settings

# The percent sign first, since the others' replacements hold one.
_ESCAPES = {"%": "%AZP25", ";": "%3B", "\r": "%0D", "\n": "%0A", "]": "%5D"}


class Azure(Console):
    """Publishes output variables, secret ones masked."""

    unmasked = ""

    def debug(self, line: str) -> None:
        """Show a detail, which Azure shows with `System.Debug`."""
        _command("task.debug", line)

    def info(self, line: str) -> None:
        """Show a line, which is not taken for a command."""
        _print(line.replace("##", "# #"))

    def warning(self, title: str, message: str) -> None:
        """Show a warning with the run."""
        _command("task.logissue", f"{title}: {message}", type="warning")

    def fail(self, story: Story) -> None:
        """Tell the whole story in the log, and show an error with the run."""
        super().fail(story)
        _command("task.logissue", f"{story.title}: {report.annotation(story)}", type="error")

    def mask(self, session: Session, settings: Settings) -> None:
        """Mask the login's secrets in the log, from the next line on."""
        for secret in secrets(session, settings):
            _command("task.setsecret", secret)

    def publish(self, session: Session, settings: Settings) -> None:
        """Set the output variables `SF_…` of this step."""
        for name, value in variables(session, settings).items():
            is_secret = name == TOKEN or settings.mask_instance_url
            _command("task.setvariable", value, variable=name, issecret=str(is_secret).lower(), isoutput="true")


def _command(name: str, data: str, **properties: str) -> None:
    written = "".join(f"{key}={_escaped(value)};" for key, value in properties.items())
    _print(f"##vso[{name}{' ' if written else ''}{written}]{_escaped(data)}")


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _escaped(text: str) -> str:
    for character, replacement in _ESCAPES.items():
        text = text.replace(character, replacement)
    return text


publisher = Azure
