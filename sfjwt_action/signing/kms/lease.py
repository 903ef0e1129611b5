"""Credentials that were granted for a short time, and are granted again before they expire."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

MAX_AGE_SECONDS = 240
"""Seconds to use credentials for. The shortest-lived ones that docs/kms.md describes are valid for 5 minutes.

`propagation-timeout` makes a login last up to half an hour.
"""


@dataclass
class Lease(Generic[T]):
    """Credentials, once they were granted."""

    _granted: T | None = None
    _since: float = 0

    def get(self, grant: Callable[[], T]) -> T:
        """Return the credentials, and have them granted if there are none or they are old."""
        now = time.monotonic()
        if self._granted is None or now - self._since > MAX_AGE_SECONDS:
            self._granted = grant()
            self._since = now
        return self._granted
