"""Deploys, retrieves and lists, with a client that sends exactly what a test sets."""

import io
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from local_org.client import Client
from local_org.packages import (
    HELLO,
    HELLO_TEST,
    NAMESPACE,
    MetadataClient,
    class_files,
    manifest,
    plain,
    text,
    zipped,
)
from support import running_local_org

OBJECT = (
    f"<CustomObject {NAMESPACE}>{{fields}}<deploymentStatus>Deployed</deploymentStatus><label>Box</label>"
    "</CustomObject>"
)
FIELD = "<fields><fullName>{name}</fullName><label>{label}</label><length>9</length><type>Text</type></fields>"
TESTED = class_files("Hello", HELLO) | class_files("HelloTest", HELLO_TEST)
LOCAL_TESTS = "<testLevel>RunLocalTests</testLevel>"
VALIDATE = f"<checkOnly>true</checkOnly><rollbackOnError>true</rollbackOnError>{LOCAL_TESTS}"


def with_manifest(files: dict[str, str], **members: list[str]) -> dict[str, str]:
    return files | {"package.xml": manifest(**members)}


def hello(body: str = HELLO) -> dict[str, str]:
    return with_manifest(class_files("Hello", body), ApexClass=["Hello"])


def box(*fields: str) -> dict[str, str]:
    elements = "".join(FIELD.format(name=name, label=name) for name in fields)
    return {"objects/Box__c.object": OBJECT.format(fields=elements)}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[MetadataClient]:
    """A new org, to which nothing is deployed yet."""
    with running_local_org(tmp_path / "org") as org:
        client = Client(org)
        with client.http:
            yield MetadataClient(client)


@contextmanager
def assuming(value: Path | str, directory: Path) -> Iterator[MetadataClient]:
    """An org that assumes the results of tests."""
    with running_local_org(directory / "org", flags=("--assume-tests", str(value))) as org:
        client = Client(org)
        with client.http:
            yield MetadataClient(client)


@pytest.fixture
def shared(client: Client) -> MetadataClient:
    return MetadataClient(client)


class TestWhatIsDeployed:
    def test_created_then_unchanged_then_changed_then_deleted(self, api: MetadataClient) -> None:
        assert api.deploy(hello()).effects == {("ApexClass", "Hello"): "created"}
        assert api.deploy(hello()).effects == {("ApexClass", "Hello"): "unchanged"}
        assert api.deploy(hello(HELLO + "// more")).effects == {("ApexClass", "Hello"): "changed"}
        delete = with_manifest({"destructiveChanges.xml": manifest(ApexClass=["Hello", "Gone"])})
        deleted = api.deploy(delete)
        assert deleted.effects[("ApexClass", "Hello")] == "deleted"
        assert deleted.warnings == ["No ApexClass named: Gone found"]
        assert api.list("ApexClass") == []

    def test_a_restart_keeps_it(self, tmp_path: Path) -> None:
        for effect in ("created", "unchanged"):
            with running_local_org(tmp_path) as org:
                client = Client(org)
                with client.http:
                    assert MetadataClient(client).deploy(hello()).effects == {("ApexClass", "Hello"): effect}

    def test_every_file_is_a_component_with_its_type(self, api: MetadataClient) -> None:
        files = {
            "lwc/card/card.js": "export default class {}",
            "lwc/card/card.js-meta.xml": f"<LightningComponentBundle {NAMESPACE}/>",
            "lwc/card/card.html": "<template></template>",
            "permissionsets/Boxes.permissionset": f"<PermissionSet {NAMESPACE}/>",
            "staticresources/logo.resource": "binary",
            "staticresources/logo.resource-meta.xml": f"<StaticResource {NAMESPACE}/>",
            "reports/Sales-meta.xml": f"<ReportFolder {NAMESPACE}/>",
            "reports/Sales/Won.report": f"<Report {NAMESPACE}/>",
            "labels/CustomLabels.labels": (
                f"<CustomLabels {NAMESPACE}><labels><fullName>Hi</fullName></labels></CustomLabels>"
            ),
            **box("Color__c"),
        }
        members = {
            "LightningComponentBundle": ["card"],
            "PermissionSet": ["*"],
            "StaticResource": ["logo"],
            "Report": ["Sales/", "Sales/Won"],
            "CustomLabel": ["Hi"],
            "CustomObject": ["Box__c"],
        }
        assert api.deploy(with_manifest(files, **members)).effects == {
            ("LightningComponentBundle", "card"): "created",
            ("PermissionSet", "Boxes"): "created",
            ("StaticResource", "logo"): "created",
            ("ReportFolder", "Sales"): "created",
            ("Report", "Sales/Won"): "created",
            ("CustomLabel", "Hi"): "created",
            ("CustomObject", "Box__c"): "created",
            ("CustomField", "Box__c.Color__c"): "created",
        }

    def test_a_field_is_added_to_the_object_that_is_there(self, api: MetadataClient) -> None:
        api.deploy(with_manifest(box("Color__c"), CustomObject=["Box__c"]))
        added = api.deploy(with_manifest(box("Size__c"), CustomField=["Box__c.Size__c"]))
        assert added.effects == {("CustomField", "Box__c.Size__c"): "created"}
        assert api.list("CustomField") == ["Box__c.Color__c", "Box__c.Size__c"]
        files, _ = retrieved(api, manifest(CustomObject=["Box__c"]))
        assert files["objects/Box__c.object"].count(b"<fields>") == 2

    def test_a_lookup_is_a_relationship(self, api: MetadataClient) -> None:
        lookup = (
            "<fields><fullName>Account__c</fullName><label>A</label><referenceTo>Account</referenceTo>"
            "<relationshipName>Boxes</relationshipName><type>Lookup</type></fields>"
        )
        api.deploy(with_manifest({"objects/Box__c.object": OBJECT.format(fields=lookup)}, CustomObject=["*"]))
        for soql in ("SELECT Account__r.Name FROM Box__c", "SELECT (SELECT Id FROM Boxes__r) FROM Account"):
            assert api.client.get(f"/services/data/v66.0/query?q={soql}", api.token).status_code == 200

    def test_a_validation_leaves_no_trace(self, api: MetadataClient) -> None:
        assert api.deploy(hello(), "<checkOnly>true</checkOnly>").status == "Succeeded"
        assert api.list("ApexClass") == []

    def test_apex_is_not_parsed(self, api: MetadataClient) -> None:
        assert api.deploy(hello("public class Hello { String json = '{{{'; }")).status == "Succeeded"

    def test_latin_1_source_does_not_break_the_status(self, api: MetadataClient) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in hello("// caf\xe9\nclass Hello {}").items():
                archive.writestr(name, content.encode("latin-1"))
        deploy_id = api.start(buffer.getvalue())
        api.check(deploy_id)
        assert api.check(deploy_id)["status"] == "Succeeded"

    def test_a_package_may_be_in_a_folder(self, api: MetadataClient) -> None:
        deployed = api.deploy({f"unpackaged/{path}": content for path, content in hello().items()})
        assert deployed.effects == {("ApexClass", "Hello"): "created"}


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (class_files("Hello", HELLO), ("package.xml", "No package.xml found")),
        (
            with_manifest({}, ApexClass=["Hello"]),
            (
                "package.xml",
                "An object 'Hello' of type ApexClass was named in package.xml, but was not found in zipped directory",
            ),
        ),
        (with_manifest(class_files("Hello", HELLO)), ("classes/Hello.cls", "Not in package.xml")),
        (
            with_manifest({}, NoType=["x"]),
            ("package.xml", "Unknown type name 'NoType' specified in package.xml"),
        ),
        (
            with_manifest({"nothing/x.y": ""}),
            ("nothing/x.y", "The local org doesn't know which metadata type the folder nothing belongs to."),
        ),
        (
            with_manifest({"classes/readme.txt": ""}),
            (
                "classes/readme.txt",
                "The local org doesn't know which metadata type the file classes/readme.txt belongs to.",
            ),
        ),
        (
            with_manifest({"classes/Hello.cls": HELLO}, ApexClass=["Hello"]),
            ("classes/Hello.cls", "The local org found no classes/Hello.cls-meta.xml in the zip."),
        ),
        (
            with_manifest({"profiles/A.profile": "<Profile>"}, Profile=["A"]),
            ("profiles/A.profile", "Error parsing file: no element found"),
        ),
        (
            with_manifest(box() | {"objects/more/Box__c.object": OBJECT}, CustomObject=["*"]),
            ("objects/Box__c.object", "The local org found more than one file for it: objects/Box__c.object, "),
        ),
        ({"package.xml": "<!DOCTYPE x><Package/>"}, ("package.xml", "Error parsing file: A document type declaration")),
        (
            with_manifest(box("A__c", "A__c"), CustomObject=["*"]),
            ("objects/Box__c.object", "The local org found Box__c.A__c twice."),
        ),
        (
            with_manifest(box(""), CustomObject=["*"]),
            ("objects/Box__c.object", "The local org found fields without a name."),
        ),
        (
            with_manifest({"profiles/A.profile": "<a>" * 3000 + "</a>" * 3000}, Profile=["A"]),
            ("profiles/A.profile", "Error parsing file: Elements are nested more than 100 deep"),
        ),
        (
            with_manifest({"../x": "", "\x01": ""}),
            ("../x", "The local org doesn't know which metadata type the folder .. belongs to."),
        ),
        (
            with_manifest(box("Color__c"), CustomField=["Box__c.Color__c"]),
            ("objects/Box__c.object", "no CustomObject named Box__c found"),
        ),
    ],
)
def test_what_fails(files: dict[str, str], problem: tuple[str, str], api: MetadataClient) -> None:
    failed = api.deploy(files)
    assert failed.status == "Failed"
    (found,) = [(path, message) for path, message in failed.problems if path == problem[0]][:1]
    assert found[1].startswith(problem[1])


def test_as_many_files_as_a_zip_may_have(api: MetadataClient) -> None:
    names = [f"Set{number}" for number in range(9_999)]
    files = {f"permissionsets/{name}.permissionset": "<PermissionSet/>" for name in names}
    assert len(api.deploy(with_manifest(files, PermissionSet=names)).effects) == 9_999
    deleted = api.deploy(with_manifest({"destructiveChanges.xml": manifest(PermissionSet=names)}))
    assert set(deleted.effects.values()) == {"deleted"}
    too_many = files | {"permissionsets/One.permissionset": ""}
    _, message = api.fault(deploy_body(zipped(with_manifest(too_many, PermissionSet=["*"]))))
    assert "it has 10001 files, more than 10000" in message


def test_a_failure_rolls_everything_back_unless_told_otherwise(api: MetadataClient) -> None:
    files = with_manifest(class_files("Hello", HELLO), ApexClass=["Hello", "Missing"])
    assert api.deploy(files).status == "Failed"
    assert api.list("ApexClass") == []
    assert api.deploy(files, "<rollbackOnError>false</rollbackOnError>").status == "SucceededPartial"
    assert api.list("ApexClass") == ["Hello"]


class TestApexTests:
    @pytest.mark.parametrize("level", ["RunLocalTests", "RunAllTestsInOrg"])
    def test_they_fail_because_they_cannot_run(self, level: str, api: MetadataClient) -> None:
        failed = api.deploy(with_manifest(TESTED, ApexClass=["*"]), f"<testLevel>{level}</testLevel>")
        assert failed.status == "Failed"
        assert set(failed.failed_tests) == {"greets", "greetsAgain"}
        assert all(message.startswith("The local org doesn't run") for message in failed.failed_tests.values())
        assert api.list("ApexClass") == []

    @pytest.mark.parametrize(("assumed", "status"), [("pass", "Succeeded"), ("fail", "Failed")])
    def test_they_follow_the_assumption(self, assumed: str, status: str, tmp_path: Path) -> None:
        with assuming(assumed, tmp_path) as api:
            deployed = api.deploy(with_manifest(TESTED, ApexClass=["*"]), LOCAL_TESTS)
        assert deployed.status == status
        methods = deployed.passed_tests if assumed == "pass" else list(deployed.failed_tests)
        assert methods == ["greets (assumed)", "greetsAgain (assumed)"]
        coverage = deployed.fields["details"]["runTestResult"]["codeCoverage"]
        assert coverage["name"] == "Hello (assumed)"
        assert coverage["numLocationsNotCovered"] == ("0" if assumed == "pass" else "1")

    def test_they_follow_a_file_of_those_that_fail(self, tmp_path: Path) -> None:
        failing = tmp_path / "failing.txt"
        failing.write_text("\nhellotest.GREETS\n")
        with assuming(failing, tmp_path) as api:
            deployed = api.deploy(with_manifest(TESTED, ApexClass=["*"]), LOCAL_TESTS)
        assert deployed.status == "Failed"
        assert list(deployed.failed_tests) == ["greets (assumed)"]
        assert deployed.passed_tests == ["greetsAgain (assumed)"]
        assert deployed.fields["details"]["runTestResult"]["codeCoverage"]["numLocationsNotCovered"] == "0"

    @pytest.mark.parametrize("name", ["NoSuchTest", "HelloTest.nothing"])
    def test_one_that_is_assumed_to_fail_and_is_not_there(self, name: str, tmp_path: Path) -> None:
        failing = tmp_path / "failing.txt"
        failing.write_text(name)
        with assuming(failing, tmp_path) as api:
            failed = api.deploy(with_manifest(TESTED, ApexClass=["*"]), LOCAL_TESTS)
        assert failed.status == "Failed"
        assert failed.fields["errorMessage"].startswith("The local org has no test ")

    @pytest.mark.parametrize("name", ["NoSuchTest", "Hello", "HelloTest.nothing"])
    def test_a_missing_test(self, name: str, api: MetadataClient) -> None:
        options = f"<testLevel>RunSpecifiedTests</testLevel><runTests>{name}</runTests>"
        failed = api.deploy(with_manifest(TESTED, ApexClass=["*"]), options)
        assert failed.status == "Failed"
        assert failed.fields["errorMessage"].startswith("The local org has no test ")

    def test_apex_without_tests_is_not_covered(self, api: MetadataClient) -> None:
        failed = api.deploy(hello("not Apex"), LOCAL_TESTS)
        assert failed.status == "Failed"
        assert "at least 75% test coverage is required" in failed.fields["errorMessage"]

    def test_nothing_runs_unless_asked(self, api: MetadataClient) -> None:
        deployed = api.deploy(with_manifest(TESTED, ApexClass=["*"]))
        assert (deployed.status, deployed.fields["numberTestsTotal"]) == ("Succeeded", "0")

    def test_an_unknown_test_level(self, api: MetadataClient) -> None:
        encoded = b64encode(zipped(hello())).decode()
        options = "<DeployOptions><testLevel>RunRelevantTests</testLevel></DeployOptions>"
        code, message = api.fault(f"<deploy><ZipFile>{encoded}</ZipFile>{options}</deploy>")
        assert (code, message) == (
            "sf:INVALID_PARAMETER",
            "INVALID_PARAMETER: The local org doesn't know the test level RunRelevantTests.",
        )


class TestLater:
    def test_a_validated_deploy_is_deployed_quickly(self, tmp_path: Path) -> None:
        with assuming("pass", tmp_path) as api:
            validation = api.start(zipped(with_manifest(TESTED, ApexClass=["*"])), VALIDATE)
            (result,) = api.call(
                f"<deployRecentValidation><validationId>{validation}</validationId></deployRecentValidation>"
            )
            api.check(result.text or "")
            assert api.check(result.text or "")["status"] == "Succeeded"
            assert api.list("ApexClass") == ["Hello", "HelloTest"]

    def test_a_deploy_validated_without_tests_is_not_deployed_quickly(self, api: MetadataClient) -> None:
        validation = api.start(zipped(hello()), "<checkOnly>true</checkOnly>")
        code, _ = api.fault(
            f"<deployRecentValidation><validationId>{validation}</validationId></deployRecentValidation>"
        )
        assert code == "sf:INVALID_ID_FIELD"

    def test_a_waiting_deploy_is_canceled(self, api: MetadataClient) -> None:
        deploy_id = api.start(zipped(hello()))
        api.call(f"<cancelDeploy><String>{deploy_id}</String></cancelDeploy>")
        assert api.check(deploy_id[:15])["status"] == "Canceled"
        assert api.list("ApexClass") == []
        code, message = api.fault(f"<cancelDeploy><String>{deploy_id}</String></cancelDeploy>")
        assert (code, message) == ("sf:INVALID_ID_FIELD", "INVALID_ID_FIELD: Deployment already completed")

    def test_a_waiting_deploy_runs_before_metadata_is_listed(self, api: MetadataClient) -> None:
        api.start(zipped(hello()))
        assert api.list("ApexClass") == ["Hello"]


def retrieved(api: MetadataClient, package: str) -> tuple[dict[str, bytes], str]:
    types = package.partition("?>")[2].partition(">")[2].rpartition("</Package>")[0]
    (started,) = api.call(f"<retrieve><retrieveRequest><unpackaged>{types}</unpackaged></retrieveRequest></retrieve>")
    (result,) = api.call(
        f"<checkRetrieveStatus><asyncProcessId>{text(started, 'id')}</asyncProcessId></checkRetrieveStatus>"
    )
    with zipfile.ZipFile(io.BytesIO(b64decode(text(result, "zipFile")))) as archive:
        files = {name.removeprefix("unpackaged/"): archive.read(name) for name in archive.namelist()}
    return files, str(plain(result).get("messages", {"problem": ""})["problem"])


class TestRetrieve:
    def test_retrieves_what_was_deployed_before(self, api: MetadataClient) -> None:
        api.deploy(hello())
        files, problem = retrieved(api, manifest(ApexClass=["*"]))
        assert files["classes/Hello.cls"].decode() == HELLO
        assert b"<members>Hello</members>" in files["package.xml"]
        assert problem == ""

    def test_a_missing_component_is_reported(self, api: MetadataClient) -> None:
        _, problem = retrieved(api, manifest(ApexClass=["Hello"]))
        assert problem == "Entity of type 'ApexClass' named 'Hello' cannot be found"

    def test_the_description_has_every_type(self, shared: MetadataClient) -> None:
        (result,) = shared.call("<describeMetadata/>")
        described = {item["xmlName"]: item for item in plain(result)["metadataObjects"]}
        assert described["ApexClass"]["directoryName"] == "classes"
        assert "CustomField" in described["CustomObject"]["childXmlNames"]


def deploy_body(content: bytes) -> str:
    return f"<deploy><ZipFile>{b64encode(content).decode()}</ZipFile></deploy>"


def damaged() -> bytes:
    return zipped({"classes/Hello.cls": "abcabc"}).replace(b"abcabc", b"abcabd")


def twice() -> bytes:
    return zipped({"classes/Hello.cls": "1", "classes/HELLO.cls": "2"}).replace(b"HELLO", b"Hello")


def flagged(bits: int) -> bytes:
    """A zip with an entry that has these flags in both headers."""
    content = bytearray(zipped({"classes/Hello.cls": HELLO}))
    content[6] |= bits
    content[content.rindex(b"PK\x01\x02") + 8] |= bits
    return bytes(content)


def renamed(name: bytes, flags: int) -> bytes:
    content = zipped({"classes/Hello.cls": HELLO}).replace(b"classes/Hello.cls", name.ljust(17, b"_"))
    changed = bytearray(content)
    changed[7] |= flags
    changed[content.rindex(b"PK\x01\x02") + 9] |= flags
    return bytes(changed)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (deploy_body(b"no zip"), "it isn't a zip, or is damaged"),
        (deploy_body(b""), "it isn't a zip, or is damaged"),
        (deploy_body(zipped(hello())[:-30]), "it isn't a zip, or is damaged"),
        (deploy_body(damaged()), "classes/Hello.cls is damaged"),
        (deploy_body(twice()), "it has classes/Hello.cls more than once"),
        (deploy_body(flagged(1)), "classes/Hello.cls is encrypted"),
        (deploy_body(renamed(b"classes/H\xe9.cls", 0)), "it has a file whose name isn't UTF-8"),
        (deploy_body(renamed(b"classes/H\xe9.cls", 8)), "it has a file whose name isn't UTF-8"),
        ("<deploy><ZipFile>?</ZipFile></deploy>", "it isn't base64"),
        ("<deploy><ZipFile>\xe9</ZipFile></deploy>", "it isn't base64"),
        (
            "<deploy><DeployOptions><performRetrieve>true</performRetrieve></DeployOptions></deploy>",
            "The local org doesn't know the option performRetrieve.",
        ),
        ("<checkDeployStatus><asyncProcessId>0Af</asyncProcessId></checkDeployStatus>", "the local org has no deploy"),
        ("<checkRetrieveStatus><asyncProcessId>09S</asyncProcessId></checkRetrieveStatus>", "local org has no retriev"),
        ("<listMetadata><queries><type>NoType</type></queries></listMetadata>", "INVALID_TYPE: Unknown type:NoType"),
        ("<readMetadata/>", "The local org has no readMetadata in its Metadata API."),
        ("<nothing/>", "No operation available for request {http://soap.sforce.com/2006/04/metadata}nothing"),
        ("", "No operation available"),
        ("<", "not well-formed"),
    ],
)
def test_unsupported_operations(body: str, says: str, shared: MetadataClient) -> None:
    _, message = shared.fault(body)
    assert says in message


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(min_value=0, max_value=10_000), damage=st.binary(min_size=1, max_size=4))
def test_no_damage_to_a_zip_is_a_crash(shared: MetadataClient, place: int, damage: bytes) -> None:
    content = bytearray(zipped(hello()))
    place %= len(content)
    content[place : place + len(damage)] = damage
    response = shared.post(deploy_body(bytes(content)))
    assert response.headers["Content-Type"].startswith("text/xml")
    if response.status_code != 200:
        assert "The local org can't read ZipFile: " in response.text


def test_a_version_that_the_api_does_not_have(shared: MetadataClient) -> None:
    assert "Invalid Api version specified on URL" in shared.post("<describeMetadata/>", "99.0").text


def test_an_invalid_session(client: Client) -> None:
    code, _ = MetadataClient(client, token="00D!no").fault("<describeMetadata/>")
    assert code == "sf:INVALID_SESSION_ID"
