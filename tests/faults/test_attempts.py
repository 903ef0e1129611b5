"""Which attempts a login makes, in which order, and how long it waits between them."""

import base64
import datetime as dt
import re
import ssl
import time
from email.utils import formatdate

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from faults.faulty_server import (
    GRANTED,
    TOKEN,
    Reply,
    Request,
    answer,
    faulty_server,
    granted,
    hang_up,
    refused,
    strict_about_time,
)
from faults.harness import Step, assert_no_secrets
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from key_material import KeyMaterial

from sfjwt_action.ci.console import Console
from sfjwt_action.ci.detection import stderr_reporter
from sfjwt_action.inputs.problems import Problems
from sfjwt_action.inputs.settings import read_settings
from sfjwt_action.login import LoginRefused, log_in, plan_login


def test_waits_grow_and_are_logged(step: Step, trusted: ssl.SSLContext) -> None:
    with faulty_server(trusted, hang_up) as server:
        outcome = step.login(server.url, retries="5")
    assert [int(wait * 2) / 2 >= least for wait, least in zip(outcome.waits, (1, 2, 4, 8, 16), strict=True)] == [
        True
    ] * 5
    assert all(wait <= least + 0.5 for wait, least in zip(outcome.waits, (1, 2, 4, 8, 16), strict=True))
    logged = re.findall(r"Trying again in ([\d.]+) s \(attempt (\d) of 6\)", outcome.log)
    assert logged == [(f"{wait:.1f}", str(number)) for number, wait in enumerate(outcome.waits, start=2)]


NOT_APPROVED = refused("invalid_grant", "user hasn't approved this consumer")


@pytest.mark.parametrize(
    "first",
    [
        NOT_APPROVED,
        refused("invalid_client_id", "client identifier invalid"),
        refused("app_not_found", "External client app is not installed in this org"),
    ],
)
def test_an_error_that_propagation_explains_is_retried(step: Step, trusted: ssl.SSLContext, first: Reply) -> None:
    with faulty_server(trusted, *[first] * 4, granted()) as server:
        outcome = step.login(server.url, propagation_timeout="1")
    assert (outcome.exit_code, outcome.waits) == (0, [5, 5, 10, 20]), outcome.log
    assert re.findall(r"Trying again in (\d+) s\.", outcome.log) == ["5", "5", "10", "20"]


def test_propagation_is_awaited_until_the_timeout(step: Step, trusted: ssl.SSLContext) -> None:
    with faulty_server(trusted, *[NOT_APPROVED] * 9) as server:
        outcome = step.login(server.url, propagation_timeout="3")
    assert (outcome.exit_code, outcome.waits) == (3, [5, 5, 10, 20, 40, 60, 40])
    assert "| Waited for propagation | `180 s` |" in outcome.files["GITHUB_STEP_SUMMARY"]


@pytest.mark.parametrize(
    ("refusal", "minutes"), [(NOT_APPROVED, "0"), (refused("invalid_grant", "inactive user"), "30")]
)
def test_other_errors_do_not_wait_for_propagation(
    step: Step, trusted: ssl.SSLContext, refusal: Reply, minutes: str
) -> None:
    with faulty_server(trusted, refusal) as server:
        outcome = step.login(server.url, propagation_timeout=minutes)
    assert (outcome.exit_code, outcome.waits) == (3, [])


@pytest.mark.parametrize(
    ("retry_after", "least", "most"),
    [
        ("7", 7, 7),
        ("0", 0, 0),
        ("3600", 60, 60),
        # With a name, because xdist's workers must collect the same IDs, but have different times.
        pytest.param(formatdate(time.time() + 1800, usegmt=True), 60, 60, id="in half an hour"),
        pytest.param(formatdate(time.time() - 1800, usegmt=True), 0, 0, id="half an hour ago"),
        ("soon", 1, 1.5),
        ("9" * 5000, 1, 1.5),
        (f"Wed, 21 Oct {'9' * 400} 07:28:00 GMT", 1, 1.5),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after(
    status: int, retry_after: str, least: float, most: float, step: Step, trusted: ssl.SSLContext
) -> None:
    with faulty_server(trusted, answer(status, Retry_After=retry_after), granted()) as server:
        outcome = step.login(server.url)
    assert outcome.exit_code == 0, outcome.log
    (wait,) = outcome.waits
    assert least <= wait <= most


@pytest.mark.parametrize(
    "date", [f"Wed, 21 Oct {'9' * 400} 07:28:00 GMT", f"Wed, 21 Oct 2015 07:28:00 {'9' * 40}", "x"]
)
def test_an_invalid_date_is_ignored(date: str, step: Step, trusted: ssl.SSLContext) -> None:
    with faulty_server(trusted, answer(200, GRANTED, Date=date)) as server:
        outcome = step.login(server.url)
    assert outcome.exit_code == 0, outcome.log


def test_the_request(step: Step, trusted: ssl.SSLContext, material: KeyMaterial) -> None:
    with faulty_server(trusted, granted()) as server:
        step.login(server.url, environ={"HOME": str(step.directory)})
    (request,) = server.requests
    assert request.form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert set(request.form) == {"grant_type", "assertion"}
    assert request.headers["user-agent"].startswith("sfjwt-action/")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert is_signed_by(request, material, "pkcs8.pem")
    assert request.claims["aud"] == server.url
    assert 170 <= request.claims["exp"] - time.time() <= 181


def test_credentials_in_netrc_are_not_sent(step: Step, trusted: ssl.SSLContext) -> None:
    (step.directory / ".netrc").write_text("machine localhost login ci password hunter2\n")
    with faulty_server(trusted, granted()) as server:
        step.login(server.url, environ={"HOME": str(step.directory), "NETRC": str(step.directory / ".netrc")})
    assert "authorization" not in server.requests[0].headers


def test_another_host_gets_no_assertion_for_salesforce(step: Step, trusted: ssl.SSLContext) -> None:
    with faulty_server(trusted, refused("invalid_grant", "audience is invalid")) as server:
        outcome = step.login(server.url)
    assert outcome.exit_code == 3
    assert [request.claims["aud"] for request in server.requests] == [server.url]


@pytest.mark.parametrize(("words", "requests"), [("inactive user", 1), ("audience is invalid", 2)])
def test_another_audience_is_tried_only_if_it_can_help(
    words: str, requests: int, trusted: ssl.SSLContext, step: Step, material: KeyMaterial
) -> None:
    environ = {
        "SFJWT_CONSUMER_KEY": "3MVG9",
        "SFJWT_USERNAME": "ci@acme.example",
        "SFJWT_PRIVATE_KEY": material.text("pkcs8.pem"),
    }
    problems = Problems()
    with faulty_server(trusted, refused("invalid_grant", words)) as server:
        environ |= {"SFJWT_LOGIN_URL": server.url, "SFJWT_CA_CERTIFICATES": step.ca_certificates}
        plan = plan_login(read_settings({}, environ, problems), problems, environ=environ, log=stderr_reporter({}))
        with pytest.raises(LoginRefused):
            log_in(plan._replace(audiences=("https://a.example", "https://b.example")), Console({}))
    assert len(server.requests) == requests


def test_long_errors_are_truncated(step: Step, trusted: ssl.SSLContext) -> None:
    with faulty_server(trusted, refused("invalid_grant", "x" * 5000)) as server:
        outcome = step.login(server.url)
    assert "x" * 300 in outcome.log
    assert "x" * 301 not in outcome.log


def test_a_token_in_an_error_is_not_shown(step: Step, trusted: ssl.SSLContext) -> None:
    with faulty_server(trusted, refused("invalid_grant", f"seen before: {TOKEN}")) as server:
        outcome = step.login(server.url)
    assert TOKEN not in outcome.log
    assert "seen before: […]" in outcome.error


def is_signed_by(request: Request, material: KeyMaterial, name: str) -> bool:
    key = serialization.load_pem_private_key(material.data(name), None).public_key()
    public = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    try:
        jws.deserialize_compact(request.assertion, RSAKey.import_key(public))
    except JoseError:
        return False
    return True


def test_keys_are_tried_in_order_while_the_signature_is_rejected(
    step: Step, trusted: ssl.SSLContext, material: KeyMaterial
) -> None:
    def only_the_other_key(request: Request) -> None:
        takes = is_signed_by(request, material, "other.pem")
        (granted() if takes else refused("invalid_grant", "invalid assertion"))(request)

    keys = material.text("pkcs8.pem") + material.text("other.pem")
    with faulty_server(trusted, only_the_other_key) as server:
        outcome = step.login(server.url, private_key=keys)
    assert outcome.exit_code == 0, outcome.log
    assert len(server.requests) == 2
    assert (
        f"Rejected: invalid_grant: invalid assertion (audience {server.url}, key fingerprint {material.fingerprint})"
        in (outcome.log)
    )
    assert material.other_fingerprint in outcome.files["GITHUB_STEP_SUMMARY"]
    assert_no_secrets(outcome, material, server)


def test_another_error_stops_the_trial_of_keys(step: Step, trusted: ssl.SSLContext, material: KeyMaterial) -> None:
    keys = material.text("pkcs8.pem") + material.text("other.pem")
    with faulty_server(trusted, refused("invalid_grant", "inactive user")) as server:
        outcome = step.login(server.url, private_key=keys)
    assert outcome.exit_code == 3
    assert len(server.requests) == 1


def test_the_error_for_the_accepted_key_leads(step: Step, trusted: ssl.SSLContext, material: KeyMaterial) -> None:
    replies = (
        refused("invalid_grant", "invalid assertion"),
        refused("invalid_grant", "user hasn't approved this consumer"),
    )
    keys = material.text("pkcs8.pem") + material.text("other.pem")
    with faulty_server(trusted, *replies) as server:
        outcome = step.login(server.url, private_key=keys)
    assert outcome.exit_code == 3
    assert outcome.error.startswith("Salesforce says “invalid_grant: user hasn't approved this consumer”.")


def test_every_key_is_rejected(step: Step, trusted: ssl.SSLContext, material: KeyMaterial) -> None:
    keys = material.text("pkcs8.pem") + material.text("other.pem")
    with faulty_server(trusted, refused("invalid_grant", "invalid assertion")) as server:
        outcome = step.login(server.url, private_key=keys)
    assert outcome.exit_code == 3
    assert len(server.requests) == 2
    assert outcome.files["GITHUB_STEP_SUMMARY"].count("invalid_grant: invalid assertion (HTTP 400)") == 2


def test_a_wrong_clock_causes_a_warning(step: Step, trusted: ssl.SSLContext) -> None:
    with faulty_server(trusted, strict_about_time(600)) as server:
        outcome = step.login(server.url)
    assert re.search(
        r"::warning title=.*clock::This machine's clock is (599|600|601) s behind Salesforce's", outcome.log
    )


@pytest.mark.parametrize(("days_left", "warned"), [(200, False), (10, True), (-1, True)])
def test_an_expiring_certificate_causes_a_warning(
    days_left: int, *, warned: bool, step: Step, trusted: ssl.SSLContext, material: KeyMaterial
) -> None:
    with faulty_server(trusted, granted()) as server:
        outcome = step.login(server.url, certificate=certificate(material, days_left))
    assert outcome.exit_code == 0
    assert ("::warning title=Salesforce login%3A certificate::" in outcome.log) == warned


def certificate(material: KeyMaterial, days_left: int) -> str:
    """A certificate of the default key, in base64."""
    key = serialization.load_pem_private_key(material.data("pkcs8.pem"), None)
    name = x509.Name([])
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())  # type: ignore[arg-type]
        .not_valid_before(now - dt.timedelta(days=100))
        .not_valid_after(now + dt.timedelta(days=days_left))
        .sign(key, hashes.SHA256())  # type: ignore[arg-type]
    )
    return base64.b64encode(built.public_bytes(serialization.Encoding.PEM)).decode()
