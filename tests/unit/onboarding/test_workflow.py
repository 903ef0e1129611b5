"""The generated workflow is valid, safe, and has the answers."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from unit.onboarding.command import init

from sfjwt_action.onboarding.questions import Answers
from sfjwt_action.onboarding.workflow import workflow

BIN = Path(sys.executable).parent
OURS = "OWNER/sfjwt-action@v1"


def test_it_passes_the_schema_and_zizmor(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    file = folder / "salesforce-login.yml"
    text = (made / "salesforce-login.yml").read_text()
    assert OURS in text
    # Only the reader knows OWNER, and so the commit.
    file.write_text(text.replace(OURS, f"{OURS.partition('@')[0]}@{'0' * 40}"))
    schema = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.github-workflows", str(file)]
    zizmor = [str(BIN / "zizmor"), "--offline", "--quiet", str(file)]
    for command in (schema, zizmor):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_it_has_the_answers(tmp_path: Path) -> None:
    login = init(tmp_path, "--login-url", "acme--uat.sandbox.my.salesforce.com")
    (job,) = yaml.safe_load((login / "salesforce-login.yml").read_text())["jobs"].values()
    assert job["steps"][0]["with"] == {
        "consumer-key": "${{ secrets.SF_CONSUMER_KEY }}",
        "private-key": "${{ secrets.SF_PRIVATE_KEY }}",
        "username": "${{ vars.SF_USERNAME }}",
        "login-url": "https://acme--uat.sandbox.my.salesforce.com",
    }


@pytest.mark.parametrize(
    ("login_url", "literal"),
    [
        ('https://acme.example/"x"', 'https://acme.example/"x"'),
        ("https://acme.example/${{github.token}}", "https://acme.example/${{ '${{' }}github.token}}"),
        ("https://acme.example/$USER`id`", "https://acme.example/$USER`id`"),
    ],
)
def test_a_login_url_is_not_an_expression(login_url: str, literal: str) -> None:
    answers = Answers(login_url, "ci@acme.example", "CI", "a@b.c", 1, 2048, connected_app=False)
    (job,) = yaml.safe_load(workflow(answers))["jobs"].values()
    assert job["steps"][0]["with"]["login-url"] == literal
