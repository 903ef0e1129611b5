"""The local org as a process: files, start, stop, and many clients at once."""

import json
import re
import signal
import socket
import ssl
import stat
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from local_org.client import Client
from support import LocalOrg, running_local_org

from sfjwt_action.local_org import LocalOrgError, serve
from sfjwt_action.local_org.acme import acme

_, SANDBOX, _ = acme(()).orgs


def log_in(org: LocalOrg) -> dict[str, str]:
    client = Client(org)
    with client.http:
        return client.log_in()


def stored(**changed: object) -> bytes:
    """Return the file of what was deployed, with one component."""
    component = {
        "name": ["ApexClass", "Hello"],
        "parent": None,
        "files": {"classes/Hello.cls": ""},
        **dict.fromkeys(("id", "created", "modified"), "text"),
    }
    return json.dumps([component | changed]).encode()


class TestFiles:
    def test_only_the_owner_can_read_private_files(self, local_org: LocalOrg) -> None:
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in local_org.directory.iterdir()}

        for folder in ("deployments", "metadata"):  # deployed by earlier tests
            modes.pop(folder, None)
        assert set(modes) - {".gitignore"} == {
            "ca.pem",
            "certificate.crt",
            "login.env",
            "private-key.pem",
            "server.pem",
        }
        assert modes["private-key.pem"] == modes["server.pem"] == 0o600

    def test_git_ignores_a_new_directory_but_not_what_was_there(self, tmp_path: Path) -> None:
        for directory in (tmp_path / "new", tmp_path):
            with running_local_org(directory):
                pass
        assert (tmp_path / "new" / ".gitignore").read_text() == "*\n"
        assert not (tmp_path / ".gitignore").exists()

    def test_the_private_key_is_pkcs8(self, local_org: LocalOrg) -> None:
        pem = (local_org.directory / "private-key.pem").read_text()

        assert pem.splitlines()[0].strip("-") == "BEGIN PRIVATE KEY"

    def test_login_env_sets_what_a_shell_needs(self, tmp_path: Path) -> None:
        with running_local_org(tmp_path / "a folder's name") as org:
            shell = subprocess.run(
                ["sh", "-c", 'set -a; . "$0"; env', org.directory / "login.env"],
                check=True,
                capture_output=True,
                text=True,
            )

        environ = dict(line.split("=", 1) for line in shell.stdout.splitlines() if "=" in line)
        assert {name: environ[name] for name in org.environ} == org.environ
        assert Path(environ["SFJWT_PRIVATE_KEY_FILE"]) == org.directory / "private-key.pem"

    def test_a_restart_keeps_the_files_so_that_clients_keep_working(self, tmp_path: Path) -> None:
        with running_local_org(tmp_path) as first:
            log_in(first)
            before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        with running_local_org(tmp_path, first.port) as second:
            log_in(second)
            assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

    def test_a_certificate_is_created_for_a_private_key_without_one(self, tmp_path: Path) -> None:
        with running_local_org(tmp_path):
            pass
        (tmp_path / "certificate.crt").unlink()
        with running_local_org(tmp_path) as org:
            log_in(org)

    def test_the_app_trusts_every_certificate_in_the_file(self, tmp_path: Path) -> None:
        old, new = tmp_path / "old", tmp_path / "new"
        for directory in (old, new):
            with running_local_org(directory):
                pass
        with (new / "certificate.crt").open("ab") as certificates:
            certificates.write((old / "certificate.crt").read_bytes())
        with running_local_org(new) as org:
            (new / "private-key.pem").write_bytes((old / "private-key.pem").read_bytes())
            log_in(org)


class TestTls:
    @pytest.mark.parametrize(
        "name",
        [
            "localhost",
            "127.0.0.1",
            "::1",
            "login.salesforce.com",
            "acme.my.salesforce.com",
            "acme--uat.sandbox.my.salesforce.com",
        ],
    )
    def test_the_certificate_is_for_all_names(self, local_org: LocalOrg, name: str) -> None:
        context = ssl.create_default_context(cafile=local_org.environ["SFJWT_CA_CERTIFICATES_FILE"])

        with socket.create_connection(("127.0.0.1", local_org.port)) as raw:
            context.wrap_socket(raw, server_hostname=name).close()

    @pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
    def test_refuses_versions_before_1_2(self, local_org: LocalOrg) -> None:
        context = ssl.create_default_context(cafile=local_org.environ["SFJWT_CA_CERTIFICATES_FILE"])
        context.set_ciphers("ALL:@SECLEVEL=0")  # so that the client doesn't reject it first
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1

        with (
            socket.create_connection(("127.0.0.1", local_org.port)) as raw,
            pytest.raises(ssl.SSLError, match=r"ALERT_PROTOCOL_VERSION|EOF"),
        ):
            context.wrap_socket(raw, server_hostname="localhost")


def test_many_clients_at_once(local_org: LocalOrg) -> None:
    with ThreadPoolExecutor(32) as pool:
        sessions = list(pool.map(log_in, [local_org] * 96))

    assert len({session["access_token"] for session in sessions}) == 96


class TestStop:
    @pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
    def test_ends_at_once_and_silently_with_connections_open(self, tmp_path: Path, stop: int) -> None:
        with running_local_org(tmp_path) as org:
            client = Client(org)
            with client.http, socket.create_connection(("127.0.0.1", org.port)):
                client.log_in()  # and keeps its connection. The other one hasn't started TLS.
                start = time.monotonic()
                org.process.send_signal(stop)
                org.process.wait(timeout=5)

            assert time.monotonic() - start < 3
            assert org.process.returncode == 0
            assert org.process.stdout is not None
            assert org.process.stdout.read() == ""


class TestCannotStart:
    def test_a_port_in_use(self, local_org: LocalOrg, tmp_path: Path) -> None:
        with pytest.raises(LocalOrgError, match=rf"port {local_org.port}: Address already in use\. Use another --port"):
            serve(port=local_org.port, directory=tmp_path)

    def test_an_invalid_port(self, tmp_path: Path) -> None:
        with pytest.raises(LocalOrgError, match="Invalid port 70000"):
            serve(port=70000, directory=tmp_path)

    def test_a_directory_that_is_a_file(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.touch()

        with pytest.raises(LocalOrgError, match=str(file)):
            serve(port=0, directory=file)

    def test_a_login_env_that_is_a_directory(self, tmp_path: Path) -> None:
        (tmp_path / "login.env").mkdir()

        with pytest.raises(LocalOrgError, match=r"login\.env"):
            serve(port=0, directory=tmp_path)

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"[",
            b"\xff",
            b"[" * 100_000,
            b"{}x",
            b"[1]",
            b'["x"]',
            b"[{}]",
            b'[{"name": ["NoType", "x"], "files": {}, "parent": null, "id": "", "created": "", "modified": ""}]',
            b'[{"name": ["ApexClass", "x"], "files": {}, "parent": null, "id": "", "created": "", "modified": ""}]',
            b'[{"name": ["ApexClass", "x"], "files": {"x": "?"}, "parent": null}]',
            b'[{"name": ["ApexClass", "x"], "files": [], "parent": null}]',
            stored(name=["ApexClass", 5]),
            stored(parent=["ApexClass", None]),
            stored(files={"classes/Hello.cls": "?"}),
            stored(id=5),
            stored(created=None),
            stored(modified=""),
        ],
    )
    def test_a_damaged_file_of_what_was_deployed(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "metadata").mkdir()
        damaged = tmp_path / "metadata" / f"{SANDBOX.id}.json"
        damaged.write_bytes(content)

        with pytest.raises(LocalOrgError, match=rf"{re.escape(str(damaged))} is damaged\. Delete it"):
            serve(port=0, directory=tmp_path)

        assert damaged.read_bytes() == content

    def test_what_was_deployed_in_a_directory_instead_of_a_file(self, tmp_path: Path) -> None:
        directory = tmp_path / "metadata" / f"{SANDBOX.id}.json"
        directory.mkdir(parents=True)

        with pytest.raises(LocalOrgError, match=rf"can't read {re.escape(str(directory))}: Is a directory"):
            serve(port=0, directory=tmp_path)

    def test_an_invalid_server_certificate(self, tmp_path: Path) -> None:
        for name in ("ca.pem", "server.pem"):
            (tmp_path / name).write_text("no certificate")

        with pytest.raises(LocalOrgError, match=r"the certificate in .*server\.pem"):
            serve(port=0, directory=tmp_path)

    def test_a_ca_without_its_server_certificate(self, tmp_path: Path) -> None:
        (tmp_path / "ca.pem").write_text("theirs")

        with pytest.raises(LocalOrgError, match=r"one of ca\.pem and server\.pem"):
            serve(port=0, directory=tmp_path)

        assert (tmp_path / "ca.pem").read_text() == "theirs"

    @pytest.mark.parametrize("content", [None, b"\xff", b"A B", b"A.b\nA.b.c", b"9A", b"A.", b"no name"])
    def test_an_invalid_file_of_assumed_tests(self, tmp_path: Path, content: bytes | None) -> None:
        file = tmp_path / "failing.txt"
        if content is not None:
            file.write_bytes(content)

        with pytest.raises(LocalOrgError, match=re.escape(str(file))) as raised:
            serve(port=0, directory=tmp_path, assume_tests=str(file))

        assert content is None or content.decode(errors="replace") not in str(raised.value)

    @pytest.mark.parametrize("secret", ["-----BEGIN RSA PRIVATE KEY-----", "00D000000000001!AQEAQ", "x" * 5000])
    def test_no_secret_that_is_given_as_the_file_of_assumed_tests_is_printed(self, tmp_path: Path, secret: str) -> None:
        with pytest.raises(LocalOrgError, match="--assume-tests") as raised:
            serve(port=0, directory=tmp_path, assume_tests=secret)

        assert secret not in str(raised.value)

    def test_an_invalid_private_key(self, tmp_path: Path) -> None:
        (tmp_path / "private-key.pem").write_text("no key")

        with pytest.raises(LocalOrgError, match=str(tmp_path)):
            serve(port=0, directory=tmp_path)

    def test_a_private_key_that_is_not_rsa(self, tmp_path: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (tmp_path / "private-key.pem").write_bytes(pem)

        with pytest.raises(LocalOrgError, match=r"private-key\.pem isn't an RSA key"):
            serve(port=0, directory=tmp_path)

    def test_a_certificate_that_is_not_for_an_rsa_key(self, local_org: LocalOrg, tmp_path: Path) -> None:
        ca = (local_org.directory / "ca.pem").read_bytes()
        (tmp_path / "certificate.crt").write_bytes(ca)

        with pytest.raises(LocalOrgError, match=r"certificate\.crt isn't for an RSA key"):
            serve(port=0, directory=tmp_path)
