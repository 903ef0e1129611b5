#!/usr/bin/env python3
"""Write README.md's tables of inputs and outputs from action.yml.

`--check` writes nothing, and fails if they are stale. This program owns what is between the markers.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
RENEW = "make docs"
GROUPS = {
    "Required": ("consumer-key", "private-key", "username", "login-url"),
    "Organization and token": ("allowed-org-ids", "verify", "export-env", "revoke-token", "mask-instance-url"),
    "Keys and assertion": (
        "kms-key",
        "private-key-passphrase",
        "certificate",
        "certificate-expiry-warning-days",
        "audience",
        "assertion-lifetime",
    ),
    "Network": ("timeout", "retries", "propagation-timeout", "ca-certificates"),
}


def main(arguments: list[str]) -> int | str:
    """Renew the tables, or check them.

    Args:
        arguments: `--check`, or nothing.

    Returns:
        What `sys.exit` takes: 0, or what is wrong.
    """
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    stale = README.read_text(encoding="utf-8")
    renewed = _with_section(stale, "inputs", _inputs(action["inputs"]))
    renewed = _with_section(renewed, "outputs", _outputs(action["outputs"]))
    if arguments == ["--check"]:
        return 0 if renewed == stale else f"README.md's tables are stale. Renew them: {RENEW}"
    README.write_text(renewed, encoding="utf-8")
    return 0


def _with_section(text: str, name: str, lines: Iterator[str]) -> str:
    begin, end = f"<!-- {name}: generated from action.yml by tools/readme_tables.py -->\n", f"<!-- end of {name} -->\n"
    before, found_begin, rest = text.partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found_begin and found_end):
        sys.exit(f"README.md lacks the markers of the section “{name}”:\n{begin}{end}")
    return before + begin + "".join(f"{line}\n" for line in lines) + end + after


def _inputs(inputs: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    if missing := inputs.keys() - {name for names in GROUPS.values() for name in names}:
        sys.exit(f"tools/readme_tables.py has no group for {', '.join(missing)}.")
    for group, names in GROUPS.items():
        yield f"**{group}**"
        yield ""
        yield "| Input | Default | Meaning |"
        yield "|---|---|---|"
        for name in names:
            declared = inputs[name]
            default = "required" if declared.get("required") else _code(declared.get("default", ""))
            yield _row(f"`{name}`", default, declared["description"])
        yield ""


def _outputs(outputs: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    yield "| Output | Meaning |"
    yield "|---|---|"
    for name, declared in outputs.items():
        yield _row(f"`{name}`", declared["description"])


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _row(*cells: str) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
