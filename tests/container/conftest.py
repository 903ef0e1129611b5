import shutil

import pytest
from container.engine import ROOT, build, docker
from support import unavailable

BASE_IMAGE = "debian:trixie-slim"


@pytest.fixture(scope="session", autouse=True)
def _base_image() -> None:
    if shutil.which("docker") is None or docker("info").returncode != 0:
        unavailable("there is no Docker engine")
    if docker("image", "inspect", BASE_IMAGE).returncode != 0 and docker("pull", BASE_IMAGE).returncode != 0:
        unavailable(f"{BASE_IMAGE} cannot be pulled")


@pytest.fixture(scope="session")
def image() -> str:
    return build("sfjwt-action:test", ROOT)


@pytest.fixture(scope="session")
def runner_image() -> str:
    return build("sfjwt-action-runner:test", ROOT / "tests/container/runner")
