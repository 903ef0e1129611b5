"""What can fail between this process and a key management service."""

from __future__ import annotations

from sfjwt_action.transport import Unreachable


class KeyServiceUnreachable(Unreachable):
    """A key management service, or the service that grants credentials for it, didn't respond or has an outage.

    Attributes:
        service: The service's name.
    """

    def __init__(self, service: str, message: str, *, transient: bool, retry_after: str | None = None) -> None:
        super().__init__(message, transient=transient, retry_after=retry_after)
        self.service = service
