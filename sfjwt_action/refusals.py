"""What Salesforce says when it refuses a login, and what that calls for: data, not code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
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


_SAYS_WRONG_AUDIENCE = (
    "audience is invalid",
    "audience validation failed",
    # An External Client App says this where login.salesforce.com is the audience, and wants its My Domain.
    "external client app is not installed",
    # A Connected App says this where the host's own user is meant for another audience.
    "user hasn't approved this consumer",
)


def explained_by_audience(refusal: Refusal) -> bool:
    """Whether another audience may be accepted where this one was refused."""
    said = f"{refusal.error} {refusal.description}".lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return any(words in said for words in _SAYS_WRONG_AUDIENCE)
