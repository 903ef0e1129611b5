"""The JWT bearer flow from Salesforce's side: an assertion becomes a session, or a refusal.

The words of the refusals, and what causes each, are those that Salesforce's users report and its help
documents. Source of the flow: Salesforce Help, "OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration".
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.jws import CompactSignature, extract_compact, validate_compact

from sfjwt_action.local_org.model import App, AppKind, Host, HostKind, LocalSalesforce, Org, Session, User

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SKEW_BUFFER = 180
"""Seconds for which an assertion is accepted after its `exp`. `exp` has no upper bound."""

_TOKEN_ALPHABET = string.ascii_letters + string.digits + "._"
_TOKEN_LENGTH = 96


class Refusal(Exception):
    """Why Salesforce gives no token: the `error` and `error_description` of its answer (RFC 6749, 5.2)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description


@dataclass(frozen=True)
class Assertion:
    """A well-formed assertion, of which nothing has been verified yet."""

    signed: CompactSignature
    consumer_key: str
    username: str
    audience: str
    expiry: int
    jti: str


@dataclass(frozen=True)
class _Login:
    """A requested login: the user, the app, the host and the time."""

    salesforce: LocalSalesforce
    host: Host
    org: Org
    user: User
    app: App
    now: float

    @property
    def is_assigned(self) -> bool:
        return self.user.username in self.app.preauthorized

    @property
    def is_from_elsewhere(self) -> bool:
        allowed = self.user.login_ip_range
        return allowed is not None and not self.app.relaxes_ip and _CLIENT not in allowed

    @property
    def is_out_of_hours(self) -> bool:
        hour = datetime.fromtimestamp(self.now, UTC).hour
        return self.user.login_hours is not None and hour not in range(*self.user.login_hours)

    @property
    def is_one_too_many(self) -> bool:
        since = self.now - 3600
        recent = [at for username, at in self.salesforce.logins if username == self.user.username and at > since]
        return len(recent) >= self.salesforce.logins_an_hour


# The server listens on the loopback interface only.
_CLIENT = IPv4Address("127.0.0.1")

# The reasons to reject a login, in the order of Salesforce's checks, with Salesforce's words.
_REFUSALS: tuple[tuple[Callable[[_Login], bool], str, str], ...] = (
    (lambda login: login.org.is_locked, "inactive_org", "inactive organization"),
    (
        lambda login: login.user.is_frozen or not login.user.has_api_access,
        "invalid_grant",
        "authentication failure",
    ),
    (lambda login: not login.user.is_active, "invalid_grant", "inactive user"),
    (
        lambda login: login.org.wants_my_domain and login.host.kind is HostKind.GENERIC,
        "invalid_grant",
        "request not supported on this domain",
    ),
    (lambda login: login.app.is_blocked, "OAUTH_APP_BLOCKED", "this app is blocked by admin"),
    (lambda login: not login.app.allows_jwt_bearer, "unauthorized_client", "client not authorized for this flow"),
    (
        lambda login: not login.is_assigned and login.app.admin_approved_only,
        "invalid_app_access",
        "user is not admin approved to access this app",
    ),
    (lambda login: not login.is_assigned, "invalid_grant", "user hasn't approved this consumer"),
    (lambda login: not login.app.scopes, "invalid_grant", "no valid scopes defined"),
    (
        lambda login: not {"refresh_token", "offline_access"} & set(login.app.scopes),
        "invalid_request",
        "refresh_token scope is required and the connected app should be installed and preauthorized",
    ),
    (lambda login: login.is_from_elsewhere, "invalid_grant", "ip restricted"),
    (lambda login: login.is_out_of_hours, "invalid_grant", "invalid login hours"),
    (lambda login: login.is_one_too_many, "invalid_grant", "login rate exceeded"),
)


def log_in(salesforce: LocalSalesforce, host: Host, form: Mapping[str, str], now: float) -> dict[str, str]:
    """Answer a token request.

    The checks come in the order that lets each documented refusal appear for its documented reason.

    Args:
        salesforce: Where the new session is kept.
        host: The host that was asked.
        form: The request's fields.
        now: The time, in seconds since the epoch.

    Raises:
        Refusal: Anything is wrong with the request.
    """
    if form.get("grant_type") != GRANT_TYPE:
        raise Refusal("unsupported_grant_type", "grant type not supported")
    assertion = _read(form.get("assertion", ""))
    _require_known_app(salesforce, host, assertion.consumer_key)
    login = _who(salesforce, host, assertion, now)
    for applies, error, description in _REFUSALS:
        if applies(login):
            raise Refusal(error, description)
    if assertion.audience not in _audiences(login.app, login.org, host):
        raise Refusal("invalid_grant", "audience is invalid")
    _verify_signature(login.app, assertion)
    if assertion.expiry + SKEW_BUFFER < now:
        raise Refusal("invalid_grant", "expired authorization code")
    _use_up(salesforce, assertion)
    return _token_response(login)


def _read(compact: str) -> Assertion:
    try:
        signed = _extract(compact.encode())
        claims = json.loads(signed.payload)
        return Assertion(
            signed=signed,
            consumer_key=_text(claims.get("iss")),
            username=_text(claims.get("prn", claims.get("sub"))),  # the older claim wins
            audience=_text(claims.get("aud")).removesuffix("/"),  # the sf CLI sends one
            expiry=_seconds(claims["exp"]),
            jti=_text(claims.get("jti")),
        )
    except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refusal("invalid_grant", "invalid assertion") from error


def _extract(compact: bytes) -> CompactSignature:
    """Split an assertion. Padding is accepted, as in Salesforce's own example, and signed as it was sent."""
    parts = compact.split(b".")
    signed = extract_compact(b".".join(part.rstrip(b"=") for part in parts))
    signed.segments["header"], signed.segments["payload"] = parts[:2]
    return signed


def _text(claim: object) -> str:
    """Read a claim that must be a string. An array of audiences, for example, counts as none."""
    return claim if isinstance(claim, str) else ""


def _seconds(exp: object) -> int:
    """Read an `exp` as clients send it: an integer, a fraction, or either in a string."""
    number = re.fullmatch(r"(\d{1,18})(\.\d+)?", str(exp))
    if number is None:
        raise ValueError("exp is not a number")
    return int(number[1])


def _require_known_app(salesforce: LocalSalesforce, host: Host, consumer_key: str) -> None:
    apps = [app for org in host.orgs if (app := org.app(consumer_key))]
    if not apps and any(org.app(consumer_key) for org in salesforce.orgs):
        raise Refusal("invalid_client", "app must be installed into org")
    if not apps:
        raise Refusal("invalid_client_id", "client identifier invalid")
    if host.kind is HostKind.GENERIC and all(app.kind is AppKind.EXTERNAL_CLIENT_APP for app in apps):
        raise Refusal("app_not_found", "External client app is not installed in this org")


def _who(salesforce: LocalSalesforce, host: Host, assertion: Assertion, now: float) -> _Login:
    """Find the user in any org, because usernames are unique in all of Salesforce, and that org's app."""
    for org in salesforce.orgs:
        if user := org.user(assertion.username):
            app = org.app(assertion.consumer_key)
            if org not in host.orgs or app is None:
                raise Refusal("invalid_grant", "user hasn't approved this consumer")
            return _Login(salesforce, host, org, user, app, now)
    raise Refusal("invalid_grant", "authentication failure")


def _audiences(app: App, org: Org, host: Host) -> set[str]:
    """Return the audiences that the app accepts. They depend on the kind of app and org, not on the host."""
    alias = {host.url} if host.kind is HostKind.ALIAS else set()
    if app.kind is AppKind.EXTERNAL_CLIENT_APP:
        return {org.my_domain_url} | alias
    return {org.login_url} | alias


def _verify_signature(app: App, assertion: Assertion) -> None:
    if not any(_is_signed_by(key, assertion.signed) for key in app.public_keys):
        raise Refusal("invalid_grant", "invalid assertion")


def _is_signed_by(key: RSAPublicKey, signed: CompactSignature) -> bool:
    try:
        return validate_compact(signed, RSAKey.import_key(key), algorithms=["RS256"])
    except JoseError:  # an algorithm or a header that is not allowed
        return False


def _use_up(salesforce: LocalSalesforce, assertion: Assertion) -> None:
    if not assertion.jti:
        return
    used = (assertion.consumer_key, assertion.jti)
    if used in salesforce.used_jtis:
        raise Refusal("invalid_grant", "invalid assertion")
    salesforce.used_jtis.add(used)


def _token_response(login: _Login) -> dict[str, str]:
    """Open a session, without a refresh token or a lifetime, because the flow has neither."""
    random_part = "".join(secrets.choice(_TOKEN_ALPHABET) for _ in range(_TOKEN_LENGTH))
    access_token = f"{login.org.id[:15]}!{random_part}"
    login.salesforce.sessions[access_token] = Session(login.org, login.user, login.app.scopes)
    login.salesforce.logins.append((login.user.username, login.now))
    identity_url = login.host.identity_url(login.org, login.user)
    issued_at = str(int(login.now * 1000))
    return {
        "access_token": access_token,
        "signature": _identity_signature(login.app, identity_url, issued_at),
        "scope": " ".join(login.app.scopes),
        "instance_url": login.host.instance_url(login.org),
        "id": identity_url,
        "token_type": "Bearer",
        "issued_at": issued_at,
    }


def _identity_signature(app: App, identity_url: str, issued_at: str) -> str:
    """Sign as Salesforce does: HMAC-SHA256 by the consumer secret of the identity URL and the time."""
    message = f"{identity_url}{issued_at}".encode()
    return base64.b64encode(hmac.digest(app.consumer_secret.encode(), message, hashlib.sha256)).decode()
