"""OpenSSL reads the files of `sfjwt init`, which are the same as its own."""

import shutil
import subprocess
from pathlib import Path

import jwt
import pytest
from cryptography import x509
from support import unavailable
from unit.onboarding.command import init, sfjwt


@pytest.fixture(autouse=True)
def _openssl() -> None:
    if shutil.which("openssl") is None:
        unavailable("openssl is not installed")


def openssl(directory: Path, *arguments: str, stdin: bytes = b"") -> str:
    done = subprocess.run(["openssl", *arguments], cwd=directory, input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode() + done.stderr.decode()


@pytest.mark.parametrize("size", ["2048", "4096"])
def test_the_key_is_valid_and_has_the_requested_size(tmp_path: Path, size: str) -> None:
    login = init(tmp_path, "--key-size", size)
    assert "RSA key ok" in openssl(login, "rsa", "-check", "-noout", "-in", "server.key")
    assert f"({size} bit" in openssl(login, "rsa", "-text", "-noout", "-in", "server.key")


def test_the_key_has_openssls_format(made: Path, tmp_path: Path) -> None:
    openssl(tmp_path, "genrsa", "-out", "theirs.key", "2048")
    theirs, ours = (tmp_path / "theirs.key").read_text(), (made / "server.key").read_text()
    assert (theirs.splitlines()[0], theirs.splitlines()[-1]) == (ours.splitlines()[0], ours.splitlines()[-1])
    # Read and written by OpenSSL, the file is the same byte by byte.
    assert openssl(made, "pkcs8", "-topk8", "-nocrypt", "-in", "server.key") == ours


def test_the_certificate_has_the_requested_values(tmp_path: Path) -> None:
    login = init(tmp_path, "--days", "90", "--label", "Déploiement CI")
    text = openssl(login, "x509", "-in", "server.crt", "-noout", "-text", "-nameopt", "utf8,sep_comma_plus")
    assert "Version: 3" in text
    assert "Signature Algorithm: sha256WithRSAEncryption" in text
    assert "Subject: CN=Déploiement CI" in text
    assert "Issuer: CN=Déploiement CI" in text
    certificate = x509.load_pem_x509_certificate((login / "server.crt").read_bytes())
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days == 90


def test_the_certificate_has_openssls_extensions(made: Path, tmp_path: Path) -> None:
    command = "req -x509 -newkey rsa:2048 -nodes -sha256 -days 1 -subj /CN=x -keyout theirs.key -out theirs.crt"
    openssl(tmp_path, *command.split())
    theirs, ours = (
        {
            (extension.oid.dotted_string, extension.critical)
            for extension in x509.load_pem_x509_certificate(pem).extensions
        }
        for pem in ((tmp_path / "theirs.crt").read_bytes(), (made / "server.crt").read_bytes())
    )
    assert ours == theirs


def test_the_certificate_is_self_signed_with_the_key(made: Path) -> None:
    assert "server.crt: OK" in openssl(made, "verify", "-CAfile", "server.crt", "server.crt")
    of_key = openssl(made, "pkey", "-in", "server.key", "-pubout")
    assert openssl(made, "x509", "-in", "server.crt", "-noout", "-pubkey") == of_key


def test_openssl_verifies_a_signature_with_the_certificate(made: Path, tmp_path: Path) -> None:
    (tmp_path / "public.pem").write_text(openssl(made, "x509", "-in", "server.crt", "-noout", "-pubkey"))
    assertion = sfjwt(
        *("assertion", "--consumer-key", "3MVG9", "--username", "ci@acme.example"),
        *("--login-url", "acme.my.salesforce.com", "--private-key-file", "server.key"),
        cwd=made,
    ).stdout
    signed, _, signature = assertion.rpartition(".")
    (tmp_path / "signed").write_text(signed)
    (tmp_path / "signature").write_bytes(jwt.utils.base64url_decode(signature))
    verify = "pkeyutl -verify -pubin -inkey public.pem -rawin -digest sha256 -in signed -sigfile signature"
    assert "Signature Verified Successfully" in openssl(tmp_path, *verify.split())


def test_fingerprints_are_those_that_openssl_prints(made: Path) -> None:
    shown = sfjwt("inspect", "server.key", "server.crt", cwd=made).stdout
    der = subprocess.run(
        ["openssl", "pkey", "-in", "server.key", "-pubout", "-outform", "DER"],
        cwd=made,
        capture_output=True,
        check=True,
    ).stdout
    of_key = openssl(made, "dgst", "-sha256", "-r", stdin=der).split()[0]
    of_certificate = (
        openssl(made, "x509", "-in", "server.crt", "-noout", "-fingerprint", "-sha256").strip().split("=")[1]
    )
    assert shown.count(of_key) == 2
    assert of_certificate in shown
