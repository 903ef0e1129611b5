#!/usr/bin/env python3
"""Prepare a release.

`tools/release.py VERSION IMAGE` makes action.yml run an image by its digest, instead of building one in every job.
`git tag | tools/release.py --is-newest VERSION` succeeds if `vN` may move to the version: a patch of an older release
must not move it back.
"""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_IMAGE = re.compile(r"[a-z0-9.-]+(/[a-z0-9._-]+)+@sha256:[0-9a-f]{64}")
_BUILT_IN_THE_JOB = "\n  image: Dockerfile\n"


def main(arguments: list[str]) -> int | str:
    """Rewrite action.yml, if the tree says that it is this version.

    Args:
        arguments: The version, such as `1.2.3`, and the image with its digest.

    Returns:
        What `sys.exit` takes: 0, or what is wrong.
    """
    if len(arguments) != 2:  # noqa: PLR2004 -- as the usage says
        return __doc__
    if arguments[0] == "--is-newest":
        return 0 if is_newest(arguments[1], sys.stdin.read().split()) else 1
    version, image = arguments
    action = ROOT / "action.yml"
    package = (ROOT / "sfjwt_action" / "__init__.py").read_text(encoding="utf-8")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    if wrong := problem(version, package, changelog):
        return wrong
    try:
        released = run_image(action.read_text(encoding="utf-8"), image)
    except ValueError as error:
        return str(error)
    action.write_text(released, encoding="utf-8")
    return 0


def problem(version: str, package: str, changelog: str) -> str:
    """Say why a version cannot be released; empty if it can.

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
        ValueError: The image is not named by its digest, or the action does not build one.
    """
    if not _IMAGE.fullmatch(image):
        raise ValueError(f"“{image}” isn't an image with its digest, such as registry/owner/name@sha256:….")
    if action.count(_BUILT_IN_THE_JOB) != 1:
        raise ValueError("action.yml doesn't have `image: Dockerfile`. Check that this commit isn't a release already.")
    return action.replace(_BUILT_IN_THE_JOB, f"\n  image: docker://{image}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
