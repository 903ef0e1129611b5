"""Retrieves, lists and descriptions of what the org has.

Source: Metadata API Developer Guide, “retrieve()”, “listMetadata()”, “describeMetadata()”.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfjwt_action.local_org.metadata import archive, components, manifest, types
from sfjwt_action.local_org.metadata.changes import PACKAGE
from sfjwt_action.local_org.metadata.manifest import WILDCARD, Manifest, Name
from sfjwt_action.local_org.metadata.types import Shape

if TYPE_CHECKING:
    from sfjwt_action.local_org.metadata.store import Store, Stored
    from sfjwt_action.local_org.model import User

_FOLDER = "unpackaged"


@dataclass(frozen=True)
class Retrieval:
    """A requested retrieve.

    Attributes:
        found: The components that it asks for.
        missing: The names that the org has no component for.
        folder: Where its files are in the zip, with a slash; empty if in its root.
    """

    id: str
    found: tuple[Stored, ...]
    missing: tuple[Name, ...]
    version: str
    user: User
    folder: str

    def result(self, *, include_zip: bool) -> dict[str, object]:
        """Return the RetrieveResult."""
        return {
            "done": True,
            "fileProperties": [properties(kept, self.user, self.folder) for kept in self.found],
            "id": self.id,
            "messages": [
                {
                    "fileName": f"{self.folder}{PACKAGE}",
                    "problem": f"Entity of type '{name.type}' named '{name.full_name}' cannot be found",
                }
                for name in self.missing
            ],
            "status": "Succeeded",
            "success": True,
            **({"zipFile": base64.b64encode(self._zip()).decode()} if include_zip else {}),
        }

    def _zip(self) -> bytes:
        files = components.to_files(kept.component for kept in self.found)
        own_names = [kept.component.name for kept in self.found if kept.component.parent is None]
        own_names += [kept.component.name for kept in self.found if kept.component.parent]
        named = [Name(types.named_in_manifest(name.type), name.full_name) for name in own_names]
        files[PACKAGE] = manifest.write(named, self.version)
        return archive.write({f"{self.folder}{path}": content for path, content in files.items()})


def retrieve(store: Store, package: Manifest, retrieval_id: str, user: User, *, single_package: bool) -> Retrieval:
    """Return what a manifest names."""
    found: dict[Name, Stored] = {}
    missing = []
    for name, matching in store.matching(package.names).items():
        if not matching and name.full_name != WILDCARD:
            missing.append(name)
        found |= {kept.component.name: kept for kept in matching}
    folder = "" if single_package else f"{_FOLDER}/"
    return Retrieval(retrieval_id, tuple(found.values()), tuple(missing), package.version, user, folder)


def listing(store: Store, type_name: str, folder: str, user: User) -> list[dict[str, object]]:
    """Return the components of a type, and of a folder if the type has folders."""
    found = store.of_type(type_name)
    if folder:
        found = [kept for kept in found if kept.component.name.full_name.startswith(f"{folder}/")]
    return [properties(kept, user) for kept in found]


def properties(kept: Stored, user: User, folder: str = "") -> dict[str, object]:
    """Return the FileProperties of a component."""
    return {
        "createdById": user.id,
        "createdByName": user.name,
        "createdDate": kept.created,
        "fileName": folder + kept.component.file_name,
        "fullName": kept.component.name.full_name,
        "id": kept.id,
        "lastModifiedById": user.id,
        "lastModifiedByName": user.name,
        "lastModifiedDate": kept.modified,
        "manageableState": "unmanaged",
        "type": kept.component.name.type,
    }


def description() -> dict[str, object]:
    """Return the DescribeMetadataResult."""
    return {
        "metadataObjects": [
            {
                "childXmlNames": [child.name for child in metadata_type.children],
                "directoryName": metadata_type.directory,
                "inFolder": metadata_type.in_folder,
                "metaFile": metadata_type.shape is Shape.CONTENT,
                **({"suffix": metadata_type.suffix} if metadata_type.suffix else {}),
                "xmlName": metadata_type.name,
            }
            for metadata_type in types.TYPES
            if not metadata_type.is_folder
        ],
        "organizationNamespace": "",
        "partialSaveAllowed": True,
        "testRequired": False,
    }
