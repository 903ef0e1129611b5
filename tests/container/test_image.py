import re
import socket
import time

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


def settings_of(org: LocalOrg, **changes: str) -> list[str]:
    """Arguments of `docker run` that give a container the settings of a login to the org."""
    environ = [f"--env={name}={value}" for name, value in (org.environ | changes).items()]
    return [f"--volume={org.directory}:{org.directory}:ro", *environ]


def test_its_arguments_are_a_command(image: str, local_org: LocalOrg) -> None:
    run = docker("run", "--rm", *settings_of(local_org), image, "assertion")
    assert run.returncode == 0, run.stderr
    assert re.fullmatch(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+", run.stdout)


def test_sigterm_ends_a_login_at_once(image: str, local_org: LocalOrg) -> None:
    """In a container the login is the first process, for which the kernel's default is to ignore SIGTERM."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(30)
        login_url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        settings = settings_of(local_org, SFJWT_LOGIN_URL=login_url)
        container = docker("run", "--detach", "--network=host", *settings, image).stdout.strip()
        silent.accept()[0].close()
        sent = time.monotonic()
        docker("stop", "--time=20", container)
        took = time.monotonic() - sent
    exit_code = docker("inspect", "--format={{.State.ExitCode}}", container).stdout.strip()
    docker("rm", container)
    assert exit_code == "143"
    assert took < 5
