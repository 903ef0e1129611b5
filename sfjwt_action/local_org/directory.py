"""The files in a local org's directory, for itself and for its clients.

For clients: `ca.pem`, `private-key.pem`, `certificate.crt`, `login.env`. Its own: `server.pem`. What is there
at the start is kept, so that clients set up once keep working. The CA's key is never written: whoever trusts
`ca.pem` trusts the one certificate in `server.pem`, and none that somebody makes later.
"""

import os
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from sfjwt_action.inputs.quoting import may_be_key_or_token, quote_path
from sfjwt_action.local_org.errors import LocalOrgError

CERTIFIED_HOSTS = (
    "localhost",
    "127.0.0.1",
    "::1",
    "*.salesforce.com",
    "*.my.salesforce.com",
    "*.sandbox.my.salesforce.com",
    "*.my.salesforce.mil",
)
_CERTIFICATE_DAYS = 730


class Directory:
    """Where the files are, as absolute paths."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.ca = self.path / "ca.pem"
        self.server = self.path / "server.pem"
        self.private_key = self.path / "private-key.pem"
        self.certificate = self.path / "certificate.crt"
        self.login_env = self.path / "login.env"

    def prepare(self) -> tuple[rsa.RSAPublicKey, ...]:
        """Make the files that are missing, except `login.env`.

        Returns:
            The public keys of `certificate.crt`, which may hold several certificates, as during a rotation.

        Raises:
            LocalOrgError: The directory, or a file in it, cannot be used.
        """
        if may_be_key_or_token(str(self.path)):
            raise LocalOrgError("The value of --dir looks like a key or a token. Set it to a directory.")
        try:
            self._require_certificate_with_ca()
            if not self.path.exists():
                self.path.mkdir(parents=True)
                # Its keys only work with this local org, but would alarm people who find them in a repository.
                (self.path / ".gitignore").write_text("*\n", encoding="ascii")
            if not self.ca.exists():
                self._make_server_certificate()
            if not self.private_key.exists():
                _write_private(self.private_key, _new_private_key())
            if not self.certificate.exists():
                self.certificate.write_bytes(_self_signed(self.private_key.read_bytes()))
            return _public_keys(self.certificate)
        except (OSError, ValueError, TypeError) as error:
            raise self._unusable(error) from error

    def write_login_env(self, variables: Mapping[str, str]) -> None:
        """Write the variables that log a client in, so that `set -a; . login.env` sets them.

        Raises:
            LocalOrgError: The file cannot be written.
        """
        lines = (f"{name}={shlex.quote(value)}\n" for name, value in variables.items())
        try:
            self.login_env.write_text("".join(lines), encoding="utf-8", newline="\n")
        except OSError as error:
            raise self._unusable(error) from error

    def _require_certificate_with_ca(self) -> None:
        if self.ca.exists() != self.server.exists():
            raise ValueError("it has one of ca.pem and server.pem, which only work together")

    def _make_server_certificate(self) -> None:
        authority = trustme.CA(organization_name="The local org")
        server = authority.issue_cert(*CERTIFIED_HOSTS, organization_name="The local org")
        _write_private(self.server, server.private_key_and_cert_chain_pem.bytes())
        authority.cert_pem.write_to_path(self.ca)

    def _unusable(self, error: Exception) -> LocalOrgError:
        return LocalOrgError(f"The local org can't use the directory {quote_path(self.path)}: {_reason(error)}.")


def public_keys_of(path: Path) -> tuple[rsa.RSAPublicKey, ...]:
    """Read the public keys of the certificates in a file (PEM).

    Raises:
        LocalOrgError: There are none that an app would take.
    """
    try:
        return _public_keys(path)
    except (OSError, ValueError, TypeError) as error:
        raise LocalOrgError(
            f"The local org can't use the certificates in {quote_path(path)}: {_reason(error)}."
        ) from error


def _reason(error: Exception) -> str:
    """Return an error's words. Its path may be a secret in the wrong place."""
    if not isinstance(error, OSError):
        return str(error)
    where = f" ({quote_path(error.filename)})" if error.filename else ""
    return f"{error.strerror}{where}"


def _public_keys(path: Path) -> tuple[rsa.RSAPublicKey, ...]:
    keys = [certificate.public_key() for certificate in x509.load_pem_x509_certificates(path.read_bytes())]
    if not all(isinstance(key, rsa.RSAPublicKey) for key in keys):
        raise TypeError(f"{path.name} isn't for an RSA key")
    return tuple(key for key in keys if isinstance(key, rsa.RSAPublicKey))


def _write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, from the first moment on."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def _new_private_key() -> bytes:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _self_signed(private_key_pem: bytes) -> bytes:
    """Return the certificate that an administrator would upload to the app, in PEM."""
    key = serialization.load_pem_private_key(private_key_pem, password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("private-key.pem isn't an RSA key")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Acme CI")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_CERTIFICATE_DAYS))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)
