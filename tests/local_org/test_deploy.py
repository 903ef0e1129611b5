"""The unmodified sf CLI deploys to the local org with a login from `export-env`."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Protocol

import pytest
from local_org.client import Client
from local_org.connect_proxy import ConnectProxy
from local_org.node_clients import SfCli
from support import LocalOrg, records

from sfjwt_action.report.story import SF_CLI_LOGIN

GOOD = "public class Hello {\n  public static String greet() { return 'hi'; }\n}\n"
META = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<ApexClass xmlns="http://soap.sforce.com/2006/04/metadata">'
    "<apiVersion>66.0</apiVersion><status>Active</status></ApexClass>\n"
)
FIELD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<CustomField xmlns="http://soap.sforce.com/2006/04/metadata">'
    "<fullName>Color__c</fullName><label>Color</label><length>9</length><type>Text</type></CustomField>\n"
)


class Deploy(Protocol):
    """Deploys a valid or an invalid project."""

    def __call__(self, *, has_orphan: bool = False) -> subprocess.CompletedProcess[str]: ...


def project(directory: Path, body: str, *, has_orphan: bool = False) -> None:
    """Create a project with one Apex class and, if it has to fail, with a field of an unknown object."""
    classes = directory / "force-app" / "main" / "default" / "classes"
    classes.mkdir(parents=True)
    settings = {"packageDirectories": [{"path": "force-app", "default": True}], "sourceApiVersion": "66.0"}
    (directory / "sfdx-project.json").write_text(json.dumps(settings))
    (classes / "Hello.cls").write_text(body)
    (classes / "Hello.cls-meta.xml").write_text(META)
    if has_orphan:
        fields = classes.parent / "objects" / "Nothing__c" / "fields"
        fields.mkdir(parents=True)
        (fields / "Color__c.field-meta.xml").write_text(FIELD)


def exported(org: LocalOrg, proxy: ConnectProxy, directory: Path) -> dict[str, str]:
    """Log in as a step with `export-env: true`, and return what later steps find in their environment.

    In a project, the CLI only accepts Salesforce's instance URLs, so a proxy connects them to the local org.
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
    def deploy(self, local_org: LocalOrg, proxy: ConnectProxy, tmp_path: Path) -> Deploy:
        def run(*, has_orphan: bool = False) -> subprocess.CompletedProcess[str]:
            project(tmp_path, GOOD, has_orphan=has_orphan)
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

    def test_deploys_an_apex_class(self, deploy: Deploy, local_org: LocalOrg) -> None:
        before = zips(local_org)
        deployed = deploy()
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        assert "Succeeded" in deployed.stdout
        assert "1/1 (100%)" in deployed.stdout
        (arrived,) = zips(local_org) - before
        with zipfile.ZipFile(arrived) as archive:
            (name,) = [name for name in archive.namelist() if name.endswith("Hello.cls")]
            assert archive.read(name).decode() == GOOD
            assert "package.xml" in " ".join(archive.namelist())

    def test_deploys_from_a_project_to_localhost(self, local_org: LocalOrg, client: Client, tmp_path: Path) -> None:
        project(tmp_path, GOOD)
        sf = SfCli(local_org, tmp_path, {"SF_ACCESS_TOKEN": client.log_in()["access_token"]})
        login = ["org", "login", "access-token", "--instance-url", local_org.url, "--no-prompt", "--set-default"]
        deploy = ["project", "deploy", "start", "--source-dir", "force-app"]
        for command in (login, deploy):
            done = sf.run(*command)
            assert done.returncode == 0, done.stdout + done.stderr
        sf.environ["SF_INSTANCE_URL"] = local_org.url
        failed = sf.run(*deploy)
        assert "InvalidProjectLoginUrlError" in failed.stdout + failed.stderr

    def test_shows_what_is_missing(self, deploy: Deploy) -> None:
        failed = deploy(has_orphan=True)
        assert failed.returncode != 0
        assert "no CustomObject named Nothing__c found" in failed.stdout + failed.stderr


def zips(org: LocalOrg) -> set[Path]:
    return set((org.directory / "deployments").glob("*.zip"))


def token_parts(token: str, text: str) -> list[str]:
    """Any 20 consecutive characters of a token in a text, because a mask only matches the whole token."""
    text = "".join(text.split())
    return [token[i : i + 20] for i in range(len(token) - 19) if token[i : i + 20] in text]
