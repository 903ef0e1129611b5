"""The sf CLI and the Metadata API accept the app's metadata."""

import json
import re
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring, parse

import pytest
from local_org.node_clients import MODULES, SfCli, install
from support import LocalOrg
from unit.onboarding.command import init
from unit.onboarding.metadata_types import NAMESPACE, MetadataTypes

LABEL = "CI & <deploy>"
EXTERNAL_CLIENT_APP = {
    "CI_deploy": [
        "ExternalClientApplication",
        "ExtlClntAppOauthSettings",
        "ExtlClntAppGlobalOauthSettings",
        "PermissionSet",
    ],
    "CI_deploy_defaultPolicy": ["ExtlClntAppConfigurablePolicies", "ExtlClntAppOauthConfigurablePolicies"],
}
CONNECTED_APP = {"CI_deploy": ["ConnectedApp", "PermissionSet"]}

each_kind = pytest.mark.parametrize(
    ("flags", "components"),
    [((), EXTERNAL_CLIENT_APP), (("--connected-app",), CONNECTED_APP)],
    ids=["eca", "connected"],
)


def metadata(login: Path) -> dict[str, Element]:
    return {path.name: parse(path).getroot() for path in (login / "force-app").rglob("*.xml")}


def value(root: Element, name: str) -> str:
    return root.findtext(f"{NAMESPACE}{name}", "")


def test_the_parts_of_an_external_client_app_refer_to_each_other(tmp_path: Path) -> None:
    files = metadata(init(tmp_path, "--label", LABEL))
    assert value(files["CI_deploy.eca-meta.xml"], "label") == LABEL
    for name, root in files.items():
        if not name.startswith("CI_deploy.eca-") and "permissionset" not in name:
            assert value(root, "externalClientApplication") == "CI_deploy", name
    policy = files["CI_deploy_defaultPolicy.ecaOauthPlcy-meta.xml"]
    assert value(policy, "commaSeparatedPermissionSet") == "CI_deploy"
    assert value(policy, "permittedUsersPolicyType") == "AdminApprovedPreAuthorized"
    assert value(files["CI_deploy.ecaOauth-meta.xml"], "commaSeparatedOauthScopes") == "Api, Web, RefreshToken"


def test_the_app_has_the_certificate_and_no_secret(tmp_path: Path) -> None:
    login = init(tmp_path, "--label", LABEL)
    settings = metadata(login)["CI_deploy.ecaGlblOauth-meta.xml"]
    assert value(settings, "certificate") == (login / "server.crt").read_text()
    assert not [child.tag for child in settings if re.search("consumer(Key|Secret)$", child.tag)]


def test_a_connected_app_is_pre_authorized_for_the_permission_set(tmp_path: Path) -> None:
    login = init(tmp_path, "--label", LABEL, "--connected-app")
    app = metadata(login)["CI_deploy.connectedApp-meta.xml"]
    (oauth,) = app.findall(f"{NAMESPACE}oauthConfig")
    assert value(app, "permissionSetName") == "CI_deploy"
    assert value(oauth, "isAdminApproved") == "true"
    assert value(oauth, "certificate") == (login / "server.crt").read_text()
    assert [scope.text for scope in oauth.findall(f"{NAMESPACE}scopes")] == ["Api", "Web", "RefreshToken"]


@pytest.fixture(scope="module")
def types() -> MetadataTypes:
    install()
    return MetadataTypes.of(MODULES / "@salesforce" / "types")


@pytest.mark.node
@each_kind
def test_each_file_is_of_its_type(tmp_path: Path, types: MetadataTypes, flags: list[str], components: object) -> None:
    files = metadata(init(tmp_path, "--label", LABEL, *flags))
    assert len(files) == (6 if components is EXTERNAL_CLIENT_APP else 2)
    for name, root in files.items():
        assert types.problems(root) == [], name


@pytest.mark.node
def test_the_type_check_finds_mistakes(types: MetadataTypes) -> None:
    root = fromstring(
        '<ExtlClntAppOauthConfigurablePolicies xmlns="http://soap.sforce.com/2006/04/metadata">'
        "<isEnabled>true</isEnabled><sessionTimeoutInMinutes>soon</sessionTimeoutInMinutes>"
        "<permittedUsersPolicyType>AllUsers</permittedUsersPolicyType><label>A</label><label>B</label>"
        "</ExtlClntAppOauthConfigurablePolicies>"
    )
    assert types.problems(root) == [
        "ExtlClntAppOauthConfigurablePolicies has no field isEnabled",
        "ExtlClntAppOauthConfigurablePolicies.externalClientApplication is missing",
        "ExtlClntAppOauthConfigurablePolicies.label is there more than once",
        "sessionTimeoutInMinutes: 'soon' is no number",
        "permittedUsersPolicyType: 'AllUsers' is no PermittedUsersPolicyType",
    ]


@pytest.mark.node
@each_kind
def test_the_sf_cli_maps_each_file_to_its_type(
    tmp_path: Path, local_org: LocalOrg, flags: list[str], components: dict[str, list[str]]
) -> None:
    install()
    login = init(tmp_path, "--label", LABEL, *flags)

    converted = SfCli(local_org, login)("project", "convert", "source", "--output-dir", "converted")

    assert converted["location"] == str(login / "converted")
    manifest = parse(login / "converted" / "package.xml").getroot()
    found = {
        (value(types, "name"), member.text)
        for types in manifest.findall(f"{NAMESPACE}types")
        for member in types.findall(f"{NAMESPACE}members")
    }
    assert found == {(kind, member) for member, kinds in components.items() for kind in kinds}
    sources = {path.name.removesuffix("-meta.xml") for path in (login / "force-app").rglob("*.xml")}
    assert {path.name for path in (login / "converted").rglob("*.*")} == {*sources, "package.xml"}


@pytest.mark.node
def test_the_sf_cli_deploys_it_as_the_steps_say(tmp_path: Path, local_org: LocalOrg) -> None:
    install()
    login = init(tmp_path)
    sf = SfCli(local_org, login)
    environ = local_org.environ
    sf(
        *("org", "login", "jwt", "--alias", "admin", "--username", environ["SFJWT_USERNAME"]),
        *("--client-id", environ["SFJWT_CONSUMER_KEY"], "--jwt-key-file", environ["SFJWT_PRIVATE_KEY_FILE"]),
        *("--instance-url", local_org.url),
    )
    step = re.search(r"sf (project deploy start [^)]*)\)", (login / "NEXT-STEPS.md").read_text())
    assert step
    done = sf.run(*step[1].split(), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["result"]["status"] == "Succeeded"
