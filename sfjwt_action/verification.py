"""What a session is good for: whose it is, and whether the org's REST API takes its token."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sfjwt_action.diagnosis import Refusal
from sfjwt_action.endpoint import may_be_sent_a_token
from sfjwt_action.token_endpoint import Refused, UntrustedAnswer, one_line
from sfjwt_action.transport import Unreachable

if TYPE_CHECKING:
    from sfjwt_action.session import Session
    from sfjwt_action.transport import Answer, Transport

_VERSION = re.compile(r"\d{1,3}\.\d", re.ASCII)


def verify(session: Session, transport: Transport) -> str:
    """Prove that a session works, before it is handed out.

    Args:
        session: The session.
        transport: How to get to the org.

    Returns:
        The org's newest API version, such as `66.0`.

    Raises:
        BadInput: The environment names a proxy or a CA bundle that cannot be used.
        Refused: The org does not take the token.
        Unreachable: The org did not answer.
        UntrustedAnswer: The token is another user's, or an answer is not one that Salesforce gives.
    """
    _verify_identity(session, transport)
    return verify_rest_api(session, transport)


def verify_rest_api(session: Session, transport: Transport) -> str:
    """Prove that the org's REST API takes the token.

    Args, returns and raises as `verify`.
    """
    answer = transport.get(f"{session.instance_url}/services/data/")
    _require_ok(answer, session)
    versions = json_or_none(answer)
    try:
        listed = [str(version["version"]) for version in versions]  # type: ignore[attr-defined]
        # It becomes part of a URL and an output: nothing else is let through.
        newest = max(filter(_VERSION.fullmatch, listed), key=float)
    except (TypeError, KeyError, ValueError):
        raise UntrustedAnswer(f"it is no list of API versions, from {session.instance_url}/services/data/") from None
    answer = transport.get(f"{session.instance_url}/services/data/v{newest}/limits", token=session.access_token)
    _require_ok(answer, session)
    return newest


def _verify_identity(session: Session, transport: Transport) -> None:
    """Ask the identity URL whose token it is. It is asked only where the token may go."""
    try:
        host = urlsplit(session.identity_url).hostname or ""
    except ValueError:  # no URL at all
        return
    if not may_be_sent_a_token(host, session.login_url):
        return
    answer = transport.get(session.identity_url, token=session.access_token)
    _require_ok(answer, session)
    identity = json_or_none(answer)
    username = identity.get("username") if isinstance(identity, dict) else None
    if not isinstance(username, str) or username.lower() != session.username.lower():
        raise UntrustedAnswer(f"it is a token of {one_line(str(username))}, and {session.username} logged in")


def _require_ok(answer: Answer, session: Session) -> None:
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unreachable(
            f"The org answers HTTP {answer.status}.",
            transient=True,
            retry_after=answer.headers.get("Retry-After"),
            refusal=Refusal(answer.status, "", ""),
        )
    if answer.status != HTTPStatus.OK:
        raise Refused(_rest_refusal(answer, session.access_token), answer.clock_skew)


def _rest_refusal(answer: Answer, token: str) -> Refusal:
    """Salesforce's words: a list of errors in the REST API, a word of plain text at the identity URL.

    A gateway may repeat the token that it was shown; it is taken out.
    """
    said = json_or_none(answer)
    error = said[0] if isinstance(said, list) and said and isinstance(said[0], dict) else {}
    plain = answer.body.decode(errors="replace")
    code, message = str(error.get("errorCode") or plain), str(error.get("message", ""))
    code, message = (one_line(words.replace(token, "[…]")) for words in (code, message))
    return Refusal(answer.status, code, message)


def json_or_none(answer: Answer) -> object:
    """What an answer's JSON says; None if it is none."""
    try:
        parsed: object = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return parsed
