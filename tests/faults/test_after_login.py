"""What happens between a login and its export, and at its end: verify, allowed-org-ids, revocation."""

import io
import ssl
from dataclasses import replace

import pytest
import trustme
from faults.faulty_server import GRANTED, TOKEN, Reply, Request, answer, faulty_server, granted, hang_up, refused
from faults.harness import NOTHING, Outcome, Step, assert_no_secrets
from key_material import KeyMaterial
from local_org.served import Server
from support import records

from sfjwt_action.cli import run
from sfjwt_action.local_org.acme import CONSUMER_KEY, USERNAME
from sfjwt_action.local_org.model import LocalSalesforce

ORG_ID = "00D5g00000FaXv7EAF"


@pytest.fixture
def acme_login(step: Step) -> "AcmeLogin":
    return AcmeLogin(step)


class AcmeLogin:
    def __init__(self, step: Step) -> None:
        self.step = step

    def __call__(self, org: Server, **inputs: str) -> Outcome:
        return self.step.login(org.url, environ=NOTHING, consumer_key=CONSUMER_KEY, username=USERNAME, **inputs)


def test_verify_adds_the_api_version(
    acme_login: AcmeLogin,
    salesforce: LocalSalesforce,
    server: Server,
) -> None:
    with server.serving(salesforce) as org:
        outcome = acme_login(org, verify="true")
    assert outcome.exit_code == 0, outcome.log
    assert records(outcome.files["GITHUB_OUTPUT"])["api-version"] == "68.0"


@pytest.mark.parametrize(
    ("scopes", "has_api", "says", "first"),
    [
        (("refresh_token", "web"), True, "INVALID_SESSION_ID", "doesn't have the scope api"),
        (("refresh_token", "api"), False, "API_DISABLED_FOR_ORG", "lacks the permission API Enabled"),
    ],
)
def test_an_unusable_session_is_rejected(
    scopes: tuple[str, ...],
    *,
    has_api: bool,
    says: str,
    first: str,
    acme_login: AcmeLogin,
    salesforce: LocalSalesforce,
    server: Server,
) -> None:
    production, *others = salesforce.orgs
    app = replace(production.apps[0], scopes=scopes)
    changed = LocalSalesforce((replace(production, apps=(app,), has_api=has_api), *others))
    with server.serving(changed) as org:
        outcome = acme_login(org, verify="true")
    assert outcome.exit_code == 3
    assert says in outcome.error
    assert first in outcome.error
    assert not outcome.published


@pytest.mark.parametrize("allowed", [ORG_ID, ORG_ID[:15], f"00D9O00000Bt3Lm, {ORG_ID}"])
def test_an_allowed_org(
    allowed: str,
    acme_login: AcmeLogin,
    salesforce: LocalSalesforce,
    server: Server,
) -> None:
    with server.serving(salesforce) as org:
        assert acme_login(org, allowed_org_ids=allowed).exit_code == 0
    assert len(salesforce.sessions) == 1


@pytest.mark.parametrize("allowed", ["00D9O00000Bt3Lm", ORG_ID[:15].swapcase().replace("00d", "00D")])
def test_another_org_is_rejected_and_its_token_revoked(
    allowed: str,
    acme_login: AcmeLogin,
    salesforce: LocalSalesforce,
    server: Server,
    material: KeyMaterial,
) -> None:
    with server.serving(salesforce) as org:
        outcome = acme_login(org, allowed_org_ids=allowed)
    assert outcome.exit_code == 5
    assert f"{ORG_ID}" in outcome.error
    assert "allowed-org-ids" in outcome.error
    assert not outcome.published
    assert salesforce.sessions == {}
    assert_no_secrets(outcome, material)


def test_a_warning_if_another_orgs_token_cannot_be_revoked(step: Step, trusted: ssl.SSLContext) -> None:
    with faulty_server(trusted, granted(), answer(400, {"error": "no"})) as server:
        login = granted(instance_url=server.url)
        server.replies[0] = login
        outcome = step.login(server.url, allowed_org_ids="00D9O00000Bt3Lm")
    assert outcome.exit_code == 5
    assert "::warning title=Salesforce login%3A token not revoked::" in outcome.log
    assert server.requests[1].form == {"token": TOKEN}


@pytest.mark.parametrize(
    ("identity", "exit_code", "says"),
    [
        (answer(200, {"username": "CI@acme.example"}), 0, ""),
        (answer(200, {"username": "boss@acme.example"}), 5, "belongs to boss@acme.example"),
        (answer(200, ["x"]), 5, "belongs to None"),
        (answer(403, b"Bad_OAuth_Token"), 3, "Bad_OAuth_Token"),
    ],
)
def test_verify_checks_the_tokens_user(
    identity: Reply, exit_code: int, says: str, step: Step, trusted: ssl.SSLContext
) -> None:
    versions = answer(200, [{"version": "9.0", "url": "/x"}, {"version": "66.0", "url": "/y"}])
    with faulty_server(trusted, granted(), identity, versions, answer(200, {})) as server:
        server.replies[0] = granted(instance_url=server.url, id=f"{server.url}/id/{GRANTED['id'][-37:]}")
        outcome = step.login(server.url, verify="true")
    assert outcome.exit_code == exit_code, outcome.log
    if exit_code == 0:
        assert records(outcome.files["GITHUB_OUTPUT"])["api-version"] == "66.0"
    else:
        assert says in outcome.error


def test_a_token_in_jwt_format_causes_a_warning(step: Step, trusted: ssl.SSLContext) -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3OTU1MjE2MDB9.c2ln"  # pragma: allowlist secret
    with faulty_server(trusted, granted(access_token=token)) as server:
        outcome = step.login(server.url)
    assert outcome.exit_code == 0, outcome.log
    (warning,) = (line for line in outcome.log.splitlines() if line.startswith("::warning"))
    assert "2026-11-24 12:00 UTC" in warning
    assert "68.0" in warning
    assert records(outcome.files["GITHUB_OUTPUT"])["expires-at"] == "2026-11-24T12:00:00Z"


@pytest.mark.parametrize(
    ("answered", "exit_code", "first"),
    [
        ([{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}], 3, "24 hours"),
        ([{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}], 3, "revoked the same session"),
        ([{"errorCode": "API_DISABLED_FOR_ORG", "message": "API is not enabled"}], 3, "API is not enabled"),
        (b"Bad_OAuth_Token", 3, "revoked the same session"),
        (b"<html>Blocked by policy</html>", 5, "web page"),
    ],
)
def test_errors_of_the_org_after_the_login(
    answered: object, exit_code: int, first: str, step: Step, trusted: ssl.SSLContext
) -> None:
    with faulty_server(trusted, granted(), answer(200, [{"version": "66.0"}]), answer(403, answered)) as server:
        server.replies[0] = granted(instance_url=server.url, id=None)
        outcome = step.login(server.url, verify="true")
    assert outcome.exit_code == exit_code, outcome.log
    assert first in outcome.error
    assert ("Salesforce says" in outcome.error) == (exit_code == 3)


@pytest.mark.parametrize(("failures", "exit_code"), [(1, 0), (9, 4)])
def test_verify_retries(failures: int, exit_code: int, step: Step, trusted: ssl.SSLContext) -> None:
    well = [answer(200, [{"version": "66.0"}]), answer(200, {})]
    with faulty_server(trusted, granted(), *[answer(503, b"")] * failures, *well) as server:
        server.replies[0] = granted(instance_url=server.url, id=None)
        outcome = step.login(server.url, verify="true")
    assert outcome.exit_code == exit_code, outcome.log
    assert outcome.published == (exit_code == 0)


@pytest.mark.parametrize(
    ("token", "repeated"),
    [
        *((TOKEN, TOKEN.replace("!", mark)) for mark in ("!", "%21", "%2521", "%252521")),
        ("a-token.of-no-known.form", "a-token.of-no-known.form"),
    ],
)
def test_a_token_that_a_gateway_repeats_is_not_shown(
    token: str, repeated: str, step: Step, trusted: ssl.SSLContext, material: KeyMaterial
) -> None:
    echo = answer(403, [{"errorCode": "FORBIDDEN", "message": f"cannot use Bearer {repeated} here"}])
    with faulty_server(trusted, granted(), answer(200, [{"version": "66.0"}]), echo) as server:
        server.replies[0] = granted(access_token=token, instance_url=server.url, id=None)
        outcome = step.login(server.url, verify="true")
    assert outcome.exit_code == 3
    assert "FORBIDDEN: [" in outcome.error
    # The token is masked before it is sent anywhere.
    assert outcome.log.index("::add-mask::") < outcome.log.index("FORBIDDEN")
    assert_no_secrets(outcome, material, server)


@pytest.mark.parametrize("origin", ["https://evil.example", "https://["])
def test_verify_sends_no_token_to_another_hosts_identity_url(origin: str, step: Step, trusted: ssl.SSLContext) -> None:
    with faulty_server(trusted, granted(), answer(200, [{"version": "66.0"}]), answer(200, {})) as server:
        server.replies[0] = granted(instance_url=server.url, id=f"{origin}/id/{GRANTED['id'][-37:]}")
        outcome = step.login(server.url, verify="true")
    assert outcome.exit_code == 0, outcome.log


@pytest.mark.parametrize("versions", [{"version": "66.0"}, [], [{"version": "nan"}], [{"version": " 66.0\n"}]])
def test_verify_rejects_invalid_versions(versions: object, step: Step, trusted: ssl.SSLContext) -> None:
    with faulty_server(trusted, granted(), answer(200, versions)) as server:
        server.replies[0] = granted(instance_url=server.url, id=None)
        outcome = step.login(server.url, verify="true")
    assert outcome.exit_code == 5
    assert "list API versions" in outcome.error


class TestPostStep:
    """The post step, as GitHub's runner runs it: with the main step's state, and without inputs."""

    @staticmethod
    def post(outcome: Outcome, capfd: pytest.CaptureFixture[str]) -> str:
        state = {f"STATE_{name}": value for name, value in records(outcome.files["GITHUB_STATE"]).items()}
        assert run(["revoke", "--from-state"], {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": "/x", **state}) == 0
        return capfd.readouterr().out

    def test_revokes_the_token(
        self,
        acme_login: AcmeLogin,
        salesforce: LocalSalesforce,
        server: Server,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        with server.serving(salesforce) as org:
            outcome = acme_login(org, revoke_token="true")
            assert len(salesforce.sessions) == 1
            assert "The access token was revoked.\n" in self.post(outcome, capfd)
            assert salesforce.sessions == {}
            assert "already revoked" in self.post(outcome, capfd)

    def test_without_the_input_the_token_stays_valid(
        self,
        acme_login: AcmeLogin,
        salesforce: LocalSalesforce,
        server: Server,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        with server.serving(salesforce) as org:
            outcome = acme_login(org)
            assert "Nothing to revoke" in self.post(outcome, capfd)
        assert len(salesforce.sessions) == 1

    @pytest.mark.parametrize(
        ("replies", "requests", "says"),
        [
            ([hang_up, answer(503, b""), answer(200, b"")], 3, "The access token was revoked."),
            ([hang_up], 4, "wasn't revoked: localhost"),
            ([refused("invalid_request", "no")], 1, "invalid_request: no"),
            ([answer(403, b"<html>")], 1, "HTTP 403"),
        ],
    )
    def test_retries_and_never_fails_the_job(
        self, replies: list[Reply], requests: int, says: str, step: Step, trusted: ssl.SSLContext
    ) -> None:
        asked: list[Request] = []
        with faulty_server(trusted, granted()) as server:
            server.replies[0] = granted(instance_url=server.url)
            outcome = step.login(server.url, revoke_token="true")
            asked, server.requests = server.requests, asked
            server.replies = list(replies)
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr("time.sleep", lambda _: None)
                log = self.post(outcome, step.capfd)
        assert says in log
        assert len(server.requests) == requests
        assert TOKEN not in log


class TestByHand:
    """`sfjwt revoke`, on any machine."""

    @pytest.mark.parametrize("source", ["variable", "standard input"])
    def test_revokes_the_token(
        self,
        source: str,
        salesforce: LocalSalesforce,
        acme_login: AcmeLogin,
        ca: trustme.CA,
        server: Server,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        with server.serving(salesforce) as org:
            token = records(acme_login(org).files["GITHUB_OUTPUT"])["access-token"]
            environ = {"SF_INSTANCE_URL": org.url, "SFJWT_LOGIN_URL": org.url}
            environ |= {"SFJWT_CA_CERTIFICATES": ca.cert_pem.bytes().decode()}
            monkeypatch.setattr("sys.stdin", io.StringIO(f"{token}\n"))
            environ |= {"SF_ACCESS_TOKEN": token} if source == "variable" else {}
            assert run(["revoke"], environ) == 0
        assert salesforce.sessions == {}

    @pytest.mark.parametrize("host", ["localhost", "acme.my.salesforce.com.evil.example", "evil-salesforce.com"])
    def test_sends_no_token_to_another_host(
        self, host: str, trusted: ssl.SSLContext, capfd: pytest.CaptureFixture[str]
    ) -> None:
        with faulty_server(trusted, answer(200, b"")) as server:
            url = f"https://{host}:{server.port}"
            assert run(["revoke"], {"SF_ACCESS_TOKEN": TOKEN, "SF_INSTANCE_URL": url}) == 2
        said = " ".join(capfd.readouterr().err.split())
        assert f"instance-url: {host} isn't a Salesforce host" in said
        assert "SFJWT_LOGIN_URL" in said
        assert server.requests == []
        assert TOKEN not in said

    def test_reports_what_is_missing(self, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(""))
        assert run(["revoke"], {}) == 2
        said = capfd.readouterr().err
        assert "SF_ACCESS_TOKEN: " in said
        assert "instance-url: " in said

    def test_reports_the_error(
        self, trusted: ssl.SSLContext, ca: trustme.CA, capfd: pytest.CaptureFixture[str]
    ) -> None:
        environ = {"SF_ACCESS_TOKEN": TOKEN, "SFJWT_CA_CERTIFICATES": ca.cert_pem.bytes().decode()}
        with faulty_server(trusted, refused("invalid_request", "no")) as server:
            environ |= {"SFJWT_LOGIN_URL": server.url}
            assert run(["revoke", "--instance-url", server.url], environ) == 3
        said = capfd.readouterr().err
        assert "invalid_request: no" in said
        assert TOKEN not in said
