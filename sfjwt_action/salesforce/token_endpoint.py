"""The token endpoint: an assertion in exchange for an access token, and a token's revocation.

The exchange is that of RFC 7523, section 2.1, at the path that Salesforce Help documents for the OAuth 2.0 JWT bearer
flow. Revocation: RFC 7009.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urljoin, urlsplit

from sfjwt_action.refusals.refusal import Refusal
from sfjwt_action.refusals.sanitize import sanitize
from sfjwt_action.salesforce.errors import TRANSIENT_STATUSES, Refused, Unavailable, UntrustedResponse
from sfjwt_action.transport import MAX_BODY_BYTES, with_retries

if TYPE_CHECKING:
    from collections.abc import Callable

    from sfjwt_action.transport import Log, Response, Transport

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def exchange(login_url: str, sign: Callable[[], str], *, transport: Transport, retries: int, log: Log) -> object:
    """Exchange an assertion for what the token endpoint grants, with retries after transient failures.

    Args:
        login_url: The login host's URL, without a trailing slash.
        sign: Makes an assertion. It is called for every attempt because Salesforce accepts each assertion only once.
        transport: Sends the requests.
        retries: Attempts after the first.
        log: Logs every attempt and every wait.

    Returns:
        The JSON of a 200, not validated yet.

    Raises:
        InvalidInput: The environment names a proxy or a CA bundle that can't be used.
        Refused: Salesforce refused the login.
        Unreachable: There was no response, or only a server error.
        UntrustedResponse: The response isn't one of a token endpoint.
    """
    url = f"{login_url}/services/oauth2/token"

    def attempt() -> object:
        assertion = sign()
        response = transport.post(url, {"grant_type": GRANT_TYPE, "assertion": assertion})
        _log_response(url, response, log)
        if response.status != HTTPStatus.OK:
            _raise_error(response, login_url, assertion)
        return _parse_json(response)

    return with_retries(url, attempt, retries=retries, log=log)


def revoke(instance_url: str, token: str, *, transport: Transport, retries: int, log: Log) -> bool:
    """Revoke an access token (RFC 7009). A token that is no longer valid counts as revoked.

    Args:
        instance_url: The org's URL, without a trailing slash.
        token: The access token.
        transport: Sends the requests.
        retries: Attempts after the first.
        log: Logs every attempt and every wait.

    Returns:
        Whether the token was still valid.

    Raises:
        InvalidInput: The environment names a proxy or a CA bundle that can't be used.
        Refused: Salesforce refused the revocation.
        Unreachable: There was no response, or only a server error.
        UntrustedResponse: The response isn't one of a revocation endpoint.
    """
    url = f"{instance_url}/services/oauth2/revoke"

    def attempt() -> None:
        response = transport.post(url, {"token": token})
        _log_response(url, response, log)
        if response.status != HTTPStatus.OK:
            _raise_error(response, instance_url, token)

    try:
        with_retries(url, attempt, retries=retries, log=log)
    except Refused as error:
        # Salesforce's response for a token that has expired or was revoked before.
        if error.refusal.error not in {"invalid_token", "unsupported_token_type"}:
            raise
        return False
    return True


def _log_response(url: str, response: Response, log: Log) -> None:
    log.debug(
        f"POST {url}: HTTP {response.status}, {len(response.body)} bytes in {response.seconds:.2f} s, "
        f"clock skew {round(response.clock_skew):+d} s"
    )


def _raise_error(response: Response, base_url: str, secret: str) -> NoReturn:
    """Raise what a response other than 200 means."""
    status = response.status
    if b"Data Not Available" in response.body:
        # The page that Salesforce serves for an org that is gone, whatever its status.
        raise Refused(Refusal(status, "inactive_org", "Data Not Available"), response.clock_skew)
    if status in TRANSIENT_STATUSES or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unavailable(
            f"{base_url} responded with HTTP {status}{_error_in_parentheses(response, secret)}.", response
        )
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise Refused(_redirect(response, base_url, secret), response.clock_skew)
    raise Refused(_parse_refusal(status, _parse_json(response), secret), response.clock_skew)


def _parse_json(response: Response) -> object:
    if len(response.body) > MAX_BODY_BYTES:
        raise UntrustedResponse(f"it is larger than {MAX_BODY_BYTES} bytes")
    if not response.body.strip():
        raise UntrustedResponse(f"it is empty (HTTP {response.status})")
    try:
        parsed: object = json.loads(response.body)
    except (ValueError, RecursionError):  # the latter for JSON that is nested too deeply
        raise UntrustedResponse(f"it isn't JSON (HTTP {response.status}), as from a proxy or another server") from None
    return parsed


def _parse_refusal(status: int, error: object, secret: str) -> Refusal:
    if not isinstance(error, dict) or not isinstance(error.get("error"), str):
        raise UntrustedResponse(f"it has no OAuth error (HTTP {status})")
    description = str(error.get("error_description") or "")
    return Refusal(status, sanitize(error["error"], secret), sanitize(description, secret))


def _error_in_parentheses(response: Response, secret: str) -> str:
    try:
        return f" ({_parse_refusal(response.status, json.loads(response.body), secret)})"
    except (ValueError, RecursionError, UntrustedResponse):
        return ""


def _redirect(response: Response, base_url: str, secret: str) -> Refusal:
    try:
        target = urlsplit(urljoin(base_url, response.headers["Location"]))
        host, port = target.hostname or "", target.port
    except (KeyError, ValueError):  # the latter for an invalid URL, such as https://[
        host, port = "", None
    url = f"https://{sanitize(host, secret)}" + (f":{port}" if port else "")
    if not host or url == f"https://{urlsplit(base_url).netloc}":
        return Refusal(response.status, "redirect", "the login host redirects, but not to another host")
    return Refusal(
        response.status, "redirect", f"the login host redirects to {url}. If that is your org, set login-url to it"
    )
