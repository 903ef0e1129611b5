import base64
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from key_material import PASSPHRASE, KeyMaterial

from sfjwt_action.inputs.problems import InvalidValue
from sfjwt_action.signing.certificate import Certificate, check_match, load_certificates, validity_warning
from sfjwt_action.signing.private_key import load_private_keys

NOW = datetime(2026, 11, 24, 21, 0, tzinfo=UTC)


@pytest.mark.parametrize("shape", ["PEM", r"PEM with literal \n", "base64 of PEM", "base64 of DER"])
def test_a_certificate_is_read(shape: str, material: KeyMaterial) -> None:
    pem, der = material.text("server.crt"), material.data("server-crt.der")
    text = {
        "PEM": pem,
        r"PEM with literal \n": pem.replace("\n", r"\n"),
        "base64 of PEM": base64.b64encode(pem.encode()).decode(),
        "base64 of DER": base64.b64encode(der).decode(),
    }[shape]
    (certificate,) = load_certificates(text)
    assert certificate.fingerprint == material.fingerprint
    assert (certificate.not_after - certificate.not_before).days == 30


@pytest.mark.parametrize(
    ("name", "expected"),
    [("pkcs8.pem", "a PEM block “PRIVATE KEY”, not a certificate"), ("public.pem", "“PUBLIC KEY”, not a certificate")],
)
def test_an_invalid_certificate(name: str, expected: str, material: KeyMaterial) -> None:
    with pytest.raises(InvalidValue, match=expected):
        load_certificates(material.text(name))


@pytest.mark.parametrize(
    "text", ["server.crt", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "MAMCAQU="]
)
def test_an_unreadable_certificate(text: str) -> None:
    with pytest.raises(InvalidValue, match=r"server\.crt"):
        load_certificates(text)


def test_it_matches_one_of_several_keys(material: KeyMaterial) -> None:
    chain = load_certificates(material.text("server.crt"))
    keys = load_private_keys(material.text("other.pem") + material.text("pkcs8-aes.pem"), PASSPHRASE)
    assert check_match(chain, keys) is chain[0]


def test_a_chain_can_start_with_the_ca(material: KeyMaterial, ca: trustme.CA) -> None:
    chain = load_certificates(ca.cert_pem.bytes().decode() + material.text("server.crt"))
    assert check_match(chain, load_private_keys(material.text("pkcs8.pem"))).fingerprint == material.fingerprint


def test_it_matches_no_key(material: KeyMaterial) -> None:
    chain = load_certificates(material.text("server.crt"))
    with pytest.raises(InvalidValue) as refusal:
        check_match(chain, load_private_keys(material.text("other.pem")))
    assert material.fingerprint in refusal.value.found
    assert material.other_fingerprint in refusal.value.found


def certificate(start: timedelta, end: timedelta) -> Certificate:
    return Certificate("fingerprint", NOW + start, NOW + end)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (31, None),
        (30, None),
        (29, "expires in 29 days (2026-12-23)"),
        (1, "expires in 1 day (2026-11-25)"),
        (0, "expired on 2026-11-24"),
        (-3, "expired on 2026-11-21"),
    ],
)
def test_expiry(days: int, expected: str | None) -> None:
    warning = validity_warning(certificate(timedelta(days=-90), timedelta(days=days)), NOW, within_days=30)
    assert (expected in warning) if warning and expected else warning is expected


def test_not_yet_valid() -> None:
    warning = validity_warning(certificate(timedelta(hours=1), timedelta(days=90)), NOW, within_days=30)
    assert warning is not None
    assert "2026-11-24 22:00 UTC" in warning
