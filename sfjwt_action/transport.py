"""One HTTPS request to Salesforce: whom to trust, how long to wait, how much to read, and what went wrong in words.

Proxies and the usual trust roots are those of requests: `HTTPS_PROXY`, `NO_PROXY`, `REQUESTS_CA_BUNDLE`.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from urllib3.util.ssl_ import create_urllib3_context

from sfjwt_action import __version__
from sfjwt_action.pem import find_blocks
from sfjwt_action.settings import BadInput, Problem, Unusable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sfjwt_action.diagnosis import Refusal

# The login URL was checked before: it is the proxy's that is wrong. InvalidProxyURL is an InvalidURL.
_UNUSABLE_PROXY = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    urllib3.exceptions.LocationValueError,
)

LARGEST_ANSWER = 1024 * 1024
"""Bytes of an answer that are read; the token endpoint's are of about one thousand."""


_GRACE = 1
"""Seconds more for the timeouts of sockets, which know what was waited for."""


class Unreachable(Exception):
    """No answer came that is a yes or a no.

    Args:
        message: Why, and what to do about it, in sentences.
        transient: Whether another attempt may do better.
        retry_after: The server's `Retry-After`, if it sent one.
        refusal: What a server's error said, if it was one.
    """

    def __init__(
        self, message: str, *, transient: bool, retry_after: str | None = None, refusal: Refusal | None = None
    ) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.transient = transient
        self.retry_after = retry_after


@dataclass(frozen=True)
class Answer:
    """What a server answered.

    Attributes:
        status: The HTTP status.
        headers: The headers, whose names ignore case.
        body: The body; one byte more than `LARGEST_ANSWER` if there was more than that.
        seconds: How long it took.
        clock_skew: Seconds by which the server's clock is ahead of this machine's; 0 if it told no time.
        certificate: The server's TLS certificate, as `ssl.SSLSocket.getpeercert` gives it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    clock_skew: float
    certificate: Mapping[str, Any]


class Transport:
    """Sends requests to Salesforce. Redirects are never followed: what is sent is meant for one host only.

    Args:
        timeout: Seconds that a request may take to connect, to begin its answer, and, with one more, in all.
        ca_certificates: Certificates in PEM, trusted in addition to the usual roots; may be empty.

    Attributes:
        requests_sent: How many requests were sent, or tried to be.

    Raises:
        Unusable: The CA certificates are no certificates.
    """

    def __init__(self, *, timeout: int, ca_certificates: str) -> None:
        self.requests_sent = 0
        self._timeout = timeout
        self._has_roots_of_its_own = bool(ca_certificates)
        self._http = _Session()
        self._http.mount("https://", _Adapter(_trust(ca_certificates)))
        self._http.headers["User-Agent"] = f"sfjwt-action/{__version__}"
        # Without this, a login found in ~/.netrc would be sent along.
        self._http.auth = _unchanged

    def post(self, url: str, form: Mapping[str, str]) -> Answer:
        """Send a form.

        Raises:
            BadInput: The environment names a proxy or a CA bundle that cannot be used.
            Unreachable: No answer came.
        """
        return self._send("POST", url, form, token="")

    def get(self, url: str, *, token: str = "") -> Answer:
        """Read a resource, with an access token where one is given.

        Raises:
            BadInput: The environment names a proxy or a CA bundle that cannot be used.
            Unreachable: No answer came.
        """
        return self._send("GET", url, None, token=token)

    def _send(self, method: str, url: str, form: Mapping[str, str] | None, *, token: str) -> Answer:
        self.requests_sent += 1
        outcomes: SimpleQueue[Answer | Exception] = SimpleQueue()

        def ask() -> None:
            try:
                outcomes.put(self._ask(method, url, form, token=token))
            except Exception as error:  # noqa: BLE001 -- raised below
                outcomes.put(error)

        # A socket's timeout ends with each packet, and a name server has none. Only who waits beside can end it all.
        try:
            Thread(target=ask, daemon=True).start()
        except RuntimeError:  # as with `docker run --pids-limit 1`: better a login without that end than none
            ask()
        try:
            outcome = outcomes.get(timeout=self._timeout + _GRACE)
        except Empty:
            outcome = requests.ReadTimeout()
        if isinstance(outcome, Answer):
            return outcome
        # Every error of requests is an OSError.
        if isinstance(outcome, OSError | urllib3.exceptions.HTTPError):
            raise _failure(outcome, url, self._timeout, has_roots_of_its_own=self._has_roots_of_its_own) from None
        raise outcome

    def _ask(self, method: str, url: str, form: Mapping[str, str] | None, *, token: str) -> Answer:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        start = time.monotonic()
        with self._http.request(
            method, url, data=form, headers=headers, timeout=self._timeout, allow_redirects=False, stream=True
        ) as response:
            clock_skew = _clock_skew(response.headers)
            certificate = _peer_certificate(response)
            return Answer(
                status=response.status_code,
                headers=response.headers,
                body=_read(response),
                seconds=time.monotonic() - start,
                clock_skew=clock_skew,
                certificate=certificate,
            )


class _Adapter(HTTPAdapter):
    """Connects with a TLS context of ours, directly and through a proxy."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- as the base class has it
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:  # noqa: ANN401 -- as the base class has it
        return super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)


def _trust(ca_certificates: str) -> ssl.SSLContext:
    context = create_urllib3_context(ssl_minimum_version=ssl.TLSVersion.TLSv1_2)
    # The same with every Python, and as curl and the sf CLI have it: an inspecting proxy's CA is often not made to the
    # letter, and the certificate that is trusted need not be a root.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if not ca_certificates:
        return context
    certificates = [block.data.decode() for block in find_blocks(ca_certificates) if "CERTIFICATE" in block.label]
    try:
        context.load_verify_locations(cadata="".join(certificates))
    except (ssl.SSLError, ValueError):
        raise Unusable(
            "It holds no certificate that can be read. Is it a file's path?",
            "Paste certificates in PEM, from `-----BEGIN CERTIFICATE-----` to `-----END CERTIFICATE-----`.",
        ) from None
    return context


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Follow no redirect. Even when told not to, requests reads the whole answer and prepares the next request."""


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _peer_certificate(response: requests.Response) -> Mapping[str, Any]:
    # A connection that the answer has closed has none any more.
    socket_of_answer = getattr(response.raw.connection, "sock", None)
    return getattr(socket_of_answer, "getpeercert", dict)() or {}


def _read(response: requests.Response) -> bytes:
    body = b""
    while len(body) <= LARGEST_ANSWER and (part := response.raw.read1(LARGEST_ANSWER, decode_content=True)):
        body += part
    return body[: LARGEST_ANSWER + 1]


def _clock_skew(headers: Mapping[str, str]) -> float:
    try:
        return parsedate_to_datetime(headers.get("Date", "")).timestamp() - time.time()
    except (ValueError, OverflowError):  # the latter for a time that no machine can count to
        return 0.0


def _failure(error: Exception, url: str, timeout: int, *, has_roots_of_its_own: bool) -> Unreachable | BadInput:
    """Say what an error of requests means; its own text names classes, and says little else."""
    host = urlsplit(url).netloc
    if isinstance(error, _UNUSABLE_PROXY):
        return _bad_environment(
            "HTTPS_PROXY",
            "It, or ALL_PROXY, is not the URL of a proxy that can be used: http and https can, SOCKS cannot.",
            "Write http://host:port, or http://user:password@host:port with what is special in them percent-encoded.",
        )
    causes = list(_causes(error))
    if _is_of_ca_bundle(error, causes):
        return _bad_environment(
            "REQUESTS_CA_BUNDLE",
            "It, or CURL_CA_BUNDLE, names a file that is not there, cannot be read, or holds no certificate.",
            "Unset it; roots to trust in addition go into the input `ca-certificates`.",
        )
    if isinstance(error, requests.exceptions.ProxyError):
        return _proxy_failure(host, causes, timeout)
    for cause in causes:
        match cause:
            case ssl.SSLCertVerificationError():
                give = "add its CA certificate to" if has_roots_of_its_own else "give its CA certificate in"
                return Unreachable(
                    f"The certificate of {host} is not trusted: {cause.verify_message}. If a proxy inspects TLS here, "
                    f"{give} `ca-certificates`; otherwise somebody may be listening in.",
                    transient=False,
                )
            case socket.gaierror(errno=socket.EAI_NONAME):
                return Unreachable(
                    f"There is no host named {host}, or its name is not known on this network. Is it spelt right?",
                    transient=False,
                )
    return Unreachable(f"{host} {_what_happened(causes, timeout)}", transient=True)


def _is_of_ca_bundle(error: Exception, causes: list[BaseException]) -> bool:
    """Whether the trust roots that the environment names cannot be loaded. No library has a class for it."""
    if isinstance(error, requests.exceptions.SSLError):
        of_tls = [cause for cause in causes if isinstance(cause, ssl.SSLError)]
        return not of_tls or any(cause.library == "X509" for cause in of_tls)
    return "CA certificate bundle" in str(error)


def _what_happened(causes: list[BaseException], timeout: int) -> str:
    sentences = (
        (socket.gaierror, "could not be looked up: the name is wrong, or the name server does not answer."),
        (requests.ConnectTimeout, f"could not be connected to within {timeout} s. Does a firewall stand between?"),
        ((requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError), f"did not answer within {timeout} s."),
        (ConnectionRefusedError, "refused the connection. Is that its port?"),
        (ssl.SSLError, "broke off the TLS handshake."),
    )
    found = (said for kind, said in sentences if any(isinstance(cause, kind) for cause in causes))
    return next(found, "broke off the connection.")


def _proxy_failure(host: str, causes: list[BaseException], timeout: int) -> Unreachable:
    # The proxy's own words may be anything, and say no more than its status.
    status = re.search(r"Tunnel connection failed: (\d{3})", str(causes[-1]))
    if status is None:
        return Unreachable(
            f"The proxy on the way to {host} {_what_happened(causes, timeout)} Check HTTPS_PROXY.", transient=True
        )
    if status[1] in {"401", "407"}:
        return Unreachable(
            f"The proxy on the way to {host} wants a user name and a password. Write them into HTTPS_PROXY: "
            "http://user:password@host:port, with what is special in them percent-encoded.",
            transient=False,
        )
    if status[1].startswith("4") and status[1] != "429":
        return Unreachable(
            f"The proxy does not let connections to {host} through (HTTP {status[1]}). Have the host allowed.",
            transient=False,
        )
    return Unreachable(
        f"The proxy on the way to {host} failed: it answers HTTP {status[1]}. Check HTTPS_PROXY.", transient=True
    )


def _bad_environment(name: str, found: str, remedy: str) -> BadInput:
    return BadInput([Problem(name, found, remedy)])


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__ or error.__context__
