"""The context of `sfjwt init`: its environment, its terminal, and how it writes files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfjwt_action.inputs.problems import InvalidInput, InvalidValue, Problem
from sfjwt_action.inputs.quoting import quote
from sfjwt_action.onboarding import work_tree
from sfjwt_action.onboarding.app_metadata import GLOBAL_OAUTH_SUFFIX
from sfjwt_action.onboarding.atomic_files import ANOTHER_DIRECTORY, NewFile, require_absent, write_atomically
from sfjwt_action.onboarding.questions import Question, ask_until_valid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from pathlib import Path


@dataclass(frozen=True)
class Context:
    """The context of a command.

    Attributes:
        environ: The environment.
        now: The time, in UTC.
        ask: Shows a prompt and returns the answer; None without a terminal.
        say: Prints a line.
        force: Replace existing files.
        gitignore: Add what git must not commit to .gitignore.
        flag: The flag that names the directory, for messages.
    """

    environ: Mapping[str, str]
    now: datetime
    ask: Callable[[str], str] | None
    say: Callable[[str], None]
    force: bool = False
    gitignore: bool = False
    flag: str = "--out"


def write_files(
    directory: Path, files: list[NewFile], context: Context, *, if_present: str = ANOTHER_DIRECTORY
) -> None:
    """Write all files or none, unless some exist or git would commit a private key.

    Args:
        directory: The directory that they are in.
        files: The files.
        context: The context.
        if_present: The remedy to report if some exist.

    Raises:
        InvalidInput: Some exist, git would commit one that it must not, or they can't be written.
    """
    try:
        require_absent(files, if_present)
        write_atomically([*files, *_gitignore(directory.resolve(), files, context)])
    except InvalidValue as error:
        raise InvalidInput([Problem(context.flag, error.found, error.remedy)]) from None


def _gitignore(directory: Path, files: Iterable[NewFile], context: Context) -> list[NewFile]:
    """Return the new .gitignore, if one is needed.

    Raises:
        InvalidValue: git would commit a file that it must not, and .gitignore may not be changed.
    """
    tree = work_tree.find_work_tree(directory, context.environ)
    if tree is None:
        return []
    exposed = work_tree.exposed(tree, [file.path.resolve() for file in files if _must_not_be_committed(file)])
    if not exposed:
        return []
    refusal = work_tree.refusal(tree, exposed)
    if not (context.gitignore or (context.ask and _agreed(context.ask, refusal.found))):
        raise refusal
    return [work_tree.ignoring(tree, exposed)]


def _must_not_be_committed(file: NewFile) -> bool:
    """Return whether it is a private key, or new metadata that holds the consumer key once retrieved from an org."""
    return file.is_private or (file.path.name.endswith(GLOBAL_OAUTH_SUFFIX) and not file.path.exists())


def _agreed(ask: Callable[[str], str], found: str) -> bool:
    text = f"{found}\nAdd to .gitignore what keeps it from that (y or n)"
    return bool(ask_until_valid(Question("--gitignore", text, "n", _yes), ask))


def _yes(text: str) -> bool:
    if text.lower() not in {"y", "yes", "n", "no"}:
        raise InvalidValue(f"It is {quote(text, ('y', 'n', 'yes', 'no'))}.", "Answer y or n.")
    return text.lower().startswith("y")
