"""The image where a system does not start it as an action: as a job's image, under any user, with nothing allowed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from container.engine import assert_no_secret_in, docker, limits_status
from support import LocalOrg

pytestmark = pytest.mark.container

NEITHER_ROOT_NOR_KNOWN = "12345:12345"


@pytest.fixture(scope="module")
def settings(local_org: LocalOrg) -> list[str]:
    """Options that give a container of any user the settings of a login."""
    files = {
        name.removesuffix("_FILE"): Path(path) for name, path in local_org.environ.items() if name.endswith("_FILE")
    }
    values = {name: value for name, value in local_org.environ.items() if not name.endswith("_FILE")}
    values |= {name: path.read_text() for name, path in files.items()}
    return ["--network=host", *(f"--env={name}={value}" for name, value in values.items())]


@contextmanager
def container(image: str, *arguments: str) -> Iterator[str]:
    """Keep a container, as runners do that run a job's steps in it."""
    started = docker("run", "--detach", *arguments[:-1], image, *arguments[-1].split())
    assert started.returncode == 0, started.stderr
    name = started.stdout.strip()
    try:
        yield name
    finally:
        docker("rm", "--force", name)


def assert_logged_in(printed: str, log: str, org: LocalOrg) -> None:
    token = json.loads(printed)["access_token"]
    assert limits_status(org, token) == 200
    assert_no_secret_in(log, org, token)


def test_inside_a_container_of_jenkins(image: str, settings: list[str], local_org: LocalOrg, tmp_path: Path) -> None:
    """`docker.image().inside`: Docker Pipeline's `WithContainerStep` runs cat, then every `sh` by exec and env."""
    workspace = (f"--volume={tmp_path}:{tmp_path}", f"--workdir={tmp_path}")
    options = (f"--user={NEITHER_ROOT_NOR_KNOWN}", *workspace, "--tty", "--entrypoint=", *settings)
    with container(image, *options, "cat") as name:
        script = "sfjwt login --export json"
        done = docker("exec", name, "env", "JENKINS_URL=https://jenkins.acme.example/", "sh", "-xec", script)
    assert done.returncode == 0, done.stderr
    assert_logged_in(done.stdout, done.stderr, local_org)


def test_in_a_pod_that_is_kept_by_tail(image: str, settings: list[str], local_org: LocalOrg) -> None:
    """GitHub's and GitLab's runners in Kubernetes mode: the pod idles, and scripts come by exec, some on stdin."""
    with container(image, "--entrypoint=tail", *settings, "-f /dev/null") as name:
        done = docker(
            "exec", name, "sh", "-e", "-c", "env TMPDIR=/tmp sh -e <<'END'\nsfjwt login --export json | cat\nEND"
        )
    assert done.returncode == 0, done.stderr
    assert_logged_in(done.stdout, done.stderr, local_org)


def test_its_shell_gives_the_exit_code(image: str, settings: list[str]) -> None:
    script = "sfjwt login --username nobody@acme.example"
    assert docker("run", "--rm", "--entrypoint=sh", *settings, image, "-c", script).returncode == 3


LEAST = {
    "any user": [f"--user={NEITHER_ROOT_NOR_KNOWN}"],
    "read-only": ["--read-only"],
    "no capabilities": ["--cap-drop=ALL", "--security-opt=no-new-privileges"],
    "all of these": [
        f"--user={NEITHER_ROOT_NOR_KNOWN}",
        "--read-only",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
    ],
}


@pytest.mark.parametrize("options", LEAST.values(), ids=LEAST.keys())
def test_needs_no_rights(options: list[str], image: str, settings: list[str], local_org: LocalOrg) -> None:
    done = docker("run", "--rm", *options, *settings, image, "login", "--export", "json")
    assert done.returncode == 0, done.stderr
    assert_logged_in(done.stdout, done.stderr, local_org)


def test_a_file_is_its_users_alone(image: str, settings: list[str], tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    options = [f"--user={NEITHER_ROOT_NOR_KNOWN}", "--read-only", f"--volume={tmp_path}:/login"]
    arguments = ["login", "--export", "shell", "--export-file", "/login/salesforce.sh"]
    done = docker("run", "--rm", *options, *settings, image, *arguments)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    written = (tmp_path / "salesforce.sh").stat()
    assert (written.st_uid, written.st_mode & 0o777) == (12345, 0o600)


@pytest.mark.parametrize("mark", ["CIRCLECI", "JENKINS_URL", "GITLAB_CI", "BITBUCKET_BUILD_NUMBER"])
def test_says_that_nothing_is_masked(mark: str, image: str, settings: list[str]) -> None:
    done = docker("run", "--rm", f"--env={mark}=true", *settings, image, "login", "--export", "shell")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("not masked") == 1
    assert "add-mask" not in done.stdout + done.stderr
