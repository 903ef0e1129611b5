"""Checks of each part of a login, whether the login works or not: `sfjwt doctor`."""

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

from sfjwt_action.inputs.problems import InvalidInput, InvalidValue, Problems
from sfjwt_action.inputs.settings import read_settings
from sfjwt_action.login import MAX_CLOCK_SKEW_SECONDS, LoginRefused, OrgNotAllowed, log_in, plan_login
from sfjwt_action.refusals.lookup import find_entry
from sfjwt_action.refusals.sanitize import sanitize
from sfjwt_action.report.layout import TERMINAL_WIDTH, numbered, wrapped
from sfjwt_action.report.story import advise, failure
from sfjwt_action.salesforce.errors import Refused, UntrustedResponse
from sfjwt_action.salesforce.hosts import LOGIN, TEST, parse_login_url
from sfjwt_action.salesforce.token_endpoint import revoke
from sfjwt_action.salesforce.verification import json_or_none, verify_rest_api
from sfjwt_action.signing.certificate import check_match, load_certificate, validity_warning
from sfjwt_action.signing.private_key import load_private_keys
from sfjwt_action.transport import Transport, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sfjwt_action.inputs.settings import Settings
    from sfjwt_action.login import Plan
    from sfjwt_action.report.story import Advice
    from sfjwt_action.salesforce.session import Session
    from sfjwt_action.signing.kms.key import KmsKey
    from sfjwt_action.signing.signer import Signer
    from sfjwt_action.transport import Response

_NAME_WIDTH = 16
_INDENT = " " * 23
# With an @ after a /, the password holds the /, and what precedes it isn't the host.
_PROXY = re.compile(r"(?P<scheme>[\w+.-]+://)?+([^/?#]*@)?(?P<host>[^/?#@]+)([/?#][^@]*)?")


class Status(StrEnum):
    """The result of a check."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True)
class Check:
    """One check and its result.

    Attributes:
        name: What was checked.
        status: The result.
        finding: What was found.
        remedy: What to do about it, one step a line; empty if there is nothing to do, or the finding says it.
        error: The kind of failure, if it is one.
    """

    name: str
    status: Status
    finding: str
    remedy: str = ""
    error: type[Exception] | None = None


def run_checks(flags: Mapping[str, str], environ: Mapping[str, str]) -> Iterator[Check]:
    """Check each part of a login in turn. After a failure, the other parts are checked all the same.

    Args:
        flags: Values of the flags, as for `read_settings`.
        environ: The environment.

    Yields:
        Each check, when it is done.
    """
    problems = Problems()
    state = _State(read_settings(flags, environ, problems), problems, environ)
    key_checks = _KMS_CHECKS if state.settings.kms_key else (("private key", _private_key),)
    for name, check in (("settings", _settings), *key_checks, *_CHECKS):
        yield _without_token(_done(name, check, state), state.session)


def text(check: Check, *, color: bool = False) -> str:
    """Lay out a check for a terminal of 80 columns."""
    code = {Status.OK: "32", Status.WARN: "33", Status.FAIL: "31", Status.SKIP: "2"}[check.status]
    status = f"\033[{code}m{check.status:<5}\033[0m" if color else f"{check.status:<5}"
    lines = _wrapped(check.finding) + [line for step in check.remedy.splitlines() for line in _wrapped(step)]
    return f"{status} {check.name:<{_NAME_WIDTH}} " + f"\n{_INDENT}".join(lines)


def as_json(checks: Iterable[Check]) -> str:
    """Return all checks as JSON: `checks`, and whether all `passed`."""
    done = list(checks)
    listed = [{name: value for name, value in asdict(check).items() if name != "error"} for check in done]
    return json.dumps({"passed": first_failure(done) is None, "checks": listed}, indent=2)


def first_failure(checks: Iterable[Check]) -> Check | None:
    """Return the first check that failed; warnings pass."""
    return next((check for check in checks if check.status is Status.FAIL), None)


def _wrapped(line: str) -> list[str]:
    return wrapped(line, TERMINAL_WIDTH - len(_INDENT))


class _CheckEnded(Exception):
    """A check ended with another result than ok."""

    def __init__(self, status: Status, finding: str, remedy: str = "", error: type[Exception] | None = None) -> None:
        super().__init__(finding)
        self.status = status
        self.finding = finding
        self.remedy = remedy
        self.error = error


def _skip(reason: str) -> _CheckEnded:
    """Return the end of a check that has nothing to check."""
    return _CheckEnded(Status.SKIP, reason)


def _warn(finding: str, remedy: str) -> _CheckEnded:
    """Return the end of a check that passes, but needs attention."""
    return _CheckEnded(Status.WARN, finding, remedy)


@dataclass
class _State:
    """What the checks have found so far."""

    settings: Settings
    problems: Problems
    environ: Mapping[str, str]
    kms_keys: tuple[KmsKey, ...] = ()
    signers: tuple[Signer, ...] = ()
    login_url: str = ""
    transport: Transport | None = None
    response: Response | None = None
    plan: Plan | None = None
    session: Session | None = None

    @property
    def reached(self) -> Transport:
        """The transport, if the login host was reached."""
        if self.transport is None or self.response is None:
            raise _skip("The login host was not reached.")
        return self.transport

    @property
    def first_response(self) -> Response:
        """The login host's first response."""
        if self.response is None:
            raise _skip("The login host was not reached.")
        return self.response

    @property
    def logged_in(self) -> Session:
        """The session, if the login succeeded."""
        if self.session is None:
            raise _skip("There is no login to check it with.")
        return self.session

    @property
    def proxy(self) -> str:
        """The URL of the proxy on the way to the login host, which may hold a password; empty if there is none."""
        return select_proxy(self.login_url, get_environ_proxies(self.login_url)) or ""


def _done(name: str, check: Callable[[_State], str], state: _State) -> Check:
    try:
        return Check(name, Status.OK, check(state))
    except _CheckEnded as end:
        return Check(name, end.status, end.finding, end.remedy, end.error)
    except InvalidValue as error:
        return Check(name, Status.FAIL, error.found, error.remedy, InvalidInput)
    except InvalidInput as error:
        finding = f"Wrong or missing: {', '.join(problem.input for problem in error.problems)}."
        return Check(name, Status.FAIL, finding, "\n".join(map(str, error.problems)), InvalidInput)
    except (Unreachable, UntrustedResponse, LoginRefused) as error:
        story = failure(error, state.plan)
        return Check(name, Status.FAIL, story.lead, _first_advice(story.advice), type(error))


def _without_token(check: Check, session: Session | None) -> Check:
    """Remove the access token from a server's words: servers may echo what they were sent."""
    if session is None:
        return check
    secrets = [session.access_token, *filter(None, [session.access_token.partition("!")[2]])]
    for secret in secrets:
        finding, remedy = (words.replace(secret, "[…]") for words in (check.finding, check.remedy))
        check = replace(check, finding=finding, remedy=remedy)
    return check


def _settings(state: _State) -> str:
    state.problems.raise_if_any()
    return "All that is required is there."


def _private_key(state: _State) -> str:
    settings = state.settings
    if not settings.private_key:
        raise _skip("None is given.")
    state.signers = load_private_keys(settings.private_key, settings.private_key_passphrase)
    return f"{_describe(state.signers)}."


def _describe(signers: Iterable[Signer]) -> str:
    return "; ".join(f"RSA, {signer.public_key.key_size} bits, SHA-256 {signer.fingerprint}" for signer in signers)


def _kms_credentials(state: _State) -> str:
    from sfjwt_action.signing.kms.keys import parse_keys  # noqa: PLC0415 -- few have a key there

    keys = parse_keys(state.settings, state.environ, _NullLog())
    found = dict.fromkeys(f"{key.service}: {key.authenticate()}" for key in keys)
    state.kms_keys = keys
    return " ".join(found)


def _kms_key(state: _State) -> str:
    from sfjwt_action.signing.kms.keys import connect  # noqa: PLC0415 -- as above

    if not state.kms_keys:
        raise _skip("There are no credentials.")
    state.signers = connect(state.kms_keys, state.settings.retries, _NullLog())
    return f"{_describe(state.signers)}."


def _kms_signature(state: _State) -> str:
    if not state.signers:
        raise _skip("No public key was received.")
    try:
        for signer in state.signers:
            signer.sign(b"sfjwt doctor")
    except InvalidInput as error:
        (problem,) = error.problems
        raise InvalidValue(problem.found, problem.remedy) from None
    return "The public key verifies it."


def _certificate(state: _State) -> str:
    if not state.settings.certificate:
        raise _skip("None is given. With `certificate`, its match and its expiry are checked.")
    certificate = load_certificate(state.settings.certificate)
    if state.signers:
        check_match(certificate, state.signers)
    now = datetime.now(UTC)
    days = state.settings.certificate_expiry_warning_days
    if warning := validity_warning(certificate, now, within_days=days):
        raise _warn(warning, "")
    match = "It belongs to the key, and" if state.signers else "There is no key to compare it with. It"
    return f"{match} is valid for {(certificate.not_after - now).days} days more."


def _login_url(state: _State) -> str:
    state.login_url = parse_login_url(state.settings.login_url)
    return f"{state.login_url}."


def _proxy(state: _State) -> str:
    if not state.login_url:
        raise _skip("There is no login URL.")
    return f"{_without_password(state.proxy)}." if state.proxy else "None."


def _without_password(proxy: str) -> str:
    """Return a proxy's URL without its user name and password."""
    match = _PROXY.fullmatch(proxy)
    if not match:
        raise InvalidValue(
            "HTTPS_PROXY, or the variable in its place, is not the URL of a proxy.",
            "Write http://host:port, or http://user:password@host:port with what is special in them percent-encoded.",
        )
    return f"{match['scheme'] or 'http://'}{match['host']}"


def _name(state: _State) -> str:
    parts = urlsplit(state.login_url)
    if not parts.hostname:
        raise _skip("There is no login URL.")
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if state.proxy:
            raise _warn(
                f"{parts.hostname} is not known here, but a proxy may know it.",
                "Nothing, if TLS is reached below; otherwise check `login-url`, and what the proxy lets through.",
            ) from None
        raise _CheckEnded(
            Status.FAIL,
            f"{parts.hostname} is not known here: {error.strerror}.",
            "Check `login-url`, this machine's name server, and whether a proxy is needed here (HTTPS_PROXY).",
            Unreachable,
        ) from None
    return ", ".join(dict.fromkeys(str(address[0]) for *_, address in found)) + "."


def _tls(state: _State) -> str:
    if not state.login_url:
        raise _skip("There is no login URL.")
    state.problems.raise_if_any("ca-certificates")
    state.transport = Transport(timeout=state.settings.timeout, ca_certificates=state.settings.ca_certificates)
    state.response = state.transport.get(f"{state.login_url}/.well-known/openid-configuration")
    certificate = state.response.certificate
    expiry = datetime.fromtimestamp(cert_time_to_seconds(certificate["notAfter"]), UTC) if certificate else None
    return f"Issued by {_issuer(certificate)}, valid until {expiry:%Y-%m-%d}." if expiry else "Reached."


def _issuer(certificate: Mapping[str, Any]) -> str:
    names = {name: value for part in certificate["issuer"] for name, value in part}
    return sanitize(str(names.get("organizationName") or names.get("commonName") or "somebody without a name"))


def _clock(state: _State) -> str:
    if not state.first_response.headers.get("Date"):
        raise _skip("The login host told no time.")
    skew = state.first_response.clock_skew
    if abs(skew) > MAX_CLOCK_SKEW_SECONDS:
        raise _warn(
            f"Salesforce's clock is {round(skew):+d} s against this machine's.",
            "Set this machine's clock (NTP). Until then, a login that fails is signed again by Salesforce's clock.",
        )
    return f"It differs by {abs(skew):.0f} s from Salesforce's."


def _my_domain(state: _State) -> str:
    if state.login_url in {LOGIN, TEST}:
        raise _skip("The login URL is none.")
    versions = json_or_none(state.reached.get(f"{state.login_url}/services/data/"))
    try:
        newest = sanitize(str(versions[-1]["version"]))  # type: ignore[index]
    except (TypeError, LookupError):
        raise _warn(
            f"{state.login_url}/services/data/ does not list API versions.",
            "Is it the org's My Domain? In Setup, open My Domain, and copy the Current My Domain URL.",
        ) from None
    return f"It answers, with API versions up to {newest}."


def _openid(state: _State) -> str:
    configuration = json_or_none(state.first_response)
    if not isinstance(configuration, dict) or "token_endpoint" not in configuration:
        raise _warn(
            f"{state.login_url} does not say where its token endpoint is.",
            "Is it one of Salesforce's login hosts, or is a proxy answering?",
        )
    return f"Token endpoint {sanitize(str(configuration['token_endpoint']))}."


def _login(state: _State) -> str:
    try:
        state.plan = plan_login(state.settings, state.problems, environ=state.environ, log=_NullLog())
    except InvalidInput:
        raise _skip("What fails above must be put right first.") from None
    _ = state.first_response
    state.session = log_in(state.plan, _NullLog())
    return f"Logged in as {state.session.username}, with the audience {state.session.audience}."


class _NullLog:
    """A log that drops everything, because the checks report what matters."""

    def debug(self, line: str) -> None:
        """Drop it."""

    def info(self, line: str) -> None:
        """Drop it."""

    def warning(self, title: str, message: str) -> None:
        """Drop it."""


def _userinfo(state: _State) -> str:
    session = state.logged_in
    response = state.reached.get(f"{session.instance_url}/services/oauth2/userinfo", token=session.access_token)
    user = json_or_none(response)
    if response.status == HTTPStatus.FORBIDDEN:
        raise _warn("It answers HTTP 403.", "It may want the scope openid; logins do not need it.")
    if response.status != HTTPStatus.OK or not isinstance(user, dict):
        raise _warn(
            f"It answers HTTP {response.status}, and no user's names.", "Logins do not need it. Try again later."
        )
    return sanitize(f"{user.get('preferred_username')}, {user.get('name')}.", session.access_token)


def _rest_api(state: _State) -> str:
    session = state.logged_in
    try:
        version = verify_rest_api(session, state.reached)
    except Refused as error:
        entry = find_entry(error.refusal)
        advice = advise(entry, frozenset(), state.plan) if entry else ()
        finding = f"It answers HTTP {error.refusal.status}, {error.refusal}."
        raise _CheckEnded(Status.FAIL, finding, _first_advice(advice), LoginRefused) from None
    return f"Version {version} takes the token."


def _scopes(state: _State) -> str:
    scopes = state.logged_in.scope
    if not {"api", "full"} & set(scopes.split()):
        raise _warn(
            f"The token has: {scopes or 'none'}.",
            "The REST API and deployments want the scope api: add it to the app's selected OAuth scopes.",
        )
    return f"{scopes}."


def _org(state: _State) -> str:
    session, allowed = state.logged_in, state.settings.allowed_org_ids
    if allowed and session.org_id not in allowed:
        raise OrgNotAllowed(session.org_id, allowed)
    return f"{session.org_id or 'Salesforce named none'}{', which is allowed' if allowed else ''}."


def _logout(state: _State) -> str:
    """Revoke the token: nothing else needs it."""
    session, transport = state.logged_in, state.reached
    retries = state.settings.retries
    try:
        revoke(session.instance_url, session.access_token, transport=transport, retries=retries, log=_NullLog())
    except (Refused, Unreachable, UntrustedResponse) as error:
        raise _warn(
            f"The token was not revoked: {error}",
            "It stays valid until the session times out, or is ended in Setup under Session Management.",
        ) from None
    return "The token was revoked."


_KMS_CHECKS: tuple[tuple[str, Callable[[_State], str]], ...] = (
    ("KMS credentials", _kms_credentials),
    ("KMS key", _kms_key),
    ("KMS signature", _kms_signature),
)
_CHECKS: tuple[tuple[str, Callable[[_State], str]], ...] = (
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
    ("org", _org),
    ("logout", _logout),
)


def _first_advice(advice: tuple[Advice, ...]) -> str:
    """Return the likeliest cause and its fix, one step a line."""
    lines = [line for first in advice[:1] for line in (first.problem, *numbered(first.fix))]
    return "\n".join(lines)
