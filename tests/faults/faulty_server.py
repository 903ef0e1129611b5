"""A token endpoint over TLS that sends the replies of a test, valid or not, and records the requests."""

import base64
import json
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs

TOKEN = "00D5g00000FaXv7!AQ0AQ.token.of.the.faulty.server.0123456789abcdefghijklmnopqrstuvwxyz"
GRANTED = {
    "access_token": TOKEN,
    "instance_url": "https://acme.my.salesforce.com",
    "id": "https://login.salesforce.com/id/00D5g00000FaXv7EAF/0055g000008Kq2VAAS",
    "token_type": "Bearer",
    "scope": "api web",
    "issued_at": "1795517391000",
}


@dataclass
class Request:
    """A client's request, and the TLS socket to answer on."""

    connection: ssl.SSLSocket
    headers: dict[str, str]
    form: dict[str, str]

    @property
    def assertion(self) -> str:
        return self.form.get("assertion", "")

    @property
    def claims(self) -> dict[str, Any]:
        payload = self.assertion.split(".")[1]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return claims


Reply = Callable[[Request], None]


@dataclass
class FaultyServer:
    """The server. It uses `replies` in order, and repeats the last one."""

    port: int
    host: str
    replies: list[Reply] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"https://{self.host}:{self.port}"

    def next_reply(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@contextmanager
def faulty_server(
    context: ssl.SSLContext, *replies: Reply, host: str = "localhost", address: str = "127.0.0.1"
) -> Iterator[FaultyServer]:
    """Serve with the context's certificate on a free port of the address."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                with context.wrap_socket(self.request, server_side=True) as connection:
                    request = _read(connection)
                    faulty.requests.append(request)
                    faulty.next_reply()(request)
            except (OSError, ValueError):
                pass  # the client may disconnect

    class Server(socketserver.ThreadingTCPServer):
        address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        daemon_threads = True
        block_on_close = False

    with Server((address, 0), Handler) as server:
        faulty = FaultyServer(server.server_address[1], host, list(replies))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield faulty
        finally:
            server.shutdown()


def _read(connection: ssl.SSLSocket) -> Request:
    stream = connection.makefile("rb")
    stream.readline()
    headers = {}
    while line := stream.readline().decode().strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", "0"))).decode()
    return Request(connection, headers, {name: values[0] for name, values in parse_qs(body).items()})


def answer(status: int, body: object = b"", *, clock: float = 0, **headers: str) -> Reply:
    """Answer with a body (JSON unless it is bytes) and a clock that is `clock` seconds ahead."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def reply(request: Request) -> None:
        head = {
            "Date": formatdate(time.time() + clock, usegmt=True),
            "Content-Length": str(len(content)),
            "Connection": "close",
            **named,
        }
        lines = [f"HTTP/1.1 {status} Some reason", *(f"{name}: {value}" for name, value in head.items()), "", ""]
        request.connection.sendall("\r\n".join(lines).encode() + content)

    return reply


def granted(**changes: object) -> Reply:
    """Grant the login, with some members of the response changed, or removed if they are None."""
    return answer(200, {name: value for name, value in (GRANTED | changes).items() if value is not None})


def refused(error: str, description: str, *, clock: float = 0) -> Reply:
    """Reject the login with an OAuth error."""
    return answer(400, {"error": error, "error_description": description}, clock=clock)


def _pause(seconds: float) -> None:
    # time.sleep is patched in the step, where it doesn't wait.
    threading.Event().wait(seconds)


def silence(seconds: float) -> Reply:
    """Send nothing."""
    return lambda _: _pause(seconds)


def drip(request: Request) -> None:
    """Send a body so slowly that no read ever times out."""
    request.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(100):
        request.connection.sendall(b" ")
        _pause(0.1)


def drip_headers(request: Request) -> None:
    """Send one header after another, so that no read ever times out."""
    request.connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(100):
        request.connection.sendall(f"X-{number}: x\r\n".encode())
        _pause(0.1)


def go_on_for_ever(request: Request) -> None:
    """Send one informational response after another, and no final one."""
    for _ in range(100):
        request.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        _pause(0.1)


def stall_in_body(request: Request) -> None:
    """Begin a body, and then send nothing more."""
    request.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
    _pause(3)


def reset_in_body(request: Request) -> None:
    """Close the connection in the middle of the body."""
    request.connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"access_token": "')


def hang_up(request: Request) -> None:
    """Close the connection without a response."""
    request.connection.shutdown(socket.SHUT_RDWR)


def strict_about_time(clock: float) -> Reply:
    """Accept only assertions that are valid for a clock that is `clock` seconds ahead of this machine's."""

    def reply(request: Request) -> None:
        left = request.claims["exp"] - (time.time() + clock)
        if left < -180:
            refused("invalid_grant", "expired authorization code", clock=clock)(request)
        elif left > 480:
            refused("invalid_grant", "invalid assertion", clock=clock)(request)
        else:
            granted()(request)

    return reply
