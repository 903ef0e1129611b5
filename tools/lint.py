"""Run every linter at once, and show the output of those that fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BIN = Path(sys.executable).parent
# The files that were searched for secrets without finding one. The search takes longest, and has no cache of its own.
SEARCHED = BIN.parent / "searched-for-secrets.json"
PACKAGE = ["sfjwt_action", "entrypoint.py", "post_entrypoint.py"]


def files(*patterns: str) -> list[str]:
    """Return the files that match the patterns."""
    return sorted(str(path) for pattern in patterns for path in Path().glob(pattern))


def schema(name: str, *arguments: str) -> list[str]:
    """Return the command that checks files against a schema that check-jsonschema brings along."""
    return ["check-jsonschema", "--builtin-schema", f"vendor.{name}", *arguments]


# The slowest first, so that the last to start is a quick one.
LINTERS = {
    "mypy": ["mypy"],
    # A cache for each platform, because each would overwrite the other's.
    "mypy for Windows": ["mypy", "--cache-dir", ".mypy_cache/win32", "--platform", "win32", *PACKAGE],
    "mypy for macOS": ["mypy", "--cache-dir", ".mypy_cache/darwin", "--platform", "darwin", *PACKAGE],
    # What the tests call a password or a key isn't one; tests/house looks for keys.
    "detect-secrets": [
        *("detect-secrets-hook", "--disable-plugin", "KeywordDetector", "--disable-plugin", "BasicAuthDetector"),
        *("--disable-plugin", "PrivateKeyDetector"),
    ],
    "ruff check": ["ruff", "check"],
    "ruff format": ["ruff", "format", "--check"],
    "import-linter": ["lint-imports"],
    "zizmor": [
        "zizmor",
        "--offline",
        "--quiet",
        "--pedantic",
        ".",
        *files("examples/github/*.yml", "workflow-templates/*.yml"),
    ],
    "shellcheck": [
        "shellcheck",
        *files(".ci/*", "bench/*.sh", "examples/*/*.sh"),
        *(name for name in files("image/*") if not name.endswith(".py")),
        "tools/audit",
    ],
    # American spelling, as Salesforce's own labels have it.
    "codespell": ["codespell"],
    "hadolint": ["hadolint", "Dockerfile"],
    # act refuses every workflow of a repository that has one which it can't parse.
    "act": ["act", "--quiet", "--list"],
    "GitHub action schema": schema("github-actions", "action.yml", "composite/action.yml", "sf/action.yml"),
    "GitHub workflow schema": schema(
        "github-workflows", *files(".github/workflows/*.yml", "examples/github/*.yml", "workflow-templates/*.yml")
    ),
    "GitHub workflow template schema": [
        *("check-jsonschema", "--schemafile", "tests/house/workflow-template.schema.json"),
        *files("workflow-templates/*.json"),
    ],
    "Dependabot schema": schema("dependabot", ".github/dependabot.yml"),
    "GitHub issue form schema": schema("github-issue-forms", *files(".github/ISSUE_TEMPLATE/*.yml")),
    "GitLab schema": schema("gitlab-ci", "--data-transform", "gitlab-ci", "examples/gitlab/.gitlab-ci.yml"),
    "CircleCI schema": schema("circle-ci", "examples/circleci/config.yml"),
    "Azure Pipelines schema": schema(
        *("azure-pipelines", "--data-transform", "azure-pipelines", "--regex-variant", "nonunicode"),
        "examples/azure/azure-pipelines.yml",
    ),
    "Bitbucket schema": schema("bitbucket-pipelines", "examples/bitbucket/bitbucket-pipelines.yml"),
    "Buildkite schema": schema("buildkite", "examples/buildkite/pipeline.yml"),
    "Woodpecker schema": schema("woodpecker-ci", "examples/woodpecker/.woodpecker.yaml"),
    "Drone schema": schema("drone-ci", "examples/drone/.drone.yml"),
    "Tekton schema": [
        *("check-jsonschema", "--schemafile", "tests/house/tekton-task.schema.json"),
        *files("examples/tekton/*.yaml"),
    ],
    "Cloud Build schema": schema("cloudbuild", "examples/cloudbuild/cloudbuild.yaml"),
}


def files_of_git() -> list[str]:
    """Return the files that git tracks or could add; none outside of a checkout."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    return [name for name in listed.stdout.split("\0") if name and Path(name).exists()]


def states(names: list[str]) -> dict[str, list[int]]:
    """Return what changes with a file's content, by name."""
    stats = {name: Path(name).lstat() for name in names}
    return {name: [stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size] for name, stat in stats.items()}


def unsearched(found: dict[str, list[int]]) -> list[str]:
    """Return the files that changed since they were searched; all if the linters did."""
    searched = json.loads(SEARCHED.read_text()) if SEARCHED.exists() else {}
    changed = [name for name, state in found.items() if searched.get(name) != state]
    return list(found) if {"tools/lint.py", "requirements-dev.lock"} & {*changed} else changed


def run(name: str, command: list[str]) -> tuple[str, str]:
    """Run a linter, and return its name and, if it failed, its output."""
    program, *arguments = command
    done = subprocess.run([str(BIN / program), *arguments], capture_output=True, text=True, check=False)
    return name, (done.stdout + done.stderr or "failed without output\n") if done.returncode else ""


def main() -> int:
    """Run all linters, and return 1 if one failed."""
    start = time.monotonic()
    linters = dict(LINTERS)
    if found := states(files_of_git()):
        linters["detect-secrets"] = [*linters["detect-secrets"], *unsearched(found)]
    else:
        sys.stdout.write("Not a git checkout, so files aren't searched for secrets.\n")
        del linters["detect-secrets"]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        failures = {name: output for name, output in pool.map(run, linters, linters.values()) if output}
    if found and "detect-secrets" not in failures:
        SEARCHED.write_text(json.dumps(found))
    for name, output in failures.items():
        sys.stdout.write(f"\n--- {name}\n{output}")
    seconds = time.monotonic() - start
    sys.stdout.write(f"{len(linters) - len(failures)} linters passed, {len(failures)} failed in {seconds:.0f} s\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
