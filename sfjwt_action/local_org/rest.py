"""What the local org's APIs answer, as data: versions, limits, records, and who a token belongs to."""

from collections.abc import Iterator

from sfjwt_action.local_org.model import Host, Org, Session, User
from sfjwt_action.local_org.soql import Record, Selection

_OLDEST_VERSION = 31
_NEWEST_VERSION = 68
_SEASONS = ("Winter", "Spring", "Summer")
_WINTER_24 = 59

API_VERSIONS = tuple(f"{number}.0" for number in range(_OLDEST_VERSION, _NEWEST_VERSION + 1))
"""Those that Salesforce answers for, with the dot and the zero that belong to their names."""

LIMITS = {
    "DailyApiRequests": {"Max": 15000, "Remaining": 14998},
    "DataStorageMB": {"Max": 1024, "Remaining": 1023},
    "FileStorageMB": {"Max": 1024, "Remaining": 1024},
}


def versions() -> list[dict[str, str]]:
    """Return what `/services/data/` lists: three releases a year, oldest first."""
    return [
        {"label": _release(int(float(version))), "url": f"/services/data/v{version}", "version": version}
        for version in API_VERSIONS
    ]


def _release(number: int) -> str:
    years, season = divmod(number - _WINTER_24, len(_SEASONS))
    return f"{_SEASONS[season]} '{24 + years}"


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
    org, user = session.org, session.user
    return {
        "sub": host.identity_url(org, user),
        "user_id": user.id,
        "organization_id": org.id,
        "preferred_username": user.username,
        "name": user.name,
        "given_name": user.first_name,
        "family_name": user.last_name,
        "email": user.email,
        "email_verified": True,
        "active": user.is_active,
        "user_type": "STANDARD",
        "urls": dict(_urls(host.instance_url(org), org, user)),
    }


def identity(host: Host, session: Session) -> dict[str, object]:
    """Return what the identity URL of a user says."""
    org, user = session.org, session.user
    return {
        "id": host.identity_url(org, user),
        "asserted_user": True,
        "user_id": user.id,
        "organization_id": org.id,
        "username": user.username,
        "display_name": user.name,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "email_verified": True,
        "active": user.is_active,
        "user_type": "STANDARD",
        "urls": dict(_urls(host.instance_url(org), org, user)),
    }


def _urls(base: str, org: Org, user: User) -> Iterator[tuple[str, str]]:
    """Yield the URLs for clients; `{version}` is theirs to fill in."""
    yield "rest", f"{base}/services/data/v{{version}}/"
    yield "query", f"{base}/services/data/v{{version}}/query/"
    yield "profile", f"{base}/{user.id}"
    yield "custom_domain", base
    yield "enterprise", f"{base}/services/Soap/c/{{version}}/{org.id[:15]}"
