"""Exit codes, and the errors that they stand for."""

from __future__ import annotations

from enum import IntEnum

from sfjwt_action.inputs.problems import InvalidInput
from sfjwt_action.login import LoginRefused
from sfjwt_action.salesforce.errors import UntrustedResponse
from sfjwt_action.transport import Unreachable


class ExitCode(IntEnum):
    """The exit codes of every command."""

    OK = 0
    BUG = 1
    INVALID_INPUT = 2
    REFUSED = 3
    UNREACHABLE = 4
    UNTRUSTED = 5


_CODES: tuple[tuple[type[Exception], ExitCode], ...] = (
    (InvalidInput, ExitCode.INVALID_INPUT),
    (LoginRefused, ExitCode.REFUSED),
    (Unreachable, ExitCode.UNREACHABLE),
    (UntrustedResponse, ExitCode.UNTRUSTED),
)


def exit_code_of(error: type[Exception]) -> ExitCode:
    """Return the exit code for an error; `BUG` for one that no command should raise."""
    return next((code for kind, code in _CODES if issubclass(error, kind)), ExitCode.BUG)
