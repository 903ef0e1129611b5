"""Look up a refusal in the catalog: what it means, and what it says about trying again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from sfjwt_action.refusals.model import Cause, Clue, Entry
    from sfjwt_action.refusals.refusal import Refusal


def find_entry(refusal: Refusal) -> Entry | None:
    """Return the catalog's entry for a refusal; None if the catalog doesn't know it."""
    from sfjwt_action.refusals.catalog import CATALOG  # noqa: PLC0415 -- most logins are not refused

    said = f"http {refusal.status} {unquote(str(refusal))}".lower()
    said = said.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").replace("+", " ")
    return next((entry for entry in CATALOG if any(re.search(pattern, said) for pattern in entry.patterns)), None)


def search(words: str) -> list[Entry]:
    """Return the catalogs' entries that have all of some words in an error's words or in the title."""
    from sfjwt_action.refusals.catalog import CATALOG  # noqa: PLC0415 -- as above
    from sfjwt_action.refusals.kms_catalog import KMS_CATALOG  # noqa: PLC0415 -- as above

    wanted = words.lower().split()
    return [
        entry
        for entry in (*CATALOG, *KMS_CATALOG)
        if wanted and all(word in f"{entry.words} {entry.title}".lower() for word in wanted)
    ]


def audience_rank(refusal: Refusal) -> int:
    """Return how likely a wrong audience explains the refusal: 0 for not at all."""
    entry = find_entry(refusal)
    return entry.audience_rank if entry else 0


def suggests_wrong_key(refusal: Refusal) -> bool:
    """Return whether another signing key may be accepted."""
    entry = find_entry(refusal)
    return entry is not None and entry.wrong_key


def suggests_clock_skew(refusal: Refusal) -> bool:
    """Return whether a wrong clock explains the refusal."""
    entry = find_entry(refusal)
    return entry is not None and entry.clock_skew


def is_transient(refusal: Refusal) -> bool:
    """Return whether the same request may succeed a little later."""
    entry = find_entry(refusal)
    return entry is not None and entry.transient


def may_propagate(refusal: Refusal) -> bool:
    """Return whether the refusal may go away by itself, while something new propagates in Salesforce."""
    entry = find_entry(refusal)
    return entry is not None and entry.propagates


def rank_causes(entry: Entry, clues: frozenset[Clue]) -> tuple[Cause, ...]:
    """Return the causes that the clues don't rule out. Those that a strong clue points to come first."""
    possible = [cause for cause in entry.causes if cause.only_if in {None, *clues} and cause.unless not in clues]
    return tuple(sorted(possible, key=lambda cause: cause.only_if is None or cause.only_if.is_weak))
