"""The types of the catalog: an entry for a refusal, its possible causes, and the clues that rank them."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Area(Enum):
    """What to look at first. The value is a heading."""

    APP = "App"
    USER = "User"
    ORG = "Org and login URL"
    KEY = "Key, certificate and clock"
    KEY_SERVICE = "Key management service"
    NETWORK = "Network and availability"


class Clue(Enum):
    """A fact about a login that points to a cause or rules it out. The value describes it."""

    SANDBOX_USERNAME = "the username looks like a sandbox username, and the login URL is login.salesforce.com"
    PRODUCTION_USERNAME = "the username looks like a production username, and the login URL is test.salesforce.com"
    SCRATCH_ORG_USERNAME = "the username looks like a scratch org's, and the login URL isn't login.salesforce.com"
    GENERIC_HOST = "the login URL is login.salesforce.com or test.salesforce.com"
    OWN_AUDIENCE = "the input `audience` is set"
    CERTIFICATE_MATCHES = "the input `certificate` is set and matches the key"
    CERTIFICATE_EXPIRED = "the input `certificate` has expired"
    CLOCK_RIGHT = "this machine's clock and Salesforce's differ by half a minute at most"

    @property
    def is_weak(self) -> bool:
        """Whether it may add a cause, but doesn't make the cause the likeliest: usernames can end in anything."""
        return self in {Clue.SANDBOX_USERNAME, Clue.PRODUCTION_USERNAME}


class Cause(NamedTuple):
    """Something that may be wrong.

    Attributes:
        problem: What is wrong, a sentence.
        fix: How to fix it, in steps.
        only_if: A clue that the cause depends on. Without it the cause is ruled out. With it, unless it is weak, the
            cause is the likeliest.
        unless: A clue that rules the cause out.
    """

    problem: str
    fix: tuple[str, ...]
    only_if: Clue | None = None
    unless: Clue | None = None


class Entry(NamedTuple):
    """A refusal that the catalog knows.

    Attributes:
        slug: Its anchor in docs/troubleshooting.md.
        area: What to look at first.
        words: Salesforce's words, as people search for them.
        patterns: Regular expressions, any of which matches the refusal's `http STATUS error: description` in lowercase.
        title: A few words.
        meaning: What Salesforce means by it.
        causes: What may be wrong, likeliest first.
        transient: The same request may succeed a little later.
        audience_rank: Above 0, another audience may be accepted. The higher, the less it says about the cause.
        wrong_key: Another signing key may be accepted.
        clock_skew: A wrong clock causes it.
        propagates: It may go away by itself while something new propagates in Salesforce.
        sources: Where it was seen and solved, or is documented.
    """

    slug: str
    area: Area
    words: str
    patterns: tuple[str, ...]
    title: str
    meaning: str
    causes: tuple[Cause, ...]
    transient: bool = False
    audience_rank: int = 0
    wrong_key: bool = False
    clock_skew: bool = False
    propagates: bool = False
    sources: tuple[str, ...] = ()
