import re

import pytest
from container.engine import docker
from support import LocalOrg

import sfjwt_action

pytestmark = pytest.mark.container


@pytest.fixture(scope="module")
def packages(image: str) -> set[str]:
    listing = "import os, sysconfig; print(*os.listdir(sysconfig.get_path('purelib')))"
    run = docker("run", "--rm", "--entrypoint", "/opt/sfjwt/bin/python", image, "-Ic", listing)
    return set(run.stdout.split())


def test_packages_are_on_record(packages: set[str]) -> None:
    recorded = {name.partition("-")[0] for name in packages if name.endswith(".dist-info")}
    assert recorded >= {"actions_toolkit", "cryptography", "pyjwt", "requests", "sfjwt_action"}


def test_nothing_is_installed_that_no_login_needs(packages: set[str]) -> None:
    assert packages.isdisjoint({"flit_core", "github", "pip", "setuptools", "starlette", "tests"})


def test_the_local_org_is_left_out(image: str) -> None:
    listed = docker("run", "--rm", "--entrypoint", "find", image, "/", "-xdev", "-name", "local_org")
    assert (listed.returncode, listed.stdout) == (0, "")


def test_says_its_version(image: str) -> None:
    assert docker("run", "--rm", image, "--version").stdout == f"sfjwt {sfjwt_action.__version__}\n"


def test_without_inputs_it_says_what_is_missing(image: str) -> None:
    run = docker("run", "--rm", image)
    assert run.returncode == 2
    assert run.stdout == ""
    for name in ("consumer-key", "private-key", "username"):
        assert f"{name}: It is required" in run.stderr


def test_its_arguments_are_a_command(image: str, local_org: LocalOrg) -> None:
    files = [f"--volume={local_org.directory}:{local_org.directory}:ro"]
    environ = [f"--env={name}={value}" for name, value in local_org.environ.items()]
    run = docker("run", "--rm", *files, *environ, image, "assertion")
    assert run.returncode == 0, run.stderr
    assert re.fullmatch(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+", run.stdout)
