"""A proxy that connects clients of Salesforce's hosts to the local org, without root and DNS."""

import selectors
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class ConnectProxy(socketserver.ThreadingTCPServer):
    """Connects port 443 of Salesforce's hosts to the local org. Rejects other hosts by default."""

    daemon_threads = True

    request_queue_size = 512  # the sf CLI opens hundreds of connections at once

    def __init__(self, local_org: tuple[str, int], *, lets_others_through: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.local_org = local_org
        self.lets_others_through = lets_others_through
        self.hosts: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Tunnel(socketserver.StreamRequestHandler):
    server: ConnectProxy
    # Without it, a second packet would wait 40 ms for the acknowledgment of the first.
    disable_nagle_algorithm = True

    def handle(self) -> None:
        host, _, port = self.rfile.readline().decode().split()[1].partition(":")
        while self.rfile.readline().strip():
            pass
        self.server.hosts.append(host)
        if port == "443" and host.endswith((".salesforce.com", ".salesforce.mil")):
            address = self.server.local_org
        elif self.server.lets_others_through:
            address = host, int(port)
        else:
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            return
        with socket.create_connection(address) as upstream:
            upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            _relay({self.connection: upstream, upstream: self.connection})


def _relay(ways: dict[socket.socket, socket.socket]) -> None:
    with selectors.DefaultSelector() as selector:  # select() only supports the first 1,024 files of a process
        for end, other in ways.items():
            selector.register(end, selectors.EVENT_READ, other)
        while True:
            for key, _ in selector.select():
                source = key.fileobj
                assert isinstance(source, socket.socket)
                data = source.recv(65536)
                if not data:
                    return
                key.data.sendall(data)


@contextmanager
def running_connect_proxy(port: int, *, lets_others_through: bool = False) -> Iterator[ConnectProxy]:
    with ConnectProxy(("127.0.0.1", port), lets_others_through=lets_others_through) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
