"""What a refusal means: who finds it in the catalogue, and what follows for the login."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote


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


class Clue(Enum):
    """What is known of a login that speaks for one cause, or rules it out; the value says it."""

    SANDBOX_USERNAME = "the username looks like a sandbox's, and the login URL is production's"
    PRODUCTION_USERNAME = "the username does not look like a sandbox's, and the login URL is that of sandboxes"
    GENERIC_HOST = "the login URL is login.salesforce.com or test.salesforce.com"
    OWN_AUDIENCE = "the input `audience` was given"
    CERTIFICATE_MATCHES = "the input `certificate` was given, and belongs to the key"
    CERTIFICATE_EXPIRED = "the certificate that was given has expired"
    CLOCK_RIGHT = "this machine's clock and Salesforce's differ by half a minute at most"


@dataclass(frozen=True)
class Cause:
    """Something that may be wrong.

    Attributes:
        what: What is wrong, a sentence.
        fix: How to put it right, in steps.
        only_if: The clue without which it is not worth a thought, and with which it is the likeliest.
        unless: The clue that rules it out.
    """

    what: str
    fix: tuple[str, ...]
    only_if: Clue | None = None
    unless: Clue | None = None


@dataclass(frozen=True)
class Entry:
    """A refusal that is known.

    Attributes:
        slug: Its anchor in docs/troubleshooting.md.
        words: What Salesforce says, as people will search for it.
        says: Patterns, any of which recognises it in `http STATUS error: description`, in lower case.
        title: A few words.
        meaning: What Salesforce means by it.
        causes: What may be wrong, likeliest first.
        transient: The same request may succeed a little later.
        doubt: Above 0, another audience may be accepted; the higher, the sooner another refusal tells more.
        key: Another signing key may be accepted.
        clock: A clock that is off leads to it.
        sources: Where it was seen and solved, or is documented.
    """

    slug: str
    words: str
    says: tuple[str, ...]
    title: str
    meaning: str
    causes: tuple[Cause, ...]
    transient: bool = False
    doubt: int = 0
    key: bool = False
    clock: bool = False
    sources: tuple[str, ...] = ()


def recognise(refusal: Refusal) -> Entry | None:
    """Find what is known of a refusal."""
    from sfjwt_action.refusals import CATALOGUE  # noqa: PLC0415 -- most logins are not refused

    said = f"http {refusal.status} {unquote(str(refusal))}".lower()
    said = said.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").replace("+", " ")
    return next((entry for entry in CATALOGUE if any(re.search(pattern, said) for pattern in entry.says)), None)


def doubt(refusal: Refusal) -> int:
    """How much another audience may change: 0 if nothing; the higher, the sooner another refusal tells more."""
    entry = recognise(refusal)
    return entry.doubt if entry else 0


def explained_by_key(refusal: Refusal) -> bool:
    """Whether another signing key may be accepted."""
    entry = recognise(refusal)
    return entry is not None and entry.key


def explained_by_time(refusal: Refusal) -> bool:
    """Whether the refusal is what a clock that is off leads to."""
    entry = recognise(refusal)
    return entry is not None and entry.clock


def is_transient(refusal: Refusal) -> bool:
    """Whether the same request may succeed a little later."""
    entry = recognise(refusal)
    return entry is not None and entry.transient


def ordered_causes(entry: Entry, clues: frozenset[Clue]) -> tuple[Cause, ...]:
    """Put the causes that the clues speak for first, and leave out those that they speak against."""
    possible = [c for c in entry.causes if c.only_if in {None, *clues} and c.unless not in clues]
    return tuple(sorted(possible, key=lambda cause: cause.only_if is None))
