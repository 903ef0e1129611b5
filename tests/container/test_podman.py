"""The image under rootless Podman, which gets it from a file as an offline machine does."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from typing import IO

import pytest
from container.engine import TIMEOUT, docker
from container.test_job_image import assert_logged_in
from support import LocalOrg, unavailable

pytestmark = pytest.mark.container

USER = "sfjwt-podman"
Podman = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def podman() -> Iterator[Podman]:
    """Podman of a user other than root, with storage of its own."""
    if shutil.which("podman") is None:
        unavailable("podman is not installed")
    directory = tempfile.mkdtemp(prefix="sfjwt-podman-")  # pytest's are closed to other users
    as_user = []
    if os.geteuid() == 0:
        if subprocess.run(["id", USER], capture_output=True, check=False).returncode:
            unavailable(f"there is no user {USER} for rootless Podman")
        shutil.chown(directory, USER, USER)
        as_user = ["runuser", "--user", USER, "--"]
    environ = ["env", f"HOME={directory}", f"XDG_RUNTIME_DIR={directory}"]

    def run(*arguments: str, stdin: IO[bytes] | None = None) -> subprocess.CompletedProcess[str]:
        # crun, Debian's default, refuses the cgroups of some machines.
        command = [*as_user, *environ, "podman", "--runtime=runc", *arguments]
        return subprocess.run(
            command, cwd="/", stdin=stdin, capture_output=True, text=True, timeout=TIMEOUT, check=False
        )

    yield run
    run("unshare", "rm", "--recursive", f"{directory}/.local")  # some is of its subordinate users
    run("system", "migrate")  # ends the process that keeps the user namespace
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def loaded(podman: Podman, image: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    archive = tmp_path_factory.mktemp("image") / "sfjwt-action.tar"
    docker("save", "--output", str(archive), image)
    with archive.open("rb") as stdin:
        done = podman("load", stdin=stdin)
    assert done.returncode == 0, done.stderr
    return f"localhost/{image}"


def test_podman_is_rootless(podman: Podman) -> None:
    assert podman("info", "--format={{.Host.Security.Rootless}}").stdout == "true\n"


def test_logs_in_without_rights(podman: Podman, loaded: str, settings: list[str], local_org: LocalOrg) -> None:
    hardened = ("--read-only", "--cap-drop=all", "--security-opt=no-new-privileges")
    done = podman("run", "--rm", *hardened, *settings, loaded, "login", "--export", "json")
    assert done.returncode == 0, done.stderr
    assert_logged_in(done.stdout, done.stderr, local_org)
    assert json.loads(done.stdout)["instance_url"] == local_org.url
