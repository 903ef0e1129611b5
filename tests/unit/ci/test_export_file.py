"""The file of `--export-file`: its owner, its previous content, and files that are rejected."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from faults.test_publishing import LIMITED
from support import LocalOrg, unavailable
from unit.ci.logins import TOKEN, login, settings
from unit.ci.readers import env_file

from sfjwt_action.ci.detection import choose_publisher
from sfjwt_action.inputs.problems import Problems

ENTRYPOINT = Path(__file__).parents[3] / "entrypoint.py"
FORMATS = ["dotenv", "json", "powershell", "shell"]

Login = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def log_in(local_org: LocalOrg, tmp_path: Path) -> Login:
    def run(*arguments: str, python: tuple[str, ...] = (), **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *python, str(ENTRYPOINT), *arguments],
            env={"PATH": os.environ["PATH"], **local_org.environ, **environ},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def publish(export: str, path: Path) -> None:
    publisher = choose_publisher({}, export, str(path), Problems())
    assert list(publisher.preflight(settings())) == []
    publisher.publish(login(), settings())


def permissions(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("export", FORMATS)
def test_a_new_file_is_readable_by_its_owner_only(export: str, tmp_path: Path) -> None:
    publish(export, tmp_path / "new")
    assert permissions(tmp_path / "new") == 0o600
    assert TOKEN in (tmp_path / "new").read_text()


@pytest.mark.parametrize("export", FORMATS)
@pytest.mark.parametrize("before", [0o644, 0o666, 0o640, 0o604])
def test_a_readable_file_becomes_readable_by_its_owner_only(export: str, before: int, tmp_path: Path) -> None:
    path = tmp_path / "old"
    path.touch()
    path.chmod(before)
    publish(export, path)
    assert permissions(path) == 0o600


@pytest.mark.parametrize("before", ["BEFORE=x", "BEFORE=x\n"])
def test_a_dotenv_file_is_appended_to(before: str, tmp_path: Path) -> None:
    path = tmp_path / "login.env"
    path.write_text(before)
    publish("dotenv", path)
    assert env_file(path.read_text())["BEFORE"] == "x"
    assert env_file(path.read_text())["SF_ACCESS_TOKEN"] == TOKEN


@pytest.mark.parametrize("before", ["export BEFORE=x", "export BEFORE=x\n"])
def test_a_shell_file_is_appended_to(before: str, tmp_path: Path) -> None:
    path = tmp_path / "login.sh"
    path.write_text(before)
    publish("shell", path)
    shown = subprocess.run(
        ["sh", "-euc", f'. {path}; echo "$BEFORE $SF_ACCESS_TOKEN"'], capture_output=True, text=True, check=True
    )
    assert shown.stdout == f"x {TOKEN}\n"


def test_a_json_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "login.json"
    path.write_text(json.dumps({"access_token": "old", "more": "x" * 10_000}))
    publish("json", path)
    assert json.loads(path.read_text())["access_token"] == TOKEN


def test_a_link_leads_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    publish("json", tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert json.loads((tmp_path / "file").read_text())["access_token"] == TOKEN
    assert permissions(tmp_path / "file") == 0o600


@pytest.mark.parametrize("export", FORMATS)
def test_standard_output_works_as_a_file(export: str, log_in: Login) -> None:
    ended = log_in("login", "--export", export, "--export-file", "/dev/stdout")
    assert ended.returncode == 0, ended.stderr
    plain = log_in("login", "--export", export)
    assert [line.partition("=")[0] for line in ended.stdout.splitlines() if "=" in line] == [
        line.partition("=")[0] for line in plain.stdout.splitlines() if "=" in line
    ]
    assert "access" in ended.stdout.lower()


@pytest.mark.parametrize("export", FORMATS)
@pytest.mark.parametrize(
    ("path", "says"),
    [
        (".", "Is a directory"),
        ("not/there", "No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_written_is_reported_before_the_login(
    export: str, path: str, says: str, log_in: Login
) -> None:
    ended = log_in("login", "--export", export, "--export-file", path)
    assert ended.returncode == 2
    assert f"export-file: Can't write {path}: " in " ".join(ended.stderr.split())
    assert says in ended.stderr
    assert "Logging in" not in ended.stderr
    assert ended.stdout == ""


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that every user can enter, unlike pytest's directories."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)
        Path(name).chmod(0o755)


@contextmanager
def nobody() -> Iterator[None]:
    """Run the block as a user without permissions."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_read_only_directory_is_reported(open_directory: Path) -> None:
    open_directory.chmod(0o555)
    with nobody():
        (problem,) = choose_publisher({}, "json", str(open_directory / "login"), Problems()).preflight(settings())
    assert f"{open_directory / 'login'}: Permission denied." in problem.found


def test_another_users_readable_file_is_rejected(open_directory: Path) -> None:
    if os.geteuid() != 0:
        unavailable("only root can make a file of somebody else's")
    path = open_directory / "theirs"
    path.touch()
    path.chmod(0o666)
    with nobody():
        (problem,) = choose_publisher({}, "shell", str(path), Problems()).preflight(settings())
    assert f"{path}: Operation not permitted." in problem.found


@pytest.mark.parametrize("prepare", ["file", "link", "pipe"])
def test_another_users_file_is_rejected_and_unchanged(prepare: str, open_directory: Path) -> None:
    if os.geteuid() != 0:
        unavailable("only root can make a file of another user")
    path, target = open_directory / "login", open_directory / "target"
    if prepare == "file":
        path.touch(0o644)
    elif prepare == "pipe":
        os.mkfifo(path)
    else:
        target.touch(0o644)
        path.symlink_to(target)
    os.chown(path, 12345, 12345, follow_symlinks=False)
    before = path.stat()
    (problem,) = choose_publisher({}, "shell", str(path), Problems()).preflight(settings())
    assert f"{path}: it belongs to another user." in problem.found
    assert (path.stat().st_mode, path.stat().st_size) == (before.st_mode, before.st_size)


@pytest.mark.parametrize("export", FORMATS)
@pytest.mark.parametrize("before", [None, "BEFORE=x\n"])
def test_a_full_disk_leaves_the_file_as_it_was(export: str, before: str | None, log_in: Login, tmp_path: Path) -> None:
    path = tmp_path / "login"
    if before:
        path.write_text(before)
    limited = LIMITED.replace("(300, 300)", "(100, 100)")
    ended = log_in("login", "--export", export, "--export-file", "login", python=("-c", limited))
    assert ended.returncode == 2, ended.stderr
    assert "File too large" in " ".join(ended.stderr.split())
    assert (path.read_text() if path.exists() else None) == before
    assert "AQ" not in ended.stdout


@pytest.mark.parametrize("export", FORMATS)
def test_standard_output_on_a_full_disk_fails_the_login(export: str, local_org: LocalOrg) -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, str(ENTRYPOINT), "login", "--export", export],
            env=local_org.environ,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 2
    assert "No space left on device." in ended.stderr
    assert "Logged in" not in ended.stderr


@pytest.mark.parametrize("export", FORMATS)
def test_a_failed_login_creates_no_file(export: str, log_in: Login, tmp_path: Path) -> None:
    ended = log_in("login", "--export", export, "--export-file", "login", "--username", "nobody@acme.example")
    assert ended.returncode == 3, ended.stderr
    assert not (tmp_path / "login").exists()


def test_a_named_pipe_is_written_through(log_in: Login, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o644)
    with subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE, text=True) as reader:
        # It reads until the first writer closes the pipe, so only one writer works.
        ended = log_in("login", "--export", "json", "--export-file", "pipe")
        assert reader.stdout
        read = reader.stdout.read()
    assert ended.returncode == 0, ended.stderr
    assert json.loads(read)["access_token"]


@pytest.mark.parametrize("export", FORMATS)
def test_a_named_pipe_that_nobody_reads_is_not_waited_for(export: str, log_in: Login, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    ended = log_in("login", "--export", export, "--export-file", "pipe")
    assert ended.returncode == 2
    assert "named pipe pipe" in ended.stderr
    assert "Logged in" not in ended.stderr
