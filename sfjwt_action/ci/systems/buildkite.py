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

_NO_ANSWER = "Run the login within the job, as a user who may write to the socket."
_REMEDIES = {
    401: f"Pass on {_TOKEN} of this very job.",
    404: "Update the agent: it does not have this part of the Job API.",
}
_OTHERWISE = "Run the agent with `--debug`, and look into its log."


class Buildkite(Console):
    """Publishes in the job's environment, after the agent was told what to redact."""

    masking_warning = ""

    def preflight(self, settings: Settings) -> Iterator[Problem]:
        """Tell what is missing of the way to the agent."""
        yield from super().preflight(settings)
        yield from _missing(self._environ)

    def mask(self, session: Session, settings: Settings) -> None:
        """Have the agent redact the login's secrets.

        Raises:
            InvalidInput: The agent did not do it.
        """
        for secret in secrets(session, settings):
            self._ask("POST", "redactions", {"redact": secret})

    def publish(self, session: Session, settings: Settings) -> str:
        """Set the variables `SF_…` for the job's later phases.

        Raises:
            InvalidInput: The agent did not do it.
        """
        values = variables(session, settings)
        self._ask("PATCH", "env", {"env": values})
        return (
            f"For later phases of this job: {', '.join(values)}. A hook such as pre-command sets them for the command; "
            "within a command, use --export shell."
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
            raise _failed(f"The agent did not answer: {type(error).__name__}.", _NO_ANSWER) from None
        finally:
            agent.close()
        if answer.status >= 300:  # noqa: PLR2004 -- what is no success
            found = f"The agent answered {method} {resource} with HTTP {answer.status}."
            raise _failed(found, _REMEDIES.get(answer.status, _OTHERWISE))


class _WithoutAgent(Console):
    masking_warning = (
        "Buildkite's agent cannot be reached from here to redact the access token. Print it nowhere, or pass on "
        f"{_SOCKET} and {_TOKEN}, and mount the socket."
    )


def make_reporter(environ: Mapping[str, str]) -> Console:
    """Show and mask a login that goes another way, through the agent if there is a way to it."""
    return _WithoutAgent(environ) if any(_missing(environ)) else Buildkite(environ)


def _missing(environ: Mapping[str, str]) -> Iterator[Problem]:
    """Tell what is missing of the way to the agent."""
    for name in (_SOCKET, _TOKEN):
        if not environ.get(name):
            yield Problem(
                name, "The agent has not set it.", f"Update the agent; for a container, pass on {name} with `--env`."
            )
    path = environ.get(_SOCKET)
    if path and not _is_socket(path):
        yield Problem(
            _SOCKET, f"{quote_path(path)} is no socket here.", "Mount it into the container, under the same path."
        )


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
            raise OSError  # Python has no such sockets there, and `preflight` found none
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_TIMEOUT)
        self.sock.connect(self._path)


def _failed(found: str, remedy: str) -> InvalidInput:
    return InvalidInput([Problem(_SOCKET, found, remedy)])


make_publisher = Buildkite
