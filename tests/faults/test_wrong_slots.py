"""A secret in any wrong place isn't in any output."""

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.harness import CONSUMER_KEY, ENTRYPOINT, USERNAME
from key_material import KeyMaterial

from sfjwt_action.inputs.quoting import quote, quote_path
from sfjwt_action.inputs.settings import INPUTS

TOKEN = "00D5g00000FaXv7!AQ0AQFbG9uZ2VuaGVyaW5nZXIuYW5kLnNvbWUubW9yZS5sZXR0ZXJzMTIz"
PASSPHRASES = (
    "hunter2",
    "Tr0ub4dor&3",
    "correct horse battery staple",
    "p@ssw0rd.example",
    "X9!kq#Zr/42pL",
    "S3cr3tK3y",
)
CLOUD_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # pragma: allowlist secret -- AWS's own example
SYSTEMS: tuple[dict[str, str], ...] = (
    {},
    {"GITHUB_ACTIONS": "true"},
    {"GITLAB_CI": "true"},
    {"TF_BUILD": "True"},
)
NAMED_FILES = {
    "GITHUB_OUTPUT": {"GITHUB_ACTIONS": "true"},
    "BASH_ENV": {"CIRCLECI": "true"},
    "HARNESS_OUTPUT_SECRET_FILE": {"HARNESS_BUILD_ID": "1"},
    "VELA_MASKED_OUTPUTS": {"VELA": "true"},
    "BUILDKITE_AGENT_JOB_API_SOCKET": {"BUILDKITE": "true", "BUILDKITE_AGENT_JOB_API_TOKEN": "x"},
}
FILES = [declared for declared in INPUTS if declared.from_file]
COMMANDS = {
    "inspect": ["inspect", "{}"],
    "init --rotate": ["init", "--rotate", "{}"],
    "init --out": ["init", "--yes", "--out", "{}", "--days", "0"],
    "init --out, all else right": [
        *("init", "--yes", "--login-url", "acme.my.salesforce.com", "--username", "ci@acme.example"),
        *("--email", "ci@acme.example", "--out", "{}/deeper"),
    ],
    "init --days": ["init", "--yes", "--days", "{}"],
    "init --label": ["init", "--yes", "--label", "{}"],
    "init --email": ["init", "--yes", "--email", "{}"],
    "init --username": ["init", "--yes", "--username", "{}"],
    "init --login-url": ["init", "--yes", "--login-url", "{}"],
    "init --kms-key": ["init", "--yes", "--kms-key", "{}"],
    "init --kms-key, as a URI's part": ["init", "--yes", "--kms-key", "hashivault:{}"],
    "init --rotate --kms-key": ["init", "--rotate", ".", "--kms-key", "{}"],
    "init --key-size": ["init", "--yes", "--key-size", "{}"],
    "explain": ["explain", "{}"],
    "local-org --port": ["local-org", "--dir", ".", "--port", "{}"],
    "local-org --dir": ["local-org", "--port", "99999999", "--dir", "{}"],
    "local-org --certificate": ["local-org", "--port", "99999999", "--dir", ".", "--certificate", "{}"],
    "local-org --assume-tests": ["local-org", "--dir", ".", "--assume-tests", "{}"],
    "demo": ["demo", "{}"],
    "assertion --claims": ["assertion", "--claims={}"],
    "doctor --json": ["doctor", "--json", "{}"],
    "inspect --private-key-passphrase-file": ["inspect", ".", "--private-key-passphrase-file", "{}"],
    "an unknown flag": ["login", "--{}"],
    "an unknown command": ["{}"],
    "an argument too many": ["login", "{}"],
    "--export": ["login", "--export", "{}"],
    "--instance-url": ["revoke", "--instance-url", "{}"],
    **{declared.flag: ["login", declared.flag, "{}"] for declared in INPUTS},
}


@pytest.fixture(scope="module")
def secrets(material: KeyMaterial) -> list[str]:
    pem = material.text("pkcs8.pem")
    return [
        pem,
        pem.replace("\n", "\\n"),
        pem.replace("\n", " "),
        base64.b64encode(pem.encode()).decode(),
        TOKEN,
        CLOUD_KEY,
        *PASSPHRASES,
    ]


def run(environ: dict[str, str], *arguments: str, cwd: Path) -> str:
    """Run a command, and return everything that it printed and wrote into the runner's files."""
    files = [cwd / "output", cwd / "summary"]
    for file in files:
        file.write_text("")
    on_github = {"GITHUB_OUTPUT": str(files[0]), "GITHUB_STEP_SUMMARY": str(files[1])}
    ended = subprocess.run(
        [sys.executable, "-I", str(ENTRYPOINT), *arguments],
        env={"PATH": os.environ["PATH"], **(on_github if "GITHUB_ACTIONS" in environ else {}), **environ},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode != 1, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr + "".join(file.read_text() for file in files)


def pieces(secret: str) -> Iterator[str]:
    """All parts of a secret that must not be printed: the whole, its lines, and its longer words."""
    yield secret
    for line in secret.splitlines():
        if "-----" not in line:
            yield line
            yield from (line[i : i + 24] for i in range(0, max(len(line) - 24, 0), 12))


def assert_silent(printed: str, secret: str, slot: str) -> None:
    flat = printed.replace("%0A", "\n").replace("%25", "%")
    joined = " ".join(flat.split())
    assert [piece for piece in pieces(secret) if piece in flat or piece in joined] == [], slot


@pytest.mark.parametrize("system", range(len(SYSTEMS)))
@pytest.mark.parametrize("declared", INPUTS, ids=lambda declared: str(declared.name))
def test_in_an_input(declared: object, system: int, secrets: list[str], tmp_path: Path) -> None:
    attribute = declared.attribute.upper()  # type: ignore[attr-defined]
    good = {"SFJWT_CONSUMER_KEY": CONSUMER_KEY, "SFJWT_USERNAME": USERNAME}
    for secret in secrets[system :: len(SYSTEMS)]:
        if attribute in {"PRIVATE_KEY", "PRIVATE_KEY_PASSPHRASE", "CONSUMER_KEY"} and "-----" in secret:
            continue
        # Nothing is sent, because one input is always missing or invalid.
        environ = {**SYSTEMS[system], **good, "SFJWT_RETRIES": "x", f"SFJWT_{attribute}": secret}
        assert_silent(run(environ, cwd=tmp_path), secret, f"SFJWT_{attribute}")


@pytest.mark.parametrize("system", range(len(SYSTEMS)))
@pytest.mark.parametrize("declared", FILES, ids=lambda declared: str(declared.name))
def test_in_a_variable_that_names_a_file(declared: object, system: int, secrets: list[str], tmp_path: Path) -> None:
    name = f"SFJWT_{declared.attribute.upper()}_FILE"  # type: ignore[attr-defined]
    for secret in secrets:
        assert_silent(run({**SYSTEMS[system], name: secret}, cwd=tmp_path), secret, name)


@pytest.mark.parametrize("name", ["SFJWT_EXPORT", "SFJWT_EXPORT_FILE", *NAMED_FILES])
def test_in_a_variable_for_the_export(name: str, secrets: list[str], tmp_path: Path) -> None:
    for secret in secrets:
        assert_silent(run({**NAMED_FILES.get(name, {}), name: secret}, cwd=tmp_path), secret, name)


@pytest.mark.parametrize("slot", COMMANDS)
def test_in_an_argument(slot: str, secrets: list[str], tmp_path: Path) -> None:
    # A word can be a directory's name. Only keys and tokens can be distinguished from one.
    for number, secret in enumerate(secrets[:5] if slot == "init --out, all else right" else secrets):
        system = SYSTEMS[number % len(SYSTEMS)]
        arguments = [argument.replace("{}", secret) for argument in COMMANDS[slot]]
        assert_silent(run(system, *arguments, cwd=tmp_path), secret, slot)


def test_no_secret_is_quoted(secrets: list[str]) -> None:
    for secret in secrets:
        assert secret not in quote(secret, ("production", "sandbox", "true", "false"))
        assert secret not in quote_path(secret)


@pytest.mark.parametrize("typo", ["produktion", "sandox", "ture", "yes", "12", "-5"])
def test_a_typo_is_quoted(typo: str) -> None:
    assert typo in quote(typo, ("production", "sandbox", "true", "false", "yes"))


@pytest.mark.parametrize(
    "path",
    ["server.key", "keys/server.key", "/run/secrets/salesforce_key", "C:\\keys\\server.pem", "~/server.key", "."],
)
def test_a_path_is_quoted(path: str) -> None:
    assert quote_path(path) == path
