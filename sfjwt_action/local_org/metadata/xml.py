"""Read and write XML as the Metadata API has it. What clients send is parsed without entities or external files."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import (
    Element,
    ParseError,
    SubElement,
    canonicalize,
    indent,
    register_namespace,
    tostring,
)
from xml.parsers.expat.errors import messages

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

if TYPE_CHECKING:
    from collections.abc import Mapping

METADATA = "http://soap.sforce.com/2006/04/metadata"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

# Clients look for the names as Salesforce writes them: prefixed in the envelope, bare in its content.
register_namespace("soapenv", SOAP)
register_namespace("", METADATA)


_MAXIMUM_DEPTH = 100


class XmlError(Exception):
    """Text isn't XML, or has what is never accepted, such as entities.

    Attributes:
        line: Where it fails. The first line is 1.
        column: Where it fails. The first column is 1.
    """

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def parse(content: bytes) -> Element:
    """Parse XML.

    Raises:
        XmlError: The content isn't XML, has a document type declaration, or is nested too deeply.
    """
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except ParseError as error:
        line, column = error.position
        raise XmlError(messages.get(error.code, "not well-formed"), line, column + 1) from error
    except DefusedXmlException as error:
        raise XmlError("A document type declaration isn't allowed") from error
    except (ValueError, LookupError) as error:  # an encoding that Python doesn't know
        raise XmlError("The encoding isn't known") from error
    if _depth(root) > _MAXIMUM_DEPTH:  # writing it would exceed Python's stack
        raise XmlError(f"Elements are nested more than {_MAXIMUM_DEPTH} deep")
    return root


def _depth(root: Element) -> int:
    depth, level = 0, [root]
    while level:
        depth, level = depth + 1, [child for element in level for child in element]
    return depth


def tag(name: str) -> str:
    """Return a name in the Metadata API's namespace, as ElementTree writes it."""
    return f"{{{METADATA}}}{name}"


def local_name(element: Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def children(element: Element, name: str) -> list[Element]:
    """Return the children that have a name, in any namespace."""
    return [child for child in element if local_name(child) == name]


def text(element: Element, *path: str) -> str:
    """Return the text at a path below an element, in any namespace, or an empty string."""
    for name in path:
        element = next(iter(children(element, name)), Element(name))
    return (element.text or "").strip()


def canonical(element: Element) -> bytes:
    """Return an element as text that is the same for the same content."""
    return canonicalize(tostring(element, encoding="unicode"), strip_text=True).encode()


def root(name: str) -> Element:
    """Return an empty element in the Metadata API's namespace."""
    return Element(tag(name))


def pretty(element: Element) -> bytes:
    """Return a whole document, indented as Salesforce does."""
    indent(element, "    ")
    return serialize(element)


def serialize(root: Element) -> bytes:
    """Return a whole document with its declaration."""
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def fill(parent: Element, content: Mapping[str, object], namespace: str = "") -> None:
    """Add a child to an element for each value, of which a list has several."""
    for name, value in content.items():
        for item in value if isinstance(value, list) else [value]:
            child = SubElement(parent, f"{{{namespace}}}{name}" if namespace else name)
            if isinstance(item, dict):
                fill(child, item, namespace)
            elif item is None:
                child.set(f"{{{XSI}}}nil", "true")
            else:
                child.text = _printable(str(item).lower() if isinstance(item, bool) else str(item))


def _printable(value: str) -> str:
    """Return a value without the characters that XML 1.0 can't hold."""
    return "".join(
        char if char in "\t\n\r" or (char >= " " and char not in "\ufffe\uffff") else "\ufffd" for char in value
    )
