"""`sfjwt demo`: log in to a local org as the action would, and show each stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfjwt_action.local_org.demo import demo

if TYPE_CHECKING:
    from sfjwt_action.commands.invocation import Invocation


def run(_invocation: Invocation) -> int:
    """Run the command, and return the exit code of the stage that failed, or 0."""
    return demo()
