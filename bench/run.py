"""Measures a login to the local org: ours, in the image's file system, against other ways to log in.

The ways take turns, and each is compared with the floor of its own round: what else the machine does meanwhile comes to
the same for all. `--write` renews docs/benchmarks.md and its plot.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import page  # noqa: E402 -- beside this file
import plot  # noqa: E402 -- likewise
from container.engine import build, compressed_size, docker  # noqa: E402
from kms.openbao import ROOT_TOKEN, running_openbao  # noqa: E402
from local_org import node_clients  # noqa: E402
from local_org.connect_proxy import running_connect_proxy  # noqa: E402
from support import LocalOrg, running_local_org  # noqa: E402
from unit.onboarding.command import FLAGS  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BENCH = ROOT / "bench"
IMAGE = "sfjwt-action:bench"
FLOOR, OURS = "openssl and curl, the floor", "sfjwt-action"
OURS_WITH_KMS = "sfjwt-action, with a key in OpenBao"
IMPORTS = "no login: `import requests, jwt` in sfjwt-action's Python"
PLAIN = "a script of PyJWT and requests"
SIMPLE_SALESFORCE, SF_CLI = "simple-salesforce", "sf CLI, `org login jwt`"
CONTAINER, EMPTY = "`docker run` of sfjwt-action", "`docker run` of nothing: `true` in the same image"


class Probe:
    """bench/probe.py, running: on this machine, or in a container."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def measure(self, argv: Sequence[str], environ: Mapping[str, str]) -> Run:
        """Run a command, which must succeed."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([argv, environ]) + "\n")
        self._process.stdin.flush()
        exit_code, seconds, cpu, memory = json.loads(self._process.stdout.readline())
        if exit_code != 0:
            sys.exit(f"{argv[0]} failed with exit code {exit_code}.")
        return Run(seconds, cpu, memory)

    def close(self) -> None:
        """Let it end."""
        self._process.communicate()


@dataclass(frozen=True)
class Run:
    """What one run took: seconds, seconds of processor time, and bytes at its peak."""

    seconds: float
    cpu: float
    memory: int


@dataclass
class Way:
    """A way to log in, and its runs, one a round."""

    name: str
    probe: Probe
    argv: Sequence[str]
    environ: Mapping[str, str]
    runs: list[Run] = field(default_factory=list)

    def run(self) -> None:
        """Log in twice, and count the second: the first pays for what another way left in the processor's caches."""
        self.probe.measure(self.argv, self.environ)
        self.runs.append(self.probe.measure(self.argv, self.environ))

    @property
    def seconds(self) -> float:
        """The median of its runs."""
        return statistics.median(run.seconds for run in self.runs)

    def times(self, other: Way) -> float:
        """How many times as long it takes as another: the median of the rounds."""
        pairs = zip(self.runs, other.runs, strict=True)
        return statistics.median(ours.seconds / theirs.seconds for ours, theirs in pairs)

    def row(self, floor: Way) -> str:
        """Its row of the table."""
        cpu = statistics.median(run.cpu for run in self.runs)
        memory = max(run.memory for run in self.runs)
        milliseconds = f"{self.seconds * 1e3:.0f} | {self.times(floor):.2f} | {cpu * 1e3:.0f}"
        return f"| {self.name} | {milliseconds} | {memory / 1e6:.0f} |"


def main() -> None:
    """Measure, and print or write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--write", action="store_true", help="renew docs/benchmarks.md and its plot")
    options = parser.parse_args()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (directory / "org").mkdir()
        key = _key_in_openbao(directory, stack)
        certificate = str(directory / "org" / "login" / "server.crt")
        org = stack.enter_context(running_local_org(directory / "org", flags=("--certificate", certificate)))
        ways = _processes(org, key, directory, stack)
        _take_turns(ways, options.rounds)
        containers = _containers(org, stack)
        _take_turns(containers, options.rounds)
    result = _result(ways, containers, options.rounds)
    print(result)
    if options.write:
        page.renew("make bench", result)
        logins = (way for way in ways if way.name != IMPORTS)
        bars = [(way.name.replace("`", ""), way.seconds, way.times(ways[0])) for way in logins]
        chart = plot.bars("A login, in milliseconds", bars, ours=OURS)
        page.DOCUMENT.with_suffix(".svg").write_text(chart, encoding="utf-8")


def _take_turns(ways: Sequence[Way], rounds: int) -> None:
    for _ in range(rounds):
        for way in ways:
            way.run()


def _key_in_openbao(directory: Path, stack: ExitStack) -> dict[str, str]:
    """Start OpenBao, and return the variables that sign with its key, whose certificate is in the org's directory."""
    (directory / "openbao").mkdir()
    openbao = stack.enter_context(running_openbao(directory / "openbao"))
    openbao.make_key("ci")
    ca_file = directory / "org" / "openbao-ca.pem"
    shutil.copy(openbao.ca_file, ca_file)
    key = {
        "BAO_ADDR": openbao.url,
        "BAO_TOKEN": ROOT_TOKEN,
        "BAO_CACERT": str(ca_file),
        "SFJWT_KMS_KEY": "openbao://ci",
    }
    init = [sys.executable, "-m", "sfjwt_action", "init", "--yes", "--out", str(directory / "org" / "login")]
    subprocess.run(
        [*init, *FLAGS, "--kms-key", key["SFJWT_KMS_KEY"]], env=os.environ | key, check=True, stdout=subprocess.DEVNULL
    )
    return key


def _processes(org: LocalOrg, key: Mapping[str, str], directory: Path, stack: ExitStack) -> list[Way]:
    here = _probe(stack, [sys.executable, "-IS", str(BENCH / "probe.py")])
    environ = {"PATH": os.environ["PATH"], **org.environ}
    ways = [Way(FLOOR, here, ["sh", str(BENCH / "floor.sh")], environ)]
    if _has_engine():
        build(IMAGE, ROOT)
        mounts = (f"--volume={BENCH}:/bench:ro", f"--volume={org.directory}:{org.directory}:ro")
        flags = ("--rm", "--interactive", "--network=host", "--entrypoint=python3", *mounts)
        in_image = _probe(stack, ["docker", "run", *flags, IMAGE, "-IS", "/bench/probe.py"])
        of_image = dict(
            line.split("=", 1)
            for line in json.loads(docker("image", "inspect", "--format={{json .Config.Env}}", IMAGE).stdout)
        )
        ours = {**of_image, **org.environ, "GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": "/tmp/output"}  # noqa: S108
        command, probe, python = ["/sfjwt/entrypoint.py"], in_image, "python3"
    else:
        print("No Docker engine found, so sfjwt-action runs in this Python, not in the image.", file=sys.stderr)
        ours = {**environ, "GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(directory / "output")}
        command, probe, python = [sys.executable, str(ROOT / "entrypoint.py")], here, sys.executable
    without_key = {name: value for name, value in ours.items() if name != "SFJWT_PRIVATE_KEY_FILE"}
    ways += [Way(OURS, probe, command, ours), Way(OURS_WITH_KMS, probe, command, {**without_key, **key})]
    ways.append(Way(IMPORTS, probe, [python, "-c", "import requests, jwt"], ours))
    ways.append(Way(PLAIN, here, [sys.executable, str(BENCH / "plain_login.py")], environ))
    proxy = stack.enter_context(running_connect_proxy(org.port))
    trust = {"REQUESTS_CA_BUNDLE": org.environ["SFJWT_CA_CERTIFICATES_FILE"], "HTTPS_PROXY": proxy.url}
    login = [sys.executable, str(BENCH / "simple_salesforce_login.py")]
    ways.append(Way(SIMPLE_SALESFORCE, here, login, {**environ, **trust}))
    if shutil.which("npm"):
        node_clients.install()
        ways.append(Way(SF_CLI, here, _sf_login(org), node_clients.environ(org, directory)))
    else:
        print("No npm found, so the sf CLI is skipped.", file=sys.stderr)
    return ways


def _containers(org: LocalOrg, stack: ExitStack) -> list[Way]:
    if not _has_engine():
        return []
    here = _probe(stack, [sys.executable, "-IS", str(BENCH / "probe.py")])
    environ = dict(os.environ)
    settings = (f"--env={name}={value}" for name, value in org.environ.items())
    run = ("docker", "run", "--rm", "--network=host", f"--volume={org.directory}:{org.directory}:ro", *settings)
    return [
        Way(EMPTY, here, [*run, "--entrypoint=true", IMAGE], environ),
        Way(CONTAINER, here, [*run, IMAGE], environ),
    ]


def _probe(stack: ExitStack, command: Sequence[str]) -> Probe:
    probe = Probe(command)
    stack.callback(probe.close)
    return probe


def _has_engine() -> bool:
    return shutil.which("docker") is not None and docker("info").returncode == 0


def _sf_login(org: LocalOrg) -> list[str]:
    return [
        *(str(node_clients.NODE), str(node_clients.SF), "org", "login", "jwt"),
        *("--username", org.environ["SFJWT_USERNAME"], "--instance-url", org.url),
        *("--client-id", org.environ["SFJWT_CONSUMER_KEY"], "--jwt-key-file", org.environ["SFJWT_PRIVATE_KEY_FILE"]),
    ]


def _result(ways: Sequence[Way], containers: Sequence[Way], rounds: int) -> str:
    floor = ways[0]
    lines = [
        f"Medians of {rounds} rounds on {os.cpu_count()} processors; memory is the largest of any run.",
        "",
        "| a login by | ms | times the floor | processor ms | peak MB |",
        "|---|---:|---:|---:|---:|",
        *(way.row(floor) for way in ways),
    ]
    if containers:
        empty, ours = containers
        lines += [
            "",
            "| container | ms | times the empty one |",
            "|---|---:|---:|",
            *(f"| {way.name} | {way.seconds * 1e3:.0f} | {way.times(empty):.2f} |" for way in (empty, ours)),
        ]
    return "\n".join([*lines, *_sizes()]) + "\n"


def _sizes() -> list[str]:
    if not _has_engine():
        return []
    on_disk = int(docker("image", "inspect", "--format={{.Size}}", IMAGE).stdout)
    compressed = compressed_size(IMAGE)
    return [
        "",
        "| size | MB on disk | MB compressed |",
        "|---|---:|---:|",
        f"| sfjwt-action's image | {on_disk / 1e6:.0f} | {compressed / 1e6:.0f} |",
    ]


if __name__ == "__main__":
    main()
