"""The commands of NEXT-STEPS.md and ROTATION.md: what a CI system gets, and through which channel.

None of these programs can reach its service here. Stand-ins record how they were called. The shell,
openssl and jq are real. Their syntax is from the documentation that `ci_secrets.py` names.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from support import unavailable
from unit.onboarding.command import FLAGS, init, sfjwt
from unit.onboarding.recorder import Call, Recorder

from sfjwt_action.onboarding.ci_secrets import SYSTEMS
from sfjwt_action.signing.private_key import load_private_keys

CONSUMER_KEY = "3MVG9.consumer_key"
VARIABLE = "{01234567-89ab-cdef-0123-456789abcdef}"
ANSWERS = {
    "gh": "",
    "glab": "",
    "circleci": "",
    "az": "17",
    "curl": json.dumps({"values": [{"key": "OTHER", "uuid": "{}"}, {"key": "SFJWT_PRIVATE_KEY", "uuid": VARIABLE}]}),
}
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)

each_system = pytest.mark.parametrize("system", [system.name for system in SYSTEMS])


def blocks(document: Path, system: str) -> list[str]:
    """The commands for a CI system, block by block."""
    section = document.read_text().partition(f"\n### {system}\n")[2].partition("\n### ")[0]
    return BLOCK.findall(section)


def asked(document: Path, system: str) -> set[str]:
    """The variables that the user has to set for a CI system."""
    section = document.read_text().partition(f"\n### {system}\n")[2].partition("\n### ")[0]
    return set(re.findall(r"^- Run `read -r (\w+)`", section, re.MULTILINE))


def run(script: str, directory: Path) -> list[Call]:
    """Run commands as a person pastes them, after the questions are answered."""
    for program in ("openssl", "jq"):
        if shutil.which(program) is None:
            unavailable(f"{program} is not installed")
    (directory / "bin").mkdir()
    recorder = Recorder(directory / "bin", ANSWERS)
    assert "#" not in script, "zsh takes no comments on its command line"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=directory,
        env={
            "PATH": f"{recorder.directory}:{os.environ['PATH']}",
            "CONSUMER_KEY": CONSUMER_KEY,
            "SFJWT_USERNAME": "ci@acme.example",
            "SFJWT_LOGIN_URL": "https://acme.my.salesforce.com",
            **{variable: "answer" for system in SYSTEMS for variable, _ in system.ask},
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return recorder.calls


def stored(call: Call) -> str:
    """What a CI system stores after this call."""
    if call.name == "az":
        name = call.arguments[call.arguments.index("--name") + 1]
        return call.environ[f"AZURE_DEVOPS_EXT_PIPELINE_VAR_{name}"]
    if "--json" in call.arguments:
        return str(json.loads(call.stdin)["value"])
    if "Content-Type: application/xml" in call.arguments:
        return ET.fromstring(call.stdin).findtext("secret", "")
    return call.stdin


def fingerprints(secret: str) -> list[str]:
    return [key.fingerprint for key in load_private_keys(secret)]


def of(directory: Path, *names: str) -> list[str]:
    return [fingerprint for name in names for fingerprint in fingerprints((directory / name).read_text())]


@pytest.fixture
def login(tmp_path: Path) -> Path:
    """In a directory with a name that needs quoting."""
    out = "it's a $login"
    done = sfjwt("init", "--yes", "--out", out, *FLAGS, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path / out


@each_system
def test_the_ci_system_gets_the_key_and_the_consumer_key(login: Path, system: str) -> None:
    *_, key, consumer_key = run("".join(blocks(login / "NEXT-STEPS.md", system)), login.parent)
    assert fingerprints(stored(key)) == of(login, "server.key")
    assert stored(consumer_key).rstrip("\n") == CONSUMER_KEY


@each_system
def test_every_variable_is_asked_for_where_it_is_used(login: Path, system: str) -> None:
    rotated(login)
    for document in (login / "NEXT-STEPS.md", login / "ROTATION.md"):
        script = "".join(blocks(document, system))
        used, set_there = set(re.findall(r"\$([A-Z_]+)", script)), set(re.findall(r"^([A-Z_]+)=", script, re.MULTILINE))
        always = {"CONSUMER_KEY", "SFJWT_USERNAME", "SFJWT_LOGIN_URL"}
        assert used - set_there - always == asked(document, system)


@each_system
def test_the_key_is_on_no_command_line(login: Path, system: str) -> None:
    pem = (login / "server.key").read_text()
    for call in run("".join(blocks(login / "NEXT-STEPS.md", system)), login.parent):
        line = " ".join(call.arguments)
        assert not [part for part in pem.splitlines()[1:-1] if part in line]
        assert "LS0tLS1CRUdJTi" not in line, "base64 of a BEGIN line"
        assert CONSUMER_KEY not in line


@each_system
def test_during_a_rotation_the_secret_has_both_keys_newest_first(login: Path, system: str) -> None:
    rotated(login)
    *before, first, alone = blocks(login / "ROTATION.md", system)
    *_, stored_first = run("".join([*before, first]), login.parent)
    shutil.rmtree(login.parent / "bin")
    *_, stored_alone = run("".join([*before, alone]), login.parent)
    assert fingerprints(stored(stored_first)) == of(login, "server-new.key", "server.key")
    assert fingerprints(stored(stored_alone)) == of(login, "server-new.key")
    if system == "Bitbucket Pipelines":
        assert stored_first.arguments[-1].endswith(f"/variables/{VARIABLE}")
    if system == "Jenkins":
        assert stored_first.arguments[-1].endswith("/credential/sf-private-key/config.xml")


def rotated(login: Path) -> None:
    done = sfjwt("init", "--rotate", login.name, cwd=login.parent)
    assert done.returncode == 0, done.stderr


def test_the_commands_on_the_terminal_run_too(tmp_path: Path) -> None:
    login = init(tmp_path)
    lines = (login / "NEXT-STEPS.md").read_text().split("## Secrets in")[0].splitlines()
    script = "\n".join(line.strip() for line in lines if "gh secret set" in line)
    key, consumer_key = run(script, tmp_path)
    assert (key.arguments, consumer_key.arguments) == (
        ["secret", "set", "SF_PRIVATE_KEY"],
        ["secret", "set", "SF_CONSUMER_KEY"],
    )
    assert fingerprints(key.stdin) == of(login, "server.key")
