"""Test runs with assumed results, or with failures that say that nothing ran."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from sfjwt_action.local_org.apex import source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sfjwt_action.local_org.metadata.manifest import Name
    from sfjwt_action.local_org.metadata.store import Stored

NOT_RUN = "The local org doesn't run Apex tests. Start it with `--assume-tests pass` or `fail` to assume a result."
ASSUMED_FAILURE = "The local org assumed this failure, because it was started with --assume-tests fail."


class Assumption(Enum):
    """What to report for tests that can't be run here."""

    NONE = None
    PASSED = "pass"
    FAILED = "fail"


class TestsError(Exception):
    """The org doesn't have the tests in a request, or the request names them in an unknown way."""


@dataclass(frozen=True)
class MethodResult:
    """The result of one test method.

    Attributes:
        method: Its name, which says so if the result is assumed.
        message: Why it failed; empty if it passed.
    """

    class_name: str
    class_id: str
    method: str
    message: str

    @property
    def passed(self) -> bool:
        """Whether the method passed."""
        return not self.message


@dataclass(frozen=True)
class Coverage:
    """How many statements of a class or trigger are covered. It is always assumed."""

    name: str
    type: str
    id: str
    statements: int
    covered: int


@dataclass(frozen=True)
class Run:
    """The results of a test run."""

    methods: tuple[MethodResult, ...] = ()
    coverage: tuple[Coverage, ...] = ()

    @property
    def failed(self) -> tuple[MethodResult, ...]:
        """The methods that failed."""
        return tuple(method for method in self.methods if not method.passed)


def find_test_classes(components: Mapping[Name, Stored]) -> dict[str, Stored]:
    """Return the test classes of an org by name."""
    classes = (stored for name, stored in components.items() if name.type == "ApexClass")
    return {kept.component.name.full_name: kept for kept in classes if _source(kept).is_test}


def run(components: Mapping[Name, Stored], assumption: Assumption, class_names: Iterable[str] | None = None) -> Run:
    """Return the results of running tests.

    Args:
        components: What the org has.
        assumption: What to assume.
        class_names: The test classes, or `Class.method` for one method; None for all.

    Raises:
        TestsError: The org has no test class or method of that name.
    """
    available = find_test_classes(components)
    selected = dict.fromkeys(available) if class_names is None else _selected(class_names, available)
    methods = tuple(
        _result(name, available[name].id, method, assumption)
        for name, chosen in selected.items()
        for method in source.read(_body(available[name])).test_methods
        if chosen is None or method.lower() in chosen
    )
    return Run(methods, _coverage(components, assumption) if methods else ())


def _selected(class_names: Iterable[str], available: Mapping[str, Stored]) -> dict[str, set[str] | None]:
    """Return the methods to run by class, or None for all. Apex ignores case."""
    spelled = {name.lower(): name for name in available}
    selected: dict[str, set[str] | None] = {}
    for wanted in class_names:
        class_name, _, method = wanted.lower().partition(".")
        if class_name not in spelled:
            raise TestsError(f"The local org has no test class named {wanted.partition('.')[0]}.")
        name = spelled[class_name]
        if method and method not in map(str.lower, source.read(_body(available[name])).test_methods):
            raise TestsError(f"The local org has no test method named {wanted}.")
        methods = selected.setdefault(name, set() if method else None)
        if methods is not None and method:
            methods.add(method)
        else:
            selected[name] = None
    return selected


def _result(class_name: str, class_id: str, method: str, assumption: Assumption) -> MethodResult:
    if assumption is Assumption.NONE:
        return MethodResult(class_name, class_id, method, NOT_RUN)
    message = ASSUMED_FAILURE if assumption is Assumption.FAILED else ""
    return MethodResult(class_name, class_id, f"{method} (assumed)", message)


def _coverage(components: Mapping[Name, Stored], assumption: Assumption) -> tuple[Coverage, ...]:
    """Assume that passing tests cover everything, and failing ones nothing. Without an assumption, there is none."""
    if assumption is Assumption.NONE:
        return ()
    covered = []
    for name, kept in sorted(components.items()):
        found = _source(kept) if name.type in {"ApexClass", "ApexTrigger"} else None
        if found and not found.is_test:
            statements = max(found.statements, 1)
            hit = statements if assumption is Assumption.PASSED else 0
            covered.append(Coverage(f"{name.full_name} (assumed)", name.type, kept.id, statements, hit))
    return tuple(covered)


def _source(kept: Stored) -> source.Source:
    return source.read(_body(kept))


def _body(kept: Stored) -> bytes:
    return kept.component.files[kept.component.file_name]
