"""The metadata types: which folder and suffix each has, and which of its elements are components of their own.

The table in types.json comes from the sf CLI's registry (github.com/forcedotcom/source-deploy-retrieve), by
tools/metadata_types.py.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum
from importlib.resources import files


class Shape(Enum):
    """How a type's components are stored in files.

    FILE is one XML file. CONTENT is a file beside a `-meta.xml`. BUNDLE is a folder. SITE is a folder in the folder
    of its kind.
    """

    FILE = "file"
    CONTENT = "content"
    BUNDLE = "bundle"
    SITE = "site"


@dataclass(frozen=True)
class ChildType:
    """A type whose components are elements in the file of their parent.

    Attributes:
        element: The element's name.
        id_element: The element in it that names the component.
        qualified: The parent's name comes first: `Account.Color__c`.
    """

    name: str
    element: str
    id_element: str
    qualified: bool


@dataclass(frozen=True)
class MetadataType:
    """A type of component.

    Attributes:
        suffix: Of its file, without a dot; empty for a folder of files.
        in_folder: Its components are in folders, whose names are part of theirs.
        is_folder: It is one of those folders.
    """

    name: str
    directory: str
    suffix: str = ""
    shape: Shape = Shape.FILE
    in_folder: bool = False
    is_folder: bool = False
    children: tuple[ChildType, ...] = field(default=())


def _load() -> tuple[MetadataType, ...]:
    rows = json.loads((files(__package__) / "types.json").read_text(encoding="utf-8"))
    return tuple(
        MetadataType(
            name=row["name"],
            directory=row["directory"],
            suffix=row.get("suffix", ""),
            shape=Shape(row["shape"]),
            in_folder=row.get("in_folder", False),
            is_folder="content_of_folder" in row,
            children=tuple(
                ChildType(child[0], element, child[1], child[2]) for element, child in row.get("children", {}).items()
            ),
        )
        for row in rows
    )


TYPES = _load()
BY_NAME = {metadata_type.name: metadata_type for metadata_type in TYPES}
PARENT_OF = {child.name: metadata_type for metadata_type in TYPES for child in metadata_type.children}
"""The type in whose file a child type's components are."""


def is_known(name: str) -> bool:
    """Return whether a type can be named in package.xml."""
    return name in BY_NAME or name in PARENT_OF


def in_directory(directory: str) -> list[MetadataType]:
    """Return the types whose components are in a folder of the package."""
    return [metadata_type for metadata_type in TYPES if metadata_type.directory == directory]


def folder_type(metadata_type: MetadataType) -> MetadataType:
    """Return the type of the folders that a type's components are in."""
    return next(folder for folder in in_directory(metadata_type.directory) if folder.is_folder)


def named_in_manifest(type_name: str) -> str:
    """Return the name under which package.xml has a type's components. A folder is under its content's type."""
    metadata_type = BY_NAME.get(type_name)
    if metadata_type is None or not metadata_type.is_folder:
        return type_name
    return next(content.name for content in in_directory(metadata_type.directory) if content.in_folder)
