"""Lines for PowerShell to run: `$env:NAME = 'value'`.

Rules: PowerShell/PowerShell, `Tokenizer.ScanStringLiteral`: in single quotes, only a quote is special, and two of them
are one. U+2018 to U+201B are single quotes as well.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sfjwt_action.ci.files import append_export
from sfjwt_action.ci.variables import not_exportable, variables

if TYPE_CHECKING:
    from sfjwt_action.inputs.settings import Settings
    from sfjwt_action.salesforce.session import Session

write = append_export

_NOT_PRINTABLE_ASCII = re.compile(r"[^ -~]")


def line(name: str, value: str) -> str:
    """Format a value so that PowerShell reads every character as it is, in one line of ASCII.

    Windows PowerShell decodes files and the output of programs by the machine's code page. Bytes of UTF-8 can become
    quotes then, and end a string. So other characters are written by their number.

    Raises:
        InvalidInput: The value contains a NUL character, which an environment variable can't hold.
    """
    if "\0" in value:
        raise not_exportable(name, "The value contains a NUL character, which an environment variable can't hold.")
    quoted = value.replace("'", "''")
    return f"$env:{name} = '{_NOT_PRINTABLE_ASCII.sub(_by_number, quoted)}'\n"


def _by_number(character: re.Match[str]) -> str:
    units = character[0].encode("utf-16-be").hex("-", 2).split("-")
    return "".join(f"' + [char]0x{unit} + '" for unit in units)


def render(session: Session, settings: Settings) -> str:
    """Format a login as a script to dot-source, or to run with `Invoke-Expression`.

    Raises:
        InvalidInput: A value can't be written.
    """
    return "".join(line(name, value) for name, value in variables(session, settings).items())
