"""Azure Pipelines: logging commands.

Source: microsoft/azure-pipelines-agent, `Command`, `CommandStringConvertor`, `TaskCommandExtension` and
`ExecutionContext.SetVariable`. A command may stand anywhere in a line of standard output, or of standard error where
the task passes that on: Bash@3 does, and tasks that run on Node. A secret of more than one line fails the command, and
a command that fails is printed in full.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sfjwt_action.ci.console import Console
from sfjwt_action.ci.escaping import escape_commands
from sfjwt_action.ci.variables import TOKEN, is_secret, require_single_line, secrets, variables
from sfjwt_action.report.layout import annotation

if TYPE_CHECKING:
    from sfjwt_action.inputs.settings import Settings
    from sfjwt_action.report.story import Story
    from sfjwt_action.salesforce.session import Session

# The percent sign first, since the others' replacements hold one.
_ESCAPES = {"%": "%AZP25", ";": "%3B", "\r": "%0D", "\n": "%0A", "]": "%5D"}


class Azure(Console):
    """Publishes variables of the job and outputs of the step, secret ones masked."""

    masking_warning = ""

    def debug(self, line: str) -> None:
        """Show a detail, which Azure shows with `System.Debug`."""
        _command("task.debug", escape_commands(line))

    def warning(self, title: str, message: str) -> None:
        """Show a warning with the run."""
        _command("task.logissue", escape_commands(f"{title}: {message}"), type="warning")

    def fail(self, story: Story) -> None:
        """Show the story in the log, and an error on the run's page."""
        super().fail(story)
        self.highlight(story)

    def highlight(self, story: Story) -> None:
        """Show an error on the run's page."""
        if story.advice:
            _command("task.logissue", escape_commands(f"{story.title}: {annotation(story)}"), type="error")

    def mask(self, session: Session, settings: Settings) -> None:
        """Mask the login's secrets in the log, from the next line on.

        Raises:
            InvalidInput: Azure can't mask one.
        """
        for secret in [require_single_line(TOKEN, secret) for secret in secrets(session, settings)]:
            _command("task.setsecret", secret)

    def _print(self, escaped: str) -> None:
        """Print to standard output, which Azure reads commands from."""
        _print(escaped)

    def publish(self, session: Session, settings: Settings) -> str:
        """Set the variables `SF_…` for later steps of the job, and, as outputs of this step, for other jobs."""
        for name, value in variables(session, settings).items():
            secret = str(is_secret(name, settings)).lower()
            _command("task.setvariable", value, variable=name, issecret=secret)
            _command("task.setvariable", value, variable=name, issecret=secret, isoutput="true")
        return (
            f"In later steps of this job, map the variables under `env:`, such as `{TOKEN}: $({TOKEN})`. Azure doesn't "
            "export secrets by itself."
        )


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


make_publisher = Azure
