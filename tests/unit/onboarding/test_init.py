"""`sfjwt init` writes all files or none, replaces nothing, and never writes where git would commit a key."""

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import unavailable
from unit.onboarding.command import FLAGS, init, sfjwt, tree, unwrapped

from sfjwt_action.inputs.problems import InvalidValue
from sfjwt_action.onboarding.atomic_files import NewFile, write_atomically
from sfjwt_action.onboarding.questions import api_name

EXPECTED = {
    "server.key",
    "server.crt",
    "sfdx-project.json",
    "salesforce-login.yml",
    "NEXT-STEPS.md",
    "force-app/main/default/externalClientApps/CI_login.eca-meta.xml",
    "force-app/main/default/extlClntAppOauthSettings/CI_login.ecaOauth-meta.xml",
    "force-app/main/default/extlClntAppGlobalOauthSets/CI_login.ecaGlblOauth-meta.xml",
    "force-app/main/default/extlClntAppOauthPolicies/CI_login_defaultPolicy.ecaOauthPlcy-meta.xml",
    "force-app/main/default/extlClntAppPolicies/CI_login_defaultPolicy.ecaPlcy-meta.xml",
    "force-app/main/default/permissionsets/CI_login.permissionset-meta.xml",
}


def test_everything_is_in_one_directory(tmp_path: Path) -> None:
    assert set(tree(init(tmp_path))) == EXPECTED
    assert set(tree(tmp_path)) == {f"login/{name}" for name in EXPECTED}


def test_a_connected_app_is_created_on_request(tmp_path: Path) -> None:
    login = init(tmp_path, "--connected-app", "--login-url", "sandbox")
    names = {Path(name).name for name in tree(login) if name.startswith("force-app")}
    assert names == {"CI_login.connectedApp-meta.xml", "CI_login.permissionset-meta.xml"}
    assert "Manage Consumer Details" in (login / "NEXT-STEPS.md").read_text()


def test_only_the_owner_can_read_the_key(made: Path) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in made.iterdir() if path.is_file()}
    assert modes["server.key"] == 0o600
    assert modes["server.crt"] & 0o444 == 0o444


def test_it_prints_the_commands_from_the_deploy_to_the_run_in_order(tmp_path: Path) -> None:
    done = sfjwt("init", "--yes", *FLAGS, cwd=tmp_path)
    commands = [
        "sf org login web ",
        "sf project deploy start ",
        "sf org assign permset --name CI_login --on-behalf-of ci@acme.example",
        "sfjwt doctor ",
        "gh secret set SF_PRIVATE_KEY",
        "gh secret set SF_CONSUMER_KEY",
        "gh variable set SF_USERNAME --body ci@acme.example",
        "git commit ",
        "git push",
        "gh workflow run salesforce-login.yml",
        "sfjwt init --rotate",
    ]
    rest = done.stdout.partition("\n 1. ")[2]
    places = [rest.index(command) for command in commands]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("host", "username", "questioned"),
    [
        ("acme--uat.sandbox.my.salesforce.com", "ci@acme.example", True),
        ("acme--uat.sandbox.my.salesforce.com", "ci@acme.example.UAT", False),
        ("acme.my.salesforce.com", "ci@acme.example", False),
    ],
)
def test_a_production_username_for_a_sandbox_is_questioned(
    tmp_path: Path, *, host: str, username: str, questioned: bool
) -> None:
    done = sfjwt("init", "--yes", *FLAGS, "--login-url", host, "--username", username, cwd=tmp_path)
    assert ("ci@acme.example.uat" in done.stdout) is questioned


def test_a_misspelled_my_domain_is_questioned(tmp_path: Path) -> None:
    done = sfjwt("init", "--yes", *FLAGS, "--login-url", "acme.mysalesforce.com", cwd=tmp_path)
    assert "acme.my.salesforce.com?" in done.stdout


def test_doctor_accepts_the_printed_command(made: Path) -> None:
    command = next(line for line in (made / "NEXT-STEPS.md").read_text().splitlines() if "sfjwt doctor" in line)
    arguments = command.replace('"$CONSUMER_KEY"', "3MVG9").split()[1:]
    arguments[arguments.index("https://acme.my.salesforce.com")] = "https://localhost:1"
    done = sfjwt(*arguments, "--retries", "0", cwd=made.parent)
    assert "ok" in done.stdout
    assert done.returncode == 4, done.stdout + done.stderr  # no problems, up to the connection


def test_the_steps_for_a_local_org_log_in_to_it(tmp_path: Path) -> None:
    login = init(tmp_path, "--login-url", "https://localhost:8443")
    steps = (login / "NEXT-STEPS.md").read_text()
    assert re.findall(r"sfjwt [a-z-]+", steps) == ["sfjwt local-org", "sfjwt doctor", "sfjwt login", "sfjwt init"]
    for other in ("gh secret", "sf project deploy", "Setup"):
        assert other not in steps


def test_no_secret_is_shown(tmp_path: Path) -> None:
    done = sfjwt("init", "--yes", "--out", "login", *FLAGS, cwd=tmp_path)
    body = (tmp_path / "login" / "server.key").read_text().splitlines()[1:-1]
    shown = done.stdout + done.stderr
    others = b"".join(content for name, content in tree(tmp_path / "login").items() if name != "server.key").decode()
    assert not [line for line in body if line in shown or line in others]


def test_all_missing_flags_are_reported_together(tmp_path: Path) -> None:
    done = sfjwt("init", cwd=tmp_path)
    assert done.returncode == 2
    assert re.findall(r"^--[a-z-]+(?=:)", done.stderr, re.MULTILINE) == ["--login-url", "--username", "--email"]
    assert "Nothing was written." in done.stderr
    assert not tree(tmp_path)


def test_invalid_flags_and_missing_ones_are_reported_together(tmp_path: Path) -> None:
    done = sfjwt(
        "init", "--out", "https://acme.example", "--login-url", "prod", "--email", "a@acme.example", cwd=tmp_path
    )
    assert done.returncode == 2
    assert re.findall(r"^--[a-z-]+(?=:)", done.stderr, re.MULTILINE) == ["--out", "--login-url", "--username"]


def test_words_that_external_client_apps_refuse_are_no_advice(tmp_path: Path) -> None:
    done = sfjwt("init", "--yes", *FLAGS, "--login-url", "prod", cwd=tmp_path)
    assert "acme.my.salesforce.com" in done.stderr
    assert "`production`" not in done.stderr


@pytest.mark.parametrize(
    ("flag", "value", "found"),
    [
        ("--out", "https://acme.my.salesforce.com", "URL"),
        ("--login-url", "acme.lightning.force.com", "Use acme.my.salesforce.com."),
        ("--login-url", "production", "login.salesforce.com"),
        ("--login-url", "http://acme.my.salesforce.com", "http://"),
        ("--username", "ci", "username"),
        ("--username", "ci @acme.example", "white space"),
        ("--email", "devops", "devops@acme.example"),
        ("--label", "x" * 65, "64"),
        ("--label", "部署", "64"),
        ("--days", "0", "from 1 to 3650"),
        ("--days", "year", "from 1 to 3650"),
    ],
)
def test_an_invalid_flag_writes_nothing(tmp_path: Path, flag: str, value: str, found: str) -> None:
    done = sfjwt("init", "--yes", *FLAGS, flag, value, cwd=tmp_path)
    assert done.returncode == 2
    assert f"\n{flag}: " in done.stderr
    assert found in unwrapped(done.stderr)
    assert not tree(tmp_path)


def test_existing_files_are_kept(tmp_path: Path) -> None:
    login = init(tmp_path)
    before = tree(login)
    done = sfjwt("init", "--yes", "--out", "login", *FLAGS, cwd=tmp_path)
    assert done.returncode == 2
    assert "login/server.key, login/server.crt" in unwrapped(done.stderr)
    assert "--force" in unwrapped(done.stderr)
    assert tree(login) == before


def test_one_existing_file_is_enough_to_stop(tmp_path: Path) -> None:
    project = tmp_path / "login" / "sfdx-project.json"
    project.parent.mkdir()
    project.write_text("{}")
    done = sfjwt("init", "--yes", "--out", "login", *FLAGS, cwd=tmp_path)
    assert done.returncode == 2
    assert "login/sfdx-project.json" in unwrapped(done.stderr)
    assert tree(tmp_path) == {"login/sfdx-project.json": b"{}"}


def test_force_replaces_nothing_if_a_directory_has_the_name(tmp_path: Path) -> None:
    login = init(tmp_path)
    (login / "NEXT-STEPS.md").unlink()
    (login / "NEXT-STEPS.md").mkdir()
    before = tree(tmp_path)
    done = sfjwt("init", "--yes", "--force", "--out", "login", *FLAGS, cwd=tmp_path)
    assert done.returncode == 2
    assert "login/NEXT-STEPS.md: Is a directory." in unwrapped(done.stderr)
    assert tree(tmp_path) == before


def test_force_replaces(tmp_path: Path) -> None:
    login = init(tmp_path)
    key = (login / "server.key").read_bytes()
    init(tmp_path, "--force")
    assert (login / "server.key").read_bytes() != key
    assert set(tree(login)) == EXPECTED


def test_a_directory_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "login").write_text("a file")
    done = sfjwt("init", "--yes", "--out", "login", *FLAGS, cwd=tmp_path)
    assert done.returncode == 2
    assert "--out: " in unwrapped(done.stderr)
    assert tree(tmp_path) == {"login": b"a file"}


def test_a_failure_halfway_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("as it was")
    (tmp_path / "in-the-way").mkdir()
    files = [
        NewFile(tmp_path / "kept", b"new", replaces=True),
        NewFile(tmp_path / "deep" / "down" / "key", b"secret", is_private=True),
        NewFile(tmp_path / "in-the-way" / ("name" * 100), b""),
    ]
    with pytest.raises(InvalidValue, match="File name too long"):
        write_atomically(files)
    assert tree(tmp_path) == {"kept": b"as it was"}
    assert {path.name for path in tmp_path.iterdir()} == {"kept", "in-the-way"}


def test_a_temporary_key_file_has_the_extension_key(tmp_path: Path) -> None:
    """So *.key in .gitignore keeps it out of commits too."""
    seen: list[tuple[str, bytes]] = []

    def files() -> Iterator[NewFile]:
        yield NewFile(tmp_path / "server.key", b"secret", is_private=True)
        seen.extend((path.suffix, path.read_bytes()) for path in tmp_path.iterdir())

    write_atomically(files())
    assert seen == [(".key", b"secret")]


def test_a_failed_move_restores_the_replaced_files(tmp_path: Path) -> None:
    (tmp_path / "server.key").write_text("as it was")
    # All temporary files can be written, but the second replaces the directory of the third.
    files = [
        NewFile(tmp_path / "server.key", b"new", is_private=True, replaces=True),
        NewFile(tmp_path / "app", b""),
        NewFile(tmp_path / "app" / "part", b""),
    ]
    with pytest.raises(InvalidValue, match="app"):
        write_atomically(files)
    assert (tmp_path / "server.key").read_text() == "as it was"


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("CI login", "CI_login"),
        ("  GitHub -- Actions (UAT)!", "GitHub_Actions_UAT"),
        ("2 fast", "fast"),
        ("a" * 39 + " b", "a" * 39),
        ("!", ""),
    ],
)
def test_a_label_becomes_an_api_name(label: str, name: str) -> None:
    assert api_name(label) == name


@pytest.fixture
def work_tree(tmp_path: Path) -> Path:
    if shutil.which("git") is None:
        unavailable("git is not installed")
    git(tmp_path, "init", "--quiet")
    return tmp_path


def git(directory: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=directory, capture_output=True, text=True, check=True).stdout


def test_an_ignored_directory_is_accepted(work_tree: Path) -> None:
    (work_tree / ".gitignore").write_text("/login/\n")
    login = init(work_tree)
    assert set(tree(login)) == EXPECTED
    assert (work_tree / ".gitignore").read_text() == "/login/\n"


@pytest.mark.parametrize("before", ["", "/node_modules/", "/node_modules/\n"])
def test_git_ignores_secrets(work_tree: Path, before: str) -> None:
    (work_tree / ".gitignore").write_text(before)
    done = sfjwt("init", "--yes", "--out", "login", *FLAGS, cwd=work_tree)
    assert done.returncode == 0, done.stderr
    assert "/login/*.key" in done.stdout
    git(work_tree, "add", "--all")
    committed = git(work_tree, "ls-files").splitlines()
    assert "login/server.crt" in committed
    assert not [name for name in committed if name.endswith((".key", ".ecaGlblOauth-meta.xml"))]
    assert (work_tree / ".gitignore").read_text().splitlines()[: len(before.split())] == before.split()


def test_odd_names_are_ignored_too(work_tree: Path) -> None:
    odd = work_tree / "a [b] *c\\ !"
    odd.mkdir()
    init(odd)
    git(work_tree, "add", "--all")
    assert "server.key" not in git(work_tree, "ls-files")
    assert "server.crt" in git(work_tree, "ls-files")


@pytest.mark.parametrize(
    ("directory", "its_gitignore"), [("log\nin", ""), ("login", "!*.key\n"), ('"login"', "!*.key\n")]
)
def test_no_key_is_written_if_gitignore_cannot_exclude_it(work_tree: Path, directory: str, its_gitignore: str) -> None:
    (work_tree / directory).mkdir()
    (work_tree / directory / ".gitignore").write_text(its_gitignore)
    before = tree(work_tree)
    done = sfjwt("init", "--yes", "--out", directory, *FLAGS, cwd=work_tree)
    assert done.returncode == 2
    assert ".gitignore" in unwrapped(done.stderr)
    assert tree(work_tree) == before


def test_a_tracked_key_is_not_replaced(work_tree: Path) -> None:
    (work_tree / ".gitignore").write_text("/login/\n")
    login = init(work_tree)
    git(work_tree, "add", "--force", "login/server.key")
    before = tree(login)
    done = sfjwt("init", "--yes", "--force", "--out", "login", *FLAGS, cwd=work_tree)
    assert done.returncode == 2
    assert "git tracks" in unwrapped(done.stderr)
    assert tree(login) == before


def test_a_work_tree_is_found_without_git(work_tree: Path, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    (work_tree / ".gitignore").write_text("/login/\n/nothing/\n")
    done = sfjwt("init", "--yes", "--out", "login", *FLAGS, cwd=work_tree, path=str(nothing))
    assert done.returncode == 2
    assert "git isn't installed" in unwrapped(done.stderr)
    assert not (work_tree / "login").exists()


def test_an_unreadable_repository_is_reported(tmp_path: Path) -> None:
    if shutil.which("git") is None:
        unavailable("git is not installed")
    (tmp_path / ".git").write_text("nonsense")
    done = sfjwt("init", "--yes", *FLAGS, cwd=tmp_path)
    assert done.returncode == 2
    assert "fatal: invalid gitfile format" in unwrapped(done.stderr)


def test_a_hook_of_another_repository_does_not_matter(work_tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as context:
        context.setitem(os.environ, "GIT_DIR", str(work_tree / "elsewhere"))
        done = sfjwt("init", "--yes", *FLAGS, cwd=work_tree)
    assert done.returncode == 0, done.stderr
    assert "server.key" not in git(work_tree, "status", "--porcelain", "--untracked-files=all")


@pytest.mark.parametrize(
    "environ",
    [
        {"GIT_DIR": "HOME/dotfiles", "GIT_WORK_TREE": "HOME/work"},
        {"GIT_DIR": "../dotfiles", "GIT_WORK_TREE": "."},
        {"GIT_DIR": "../dotfiles", "GIT_WORK_TREE": "../work"},
        {"GIT_DIR": "../dotfiles"},
    ],
    ids=lambda environ: " ".join(environ.values()),
)
def test_a_work_tree_that_only_the_environment_names_is_seen(environ: dict[str, str], tmp_path: Path) -> None:
    if shutil.which("git") is None:
        unavailable("git is not installed")
    work = tmp_path / "work"
    work.mkdir()
    git(tmp_path, "init", "--quiet", "--bare", "dotfiles")
    git(tmp_path / "dotfiles", "config", "core.bare", "false")
    environ = {name: value.replace("HOME", str(tmp_path)) for name, value in environ.items()}
    done = sfjwt("init", "--yes", "--out", "deep/login", *FLAGS, cwd=work, environ=environ)
    assert done.returncode == 0, done.stderr
    assert (work / ".gitignore").read_text().splitlines()[0] == "/deep/login/*.key"
    named = ("--git-dir", str(tmp_path / "dotfiles"), "--work-tree", str(work))
    git(work, *named, "add", "--all")
    committed = git(work, *named, "ls-files").splitlines()
    assert "deep/login/server.crt" in committed
    assert "deep/login/server.key" not in committed


@pytest.mark.parametrize("environ", [{"GIT_DIR": "../nothing"}, {"GIT_WORK_TREE": "."}, {"GIT_DIR": ""}])
def test_an_environment_that_names_no_repository_does_not_matter(environ: dict[str, str], tmp_path: Path) -> None:
    done = sfjwt("init", "--yes", "--out", "login", *FLAGS, cwd=tmp_path, environ=environ)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / ".gitignore").exists()


def test_a_directory_outside_the_work_tree_that_the_environment_names_is_free(work_tree: Path, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    named = {"GIT_DIR": str(work_tree / ".git"), "GIT_WORK_TREE": str(work_tree)}
    done = sfjwt("init", "--yes", "--out", str(outside), *FLAGS, cwd=work_tree, environ=named)
    assert done.returncode == 0, done.stderr
    assert not (work_tree / ".gitignore").exists()
