"""Buildkite: the agent's Job API, on a unix socket.

Source: buildkite/agent, `jobapi` and internal/socket, and `buildkite-agent env set --help`: a change of the environment
applies to later phases of the job, so not to the command that made it.
"""

from __future__ import annotations

import json
import socket
import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

from sfjwt_action.ci.console import Console
from sfjwt_action.ci.variables import secrets, variables
from sfjwt_action.inputs.problems import InvalidInput, Problem
from sfjwt_action.inputs.quoting import quote_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sfjwt_action.inputs.settings import Settings
    from sfjwt_action.salesforce.session import Session

_SOCKET = "BUILDKITE_AGENT_JOB_API_SOCKET"
_TOKEN = "BUILDKITE_AGENT_JOB_API_TOKEN"  # noqa: S105 -- a variable's name
_TIMEOUT = 10
"""Seconds for the agent, which is on this machine, to answer."""

_MAX_RESPONSE_BYTES = 64 * 1024

_NO_ANSWER = "Run the login in the job, as a user who can write to the socket."
_REMEDIES = {
    401: f"Pass {_TOKEN} of this job.",
    404: "Update the agent. It doesn't support this part of the Job API.",
}
_OTHERWISE = "Run the agent with `--debug` and check its log."


class Buildkite(Console):
    """Publishes in the job's environment, after the agent redacts the secrets."""

    masking_warning = ""

    def preflight(self, settings: Settings) -> Iterator[Problem]:
        """Report what is missing to reach the agent."""
        yield from super().preflight(settings)
        yield from _missing(self._environ)

    def mask(self, session: Session, settings: Settings) -> None:
        """Have the agent redact the login's secrets.

        Raises:
            InvalidInput: The agent failed to.
        """
        for secret in secrets(session, settings):
            self._ask("POST", "redactions", {"redact": secret})

    def publish(self, session: Session, settings: Settings) -> str:
        """Set the variables `SF_…` for the job's later phases.

        Raises:
            InvalidInput: The agent failed to.
        """
        values = variables(session, settings)
        self._ask("PATCH", "env", {"env": values})
        return (
            f"Later phases of this job have {', '.join(values)}. Log in in a hook such as pre-command. In a command, "
            "use --export shell."
        )

    def _ask(self, method: str, resource: str, body: object) -> None:
        agent = _Agent(self._environ[_SOCKET])
        headers = {"Authorization": f"Bearer {self._environ[_TOKEN]}", "Content-Type": "application/json"}
        try:
            agent.request(method, f"/api/current-job/v0/{resource}", json.dumps(body), headers)
            answer = agent.getresponse()
            answer.read(_MAX_RESPONSE_BYTES)
            answer.close()
        except (OSError, HTTPException) as error:
            raise _failed(f"The agent didn't respond: {type(error).__name__}.", _NO_ANSWER) from None
        finally:
            agent.close()
        if answer.status >= 300:  # noqa: PLR2004 -- what is no success
            found = f"The agent responded to {method} {resource} with HTTP {answer.status}."
            raise _failed(found, _REMEDIES.get(answer.status, _OTHERWISE))


class _WithoutAgent(Console):
    masking_warning = (
        "Buildkite's agent isn't reachable, so it can't redact the access token. Don't print it, or pass "
        f"{_SOCKET} and {_TOKEN}, and mount the socket."
    )


def make_reporter(environ: Mapping[str, str]) -> Console:
    """Show and mask a login that is exported another way, through the agent if it is reachable."""
    return _WithoutAgent(environ) if any(_missing(environ)) else Buildkite(environ)


def _missing(environ: Mapping[str, str]) -> Iterator[Problem]:
    """Report what is missing to reach the agent."""
    for name in (_SOCKET, _TOKEN):
        if not environ.get(name):
            yield Problem(
                name,
                "The agent didn't set this variable.",
                f"Update the agent. For a container, pass {name} with `--env`.",
            )
    path = environ.get(_SOCKET)
    if path and not _is_socket(path):
        yield Problem(_SOCKET, f"{quote_path(path)} isn't a socket.", "Mount it into the container at the same path.")


def _is_socket(path: str) -> bool:
    try:
        return Path(path).is_socket()
    except (OSError, ValueError):  # a name that is too long, or holds a NUL
        return False


class _Agent(HTTPConnection):
    """A connection to the agent, by its socket's path."""

    def __init__(self, path: str) -> None:
        super().__init__("job", timeout=_TIMEOUT)
        self._path = path

    def connect(self) -> None:
        if sys.platform == "win32":
            raise OSError  # Python has no Unix sockets on Windows
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_TIMEOUT)
        self.sock.connect(self._path)


def _failed(found: str, remedy: str) -> InvalidInput:
    return InvalidInput([Problem(_SOCKET, found, remedy)])


make_publisher = Buildkite
