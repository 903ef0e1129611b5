"""Look up an error of a key management service."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sfjwt_action.refusals.model import Entry
    from sfjwt_action.refusals.refusal import Refusal


# What `Client` of signing/kms logs.
_LOGGED = re.compile(r"(?P<service>[A-Z][\w' ]+) responded with HTTP (?P<status>[0-9]{3})\W*(?P<words>.*)", re.DOTALL)


def find_kms_entry(service: str, refusal: Refusal) -> Entry | None:
    """Return the catalog's entry for a service's error; None if the catalog doesn't have it.

    Args:
        service: The service's name.
        refusal: What it said.
    """
    return _find(service, refusal.status, str(refusal))


def find_logged_kms_entry(line: str) -> Entry | None:
    """Return the catalog's entry for a line of the log, such as “AWS KMS responded with HTTP 400, …”."""
    match = _LOGGED.search(line)
    return _find(match["service"], match["status"], match["words"]) if match else None


def _find(service: str, status: int | str, words: str) -> Entry | None:
    from sfjwt_action.refusals.kms_catalog import KMS_CATALOG  # noqa: PLC0415 -- most requests are not refused

    said = f"{service} http {status} {words}".lower()
    return next((entry for entry in KMS_CATALOG if any(re.search(pattern, said) for pattern in entry.patterns)), None)
