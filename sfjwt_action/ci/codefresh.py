"""Codefresh: `cf_export`, which later steps read as variables.

Source: codefresh.io/docs, "cf_export".
"""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from sfjwt_action.ci.console import Console
from sfjwt_action.ci.handover import variables
from sfjwt_action.settings import BadInput, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sfjwt_action.session import Session
    from sfjwt_action.settings import Settings

_CF_EXPORT = "cf_export"


class Codefresh(Console):
    """Publishes by `cf_export --mask`, which reads the values from its environment: arguments can be seen by others."""

    unmasked = ""

    def obstacles(self, settings: Settings) -> Iterator[Problem]:
        """Tell whether the program is missing."""
        yield from super().obstacles(settings)
        if not self._program():
            yield Problem(
                _CF_EXPORT,
                "It is not on the PATH.",
                "Run the login under `commands:` of a freestyle step, as `sfjwt login`.",
            )

    def publish(self, session: Session, settings: Settings) -> None:
        """Export the variables, masked.

        Raises:
            BadInput: `cf_export` failed.
        """
        values = variables(session, settings)
        exported = subprocess.run(  # noqa: S603 -- names of ours, and no shell
            [str(self._program()), *values, "--mask"],
            env={**self._environ, **values},
            capture_output=True,
            check=False,
        )
        if exported.returncode:
            found = f"It ended with exit code {exported.returncode}."
            raise BadInput([Problem(_CF_EXPORT, found, "Run it by itself in a step, to see what is wrong.")])

    def _program(self) -> str | None:
        return shutil.which(_CF_EXPORT, path=self._environ.get("PATH"))


publisher = Codefresh
