"""Ending a login: the action's post step, and `sfjwt revoke`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sfjwt_action.endpoint import parse_login_url
from sfjwt_action.settings import BadInput, Problem, Problems, Unusable
from sfjwt_action.token_endpoint import Log, Refused, UntrustedAnswer, revoke
from sfjwt_action.transport import Transport, Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfjwt_action.session import Session
    from sfjwt_action.settings import Settings

_STATE = "STATE_"


def state_of(session: Session, settings: Settings) -> dict[str, str]:
    """What the post step will need, by name. It cannot read inputs: in nested composites they are another step's."""
    return {
        "access_token": session.access_token,
        "instance_url": session.instance_url,
        "timeout": str(settings.timeout),
        "retries": str(settings.retries),
        "ca_certificates": settings.ca_certificates,
    }


def revoke_now(settings: Settings, instance_url: str, token: str, log: Log) -> None:
    """Revoke a token.

    Args:
        settings: How to get there: timeout, retries, CA certificates.
        instance_url: The org's instance URL.
        token: The access token.
        log: Is told of every attempt.

    Raises:
        BadInput: There is no token, or no instance URL.
        Refused: Salesforce said no.
        Unreachable: No answer came.
        UntrustedAnswer: The answer is not one that Salesforce gives.
    """
    problems = Problems()
    if not token:
        problems.note(Problem("SF_ACCESS_TOKEN", "There is no token.", "Set it, or give the token on standard input."))
    if not instance_url:
        problems.note(Problem("instance-url", "There is none.", "Give --instance-url, or set SF_INSTANCE_URL."))
    url = problems.attempt("instance-url", partial(parse_login_url, instance_url))
    ca_certificates = settings.ca_certificates
    transport = problems.attempt(
        "ca-certificates", partial(Transport, timeout=settings.timeout, ca_certificates=ca_certificates)
    )
    problems.raise_if_any()
    revoke(url, token, transport=transport, retries=settings.retries, log=log)
    log.info("The access token was revoked.")


def revoke_at_the_end(environ: Mapping[str, str], log: Log) -> None:
    """Be the post step: revoke the token that the main step left in its state. The job never fails by this.

    Args:
        environ: The environment, where a runner puts the state as `STATE_…`.
        log: Is told what became of it.
    """
    state = {name.removeprefix(_STATE): value for name, value in environ.items() if name.startswith(_STATE)}
    if not state.get("access_token"):
        log.info("Nothing to revoke: no revocation was asked for, no login was made, or this runner hands on no state.")
        return
    try:
        _revoke(state, log)
    except (BadInput, Unusable, Refused, Unreachable, UntrustedAnswer) as error:
        log.warning(
            "Salesforce logout",
            "The access token stays valid until the session times out, or is ended in Setup under Session Management: "
            f"it was not revoked: {error}",
        )
    else:
        log.info("The access token was revoked.")


def _revoke(state: Mapping[str, str], log: Log) -> None:
    transport = Transport(timeout=int(state["timeout"]), ca_certificates=state.get("ca_certificates", ""))
    revoke(state["instance_url"], state["access_token"], transport=transport, retries=int(state["retries"]), log=log)
