"""Turn the files of a package into components, and components back into files."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sfjwt_action.local_org.metadata import types, xml
from sfjwt_action.local_org.metadata.manifest import Name
from sfjwt_action.local_org.metadata.types import MetadataType, Shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from xml.etree.ElementTree import Element

META = "-meta.xml"


@dataclass(frozen=True)
class Component:
    """A component as it is in a package.

    Attributes:
        files: What it consists of, by path in the package. A child's is its own element of the parent's file.
        parent: The component in whose file it is, if it is a child.
    """

    name: Name
    files: Mapping[str, bytes]
    parent: Name | None = None

    @property
    def file_name(self) -> str:
        """The path of its main file."""
        return min(self.files, key=lambda path: (path.endswith(META), path))


@dataclass(frozen=True)
class Problem:
    """Why a file or a component can't be deployed."""

    message: str
    file_name: str
    name: Name
    line: int = 0
    column: int = 0


def read(files: Mapping[str, bytes]) -> tuple[list[Component], list[Problem]]:
    """Return the components in the files of a package, children after their parents, and what is wrong with them."""
    found: list[Component] = []
    problems: list[Problem] = []
    grouped: dict[Name, dict[str, bytes]] = defaultdict(dict)
    for path, content in files.items():
        if name := identify(path):
            grouped[name][path] = content
        else:
            problems.append(_unknown(path))
    for name, content_by_path in grouped.items():
        component = Component(name, content_by_path)
        if problem := _problem(component):
            problems.append(problem)
        else:
            found += _with_children(component)
    return found, problems


def identify(path: str) -> Name | None:
    """Return the component that a file belongs to, or None if no type has files like it."""
    directory, _, rest = path.partition("/")
    if not rest:
        return None
    for metadata_type in types.in_directory(directory):
        if full_name := _full_name(metadata_type, rest):
            return Name(metadata_type.name, full_name)
    return _nested_name(path)


def _nested_name(path: str) -> Name | None:
    """Identify a file in a folder of another component: territory2Models/MODEL/rules/RULE.territory2Rule."""
    match path.split("/"):
        case [_, model, directory, file]:
            for metadata_type in types.in_directory(directory):
                if file.endswith(f".{metadata_type.suffix}"):
                    return Name(metadata_type.name, f"{model}.{file.removesuffix(f'.{metadata_type.suffix}')}")
    return None


def _full_name(metadata_type: MetadataType, rest: str) -> str:
    """Return the name that a type's component has whose file this is; empty if it isn't of that type."""
    content = rest.removesuffix(META)
    suffix = f".{metadata_type.suffix}"
    if metadata_type.shape is Shape.BUNDLE:
        return _bundle_name(rest)
    if metadata_type.shape is Shape.SITE:
        return "/".join(rest.split("/")[:2]) if rest.count("/") > 1 else ""
    if metadata_type.is_folder:
        return content if rest.endswith(META) and "." not in content else ""
    if metadata_type.in_folder and metadata_type.shape is Shape.CONTENT and metadata_type.name == "Document":
        return content if "/" in content and "." in content else ""
    if not content.endswith(suffix):
        return ""
    full_name = content.removesuffix(suffix)
    return full_name if metadata_type.in_folder else full_name.rpartition("/")[2]


def _bundle_name(rest: str) -> str:
    first, slash, _ = rest.partition("/")
    return first if slash else first.removesuffix(META).partition(".")[0] if rest.endswith(META) else ""


def _unknown(path: str) -> Problem:
    directory, _, rest = path.partition("/")
    what = f"folder {directory}" if rest and not types.in_directory(directory) else f"file {path}"
    return Problem(f"The local org doesn't know which metadata type the {what} belongs to.", path, Name("", path))


def _problem(component: Component) -> Problem | None:
    """Find what is certainly wrong with a component: a file that is missing, or isn't XML where it has to be."""
    metadata_type = types.BY_NAME[component.name.type]
    if metadata_type.shape is Shape.CONTENT:
        if META not in " ".join(component.files):
            return _missing(component, f"{component.file_name}{META}")
        if all(path.endswith(META) for path in component.files):
            return _missing(component, component.file_name.removesuffix(META))
    if metadata_type.shape is Shape.FILE and len(component.files) > 1:
        message = f"The local org found more than one file for it: {', '.join(sorted(component.files))}."
        return Problem(message, component.file_name, component.name)
    for path, content in component.files.items():
        if path.endswith(META) or metadata_type.shape is Shape.FILE:
            try:
                root = xml.parse(content)
            except xml.XmlError as error:
                message = f"Error parsing file: {error}"
                return Problem(message, path, component.name, error.line, error.column)
            if message := _child_problem(component.name, root):
                return Problem(message, path, component.name)
    return None


def _child_problem(parent: Name, root: Element) -> str:
    """Say which child has no name, or the name of another one; empty if none."""
    names = set()
    for name, element in _child_elements(parent, root):
        if name in names:
            return f"The local org found {name.full_name} twice."
        if name.full_name in {"", f"{parent.full_name}."}:
            return f"The local org found {xml.local_name(element)} without a name."
        names.add(name)
    return ""


def _child_elements(parent: Name, root: Element) -> Iterator[tuple[Name, Element]]:
    """Return the elements that are components of their own, and their names."""
    for child_type in types.BY_NAME[parent.type].children:
        for element in xml.children(root, child_type.element):
            own_name = xml.text(element, child_type.id_element)
            full_name = f"{parent.full_name}.{own_name}" if child_type.qualified else own_name
            yield Name(child_type.name, full_name), element


def _missing(component: Component, path: str) -> Problem:
    return Problem(f"The local org found no {path} in the zip.", component.file_name, component.name)


def _with_children(component: Component) -> list[Component]:
    """Return a component without the elements that are components of their own, and those."""
    metadata_type = types.BY_NAME[component.name.type]
    if not metadata_type.children:
        return [component]
    ((path, content),) = component.files.items()
    root = xml.parse(content)
    children = []
    for name, element in list(_child_elements(component.name, root)):
        children.append(Component(name, {path: xml.canonical(element)}, component.name))
        root.remove(element)
    return [Component(component.name, {path: xml.canonical(root)}), *children]


def to_files(components: Iterable[Component]) -> dict[str, bytes]:
    """Return the files of components, with children in their parents' files."""
    files: dict[str, bytes] = {}
    roots: dict[str, Element] = {}
    for component in components:
        metadata_type = types.PARENT_OF.get(component.name.type) or types.BY_NAME[component.name.type]
        if not metadata_type.children:
            files |= component.files
            continue
        ((path, content),) = component.files.items()
        element = xml.parse(content)
        if component.parent is None:
            roots.setdefault(path, xml.root(metadata_type.name)).extend(element)
        else:
            roots.setdefault(path, xml.root(metadata_type.name)).append(element)
    return files | {path: xml.pretty(root) for path, root in roots.items()}
