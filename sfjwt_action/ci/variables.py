"""What a login passes to later steps, and under which names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sfjwt_action.inputs.problems import InvalidInput, Problem

if TYPE_CHECKING:
    from sfjwt_action.inputs.settings import Settings
    from sfjwt_action.salesforce.session import Session

TOKEN = "SF_ACCESS_TOKEN"  # noqa: S105 -- a variable's name
INSTANCE_URL = "SF_INSTANCE_URL"

_MIN_MASK = 16
"""Characters of half a token that a mask may have: a shorter mask would hide other words of the log."""
_LINE_BREAKS = re.compile(r"[\n\r\0]")


def variables(session: Session, settings: Settings) -> dict[str, str]:
    """Return the environment variables of a login, by name."""
    url = session.instance_url
    found = {TOKEN: session.access_token, INSTANCE_URL: url}
    return found | {"SF_ORG_INSTANCE_URL": url} if settings.export_env else found


def secrets(session: Session, settings: Settings) -> list[str]:
    r"""Return what to mask: the token, and the instance URL with its host unless `mask-instance-url` is false.

    The half of an opaque token after its `!` is masked by itself as well, because `printf %q` prints `\!` and some
    encoders `%21`.
    """
    url = [session.instance_url, session.instance_host] if settings.mask_instance_url else []
    half = session.access_token.partition("!")[2]
    return [session.access_token, *([half] if len(half) >= _MIN_MASK else []), *url]


def is_secret(name: str, settings: Settings) -> bool:
    """Return whether to mask a variable."""
    return name == TOKEN or settings.mask_instance_url


def not_exportable(name: str, found: str, remedy: str = "Use `--export json`, which accepts any text.") -> InvalidInput:
    """Return the error for a value that a format or a system can't hold, without quoting the value."""
    return InvalidInput([Problem(name, found, remedy)])


def require_single_line(name: str, value: str) -> str:
    """Reject a value that a line-based format can't hold.

    Raises:
        InvalidInput: It has more than one line.
    """
    if _LINE_BREAKS.search(value):
        raise not_exportable(name, "The value has line breaks, which this format can't hold.")
    return value
