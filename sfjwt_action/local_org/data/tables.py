"""The tables that queries read: what the org is and who is in it, what was deployed, and what clients created."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfjwt_action.local_org.data.query import Relationship, Table
from sfjwt_action.local_org.data.records import object_types, references_of, relationship_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sfjwt_action.local_org.data.query import Record
    from sfjwt_action.local_org.data.records import Records
    from sfjwt_action.local_org.metadata.store import Store, Stored
    from sfjwt_action.local_org.model import Org

_STRING, _BOOLEAN, _DATETIME = "string", "boolean", "datetime"
_ORGANIZATION = {
    "Id": "id",
    "Name": _STRING,
    "InstanceName": _STRING,
    "IsSandbox": _BOOLEAN,
    "NamespacePrefix": _STRING,
    "OrganizationType": _STRING,
    "TrialExpirationDate": _DATETIME,
}
_USER = {
    "Id": "id",
    "Username": _STRING,
    "Name": _STRING,
    "FirstName": _STRING,
    "LastName": _STRING,
    "Email": _STRING,
    "IsActive": _BOOLEAN,
    "ProfileId": "reference",
}
_APEX = {
    "Id": "id",
    "Name": _STRING,
    "NamespacePrefix": _STRING,
    "Body": _STRING,
    "CreatedDate": _DATETIME,
    "LastModifiedDate": _DATETIME,
}
_PERMISSION_SET = {
    "Id": "id",
    "Name": _STRING,
    "Label": _STRING,
    "NamespacePrefix": _STRING,
    "IsOwnedByProfile": _BOOLEAN,
}


def data_tables(org: Org, store: Store, records: Records) -> dict[str, Table]:
    """Return the tables of the REST API's queries."""
    own = [
        Table("Organization", "00D", _ORGANIZATION, [_organization(org)]),
        Table("User", "005", _USER, list(_users(org))),
        Table(
            "PermissionSet", "0PS", _PERMISSION_SET, [_permission_set(kept) for kept in store.of_type("PermissionSet")]
        ),
        *apex_tables(store),
    ]
    kinds = object_types(store)
    found = {table.name: table for table in (*own, *(records.table(kind) for kind in kinds.values()))}
    for kind in kinds.values():
        for field, reference in references_of(kind).items():
            if target := found.get(reference.object_name):
                found[kind.name].parents[relationship_name(field)] = Relationship(target, field)
                if reference.children:
                    target.children[reference.children] = Relationship(found[kind.name], field)
    return found


def apex_tables(store: Store) -> Iterable[Table]:
    """Return the tables of Apex source, which the Tooling API has as well."""
    for name, key_prefix in (("ApexClass", "01p"), ("ApexTrigger", "01q")):
        yield Table(name, key_prefix, _APEX, [_apex(kept) for kept in store.of_type(name)])


def _users(org: Org) -> Iterable[Record]:
    for user in org.users:
        yield {
            "Id": user.id,
            "Username": user.username,
            "Name": user.name,
            "FirstName": user.first_name,
            "LastName": user.last_name,
            "Email": user.email,
            "IsActive": user.is_active,
            "ProfileId": None,
        }


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


def _apex(kept: Stored) -> Record:
    component = kept.component
    return {
        "Id": kept.id,
        "Name": component.name.full_name,
        "NamespacePrefix": None,
        "Body": component.files[component.file_name].decode(errors="replace"),
        "CreatedDate": kept.created,
        "LastModifiedDate": kept.modified,
    }


def _permission_set(kept: Stored) -> Record:
    name = kept.component.name.full_name
    return {"Id": kept.id, "Name": name, "Label": name, "NamespacePrefix": None, "IsOwnedByProfile": False}
