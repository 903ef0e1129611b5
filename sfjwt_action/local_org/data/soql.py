"""SOQL: what a query asks for. The grammar is in soql.lark."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from lark import Lark, Token, Transformer, Tree
from lark.exceptions import LarkError, UnexpectedEOF, UnexpectedInput, VisitError

from sfjwt_action.local_org.model import id_18

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


_MOST_DIGITS = 9
_OPERATORS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}

# What is parsed but not supported, by the grammar's rule, with the words of the error.
_UNSUPPORTED = {
    "all_rows": "ALL ROWS",
    "bind": "bind variables",
    "date_literal": "date literals",
    "for": "FOR VIEW and FOR REFERENCE",
    "function": "functions other than COUNT()",
    "function_call": "functions other than COUNT()",
    "function_comparison": "functions other than COUNT()",
    "group": "GROUP BY",
    "multi_picklist": "INCLUDES and EXCLUDES",
    "scope": "USING SCOPE",
    "semi_join": "subqueries in conditions",
    "typeof": "TYPEOF",
    "with": "WITH",
}


class QueryError(Exception):
    """A query is refused: the `errorCode` and `message` of the answer."""

    def __init__(self, error_code: str, message: str) -> None:
        super().__init__(f"{error_code}: {message}")
        self.error_code = error_code
        self.message = message


@dataclass(frozen=True)
class Condition:
    """A condition on records, and the fields that it reads."""

    fields: tuple[str, ...]
    holds: Callable[[Callable[[str], object]], bool]


@dataclass(frozen=True)
class Order:
    """One field to sort by."""

    field: str
    descending: bool
    nulls_last: bool


@dataclass(frozen=True)
class Query:
    """A parsed query. Field and object names are as the client wrote them.

    Attributes:
        object_name: The name of a relationship in a subquery.
        fields: Empty for `COUNT()`. A query in it asks for children of each record.
    """

    object_name: str
    fields: tuple[str | Query, ...]
    condition: Condition | None
    order: tuple[Order, ...]
    limit: int | None
    offset: int


def parse(soql: str) -> Query:
    """Parse a query.

    Raises:
        QueryError: The query isn't SOQL, or is SOQL that isn't supported here.
    """
    try:
        tree = _parser().parse(soql)
        _require_support(tree)
        query = _Builder().transform(tree)
    except UnexpectedInput as error:
        raise _malformed(soql, error) from error
    except VisitError as error:
        if isinstance(error.orig_exc, QueryError):
            raise error.orig_exc from error
        raise
    except (LarkError, RecursionError) as error:
        raise QueryError("MALFORMED_QUERY", "unexpected token") from error
    assert isinstance(query, Query)  # noqa: S101 -- the grammar's start
    return query


@cache
def _parser() -> Lark:
    grammar = (files(__package__) / "soql.lark").read_text(encoding="utf-8")
    return Lark(grammar, start="query", parser="lalr", maybe_placeholders=True)


def _require_support(tree: Tree[Token]) -> None:
    """Refuse what is parsed but not supported, by the name of its largest part."""
    parts = [part for part in tree.iter_subtrees() if part.data in _UNSUPPORTED and not _is_count(part)]
    if parts:
        what = _UNSUPPORTED[parts[-1].data]
        raise QueryError("FUNCTIONALITY_NOT_ENABLED", f"The local org doesn't know {what} in SOQL.")


def _is_count(part: Tree[Token]) -> bool:
    return part.data == "function" and [str(child).upper() for child in part.children] == ["COUNT"]


def _malformed(soql: str, error: UnexpectedInput) -> QueryError:
    if isinstance(error, UnexpectedEOF) or (error.pos_in_stream or 0) < 0:
        return QueryError("MALFORMED_QUERY", "unexpected token: '<EOF>'")
    found = soql[error.pos_in_stream or 0 :].split()
    return QueryError("MALFORMED_QUERY", f"unexpected token: '{found[0][:40] if found else '<EOF>'}'")


class _Builder(Transformer[Token, Query]):
    """Builds a query from the parts of the tree, from its leaves up."""

    def query(self, parts: list[object]) -> Query:
        fields, name, *rest = parts
        clauses: dict[str, Any] = dict(part for part in rest if isinstance(part, tuple))
        return Query(
            object_name=str(name),
            fields=fields,  # type: ignore[arg-type]
            condition=clauses.get("where"),
            order=clauses.get("order", ()),
            limit=clauses.get("limit"),
            offset=clauses.get("offset", 0),
        )

    def fields(self, parts: list[str | Query]) -> tuple[str | Query, ...]:
        if "COUNT()" in parts and len(parts) > 1:
            raise QueryError("MALFORMED_QUERY", "COUNT() must be the only element in the select list")
        return () if parts == ["COUNT()"] else tuple(parts)

    def path(self, parts: list[object]) -> str:
        if len(parts) > 1 and parts[1] is not None:
            raise QueryError("FUNCTIONALITY_NOT_ENABLED", "The local org doesn't know aliases of fields in SOQL.")
        return str(parts[0])

    def function(self, _: list[object]) -> str:
        return "COUNT()"

    def subquery(self, parts: list[Query]) -> Query:
        if not parts[0].fields:
            raise QueryError("MALFORMED_QUERY", "COUNT() isn't allowed in a subquery")
        return parts[0]

    def alias(self, parts: list[Token]) -> Token:
        return parts[-1]

    def where(self, parts: list[Condition]) -> tuple[str, Condition]:
        return "where", parts[0]

    def order(self, parts: list[Order]) -> tuple[str, tuple[Order, ...]]:
        return "order", tuple(parts)

    def order_by(self, parts: list[Token | None]) -> Order:
        field, direction, nulls = parts
        return Order(str(field), str(direction).upper() == "DESC", str(nulls).upper() == "LAST")

    def limit(self, parts: list[Token]) -> tuple[str, int]:
        return "limit", _count(parts[0])

    def offset(self, parts: list[Token]) -> tuple[str, int]:
        return "offset", _count(parts[0])

    def any(self, parts: list[Condition]) -> Condition:
        return Condition(_fields(parts), lambda value_of: any(part.holds(value_of) for part in parts))

    def all(self, parts: list[Condition]) -> Condition:
        return Condition(_fields(parts), lambda value_of: all(part.holds(value_of) for part in parts))

    def negate(self, parts: list[Condition]) -> Condition:
        return Condition(_fields(parts), lambda value_of: not parts[0].holds(value_of))

    def compare(self, parts: list[object]) -> Condition:
        field, sign, value = str(parts[0]), str(parts[1]), parts[2]
        if sign == "=":
            return Condition((field,), lambda value_of: _equal(value_of(field), value))
        if sign in {"!=", "<>"}:
            return Condition((field,), lambda value_of: not _equal(value_of(field), value))
        return Condition((field,), lambda value_of: _ordered(_OPERATORS[sign], value_of(field), value))

    def like(self, parts: list[object]) -> Condition:
        field, pattern = str(parts[0]), _like(str(parts[1]))
        return Condition((field,), lambda value_of: bool(pattern.fullmatch(str(value_of(field) or ""))))

    def is_in(self, parts: list[object]) -> Condition:
        field, *values = parts
        return Condition((str(field),), lambda value_of: any(_equal(value_of(str(field)), value) for value in values))

    def is_not_in(self, parts: list[object]) -> Condition:
        return self.negate([self.is_in(parts)])

    def string(self, parts: list[Token]) -> str:
        return re.sub(r"\\(.)", lambda match: _ESCAPED.get(match[1], match[1]), parts[0][1:-1], flags=re.DOTALL)

    def number(self, parts: list[Token]) -> float:
        return float(parts[0])

    def datetime(self, parts: list[Token]) -> datetime:
        return _moment(str(parts[0]))

    def date(self, parts: list[Token]) -> date:
        return _moment(str(parts[0])).date()

    def true(self, _: list[Token]) -> bool:
        return True

    def false(self, _: list[Token]) -> bool:
        return False

    def null(self, _: list[Token]) -> None:
        return None


def _fields(parts: Sequence[Condition]) -> tuple[str, ...]:
    return tuple(field for part in parts for field in part.fields)


def _count(token: Token) -> int:
    if not token.isdecimal() or len(token) > _MOST_DIGITS:
        raise QueryError("MALFORMED_QUERY", "LIMIT and OFFSET take a whole number of up to 9 digits")
    return int(token)


def _moment(value: str) -> datetime:
    try:
        return datetime.fromisoformat(value.upper())
    except ValueError as error:
        raise QueryError("MALFORMED_QUERY", f"invalid date: {value}") from error


def _equal(found: object, wanted: object) -> bool:
    """Compare as Salesforce does: texts in any case, ids in either length, and nothing else with null."""
    if isinstance(found, str) and isinstance(wanted, str):
        return found.casefold() == wanted.casefold() or id_18(wanted) == found
    if isinstance(wanted, date):
        return _ordered(operator.eq, found, wanted)
    return found == wanted and isinstance(found, bool) == isinstance(wanted, bool)


def _ordered(compare: Callable[[Any, Any], bool], found: object, wanted: object) -> bool:
    """Compare a value that a record has with another; one of another type is never more or less."""
    try:
        if isinstance(wanted, datetime) and isinstance(found, str):
            return compare(_utc(datetime.fromisoformat(found)), _utc(wanted))
        if isinstance(wanted, date) and isinstance(found, str):
            return compare(datetime.fromisoformat(found).date(), wanted)
        if isinstance(wanted, str) and isinstance(found, str):
            return compare(found.casefold(), wanted.casefold())
        return compare(found, wanted)
    except (TypeError, ValueError):
        return False


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _like(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace("%", ".*").replace("_", "."), re.IGNORECASE | re.DOTALL)
