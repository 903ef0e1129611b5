"""A login with a key in a key management service, in this process, to the local org."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from faults.harness import NETWORK_VARIABLES
from local_org.served import Server

from sfjwt_action.cli import run
from sfjwt_action.local_org.acme import CONSUMER_KEY, USERNAME, acme


@dataclass(frozen=True)
class Outcome:
    exit_code: int
    out: str
    err: str

    @property
    def outputs(self) -> dict[str, str]:
        parsed: dict[str, str] = json.loads(self.out)
        return parsed

    @property
    def checks(self) -> dict[str, dict[str, str]]:
        """The rows of `doctor --json`, by name."""
        parsed: dict[str, Any] = json.loads(self.out)
        return {check["name"]: check for check in parsed["checks"]}

    @property
    def said(self) -> str:
        """The text without the line breaks of a terminal."""
        return " ".join(self.err.split())


@dataclass
class Job:
    """A job whose org trusts some keys. The harness searches its output for secrets."""

    server: Server
    ca: trustme.CA
    monkeypatch: pytest.MonkeyPatch
    capfd: pytest.CaptureFixture[str]
    secrets: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def login(self, kms_key: str, environ: Mapping[str, str], *trusted_keys: RSAPublicKey, **inputs: str) -> Outcome:
        return self.run(["login", "--export", "json"], kms_key, environ, *trusted_keys, **inputs)

    def run(
        self,
        arguments: list[str],
        kms_key: str,
        environ: Mapping[str, str],
        *trusted_keys: RSAPublicKey,
        **inputs: str,
    ) -> Outcome:
        """Run a command, without waiting between attempts."""
        for name in NETWORK_VARIABLES:
            self.monkeypatch.delenv(name, raising=False)
            self.monkeypatch.delenv(name.lower(), raising=False)
        self.monkeypatch.setattr(time, "sleep", self.waits.append)
        settings = {
            "consumer_key": CONSUMER_KEY,
            "kms_key": kms_key,
            "username": USERNAME,
            "login_url": self.server.url,
            "ca_certificates": self.ca.cert_pem.bytes().decode(),
            "retries": "1",
            **inputs,
        }
        variables = {f"SFJWT_{name.upper()}": value for name, value in settings.items()}
        with self.server.serving(acme(trusted_keys)):
            exit_code = run(arguments, {"RUNNER_DEBUG": "1", **environ, **variables})
        printed = self.capfd.readouterr()
        assert [secret for secret in self.secrets if secret in printed.out + printed.err] == []
        return Outcome(exit_code, printed.out, printed.err)
