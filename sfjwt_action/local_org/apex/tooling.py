"""Test runs in the Tooling API: requests to run tests, and the tables of their results."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sfjwt_action.local_org.apex import runs
from sfjwt_action.local_org.data.query import Relationship, Table
from sfjwt_action.local_org.metadata.org import now
from sfjwt_action.local_org.metadata.store import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfjwt_action.local_org.apex.assumption import Assumption
    from sfjwt_action.local_org.apex.runs import Run
    from sfjwt_action.local_org.data.query import Record
    from sfjwt_action.local_org.metadata.store import Store
    from sfjwt_action.local_org.model import User

_COVERAGE = {
    "Id": "id",
    "ApexClassOrTriggerId": "reference",
    "ApexClassOrTrigger.Id": "id",
    "ApexClassOrTrigger.Name": "string",
    "NumLinesCovered": "double",
    "NumLinesUncovered": "double",
    "Coverage": "string",
}
_TABLES = {
    "ApexTestRunResult": {
        "Id": "id",
        "AsyncApexJobId": "reference",
        "Status": "string",
        "ClassesCompleted": "double",
        "ClassesEnqueued": "double",
        "MethodsCompleted": "double",
        "MethodsEnqueued": "double",
        "MethodsFailed": "double",
        "StartTime": "datetime",
        "EndTime": "datetime",
        "TestTime": "double",
        "TestSetupTime": "double",
        "UserId": "reference",
    },
    "ApexTestQueueItem": {
        "Id": "id",
        "Status": "string",
        "ExtendedStatus": "string",
        "ApexClassId": "reference",
        "TestRunResultId": "reference",
        "ParentJobId": "reference",
    },
    "ApexTestResult": {
        "Id": "id",
        "QueueItemId": "reference",
        "AsyncApexJobId": "reference",
        "ApexClassId": "reference",
        "ApexClass.Id": "id",
        "ApexClass.Name": "string",
        "ApexClass.NamespacePrefix": "string",
        "ApexLogId": "reference",
        "IsTestSetup": "boolean",
        "Message": "string",
        "MethodName": "string",
        "Outcome": "string",
        "RunTime": "double",
        "StackTrace": "string",
        "TestTimestamp": "datetime",
    },
    "ApexTestResultLimits": {
        "Id": "id",
        "ApexTestResultId": "reference",
        "LimitContext": "string",
        "LimitExceptions": "string",
        **dict.fromkeys(
            ("AsyncCalls", "Callouts", "Cpu", "Dml", "DmlRows", "Email", "MobilePush", "QueryRows", "Soql", "Sosl"),
            "double",
        ),
    },
    "ApexCodeCoverage": {"ApexTestClassId": "reference", "TestMethodName": "string", **_COVERAGE},
    "ApexCodeCoverageAggregate": _COVERAGE,
    "ApexOrgWideCoverage": {"Id": "id", "PercentCovered": "double"},
}
_KEY_PREFIXES = {"ApexTestRunResult": "05m", "ApexTestQueueItem": "709", "ApexTestResult": "07M"}


@dataclass
class TestRuns:
    """The test runs of one org, and the tables of their results."""

    tables: dict[str, Table] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, fields in _TABLES.items():
            self.tables[name] = Table(name, _KEY_PREFIXES.get(name, "715"), fields)
        limits = Relationship(self.tables["ApexTestResultLimits"], "ApexTestResultId")  # none, since nothing runs
        self.tables["ApexTestResult"].children["ApexTestResults"] = limits
        self._put("ApexOrgWideCoverage", PercentCovered=0)

    def start(self, request: Mapping[str, object], store: Store, assumption: Assumption | None, user: User) -> str:
        """Run tests, and return the ID of the run.

        Raises:
            TestsError: The request names no test that the org has.
        """
        run = run_tests(request, store, assumption)
        job_id, moment = new_id("707"), now()
        classes = {method.class_name: method.class_id for method in run.methods}
        run_id = self._put(
            "ApexTestRunResult",
            AsyncApexJobId=job_id,
            Status="Failed" if run.failed else "Completed",
            ClassesCompleted=len(classes),
            ClassesEnqueued=len(classes),
            MethodsCompleted=len(run.methods),
            MethodsEnqueued=len(run.methods),
            MethodsFailed=len(run.failed),
            StartTime=moment,
            EndTime=moment,
            TestTime=0,
            TestSetupTime=0,
            UserId=user.id,
        )
        for name, class_id in classes.items():
            item = self._put(
                "ApexTestQueueItem",
                Status="Completed",
                ApexClassId=class_id,
                TestRunResultId=run_id,
                ParentJobId=job_id,
            )
            self._put_results(run, name, item, job_id, moment)
        self._replace_coverage(run)
        return job_id

    def _put_results(self, run: Run, class_name: str, queue_item: str, job_id: str, moment: str) -> None:
        for method in run.methods:
            if method.class_name == class_name:
                self._put(
                    "ApexTestResult",
                    QueueItemId=queue_item,
                    AsyncApexJobId=job_id,
                    ApexClassId=method.class_id,
                    IsTestSetup=False,
                    Message=method.message or None,
                    StackTrace=method.message or None,
                    MethodName=method.method,
                    Outcome="Pass" if method.passed else "Fail",
                    RunTime=0,
                    TestTimestamp=moment,
                    **{"ApexClass.Id": method.class_id, "ApexClass.Name": class_name},
                )

    def _replace_coverage(self, run: Run) -> None:
        for name in ("ApexCodeCoverage", "ApexCodeCoverageAggregate", "ApexOrgWideCoverage"):
            self.tables[name].records.clear()
        for coverage in run.coverage:
            lines = list(range(1, coverage.statements + 1))
            values = {
                "ApexClassOrTriggerId": coverage.id,
                "ApexClassOrTrigger.Id": coverage.id,
                "ApexClassOrTrigger.Name": coverage.name,
                "NumLinesCovered": coverage.covered,
                "NumLinesUncovered": coverage.statements - coverage.covered,
                "Coverage": {"coveredLines": lines[: coverage.covered], "uncoveredLines": lines[coverage.covered :]},
            }
            self._put("ApexCodeCoverageAggregate", **values)
            for method in run.methods:
                self._put("ApexCodeCoverage", ApexTestClassId=method.class_id, TestMethodName=method.method, **values)
        statements = sum(coverage.statements for coverage in run.coverage)
        covered = sum(coverage.covered for coverage in run.coverage)
        self._put("ApexOrgWideCoverage", PercentCovered=100 * covered // statements if statements else 0)

    def _put(self, name: str, **values: object) -> str:
        table = self.tables[name]
        record: Record = dict.fromkeys(table.fields) | values | {"Id": new_id(table.key_prefix)}
        table.records.append(record)
        return str(record["Id"])


def run_tests(request: Mapping[str, object], store: Store, assumption: Assumption | None) -> Run:
    """Run the tests that a request of the Tooling API names.

    Raises:
        TestsError: The org has no such test, or the request names tests in a way that isn't known.
    """
    for name in ("suiteids", "suiteNames"):
        if request.get(name):
            raise runs.TestsError("The local org has no test suites.")
    run = runs.run(store.components, assumption, _class_names(request, store))
    if not run.methods:
        raise runs.TestsError("The local org has no Apex tests.")
    return run


def _class_names(request: Mapping[str, object], store: Store) -> list[str] | None:
    """Return the tests that a request names as `Class` or `Class.method`; None if it asks for all."""
    if str(request.get("testLevel")) in {"RunLocalTests", "RunAllTestsInOrg"}:
        return None
    names = {kept.id: kept.component.name.full_name for kept in store.of_type("ApexClass")}
    wanted = [name for key in ("classNames", "classids", "classIds") for name in str(request.get(key) or "").split(",")]
    tests = request.get("tests")
    for test in filter(_is_object, tests) if isinstance(tests, list) else ():
        class_name = str(test.get("className") or test.get("classId"))
        methods = test.get("testMethods")
        own = names.get(class_name, class_name)
        wanted += [f"{own}.{method}" for method in methods] if isinstance(methods, list) and methods else [own]
    found = [names.get(name.strip(), name.strip()) for name in wanted if name.strip()]
    if not found:
        raise runs.TestsError("The local org found no tests in the request.")
    return found


def _is_object(value: object) -> bool:
    return isinstance(value, dict)
