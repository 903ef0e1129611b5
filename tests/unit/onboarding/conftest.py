from pathlib import Path

import pytest
from unit.onboarding.command import init


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A login as `sfjwt init` sets it up; not to be changed."""
    return init(tmp_path_factory.mktemp("made"))
