"""Numbered steps, laid out for a terminal and for Markdown."""

from __future__ import annotations

import shlex
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_WIDTH = 100


@dataclass(frozen=True)
class Step:
    """One thing to do.

    Attributes:
        what: What to do, a sentence.
        how: Details, in sentences of Markdown, such as paths of menus.
        commands: The commands that do it.
    """

    what: str
    how: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


def as_text(steps: Iterable[Step]) -> list[str]:
    """Number the steps, for a terminal. A command stays on one line, so that it can be copied."""
    lines = []
    for number, step in enumerate(steps, start=1):
        lines += _wrapped(step.what, f"{number:>2}. ", "    ")
        for sentence in step.how:
            lines += _wrapped(sentence.replace("**", ""), "    - ", "      ")
        lines += [f"      {command}" for command in step.commands]
    return lines


def as_markdown(steps: Iterable[Step]) -> list[str]:
    """Number the steps, for a file."""
    lines = []
    for number, step in enumerate(steps, start=1):
        lines += [f"{number}. {step.what}", *(f"   - {sentence}" for sentence in step.how)]
        if step.commands:
            lines += ["", *(f"   {line}" for line in shell(step.commands))]
        lines.append("")
    return lines


def shell(commands: Iterable[str]) -> list[str]:
    """Fence commands in Markdown."""
    return ["```sh", *commands, "```"]


def where_to_run(directory: Path) -> str:
    """Return where to run the commands, which name the files of a directory by their paths."""
    return (
        f"Run the commands in the directory that contains `{directory}`."
        if directory.name
        else "Run the commands in this directory."
    )


def enter(directory: Path) -> str:
    """Return the start of a command that runs in a directory; empty for the current one."""
    return f"cd {shlex.quote(str(directory))} && " if directory.name else ""


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
