from collections.abc import Iterator

import pytest
from local_org.client import Client
from local_org.connect_proxy import ConnectProxy, running_connect_proxy
from local_org.node_clients import install
from support import LocalOrg


@pytest.fixture
def client(local_org: LocalOrg) -> Iterator[Client]:
    client = Client(local_org)
    with client.http:
        yield client


@pytest.fixture
def proxy(local_org: LocalOrg) -> Iterator[ConnectProxy]:
    with running_connect_proxy(local_org.port) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def node_clients() -> None:
    install()
