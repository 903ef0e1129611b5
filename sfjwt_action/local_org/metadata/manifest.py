"""Read and write package.xml and the destructive changes beside it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple
from xml.etree.ElementTree import Element, SubElement

from sfjwt_action.local_org.metadata import xml

if TYPE_CHECKING:
    from collections.abc import Iterable

WILDCARD = "*"


class Name(NamedTuple):
    """What identifies a component."""

    type: str
    full_name: str


@dataclass(frozen=True)
class Manifest:
    """The components that a manifest names, and its API version."""

    names: tuple[Name, ...]
    version: str = ""

    def has(self, name: Name) -> bool:
        """Return whether it names a component, or all of its type."""
        return not self._lookup.isdisjoint({name, Name(name.type, WILDCARD)})

    @cached_property
    def _lookup(self) -> frozenset[Name]:
        """The names again, because a manifest can have ten thousand."""
        return frozenset(self.names)


def read(content: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        xml.XmlError: The content isn't XML.
    """
    return read_element(xml.parse(content))


def read_element(package: Element) -> Manifest:
    """Read a manifest from the element that has its `types`."""
    names = [
        Name(type_name, (member.text or "").strip().rstrip("/"))  # the sf CLI ends folders with it
        for types in xml.children(package, "types")
        for type_name in [xml.text(types, "name")]
        for member in xml.children(types, "members")
    ]
    return Manifest(tuple(dict.fromkeys(names)), xml.text(package, "version"))


def write(names: Iterable[Name], version: str) -> bytes:
    """Return package.xml for components."""
    members = defaultdict(set)
    for name in names:
        members[name.type].add(name.full_name)
    package = xml.root("Package")
    for type_name in sorted(members):
        types = SubElement(package, xml.tag("types"))
        for full_name in sorted(members[type_name]):
            SubElement(types, xml.tag("members")).text = full_name
        SubElement(types, xml.tag("name")).text = type_name
    SubElement(package, xml.tag("version")).text = version
    return xml.pretty(package)
