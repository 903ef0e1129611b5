"""Buildkite's agent, by its source: the Job API of `jobapi`, a real HTTP server on a unix socket."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

API = "/api/current-job/v0"
BEARER = "job-api-token"
CHUNK = 64 * 1024


@dataclass
class BuildkiteAgent:
    """The agent of one job.

    Attributes:
        socket: Where it listens.
        asked: What was asked for, in order.
        redactions: What it keeps out of the log.
        env: What later phases have.
        statuses: HTTP statuses to answer instead of doing what is asked; 0 hangs up.
        padding: Blanks to send after each answer, in chunks.
        sent: How many chunks the client took.
    """

    socket: Path
    asked: list[str] = field(default_factory=list)
    redactions: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    padding: int = 0
    sent: int = 0

    @property
    def environ(self) -> dict[str, str]:
        return {
            "BUILDKITE": "true",
            "BUILDKITE_AGENT_JOB_API_SOCKET": str(self.socket),
            "BUILDKITE_AGENT_JOB_API_TOKEN": BEARER,
        }

    def answer(self, method: str, path: str, authorization: str, body: Any) -> tuple[int, object]:  # noqa: ANN401
        if authorization != f"Bearer {BEARER}":
            return 401, {"error": "invalid authorization token"}
        match method, path:
            case "POST", "/api/current-job/v0/redactions":
                self.redactions.append(body["redact"])
                return 201, {"redacted": body["redact"]}
            case "PATCH", "/api/current-job/v0/env":
                if any(name.startswith("BUILDKITE") for name in body["env"]):
                    return 422, {"error": "protected"}
                self.env |= body["env"]
                return 200, {"added": sorted(body["env"]), "updated": []}
        return 404, "404 page not found"


@contextmanager
def buildkite_agent(directory: Path) -> Iterator[BuildkiteAgent]:
    """Run an agent."""
    agent = BuildkiteAgent(directory / "job.sock")

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked = f"{self.command} {self.path.removeprefix(API)}"
            agent.asked.append(asked)
            status = agent.statuses.get(asked)
            if status == 0:
                return
            content: object = {"error": "as it was told"}
            if status is None:
                authorization = self.headers.get("Authorization", "")
                status, content = agent.answer(self.command, self.path, authorization, json.loads(body))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())
            with suppress(ConnectionError):
                while agent.sent < agent.padding:
                    self.wfile.write(b" " * CHUNK)
                    agent.sent += 1

        do_POST = do_PATCH = _answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with socketserver.UnixStreamServer(str(agent.socket), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield agent
        finally:
            server.shutdown()
