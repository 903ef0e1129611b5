"""GitHub's output, read with the runner's own rules."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sfjwt_action.ci.console import Terminal
from sfjwt_action.ci.detection import choose_publisher
from sfjwt_action.ci.systems.github import GitHub
from sfjwt_action.inputs.problems import Problems
from sfjwt_action.inputs.settings import Settings, read_settings
from sfjwt_action.report.story import Advice, Story
from sfjwt_action.salesforce.session import Session, parse_session

SESSION = parse_session(
    {"access_token": "00D!secret", "instance_url": "https://acme.my.salesforce.com"},
    username="ci@acme.example",
    login_url="https://login.salesforce.com",
    audience="https://login.salesforce.com",
    key_fingerprint="ab12",
)


@pytest.fixture
def output_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "output"
    monkeypatch.setenv("GITHUB_OUTPUT", str(path))
    return path


def settings(**inputs: str) -> Settings:
    return read_settings(inputs, {}, Problems())


def publish(session: Session, **inputs: str) -> str:
    return GitHub(os.environ).publish(session, settings(**inputs))


def records(text: str) -> Iterator[tuple[str, str]]:
    """Read a file command as `FileCommandManager` of actions/runner does."""
    assert text.endswith("\n")
    lines = iter(text.removesuffix("\n").split("\n"))
    for line in lines:
        assert line, "act and Forgejo fail on a blank line between records"
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            yield line[:equals], line[equals + 1 :]
        else:
            yield line[:heredoc], "\n".join(iter(lines.__next__, line[heredoc + 2 :]))


@pytest.mark.parametrize("before", ["", "a=b\n", "a=b", "a<<E\nb\nE"])
def test_outputs_are_appended_to_the_file(before: str, output_file: Path) -> None:
    output_file.write_text(before)
    publish(SESSION)
    read = dict(records(output_file.read_text()))
    assert read.pop("a", "b") == "b"
    assert read == {name: value for name, value in SESSION.outputs().items() if value}


def test_a_missing_file_is_created(output_file: Path) -> None:
    publish(SESSION)
    assert dict(records(output_file.read_text()))["access-token"] == "00D!secret"


@pytest.mark.parametrize("masked", [True, False])
def test_masks_are_one_per_line(*, masked: bool, capfd: pytest.CaptureFixture[str]) -> None:
    GitHub(os.environ).mask(SESSION, settings(mask_instance_url=str(masked).lower()))
    url = ["::add-mask::https://acme.my.salesforce.com", "::add-mask::acme.my.salesforce.com"] if masked else []
    assert capfd.readouterr().out.splitlines() == ["::add-mask::00D!secret", *url]


def test_an_output_file_that_cannot_be_written_is_a_problem(output_file: Path) -> None:
    output_file.mkdir()
    (problem,) = GitHub(os.environ).preflight(settings())
    assert f"{output_file}: it isn't a regular file" in problem.found


def test_annotations_are_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    github = GitHub({})
    github.fail(Story("Bad, input: 100%", "two 100%", (Advice("What.", ("Fix.",)),), link="docs"))
    github.warning("Clock", "off")
    github.debug("detail")
    assert capfd.readouterr().out.splitlines()[-3:] == [
        "::error title=Bad%2C input%3A 100%25::two 100%25%0AWhat.%0AFix.%0AMore: docs",
        "::warning title=Clock::off",
        "::debug::detail",
    ]


# What Gitea's and Forgejo's runners treat as a command: for the job, and for the log on the server.
JOB_COMMAND = re.compile(r"::([^ ]+)( (.+))?::([^\r\n]*)[\r\n]+")
SERVER_COMMAND = re.compile(r"::([^ :]+)( .*)?::(.*)")


def test_gitea_and_forgejo_mask_what_is_secret(capfd: pytest.CaptureFixture[str]) -> None:
    token = "00D!every.sort_of~letter-that/a+token-has=="
    session = parse_session(
        {"access_token": token, "instance_url": "https://acme.my.salesforce.com"},
        username="ci@acme.example",
        login_url="https://login.salesforce.com",
        audience="https://login.salesforce.com",
        key_fingerprint="ab12",
    )
    GitHub({"FORGEJO_ACTIONS": "true"}).mask(session, settings())
    job, server = set(), set()
    for line in capfd.readouterr().out.splitlines(keepends=True):
        command = JOB_COMMAND.fullmatch(line)
        assert command
        assert command[1] == "add-mask"
        job.add(command[4].replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%"))
        command = SERVER_COMMAND.fullmatch(line.rstrip("\r\n"))
        assert command
        assert command[1] == "add-mask"
        server.add(command[3])  # Forgejo's runner doesn't unescape
    expected = {token, "https://acme.my.salesforce.com", "acme.my.salesforce.com"}
    assert job >= expected
    assert server >= expected


def test_forgejo_shows_a_failure_in_plain_text(capfd: pytest.CaptureFixture[str]) -> None:
    github = GitHub({"FORGEJO_ACTIONS": "true"})
    github.warning("Clock", "off by 100%")
    github.fail(Story("Bad, input", "::add-mask::two 100%", (Advice("What.", ("Fix.",)),), link="docs"))
    printed = capfd.readouterr().out.splitlines()
    assert printed[:2] == ["Warning: Clock", "off by 100%"]
    assert printed[-5:] == ["Error: Bad, input", ": :add-mask::two 100%", "What.", "Fix.", "More: docs"]
    commands = [command[1] for line in printed if (command := SERVER_COMMAND.fullmatch(line))]
    assert commands == ["group", "endgroup"]


@pytest.mark.parametrize("line", ["::add-mask::x", "  ::error::x", "said ##[add-mask]x"])
def test_a_line_of_the_log_is_never_a_command(line: str, capfd: pytest.CaptureFixture[str]) -> None:
    GitHub({}).info(line)
    printed = capfd.readouterr().out
    assert not printed.lstrip().startswith("::")
    assert "##[" not in printed


@pytest.mark.parametrize(
    ("environ", "export", "expected"),
    [
        ({"GITHUB_OUTPUT": "/x"}, "auto", GitHub),
        ({"GITHUB_ACTIONS": "true"}, "auto", GitHub),
        ({}, "github", GitHub),
        ({}, "auto", Terminal),
    ],
)
def test_detection(environ: dict[str, str], export: str, expected: type) -> None:
    assert isinstance(choose_publisher(environ, export, "", Problems()), expected)


def test_a_missing_output_file_is_a_problem() -> None:
    found = GitHub({"GITHUB_ACTIONS": "true"}).preflight(settings(export_env="true"))
    assert [problem.input for problem in found] == ["GITHUB_OUTPUT", "GITHUB_ENV"]


@pytest.mark.parametrize("runner", ["", "ACT", "GITEA_ACTIONS", "FORGEJO_ACTIONS", "no state"])
def test_revoke_token_is_rejected_without_a_post_step(runner: str, tmp_path: Path) -> None:
    files = {name: str(tmp_path / name) for name in ("GITHUB_OUTPUT", "GITHUB_STATE")}
    environ = files | {runner: "true"} if runner else files
    if runner == "no state":
        del environ["GITHUB_STATE"]
    found = list(GitHub(environ).preflight(settings(revoke_token="true")))
    assert [problem.input for problem in found] == (["revoke-token"] if runner else [])
    assert list(GitHub(environ).preflight(settings())) == []


def test_inputs_for_ci_systems_are_rejected_elsewhere() -> None:
    found = Terminal({}).preflight(settings(export_env="true", revoke_token="true"))
    assert [problem.input for problem in found] == ["export-env", "revoke-token"]
    assert list(Terminal({}).preflight(settings())) == []


@pytest.mark.parametrize(("ci", "warns"), [("true", 1), ("woodpecker", 1), ("false", 0), ("", 0)])
def test_an_unknown_ci_system_gets_a_warning_that_the_login_was_not_exported(
    ci: str, warns: int, capfd: pytest.CaptureFixture[str]
) -> None:
    Terminal({"CI": ci}).succeed(Story("Logged in", "As ci."))
    assert capfd.readouterr().err.count("Warning: Salesforce login: not exported\n") == warns


def test_a_terminal_shows_details_only_when_asked(capfd: pytest.CaptureFixture[str]) -> None:
    Terminal({}).debug("detail")
    Terminal({"RUNNER_DEBUG": "1"}).debug("shown")
    Terminal({}).warning("Clock", "off")
    Terminal({}).fail(Story("Refused", "why"))
    Terminal({}).publish(SESSION, settings())
    Terminal({}).succeed(Story("Logged in", "As ci."))
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines()[:5] == ["shown", "Warning: Clock", "off", "Refused", "why"]
    assert "--export shell" in printed.err
    assert "secret" not in printed.err


def test_variables_of_the_sf_cli_are_exported(
    output_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output_file.touch()
    (tmp_path / "env").write_text("A=b")
    monkeypatch.setenv("GITHUB_ENV", str(tmp_path / "env"))
    for name in ("SF_ACCESS_TOKEN", "SF_ORG_INSTANCE_URL"):
        monkeypatch.setenv(name, "")  # the library also sets them in this process
    hint = publish(SESSION, export_env="true")
    assert dict(records((tmp_path / "env").read_text())) == {
        "A": "b",
        "SF_ACCESS_TOKEN": "00D!secret",
        "SF_ORG_INSTANCE_URL": "https://acme.my.salesforce.com",
    }
    assert 'sf org login access-token --instance-url "$SF_ORG_INSTANCE_URL"' in hint


def test_a_token_to_revoke_is_only_in_the_state(
    output_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output_file.touch()
    monkeypatch.setenv("GITHUB_STATE", str(tmp_path / "state"))
    publish(SESSION, revoke_token="true", timeout="5")
    state = dict(records((tmp_path / "state").read_text()))
    assert state["access_token"] == "00D!secret"
    assert state["instance_url"] == "https://acme.my.salesforce.com"
    assert (state["timeout"], state["retries"]) == ("5", "3")
