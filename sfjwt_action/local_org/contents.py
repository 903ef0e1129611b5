"""The content of the orgs: metadata, records, test runs. Only metadata is kept after the process ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sfjwt_action.local_org.apex.tooling import TestRuns
from sfjwt_action.local_org.data.records import Records
from sfjwt_action.local_org.metadata.org import OrgMetadata
from sfjwt_action.local_org.metadata.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from sfjwt_action.local_org.apex.assumption import Assumption
    from sfjwt_action.local_org.model import Org


@dataclass
class OrgContents:
    """What one org has."""

    metadata: OrgMetadata
    records: Records = field(default_factory=Records)
    test_runs: TestRuns = field(default_factory=TestRuns)


@dataclass
class Contents:
    """What all orgs have.

    Attributes:
        directory: Where to keep metadata; None to keep it in memory only.
        assumption: What to report for Apex tests; None to say that they can't run.
    """

    directory: Path | None = None
    assumption: Assumption | None = None
    _orgs: dict[str, OrgContents] = field(default_factory=dict)

    def of(self, org: Org) -> OrgContents:
        """Return what an org has, read from the directory the first time.

        Raises:
            LocalOrgError: Its file is damaged.
        """
        if org.id not in self._orgs:
            path = self.directory / "metadata" / f"{org.id}.json" if self.directory else None
            zips = self.directory / "deployments" if self.directory else None
            self._orgs[org.id] = OrgContents(OrgMetadata(Store(path), self.assumption, zips))
        return self._orgs[org.id]
