"""The code of docs/deploy.md, and the CI system that docs/other-ci.md adds, run unchanged."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from local_org.client import Client
from local_org.connect_proxy import ConnectProxy
from local_org.node_clients import FOLDER, NODE, SF, run_node
from local_org.node_clients import environ as node_environ
from local_org.test_deploy import GOOD, project, token_parts
from support import LocalOrg, unavailable

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "deploy.md").read_text()


def code(language: str) -> str:
    (block,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return str(block)


@pytest.fixture
def handed_over(client: Client) -> dict[str, str]:
    session = client.log_in()
    return {"SF_ACCESS_TOKEN": session["access_token"], "SF_INSTANCE_URL": session["instance_url"]}


def run(command: list[str], local_org: LocalOrg, environ: dict[str, str]) -> str:
    trust = {name: str(local_org.directory / "ca.pem") for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")}
    done = subprocess.run(
        command,
        env={"PATH": os.environ["PATH"], **trust, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_simple_salesforce(local_org: LocalOrg, handed_over: dict[str, str]) -> None:
    assert run([sys.executable, "-c", code("python")], local_org, handed_over) == "Acme\n"


def test_curl(local_org: LocalOrg, handed_over: dict[str, str]) -> None:
    if not (shutil.which("curl") and shutil.which("bash")):
        unavailable("curl and bash are not both installed")
    assert "DailyApiRequests" in run(["bash", "-ec", code("sh")], local_org, handed_over)


@pytest.mark.node
@pytest.mark.usefixtures("node_clients")
def test_jsforce(local_org: LocalOrg, handed_over: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(FOLDER / "node_modules")
    (tmp_path / "query.mjs").write_text(code("js"))
    done = run_node([str(tmp_path / "query.mjs")], local_org, tmp_path, handed_over)
    assert done.stdout == "Acme\n", done.stderr


@pytest.mark.node
@pytest.mark.usefixtures("node_clients")
def test_two_orgs_in_one_job(local_org: LocalOrg, proxy: ConnectProxy, tmp_path: Path) -> None:
    """The last step of the page's job: the real sf CLI deploys to each org as its own user."""
    (block,) = [
        block for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE) if "id: uat" in block
    ]
    *logins, step = yaml.safe_load(block)
    handed_over = {}
    for login in logins:
        inputs = {f"SFJWT_{name.upper()}": login["with"][name.replace("_", "-")] for name in ("username", "login_url")}
        command = [sys.executable, "-m", "sfjwt_action", "login", "--export", "json"]
        environ = {"PATH": os.environ["PATH"], "HTTPS_PROXY": proxy.url, **local_org.environ, **inputs}
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
        for output, value in json.loads(done.stdout).items():
            handed_over[f"${{{{ steps.{login['id']}.outputs.{output.replace('_', '-')} }}}}"] = value
    project(tmp_path, GOOD)
    (tmp_path / "sf").write_text(f'#!/bin/sh\nexec {shlex.join([str(NODE), str(SF)])} "$@"\n')
    (tmp_path / "sf").chmod(0o755)
    given = node_environ(local_org, tmp_path)
    given |= {"PATH": f"{tmp_path}:{given['PATH']}", "HTTPS_PROXY": proxy.url}
    given |= {name: handed_over[expression] for name, expression in step["env"].items()}
    done = subprocess.run(
        ["bash", "-ec", step["run"]], env=given, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"metadata to (\S+) using", done.stdout)[:1] == ["ci@acme.example.uat"]
    assert re.findall(r"metadata to (\S+) using", done.stdout)[-1:] == ["ci@acme.example"]
    for token in (given["UAT_TOKEN"], given["PRODUCTION_TOKEN"]):
        assert token_parts(token, done.stdout + done.stderr) == []


def test_adding_a_system_takes_one_file_and_one_line(local_org: LocalOrg, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "other-ci.md").read_text()
    file, line = map(dedent, re.findall(r"^ +```python\n(.*?)^ +```", page, re.DOTALL | re.MULTILINE))
    package = shutil.copytree(ROOT / "sfjwt_action", tmp_path / "sfjwt_action")
    (package / "ci" / "systems" / "acme.py").write_text(file)
    systems = package / "ci" / "detection.py"
    systems.write_text(systems.read_text().replace("_SYSTEMS = {\n", f"_SYSTEMS = {{\n{line}"))
    variables = tmp_path / "variables"
    done = subprocess.run(
        [sys.executable, "-m", "sfjwt_action", "login"],
        cwd=tmp_path,
        env={"ACME_ENV": str(variables), **local_org.environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr.count("Acme doesn't mask values") == 1
    written = dict(variable.split("=", 1) for variable in variables.read_text().splitlines())
    assert written.keys() == {"SF_ACCESS_TOKEN", "SF_INSTANCE_URL"}
    assert written["SF_ACCESS_TOKEN"] not in done.stderr
