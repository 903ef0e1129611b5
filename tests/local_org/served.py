"""The local org with a test's own state, served over TLS in this process."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from sfjwt_action.local_org.contents import Contents
from sfjwt_action.local_org.directory import CERTIFIED_HOSTS
from sfjwt_action.local_org.model import LocalSalesforce
from sfjwt_action.local_org.routes import application


class Server:
    """One socket for the whole run, because uvicorn stops slowly. Each test sets its own state."""

    def __init__(self) -> None:
        self.port = 0
        self._state: ASGIApp | None = None

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @contextmanager
    def serving(self, salesforce: LocalSalesforce) -> Iterator["Server"]:
        """Serve a state until the block ends."""
        assert self._state is None, "it serves one state at a time"
        self._state = application(salesforce, Contents())
        try:
            yield self
        finally:
            self._state = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the current state (ASGI)."""
        assert self._state is not None, "nothing is served now"
        await self._state(scope, receive, send)


@contextmanager
def running_server(ca: trustme.CA, directory: Path) -> Iterator[Server]:
    """Listen until the block ends, with a certificate for all of Salesforce's hosts that the local org has."""
    certificate = directory / "server.pem"
    ca.issue_cert(*CERTIFIED_HOSTS).private_key_and_cert_chain_pem.write_to_path(certificate)
    served = Server()
    config = uvicorn.Config(
        served,
        port=0,
        ssl_certfile=certificate,
        lifespan="off",
        log_level="critical",
        headers=[("Connection", "close")],  # a connection that a client keeps open would delay the end
        timeout_graceful_shutdown=1,  # as would a connection that a client never used
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    served.port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.should_exit = True
        thread.join()
