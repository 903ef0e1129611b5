"""The first fix is the right one for every error, which the local org returns for its real reason if it can."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network

import pytest
from faults.harness import Step, assert_no_secrets
from key_material import KeyMaterial
from local_org.connect_proxy import running_connect_proxy
from local_org.served import Server

from sfjwt_action.local_org.acme import CONSUMER_KEY, EXTERNAL_CLIENT_APP_CONSUMER_KEY, USERNAME
from sfjwt_action.local_org.model import Fault, LocalSalesforce

Change = Callable[[LocalSalesforce], LocalSalesforce]


def same(salesforce: LocalSalesforce) -> LocalSalesforce:
    return salesforce


def org(**changes: object) -> Change:
    """Change the production org."""
    return lambda salesforce: replace(
        salesforce,
        orgs=(replace(salesforce.orgs[0], **changes), *salesforce.orgs[1:]),  # type: ignore[arg-type]
    )


def app(**changes: object) -> Change:
    """Change the production org's Connected App."""

    def change(salesforce: LocalSalesforce) -> LocalSalesforce:
        first, *others = salesforce.orgs[0].apps
        return org(apps=(replace(first, **changes), *others))(salesforce)  # type: ignore[arg-type]

    return change


def user(**changes: object) -> Change:
    """Change the production org's user."""
    return lambda salesforce: org(users=(replace(salesforce.orgs[0].users[0], **changes),))(salesforce)  # type: ignore[arg-type]


def faults(status: int, body: object, **headers: str) -> Change:
    """Let the token endpoint return another response, four times."""
    text = body if isinstance(body, str) else json.dumps(body)
    fault = Fault(status, text, tuple((name.replace("_", "-"), value) for name, value in headers.items()))
    return lambda salesforce: replace(salesforce, faults=[fault] * 4)


def refusal(error: str, description: str) -> Change:
    return faults(400, {"error": error, "error_description": description})


@dataclass(frozen=True)
class State:
    """A problem in Salesforce or in the inputs, what Salesforce says, and the expected first cause and fix."""

    row: int
    change: Change
    says: str
    first: str
    step: str
    login_url: str = ""
    inputs: dict[str, str] = field(default_factory=dict)
    exit_code: int = 3


NOBODY: frozenset[str] = frozenset()
ASSIGN = "Add the profile or a permission set of ci@acme.example"
ASSIGNMENT = "assigned to the user's profile"
HOURS = (0, 0)
FAR_AWAY = IPv4Network("192.0.2.0/24")
LOGIN = "https://login.salesforce.com"

STATES = {
    "the user never approved the app": State(
        1,
        app(preauthorized=NOBODY, admin_approved_only=False),
        "invalid_grant: user hasn't approved this consumer",
        ASSIGNMENT,
        ASSIGN,
    ),
    "a sandbox's user at production": State(
        1,
        same,
        "invalid_grant: user hasn't approved this consumer",
        ASSIGNMENT,
        "Set `login-url` to the sandbox's My Domain",
        LOGIN,
        {"username": f"{USERNAME}.uat"},
    ),
    "production's user at test": State(
        1,
        same,
        "invalid_grant: user hasn't approved this consumer",
        ASSIGNMENT,
        "Set `login-url` to the org's My Domain",
        "https://test.salesforce.com",
    ),
    "the user is not assigned to the app": State(
        3,
        app(preauthorized=NOBODY),
        "invalid_app_access: user is not admin approved to access this app",
        ASSIGNMENT,
        ASSIGN,
    ),
    "an unknown consumer key": State(
        4,
        same,
        "invalid_client_id: client identifier invalid",
        "`consumer-key` isn't the app's consumer key",
        "Copy the consumer key",
        inputs={"consumer_key": "3MVG9nobodys"},
    ),
    "an app of another org": State(
        5,
        org(apps=()),
        "invalid_client: app must be installed into org",
        "never installed in this org",
        "click Install",
    ),
    "another certificate in the app": State(
        6,
        app(public_keys=()),
        "invalid_grant: invalid assertion",
        "The private key doesn't match",
        "Upload the certificate that was created with this private key",
    ),
    "the audience of another host": State(
        7,
        same,
        "invalid_grant: audience is invalid",
        "`audience` names the wrong host",
        "Remove `audience`",
        inputs={"audience": "https://partners.acme.example"},
    ),
    "no refresh_token scope": State(
        9,
        app(scopes=("api",)),
        "invalid_request: refresh_token scope is required",
        "“Perform requests at any time”",
        "selected OAuth scopes",
    ),
    "an External Client App at login": State(
        10,
        same,
        "app_not_found: External client app is not installed in this org",
        "isn't a My Domain",
        "Copy the Current My Domain URL",
        LOGIN,
        {"consumer_key": EXTERNAL_CLIENT_APP_CONSUMER_KEY},
    ),
    "an unknown user": State(
        11,
        same,
        "invalid_grant: authentication failure",
        "The username is wrong",
        "search for nobody@acme.example",
        inputs={"username": "nobody@acme.example"},
    ),
    "a frozen user": State(
        11, user(is_frozen=True), "invalid_grant: authentication failure", "is frozen", "click Unfreeze"
    ),
    "a user without API access": State(
        11, user(has_api_access=False), "invalid_grant: authentication failure", "API access", "Select API Enabled"
    ),
    "a deactivated user": State(
        12, user(is_active=False), "invalid_grant: inactive user", "deactivated the user", "select Active"
    ),
    "a locked org": State(13, org(is_locked=True), "inactive_org", "has expired or was closed", "login page shows"),
    "too many logins": State(
        14,
        lambda salesforce: replace(salesforce, logins_an_hour=0),
        "invalid_grant: login rate exceeded",
        "Many jobs log in as this user",
        "Wait an hour",
    ),
    "an IP address out of range": State(
        15, user(login_ip_range=FAR_AWAY), "invalid_grant: ip restricted", "Login IP Ranges", "Set IP Relaxation"
    ),
    "an hour of the night": State(
        16, user(login_hours=HOURS), "invalid_grant: invalid login hours", "Login Hours", "Under Login Hours"
    ),
    "no grant type": State(
        17,
        refusal("unsupported_grant_type", "grant type not supported"),
        "unsupported_grant_type: grant type not supported",
        "The JWT bearer flow isn't enabled",
        "Select Enable JWT Bearer Flow",
    ),
    "no scopes": State(
        18, app(scopes=()), "invalid_grant: no valid scopes defined", "no OAuth scopes", "selected OAuth scopes"
    ),
    "My Domain wanted": State(
        19,
        org(wants_my_domain=True),
        "invalid_grant: request not supported on this domain",
        "prevents logins",
        "Copy the Current My Domain URL",
        LOGIN,
    ),
    "a blocked app": State(
        20,
        app(is_blocked=True),
        "OAUTH_APP_BLOCKED: this app is blocked by admin",
        "blocked the app",
        "Click Unblock",
    ),
    "stale approvals": State(
        21,
        refusal("invalid_grant", "too many scopes requested"),
        "too many scopes requested",
        "approvals from before",
        "Click Revoke",
    ),
    "the flow is off": State(
        22,
        app(allows_jwt_bearer=False),
        "unauthorized_client",
        "The JWT bearer flow isn't enabled",
        "Select Enable JWT Bearer Flow",
    ),
    "a passing failure": State(
        23,
        refusal("unknown_error", "retry your request"),
        "unknown_error: retry your request",
        "Salesforce has an incident",
        "status.salesforce.com",
    ),
    "maintenance": State(
        24, faults(503, "<html>"), "HTTP 503", "under maintenance", "status.salesforce.com", exit_code=4
    ),
    "throttled": State(
        25, faults(429, "", Retry_After="1"), "HTTP 429", "Many jobs", "Run the job again later", exit_code=4
    ),
    "a My Domain that was renamed": State(
        26,
        org(former_my_domain="old.my.salesforce.com"),
        "redirects to https://acme.my.salesforce.com",
        "was renamed",
        "Copy the Current My Domain URL",
        "https://old.my.salesforce.com",
    ),
}


@pytest.mark.parametrize("name", STATES)
def test_the_first_fix_is_the_right_one(
    name: str, salesforce: LocalSalesforce, step: Step, server: Server, material: KeyMaterial
) -> None:
    state = STATES[name]
    inputs = {"consumer_key": CONSUMER_KEY, "username": USERNAME, **state.inputs}
    with server.serving(state.change(salesforce)) as org, running_connect_proxy(org.port) as proxy:
        environ = {"HTTPS_PROXY": proxy.url} if state.login_url else {}
        outcome = step.login(state.login_url or org.url, environ=environ, **inputs)

    assert outcome.exit_code == state.exit_code, outcome.log
    lead, cause, *rest = outcome.error.split("\n")
    assert state.says in lead
    assert state.first in cause
    assert any(state.step in line for line in rest), outcome.error
    assert not outcome.published
    assert_no_secrets(outcome, material)


def test_an_unchanged_org_accepts_the_login(salesforce: LocalSalesforce, step: Step, server: Server) -> None:
    relaxed = app(relaxes_ip=True)(user(login_ip_range=FAR_AWAY, login_hours=(0, 24))(salesforce))
    with server.serving(relaxed) as org:
        outcome = step.login(org.url, consumer_key=CONSUMER_KEY, username=USERNAME)
    assert outcome.exit_code == 0, outcome.log
    assert "### Logged in to Salesforce" in outcome.files["GITHUB_STEP_SUMMARY"]


def test_a_matching_certificate_rules_out_the_key(
    salesforce: LocalSalesforce, step: Step, server: Server, material: KeyMaterial
) -> None:
    certificate = material.text("server.crt")
    with server.serving(app(public_keys=())(salesforce)) as org:
        outcome = step.login(org.url, consumer_key=CONSUMER_KEY, username=USERNAME, certificate=certificate)
    assert "another certificate" in outcome.error


def test_every_row_of_the_facts_that_a_login_can_meet_is_here() -> None:
    local_or_later = {2, 6, 8, 27, 28, 29}
    assert {state.row for state in STATES.values()} | local_or_later == set(range(1, 30))
