"""A rehearsed release, and its use under act. `make rehearse` shows the log."""

import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from container.engine import ROOT, assert_no_secret_in
from container.registry import running_registry
from container.rehearsal import IMAGE, REPOSITORY, Maintainer, Published, StepFailed
from container.test_act import Job, run_act, secrets_of
from container.test_deploy import deploy, tokens
from local_org.node_clients import install
from support import LocalOrg, unavailable

pytestmark = pytest.mark.container

LOGIN = """
        with:
          consumer-key: ${{ secrets.SF_CONSUMER_KEY }}
          private-key: ${{ secrets.SF_PRIVATE_KEY }}
          username: ${{ vars.SF_USERNAME }}
          login-url: ${{ vars.SF_LOGIN_URL }}
          ca-certificates: ${{ secrets.SF_CA_CERTIFICATES }}
"""
WORKFLOW = f"""
name: Log in
on: push
permissions: {{}}
jobs:
  login:
    runs-on: ubuntu-latest
    steps:
      - uses: {REPOSITORY}@COMMIT
        id: container{LOGIN}
      - uses: {REPOSITORY}/composite@COMMIT
        id: composite{LOGIN}
      - env:
          STEPS: ${{{{ toJSON(steps) }}}}
        run: echo "$STEPS" > steps.json
"""
SF_WORKFLOW = f"""
name: Authorize
on: push
permissions: {{}}
jobs:
  authorize:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/setup-node@53b83947a5a98c8d113130e565377fae1a50d02f
      - uses: {REPOSITORY}/sf@COMMIT{LOGIN.replace("${{ vars.SF_LOGIN_URL }}", "acme.my.salesforce.com")}
      - run: sf config list --json > config.json
"""


@dataclass(frozen=True)
class Rehearsal:
    """What was published after each release, and the bill of materials of the first."""

    maintainer: Maintainer
    commits: Mapping[str, str]
    first: Published
    again: Published
    older: Published
    refused: Published
    bill: str

    def tree(self, directory: Path, version: str) -> tuple[str, Path]:
        """Return the commit of a release, and a clone of it."""
        self.maintainer.clone(version, directory / "action")
        return self.first.refs[version], directory / "action"


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    if shutil.which("skopeo") is None:
        unavailable("skopeo is not installed")
    with running_registry(tmp_path_factory.mktemp("registry")) as registry:
        maintainer = Maintainer(tmp_path_factory.mktemp("release"), registry)
        commits = {version: maintainer.commit(version) for version in ("1.1.1", "1.2.0")}
        bill = (maintainer.release("1.2.0", commits["1.2.0"]) / "sbom.cdx.json").read_text()
        first = maintainer.published()
        maintainer.release("1.2.0", commits["1.2.0"])
        again = maintainer.published()
        maintainer.release("1.1.1", commits["1.1.1"])
        older = maintainer.published()
        refusable = {
            "1.2.0": maintainer.commit("1.2.0"),  # released from another commit
            "1.4.0": commits["1.2.0"],  # not of this version
            "1.3.0": maintainer.commit("1.3.0", "not-main"),
        }
        for version, commit in refusable.items():
            with pytest.raises(StepFailed, match="Check that the commit"):
                maintainer.release(version, commit)
        refused = maintainer.published()
        yield Rehearsal(maintainer, commits, first, again, older, refused, bill)


def test_the_tags_are_on_a_commit_that_runs_the_pushed_image(rehearsal: Rehearsal, tmp_path: Path) -> None:
    first, git = rehearsal.first, rehearsal.maintainer.git
    commit, tree = rehearsal.tree(tmp_path, "v1.2.0")
    assert first.refs == {"v1": commit, "v1.2.0": commit}
    assert git(tree, "rev-parse", f"{commit}^") == rehearsal.commits["1.2.0"]
    assert git(tree, "diff", "--name-only", f"{commit}^", commit) == "action.yml"
    (digest,) = set(first.digests.values())
    assert first.digests.keys() == {"1", "1.2.0", f"sha-{rehearsal.commits['1.2.0']}"}
    runs = yaml.safe_load((tree / "action.yml").read_text(encoding="utf-8"))["runs"]
    assert runs["image"] == f"docker://{rehearsal.maintainer.registry.address}/{IMAGE}@{digest}"


def test_the_image_says_what_it_was_built_from(rehearsal: Rehearsal) -> None:
    registry = rehearsal.maintainer.registry
    manifest = registry.get(f"{IMAGE}/manifests/1.2.0").json()
    labels = registry.get(f"{IMAGE}/blobs/{manifest['config']['digest']}").json()["config"]["Labels"]
    assert labels["org.opencontainers.image.revision"] == rehearsal.commits["1.2.0"]
    assert labels["org.opencontainers.image.source"] == f"https://github.com/{REPOSITORY}"


def test_the_bill_of_materials_comes_with_the_release(rehearsal: Rehearsal) -> None:
    assert '"pkg:pypi/sfjwt-action@1.2.0"' in rehearsal.bill


def test_a_second_run_changes_nothing(rehearsal: Rehearsal) -> None:
    assert rehearsal.again == rehearsal.first
    pushes = re.findall(rf'"PUT /v2/{IMAGE}/manifests/1\.2\.0 ', rehearsal.maintainer.registry.log.read_text())
    assert len(pushes) == 1


def test_a_patch_of_an_older_release_moves_nothing(rehearsal: Rehearsal) -> None:
    added = rehearsal.older.refs.keys() - rehearsal.first.refs.keys()
    pushed = rehearsal.older.digests.keys() - rehearsal.first.digests.keys()
    assert (added, pushed) == ({"v1.1.1"}, {"1.1.1", f"sha-{rehearsal.commits['1.1.1']}"})
    assert rehearsal.older.refs.items() > rehearsal.first.refs.items()
    assert rehearsal.older.digests.items() > rehearsal.first.digests.items()


def test_what_is_refused_publishes_nothing(rehearsal: Rehearsal) -> None:
    assert rehearsal.refused == rehearsal.older


def test_only_steps_that_need_github_are_left_out(rehearsal: Rehearsal) -> None:
    documented = (ROOT / "docs/releasing.md").read_text(encoding="utf-8")
    (section,) = re.findall(r"^## Rehearse a release\n((?:(?!## ).*\n)+)", documented, re.MULTILINE)
    assert set(re.findall(r"^\| `(.+?)` \|", section, re.MULTILINE)) == rehearsal.maintainer.left_out


@pytest.fixture(scope="module")
def job(rehearsal: Rehearsal, runner_image: str, local_org: LocalOrg, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A user's workflow, which names the tagged commit."""
    directory = tmp_path_factory.mktemp("job")
    commit, tree = rehearsal.tree(directory, "v1.2.0")
    workspace = directory / "workspace"
    rehearsal.maintainer.git(directory, "init", "--quiet", str(workspace))
    rehearsal.maintainer.git(workspace, "commit", "--quiet", "--allow-empty", "--message=A project")
    (workspace / "workflow.yml").write_text(WORKFLOW.replace("COMMIT", commit))
    rehearsal.maintainer.registry.forget_images()
    job = run_act(
        directory,
        workspace,
        workspace / "workflow.yml",
        runner_image,
        *("--local-repository", f"{REPOSITORY}@{commit}={tree}"),
        *("--var", f"SF_USERNAME={local_org.environ['SFJWT_USERNAME']}", "--var", f"SF_LOGIN_URL={local_org.url}"),
        secrets=secrets_of(local_org),
    )
    sys.stdout.write(job.log)
    return job


@pytest.mark.parametrize("step", ["container", "composite"])
def test_a_workflow_logs_in_with_the_tagged_commit(step: str, job: Job, local_org: LocalOrg) -> None:
    assert job.exit_code == 0, job.log
    outputs: Any = job.kept("steps.json")[step]
    assert outputs["outputs"]["instance-url"] == local_org.url
    assert_no_secret_in(job.log, local_org, outputs["outputs"]["access-token"])


def test_the_runner_pulls_the_image_by_its_digest_and_builds_none(job: Job, rehearsal: Rehearsal) -> None:
    digest = rehearsal.first.digests["1.2.0"]
    assert f"docker pull image={rehearsal.maintainer.registry.address}/{IMAGE}@{digest}" in job.log
    assert "docker build" not in job.log


@pytest.mark.node
def test_the_sf_cli_is_authorized_with_the_tagged_commit(
    rehearsal: Rehearsal, runner_image: str, local_org: LocalOrg, tmp_path: Path
) -> None:
    install()
    commit, tree = rehearsal.tree(tmp_path, "v1.2.0")
    job = deploy(
        *(tmp_path, runner_image, local_org, SF_WORKFLOW.replace("COMMIT", commit)),
        *("--local-repository", f"{REPOSITORY}@{commit}={tree}"),
    )
    assert job.exit_code == 0, job.log
    kept: Any = job.kept("config.json")
    assert [(item["name"], item["value"]) for item in kept["result"]] == [("target-org", "ci")]
    assert_no_secret_in(job.log, local_org, *tokens(job))
