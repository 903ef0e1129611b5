"""The token endpoint: an assertion for an access token.

The exchange is that of RFC 7523, section 2.1, at the path that Salesforce Help gives for the OAuth 2.0 JWT bearer
flow. The arithmetic of retries is urllib3's.
"""

from __future__ import annotations

import json
import re
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, NoReturn, Protocol, TypeVar
from urllib.parse import unquote, urljoin, urlsplit

from urllib3.exceptions import InvalidHeader, MaxRetryError
from urllib3.util.retry import RequestHistory, Retry

from sfjwt_action.diagnosis import Refusal, is_transient
from sfjwt_action.transport import LARGEST_ANSWER, Answer, Transport, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LONGEST_WAIT = 60
"""Seconds to wait before another attempt, at the most, whatever `Retry-After` says."""

_LONGEST_WORDS = 300
# Part of an assertion or of a token, in JWT format or opaque, that an answer may repeat.
_SECRET = re.compile(r"eyJ[\w.~+/=-]{8,}|\b00D\w{12,15}(!|%(25)*21)[\w.]{8,}")


class Log(Protocol):
    """Takes what a person may want to read."""

    def debug(self, line: str) -> None:
        """Take a detail, for who looks into a failure."""
        ...

    def info(self, line: str) -> None:
        """Take a step of the run."""
        ...

    def warning(self, title: str, message: str) -> None:
        """Take what will need care, though this run goes on."""
        ...


class Refused(Exception):
    """Salesforce refused the login.

    Args:
        refusal: Its words.
        clock_skew: Seconds by which Salesforce's clock is ahead of this machine's.
    """

    retry_after: str | None = None

    def __init__(self, refusal: Refusal, clock_skew: float) -> None:
        super().__init__(f"Salesforce says {refusal}.")
        self.refusal = refusal
        self.clock_skew = clock_skew
        self.transient = is_transient(refusal)


class UntrustedAnswer(Exception):
    """An answer came that cannot be believed. The message says what is wrong with it, and begins with “it”."""


def exchange(login_url: str, sign: Callable[[], str], *, transport: Transport, retries: int, log: Log) -> object:
    """Exchange an assertion for what the token endpoint grants, trying again after transient failures.

    Args:
        login_url: The login host's URL, without a slash at its end.
        sign: Makes an assertion. It is called for every attempt, since Salesforce takes each only once.
        transport: How to get there.
        retries: Attempts after the first.
        log: Is told of every attempt and every wait.

    Returns:
        The JSON of a 200, not yet believed.

    Raises:
        BadInput: The environment names a proxy or a CA bundle that cannot be used.
        Refused: Salesforce said no.
        Unreachable: There was no answer, or only a server's error.
        UntrustedAnswer: The answer is not one that a token endpoint gives.
    """
    url = f"{login_url}/services/oauth2/token"

    def attempt() -> object:
        answer = transport.post(url, {"grant_type": GRANT_TYPE, "assertion": sign()})
        _tell(url, answer, log)
        return _granted(answer, login_url)

    return with_retries(url, attempt, retries=retries, log=log)


def revoke(instance_url: str, token: str, *, transport: Transport, retries: int, log: Log) -> bool:
    """Revoke an access token (RFC 7009); one that is no longer valid is as good as revoked.

    Args:
        instance_url: The org's URL, without a slash at its end.
        token: The access token.
        transport: How to get there.
        retries: Attempts after the first, after transient failures.
        log: Is told of every attempt and every wait.

    Returns:
        Whether it was still valid.

    Raises:
        BadInput: The environment names a proxy or a CA bundle that cannot be used.
        Refused: Salesforce said no.
        Unreachable: There was no answer, or only a server's error.
        UntrustedAnswer: The answer is not one that a revocation endpoint gives.
    """
    url = f"{instance_url}/services/oauth2/revoke"

    def attempt() -> None:
        answer = transport.post(url, {"token": token})
        _tell(url, answer, log)
        if answer.status != HTTPStatus.OK:
            _refuse(answer, instance_url)

    try:
        with_retries(url, attempt, retries=retries, log=log)
    except Refused as error:
        # Salesforce answers so for a token that has expired, or was revoked before.
        if error.refusal.error not in {"invalid_token", "unsupported_token_type"}:
            raise
        return False
    return True


def _tell(url: str, answer: Answer, log: Log) -> None:
    log.debug(
        f"POST {url}: HTTP {answer.status}, {len(answer.body)} bytes in {answer.seconds:.2f} s, "
        f"clock skew {round(answer.clock_skew):+d} s"
    )


def with_retries(url: str, attempt: Callable[[], T], *, retries: int, log: Log) -> T:
    """Do something, and do it again after transient failures.

    Args:
        url: What is asked.
        attempt: Asks it once.
        retries: Attempts after the first.
        log: Is told of every wait.

    Returns:
        What `attempt` returned.

    Raises:
        Refused: As the last attempt raised it.
        Unreachable: Likewise.
    """
    retry = _retry_policy(url, retries)
    while True:
        try:
            return attempt()
        except (Refused, Unreachable) as failure:
            if not failure.transient:
                raise
            try:
                retry = retry.increment("POST", url)
            except MaxRetryError:
                raise failure from None
            wait = _wait(retry, failure.retry_after)
            log.info(f"{failure} Trying again in {wait:.1f} s (attempt {len(retry.history)} of {retries + 1}).")
            time.sleep(wait)


def _retry_policy(url: str, retries: int) -> Retry:
    return Retry(
        total=retries,
        backoff_factor=0.5,
        backoff_jitter=0.5,
        backoff_max=LONGEST_WAIT,
        retry_after_max=LONGEST_WAIT,
        # urllib3 waits from the second retry on; with the first attempt in its history, it waits from the first on.
        history=(RequestHistory("POST", url, None, None, None),),
    )


def _wait(retry: Retry, retry_after: str | None) -> float:
    try:
        return retry.get_backoff_time() if retry_after is None else retry.parse_retry_after(retry_after)
    except (InvalidHeader, ValueError, OverflowError):  # the latter two for what no machine can count to
        return retry.get_backoff_time()


def _granted(answer: Answer, login_url: str) -> object:
    """The JSON of a 200; anything else is raised."""
    if answer.status != HTTPStatus.OK:
        _refuse(answer, login_url)
    return _json(answer)


def _refuse(answer: Answer, base_url: str) -> NoReturn:
    """Raise what an answer other than 200 means."""
    status = answer.status
    if b"Data Not Available" in answer.body:
        # The page that Salesforce shows for an org that is gone, whatever its status.
        raise Refused(Refusal(status, "inactive_org", "Data Not Available"), answer.clock_skew)
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unreachable(
            f"{base_url} answers HTTP {status}{_words_of_error(answer)}.",
            transient=True,
            retry_after=answer.headers.get("Retry-After"),
            refusal=Refusal(status, "", ""),
        )
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise Refused(_redirect(answer, base_url), answer.clock_skew)
    raise Refused(_refusal(status, _json(answer)), answer.clock_skew)


def _json(answer: Answer) -> object:
    if len(answer.body) > LARGEST_ANSWER:
        raise UntrustedAnswer(f"it is larger than {LARGEST_ANSWER} bytes")
    try:
        parsed: object = json.loads(answer.body)
    except (ValueError, RecursionError):  # the latter for JSON that is nested without end
        raise UntrustedAnswer(
            f"it is HTTP {answer.status} with something that is not JSON, as a proxy or another server may send"
        ) from None
    return parsed


def _refusal(status: int, answer: object) -> Refusal:
    if not isinstance(answer, dict) or not isinstance(answer.get("error"), str):
        raise UntrustedAnswer(f"it is HTTP {status}, and names no OAuth error")
    return Refusal(status, one_line(answer["error"]), one_line(str(answer.get("error_description") or "")))


def _words_of_error(answer: Answer) -> str:
    try:
        return f" ({_refusal(answer.status, json.loads(answer.body))})"
    except (ValueError, RecursionError, UntrustedAnswer):
        return ""


def one_line(text: str) -> str:
    """Make one line of a server's words that can be shown: it may have repeated what it was sent."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in unquote(text)).split())
    return _SECRET.sub("[…]", line)[:_LONGEST_WORDS]


def _redirect(answer: Answer, base_url: str) -> Refusal:
    try:
        target = urlsplit(urljoin(base_url, answer.headers["Location"]))
        host, port = target.hostname or "", target.port
    except (KeyError, ValueError):  # the latter for what is no URL at all, such as https://[
        host, port = "", None
    url = f"https://{one_line(host)}" + (f":{port}" if port else "")
    if not host or url == f"https://{urlsplit(base_url).netloc}":
        return Refusal(answer.status, "redirect", "the login host sends us away, and names no other")
    return Refusal(
        answer.status, "redirect", f"the login host points to {url}; if that is yours, make it the login-url"
    )
