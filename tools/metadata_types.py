"""Writes the local org's table of metadata types from the sf CLI's own registry.

Run it after an update of the lock in tests/node, which has the registry.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "sfjwt_action" / "local_org" / "metadata" / "types.json"
REGISTRY = ROOT / "tests/node/node_modules/@salesforce/source-deploy-retrieve/lib/src/registry/metadataRegistry.json"

# How the registry's adapters read a type's files. Every other type is one XML file.
SHAPES = {
    "bundle": "bundle",
    "digitalExperience": "site",
    "matchingContentFile": "content",
    "mixedContent": "content",
    "uiBundles": "bundle",
}


def table() -> str:
    """Return the table of types as JSON, a line for each type."""
    types = json.loads(REGISTRY.read_text(encoding="utf-8"))["types"].values()
    rows = sorted((_row(entry) for entry in types), key=lambda row: str(row["name"]))
    return "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n"


def _row(entry: dict[str, Any]) -> dict[str, object]:
    shape = SHAPES.get(entry.get("strategies", {}).get("adapter"), "file")
    row = {
        "name": entry["name"],
        "directory": entry["directoryName"],
        "suffix": entry.get("suffix", ""),
        "shape": "bundle" if shape == "content" and "suffix" not in entry else shape,
        "in_folder": entry.get("inFolder", False),
        "content_of_folder": entry.get("folderContentType", ""),
        "children": {} if shape == "site" else _children(entry),
    }
    return {name: value for name, value in row.items() if value}


def _children(entry: dict[str, Any]) -> dict[str, list[object]]:
    """Return for each element of the type's XML that is a component: its type, and where it is named."""
    return {
        child.get("xmlElementName", child["directoryName"]): [
            child["name"],
            child.get("uniqueIdElement", "fullName"),
            not child.get("ignoreParentName", False),
        ]
        for child in entry.get("children", {}).get("types", {}).values()
        if child.get("isAddressable", True)
    }


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8", newline="\n")
