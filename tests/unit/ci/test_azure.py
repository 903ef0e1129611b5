"""Azure's output, read with the agent's own rules."""

import ssl
import subprocess
import sys
from pathlib import Path

import pytest
import trustme
from faults.faulty_server import faulty_server, refused
from faults.harness import ENTRYPOINT
from key_material import KeyMaterial
from unit.ci.azure_agent import AzureAgent, parse
from unit.ci.logins import HOSTILE, TOKEN, URL, login, publishable, settings

from sfjwt_action.ci.systems.azure import Azure
from sfjwt_action.inputs.problems import InvalidInput
from sfjwt_action.report.story import Advice, Story

LINES = publishable("two lines", "carriage return", "empty")


def told(capfd: pytest.CaptureFixture[str]) -> AzureAgent:
    return AzureAgent().read(capfd.readouterr().out)


@pytest.mark.parametrize("name", LINES)
def test_later_steps_read_any_line_and_the_log_never_shows_it(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    azure, session = Azure({}), login(HOSTILE[name])
    azure.mask(session, settings())
    azure.publish(session, settings())
    agent = told(capfd)
    assert agent.variables["SF_ACCESS_TOKEN"] == agent.variables["salesforce.SF_ACCESS_TOKEN"] == HOSTILE[name]
    assert HOSTILE[name] not in "\n".join(agent.log)


def test_later_steps_and_later_jobs_get_separate_variables(capfd: pytest.CaptureFixture[str]) -> None:
    hint = Azure({}).publish(login(), settings(export_env="true"))
    agent = told(capfd)
    names = {"SF_ACCESS_TOKEN", "SF_INSTANCE_URL", "SF_ORG_INSTANCE_URL"}
    assert agent.variables.keys() == names | {f"salesforce.{name}" for name in names}
    assert agent.secret == agent.variables.keys()
    assert "`SF_ACCESS_TOKEN: $(SF_ACCESS_TOKEN)`" in hint


def test_an_unmasked_instance_url_is_an_ordinary_variable(capfd: pytest.CaptureFixture[str]) -> None:
    azure = Azure({})
    azure.mask(login(), settings(mask_instance_url="false"))
    azure.publish(login(), settings(mask_instance_url="false"))
    agent = told(capfd)
    assert agent.secret == {"SF_ACCESS_TOKEN", "salesforce.SF_ACCESS_TOKEN"}
    assert URL in "\n".join(agent.log)


def test_masks_come_first_one_per_line(capfd: pytest.CaptureFixture[str]) -> None:
    Azure({}).mask(login(), settings())
    assert capfd.readouterr().out.splitlines() == [
        "##vso[task.setsecret]" + TOKEN,
        "##vso[task.setsecret]" + TOKEN.partition("!")[2],
        "##vso[task.setsecret]https://acme.my.salesforce.com",
        "##vso[task.setsecret]acme.my.salesforce.com",
    ]


@pytest.mark.parametrize("name", ["two lines", "carriage return"])
def test_a_secret_with_two_lines_is_rejected_before_any_of_it_is_printed(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InvalidInput, match=r"^SF_ACCESS_TOKEN: "):
        Azure({}).mask(login(HOSTILE[name]), settings())
    assert capfd.readouterr().out == ""


COMMANDS = [
    "##vso[task.setvariable variable=PWNED]x",
    "###vso[task.setvariable variable=PWNED]x",
    "####vso[task.setvariable variable=PWNED]x",
    "said ##vso[task.setvariable variable=PWNED]x",
    "#\u00ad#vso[task.setvariable variable=PWNED]x",
    "##v\u200bso[task.setvariable variable=PWNED]x",
    "##\x00vso[task.setvariable variable=PWNED]x",
    "a\r##vso[task.setvariable variable=PWNED]x",
    "a\n##vso[task.setvariable variable=PWNED]x",
    "]##vso[task.setvariable variable=PWNED]x",
    "%5D%0A##vso[task.setvariable variable=PWNED]x",
]


@pytest.mark.parametrize("text", COMMANDS)
def test_foreign_text_is_never_a_command(text: str, capfd: pytest.CaptureFixture[str]) -> None:
    azure = Azure({})
    azure.info(text)
    azure.debug(text)
    azure.warning(text, text)
    azure.fail(Story(text, text, (Advice(text, (text, text)),), facts=((text, text),), link=text))
    azure.succeed(Story(text, text))
    agent = told(capfd)
    assert agent.variables == {}
    assert [kind for kind, _ in agent.issues] == ["warning", "error"]


def test_an_issue_contains_the_whole_report(capfd: pytest.CaptureFixture[str]) -> None:
    Azure({}).fail(Story("Bad input; [100%]", "Why.", (Advice("What.", ("Fix.",)),), link="docs"))
    assert told(capfd).issues == [("error", "Bad input; [100%]: Why.\nWhat.\nFix.\nMore: docs")]


def test_logging_commands_are_distinguished_from_other_text() -> None:
    assert parse("x ##vso[task.setvariable variable=A;issecret=true;]v%3B]w") == (
        "task.setvariable",
        {"variable": "A", "issecret": "true"},
        "v;]w",
    )
    assert parse("# #vso[task.debug]x") is None
    assert parse("##vso[task]x") is None


@pytest.mark.parametrize("where", ["login-url", "username", "error", "error_description"])
def test_a_failed_login_runs_no_foreign_command(
    where: str, trusted: ssl.SSLContext, ca: trustme.CA, material: KeyMaterial, tmp_path: Path
) -> None:
    text = "###vso[task.setvariable;variable=PWNED]x"
    reply = refused(
        text if where == "error" else "invalid_grant", text if where == "error_description" else "no such user"
    )
    with faulty_server(trusted, reply) as server:
        inputs = {
            "SFJWT_CONSUMER_KEY": "3MVG9.consumer.key",
            "SFJWT_PRIVATE_KEY": material.text("pkcs8.pem"),
            "SFJWT_USERNAME": "###vso[task.complete]ci@acme.example" if where == "username" else "ci@acme.example",
            "SFJWT_LOGIN_URL": text if where == "login-url" else server.url,
            "SFJWT_CA_CERTIFICATES": ca.cert_pem.bytes().decode(),
        }
        ended = subprocess.run(
            [sys.executable, str(ENTRYPOINT)],
            env={"TF_BUILD": "True", "RUNNER_DEBUG": "1", **inputs},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == (2 if where == "login-url" else 3), ended.stdout
    assert ended.stderr == ""
    agent = AzureAgent().read(ended.stdout)
    assert agent.variables == {}
    assert [kind for kind, _ in agent.issues] == ["error"]
    assert "vso[" in "\n".join(agent.log), "it is told, only not as a command"
