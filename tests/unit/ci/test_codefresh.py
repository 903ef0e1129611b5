"""What `cf_export` gets: names in its arguments, values only in its environment."""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from unit.ci.logins import HOSTILE, TOKEN, URL, login, publishable, settings

from sfjwt_action.ci.systems.codefresh import Codefresh
from sfjwt_action.inputs.problems import InvalidInput

LINGER_SECONDS = 9
"""Less than the login's limit for cf_export, so that waiting for its child wouldn't fail the login."""

# Codefresh's cf_export is a shell script. For each pair or name of a variable, it writes a line to a file.
CF_EXPORT = """\
#!{python}
import json, os, sys
with open({calls!r}, "a") as calls:
    print(json.dumps([sys.argv[1:], dict(os.environ)]), file=calls)
print("says nothing of", os.environ)
print("nor here", os.environ, file=sys.stderr)
sys.exit(int(os.environ.get("CF_FAIL", "0")))
"""


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], Path]:
    def make(directory: str) -> Path:
        path = tmp_path / directory / "cf_export"
        path.parent.mkdir()
        path.write_text(CF_EXPORT.format(python=sys.executable, calls=str(tmp_path / "calls")))
        path.chmod(0o755)
        return path

    return make


def calls(tmp_path: Path) -> list[tuple[list[str], dict[str, str]]]:
    return [(call[0], call[1]) for call in map(json.loads, (tmp_path / "calls").read_text().splitlines())]


@pytest.mark.parametrize("name", publishable("two lines", "carriage return"))
def test_later_steps_read_any_line(
    name: str, program: Callable[[str], Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    environ = {"CF_BUILD_ID": "1", "PATH": str(program("bin").parent), "CF_OTHER": "kept", "SFJWT_PRIVATE_KEY": "key"}
    codefresh = Codefresh(environ)
    assert list(codefresh.preflight(settings())) == []
    codefresh.publish(login(HOSTILE[name]), settings(export_env="true"))
    ((arguments, given),) = calls(tmp_path)
    assert arguments == ["SF_ACCESS_TOKEN", "SF_INSTANCE_URL", "SF_ORG_INSTANCE_URL", "--mask"]
    assert (given["SF_ACCESS_TOKEN"], given["SF_INSTANCE_URL"]) == (HOSTILE[name], URL)
    assert given["CF_OTHER"] == "kept"
    assert "SFJWT_PRIVATE_KEY" not in given
    assert capfd.readouterr() == ("", "")


def test_an_unmasked_instance_url_is_exported_first(program: Callable[[str], Path], tmp_path: Path) -> None:
    Codefresh({"PATH": str(program("bin").parent)}).publish(login(), settings(mask_instance_url="false"))
    assert [arguments for arguments, _ in calls(tmp_path)] == [["SF_INSTANCE_URL"], ["SF_ACCESS_TOKEN", "--mask"]]


def test_cf_export_in_the_volume_is_found(program: Callable[[str], Path], tmp_path: Path) -> None:
    codefresh = Codefresh({"CF_VOLUME_PATH": str(program("volume").parent), "PATH": "/nowhere"})
    assert list(codefresh.preflight(settings())) == []
    codefresh.publish(login(), settings())
    assert len(calls(tmp_path)) == 1


def test_a_step_without_cf_export_is_a_problem() -> None:
    (problem,) = Codefresh({"CF_BUILD_ID": "1", "PATH": "/nowhere"}).preflight(settings())
    assert problem.input == "cf_export"


@pytest.mark.parametrize("name", ["two lines", "carriage return"])
def test_a_value_with_two_lines_is_rejected(name: str, program: Callable[[str], Path], tmp_path: Path) -> None:
    codefresh = Codefresh({"PATH": str(program("bin").parent)})
    with pytest.raises(InvalidInput, match="SF_ACCESS_TOKEN: "):
        codefresh.publish(login(HOSTILE[name]), settings())
    assert not (tmp_path / "calls").exists()


def test_a_failing_cf_export_fails_the_login(program: Callable[[str], Path]) -> None:
    codefresh = Codefresh({"PATH": str(program("bin").parent), "CF_FAIL": "3"})
    with pytest.raises(InvalidInput, match="exit code 3") as raised:
        codefresh.publish(login(), settings())
    assert TOKEN not in str(raised.value)


def test_the_login_does_not_wait_for_a_child_of_cf_export(program: Callable[[str], Path]) -> None:
    path = program("bin")
    path.write_text(f"#!/bin/sh\nsleep {LINGER_SECONDS} &\n")
    start = time.monotonic()
    Codefresh({"PATH": f"{path.parent}:{os.environ['PATH']}"}).publish(login(), settings())
    assert time.monotonic() - start < LINGER_SECONDS


def test_a_cf_export_that_cannot_run_fails_the_login(program: Callable[[str], Path]) -> None:
    path = program("bin")
    path.write_text("#!/no/such/shell\n")
    with pytest.raises(InvalidInput, match="cf_export: No such file"):
        Codefresh({"PATH": str(path.parent)}).publish(login(), settings())
