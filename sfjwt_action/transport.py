"""One HTTPS request: trust, timeouts, size limits, proxies, retries, and errors in plain words.

Proxies and default trust roots are those of requests: `HTTPS_PROXY`, `NO_PROXY`, `REQUESTS_CA_BUNDLE`. The retry
delays are computed by urllib3.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy
from urllib3.util.retry import RequestHistory, Retry
from urllib3.util.ssl_ import create_urllib3_context

from sfjwt_action import __version__
from sfjwt_action.inputs.problems import InvalidInput, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from requests.auth import AuthBase

T = TypeVar("T")

# The login URL was validated before, so the proxy's URL is wrong. InvalidProxyURL is an InvalidURL.
_INVALID_PROXY = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    urllib3.exceptions.LocationValueError,
)

INVALID_PROXY_URL = (
    "HTTPS_PROXY or ALL_PROXY isn't the URL of an http or https proxy. SOCKS isn't supported.",
    "Use http://host:port or http://user:password@host:port, with special characters percent-encoded.",
)
"""What is wrong with a proxy's URL, and how to fix it."""

_UNENCODED_PROXY_URL = (
    "The user name or password in HTTPS_PROXY has special characters that aren't percent-encoded.",
    (
        "Percent-encode them: `/` as %2F, `#` as %23, `?` as %3F, `@` as %40, `:` as %3A, and the backslash in "
        "`DOMAIN\\user` as %5C."
    ),
)
# One of these ends the host, so the URL's host is part of the user name or password.
_UNENCODED = r"([\w+.-]+://)?+[^@]*[/?#\\].*@.*"
# curl and others accept `*.salesforce.com` in NO_PROXY. requests compares the ends of host names.
_WILDCARD = re.compile(r"(^|[\s,])\*\.")
_LOOPBACK = r"(?:[\w+.-]+://)?(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?"

# With an @ after a /, the password holds the /, and what precedes it isn't the host.
_PROXY = r"(?P<scheme>[\w+.-]+://)?+([^/?#]*@)?(?P<host>[^/?#@]+)([/?#][^@]*)?"

MAX_BODY_BYTES = 1024 * 1024
"""Bytes of a response body to read. The token endpoint's have about a thousand."""

MAX_WAIT_SECONDS = 60
"""Seconds to wait before a retry, at most, whatever `Retry-After` says."""

_GRACE_SECONDS = 1
"""Seconds that a request may exceed its timeout by, so that a socket's own timeout, which says more, comes first."""


class Log(Protocol):
    """Takes what a person may want to read about a run."""

    def debug(self, line: str) -> None:
        """Log a detail that helps to investigate a failure."""
        ...

    def info(self, line: str) -> None:
        """Log a step of the run."""
        ...

    def warning(self, title: str, message: str) -> None:
        """Log what needs attention, though this run goes on."""
        ...


class RequestFailed(Exception):
    """A request didn't get what it asked for.

    Attributes:
        transient: Whether the same request may succeed a little later.
        retry_after: The server's `Retry-After` header, if it sent one.
    """

    def __init__(self, message: str, *, transient: bool, retry_after: str | None = None) -> None:
        super().__init__(message)
        self.transient = transient
        self.retry_after = retry_after


class Unreachable(RequestFailed):
    """No response came that grants or refuses anything. The message says why, and what to do, in sentences."""


class NoSuchServer(Unreachable):
    """The host doesn't exist, or nothing listens on its port. Whoever chose the URL knows what to check."""


class UntrustedCertificate(Unreachable):
    """The server's TLS certificate isn't trusted."""


class Response(NamedTuple):
    """An HTTP response.

    Attributes:
        status: The HTTP status.
        headers: The headers. Their names are case-insensitive.
        body: The body; one byte more than `MAX_BODY_BYTES` if it was larger.
        seconds: How long the request took.
        clock_skew: Seconds by which the server's clock is ahead of this machine's; 0 without a usable `Date` header.
        certificate: The server's TLS certificate, as `ssl.SSLSocket.getpeercert` returns it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    clock_skew: float
    certificate: Mapping[str, Any]


class Transport:
    """Sends requests. Redirects are never followed, because what is sent is meant for one host only.

    Args:
        timeout: Seconds that a request may take to connect, to start its response, and, with a second of grace, in all.
        ca_certificates: Certificates in well-formed PEM to trust in addition to the default roots; may be empty.

    Attributes:
        requests_sent: How many requests were sent, or attempted.
    """

    def __init__(self, *, timeout: int, ca_certificates: str) -> None:
        self.requests_sent = 0
        self._timeout = timeout
        self._ca_certificates = ca_certificates
        self._http = _Session()
        self._http.mount("https://", _Adapter(_tls_context(ca_certificates)))
        self._http.headers["User-Agent"] = f"sfjwt-action/{__version__}"
        # Without this, requests would send credentials that it finds in ~/.netrc.
        self._http.auth = _no_auth

    def trusting(self, ca_certificates: str) -> Transport:
        """Return a transport that trusts more certificates."""
        return Transport(timeout=self._timeout, ca_certificates=self._ca_certificates + ca_certificates)

    def post(self, url: str, form: Mapping[str, str]) -> Response:
        """Send a form.

        Raises:
            InvalidInput: The environment names a proxy or a CA bundle that can't be used.
            Unreachable: No response came.
        """
        return self.send("POST", url, data=form)

    def get(self, url: str, *, token: str = "") -> Response:
        """Get a resource, with a bearer token if one is passed.

        Raises:
            InvalidInput: The environment names a proxy or a CA bundle that can't be used.
            Unreachable: No response came.
        """
        return self.send("GET", url, headers={"Authorization": f"Bearer {token}"} if token else {})

    def send(
        self,
        method: str,
        url: str,
        *,
        data: Mapping[str, str] | bytes | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
        auth: AuthBase | None = None,
    ) -> Response:
        """Send a request.

        Args:
            method: The HTTP method.
            url: The URL.
            data: A form, or a body as it is.
            headers: Headers in addition to the usual ones.
            auth: Signs the request.

        Raises:
            InvalidInput: The environment names a proxy or a CA bundle that can't be used.
            Unreachable: No response came.
        """
        self.requests_sent += 1
        request = partial(self._http.request, method, url, data=data, headers=headers, auth=auth)
        outcomes: SimpleQueue[Response | Exception] = SimpleQueue()

        def exchange() -> None:
            try:
                outcomes.put(_exchange(request, self._timeout))
            except Exception as error:  # noqa: BLE001 -- raised below
                outcomes.put(error)

        # A socket's timeout restarts with each packet, and name resolution has none. A second thread can end both.
        try:
            Thread(target=exchange, daemon=True).start()
        except RuntimeError:  # with `docker run --pids-limit 1`, a login without that limit is better than none
            exchange()
        try:
            outcome = outcomes.get(timeout=self._timeout + _GRACE_SECONDS)
        except Empty:
            outcome = requests.ReadTimeout()
        if isinstance(outcome, Response):
            return outcome
        if self._has_invalid_proxy(url):
            raise _invalid_proxy(environment_proxy(url)) from None
        # Every error of requests is an OSError.
        if not isinstance(outcome, OSError | urllib3.exceptions.HTTPError):
            raise outcome
        if problem := self._ca_bundle_problem(url):
            raise InvalidInput([problem]) from None
        raise _explain(outcome, url, environment_proxy(url), self._timeout) from None

    def _has_invalid_proxy(self, url: str) -> bool:
        """Return whether the environment names a proxy without a host, for which requests raises a TypeError."""
        proxy = environment_proxy(url)
        try:
            return bool(proxy) and not urlsplit(proxy if "://" in proxy else f"http://{proxy}").hostname
        except ValueError:
            return True

    def _ca_bundle_problem(self, url: str) -> Problem | None:
        """Return what is wrong with the CA bundle that the environment names, if it names one that can't be loaded."""
        bundle = self._http.merge_environment_settings(url, {}, False, None, None)["verify"]  # noqa: FBT003 -- requests'
        if not isinstance(bundle, str):
            return None
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(**{"capath" if Path(bundle).is_dir() else "cafile": bundle})
        except (OSError, ValueError):
            return Problem(
                "REQUESTS_CA_BUNDLE",
                "REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names a file that doesn't exist or has no certificate.",
                "Unset the variable or correct the path.",
            )
        return None


class _Adapter(HTTPAdapter):
    """Connects with our TLS context, directly and through a proxy."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- as the base class has it
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:  # noqa: ANN401 -- as the base class has it
        return super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)


def _tls_context(ca_certificates: str) -> ssl.SSLContext:
    context = create_urllib3_context(ssl_minimum_version=ssl.TLSVersion.TLSv1_2)
    # The same rules with every Python version, and those of curl and the sf CLI: the CA of an inspecting proxy often
    # breaks RFC 5280, and a certificate that is trusted need not be a root.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if ca_certificates:
        context.load_verify_locations(cadata=ca_certificates)
    return context


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Find no redirect. Otherwise requests reads the body and prepares the next request, even if told not to."""

    def merge_environment_settings(self, url: Any, proxies: Any, *args: Any) -> Any:  # noqa: ANN401 -- as requests has it
        """Read the proxies from the environment, with wildcards in `NO_PROXY`."""
        excluded = _WILDCARD.sub(r"\1.", getproxies().get("no", ""))
        settings = super().merge_environment_settings(url, {"no_proxy": excluded, **proxies}, *args)
        # Only servers on this machine are reached by http, so a proxy would get credentials in clear text.
        return settings if url.startswith("https:") else {**settings, "proxies": {}}


def environment_proxy(url: str) -> str:
    """Return the proxy that the environment names for a URL, which may hold a password; empty if there is none."""
    proxies = _Session().merge_environment_settings(url, {}, False, None, None)["proxies"]  # noqa: FBT003 -- requests'
    return select_proxy(url, proxies) or ""


def _exchange(request: Callable[..., requests.Response], timeout: int) -> Response:
    start = time.monotonic()
    with request(timeout=timeout, allow_redirects=False, stream=True) as response:
        clock_skew = _clock_skew(response.headers)
        certificate = _peer_certificate(response)
        return Response(
            status=response.status_code,
            headers=response.headers,
            body=_read_body(response),
            seconds=time.monotonic() - start,
            clock_skew=clock_skew,
            certificate=certificate,
        )


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _peer_certificate(response: requests.Response) -> Mapping[str, Any]:
    # If the response closed the connection, it has no socket anymore.
    connected = getattr(response.raw.connection, "sock", None)
    return getattr(connected, "getpeercert", dict)() or {}


def _read_body(response: requests.Response) -> bytes:
    body = b""
    while len(body) <= MAX_BODY_BYTES and (chunk := response.raw.read1(MAX_BODY_BYTES, decode_content=True)):
        body += chunk
    return body[: MAX_BODY_BYTES + 1]


def _clock_skew(headers: Mapping[str, str]) -> float:
    try:
        return parsedate_to_datetime(headers.get("Date", "")).timestamp() - time.time()
    except (ValueError, OverflowError):  # the latter for a date out of range
        return 0.0


def without_credentials(proxy: str) -> str:
    """Return a proxy's URL without its user name and password; empty if it isn't a URL."""
    match = re.fullmatch(_PROXY, proxy)
    return f"{match['scheme'] or 'http://'}{match['host']}" if match else ""


def _explain(error: Exception, url: str, proxy: str, timeout: int) -> Unreachable | InvalidInput:
    """Return what an error of requests means in plain words. Its own text is little more than class names."""
    host = urlsplit(url).netloc
    causes = list(_causes(error))
    is_proxy_error = isinstance(error, requests.exceptions.ProxyError)
    if isinstance(error, _INVALID_PROXY) or (is_proxy_error and re.fullmatch(_UNENCODED, proxy)):
        return _invalid_proxy(proxy)
    if is_proxy_error:
        return _explain_proxy_error(host, proxy, causes, timeout)
    for cause in causes:
        match cause:
            case ssl.SSLCertVerificationError():
                return UntrustedCertificate(
                    f"The TLS certificate of {host} isn't trusted: {cause.verify_message}.", transient=False
                )
            case socket.gaierror(errno=socket.EAI_NONAME):
                return NoSuchServer(f"Can't resolve the host {host}.", transient=False)
    is_refused = any(isinstance(cause, ConnectionRefusedError) for cause in causes)
    kind = NoSuchServer if is_refused else Unreachable
    return kind(f"{host} {_describe(causes, timeout)}{_container_hint(host) if is_refused else ''}", transient=True)


def _invalid_proxy(proxy: str) -> InvalidInput:
    return InvalidInput(
        [Problem("HTTPS_PROXY", *(_UNENCODED_PROXY_URL if re.fullmatch(_UNENCODED, proxy) else INVALID_PROXY_URL))]
    )


def _describe(causes: list[BaseException], timeout: int) -> str:
    sentences = (
        (socket.gaierror, "couldn't be resolved: the DNS server doesn't respond."),
        (requests.ConnectTimeout, f"didn't accept a connection within {timeout} s. Check for a firewall."),
        ((requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError), f"didn't respond within {timeout} s."),
        (ConnectionRefusedError, "refused the connection."),
        (ssl.SSLError, "closed the connection during the TLS handshake."),
    )
    reasons = [cause.reason or "" for cause in causes if isinstance(cause, ssl.SSLError)]
    if any("CERTIFICATE_REQUIRED" in reason for reason in reasons):
        return "requires a client certificate, which the JWT bearer flow doesn't have."
    if any(reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"} for reason in reasons):
        return "doesn't speak TLS. Check the port and the proxy."
    found = (sentence for kind, sentence in sentences if any(isinstance(cause, kind) for cause in causes))
    return next(found, "closed the connection.")


def _explain_proxy_error(host: str, proxy: str, causes: list[BaseException], timeout: int) -> Unreachable:
    has_credentials = "@" in proxy
    proxy = without_credentials(proxy)
    # The proxy's own words say no more than its status.
    status = re.search(r"Tunnel connection failed: (\d{3})", str(causes[-1]))
    if status is None:
        return Unreachable(
            f"The proxy {proxy} on the way to {host} {_describe(causes, timeout)} Check HTTPS_PROXY."
            f"{_proxy_hint(proxy)}",
            transient=True,
        )
    if status[1] in {"401", "407"} and has_credentials:
        return Unreachable(
            f"The proxy {proxy} on the way to {host} rejected the user name and password in HTTPS_PROXY. Check them, "
            "and percent-encode special characters, such as `@` as %40. If the proxy only accepts NTLM or Negotiate, "
            "which the action doesn't support, use a local proxy such as Cntlm or Px.",
            transient=False,
        )
    if status[1] in {"401", "407"}:
        return Unreachable(
            f"The proxy {proxy} on the way to {host} requires a user name and a password. Add them to HTTPS_PROXY: "
            "http://user:password@host:port, with special characters percent-encoded.",
            transient=False,
        )
    if status[1].startswith("4") and status[1] != "429":
        return Unreachable(
            f"The proxy {proxy} blocks {host} (HTTP {status[1]}). Ask its administrator to allow the host.",
            transient=False,
        )
    return Unreachable(
        f"The proxy {proxy} on the way to {host} failed with HTTP {status[1]}. Check HTTPS_PROXY.", transient=True
    )


def _proxy_hint(proxy: str) -> str:
    if proxy.startswith("https://"):
        return " If the proxy doesn't speak TLS itself, use http:// there."
    return _container_hint(proxy)


def _container_hint(address: str) -> str:
    if match := re.fullmatch(_LOOPBACK, address):
        return f" In a container, {match[1]} is the container itself. Use an address that the container can reach."
    return ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__ or error.__context__


def with_retries(url: str, attempt: Callable[[], T], *, retries: int, log: Log) -> T:
    """Do something, and do it again after transient failures, with exponential backoff.

    Args:
        url: The URL that it requests.
        attempt: Does it once.
        retries: Attempts after the first.
        log: Logs every wait.

    Returns:
        What `attempt` returned.

    Raises:
        RequestFailed: As the last attempt raised it.
    """
    retry = _retry_policy(url, retries)
    while True:
        try:
            return attempt()
        except RequestFailed as failure:
            if not failure.transient:
                raise
            try:
                retry = retry.increment("POST", url)
            except urllib3.exceptions.MaxRetryError:
                raise failure from None
            wait = _wait_seconds(retry, failure.retry_after)
            log.info(f"{failure} Trying again in {wait:.1f} s (attempt {len(retry.history)} of {retries + 1}).")
            time.sleep(wait)


def _retry_policy(url: str, retries: int) -> Retry:
    return Retry(
        total=retries,
        backoff_factor=0.5,
        backoff_jitter=0.5,
        backoff_max=MAX_WAIT_SECONDS,
        retry_after_max=MAX_WAIT_SECONDS,
        # urllib3 waits from the second retry on. With the first attempt in its history, it waits from the first on.
        history=(RequestHistory("POST", url, None, None, None),),
    )


def _wait_seconds(retry: Retry, retry_after: str | None) -> float:
    try:
        return retry.get_backoff_time() if retry_after is None else retry.parse_retry_after(retry_after)
    except (urllib3.exceptions.InvalidHeader, ValueError, OverflowError):  # the latter two for dates out of range
        return retry.get_backoff_time()
