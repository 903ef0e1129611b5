"""Deploys: their options, when they run, and the result in Salesforce's format.

Source: Metadata API Developer Guide, “deploy()”, “checkDeployStatus()”, “DeployResult”.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from sfjwt_action.local_org.apex import runs
from sfjwt_action.local_org.metadata import changes
from sfjwt_action.local_org.metadata.changes import Change, Changes, Effect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfjwt_action.local_org.apex.assumption import Assumption
    from sfjwt_action.local_org.apex.runs import Coverage, MethodResult, Run
    from sfjwt_action.local_org.metadata.components import Problem
    from sfjwt_action.local_org.metadata.store import Store
    from sfjwt_action.local_org.model import User

_APEX = {"ApexClass", "ApexTrigger"}
_RUNS_ALL = {"RunLocalTests", "RunAllTestsInOrg"}
TEST_LEVELS = {"", "NoTestRun", "RunSpecifiedTests", *_RUNS_ALL}
NO_COVERAGE = (
    "Average test coverage across all Apex Classes and Triggers is 0%, at least 75% test coverage is required."
)


class Status(Enum):
    """Where a deploy is (DeployStatus)."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    SUCCEEDED_PARTIAL = "SucceededPartial"
    FAILED = "Failed"
    CANCELED = "Canceled"

    @property
    def is_final(self) -> bool:
        """Whether nothing changes anymore."""
        return self not in {Status.PENDING, Status.IN_PROGRESS}


@dataclass(frozen=True)
class Options:
    """What to do with a package (DeployOptions). The defaults are Salesforce's."""

    check_only: bool = False
    ignore_warnings: bool = False
    rollback_on_error: bool = False
    test_level: str = ""
    run_tests: tuple[str, ...] = ()

    @property
    def runs_tests(self) -> bool:
        """Whether tests are to be run."""
        return self.test_level in _RUNS_ALL or self.test_level == "RunSpecifiedTests"


@dataclass
class Deployment:
    """A requested deploy.

    It runs at the second request for its status, or when something else depends on the org's content.

    Attributes:
        id: 18 characters.
        files: Those of the package, by path from the folder of package.xml.
        folder: The folder of package.xml in the zip, with a slash; empty if that is its root.
        user: Who asked for it.
        created: When (ISO 8601), as the times that follow.
    """

    id: str
    files: Mapping[str, bytes]
    folder: str
    options: Options
    user: User
    created: str
    status: Status = Status.PENDING
    started: str = ""
    completed: str = ""
    error: str = ""
    changes: Changes = field(default_factory=lambda: Changes({}))
    tests: Run = field(default_factory=runs.Run)

    def run(self, store: Store, assumption: Assumption | None, now: str) -> None:
        """Check the package, report its tests, and store what it changes unless something fails.

        Raises:
            OSError: The org's file can't be written.
        """
        self.started = self.started or now
        self.completed = now
        self.changes = changes.apply(self.files, store.components, now)
        if not self.changes.problems and self.options.runs_tests:
            self._test(assumption)
        failed = bool(self.error or self.tests.failed)
        partial = bool(self.changes.problems) and not self.options.rollback_on_error and bool(self.changes.done)
        if failed or (self.changes.problems and not partial):
            self.status = Status.FAILED
            return
        self.status = Status.SUCCEEDED_PARTIAL if partial else Status.SUCCEEDED
        if not self.options.check_only:
            store.replace(self.changes.after)

    def _test(self, assumption: Assumption | None) -> None:
        specified = self.options.test_level == "RunSpecifiedTests"
        try:
            self.tests = runs.run(self.changes.after, assumption, self.options.run_tests if specified else None)
        except runs.TestsError as error:
            self.error = str(error)
            return
        if not self.tests.methods and _APEX & {name.type for name in self.changes.after}:
            self.error = NO_COVERAGE

    def result(self) -> dict[str, object]:
        """Return the DeployResult."""
        done, problems = self.changes.done, self.changes.problems
        return {
            "checkOnly": self.options.check_only,
            **({"completedDate": self.completed} if self.completed else {}),
            "createdBy": self.user.id[:15],
            "createdByName": self.user.name,
            "createdDate": self.created,
            "details": self._details() if self.status.is_final else {},
            "done": self.status.is_final,
            **({"errorMessage": self.error, "errorStatusCode": "UNKNOWN_EXCEPTION"} if self.error else {}),
            "id": self.id,
            "ignoreWarnings": self.options.ignore_warnings,
            "lastModifiedDate": self.completed or self.started or self.created,
            "numberComponentErrors": len(problems),
            "numberComponentsDeployed": len(done),
            "numberComponentsTotal": len(done) + len(problems),
            "numberFiles": len(self.files),
            "numberTestErrors": len(self.tests.failed),
            "numberTestsCompleted": len(self.tests.methods) - len(self.tests.failed),
            "numberTestsTotal": len(self.tests.methods),
            "rollbackOnError": self.options.rollback_on_error,
            "runTestsEnabled": self.options.runs_tests,
            **({"startDate": self.started} if self.started else {}),
            "status": self.status.value,
            "success": self.status in {Status.SUCCEEDED, Status.SUCCEEDED_PARTIAL},
        }

    def _details(self) -> dict[str, object]:
        return {
            "componentFailures": [self._failure(problem) for problem in self.changes.problems],
            "componentSuccesses": [self._success(change) for change in self.changes.done],
            "runTestResult": run_test_result(self.tests, self.error),
        }

    def _success(self, change: Change) -> dict[str, object]:
        return {
            "changed": change.effect in {Effect.CREATED, Effect.CHANGED},
            "componentType": change.name.type,
            "created": change.effect is Effect.CREATED,
            "createdDate": self.completed,
            "deleted": change.effect is Effect.DELETED,
            "fileName": self.folder + change.file_name,
            "fullName": change.name.full_name,
            **({"id": change.id} if change.id else {}),
            **({"problem": change.warning, "problemType": "Warning"} if change.warning else {}),
            "success": True,
        }

    def _failure(self, problem: Problem) -> dict[str, object]:
        place = {"columnNumber": problem.column, "lineNumber": problem.line} if problem.line else {}
        return {
            "changed": False,
            **place,
            "componentType": problem.name.type,
            "created": False,
            "createdDate": self.completed,
            "deleted": False,
            "fileName": self.folder + problem.file_name,
            "fullName": problem.name.full_name,
            "problem": problem.message,
            "problemType": "Error",
            "success": False,
        }


def run_test_result(tests: Run, error: str = "") -> dict[str, object]:
    """Return the RunTestsResult, which is also the answer of the Tooling API's `runTestsSynchronous`."""
    passed = [method for method in tests.methods if method.passed]
    warnings = [tests.warning, error if error == NO_COVERAGE else ""]
    return {
        "codeCoverage": [_code_coverage(coverage) for coverage in tests.coverage],
        "codeCoverageWarnings": [{"message": warning} for warning in warnings if warning],
        "failures": [_failed_method(method) for method in tests.failed],
        "numFailures": len(tests.failed),
        "numTestsRun": len(tests.methods),
        "successes": [_method(method) for method in passed],
        "totalTime": 0.0,
    }


def _method(method: MethodResult) -> dict[str, object]:
    return {
        "id": method.class_id,
        "methodName": method.method,
        "name": method.class_name,
        "namespace": None,
        "seeAllData": False,
        "time": 0.0,
    }


def _failed_method(method: MethodResult) -> dict[str, object]:
    # CumulusCI shows nothing but the stack trace.
    return _method(method) | {"message": method.message, "stackTrace": method.message}


def _code_coverage(coverage: Coverage) -> dict[str, object]:
    return {
        "id": coverage.id,
        "name": coverage.name,
        "namespace": None,
        "numLocations": coverage.statements,
        "numLocationsNotCovered": coverage.statements - coverage.covered,
        "type": "Class" if coverage.type == "ApexClass" else "Trigger",
    }
