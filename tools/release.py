#!/usr/bin/env python3
"""Make a release, one step at a time. .github/workflows/release.yml and its rehearsal run these steps.

Each step can run again, and keeps what an earlier run published.
"""

import json
import re
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

_VERSION = re.compile(r"\d+\.\d+\.\d+")
_IMAGE = re.compile(r"[a-z0-9.-]+(:\d+)?(/[a-z0-9._-]+)+@sha256:[0-9a-f]{64}")
_BUILT_IN_THE_JOB = "\n  image: Dockerfile\n"
_RELEASED = re.compile(r"\n  image: docker://(\S+)\n")
_COMMITTER = (
    *("-c", "user.name=github-actions[bot]"),
    *("-c", "user.email=41898282+github-actions[bot]@users.noreply.github.com"),
)


class NotReleasable(Exception):
    """The commit, or its tree, can't be released as this version."""


def main(arguments: Sequence[str] | None = None) -> int | str:
    """Run one step of a release, in the checkout that is the working directory.

    Returns:
        What `sys.exit` accepts: 0, or what is wrong.
    """
    parser = ArgumentParser(description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    step = steps.add_parser("check", help="fail if HEAD can't be released as VERSION")
    step.add_argument("version")
    step.add_argument("branch", help="the branch that has to contain HEAD, such as origin/main")
    step = steps.add_parser("image", help="build and push the image, and print its name with its digest")
    step.add_argument("version")
    step.add_argument("name", help="registry and repository of the image")
    step.add_argument("source", help="URL of the source code")
    step.add_argument("platforms", help="such as linux/amd64,linux/arm64")
    step = steps.add_parser("tag", help="tag a commit whose action.yml runs the image, and move vN and N there")
    step.add_argument("version")
    step.add_argument("image")
    given = parser.parse_args(arguments)
    try:
        if given.step == "check":
            check(given.version, given.branch)
        elif given.step == "image":
            print(image(given.version, given.name, given.source, given.platforms))
        else:
            tag(given.version, given.image)
    except NotReleasable as error:
        return f"::error title=Not released::{error}"
    return 0


def check(version: str, branch: str) -> None:
    """Check that a branch contains HEAD, and that its tree is of this version.

    Raises:
        NotReleasable: It isn't, or another commit is released as this version.
    """
    if subprocess.run(["git", "merge-base", "--is-ancestor", "HEAD", branch], check=False).returncode:  # noqa: S607
        raise NotReleasable(f"HEAD isn't on {branch}. Tag a commit of it.")
    package = Path("sfjwt_action", "__init__.py").read_text(encoding="utf-8")
    changelog = Path("CHANGELOG.md").read_text(encoding="utf-8")
    if wrong := problem(version, package, changelog):
        raise NotReleasable(wrong)
    run_image(Path("action.yml").read_text(encoding="utf-8"), f"registry/image@sha256:{'0' * 64}")
    if _is_released(version) and _git("rev-parse", f"v{version}^") != _git("rev-parse", "HEAD"):
        raise NotReleasable(f"v{version} was released from another commit. Use a new version.")


def problem(version: str, package: str, changelog: str) -> str:
    """Say why a version can't be released; empty if it can.

    Args:
        version: Such as `1.2.3`.
        package: The source of sfjwt_action/__init__.py.
        changelog: The text of CHANGELOG.md.
    """
    if not _VERSION.fullmatch(version):
        return f"“{version}” isn't a version. Use one such as 1.2.3."
    if f'__version__ = "{version}"' not in package:
        return f"sfjwt_action/__init__.py has another version than {version}. Set __version__ there."
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE):
        return f"CHANGELOG.md has no section “## [{version}] - YYYY-MM-DD”. Add it, with the date of the release."
    return ""


def image(version: str, name: str, source: str, platforms: str) -> str:
    """Build and push the image, unless the version is released.

    Args:
        version: Such as `1.2.3`.
        name: Registry and repository, such as `ghcr.io/acme/sfjwt-action`.
        source: URL of the source code.
        platforms: One, which any engine can build, or several with commas, which only BuildKit can.

    Returns:
        The image's name and digest.
    """
    if _is_released(version):
        return _released_image(version)
    revision = _git("rev-parse", "HEAD").strip()
    tags = [f"{name}:{version}", f"{name}:sha-{revision}"]
    options = [
        *("--platform", platforms),
        *(f"--tag={tag}" for tag in tags),
        *("--label", f"org.opencontainers.image.revision={revision}"),
        *("--label", f"org.opencontainers.image.source={source}"),
    ]
    if "," in platforms:
        return f"{name}@{_build_with_buildkit(options)}"
    _run("docker", "build", *options, ".")
    for tag in tags:
        _run("docker", "push", tag)
    digests = json.loads(_read("docker", "image", "inspect", "--format={{json .RepoDigests}}", tags[0]))
    return next(str(digest) for digest in digests if digest.startswith(f"{name}@"))


def _build_with_buildkit(options: list[str]) -> str:
    with TemporaryDirectory() as directory:
        metadata = Path(directory, "metadata.json")
        options = [*options, "--no-cache", "--provenance=mode=max", "--push", "--metadata-file", str(metadata)]
        _run("docker", "buildx", "build", *options, ".")
        return str(json.loads(metadata.read_text(encoding="utf-8"))["containerimage.digest"])


def tag(version: str, image: str) -> None:
    """Push the tag of a commit in which action.yml runs the image.

    `vN` and the image's tag `N` move there too, unless a newer version is released.

    Args:
        version: Such as `1.2.3`.
        image: The image's name and digest.

    Raises:
        NotReleasable: The version is released with another image, as after a second run of another tag's workflow.
    """
    if _is_released(version):
        if image != _released_image(version):
            raise NotReleasable(f"v{version} was released with another image. Use a new version.")
    else:
        action = Path("action.yml")
        action.write_text(run_image(action.read_text(encoding="utf-8"), image), encoding="utf-8")
        _run("git", *_COMMITTER, "commit", "--message", f"Release {version}: run the image by its digest", str(action))
        _run("git", "tag", f"v{version}")
    tags = [f"refs/tags/v{version}"]
    major = version.partition(".")[0]
    moves = is_newest(version, _git("tag", "--list").split())
    if moves:
        _run("git", "tag", "--force", f"v{major}", f"v{version}")
        tags.append(f"+refs/tags/v{major}")
    _run("git", "push", "--atomic", "origin", *tags)
    if moves:
        # All platforms, byte for byte.
        copied = (f"docker://{image}", f"docker://{image.partition('@')[0]}:{major}")
        _run("skopeo", "copy", "--all", "--preserve-digests", *copied)


def is_newest(version: str, tags: Iterable[str]) -> bool:
    """Return whether no tag is of a newer version with the same major version.

    Args:
        version: Such as `1.2.3`.
        tags: Such as `v1.2.3`; others are ignored.
    """
    released = [_numbers(tag[1:]) for tag in tags if tag.startswith("v") and _VERSION.fullmatch(tag[1:])]
    return all(_numbers(version) >= other for other in released if other[0] == _numbers(version)[0])


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def run_image(action: str, image: str) -> str:
    """Have action.yml run an image, and return its text.

    Args:
        action: The text of action.yml.
        image: The image's name and digest.

    Raises:
        NotReleasable: The image isn't named by its digest, or the action doesn't build one.
    """
    if not _IMAGE.fullmatch(image):
        raise NotReleasable(f"“{image}” isn't an image with its digest, such as registry/owner/name@sha256:….")
    if action.count(_BUILT_IN_THE_JOB) != 1:
        raise NotReleasable("action.yml doesn't have `image: Dockerfile`. This commit may be a release already.")
    return action.replace(_BUILT_IN_THE_JOB, f"\n  image: docker://{image}\n")


def _is_released(version: str) -> bool:
    return f"v{version}" in _git("tag", "--list").split()


def _released_image(version: str) -> str:
    images = _RELEASED.findall(_git("show", f"v{version}:action.yml"))
    if not images:
        raise NotReleasable(
            f"v{version} exists, but its action.yml runs no image. Delete the tag, or use a new version."
        )
    return str(images[0])


def _git(*arguments: str) -> str:
    return _read("git", *arguments)


def _run(*command: str) -> None:
    """Run a command. What it prints goes to the log, since standard output is for the result."""
    print("+", *command, file=sys.stderr)
    subprocess.run(command, stdout=sys.stderr, check=True)


def _read(*command: str) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
