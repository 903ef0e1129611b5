import time

import pytest
from key_material import KeyMaterial

from sfjwt_action.ci.console import Console
from sfjwt_action.ci.detection import stderr_reporter
from sfjwt_action.inputs.problems import InvalidInput, Problems
from sfjwt_action.inputs.settings import read_settings
from sfjwt_action.login import Plan, log_in, plan_login
from sfjwt_action.transport import Unreachable

HOUR = 3600


def plan(material: KeyMaterial, **inputs: str) -> Plan:
    environ = {
        "SFJWT_CONSUMER_KEY": "3MVG9.key",
        "SFJWT_USERNAME": "ci@acme.example",
        "SFJWT_PRIVATE_KEY": material.text("pkcs8.pem"),
        **{f"SFJWT_{name.upper()}": value for name, value in inputs.items()},
    }
    problems = Problems()
    return plan_login(read_settings({}, environ, problems), problems, environ=environ, log=stderr_reporter({}))


@pytest.mark.parametrize("skew", [25 * HOUR, 26 * HOUR, 10**9, 10**12])
def test_no_clock_makes_an_assertion_valid_for_more_than_25_hours(skew: float, material: KeyMaterial) -> None:
    claims = plan(material).claims("https://login.salesforce.com", clock_skew=skew)
    assert claims.exp <= time.time() + 25 * HOUR


@pytest.mark.parametrize("skew", [-24 * HOUR, -HOUR, 0, HOUR, 14 * HOUR, 24 * HOUR])
def test_a_wrong_time_zone_or_date_is_corrected(skew: float, material: KeyMaterial) -> None:
    claims = plan(material).claims("https://login.salesforce.com", clock_skew=skew)
    assert abs(claims.exp - (time.time() + skew + 180)) <= 2


def test_an_audience_for_salesforce_at_another_host_is_bad_input(material: KeyMaterial) -> None:
    with pytest.raises(InvalidInput) as raised:
        plan(material, audience="https://login.salesforce.com", login_url="https://id.acme.example")
    assert [problem.input for problem in raised.value.problems] == ["audience"]


@pytest.mark.parametrize(("host", "meant"), [("acme.mysalesforce.com", "acme.my.salesforce.com"), ("localhost:1", "")])
def test_a_misspelled_host_is_named_before_the_login_fails(
    host: str, meant: str, material: KeyMaterial, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")  # nothing is sent to whoever owns the host
    with pytest.raises(Unreachable):
        log_in(plan(material, login_url=host, retries="0"), Console({}))
    log = capsys.readouterr().err
    assert ("Warning" in log) == bool(meant)
    assert meant in log
