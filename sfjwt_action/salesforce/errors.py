"""What can be wrong with a response of Salesforce."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from sfjwt_action.refusals.lookup import is_transient
from sfjwt_action.refusals.refusal import Refusal
from sfjwt_action.transport import RequestFailed, Unreachable

if TYPE_CHECKING:
    from sfjwt_action.transport import Response

TRANSIENT_STATUSES = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
"""HTTP statuses below 500 after which the same request may succeed a little later."""


class Refused(RequestFailed):
    """Salesforce refused the request.

    Args:
        refusal: Salesforce's words.
        clock_skew: Seconds by which Salesforce's clock is ahead of this machine's.
    """

    def __init__(self, refusal: Refusal, clock_skew: float) -> None:
        super().__init__(f"Salesforce says “{refusal}”.", transient=is_transient(refusal))
        self.refusal = refusal
        self.clock_skew = clock_skew


class Unavailable(Unreachable):
    """The server responded with HTTP 408, 425, 429 or 5xx.

    Args:
        message: What happened, in sentences.
        response: The response.
    """

    def __init__(self, message: str, response: Response) -> None:
        super().__init__(message, transient=True, retry_after=response.headers.get("Retry-After"))
        self.refusal = Refusal(response.status, "", "")


class UntrustedResponse(Exception):
    """A response can't be trusted. The message says what is wrong with it, without its subject."""
