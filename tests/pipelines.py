"""The pipelines of `examples/`, and the shell scripts in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
IMAGE = "ghcr.io/OWNER/sfjwt-action:1"

SCRIPT_KEYS = {"command", "commands", "run", "script"}
GROOVY_SCRIPT = re.compile(r"'''(.*?)'''", re.DOTALL)


@dataclass(frozen=True)
class Script:
    """A shell script in a pipeline. `number` is its position in the file."""

    path: Path
    number: int
    text: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(EXAMPLES)}-{self.number}"


def files() -> list[Path]:
    """Return every system's example, except GitHub's and Postman's, which have their own tests."""
    found = (path for path in EXAMPLES.rglob("*") if path.is_file() and path.suffix != ".md")
    return sorted(path for path in found if not {"github", "postman"} & set(path.parts))


def documents(path: Path) -> list[Any]:
    """Read a YAML file. GitLab's templates start with a header in a separate document."""
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def scripts(path: Path) -> list[Script]:
    """Find the shell scripts in a file, each as one text."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".sh":
        found = [text]
    elif path.name == "Jenkinsfile":
        found = GROOVY_SCRIPT.findall(text)
    else:
        found = [script for document in documents(path) for script in _scripts(document)]
    return [Script(path, number, script) for number, script in enumerate(found)]


def _scripts(node: Any) -> Iterator[str]:  # noqa: ANN401 -- YAML is of any type
    if isinstance(node, list):
        for item in node:
            yield from _scripts(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in SCRIPT_KEYS and (script := _script(value)):
                yield script
            elif key == "args" and value[0] == "-ec":  # Concourse runs the shell with arguments
                yield value[1]
            else:
                yield from _scripts(value)


def _script(value: Any) -> str:  # noqa: ANN401 -- as above
    if isinstance(value, list):
        return "\n".join(value)
    return value if isinstance(value, str) else ""
