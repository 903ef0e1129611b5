import pytest
from key_material import KeyMaterial


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> KeyMaterial:
    return KeyMaterial.make(tmp_path_factory.mktemp("keys"))
