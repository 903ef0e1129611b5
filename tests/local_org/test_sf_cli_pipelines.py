"""What pipelines do after the login, with the unmodified sf CLI. Each test is a row of docs/local-org.md."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import parse as parse_xml
from local_org.connect_proxy import running_connect_proxy
from local_org.node_clients import SfCli
from local_org.packages import HELLO, HELLO_TEST
from local_org.test_deploy import FIELD, META, exported
from support import running_local_org

pytestmark = [pytest.mark.node, pytest.mark.usefixtures("node_clients")]

OBJECT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata">'
    "<deploymentStatus>Deployed</deploymentStatus><label>Box</label><pluralLabel>Boxes</pluralLabel>"
    "<nameField><label>Name</label><type>Text</type></nameField><sharingModel>ReadWrite</sharingModel></CustomObject>\n"
)
PERMISSION_SET = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<PermissionSet xmlns="http://soap.sforce.com/2006/04/metadata">'
    "<label>Boxes</label></PermissionSet>\n"
)
LWC_META = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<LightningComponentBundle xmlns="http://soap.sforce.com/2006/04/metadata">'
    "<apiVersion>66.0</apiVersion></LightningComponentBundle>\n"
)
SOURCE = {
    "classes/Hello.cls": HELLO,
    "classes/Hello.cls-meta.xml": META,
    "classes/HelloTest.cls": HELLO_TEST,
    "classes/HelloTest.cls-meta.xml": META,
    "lwc/card/card.js": "export default class Card {}\n",
    "lwc/card/card.html": "<template></template>\n",
    "lwc/card/card.js-meta.xml": LWC_META,
    "objects/Box__c/Box__c.object-meta.xml": OBJECT,
    "objects/Box__c/fields/Color__c.field-meta.xml": FIELD,
    "permissionsets/Boxes.permissionset-meta.xml": PERMISSION_SET,
}
COMPONENTS = 6


class Pipeline:
    """A job in a project, logged in to its own org, as later steps see it."""

    def __init__(self, sf: SfCli, directory: Path) -> None:
        self.sf = sf
        self.directory = directory

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = self.sf.run(*arguments)
        print(done.stdout, done.stderr)  # noqa: T201 - pytest shows it where a test fails
        return done

    def json(self, *arguments: str) -> tuple[int, dict[str, object]]:
        done = self.run(*arguments, "--json")
        answer: dict[str, object] = json.loads(done.stdout)
        return done.returncode, answer

    def deploy(self, *arguments: str) -> tuple[int, dict[str, object]]:
        return self.json("project", "deploy", "start", "--source-dir", "force-app", *arguments)

    def log_of_a_job(self, *arguments: str) -> str:
        """Deploy as a CI job does, where the CLI prints less of the tests, and return what people read."""
        self.sf.environ["CI"] = "true"
        done = self.run("project", "deploy", "start", "--source-dir", "force-app", *arguments)
        del self.sf.environ["CI"]
        return " ".join((done.stdout + done.stderr).split())


def pipeline(directory: Path, *flags: str) -> Iterator[Pipeline]:
    settings = {"packageDirectories": [{"path": "force-app", "default": True}], "sourceApiVersion": "66.0"}
    (directory / "sfdx-project.json").write_text(json.dumps(settings))
    for path, content in SOURCE.items():
        file = directory / "force-app" / "main" / "default" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    with running_local_org(directory / "org", flags=flags) as org, running_connect_proxy(org.port) as proxy:
        sf = SfCli(org, directory, exported(org, proxy, directory) | {"HTTPS_PROXY": proxy.url})
        instance_url = sf.environ["SF_ORG_INSTANCE_URL"]
        login = ["org", "login", "access-token", "--instance-url", instance_url, "--no-prompt", "--set-default"]
        assert sf.run(*login).returncode == 0
        yield Pipeline(sf, directory)


@pytest.fixture(scope="class")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    yield from pipeline(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="class")
def passing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    yield from pipeline(tmp_path_factory.mktemp("passing"), "--assume-tests", "pass")


def result(answer: dict[str, object]) -> dict[str, object]:
    found = answer["result"]
    assert isinstance(found, dict)
    return found


def elements(path: Path, name: str) -> list[Element]:
    root = parse_xml(path).getroot()
    assert root is not None
    return root.findall(f".//{{*}}{name}")


class TestWithoutAnAssumption:
    """The tests of a class share an org, and run in this order."""

    def test_a_dry_run_leaves_no_trace(self, plain: Pipeline) -> None:
        code, answer = plain.deploy("--dry-run")
        assert (code, result(answer)["numberComponentsTotal"]) == (0, COMPONENTS)
        _, again = plain.deploy("--dry-run")
        deployed = result(again)["files"]
        assert isinstance(deployed, list)
        assert {file["state"] for file in deployed} == {"Created"}

    def test_deploys_what_the_cli_counts(self, plain: Pipeline) -> None:
        code, answer = plain.deploy()
        assert (code, result(answer)["numberComponentsTotal"]) == (0, COMPONENTS)
        plain.run("project", "convert", "source", "--root-dir", "force-app", "--output-dir", "converted")
        assert len(elements(plain.directory / "converted" / "package.xml", "members")) == COMPONENTS

    def test_a_second_deploy_changes_nothing(self, plain: Pipeline) -> None:
        _, answer = plain.deploy()
        files = result(answer)["files"]
        assert isinstance(files, list)
        assert {file["state"] for file in files} == {"Unchanged"}

    def test_deploys_by_rest(self, plain: Pipeline) -> None:
        plain.sf.environ["SF_ORG_METADATA_REST_DEPLOY"] = "true"
        code, answer = plain.deploy()
        del plain.sf.environ["SF_ORG_METADATA_REST_DEPLOY"]
        assert (code, result(answer)["numberComponentsTotal"]) == (0, COMPONENTS)

    def test_generates_a_manifest_of_what_was_deployed(self, plain: Pipeline) -> None:
        plain.sf.environ["SF_LIST_METADATA_BATCH_SIZE"] = "50"  # instead of 500 requests at once
        assert plain.run("project", "generate", "manifest", "--from-org", "ci@acme.example").returncode == 0
        members = {element.text for element in elements(plain.directory / "package.xml", "members")}
        assert members == {"Hello", "HelloTest", "card", "Box__c", "Box__c.Color__c", "Boxes"}

    def test_retrieves_what_was_deployed(self, plain: Pipeline) -> None:
        source = plain.directory / "force-app" / "main" / "default" / "classes" / "Hello.cls"
        source.write_text("changed here")
        code, _ = plain.json("project", "retrieve", "start", "--metadata", "ApexClass:Hello")
        assert (code, source.read_text()) == (0, HELLO)

    def test_lists_metadata_and_types(self, plain: Pipeline) -> None:
        _, listed = plain.json("org", "list", "metadata", "--metadata-type", "CustomObject")
        assert [item["fullName"] for item in listed["result"]] == ["Box__c"]  # type: ignore[attr-defined]
        _, types = plain.json("org", "list", "metadata-types")
        assert "ApexClass" in json.dumps(types)

    def test_assigns_a_permission_set(self, plain: Pipeline) -> None:
        code, _ = plain.json("org", "assign", "permset", "--name", "Boxes")
        assert code == 0
        code, _ = plain.json("org", "assign", "permset", "--name", "Nothing")
        assert code != 0

    def test_creates_and_queries_records(self, plain: Pipeline) -> None:
        created = ["data", "create", "record", "--sobject", "Box__c", "--values", "Name=One Color__c=red"]
        assert plain.json(*created)[0] == 0
        query = "SELECT Id, Color__c FROM Box__c WHERE Color__c LIKE 'r%' ORDER BY Name"
        code, answer = plain.json("data", "query", "--query", query)
        assert (code, result(answer)["totalSize"]) == (0, 1)
        assert plain.run("data", "query", "--query", "SELECT COUNT() FROM Box__c").returncode == 0

    def test_rejects_unknown_soql(self, plain: Pipeline) -> None:
        refused = plain.run("data", "query", "--query", "SELECT COUNT(Id) FROM Box__c")
        assert refused.returncode != 0
        assert "The local org doesn't know functions other than COUNT()" in refused.stdout + refused.stderr

    def test_opens_a_page(self, plain: Pipeline) -> None:
        code, answer = plain.json("org", "open", "--url-only")
        assert code == 0
        assert "/secur/frontdoor.jsp?otp=" in str(result(answer)["url"])

    def test_cancels_a_deploy(self, plain: Pipeline) -> None:
        _, started = plain.deploy("--async")
        code, answer = plain.json("project", "deploy", "cancel", "--job-id", str(result(started)["id"]))
        assert (code, result(answer)["status"]) == (0, "Canceled")

    def test_resumes_a_deploy(self, plain: Pipeline) -> None:
        _, started = plain.deploy("--async")
        code, answer = plain.json("project", "deploy", "resume", "--job-id", str(result(started)["id"]))
        assert (code, result(answer)["status"]) == (0, "Succeeded")

    def test_does_not_run_tests(self, plain: Pipeline) -> None:
        code, answer = plain.deploy("--test-level", "RunLocalTests", "--junit", "--results-dir", "results")
        assert (code, result(answer)["numberTestErrors"]) == (1, 2)
        (path,) = (plain.directory / "results").rglob("*.xml")
        assert len(elements(path, "failure")) == 2
        assert "The local org doesn't run Apex tests." in path.read_text().replace("&apos;", "'")

    def test_says_in_the_log_of_a_ci_job_that_no_test_ran(self, plain: Pipeline) -> None:
        log = plain.log_of_a_job("--test-level", "RunLocalTests")
        assert "The local org doesn't run Apex tests." in log

    def test_does_not_run_tests_for_apex_run_test(self, plain: Pipeline) -> None:
        ran = plain.run(
            "apex", "run", "test", "--test-level", "RunLocalTests", "--wait", "5", "--result-format", "junit"
        )
        assert ran.returncode != 0
        assert "The local org doesn't run Apex tests." in ran.stdout.replace("&apos;", "'")

    def test_does_not_know_packages(self, plain: Pipeline) -> None:
        for command in (["package", "installed", "list"], ["package", "install", "--package", "04t000000000000AAA"]):
            refused = plain.run(*command, "--target-org", "ci@acme.example")
            assert refused.returncode != 0
            assert "The local org has no" in refused.stdout + refused.stderr

    def test_does_not_run_anonymous_apex(self, plain: Pipeline) -> None:
        (plain.directory / "run.apex").write_text("System.debug(1);")
        refused = plain.run("apex", "run", "--file", "run.apex")
        assert refused.returncode != 0
        assert "The local org has no executeAnonymous" in refused.stdout + refused.stderr

    def test_deletes_source(self, plain: Pipeline) -> None:
        code, answer = plain.json("project", "delete", "source", "--metadata", "PermissionSet:Boxes", "--no-prompt")
        assert code == 0
        deleted = result(answer)["deletedSource"]
        assert isinstance(deleted, list)
        assert [file["state"] for file in deleted] == ["Deleted"]


class TestWithAnAssumption:
    def test_validates_and_deploys_quickly(self, passing: Pipeline) -> None:
        validate = ["project", "deploy", "validate", "--source-dir", "force-app", "--test-level", "RunLocalTests"]
        code, answer = passing.json(*validate)
        assert (code, result(answer)["numberTestsCompleted"]) == (0, 2)
        code, answer = passing.json("project", "deploy", "quick", "--job-id", str(result(answer)["id"]))
        assert (code, result(answer)["status"]) == (0, "Succeeded")

    def test_tests_are_marked_as_assumed(self, passing: Pipeline) -> None:
        flags = ["--junit", "--coverage-formatters", "json-summary", "--results-dir", "results"]
        code, _ = passing.deploy("--test-level", "RunSpecifiedTests", "--tests", "HelloTest", *flags)
        assert code == 0
        (path,) = (passing.directory / "results").rglob("junit*.xml")
        assert {case.get("name") for case in elements(path, "testcase")} == {
            "greets (assumed)",
            "greetsAgain (assumed)",
        }

    def test_says_in_the_log_of_a_ci_job_that_results_are_assumed(self, passing: Pipeline) -> None:
        log = passing.log_of_a_job("--test-level", "RunLocalTests")
        assert "Status: Succeeded" in log
        assert "The local org doesn't run Apex tests." in log

    def test_a_missing_apex_test(self, passing: Pipeline) -> None:
        code, answer = passing.deploy("--test-level", "RunSpecifiedTests", "--tests", "NoSuchTest")
        assert code == 1
        assert "The local org has no test class named NoSuchTest." in json.dumps(answer)

    @pytest.mark.parametrize("flags", [["--synchronous", "--class-names", "HelloTest"], ["--wait", "5"]])
    def test_runs_tests(self, passing: Pipeline, flags: list[str]) -> None:
        ran = passing.run("apex", "run", "test", *flags, "--code-coverage", "--result-format", "json")
        assert ran.returncode == 0
        assert {test["MethodName"] for test in json.loads(ran.stdout)["result"]["tests"]} == {
            "greets (assumed)",
            "greetsAgain (assumed)",
        }

    def test_gets_the_results_of_an_earlier_run(self, passing: Pipeline) -> None:
        _, started = passing.json("apex", "run", "test", "--test-level", "RunLocalTests")
        run_id = str(result(started)["testRunId"])
        got = passing.run("apex", "get", "test", "--test-run-id", run_id, "--result-format", "json")
        assert got.returncode == 0
        assert json.loads(got.stdout)["result"]["summary"]["outcome"] == "Passed"
