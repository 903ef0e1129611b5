"""What an org has: the components that were deployed to it, kept in a file so that a restart keeps them."""

from __future__ import annotations

import base64
import json
import secrets
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sfjwt_action.local_org.errors import LocalOrgError
from sfjwt_action.local_org.metadata import types
from sfjwt_action.local_org.metadata.components import Component
from sfjwt_action.local_org.metadata.manifest import WILDCARD, Name
from sfjwt_action.local_org.model import id_18

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_KEY_PREFIXES = {
    "ApexClass": "01p",
    "ApexComponent": "099",
    "ApexPage": "066",
    "ApexTrigger": "01q",
    "AuraDefinitionBundle": "0Ab",
    "CustomField": "00N",
    "CustomObject": "01I",
    "Flow": "300",
    "Layout": "00h",
    "LightningComponentBundle": "0Rb",
    "PermissionSet": "0PS",
    "PermissionSetGroup": "0PG",
    "Profile": "00e",
    "RecordType": "012",
    "StaticResource": "081",
}
_OTHER_PREFIX = "0Ld"


@dataclass(frozen=True)
class Stored:
    """A component in the org.

    Attributes:
        id: 18 characters, the same until the component is deleted.
        created: When it was first deployed (ISO 8601).
        modified: When its content last changed.
    """

    component: Component
    id: str
    created: str
    modified: str


@dataclass
class Store:
    """The components of one org.

    Attributes:
        path: The file that keeps them; None to keep them in memory only.
    """

    path: Path | None = None
    components: dict[Name, Stored] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the file, if there is one.

        Raises:
            LocalOrgError: The file can't be read, or is damaged.
        """
        if self.path and self.path.exists():
            try:
                rows = json.loads(self.path.read_text(encoding="utf-8"))
                self.components = {stored.component.name: stored for stored in map(_from_json, rows)}
            except OSError as error:
                raise LocalOrgError(f"The local org can't read {self.path}: {error.strerror}.") from error
            except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
                raise LocalOrgError(
                    f"{self.path} is damaged. Delete it to start with an empty org, or restore it from a backup."
                ) from error

    def of_type(self, *type_names: str) -> list[Stored]:
        """Return the components of types, by name."""
        found = [stored for name, stored in self.components.items() if name.type in type_names]
        return sorted(found, key=lambda stored: stored.component.name)

    def matching(self, names: Iterable[Name]) -> dict[Name, list[Stored]]:
        """Return the components that each name in a manifest stands for, with their children."""
        named, children = defaultdict(list), defaultdict(list)
        for own, kept in self.components.items():
            type_name = types.named_in_manifest(own.type)
            named[Name(type_name, own.full_name)].append(kept)
            named[Name(type_name, WILDCARD)].append(kept)
            if kept.component.parent:
                children[kept.component.parent].append(kept)
        found = {}
        for name in names:
            parents = dict.fromkeys([name, *(kept.component.name for kept in named[name])])
            found[name] = named[name] + [child for parent in parents for child in children[parent]]
        return found

    def replace(self, components: Mapping[Name, Stored]) -> None:
        """Keep other components instead.

        Raises:
            OSError: The file can't be written.
        """
        self.components = dict(components)
        if self.path:
            self.path.parent.mkdir(exist_ok=True)
            unfinished = self.path.with_suffix(".unfinished")
            unfinished.write_text(json.dumps([_to_json(stored) for stored in components.values()]), encoding="utf-8")
            unfinished.replace(self.path)


def stored(component: Component, before: Stored | None, now: str) -> Stored:
    """Return a component as the org has it from now on."""
    if before is None:
        return Stored(component, new_id(_KEY_PREFIXES.get(component.name.type, _OTHER_PREFIX)), now, now)
    if before.component == component:
        return before
    return replace(before, component=component, modified=now)


def new_id(key_prefix: str) -> str:
    """Return an id that no record has."""
    return id_18(f"{key_prefix}{secrets.token_hex(6)}")


def _to_json(kept: Stored) -> dict[str, object]:
    component = kept.component
    return {
        "name": component.name,
        "parent": component.parent,
        "files": {path: base64.b64encode(content).decode() for path, content in component.files.items()},
        "id": kept.id,
        "created": kept.created,
        "modified": kept.modified,
    }


def _from_json(row: dict[str, Any]) -> Stored:
    """Read a component.

    Raises:
        AttributeError, LookupError, TypeError, ValueError: It isn't one.
    """
    name = Name(*row["name"])
    texts = (*name, *(row["parent"] or ()), row["id"], row["created"], row["modified"])
    if not all(isinstance(text, str) and text for text in texts):
        raise TypeError("a text is missing")
    if not types.is_known(name.type) or not row["files"]:
        raise ValueError("unknown type, or no files")
    return Stored(
        Component(
            name,
            {path: base64.b64decode(content, validate=True) for path, content in row["files"].items()},
            Name(*row["parent"]) if row["parent"] else None,
        ),
        row["id"],
        row["created"],
        row["modified"],
    )
