"""Everything about a login that can be checked, part by part, whether the login works or not."""

from __future__ import annotations

import json
import re
import socket
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from ssl import cert_time_to_seconds
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies, select_proxy

from sfjwt_action import report
from sfjwt_action.certificate import check_match, load_certificate, validity_warning
from sfjwt_action.diagnosis import recognise
from sfjwt_action.endpoint import LOGIN, TEST, parse_login_url
from sfjwt_action.login import TOLERATED_CLOCK_SKEW, LoginRefused, Plan, log_in, plan_login
from sfjwt_action.settings import BadInput, Problem, Problems, Settings, Unusable, read_settings
from sfjwt_action.signing_key import SigningKey, load_signing_keys
from sfjwt_action.token_endpoint import Refused, UntrustedAnswer, one_line
from sfjwt_action.transport import Answer, Transport, Unreachable
from sfjwt_action.verification import json_or_none, verify_rest_api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sfjwt_action.session import Session

_NAME_WIDTH = 16
_INDENT = " " * 23
# An @ after a / is no part of it: then the password has the /, and what stands before that is not the host.
_PROXY = re.compile(r"(?P<scheme>[\w+.-]+://)?+([^/?#]*@)?(?P<host>[^/?#@]+)([/?#][^@]*)?")


class Status(StrEnum):
    """What a check came to."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True)
class Check:
    """One check, done.

    Attributes:
        name: What was checked.
        status: What it came to.
        finding: What was found.
        remedy: What to do about it, one step a line; empty where there is nothing to do, or the finding says it.
        error: Which kind of failure it is, where it is one.
    """

    name: str
    status: Status
    finding: str
    remedy: str = ""
    error: type[Exception] | None = None


def examine(flags: Mapping[str, str], environ: Mapping[str, str]) -> Iterator[Check]:
    """Check each part of a login in turn. What fails does not keep others from being checked.

    Args:
        flags: Values of the flags that were given, as for `read_settings`.
        environ: The environment.

    Yields:
        Each check, when it is done.
    """
    problems = Problems()
    patient = _Patient(read_settings(flags, environ, problems), problems)
    for name, check in _CHECKS:
        yield _without_token(_done(name, check, patient), patient.session)


def text(check: Check, *, colour: bool = False) -> str:
    """Tell of a check on a terminal of 80 columns."""
    code = {Status.OK: "32", Status.WARN: "33", Status.FAIL: "31", Status.SKIP: "2"}[check.status]
    status = f"\033[{code}m{check.status:<5}\033[0m" if colour else f"{check.status:<5}"
    lines = _wrapped(check.finding) + [line for step in check.remedy.splitlines() for line in _wrapped(step)]
    return f"{status} {check.name:<{_NAME_WIDTH}} " + f"\n{_INDENT}".join(lines)


def as_json(checks: Iterable[Check]) -> str:
    """Tell of all checks to a machine: `checks`, and whether all `passed`."""
    done = list(checks)
    shown = [{name: value for name, value in asdict(check).items() if name != "error"} for check in done]
    return json.dumps({"passed": first_failure(done) is None, "checks": shown}, indent=2)


def first_failure(checks: Iterable[Check]) -> Check | None:
    """The first check that failed; warnings pass."""
    return next((check for check in checks if check.status is Status.FAIL), None)


def _wrapped(line: str) -> list[str]:
    return report.wrapped(line, report.TERMINAL_WIDTH - len(_INDENT))


class _Ended(Exception):
    """A check ends otherwise than well."""

    def __init__(self, status: Status, finding: str, remedy: str = "", error: type[Exception] | None = None) -> None:
        super().__init__(finding)
        self.status = status
        self.finding = finding
        self.remedy = remedy
        self.error = error


def _skip(reason: str) -> _Ended:
    """There is nothing to check."""
    return _Ended(Status.SKIP, reason)


def _warn(finding: str, remedy: str) -> _Ended:
    """It works, but will need care."""
    return _Ended(Status.WARN, finding, remedy)


@dataclass
class _Patient:
    """What is known so far."""

    settings: Settings
    problems: Problems
    keys: tuple[SigningKey, ...] = ()
    login_url: str = ""
    transport: Transport | None = None
    answer: Answer | None = None
    plan: Plan | None = None
    session: Session | None = None

    @property
    def reached(self) -> Transport:
        """How to get to the login host, if it was reached at all."""
        if self.transport is None or self.answer is None:
            raise _skip("The login host was not reached.")
        return self.transport

    @property
    def first_answer(self) -> Answer:
        """What the login host answered when it was reached."""
        if self.answer is None:
            raise _skip("The login host was not reached.")
        return self.answer

    @property
    def logged_in(self) -> Session:
        """The login."""
        if self.session is None:
            raise _skip("There is no login to check it with.")
        return self.session

    @property
    def proxy(self) -> str:
        """The URL of the proxy on the way to the login host, which may hold a password; empty if there is none."""
        return select_proxy(self.login_url, get_environ_proxies(self.login_url)) or ""


def _done(name: str, check: Callable[[_Patient], str], patient: _Patient) -> Check:
    try:
        return Check(name, Status.OK, check(patient))
    except _Ended as end:
        return Check(name, end.status, end.finding, end.remedy, end.error)
    except Unusable as error:
        return Check(name, Status.FAIL, error.found, error.remedy, BadInput)
    except BadInput as error:
        finding = f"Wrong or missing: {', '.join(problem.input for problem in error.problems)}."
        return Check(name, Status.FAIL, finding, "\n".join(map(str, error.problems)), BadInput)
    except (Unreachable, UntrustedAnswer, LoginRefused) as error:
        story = report.failure(error, patient.plan)
        return Check(name, Status.FAIL, story.lead, _told(story.advice), type(error))


def _without_token(check: Check, session: Session | None) -> Check:
    """Take the access token out of what a server said: it may have repeated what it was sent."""
    if session is None:
        return check
    finding, remedy = (words.replace(session.access_token, "[…]") for words in (check.finding, check.remedy))
    return replace(check, finding=finding, remedy=remedy)


def _settings(patient: _Patient) -> str:
    patient.problems.raise_if_any()
    return "All that is required is there."


def _private_key(patient: _Patient) -> str:
    settings = patient.settings
    if not settings.private_key:
        raise _skip("None is given.")
    patient.keys = load_signing_keys(settings.private_key, settings.private_key_passphrase)
    return "; ".join(f"RSA, {key.bits} bits, SHA-256 {key.fingerprint}" for key in patient.keys) + "."


def _certificate(patient: _Patient) -> str:
    if not patient.settings.certificate:
        raise _skip("None is given. With `certificate`, its match and its expiry are checked.")
    certificate = load_certificate(patient.settings.certificate)
    if patient.keys:
        check_match(certificate, patient.keys)
    now = datetime.now(UTC)
    days = patient.settings.certificate_expiry_warning_days
    if warning := validity_warning(certificate, now, within_days=days):
        raise _warn(warning, "")
    match = "It belongs to the key, and" if patient.keys else "There is no key to compare it with. It"
    return f"{match} is valid for {(certificate.not_after - now).days} days more."


def _login_url(patient: _Patient) -> str:
    patient.login_url = parse_login_url(patient.settings.login_url)
    return f"{patient.login_url}."


def _proxy(patient: _Patient) -> str:
    if not patient.login_url:
        raise _skip("There is no login URL.")
    return f"{_without_password(patient.proxy)}." if patient.proxy else "None."


def _without_password(proxy: str) -> str:
    """The URL of a proxy without its user name and password."""
    match = _PROXY.fullmatch(proxy)
    if not match:
        raise Unusable(
            "HTTPS_PROXY, or the variable in its place, is not the URL of a proxy.",
            "Write http://host:port, or http://user:password@host:port with what is special in them percent-encoded.",
        )
    return f"{match['scheme'] or 'http://'}{match['host']}"


def _name(patient: _Patient) -> str:
    parts = urlsplit(patient.login_url)
    if not parts.hostname:
        raise _skip("There is no login URL.")
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if patient.proxy:
            raise _warn(
                f"{parts.hostname} is not known here, but a proxy may know it.",
                "Nothing, if TLS is reached below; otherwise check `login-url`, and what the proxy lets through.",
            ) from None
        raise _Ended(
            Status.FAIL,
            f"{parts.hostname} is not known here: {error.strerror}.",
            "Check `login-url`, this machine's name server, and whether a proxy is needed here (HTTPS_PROXY).",
            Unreachable,
        ) from None
    return ", ".join(dict.fromkeys(str(address[0]) for *_, address in found)) + "."


def _tls(patient: _Patient) -> str:
    if not patient.login_url:
        raise _skip("There is no login URL.")
    patient.transport = _transport(patient.settings)
    patient.answer = patient.transport.get(f"{patient.login_url}/.well-known/openid-configuration")
    certificate = patient.answer.certificate
    expiry = datetime.fromtimestamp(cert_time_to_seconds(certificate["notAfter"]), UTC) if certificate else None
    return f"Issued by {_issuer(certificate)}, valid until {expiry:%Y-%m-%d}." if expiry else "Reached."


def _transport(settings: Settings) -> Transport:
    try:
        return Transport(timeout=settings.timeout, ca_certificates=settings.ca_certificates)
    except Unusable as error:
        raise BadInput([Problem("ca-certificates", error.found, error.remedy)]) from None


def _issuer(certificate: Mapping[str, Any]) -> str:
    names = {name: value for part in certificate["issuer"] for name, value in part}
    return one_line(str(names.get("organizationName") or names.get("commonName") or "somebody without a name"))


def _clock(patient: _Patient) -> str:
    if not patient.first_answer.headers.get("Date"):
        raise _skip("The login host told no time.")
    skew = patient.first_answer.clock_skew
    if abs(skew) > TOLERATED_CLOCK_SKEW:
        raise _warn(
            f"Salesforce's clock is {round(skew):+d} s against this machine's.",
            "Set this machine's clock (NTP). Until then, a login that fails is signed again by Salesforce's clock.",
        )
    return f"It differs by {abs(skew):.0f} s from Salesforce's."


def _my_domain(patient: _Patient) -> str:
    if patient.login_url in {LOGIN, TEST}:
        raise _skip("The login URL is none.")
    versions = json_or_none(patient.reached.get(f"{patient.login_url}/services/data/"))
    try:
        newest = one_line(str(versions[-1]["version"]))  # type: ignore[index]
    except (TypeError, LookupError):
        raise _warn(
            f"{patient.login_url}/services/data/ does not list API versions.",
            "Is it the org's My Domain? In Setup, open My Domain, and copy the Current My Domain URL.",
        ) from None
    return f"It answers, with API versions up to {newest}."


def _openid(patient: _Patient) -> str:
    configuration = json_or_none(patient.first_answer)
    if not isinstance(configuration, dict) or "token_endpoint" not in configuration:
        raise _warn(
            f"{patient.login_url} does not say where its token endpoint is.",
            "Is it one of Salesforce's login hosts, or is a proxy answering?",
        )
    return f"Token endpoint {one_line(str(configuration['token_endpoint']))}."


def _login(patient: _Patient) -> str:
    try:
        patient.plan = plan_login(patient.settings, patient.problems)
    except BadInput:
        raise _skip("What fails above must be put right first.") from None
    _ = patient.first_answer
    patient.session = log_in(patient.plan, _Deaf())
    return f"Logged in as {patient.session.username}, with the audience {patient.session.audience}."


class _Deaf:
    """A log that nobody reads: what matters is told by the checks."""

    def debug(self, line: str) -> None:
        """Drop it."""

    def info(self, line: str) -> None:
        """Drop it."""

    def warning(self, title: str, message: str) -> None:
        """Drop it."""


def _userinfo(patient: _Patient) -> str:
    session = patient.logged_in
    answer = patient.reached.get(f"{session.instance_url}/services/oauth2/userinfo", token=session.access_token)
    said = json_or_none(answer)
    if answer.status == HTTPStatus.FORBIDDEN:
        raise _warn("It answers HTTP 403.", "It may want the scope openid; logins do not need it.")
    if answer.status != HTTPStatus.OK or not isinstance(said, dict):
        raise _warn(f"It answers HTTP {answer.status}, and no user's names.", "Logins do not need it. Try again later.")
    return one_line(f"{said.get('preferred_username')}, {said.get('name')}.")


def _rest_api(patient: _Patient) -> str:
    session = patient.logged_in
    try:
        version = verify_rest_api(session, patient.reached)
    except Refused as error:
        entry = recognise(error.refusal)
        advice = report.advise(entry, frozenset(), patient.plan) if entry else ()
        finding = f"It answers HTTP {error.refusal.status}, {error.refusal}."
        raise _Ended(Status.FAIL, finding, _told(advice), LoginRefused) from None
    return f"Version {version} takes the token."


def _scopes(patient: _Patient) -> str:
    scopes = patient.logged_in.scope
    if not {"api", "full"} & set(scopes.split()):
        raise _warn(
            f"The token has: {scopes or 'none'}.",
            "The REST API and deployments want the scope api: add it to the app's selected OAuth scopes.",
        )
    return f"{scopes}."


_CHECKS: tuple[tuple[str, Callable[[_Patient], str]], ...] = (
    ("settings", _settings),
    ("private key", _private_key),
    ("certificate", _certificate),
    ("login URL", _login_url),
    ("proxy", _proxy),
    ("host name", _name),
    ("TLS", _tls),
    ("clock", _clock),
    ("My Domain", _my_domain),
    ("OpenID", _openid),
    ("login", _login),
    ("userinfo", _userinfo),
    ("REST API", _rest_api),
    ("scopes", _scopes),
)


def _told(advice: tuple[report.Advice, ...]) -> str:
    """The likeliest cause and its fix."""
    lines = [line for first in advice[:1] for line in (first.what, *report.numbered(first.fix))]
    return "\n".join(lines)
