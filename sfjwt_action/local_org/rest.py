"""What the local org's APIs answer, as data: versions, limits, records, and who a token belongs to."""

from sfjwt_action.local_org.model import Host, Org, Session, User
from sfjwt_action.local_org.soql import Record, Selection

_OLDEST_VERSION = 31
_NEWEST_VERSION = 68
_WINTER_24 = 59
_SEASONS = ("Winter", "Spring", "Summer")

LIMITS = {
    "DailyApiRequests": {"Max": 15000, "Remaining": 14998},
    "DataStorageMB": {"Max": 1024, "Remaining": 1023},
    "FileStorageMB": {"Max": 1024, "Remaining": 1024},
}


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
        "sobjects": f"{base}/sobjects",
    }


def tables(org: Org) -> dict[str, list[Record]]:
    """Return the org's records by object."""
    return {"Organization": [_organization(org)], "User": [_user(user) for user in org.users]}


def _organization(org: Org) -> Record:
    return {
        "Id": org.id,
        "Name": org.name,
        "InstanceName": "LOCAL",
        "IsSandbox": org.is_sandbox,
        "NamespacePrefix": None,
        "OrganizationType": "Developer Edition",
        "TrialExpirationDate": None,
    }


def _user(user: User) -> Record:
    return {
        "Id": user.id,
        "Username": user.username,
        "Name": user.name,
        "FirstName": user.first_name,
        "LastName": user.last_name,
        "Email": user.email,
        "IsActive": user.is_active,
    }


def columns(selection: Selection, sample: Record) -> dict[str, object]:
    """Return what a query with `columns=true` answers: no records, but what its columns are.

    The sf CLI asks for it after every query, to head its table.
    """
    return {
        "columnMetadata": [_column(field, sample[field]) for field in selection.fields],
        "entityName": selection.object_name,
        "groupBy": False,
        "idSelected": "Id" in selection.fields,
        "keyPrefix": str(sample["Id"])[:3],
    }


def _column(name: str, value: object) -> dict[str, object]:
    is_boolean = isinstance(value, bool)
    return {
        "aggregate": False,
        "apexType": "Id" if name == "Id" else "Boolean" if is_boolean else "String",
        "booleanType": is_boolean,
        "columnName": name,
        "custom": False,
        "displayName": name,
        "foreignKeyName": None,
        "insertable": False,
        "joinColumns": [],
        "numberType": False,
        "textType": not is_boolean,
        "updatable": False,
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
        "jwks_uri": f"{host.url}/id/keys",
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
        "display_name": user.name,
        "first_name": user.first_name,
        "last_name": user.last_name,
        **_in_both_answers(host, session),
    }


def _in_both_answers(host: Host, session: Session) -> dict[str, object]:
    org, user = session.org, session.user
    return {
        "user_id": user.id,
        "organization_id": org.id,
        "email": user.email,
        "email_verified": True,
        "active": user.is_active,
        "user_type": "STANDARD",
        "urls": _urls(host.instance_url(org), user),
    }


def _urls(base: str, user: User) -> dict[str, str]:
    """Return URLs for clients; the `{version}` in them is theirs to fill in."""
    return {
        "rest": f"{base}/services/data/v{{version}}/",
        "query": f"{base}/services/data/v{{version}}/query/",
        "profile": f"{base}/{user.id}",
        "custom_domain": base,
    }
