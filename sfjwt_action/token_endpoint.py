"""The token endpoint: an assertion for an access token. The only HTTP to Salesforce.

The exchange is that of RFC 7523, section 2.1, at the path that Salesforce Help gives for the OAuth 2.0 JWT bearer
flow.
"""

from __future__ import annotations

import json
import ssl
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.ssl_ import create_urllib3_context

from sfjwt_action import __version__
from sfjwt_action.refusals import Refusal
from sfjwt_action.settings import Unusable

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LARGEST_ANSWER = 1024 * 1024
"""Bytes of an answer that are read; Salesforce's are of about one thousand."""


class Refused(Exception):
    """Salesforce refused the login.

    Args:
        refusal: Its words.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class Unreachable(Exception):
    """No answer came that could be a yes or a no. The message says why."""


class UntrustedAnswer(Exception):
    """An answer came that cannot be believed. The message says what is wrong with it."""


class TokenEndpoint:
    """The token endpoint of one login host.

    Proxies and usual trust roots are those of requests: `HTTPS_PROXY`, `NO_PROXY`, `REQUESTS_CA_BUNDLE`. Redirects
    are never followed, since the assertion is meant for this host only.

    Args:
        login_url: The login host's URL, without a slash at its end.
        timeout: Seconds to wait for a connection, and for each part of an answer.
        ca_certificates: PEM, trusted in addition to the usual roots; may be empty.

    Raises:
        Unusable: The CA certificates are no certificates.
    """

    def __init__(self, login_url: str, *, timeout: int, ca_certificates: str) -> None:
        self._login_url = login_url
        self._timeout = timeout
        self._http = requests.Session()
        self._http.mount("https://", _Adapter(_trust(ca_certificates)))
        self._http.headers["User-Agent"] = f"sfjwt-action/{__version__}"
        # Without this, a login found in ~/.netrc would be sent along.
        self._http.auth = _as_it_is

    def exchange(self, assertion: str) -> object:
        """Exchange an assertion for what the token endpoint grants.

        Returns:
            The JSON of its answer, not yet believed.

        Raises:
            Refused: Salesforce said no.
            Unreachable: There was no answer, or only a server's error.
            UntrustedAnswer: The answer is not one that a token endpoint gives.
        """
        status, location, body = self._post(
            "/services/oauth2/token", {"grant_type": GRANT_TYPE, "assertion": assertion}
        )
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unreachable(f"{self._login_url} answered HTTP {status}")
        if location:
            raise Refused(Refusal(status, "redirect", f"use {location} as the login URL"))
        answer = _json(status, body)
        if status == HTTPStatus.OK:
            return answer
        raise Refused(_refusal(status, answer))

    def _post(self, path: str, form: dict[str, str]) -> tuple[int, str, bytes]:
        try:
            with self._http.post(
                self._login_url + path, data=form, timeout=self._timeout, allow_redirects=False, stream=True
            ) as response:
                body = response.raw.read(LARGEST_ANSWER + 1, decode_content=True)
                return response.status_code, _origin(response.headers.get("Location", "")), body
        except OSError as error:  # every error of requests is one
            raise Unreachable(f"{self._login_url} could not be reached: {_reason(error)}") from None


class _Adapter(HTTPAdapter):
    """Connects with a TLS context of ours, directly or through a proxy."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- as the base class has it
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:  # noqa: ANN401 -- as the base class has it
        return super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)


def _trust(ca_certificates: str) -> ssl.SSLContext:
    context = create_urllib3_context(ssl_minimum_version=ssl.TLSVersion.TLSv1_2)
    if ca_certificates:
        try:
            context.load_verify_locations(cadata=ca_certificates)
        except (ssl.SSLError, ValueError):
            raise Unusable(
                "It holds no certificate that can be read.",
                "Paste certificates in PEM, from `-----BEGIN CERTIFICATE-----` to `-----END CERTIFICATE-----`.",
            ) from None
    return context


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}" if parts.hostname else ""


def _json(status: int, body: bytes) -> object:
    if len(body) > LARGEST_ANSWER:
        raise UntrustedAnswer(f"it is larger than {LARGEST_ANSWER} bytes")
    try:
        answer: object = json.loads(body)
    except ValueError:
        raise UntrustedAnswer(f"it is HTTP {status} with something that is not JSON") from None
    return answer


def _refusal(status: int, answer: object) -> Refusal:
    if not isinstance(answer, dict) or not isinstance(answer.get("error"), str):
        raise UntrustedAnswer(f"it is HTTP {status} without an OAuth error")
    return Refusal(status, answer["error"], str(answer.get("error_description", "")))


def _reason(error: OSError) -> str:
    """The innermost reason of an error of requests, whose own text repeats its classes' names."""
    reason = getattr(error.args[0] if error.args else error, "reason", error)
    return str(reason).rpartition(">: ")[2] or type(error).__name__
