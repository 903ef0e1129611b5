"""The unmodified sf CLI, handed a login of ours by `export-env`, deploys to the local org."""

import base64
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from local_org.client import Client
from local_org.connect_proxy import ConnectProxy
from local_org.node_clients import SfCli
from support import LocalOrg, records

from sfjwt_action.report.story import SF_CLI_LOGIN

GOOD = "public class Hello {\n  public static String greet() { return 'hi'; }\n}\n"
BAD = "public class Hello {\n  public static String greet() { return 'hi'; }\n"
META = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<ApexClass xmlns="http://soap.sforce.com/2006/04/metadata">'
    "<apiVersion>66.0</apiVersion><status>Active</status></ApexClass>\n"
)


def project(directory: Path, body: str) -> None:
    """Make a project with one Apex class."""
    classes = directory / "force-app" / "main" / "default" / "classes"
    classes.mkdir(parents=True)
    settings = {"packageDirectories": [{"path": "force-app", "default": True}], "sourceApiVersion": "66.0"}
    (directory / "sfdx-project.json").write_text(json.dumps(settings))
    (classes / "Hello.cls").write_text(body)
    (classes / "Hello.cls-meta.xml").write_text(META)


def exported(org: LocalOrg, proxy: ConnectProxy, directory: Path) -> dict[str, str]:
    """Log in as a step with `export-env: true`, and return what later steps find in their environment.

    In a project, the CLI takes an instance URL of Salesforce's only; a proxy leads there.
    """
    files = {name: str(directory / name) for name in ("GITHUB_OUTPUT", "GITHUB_ENV")}
    environ = {"PATH": os.environ["PATH"], "SFJWT_EXPORT_ENV": "true", **org.environ, **files}
    environ |= {"HTTPS_PROXY": proxy.url, "SFJWT_LOGIN_URL": "acme.my.salesforce.com"}
    subprocess.run([sys.executable, "-m", "sfjwt_action", "login"], env=environ, check=True, capture_output=True)
    return records((directory / "GITHUB_ENV").read_text())


@pytest.mark.node
@pytest.mark.usefixtures("node_clients")
class TestSfCli:
    @pytest.fixture
    def deploy(
        self, local_org: LocalOrg, proxy: ConnectProxy, tmp_path: Path
    ) -> Callable[[str], subprocess.CompletedProcess[str]]:
        def run(body: str) -> subprocess.CompletedProcess[str]:
            project(tmp_path, body)
            sf = SfCli(local_org, tmp_path, exported(local_org, proxy, tmp_path) | {"HTTPS_PROXY": proxy.url})
            login = SF_CLI_LOGIN.replace('"$SF_ORG_INSTANCE_URL"', sf.environ["SF_ORG_INSTANCE_URL"]).split()[1:]
            outputs = [
                sf.run(*login),
                sf.run("org", "display"),
                sf.run("project", "deploy", "start", "-d", "force-app"),
            ]
            printed = "".join(done.stdout + done.stderr for done in outputs)
            assert token_parts(sf.environ["SF_ACCESS_TOKEN"], printed) == []
            return outputs[-1]

        return run

    def test_deploys_an_apex_class(
        self, deploy: Callable[[str], subprocess.CompletedProcess[str]], local_org: LocalOrg
    ) -> None:
        before = zips(local_org)
        deployed = deploy(GOOD)
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        assert "Succeeded" in deployed.stdout
        (arrived,) = zips(local_org) - before
        with zipfile.ZipFile(arrived) as archive:
            (name,) = [name for name in archive.namelist() if name.endswith("Hello.cls")]
            assert archive.read(name).decode() == GOOD
            assert "package.xml" in " ".join(archive.namelist())

    def test_shows_why_a_class_does_not_compile(
        self, deploy: Callable[[str], subprocess.CompletedProcess[str]]
    ) -> None:
        failed = deploy(BAD)
        assert failed.returncode != 0
        assert "Missing '}' at '<EOF>'" in failed.stdout + failed.stderr


def zips(org: LocalOrg) -> set[Path]:
    return set((org.directory / "deployments").glob("*.zip"))


def token_parts(token: str, text: str) -> list[str]:
    """Any 20 characters of a token in a row that stand in a text: a mask matches only the whole of it."""
    text = "".join(text.split())
    return [token[i : i + 20] for i in range(len(token) - 19) if token[i : i + 20] in text]


ENVELOPE = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="http://soap.sforce.com/2006/04/metadata">'
    "<e:Header><SessionHeader><sessionId>{token}</sessionId></SessionHeader></e:Header>"
    "<e:Body>{body}</e:Body></e:Envelope>"
)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("<deploy><ZipFile>bm8gemlw</ZipFile></deploy>", "ZipFile is not a zip in base64"),
        ("<deploy><ZipFile>?</ZipFile></deploy>", "ZipFile is not a zip in base64"),
        ("<checkDeployStatus><asyncProcessId>0Af</asyncProcessId></checkDeployStatus>", "no deployment has this id"),
        ("<describeMetadata/>", "No operation available for request describeMetadata"),
        ("", "No operation available"),
        ("<", "not well-formed"),
    ],
)
def test_what_cannot_be_done(body: str, says: str, client: Client) -> None:
    response = soap(client, client.log_in()["access_token"], body)
    assert response.status_code == 500
    assert says in response.text


def test_a_session_that_is_none(client: Client) -> None:
    assert "INVALID_SESSION_ID" in soap(client, "00D!no", "<describeMetadata/>").text


def test_more_braces_than_needed(client: Client, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as archive:
        archive.writestr("classes/Hello.cls", GOOD + "}")
    content = base64.b64encode((tmp_path / "one.zip").read_bytes()).decode()
    token = client.log_in()["access_token"]
    started = soap(client, token, f"<deploy><ZipFile>{content}</ZipFile></deploy>").text
    deploy_id = started.partition("<id>")[2].partition("</id>")[0]
    check = f"<checkDeployStatus><asyncProcessId>{deploy_id}</asyncProcessId></checkDeployStatus>"
    assert "<status>InProgress</status>" in soap(client, token, check).text
    ended = soap(client, token, check).text
    assert "<status>Failed</status>" in ended
    assert "Extra '}', at end of file" in ended


def soap(client: Client, token: str, body: str) -> requests.Response:
    url = f"{client.org.url}/services/Soap/m/66.0"
    return client.http.post(url, data=ENVELOPE.format(token=token, body=body), timeout=10)
