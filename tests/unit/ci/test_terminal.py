"""What a person sees on a terminal: styles of ours, and none of a server or an input."""

import os
import sys
from pathlib import Path

import pexpect
import pytest

BOLD_TITLE = "\033[1mSalesforce login: invalid input\033[0m"
RED_FAIL = "\033[31mfail\033[0m"


def shown(*arguments: str, **environ: str) -> str:
    terminal = pexpect.spawn(
        sys.executable,
        ["-m", "sfjwt_action", *arguments],
        env={"PATH": os.environ["PATH"], **environ},
        encoding="utf-8",
        timeout=60,
    )
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert isinstance(terminal.before, str)
    return terminal.before


@pytest.mark.parametrize(("command", "styled"), [("login", BOLD_TITLE), ("doctor", RED_FAIL)])
def test_a_terminal_shows_styles(command: str, styled: str) -> None:
    assert styled in shown(command)


@pytest.mark.parametrize("command", ["login", "doctor"])
def test_no_color_is_obeyed(command: str) -> None:
    assert "\033" not in shown(command, NO_COLOR="1")


@pytest.mark.parametrize("command", ["login", "doctor"])
def test_an_input_has_no_styles(command: str, tmp_path: Path) -> None:
    hostile = tmp_path / "\033[31m"
    output = shown(command, NO_COLOR="1", SFJWT_PRIVATE_KEY_FILE=str(hostile), SFJWT_LOGIN_URL="\033[2Jx")
    assert "\033" not in output
