"""The workflow templates match the examples and the quick start, and call the reusable workflow correctly."""

import json
import re
from pathlib import Path

import pytest
import yaml
from house.test_readme import README
from kms.test_onboarding import URIS

from sfjwt_action.onboarding.kms_setup import kms_setup

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "workflow-templates"
REUSABLE = yaml.safe_load((ROOT / ".github/workflows/salesforce-deploy.yml").read_text(encoding="utf-8"))
EXAMPLES = {
    "salesforce-deploy.yml": "deploy-on-push.yml",
    "salesforce-validate.yml": "validate-on-pull-request.yml",
}
NAMES = [*EXAMPLES, "salesforce-check.yml"]


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_each_template_has_its_properties() -> None:
    assert {path.name for path in TEMPLATES.glob("*.yml")} == set(NAMES)
    assert {path.name for path in TEMPLATES.glob("*.json")} == {
        name.replace(".yml", ".properties.json") for name in NAMES
    }
    for path in TEMPLATES.glob("*.json"):
        (pattern,) = json.loads(read(path))["filePatterns"]
        assert re.search(pattern, "sfdx-project.json")


@pytest.mark.parametrize("name", NAMES)
def test_each_template_runs_on_the_default_branch(name: str) -> None:
    on = yaml.safe_load(read(TEMPLATES / name))[True]  # YAML 1.1 reads `on` as a boolean
    assert [event["branches"] for event in on.values() if event] == [["$default-branch"]]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_template_is_the_example_for_any_default_branch(name: str) -> None:
    example = yaml.safe_load(read(ROOT / "examples" / "github" / EXAMPLES[name]).replace("[main]", "[$default-branch]"))
    assert yaml.safe_load(read(TEMPLATES / name)) == example


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_template_uses_inputs_of_the_reusable_workflow(name: str) -> None:
    (job,) = yaml.safe_load(read(TEMPLATES / name))["jobs"].values()
    called = REUSABLE[True]["workflow_call"]
    assert job["uses"] == "OWNER/sfjwt-action/.github/workflows/salesforce-deploy.yml@v1"
    assert job["with"].keys() <= called["inputs"].keys()
    assert {name for name, declared in called["inputs"].items() if declared.get("required")} <= job["with"].keys()
    assert job["secrets"].keys() == called["secrets"].keys()
    assert job["permissions"] == {"contents": "read"}


def test_the_callers_of_the_reusable_workflow_grant_its_permissions() -> None:
    assert "permissions" not in REUSABLE
    assert [job for job in REUSABLE["jobs"].values() if "permissions" in job] == []


@pytest.mark.parametrize("uri", URIS)
def test_the_reusable_workflow_reads_the_variables_that_a_key_needs(uri: str) -> None:
    used = set(re.findall(r"vars\.(\w+)", str(REUSABLE)))
    assert {name for name, _ in kms_setup(uri).variables} <= used


def test_the_check_is_the_workflow_of_the_quick_start() -> None:
    check = yaml.safe_load(read(TEMPLATES / "salesforce-check.yml"))["jobs"]["check"]["steps"]
    step = "\n".join(line.strip() for line in read(README).splitlines())
    for key in ("with", "env"):
        for value in (value for part in check for value in part.get(key, {}).values()):
            assert value in step
    assert check[1]["run"].partition(" ")[0] == "curl"


@pytest.mark.parametrize("name", NAMES)
def test_only_secrets_and_variables_that_the_quick_start_creates_are_used(name: str) -> None:
    used = set(re.findall(r"(?:secrets|vars)\.(\w+)", read(TEMPLATES / name)))
    created = set(re.findall(r"gh (?:secret|variable) set (\w+)", read(README)))
    assert used <= created
