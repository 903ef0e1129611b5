"""The steps of a release that can be tested without a release."""

import os
import re
import shutil
import subprocess
from difflib import ndiff
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from release import NotReleasable, is_newest, main, problem, run_image

ROOT = Path(__file__).parents[2]
IMAGE = f"ghcr.io/acme/sfjwt-action@sha256:{'0a' * 32}"
PACKAGE, CHANGELOG = '__version__ = "1.2.3"\n', "## [1.2.3] - 2026-11-24\n"


def test_the_release_runs_an_image_by_its_digest_and_is_the_same_otherwise() -> None:
    action = (ROOT / "action.yml").read_text(encoding="utf-8")
    released = run_image(action, IMAGE)
    changed = [line for line in ndiff(action.splitlines(), released.splitlines()) if line[0] in "+-"]
    assert changed == ["-   image: Dockerfile", f"+   image: docker://{IMAGE}"]
    assert yaml.safe_load(released)["runs"]["image"] == f"docker://{IMAGE}"


@pytest.mark.parametrize("image", ["ghcr.io/acme/sfjwt-action:1.2.3", "sfjwt-action", IMAGE[:-1], f"{IMAGE}\nx: y"])
def test_an_image_without_its_digest_is_not_released(image: str) -> None:
    with pytest.raises(NotReleasable, match="isn't an image with its digest"):
        run_image((ROOT / "action.yml").read_text(encoding="utf-8"), image)


def test_a_commit_is_released_once() -> None:
    released = run_image((ROOT / "action.yml").read_text(encoding="utf-8"), IMAGE)
    with pytest.raises(NotReleasable, match="a release already"):
        run_image(released, IMAGE)


@pytest.mark.parametrize(
    ("version", "package", "changelog", "wrong"),
    [
        ("1.2.3", PACKAGE, CHANGELOG, ""),
        ("1.2", PACKAGE, CHANGELOG, "isn't a version"),
        ("1.2.4", PACKAGE, CHANGELOG, "another version than 1.2.4"),
        ("1.2.3", PACKAGE, "## [1.2.3] - unreleased\n", "CHANGELOG.md has no section"),
    ],
)
def test_version_package_and_changelog_agree(version: str, package: str, changelog: str, wrong: str) -> None:
    said = problem(version, package, changelog)
    assert wrong in said
    assert bool(said) == bool(wrong)


@pytest.mark.parametrize(
    ("version", "newest"),
    [("1.0.1", False), ("1.2.0", True), ("1.2.1", True), ("1.10.0", True), ("2.0.0", True), ("0.9.9", True)],
)
def test_an_older_patch_does_not_move_the_major_tag(version: str, *, newest: bool) -> None:
    tags = ["v1", "v1.0.0", "v1.2.0", "release/1.9.0", "v1.x"]
    assert is_newest(version, tags) == newest


def test_a_refusal_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    before = (ROOT / "action.yml").read_bytes()
    assert "another version than 9.9.9" in str(main(["check", "9.9.9", "HEAD"]))
    assert (ROOT / "action.yml").read_bytes() == before


def git(*arguments: str) -> str:
    return subprocess.run(("git", *arguments), stdout=subprocess.PIPE, text=True, check=True).stdout


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of an empty repository, with the action in its first commit. It is the working directory."""
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.setenv(name, "Maintainer")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.chdir(tmp_path)
    git("init", "--quiet", "--bare", "origin.git")
    git("init", "--quiet", "clone")
    monkeypatch.chdir("clone")
    git("remote", "add", "origin", str(tmp_path / "origin.git"))
    shutil.copy(ROOT / "action.yml", "action.yml")
    Path("CHANGELOG.md").write_text(CHANGELOG)
    git("add", "--all")
    git("commit", "--quiet", "--message=Version 1.2.3")
    return tmp_path / "clone"


def release_without_image() -> None:
    """Release a version that isn't the newest, so that no image's tag has to move."""
    git("tag", "v1.9.0")
    assert main(["tag", "1.2.3", IMAGE]) == 0


@pytest.mark.usefixtures("clone")
def test_a_release_commits_nothing_but_the_image() -> None:
    Path("CHANGELOG.md").write_text("not committed yet")
    Path("new").write_text("")
    git("add", "new")
    release_without_image()
    assert git("diff", "--name-only", "v1.2.3^", "v1.2.3").split() == ["action.yml"]


@pytest.mark.usefixtures("clone")
def test_a_released_version_keeps_its_image() -> None:
    release_without_image()
    commit = git("rev-parse", "v1.2.3")
    another = IMAGE.replace("0a", "0b")
    assert "v1.2.3 was released with another image" in str(main(["tag", "1.2.3", another]))
    assert main(["tag", "1.2.3", IMAGE]) == 0
    assert git("ls-remote", "origin").split() == [commit.strip(), "refs/tags/v1.2.3"]


@pytest.mark.usefixtures("clone")
def test_a_tag_that_no_release_made_is_no_release() -> None:
    git("tag", "v1.2.3")
    for arguments in (
        ["image", "1.2.3", "registry/image", "https://acme.example", "linux/amd64"],
        ["tag", "1.2.3", IMAGE],
    ):
        assert "its action.yml runs no image" in str(main(arguments))


def test_actions_are_pinned_by_commit_with_their_version() -> None:
    for workflow in (ROOT / ".github" / "workflows").glob("*.yml"):
        uses = re.findall(r"^ *(?:- )?uses: (?!\./|OWNER/)(.+)$", workflow.read_text(encoding="utf-8"), re.MULTILINE)
        assert [line for line in uses if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


def test_base_image_is_pinned_by_digest() -> None:
    bases = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert [base for base in bases if not re.fullmatch(r"scratch|\S+@sha256:[0-9a-f]{64}", base)] == []


def release_jobs() -> dict[str, Any]:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8"))
    return cast("dict[str, Any]", workflow["jobs"])


def test_jobs_with_write_permission_install_nothing() -> None:
    install = re.compile(r"\b(make|pip|npm|apt-get)\b")
    installs = {
        name: any(install.search(step.get("run", "")) for step in job["steps"]) for name, job in release_jobs().items()
    }
    writes = {name: "write" in job["permissions"].values() for name, job in release_jobs().items()}
    assert installs == {"image": False, "bill": True, "sign": False, "release": False}
    assert writes == {"image": True, "bill": False, "sign": True, "release": True}


def test_a_release_uses_no_cache() -> None:
    """Any job of the default branch can write to a cache."""
    steps = [step for job in release_jobs().values() for step in job["steps"]]
    settings = {step["uses"].partition("@")[0]: step.get("with", {}) for step in steps if "uses" in step}
    assert settings["docker/setup-qemu-action"]["cache-image"] is False
    assert settings["docker/setup-buildx-action"]["cache-binary"] is False
    assert "cache" not in settings["actions/setup-python"]
    assert "actions/cache" not in settings
