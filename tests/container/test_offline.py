"""Runners that don't reach ghcr.io, by the commands of docs/runners.md. A registry on this machine stands for it."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from container.engine import ROOT, TIMEOUT, assert_no_secret_in, docker
from container.registry import Registry, running_registry
from container.test_act import Job, checkout, commit, run_act, secrets_of
from container.test_release import LOGIN
from release import run_image
from support import LocalOrg

pytestmark = pytest.mark.container

PUBLISHED, MIRROR = "public/sfjwt-action", "mirror/sfjwt-action"
WORKFLOW = f"""
name: Log in
on: push
permissions: {{}}
jobs:
  login:
    runs-on: ubuntu-latest
    steps:
      - uses: ./
        id: login{LOGIN}
      - env:
          OUTPUTS: ${{{{ toJSON(steps.login.outputs) }}}}
        run: echo "$OUTPUTS" > outputs.json
"""


@contextmanager
def publishing_registry(image: str, directory: Path) -> Iterator[Registry]:
    """Run a registry that has our image, on a machine that hasn't pulled it."""
    directory.mkdir()
    with running_registry(directory) as registry:
        name = f"{registry.address}/{PUBLISHED}:1.2.3"
        docker("tag", image, name)
        pushed = docker("push", name)
        assert pushed.returncode == 0, pushed.stderr
        registry.forget_images()
        yield registry


def documented(language: str, registry: Registry) -> list[str]:
    """Return the blocks of code of a language, with names of this machine's registry."""
    text = (ROOT / "docs/runners.md").read_text(encoding="utf-8")
    (section,) = re.findall(r"^## Offline runners\n((?:(?!## ).*\n)+)", text, re.MULTILINE)
    section = section.replace("ghcr.io/OWNER/sfjwt-action", f"{registry.address}/{PUBLISHED}")
    section = section.replace("registry.example/sfjwt-action", f"{registry.address}/{MIRROR}")
    return re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


def run(script: str, directory: Path, registry: Registry) -> None:
    command = ["env", f"HOME={registry.home}", "bash", "-eu", "-c", script]
    subprocess.run(command, cwd=directory, timeout=TIMEOUT, check=True)


def log_in(directory: Path, action: str, dockerfile: str, runner_image: str, org: LocalOrg) -> Job:
    """Run a workflow of a copy of this repository."""
    workspace = checkout(directory / "workspace")
    (workspace / "action.yml").write_text(action, encoding="utf-8")
    (workspace / "Dockerfile").write_text(dockerfile)
    (directory / "login.yml").write_text(WORKFLOW)
    commit(workspace)
    variables = ("--var", f"SF_USERNAME={org.environ['SFJWT_USERNAME']}", "--var", f"SF_LOGIN_URL={org.url}")
    return run_act(directory, workspace, directory / "login.yml", runner_image, *variables, secrets=secrets_of(org))


def assert_logged_in(job: Job, org: LocalOrg) -> None:
    assert job.exit_code == 0, job.log
    outputs = job.kept("outputs.json")
    assert outputs["instance-url"] == org.url
    assert_no_secret_in(job.log, org, str(outputs["access-token"]))


def test_an_action_runs_the_image_of_a_mirror(
    image: str, runner_image: str, local_org: LocalOrg, tmp_path: Path
) -> None:
    with publishing_registry(image, tmp_path / "registry") as registry:
        mirror, *_ = documented("sh", registry)
        run(mirror, tmp_path, registry)
        digest = registry.digests(PUBLISHED)["1.2.3"]
        assert registry.digests(MIRROR) == {"1.2.3": digest}
        name = f"{registry.address}/{PUBLISHED}@{digest}"
        released = run_image((ROOT / "action.yml").read_text(encoding="utf-8"), name)
        job = log_in(tmp_path, released.replace(PUBLISHED, MIRROR), "", runner_image, local_org)
    assert_logged_in(job, local_org)
    assert f"docker pull image={registry.address}/{MIRROR}@{digest}" in job.log


def test_an_action_runs_an_image_that_was_loaded_from_a_file(
    image: str, runner_image: str, local_org: LocalOrg, tmp_path: Path
) -> None:
    with publishing_registry(image, tmp_path / "registry") as registry:
        _, save, load = documented("sh", registry)
        run(save, tmp_path, registry)
    # The registry is gone, and the engine has forgotten the image. GitHub's runner would pull a `docker://` image even
    # now: actions/runner, ActionManager.PullActionContainerAsync.
    run(load, tmp_path, registry)
    (dockerfile,) = documented("dockerfile", registry)
    action = (ROOT / "action.yml").read_text(encoding="utf-8")
    job = log_in(tmp_path, action, dockerfile, runner_image, local_org)
    registry.forget_images()
    assert_logged_in(job, local_org)
