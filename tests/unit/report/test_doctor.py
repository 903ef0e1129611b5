"""`sfjwt doctor` never stops halfway, reports something false, or repeats a secret."""

import json
import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
import trustme
from faults.faulty_server import TOKEN, FaultyServer, answer, faulty_server, granted, refused
from faults.harness import CONSUMER_KEY, NETWORK_VARIABLES, USERNAME, key_lines
from key_material import PASSPHRASE, KeyMaterial
from support import LocalOrg

from sfjwt_action.inputs.problems import InvalidInput
from sfjwt_action.login import LoginRefused
from sfjwt_action.report.doctor import Check, Status, as_json, first_failure, run_checks, text
from sfjwt_action.transport import NoSuchServer, Unreachable

NAMES = [
    "settings",
    "private key",
    "certificate",
    "login URL",
    "proxy",
    "host name",
    "TLS",
    "clock",
    "My Domain",
    "OpenID",
    "login",
    "userinfo",
    "REST API",
    "scopes",
    "org",
    "logout",
]
VERSIONS = answer(200, [{"version": "67.0"}, {"version": "68.0"}])
OPENID = answer(200, {"token_endpoint": "https://localhost/services/oauth2/token"})


@dataclass
class Report:
    """The checks by name, and all their output."""

    checks: dict[str, Check]
    error: type[Exception] | None
    shown: str

    def statuses(self, *names: str) -> list[Status]:
        return [self.checks[name].status for name in names]


@dataclass
class Doctor:
    """The user's settings, and the secrets in them."""

    environ: dict[str, str]
    secrets: list[str]

    def run_checks(self, **changes: str) -> Report:
        return self.examine_only(self.environ | changes)

    def examine_only(self, environ: Mapping[str, str]) -> Report:
        checks = list(run_checks({}, environ))
        assert [check.name for check in checks] == NAMES
        shown = "\n".join([text(check) for check in checks] + [as_json(checks)])
        assert [secret for secret in self.secrets if secret in shown] == []
        failed = first_failure(checks)
        return Report({check.name: check for check in checks}, failed.error if failed else None, shown)


@pytest.fixture
def doctor(material: KeyMaterial, ca: trustme.CA, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    for name in NETWORK_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    environ = {
        "SFJWT_CONSUMER_KEY": CONSUMER_KEY,
        "SFJWT_USERNAME": USERNAME,
        "SFJWT_PRIVATE_KEY": material.text("pkcs8-aes.pem"),
        "SFJWT_PRIVATE_KEY_PASSPHRASE": PASSPHRASE,
        "SFJWT_CERTIFICATE": material.text("server.crt"),
        "SFJWT_CERTIFICATE_EXPIRY_WARNING_DAYS": "7",
        "SFJWT_CA_CERTIFICATES": ca.cert_pem.bytes().decode(),
        # Nothing listens there. A test that needs a server sets its own URL.
        "SFJWT_LOGIN_URL": "https://localhost:1",
        "SFJWT_RETRIES": "0",
    }
    return Doctor(environ, [PASSPHRASE, TOKEN, *key_lines(material)])


@pytest.fixture
def server(trusted: ssl.SSLContext) -> Iterator[FaultyServer]:
    """A login host that answers all requests before the login. Each test sets the later replies."""
    with faulty_server(trusted, OPENID, VERSIONS) as running:
        yield running


def test_a_running_local_org_has_no_problems(doctor: Doctor, local_org: LocalOrg) -> None:
    report = doctor.examine_only(local_org.environ)
    assert report.error is None
    assert set(report.statuses(*NAMES)) <= {Status.OK, Status.SKIP}, report.shown
    assert report.statuses("login", "userinfo", "REST API", "scopes") == [Status.OK] * 4


def test_a_wrong_username_fails_the_login_only(doctor: Doctor, local_org: LocalOrg) -> None:
    report = doctor.examine_only(local_org.environ | {"SFJWT_USERNAME": "nobody@acme.example"})
    assert report.error is LoginRefused
    assert report.statuses("TLS", "My Domain", "OpenID", "login", "scopes") == ["ok", "ok", "ok", "fail", "skip"]
    assert "nobody@acme.example" in report.checks["login"].remedy


def test_every_missing_input_is_named_on_a_line_of_its_own(doctor: Doctor) -> None:
    settings = doctor.run_checks(SFJWT_USERNAME="", SFJWT_PRIVATE_KEY="", SFJWT_TIMEOUT="soon").checks["settings"]
    assert (settings.status, settings.error) == (Status.FAIL, InvalidInput)
    assert settings.finding == "Invalid or missing: username, timeout, private-key."
    *lines, hint = settings.remedy.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["username", "timeout", "private-key"]
    assert "`--env`" in hint


def test_a_certificate_without_a_readable_key_is_not_reported_as_matching(doctor: Doctor) -> None:
    report = doctor.run_checks(SFJWT_PRIVATE_KEY="nonsense")
    assert report.statuses("private key", "certificate") == [Status.FAIL, Status.OK]
    assert report.checks["certificate"].finding.startswith("No key to compare it with. ")


def test_a_refused_connection(doctor: Doctor) -> None:
    report = doctor.run_checks()
    assert report.error is NoSuchServer
    assert report.statuses("host name", "TLS", "clock", "login") == ["ok", "fail", "skip", "skip"]
    assert "refused the connection" in report.checks["TLS"].finding
    assert "login-url" in report.checks["TLS"].remedy


def test_an_unknown_host_has_a_remedy(doctor: Doctor) -> None:
    report = doctor.run_checks(SFJWT_LOGIN_URL="no-such-host.invalid")
    assert report.error is Unreachable
    assert report.statuses("private key", "certificate", "host name", "TLS") == ["ok", "ok", "fail", "skip"]
    assert "login-url" in report.checks["host name"].remedy


def test_bad_ca_certificates_are_named(doctor: Doctor) -> None:
    tls = doctor.run_checks(SFJWT_CA_CERTIFICATES="none").checks["TLS"]
    assert (tls.status, tls.error) == (Status.FAIL, InvalidInput)
    assert tls.finding == "Invalid or missing: ca-certificates."


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://ci:hunter2@127.0.0.1:1", "http://127.0.0.1:1."),
        ("ci:hunter2@127.0.0.1:1/", "http://127.0.0.1:1."),
        ("http://ci:hunt@er2@127.0.0.1:1", "http://127.0.0.1:1."),
        ("http://ci:hunter2/x@127.0.0.1:1", None),
        ("http://ci:hunter2?x@127.0.0.1:1", None),
        ("http://ci:hunter2#x@127.0.0.1:1", None),
        ("http://[::1", "http://[::1."),
        ("http://", None),
    ],
)
def test_a_proxy_never_shows_its_password(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, url: str, shown: str | None
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", url)
    report = doctor.run_checks()
    proxy = report.checks["proxy"]
    assert proxy.status == ("ok" if shown else "fail")
    assert shown is None or proxy.finding == shown
    assert "hunt" not in report.shown
    assert "er2" not in report.shown


def test_a_misspelled_host_is_named(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")  # nothing is sent to whoever owns the host
    report = doctor.run_checks(SFJWT_LOGIN_URL="acme.mysalesforce.com")
    assert report.statuses("login URL") == ["warn"]
    assert "acme.my.salesforce.com" in report.shown


def test_a_host_that_only_the_proxy_can_resolve(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    report = doctor.run_checks(SFJWT_LOGIN_URL="no-such-host.invalid")
    assert report.statuses("proxy", "host name", "TLS") == ["ok", "warn", "fail"]


def test_a_wrong_clock(doctor: Doctor, server: FaultyServer) -> None:
    server.replies = [answer(200, {}, clock=-600)]
    clock = doctor.run_checks(SFJWT_LOGIN_URL=server.url).checks["clock"]
    assert clock.status is Status.WARN
    # The header has whole seconds.
    assert re.search(r"(599|60[0-9]) s ahead", clock.finding)


def test_a_server_without_a_date_is_skipped(doctor: Doctor, server: FaultyServer) -> None:
    server.replies = [answer(200, {}, Date="")]
    assert doctor.run_checks(SFJWT_LOGIN_URL=server.url).statuses("clock") == [Status.SKIP]


@pytest.mark.parametrize("body", [[1], [], {}, "text", None, [{"label": "Winter"}], b"<html>"])
def test_a_missing_list_of_versions_stops_no_other_check(doctor: Doctor, server: FaultyServer, body: object) -> None:
    server.replies = [OPENID, answer(200, body), refused("invalid_grant", "inactive user")]
    report = doctor.run_checks(SFJWT_LOGIN_URL=server.url)
    assert report.statuses("My Domain", "OpenID", "login") == [Status.WARN, Status.OK, Status.FAIL]


def test_a_token_that_a_server_repeats_is_removed(doctor: Doctor, server: FaultyServer) -> None:
    server.replies += [
        granted(instance_url=server.url, id=None),
        answer(200, {"preferred_username": TOKEN, "name": "CI"}),
        VERSIONS,
        answer(401, [{"errorCode": "INVALID_SESSION_ID", "message": f"Expired: {TOKEN}"}]),
    ]
    report = doctor.run_checks(SFJWT_LOGIN_URL=server.url)
    assert report.checks["userinfo"].finding.startswith("[")
    assert "INVALID_SESSION_ID: [" in report.checks["REST API"].finding
    assert report.error is LoginRefused


def test_server_text_cannot_control_a_terminal(doctor: Doctor, server: FaultyServer) -> None:
    server.replies = [
        answer(200, {"token_endpoint": "\033[2Jhttps://x\n"}),
        answer(200, [{"version": "\033[2J68.0\n"}]),
        granted(instance_url=server.url, id=None),
        answer(200, {"preferred_username": "\033[2Jci\n", "name": "\ud800"}),
        VERSIONS,
        answer(200, {}),
    ]
    report = doctor.run_checks(SFJWT_LOGIN_URL=server.url)
    assert report.statuses("My Domain", "OpenID", "login", "userinfo") == [Status.OK] * 4
    assert all(check.finding.isprintable() for check in report.checks.values())


@pytest.mark.parametrize(("status", "hint"), [(403, "openid"), (500, "Try again")])
def test_userinfo_does_not_fail_the_check(doctor: Doctor, server: FaultyServer, status: int, hint: str) -> None:
    server.replies += [granted(instance_url=server.url, id=None), answer(status), VERSIONS, answer(200, {})]
    report = doctor.run_checks(SFJWT_LOGIN_URL=server.url)
    assert (report.error, report.statuses("userinfo", "REST API")) == (None, [Status.WARN, Status.OK])
    assert hint in report.checks["userinfo"].remedy


def test_a_warning_does_not_fail_the_check() -> None:
    checks = [Check("clock", Status.WARN, "It is off.", "Set it.")]
    assert first_failure(checks) is None
    assert json.loads(as_json(checks))["passed"] is True
