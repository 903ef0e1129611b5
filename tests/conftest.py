import ssl
from collections.abc import Iterator

import hypothesis
import pytest
import trustme
from key_material import KeyMaterial
from local_org.served import Server, running_server
from support import LocalOrg, running_local_org

# The same examples in every run, so that a failure comes from the change. To search for new examples:
# pytest --hypothesis-profile=search
hypothesis.settings.register_profile("same", derandomize=True, deadline=None)
hypothesis.settings.register_profile("search", max_examples=1000, deadline=None)
hypothesis.settings.load_profile("same")


@pytest.fixture(scope="session")
def local_org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalOrg]:
    with running_local_org(tmp_path_factory.mktemp("local-org")) as org:
        yield org


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> KeyMaterial:
    return KeyMaterial.make(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def trusted(ca: trustme.CA) -> ssl.SSLContext:
    """A TLS context with a certificate that logins trust."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost", "127.0.0.1", "::1").configure_cert(context)
    return context


@pytest.fixture(scope="session")
def server(ca: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A local org in this process, whose state each test sets."""
    with running_server(ca, tmp_path_factory.mktemp("server")) as server:
        yield server
