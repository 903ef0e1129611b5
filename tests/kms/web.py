"""A small HTTPS server on the loopback interface."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    bearer: str
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 -- JSON
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return _single(parse_qs(self.body.decode()))


class Answer(Exception):
    """A response with this status, and this text or JSON."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


@contextmanager
def serving(respond: Callable[[Request], object], trusted: ssl.SSLContext) -> Iterator[str]:
    """Serve what `respond` returns, or raises as an `Answer`, and yield the URL."""

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            parts = urlsplit(self.path)
            request = Request(
                method=self.command,
                path=parts.path,
                query=_single(parse_qs(parts.query)),
                bearer=self.headers.get("Authorization", "").removeprefix("Bearer "),
                body=self.rfile.read(int(self.headers.get("Content-Length", 0))),
            )
            try:
                answer = Answer(200, respond(request))
            except Answer as error:
                answer = error
            text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
            body = text.encode()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _handle  # noqa: N815 -- the base class's names

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = trusted.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"https://localhost:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _single(values: dict[str, list[str]]) -> dict[str, str]:
    return {name: found[0] for name, found in values.items()}
