"""Checks of each part of a login, whether the login works or not: `sfjwt doctor`."""

from __future__ import annotations

import json
import socket
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from ssl import cert_time_to_seconds
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sfjwt_action.inputs.problems import InvalidInput, InvalidValue, Problems
from sfjwt_action.inputs.settings import read_settings
from sfjwt_action.login import (
    MAX_CLOCK_SKEW_SECONDS,
    LoginRefused,
    OrgNotAllowed,
    describe_clock_skew,
    log_in,
    plan_login,
)
from sfjwt_action.refusals.lookup import find_entry
from sfjwt_action.refusals.sanitize import sanitize
from sfjwt_action.report.failure import advise, failure
from sfjwt_action.report.layout import TERMINAL_WIDTH, numbered, wrapped
from sfjwt_action.report.story import Advice, Story
from sfjwt_action.salesforce.errors import Refused, UntrustedResponse
from sfjwt_action.salesforce.hosts import LOGIN, TEST, misspelled_host, parse_login_url
from sfjwt_action.salesforce.token_endpoint import revoke
from sfjwt_action.salesforce.verification import json_or_none, verify_rest_api
from sfjwt_action.signing.certificate import check_match, describe_expiry, load_certificates, validity_warning
from sfjwt_action.signing.private_key import load_private_keys
from sfjwt_action.transport import INVALID_PROXY_URL, Transport, Unreachable, environment_proxy, without_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sfjwt_action.inputs.settings import Settings
    from sfjwt_action.login import Plan
    from sfjwt_action.salesforce.session import Session
    from sfjwt_action.signing.kms.key import KmsKey
    from sfjwt_action.signing.signer import Signer
    from sfjwt_action.transport import Response

_NAME_WIDTH = 16
_INDENT = " " * 23
_MIN_WIDTH = 30
"""Characters per line that a finding needs in a narrow terminal."""


class Status(StrEnum):
    """The result of a check."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True)
class Check:
    """A check and its result.

    Attributes:
        name: What was checked.
        status: The result.
        finding: What was found.
        remedy: How to fix it, one step a line; may be empty.
        error: The kind of failure, if it is one.
    """

    name: str
    status: Status
    finding: str
    remedy: str = ""
    error: type[Exception] | None = None


def run_checks(flags: Mapping[str, str], environ: Mapping[str, str]) -> Iterator[Check]:
    """Check each part of a login in turn, and go on after a failure.

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


def text(check: Check, *, width: int = TERMINAL_WIDTH) -> str:
    """Lay out a check.

    Args:
        check: The check.
        width: Characters per line.
    """
    sentences = [check.finding, *check.remedy.splitlines()]
    lines = [line for words in sentences for line in wrapped(words, max(width - len(_INDENT), _MIN_WIDTH))]
    return f"{check.status:<5} {check.name:<{_NAME_WIDTH}} " + f"\n{_INDENT}".join(lines)


def as_json(checks: Iterable[Check]) -> str:
    """Return all checks as JSON: `checks`, and whether all `passed`."""
    done = list(checks)
    listed = [{name: value for name, value in asdict(check).items() if name != "error"} for check in done]
    return json.dumps({"passed": first_failure(done) is None, "checks": listed}, indent=2)


def first_failure(checks: Iterable[Check]) -> Check | None:
    """Return the first check that failed; warnings pass."""
    return next((check for check in checks if check.status is Status.FAIL), None)


def verdict(checks: Iterable[Check]) -> str:
    """Return the result of all checks in a sentence or two."""
    done = list(checks)
    failed, warned = ([check.name for check in done if check.status is status] for status in (Status.FAIL, Status.WARN))
    warnings = f"{_count(warned, 'warning')}: {', '.join(warned)}." if warned else ""
    if not failed:
        return f"No problems found. {warnings}".strip()
    first = " Start with the first." if len(failed) > 1 else ""
    return f"{_count(failed, 'problem')}: {', '.join(failed)}.{first} {warnings}".strip()


def story(checks: Iterable[Check]) -> Story:
    """Return what the checks found as a story, for an annotation and a step summary."""
    done = list(checks)
    advice = tuple(
        Advice(f"{check.name}: {check.finding}", tuple(check.remedy.splitlines()))
        for check in done
        if check.status is Status.FAIL
    )
    facts = tuple((check.name, f"{check.status}: {check.finding}") for check in done)
    return Story("Salesforce login check", verdict(done), advice, facts, is_choice=False)


def _count(names: list[str], noun: str) -> str:
    return f"1 {noun}" if len(names) == 1 else f"{len(names)} {noun}s"


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
    host_is_unknown: bool = False
    transport: Transport | None = None
    response: Response | None = None
    plan: Plan | None = None
    session: Session | None = None

    @property
    def reached(self) -> Transport:
        """The transport, if the login host was reached."""
        if self.transport is None or self.response is None:
            raise _skip("The login host wasn't reached.")
        return self.transport

    @property
    def first_response(self) -> Response:
        """The login host's first response."""
        if self.response is None:
            raise _skip("The login host wasn't reached.")
        return self.response

    @property
    def logged_in(self) -> Session:
        """The session, if the login succeeded."""
        if self.session is None:
            raise _skip("No login to check.")
        return self.session

    @property
    def proxy(self) -> str:
        """The URL of the proxy on the way to the login host, which may hold a password; empty if there is none."""
        return environment_proxy(self.login_url)


def _done(name: str, check: Callable[[_State], str], state: _State) -> Check:
    try:
        return Check(name, Status.OK, check(state))
    except _CheckEnded as end:
        return Check(name, end.status, end.finding, end.remedy, end.error)
    except InvalidValue as error:
        return Check(name, Status.FAIL, error.found, "\n".join(filter(None, [error.remedy, error.hint])), InvalidInput)
    except InvalidInput as error:
        finding = f"Invalid or missing: {', '.join(problem.input for problem in error.problems)}."
        return Check(name, Status.FAIL, finding, "\n".join([*map(str, error.problems), *error.hints]), InvalidInput)
    except (Unreachable, UntrustedResponse, LoginRefused) as error:
        told = failure(error, state.plan)
        return Check(name, Status.FAIL, told.lead, _likeliest(told.advice), type(error))


def _without_token(check: Check, session: Session | None) -> Check:
    """Remove the access token from a server's text, because servers may echo what they were sent."""
    if session is None:
        return check
    secrets = [session.access_token, *filter(None, [session.access_token.partition("!")[2]])]
    for secret in secrets:
        finding, remedy = (words.replace(secret, "[…]") for words in (check.finding, check.remedy))
        check = replace(check, finding=finding, remedy=remedy)
    return check


def _settings(state: _State) -> str:
    state.problems.raise_if_any()
    return "All required inputs are set."


def _private_key(state: _State) -> str:
    settings = state.settings
    if not settings.private_key:
        raise _skip("Not set.")
    state.signers = load_private_keys(settings.private_key, settings.private_key_passphrase)
    return f"{_describe(state.signers)}."


def _describe(signers: Iterable[Signer]) -> str:
    return "; ".join(
        f"RSA, {signer.public_key.key_size} bits, SHA-256 fingerprint {signer.fingerprint}" for signer in signers
    )


def _kms_credentials(state: _State) -> str:
    from sfjwt_action.signing.kms.keys import parse_keys  # noqa: PLC0415 -- few have a key there

    keys = parse_keys(state.settings, state.environ, _NullLog())
    found = dict.fromkeys(f"{key.service}: {key.authenticate()}" for key in keys)
    state.kms_keys = keys
    return " ".join(found)


def _kms_key(state: _State) -> str:
    from sfjwt_action.signing.kms.keys import connect  # noqa: PLC0415 -- as above

    if not state.kms_keys:
        raise _skip("No credentials to use.")
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
    return "The public key verifies the signature."


def _certificate(state: _State) -> str:
    if not state.settings.certificate:
        raise _skip("Not set. Set `certificate` to check that it matches the key, and when it expires.")
    chain = load_certificates(state.settings.certificate)
    certificate = check_match(chain, state.signers) if state.signers else chain[0]
    now = datetime.now(UTC)
    days = state.settings.certificate_expiry_warning_days
    if warning := validity_warning(certificate, now, within_days=days):
        raise _warn(warning, "")
    match = "Matches the key and" if state.signers else "No key to compare it with. The certificate"
    return f"{match} {describe_expiry(certificate.not_after, now)}."


def _login_url(state: _State) -> str:
    state.login_url = parse_login_url(state.settings.login_url)
    if meant := misspelled_host(state.login_url):
        raise _warn(f"{state.login_url} isn't a Salesforce host.", f"Did you mean {meant}?")
    return f"{state.login_url}."


def _proxy(state: _State) -> str:
    if not state.login_url:
        raise _skip("No valid login URL.")
    if not state.proxy:
        return "No proxy."
    shown = without_credentials(state.proxy)
    if not shown:
        raise InvalidValue(*INVALID_PROXY_URL)
    return f"{shown}."


def _name(state: _State) -> str:
    parts = urlsplit(state.login_url)
    if not parts.hostname:
        raise _skip("No valid login URL.")
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if state.proxy:
            raise _warn(
                f"This machine can't resolve {parts.hostname}, but the proxy might.",
                "If TLS fails below, check `login-url`, and ask whether the proxy allows the host.",
            ) from None
        state.host_is_unknown = True
        raise _CheckEnded(
            Status.FAIL,
            f"Can't resolve {parts.hostname}: {error.strerror}.",
            "Check `login-url` and this machine's DNS. If the network needs a proxy, set HTTPS_PROXY.",
            Unreachable,
        ) from None
    return ", ".join(dict.fromkeys(str(address[0]) for *_, address in found)) + "."


def _tls(state: _State) -> str:
    if not state.login_url:
        raise _skip("No valid login URL.")
    if state.host_is_unknown:
        raise _skip("The host name can't be resolved.")
    state.problems.raise_if_any("ca-certificates")
    state.transport = Transport(timeout=state.settings.timeout, ca_certificates=state.settings.ca_certificates)
    state.response = state.transport.get(f"{state.login_url}/.well-known/openid-configuration")
    certificate = state.response.certificate
    expiry = datetime.fromtimestamp(cert_time_to_seconds(certificate["notAfter"]), UTC) if certificate else None
    return f"Issued by {_issuer(certificate)}, expires on {expiry:%Y-%m-%d}." if expiry else "Reached."


def _issuer(certificate: Mapping[str, Any]) -> str:
    names = {name: value for part in certificate["issuer"] for name, value in part}
    return sanitize(str(names.get("organizationName") or names.get("commonName") or "an issuer without a name"))


def _clock(state: _State) -> str:
    if not state.first_response.headers.get("Date"):
        raise _skip("The login host sent no Date header.")
    skew = state.first_response.clock_skew
    if abs(skew) > MAX_CLOCK_SKEW_SECONDS:
        raise _warn(
            f"{describe_clock_skew(skew)}.",
            "Set this machine's clock (NTP). Until then, a rejected login is signed again with Salesforce's time.",
        )
    return f"Within {abs(skew):.0f} s of Salesforce's."


def _my_domain(state: _State) -> str:
    if state.login_url in {LOGIN, TEST}:
        raise _skip("The login URL isn't a My Domain.")
    versions = json_or_none(state.reached.get(f"{state.login_url}/services/data/"))
    try:
        newest = sanitize(str(versions[-1]["version"]))  # type: ignore[index]
    except (TypeError, LookupError):
        raise _warn(
            f"{state.login_url}/services/data/ doesn't list API versions.",
            "Check that it is the org's Current My Domain URL (Setup → My Domain).",
        ) from None
    return f"Responds with API versions up to {newest}."


def _openid(state: _State) -> str:
    configuration = json_or_none(state.first_response)
    if not isinstance(configuration, dict) or "token_endpoint" not in configuration:
        raise _warn(
            f"{state.login_url} doesn't publish its token endpoint.",
            "Check that it is a Salesforce login host, and that no proxy responds instead.",
        )
    return f"Token endpoint {sanitize(str(configuration['token_endpoint']))}."


def _login(state: _State) -> str:
    try:
        state.plan = plan_login(state.settings, state.problems, environ=state.environ, log=_NullLog())
    except InvalidInput:
        raise _skip("An earlier check failed.") from None
    _ = state.first_response
    state.session = log_in(state.plan, _NullLog())
    return f"Logged in as {state.session.username} with the audience {state.session.audience}."


class _NullLog:
    """A log that drops everything. The checks report what matters."""

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
        raise _warn("HTTP 403.", "This check needs the scope openid. Logins don't need it.")
    if response.status != HTTPStatus.OK or not isinstance(user, dict):
        raise _warn(f"HTTP {response.status} without a username.", "Logins don't need it. Try again later.")
    return sanitize(f"{user.get('preferred_username')}, {user.get('name')}.", session.access_token)


def _rest_api(state: _State) -> str:
    session = state.logged_in
    try:
        version = verify_rest_api(session, state.reached)
    except Refused as error:
        entry = find_entry(error.refusal)
        advice = advise(entry, frozenset(), state.plan) if entry else ()
        finding = f"HTTP {error.refusal.status}, {error.refusal}."
        raise _CheckEnded(Status.FAIL, finding, _likeliest(advice), LoginRefused) from None
    return f"Version {version} accepts the token."


def _scopes(state: _State) -> str:
    scopes = state.logged_in.scope
    if not {"api", "full"} & set(scopes.split()):
        raise _warn(
            f"The token has the scopes: {scopes or 'none'}.",
            "Add the scope api to the app's selected OAuth scopes. The REST API and deployments need it.",
        )
    return f"{scopes}."


def _org(state: _State) -> str:
    session, allowed = state.logged_in, state.settings.allowed_org_ids
    if allowed and session.org_id not in allowed:
        raise OrgNotAllowed(session.org_id, allowed)
    return f"{session.org_id or 'Salesforce sent no org ID'}{', which is allowed' if allowed else ''}."


def _logout(state: _State) -> str:
    """Revoke the token: nothing else needs it."""
    session, transport = state.logged_in, state.reached
    retries = state.settings.retries
    try:
        revoke(session.instance_url, session.access_token, transport=transport, retries=retries, log=_NullLog())
    except (Refused, Unreachable, UntrustedResponse) as error:
        raise _warn(
            f"The token wasn't revoked: {error}",
            "It stays valid until the session times out, or until you end it under Setup → Session Management.",
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


def _likeliest(advice: tuple[Advice, ...]) -> str:
    """Return the two likeliest causes and their fixes, one step a line."""
    likeliest = advice[:2]
    lines = []
    for number, one in enumerate(likeliest):
        heading = ("Likeliest cause: ", "Or: ")[number] if len(likeliest) > 1 else ""
        lines += [f"{heading}{one.problem}", *numbered(one.fix)]
    return "\n".join(lines)
