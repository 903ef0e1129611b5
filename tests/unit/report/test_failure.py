"""The report of a rejected login: the cause that the context points to comes first."""

import re

import pytest
from unit.report.plans import CONSUMER_KEY, NOT_APPROVED, MakePlan, refused

from sfjwt_action.inputs.problems import InvalidInput, Problem, Problems
from sfjwt_action.inputs.settings import read_settings
from sfjwt_action.login import LoginRefused, Plan, RefusedAttempt
from sfjwt_action.refusals.catalog import CATALOG
from sfjwt_action.refusals.lookup import find_entry
from sfjwt_action.refusals.model import Entry
from sfjwt_action.refusals.refusal import Refusal
from sfjwt_action.report import layout
from sfjwt_action.report.failure import failure
from sfjwt_action.salesforce.errors import Unavailable, UntrustedResponse
from sfjwt_action.transport import Response, Unreachable


def first_advice(plan: Plan, *said: str, clock_skew: float = 0) -> str:
    first = failure(refused(plan, *said, clock_skew=clock_skew), plan).advice[0]
    return " ".join([first.problem, *first.fix])


def test_what_several_problems_share_is_said_once_and_last() -> None:
    problems = Problems()
    read_settings({}, {"GITHUB_ACTIONS": "true"}, problems)
    with pytest.raises(InvalidInput) as error:
        problems.raise_if_any()
    story = failure(error.value)
    names = [advice.problem.partition(":")[0] for advice in story.advice]
    assert names[:3] == ["consumer-key", "username", "private-key"]
    for laid_out in (layout.annotation(story), " ".join(layout.text(story)), layout.markdown(story)):
        assert laid_out.count("Dependabot") == 1
        assert laid_out.index("private-key") < laid_out.index("Dependabot")


ASSIGNMENT = "assigned to the user's profile"
SANDBOX = "seems to be a sandbox user"
PRODUCTION = "seems to be a production user"


def problems(plan: Plan, *said: str) -> list[str]:
    return [advice.problem for advice in failure(refused(plan, *said), plan).advice]


def assert_causes(plan: Plan, also: str = "") -> None:
    """The assignment leads, whatever the username looks like. A clue about the username comes second."""
    first, second, *_ = problems(plan, NOT_APPROVED)
    assert ASSIGNMENT in first
    assert also in second
    others = {SANDBOX, PRODUCTION} - {also}
    assert not [problem for problem in problems(plan, NOT_APPROVED) if any(other in problem for other in others)]
    annotation = layout.annotation(failure(refused(plan, NOT_APPROVED), plan))
    assert ASSIGNMENT in annotation
    assert also in annotation


@pytest.mark.parametrize("username", ["ci@acme.com.uat", "ci@acme.com.dev1", "ci@acme.co.uk.qa", "ci@acme.de.full"])
def test_a_sandbox_username_at_production(username: str, make_plan: MakePlan) -> None:
    assert_causes(make_plan(username=username), SANDBOX)


def test_a_scratch_org_username_at_production(make_plan: MakePlan) -> None:
    assert_causes(make_plan(username="test-abc123@example.com"), SANDBOX)


@pytest.mark.parametrize(
    "username", ["ci@acme.com.prod", "ci@acme.com.production", "ci@acme.com.devhub", "ci@acme.com.hub"]
)
def test_a_production_username_with_a_suffix(username: str, make_plan: MakePlan) -> None:
    assert_causes(make_plan(username=username))
    assert_causes(make_plan(username=username, login_url="sandbox"), PRODUCTION)


def test_a_scratch_org_username_at_test(make_plan: MakePlan) -> None:
    first, second, *_ = problems(make_plan(username="test-abc123@example.com", login_url="sandbox"), NOT_APPROVED)
    assert "scratch org is new" in first
    assert ASSIGNMENT in second


@pytest.mark.parametrize(
    ("username", "login_url"),
    [
        ("ci@acme.com", "acme--uat.sandbox.my.salesforce.com"),
        ("ci@acme.com.uat", "acme--uat.sandbox.my.salesforce.com"),
        ("ci@acme.com.uat", "acme.my.salesforce.com"),
    ],
)
def test_a_my_domain_outweighs_a_username(username: str, login_url: str, make_plan: MakePlan) -> None:
    assert_causes(make_plan(username=username, login_url=login_url))


def test_a_production_username_at_test(make_plan: MakePlan) -> None:
    assert_causes(make_plan(login_url="sandbox"), PRODUCTION)


@pytest.mark.parametrize(
    "username", ["ci@acme.com.au", "ci@acme.co.uk", "ci@acme.com", "ci@acme.de", "ci@mail.acme.com"]
)
def test_country_suffixes_are_not_sandbox_names(username: str, make_plan: MakePlan) -> None:
    assert_causes(make_plan(username=username))


def test_an_external_client_app_at_login(make_plan: MakePlan) -> None:
    advice = first_advice(make_plan(), "app_not_found: External client app is not installed in this org")
    assert "isn't a My Domain" in advice


def test_an_external_client_app_at_my_domain(make_plan: MakePlan) -> None:
    plan = make_plan(login_url="acme.my.salesforce.com")
    assert "isn't a My Domain" not in first_advice(plan, "app_not_found: x")


def test_a_rejected_signature_without_a_certificate(make_plan: MakePlan) -> None:
    advice = first_advice(make_plan(), "invalid_grant: invalid assertion")
    assert advice.startswith("The private key doesn't match")


def test_a_rejected_signature_with_a_matching_certificate(make_plan: MakePlan) -> None:
    plan = make_plan(certificate=make_plan.material.text("server.crt"))
    story = failure(refused(plan, "invalid_grant: invalid assertion"), plan)
    assert "another certificate" in story.advice[0].problem
    assert not any("private key doesn't match" in advice.problem for advice in story.advice)


@pytest.mark.parametrize("words", ["invalid_grant: invalid assertion", "invalid_grant: expired authorization code"])
def test_a_wrong_clock(words: str, make_plan: MakePlan) -> None:
    plan = make_plan()
    error = refused(plan, words, clock_skew=600)
    story = failure(error, plan)
    assert any("clock is" in advice.problem for advice in story.advice)
    assert "600 s behind" in dict(story.facts)["Clock skew"]


def test_a_corrected_clock_does_not_lead(make_plan: MakePlan) -> None:
    advice = first_advice(make_plan(), "invalid_grant: invalid assertion", clock_skew=600)
    assert advice.startswith("The private key doesn't match")


def test_a_correct_clock_is_not_a_cause(make_plan: MakePlan) -> None:
    plan = make_plan()
    story = failure(refused(plan, "invalid_grant: invalid assertion", clock_skew=30), plan)
    assert not any("clock" in advice.problem for advice in story.advice)


def test_an_explicit_audience(make_plan: MakePlan) -> None:
    advice = first_advice(make_plan(audience="https://x.example"), "invalid_grant: audience is invalid")
    assert "Remove `audience`" in advice


def test_the_most_telling_of_several_refusals_leads(make_plan: MakePlan) -> None:
    plan = make_plan(login_url="acme--uat.sandbox.my.salesforce.com", username="ci@acme.com.uat")
    error = refused(plan, "invalid_grant: audience is invalid", NOT_APPROVED, "app_not_found: not installed")
    story = failure(error, plan)
    assert "hasn't approved" in story.lead
    assert [name for name, _ in story.facts if name.startswith("Audience")] == [f"Audience {a}" for a in plan.audiences]


def test_an_unknown_error_is_shown_with_a_request_to_report_it(make_plan: MakePlan) -> None:
    plan = make_plan()
    story = failure(refused(plan, "invalid_grant: the moon is in the wrong house"), plan)
    assert "invalid_grant: the moon is in the wrong house" in story.lead
    assert "issue" in story.advice[0].fix[1]
    assert story.link == "docs/troubleshooting.md"


@pytest.mark.parametrize(
    "words",
    [
        "invalid_grant: user hasn\N{RIGHT SINGLE QUOTATION MARK}t approved this consumer",
        "invalid_grant: User%20hasn%27t%20approved%20this%20consumer",
        "INVALID_GRANT: USER HASN'T APPROVED THIS CONSUMER.",
        "Error authenticating with JWT config due to: user hasn't approved this consumer",
    ],
)
def test_wording_case_and_encoding_do_not_matter(words: str) -> None:
    error, _, description = words.partition(": ")
    entry = find_entry(Refusal(400, error, description))
    assert entry
    assert entry.slug == "user-has-not-approved-this-consumer"


@pytest.mark.parametrize("entry", CATALOG, ids=lambda entry: entry.slug)
def test_every_entry_matches_its_own_words_and_has_a_fix(entry: Entry, make_plan: MakePlan) -> None:
    plan = make_plan()
    if entry.words.startswith("HTTP "):
        refusals = [Refusal(int(status), "", "") for status in re.findall(r"\d{3}", entry.words)]
    else:
        error, _, description = entry.words.partition(", or")[0].partition(": ")
        refusals = [Refusal(400, error, description)]
    for refusal in refusals:
        assert find_entry(refusal) is entry
    story = failure(LoginRefused([RefusedAttempt(plan.signers[0], "https://x", refusals[0], 0)]), plan)
    assert story.link.endswith(f"#{entry.slug}")
    assert all(advice.problem.endswith(".") and advice.fix for advice in story.advice)
    assert "{" not in layout.annotation(story) + layout.markdown(story)


def test_the_story_of_a_rejected_login(make_plan: MakePlan) -> None:
    plan = make_plan()
    story = failure(refused(plan, NOT_APPROVED), plan, docs="https://example.com/t.md")
    annotation = layout.annotation(story)
    assert [annotation.count(f"\n{heading}: ") for heading in ("Likeliest cause", "Or")] == [1, 1]
    assert annotation.endswith("https://example.com/t.md#user-has-not-approved-this-consumer")
    facts = dict(story.facts)
    assert facts["Consumer key"] == "3MVG9x…Zend"
    assert facts["Username"] == "ci@acme.com"
    assert facts["Key fingerprint (SHA-256)"] == plan.signers[0].fingerprint
    markdown = layout.markdown(story)
    assert "**Likeliest cause: " in markdown
    assert CONSUMER_KEY not in annotation + markdown + "\n".join(layout.text(story))


def test_all_invalid_inputs_are_reported() -> None:
    problems = [Problem("username", "It is required.", "Give it."), Problem("timeout", "It is “0”.", "Give more.")]
    annotation = layout.annotation(failure(InvalidInput(problems)))
    assert annotation == (
        "Nothing was sent to Salesforce.\nusername: It is required.\nGive it.\ntimeout: It is “0”.\nGive more."
    )


def test_other_failures(make_plan: MakePlan) -> None:
    plan = make_plan()
    down = failure(Unavailable("x answers HTTP 503.", Response(503, {}, b"", 0, 0, {})), plan)
    assert down.lead == "x answers HTTP 503."
    assert down.link.endswith("#server-error")
    lost = failure(Unreachable("no route.", transient=True), plan)
    assert (lost.advice, lost.link) == ((), "")
    wrong = failure(UntrustedResponse("it is HTML"), plan)
    assert "it is HTML" in wrong.lead
