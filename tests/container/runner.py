"""GitHub's runner, as far as a container action sees it.

Source: actions/runner, `ContainerActionHandler` and `DockerCommandManager.DockerRun`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from container.engine import ROOT, docker
from support import records

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
FILE_COMMANDS = ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY")
MOUNTS = ("file_commands", "home", "runner_temp", "workflow", "workspace")


@dataclass(frozen=True)
class Step:
    """A step that has run."""

    exit_code: int
    log: str
    files: Mapping[str, str]

    def records(self, file: str) -> dict[str, str]:
        """Read what the step wrote to a file of records."""
        return records(self.files[file])


class Runner:
    def __init__(self, image: str, directory: Path) -> None:
        self._image = image
        self._directory = directory
        self.workspace = directory / "workspace"
        for mount in MOUNTS:
            (directory / mount).mkdir()

    def main(self, inputs: Mapping[str, str], environ: Mapping[str, str] | None = None) -> Step:
        """Run the action's step with these inputs, and with the defaults of all other inputs."""
        defaults = {name: declared.get("default", "") for name, declared in ACTION["inputs"].items()}
        variables = {f"INPUT_{name.upper()}": value for name, value in {**defaults, **inputs}.items()}
        return self._run(ACTION["runs"]["entrypoint"], {**variables, **(environ or {})})

    def post(self, main: Step) -> Step:
        """Run the action's post step, in a separate container."""
        state = {f"STATE_{name}": value for name, value in main.records("GITHUB_STATE").items()}
        return self._run(ACTION["runs"]["post-entrypoint"], state)

    def _run(self, entrypoint: str, environ: Mapping[str, str]) -> Step:
        for name in FILE_COMMANDS:
            (self._directory / "file_commands" / name).write_text("")
        environ = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "HOME": "/github/home",
            **{name: f"/github/file_commands/{name}" for name in FILE_COMMANDS},
            **environ,
        }
        process = docker(
            *("run", "--rm", "--workdir", "/github/workspace", "--entrypoint", entrypoint),
            *("--network", "host"),  # the local org listens on the loopback interface
            *(f"--env={name}={value}" for name, value in environ.items()),
            *(f"--volume={self._directory / mount}:/github/{mount}" for mount in MOUNTS),
            self._image,
        )
        files = {name: (self._directory / "file_commands" / name).read_text() for name in FILE_COMMANDS}
        return Step(process.returncode, process.stdout + process.stderr, files)
