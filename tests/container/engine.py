"""The Docker engine, and secrets that a log must not contain."""

import functools
import gzip
import re
import subprocess
from pathlib import Path

import requests
from support import LocalOrg, one_at_a_time

ROOT = Path(__file__).parents[2]
TIMEOUT = 900
BUILD_TIMEOUT = 1800  # under emulation, and beside other tests


def docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=TIMEOUT, check=False)


def build(tag: str, context: Path, *flags: str, dockerfile: str = "") -> str:
    """Build the context's Dockerfile, or another one."""
    with one_at_a_time(f"docker-build-{tag}"):
        built = subprocess.run(
            ["docker", "build", "--tag", tag, *flags, "--file", "-", str(context)],
            input=dockerfile or buildable((context / "Dockerfile").read_text()),
            capture_output=True,
            text=True,
            timeout=BUILD_TIMEOUT,
            check=False,
        )
    assert built.returncode == 0, built.stdout + built.stderr
    return tag


def compressed_size(image: str) -> int:
    saved = subprocess.run(["docker", "save", image], stdout=subprocess.PIPE, timeout=TIMEOUT, check=True).stdout
    return len(gzip.compress(saved, compresslevel=6))


def buildable(dockerfile: str) -> str:
    """If no registry has the base image with the Dockerfile's digest, use the image with the same tag."""
    for name, digest in re.findall(r"^FROM (\S+)(@sha256:\S+)", dockerfile, re.MULTILINE):
        if not _is_there(name + digest):
            dockerfile = dockerfile.replace(digest, "")
    return dockerfile


@functools.cache
def _is_there(image: str) -> bool:
    return docker("image", "inspect", image).returncode == 0 or docker("pull", image).returncode == 0


def assert_no_secret_in(log: str, org: LocalOrg, *tokens: str) -> None:
    key = Path(org.environ["SFJWT_PRIVATE_KEY_FILE"]).read_text()
    for secret in (*tokens, *key.splitlines()[1:-1]):
        assert secret not in log
    assert re.search(r"eyJ[\w-]+\.eyJ", log) is None, "an assertion"


def limits_status(org: LocalOrg, token: str) -> int:
    """Call the org with a token: 200 while it is valid, 401 afterwards."""
    with requests.Session() as http:
        http.trust_env = False
        http.verify = org.environ["SFJWT_CA_CERTIFICATES_FILE"]
        headers = {"Authorization": f"Bearer {token}"}
        return http.get(f"{org.url}/services/data/v66.0/limits", headers=headers).status_code
