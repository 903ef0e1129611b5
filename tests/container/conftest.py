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


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests together that share an expensive fixture, and all that act runs, because it reuses container names."""
    for item in items:
        if "runner_image" in getattr(item, "fixturenames", ()):
            module = item.path.stem
            own_group = module in {"test_examples", "test_gitlab"}
            item.add_marker(pytest.mark.xdist_group(module if own_group else "act"))
