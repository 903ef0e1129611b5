"""What a package changes in an org: which components it creates, changes and deletes, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from sfjwt_action.local_org.metadata import components as component_files
from sfjwt_action.local_org.metadata import manifest, types, xml
from sfjwt_action.local_org.metadata.components import Component, Problem
from sfjwt_action.local_org.metadata.manifest import WILDCARD, Manifest, Name
from sfjwt_action.local_org.metadata.store import Stored, stored

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PACKAGE = "package.xml"
_DELETED_FIRST = ("destructiveChanges.xml", "destructiveChangesPre.xml")
_DELETED_LAST = ("destructiveChangesPost.xml",)
_CUSTOM_OBJECT_SUFFIXES = ("__c", "__mdt", "__e", "__b", "__x")


class Effect(Enum):
    """What a deploy does to a component."""

    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Change:
    """One component that a deploy stores or deletes.

    Attributes:
        id: Empty if a deletion found nothing to delete.
        warning: What to know about it, if anything.
    """

    name: Name
    file_name: str
    effect: Effect
    id: str = ""
    warning: str = ""


@dataclass
class Changes:
    """What a package does to the components of an org.

    Attributes:
        after: The org's components once it is deployed.
    """

    after: dict[Name, Stored]
    done: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def apply(files: Mapping[str, bytes], before: Mapping[Name, Stored], now: str) -> Changes:
    """Apply a package to the components of an org, and return what changes, without storing it.

    Args:
        files: The files of the package, by path from the folder of package.xml.
        before: The org's components.
        now: The time of the deploy (ISO 8601).
    """
    changes = Changes(dict(before))
    manifests = _manifests(files, changes.problems)
    content = {path: body for path, body in files.items() if path not in _CONTROL_FILES}
    found, problems = component_files.read(content)
    changes.problems += problems
    if PACKAGE in manifests:
        _delete(changes, manifests, _DELETED_FIRST)
        for component in _named(manifests[PACKAGE], found, changes.problems, problems):
            _put(changes, component, now)
        _delete(changes, manifests, _DELETED_LAST)
    return changes


_CONTROL_FILES = {PACKAGE, *_DELETED_FIRST, *_DELETED_LAST}


def _manifests(files: Mapping[str, bytes], problems: list[Problem]) -> dict[str, Manifest]:
    found = {}
    for path in sorted(_CONTROL_FILES & set(files)):
        try:
            found[path] = manifest.read(files[path])
        except xml.XmlError as error:
            problems.append(Problem(f"Error parsing file: {error}", path, Name("", path), error.line, error.column))
            continue
        problems += [
            Problem(f"Unknown type name '{type_name}' specified in {path}", path, Name("", type_name))
            for type_name in dict.fromkeys(name.type for name in found[path].names)
            if not types.is_known(type_name)
        ]
    if PACKAGE not in files:
        problems.append(Problem(f"No {PACKAGE} found", PACKAGE, Name("", PACKAGE)))
    return found


def _named(
    package: Manifest, found: list[Component], problems: list[Problem], unusable: list[Problem]
) -> Iterator[Component]:
    """Return the components that package.xml names, and note the files that it doesn't, and the names without files."""
    wanted = [component for component in found if _is_wanted(package, component)]
    deployed_files = {path for component in wanted for path in component.files}
    problems += [
        Problem(f"Not in {PACKAGE}", component.file_name, component.name)
        for component in found
        if component.parent is None and not deployed_files & set(component.files)
    ]
    present = {_manifest_name(component.name) for component in found}
    present |= {_manifest_name(problem.name) for problem in unusable}
    problems += [
        Problem(
            f"An object '{name.full_name}' of type {name.type} was named in {PACKAGE}, "
            "but was not found in zipped directory",
            PACKAGE,
            name,
        )
        for name in package.names
        if name not in present and name.full_name != WILDCARD and types.is_known(name.type)
    ]
    yield from wanted


def _is_wanted(package: Manifest, component: Component) -> bool:
    return package.has(_manifest_name(component.name)) or bool(component.parent and package.has(component.parent))


def _manifest_name(name: Name) -> Name:
    return Name(types.named_in_manifest(name.type), name.full_name)


def _put(changes: Changes, component: Component, now: str) -> None:
    parent = component.parent
    if parent and _is_custom_object(parent) and parent not in changes.after:
        message = f"no CustomObject named {parent.full_name} found"
        changes.problems.append(Problem(message, component.file_name, component.name))
        return
    earlier = changes.after.get(component.name)
    kept = stored(component, earlier, now)
    effect = Effect.CREATED if earlier is None else Effect.UNCHANGED if kept == earlier else Effect.CHANGED
    changes.after[component.name] = kept
    changes.done.append(Change(component.name, component.file_name, effect, kept.id))


def _is_custom_object(name: Name) -> bool:
    return name.type == "CustomObject" and name.full_name.endswith(_CUSTOM_OBJECT_SUFFIXES)


def _delete(changes: Changes, manifests: Mapping[str, Manifest], paths: tuple[str, ...]) -> None:
    for path in paths:
        present = {_manifest_name(own): own for own in changes.after}
        names = [name for name in manifests[path].names if types.is_known(name.type)] if path in manifests else []
        deleted = {present[name] for name in names if name in present}
        changes.done += [_deletion(changes, path, name, present.get(name)) for name in names]
        changes.after = {
            own: kept
            for own, kept in changes.after.items()
            if own not in deleted and kept.component.parent not in deleted
        }


def _deletion(changes: Changes, path: str, name: Name, own: Name | None) -> Change:
    if own is None:
        warning = f"No {name.type} named: {name.full_name} found"
        return Change(Name(name.type, path), path, Effect.UNCHANGED, warning=warning)
    return Change(own, path, Effect.DELETED, changes.after[own].id)
