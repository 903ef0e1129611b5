"""A session: the access token, where to use it, and whose it is."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from sfjwt_action.inputs.record_id import long_id
from sfjwt_action.refusals.sanitize import sanitize
from sfjwt_action.salesforce.errors import UntrustedResponse
from sfjwt_action.salesforce.hosts import is_host, is_trusted_with_token

_VISIBLE_ASCII = re.compile(r"[!-~]+")
# The characters of a bearer token (RFC 6750, section 2.1), and the `!` of Salesforce's. None of them is special to any
# CI system, in a command or in a file, so what is masked is what is published.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/!-]+=*")
_OPAQUE_TOKEN = re.compile(r"(?P<org>00D\w{12})(\w{3})?!", re.ASCII)
_SCOPE = re.compile(r"[\w.:/-]{1,64}", re.ASCII)
_MAX_TOKEN = 16 * 1024
_MAX_TEXT = 2048
"""Characters of a token, and of any other text, that a response of Salesforce may have."""
# With a path before /id/ on an Experience site.
_IDENTITY = re.compile(
    r"https://[^/?#]+(/[^/?#]+)*?/id/(?P<org>00D\w{12}(\w{3})?)/(?P<user>005\w{12}(\w{3})?)", re.ASCII
)


@dataclass(frozen=True, kw_only=True)
class Session:
    """What Salesforce granted.

    Attributes:
        access_token: The secret, kept out of `repr`.
        instance_url: Where API calls go, without a slash at its end.
        token_type: How the token is sent: `Bearer`.
        scope: The token's scopes, separated by spaces.
        org_id: The org's ID, 18 characters; empty if Salesforce sent no identity URL.
        user_id: The user's ID, likewise.
        username: The user that is logged in.
        identity_url: The user's identity URL, or empty.
        issued_at: When the token was issued; None if Salesforce didn't say.
        expires_at: When a token in JWT format expires; None for an opaque token, which use extends.
        login_url: The login URL that was used.
        audience: The audience that was accepted.
        key_fingerprint: The SHA-256 of the public key of the signer that was accepted.
        api_version: The org's newest API version, such as `66.0`; empty unless the session was verified.
    """

    access_token: str = field(repr=False)
    instance_url: str
    token_type: str
    scope: str
    org_id: str
    user_id: str
    username: str
    identity_url: str
    issued_at: datetime | None
    expires_at: datetime | None = None
    login_url: str
    audience: str
    key_fingerprint: str
    api_version: str = ""

    @property
    def instance_host(self) -> str:
        """The instance URL's host, with its port where it has one."""
        return urlsplit(self.instance_url).netloc

    def outputs(self) -> dict[str, str]:
        """Return the outputs of action.yml, by name; empty where Salesforce sent nothing."""
        return {
            "access-token": self.access_token,
            "instance-url": self.instance_url,
            "token-type": self.token_type,
            "scope": self.scope,
            "org-id": self.org_id,
            "user-id": self.user_id,
            "username": self.username,
            "identity-url": self.identity_url,
            "issued-at": f"{self.issued_at:%Y-%m-%dT%H:%M:%SZ}" if self.issued_at else "",
            "expires-at": f"{self.expires_at:%Y-%m-%dT%H:%M:%SZ}" if self.expires_at else "",
            "login-url": self.login_url,
            "audience": self.audience,
            "api-version": self.api_version,
        }


def parse_session(body: object, *, username: str, login_url: str, audience: str, key_fingerprint: str) -> Session:
    """Validate the body of a 200 from the token endpoint.

    A token is a secret that later steps send to the instance URL, so both are validated before anything is published.

    Args:
        body: The JSON that was received.
        username: The user that the assertion named.
        login_url: The login URL.
        audience: The audience that was accepted.
        key_fingerprint: The fingerprint of the signer that was accepted.

    Raises:
        UntrustedResponse: The response isn't one of Salesforce.
    """
    if not isinstance(body, Mapping):
        raise UntrustedResponse("it isn't a JSON object")
    token = _access_token(body)
    identity_url = _text(body, "id")
    org_id, user_id = _identity(identity_url)
    return Session(
        access_token=token,
        instance_url=_instance_url(body, login_url),
        token_type=_token_type(body),
        scope=_scope(body, token),
        org_id=_org_of(token, org_id),
        user_id=user_id,
        username=username,
        identity_url=identity_url,
        issued_at=_issued_at(body.get("issued_at")),
        expires_at=_expires_at(token),
        login_url=login_url,
        audience=audience,
        key_fingerprint=key_fingerprint,
    )


def _scope(body: Mapping[str, object], token: str) -> str:
    """Return the scopes, or an empty text if they could be something else, such as an echo of the token."""
    scope = _text(body, "scope")
    are_scopes = all(map(_SCOPE.fullmatch, scope.split())) and sanitize(scope, token) == scope
    return scope if are_scopes else ""


def _text(body: Mapping[str, object], name: str) -> str:
    """Return a value of the body if it is one line of text, or an empty text: nothing depends on it."""
    value = body.get(name)
    is_line = isinstance(value, str) and value.isprintable() and len(value) <= _MAX_TEXT
    return str(value) if is_line else ""


def _token_type(body: Mapping[str, object]) -> str:
    token_type = body.get("token_type")
    if token_type is not None and str(token_type).lower() != "bearer":
        # A DPoP token, for one, is refused without a proof of possession (RFC 9449).
        raise UntrustedResponse("its token type isn't Bearer")
    return "Bearer"


def _org_of(token: str, org_id: str) -> str:
    """Return the org that the token is for. An opaque token names it, which the identity URL must not contradict."""
    opaque = _OPAQUE_TOKEN.match(token)
    if not opaque:
        return org_id
    named = long_id(opaque["org"])
    if org_id not in {"", named}:
        raise UntrustedResponse("its access token belongs to another org than its identity URL")
    return named


def _access_token(body: Mapping[str, object]) -> str:
    token = body.get("access_token")
    if not token:
        raise UntrustedResponse("it has no access token")
    if not isinstance(token, str) or len(token) > _MAX_TOKEN or not _TOKEN.fullmatch(token):
        raise UntrustedResponse("its access token is too long or has invalid characters")
    return token


def _instance_url(body: Mapping[str, object], login_url: str) -> str:
    url = body.get("instance_url")
    if not url:
        raise UntrustedResponse("it has no instance URL")
    try:
        parts = urlsplit(str(url))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise UntrustedResponse("its instance URL isn't a URL") from None
    is_bare = parts.path in {"", "/"} and not parts.query and not parts.fragment and "@" not in parts.netloc
    if parts.scheme != "https" or not is_bare or not is_host(host) or not _VISIBLE_ASCII.fullmatch(str(url)):
        raise UntrustedResponse("its instance URL isn't a plain https URL")
    if not is_trusted_with_token(str(url), login_url):
        raise UntrustedResponse(f"its instance URL is on {host}, which isn't a My Domain or the login host")
    # Without :443, because a mask of host and port doesn't match the host alone.
    return f"https://{f'[{host}]' if ':' in host else host}{f':{port}' if port not in {None, 443} else ''}"


def _identity(identity_url: str) -> tuple[str, str]:
    match = _IDENTITY.fullmatch(identity_url)
    return (long_id(match["org"]), long_id(match["user"])) if match else ("", "")


def _expires_at(token: str) -> datetime | None:
    """Return when a token in JWT format expires, by its claim `exp` (RFC 7519, section 4.1.4)."""
    header, _, rest = token.partition(".")
    payload = rest.partition(".")[0]
    if not header.startswith("eyJ"):  # base64url of a JSON object
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (ValueError, TypeError, KeyError, OverflowError, OSError, RecursionError):
        return None


def _issued_at(milliseconds: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(str(milliseconds)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
