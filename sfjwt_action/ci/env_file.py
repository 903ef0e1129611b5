"""CI systems that read values from a file which an environment variable names."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from sfjwt_action.ci.console import Console
from sfjwt_action.ci.files import append, append_error
from sfjwt_action.ci.variables import INSTANCE_URL, TOKEN, is_secret, not_exportable, variables
from sfjwt_action.inputs.problems import Problem
from sfjwt_action.inputs.quoting import quote_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sfjwt_action.inputs.settings import Settings
    from sfjwt_action.salesforce.session import Session

_MAX_LINE_BYTES = 64 * 1024
"""Bytes at which Go's `bufio.Scanner` gives up, with which some systems read their files."""


class EnvFilePublisher(Console, ABC):
    """A system that reads values from a file which a variable names.

    A subclass per system names the variable, describes what to do if it isn't set, and formats a value.
    """

    variable: str
    found: str
    """The problem if the variable isn't set, a sentence."""
    remedy: str
    """How to fix that, or a file that can't be written: sentences."""
    unmasked_variable = ""
    """The variable that names the file for values without a mask, if the system has one."""

    @abstractmethod
    def line(self, name: str, value: str) -> str:
        """Format a value as the system reads it, with a line break.

        Raises:
            InvalidInput: The system's format can't hold it.
        """
        ...

    def preflight(self, settings: Settings) -> Iterator[Problem]:
        """Report which file is missing or can't be written."""
        yield from super().preflight(settings)
        for variable in dict.fromkeys(self._variable_for(name, settings) for name in (TOKEN, INSTANCE_URL)):
            path = self._environ.get(variable)
            if not path:
                yield Problem(variable, self.found, self.remedy)
            elif reason := append_error(Path(path)):
                remedy = f"Run as a user with write access. {self.remedy}"
                yield Problem(variable, f"Can't write {quote_path(path)}: {reason}.", remedy)

    def publish(self, session: Session, settings: Settings) -> str:
        """Append the variables to the files.

        Raises:
            InvalidInput: A value or a file can't be written. All files are left as they were.
        """
        texts: dict[str, str] = {}
        for name, value in variables(session, settings).items():
            variable = self._variable_for(name, settings)
            texts[variable] = texts.get(variable, "") + self.line(name, value)
        append({variable: (Path(self._environ[variable]), text) for variable, text in texts.items()})
        return ""

    def _variable_for(self, name: str, settings: Settings) -> str:
        return self.unmasked_variable if self.unmasked_variable and not is_secret(name, settings) else self.variable


def require_line_length(name: str, line: str) -> str:
    """Reject a line that is too long for a system that reads its files with Go's `bufio.Scanner`.

    Raises:
        InvalidInput: The line is too long. The system would drop the whole file.
    """
    if len(line.encode()) >= _MAX_LINE_BYTES:
        raise not_exportable(name, f"The value exceeds the {_MAX_LINE_BYTES} bytes that this system allows in a line.")
    return line
