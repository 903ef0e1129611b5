"""Programs that record their command line, environment and standard input."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_PROGRAM = """\
#!{python}
import json, os, pathlib, sys
call = {{"name": {name!r}, "arguments": sys.argv[1:], "environ": dict(os.environ)}}
call["stdin"] = "" if sys.stdin.isatty() else sys.stdin.read()
with pathlib.Path({log!r}).open("a") as log:
    log.write(json.dumps(call) + "\\n")
print({answer!r})
"""


@dataclass(frozen=True)
class Call:
    name: str
    arguments: list[str]
    environ: dict[str, str]
    stdin: str


class Recorder:
    """Return a directory for PATH with these programs, each of which prints its answer."""

    def __init__(self, directory: Path, answers: Mapping[str, str]) -> None:
        self.directory = directory
        self._log = directory / "calls"
        self._log.touch()
        for name, answer in answers.items():
            program = directory / name
            program.write_text(_PROGRAM.format(python=sys.executable, name=name, log=str(self._log), answer=answer))
            program.chmod(0o755)

    @property
    def calls(self) -> list[Call]:
        return [Call(**json.loads(line)) for line in self._log.read_text().splitlines()]
