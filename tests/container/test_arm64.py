"""The image for arm64, built from the same Dockerfile. On a machine of another architecture QEMU runs it all."""

import faulthandler
import re

import pytest
from container.engine import ROOT, build, compressed_size, docker
from container.test_image import MOST_BYTES, files_of, settings_of
from container.test_job_image import assert_logged_in
from support import LocalOrg, unavailable

pytestmark = pytest.mark.container

BASE_IMAGE = "arm64v8/debian:trixie-slim"
MACHINES = """
from pathlib import Path
heads = [file.open("rb").read(20) for file in Path("/usr").rglob("*") if file.is_file()]
print({int.from_bytes(head[18:], "little") for head in heads if head.startswith(b"\\x7fELF")})
"""
EM_AARCH64 = 183


@pytest.fixture(scope="module")
def arm64_image() -> str:
    if docker("image", "inspect", BASE_IMAGE).returncode != 0:
        pulled = docker("pull", "--platform=linux/arm64", BASE_IMAGE)
        if pulled.returncode != 0:
            unavailable(f"{BASE_IMAGE} cannot be pulled")
    if docker("run", "--rm", BASE_IMAGE, "true").returncode != 0:
        unavailable("this machine runs no programs for arm64")
    # An old engine takes an image that it imported for one of its own platform, and a build has to name the same.
    platform = docker("image", "inspect", "--format={{.Os}}/{{.Architecture}}", BASE_IMAGE).stdout.strip()
    dockerfile = re.sub(
        r"^FROM debian:\S+", f"FROM {BASE_IMAGE}", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE
    )
    # Under emulation, a build takes longer than a test may. It has a limit of its own.
    faulthandler.cancel_dump_traceback_later()
    return build("sfjwt-action:arm64", ROOT, f"--platform={platform}", dockerfile=dockerfile)


def test_all_its_programs_are_for_arm64(arm64_image: str) -> None:
    run = docker("run", "--rm", "--entrypoint=python3", arm64_image, "-IS", "-c", MACHINES)
    assert run.stdout == f"{{{EM_AARCH64}}}\n", run.stderr


def test_logs_in(arm64_image: str, local_org: LocalOrg) -> None:
    run = docker("run", "--rm", "--network=host", *settings_of(local_org), arm64_image, "login", "--export", "json")
    assert run.returncode == 0, run.stderr
    assert_logged_in(run.stdout, run.stderr, local_org)


def test_it_has_the_files_of_the_other_image(image: str, arm64_image: str) -> None:
    """All but the dynamic linker, which has another name and, for amd64, a folder of its own."""
    ours, others = (
        {re.sub(r"x86_64|aarch64", "ARCHITECTURE", name) for name in files_of(each)} for each in (arm64_image, image)
    )
    assert {name for name in ours ^ others if "/ld-linux-" not in name} <= {"/usr/lib64"}


def test_it_is_small(arm64_image: str) -> None:
    assert compressed_size(arm64_image) <= MOST_BYTES
