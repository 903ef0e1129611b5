from collections.abc import Iterator

import pytest
from key_material import KeyMaterial
from support import LocalOrg, running_local_org


@pytest.fixture(scope="session")
def local_org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalOrg]:
    with running_local_org(tmp_path_factory.mktemp("local-org")) as org:
        yield org


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> KeyMaterial:
    return KeyMaterial.make(tmp_path_factory.mktemp("keys"))
