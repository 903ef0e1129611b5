"""Records that clients create: of a few standard objects, and of the custom objects that were deployed.

Apex triggers, validation rules, picklists and lookups aren't checked. Records last until the local org stops.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from sfjwt_action.local_org.data.query import Record, Table
from sfjwt_action.local_org.metadata import xml
from sfjwt_action.local_org.metadata.org import now
from sfjwt_action.local_org.metadata.store import new_id
from sfjwt_action.local_org.model import id_18

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.etree.ElementTree import Element

    from sfjwt_action.local_org.metadata.store import Store
    from sfjwt_action.local_org.model import User

_SYSTEM_FIELDS = {
    "Id": "id",
    "IsDeleted": "boolean",
    "CreatedDate": "datetime",
    "LastModifiedDate": "datetime",
    "SystemModstamp": "datetime",
}
_USER_FIELDS = ("OwnerId", "CreatedById", "LastModifiedById")
_FIELD_TYPES = {"Checkbox": "boolean", "Number": "double", "Currency": "double", "Percent": "double"}


class RecordError(Exception):
    """A change of a record is refused: the status, the `errorCode`, the message and the fields."""

    def __init__(self, status: int, error_code: str, message: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.error_code = error_code
        self.message = message
        self.fields = fields


class Reference(NamedTuple):
    """What a field refers to.

    Attributes:
        object_name: The object of the record whose id the field has.
        children: The name that the object has for the records with the field; empty if none.
    """

    object_name: str
    children: str = ""


@dataclass(frozen=True)
class ObjectType:
    """An object whose records clients may create.

    Attributes:
        fields: Beside those of the system, and references.
        required: What a new record must have.
        references: Fields that refer to another record, beside those of the system.
    """

    name: str
    key_prefix: str
    fields: Mapping[str, str]
    required: tuple[str, ...] = ()
    references: Mapping[str, Reference] = field(default_factory=dict)


def _strings(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "string")


_ADDRESS = ("Street", "City", "State", "PostalCode", "Country")
_STANDARD = (
    ObjectType(
        "Account",
        "001",
        _strings("Name", "AccountNumber", "Description", "Industry", "Phone", "Type", "Website")
        | _strings(*(f"Billing{part}" for part in _ADDRESS))
        | {"AnnualRevenue": "double", "NumberOfEmployees": "double"},
        ("Name",),
        {"ParentId": Reference("Account", "ChildAccounts")},
    ),
    ObjectType(
        "Contact",
        "003",
        _strings("FirstName", "LastName", "Name", "Description", "Email", "MobilePhone", "Phone", "Title")
        | _strings(*(f"Mailing{part}" for part in _ADDRESS)),
        ("LastName",),
        {"AccountId": Reference("Account", "Contacts")},
    ),
    ObjectType(
        "Lead",
        "00Q",
        _strings("FirstName", "LastName", "Name", "Company", "Description", "Email", "LeadSource", "Phone", "Status"),
        ("LastName", "Company"),
    ),
    ObjectType(
        "Opportunity",
        "006",
        _strings("Name", "Description", "LeadSource", "StageName", "Type")
        | {"Amount": "double", "CloseDate": "date", "Probability": "double"},
        ("Name", "StageName", "CloseDate"),
        {"AccountId": Reference("Account", "Opportunities")},
    ),
    ObjectType(
        "Case",
        "500",
        _strings("Description", "Origin", "Priority", "Status", "Subject", "Type"),
        references={"AccountId": Reference("Account", "Cases"), "ContactId": Reference("Contact", "Cases")},
    ),
    ObjectType(
        "PermissionSetAssignment",
        "0Pa",
        {},
        ("AssigneeId", "PermissionSetId"),
        {
            "AssigneeId": Reference("User", "PermissionSetAssignments"),
            "PermissionSetId": Reference("PermissionSet", "Assignments"),
        },
    ),
)


@dataclass
class Records:
    """The records of one org, by object."""

    by_object: dict[str, list[Record]] = field(default_factory=dict)

    def create(self, kind: ObjectType, values: Mapping[str, object], user: User) -> str:
        """Create a record, and return its id.

        Raises:
            RecordError: The object has no such field, or a required one is missing.
        """
        given = _spelled(kind, values)
        if missing := tuple(name for name in kind.required if given.get(name) in {None, ""}):
            raise RecordError(
                400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", missing
            )
        moment, record_id = now(), new_id(kind.key_prefix)
        record: Record = dict.fromkeys(fields_of(kind))
        record |= {"IsDeleted": False, "OwnerId": user.id, "CreatedById": user.id, "CreatedDate": moment}
        record |= {name: False for name, type_name in kind.fields.items() if type_name == "boolean"}
        record |= given | {"Id": record_id}
        _touch(record, user, moment)
        self.by_object.setdefault(kind.name, []).append(record)
        return record_id

    def update(self, kind: ObjectType, record_id: str, values: Mapping[str, object], user: User) -> None:
        """Change a record.

        Raises:
            RecordError: The org has no such record, or the object has no such field.
        """
        record = self.find(kind, record_id)
        record |= _spelled(kind, values)
        _touch(record, user, now())

    def delete(self, kind: ObjectType, record_id: str) -> None:
        """Delete a record.

        Raises:
            RecordError: The org has no such record.
        """
        self.by_object[kind.name].remove(self.find(kind, record_id))

    def find(self, kind: ObjectType, record_id: str) -> Record:
        """Return a record by its id of 15 or 18 characters.

        Raises:
            RecordError: The org has no such record.
        """
        for record in self.by_object.get(kind.name, []):
            if record["Id"] in {record_id, id_18(record_id)}:
                return record
        raise RecordError(404, "NOT_FOUND", "The requested resource does not exist")

    def find_by(self, kind: ObjectType, field_name: str, value: str) -> Record | None:
        """Return the record whose field has a value, as an upsert does."""
        (own,) = _spelled(kind, {field_name: value})
        return next((record for record in self.by_object.get(kind.name, []) if str(record[own]) == value), None)

    def table(self, kind: ObjectType) -> Table:
        """Return an object's records. A field that was deployed later is null in them."""
        fields = fields_of(kind)
        blank = dict.fromkeys(fields)
        return Table(
            kind.name, kind.key_prefix, fields, [blank | record for record in self.by_object.get(kind.name, [])]
        )


def object_types(store: Store) -> dict[str, ObjectType]:
    """Return the objects whose records can be created, with the custom fields that were deployed."""
    found = {kind.name: kind for kind in _STANDARD}
    for kept in store.of_type("CustomObject"):
        name = kept.component.name.full_name
        if name.endswith("__c"):
            found[name] = ObjectType(name, f"a{kept.id[-5:-3]}", _strings("Name"))
    for kept in store.of_type("CustomField"):
        object_name, _, field_name = kept.component.name.full_name.partition(".")
        if object_name in found:
            element = xml.parse(kept.component.files[kept.component.file_name])
            found[object_name] = _with_field(found[object_name], field_name, element)
    return found


def _with_field(kind: ObjectType, name: str, element: Element) -> ObjectType:
    """Return an object with a custom field."""
    if target := xml.text(element, "referenceTo"):
        children = xml.text(element, "relationshipName")
        reference = Reference(target, f"{children}__r" if children else "")
        return replace(kind, references={**kind.references, name: reference})
    type_name = _FIELD_TYPES.get(xml.text(element, "type"), "string")
    return replace(kind, fields={**kind.fields, name: type_name})


def fields_of(kind: ObjectType) -> dict[str, str]:
    """Return all fields of an object and their types."""
    return {**_SYSTEM_FIELDS, **kind.fields, **dict.fromkeys(references_of(kind), "reference")}


def references_of(kind: ObjectType) -> dict[str, Reference]:
    """Return the fields of an object that refer to other records."""
    return {**dict.fromkeys(_USER_FIELDS, Reference("User")), **kind.references}


def relationship_name(field_name: str) -> str:
    """Return the name of the record that a reference refers to: `Owner` for `OwnerId`, `Box__r` for `Box__c`."""
    return f"{field_name[:-1]}r" if field_name.endswith("__c") else field_name.removesuffix("Id")


def describe(kind: ObjectType, url: str) -> dict[str, object]:
    """Return the description of an object (DescribeSObjectResult), without what isn't known here."""
    references = references_of(kind)
    return {
        **describe_global(kind, url),
        "childRelationships": [],
        "fields": [
            {
                "name": name,
                "label": name,
                "type": type_name,
                "custom": name.endswith("__c"),
                "createable": _is_writable(name),
                "updateable": _is_writable(name),
                "nillable": name not in kind.required,
                "referenceTo": [references[name].object_name] if name in references else [],
                "relationshipName": relationship_name(name) if name in references else None,
            }
            for name, type_name in fields_of(kind).items()
        ],
        "recordTypeInfos": [],
    }


def describe_global(kind: ObjectType, url: str) -> dict[str, object]:
    """Return what the list of objects has of one."""
    return {
        "name": kind.name,
        "label": kind.name,
        "labelPlural": kind.name,
        "keyPrefix": kind.key_prefix,
        "custom": kind.name.endswith("__c"),
        "createable": True,
        "deletable": True,
        "queryable": True,
        "retrieveable": True,
        "updateable": True,
        "urls": {"sobject": f"{url}/{kind.name}", "describe": f"{url}/{kind.name}/describe"},
    }


def _spelled(kind: ObjectType, values: Mapping[str, object]) -> Record:
    """Return values by the names of the object's own fields."""
    known = {name.lower(): name for name in fields_of(kind) if _is_writable(name)}
    given = {name: value for name, value in values.items() if name != "attributes"}
    for name, value in given.items():
        if name.lower() not in known:
            message = f"The local org has no field {name}. No such column '{name}' on sobject of type {kind.name}"
            raise RecordError(400, "INVALID_FIELD", message, (name,))
        if isinstance(value, dict | list):
            message = f"The local org can't set {name} to an object or a list."
            raise RecordError(400, "JSON_PARSER_ERROR", message, (name,))
    return {known[name.lower()]: value for name, value in given.items()}


def _is_writable(name: str) -> bool:
    return name not in {*_SYSTEM_FIELDS, "CreatedById", "LastModifiedById"}


def _touch(record: Record, user: User, moment: str) -> None:
    if "LastName" in record:
        record["Name"] = " ".join(str(record[part]) for part in ("FirstName", "LastName") if record[part])
    record |= {"LastModifiedById": user.id, "LastModifiedDate": moment, "SystemModstamp": moment}
