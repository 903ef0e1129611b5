"""Requests to the Job API of Buildkite's agent."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from unit.ci.buildkite_agent import BuildkiteAgent, buildkite_agent
from unit.ci.logins import HOST, HOSTILE, TOKEN, URL, login, settings

from sfjwt_action.ci.systems.buildkite import Buildkite, make_reporter
from sfjwt_action.inputs.problems import InvalidInput

HALF = TOKEN.partition("!")[2]


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[BuildkiteAgent]:
    with buildkite_agent(tmp_path) as running:
        yield running


@pytest.mark.parametrize("name", HOSTILE)
def test_later_steps_read_any_text(name: str, agent: BuildkiteAgent) -> None:
    buildkite, session = Buildkite(agent.environ), login(HOSTILE[name])
    assert list(buildkite.preflight(settings())) == []
    buildkite.mask(session, settings())
    assert agent.redactions == [HOSTILE[name], URL, HOST]
    buildkite.publish(session, settings(export_env="true"))
    assert agent.env == {
        "SF_ACCESS_TOKEN": HOSTILE[name],
        "SF_INSTANCE_URL": URL,
        "SF_ORG_INSTANCE_URL": URL,
    }
    assert agent.asked == [*["POST /redactions"] * 3, "PATCH /env"]


def test_an_unmasked_instance_url_is_not_redacted(agent: BuildkiteAgent) -> None:
    Buildkite(agent.environ).mask(login(), settings(mask_instance_url="false"))
    assert agent.redactions == [TOKEN, HALF]


def test_only_the_start_of_an_answer_is_read(agent: BuildkiteAgent) -> None:
    agent.padding = 1000
    Buildkite(agent.environ).publish(login(), settings())
    assert agent.env["SF_ACCESS_TOKEN"] == TOKEN
    assert agent.sent < 100


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, "HTTP 401. Pass BUILDKITE_AGENT_JOB_API_TOKEN"),
        (404, "HTTP 404. Update the agent"),
        (422, "HTTP 422. Run the agent with `--debug`"),
        (500, "HTTP 500. Run the agent with `--debug`"),
        (302, "HTTP 302."),
        (0, "RemoteDisconnected"),
    ],
)
@pytest.mark.parametrize("asked", ["POST /redactions", "PATCH /env"])
def test_an_error_of_the_agent_fails_the_login(asked: str, status: int, says: str, agent: BuildkiteAgent) -> None:
    agent.statuses[asked] = status
    ask = Buildkite(agent.environ).mask if "redactions" in asked else Buildkite(agent.environ).publish
    with pytest.raises(InvalidInput) as raised:
        ask(login(), settings())
    assert says in str(raised.value)
    assert TOKEN not in str(raised.value)
    assert agent.env == {}


def test_another_jobs_token_is_rejected(agent: BuildkiteAgent) -> None:
    with pytest.raises(InvalidInput, match="POST redactions with HTTP 401"):
        Buildkite(agent.environ | {"BUILDKITE_AGENT_JOB_API_TOKEN": "other"}).mask(login(), settings())
    assert agent.redactions == []


def test_a_missing_agent_fails_the_login(agent: BuildkiteAgent) -> None:
    agent.socket.unlink()
    with pytest.raises(InvalidInput, match="FileNotFoundError"):
        Buildkite(agent.environ).mask(login(), settings())


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        (
            {"BUILDKITE": "true"},
            {
                "BUILDKITE_AGENT_JOB_API_SOCKET": "The agent didn't set this variable.",
                "BUILDKITE_AGENT_JOB_API_TOKEN": "The agent didn't set this variable.",
            },
        ),
        (
            {"BUILDKITE_AGENT_JOB_API_SOCKET": "/not/mounted", "BUILDKITE_AGENT_JOB_API_TOKEN": "x"},
            {"BUILDKITE_AGENT_JOB_API_SOCKET": "/not/mounted isn't a socket."},
        ),
    ],
)
def test_a_missing_channel_is_a_problem_and_a_warning_for_other_exports(
    environ: dict[str, str], found: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    preflight = list(Buildkite(environ).preflight(settings()))
    assert {problem.input: problem.found for problem in preflight} == found
    make_reporter(environ).mask(login(), settings())
    assert "mount the socket" in capfd.readouterr().err


def test_the_agent_redacts_other_exports_too(agent: BuildkiteAgent, capfd: pytest.CaptureFixture[str]) -> None:
    make_reporter(agent.environ).mask(login(), settings())
    assert agent.redactions == [TOKEN, HALF, URL, HOST]
    assert capfd.readouterr().err == ""
