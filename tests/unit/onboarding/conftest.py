from pathlib import Path

import pytest
from unit.onboarding.command import init


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A login from `sfjwt init`. Don't change it."""
    return init(tmp_path_factory.mktemp("made"))
