"""Salesforce record IDs, of 15 and of 18 characters (Salesforce Help, “Record ID formats”)."""

from __future__ import annotations

import re

_CHECK_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
ORG_ID = r"00D[0-9A-Za-z]{12}([0-9A-Za-z]{3})?"
"""The pattern of an org ID, whatever its check characters are."""


def long_id(record_id: str) -> str:
    """Return the 18-character form of a record ID of 15 or 18 characters.

    Each of the last three characters encodes which of five characters are uppercase, so that IDs stay distinct where
    case is lost.
    """
    short = record_id[:15]
    groups = (short[i : i + 5] for i in (0, 5, 10))
    return short + "".join(
        _CHECK_CHARACTERS[sum(1 << i for i, letter in enumerate(group) if letter.isupper())] for group in groups
    )


def is_org_id(text: str) -> bool:
    """Return whether this is an org ID with, if it has 18 characters, the right check characters."""
    return bool(re.fullmatch(ORG_ID, text)) and long_id(text).startswith(text)
