import re

import pytest
from unit.report.plans import MakePlan

from sfjwt_action.login import Plan
from sfjwt_action.report import layout
from sfjwt_action.report.story import success
from sfjwt_action.salesforce.session import Session, parse_session


def session_of(plan: Plan) -> Session:
    """A session that the plan's last key signed in for."""
    return parse_session(
        {
            "access_token": "00D!secret",
            "instance_url": "https://acme.my.salesforce.com",
            "id": "https://login.salesforce.com/id/00D5g00000FaXv7EAF/0055g000008Kq2VAAS",
            "scope": "api",
        },
        username="ci@acme.com",
        login_url="https://login.salesforce.com",
        audience="https://login.salesforce.com",
        key_fingerprint=plan.signers[-1].fingerprint,
    )


def test_with_several_keys_the_log_names_the_one_that_works(make_plan: MakePlan) -> None:
    both = make_plan.material.text("other.pem") + make_plan.material.text("pkcs8.pem")
    plan = make_plan(private_key=both)
    assert len(plan.signers) == 2
    assert plan.signers[1].fingerprint in success(plan, session_of(plan), seconds=1).lead


@pytest.mark.parametrize("mask", ["true", "false"])
def test_the_story_of_a_successful_login(mask: str, make_plan: MakePlan) -> None:
    plan = make_plan(mask_instance_url=mask, certificate=make_plan.material.text("server.crt"))
    session = session_of(plan)
    story = success(plan, session, seconds=1.23)
    facts = dict(story.facts)
    assert (story.title, story.lead) == ("Logged in to Salesforce", "ci@acme.com in org 00D5g00000FaXv7EAF.")
    assert facts["Audience"] == "https://login.salesforce.com"
    assert re.fullmatch(r"expires in (29|30) days \(\d{4}-\d\d-\d\d\)", facts["Certificate"])
    assert facts["Duration"] == "1.2 s"
    assert ("Instance URL" in facts) == (mask == "false")
    assert "secret" not in layout.markdown(story)
