"""Escape workflow commands in text that contains input or server text."""

from __future__ import annotations

import re


def escape_commands(line: str) -> str:
    """Return a line without anything that a CI system would run as a command.

    GitHub reads `::` at the start of a line and `##[` anywhere, Azure `##vso[` and `##[` anywhere, TeamCity
    `##teamcity[`. .NET compares text as people read it, past characters that they don't see, so these become spaces.
    """
    visible = "".join(character if character.isprintable() or character in "\n\t" else " " for character in line)
    visible = re.sub("#(?=#)", "# ", visible)
    return re.sub(r"^(\s*):(?=:)", r"\1: ", visible, flags=re.MULTILINE)


def escape_json(document: str) -> str:
    """Return a JSON document with the same content, without anything that a CI system would run as a command.

    `##` and `::` can only stand in its strings, where an escape doesn't change the value.
    """
    return document.replace("##", "#\\u0023").replace("::", ":\\u003a")
