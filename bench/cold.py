"""Measures the cold step: what a job waits for until it is logged in, on a runner that has none of the tools.

The ways take turns, and each is compared with the pulled image of its own round, as in bench/run.py. Nothing crosses a
network, except what the Dockerfile's build gets of Debian and PyPI: a registry on this machine has the image, and pip
and npm have their packages in a folder. `--write` renews docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import uuid
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import page  # noqa: E402 -- beside this file
import requests  # noqa: E402
from container.engine import buildable, docker  # noqa: E402
from container.test_image import settings_of  # noqa: E402
from kms.web import free_port  # noqa: E402
from local_org import node_clients  # noqa: E402
from local_org.test_composite import INSTALL, LOGIN  # noqa: E402
from support import LocalOrg, records, running_local_org  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

BUILT, CONTAINER = "sfjwt-action:cold", "sfjwt-action-cold"
PULLED = "sfjwt-action, the image pulled"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
START_SECONDS = 20


@dataclass(frozen=True)
class Step:
    """What a job waits for, in seconds: the tool, its container's start and end, and the login. What it fetches."""

    get: float
    start: float
    log_in: float
    fetched: int = 0

    @property
    def seconds(self) -> float:
        """All of the time."""
        return self.get + self.start + self.log_in


def main() -> None:
    """Measure, and print or write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="renew docs/benchmarks.md")
    options = parser.parse_args()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name in ("org", "registry"):
            (directory / name).mkdir()
        org = stack.enter_context(running_local_org(directory / "org"))
        registry = stack.enter_context(_running_registry(directory / "registry"))
        wheels, packages = _wheels(directory), _npm_packages(directory)
        rounds = []
        for number in range(options.rounds):
            print(f"Round {number + 1}...", file=sys.stderr)
            rounds.append(_round(org, registry, wheels, packages))
    result = _result(rounds)
    print(result)
    if options.write:
        page.renew("bench/cold.py", result)


def _round(org: LocalOrg, registry: str, wheels: Path, packages: Path) -> dict[str, Step]:
    image = f"{registry}/sfjwt-action:cold"
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        built = _built(org, image, directory)
        pulled = _pulled(org, image)
        composite = _composite(org, wheels, directory)
        cli, installed_cli = _sf_cli(org, packages, directory)
    return {
        PULLED: pulled,
        "sfjwt-action, the composite action": composite,
        "sfjwt-action, built from the Dockerfile": built,
        "sf CLI, from npm": cli,
        "sf CLI, already installed": installed_cli,
    }


def _built(org: LocalOrg, image: str, directory: Path) -> Step:
    """Build our image as for a commit that is no release, log in, and leave it in the registry alone."""
    dockerfile = buildable((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    get, said = _timed(["docker", "build", "--no-cache", f"--tag={BUILT}", "--file=-", str(ROOT)], stdin=dockerfile)
    start, log_in = _in_container(BUILT, org)
    archive = directory / "image.tar"
    _timed(["docker", "save", f"--output={archive}", BUILT])
    # With an engine that has no BuildKit, the first stage stays behind without a name.
    stage = re.findall(r" ---> (\w+)\nStep \d+/\d+ : FROM scratch", said)
    _timed(["docker", "image", "rm", BUILT, *stage])
    _timed(["docker", "load", f"--input={_with_other_layers(archive, image)}"])
    _timed(["docker", "push", image])
    _timed(["docker", "image", "rm", image])
    megabytes = re.findall(r"Fetched ([\d.]+) MB in|Downloading \S+ \(([\d.]+) MB\)", said)
    return Step(get, start, log_in, round(sum(float(apt or pip) for apt, pip in megabytes) * 1e6))


def _with_other_layers(saved: Path, image: str) -> Path:
    """Add an entry to every layer of a saved image, so that no other image of the engine has the same layers."""
    made = saved.with_name("other-layers.tar")
    entry = tarfile.TarInfo(f"cold-{uuid.uuid4()}").tobuf()
    with tarfile.open(saved) as old, tarfile.open(made, "w") as new:
        (manifest,) = json.loads(_content(old, "manifest.json"))
        layers = [entry + _content(old, name) for name in manifest["Layers"]]
        config = json.loads(_content(old, manifest["Config"]))
        config["rootfs"]["diff_ids"] = [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]
        names = [f"{number}.tar" for number in range(len(layers))]
        described = [{"Config": "config.json", "RepoTags": [image], "Layers": names}]
        contents = dict(zip(names, layers, strict=True))
        contents |= {"config.json": json.dumps(config).encode(), "manifest.json": json.dumps(described).encode()}
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            new.addfile(member, io.BytesIO(content))
    return made


def _content(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    assert file
    return file.read()


def _pulled(org: LocalOrg, image: str) -> Step:
    """Log in as with a release, whose image is in a registry."""
    get, said = _timed(["docker", "pull", image])
    if "Already exists" in said:
        sys.exit("The engine has layers of the image from somewhere else, so its pull can't be measured.")
    start, log_in = _in_container(image, org)
    _timed(["docker", "image", "rm", image])
    return Step(get, start, log_in, _layers_size(image))


def _in_container(image: str, org: LocalOrg) -> tuple[float, float]:
    """Return the seconds that the engine took to start and remove a container, and those of the login in it."""
    since = time.time()
    run = ["docker", "run", "--rm", f"--name={CONTAINER}", "--network=host", *settings_of(org), image]
    seconds, _ = _timed(run)
    filters = [f"--filter={each}" for each in (f"container={CONTAINER}", "event=start", "event=die")]
    period = [f"--since={since:.9f}", f"--until={time.time():.9f}"]
    started, ended = docker("events", *period, *filters, "--format={{.TimeNano}}").stdout.split()
    log_in = (int(ended) - int(started)) / 1e9
    return seconds - log_in, log_in


def _composite(org: LocalOrg, wheels: Path, directory: Path) -> Step:
    """Run the steps of composite/action.yml, with Python already on the runner."""
    output = directory / "output"
    contents = {
        f"INPUT_{name}": Path(org.environ[f"SFJWT_{name}_FILE"]).read_text(encoding="utf-8")
        for name in ("PRIVATE_KEY", "CA_CERTIFICATES")
    }
    inputs = {f"INPUT_{name}": org.environ[f"SFJWT_{name}"] for name in ("CONSUMER_KEY", "USERNAME", "LOGIN_URL")}
    environ = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTION_PATH": str(ROOT / "composite"),
        "GITHUB_OUTPUT": str(output),
        "RUNNER_TEMP": str(directory),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
    }
    bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]
    get, _ = _timed([*bash, INSTALL["run"]], environ)
    python = output.read_text(encoding="utf-8").strip().removeprefix("python=")
    output.unlink()
    log_in, _ = _timed([*bash, LOGIN["run"]], environ | contents | inputs | {"PYTHON": python})
    assert records(output.read_text(encoding="utf-8"))["instance-url"] == org.url
    return Step(get, 0, log_in, sum(wheel.stat().st_size for wheel in wheels.iterdir()))


def _sf_cli(org: LocalOrg, packages: Path, directory: Path) -> tuple[Step, Step]:
    """Log in with the sf CLI that npm has just installed, and once more."""
    get, _ = _timed(_npm_install(directory / "cli", packages), _with_node(os.environ))
    login = [
        *(str(directory / "cli" / "bin" / "sf"), "org", "login", "jwt"),
        *("--username", org.environ["SFJWT_USERNAME"], "--instance-url", org.url),
        *("--client-id", org.environ["SFJWT_CONSUMER_KEY"], "--jwt-key-file", org.environ["SFJWT_PRIVATE_KEY_FILE"]),
    ]
    environ = _with_node(node_clients.environ(org, directory))
    first, second = (_timed(login, environ)[0] for _ in range(2))
    fetched = sum(file.stat().st_size for file in (packages / "_cacache" / "content-v2").rglob("*") if file.is_file())
    return Step(get, 0, first, fetched), Step(0, 0, second)


def _with_node(environ: Mapping[str, str]) -> dict[str, str]:
    return {**environ, "PATH": f"{node_clients.NODE.parent}{os.pathsep}{environ['PATH']}"}


def _npm_install(prefix: Path, packages: Path) -> list[str]:
    locked = json.loads((node_clients.FOLDER / "package.json").read_text(encoding="utf-8"))["dependencies"]
    flags = ("--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", f"--cache={packages}")
    return ["npm", "install", "--global", f"--prefix={prefix}", *flags, f"@salesforce/cli@{locked['@salesforce/cli']}"]


def _npm_packages(directory: Path) -> Path:
    """Fill a cache for npm."""
    node_clients.install()
    packages = directory / "npm"
    _timed(_npm_install(directory / "cli", packages), _with_node(os.environ))
    shutil.rmtree(directory / "cli")
    return packages


def _wheels(directory: Path) -> Path:
    wheels = directory / "wheels"
    flags = ("--no-deps", "--only-binary=:all:", "--require-hashes", f"--requirement={ROOT / 'requirements.lock'}")
    _timed([sys.executable, "-m", "pip", "download", f"--dest={wheels}", *flags])
    return wheels


@contextmanager
def _running_registry(directory: Path) -> Iterator[str]:
    """Start Debian's docker-registry, and return its name."""
    registry = f"127.0.0.1:{free_port()}"
    config = directory / "config.yml"
    storage = f"{{filesystem: {{rootdirectory: {directory}}}}}"
    config.write_text(f"version: 0.1\nstorage: {storage}\nhttp: {{addr: {registry}}}\n")
    command = ["docker-registry", "serve", str(config)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _await_start(registry)
            yield registry
        finally:
            process.terminate()


def _await_start(registry: str) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with suppress(requests.ConnectionError):
            return _get(f"http://{registry}/v2/").raise_for_status()
        time.sleep(0.1)
    sys.exit("docker-registry doesn't answer.")


def _layers_size(image: str) -> int:
    registry, _, name = image.partition("/")
    repository, _, tag = name.partition(":")
    manifest = _get(f"http://{registry}/v2/{repository}/manifests/{tag}").json()
    return sum(layer["size"] for layer in manifest["layers"])


def _get(url: str) -> requests.Response:
    with requests.Session() as http:
        http.trust_env = False
        return http.get(url, headers={"Accept": MANIFEST}, timeout=START_SECONDS)


def _timed(command: Sequence[str], environ: Mapping[str, str] | None = None, stdin: str = "") -> tuple[float, str]:
    """Run a command, which must succeed, and return its seconds and what it printed."""
    start = time.perf_counter()
    done = subprocess.run(
        command, env=environ, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{done.stdout}\n{command[0]} failed with exit code {done.returncode}.")
    return seconds, done.stdout


def _result(rounds: Sequence[Mapping[str, Step]]) -> str:
    lines = [
        f"Medians of {len(rounds)} rounds on {os.cpu_count()} processors.",
        "",
        "| first login of a job by | get, s | start, s | log in, s | together, s | times the pull | MB fetched |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name in rounds[0]:
        steps = [each[name] for each in rounds]
        times = statistics.median(each[name].seconds / each[PULLED].seconds for each in rounds)
        seconds = (statistics.median(values) for values in zip(*map(_columns, steps), strict=True))
        row = [name, *(f"{value:.2f}" if value else "" for value in seconds), f"{times:.2f}"]
        fetched = statistics.median(step.fetched for step in steps)
        lines.append(f"| {' | '.join(row)} | {f'{fetched / 1e6:.0f}' if fetched else ''} |")
    return "\n".join(lines) + "\n"


def _columns(step: Step) -> tuple[float, ...]:
    return step.get, step.start, step.log_in, step.seconds


if __name__ == "__main__":
    main()
