"""The image under rootless Podman, which gets it from a file as an offline machine does."""

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest
from container.engine import ROOT, TIMEOUT, assert_no_secret_in, docker, limits_status
from support import LocalOrg, unavailable

pytestmark = pytest.mark.container

RUNNERS = ROOT / "docs/runners.md"
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
    # crun, Debian's default, doesn't support hybrid cgroups.
    runtime = ["--runtime=runc"] if Path("/sys/fs/cgroup/unified").exists() else []

    def run(*arguments: str, stdin: IO[bytes] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*as_user, "env", f"HOME={directory}", f"XDG_RUNTIME_DIR={directory}", "podman", *runtime, *arguments],
            cwd="/",
            stdin=stdin,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )

    info = run("info")
    if info.returncode:
        unavailable(f"rootless Podman doesn't run: {info.stderr}")
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


def test_logs_in_without_rights_as_documented(
    podman: Podman, loaded: str, local_org: LocalOrg, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in local_org.environ.items():
        if name.endswith("_FILE"):
            monkeypatch.setenv(name.removesuffix("_FILE"), Path(value).read_text())
        else:
            monkeypatch.setenv(name, value)
    (command,) = re.findall(
        r"^```sh\n(podman run .*?)^```$", RUNNERS.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    arguments = shlex.split(command.replace("\\\n", "").replace("ghcr.io/OWNER/sfjwt-action:1", loaded))
    assert {"--read-only", "--cap-drop=all", "--security-opt=no-new-privileges"} < set(arguments)
    done = podman("run", "--network=host", "--env=SFJWT_CA_CERTIFICATES", *arguments[2:])
    assert done.returncode == 0, done.stderr
    exported = dict(word.split("=", 1) for word in shlex.split(done.stdout) if "=" in word)
    assert exported["SF_INSTANCE_URL"] == local_org.url
    assert limits_status(local_org, exported["SF_ACCESS_TOKEN"]) == 200
    assert_no_secret_in(done.stderr, local_org, exported["SF_ACCESS_TOKEN"])
