"""Verification of a session: whose token it is, and whether the org's REST API accepts it."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from sfjwt_action.refusals.refusal import Refusal
from sfjwt_action.refusals.sanitize import sanitize
from sfjwt_action.salesforce.errors import TRANSIENT_STATUSES, Refused, Unavailable, UntrustedResponse
from sfjwt_action.salesforce.hosts import is_trusted_with_token

if TYPE_CHECKING:
    from sfjwt_action.salesforce.session import Session
    from sfjwt_action.transport import Response, Transport

_VERSION = r"(?a)\d{1,3}\.\d"


def verify(session: Session, transport: Transport) -> str:
    """Verify that a session works, before it is published.

    Args:
        session: The session.
        transport: Sends the requests.

    Returns:
        The org's newest API version, such as `66.0`.

    Raises:
        InvalidInput: The environment names a proxy or a CA bundle that can't be used.
        Refused: The org rejects the token.
        Unreachable: The org didn't respond.
        UntrustedResponse: The token is another user's, or a response isn't one of Salesforce.
    """
    _verify_identity(session, transport)
    return verify_rest_api(session, transport)


def verify_rest_api(session: Session, transport: Transport) -> str:
    """Verify that the org's REST API accepts the token.

    Args, returns and raises as `verify`.
    """
    response = transport.get(f"{session.instance_url}/services/data/")
    _require_ok(response, session)
    versions = json_or_none(response)
    try:
        listed = [str(version["version"]) for version in versions]  # type: ignore[attr-defined]
        # It becomes part of a URL and an output, so nothing but a version number may pass.
        newest = max((version for version in listed if re.fullmatch(_VERSION, version)), key=float)
    except (TypeError, KeyError, ValueError):
        raise UntrustedResponse(f"{session.instance_url}/services/data/ doesn't list API versions") from None
    response = transport.get(f"{session.instance_url}/services/data/v{newest}/limits", token=session.access_token)
    _require_ok(response, session)
    return newest


def _verify_identity(session: Session, transport: Transport) -> None:
    """Ask the identity URL whose token it is, if the token may be sent there."""
    if not is_trusted_with_token(session.identity_url, session.login_url):
        return
    response = transport.get(session.identity_url, token=session.access_token)
    _require_ok(response, session)
    identity = json_or_none(response)
    username = identity.get("username") if isinstance(identity, dict) else None
    if not isinstance(username, str) or username.lower() != session.username.lower():
        raise UntrustedResponse(
            f"the token belongs to {sanitize(str(username), session.access_token)}, but {session.username} logged in"
        )


def _require_ok(response: Response, session: Session) -> None:
    if response.status in TRANSIENT_STATUSES or response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unavailable(f"The org responded with HTTP {response.status}.", response)
    if response.status != HTTPStatus.OK and response.body.lstrip().startswith(b"<"):
        raise UntrustedResponse(f"it is a web page (HTTP {response.status}), as from a proxy")
    if response.status != HTTPStatus.OK:
        raise Refused(_parse_refusal(response, session.access_token), response.clock_skew)


def _parse_refusal(response: Response, token: str) -> Refusal:
    """Parse Salesforce's words: a list of errors in the REST API, plain text at the identity URL.

    A gateway may echo the token.
    """
    errors = json_or_none(response)
    error = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    plain = response.body.decode(errors="replace")
    code, message = str(error.get("errorCode") or plain), str(error.get("message", ""))
    code, message = (sanitize(words, token) for words in (code, message))
    return Refusal(response.status, code, message)


def json_or_none(response: Response) -> object:
    """Parse a response's JSON; return None if it isn't JSON."""
    try:
        parsed: object = json.loads(response.body)
    except (ValueError, RecursionError):
        return None
    return parsed
