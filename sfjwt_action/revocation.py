"""Ending a login: the action's post step, and `sfjwt revoke`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sfjwt_action.endpoint import may_be_sent_a_token, parse_login_url
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
    """Revoke a token, at one of Salesforce's hosts or at the login host: nobody else is sent it.

    Args:
        settings: The login URL, and how to get there: timeout, retries, CA certificates.
        instance_url: The org's instance URL.
        token: The access token.
        log: Is told of every attempt.

    Raises:
        BadInput: There is no token, or no instance URL that a token may be sent to.
        Refused: Salesforce said no.
        Unreachable: No answer came.
        UntrustedAnswer: The answer is not one that Salesforce gives.
    """
    problems = Problems()
    if not token:
        problems.note(Problem("SF_ACCESS_TOKEN", "There is no token.", "Set it, or give the token on standard input."))
    if not instance_url:
        problems.note(Problem("instance-url", "There is none.", "Give --instance-url, or set SF_INSTANCE_URL."))
    login_url = problems.attempt("login-url", partial(parse_login_url, settings.login_url))
    url = problems.attempt("instance-url", partial(_trusted, instance_url, login_url))
    ca_certificates = settings.ca_certificates
    transport = problems.attempt(
        "ca-certificates", partial(Transport, timeout=settings.timeout, ca_certificates=ca_certificates)
    )
    problems.raise_if_any()
    _revoke(url, token, transport=transport, retries=settings.retries, log=log)


def _trusted(instance_url: str, login_url: str) -> str:
    url = parse_login_url(instance_url)
    host = urlsplit(url).hostname or ""
    if not may_be_sent_a_token(host, login_url):
        raise Unusable(
            f"{host} is not one of Salesforce's hosts, and might keep the token.",
            "Give the org's instance URL; if logins do go to that host, name it in SFJWT_LOGIN_URL, too.",
        )
    return url


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
        transport = Transport(timeout=int(state["timeout"]), ca_certificates=state.get("ca_certificates", ""))
        retries = int(state["retries"])
        _revoke(state["instance_url"], state["access_token"], transport=transport, retries=retries, log=log)
    except (BadInput, Unusable, Refused, Unreachable, UntrustedAnswer) as error:
        log.warning(
            "Salesforce logout",
            "The access token stays valid until the session times out, or is ended in Setup under Session Management: "
            f"it was not revoked: {error}",
        )


def _revoke(instance_url: str, token: str, *, transport: Transport, retries: int, log: Log) -> None:
    if revoke(instance_url, token, transport=transport, retries=retries, log=log):
        log.info("The access token was revoked.")
    else:
        log.info("There was nothing to revoke: Salesforce does not know this token, or no longer.")
