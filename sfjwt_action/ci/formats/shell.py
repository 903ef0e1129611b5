"""Lines for a POSIX shell to read: `export NAME='value'`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfjwt_action.ci.files import append_export
from sfjwt_action.ci.variables import not_exportable, variables

if TYPE_CHECKING:
    from sfjwt_action.inputs.settings import Settings
    from sfjwt_action.salesforce.session import Session

write = append_export


def line(name: str, value: str) -> str:
    """Format a value so that the shell reads every character literally.

    Raises:
        InvalidInput: The value contains a NUL character, which an environment variable can't hold.
    """
    if "\0" in value:
        raise not_exportable(name, "The value contains a NUL character, which an environment variable can't hold.")
    # Within single quotes, only the quote itself is special.
    quoted = value.replace("'", "'\\''")
    return f"export {name}='{quoted}'\n"


def render(session: Session, settings: Settings) -> str:
    """Write a login as a file to be sourced, or evaluated.

    Raises:
        InvalidInput: A value cannot be written.
    """
    return "".join(line(name, value) for name, value in variables(session, settings).items())
