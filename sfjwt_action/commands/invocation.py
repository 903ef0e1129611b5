"""One run of a command."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfjwt_action.ci.escaping import escape_commands, styled

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import SimpleNamespace

    from sfjwt_action.ci.publisher import Reporter
    from sfjwt_action.login import Plan


@dataclass
class Invocation:
    """What a command was called with, and what to report a failure with.

    Attributes:
        options: The flags, by attribute name.
        environ: The environment.
        reporter: Shows what happens.
        plan: The login, once its inputs are valid.
        title: What the command does, in a few words.
        consequence: What invalid input leaves undone, a sentence; empty for a login.
    """

    options: SimpleNamespace
    environ: Mapping[str, str]
    reporter: Reporter
    plan: Plan | None = None
    title: str = "Salesforce login"
    consequence: str = ""

    @property
    def flags(self) -> dict[str, str]:
        """The flags that take a value, by attribute name."""
        return {name: value for name, value in vars(self.options).items() if isinstance(value, str)}

    def show(self, line: str, *, color: str = "") -> None:
        """Print a line to standard output.

        Args:
            line: The line.
            color: The style of its first word, an SGR code; empty for none.
        """
        first, space, rest = escape_commands(line).partition(" ")
        print(styled(first, color, sys.stdout, self.environ) + space + rest)
