"""A person at a terminal logs in."""

import os
import sys

import pexpect
import pytest
from support import LocalOrg

# Every token of the local org starts with this.
TOKEN = "00D5g00000FaXv7!"


def log_in(org: LocalOrg, *flags: str) -> str:
    """Return the terminal's output of a login."""
    environ = {"PATH": os.environ["PATH"], "NO_PROXY": "localhost", **org.environ}
    arguments = ["-m", "sfjwt_action", "login", *flags]
    terminal = pexpect.spawn(sys.executable, arguments, env=environ, timeout=30, encoding="utf-8")
    shown = str(terminal.read())
    terminal.close()
    assert terminal.exitstatus == 0, shown
    return shown


def test_nothing_is_published_unless_asked(local_org: LocalOrg) -> None:
    shown = log_in(local_org)
    assert "Logged in to Salesforce" in shown
    assert TOKEN not in shown


@pytest.mark.parametrize("export", ["dotenv", "json", "powershell", "shell"])
def test_the_token_is_shown_on_request_without_a_warning(export: str, local_org: LocalOrg) -> None:
    shown = log_in(local_org, "--export", export)
    assert TOKEN in shown
    assert "not masked" not in shown
