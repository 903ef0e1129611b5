"""Revocation of a session's token: by the action's post step, and by `sfjwt revoke`."""

from __future__ import annotations

import ssl
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sfjwt_action.inputs.problems import InvalidInput, InvalidValue, Problem, Problems
from sfjwt_action.salesforce.errors import Refused, UntrustedResponse
from sfjwt_action.salesforce.hosts import is_trusted_with_token, parse_login_url
from sfjwt_action.salesforce.token_endpoint import revoke
from sfjwt_action.transport import Transport, Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfjwt_action.inputs.settings import Settings
    from sfjwt_action.salesforce.session import Session
    from sfjwt_action.transport import Log

_STATE = "STATE_"
_ENDS = "It stays valid until the session times out, or until you end it under Setup → Session Management."


def post_step_state(session: Session, settings: Settings) -> dict[str, str]:
    """Return what the post step needs, by name. It can't read inputs: in nested composites they are another step's."""
    return {
        "access_token": session.access_token,
        "instance_url": session.instance_url,
        "timeout": str(settings.timeout),
        "retries": str(settings.retries),
        "ca_certificates": settings.ca_certificates,
    }


def revoke_token(settings: Settings, instance_url: str, token: str, log: Log) -> None:
    """Revoke a token. It is sent only to a Salesforce host or the login host.

    Args:
        settings: The login URL, timeout, retries and CA certificates.
        instance_url: The org's instance URL.
        token: The access token.
        log: Logs every attempt.

    Raises:
        InvalidInput: The token is missing, or the instance URL is missing or may not be sent a token.
        Refused: Salesforce refused the revocation.
        Unreachable: No response came.
        UntrustedResponse: The response isn't one of Salesforce.
    """
    problems = Problems()
    if not token:
        problems.add(Problem("SF_ACCESS_TOKEN", "Missing.", "Set it, or pass the token on standard input."))
    if not instance_url:
        problems.add(Problem("instance-url", "Missing.", "Use --instance-url, or set SF_INSTANCE_URL."))
    login_url = problems.attempt("login-url", partial(parse_login_url, settings.login_url), otherwise="")
    url = problems.attempt("instance-url", partial(_parse_instance_url, instance_url, login_url), otherwise="")
    problems.raise_if_any()
    transport = Transport(timeout=settings.timeout, ca_certificates=settings.ca_certificates)
    _revoke(url, token, transport=transport, retries=settings.retries, log=log)


def _parse_instance_url(instance_url: str, login_url: str) -> str:
    url = parse_login_url(instance_url)
    if not is_trusted_with_token(url, login_url):
        raise InvalidValue(
            f"{urlsplit(url).hostname} isn't a Salesforce host, so it isn't sent the token.",
            "Use the org's instance URL. If jobs log in to that host, set SFJWT_LOGIN_URL too.",
        )
    return url


def revoke_from_state(environ: Mapping[str, str], log: Log) -> None:
    """Run the post step: revoke the token that the main step saved in its state. It never fails the job.

    Args:
        environ: The environment, where the runner puts the state as `STATE_…`.
        log: Logs the result.
    """
    state = {name.removeprefix(_STATE): value for name, value in environ.items() if name.startswith(_STATE)}
    if not state.get("access_token"):
        log.info("Nothing to revoke: the login's step saves its token for this one only with `revoke-token: true`.")
        return
    try:
        transport = Transport(timeout=int(state["timeout"]), ca_certificates=state.get("ca_certificates", ""))
        retries = int(state["retries"])
        _revoke(state["instance_url"], state["access_token"], transport=transport, retries=retries, log=log)
    except (KeyError, ValueError, ssl.SSLError):
        log.warning("Salesforce logout", f"The access token wasn't revoked: the step's state is incomplete. {_ENDS}")
    except (InvalidInput, Refused, Unreachable, UntrustedResponse) as error:
        log.warning(
            "Salesforce logout",
            f"The access token wasn't revoked: {error} {_ENDS}",
        )


def _revoke(instance_url: str, token: str, *, transport: Transport, retries: int, log: Log) -> None:
    if revoke(instance_url, token, transport=transport, retries=retries, log=log):
        log.info("The access token was revoked.")
    else:
        log.info("The token was already revoked or has expired.")
