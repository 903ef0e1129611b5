"""The local org in a state of one's own, served over TLS in this process."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme
import uvicorn

from sfjwt_action.local_org.directory import CERTIFIED_HOSTS
from sfjwt_action.local_org.metadata import Deployments
from sfjwt_action.local_org.model import LocalSalesforce
from sfjwt_action.local_org.routes import application


@dataclass(frozen=True)
class Served:
    """Where it is served."""

    port: int

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"


@contextmanager
def served(salesforce: LocalSalesforce, ca: trustme.CA, directory: Path) -> Iterator[Served]:
    """Serve until the block ends, with a certificate of the CA's for every host of Salesforce's that it knows."""
    certificate = directory / "server.pem"
    ca.issue_cert(*CERTIFIED_HOSTS).private_key_and_cert_chain_pem.write_to_path(certificate)
    config = uvicorn.Config(
        application(salesforce, Deployments()),
        port=0,
        ssl_certfile=certificate,
        lifespan="off",
        log_level="critical",
        headers=[("Connection", "close")],  # a connection that a client keeps would hold up the end
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield Served(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        thread.join()
