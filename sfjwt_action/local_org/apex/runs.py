"""Test runs with assumed results, or with failures that say that nothing ran."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfjwt_action.local_org.apex import source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sfjwt_action.local_org.apex.assumption import Assumption
    from sfjwt_action.local_org.metadata.manifest import Name
    from sfjwt_action.local_org.metadata.store import Stored

NOT_RUN = "The local org doesn't run Apex tests. Start it with `--assume-tests` to assume results."
ASSUMED = "The local org doesn't run Apex tests. --assume-tests sets their results."
ASSUMED_FAILURE = "The local org assumed this failure, because it was started with --assume-tests."


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
    """The results of a test run.

    Attributes:
        methods: The results by method.
        coverage: The coverage by class or trigger.
        warning: That nothing ran. In CI, the sf CLI prints no test's message, but every warning. Empty without tests.
    """

    methods: tuple[MethodResult, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    warning: str = ""

    @property
    def failed(self) -> tuple[MethodResult, ...]:
        """The methods that failed."""
        return tuple(method for method in self.methods if not method.passed)


def find_test_classes(components: Mapping[Name, Stored]) -> dict[str, Stored]:
    """Return the test classes of an org by name."""
    classes = (stored for name, stored in components.items() if name.type == "ApexClass")
    return {kept.component.name.full_name: kept for kept in classes if _source(kept).is_test}


def run(
    components: Mapping[Name, Stored], assumption: Assumption | None, class_names: Iterable[str] | None = None
) -> Run:
    """Return the results of running tests.

    Args:
        components: What the org has.
        assumption: What to assume; None to let every test fail, because it can't run.
        class_names: The test classes, or `Class.method` for one method; None for all.

    Raises:
        TestsError: The org has no test class or method that is named, or that is assumed to fail.
    """
    available = find_test_classes(components)
    selected = _selected(class_names, available)
    failing = _failing(assumption, available) if assumption else None
    methods = tuple(
        _result(name, available[name].id, method, failing)
        for name in selected
        for method in source.read(_body(available[name])).test_methods
        if _has(selected, name, method)
    )
    if not methods:
        return Run()
    if failing is None:
        return Run(methods, warning=NOT_RUN)
    coverage = _coverage(components, covered=any(method.passed for method in methods))
    return Run(methods, coverage, ASSUMED)


def _failing(assumption: Assumption, available: Mapping[str, Stored]) -> Mapping[str, set[str] | None]:
    try:
        return _selected(assumption.failing, available)
    except TestsError as error:
        raise TestsError(f"{error} The file of --assume-tests names it.") from error


def _selected(class_names: Iterable[str] | None, available: Mapping[str, Stored]) -> dict[str, set[str] | None]:
    """Return the methods by class; None for all of them. Apex ignores case."""
    if class_names is None:
        return dict.fromkeys(available)
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


def _has(selected: Mapping[str, set[str] | None], class_name: str, method: str) -> bool:
    methods = selected.get(class_name, set())
    return methods is None or method.lower() in methods


def _result(class_name: str, class_id: str, method: str, failing: Mapping[str, set[str] | None] | None) -> MethodResult:
    if failing is None:
        return MethodResult(class_name, class_id, method, NOT_RUN)
    message = ASSUMED_FAILURE if _has(failing, class_name, method) else ""
    return MethodResult(class_name, class_id, f"{method} (assumed)", message)


def _coverage(components: Mapping[Name, Stored], *, covered: bool) -> tuple[Coverage, ...]:
    """Assume that a passing test covers everything, and a failing one nothing."""
    found = []
    for name, kept in sorted(components.items()):
        apex = _source(kept) if name.type in {"ApexClass", "ApexTrigger"} else None
        if apex and not apex.is_test:
            statements = max(apex.statements, 1)
            hit = statements if covered else 0
            found.append(Coverage(f"{name.full_name} (assumed)", name.type, kept.id, statements, hit))
    return tuple(found)


def _source(kept: Stored) -> source.Source:
    return source.read(_body(kept))


def _body(kept: Stored) -> bytes:
    return kept.component.files[kept.component.file_name]
