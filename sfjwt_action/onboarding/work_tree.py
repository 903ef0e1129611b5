"""Keep git from committing a private key that is written in a work tree."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sfjwt_action.inputs.problems import InvalidValue
from sfjwt_action.onboarding.atomic_files import NewFile
from sfjwt_action.process import child_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_OUTSIDE = "Choose a directory outside the work tree."


@dataclass(frozen=True)
class WorkTree:
    """A git work tree.

    Attributes:
        root: Its top directory.
        environ: The environment of git.
    """

    root: Path
    environ: Mapping[str, str]

    @property
    def gitignore(self) -> Path:
        """The file that lists what git doesn't commit."""
        return self.root / ".gitignore"

    def may_commit(self, path: Path) -> bool:
        """Return whether git would commit a file, because it isn't ignored or is tracked already.

        Raises:
            InvalidValue: git can't say.
        """
        answer = self._git("check-ignore", "--quiet", str(path))
        if answer.returncode not in {0, 1}:
            raise self._unanswered(answer.stderr.strip())
        return answer.returncode == 1

    def is_tracked(self, path: Path) -> bool:
        """Return whether git tracks a file, in which case ignoring it wouldn't help.

        Raises:
            InvalidValue: git can't say.
        """
        return bool(self._git("--literal-pathspecs", "ls-files", "--", str(path)).stdout)

    def can_ignore(self, path: Path) -> bool:
        """Return whether a line in the top .gitignore would exclude a file.

        No line can hold a line break, and a .gitignore in a subdirectory that includes the file again wins.

        Raises:
            InvalidValue: git can't say.
        """
        source, _, _ = self._git("check-ignore", "--verbose", str(path)).stdout.partition(":")
        included_again = source.endswith(("/.gitignore", '/.gitignore"')) and not source.startswith("/")
        return "\n" not in str(path.relative_to(self.root)) and not included_again

    def _git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["git", *arguments]
        try:
            return subprocess.run(  # noqa: S603 -- the arguments are ours
                command, cwd=self.root, env=self.environ, capture_output=True, text=True, check=False
            )
        except OSError:
            raise self._unanswered("git isn't installed") from None

    def _unanswered(self, why: str) -> InvalidValue:
        return InvalidValue(
            f"{self.root} is a git work tree, but git can't say whether it would commit a key there: {why}.",
            _OUTSIDE,
        )


def find_work_tree(directory: Path, environ: Mapping[str, str]) -> WorkTree | None:
    """Find the work tree that a directory is in. The directory may not exist yet.

    Args:
        directory: An absolute path without symbolic links.
        environ: Our environment.
    """
    # Without its GIT_ variables: in a hook, they are about the repository that runs it.
    minimal = child_environment(environ)
    above = (directory, *directory.parents)
    found = next((WorkTree(root, minimal) for root in above if (root / ".git").exists()), None)
    return found or _work_tree_of_environment(directory, environ)


def _work_tree_of_environment(directory: Path, environ: Mapping[str, str]) -> WorkTree | None:
    """Find a work tree without a `.git`, which GIT_DIR and GIT_WORK_TREE name, such as one for dotfiles."""
    names = {name: environ[name] for name in ("GIT_DIR", "GIT_WORK_TREE") if environ.get(name)}
    if "GIT_DIR" not in names:
        return None
    minimal = child_environment(environ)
    here = WorkTree(Path.cwd(), minimal | names)
    answer = here._git("rev-parse", "--show-toplevel", "--absolute-git-dir")  # noqa: SLF001 -- of this module
    if answer.returncode:
        return None
    root, git_dir = answer.stdout.removesuffix("\n").rsplit("\n", 1)
    absolute = {"GIT_DIR": git_dir, "GIT_WORK_TREE": root}
    return WorkTree(Path(root), minimal | absolute) if directory.is_relative_to(root) else None


def exposed(work_tree: WorkTree, paths: Sequence[Path]) -> list[Path]:
    """Return the files that git would commit.

    Raises:
        InvalidValue: git tracks one of them, or can't say.
    """
    for path in paths:
        if work_tree.is_tracked(path):
            raise InvalidValue(
                f"git tracks {path}, so it would commit every change.",
                "Remove it with `git rm --cached`, and don't use that key anymore: it is in the history.",
            )
    return [path for path in paths if work_tree.may_commit(path)]


def ignoring(work_tree: WorkTree, paths: Sequence[Path]) -> NewFile:
    """Return a .gitignore that excludes these files, with all lines of the present one.

    Raises:
        InvalidValue: No line can exclude them, or the present file can't be read.
    """
    for path in paths:
        if not work_tree.can_ignore(path):
            raise InvalidValue(
                f"No line in {work_tree.gitignore} can exclude {path}: the path has a line break, or another "
                ".gitignore includes it again.",
                _OUTSIDE,
            )
    try:
        now = work_tree.gitignore.read_bytes() if work_tree.gitignore.exists() else b""
    except OSError as error:
        raise InvalidValue(f"Can't read {work_tree.gitignore}: {error.strerror}.", "Check its permissions.") from None
    separator = b"\n" if now and not now.endswith(b"\n") else b""
    lines = "".join(f"{line}\n" for line in patterns(work_tree, paths))
    return NewFile(work_tree.gitignore, now + separator + lines.encode(), replaces=True)


def patterns(work_tree: WorkTree, paths: Sequence[Path]) -> list[str]:
    """Return patterns for .gitignore that match the paths (gitignore(5)), one for all keys in a directory."""
    parents = [(_escaped(path.relative_to(work_tree.root).parent.as_posix()), path) for path in paths]
    lines = [f"/{parent}/{'*.key' if path.suffix == '.key' else _escaped(path.name)}" for parent, path in parents]
    return list(dict.fromkeys(line.replace("/./", "/", 1) for line in lines))


def _escaped(path: str) -> str:
    return "".join(f"\\{letter}" if letter in "\\*?[ " else letter for letter in path)
