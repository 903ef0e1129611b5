"""The types of the Metadata API, as the npm package @salesforce/types declares them in TypeScript."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from xml.etree.ElementTree import Element

NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"

_TYPE = re.compile(r"^export type (\w+) = (?:Metadata & )?\{\n(.*?)^\};", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^ +(\w+)(\??): ([\w<>]+)(\[\])?;$", re.MULTILINE)
_ENUM = re.compile(r"^export type (\w+) = ('.*');$", re.MULTILINE)
_SCALARS = {"string": ".*", "boolean": "true|false", "number": r"-?\d+"}


@dataclass(frozen=True)
class Field:
    """A declared field. A list may be empty."""

    type: str
    required: bool
    many: bool


@dataclass(frozen=True)
class MetadataTypes:
    declarations: str

    @classmethod
    def of(cls, package: Path) -> "MetadataTypes":
        return cls((package / "lib" / "metadata.d.ts").read_text())

    @cached_property
    def types(self) -> dict[str, dict[str, Field]]:
        return {name: dict(_fields(body)) for name, body in _TYPE.findall(self.declarations)}

    @cached_property
    def enums(self) -> dict[str, str]:
        return {name: "|".join(re.findall("'([^']+)'", values)) for name, values in _ENUM.findall(self.declarations)}

    def problems(self, element: Element, type_name: str = "") -> list[str]:
        """What is wrong with an element, compared with the type of its name or the given type."""
        name = element.tag.removeprefix(NAMESPACE)
        type_name = type_name or name
        if pattern := _SCALARS.get(type_name) or self.enums.get(type_name):
            text = element.text or ""
            return [] if re.fullmatch(pattern, text, re.DOTALL) else [f"{name}: {text!r} is no {type_name}"]
        if type_name not in self.types:
            return [f"there is no type {type_name}"]
        fields = self.types[type_name]
        found = [child.tag.removeprefix(NAMESPACE) for child in element]
        missing = [field for field, declared in fields.items() if declared.required and field not in found]
        repeated = [
            field for field in set(found) if found.count(field) > 1 and field in fields and not fields[field].many
        ]
        return [
            *(f"{type_name} has no field {field}" for field in found if field not in fields),
            *(f"{type_name}.{field} is missing" for field in missing),
            *(f"{type_name}.{field} is there more than once" for field in repeated),
            *(
                problem
                for child, field in zip(element, found, strict=True)
                if field in fields
                for problem in self.problems(child, fields[field].type)
            ),
        ]


def _fields(body: str) -> list[tuple[str, Field]]:
    return [
        (name, Field(kind, required=not optional and not many, many=bool(many)))
        for name, optional, kind, many in _FIELD.findall(body)
    ]
