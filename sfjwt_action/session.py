"""What a login yields: the access token, where to use it, and whose it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from sfjwt_action.endpoint import is_host, may_be_sent_a_token
from sfjwt_action.record_id import long_id
from sfjwt_action.token_endpoint import UntrustedAnswer

_VISIBLE_ASCII = re.compile(r"[!-~]+")
# What a bearer token may be made of (RFC 6750, section 2.1), and the `!` of Salesforce's. No CI system takes any of it
# for more than it is, in a command or in a file: what is masked is what is handed on.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/!-]+=*")
_IDENTITY = re.compile(r"https://[^/]+/id/(?P<org>00D\w{12}(\w{3})?)/(?P<user>005\w{12}(\w{3})?)", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Session:
    """A login that Salesforce granted.

    Attributes:
        access_token: The secret, kept out of `repr`.
        instance_url: Where API calls go, without a slash at its end.
        token_type: How the token is sent: `Bearer`.
        scope: Scopes that the token holds, separated by spaces.
        org_id: 18 characters, or empty where Salesforce named no identity URL.
        user_id: Likewise.
        username: Who is logged in.
        identity_url: The user's identity URL, or empty.
        issued_at: When the token was issued, if Salesforce said so.
        login_url: The login URL that was used.
        audience: The audience that was accepted.
        key_fingerprint: The signing key that was accepted, by the SHA-256 of its public key.
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
    login_url: str
    audience: str
    key_fingerprint: str
    api_version: str = ""

    @property
    def instance_host(self) -> str:
        """The instance URL's host, with its port where it has one."""
        return urlsplit(self.instance_url).netloc

    def outputs(self) -> dict[str, str]:
        """The outputs of action.yml, by name; empty where Salesforce told nothing."""
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
            "login-url": self.login_url,
            "audience": self.audience,
            "api-version": self.api_version,
        }


def session_from(answer: object, *, username: str, login_url: str, audience: str, key_fingerprint: str) -> Session:
    """Read the body of a 200 from the token endpoint, believing nothing that it could not mean.

    A token is a secret that later steps send to the instance URL, so both are checked before anyone sees them.

    Args:
        answer: The JSON that was received.
        username: Who asked.
        login_url: Where.
        audience: With which audience.
        key_fingerprint: And which key.

    Raises:
        UntrustedAnswer: The answer is not one that Salesforce gives.
    """
    if not isinstance(answer, Mapping):
        raise UntrustedAnswer("the answer is not a JSON object")
    identity_url = _text(answer, "id")
    org_id, user_id = _identity(identity_url)
    return Session(
        access_token=_access_token(answer),
        instance_url=_instance_url(answer, login_url),
        token_type=_text(answer, "token_type") or "Bearer",
        scope=_text(answer, "scope"),
        org_id=org_id,
        user_id=user_id,
        username=username,
        identity_url=identity_url,
        issued_at=_issued_at(answer.get("issued_at")),
        login_url=login_url,
        audience=audience,
        key_fingerprint=key_fingerprint,
    )


def _text(answer: Mapping[str, object], name: str) -> str:
    """What the answer says under a name, if it is one line of text; nothing depends on it."""
    value = answer.get(name)
    return value if isinstance(value, str) and value.isprintable() else ""


def _access_token(answer: Mapping[str, object]) -> str:
    token = answer.get("access_token")
    if not token:
        raise UntrustedAnswer("it holds no access token")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise UntrustedAnswer("its access token holds characters that no token has")
    return token


def _instance_url(answer: Mapping[str, object], login_url: str) -> str:
    url = answer.get("instance_url")
    if not url:
        raise UntrustedAnswer("it holds no instance URL")
    try:
        parts = urlsplit(str(url))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise UntrustedAnswer("its instance URL is not a URL") from None
    is_bare = parts.path in {"", "/"} and not parts.query and not parts.fragment and "@" not in parts.netloc
    if parts.scheme != "https" or not is_bare or not is_host(host) or not _VISIBLE_ASCII.fullmatch(str(url)):
        raise UntrustedAnswer("its instance URL is not a plain https URL")
    if not may_be_sent_a_token(host, login_url):
        raise UntrustedAnswer(f"its instance URL is on {host}, which is neither Salesforce's nor the login host")
    # Without the port of https, which would keep the mask of the host from matching the host alone.
    return f"https://{f'[{host}]' if ':' in host else host}{f':{port}' if port not in {None, 443} else ''}"


def _identity(identity_url: str) -> tuple[str, str]:
    match = _IDENTITY.fullmatch(identity_url)
    return (long_id(match["org"]), long_id(match["user"])) if match else ("", "")


def _issued_at(milliseconds: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(str(milliseconds)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
