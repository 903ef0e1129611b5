"""What can be wrong with a response of Salesforce."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sfjwt_action.refusals.lookup import is_transient
from sfjwt_action.refusals.model import Refusal
from sfjwt_action.transport import RequestFailed, Unreachable

if TYPE_CHECKING:
    from sfjwt_action.transport import Response

_MAX_SERVER_TEXT = 300
# Part of an assertion or an access token, in JWT format or opaque, which a response may echo.
_SECRET = re.compile(r"eyJ[\w.~+/=-]{8,}|\b00D\w{12,15}(!|%(25)*21)[\w.]{8,}")


class Refused(RequestFailed):
    """Salesforce refused the request.

    Args:
        refusal: Salesforce's words.
        clock_skew: Seconds by which Salesforce's clock is ahead of this machine's.
    """

    def __init__(self, refusal: Refusal, clock_skew: float) -> None:
        super().__init__(f"Salesforce says {refusal}.", transient=is_transient(refusal))
        self.refusal = refusal
        self.clock_skew = clock_skew


class Unavailable(Unreachable):
    """The server responded with HTTP 429 or 5xx.

    Args:
        message: What happened, in sentences.
        response: The response.
    """

    def __init__(self, message: str, response: Response) -> None:
        super().__init__(message, transient=True, retry_after=response.headers.get("Retry-After"))
        self.refusal = Refusal(response.status, "", "")


class UntrustedResponse(Exception):
    """A response can't be trusted. The message says what is wrong with it and starts with “it”."""


def sanitize(text: str) -> str:
    """Return a server's text as one short line that is safe to show: it may echo the assertion or the token."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in unquote(text)).split())
    return _SECRET.sub("[…]", line)[:_MAX_SERVER_TEXT]
