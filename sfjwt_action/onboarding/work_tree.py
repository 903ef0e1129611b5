"""Whether git would commit a private key that is written here."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfjwt_action.inputs.problems import InvalidValue
from sfjwt_action.onboarding.atomic_files import NewFile
from sfjwt_action.process import child_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_ELSEWHERE = "Give a directory outside of the work tree with --out; or give --gitignore to add {lines} to {gitignore}."


@dataclass(frozen=True)
class WorkTree:
    """A git work tree.

    Attributes:
        root: Its top directory.
        environ: The environment in which to run git.
    """

    root: Path
    environ: Mapping[str, str]

    @property
    def gitignore(self) -> Path:
        """Its list of what not to commit."""
        return self.root / ".gitignore"

    def may_commit(self, path: Path) -> bool:
        """Whether git would take a file into a commit: it is not ignored, or it is tracked already.

        Raises:
            InvalidValue: git cannot be asked.
        """
        answer = self._git("check-ignore", "--quiet", str(path))
        if answer.returncode not in {0, 1}:
            raise self._cannot_ask(answer.stderr.strip())
        return answer.returncode == 1

    def is_tracked(self, path: Path) -> bool:
        """Whether git has a file already, so that ignoring it would not help.

        Raises:
            InvalidValue: git cannot be asked.
        """
        return bool(self._git("--literal-pathspecs", "ls-files", "--", str(path)).stdout)

    def can_ignore(self, path: Path) -> bool:
        """Whether a line of its .gitignore would keep a file from commits that git would take now.

        No line can hold a line break, and a .gitignore further down that takes the file back in has the last word.

        Raises:
            InvalidValue: git cannot be asked.
        """
        source, _, _ = self._git("check-ignore", "--verbose", str(path)).stdout.partition(":")
        is_taken_back = source.endswith(("/.gitignore", '/.gitignore"')) and not source.startswith("/")
        return "\n" not in str(path.relative_to(self.root)) and not is_taken_back

    def _git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        # Not its GIT_ variables either: in a hook, they are about the repository that runs it.
        environ = child_environment(self.environ)
        command = ["git", *arguments]
        try:
            return subprocess.run(  # noqa: S603 -- the arguments are ours
                command, cwd=self.root, env=environ, capture_output=True, text=True, check=False
            )
        except OSError:
            raise self._cannot_ask("git is not installed") from None

    def _cannot_ask(self, why: str) -> InvalidValue:
        return InvalidValue(
            f"{self.root} is a git work tree, and git cannot be asked whether a key in it would be committed: {why}.",
            "Give a directory outside of the work tree with --out.",
        )


def find_work_tree(directory: Path, environ: Mapping[str, str]) -> WorkTree | None:
    """Find the work tree that a directory, which need not be there yet, is in.

    Args:
        directory: An absolute path without symbolic links.
        environ: The environment in which to run git.
    """
    above = (directory, *directory.parents)
    return next((WorkTree(root, environ) for root in above if (root / ".git").exists()), None)


def exposed(work_tree: WorkTree, paths: Sequence[Path]) -> list[Path]:
    """Return the files that git would commit.

    Raises:
        InvalidValue: One of them is tracked, or git cannot be asked.
    """
    for path in paths:
        if work_tree.is_tracked(path):
            raise InvalidValue(
                f"git tracks {path}, so each change of it would be committed.",
                "Take it out of the repository first: `git rm --cached`; and since it was published, trust it no more.",
            )
    return [path for path in paths if work_tree.may_commit(path)]


def refusal(work_tree: WorkTree, paths: Sequence[Path]) -> InvalidValue:
    """Tell that files would be committed, and what keeps them from it."""
    lines = " and ".join(f"`{line}`" for line in _lines(work_tree, paths))
    return InvalidValue(
        f"git would commit {' and '.join(str(path) for path in paths)}, which the work tree {work_tree.root} does not "
        "ignore.",
        _ELSEWHERE.format(lines=lines, gitignore=work_tree.gitignore),
    )


def ignoring(work_tree: WorkTree, paths: Sequence[Path]) -> NewFile:
    """Make the .gitignore that keeps these files out of commits, with all that is in it now.

    Raises:
        InvalidValue: It would not keep them so, or what is there now cannot be read.
    """
    for path in paths:
        if not work_tree.can_ignore(path):
            raise InvalidValue(
                f"No line of {work_tree.gitignore} can keep {path} from commits: there is a line break in it, or a "
                ".gitignore further down takes it back in.",
                "Give a directory outside of the work tree with --out.",
            )
    try:
        now = work_tree.gitignore.read_bytes() if work_tree.gitignore.exists() else b""
    except OSError as error:
        raise InvalidValue(f"{work_tree.gitignore} cannot be read: {error.strerror}.", "Check the file.") from None
    separator = b"\n" if now and not now.endswith(b"\n") else b""
    lines = "".join(f"{line}\n" for line in _lines(work_tree, paths))
    return NewFile(work_tree.gitignore, now + separator + lines.encode(), replaces=True)


def _lines(work_tree: WorkTree, paths: Sequence[Path]) -> list[str]:
    """Patterns from the work tree's top directory (gitignore(5)); one for all keys in a directory, also later ones."""
    parents = [(_escaped(path.relative_to(work_tree.root).parent.as_posix()), path) for path in paths]
    patterns = [f"/{parent}/{'*.key' if path.suffix == '.key' else _escaped(path.name)}" for parent, path in parents]
    return list(dict.fromkeys(pattern.replace("/./", "/", 1) for pattern in patterns))


def _escaped(path: str) -> str:
    return "".join(f"\\{letter}" if letter in "\\*?[ " else letter for letter in path)
