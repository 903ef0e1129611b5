"""The limits of a request, the waits between attempts, and which proxy it uses."""

import itertools
import ssl
import time
from email.utils import formatdate

import pytest
import trustme
from faults.faulty_server import answer, faulty_server
from faults.harness import NETWORK_VARIABLES

from sfjwt_action.transport import (
    MAX_BODY_BYTES,
    MAX_WAIT_SECONDS,
    NoSuchServer,
    RequestFailed,
    Transport,
    environment_proxy,
    with_retries,
    without_credentials,
)

MEBIBYTE = 1_048_576
PROXY = "http://proxy.example:3128"


@pytest.fixture(autouse=True)
def _clean_network(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NETWORK_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


class Lines:
    """A log that stores its lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def debug(self, line: str) -> None:
        self.lines.append(line)

    def info(self, line: str) -> None:
        self.lines.append(line)

    def warning(self, title: str, message: str) -> None:
        self.lines.append(f"{title}: {message}")


@pytest.mark.parametrize(
    ("sent", "read"), [(0, 0), (MEBIBYTE - 1, MEBIBYTE - 1), (MEBIBYTE, MEBIBYTE), (3 * MEBIBYTE, MEBIBYTE + 1)]
)
def test_a_body_is_read_up_to_a_mebibyte_and_one_byte(
    sent: int, read: int, trusted: ssl.SSLContext, ca: trustme.CA
) -> None:
    assert MAX_BODY_BYTES == MEBIBYTE
    transport = Transport(timeout=10, ca_certificates=ca.cert_pem.bytes().decode())
    with faulty_server(trusted, answer(200, b"x" * sent)) as server:
        assert len(transport.get(server.url).body) == read
    assert transport.requests_sent == 1


def test_clock_skew_comes_from_the_date_header(trusted: ssl.SSLContext, ca: trustme.CA) -> None:
    transport = Transport(timeout=10, ca_certificates=ca.cert_pem.bytes().decode())
    with faulty_server(trusted, answer(200, clock=600), answer(200, Date="never")) as server:
        assert transport.get(server.url).clock_skew == pytest.approx(600, abs=5)
        assert transport.get(server.url).clock_skew == 0


def waits(
    monkeypatch: pytest.MonkeyPatch, *, retries: int, retry_after: str | None, transient: bool = True
) -> list[float]:
    """Return the waits between failed attempts."""
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    attempts = itertools.count(1)

    def attempt() -> None:
        next(attempts)
        raise RequestFailed("It failed.", transient=transient, retry_after=retry_after)

    log = Lines()
    with pytest.raises(RequestFailed):
        with_retries("https://acme.my.salesforce.com", attempt, retries=retries, log=log)
    assert next(attempts) == len(waited) + 2
    assert len(log.lines) == len(waited)
    return waited


def test_waits_double_and_end_at_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_WAIT_SECONDS == 60
    waited = waits(monkeypatch, retries=10, retry_after=None)
    assert len(waited) == 10
    for number, seconds in enumerate(waited[:6]):
        assert 0.5 * 2 ** (number + 1) <= seconds <= 0.5 * 2 ** (number + 1) + 0.5
    assert waited[-1] == 60


@pytest.mark.parametrize(("retry_after", "seconds"), [("0", 0), ("7", 7), ("60", 60), ("61", 60), ("86400", 60)])
def test_retry_after_counts_up_to_a_minute(retry_after: str, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    assert waits(monkeypatch, retries=1, retry_after=retry_after) == [seconds]


def test_retry_after_may_be_a_date(monkeypatch: pytest.MonkeyPatch) -> None:
    (seconds,) = waits(monkeypatch, retries=1, retry_after=formatdate(time.time() + 20, usegmt=True))
    assert 15 <= seconds <= 20


@pytest.mark.parametrize("retry_after", ["soon", "Mon, 01 Jan 99999 00:00:00 GMT"])
def test_an_invalid_retry_after_is_ignored(retry_after: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (seconds,) = waits(monkeypatch, retries=1, retry_after=retry_after)
    assert 1 <= seconds <= 1.5


def test_no_wait_without_retries_or_after_a_final_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    assert waits(monkeypatch, retries=0, retry_after=None) == []
    assert waits(monkeypatch, retries=3, retry_after=None, transient=False) == []


@pytest.mark.parametrize(
    ("excluded", "proxy"),
    [
        ("", PROXY),
        ("*.salesforce.com", ""),
        ("localhost, *.salesforce.com", ""),
        (".salesforce.com", ""),
        ("*", ""),
        ("*.force.com", PROXY),
        ("*.my.salesforce.co", PROXY),
        ("x*.salesforce.com", PROXY),
    ],
)
def test_no_proxy_with_wildcards(excluded: str, proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", excluded)
    assert environment_proxy("https://acme.my.salesforce.com") == proxy


@pytest.mark.parametrize(
    ("proxy", "shown"),
    [
        ("http://ci:secret@proxy:3128", "http://proxy:3128"),
        ("ci:secret@proxy:3128", "http://proxy:3128"),
        ("http://ci:sec/ret@proxy:3128", ""),
        ("http://", ""),
    ],
)
def test_a_proxy_without_its_password(proxy: str, shown: str) -> None:
    assert without_credentials(proxy) == shown


def test_a_host_that_does_not_exist_is_final() -> None:
    with pytest.raises(NoSuchServer) as error:
        Transport(timeout=5, ca_certificates="").get("https://acme.invalid")
    assert "acme.invalid" in str(error.value)
    assert not error.value.transient


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_unencrypted_requests_to_this_machine_use_no_proxy(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "http://proxy.example:3128")
    assert environment_proxy("http://127.0.0.1:8200/v1/transit/keys/ci") == ""
