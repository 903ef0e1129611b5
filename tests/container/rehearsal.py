"""A rehearsal of a release: release.yml's own steps, with an origin and a registry on this machine.

Steps that need GitHub itself are left out. docs/releasing.md lists them.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from container.engine import ROOT, TIMEOUT
from container.registry import Registry
from container.test_act import checkout

REPOSITORY = "Acme/sfjwt-action"  # GitHub has capital letters, registries don't
IMAGE = REPOSITORY.lower()
JOBS: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8"))["jobs"]
ONLY_ON_GITHUB = {"Let git push", "Sign", "Create the release on GitHub"}
HERE_ALREADY = {"actions/checkout", "actions/setup-python", "make .venv/dev"}
MAINTAINER = {f"GIT_{who}_{what}": "Maintainer" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


class StepFailed(Exception):
    """A step's exit code was not 0."""


@dataclass(frozen=True)
class Published:
    """The commits of tags, and the digests of the image's tags."""

    refs: Mapping[str, str]
    digests: Mapping[str, str]


@dataclass
class Maintainer:
    """Releases versions of a copy of this tree. The jobs run on this machine."""

    directory: Path
    registry: Registry
    left_out: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.git(self.directory, "init", "--quiet", "--bare", "origin.git")
        self.origin = self.directory / "origin.git"
        self.tree = checkout(self.directory / "tree")

    def git(self, directory: Path, *arguments: str) -> str:
        environ = self._environ() | MAINTAINER
        done = subprocess.run(
            ["git", *arguments], cwd=directory, env=environ, stdout=subprocess.PIPE, text=True, check=True
        )
        return done.stdout.strip()

    def clone(self, tag: str, directory: Path) -> None:
        quiet = ("--quiet", "--config", "advice.detachedHead=false")
        self.git(self.directory, "clone", *quiet, "--branch", tag, str(self.origin), str(directory))

    def commit(self, version: str, branch: str = "main") -> str:
        """Commit a tree of this version, and push it."""
        for name, before, after in (
            ("sfjwt_action/__init__.py", r'__version__ = ".*"', f'__version__ = "{version}"'),
            ("CHANGELOG.md", r"(?m)^## \[\d.*", f"## [{version}] - 2026-11-26"),
        ):
            text, found = re.subn(before, after, (self.tree / name).read_text(encoding="utf-8"), count=1)
            assert found, name
            (self.tree / name).write_text(text, encoding="utf-8")
        self.git(self.tree, "add", "--all")
        self.git(self.tree, "commit", "--quiet", "--allow-empty", "--message", f"Version {version}")
        self.git(self.tree, "push", "--quiet", str(self.origin), f"HEAD:{branch}")
        return self.git(self.tree, "rev-parse", "HEAD")

    def release(self, version: str, commit: str) -> Path:
        """Push the tag that starts the workflow, run its jobs, and return where their files are."""
        tag = f"release/{version}"
        self.git(self.tree, "push", "--quiet", "--force", str(self.origin), f"{commit}:refs/tags/{tag}")
        context = {"github.event.repository.default_branch": "main", "github.token": "not used here"}
        artifacts = self.directory / "artifacts"
        for name, job in JOBS.items():
            self._run_job(name, job, tag, context, artifacts)
            self.registry.forget_images()  # the next job has another machine
        return artifacts

    def published(self) -> Published:
        listed = self.git(self.origin, "for-each-ref", "--format=%(refname:short) %(objectname)", "refs/tags/v*")
        refs = dict(line.split() for line in listed.splitlines())
        return Published(refs, self.registry.digests(IMAGE))

    def _run_job(self, name: str, job: dict[str, Any], tag: str, context: dict[str, str], artifacts: Path) -> None:
        workspace = self.directory / "jobs" / name
        shutil.rmtree(workspace, ignore_errors=True)
        self.clone(tag, workspace)
        (workspace / ".venv").symlink_to(sys.prefix)
        for step in job["steps"]:
            used = step.get("uses", "").partition("@")[0]
            title = step.get("name", "")
            if used == "actions/upload-artifact":
                artifacts.mkdir(exist_ok=True)
                shutil.copy(workspace / step["with"]["path"], artifacts)
            elif used == "actions/download-artifact":
                shutil.copytree(artifacts, workspace, dirs_exist_ok=True)
            elif {used, step.get("run")} & HERE_ALREADY:
                continue
            elif used or title in ONLY_ON_GITHUB:
                self.left_out.add(used or title)
            else:
                outputs = self._run_step(step, workspace, tag, context)
                context |= {f"steps.{step.get('id')}.outputs.{key}": value for key, value in outputs.items()}
        for output, expression in job.get("outputs", {}).items():
            context[f"needs.{name}.outputs.{output}"] = evaluate(expression, context)

    def _run_step(self, step: dict[str, Any], workspace: Path, tag: str, context: Mapping[str, str]) -> dict[str, str]:
        sys.stdout.write(f"\n--- {step['name']}\n")
        sys.stdout.flush()
        output = self.directory / "output"
        output.write_text("")
        environ = self._environ() | {
            "BUILDX_NO_DEFAULT_ATTESTATIONS": "1",  # an engine that makes some puts an index around the image
            "GITHUB_OUTPUT": str(output),
            "GITHUB_REF_NAME": tag,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_SERVER_URL": "https://github.com",
            "PLATFORMS": "linux/amd64",
            "REGISTRY": self.registry.address,
            **{name: evaluate(value, context) for name, value in step.get("env", {}).items()},
        }
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        if subprocess.run(command, cwd=workspace, env=environ, timeout=TIMEOUT, check=False).returncode:
            raise StepFailed(step["name"])
        return dict(line.split("=", 1) for line in output.read_text().splitlines())

    def _environ(self) -> dict[str, str]:
        """Return the environment without the configuration of the user who runs the tests."""
        return os.environ | {"HOME": str(self.registry.home), "XDG_CONFIG_HOME": str(self.registry.home / ".config")}


def evaluate(text: str, context: Mapping[str, str]) -> str:
    return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda expression: context[expression[1]], text)
