"""`sfjwt doctor` against the local org in different states."""

import json
import re
import ssl
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import trustme
from faults.faulty_server import answer, faulty_server
from faults.harness import NETWORK_VARIABLES, key_lines
from key_material import PASSPHRASE, KeyMaterial
from local_org.connect_proxy import running_connect_proxy
from local_org.served import Server

from sfjwt_action.cli import run
from sfjwt_action.local_org.acme import CONSUMER_KEY, USERNAME
from sfjwt_action.local_org.model import LocalSalesforce
from sfjwt_action.report import doctor

ALL_WELL = {
    "settings": "ok",
    "private key": "ok",
    "certificate": "ok",
    "login URL": "ok",
    "proxy": "ok",
    "host name": "ok",
    "TLS": "ok",
    "clock": "ok",
    "My Domain": "ok",
    "OpenID": "ok",
    "login": "ok",
    "userinfo": "ok",
    "REST API": "ok",
    "scopes": "ok",
    "org": "ok",
    "logout": "ok",
}


@dataclass
class Doctor:
    """Runs `sfjwt doctor` in this process, and searches its output for secrets."""

    environ: dict[str, str]
    material: KeyMaterial
    capfd: pytest.CaptureFixture[str]

    def examine(self, *flags: str, **changes: str) -> tuple[int, dict[str, str], str]:
        """Return the exit code, each check's status, and what was printed."""
        exit_code = run(["doctor", *flags], self.environ | changes)
        printed = self.capfd.readouterr().out
        assert [
            secret for secret in (PASSPHRASE, "00D5g00000FaXv7!", *key_lines(self.material)) if secret in printed
        ] == []
        lines = [line for line in printed.splitlines() if line[:5].strip() in set(doctor.Status)]
        return exit_code, {line[6:22].strip(): line[:5].strip() for line in lines}, printed


@pytest.fixture
def doctor_command(
    material: KeyMaterial, ca: trustme.CA, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Doctor:
    for name in NETWORK_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    environ = {
        "SFJWT_CONSUMER_KEY": CONSUMER_KEY,
        "SFJWT_USERNAME": USERNAME,
        "SFJWT_PRIVATE_KEY": material.text("pkcs8-aes.pem"),
        "SFJWT_PRIVATE_KEY_PASSPHRASE": PASSPHRASE,
        "SFJWT_CERTIFICATE": material.text("server.crt"),
        "SFJWT_CERTIFICATE_EXPIRY_WARNING_DAYS": "7",
        "SFJWT_CA_CERTIFICATES": ca.cert_pem.bytes().decode(),
    }
    return Doctor(environ, material, capfd)


def test_no_problems(doctor_command: Doctor, salesforce: LocalSalesforce, server: Server) -> None:
    with server.serving(salesforce) as org:
        exit_code, checks, printed = doctor_command.examine(SFJWT_LOGIN_URL=org.url)
    assert (exit_code, checks) == (0, ALL_WELL), printed
    assert doctor_command.material.fingerprint in printed
    assert all(len(line) <= 90 for line in printed.splitlines())


def test_json(doctor_command: Doctor, salesforce: LocalSalesforce, server: Server) -> None:
    with server.serving(salesforce) as org:
        exit_code, _, printed = doctor_command.examine(
            "--json", "--username", "nobody@acme.example", SFJWT_LOGIN_URL=org.url
        )
    told = json.loads(printed)
    assert (exit_code, told["passed"]) == (3, False)
    (failed,) = [check for check in told["checks"] if check["status"] == "fail"]
    assert failed["name"] == "login"
    assert "authentication failure" in failed["finding"]
    assert "search for nobody@acme.example" in failed["remedy"]
    assert failed.keys() == {"name", "status", "finding", "remedy"}


def test_a_failed_check_does_not_hide_other_problems(
    doctor_command: Doctor, salesforce: LocalSalesforce, server: Server
) -> None:
    with server.serving(salesforce) as org:
        exit_code, checks, printed = doctor_command.examine(
            SFJWT_LOGIN_URL=org.url,
            SFJWT_USERNAME="",
            SFJWT_PRIVATE_KEY=doctor_command.material.text("public.pem"),
            SFJWT_CERTIFICATE="",
        )
    expected = ALL_WELL | {"settings": "fail", "private key": "fail", "certificate": "skip"}
    expected |= dict.fromkeys(("login", "userinfo", "REST API", "scopes", "org", "logout"), "skip")
    assert (exit_code, checks) == (2, expected), printed


def test_no_inputs(doctor_command: Doctor) -> None:
    doctor_command.environ = {"SFJWT_LOGIN_URL": "no host"}
    exit_code, checks, printed = doctor_command.examine()
    assert exit_code == 2
    assert set(checks.values()) == {"fail", "skip"}, printed


def test_a_certificate_of_another_key(doctor_command: Doctor) -> None:
    exit_code, checks, printed = doctor_command.examine(
        SFJWT_PRIVATE_KEY=doctor_command.material.text("other.pem"), SFJWT_LOGIN_URL="no-such-host.invalid"
    )
    assert exit_code == 2
    assert (checks["private key"], checks["certificate"]) == ("ok", "fail")
    assert doctor_command.material.other_fingerprint in printed


def test_a_certificate_that_expires(doctor_command: Doctor) -> None:
    _, checks, printed = doctor_command.examine(
        SFJWT_CERTIFICATE_EXPIRY_WARNING_DAYS="90", SFJWT_LOGIN_URL="no-such-host.invalid"
    )
    assert checks["certificate"] == "warn"
    assert "sfjwt init --rotate" in " ".join(printed.split())


def test_the_verdict_names_what_failed_and_what_to_start_with(doctor_command: Doctor) -> None:
    _, _, printed = doctor_command.examine(SFJWT_USERNAME="", SFJWT_LOGIN_URL="no-such-host.invalid")
    assert printed.splitlines()[-1] == "2 problems: settings, host name. Start with the first."


def test_the_verdict_counts_warnings(doctor_command: Doctor, salesforce: LocalSalesforce, server: Server) -> None:
    with server.serving(salesforce) as org:
        _, _, printed = doctor_command.examine(SFJWT_LOGIN_URL=org.url, SFJWT_CERTIFICATE_EXPIRY_WARNING_DAYS="90")
    assert printed.splitlines()[-1] == "No problems found. 1 warning: certificate."


def test_the_two_likeliest_causes_are_named(
    doctor_command: Doctor, salesforce: LocalSalesforce, server: Server
) -> None:
    production, *others = salesforce.orgs
    app = replace(production.apps[0], preauthorized=frozenset())
    with server.serving(LocalSalesforce((replace(production, apps=(app,)), *others))) as org:
        _, _, printed = doctor_command.examine(SFJWT_LOGIN_URL=org.url)
    assert [printed.count(heading) for heading in ("Likeliest cause: ", "Or: ")] == [1, 1]


def test_a_step_writes_an_annotation_and_a_summary(
    doctor_command: Doctor, salesforce: LocalSalesforce, server: Server, tmp_path: Path
) -> None:
    summary = tmp_path / "summary"
    on_github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    with server.serving(salesforce) as org:
        exit_code, _, printed = doctor_command.examine(
            SFJWT_LOGIN_URL=org.url, SFJWT_USERNAME="::notice::nobody@acme.example", **on_github
        )
        assert (exit_code, printed.count("::error title=")) == (3, 1)
        assert not re.search("^::notice", printed, re.MULTILINE)
        assert summary.read_text().count("| `fail: ") == 1
        summary.unlink()
        exit_code, _, printed = doctor_command.examine(SFJWT_LOGIN_URL=org.url, **on_github)
    assert (exit_code, printed.count("::error")) == (0, 0)
    assert summary.read_text().count("| `ok: ") == len(ALL_WELL)


def test_an_unknown_host(doctor_command: Doctor) -> None:
    exit_code, checks, printed = doctor_command.examine(SFJWT_LOGIN_URL="no-such-host.invalid")
    assert exit_code == 4
    assert (checks["host name"], checks["TLS"], checks["login"]) == ("fail", "skip", "skip"), printed


def test_a_certificate_that_is_not_trusted(doctor_command: Doctor, salesforce: LocalSalesforce, server: Server) -> None:
    with server.serving(salesforce) as org:
        exit_code, checks, printed = doctor_command.examine(SFJWT_LOGIN_URL=org.url, SFJWT_CA_CERTIFICATES="")
    assert (exit_code, checks["TLS"], checks["clock"]) == (4, "fail", "skip")
    assert "ca-certificates" in printed


def test_invalid_ca_certificates(doctor_command: Doctor) -> None:
    exit_code, checks, _ = doctor_command.examine(SFJWT_LOGIN_URL="https://localhost:1", SFJWT_CA_CERTIFICATES="none")
    assert (exit_code, checks["TLS"]) == (2, "fail")


def test_a_proxy_is_named_without_its_password(
    doctor_command: Doctor,
    salesforce: LocalSalesforce,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with server.serving(salesforce) as org, running_connect_proxy(org.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("://", "://ci:hunter2@"))
        exit_code, checks, printed = doctor_command.examine(SFJWT_LOGIN_URL="production")
    assert proxy.url in printed
    assert "hunter2" not in printed
    # This machine may be able to resolve login.salesforce.com or not.
    assert checks.pop("host name") in {"ok", "warn"}
    assert checks == {name: status for name, status in ALL_WELL.items() if name != "host name"} | {"My Domain": "skip"}
    assert exit_code == 0


def test_a_server_that_is_not_salesforce(doctor_command: Doctor, trusted: ssl.SSLContext) -> None:
    with faulty_server(trusted, answer(200, b"<html>", clock=-600)) as server:
        exit_code, checks, printed = doctor_command.examine(SFJWT_LOGIN_URL=server.url)
    assert exit_code == 5
    assert (checks["clock"], checks["My Domain"], checks["OpenID"]) == ("warn", "warn", "warn"), printed
    assert checks["login"] == "fail"


def test_an_app_without_the_api(doctor_command: Doctor, salesforce: LocalSalesforce, server: Server) -> None:
    production, *others = salesforce.orgs
    app = replace(production.apps[0], scopes=("refresh_token", "web"))
    with server.serving(LocalSalesforce((replace(production, apps=(app,)), *others))) as org:
        exit_code, checks, printed = doctor_command.examine(SFJWT_LOGIN_URL=org.url)
    assert (exit_code, checks["login"], checks["REST API"], checks["scopes"]) == (3, "ok", "fail", "warn")
    assert "not valid for use with the REST API" in " ".join(printed.split())
    assert "Manage user data via APIs" in " ".join(printed.split())


def test_an_org_without_the_api(doctor_command: Doctor, salesforce: LocalSalesforce, server: Server) -> None:
    production, *others = salesforce.orgs
    with server.serving(LocalSalesforce((replace(production, has_api=False), *others))) as org:
        exit_code, checks, printed = doctor_command.examine(SFJWT_LOGIN_URL=org.url)
    assert (exit_code, checks["REST API"]) == (3, "fail")
    assert "API_DISABLED_FOR_ORG" in printed


def test_the_steps_of_a_remedy_are_lines() -> None:
    check = doctor.Check("clock", doctor.Status.WARN, "It is off.", "Set it.\n1. Now.")
    assert doctor.text(check).splitlines() == [
        "warn  clock            It is off.",
        "                       Set it.",
        "                       1. Now.",
    ]


def test_a_bug_shows_no_secret(doctor_command: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> float:
        raise RuntimeError(PASSPHRASE)

    with monkeypatch.context() as patched:
        # Not patched in the module itself, because threads of other tests' servers read it.
        patched.setattr("sfjwt_action.transport.time", SimpleNamespace(monotonic=broken))
        exit_code, _, _ = doctor_command.examine(SFJWT_LOGIN_URL="https://localhost:1")
    assert exit_code == 1
