"""The story, told once: settings, signing key, assertion, token endpoint, session."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sfjwt_action.assertion import Claims, sign
from sfjwt_action.endpoint import audiences, parse_login_url
from sfjwt_action.refusals import Refusal, explained_by_audience
from sfjwt_action.session import Session, session_from
from sfjwt_action.signing_key import SigningKey, load_signing_key
from sfjwt_action.token_endpoint import Refused, TokenEndpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sfjwt_action.settings import Problems, Settings


@dataclass(frozen=True)
class Attempt:
    """An audience that was tried, and why it was refused."""

    audience: str
    refusal: Refusal


class LoginRefused(Exception):
    """Salesforce refused the login with every audience that may fit.

    Args:
        attempts: What was tried, in order; at least one.
    """

    def __init__(self, attempts: Sequence[Attempt]) -> None:
        self.attempts = attempts
        super().__init__(str(self.most_telling.refusal))

    @property
    def most_telling(self) -> Attempt:
        """The attempt that speaks of the cause: the first that no wrong audience explains, or else the first."""
        causes = (attempt for attempt in self.attempts if not explained_by_audience(attempt.refusal))
        return next(causes, self.attempts[0])


@dataclass(frozen=True)
class Plan:
    """A login that is ready to start: every input was checked, and nothing has been sent.

    Attributes:
        settings: What was asked for.
        key: What signs.
        login_url: Where to log in, without a slash at its end.
        audiences: What to try, in order.
        endpoint: Where the assertion goes.
    """

    settings: Settings
    key: SigningKey
    login_url: str
    audiences: tuple[str, ...]
    endpoint: TokenEndpoint

    def sign(self, audience: str, *, now: float, jti: str) -> tuple[Claims, str]:
        """Make the claims for an audience, and the assertion that states them.

        Args:
            audience: Whom the assertion is for.
            now: Seconds since 1970 (UTC).
            jti: An id that no assertion had before.
        """
        claims = Claims(
            iss=self.settings.consumer_key,
            sub=self.settings.username,
            aud=audience,
            exp=int(now) + self.settings.assertion_lifetime,
            jti=jti,
        )
        return claims, sign(claims, self.key)


def plan_login(settings: Settings, problems: Problems) -> Plan:
    """Check what the settings say together, and make ready to log in.

    Args:
        settings: As `read_settings` returned them.
        problems: What it noted; more may be added.

    Raises:
        BadInput: Something is wrong with the inputs; all of it is reported.
    """
    key = problems.attempt("private-key", partial(load_signing_key, settings.private_key))
    login_url = problems.attempt("login-url", partial(parse_login_url, settings.login_url))
    endpoint = problems.attempt("ca-certificates", partial(_endpoint, login_url, settings))
    problems.raise_if_any()
    to_try = (settings.audience,) if settings.audience else audiences(login_url)
    return Plan(settings, key, login_url, to_try, endpoint)


def _endpoint(login_url: str, settings: Settings) -> TokenEndpoint:
    return TokenEndpoint(login_url, timeout=settings.timeout, ca_certificates=settings.ca_certificates)


def new_jti() -> str:
    """Make an id for an assertion."""
    return str(uuid.uuid4())


def log_in(
    plan: Plan,
    *,
    log: Callable[[str], None],
    now: Callable[[], float] = time.time,
    jti: Callable[[], str] = new_jti,
) -> Session:
    """Log in, with each audience in turn until one is accepted.

    The next audience is tried only after a refusal that a wrong audience explains.

    Args:
        plan: What to do.
        log: Takes a line for a person to read.
        now: The clock, in seconds since 1970 (UTC).
        jti: Makes an assertion's id.

    Raises:
        LoginRefused: Salesforce said no.
        Unreachable: No answer came.
        UntrustedAnswer: The answer cannot be believed.
    """
    log(f"Logging in to {plan.login_url} as {plan.settings.username}")
    log(f"Signing with an RSA key of {plan.key.bits} bits, SHA-256 {plan.key.fingerprint}")
    refused: list[Attempt] = []
    for audience in plan.audiences:
        _, assertion = plan.sign(audience, now=now(), jti=jti())
        try:
            answer = plan.endpoint.exchange(assertion)
        except Refused as error:
            refused.append(Attempt(audience, error.refusal))
            log(f"Audience {audience}: {error.refusal}")
            if not explained_by_audience(error.refusal):
                break
        else:
            log(f"Audience {audience}: accepted")
            return session_from(answer, username=plan.settings.username, login_url=plan.login_url, audience=audience)
    raise LoginRefused(refused)
