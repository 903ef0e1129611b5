"""How a story is laid out: as an annotation, as lines for a terminal or a log, as Markdown for a step summary."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sfjwt_action.report.story import Story

TERMINAL_WIDTH = 80
_UNBROKEN = "\N{NO-BREAK SPACE}"
_MARKDOWN = (
    r"(?i)(?P<code>(?<!`)`[^`]+`(?!`))"
    r"|(?P<email>[\w.+'-]*@([\w.-]*\w)?)"
    r"|[\\*_\[\]<>|#~&`]|(?<=:)/(?=/)|(?<=www)\."
)


def annotation(story: Story) -> str:
    """Lay out a story as an annotation: all invalid inputs, or the two likeliest causes and their fixes."""
    lines = [story.lead]
    for number, advice in enumerate(story.advice[:2] if story.is_choice else story.advice):
        heading = _heading(story, number)
        lines += [f"{heading}: {advice.problem}" if heading else advice.problem, *numbered(advice.fix)]
    lines += [f"More: {story.link}"] if story.link else []
    return "\n".join(lines)


def text(story: Story) -> list[str]:
    """Lay out all of a story in lines of a terminal's width. The first is its title."""
    lines = [story.title, *wrapped(story.lead)]
    for number, advice in enumerate(story.advice):
        heading = _heading(story, number)
        lines += ["", *wrapped(f"{heading}: {advice.problem}" if heading else advice.problem)]
        hanging = "   " if len(advice.fix) > 1 else ""
        lines += [line for step in numbered(advice.fix) for line in wrapped(step, hanging=hanging)]
    lines += [""] if story.facts else []
    lines += [line for name, value in story.facts for line in wrapped(f"{name}: {value}", hanging="  ")]
    return [*lines, "", f"More: {story.link}"] if story.link else lines


def markdown(story: Story) -> str:
    """Lay out all of a story as Markdown, for a step summary."""
    lines = [f"### {story.title}", "", _escape_markdown(story.lead), ""]
    for number, advice in enumerate(story.advice):
        heading = _heading(story, number)
        problem = _escape_markdown(f"{heading}: {advice.problem}" if heading else advice.problem)
        steps = [_escape_markdown(step) for step in numbered(advice.fix)]
        lines += [f"**{problem}**", "", *steps, ""] if steps else [problem, ""]
    if story.facts:
        lines += [
            "| Detail | Value |",
            "|---|---|",
            *(f"| {_escape_markdown(name)} | {_cell(value)} |" for name, value in story.facts),
            "",
        ]
    if story.link:
        lines += [f"[More on this]({story.link})" if "://" in story.link else f"More: {story.link}", ""]
    return "\n".join(lines)


def _heading(story: Story, number: int) -> str:
    if not story.is_choice or len(story.advice) == 1:
        return ""
    return "Or" if number else "Likeliest cause"


def numbered(steps: tuple[str, ...]) -> list[str]:
    """Number the steps of a fix if there are several."""
    if len(steps) == 1:
        return list(steps)
    return [f"{number}. {step}" for number, step in enumerate(steps, start=1)]


def wrapped(line: str, width: int = TERMINAL_WIDTH, *, hanging: str = "") -> list[str]:
    """Wrap a line, but never a command between backticks, so that it can be copied.

    Args:
        line: The line.
        width: Characters per line, at most.
        hanging: The indent of the second line and those after it.
    """
    unbroken = re.sub("`[^`]*`", lambda quoted: quoted[0].replace(" ", _UNBROKEN), line)
    lines = textwrap.wrap(unbroken, width, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)
    return [part.replace(_UNBROKEN, " ") for part in lines]


def _escape_markdown(words: str) -> str:
    """Escape text from elsewhere, so that it isn't Markdown, HTML or a link. Code between backticks stays code."""

    def escape(match: re.Match[str]) -> str:
        if match["code"]:
            return match[0]
        # Between backticks, because GitHub would make a mailto link of a username.
        return f"`{match[0]}`" if match["email"] else f"\\{match[0]}"

    return re.sub(_MARKDOWN, escape, words)


def _cell(value: str) -> str:
    return "`" + value.replace("`", "'").replace("|", "\\|") + "`"
