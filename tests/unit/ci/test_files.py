"""The files for Harness, Vela and CircleCI, read with the systems' own rules."""

import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from unit.ci.logins import HOSTILE, TOKEN, URL, login, publishable, settings
from unit.ci.readers import envparse, godotenv_v2, godotenv_v3, harness

from sfjwt_action.ci.env_file import EnvFilePublisher
from sfjwt_action.ci.systems.circleci import CircleCI
from sfjwt_action.ci.systems.harness import Harness
from sfjwt_action.ci.systems.vela import Vela
from sfjwt_action.inputs.problems import InvalidInput

SECRET_FILES = {
    Harness: "HARNESS_OUTPUT_SECRET_FILE",
    Vela: "VELA_MASKED_OUTPUTS",
    CircleCI: "BASH_ENV",
}
PLAIN_FILES = {Harness: "HARNESS_OUTPUT_FILE", Vela: "VELA_OUTPUTS"}


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., str]:
    """Publish a login, and return the content of the file for secrets."""

    def publish(system: type[EnvFilePublisher], token: str = TOKEN, before: str = "") -> str:
        path = tmp_path / "out"
        path.write_text(before)
        publisher = system({SECRET_FILES[system]: str(path)})
        assert list(publisher.preflight(settings())) == []
        publisher.publish(login(token), settings(export_env="true"))
        return path.read_bytes().decode()

    return publish


@pytest.mark.parametrize("parse", [godotenv_v2, godotenv_v3])
@pytest.mark.parametrize("name", HOSTILE)
def test_harness_reads_any_text(name: str, parse: Callable[[str], dict[str, str]], written: Callable[..., str]) -> None:
    assert harness(parse(written(Harness, HOSTILE[name], before="before=x"))) == {
        "before": "x",
        "SF_ACCESS_TOKEN": HOSTILE[name],
        "SF_INSTANCE_URL": URL,
        "SF_ORG_INSTANCE_URL": URL,
    }


def test_harness_users_are_told_which_feature_flag_later_steps_need(tmp_path: Path) -> None:
    hint = Harness({"HARNESS_OUTPUT_SECRET_FILE": str(tmp_path / "out")}).publish(login(), settings())
    assert "<+steps.STEP.output.outputVariables.SF_ACCESS_TOKEN>" in hint
    assert "CI_ENABLE_OUTPUT_SECRETS" in hint
    assert TOKEN not in hint


def test_older_harness_needs_no_base64_for_a_token(written: Callable[..., str]) -> None:
    token = "00D5g00000FaXv7!AQ0AQ.a_token-with/tokens+have"
    assert godotenv_v2(written(Harness, token))["SF_ACCESS_TOKEN"] == token


@pytest.mark.parametrize("name", publishable("carriage return"))
def test_vela_reads_any_text_except_control_characters(name: str, written: Callable[..., str]) -> None:
    assert envparse(written(Vela, HOSTILE[name], before="before=x")) == {
        "before": "x",
        "SF_ACCESS_TOKEN": HOSTILE[name],
        "SF_INSTANCE_URL": URL,
        "SF_ORG_INSTANCE_URL": URL,
    }


@pytest.mark.parametrize("name", HOSTILE)
def test_bash_reads_any_text(name: str, written: Callable[..., str], tmp_path: Path) -> None:
    written(CircleCI, HOSTILE[name], before="export BEFORE=x")
    ended = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", 'printf %s "$BEFORE|$SF_ACCESS_TOKEN|$SF_INSTANCE_URL"'],
        env={"BASH_ENV": str(tmp_path / "out")},
        capture_output=True,
        check=True,
    )
    assert ended.stdout.decode() == f"x|{HOSTILE[name]}|{URL}"
    assert ended.stderr == b""


@pytest.mark.parametrize(
    ("system", "token", "says"),
    [
        (Vela, "a\rb", "control characters"),
        (Vela, "a\0b", "control characters"),
        (Vela, "a" * 65536, "65536 bytes"),
        (Harness, "a" * 65536, "65536 bytes"),
        (CircleCI, "a\0b", "a NUL"),
    ],
)
def test_a_value_that_a_system_cannot_read_is_rejected_and_nothing_is_written(
    system: type[EnvFilePublisher], token: str, says: str, written: Callable[..., str], tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match=says) as raised:
        written(system, token, before="before")
    assert str(raised.value).startswith("SF_ACCESS_TOKEN: ")
    assert (tmp_path / "out").read_text() in {"before", "before\n"}


@pytest.mark.parametrize("system", PLAIN_FILES)
def test_an_unmasked_instance_url_goes_to_the_plain_file(system: type[EnvFilePublisher], tmp_path: Path) -> None:
    files = {SECRET_FILES[system]: tmp_path / "secret", PLAIN_FILES[system]: tmp_path / "plain"}
    publisher = system({name: str(path) for name, path in files.items()})
    asked = settings(mask_instance_url="false")
    assert list(publisher.preflight(asked)) == []
    publisher.publish(login(), asked)
    assert "SF_INSTANCE_URL" not in (tmp_path / "secret").read_text()
    assert (tmp_path / "plain").read_text() == f"SF_INSTANCE_URL={URL}\n"


@pytest.mark.parametrize("system", PLAIN_FILES)
def test_a_plain_file_that_cannot_be_written_leaves_the_secret_file_unchanged(
    system: type[EnvFilePublisher], tmp_path: Path
) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "secret").write_text("before=x\n")
    files = {SECRET_FILES[system]: tmp_path / "secret", PLAIN_FILES[system]: tmp_path / "plain"}
    publisher = system({name: str(path) for name, path in files.items()})
    asked = settings(mask_instance_url="false")
    assert [problem.input for problem in publisher.preflight(asked)] == [PLAIN_FILES[system]]
    with pytest.raises(InvalidInput, match="Is a directory"):
        publisher.publish(login(), asked)
    assert (tmp_path / "secret").read_text() == "before=x\n"


@pytest.mark.parametrize("system", SECRET_FILES)
def test_a_missing_file_is_created_for_its_owner_only(system: type[EnvFilePublisher], tmp_path: Path) -> None:
    publisher = system({SECRET_FILES[system]: str(tmp_path / "new")})
    assert list(publisher.preflight(settings())) == []
    assert not (tmp_path / "new").exists(), "a login that fails leaves no file"
    publisher.publish(login(), settings())
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o600


@pytest.mark.parametrize("system", SECRET_FILES)
def test_a_systems_own_file_keeps_its_permissions(system: type[EnvFilePublisher], tmp_path: Path) -> None:
    path = tmp_path / "own"
    path.touch()
    path.chmod(0o666)
    publisher = system({SECRET_FILES[system]: str(path)})
    assert list(publisher.preflight(settings())) == []
    publisher.publish(login(), settings())
    assert stat.S_IMODE(path.stat().st_mode) == 0o666


@pytest.mark.parametrize("system", SECRET_FILES)
def test_a_missing_directory_is_reported_with_what_the_system_needs(
    system: type[EnvFilePublisher], tmp_path: Path
) -> None:
    """Vela sets the variables in every step, even if its worker collects no files."""
    path = tmp_path / "outputs" / "masked.env"
    (problem,) = system({SECRET_FILES[system]: str(path)}).preflight(settings())
    assert f"{path}: No such file or directory." in problem.found
    assert problem.remedy.endswith(system.remedy)


@pytest.mark.parametrize("system", SECRET_FILES)
def test_a_missing_file_variable_is_a_problem(system: type[EnvFilePublisher]) -> None:
    (problem,) = system({}).preflight(settings())
    assert problem.input == SECRET_FILES[system]
