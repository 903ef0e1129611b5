"""The context of `sfjwt init`: its environment, its terminal, and how it writes files."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfjwt_action.inputs.problems import InvalidInput, InvalidValue, Problem
from sfjwt_action.onboarding import work_tree
from sfjwt_action.onboarding.app_metadata import GLOBAL_OAUTH_SUFFIX
from sfjwt_action.onboarding.atomic_files import ANOTHER_DIRECTORY, NewFile, require_absent, write_atomically
from sfjwt_action.onboarding.questions import confirm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from sfjwt_action.onboarding.work_tree import WorkTree


@dataclass(frozen=True)
class Context:
    """The context of a command.

    Attributes:
        environ: The environment.
        now: The time, in UTC.
        ask: Shows a prompt and returns the answer; None without a terminal.
        say: Prints a line.
        force: Replace existing files.
        flag: The flag that names the directory, for messages.
    """

    environ: Mapping[str, str]
    now: datetime
    ask: Callable[[str], str] | None
    say: Callable[[str], None]
    force: bool = False
    flag: str = "--out"


def agree_to_ignore(directory: Path, files: Iterable[NewFile], context: Context) -> bool:
    """Ask whether .gitignore may get the lines that keep secrets out of commits.

    Args:
        directory: The directory that the files are in.
        files: The files to write.
        context: The context.

    Returns:
        Whether it may. True if it needs no line, or if nobody can be asked.

    Raises:
        InvalidInput: git tracks one of the files, or can't be asked.
    """
    with _report_as(context.flag):
        tree, exposed = _exposed(directory, files, context)
    if tree is None or not exposed or context.ask is None:
        return True
    names = "".join(f"  {path.relative_to(tree.root)}\n" for path in exposed)
    these = "this file" if len(exposed) == 1 else f"these {_NUMBERS.get(len(exposed), len(exposed))} files"
    return confirm(
        context.ask,
        "git would commit what is secret now, or contains a secret once you retrieve the app from the org:\n"
        f"{names}Add {these} to .gitignore?",
    )


_NUMBERS = {2: "two", 3: "three"}


def write_files(
    directory: Path, files: list[NewFile], context: Context, *, if_present: str = ANOTHER_DIRECTORY
) -> None:
    """Write all files or none, with a .gitignore that keeps secrets out of commits.

    Args:
        directory: The directory that they are in.
        files: The files.
        context: The context.
        if_present: The remedy to report if some exist.

    Raises:
        InvalidInput: Some exist, git can't be kept from committing a secret, or they can't be written.
    """
    with _report_as(context.flag):
        require_absent(files, if_present)
        tree, exposed = _exposed(directory, files, context)
        ignored = [work_tree.ignoring(tree, exposed)] if tree and exposed else []
        write_atomically([*files, *ignored])
    if tree and exposed:
        context.say(f"Added to {tree.gitignore}: {', '.join(work_tree.patterns(tree, exposed))}")


@contextmanager
def _report_as(flag: str) -> Iterator[None]:
    """Report an invalid value as that of a flag."""
    try:
        yield
    except InvalidValue as error:
        raise InvalidInput([Problem(flag, error.found, error.remedy)]) from None


def _exposed(directory: Path, files: Iterable[NewFile], context: Context) -> tuple[WorkTree | None, list[Path]]:
    """Return the work tree that the directory is in, and the files that git would commit but must not."""
    tree = work_tree.find_work_tree(directory.resolve(), context.environ)
    if tree is None:
        return None, []
    return tree, work_tree.exposed(tree, [file.path.resolve() for file in files if _must_not_be_committed(file)])


def _must_not_be_committed(file: NewFile) -> bool:
    """Return whether it is a private key, or new metadata that holds the consumer key once retrieved from an org."""
    return file.is_private or (file.path.name.endswith(GLOBAL_OAUTH_SUFFIX) and not file.path.exists())
