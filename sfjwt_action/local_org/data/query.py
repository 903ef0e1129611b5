"""Run queries on tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sfjwt_action.local_org.data.soql import Query, QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Record = dict[str, object]


@dataclass
class Table:
    """The records of an object.

    Attributes:
        fields: Its fields and their types, such as `string` or `boolean`. One of a related record has a dot in its
            name.
        records: Each has a value for each field, if only None.
    """

    name: str
    key_prefix: str
    fields: Mapping[str, str]
    records: list[Record] = field(default_factory=list)

    def spelled(self, name: str) -> str:
        """Return a field's name as Salesforce spells it. SOQL ignores case.

        Raises:
            QueryError: The object has no such field.
        """
        found = _spelled(name, self.fields)
        if found is None:
            raise QueryError(
                "INVALID_FIELD",
                f"No such column '{name}' on entity '{self.name}'. The local org may have fewer fields than yours.",
            )
        return found


@dataclass(frozen=True)
class Selection:
    """The result of a query: whole records, and the selected fields (none for `COUNT()`)."""

    table: Table
    fields: tuple[str, ...]
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
            f"sObject type '{query.object_name}' is not supported. The local org has no {query.object_name}.",
        )
    table = tables[name]
    found = _filtered(query, table)
    for order in reversed(query.order):
        own = table.spelled(order.field)
        found.sort(key=lambda record: _sort_key(record[own]), reverse=order.descending)
        found.sort(key=lambda record: (record[own] is None) == order.nulls_last)
    end = None if query.limit is None else query.offset + query.limit
    records = found[query.offset : end]
    return Selection(table, tuple(map(table.spelled, query.fields)), records if query.fields else [], len(records))


def _filtered(query: Query, table: Table) -> list[Record]:
    condition = query.condition
    if condition is None:
        return list(table.records)
    spelled = {name: table.spelled(name) for name in condition.fields}
    return [record for record in table.records if condition.holds(_reader(record, spelled))]


def _reader(record: Record, spelled: Mapping[str, str]) -> Callable[[str], object]:
    return lambda name: record[spelled[name]]


def nested(table: Table, record: Record, fields: Iterable[str], url: str) -> dict[str, object]:
    """Return a record as a query's result has it, with the fields of a related record in a nested object."""
    answer: dict[str, object] = {"attributes": {"type": table.name, "url": f"{url}/{table.name}/{record['Id']}"}}
    for name in fields:
        relation, dot, own = name.partition(".")
        if not dot:
            answer[name] = record[name]
            continue
        related = answer.setdefault(relation, {"attributes": {"type": relation}})
        if isinstance(related, dict):
            related[own] = record[name]
    return answer


def columns(selection: Selection) -> dict[str, object]:
    """Return the result of a query with `columns=true`: the columns instead of records.

    The sf CLI asks for it after every query, to head its table.
    """
    return {
        "columnMetadata": [_column(name, selection.table.fields[name]) for name in selection.fields],
        "entityName": selection.table.name,
        "groupBy": False,
        "idSelected": "Id" in selection.fields,
        "keyPrefix": selection.table.key_prefix,
    }


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
