"""The login, from validated inputs to a session: signer, assertion, token endpoint, validation."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from sfjwt_action.refusals.lookup import audience_rank, may_propagate, suggests_clock_skew, suggests_wrong_key
from sfjwt_action.salesforce.assertion import Claims, sign
from sfjwt_action.salesforce.errors import Refused, UntrustedResponse
from sfjwt_action.salesforce.hosts import (
    audiences,
    check_audience,
    is_salesforce_host,
    misspelled_host,
    parse_login_url,
)
from sfjwt_action.salesforce.session import Session, parse_session
from sfjwt_action.salesforce.token_endpoint import exchange, revoke
from sfjwt_action.salesforce.verification import verify
from sfjwt_action.signing.certificate import Certificate, check_match, load_certificates, validity_warning
from sfjwt_action.signing.factory import load_signers
from sfjwt_action.transport import Transport, Unreachable, with_retries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sfjwt_action.inputs.problems import Problems
    from sfjwt_action.inputs.settings import Settings
    from sfjwt_action.refusals.refusal import Refusal
    from sfjwt_action.signing.signer import Signer
    from sfjwt_action.transport import Log

MAX_CLOCK_SKEW_SECONDS = 30
"""Seconds of clock skew that can't be the cause of a refusal."""

MAX_EXPIRY_SECONDS = 25 * 60 * 60
"""Seconds from this machine's time at which an assertion expires, at most, whatever Salesforce's clock says.

A wrong time zone or date is corrected. A server can't obtain an assertion that is valid for years.
"""


_FIRST_PAUSE_SECONDS = 5
"""Seconds to wait for propagation at first."""

_LONGEST_PAUSE_SECONDS = 60
"""Seconds to wait for propagation before another attempt, at most."""


class RefusedAttempt(NamedTuple):
    """A refused attempt.

    Attributes:
        signer: What signed the assertion.
        audience: The assertion's audience.
        refusal: What Salesforce said.
        clock_skew: Seconds by which Salesforce's clock is ahead of this machine's.
    """

    signer: Signer
    audience: str
    refusal: Refusal
    clock_skew: float


class OrgNotAllowed(UntrustedResponse):
    """The login is to an org that `allowed-org-ids` doesn't name.

    Args:
        org_id: The ID of the org.
        allowed: The IDs that are allowed.
    """

    def __init__(self, org_id: str, allowed: Sequence[str]) -> None:
        super().__init__(
            f"the login is for the org {org_id or 'without an ID'}, but only {', '.join(allowed)} is allowed"
        )


class LoginRefused(Exception):
    """Salesforce refused the login with every signer and audience that was worth trying.

    Args:
        attempts: The attempts, in order; at least one.

    Attributes:
        waited: Seconds that `propagation-timeout` let the login wait.
    """

    def __init__(self, attempts: Sequence[RefusedAttempt]) -> None:
        self.attempts = attempts
        self.waited = 0
        super().__init__(str(self.most_telling.refusal))

    @property
    def most_telling(self) -> RefusedAttempt:
        """The attempt whose refusal says most about the cause: the one that a wrong audience explains least.

        It is one of the last signer's, because only a refusal that a wrong key explains leads to the next signer.
        """
        last = self.attempts[-1].signer.fingerprint
        with_last_signer = [attempt for attempt in self.attempts if attempt.signer.fingerprint == last]
        return min(with_last_signer, key=lambda attempt: audience_rank(attempt.refusal))


class Plan(NamedTuple):
    """A login that is ready to start: every input is valid, and nothing has been sent to Salesforce.

    Attributes:
        settings: The inputs.
        signers: What to sign with, in order.
        certificate: The certificate from the inputs, which belongs to one of the signers; None if there is none.
        login_url: The login host's URL, without a trailing slash.
        audiences: The audiences to try, in order.
        transport: Sends the requests.
    """

    settings: Settings
    signers: tuple[Signer, ...]
    certificate: Certificate | None
    login_url: str
    audiences: tuple[str, ...]
    transport: Transport

    def claims(self, audience: str, *, clock_skew: float = 0) -> Claims:
        """Make the claims of a new assertion.

        Args:
            audience: The assertion's audience.
            clock_skew: Seconds by which Salesforce's clock is ahead of this machine's.
        """
        return Claims(
            iss=self.settings.consumer_key,
            sub=self.settings.username,
            aud=audience,
            exp=int(time.time() + min(clock_skew + self.settings.assertion_lifetime, MAX_EXPIRY_SECONDS)),
            jti=str(uuid.uuid4()),
        )


def plan_login(settings: Settings, problems: Problems, *, environ: Mapping[str, str], log: Log) -> Plan:
    """Validate the settings together and prepare the login.

    Args:
        settings: As `read_settings` returned them.
        problems: The problems found so far; more may be added.
        environ: The environment, which holds the credentials for a key management service.
        log: Logs every wait for a key management service.

    Raises:
        InvalidInput: There are problems with the inputs. The exception carries all of them.
        KeyServiceUnreachable: A key management service didn't respond.
    """
    chain: tuple[Certificate, ...] = ()
    if settings.certificate:
        chain = problems.attempt("certificate", partial(load_certificates, settings.certificate), otherwise=())
    login_url = problems.attempt("login-url", partial(parse_login_url, settings.login_url), otherwise="")
    if settings.audience and login_url:
        problems.attempt("audience", partial(check_audience, settings.audience, login_url), otherwise="")
    signers = load_signers(settings, problems, environ=environ, log=log)
    certificate = None
    if signers and chain:
        certificate = problems.attempt("certificate", partial(check_match, chain, signers), otherwise=None)
    problems.raise_if_any()
    transport = Transport(timeout=settings.timeout, ca_certificates=settings.ca_certificates)
    to_try = (settings.audience,) if settings.audience else audiences(login_url)
    return Plan(settings, signers, certificate, login_url, to_try, transport)


def log_in(plan: Plan, log: Log) -> Session:
    """Log in, with each signer and each audience in turn until Salesforce accepts one.

    The next audience is tried only after a refusal that a wrong audience explains, and the next signer only after one
    that a wrong key explains. The host never changes. For `propagation-timeout`, a refusal that propagation explains is
    tried again, with pauses that grow to a minute.

    Args:
        plan: The login.
        log: Logs every attempt.

    Raises:
        InvalidInput: The environment names a proxy or a CA bundle that can't be used.
        LoginRefused: Salesforce refused the login.
        Unreachable: No response came.
        UntrustedResponse: The response can't be trusted.
    """
    note = "" if is_salesforce_host(urlsplit(plan.login_url).hostname or "") else " (not a Salesforce host)"
    log.info(f"Logging in to {plan.login_url}{note} as {plan.settings.username}")
    if meant := misspelled_host(plan.login_url):
        log.warning("Salesforce login: login URL", f"`login-url` doesn't name a Salesforce host. Did you mean {meant}?")
    _warn_of_certificate(plan, log)
    waited = 0
    while True:
        try:
            return _log_in_once(plan, log)
        except LoginRefused as error:
            rest = plan.settings.propagation_timeout * 60 - waited
            pause = min(max(waited, _FIRST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS, rest)
            if pause <= 0 or not may_propagate(error.most_telling.refusal):
                error.waited = waited
                raise
            log.info(f"A new app, assignment or org may still be propagating. Trying again in {pause} s.")
            time.sleep(pause)
            waited += pause


def _log_in_once(plan: Plan, log: Log) -> Session:
    attempts: list[RefusedAttempt] = []
    for signer in plan.signers:
        for audience in plan.audiences:
            try:
                return _log_in_with(plan, signer, audience, log)
            except Refused as error:
                attempts.append(RefusedAttempt(signer, audience, error.refusal, error.clock_skew))
                log.info(f"Rejected: {error.refusal} (audience {audience}, key fingerprint {signer.fingerprint})")
                if not audience_rank(error.refusal):
                    break
        if not suggests_wrong_key(attempts[-1].refusal):
            break
    raise LoginRefused(attempts)


def validate_session(plan: Plan, session: Session, log: Log) -> Session:
    """Check that a session may be published: its org is allowed, and it works if `verify` is set.

    Args:
        plan: The login.
        session: The session. Its token must be masked by now, because servers that are sent it may echo it.
        log: Logs every attempt.

    Returns:
        The session, with the API version if it was verified.

    Raises:
        InvalidInput: The environment names a proxy or a CA bundle that can't be used.
        LoginRefused: The org rejects the token.
        OrgNotAllowed: The org isn't allowed. The token was revoked.
        Unreachable: The org didn't respond.
        UntrustedResponse: A response can't be trusted.
    """
    if session.expires_at:
        log.warning("Salesforce login: token in JWT format", _describe_expiry_of(session.expires_at))
    allowed = plan.settings.allowed_org_ids
    if allowed and session.org_id not in allowed:
        _revoke(plan, session, log)
        raise OrgNotAllowed(session.org_id, allowed)
    if not plan.settings.verify:
        return session
    attempt = partial(verify, session, plan.transport)
    try:
        api_version = with_retries(session.instance_url, attempt, retries=plan.settings.retries, log=log)
    except Refused as error:
        signer = next(signer for signer in plan.signers if signer.fingerprint == session.key_fingerprint)
        raise LoginRefused([RefusedAttempt(signer, session.audience, error.refusal, error.clock_skew)]) from None
    return replace(session, api_version=api_version)


def _revoke(plan: Plan, session: Session, log: Log) -> None:
    retries = plan.settings.retries
    try:
        revoke(session.instance_url, session.access_token, transport=plan.transport, retries=retries, log=log)
    except (Refused, Unreachable, UntrustedResponse) as error:
        log.warning(
            "Salesforce login: token not revoked", f"The token wasn't exported, but it couldn't be revoked: {error}"
        )
    else:
        log.info("The token was revoked and wasn't exported.")


def _warn_of_certificate(plan: Plan, log: Log) -> None:
    if plan.certificate is None:
        return
    days = plan.settings.certificate_expiry_warning_days
    if warning := validity_warning(plan.certificate, datetime.now(UTC), within_days=days):
        log.warning("Salesforce login: certificate", warning)


def _log_in_with(plan: Plan, signer: Signer, audience: str, log: Log) -> Session:
    """Log in with one signer and one audience, a second time by Salesforce's clock if this machine's is off."""
    log.debug(f"Audience {audience}, RSA key of {signer.public_key.key_size} bits, fingerprint {signer.fingerprint}")
    try:
        body = _exchange(plan, signer, audience, log)
    except Refused as error:
        corrected = MAX_CLOCK_SKEW_SECONDS < abs(error.clock_skew) <= MAX_EXPIRY_SECONDS
        if not (corrected and suggests_clock_skew(error.refusal)):
            raise
        log.warning(
            "Salesforce login: clock",
            f"{describe_clock_skew(error.clock_skew)}, so Salesforce rejects assertions. The action signs again with "
            "Salesforce's time. Set this machine's clock (NTP).",
        )
        body = _exchange(plan, signer, audience, log, clock_skew=error.clock_skew)
    return parse_session(
        body,
        username=plan.settings.username,
        login_url=plan.login_url,
        audience=audience,
        key_fingerprint=signer.fingerprint,
    )


def _exchange(plan: Plan, signer: Signer, audience: str, log: Log, *, clock_skew: float = 0) -> object:
    return exchange(
        plan.login_url,
        lambda: sign(plan.claims(audience, clock_skew=clock_skew), signer),
        transport=plan.transport,
        retries=plan.settings.retries,
        log=log,
    )


def _describe_expiry_of(expires_at: datetime) -> str:
    return (
        f"The access token expires at {expires_at:%Y-%m-%d %H:%M} UTC, and using it doesn't extend it. SOAP accepts it "
        "only from API version 68.0 on. For deployments with the sf CLI, use API version 68.0 or set "
        "SF_ORG_METADATA_REST_DEPLOY to true."
    )


def describe_clock_skew(skew: float) -> str:
    """Describe how far Salesforce's clock is ahead of this machine's, in seconds: a sentence without its period."""
    direction = "behind" if skew > 0 else "ahead of"
    return f"This machine's clock is {abs(skew):.0f} s {direction} Salesforce's"
