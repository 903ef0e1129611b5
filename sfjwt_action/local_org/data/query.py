"""Run queries on tables."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sfjwt_action.local_org.data.soql import Query, QueryError
from sfjwt_action.local_org.model import id_18

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Record = dict[str, object]


@dataclass
class Table:
    """The records of an object.

    Attributes:
        fields: Its fields and their types, such as `string` or `boolean`. A field of a related record that has no
            table has a dot in its name.
        records: Each has a value for each field, if only None.
        parents: Its relationships to one record, by name, such as `Owner`.
        children: Its relationships to many records, by name, such as `Contacts`.
    """

    name: str
    key_prefix: str
    fields: Mapping[str, str]
    records: list[Record] = field(default_factory=list)
    parents: dict[str, Relationship] = field(default_factory=dict)
    children: dict[str, Relationship] = field(default_factory=dict)

    def spelled(self, name: str) -> str:
        """Return a field's name, or its path over parents, as Salesforce spells it. SOQL ignores case.

        Raises:
            QueryError: The object has no such field.
        """
        relation, dot, rest = name.partition(".")
        parent = _spelled(relation, self.parents)
        if dot and parent:
            return f"{parent}.{self.parents[parent].table.spelled(rest)}"
        found = _spelled(name, self.fields)
        if found is None:
            raise QueryError(
                "INVALID_FIELD",
                f"The local org has no field {name} of {self.name}. No such column '{name}' on entity '{self.name}'.",
            )
        return found

    def type_of(self, name: str) -> str:
        """Return the type of a field that `spelled` returned."""
        relation, _, rest = name.partition(".")
        return self.parents[relation].table.type_of(rest) if relation in self.parents else self.fields[name]

    def value(self, record: Record, name: str) -> object:
        """Return the value that a record has for a field that `spelled` returned."""
        relation, _, rest = name.partition(".")
        if relation not in self.parents:
            return record[name]
        parent = self.parents[relation].parent_of(record)
        return None if parent is None else self.parents[relation].table.value(parent, rest)


@dataclass(frozen=True)
class Relationship:
    """How a table's records are related to those of another one.

    Attributes:
        table: The other one.
        field: What has the id of the parent: a field of this table for a parent, of the other one for children.
    """

    table: Table
    field: str

    def parent_of(self, record: Record) -> Record | None:
        """Return the record that another one refers to."""
        wanted = id_18(str(record[self.field])[:15])
        return next((parent for parent in self.table.records if parent["Id"] == wanted), None)

    def children_of(self, record: Record) -> Table:
        """Return the records that refer to another one."""
        children = [child for child in self.table.records if id_18(str(child[self.field])[:15]) == record["Id"]]
        return replace(self.table, records=children)


@dataclass(frozen=True)
class Subselection:
    """A query of a record's children."""

    name: str
    relationship: Relationship
    query: Query


@dataclass(frozen=True)
class Selection:
    """The result of a query: whole records, and the selected fields (none for `COUNT()`)."""

    table: Table
    fields: tuple[str | Subselection, ...]
    records: Sequence[Record]
    total: int


def select(query: Query, tables: Mapping[str, Table]) -> Selection:
    """Run a query.

    Raises:
        QueryError: The org has no such object or field.
    """
    name = _spelled(query.object_name, tables)
    if name is None:
        raise QueryError(
            "INVALID_TYPE",
            f"The local org has no {query.object_name}. sObject type '{query.object_name}' is not supported.",
        )
    return _select(query, tables[name])


def _select(query: Query, table: Table) -> Selection:
    fields = tuple(_selected(field, table) for field in query.fields)
    found = _filtered(query, table)
    for order in reversed(query.order):
        own = table.spelled(order.field)
        found.sort(key=lambda record: _sort_key(table.value(record, own)), reverse=order.descending)
        found.sort(key=lambda record: (table.value(record, own) is None) == order.nulls_last)
    end = None if query.limit is None else query.offset + query.limit
    records = found[query.offset : end]
    return Selection(table, fields, records if fields else [], len(records))


def _selected(field: str | Query, table: Table) -> str | Subselection:
    if isinstance(field, str):
        return table.spelled(field)
    name = _spelled(field.object_name, table.children)
    if name is None:
        raise QueryError(
            "INVALID_TYPE",
            f"The local org has no relationship {field.object_name} of {table.name}. "
            f"Didn't understand relationship '{field.object_name}' in FROM part of query call.",
        )
    relationship = table.children[name]
    _select(field, replace(relationship.table, records=[]))  # so that a wrong field is found without children too
    return Subselection(name, relationship, field)


def _filtered(query: Query, table: Table) -> list[Record]:
    condition = query.condition
    if condition is None:
        return list(table.records)
    spelled = {name: table.spelled(name) for name in condition.fields}
    return [record for record in table.records if condition.holds(_reader(table, record, spelled))]


def _reader(table: Table, record: Record, spelled: Mapping[str, str]) -> Callable[[str], object]:
    return lambda name: table.value(record, spelled[name])


def answer(selection: Selection, url: str) -> dict[str, object]:
    """Return the response to a query.

    Args:
        selection: What it found.
        url: Where the org's objects are.
    """
    records = [nested(selection.table, record, selection.fields, url) for record in selection.records]
    return {"totalSize": selection.total, "done": True, "records": records}


def nested(table: Table, record: Record, fields: Iterable[str | Subselection], url: str) -> dict[str, object]:
    """Return a record as a query's result has it. A related record is a nested object, or null."""
    found: dict[str, object] = {"attributes": {"type": table.name, "url": f"{url}/{table.name}/{record['Id']}"}}
    of_parents: dict[str, list[str]] = {}
    for name in fields:
        if isinstance(name, Subselection):
            children = _select(name.query, name.relationship.children_of(record))
            found[name.name] = answer(children, url) if children.total else None
            continue
        relation, dot, own = name.partition(".")
        if not dot:
            found[name] = record[name]
        elif relation in table.parents:
            of_parents.setdefault(relation, []).append(own)
        else:
            related = found.setdefault(relation, {"attributes": {"type": relation}})
            if isinstance(related, dict):
                related[own] = record[name]
    for relation, names in of_parents.items():
        parent = table.parents[relation].parent_of(record)
        found[relation] = nested(table.parents[relation].table, parent, names, url) if parent else None
    return found


def columns(selection: Selection) -> dict[str, object]:
    """Return the result of a query with `columns=true`: the columns instead of records.

    The sf CLI asks for it after every query, to head its table.
    """
    return {
        "columnMetadata": _columns(selection),
        "entityName": selection.table.name,
        "groupBy": False,
        "idSelected": "Id" in selection.fields,
        "keyPrefix": selection.table.key_prefix,
    }


def _columns(selection: Selection) -> list[dict[str, object]]:
    return [
        _column(field, selection.table.type_of(field))
        if isinstance(field, str)
        else _column(field.name, "")
        | {"joinColumns": _columns(_select(field.query, replace(field.relationship.table, records=[])))}
        for field in selection.fields
    ]


def _column(name: str, type_name: str) -> dict[str, object]:
    relation, dot, own = name.partition(".")
    return {
        "aggregate": False,
        "apexType": {"id": "Id", "boolean": "Boolean", "double": "Double"}.get(type_name, "String"),
        "booleanType": type_name == "boolean",
        "columnName": relation if dot else name,
        "custom": name.endswith("__c"),
        "displayName": name,
        "foreignKeyName": None,
        "insertable": False,
        "joinColumns": [_column(own, type_name)] if dot else [],
        "numberType": type_name == "double",
        "textType": type_name not in {"boolean", "double"},
        "updatable": False,
    }


def _sort_key(value: object) -> tuple[bool, float, str]:
    is_number = isinstance(value, int | float)
    return (not is_number, float(value) if isinstance(value, int | float) else 0.0, str(value).casefold())


def _spelled(name: str, known: Iterable[str]) -> str | None:
    return next((spelled for spelled in known if spelled.lower() == name.lower()), None)
