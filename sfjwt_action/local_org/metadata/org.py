"""The metadata of one org: its components, deploys and retrieves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sfjwt_action.local_org.metadata import archive
from sfjwt_action.local_org.metadata.changes import PACKAGE
from sfjwt_action.local_org.metadata.deploy import TEST_LEVELS, Deployment, Options, Status
from sfjwt_action.local_org.metadata.store import Store, new_id

if TYPE_CHECKING:
    from pathlib import Path

    from sfjwt_action.local_org.apex.assumption import Assumption
    from sfjwt_action.local_org.metadata.retrieve import Retrieval
    from sfjwt_action.local_org.model import User


class Refusal(Exception):
    """A request that Salesforce or the local org refuses: its status code and the message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass
class OrgMetadata:
    """What one org has, and what was asked of it.

    Attributes:
        zips: Where to keep the zips that arrive; None to keep none.
    """

    store: Store = field(default_factory=Store)
    assumption: Assumption | None = None
    zips: Path | None = None
    deployments: dict[str, Deployment] = field(default_factory=dict)
    retrievals: dict[str, Retrieval] = field(default_factory=dict)

    def deploy(self, content: bytes, options: Options, user: User) -> Deployment:
        """Accept a deploy.

        Raises:
            Refusal: The zip can't be read, or an option can't be obeyed.
            OSError: The zip can't be kept.
        """
        if options.test_level not in TEST_LEVELS:
            raise Refusal("INVALID_PARAMETER", f"The local org doesn't know the test level {options.test_level}.")
        try:
            files = archive.read(content)
        except archive.ArchiveError as error:
            raise Refusal("INVALID_PARAMETER", f"The local org can't read ZipFile: {error}.") from error
        folder = _package_folder(files)
        inside = {path.removeprefix(folder): body for path, body in files.items() if path.startswith(folder)}
        deployment = self._add(Deployment(new_id("0Af"), inside, folder, options, user, now()))
        if self.zips:
            self.zips.mkdir(exist_ok=True)
            (self.zips / f"{deployment.id}.zip").write_bytes(content)
        return deployment

    def quick_deploy(self, validation_id: str, user: User) -> Deployment:
        """Accept a deploy of what was validated.

        Raises:
            Refusal: No validation that succeeded with tests has this id.
        """
        self.settle()
        validation = self.deployment(validation_id)
        if validation.status is not Status.SUCCEEDED or not validation.options.check_only:
            raise Refusal("INVALID_ID_FIELD", "Validation failed or has not been completed")
        if not validation.tests.methods:
            raise Refusal("INVALID_ID_FIELD", "No tests were run in the validation, so it can't be deployed quickly")
        options = replace(validation.options, check_only=False, test_level="", run_tests=())
        return self._add(Deployment(new_id("0Af"), validation.files, validation.folder, options, user, now()))

    def deployment(self, deploy_id: str) -> Deployment:
        """Return a deploy by its id of 15 or 18 characters.

        Raises:
            Refusal: The org has none.
        """
        for known, deployment in self.deployments.items():
            if deploy_id in {known, known[:15]}:
                return deployment
        raise Refusal("INVALID_ID_FIELD", "invalid deploy id: the local org has no deploy with it")

    def check(self, deploy_id: str) -> Deployment:
        """Return a deploy whose status is asked for. It runs the second time.

        Raises:
            Refusal: The org has none.
        """
        deployment = self.deployment(deploy_id)
        if deployment.status is Status.PENDING:
            deployment.status, deployment.started = Status.IN_PROGRESS, now()
        else:
            self._run_until(deployment)
        return deployment

    def cancel(self, deploy_id: str) -> Deployment:
        """Cancel a deploy that hasn't run.

        Raises:
            Refusal: The org has none, or it has ended.
        """
        deployment = self.deployment(deploy_id)
        if deployment.status.is_final:
            raise Refusal("INVALID_ID_FIELD", "Deployment already completed")
        deployment.status, deployment.completed = Status.CANCELED, now()
        return deployment

    def settle(self) -> None:
        """Run the deploys that wait, because something depends on what the org has."""
        for deployment in list(self.deployments.values()):
            self._run_until(deployment)

    def _run_until(self, last: Deployment) -> None:
        """Run deploys in their order, as Salesforce's queue does, until one has run."""
        for deployment in self.deployments.values():
            if not deployment.status.is_final:
                deployment.run(self.store, self.assumption, now())
            if deployment is last:
                return

    def _add(self, deployment: Deployment) -> Deployment:
        self.deployments[deployment.id] = deployment
        return deployment


def now() -> str:
    """Return the time as Salesforce writes it."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}"


def _package_folder(files: dict[str, bytes]) -> str:
    """Return the folder of package.xml: the root, or the one folder that is there.

    Raises:
        Refusal: There are several.
    """
    folders = [path.removesuffix(PACKAGE) for path in files if path in {PACKAGE, f"{path.partition('/')[0]}/{PACKAGE}"}]
    if "" in folders or not folders:
        return ""
    if len(folders) > 1:
        raise Refusal("INVALID_PARAMETER", "The local org deploys one package at a time.")
    return folders[0]
