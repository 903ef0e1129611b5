"""The story, told once: settings, signing key, assertion, token endpoint, session."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sfjwt_action.assertion import Claims, sign
from sfjwt_action.certificate import Certificate, check_match, load_certificate, validity_warning
from sfjwt_action.diagnosis import Refusal, doubt, explained_by_key, explained_by_time
from sfjwt_action.endpoint import audiences, is_salesforce_host, parse_login_url
from sfjwt_action.session import Session, session_from
from sfjwt_action.signing_key import SigningKey, load_signing_keys
from sfjwt_action.token_endpoint import Log, Refused, UntrustedAnswer, exchange, revoke, with_retries
from sfjwt_action.transport import Transport, Unreachable
from sfjwt_action.verification import verify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sfjwt_action.settings import Problems, Settings

TOLERATED_CLOCK_SKEW = 30
"""Seconds by which clocks may differ before a refusal is put down to it."""


@dataclass(frozen=True)
class Attempt:
    """A key and an audience that were tried, and why they were refused.

    `clock_skew` is the seconds by which Salesforce's clock is ahead of this machine's.
    """

    key: SigningKey
    audience: str
    refusal: Refusal
    clock_skew: float


class OrgNotAllowed(UntrustedAnswer):
    """The login leads to an org that `allowed-org-ids` does not name.

    Args:
        org_id: The org that was logged in to.
        allowed: The ids that are allowed.
    """

    def __init__(self, org_id: str, allowed: Sequence[str]) -> None:
        super().__init__(f"it is for the org {org_id or 'without an id'}, and allowed are {', '.join(allowed)}")


class LoginRefused(Exception):
    """Salesforce refused the login with every key and audience that may fit.

    Args:
        attempts: What was tried, in order; at least one.
    """

    def __init__(self, attempts: Sequence[Attempt]) -> None:
        self.attempts = attempts
        super().__init__(str(self.most_telling.refusal))

    @property
    def most_telling(self) -> Attempt:
        """The attempt whose refusal says most of the cause: a wrong audience explains it least.

        It is one of the last key's: only a refusal that a wrong key explains brings on the next.
        """
        last_key = self.attempts[-1].key.fingerprint
        with_last_key = [attempt for attempt in self.attempts if attempt.key.fingerprint == last_key]
        return min(with_last_key, key=lambda attempt: doubt(attempt.refusal))


@dataclass(frozen=True)
class Plan:
    """A login that is ready to start: every input was checked, and nothing has been sent.

    Attributes:
        settings: What was asked for.
        keys: What may sign, in the order in which to try.
        certificate: The certificate that was given, which belongs to one of the keys.
        login_url: Where to log in, without a slash at its end.
        audiences: What to try, in order.
        transport: How to get there.
    """

    settings: Settings
    keys: tuple[SigningKey, ...]
    certificate: Certificate | None
    login_url: str
    audiences: tuple[str, ...]
    transport: Transport

    def claims(self, audience: str, *, clock_skew: float = 0) -> Claims:
        """Make the claims of a new assertion for an audience.

        Args:
            audience: Whom it is for.
            clock_skew: Seconds by which Salesforce's clock is ahead of this machine's.
        """
        return Claims(
            iss=self.settings.consumer_key,
            sub=self.settings.username,
            aud=audience,
            exp=int(time.time() + clock_skew) + self.settings.assertion_lifetime,
            jti=str(uuid.uuid4()),
        )


def plan_login(settings: Settings, problems: Problems) -> Plan:
    """Check what the settings say together, and make ready to log in.

    Args:
        settings: As `read_settings` returned them.
        problems: What it noted; more may be added.

    Raises:
        BadInput: Something is wrong with the inputs; all of it is reported.
    """
    keys = problems.attempt(
        "private-key", partial(load_signing_keys, settings.private_key, settings.private_key_passphrase)
    )
    certificate = settings.certificate and problems.attempt(
        "certificate", partial(load_certificate, settings.certificate)
    )
    if keys and certificate:
        problems.attempt("certificate", partial(check_match, certificate, keys))
    login_url = problems.attempt("login-url", partial(parse_login_url, settings.login_url))
    transport = problems.attempt(
        "ca-certificates",
        partial(Transport, timeout=settings.timeout, ca_certificates=settings.ca_certificates),
    )
    problems.raise_if_any()
    to_try = (settings.audience,) if settings.audience else audiences(login_url)
    return Plan(settings, keys, certificate or None, login_url, to_try, transport)


def log_in(plan: Plan, log: Log) -> Session:
    """Log in, with each key and each audience in turn until they are accepted.

    The next audience is tried only after a refusal that a wrong audience explains, and the next key only after one
    that a wrong key explains. The host is always the same.

    Args:
        plan: What to do.
        log: Takes what a person may want to read.

    Raises:
        BadInput: The environment names a proxy or a CA bundle that cannot be used.
        LoginRefused: Salesforce said no.
        Unreachable: No answer came.
        UntrustedAnswer: The answer cannot be believed.
    """
    doubt_of_host = "" if is_salesforce_host(urlsplit(plan.login_url).hostname or "") else ", no host of Salesforce's,"
    log.info(f"Logging in to {plan.login_url}{doubt_of_host} as {plan.settings.username}")
    _watch_certificate(plan, log)
    refused: list[Attempt] = []
    for key in plan.keys:
        for audience in plan.audiences:
            try:
                return _log_in_with(plan, key, audience, log)
            except Refused as error:
                refused.append(Attempt(key, audience, error.refusal, error.clock_skew))
                log.info(f"Refused: {error.refusal} (audience {audience}, key with SHA-256 {key.fingerprint})")
                if not doubt(error.refusal):
                    break
        if not explained_by_key(refused[-1].refusal):
            break
    raise LoginRefused(refused)


def admit(plan: Plan, session: Session, log: Log) -> Session:
    """Let only a session pass that may be handed out: of an org that is allowed, and proven if that was asked for.

    Args:
        plan: What was done.
        session: What it yielded. Its token must be masked by now: servers are asked with it, and may repeat it.
        log: Takes what a person may want to read.

    Returns:
        The session, with the API version if it was verified.

    Raises:
        BadInput: The environment names a proxy or a CA bundle that cannot be used.
        LoginRefused: The org does not take the token.
        OrgNotAllowed: It is another org; the token was revoked.
        Unreachable: The org did not answer.
        UntrustedAnswer: An answer cannot be believed.
    """
    allowed = plan.settings.allowed_org_ids
    if allowed and session.org_id not in allowed:
        _revoke(plan, session, log)
        raise OrgNotAllowed(session.org_id, allowed)
    if not plan.settings.verify:
        return session
    ask = partial(verify, session, plan.transport)
    try:
        api_version = with_retries(session.instance_url, ask, retries=plan.settings.retries, log=log)
    except Refused as error:
        key = next(key for key in plan.keys if key.fingerprint == session.key_fingerprint)
        raise LoginRefused([Attempt(key, session.audience, error.refusal, error.clock_skew)]) from None
    return replace(session, api_version=api_version)


def _revoke(plan: Plan, session: Session, log: Log) -> None:
    retries = plan.settings.retries
    try:
        revoke(session.instance_url, session.access_token, transport=plan.transport, retries=retries, log=log)
    except (Refused, Unreachable, UntrustedAnswer) as error:
        log.warning(
            "Salesforce login: token not revoked", f"The token is not handed out, but could not be revoked: {error}"
        )
    else:
        log.info("The token was revoked, and is handed to nobody.")


def _watch_certificate(plan: Plan, log: Log) -> None:
    if plan.certificate is None:
        return
    days = plan.settings.certificate_expiry_warning_days
    if warning := validity_warning(plan.certificate, datetime.now(UTC), within_days=days):
        log.warning("Salesforce login: certificate", warning)


def _log_in_with(plan: Plan, key: SigningKey, audience: str, log: Log) -> Session:
    """Log in with one key and one audience; if this machine's clock is off, by Salesforce's clock."""
    log.debug(f"Audience {audience}, RSA key of {key.bits} bits with SHA-256 {key.fingerprint}")
    try:
        answer = _exchange(plan, key, audience, log)
    except Refused as error:
        if not explained_by_time(error.refusal) or abs(error.clock_skew) <= TOLERATED_CLOCK_SKEW:
            raise
        log.warning("Salesforce login: clock", _clock_is_off(error.clock_skew))
        answer = _exchange(plan, key, audience, log, clock_skew=error.clock_skew)
    return session_from(
        answer,
        username=plan.settings.username,
        login_url=plan.login_url,
        audience=audience,
        key_fingerprint=key.fingerprint,
    )


def _exchange(plan: Plan, key: SigningKey, audience: str, log: Log, *, clock_skew: float = 0) -> object:
    return exchange(
        plan.login_url,
        lambda: sign(plan.claims(audience, clock_skew=clock_skew), key),
        transport=plan.transport,
        retries=plan.settings.retries,
        log=log,
    )


def _clock_is_off(skew: float) -> str:
    direction = "behind" if skew > 0 else "ahead of"
    return (
        f"This machine's clock is {abs(skew):.0f} s {direction} Salesforce's, which makes assertions invalid. "
        "Signing again by Salesforce's clock. Set this machine's clock (NTP)."
    )
