import ssl
from collections.abc import Iterator

import pytest
import trustme
from kms.aws import Aws, running_aws
from kms.harness import Job
from kms.issuer import Issuer, running_issuer
from kms.openbao import OpenBao, running_openbao
from local_org.served import Server


@pytest.fixture
def job(server: Server, ca: trustme.CA, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Job:
    return Job(server, ca, monkeypatch, capfd)


@pytest.fixture(scope="session")
def issuer(trusted: ssl.SSLContext) -> Iterator[Issuer]:
    with running_issuer(trusted) as issuer:
        yield issuer


@pytest.fixture(scope="session")
def openbao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    with running_openbao(tmp_path_factory.mktemp("openbao")) as openbao:
        yield openbao


@pytest.fixture(scope="session")
def aws(ca: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    with running_aws(ca, tmp_path_factory.mktemp("aws")) as aws:
        yield aws
