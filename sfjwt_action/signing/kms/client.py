"""Requests to a key management service, and to what grants credentials for it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sfjwt_action.inputs.problems import InvalidValue
from sfjwt_action.refusals.kms import find_kms_entry
from sfjwt_action.refusals.refusal import Refusal
from sfjwt_action.refusals.sanitize import sanitize
from sfjwt_action.signing.errors import KeyServiceUnreachable
from sfjwt_action.transport import MAX_BODY_BYTES, NoSuchServer, Unreachable, UntrustedCertificate

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests.auth import AuthBase

    from sfjwt_action.refusals.model import Entry
    from sfjwt_action.transport import Log, Response, Transport

NAME = r"(?!\.{1,2}(/|\Z))[\w.-]{1,128}"
"""A pattern of names, which may be a segment of a URL's path. Dots alone lead to another path, and keys are longer."""

_VISIBLE = re.compile("[!-~]+")
_HOST = re.compile(r"(?=.{1,253}\Z)([\w-]{1,63}(\.[\w-]{1,63})*\.?|[0-9a-f:.]+)", re.ASCII)

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
"""The loopback hosts, on which http is safe."""


@dataclass(frozen=True)
class Context:
    """What a key needs to reach its service.

    Attributes:
        environ: The environment, which holds credentials and endpoints.
        transport: Sends the requests.
        log: Logs every response.
        secrets: What was sent so far and must not be shown if a service echoes it, then or later.
    """

    environ: Mapping[str, str]
    transport: Transport
    log: Log
    secrets: set[str] = field(default_factory=set, repr=False)


@dataclass(frozen=True)
class Client:
    """Sends requests to one service.

    Attributes:
        service: The service's name.
        source: What names the service's host: the variable or the input to check if there is no such host.
        context: What sends and logs the requests.
        parse_error: Returns the code and the message of an error response's body; empty where it has none.
    """

    service: str
    source: str
    context: Context
    parse_error: Callable[[bytes], tuple[str, str]]

    def call(  # noqa: PLR0913 -- a request has as many parts
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] = MappingProxyType({}),
        data: Mapping[str, str] | bytes | None = None,
        auth: AuthBase | None = None,
        secrets: tuple[str, ...] = (),
    ) -> Response:
        """Send a request once.

        Args:
            method: The HTTP method.
            url: The URL.
            headers: Headers in addition to the usual ones.
            data: A form, or a body as it is.
            auth: Signs the request.
            secrets: What is sent and must not be shown if a service echoes it.

        Returns:
            A response with the status 200.

        Raises:
            InvalidValue: The service refused the request.
            KeyServiceUnreachable: The service didn't respond, or only with a server error.
        """
        self.context.secrets.update(secrets)
        fields = data.values() if isinstance(data, Mapping) else ()
        if not all(value.isascii() and value.isprintable() for value in (*headers.values(), *fields, *secrets)):
            found = f"A credential for {self.service} has a line break or a character that isn't ASCII."
            raise InvalidValue(found, "Copy the credential again.")
        try:
            response = self.context.transport.send(method, url, headers=headers, data=data, auth=auth)
        except UntrustedCertificate as error:
            remedy = "If it has a CA of its own, or a proxy inspects TLS, set `ca-certificates`."
            raise KeyServiceUnreachable(self.service, f"{error} {remedy}", transient=False) from None
        except NoSuchServer as error:
            remedy = f"Check {self.source}, and this network's DNS and firewall."
            raise KeyServiceUnreachable(self.service, f"{error} {remedy}", transient=error.transient) from None
        except Unreachable as error:
            raise KeyServiceUnreachable(self.service, str(error), transient=error.transient) from None
        # The path isn't logged: a variable that is part of it may hold a secret that belongs elsewhere.
        self.context.log.debug(
            f"{self.service}: {method} {urlsplit(url).netloc}: HTTP {response.status}, {len(response.body)} bytes in "
            f"{response.seconds:.2f} s"
        )
        if response.status != HTTPStatus.OK:
            raise self._failure(response)
        return response

    def call_json(self, method: str, url: str, **options: Any) -> Mapping[str, Any]:  # noqa: ANN401 -- as for `call`
        """Send a request once, and return the JSON object of its response.

        Raises:
            InvalidValue: The service refused the request, or its response isn't a JSON object.
            KeyServiceUnreachable: The service didn't respond, or only with a server error.
        """
        parsed = json_object(self.call(method, url, **options).body)
        if not parsed:
            raise self.unexpected(url)
        return parsed

    def unexpected(self, url: str) -> InvalidValue:
        """Return the error for a response that the service can't have sent."""
        return InvalidValue(
            f"{urlsplit(url).netloc} sent a response that isn't one of {self.service}.",
            "Check the service's address, and whether a proxy responds in its place.",
        )

    def show(self, text: str) -> str:
        """Return a service's text as one short line without what it was sent."""
        return sanitize(text, *self.context.secrets)

    def _failure(self, response: Response) -> InvalidValue | KeyServiceUnreachable:
        refusal = self._refusal(response)
        entry = find_kms_entry(self.service, refusal)
        is_transient = entry.transient if entry else False
        status = response.status
        if is_transient or status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return KeyServiceUnreachable(
                self.service,
                " ".join([self._says(refusal), *_explanation(entry)]),
                transient=True,
                retry_after=response.headers.get("Retry-After"),
            )
        if entry is None:
            return InvalidValue(self._says(refusal), "docs/kms.md lists the permissions and settings that a key needs.")
        return InvalidValue(f"{self._says(refusal)} {entry.meaning}", " ".join(entry.causes[0].fix))

    def _says(self, refusal: Refusal) -> str:
        return f"{self.service} responded with HTTP {refusal.status}" + (f", “{refusal}”." if refusal.error else ".")

    def _refusal(self, response: Response) -> Refusal:
        code, message = self.parse_error(response.body)
        return Refusal(response.status, self.show(code), self.show(message))


def require_https(url: str, source: str) -> str:
    """Return a service's URL without a trailing slash.

    Args:
        url: The URL. Credentials are sent to it.
        source: The variable that holds it.

    Raises:
        InvalidValue: It isn't an https URL, or an http URL of this machine.
    """
    try:
        parts = urlsplit(url)
        is_host = bool(_HOST.fullmatch(parts.hostname or "")) and parts.port != 0 and "@" not in parts.netloc
        is_url = is_host and bool(_VISIBLE.fullmatch(url))
    except ValueError:
        is_url = False
    if not is_url or parts.scheme not in {"http", "https"}:
        raise InvalidValue(f"{source} isn't a URL.", f"Set {source} to an https URL.")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise InvalidValue(
            f"{source} is an http URL, so credentials would be sent unencrypted.", f"Set {source} to an https URL."
        )
    return url.rstrip("/")


def _explanation(entry: Entry | None) -> list[str]:
    return [entry.meaning, *entry.causes[0].fix] if entry else []


def json_object(body: bytes) -> Mapping[str, Any]:
    """Parse a response's body; anything but a JSON object becomes an empty one."""
    if len(body) > MAX_BODY_BYTES:
        return {}
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):  # the latter for JSON that is nested too deeply
        return {}
    return parsed if isinstance(parsed, dict) else {}


def json_bytes(body: Mapping[str, object]) -> bytes:
    """Return the body of a JSON request."""
    return json.dumps(body).encode()
