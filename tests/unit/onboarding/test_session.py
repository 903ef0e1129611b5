"""A person at a terminal answers `sfjwt init`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest
from unit.onboarding.command import SFJWT, init, tree
from unit.onboarding.test_init import EXPECTED

INTERRUPT = "\x03"
END = "\x04"
RIGHT = {
    "Directory to write to": "",
    "Org's My Domain": "acme.my.salesforce.com",
    "Username": "ci@acme.example",
    "Name of the app": "",
    "Contact email": "devops@acme.example",
    "Days": "",
}


@contextmanager
def session(directory: Path, *flags: str) -> Iterator["pexpect.spawn[str]"]:
    arguments = [*SFJWT[1:], "init", *flags]
    terminal = pexpect.spawn(
        SFJWT[0], arguments, cwd=str(directory), timeout=30, encoding="utf-8", dimensions=(50, 200)
    )
    try:
        yield terminal
    finally:
        terminal.close(force=True)


def answer(terminal: "pexpect.spawn[str]", question: str, text: str) -> None:
    terminal.expect_exact(question)
    terminal.expect_exact(": ")
    terminal.sendline(text)


def ended(terminal: "pexpect.spawn[str]") -> int | None:
    terminal.expect(pexpect.EOF)
    terminal.close()
    return terminal.exitstatus


def test_valid_answers_create_a_login(tmp_path: Path) -> None:
    with session(tmp_path) as terminal:
        for question, text in RIGHT.items():
            answer(terminal, question, text)
        terminal.expect_exact("Created in salesforce-login:")
        terminal.expect_exact("sfjwt doctor")
        assert ended(terminal) == 0
    assert set(tree(tmp_path / "salesforce-login")) == EXPECTED


def test_an_invalid_flag_is_reported_before_any_question(tmp_path: Path) -> None:
    with session(tmp_path, "--login-url", "production") as terminal:
        terminal.expect_exact("--login-url: ")
        assert ended(terminal) == 2
        assert "Directory to write to" not in (terminal.before or "")
    assert not tree(tmp_path)


def test_an_invalid_answer_is_asked_again_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "server.key").touch()
    with session(tmp_path) as terminal:
        answer(terminal, "Directory to write to", "taken")
        terminal.expect_exact("taken/server.key")
        answer(terminal, "Directory to write to", "login")
        answer(terminal, "My Domain", "acme.lightning.force.com")
        terminal.expect_exact("Use acme.my.salesforce.com.")
        answer(terminal, "My Domain", "login")
        terminal.expect_exact("login.salesforce.com")
        answer(terminal, "My Domain", "")
        terminal.expect_exact("Enter a value.")
        answer(terminal, "My Domain", "acme.my.salesforce.com")
        answer(terminal, "Username", "ci")
        terminal.expect_exact("ci@acme.example.")
        answer(terminal, "Username", "ci@acme.example")
        answer(terminal, "Name of the app", "!!!")
        terminal.expect_exact("64")
        answer(terminal, "Name of the app", "Nightly deploy")
        answer(terminal, "Contact email", "devops")
        terminal.expect_exact("devops@acme.example")
        answer(terminal, "Contact email", "devops@acme.example")
        answer(terminal, "Days", "a year")
        terminal.expect_exact("from 1 to 3650.")
        answer(terminal, "Days", "30")
        assert ended(terminal) == 0
    assert (tmp_path / "login/force-app/main/default/externalClientApps/Nightly_deploy.eca-meta.xml").exists()


@pytest.mark.parametrize("asked_before", range(len(RIGHT)))
def test_an_interrupt_at_any_question_leaves_nothing(tmp_path: Path, asked_before: int) -> None:
    questions = list(RIGHT.items())
    with session(tmp_path) as terminal:
        for question, text in questions[:asked_before]:
            answer(terminal, question, text)
        terminal.expect_exact(questions[asked_before][0])
        terminal.expect_exact(": ")
        terminal.send(INTERRUPT)
        terminal.expect_exact("Interrupted by SIGINT.")
        assert ended(terminal) == 130
    assert list(tmp_path.iterdir()) == []


def test_the_end_of_input_leaves_nothing(tmp_path: Path) -> None:
    with session(tmp_path) as terminal:
        terminal.expect_exact("Directory")
        terminal.expect_exact(": ")
        terminal.send(END)
        terminal.expect_exact("Nothing was written.")
        assert ended(terminal) == 2
    assert list(tmp_path.iterdir()) == []


def test_flags_are_not_asked_about(tmp_path: Path) -> None:
    with session(
        tmp_path, "--out", "login", "--username", "ci@acme.example", "--email", "devops@acme.example"
    ) as terminal:
        answer(terminal, "My Domain", "acme.my.salesforce.com")
        answer(terminal, "Name of the app", "")
        answer(terminal, "Days", "")
        assert ended(terminal) == 0
    assert set(tree(tmp_path / "login")) == EXPECTED


def test_an_invalid_flag_ends_it_before_any_question(tmp_path: Path) -> None:
    with session(tmp_path, "--out", "login", "--email", "devops") as terminal:
        terminal.expect_exact("Nothing was written.")
        terminal.expect_exact("--email: ")
        assert ended(terminal) == 2


@pytest.mark.parametrize("agreed", ["", "y", "yes"])
def test_in_a_work_tree_it_asks_whether_to_ignore_the_secrets(tmp_path: Path, agreed: str) -> None:
    pexpect.run("git init --quiet", cwd=str(tmp_path))
    with session(tmp_path) as terminal:
        for question, text in RIGHT.items():
            answer(terminal, question, text)
        answer(terminal, "Add these two files to .gitignore? [Y/n]", "perhaps")
        answer(terminal, "Add these two files to .gitignore? [Y/n]", agreed)
        assert ended(terminal) == 0
    assert (tmp_path / "salesforce-login/server.key").exists()
    assert len((tmp_path / ".gitignore").read_text().splitlines()) == 2


def test_declining_asks_for_another_directory_and_keeps_the_answers(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    pexpect.run("git init --quiet", cwd=str(repository))
    with session(repository) as terminal:
        for question, text in RIGHT.items():
            answer(terminal, question, text)
        answer(terminal, "Add these two files to .gitignore? [Y/n]", "n")
        answer(terminal, "Directory to write to", "another")
        answer(terminal, "Add these two files to .gitignore? [Y/n]", "no")
        answer(terminal, "Directory to write to", "../outside")
        assert ended(terminal) == 0
    assert set(tree(tmp_path / "outside")) == EXPECTED
    assert [path.name for path in repository.iterdir()] == [".git"]


def test_a_rotation_that_may_not_change_gitignore_writes_nothing(tmp_path: Path) -> None:
    init(tmp_path)
    pexpect.run("git init --quiet", cwd=str(tmp_path))
    before = tree(tmp_path / "login")
    with session(tmp_path, "--rotate", "login") as terminal:
        answer(terminal, "to .gitignore? [Y/n]", "n")
        terminal.expect_exact("--rotate: ")
        assert ended(terminal) == 2
    assert tree(tmp_path / "login") == before
