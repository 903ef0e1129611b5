"""Check the examples without running them. `make lint` checks them against the systems' schemas."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from groovy_parser.parser import parse_groovy_content
from house.test_readme import FLAG, SFJWT, VARIABLE, flags_of
from local_org.node_clients import MODULES, NODE, install
from pipelines import EXAMPLES, IMAGE, ROOT, Script, documents, files, scripts

from sfjwt_action.ci.detection import EXPORTS
from sfjwt_action.inputs.settings import INPUTS

NAMES = {declared.attribute for declared in INPUTS} | {"export", "export_file"}
SCRIPTS = [script for path in files() for script in scripts(path)]
SHELLCHECK = Path(sys.executable).with_name("shellcheck")
# EnvFilePublisher that only a job has, and variables that a login sets.
NOT_HERE = "--exclude=SC1091,SC2154"

CODEFRESH = """
const { readFileSync } = require("node:fs");
const { validate } = require("@codefresh-io/yaml-validator");
const text = readFileSync(process.argv[1], "utf8");
validate(JSON.parse(process.argv[2]), "message", text);
"""

each_file = pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(EXAMPLES)))
NO_SYSTEMS = {"github", "postman"}
each_script = pytest.mark.parametrize("script", SCRIPTS, ids=str)


def test_every_example_is_found() -> None:
    assert {path.parent.relative_to(EXAMPLES).parts[0] for path in files()} == {
        folder.name for folder in EXAMPLES.iterdir() if folder.is_dir() and folder.name not in NO_SYSTEMS
    }
    assert {script.path for script in SCRIPTS} >= {path for path in files() if path.name != "pipeline.yml"}


@each_script
def test_scripts_are_shell(script: Script) -> None:
    shells = ["bash"] if "bash" in script.text.partition("\n")[0] else ["sh", "bash"]
    for shell in shells:
        assert run(shell, "-n", stdin=script.text) == (0, "")


@each_script
def test_shellcheck_finds_nothing(script: Script) -> None:
    text = re.sub(r"<<.*?>>|\$\[\[.*?\]\]", "value", script.text)  # CircleCI and GitLab replace it with a value
    shell = [] if text.startswith("#!") else ["--shell=sh"]
    assert run(SHELLCHECK, *shell, NOT_HERE, "-", stdin=text) == (0, "")


@each_file
def test_all_examples_use_the_same_image_name(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace('repository: ghcr.io/OWNER/sfjwt-action, tag: "1"', IMAGE)
    assert text.count("sfjwt-action") == text.count(IMAGE)


def test_every_system_uses_the_image() -> None:
    for folder in EXAMPLES.iterdir():
        if folder.is_dir() and folder.name not in NO_SYSTEMS:
            assert any("ghcr.io/OWNER/sfjwt-action" in path.read_text() for path in folder.rglob("*") if path.is_file())


@each_file
def test_inputs_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = {name.removesuffix("_FILE") for name in VARIABLE.findall(text) if name != "EXPORT_FILE"}
    assert {name.lower() for name in named} <= NAMES
    for settings in re.findall(r"^( +)settings:\n((?:\1 .*\n)+)", text, re.MULTILINE):
        keys = re.findall(rf"^{settings[0]}  (\w+):", settings[1], re.MULTILINE)
        assert set(keys) <= NAMES


@each_file
def test_commands_and_exports_exist(path: Path) -> None:
    text = re.sub(r"\\\n *", " ", path.read_text(encoding="utf-8"))
    for mention in SFJWT.finditer(text):
        assert set(FLAG.findall(mention["arguments"])) <= flags_of(mention["command"]), mention[0]
    assert set(re.findall(r"--export(?: |, )(\w+)", text)) | set(re.findall(r"\bexport: (\w+)", text)) <= set(EXPORTS)


@each_file
def test_no_command_line_has_a_secret_and_the_token_is_never_the_target_org(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"--env[ =]\w+=", text) == []
    assert "SF_TARGET_ORG" not in text
    assert re.findall(r"eval \"\$\(docker", text) == []


def test_validations_neither_wait_for_nor_cancel_each_other() -> None:
    """GitHub keeps one waiting job per concurrency group, and cancels earlier ones."""
    (workflow,) = documents(ROOT / ".github" / "workflows" / "salesforce-deploy.yml")
    group = workflow["jobs"]["deploy"]["concurrency"]["group"]
    assert group == "salesforce-${{ inputs.username }}-${{ inputs.dry-run && github.run_id || 'deploy' }}"


def test_pull_requests_that_get_no_secrets_are_not_validated() -> None:
    (workflow,) = documents(EXAMPLES / "github" / "validate-on-pull-request.yml")
    condition = workflow["jobs"]["sandbox"]["if"]
    assert "!github.event.pull_request.head.repo.fork" in condition
    assert "github.event.pull_request.user.login != 'dependabot[bot]'" in condition


def test_the_jenkinsfile_is_groovy() -> None:
    parse_groovy_content((EXAMPLES / "jenkins" / "Jenkinsfile").read_text(encoding="utf-8"))


@pytest.mark.node
def test_codefresh_accepts_its_example() -> None:
    install()
    path = EXAMPLES / "codefresh" / "codefresh.yml"
    (document,) = documents(path)
    assert run(NODE, "--eval", CODEFRESH, path, json.dumps(document), directory=MODULES.parent) == (0, "")


@pytest.mark.node
def test_tekton_lint_finds_nothing() -> None:
    install()
    linter = MODULES / "@ibm" / "tekton-lint" / "dist" / "lint.js"
    assert run(NODE, linter, "--max-warnings=0", *(EXAMPLES / "tekton").iterdir()) == (0, "\n")


def run(*command: str | Path, stdin: str = "", directory: Path = ROOT) -> tuple[int, str]:
    """Run a command, and return its exit code and output."""
    done = subprocess.run(
        command, input=stdin, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.returncode, done.stdout
