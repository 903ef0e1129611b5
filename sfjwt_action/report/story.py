"""What happened in a run: title, lead, advice and facts. A story contains no secret."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from sfjwt_action.signing.certificate import describe_expiry

if TYPE_CHECKING:
    from sfjwt_action.login import Plan
    from sfjwt_action.salesforce.session import Session

SF_CLI_LOGIN = 'sf org login access-token --instance-url "$SF_ORG_INSTANCE_URL" --no-prompt --set-default --alias ci'
"""Authorizes the sf CLI with the variables that `export-env` exports. (`SF_TARGET_ORG` must never be the token: the CLI
prints its target org wrapped over two lines, which masking misses.)"""


class Advice(NamedTuple):
    """One thing that may be wrong, and the steps that fix it. Without steps, it is a hint."""

    problem: str
    fix: tuple[str, ...]


class Story(NamedTuple):
    """What happened in a run.

    Attributes:
        title: A few words.
        lead: What it means, in a sentence or two.
        advice: What may be wrong, likeliest first; empty after a success.
        facts: Names and values that help to investigate.
        link: A page with more; may be empty.
        is_choice: One of the problems is the cause; otherwise all of them need fixing.
    """

    title: str
    lead: str
    advice: tuple[Advice, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    link: str = ""
    is_choice: bool = True


def success(plan: Plan, session: Session, *, seconds: float) -> Story:
    """Report a login that succeeded.

    Args:
        plan: The login.
        session: Its session.
        seconds: How long it took.
    """
    certificate = plan.certificate
    facts = {
        "Instance URL": "" if plan.settings.mask_instance_url else session.instance_url,
        "Scopes": session.scope,
        "Login URL": session.login_url,
        "Audience": session.audience,
        "Key fingerprint (SHA-256)": session.key_fingerprint,
        "Certificate": describe_expiry(certificate.not_after, datetime.now(UTC)) if certificate else "",
        "API version": session.api_version,
        "Authorize the sf CLI": SF_CLI_LOGIN if plan.settings.export_env else "",
        "Duration": f"{seconds:.1f} s",
    }
    in_org = f" in org {session.org_id}" if session.org_id else ""
    # During a rotation, the log has to show which key works.
    with_key = f", with the key {session.key_fingerprint}" if len(plan.signers) > 1 else ""
    return Story(
        title="Logged in to Salesforce",
        lead=f"{session.username}{in_org}{with_key}.",
        facts=tuple((name, value) for name, value in facts.items() if value),
    )
