"""GitHub Actions, and runners that are compatible with it: act, Gitea, Forgejo.

actions-toolkit writes the workflow commands. This module closes its gaps: it flushes stdout after a mask, adds a
missing last newline to a file, and escapes commands in text from elsewhere.

Rules: actions/runner, `ActionCommandManager` and `FileCommandManager`. For Gitea and Forgejo also
`act/runner/command.go`
for the job's log, and `internal/pkg/report/reporter.go` for what the server shows.
"""

from __future__ import annotations

import errno
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from actions_toolkit import core
from actions_toolkit.command import issue_command

from sfjwt_action.ci.escaping import escape_commands
from sfjwt_action.ci.files import append_atomically, append_error, end_last_line
from sfjwt_action.ci.variables import secrets
from sfjwt_action.inputs.problems import Problem
from sfjwt_action.inputs.quoting import quote_path
from sfjwt_action.report.layout import annotation, markdown, text
from sfjwt_action.report.story import SF_CLI_LOGIN
from sfjwt_action.salesforce.revocation import post_step_state

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sfjwt_action.inputs.settings import Settings
    from sfjwt_action.report.story import Story
    from sfjwt_action.salesforce.session import Session

# Runners that set these don't run the post step of a container action, or run it without its state.
_WITHOUT_STATE = ("ACT", "GITEA_ACTIONS", "FORGEJO_ACTIONS")


class GitHub:
    """Publishes through workflow commands on stdout and the files that the runner names.

    Args:
        environ: The environment.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def preflight(self, settings: Settings) -> Iterator[Problem]:
        """Report which file of the runner is missing. actions-toolkit would print the token in a command instead."""
        files = _files_for(settings)
        if settings.revoke_token and not self._hands_on_state():
            files.remove("GITHUB_STATE")
            yield Problem(
                "revoke-token",
                "The post step isn't guaranteed to run here: the composite action has none, and act, Gitea and Forgejo "
                "may run it without its state.",
                "Remove it, and revoke the token in a last step, as docs/deploy.md shows.",
            )
        for name in files:
            path = self._environ.get(name)
            if not path:
                yield Problem(
                    name,
                    "The runner didn't set this variable.",
                    f"Update the runner. In a container that a step starts, pass {name} and mount its file.",
                )
            elif reason := append_error(Path(path)):
                yield Problem(
                    name,
                    f"Can't write {quote_path(path)}: {reason}.",
                    "Run the container as root, as GitHub does, and mount the file's directory.",
                )

    def _hands_on_state(self) -> bool:
        # composite/action.yml takes the state's file away.
        return bool(self._environ.get("GITHUB_STATE")) and not any(map(self._environ.get, _WITHOUT_STATE))

    def info(self, line: str) -> None:
        """Show a line in the log."""
        core.info(escape_commands(line))
        sys.stdout.flush()

    def debug(self, line: str) -> None:
        """Show a detail if debug logging is on."""
        core.debug(line)
        sys.stdout.flush()

    def warning(self, title: str, message: str) -> None:
        """Annotate the run with a warning."""
        self._annotate("warning", title, message)

    def fail(self, story: Story) -> None:
        """Show the story in the log and the step summary, and the likeliest cause in an annotation."""
        core.start_group("Cause and fix")
        for line in text(story):
            self.info(line)
        core.end_group()
        self._summarize(story)
        self._annotate("error", story.title, annotation(story))

    def succeed(self, story: Story) -> None:
        """Show it in a line of the log, and in the step summary."""
        self.info(f"{story.title}: {story.lead}")
        self._summarize(story)

    def highlight(self, story: Story) -> None:
        """Show a story in the step summary, and its problems in an annotation."""
        self._summarize(story)
        if story.advice:
            self._annotate("error", story.title, annotation(story))

    def _annotate(self, level: str, title: str, message: str) -> None:
        if self._environ.get("FORGEJO_ACTIONS"):
            # Forgejo has no annotations, and would show the command with its escapes.
            for line in f"{level.capitalize()}: {title}\n{message}".splitlines():
                self.info(line)
            return
        # core.error() and core.warning() would add empty file and line properties.
        issue_command(level, {"title": title}, message)
        sys.stdout.flush()

    def _summarize(self, story: Story) -> None:
        if not self._environ.get("GITHUB_STEP_SUMMARY"):
            return
        path = Path(self._environ["GITHUB_STEP_SUMMARY"])
        try:
            if path.exists() and not path.is_file():
                raise OSError(errno.EINVAL, "it isn't a regular file")  # noqa: TRY301 -- a pipe would block without a reader
            end_last_line(path)
            with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(markdown(story))
        except OSError as error:
            # The log already has everything.
            self.debug(f"Can't write the step summary: {error.strerror}.")

    def mask(self, session: Session, settings: Settings) -> None:
        """Mask the login's secrets."""
        for secret in secrets(session, settings):
            core.set_secret(secret)
        # The masks must work before anything else is written.
        sys.stdout.flush()

    def publish(self, session: Session, settings: Settings) -> str:
        """Set the outputs, and export variables and state if the settings ask for them.

        Raises:
            InvalidInput: A file of the runner can't be written anymore. All are left as they were.
        """
        with append_atomically({name: Path(self._environ[name]) for name in _files_for(settings)}):
            _write_records(session, settings)
        return f"To authorize the sf CLI in a later step: {SF_CLI_LOGIN}" if settings.export_env else ""


def _write_records(session: Session, settings: Settings) -> None:
    for name, value in session.outputs().items():
        if value:
            core.set_output(name, value)
    if settings.export_env:
        core.export_variable("SF_ACCESS_TOKEN", session.access_token)
        core.export_variable("SF_ORG_INSTANCE_URL", session.instance_url)
    if settings.revoke_token:
        for name, value in post_step_state(session, settings).items():
            core.save_state(name, value)


def _files_for(settings: Settings) -> list[str]:
    wanted = {"GITHUB_OUTPUT": True, "GITHUB_ENV": settings.export_env, "GITHUB_STATE": settings.revoke_token}
    return [name for name, is_wanted in wanted.items() if is_wanted]


make_publisher = GitHub
