"""action.yml, composite/action.yml and sf/action.yml match the code."""

import os
from pathlib import Path

import yaml

from sfjwt_action.inputs.settings import INPUTS
from sfjwt_action.salesforce.session import parse_session

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
COMPOSITE = yaml.safe_load((ROOT / "composite" / "action.yml").read_text(encoding="utf-8"))
INSTALL, LOGIN = COMPOSITE["runs"]["steps"]
SF = yaml.safe_load((ROOT / "sf" / "action.yml").read_text(encoding="utf-8"))


def test_inputs_are_those_of_the_code() -> None:
    declared = [
        (name, declaration.get("default", ""), declaration["required"])
        for name, declaration in ACTION["inputs"].items()
    ]
    assert declared == [(known.name, known.default, known.required) for known in INPUTS]


def test_outputs_are_those_of_a_session() -> None:
    answer = {"access_token": "token", "instance_url": "https://acme.my.salesforce.com"}
    session = parse_session(
        answer, username="ci@acme.example", login_url="https://x.salesforce.com", audience="x", key_fingerprint="x"
    )
    # Only a verified session knows its API version.
    assert list(ACTION["outputs"]) == list(dict.fromkeys([*session.outputs(), "api-version"]))


def test_marketplace_accepts_the_action() -> None:
    assert ACTION["name"].strip()
    assert 0 < len(ACTION["description"]) < 125
    assert ACTION["author"]
    assert ACTION["branding"] == {"icon": "lock", "color": "blue"}


def test_every_input_and_output_is_described() -> None:
    for declaration in [*ACTION["inputs"].values(), *ACTION["outputs"].values()]:
        assert declaration["description"].strip().endswith(".")


def test_both_entry_points_can_be_executed() -> None:
    runs = ACTION["runs"]
    assert runs["using"] == "docker"
    for entry_point in ("entrypoint", "post-entrypoint"):
        inside = Path(runs[entry_point])
        assert inside.parent == Path("/sfjwt")
        assert os.access(ROOT / inside.name, os.X_OK)


def test_the_composite_has_the_same_inputs() -> None:
    ours, theirs = COMPOSITE["inputs"], ACTION["inputs"]
    assert list(ours) == list(theirs)
    # Its description says that it can't revoke.
    assert "Not supported" in ours["revoke-token"].pop("description")
    assert ours == theirs | {"revoke-token": {"required": False, "default": "false"}}


def test_the_composite_has_the_same_outputs_from_its_login() -> None:
    assert COMPOSITE["outputs"] == {
        name: {**declared, "value": f"${{{{ steps.login.outputs.{name} }}}}"}
        for name, declared in ACTION["outputs"].items()
    }
    assert LOGIN["id"] == "login"


def test_the_composite_passes_inputs_through_the_environment_of_its_login_only() -> None:
    handed_on = {name: value for name, value in LOGIN["env"].items() if name.startswith("INPUT_")}
    assert handed_on == {f"INPUT_{known.attribute.upper()}": f"${{{{ inputs.{known.name} }}}}" for known in INPUTS}
    assert "${{" not in str(INSTALL)
    assert "${{" not in LOGIN["run"]


def test_the_action_for_the_sf_cli_logs_in_as_the_composite_does() -> None:
    find, *login, authorize = SF["runs"]["steps"]
    assert login == COMPOSITE["runs"]["steps"]
    assert SF["outputs"] == COMPOSITE["outputs"]
    assert "secrets" not in str(find)
    assert "${{" not in find["run"] + authorize["run"]


def test_the_action_for_the_sf_cli_has_the_same_inputs_and_its_own() -> None:
    inputs = dict(SF["inputs"])
    own = {name: inputs.pop(name) for name in ("alias", "set-default", "set-default-dev-hub", "sf-cli-version")}
    composite = yaml.safe_load((ROOT / "composite" / "action.yml").read_text(encoding="utf-8"))
    assert inputs == composite["inputs"]
    assert {name: declared.get("default") for name, declared in own.items()} == {
        "alias": "ci",
        "set-default": "true",
        "set-default-dev-hub": "false",
        "sf-cli-version": None,
    }
