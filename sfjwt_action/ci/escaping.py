"""Escape what a CI system or a terminal would take for a command, and style what was escaped.

A server or an input may have a part in any text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

BOLD = "1"
"""An SGR code (ECMA-48, 8.3.117)."""


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


def styled(escaped: str, style: str, stream: TextIO, environ: Mapping[str, str]) -> str:
    """Style text on a terminal that has colors (https://no-color.org).

    Args:
        escaped: The text, escaped already: escaping would take the style away.
        style: An SGR code; empty for none.
        stream: Where the text goes.
        environ: The environment.
    """
    if style and stream.isatty() and not environ.get("NO_COLOR"):
        return f"\033[{style}m{escaped}\033[0m"
    return escaped
