"""A registry of images on this machine, by Debian's docker-registry."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from container.engine import docker
from support import STOP_SECONDS, unavailable

MANIFESTS = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in (
        *("docker.distribution.manifest.v2", "docker.distribution.manifest.list.v2"),
        *("oci.image.manifest.v1", "oci.image.index.v1"),
    )
)


@dataclass(frozen=True)
class Registry:
    """A registry that runs as a process of its own.

    With `home` as their home directory, skopeo and Podman know that it has no TLS. Docker knows that of every registry
    on the loopback interface.
    """

    address: str
    home: Path
    log: Path

    def digests(self, repository: str) -> dict[str, str]:
        """Return what each tag names."""
        listed = self.get(f"{repository}/tags/list")
        tags = listed.json()["tags"] if listed.ok else []
        return {tag: self.get(f"{repository}/manifests/{tag}").headers["Docker-Content-Digest"] for tag in tags}

    def get(self, path: str) -> requests.Response:
        with requests.Session() as http:
            http.trust_env = False
            return http.get(f"http://{self.address}/v2/{path}", headers={"Accept": MANIFESTS}, timeout=STOP_SECONDS)

    def forget_images(self) -> None:
        """Remove what the engine has of this registry, as if another machine had built or pulled it."""
        listed = docker("image", "ls", "--digests", "--format={{json .}}", "--filter", f"reference={self.address}/*/*")
        images = [json.loads(line) for line in listed.stdout.splitlines()]
        tags = [f"{image['Repository']}:{image['Tag']}" for image in images if image["Tag"] != "<none>"]
        digests = [f"{image['Repository']}@{image['Digest']}" for image in images if image["Tag"] == "<none>"]
        if images:
            docker("image", "rm", "--force", "--no-prune", *tags, *digests)


@contextmanager
def running_registry(directory: Path) -> Iterator[Registry]:
    if shutil.which("docker-registry") is None:
        unavailable("docker-registry is not installed")
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    settings = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(directory / "images")}},
        "http": {"addr": address},
    }
    (directory / "config.yml").write_text(json.dumps(settings))  # JSON is YAML
    containers = directory / "home" / ".config" / "containers"
    containers.mkdir(parents=True)
    (containers / "registries.conf").write_text(f'[[registry]]\nlocation = "{address}"\ninsecure = true\n')
    registry = Registry(address, directory / "home", directory / "log")
    command = ["docker-registry", "serve", str(directory / "config.yml")]
    with registry.log.open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            _wait_for(registry)
            yield registry
        finally:
            registry.forget_images()
            process.terminate()


def _wait_for(registry: Registry) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while True:
        try:
            registry.get("")
        except requests.ConnectionError:
            assert time.monotonic() < deadline, registry.log.read_text()
            time.sleep(0.1)
        else:
            return
