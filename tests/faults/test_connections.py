"""What can go wrong before a request is sent: names, connections, TLS."""

import datetime as dt
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from faults.faulty_server import FaultyServer, faulty_server, granted
from faults.harness import Outcome, Step, assert_no_secrets
from key_material import KeyMaterial
from support import unavailable

from sfjwt_action.inputs.problems import Problems
from sfjwt_action.inputs.settings import read_settings


def expect(outcome: Outcome, *, says: str, attempts: int = 1) -> None:
    seen = len(outcome.waits) + 1
    assert (outcome.exit_code, seen) == (4, attempts), outcome.log
    assert says in outcome.error
    assert not outcome.published


def context_of(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def test_refused_connection(step: Step) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    expect(
        step.login(f"https://localhost:{port}"),
        says="refused the connection. In a container, localhost is the container itself",
        attempts=4,
    )


def test_unknown_host(step: Step) -> None:
    expect(step.login("https://no-such-host.invalid"), says="no-such-host")


def test_connect_timeout(step: Step) -> None:
    with full_backlog() as port:
        outcome = step.login(f"https://127.0.0.1:{port}", timeout="1", retries="1")
    expect(outcome, says="within 1 s", attempts=2)


@contextmanager
def full_backlog() -> Iterator[int]:
    """A port with a full backlog: the kernel drops new connections."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        waiting = []
        for _ in range(4):
            client = socket.socket()
            client.settimeout(0)
            client.connect_ex(listener.getsockname())
            waiting.append(client)
        yield int(listener.getsockname()[1])
        for client in waiting:
            client.close()


def test_unknown_ca(step: Step) -> None:
    with faulty_server(context_of(trustme.CA().issue_cert("localhost")), granted()) as server:
        outcome = step.login(server.url)
    expect(outcome, says="add its CA certificate to `ca-certificates`")
    assert server.requests == []


@pytest.mark.parametrize("given", ["root", "intermediate"])
def test_a_proxys_nonconforming_ca_is_trusted(given: str, step: Step, tmp_path: Path) -> None:
    """Like a CA from an old script with `openssl x509 -req`: no critical extensions, no key identifiers."""
    files = certificates_of_old(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files / "chain.pem", files / "server.key")
    with faulty_server(context, granted()) as server:
        server.replies[0] = granted(instance_url=server.url)
        outcome = step.login(server.url, ca_certificates=(files / f"{given}.pem").read_text())
    assert outcome.exit_code == 0, outcome.log


def certificates_of_old(directory: Path) -> Path:
    """A root, an intermediate and a server certificate, without extensions that RFC 5280 requires."""
    now = dt.datetime.now(dt.UTC)
    issuer_name, issuer_key, pems = x509.Name([]), None, {}
    for name in ("root", "intermediate", "server"):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = x509.CertificateBuilder(
            subject_name=subject,
            issuer_name=issuer_name if issuer_key else subject,
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=now - dt.timedelta(days=1),
            not_valid_after=now + dt.timedelta(days=1),
        )
        extension: x509.ExtensionType = x509.BasicConstraints(ca=True, path_length=None)
        if name == "server":
            extension = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        certificate = builder.add_extension(extension, critical=False).sign(issuer_key or key, hashes.SHA256())
        pems[name] = certificate.public_bytes(Encoding.PEM)
        (directory / f"{name}.pem").write_bytes(pems[name])
        issuer_name, issuer_key = subject, key
    (directory / "chain.pem").write_bytes(pems["server"] + pems["intermediate"])
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (directory / "server.key").write_bytes(pem)
    return directory


def test_expired_certificate(step: Step, ca: trustme.CA) -> None:
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    with faulty_server(context_of(ca.issue_cert("localhost", not_after=yesterday)), granted()) as server:
        outcome = step.login(server.url)
    expect(outcome, says="certificate has expired")


def test_certificate_of_another_host(step: Step, ca: trustme.CA) -> None:
    with faulty_server(context_of(ca.issue_cert("other.example")), granted()) as server:
        outcome = step.login(server.url)
    expect(outcome, says="not valid for 'localhost'")


def test_tls_1_1(step: Step, ca: trustme.CA) -> None:
    context = context_of(ca.issue_cert("localhost"))
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with faulty_server(context, granted()) as server:
        outcome = step.login(server.url)
    expect(outcome, says="TLS handshake", attempts=4)


def test_no_tls(step: Step) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        outcome = step.login(f"https://localhost:{listener.getsockname()[1]}", timeout="1", retries="0")
    expect(outcome, says="within 1 s")


def test_ipv6(step: Step, trusted: ssl.SSLContext, material: KeyMaterial) -> None:
    with ipv6_server(trusted) as server:
        outcome = step.login(server.url)
    assert outcome.exit_code == 0, outcome.log
    assert_no_secrets(outcome, material, server)


@contextmanager
def ipv6_server(context: ssl.SSLContext) -> Iterator[FaultyServer]:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        unavailable("this machine has no IPv6 loopback address")
    with faulty_server(context, granted(), host="[::1]", address="::1") as server:
        yield server


@pytest.mark.parametrize(
    "content", [None, "", "no PEM", "-----BEGIN CERTIFICATE-----\n%%%%\n-----END CERTIFICATE-----\n"]
)
def test_an_invalid_ca_bundle(content: str | None, step: Step, trusted: ssl.SSLContext) -> None:
    bundle = step.directory / "bundle.pem"
    if content is not None:
        bundle.write_text(content)
    with faulty_server(trusted, granted()) as server:
        outcome = step.login(server.url, environ={"REQUESTS_CA_BUNDLE": str(bundle)})
    assert (outcome.exit_code, outcome.waits) == (2, [])
    assert "\nREQUESTS_CA_BUNDLE: " in outcome.error


def test_a_usual_ca_bundle_is_trusted_too(step: Step, ca: trustme.CA, trusted: ssl.SSLContext) -> None:
    bundle = step.directory / "bundle.pem"
    ca.cert_pem.write_to_path(bundle)
    with faulty_server(trusted, granted()) as server:
        outcome = step.login(server.url, ca_certificates="", environ={"REQUESTS_CA_BUNDLE": str(bundle)})
    assert outcome.exit_code == 0, outcome.log


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_node_extra_ca_certs_is_trusted_too(
    encoding: Encoding, step: Step, ca: trustme.CA, trusted: ssl.SSLContext
) -> None:
    bundle = step.directory / "extra"
    bundle.write_bytes(x509.load_pem_x509_certificate(ca.cert_pem.bytes()).public_bytes(encoding))
    with faulty_server(trusted, granted()) as server:
        outcome = step.login(server.url, ca_certificates="", environ={"NODE_EXTRA_CA_CERTS": str(bundle)})
    assert outcome.exit_code == 0, outcome.log


@pytest.mark.parametrize("name", ["missing.pem", ".", "with\0nul"])
def test_an_unreadable_node_extra_ca_certs_is_ignored(name: str, ca: trustme.CA) -> None:
    own = ca.cert_pem.bytes().decode()
    environ = {"SFJWT_CA_CERTIFICATES": own, "NODE_EXTRA_CA_CERTS": name}
    assert read_settings({}, environ, Problems()).ca_certificates == own


def test_an_untrusted_certificate_names_the_input_to_set(step: Step, trusted: ssl.SSLContext) -> None:
    with faulty_server(trusted, granted()) as server:
        outcome = step.login(server.url, ca_certificates="")
    expect(outcome, says="NODE_EXTRA_CA_CERTS")
