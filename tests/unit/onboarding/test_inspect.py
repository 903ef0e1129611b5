"""`sfjwt inspect` describes a file, and prints no secret."""

import base64
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from key_material import PASSPHRASE, KeyMaterial
from unit.onboarding.command import sfjwt, unwrapped

from sfjwt_action.onboarding.credentials import new_credentials

RSA = "RSA private key, 2048 bits"
CERTIFICATE = "certificate of CN=sfjwt for RSA 2048-bit key"
KNOWN = [
    ("pkcs8.pem", "PEM", RSA),
    ("pkcs1.pem", "PEM", RSA),
    ("openssh.pem", "PEM", RSA),
    ("pkcs8.der", "binary (DER)", RSA),
    ("pkcs1.der", "binary (DER)", RSA),
    ("other.pem", "PEM", "RSA private key, 3072 bits"),
    ("bags.pem", "PEM", RSA),
    ("bags.pem", "PEM", CERTIFICATE),
    ("server.crt", "PEM", CERTIFICATE),
    ("server-crt.der", "binary (DER)", CERTIFICATE),
    ("certificates.p7b", "PEM", CERTIFICATE),
    ("request.csr", "PEM", "certificate request for the RSA 2048-bit key of CN=sfjwt"),
    ("public.pem", "PEM", "RSA 2048-bit public key"),
    ("public-pkcs1.pem", "PEM", "RSA 2048-bit public key"),
    ("public.der", "binary (DER)", "RSA 2048-bit public key"),
    ("id_rsa.pub", "OpenSSH's format", "RSA 2048-bit public key"),
    ("server-open.p12", "binary (DER)", RSA),
    ("server.p12", "binary (DER)", "PKCS#12: encrypted or damaged"),
    ("pkcs8-aes.pem", "PEM", "private key: The key is encrypted."),
    ("pkcs8-aes.der", "binary (DER)", "The key is encrypted."),
    ("openssh-encrypted.pem", "PEM", "encrypted in an unsupported format"),
    ("ec.pem", "PEM", "an elliptic-curve key"),
    ("ed25519.pem", "PEM", "an Ed25519 or Ed448 key"),
    ("rsa1024.pem", "PEM", "1024 bits"),
]


def inspect(*arguments: str, cwd: Path, stdin: str = "") -> str:
    done = sfjwt("inspect", *arguments, cwd=cwd, stdin=stdin)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(("name", "form", "what"), KNOWN)
def test_each_kind_of_file_is_identified(material: KeyMaterial, name: str, form: str, what: str) -> None:
    material.data(name)
    first, *rest = inspect(name, cwd=material.directory).splitlines()
    assert first == f"{name}: {form}"
    assert [line for line in rest if what in line]


def test_the_passphrase_decrypts_keys(material: KeyMaterial, tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_text(f"{PASSPHRASE}\n")
    flag = ("--private-key-passphrase-file", str(tmp_path / "passphrase"))
    for name in ("pkcs8-aes.pem", "pkcs1-aes.pem", "pkcs8-aes.der", "server.p12"):
        material.data(name)
        shown = inspect(name, *flag, cwd=material.directory)
        assert f"  {RSA}\n    Key fingerprint        {material.fingerprint}\n" in shown
    assert CERTIFICATE in inspect("server.p12", *flag, cwd=material.directory)
    assert PASSPHRASE not in shown
    (tmp_path / "passphrase").write_text("wrong")
    assert "PKCS#12: wrong passphrase" in inspect("server.p12", *flag, cwd=material.directory)


def test_an_unreadable_passphrase_file_is_reported(material: KeyMaterial) -> None:
    done = sfjwt("inspect", "pkcs8.pem", "--private-key-passphrase-file", "none", cwd=material.directory)
    assert done.returncode == 2
    assert "private-key-passphrase: --private-key-passphrase-file has " in unwrapped(done.stderr)


def test_a_certificate_without_a_key_in_pkcs12(material: KeyMaterial, tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    flag = ("--private-key-passphrase-file", str(tmp_path / "passphrase"))
    shown = inspect("certificate-only.p12", *flag, cwd=material.directory)
    assert CERTIFICATE in shown
    assert RSA not in shown


@pytest.mark.parametrize(
    ("paste", "form"),
    [
        (lambda pem: pem.replace("\n", "\r\n"), "PEM"),
        (lambda pem: pem.replace("\n", " "), "PEM with changed line breaks"),
        (lambda pem: pem.replace("\n", "\\n"), "PEM with changed line breaks"),
        (lambda pem: base64.b64encode(pem.encode()).decode(), "base64 of PEM"),
        (lambda pem: "".join(pem.splitlines()[1:-1]), "base64 of binary (DER)"),
    ],
    ids=["crlf", "spaces", "escaped", "base64", "body"],
)
def test_a_pasted_secret_is_identified(material: KeyMaterial, paste: object, form: str) -> None:
    assert callable(paste)
    shown = inspect("-", cwd=material.directory, stdin=paste(material.text("pkcs8.pem")))
    assert shown.startswith(f"standard input: {form}")
    assert f"  {RSA}\n    Key fingerprint        {material.fingerprint}\n" in shown


def test_matching_files_are_reported(material: KeyMaterial) -> None:
    shown = inspect("pkcs8.pem", "server.crt", "public.pem", "other.pem", cwd=material.directory)
    assert "Match: pkcs8.pem, server.crt, public.pem\n" in shown
    assert "Matches no other file: other.pem\n" in shown


def test_no_secret_is_printed(material: KeyMaterial) -> None:
    names = [path.name for path in material.directory.iterdir() if path.suffix in {".pem", ".der", ".p12"}]
    done = sfjwt("inspect", *names, cwd=material.directory)
    lines = [
        line for path in material.directory.glob("*.pem") for line in path.read_text().splitlines() if len(line) > 40
    ]
    assert lines
    assert not [line for line in lines if line in done.stdout + done.stderr]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("${{ secrets.SF_PRIVATE_KEY }}", "variable's name"),
        ("/home/ci/server.key", "path of a file"),
        ("PuTTY-User-Key-File-3: ssh-rsa", "PuTTY key"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE", "END line"),
        ("correct horse battery staple", "28 bytes."),
        ("", "Empty."),
        (" \n", "Empty."),
    ],
)
def test_other_content_is_not_quoted(tmp_path: Path, content: str, found: str) -> None:
    (tmp_path / "file").write_text(content)
    done = sfjwt("inspect", "file", cwd=tmp_path)
    assert done.returncode == 2
    assert found in done.stdout
    assert not content or content not in done.stdout


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = sfjwt("inspect", "none.key", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "none.key: Can't be read: No such file or directory.\n")


def test_a_damaged_block_is_reported(tmp_path: Path, material: KeyMaterial) -> None:
    damaged = re.sub("[A-Z]", "a", material.text("server.crt").splitlines()[5])
    text = "\n".join([*material.text("server.crt").splitlines()[:5], damaged, "-----END CERTIFICATE-----"])
    (tmp_path / "server.crt").write_text(text)
    assert "unreadable PEM block “CERTIFICATE”" in inspect("server.crt", cwd=tmp_path)


def test_a_java_keystore_is_identified(tmp_path: Path) -> None:
    if shutil.which("keytool") is None:
        (tmp_path / "server.jks").write_bytes(b"\xfe\xed\xfe\xed\x00\x00\x00\x02" + bytes(40))
    else:
        command = (
            "keytool -genkeypair -keyalg RSA -alias a -dname CN=a -storetype JKS -storepass changeit -keypass changeit"
        )
        subprocess.run([*command.split(), "-keystore", "server.jks"], cwd=tmp_path, capture_output=True, check=True)
    assert "Java keystore (JKS)" in inspect("server.jks", cwd=tmp_path)


def test_other_der_files_are_identified(tmp_path: Path) -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    request = x509.CertificateSigningRequestBuilder(name).sign(curve, hashes.SHA256())
    public = curve.public_key().public_bytes(s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo)
    private = curve.private_bytes(s.Encoding.DER, s.PrivateFormat.PKCS8, s.NoEncryption())
    for file, content, found in (
        (
            "x.csr",
            request.public_bytes(s.Encoding.DER),
            "certificate request for the EC (Salesforce requires RSA",
        ),
        ("x.pub", public, "EC (Salesforce requires RSA) public key"),
        ("x.key", private, "an elliptic-curve key"),
        ("x.der", b"\x30\x03\x02\x01\x80", "unknown binary data (DER)"),
    ):
        (tmp_path / file).write_bytes(content)
        assert found in inspect(file, cwd=tmp_path)
    assert "Match: x.csr, x.pub" in inspect("x.csr", "x.pub", cwd=tmp_path)


def test_a_block_of_another_kind_is_named(tmp_path: Path) -> None:
    (tmp_path / "dh.pem").write_text("-----BEGIN DH PARAMETERS-----\nMAMCAQA=\n-----END DH PARAMETERS-----\n")
    assert "unreadable PEM block “DH PARAMETERS”" in inspect("dh.pem", cwd=tmp_path)


def test_a_certificate_that_is_too_long_for_salesforce_is_reported(tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    names = x509.SubjectAlternativeName([x509.DNSName(f"{number:040}.example") for number in range(100)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now).add_extension(names, critical=False)
    (tmp_path / "x.crt").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(s.Encoding.PEM))
    assert re.search(r"size +\d{4} bytes. Salesforce accepts at most 4096", inspect("x.crt", cwd=tmp_path))


def test_validity_is_reported(tmp_path: Path) -> None:
    for year in (2020, 2090):
        made = new_credentials("x", key_size=2048, days=31, now=datetime(year, 1, 1, tzinfo=UTC))
        (tmp_path / f"{year}.crt").write_bytes(made.certificate_pem)
    shown = inspect("2020.crt", "2090.crt", cwd=tmp_path)
    assert "from 2020-01-01, expired on 2020-02-01" in shown
    assert "isn't valid until 2090-01-01" in shown


def test_a_name_in_a_certificate_stays_on_its_line(tmp_path: Path) -> None:
    made = new_credentials("x\n::error::\x1b[2J", key_size=2048, days=31, now=datetime.now(UTC))
    (tmp_path / "x.crt").write_bytes(made.certificate_pem)
    assert "certificate of CN=x ::error:: [2J for RSA 2048-bit key" in inspect("x.crt", cwd=tmp_path)


def test_binary_content_is_counted_in_bytes(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    done = sfjwt("inspect", "logo.png", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == "logo.png: No key or certificate in 16 bytes.\n"


def test_a_name_in_a_certificate_is_not_an_azure_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = new_credentials("##vso[task.setvariable]", key_size=2048, days=31, now=datetime.now(UTC))
    (tmp_path / "x.crt").write_bytes(made.certificate_pem)
    monkeypatch.setenv("TF_BUILD", "True")
    done = sfjwt("inspect", "x.crt", cwd=tmp_path)
    assert "# #vso[task.setvariable]" in done.stdout
    assert "##vso" not in done.stdout
