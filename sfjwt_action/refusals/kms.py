"""Look up an error of a key management service."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sfjwt_action.refusals.model import Entry, Refusal


def find_kms_entry(service: str, refusal: Refusal) -> Entry | None:
    """Return the catalog's entry for a service's error; None if the catalog doesn't have it.

    Args:
        service: The service's name.
        refusal: What it said.
    """
    from sfjwt_action.refusals.kms_catalog import KMS_CATALOG  # noqa: PLC0415 -- most requests are not refused

    said = f"{service} http {refusal.status} {refusal}".lower()
    return next((entry for entry in KMS_CATALOG if any(re.search(pattern, said) for pattern in entry.patterns)), None)
