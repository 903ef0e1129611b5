"""The local org on a socket: TLS, start and stop."""

import logging
import os
import signal
import socket
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from sfjwt_action.local_org.acme import CONSUMER_KEY, USERNAME, acme
from sfjwt_action.local_org.apex.assumption import read_assumption
from sfjwt_action.local_org.contents import Contents
from sfjwt_action.local_org.directory import Directory, public_keys_of
from sfjwt_action.local_org.errors import LocalOrgError
from sfjwt_action.local_org.routes import application

_LOOPBACK = "127.0.0.1"
_HIGHEST_PORT = 65535
_BACKLOG = 512
_GOODBYE_SECONDS = 1


def serve(*, port: int, directory: Path, certificate: Path | None = None, assume_tests: str | None = None) -> None:
    """Run a local org until SIGTERM or SIGINT.

    Prints one line when it is ready. It listens on 127.0.0.1 only.

    Args:
        port: Where to listen; 0 for any that is free.
        directory: Where the files for its clients go; made if there is none.
        certificate: A file of certificates (PEM) that are uploaded to its apps, beside the one in the directory.
        assume_tests: What to report for Apex tests, which it doesn't run: `pass`, `fail`, or a file of those that fail.

    Raises:
        LocalOrgError: The port, the directory, a file in it or another file cannot be used.
    """
    assumption = read_assumption(assume_tests) if assume_tests else None
    files = Directory(directory)
    public_keys = files.prepare() + (public_keys_of(certificate) if certificate else ())
    orgs, contents = acme(public_keys), Contents(files.path, assumption)
    for org in orgs.orgs:
        contents.of(org)  # so that a damaged file is reported now
    server = _server(files, application(orgs, contents))
    with _listen(port) as listener:
        url = f"https://localhost:{listener.getsockname()[1]}"
        files.write_login_env(_login_variables(files, url))
        _stop_on_signals(server)
        print(f"Local org ready at {url}. Log in with {files.login_env}.", flush=True)
        server.run(sockets=[listener])


def _server(files: Directory, app: ASGIApp) -> uvicorn.Server:
    # Its warnings about damaged forms would go to standard error. The client gets them in the response.
    logging.getLogger("python_multipart").addHandler(logging.NullHandler())
    config = uvicorn.Config(
        app,
        ssl_certfile=files.server,
        lifespan="off",
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GOODBYE_SECONDS,
    )
    try:
        config.load()
    except OSError as error:
        raise LocalOrgError(f"The local org can't use the certificate in {files.server}: {error}.") from error
    return uvicorn.Server(config)


def _login_variables(files: Directory, url: str) -> dict[str, str]:
    return {
        "SFJWT_CONSUMER_KEY": CONSUMER_KEY,
        "SFJWT_USERNAME": USERNAME,
        "SFJWT_LOGIN_URL": url,
        "SFJWT_PRIVATE_KEY_FILE": str(files.private_key),
        "SFJWT_CA_CERTIFICATES_FILE": str(files.ca),
    }


def _listen(port: int) -> socket.socket:
    """Open the socket before the ready message, so that new connections wait until they are served."""
    if not 0 <= port <= _HIGHEST_PORT:
        raise LocalOrgError(f"Invalid port {port}. Use 0 to {_HIGHEST_PORT}.")
    try:
        listener = socket.create_server((_LOOPBACK, port), backlog=_BACKLOG)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise LocalOrgError(
            f"The local org can't listen on port {port}: {why}. Use another --port, or 0 for a free one."
        ) from error
    # Inherited by its connections. Without it, the body of an answer waits 40 ms for the client to acknowledge the
    # headers; asyncio sets it only on sockets that it has made.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _stop_on_signals(server: uvicorn.Server) -> None:
    """Let signals end the server, but not the process.

    uvicorn raises a signal again, once it has shut down, for the handlers that were there before its own.
    """

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
