"""Codefresh: `cf_export`, which later steps read as variables.

Source: codefresh.io/docs, "Variables in pipelines": a script in the shared volume, which takes names of exported
variables as well as pairs, and cuts a value at its first line break. What goes past it, into the file that it writes,
is not masked.
"""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from sfjwt_action.ci.console import Console, UnmaskedConsole
from sfjwt_action.ci.variables import is_secret, require_single_line, variables
from sfjwt_action.inputs.problems import InvalidInput, Problem
from sfjwt_action.process import child_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sfjwt_action.inputs.settings import Settings
    from sfjwt_action.salesforce.session import Session

_CF_EXPORT = "cf_export"
_VOLUME = "/codefresh/volume"
_TIMEOUT = 10
"""Seconds that cf_export may take."""


class Codefresh(Console):
    """Publishes by `cf_export --mask`, which reads values from its environment, because others can see arguments."""

    masking_warning = ""

    def preflight(self, settings: Settings) -> Iterator[Problem]:
        """Report whether the program is missing."""
        yield from super().preflight(settings)
        if not self._program():
            yield Problem(
                _CF_EXPORT,
                "cf_export isn't on the PATH or in Codefresh's volume.",
                "Run `sfjwt login` under `commands:` of a freestyle step.",
            )

    def publish(self, session: Session, settings: Settings) -> str:
        """Export the variables, the secret ones masked.

        Raises:
            InvalidInput: A value cannot be exported, or `cf_export` failed.
        """
        values = {name: require_single_line(name, value) for name, value in variables(session, settings).items()}
        masked = [name for name in values if is_secret(name, settings)]
        # The token comes last, so that a failure before it leaves no secret published.
        if plain := [name for name in values if name not in masked]:
            self._export(plain, values)
        self._export([*masked, "--mask"], values)
        return ""

    def _export(self, arguments: list[str], values: Mapping[str, str]) -> None:
        try:
            exported = subprocess.run(  # noqa: S603 -- names of ours, and no shell
                [str(self._program()), *arguments],
                env={**child_environment(self._environ, "CF_"), **values},
                stdin=subprocess.DEVNULL,
                # Not a pipe, which a process that it leaves behind could keep open.
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
                timeout=_TIMEOUT,
            )
        except subprocess.TimeoutExpired:
            raise _failed(f"cf_export didn't end within {_TIMEOUT} s.") from None
        except OSError as error:
            raise _failed(f"Can't run cf_export: {error.strerror}.") from None
        if exported.returncode:
            raise _failed(f"cf_export failed with exit code {exported.returncode}.")

    def _program(self) -> str | None:
        volume = self._environ.get("CF_VOLUME_PATH") or _VOLUME
        return shutil.which(_CF_EXPORT, path=self._environ.get("PATH")) or shutil.which(f"{volume}/{_CF_EXPORT}")


def _failed(found: str) -> InvalidInput:
    return InvalidInput([Problem(_CF_EXPORT, found, "Run cf_export alone in a step to see what is wrong.")])


make_publisher = Codefresh
make_reporter = UnmaskedConsole
