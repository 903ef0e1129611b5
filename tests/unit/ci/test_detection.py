"""Which system is detected, what `--export` and `--export-file` change, and the warnings about masking."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from unit.ci.logins import TOKEN, login, settings

from sfjwt_action.ci.console import Terminal
from sfjwt_action.ci.detection import EXPORTS, choose_publisher, detect_publisher
from sfjwt_action.ci.formats.format import FormatPublisher
from sfjwt_action.inputs.problems import InvalidInput, Problems
from sfjwt_action.report.story import Story

# Variables that each system sets, including those that identify it. Some also set variables of other systems.
SYSTEMS = {
    "github": {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": "/x"},
    "azure": {"TF_BUILD": "True", "BUILD_BUILDID": "1"},
    "buildkite": {"CI": "true", "BUILDKITE": "true", "BUILDKITE_AGENT_JOB_API_SOCKET": "/x"},
    "harness": {"CI": "true", "DRONE": "true", "HARNESS_BUILD_ID": "1", "HARNESS_OUTPUT_SECRET_FILE": "/x"},
    "vela": {"CI": "true", "VELA": "true", "VELA_MASKED_OUTPUTS": "/x", "BUILD_ID": "1"},
    "codefresh": {"CI": "true", "CF_BUILD_ID": "1"},
    "gitlab": {"CI": "true", "GITLAB_CI": "true", "CI_SERVER": "yes"},
    "circleci": {"CI": "true", "CIRCLECI": "true", "BASH_ENV": "/x"},
    "bitbucket": {"CI": "true", "BITBUCKET_BUILD_NUMBER": "1", "BITBUCKET_PIPELINES_VARIABLES_PATH": "/x"},
}
FORMATS = {"dotenv", "json", "powershell", "shell"}
MASKED_AT_ONCE = {"github", "azure"}
WITHOUT_A_CHANNEL = ("gitlab", "bitbucket")
MASKED_IN_THEIR_WAY = {"harness", "vela", "codefresh"}


def name_of(publisher: object) -> str:
    return type(publisher).__module__.rpartition(".")[2]


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_system_is_detected_by_its_variables(system: str) -> None:
    assert name_of(detect_publisher(SYSTEMS[system])) == system


def test_every_system_is_tested() -> None:
    assert {"auto", *SYSTEMS, *FORMATS} == set(EXPORTS)


@pytest.mark.parametrize(
    ("environ", "system"),
    [
        ({"DRONE": "true", "CI": "true"} | SYSTEMS["harness"], "harness"),
        (SYSTEMS["azure"] | SYSTEMS["github"], "github"),
        (SYSTEMS["gitlab"] | SYSTEMS["github"], "github"),
        (SYSTEMS["circleci"] | SYSTEMS["buildkite"], "buildkite"),
        (SYSTEMS["bitbucket"] | SYSTEMS["vela"], "vela"),
    ],
)
def test_the_system_with_a_secret_channel_is_detected_before_the_one_without(
    environ: dict[str, str], system: str
) -> None:
    assert name_of(detect_publisher(environ)) == system


@pytest.mark.parametrize(
    ("environ", "system"),
    [
        ({"BUILDKITE": "true"}, "buildkite"),
        ({"HARNESS_BUILD_ID": "1"}, "harness"),
        ({"VELA": "true"}, "vela"),
        ({"GITHUB_ACTIONS": "true"}, "github"),
        ({"TF_BUILD": ""}, "console"),
        ({"CI": "true", "DRONE": "true"}, "console"),
        ({"CI": "woodpecker"}, "console"),
        ({}, "console"),
    ],
)
def test_a_system_without_its_channel_is_still_that_system(environ: dict[str, str], system: str) -> None:
    assert name_of(detect_publisher(environ)) == system


GITHUB = SYSTEMS["github"]
NESTED = {
    "act in a job of GitLab's": (SYSTEMS["gitlab"] | GITHUB | {"ACT": "true"}, "github"),
    "Gitea": (GITHUB | {"GITEA_ACTIONS": "true"}, "github"),
    "Forgejo": (GITHUB | {"FORGEJO_ACTIONS": "true", "GITEA_ACTIONS": "true"}, "github"),
    "a runner of GitHub's on CodeBuild": (GITHUB | {"CODEBUILD_BUILD_ID": "x:1", "CODEBUILD_CI": "true"}, "github"),
    "Codespaces": (
        {"CODESPACES": "true", "GITHUB_REPOSITORY": "a/b", "GITHUB_TOKEN": "t", "GITHUB_USER": "u"},
        "console",
    ),
    "Jenkins, by GitHub's plugin": ({"CI": "true", "JENKINS_URL": "https://j", "GITHUB_PR_NUMBER": "1"}, "console"),
    "Jenkins, by GitLab's plugin": ({"CI": "true", "JENKINS_URL": "https://j", "gitlabBranch": "main"}, "console"),
    "Jenkins, by Bitbucket's plugin": ({"JENKINS_URL": "https://j", "BITBUCKET_SOURCE_BRANCH": "main"}, "console"),
    "Woodpecker with Drone's names": ({"CI": "woodpecker", "DRONE_BRANCH": "main", "CI_REPO": "a/b"}, "console"),
    "a container job of Azure's": (SYSTEMS["azure"] | {"AGENT_CONTAINERMAPPING": "{}"}, "azure"),
    "Cloudflare Pages": ({"CI": "true", "CF_PAGES": "1"}, "console"),
}


@pytest.mark.parametrize(("environ", "system"), NESTED.values(), ids=NESTED.keys())
def test_nested_systems_and_similar_names(environ: dict[str, str], system: str) -> None:
    assert name_of(detect_publisher(environ)) == system


@pytest.mark.parametrize("export", list(SYSTEMS))
@pytest.mark.parametrize("environ", [{}, *SYSTEMS.values()])
def test_export_overrules_detection(export: str, environ: dict[str, str]) -> None:
    problems = Problems()
    assert name_of(choose_publisher(environ, export, "", problems)) == export
    problems.raise_if_any()


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("export", ["dotenv", "json", "powershell", "shell"])
def test_a_format_is_reported_and_masked_as_the_system_does(
    export: str, system: str, capfd: pytest.CaptureFixture[str]
) -> None:
    publisher = choose_publisher(SYSTEMS[system], export, "", Problems())
    assert isinstance(publisher, FormatPublisher)
    publisher.mask(login(), settings())
    publisher.info("said")
    publisher.debug("said")
    publisher.warning("said", "said")
    publisher.succeed(Story("said", "said"))
    publisher.fail(Story("said", "said"))
    publisher.publish(login(), settings())
    printed = capfd.readouterr()
    assert TOKEN in printed.out
    assert "said" not in printed.out
    assert "said" in printed.err
    warnings = printed.err.count("not masked")
    if system in MASKED_AT_ONCE:
        assert warnings == 0
        assert printed.err.index(TOKEN) < printed.err.index("said")
    else:
        assert warnings == 1
        assert TOKEN not in printed.err


@pytest.mark.parametrize("system", [system for system in SYSTEMS if system != "buildkite"])  # needs the agent
def test_a_system_that_masks_nothing_warns_once(system: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    publisher = choose_publisher(SYSTEMS[system] | {"BASH_ENV": str(tmp_path / "env")}, "auto", "", Problems())
    publisher.mask(login(), settings())
    printed = capfd.readouterr()
    if system in MASKED_AT_ONCE | MASKED_IN_THEIR_WAY:
        assert "not masked" not in printed.out + printed.err
    else:
        assert printed.err.count("Warning: Salesforce login: not masked") == 1
        assert TOKEN not in printed.out + printed.err


def test_no_masking_command_is_printed_where_nobody_reads_it(capfd: pytest.CaptureFixture[str]) -> None:
    for environ in ({}, *(SYSTEMS[system] for system in SYSTEMS.keys() - MASKED_AT_ONCE - {"buildkite"})):
        for export in ("auto", "shell"):
            choose_publisher(environ, export, "", Problems()).mask(login(), settings())
    printed = capfd.readouterr()
    assert re.search(r"::|##", printed.out + printed.err) is None
    assert TOKEN not in printed.out + printed.err


@pytest.mark.parametrize("system", WITHOUT_A_CHANNEL)
def test_a_system_without_a_channel_needs_a_file_or_a_format(system: str, tmp_path: Path) -> None:
    (problem,) = choose_publisher(SYSTEMS[system], "auto", "", Problems()).preflight(settings())
    assert problem.input == "export-file"
    assert "--export-file" in problem.remedy
    publisher = choose_publisher(SYSTEMS[system], "auto", str(tmp_path / "login"), Problems())
    assert list(publisher.preflight(settings())) == []
    publisher.publish(login(), settings())
    line = {"gitlab": f"SF_ACCESS_TOKEN={TOKEN}", "bitbucket": f"export SF_ACCESS_TOKEN='{TOKEN}'"}[system]
    assert line in (tmp_path / "login").read_text().splitlines()


@pytest.mark.parametrize("environ", [{}, *(SYSTEMS[system] for system in SYSTEMS if system not in WITHOUT_A_CHANNEL)])
def test_export_file_is_rejected_where_the_system_has_its_own_channel(environ: dict[str, str]) -> None:
    problems = Problems()
    choose_publisher(environ, "auto", "login", problems)
    with pytest.raises(InvalidInput, match="export-file: "):
        problems.raise_if_any()


def test_an_unknown_export_is_refused() -> None:
    problems = Problems()
    assert isinstance(choose_publisher({}, "jenkins", "", problems), Terminal)
    with pytest.raises(InvalidInput, match=r"^export: .* auto, github, azure"):
        problems.raise_if_any()


@pytest.mark.parametrize("export", ["auto", "dotenv", "json", "powershell", "shell", *list(SYSTEMS)[1:]])
def test_revoke_token_is_rejected_outside_github(export: str) -> None:
    preflight = choose_publisher({}, export, "", Problems()).preflight(settings(revoke_token="true"))
    assert "revoke-token" in [problem.input for problem in preflight]


def test_every_system_is_a_module_with_its_source() -> None:
    for system in SYSTEMS:
        module = import_module(f"sfjwt_action.ci.systems.{system}")
        assert re.search("Source|Rules", str(module.__doc__)), system
    assert [export for export in EXPORTS if export in SYSTEMS] == list(SYSTEMS)
