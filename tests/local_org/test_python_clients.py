"""CumulusCI and sf-toolkit, unmodified: each logs in by itself, and deploys, tests or works on records."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from defusedxml.ElementTree import parse as parse_xml
from local_org.connect_proxy import ConnectProxy, running_connect_proxy
from local_org.packages import HELLO, HELLO_TEST, class_files, manifest, zipped
from local_org.python_clients import BIN, FOLDER, install
from support import LocalOrg, running_local_org

FILES = class_files("Hello", HELLO) | class_files("HelloTest", HELLO_TEST)
PROJECT = "project: {name: Boxes, package: {name: Boxes, api_version: '66.0'}}\n"
RUN_SECONDS = 120

pytestmark = pytest.mark.usefixtures("clients")


@pytest.fixture(scope="module")
def clients() -> None:
    install()


class CumulusCI:
    """CumulusCI in a project, with its own JWT login to an org."""

    def __init__(self, org: LocalOrg, proxy: ConnectProxy, directory: Path) -> None:
        self.directory = directory
        (directory / "cumulusci.yml").write_text(PROJECT)
        package = FILES | {"package.xml": manifest(ApexClass=["Hello", "HelloTest"])}
        for path, content in package.items():
            file = directory / "src" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        subprocess.run(["git", "init", "--quiet", directory], check=True)
        identity = f"{org.url}/id/00D5g00000FaXv7EAF/0055g000008Kq2VAAS"
        login = {"username": org.environ["SFJWT_USERNAME"], "instance_url": org.url, "id": identity}
        self._environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "REQUESTS_CA_BUNDLE": org.environ["SFJWT_CA_CERTIFICATES_FILE"],
            "HTTPS_PROXY": proxy.url,  # so that its question for a newer version stays on this machine
            "NO_PROXY": "localhost",
            "CUMULUSCI_KEY": "0" * 16,
            "CUMULUSCI_ORG_local": json.dumps(login),
            "SFDX_CLIENT_ID": org.environ["SFJWT_CONSUMER_KEY"],
            "SFDX_HUB_KEY": Path(org.environ["SFJWT_PRIVATE_KEY_FILE"]).read_text(),
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [BIN / "cci", "task", "run", *arguments, "--org", "local"],
            cwd=self.directory,
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )

    def test_cases(self) -> dict[str, bool]:
        """The test methods in the report, and whether each passed."""
        ran = self.run("run_tests", "--test_name_match", "%Test")
        cases = parse_xml(self.directory / "test_results.xml").findall("testcase")
        found = {str(case.get("name")): case.find("failure") is None for case in cases}
        assert (ran.returncode == 0) == all(found.values()), ran.stdout + ran.stderr
        return found


@pytest.fixture(scope="module", params=[None, "pass"])
def cumulusci(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[CumulusCI, bool]]:
    """CumulusCI, and whether its org assumes that tests pass."""
    directory = tmp_path_factory.mktemp("cumulusci")
    flags = ("--assume-tests", request.param) if request.param else ()
    with running_local_org(directory / "org", flags=flags) as org, running_connect_proxy(org.port) as proxy:
        yield CumulusCI(org, proxy, directory), bool(request.param)


def test_cumulusci_deploys_and_runs_tests(cumulusci: tuple[CumulusCI, bool]) -> None:
    cci, assumed = cumulusci
    tested = cci.run("deploy", "--path", "src", "--test_level", "RunLocalTests")
    assert (tested.returncode == 0) is assumed
    assert assumed or "The local org doesn't run Apex tests." in " ".join((tested.stdout + tested.stderr).split())

    deployed = cci.run("deploy", "--path", "src")
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr

    suffix = " (assumed)" if assumed else ""
    assert cci.test_cases() == {f"greets{suffix}": assumed, f"greetsAgain{suffix}": assumed}


def test_sf_toolkit_works_on_records_and_deploys(local_org: LocalOrg, proxy: ConnectProxy, tmp_path: Path) -> None:
    package = tmp_path / "package.zip"
    package.write_bytes(zipped(FILES | {"package.xml": manifest(ApexClass=["*"])}))
    done = subprocess.run(
        [BIN / "python", FOLDER / "sf_toolkit_pipeline.py", package],
        env=local_org.environ | {"HTTPS_PROXY": proxy.url},
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    failures = seen.pop("failures")
    assert seen == {
        "instance": "https://acme.my.salesforce.com",
        "found": ["Steel"],
        "left": 0,
        "status": "Failed",
        "created": ["Hello", "HelloTest"],
    }
    assert set(failures) == {"greets", "greetsAgain"}
    assert all(message.startswith("The local org doesn't run Apex tests.") for message in failures.values())
