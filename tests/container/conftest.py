import shutil
from pathlib import Path

import pytest
from container.engine import ROOT, build, docker
from support import LocalOrg, unavailable

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


@pytest.fixture(scope="module")
def settings(local_org: LocalOrg) -> list[str]:
    """Options that give a container of any user the settings of a login."""
    files = {
        name.removesuffix("_FILE"): Path(path) for name, path in local_org.environ.items() if name.endswith("_FILE")
    }
    values = {name: value for name, value in local_org.environ.items() if not name.endswith("_FILE")}
    values |= {name: path.read_text() for name, path in files.items()}
    return ["--network=host", *(f"--env={name}={value}" for name, value in values.items())]
