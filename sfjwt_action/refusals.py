"""What Salesforce says when it refuses a login, and what that calls for: data, not code.

The words are those of Salesforce's help pages and of what people report; see docs/troubleshooting.md.
"""

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


_WRONG_AUDIENCE = (
    "audience is invalid",
    "audience validation failed",
    # An External Client App says this where login.salesforce.com is the audience, and wants its My Domain.
    "external client app is not installed",
    # A Connected App says this where the host's own user is meant for another audience.
    "user hasn't approved this consumer",
)
_WRONG_KEY = ("invalid assertion",)
_WRONG_TIME = ("invalid assertion", "expired authorization code")
_TRANSIENT = ("retry your request", "server_error", "data not available")


def explained_by_audience(refusal: Refusal) -> bool:
    """Whether another audience may be accepted where this one was refused."""
    return _says(refusal, _WRONG_AUDIENCE)


def explained_by_key(refusal: Refusal) -> bool:
    """Whether another signing key may be accepted."""
    return _says(refusal, _WRONG_KEY)


def explained_by_time(refusal: Refusal) -> bool:
    """Whether the refusal is what a clock that is off leads to."""
    return _says(refusal, _WRONG_TIME)


def is_transient(refusal: Refusal) -> bool:
    """Whether the same request may succeed a little later."""
    return _says(refusal, _TRANSIENT)


def _says(refusal: Refusal, phrases: tuple[str, ...]) -> bool:
    said = f"{refusal.error} {refusal.description}".lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return any(phrase in said for phrase in phrases)
