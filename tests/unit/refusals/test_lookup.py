"""Each of Salesforce's errors leads to its entry, its likeliest cause, and whether another attempt can help."""

import pytest

from sfjwt_action.refusals.catalog import CATALOG
from sfjwt_action.refusals.lookup import (
    audience_rank,
    find_entry,
    is_transient,
    may_propagate,
    rank_causes,
    suggests_clock_skew,
    suggests_wrong_key,
)
from sfjwt_action.refusals.model import Clue
from sfjwt_action.refusals.refusal import Refusal

WORDS = [
    ("invalid_grant", "user hasn't approved this consumer", "user-has-not-approved-this-consumer", "assigned"),
    ("invalid_grant", "user hasn\u2019t approved this consumer", "user-has-not-approved-this-consumer", "assigned"),
    ("invalid_grant", "user+hasn%27t+approved+this+consumer", "user-has-not-approved-this-consumer", "assigned"),
    ("invalid_app_access", "user is not admin approved to access this app", "user-is-not-admin-approved", "assigned"),
    ("OAUTH_APP_ACCESS_DENIED", "", "user-is-not-admin-approved", "assigned"),
    ("invalid_client_id", "client identifier invalid", "client-identifier-invalid", "consumer key"),
    ("invalid_client", "app must be installed into org", "app-must-be-installed-into-org", "never installed"),
    ("invalid_client", "invalid client credentials", "invalid-client-credentials", "another org"),
    ("invalid_client", "", "invalid-client-credentials", "another org"),
    ("invalid_grant", "invalid assertion", "invalid-assertion", "doesn't match the certificate"),
    ("invalid_grant", "audience is invalid", "audience-is-invalid", "My Domain"),
    ("invalid_grant", "Audience validation failed", "audience-is-invalid", "My Domain"),
    ("invalid_grant", "expired authorization code", "expired-authorization-code", "clock"),
    ("invalid_request", "refresh_token scope is required", "refresh-token-scope-is-required", "scope"),
    ("app_not_found", "External client app is not installed", "external-client-app-is-not-installed", "refresh"),
    ("invalid_grant", "authentication failure", "authentication-failure", "username is wrong"),
    ("invalid_grant", "inactive user", "inactive-user", "deactivated"),
    ("inactive_org", "", "inactive-org", "expired or was closed"),
    ("invalid_grant", "login rate exceeded", "login-rate-exceeded", "Many jobs"),
    (
        "invalid_grant",
        "ip restricted or invalid login hours",
        "ip-restricted-or-invalid-login-hours",
        "Login IP Ranges",
    ),
    ("invalid_grant", "ip restricted", "ip-restricted", "Login IP Ranges"),
    ("invalid_grant", "invalid login hours", "invalid-login-hours", "Login Hours"),
    ("unsupported_grant_type", "grant type not supported", "unsupported-grant-type", "isn't enabled"),
    ("invalid_grant", "no valid scopes defined", "no-valid-scopes-defined", "scopes"),
    ("invalid_grant", "request not supported on this domain", "request-not-supported-on-this-domain", "login."),
    ("OAUTH_APP_BLOCKED", "this app is blocked by admin", "app-is-blocked", "blocked"),
    ("invalid_scope", "too many scopes requested", "too-many-scopes-requested", "approvals"),
    ("unauthorized_client", "", "unauthorized-client", "isn't enabled"),
    ("unknown_error", "retry your request", "retry-your-request", "Salesforce has an incident"),
    ("INVALID_SESSION_ID", "Session expired or invalid", "session-expired-or-invalid", "revoked"),
    ("Bad_OAuth_Token", "", "session-expired-or-invalid", "revoked"),
    (
        "INVALID_SESSION_ID",
        "This session is not valid for use with the REST API",
        "session-not-valid-for-the-rest-api",
        "scope api",
    ),
    ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", "request-limit-exceeded", "24 hours"),
    ("API_DISABLED_FOR_ORG", "", "api-disabled", "API Enabled"),
    ("API_CURRENTLY_DISABLED", "", "api-disabled", "API Enabled"),
]
STATUSES = [(408, "throttled"), (425, "throttled"), (429, "throttled"), (500, "server-error"), (503, "server-error")]


@pytest.mark.parametrize(("error", "description", "slug", "cause"), WORDS)
def test_words(error: str, description: str, slug: str, cause: str) -> None:
    entry = find_entry(Refusal(400, error, description))
    assert entry is not None
    assert entry.slug == slug
    assert cause in rank_causes(entry, frozenset())[0].problem


@pytest.mark.parametrize(("status", "slug"), STATUSES)
def test_statuses(status: int, slug: str) -> None:
    refusal = Refusal(status, "", "")
    entry = find_entry(refusal)
    assert entry is not None
    assert entry.slug == slug
    assert is_transient(refusal)


def test_every_entry_has_words_here() -> None:
    assert {slug for *_, slug, _ in WORDS} | {slug for _, slug in STATUSES} | {"redirect"} == {
        entry.slug for entry in CATALOG
    }


def refusals_that(test: object) -> set[str]:
    return {slug for error, said, slug, _ in WORDS if test(Refusal(400, error, said))}  # type: ignore[operator]


def test_errors_that_another_attempt_can_fix() -> None:
    assert refusals_that(is_transient) == {"retry-your-request"}
    assert refusals_that(suggests_wrong_key) == {"invalid-assertion"}
    assert refusals_that(suggests_clock_skew) == {"invalid-assertion", "expired-authorization-code"}
    assert refusals_that(may_propagate) == {
        "user-has-not-approved-this-consumer",
        "client-identifier-invalid",
        "external-client-app-is-not-installed",
    }
    assert {slug: rank for error, said, slug, _ in WORDS if (rank := audience_rank(Refusal(400, error, said)))} == {
        "user-has-not-approved-this-consumer": 1,
        "external-client-app-is-not-installed": 2,
        "audience-is-invalid": 3,
    }


def test_unknown_words_have_no_entry() -> None:
    refusal = Refusal(400, "something_new", "never seen")
    assert find_entry(refusal) is None
    assert audience_rank(refusal) == 0
    assert not any(test(refusal) for test in (is_transient, suggests_wrong_key, suggests_clock_skew, may_propagate))


def first_cause(words: str, *clues: Clue) -> str:
    entry = find_entry(Refusal(400, "invalid_grant", words))
    assert entry is not None
    return rank_causes(entry, frozenset(clues))[0].problem


@pytest.mark.parametrize("clue", [Clue.SANDBOX_USERNAME, Clue.PRODUCTION_USERNAME])
def test_a_weak_clue_adds_a_cause_but_does_not_lead(clue: Clue) -> None:
    entry = find_entry(Refusal(400, "invalid_grant", "user hasn't approved this consumer"))
    assert entry is not None
    without, with_clue = (rank_causes(entry, clues) for clues in (frozenset[Clue](), frozenset({clue})))
    assert with_clue[0] == without[0]
    assert [cause.only_if for cause in set(with_clue) - set(without)] == [clue]


def test_a_strong_clue_leads_and_can_rule_out_a_cause() -> None:
    assert "match, so the app has another certificate" in first_cause(
        "invalid assertion", Clue.CERTIFICATE_MATCHES, Clue.CLOCK_RIGHT
    )
    assert "`audience`" in first_cause("audience is invalid", Clue.OWN_AUDIENCE)
    assert "slow network" in first_cause("expired authorization code", Clue.CLOCK_RIGHT)


@pytest.mark.parametrize("words", ["authentication failure", "inactive user"])
def test_salesforce_freezes_users_seen_from_risky_addresses(words: str) -> None:
    entry = find_entry(Refusal(400, "invalid_grant", words))
    assert entry is not None
    assert any("VPN" in cause.problem for cause in entry.causes)
