"""Where, when and how a command runs, and what follows from that for the files that it writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfjwt_action.onboarding import work_tree
from sfjwt_action.onboarding.app_metadata import GLOBAL_OAUTH_SUFFIX
from sfjwt_action.onboarding.placing import ANOTHER_DIRECTORY, NewFile, check_free, put_in_place
from sfjwt_action.onboarding.questions import Question, ask_until_usable
from sfjwt_action.settings import BadInput, Problem, Unusable, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from pathlib import Path


@dataclass(frozen=True)
class Circumstances:
    """Where, when and how a command runs.

    Attributes:
        environ: The environment.
        now: The time, in UTC.
        ask: Shows a prompt and returns what a person typed; None where nobody can be asked.
        say: Shows a line.
        force: Files that are in the way give way.
        gitignore: What git must not commit may be added to .gitignore.
        flag: The flag that says where to write, for messages.
    """

    environ: Mapping[str, str]
    now: datetime
    ask: Callable[[str], str] | None
    say: Callable[[str], None]
    force: bool = False
    gitignore: bool = False
    flag: str = "--out"


def place(directory: Path, files: list[NewFile], around: Circumstances, *, if_taken: str = ANOTHER_DIRECTORY) -> None:
    """Put files in place, unless some are in the way, or git would commit what nobody else may see.

    Args:
        directory: Where they go.
        files: The files.
        around: Where, when and how.
        if_taken: What to do where some are in the way.

    Raises:
        BadInput: So it is, or they cannot be written.
    """
    try:
        check_free(files, if_taken)
        put_in_place([*files, *_kept_from_git(directory.resolve(), files, around)])
    except Unusable as error:
        raise BadInput([Problem(around.flag, error.found, error.remedy)]) from None


def _kept_from_git(directory: Path, files: Iterable[NewFile], around: Circumstances) -> list[NewFile]:
    """Return the .gitignore that is needed, if any.

    Raises:
        Unusable: git would commit a file that it must not, and nobody allows to change .gitignore.
    """
    tree = work_tree.find_work_tree(directory, around.environ)
    if tree is None:
        return []
    exposed = work_tree.exposed(tree, [file.path.resolve() for file in files if _stays_out_of_git(file)])
    if not exposed:
        return []
    refusal = work_tree.refusal(tree, exposed)
    if not (around.gitignore or (around.ask and _agreed(around.ask, refusal.found))):
        raise refusal
    return [work_tree.ignoring(tree, exposed)]


def _stays_out_of_git(file: NewFile) -> bool:
    """Whether it is a private key, or new metadata that will hold the consumer key once it is retrieved from an org."""
    return file.is_private or (file.path.name.endswith(GLOBAL_OAUTH_SUFFIX) and not file.path.exists())


def _agreed(ask: Callable[[str], str], found: str) -> bool:
    text = f"{found}\nAdd to .gitignore what keeps it from that (y or n)"
    return bool(ask_until_usable(Question("--gitignore", text, "n", _yes), ask))


def _yes(text: str) -> bool:
    if text.lower() not in {"y", "yes", "n", "no"}:
        raise Unusable(f"It is {shown(text)}.", "Answer y or n.")
    return text.lower().startswith("y")
