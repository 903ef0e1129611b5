"""A person's terminal, or a CI system that is not known: the log goes to stderr, and nothing is published."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sfjwt_action.session import Session


class Terminal:
    """Shows what happens; a token on a terminal would stay in its scrollback, so it is kept."""

    def info(self, line: str) -> None:
        """Show a line."""
        print(line, file=sys.stderr)

    def error(self, title: str, message: str) -> None:
        """Show why the run failed."""
        print(f"{title}\n{message}", file=sys.stderr)

    def publish(self, session: Session, *, mask_instance_url: bool) -> None:  # noqa: ARG002 -- the protocol's
        """Say that nothing was published."""
        self.info("Nothing was published: no CI system was found here.")
