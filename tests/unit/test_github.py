"""What GitHub's runner is told, read back by the runner's own rules."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sfjwt_action.ci import detect
from sfjwt_action.ci.github import GitHub
from sfjwt_action.ci.terminal import Terminal
from sfjwt_action.report import Advice, Story
from sfjwt_action.session import Session, session_from

SESSION = session_from(
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


def publish(session: Session, *, mask_instance_url: bool = True) -> None:
    GitHub(os.environ).publish(session, mask_instance_url=mask_instance_url)


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
def test_outputs_follow_whatever_stands_in_the_file(before: str, output_file: Path) -> None:
    output_file.write_text(before)
    publish(SESSION)
    read = dict(records(output_file.read_text()))
    assert read.pop("a", "b") == "b"
    assert read == {name: value for name, value in SESSION.outputs().items() if value}


def test_a_file_that_is_not_there_yet_is_made(output_file: Path) -> None:
    publish(SESSION)
    assert dict(records(output_file.read_text()))["access-token"] == "00D!secret"


@pytest.mark.parametrize("masked", [True, False])
def test_masks_come_first_one_a_line(*, masked: bool, output_file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    output_file.touch()
    publish(SESSION, mask_instance_url=masked)
    url = ["::add-mask::https://acme.my.salesforce.com", "::add-mask::acme.my.salesforce.com"] if masked else []
    assert capfd.readouterr().out.splitlines() == ["::add-mask::00D!secret", *url]


def test_an_output_file_that_cannot_be_written_is_an_obstacle(output_file: Path) -> None:
    output_file.mkdir()
    obstacle = GitHub(os.environ).obstacle()
    assert obstacle
    assert f"{output_file} cannot be written: Is a directory" in obstacle.found


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
    assert isinstance(detect(environ, export), expected)


def test_a_runner_without_an_output_file_is_an_obstacle() -> None:
    obstacle = GitHub({"GITHUB_ACTIONS": "true"}).obstacle()
    assert obstacle
    assert obstacle.input == "GITHUB_OUTPUT"


def test_a_terminal_shows_details_only_when_asked(capfd: pytest.CaptureFixture[str]) -> None:
    Terminal({}).debug("detail")
    Terminal({"RUNNER_DEBUG": "1"}).debug("shown")
    Terminal({}).warning("Clock", "off")
    Terminal({}).fail(Story("Refused", "why"))
    Terminal({}).publish(SESSION, mask_instance_url=True)
    Terminal({}).succeed(Story("Logged in", "As ci."))
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines()[:5] == ["shown", "Warning: Clock", "off", "Refused", "why"]
    assert "Nothing was published" in printed.err
    assert "secret" not in printed.err
