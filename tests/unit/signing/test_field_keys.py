"""Keys and certificates as people reported that they pasted them, and other values that they pasted instead."""

import base64
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from key_material import PASSPHRASE, KeyMaterial, self_signed
from support import unavailable

from sfjwt_action.inputs.parsers import parse_ca_certificates
from sfjwt_action.inputs.problems import InvalidValue
from sfjwt_action.signing.certificate import check_match, load_certificates
from sfjwt_action.signing.private_key import load_private_keys

Make = Callable[[KeyMaterial], str]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def certutil(data: bytes) -> str:
    """Encode a file as `certutil -encode` does on Windows."""
    return f"-----BEGIN CERTIFICATE-----\r\n{base64.encodebytes(data).decode()}-----END CERTIFICATE-----\r\n"


def openssl(*arguments: str, data: bytes = b"") -> bytes:
    try:
        return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout
    except FileNotFoundError:
        unavailable("openssl is not installed")


READ: dict[str, Make] = {
    "certutil -encode of PEM": lambda m: certutil(m.data("pkcs8.pem")),
    "certutil -encode of PKCS#8": lambda m: certutil(m.data("pkcs8.der")),
    "certutil -encode of PKCS#1": lambda m: certutil(m.data("pkcs1.der")),
    "certutil -encode of encrypted PKCS#8": lambda m: certutil(m.data("pkcs8-aes.der")),
    "certutil -encode of PKCS#12": lambda m: certutil(m.data("server.p12")),
    "UTF-16LE in base64, no byte order mark": lambda m: b64(m.text("pkcs8.pem").encode("utf-16-le")),
    "UTF-16BE in base64, no byte order mark": lambda m: b64(m.text("pkcs8.pem").encode("utf-16-be")),
    "non-breaking spaces": lambda m: m.text("pkcs8.pem").replace(" ", "\N{NO-BREAK SPACE}"),
    "narrow spaces": lambda m: m.text("pkcs8.pem").replace(" ", "\N{NARROW NO-BREAK SPACE}"),
    "zero-width spaces": lambda m: m.text("pkcs8.pem").replace("\n", "\N{ZERO WIDTH SPACE}\n"),
    "a zero-width space in the label": lambda m: m.text("pkcs8.pem").replace("PRIVATE", "PRI\N{ZERO WIDTH SPACE}VATE"),
    "a soft hyphen in base64": lambda m: "\N{SOFT HYPHEN}".join(b64(m.data("pkcs8.pem"))),
    "URL-encoded": lambda m: quote(m.text("pkcs8.pem"), safe=""),
    "form-encoded": lambda m: quote_plus(m.text("pkcs8.pem")),
    "URL-encoded base64": lambda m: quote(b64(m.data("pkcs8.pem")), safe=""),
    "a data URL": lambda m: f"data:application/x-pem-file;base64,{b64(m.data('pkcs8.pem'))}",
    "a data URL of DER, quoted": lambda m: f'"data:application/octet-stream;base64,{b64(m.data("pkcs8.der"))}"',
}


@pytest.mark.parametrize("shape", READ)
def test_a_key_is_read(shape: str, material: KeyMaterial) -> None:
    keys = load_private_keys(READ[shape](material), PASSPHRASE)
    assert [key.fingerprint for key in keys] == [material.fingerprint]


CONSUMER_SECRET = "0123456789ABCDEF" * 4  # pragma: allowlist secret
NAMED: dict[str, tuple[Make, str]] = {
    "openssl enc, salted": (
        lambda m: openssl(
            *("enc", "-aes-256-cbc", "-pbkdf2", "-base64", "-pass", "pass:x"), data=m.data("pkcs8.pem")
        ).decode(),
        "openssl enc -d",
    ),
    "openssl enc -nosalt": (
        lambda m: openssl(
            *("enc", "-nosalt", "-aes-256-cbc", "-base64", "-K", "00" * 32, "-iv", "00" * 16), data=m.data("pkcs8.pem")
        ).decode(),
        "-nosalt",
    ),
    "sfdx-hardis": (lambda _: f"{'0a' * 16}:{'1b' * 1712}", "sfdx-hardis"),
    "a certificate by certutil": (lambda m: certutil(m.data("server-crt.der")), "is a certificate"),
    "a consumer secret": (lambda _: CONSUMER_SECRET, "consumer secret"),
    "an old consumer secret": (lambda _: "1234567890123456789", "consumer secret"),
    "a fingerprint": (lambda _: f"SHA256:{'x' * 43}", "fingerprint"),
    "a 1Password reference": (lambda _: "op://vault/salesforce/server.key", "1Password"),
    "an ARN of a secret": (lambda _: "arn:aws:secretsmanager:eu-central-1:1:secret:sf", "get-secret-value"),
    "an ARN of a KMS key": (lambda _: "arn:aws:kms:eu-central-1:111122223333:key/x", "awskms:///"),
    "a SOPS value": (lambda _: "ENC[AES256_GCM,data:abcd,iv:x,tag:y,type:str]", "sops decrypt"),
    "an SFDX auth URL": (lambda _: "force://PlatformCLI::5Aep861abc@acme.my.salesforce.com", "SFDX auth URL"),
    "a Java keystore": (lambda _: b64(b"\xfe\xed\xfe\xed\x00\x00\x00\x02"), "-srcalias"),
    "a Java keystore by certutil": (lambda _: certutil(b"\xfe\xed\xfe\xed\x00\x00\x00\x02"), "-srcalias"),
}


@pytest.mark.parametrize("case", NAMED)
def test_other_values_are_named(case: str, material: KeyMaterial) -> None:
    make, expected = NAMED[case]
    value = make(material)
    with pytest.raises(InvalidValue) as error:
        load_private_keys(value)
    assert expected in str(error.value)
    assert value.strip() not in str(error.value)


@pytest.mark.parametrize(("name", "command"), [("server.p12", "openssl pkcs12"), ("pkcs8-aes.der", "openssl pkey")])
def test_a_wrong_passphrase_names_the_command_that_checks_it(name: str, command: str, material: KeyMaterial) -> None:
    with pytest.raises(InvalidValue) as error:
        load_private_keys(b64(material.data(name)), "wrong")
    assert command in error.value.remedy


@pytest.mark.parametrize("order", [["pkcs8.pem", "other.pem"], ["other.pem", "pkcs8.pem"]])
def test_every_key_of_a_pkcs12_is_read(order: list[str], material: KeyMaterial, tmp_path: Path) -> None:
    store = two_keys(order, material, tmp_path)
    keys = load_private_keys(b64(store), PASSPHRASE)
    fingerprints = {"pkcs8.pem": material.fingerprint, "other.pem": material.other_fingerprint}
    assert [key.fingerprint for key in keys] == [fingerprints[name] for name in order]
    with pytest.raises(InvalidValue) as error:
        load_private_keys(b64(store), "wrong")
    assert "openssl pkcs12" in error.value.remedy


def two_keys(order: list[str], material: KeyMaterial, directory: Path) -> bytes:
    """Merge two keystores, as keytool does for a keystore with two entries."""
    stores = []
    for number, name in enumerate(order):
        key, store = material.directory / name, directory / f"{number}.p12"
        openssl("req", "-x509", "-new", "-key", str(key), "-subj", "/CN=x", "-out", f"{store}.crt")
        openssl(
            *("pkcs12", "-export", "-inkey", str(key), "-in", f"{store}.crt", "-name", f"key{number}"),
            *("-passout", f"pass:{PASSPHRASE}", "-out", str(store)),
        )
        stores.append(store)
    merge(*stores)
    return stores[0].read_bytes()


def merge(into: Path, other: Path) -> None:
    command = ["keytool", "-importkeystore", "-noprompt", "-srckeystore", str(other), "-destkeystore", str(into)]
    passwords = ["-srcstorepass", PASSPHRASE, "-deststorepass", PASSPHRASE, "-deststoretype", "pkcs12"]
    try:
        subprocess.run([*command, *passwords], capture_output=True, check=True)
    except FileNotFoundError:
        unavailable("keytool is not installed")


def test_a_chain_with_the_ca_first(material: KeyMaterial) -> None:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415

    ca = self_signed(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    chain = ca.public_bytes(serialization.Encoding.PEM).decode() + material.text("server.crt")
    certificates = load_certificates(chain)
    assert check_match(certificates, load_private_keys(material.text("pkcs8.pem"))).fingerprint == material.fingerprint
    with pytest.raises(InvalidValue):
        check_match(certificates, load_private_keys(material.text("other.pem")))


@pytest.mark.parametrize(
    "make",
    [
        lambda m: m.text("server.crt"),
        lambda m: b64(m.data("server.crt")),
        lambda m: b64(m.data("server-crt.der")),
        lambda m: certutil(m.data("server-crt.der")),
    ],
)
def test_ca_certificates_in_every_encoding(make: Make, material: KeyMaterial) -> None:
    parsed = parse_ca_certificates(make(material))
    assert [one.fingerprint for one in load_certificates(parsed)] == [material.fingerprint]


@pytest.mark.parametrize("text", ["/etc/ssl/ca.pem", b64(b"\x30\x03\x02\x01\x05")])
def test_no_ca_certificate(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_ca_certificates(text)
