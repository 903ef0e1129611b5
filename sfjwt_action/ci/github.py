"""GitHub Actions, and what runs its workflows: act, Gitea, Forgejo.

Workflow commands are written by actions-toolkit. What it leaves open is closed here: stdout is flushed after a mask,
a file that an earlier writer left without its last newline is mended, and text that came from elsewhere cannot pass
for a command. Rules: actions/runner, `ActionCommandManager` and `FileCommandManager`.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from actions_toolkit import core
from actions_toolkit.command import issue_command

from sfjwt_action import report, revocation
from sfjwt_action.settings import BadInput, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sfjwt_action.report import Story
    from sfjwt_action.session import Session
    from sfjwt_action.settings import Settings


class GitHub:
    """Publishes through workflow commands on stdout and the files that the runner names.

    Args:
        environ: The environment.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def obstacles(self, settings: Settings) -> Iterator[Problem]:
        """Tell which of the runner's files is missing: what would stand in for it is a command, in the log."""
        for name in _files_for(settings):
            path = self._environ.get(name)
            if not path:
                yield Problem(
                    name,
                    "The runner has set no such file.",
                    f"Update the runner; in a container that a step starts, pass {name} on, and mount its file.",
                )
            elif reason := _cannot_write(Path(path)):
                yield Problem(
                    name,
                    f"Its file {path} cannot be written: {reason}.",
                    "Run the container as root, as GitHub does, with the file's directory mounted.",
                )

    def info(self, line: str) -> None:
        """Show a line in the log."""
        core.info(_no_command(line))
        sys.stdout.flush()

    def debug(self, line: str) -> None:
        """Show a detail, which the runner keeps to itself unless debug logging is on."""
        core.debug(line)
        sys.stdout.flush()

    def warning(self, title: str, message: str) -> None:
        """Annotate the run with a warning."""
        _annotate("warning", title, message)

    def fail(self, story: Story) -> None:
        """Tell the whole story in the log and the step summary, and end with an annotation that stands on its own."""
        core.start_group("What happened, what it means, and what to do")
        for line in report.text(story):
            self.info(line)
        core.end_group()
        self._summarise(story)
        _annotate("error", story.title, report.annotation(story))

    def succeed(self, story: Story) -> None:
        """Tell it in a line of the log, and in the step summary."""
        self.info(story.lead)
        self._summarise(story)

    def _summarise(self, story: Story) -> None:
        if not self._environ.get("GITHUB_STEP_SUMMARY"):
            return
        path = Path(self._environ["GITHUB_STEP_SUMMARY"])
        try:
            _end_last_line(path)
            with path.open("a", encoding="utf-8") as file:
                file.write(report.markdown(story))
        except OSError as error:
            # The log has it all.
            self.debug(f"The step summary cannot be written: {error.strerror}.")

    def mask(self, session: Session, settings: Settings) -> None:
        """Mask the token, and the instance URL with its host unless that is not wanted; flush."""
        _mask(session.access_token)
        if settings.mask_instance_url:
            _mask(session.instance_url)
            _mask(session.instance_host)

    def publish(self, session: Session, settings: Settings) -> None:
        """Set the outputs, and what else was asked for.

        Raises:
            BadInput: A file of the runner's can no longer be written; it is left as it was.
        """
        files = {name: Path(self._environ[name]) for name in _files_for(settings)}
        for path in files.values():
            _end_last_line(path)
        sizes = {path: path.stat().st_size for path in files.values()}
        try:
            _write_records(session, settings)
        except OSError as error:
            for path, size in sizes.items():
                with suppress(OSError):  # what is no plain file keeps nothing
                    os.truncate(path, size)
            found = f"{', '.join(map(str, files.values()))} can no longer be written: {error.strerror}."
            raise BadInput([Problem(" and ".join(files), found, "Make room on the runner's disk.")]) from None
        if settings.export_env:
            self.info(f"For the sf CLI, in a later step: {report.SF_CLI_LOGIN}")


def _write_records(session: Session, settings: Settings) -> None:
    for name, value in session.outputs().items():
        if value:
            core.set_output(name, value)
    if settings.export_env:
        core.export_variable("SF_ACCESS_TOKEN", session.access_token)
        core.export_variable("SF_ORG_INSTANCE_URL", session.instance_url)
    if settings.revoke_token:
        for name, value in revocation.state_of(session, settings).items():
            core.save_state(name, value)


def _files_for(settings: Settings) -> list[str]:
    wanted = {"GITHUB_OUTPUT": True, "GITHUB_ENV": settings.export_env, "GITHUB_STATE": settings.revoke_token}
    return [name for name, is_wanted in wanted.items() if is_wanted]


def _cannot_write(path: Path) -> str:
    """Why a file cannot be written; empty if it can."""
    try:
        _end_last_line(path)
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def _annotate(level: str, title: str, message: str) -> None:
    # core.error() and core.warning() would add empty file and line properties.
    issue_command(level, {"title": title}, message)
    sys.stdout.flush()


def _mask(secret: str) -> None:
    core.set_secret(secret)
    # The mask must be in force before anything else is written anywhere.
    sys.stdout.flush()


def _end_last_line(path: Path) -> None:
    """End the file's last line, or the next record would become part of it; make the file if there is none."""
    with path.open("a+b") as file:
        if file.tell() == 0:
            return
        file.seek(-1, 2)
        if file.read(1) != b"\n":
            file.write(b"\n")


def _no_command(line: str) -> str:
    """Keep the runner from taking a line for a command: `::` at its start, `##[` anywhere."""
    line = line.replace("##[", "# #[")
    return line.replace("::", ": :", 1) if line.lstrip().startswith("::") else line
