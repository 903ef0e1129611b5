"""The whole command in each system's environment: what later steps get, and that nothing else gets it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from container.engine import assert_no_secret_in
from support import LocalOrg
from unit.ci.azure_agent import AzureAgent
from unit.ci.buildkite_agent import buildkite_agent
from unit.ci.readers import env_file, envparse, gitlab, godotenv_v3, harness
from unit.ci.readers import powershell as read_powershell
from unit.ci.test_codefresh import CF_EXPORT

ENTRYPOINT = Path(__file__).parents[3] / "entrypoint.py"
SECRETS = ("SF_ACCESS_TOKEN", "SF_INSTANCE_URL")


@dataclass
class Job:
    """A job of a CI system.

    Attributes:
        environ: What the system sets.
        arguments: What is given to the image.
        received: What later steps get of what the step printed and wrote.
        channel: The file that may hold the token.
        masks: What the lines start with that may hold it, too.
        warnings: How many warnings of masking there are.
    """

    environ: Mapping[str, str]
    received: Callable[[str, str], Mapping[str, str]]
    arguments: tuple[str, ...] = ()
    channel: str = ""
    masks: tuple[str, ...] = ()
    warnings: int = 0


@contextmanager
def azure(_directory: Path) -> Iterator[Job]:
    yield Job(
        {"TF_BUILD": "True"},
        lambda out, _: AzureAgent().read(out).variables,
        masks=("##vso[task.setsecret]", "##vso[task.setvariable "),
    )


@contextmanager
def buildkite(directory: Path) -> Iterator[Job]:
    with buildkite_agent(directory) as agent:
        yield Job(agent.environ, lambda *_: agent.env)
        assert agent.redactions[:1] == list(agent.env.values())[:1], "the token, or neither"


def _file(directory: Path, variable: str, parse: Callable[[str], Mapping[str, str]], **environ: str) -> Job:
    path = directory / "channel"
    environ = {variable: str(path), **environ}
    return Job(environ, lambda *_: parse(path.read_text()) if path.exists() else {}, channel="channel")


@contextmanager
def harness_ci(directory: Path) -> Iterator[Job]:
    yield _file(directory, "HARNESS_OUTPUT_SECRET_FILE", lambda text: harness(godotenv_v3(text)), DRONE="true")


@contextmanager
def vela(directory: Path) -> Iterator[Job]:
    yield _file(directory, "VELA_MASKED_OUTPUTS", envparse, VELA="true")


@contextmanager
def circleci(directory: Path) -> Iterator[Job]:
    job = _file(directory, "BASH_ENV", lambda _: _environment("bash", directory / "channel"), CIRCLECI="true")
    job.warnings = 1
    yield job


@contextmanager
def codefresh(directory: Path) -> Iterator[Job]:
    program = directory / "cf_export"
    program.write_text(CF_EXPORT.format(python=sys.executable, calls=str(directory / "channel")))
    program.chmod(0o755)

    def received(*_: str) -> dict[str, str]:
        if not (directory / "channel").exists():
            return {}
        arguments, environ = json.loads((directory / "channel").read_text())
        return {name: environ[name] for name in arguments if name != "--mask"}

    yield Job({"CF_BUILD_ID": "1", "CF_VOLUME_PATH": str(directory)}, received, channel="channel")


@contextmanager
def gitlab_ci(directory: Path) -> Iterator[Job]:
    path = directory / "salesforce.env"
    yield Job(
        {"GITLAB_CI": "true", "SFJWT_EXPORT_FILE": path.name},
        lambda *_: gitlab(path.read_bytes()) if path.exists() else {},
        channel=path.name,
        warnings=1,
    )


@contextmanager
def bitbucket(directory: Path) -> Iterator[Job]:
    path = directory / "salesforce.sh"
    yield Job(
        {"BITBUCKET_BUILD_NUMBER": "1", "BITBUCKET_PIPELINES_VARIABLES_PATH": str(directory / "variables")},
        lambda *_: _environment("sh", path) if path.exists() else {},
        arguments=("login", "--export-file", path.name),
        channel=path.name,
        warnings=1,
    )


@contextmanager
def woodpecker(directory: Path) -> Iterator[Job]:
    path = directory / "salesforce.env"
    yield Job(
        {"CI": "woodpecker", "PLUGIN_EXPORT": "dotenv", "PLUGIN_EXPORT_FILE": path.name},
        lambda *_: env_file(path.read_text()) if path.exists() else {},
        channel=path.name,
        warnings=1,
    )


@contextmanager
def drone(directory: Path) -> Iterator[Job]:
    path = directory / "salesforce.json"
    yield Job(
        {"CI": "true", "DRONE": "true", "PLUGIN_EXPORT": "json", "PLUGIN_EXPORT_FILE": path.name},
        lambda *_: _of_json(path.read_text()) if path.exists() else {},
        channel=path.name,
        warnings=1,
    )


@contextmanager
def dotenv(_directory: Path) -> Iterator[Job]:
    yield Job({}, lambda out, _: env_file(out), arguments=("login", "--export", "dotenv"), channel="stdout", warnings=1)


@contextmanager
def in_json(_directory: Path) -> Iterator[Job]:
    arguments = ("login", "--export=json")
    yield Job({}, lambda out, _: _of_json(out) if out else {}, arguments=arguments, channel="stdout", warnings=1)


@contextmanager
def shell(directory: Path) -> Iterator[Job]:
    def received(out: str, _: str) -> Mapping[str, str]:
        (directory / "stdout").write_text(out)
        return _environment("sh", directory / "stdout")

    yield Job({"SFJWT_EXPORT": "shell"}, received, channel="stdout", warnings=1)


@contextmanager
def powershell(_directory: Path) -> Iterator[Job]:
    def received(out: str, _: str) -> Mapping[str, str]:
        return read_powershell(out.encode()) if out else {}

    yield Job({"SFJWT_EXPORT": "powershell"}, received, channel="stdout", warnings=1)


@contextmanager
def shell_on_azure(directory: Path) -> Iterator[Job]:
    with shell(directory) as job:
        job.environ = {"TF_BUILD": "True", **job.environ}
        job.masks, job.warnings = ("##vso[task.setsecret]",), 0
        yield job


@contextmanager
def shell_on_buildkite(directory: Path) -> Iterator[Job]:
    with buildkite_agent(directory) as agent, shell(directory) as job:
        job.environ = {**agent.environ, **job.environ}
        job.warnings = 0
        yield job
        assert agent.env == {}


def _of_json(text: str) -> dict[str, str]:
    read = json.loads(text)
    return {"SF_ACCESS_TOKEN": read["access_token"], "SF_INSTANCE_URL": read["instance_url"]}


def _environment(program: str, path: Path) -> dict[str, str]:
    """What a shell exports after it sources a file."""
    ended = subprocess.run(
        [program, "-euc", f". {path}; env -0"] if program == "sh" else [program, "-euc", "env -0"],
        env={"BASH_ENV": str(path), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(variable.split("=", 1) for variable in ended.stdout.split("\0") if variable)


JOBS = {
    "azure": azure,
    "buildkite": buildkite,
    "harness": harness_ci,
    "vela": vela,
    "codefresh": codefresh,
    "gitlab": gitlab_ci,
    "circleci": circleci,
    "bitbucket": bitbucket,
    "woodpecker": woodpecker,
    "drone": drone,
    "dotenv": dotenv,
    "json": in_json,
    "powershell": powershell,
    "shell": shell,
    "shell on azure": shell_on_azure,
    "shell on buildkite": shell_on_buildkite,
}


def run(job: Job, org: LocalOrg, directory: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ENTRYPOINT), *job.arguments],
        env={"PATH": os.environ["PATH"], "RUNNER_DEBUG": "1", **org.environ, **job.environ, **changes},
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", JOBS)
def test_only_later_steps_get_the_login(name: str, local_org: LocalOrg, tmp_path: Path) -> None:
    with JOBS[name](tmp_path) as job:
        ended = run(job, local_org, tmp_path)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        received = job.received(ended.stdout, ended.stderr)
    token = received["SF_ACCESS_TOKEN"]
    assert received["SF_INSTANCE_URL"] == local_org.url
    assert works(token, local_org)

    printed = ended.stderr if job.channel == "stdout" else ended.stdout + ended.stderr
    lines = printed.splitlines()
    assert_no_secret_in(
        "\n".join(line for line in lines if not line.startswith(job.masks or ("\0",))), local_org, token
    )
    if job.masks:
        assert next(line for line in lines if token in line) == f"##vso[task.setsecret]{token}"
        assert token not in "\n".join(AzureAgent().read(printed).log)
    assert printed.count("not masked") == job.warnings
    assert "::add-mask::" not in printed
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.name not in {job.channel, "stdout"}:
            assert_no_secret_in(path.read_text(), local_org, token)
    if job.channel not in {"", "stdout"} and name != "codefresh":
        assert (tmp_path / job.channel).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", JOBS)
def test_a_rejected_login_exports_nothing(name: str, local_org: LocalOrg, tmp_path: Path) -> None:
    with JOBS[name](tmp_path) as job:
        ended = run(job, local_org, tmp_path, SFJWT_USERNAME="nobody@acme.example")
        assert ended.returncode == 3, ended.stdout + ended.stderr
        assert not set(SECRETS) & job.received(ended.stdout, ended.stderr).keys()
    printed = ended.stdout + ended.stderr
    assert "authentication failure" in printed.replace("\n", " ")
    assert_no_secret_in(printed, local_org)
    assert "not masked" not in printed
    if name == "azure":
        (issue,) = AzureAgent().read(ended.stdout).issues
        assert issue[0] == "error"
        assert "authentication failure" in issue[1]


@pytest.mark.parametrize("name", JOBS)
def test_invalid_inputs_and_missing_channels_are_reported_together(
    name: str, local_org: LocalOrg, tmp_path: Path
) -> None:
    with JOBS[name](tmp_path) as job:
        ended = run(job, local_org, tmp_path, SFJWT_RETRIES="many", SFJWT_REVOKE_TOKEN="true")
    assert ended.returncode == 2
    printed = ended.stdout + ended.stderr
    assert "retries: " in printed
    assert "revoke-token: " in printed
    if "shell" in name or name in {"dotenv", "json"}:
        assert ended.stdout == ""
    if name == "azure":
        ((kind, issue),) = AzureAgent().read(ended.stdout).issues
        assert kind == "error"
        assert "retries: " in issue


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        ({"BUILDKITE": "true"}, "BUILDKITE_AGENT_JOB_API_SOCKET: "),
        ({"HARNESS_BUILD_ID": "1"}, "HARNESS_OUTPUT_SECRET_FILE: "),
        ({"VELA": "true"}, "VELA_MASKED_OUTPUTS: "),
        ({"CF_BUILD_ID": "1"}, "cf_export: "),
        ({"GITLAB_CI": "true"}, "export-file: "),
        ({"CIRCLECI": "true"}, "BASH_ENV: "),
        ({"BITBUCKET_BUILD_NUMBER": "1"}, "export-file: "),
        ({"TF_BUILD": "True", "SFJWT_EXPORT_FILE": "x"}, "export-file: "),
        ({"SFJWT_EXPORT": "jenkins"}, "auto, github"),
        ({"CI": "woodpecker", "PLUGIN_EXPORT": "jenkins"}, "auto, github"),
    ],
)
def test_a_missing_channel_is_reported_before_the_login(
    environ: dict[str, str], missing: str, local_org: LocalOrg, tmp_path: Path
) -> None:
    ended = run(Job(environ, lambda *_: {}), local_org, tmp_path)
    printed = ended.stdout + ended.stderr
    assert ended.returncode == 2, printed
    assert missing in " ".join(printed.split())
    assert "Logging in" not in printed


def test_plugin_settings_are_read_under_woodpecker_and_drone_only(local_org: LocalOrg, tmp_path: Path) -> None:
    ended = run(Job({"PLUGIN_EXPORT": "json"}, lambda *_: {}), local_org, tmp_path)
    assert (ended.returncode, ended.stdout) == (0, "")
    assert "--export shell" in ended.stderr


def test_a_flag_comes_before_variables(local_org: LocalOrg, tmp_path: Path) -> None:
    environ = {"CI": "woodpecker", "SFJWT_EXPORT": "shell", "PLUGIN_EXPORT": "dotenv"}
    ended = run(Job(environ, lambda *_: {}, arguments=("login", "--export", "json")), local_org, tmp_path)
    assert json.loads(ended.stdout)["access_token"]
    ended = run(Job(environ, lambda *_: {}), local_org, tmp_path)
    assert ended.stdout.startswith("export SF_ACCESS_TOKEN='")


def works(token: str, org: LocalOrg) -> bool:
    """Whether the org accepts the token."""
    answer = requests.get(
        f"{org.url}/services/oauth2/userinfo",
        headers={"Authorization": f"Bearer {token}"},
        verify=org.environ["SFJWT_CA_CERTIFICATES_FILE"],
        timeout=30,
    )
    return answer.status_code == 200
