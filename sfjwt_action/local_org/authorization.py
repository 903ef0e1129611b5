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
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.jws import CompactSignature, extract_compact, validate_compact

from sfjwt_action.local_org.model import App, AppKind, Host, HostKind, LocalSalesforce, Org, Session

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SKEW_BUFFER = 180
"""Seconds by which an assertion may be past its `exp`. There is no upper bound on `exp`."""

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
    _require_known_app(host, assertion.consumer_key)
    session, app = _preauthorized(salesforce, host, assertion)
    if assertion.audience not in _audiences(app, session.org, host):
        raise Refusal("invalid_grant", "audience is invalid")
    _verify_signature(app, assertion)
    if assertion.expiry + SKEW_BUFFER < now:
        raise Refusal("invalid_grant", "expired authorization code")
    _use_up(salesforce, assertion)
    return _token_response(salesforce, host, session, app, now)


def _read(compact: str) -> Assertion:
    try:
        signed = extract_compact(compact.encode())
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


def _text(claim: object) -> str:
    """Read a claim that counts only as a string: an array of audiences, say, names none."""
    return claim if isinstance(claim, str) else ""


def _seconds(exp: object) -> int:
    """Read an `exp` as clients send it: an integer, a fraction, or either in a string."""
    number = re.fullmatch(r"(\d{1,18})(\.\d+)?", str(exp))
    if number is None:
        raise ValueError("exp is not a number")
    return int(number[1])


def _require_known_app(host: Host, consumer_key: str) -> None:
    apps = [app for org in host.orgs if (app := org.app(consumer_key))]
    if not apps:
        raise Refusal("invalid_client_id", "client identifier invalid")
    if host.kind is HostKind.GENERIC and all(app.kind is AppKind.EXTERNAL_CLIENT_APP for app in apps):
        raise Refusal("app_not_found", "External client app is not installed in this org")


def _preauthorized(salesforce: LocalSalesforce, host: Host, assertion: Assertion) -> tuple[Session, App]:
    session = _find_user(salesforce, assertion.username)
    app = session.org.app(assertion.consumer_key)
    if session.org not in host.orgs or app is None or assertion.username not in app.preauthorized:
        raise Refusal("invalid_grant", "user hasn't approved this consumer")
    if not session.user.is_active:
        raise Refusal("invalid_grant", "inactive user")
    if not {"refresh_token", "offline_access"} & set(app.scopes):
        raise Refusal(
            "invalid_request",
            "refresh_token scope is required and the connected app should be installed and preauthorized",
        )
    return session, app


def _find_user(salesforce: LocalSalesforce, username: str) -> Session:
    """Find a user in any org: usernames are unique among all of Salesforce's."""
    for org in salesforce.orgs:
        if user := org.user(username):
            return Session(org, user)
    raise Refusal("invalid_grant", "authentication failure")


def _audiences(app: App, org: Org, host: Host) -> set[str]:
    """Return the audiences that the app takes: its kind decides, and the org's, but not the host."""
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


def _token_response(salesforce: LocalSalesforce, host: Host, session: Session, app: App, now: float) -> dict[str, str]:
    """Open a session. There is never a refresh token, nor a lifetime: the flow has neither."""
    random_part = "".join(secrets.choice(_TOKEN_ALPHABET) for _ in range(_TOKEN_LENGTH))
    access_token = f"{session.org.id[:15]}!{random_part}"
    salesforce.sessions[access_token] = session
    identity_url = host.identity_url(session.org, session.user)
    issued_at = str(int(now * 1000))
    return {
        "access_token": access_token,
        "signature": _identity_signature(app, identity_url, issued_at),
        "scope": " ".join(app.scopes),
        "instance_url": host.instance_url(session.org),
        "id": identity_url,
        "token_type": "Bearer",
        "issued_at": issued_at,
    }


def _identity_signature(app: App, identity_url: str, issued_at: str) -> str:
    """Sign as Salesforce does: HMAC-SHA256 by the consumer secret of the identity URL and the time."""
    message = f"{identity_url}{issued_at}".encode()
    return base64.b64encode(hmac.digest(app.consumer_secret.encode(), message, hashlib.sha256)).decode()
