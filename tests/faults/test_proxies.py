"""A real proxy between a login and its server: tinyproxy."""

import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from faults.faulty_server import faulty_server, granted
from faults.harness import Outcome, Step, assert_no_secrets
from key_material import KeyMaterial
from support import unavailable

PASSWORD = "pass.word-1"
QUOTED_PASSWORD = "%70ass.word-1"


@dataclass(frozen=True)
class Proxy:
    """A running tinyproxy."""

    port: int
    log_file: Path

    def url(self, login: str = "") -> str:
        return f"http://{login}127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        return self.log_file.read_text().count("CONNECT localhost")


StartProxy = Callable[[str], Proxy]


@pytest.fixture
def start_proxy(tmp_path: Path) -> Iterator[StartProxy]:
    """Start a proxy with some lines of configuration."""
    program = shutil.which("tinyproxy") or unavailable("tinyproxy is not installed")
    started: list[subprocess.Popen[bytes]] = []

    def start(configuration: str) -> Proxy:
        proxy = Proxy(_free_port(), tmp_path / "proxy.log")
        lines = [f"Port {proxy.port}", "Listen 127.0.0.1", f'LogFile "{proxy.log_file}"', "LogLevel Connect"]
        (tmp_path / "proxy.conf").write_text("\n".join([*lines, configuration, ""]))
        started.append(subprocess.Popen([program, "-d", "-c", str(tmp_path / "proxy.conf")]))
        _wait_for(proxy.port)
        return proxy

    yield start
    for process in started:
        process.terminate()
        process.wait(timeout=10)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        return int(reserved.getsockname()[1])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    pytest.fail("the proxy did not start")


def expect(outcome: Outcome, exit_code: int, says: str = "", attempts: int = 1) -> None:
    seen = len(outcome.waits) + 1
    assert (outcome.exit_code, seen) == (exit_code, attempts), outcome.log
    assert outcome.published == (exit_code == 0)
    if exit_code:
        assert says in outcome.error
    assert PASSWORD not in outcome.log
    assert QUOTED_PASSWORD not in outcome.log


def test_proxy(step: Step, trusted: ssl.SSLContext, material: KeyMaterial, start_proxy: StartProxy) -> None:
    proxy = start_proxy("")
    with faulty_server(trusted, granted()) as server:
        outcome = step.login(server.url, environ={"HTTPS_PROXY": proxy.url()})
    expect(outcome, 0)
    assert proxy.connections == 1
    assert_no_secrets(outcome, material, server)


def test_proxy_with_a_password(step: Step, trusted: ssl.SSLContext, start_proxy: StartProxy) -> None:
    proxy = start_proxy(f"BasicAuth ci {PASSWORD}")
    with faulty_server(trusted, granted()) as server:
        outcome = step.login(server.url, environ={"HTTPS_PROXY": proxy.url(f"ci:{QUOTED_PASSWORD}@")})
    expect(outcome, 0)
    assert proxy.connections == 1


@pytest.mark.parametrize(
    ("login", "says"),
    [
        ("", "user:password@"),
        (f"other:{QUOTED_PASSWORD}@", "rejected the user name and password"),
        (f"ci:{QUOTED_PASSWORD}@x@", "as %40"),
    ],
)
def test_proxy_that_requires_a_password(
    login: str, says: str, step: Step, trusted: ssl.SSLContext, start_proxy: StartProxy
) -> None:
    proxy = start_proxy("BasicAuth ci something-else")
    with faulty_server(trusted, granted()) as server:
        outcome = step.login(server.url, environ={"HTTPS_PROXY": proxy.url(login)})
    expect(outcome, 4, says)
    assert ("NTLM" in outcome.error) == bool(login)
    assert server.requests == []


@pytest.mark.parametrize("password", ["pa/ss", "1/ss", "pa#ss", "pa?ss", "1#s@s", "pa\\ss"])
def test_proxy_with_unencoded_characters(
    password: str, step: Step, trusted: ssl.SSLContext, start_proxy: StartProxy
) -> None:
    proxy = start_proxy("")
    with faulty_server(trusted, granted()) as server:
        outcome = step.login(server.url, environ={"HTTPS_PROXY": proxy.url(f"ci:{password}@")})
    expect(outcome, 2, "percent-encoded")
    assert password not in outcome.log


def test_https_to_a_proxy_without_tls(step: Step, trusted: ssl.SSLContext, start_proxy: StartProxy) -> None:
    proxy = start_proxy("")
    with faulty_server(trusted, granted()) as server:
        environ = {"HTTPS_PROXY": proxy.url().replace("http:", "https:")}
        outcome = step.login(server.url, environ=environ, retries="0", timeout="1")
    expect(outcome, 4, "use http://")


def test_proxy_that_forbids_the_host(
    step: Step, trusted: ssl.SSLContext, start_proxy: StartProxy, tmp_path: Path
) -> None:
    (tmp_path / "allowed").write_text("salesforce\n")
    proxy = start_proxy(f'Filter "{tmp_path / "allowed"}"\nFilterDefaultDeny Yes')
    with faulty_server(trusted, granted()) as server:
        outcome = step.login(server.url, environ={"HTTPS_PROXY": proxy.url()})
    expect(outcome, 4, "localhost")


def test_proxy_that_is_not_running(step: Step, trusted: ssl.SSLContext) -> None:
    dead = f"http://ci:{QUOTED_PASSWORD}@127.0.0.1:{_free_port()}"
    with faulty_server(trusted, granted()) as server:
        outcome = step.login(server.url, environ={"HTTPS_PROXY": dead})
    expect(outcome, 4, "Check HTTPS_PROXY", attempts=4)
    assert "127.0.0.1 is the container itself" in outcome.error
    assert "login-url" not in outcome.error.splitlines()[0]


@pytest.mark.parametrize("excluded", ["example.com,localhost", "localhost:443, localhost", "*"])
def test_no_proxy(excluded: str, step: Step, trusted: ssl.SSLContext) -> None:
    environ = {"HTTPS_PROXY": f"http://127.0.0.1:{_free_port()}", "NO_PROXY": excluded}
    with faulty_server(trusted, granted(), host="localhost") as server:
        outcome = step.login(server.url, environ=environ)
    expect(outcome, 0)


@pytest.mark.parametrize(
    "url",
    [
        *("http://", "http://host:port", "http://127.0.0.1:99999", "ftp://x", "socks5h://127.0.0.1:1"),
        *(f"http://{'a' * 70}", f"http://ci:{QUOTED_PASSWORD}@a b", "http://[::1"),
    ],
)
def test_unsupported_proxy(url: str, step: Step, trusted: ssl.SSLContext) -> None:
    with faulty_server(trusted, granted()) as server:
        outcome = step.login(server.url, environ={"HTTPS_PROXY": url})
    expect(outcome, 2, "HTTPS_PROXY: ")


@pytest.mark.parametrize(("status", "attempts"), [(404, 1), (429, 4), (502, 4)])
def test_a_proxys_text_is_not_repeated(status: int, attempts: int, step: Step) -> None:
    with refusing_proxy(f"HTTP/1.1 {status} no\x1b[31m ##[error]{'x' * 9000}\r\n\r\n") as url:
        outcome = step.login("https://acme.my.salesforce.com", environ={"HTTPS_PROXY": url})
    expect(outcome, 4, f"HTTP {status}", attempts)
    assert "\x1b" not in outcome.log
    assert "##[" not in outcome.log
    assert "xxx" not in outcome.log


@contextmanager
def refusing_proxy(words: str) -> Iterator[str]:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(words.encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
