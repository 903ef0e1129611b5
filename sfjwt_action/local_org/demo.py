"""`make demo`: one job on this machine. A step logs in to a local org, and a later step uses the token.

The step starts as on a runner: entrypoint.py in a separate process, with `INPUT_*`, `GITHUB_OUTPUT`, and nothing else
of this environment. The demo shows its log as a runner does.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ENTRYPOINT = Path(__file__).parents[2] / "entrypoint.py"
_ADD_MASK = "::add-mask::"


def demo() -> int:
    """Run the job, and show each stage with its time.

    Returns:
        The exit code of the stage that failed, or 0.
    """
    if not _ENTRYPOINT.exists():
        print("The demo needs entrypoint.py. Run `make demo` in a clone.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="sfjwt-demo-") as scratch, contextlib.ExitStack() as running:
        with _stage("Start a Salesforce org on this machine"):
            login = running.enter_context(_local_org(Path(scratch)))
            _show(f"{login['SFJWT_LOGIN_URL']}: its own CA, an app, a pre-authorized user, a key pair")
        return _Job(Path(scratch)).run(login)


class _Job:
    """A job of two steps, and the runner that shows its log.

    Args:
        scratch: A directory of the job's own.
    """

    def __init__(self, scratch: Path) -> None:
        self._output_file = scratch / "github_output"
        self._masks: list[str] = []

    def run(self, login: Mapping[str, str]) -> int:
        """Run both steps.

        Args:
            login: What the local org wrote into login.env.

        Returns:
            The exit code of the first step.
        """
        inputs = _inputs(login)
        with _stage("Sign an assertion"):
            self._show_lines(_run(inputs, "assertion", "--claims").stdout)
            _show("(without the signature, because anyone could log in with it)")
        with _stage("The step: uses: OWNER/sfjwt-action@v1"):
            self._output_file.touch()
            step = _run({**inputs, "GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(self._output_file)})
            self._show_lines(step.stdout + step.stderr)
        if step.returncode != 0:
            return step.returncode
        outputs = _read_outputs(self._output_file.read_text(encoding="utf-8"))
        with _stage("Its outputs, as the runner shows them"):
            self._show_lines("\n".join(f"{name:13} {value}" for name, value in outputs.items()))
        with _stage("A later step calls the org with them"):
            self._show_lines("\n".join(_call_the_org(outputs, login["SFJWT_CA_CERTIFICATES_FILE"])))
        return 0

    def _show_lines(self, log: str) -> None:
        """Show a log as a runner does: masks take effect from the next line on, and are not shown."""
        for line in log.splitlines():
            if line.startswith(_ADD_MASK):
                self._masks.append(line.removeprefix(_ADD_MASK))
            elif not line.startswith("::debug::"):
                _show(self._masked(line))

    def _masked(self, line: str) -> str:
        for secret in sorted(self._masks, key=len, reverse=True):
            line = line.replace(secret, "***")
        return line


@contextlib.contextmanager
def _local_org(scratch: Path) -> Iterator[dict[str, str]]:
    """Run a local org until the block ends, and yield the variables of its login.env."""
    command = [sys.executable, "-m", "sfjwt_action", "local-org", "--port", "0", "--dir", str(scratch / "org")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 -- our own command
        try:
            if not process.stdout or not process.stdout.readline():
                raise RuntimeError("the local org did not start")
            variables = shlex.split((scratch / "org" / "login.env").read_text(encoding="utf-8"))
            yield dict(variable.split("=", 1) for variable in variables)
        finally:
            process.terminate()


def _inputs(login: Mapping[str, str]) -> dict[str, str]:
    """The environment that a runner makes of the step's `with:`."""
    return {
        "PATH": os.environ["PATH"],
        "INPUT_CONSUMER-KEY": login["SFJWT_CONSUMER_KEY"],
        "INPUT_PRIVATE-KEY": Path(login["SFJWT_PRIVATE_KEY_FILE"]).read_text(encoding="utf-8"),
        "INPUT_USERNAME": login["SFJWT_USERNAME"],
        "INPUT_LOGIN-URL": login["SFJWT_LOGIN_URL"],
        "INPUT_CA-CERTIFICATES": Path(login["SFJWT_CA_CERTIFICATES_FILE"]).read_text(encoding="utf-8"),
    }


def _run(environ: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(_ENTRYPOINT), *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603 -- ours


def _read_outputs(records: str) -> dict[str, str]:
    """Read the file that `GITHUB_OUTPUT` names: `name<<DELIMITER`, the value, the delimiter."""
    lines = iter(records.splitlines())
    outputs = {}
    for line in lines:
        name, _, delimiter = line.partition("<<")
        outputs[name] = "\n".join(iter(lines.__next__, delimiter))
    return outputs


def _call_the_org(outputs: Mapping[str, str], ca_file: str) -> Iterator[str]:
    instance_url = outputs["instance-url"]
    with requests.Session() as http:
        # Don't use this environment's proxy and trust roots for an org on this machine.
        http.trust_env = False
        http.verify = ca_file
        http.headers["Authorization"] = f"Bearer {outputs['access-token']}"
        newest = http.get(f"{instance_url}/services/data/").json()[-1]["url"]
        for resource in ("limits", "query?q=SELECT Id, Name FROM Organization"):
            url = f"{instance_url}{newest}/{resource}"
            answer = http.get(url)
            yield f"GET {url}"
            yield f"HTTP {answer.status_code} {_shortened(answer.json())}"


def _shortened(answer: object, width: int = 88) -> str:
    text = json.dumps(answer)
    return text if len(text) <= width else text[: width - 1] + "…"


@contextlib.contextmanager
def _stage(title: str) -> Iterator[None]:
    print(f"\n{title}")
    start = time.monotonic()
    yield
    print(f"  ── {time.monotonic() - start:.2f} s")


def _show(line: str) -> None:
    print(f"  │ {line}", flush=True)
