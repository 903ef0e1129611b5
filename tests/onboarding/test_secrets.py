"""The commands that NEXT-STEPS.md and ROTATION.md give: what a CI system gets, and by which way.

None of these programs can reach its service here. In their places are some that note how they were called; the shell,
openssl and jq are real. Their syntax is from their own documentation: `ci_secrets.py` names it.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote_plus

import pytest
from onboarding.command import FLAGS, init, sfjwt
from onboarding.recorder import Call, Recorder
from support import unavailable

from sfjwt_action.onboarding.ci_secrets import SYSTEMS
from sfjwt_action.signing_key import load_signing_keys

CONSUMER_KEY = "3MVG9.consumer_key"
PROGRAMS = ("gh", "glab", "circleci", "az", "curl")
SHELL_SECTION = re.compile(r"^### ([^\n]*)\n\n```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)

each_system = pytest.mark.parametrize("system", [system.name for system in SYSTEMS])


def commands(document: Path) -> dict[str, str]:
    return dict(SHELL_SECTION.findall(document.read_text()))


def run(script: str, directory: Path) -> list[Call]:
    """Run commands as a person pastes them, with an answer to each `read`."""
    for program in ("openssl", "jq"):
        if shutil.which(program) is None:
            unavailable(f"{program} is not installed")
    (directory / "bin").mkdir()
    recorder = Recorder(directory / "bin", *PROGRAMS)
    script = re.sub(r"^read -r (\w+).*$", r"\1=answer", script, flags=re.MULTILINE)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=directory,
        env={
            "PATH": f"{recorder.directory}:{os.environ['PATH']}",
            "CONSUMER_KEY": CONSUMER_KEY,
            "SFJWT_USERNAME": "ci@acme.example",
            "SFJWT_LOGIN_URL": "https://acme.my.salesforce.com",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return recorder.calls


def stored(call: Call) -> str:
    """What a CI system keeps after such a call."""
    if call.name == "az":
        name = call.arguments[call.arguments.index("--name") + 1]
        return call.environ[f"AZURE_DEVOPS_EXT_PIPELINE_VAR_{name}"]
    if "--json" in call.arguments:
        return str(json.loads(call.stdin)["value"])
    if "--data-urlencode" in call.arguments:
        return str(json.loads(unquote_plus(call.stdin))["credentials"]["secret"])
    return call.stdin


def fingerprints(secret: str) -> list[str]:
    return [key.fingerprint for key in load_signing_keys(secret)]


def of(directory: Path, *names: str) -> list[str]:
    return [fingerprint for name in names for fingerprint in fingerprints((directory / name).read_text())]


@pytest.fixture
def login(tmp_path: Path) -> Path:
    """In a directory whose name the shell would take apart."""
    out = "it's a $login"
    done = sfjwt("init", "--yes", "--out", out, *FLAGS, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path / out


@each_system
def test_the_ci_system_gets_the_key_and_the_consumer_key(login: Path, system: str) -> None:
    *_, key, consumer_key = run(commands(login / "NEXT-STEPS.md")[system], login.parent)
    assert fingerprints(stored(key)) == of(login, "server.key")
    assert stored(consumer_key).rstrip("\n") == CONSUMER_KEY


@each_system
def test_the_key_is_on_no_command_line(login: Path, system: str) -> None:
    pem = (login / "server.key").read_text()
    for call in run(commands(login / "NEXT-STEPS.md")[system], login.parent):
        line = " ".join(call.arguments)
        assert not [part for part in pem.splitlines()[1:-1] if part in line]
        assert "LS0tLS1CRUdJTi" not in line, "base64 of a BEGIN line"
        assert CONSUMER_KEY not in line


@each_system
def test_the_secret_of_a_rotation_holds_both_keys_the_new_one_first(login: Path, system: str) -> None:
    done = sfjwt("init", "--rotate", login.name, cwd=login.parent)
    assert done.returncode == 0, done.stderr
    script = commands(login / "ROTATION.md")[system]
    before, first, alone = re.split("# Step [14]\n", script)
    calls = run(before + first, login.parent)
    if system == "Jenkins":
        both = (login.parent / "both.key").read_text()
        assert (login.parent / "both.key").stat().st_mode & 0o077 == 0
    elif system == "Bitbucket Pipelines":
        assert "delete SFJWT_PRIVATE_KEY" in first
        return
    else:
        both = stored(calls[-1])
    assert fingerprints(both) == of(login, "server-new.key", "server.key")
    shutil.rmtree(login.parent / "bin")
    if calls:
        assert fingerprints(stored(run(before + alone, login.parent)[-1])) == of(login, "server-new.key")


def test_what_is_shown_on_the_terminal_runs_too(tmp_path: Path) -> None:
    login = init(tmp_path)
    lines = (login / "NEXT-STEPS.md").read_text().split("## The secrets")[0].splitlines()
    script = "\n".join(line.strip() for line in lines if "gh secret set" in line)
    key, consumer_key = run(script, tmp_path)
    assert (key.arguments, consumer_key.arguments) == (
        ["secret", "set", "SF_PRIVATE_KEY"],
        ["secret", "set", "SF_CONSUMER_KEY"],
    )
    assert fingerprints(key.stdin) == of(login, "server.key")
