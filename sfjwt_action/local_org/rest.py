"""What the local org's APIs answer, as data: versions, limits, records, and who a token belongs to."""

from sfjwt_action.local_org.model import Host, Session, User

_OLDEST_VERSION = 31
_NEWEST_VERSION = 68
_WINTER_24 = 59
_TIME_ZONE = "America/Los_Angeles"
_LOCALE = "en_US"
_UPDATED = "2026-01-01T00:00:00.000+0000"
_SEASONS = ("Winter", "Spring", "Summer")

API_REQUESTS_A_DAY = 15000


def _release(number: int) -> str:
    """Return the name of a release, of which there are three a year."""
    years, season = divmod(number - _WINTER_24, len(_SEASONS))
    return f"{_SEASONS[season]} '{24 + years}"


API_VERSIONS = {f"{number}.0": _release(number) for number in range(_OLDEST_VERSION, _NEWEST_VERSION + 1)}
"""The versions that are answered for, oldest first, and the names of their releases."""


def versions() -> list[dict[str, str]]:
    """Return what `/services/data` lists."""
    return [
        {"label": release, "url": f"/services/data/v{version}", "version": version}
        for version, release in API_VERSIONS.items()
    ]


def resources(version: str, host: Host, session: Session) -> dict[str, str]:
    """Return what a version's own URL lists: the resources under it."""
    base = f"/services/data/v{version}"
    return {
        "identity": host.identity_url(session.org, session.user),
        "limits": f"{base}/limits",
        "query": f"{base}/query",
        "queryAll": f"{base}/queryAll",
        "sobjects": f"{base}/sobjects",
    }


def limits(api_requests: int) -> dict[str, dict[str, int]]:
    """Return what `limits` lists, once some requests of the day are used. Nothing stored here counts."""
    return {
        "DailyApiRequests": {"Max": API_REQUESTS_A_DAY, "Remaining": max(API_REQUESTS_A_DAY - api_requests, 0)},
        "DataStorageMB": {"Max": 1024, "Remaining": 1024},
        "FileStorageMB": {"Max": 1024, "Remaining": 1024},
    }


def userinfo(host: Host, session: Session) -> dict[str, object]:
    """Return the claims about a user (OpenID Connect Core, 5.3), with Salesforce's own beside them."""
    user = session.user
    return {
        "sub": host.identity_url(session.org, user),
        "preferred_username": user.username,
        "name": user.name,
        "given_name": user.first_name,
        "family_name": user.last_name,
        "nickname": user.username.partition("@")[0],
        "zoneinfo": _TIME_ZONE,
        "locale": _LOCALE,
        "picture": f"{host.instance_url(session.org)}/profilephoto/005/F",
        "profile": f"{host.instance_url(session.org)}/{user.id}",
        "address": {"country": "US"},
        "updated_at": _UPDATED,
        **_in_both_answers(host, session),
    }


def openid_configuration(host: Host) -> dict[str, object]:
    """Return where a host's OAuth endpoints are (OpenID Connect Discovery, 4.2)."""
    return {
        "issuer": host.url,
        "authorization_endpoint": f"{host.url}/services/oauth2/authorize",
        "token_endpoint": f"{host.url}/services/oauth2/token",
        "revocation_endpoint": f"{host.url}/services/oauth2/revoke",
        "userinfo_endpoint": f"{host.url}/services/oauth2/userinfo",
        "scopes_supported": ["api", "full", "id", "openid", "profile", "refresh_token", "web"],
        "response_types_supported": ["code", "token"],
        "subject_types_supported": ["public"],
    }


def identity(host: Host, session: Session) -> dict[str, object]:
    """Return what the identity URL of a user says."""
    user = session.user
    return {
        "id": host.identity_url(session.org, user),
        "asserted_user": True,
        "username": user.username,
        "nick_name": user.username.partition("@")[0],
        "display_name": user.name,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "timezone": _TIME_ZONE,
        "mobile_phone": None,
        "mobile_phone_verified": False,
        "addr_country": "US",
        "status": {"created_date": None, "body": None},
        "locale": _LOCALE,
        "last_modified_date": _UPDATED,
        **_in_both_answers(host, session),
    }


def _in_both_answers(host: Host, session: Session) -> dict[str, object]:
    org, user = session.org, session.user
    base = host.instance_url(org)
    return {
        "user_id": user.id,
        "organization_id": org.id,
        "email": user.email,
        "email_verified": True,
        "active": user.is_active,
        "user_type": "STANDARD",
        "language": _LOCALE,
        "utcOffset": -28800000,
        "is_app_installed": True,
        "photos": {"picture": f"{base}/profilephoto/005/F", "thumbnail": f"{base}/profilephoto/005/T"},
        "urls": _urls(base, user),
    }


def _urls(base: str, user: User) -> dict[str, str]:
    """Return URLs for clients, which replace `{version}` themselves. Only URLs that the local org serves are listed."""
    return {
        "metadata": f"{base}/services/Soap/m/{{version}}",
        "rest": f"{base}/services/data/v{{version}}/",
        "query": f"{base}/services/data/v{{version}}/query/",
        "sobjects": f"{base}/services/data/v{{version}}/sobjects/",
        "profile": f"{base}/{user.id}",
        "custom_domain": base,
    }
