"""As much of SOQL as clients need to read one record: SELECT … FROM … WHERE … AND … LIMIT …."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Record = Mapping[str, object]

_CONDITION = r"(\w+)\s*=\s*'((?:[^'\\]|\\.)*)'"
_QUERY = re.compile(
    r"\s*SELECT\s+(?P<fields>\w+(?:\s*,\s*\w+)*)"
    r"\s+FROM\s+(?P<object>\w+)"
    rf"(?:\s+WHERE\s+(?P<conditions>{_CONDITION}(?:\s+AND\s+{_CONDITION})*))?"
    r"(?:\s+LIMIT\s+(?P<limit>\d{1,9}))?\s*",
    re.IGNORECASE,
)


class QueryError(Exception):
    """A query that Salesforce would refuse: the `errorCode` and `message` of its answer."""

    def __init__(self, error_code: str, message: str) -> None:
        super().__init__(f"{error_code}: {message}")
        self.error_code = error_code
        self.message = message


@dataclass(frozen=True)
class Query:
    """A parsed query. Field and object names are as the client wrote them."""

    object_name: str
    fields: tuple[str, ...]
    conditions: tuple[tuple[str, str], ...]
    limit: int | None


@dataclass(frozen=True)
class Selection:
    """What a query found: whole records, and the fields it asked for, as Salesforce spells them."""

    object_name: str
    fields: tuple[str, ...]
    records: Sequence[Record]


def parse(soql: str) -> Query:
    """Parse a query.

    Raises:
        QueryError: It is not SOQL, or it is more of SOQL than is understood here.
    """
    query = _QUERY.fullmatch(soql)
    if query is None:
        raise QueryError("MALFORMED_QUERY", f"unexpected token: '{soql.strip()[:40]}'")
    conditions = re.findall(_CONDITION, query["conditions"] or "")
    return Query(
        object_name=query["object"],
        fields=tuple(re.split(r"\s*,\s*", query["fields"])),
        conditions=tuple((field, re.sub(r"\\(.)", r"\1", value)) for field, value in conditions),
        limit=int(query["limit"]) if query["limit"] else None,
    )


def select(query: Query, tables: Mapping[str, Sequence[Record]]) -> Selection:
    """Run a query on tables of which none is empty.

    Raises:
        QueryError: There is no such object or field.
    """
    name = _spelled(query.object_name, tables)
    if name is None:
        raise QueryError("INVALID_TYPE", f"sObject type '{query.object_name}' is not supported.")
    records = tables[name]
    conditions = [(_field(field, name, records[0]), value) for field, value in query.conditions]
    found = [record for record in records if all(record[field] == value for field, value in conditions)]
    fields = tuple(_field(field, name, records[0]) for field in query.fields)
    return Selection(name, fields, found[: query.limit])


def _field(name: str, object_name: str, record: Record) -> str:
    spelled = _spelled(name, record)
    if spelled is None:
        raise QueryError("INVALID_FIELD", f"No such column '{name}' on entity '{object_name}'.")
    return spelled


def _spelled(name: str, known: Iterable[str]) -> str | None:
    """Find a name among those known: SOQL does not tell case."""
    return next((spelled for spelled in known if spelled.lower() == name.lower()), None)
