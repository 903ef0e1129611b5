"""A refusal: the error response of a server."""

from __future__ import annotations

from typing import NamedTuple


class Refusal(NamedTuple):
    """An OAuth error response (RFC 6749, section 5.2), as Salesforce words it.

    Attributes:
        status: The HTTP status.
        error: The error code, such as `invalid_grant`.
        description: The error description, such as `user hasn't approved this consumer`.
    """

    status: int
    error: str
    description: str

    def __str__(self) -> str:
        return f"{self.error}: {self.description}" if self.description else self.error
