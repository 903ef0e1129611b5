"""Run one login in this process as a runner's step, and search all that it printed and wrote for secrets."""

import os
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest
import trustme
from faults.faulty_server import TOKEN, FaultyServer
from key_material import PASSPHRASE, KeyMaterial

from sfjwt_action.cli import run

ENTRYPOINT = Path(__file__).parents[2] / "entrypoint.py"
CONSUMER_KEY = "3MVG9.consumer.key"
USERNAME = "ci@acme.example"
NOTHING: Mapping[str, str] = MappingProxyType({})
FILE_COMMANDS = ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_STATE", "GITHUB_STEP_SUMMARY")
# This machine's network settings would change the tests.
NETWORK_VARIABLES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(frozen=True)
class Outcome:
    """The result of a login."""

    exit_code: int
    log: str
    files: dict[str, str]
    waits: list[float]

    @property
    def published(self) -> bool:
        return any(text for name, text in self.files.items() if name != "GITHUB_STEP_SUMMARY")

    @property
    def error(self) -> str:
        """The annotation's message."""
        (message,) = re.findall(r"^::error title=[^:]+::(.*)$", self.log, re.MULTILINE)
        return str(message).replace("%0A", "\n").replace("%25", "%")


@dataclass
class Step:
    """A step of a job: its environment and its files."""

    monkeypatch: pytest.MonkeyPatch
    capfd: pytest.CaptureFixture[str]
    directory: Path
    material: KeyMaterial
    ca_certificates: str

    def login(self, login_url: str, *, environ: Mapping[str, str] = NOTHING, **inputs: str) -> Outcome:
        """Log in with RUNNER_DEBUG=1, and without waiting between attempts."""
        waits: list[float] = []
        sleep, thread = time.sleep, threading.current_thread()

        def wait(seconds: float) -> None:
            # Threads of other tests' servers sleep too.
            (waits.append if threading.current_thread() is thread else sleep)(seconds)

        self.monkeypatch.setattr(time, "sleep", wait)
        self._set_environment(login_url, inputs)
        for name, value in environ.items():
            self.monkeypatch.setenv(name, value)
        exit_code = run(["login"], os.environ)
        self.monkeypatch.undo()
        out, err = self.capfd.readouterr()
        files = {name: (self.directory / name).read_text() for name in FILE_COMMANDS}
        return Outcome(exit_code, out + err, files, waits)

    def _set_environment(self, login_url: str, inputs: dict[str, str]) -> None:
        for name in NETWORK_VARIABLES:
            self.monkeypatch.delenv(name, raising=False)
            self.monkeypatch.delenv(name.lower(), raising=False)
        values = {
            "consumer-key": CONSUMER_KEY,
            "private-key": self.material.text("pkcs8-aes.pem"),
            "private-key-passphrase": PASSPHRASE,
            "username": USERNAME,
            "login-url": login_url,
            "ca-certificates": self.ca_certificates,
            **{name.replace("_", "-"): value for name, value in inputs.items()},
        }
        for name, value in values.items():
            self.monkeypatch.setenv(f"INPUT_{name.upper()}", value)
        for name in FILE_COMMANDS:
            (self.directory / name).write_text("")
            self.monkeypatch.setenv(name, str(self.directory / name))
        self.monkeypatch.setenv("GITHUB_ACTIONS", "true")
        self.monkeypatch.setenv("RUNNER_DEBUG", "1")


def step_environ(login_url: str, output_file: Path, material: KeyMaterial, ca: trustme.CA) -> dict[str, str]:
    """The environment in which a runner starts the entry point as a process. Its files exist."""
    output_file.touch()
    return {
        "PATH": os.environ["PATH"],
        "INPUT_CONSUMER-KEY": CONSUMER_KEY,
        "INPUT_PRIVATE-KEY": material.text("pkcs8.pem"),
        "INPUT_USERNAME": USERNAME,
        "INPUT_LOGIN-URL": login_url,
        "INPUT_CA-CERTIFICATES": ca.cert_pem.bytes().decode(),
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(output_file),
    }


def assert_no_secrets(outcome: Outcome, material: KeyMaterial, server: FaultyServer | None = None) -> None:
    """No output has the key, the passphrase or an assertion. Only the login's channels have the token."""
    written = outcome.log + "".join(outcome.files.values())
    secrets = [PASSPHRASE, *key_lines(material)]
    for request in server.requests if server else []:
        secrets += filter(None, [request.assertion, *request.assertion.split(".")])
    assert [secret for secret in secrets if secret in written] == []
    assert TOKEN not in outcome.files["GITHUB_STEP_SUMMARY"]
    unmasked = "\n".join(line for line in outcome.log.splitlines() if not line.startswith("::add-mask::"))
    assert TOKEN not in unmasked
    if outcome.exit_code != 0:
        assert TOKEN not in "".join(outcome.files.values())


def key_lines(material: KeyMaterial) -> list[str]:
    texts = [material.text(name) for name in ("pkcs8-aes.pem", "pkcs8.pem", "pkcs1.pem", "other.pem")]
    return [line for text in texts for line in text.splitlines() if "-----" not in line]
