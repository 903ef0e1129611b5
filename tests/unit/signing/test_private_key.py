"""Private keys in the shapes in which people paste them, and other values that they paste instead.

openssl or ssh-keygen created every key here, and openssl the fingerprints.
"""

import base64
import json
import re
import shutil
import subprocess
import textwrap
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from key_material import PASSPHRASE, KeyMaterial
from support import unavailable

from sfjwt_action.inputs.problems import InvalidValue
from sfjwt_action.signing.private_key import load_private_keys

Make = Callable[[KeyMaterial], str]


def b64(data: bytes | str, width: int = 0) -> str:
    text = base64.b64encode(data.encode() if isinstance(data, str) else data).decode()
    return "\n".join(textwrap.wrap(text, width)) if width else text


def lines_joined(text: str, between: str) -> str:
    return between.join(text.splitlines())


SHAPES: dict[str, Make] = {
    "PKCS#8": lambda m: m.text("pkcs8.pem"),
    "PKCS#1": lambda m: m.text("pkcs1.pem"),
    "OpenSSH": lambda m: m.text("openssh.pem"),
    "PKCS#8, AES, passphrase": lambda m: m.text("pkcs8-aes.pem"),
    "PKCS#8, 3DES, passphrase": lambda m: m.text("pkcs8-3des.pem"),
    "PKCS#1, AES, passphrase": lambda m: m.text("pkcs1-aes.pem"),
    "PKCS#1, 3DES, passphrase": lambda m: m.text("pkcs1-3des.pem"),
    "no line break at the end": lambda m: m.text("pkcs8.pem").rstrip(),
    "CRLF": lambda m: lines_joined(m.text("pkcs8.pem"), "\r\n"),
    "CR": lambda m: lines_joined(m.text("pkcs8.pem"), "\r"),
    r"literal \n": lambda m: lines_joined(m.text("pkcs8.pem"), r"\n"),
    r"literal \r\n": lambda m: lines_joined(m.text("pkcs8.pem"), r"\r\n"),
    r"literal \\n": lambda m: lines_joined(m.text("pkcs8.pem"), r"\\n"),
    r"literal \n, PKCS#1, AES": lambda m: lines_joined(m.text("pkcs1-aes.pem"), r"\n"),
    "percent-encoded line breaks": lambda m: lines_joined(m.text("pkcs8.pem"), "%0A"),
    r"\u000a, as JSON may have it": lambda m: lines_joined(m.text("pkcs8.pem"), r"\u000a"),
    "spaces for line breaks": lambda m: lines_joined(m.text("pkcs8.pem"), " "),
    "spaces for line breaks, PKCS#1, AES": lambda m: lines_joined(m.text("pkcs1-aes.pem"), " "),
    "no line breaks": lambda m: lines_joined(m.text("pkcs1.pem"), ""),
    "no white space at all": lambda m: re.sub(r"\s", "", m.text("pkcs1.pem")),
    "no white space at all, encrypted": lambda m: re.sub(r"\s", "", m.text("pkcs8-aes.pem")),
    "OpenSSH, spaces for line breaks": lambda m: lines_joined(m.text("openssh.pem"), " "),
    "tabs for line breaks": lambda m: lines_joined(m.text("pkcs8.pem"), "\t"),
    "indented, as in YAML": lambda m: textwrap.indent(m.text("pkcs8.pem"), "    "),
    "blank lines between": lambda m: lines_joined(m.text("pkcs8.pem"), "\n\n"),
    "double quotes": lambda m: f'"{m.text("pkcs8.pem")}"',
    "single quotes": lambda m: f"'{m.text('pkcs8.pem')}'",
    "a JSON string": lambda m: json.dumps(m.text("pkcs8.pem")),
    "a JSON object, as of a service account": lambda m: json.dumps({"private_key": m.text("pkcs8.pem")}),
    "a JSON string in a JSON string": lambda m: json.dumps(json.dumps(m.text("pkcs8.pem"))),
    "every line quoted": lambda m: "\n".join(f'"{line}\\n"' for line in m.text("pkcs8.pem").splitlines()),
    "byte order mark": lambda m: "\ufeff" + m.text("pkcs8.pem"),
    "text around": lambda m: f"Our key:\n\n{m.text('pkcs8.pem')}\n-- \nThe release team",
    "bag attributes and a certificate, as of openssl pkcs12": lambda m: m.text("bags.pem"),
    "the certificate first": lambda m: m.text("server.crt") + m.text("pkcs8.pem"),
    "long dashes of a word processor": lambda m: m.text("pkcs8.pem").replace("-----", "\N{EM DASH}\N{EN DASH}-"),
    "base64 of PEM": lambda m: b64(m.text("pkcs8.pem")),
    "base64 of PEM, wrapped at 76": lambda m: b64(m.text("pkcs8.pem"), 76),
    "base64 of PEM, wrapped, CRLF": lambda m: lines_joined(b64(m.text("pkcs8.pem"), 64), "\r\n"),
    "base64 of PEM, spaces for line breaks": lambda m: lines_joined(b64(m.text("pkcs8.pem"), 76), " "),
    "base64 of PEM, quoted": lambda m: f'"{b64(m.text("pkcs8.pem"))}"',
    "base64 of PEM without its padding": lambda m: b64(m.text("pkcs8.pem") + "\n").rstrip("="),
    "base64 of PEM with CRLF": lambda m: b64(lines_joined(m.text("pkcs8.pem"), "\r\n")),
    r"base64 of PEM with literal \n": lambda m: b64(lines_joined(m.text("pkcs8.pem"), r"\n")),
    "base64 of PEM with a byte order mark": lambda m: b64("\ufeff" + m.text("pkcs8.pem")),
    "base64 of PEM in UTF-16, as of PowerShell": lambda m: b64(m.text("pkcs8.pem").encode("utf-16")),
    "base64 of PEM in UTF-16 without a byte order mark": lambda m: b64(m.text("pkcs8.pem").encode("utf-16-le")),
    "non-breaking and zero-width spaces": lambda m: lines_joined(m.text("pkcs8.pem"), "\u200b\u00a0\ufeff"),
    "URL-encoded": lambda m: quote(m.text("pkcs8.pem"), safe=""),
    "a data URI": lambda m: f"data:application/x-pem-file;base64,{b64(m.text('pkcs8.pem'))}",
    "certutil -encode": lambda m: (
        f"-----BEGIN CERTIFICATE-----\r\n{b64(m.text('pkcs8.pem'), 64)}\r\n-----END CERTIFICATE-----\r\n"
    ),
    "base64url of PEM": lambda m: base64.urlsafe_b64encode(m.data("pkcs8.pem")).decode(),
    "base64 of encrypted PEM": lambda m: b64(m.text("pkcs1-aes.pem")),
    "base64 of OpenSSH": lambda m: b64(m.text("openssh.pem")),
    "base64 of DER, PKCS#8": lambda m: b64(m.data("pkcs8.der")),
    "base64 of DER, PKCS#1": lambda m: b64(m.data("pkcs1.der"), 64),
    "base64 of DER, encrypted": lambda m: b64(m.data("pkcs8-aes.der")),
    "base64url of DER": lambda m: base64.urlsafe_b64encode(m.data("pkcs8.der")).decode(),
    "PEM without its BEGIN and END lines": lambda m: "\n".join(m.text("pkcs8.pem").splitlines()[1:-1]),
    "base64 of PKCS#12": lambda m: b64(m.data("server.p12")),
    "base64 of PKCS#12, wrapped": lambda m: b64(m.data("server.p12"), 64),
    "base64 of PKCS#12, legacy encryption": lambda m: b64(m.data("server-legacy.p12")),
    "the same key twice": lambda m: m.text("pkcs8.pem") + m.text("pkcs1.pem"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_key_is_read_in_every_shape(shape: str, material: KeyMaterial) -> None:
    keys = load_private_keys(SHAPES[shape](material), PASSPHRASE)
    assert [key.fingerprint for key in keys] == [material.fingerprint]


def test_at_least_40_shapes_are_tested() -> None:
    assert len(SHAPES) >= 40


@pytest.mark.parametrize("number", ["modulus", "publicExponent"])
def test_a_key_with_a_changed_number_is_invalid(number: str, material: KeyMaterial) -> None:
    der = bytearray(material.data("pkcs1.der"))
    # RFC 8017, A.1.2: after the header and the version come the modulus, of 257 bytes, and the exponent, 65537.
    place = {"modulus": 100, "publicExponent": der.index(b"\x02\x03\x01\x00\x01") + 3}[number]
    der[place] ^= 2
    pem = f"-----BEGIN RSA PRIVATE KEY-----\n{b64(bytes(der), 64)}\n-----END RSA PRIVATE KEY-----"
    with pytest.raises(InvalidValue, match="part of it is missing"):
        load_private_keys(pem)


def test_an_unencrypted_pkcs12_needs_no_passphrase(material: KeyMaterial) -> None:
    (key,) = load_private_keys(b64(material.data("server-open.p12")))
    assert (key.fingerprint, key.public_key.key_size) == (material.fingerprint, 2048)


SEVERAL: dict[str, Make] = {
    "PEM after PEM": lambda m: m.text("pkcs8.pem") + m.text("other.pem"),
    "PEM after PEM without line breaks": lambda m: lines_joined(m.text("pkcs8.pem") + m.text("other.pem"), ""),
    r"PEM after PEM, literal \n": lambda m: lines_joined(m.text("pkcs8.pem") + m.text("other.pem"), r"\n"),
    "base64 of both": lambda m: b64(m.text("pkcs8.pem") + m.text("other.pem")),
    "base64 of each, a line each": lambda m: f"{b64(m.text('pkcs8.pem'))}\n{b64(m.text('other.pem') + ' ')}",
    "base64 of each, a blank line between": lambda m: f"{b64(m.data('pkcs8.der'), 64)}\n\n{b64(m.data('other.der'))}",
}


@pytest.mark.parametrize("shape", SEVERAL)
def test_several_keys_keep_their_order(shape: str, material: KeyMaterial) -> None:
    keys = load_private_keys(SEVERAL[shape](material))
    assert [key.fingerprint for key in keys] == [material.fingerprint, material.other_fingerprint]


REFUSED: dict[str, tuple[Make, str, str]] = {
    "a certificate": (lambda m: m.text("server.crt"), "", "is a certificate"),
    "a certificate in base64": (lambda m: b64(m.text("server.crt")), "", "is a certificate"),
    "a certificate in DER": (lambda m: b64(m.data("server-crt.der")), "", "is a certificate"),
    "a PKCS#7 bundle": (lambda m: m.text("certificates.p7b"), "", "is a certificate"),
    "a certificate request": (lambda m: m.text("request.csr"), "", "is a certificate request"),
    "a public key": (lambda m: m.text("public.pem"), "", "is a public key"),
    "a public key, PKCS#1": (lambda m: m.text("public-pkcs1.pem"), "", "is a public key"),
    "a public key in DER": (lambda m: b64(m.data("public.der")), "", "is a public key"),
    "a public key of OpenSSH": (lambda m: m.text("id_rsa.pub"), "", "OpenSSH public key"),
    "an EC key": (lambda m: m.text("ec.pem"), "", "elliptic-curve"),
    "an EC key, PKCS#8": (lambda m: m.text("ec-pkcs8.pem"), "", "elliptic-curve"),
    "an Ed25519 key": (lambda m: m.text("ed25519.pem"), "", "Ed25519"),
    "an Ed25519 key of OpenSSH": (lambda m: m.text("ed25519-openssh.pem"), "", "Ed25519"),
    "a DSA key": (lambda m: m.text("dsa.pem"), "", "DSA"),
    "RSA of 1024 bits": (lambda m: m.text("rsa1024.pem"), "", "1024 bits"),
    "encrypted, no passphrase": (lambda m: m.text("pkcs8-aes.pem"), "", "The key is encrypted."),
    "encrypted PKCS#1, no passphrase": (lambda m: m.text("pkcs1-aes.pem"), "", "The key is encrypted."),
    "encrypted DER, no passphrase": (lambda m: b64(m.data("pkcs8-aes.der")), "", "The key is encrypted."),
    "PKCS#12, no passphrase": (lambda m: b64(m.data("server.p12")), "", "The key is encrypted."),
    "encrypted, wrong passphrase": (lambda m: m.text("pkcs8-aes.pem"), "wrong", "private-key-passphrase"),
    "encrypted PKCS#1, wrong passphrase": (
        lambda m: m.text("pkcs1-aes.pem"),
        "wrong",
        "private-key-passphrase",
    ),
    "PKCS#12, wrong passphrase": (lambda m: b64(m.data("server.p12")), "wrong", "private-key-passphrase"),
    "PKCS#12 without a key": (lambda m: b64(m.data("certificate-only.p12")), PASSPHRASE, "no private key"),
    "encrypted OpenSSH": (lambda m: m.text("openssh-encrypted.pem"), PASSPHRASE, "ssh-keygen -p -m PEM"),
    "a Java keystore": (lambda _: b64(b"\xfe\xed\xfe\xed\x00\x00\x00\x02"), "", "keytool -importkeystore"),
    "a PuTTY key": (lambda _: "PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n", "", "puttygen"),
    "a file's path": (lambda _: "/home/ci/keys/server.key", "", "path of a file"),
    "a file's name": (lambda _: "server.key\n", "", "path of a file"),
    "a path of Windows": (lambda _: r"C:\keys\server.key", "", "path of a file"),
    "an expression": (lambda _: "${{ secrets.SF_PRIVATE_KEY }}", "", "variable's name"),
    "a variable": (lambda _: "$SF_PRIVATE_KEY", "", "variable's name"),
    "a variable in braces": (lambda _: "${SF_PRIVATE_KEY}", "", "variable's name"),
    "a variable of Azure": (lambda _: "$(SF_PRIVATE_KEY)", "", "variable's name"),
    "a variable of Windows": (lambda _: "%SF_PRIVATE_KEY%", "", "variable's name"),
    "asterisks": (lambda _: "***", "", "masked value"),
    "cut off": (lambda m: m.text("pkcs8.pem")[:900], "", "END line"),
    "cut off, base64": (lambda m: b64(m.text("pkcs8.pem")[:900]), "", "END line"),
    "the BEGIN line alone": (lambda _: "-----BEGIN PRIVATE KEY-----", "", "END line"),
    "a line is missing": (
        lambda m: "\n".join(m.text("pkcs8.pem").splitlines()[:5] + m.text("pkcs8.pem").splitlines()[6:]),
        "",
        "part of it is missing",
    ),
    "nothing between the lines": (
        lambda _: "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----",
        "",
        "part of it is missing",
    ),
    "another PEM block": (
        lambda _: "-----BEGIN DH PARAMETERS-----\nMIIB\n-----END DH PARAMETERS-----",
        "",
        "DH PARAMETERS",
    ),
    "something else in DER": (lambda _: b64(b"\x30\x03\x02\x01\x05"), "", "base64, but not of a private key"),
    "something else": (lambda _: "3MVG9.not-a-key", "", "15 characters"),
    "one good key and one of 1024 bits": (lambda m: m.text("pkcs8.pem") + m.text("rsa1024.pem"), "", "1024 bits"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_value_that_salesforce_cannot_use_is_named(case: str, material: KeyMaterial) -> None:
    make, passphrase, expected = REFUSED[case]
    with pytest.raises(InvalidValue) as refusal:
        load_private_keys(make(material), passphrase)
    assert expected in str(refusal.value)
    assert refusal.value.found.endswith(".")
    assert refusal.value.remedy.endswith((".", "`."))


def test_each_problem_has_its_own_sentence(material: KeyMaterial) -> None:
    sentences = set()
    for make, passphrase, _ in REFUSED.values():
        with pytest.raises(InvalidValue) as refusal:
            load_private_keys(make(material), passphrase)
        sentences.add(refusal.value.found)
    assert len(sentences) >= 20


WHOLE = ("pkcs8.pem", "pkcs1.pem", "openssh.pem", "pkcs8-aes.pem", "pkcs1-aes.pem")


def with_byte_order_mark(text: str) -> str:
    return f"\ufeff{text}"


# Changes that secret stores, shells and editors make to a text, which must not matter.
HARMLESS: tuple[Callable[[str], str], ...] = (
    lambda text: text.replace("\n", "\r\n"),
    lambda text: text.replace("\n", r"\n"),
    lambda text: text.replace("\n", " "),
    lambda text: text.replace("\n", "\n\n"),
    lambda text: text.replace("\n", " \n\t"),
    lambda text: textwrap.indent(text, "  "),
    lambda text: f'"{text}"',
    lambda text: f"'{text}'",
    json.dumps,
    with_byte_order_mark,
    lambda text: f"\n\n  {text}  \n\n",
    b64,
    lambda text: b64(text, 76),
    lambda text: text.replace("\\", "\\\\"),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(WHOLE), steps=st.lists(st.sampled_from(HARMLESS), max_size=3))
@example(name="pkcs8.pem", steps=[b64, with_byte_order_mark, json.dumps])
def test_changes_by_a_secret_store_do_not_matter(
    name: str, steps: list[Callable[[str], str]], material: KeyMaterial
) -> None:
    text = material.text(name)
    for step in steps:
        text = step(text)
    assert [key.fingerprint for key in load_private_keys(text, PASSPHRASE)] == [material.fingerprint]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(WHOLE), data=st.data())
def test_a_damaged_key_is_read_or_rejected_clearly(name: str, data: st.DataObject, material: KeyMaterial) -> None:
    text = material.text(name)
    start = data.draw(st.integers(0, len(text)), "start")
    end = data.draw(st.integers(start, min(len(text), start + 80)), "end")
    damaged = text[:start] + data.draw(st.text(max_size=20), "instead") + text[end:]
    step = data.draw(st.sampled_from(HARMLESS), "step")
    try:
        said = repr(load_private_keys(step(damaged), PASSPHRASE))
    except InvalidValue as refusal:
        said = str(refusal)
    assert not any(line in said for line in text.splitlines()[1:-1] if line)


@given(text=st.text(), passphrase=st.text(max_size=10))
def test_any_text_is_rejected_clearly(text: str, passphrase: str) -> None:
    with pytest.raises(InvalidValue):
        load_private_keys(text, passphrase)


@pytest.mark.parametrize(
    "text",
    ["-----BEGIN CERTIFICATE-----\n" * 10_000, "-----BEGIN A" + " " * 300_000, "\\" * 300_000],
    ids=["no END", "no end of the label", "no end of the escapes"],
)
def test_parsing_time_is_linear(text: str) -> None:
    with pytest.raises(InvalidValue):  # within pytest's time limit, which quadratic time would exceed
        load_private_keys(text)


def test_a_key_on_an_unknown_curve_is_not_reported_as_encrypted() -> None:
    if shutil.which("openssl") is None:
        unavailable("openssl is not installed")
    key = subprocess.run(
        ["openssl", "ecparam", "-genkey", "-noout", "-name", "sect163k1"], capture_output=True, text=True, check=True
    )
    with pytest.raises(InvalidValue) as refusal:
        load_private_keys(key.stdout)
    assert "encrypted" not in str(refusal.value)
    assert "RSA key" in str(refusal.value)
