from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from faults.harness import Step
from key_material import KeyMaterial

from sfjwt_action.local_org.acme import acme
from sfjwt_action.local_org.model import LocalSalesforce


@pytest.fixture
def step(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    material: KeyMaterial,
    ca: trustme.CA,
) -> Step:
    return Step(monkeypatch, capfd, tmp_path, material, ca.cert_pem.bytes().decode())


@pytest.fixture
def salesforce(material: KeyMaterial) -> LocalSalesforce:
    """Acme's orgs, whose apps trust the steps' key."""
    key = serialization.load_pem_public_key(material.data("public.pem"))
    assert isinstance(key, RSAPublicKey)
    return acme((key,))
