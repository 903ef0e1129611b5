"""A proxy or server that closes an established connection: not reachable, retried, and not an input problem."""

import socketserver
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socket import SO_LINGER, SOL_SOCKET

import pytest
import trustme
from faults.faulty_server import faulty_server, granted
from faults.harness import Outcome, Step

TLS_ALERTS = {
    name: b"\x15\x03\x03\x00\x02\x02" + bytes([number])
    for name, number in {
        "handshake_failure": 40,
        "protocol_version": 70,
        "internal_error": 80,
        "unrecognized_name": 112,
    }.items()
}
AFTER_CONNECT = {
    "FIN": b"",
    "RST": None,
    "one byte": b"\x16",
    "junk": b"\x00\xff junk, and more of it " * 40,
    "HTTP": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    "HTML": b"<html><body>Blocked by policy</body></html>",
    "half a record": b"\x16\x03\x03\x40\x00" + b"x" * 100,
    **TLS_ALERTS,
}


@contextmanager
def tunnel(sends: bytes | None) -> Iterator[str]:
    """A proxy that accepts CONNECT, sends this, and closes. For None, it closes with a reset."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            if sends is None:
                self.request.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
            else:
                self.request.recv(1)  # the beginning of the TLS handshake
                self.wfile.write(sends)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def expect_unreachable(outcome: Outcome) -> None:
    assert (outcome.exit_code, len(outcome.waits)) == (4, 1), outcome.log
    assert "REQUESTS_CA_BUNDLE" not in outcome.log
    assert not outcome.published


@pytest.mark.parametrize("kind", AFTER_CONNECT)
def test_a_proxy_that_closes_the_tunnel(kind: str, step: Step) -> None:
    with tunnel(AFTER_CONNECT[kind]) as proxy:
        outcome = step.login("https://acme.my.salesforce.com", environ={"HTTPS_PROXY": proxy}, retries="1", timeout="2")
    expect_unreachable(outcome)


def test_a_server_that_requires_a_client_certificate(step: Step, ca: trustme.CA) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(context)
    context.verify_mode = ssl.CERT_REQUIRED
    ca.configure_trust(context)
    with faulty_server(context, granted(), granted()) as server:
        outcome = step.login(server.url, retries="1")
    expect_unreachable(outcome)


@pytest.mark.parametrize("login", ["user:pw@", "user@", ":@", "user:pw", "@", "user:pw@:", "user:pw@host"])
def test_a_truncated_proxy_url_is_not_a_bug(login: str, step: Step) -> None:
    outcome = step.login(
        "https://acme.my.salesforce.com", environ={"HTTPS_PROXY": f"http://{login}"}, retries="0", timeout="2"
    )
    assert outcome.exit_code in {2, 4}, outcome.log
    assert "A bug in" not in outcome.log
    assert not outcome.published
