"""Exactly one of `private-key` and `kms-key`, URIs, and what a login with a private key doesn't import."""

import subprocess
import sys

import pytest
from key_material import KeyMaterial
from kms.harness import Job

WRONG = {
    "both kinds of key": ({"private_key": "x"}, "hashivault://ci", "Both `private-key` and `kms-key` are set"),
    "no key": ({}, "", "private-key: "),
    "no URI": ({}, "alias/ci", "isn't the URI of a key"),
    "a scheme that is unknown": ({}, "vault://ci", "isn't the URI of a key"),
    "no name": ({}, "hashivault://", "doesn't name one key"),
    "a path in place of a name": ({}, "openbao://transit/ci", "doesn't name one key"),
    "a variable": ({}, "${{ vars.KMS_KEY }}", "variable's name"),
    "the second of two": ({}, "hashivault://ci\nalias/ci", "Key 2 of 2: "),
}


@pytest.mark.parametrize("state", WRONG)
def test_what_is_wrong_is_bad_input(state: str, job: Job) -> None:
    inputs, kms_key, named = WRONG[state]
    login = job.login(kms_key, {}, **inputs)
    assert login.exit_code == 2
    assert named in login.said


def test_a_private_key_as_kms_key_is_not_quoted(job: Job, material: KeyMaterial) -> None:
    job.secrets += material.text("pkcs8.pem").splitlines()[1:-1]
    login = job.login(material.text("pkcs8.pem"), {})
    assert login.exit_code == 2
    assert "PEM block" in login.said


def test_no_service_is_contacted_if_other_input_is_invalid(job: Job) -> None:
    login = job.login("hashivault://ci", {"VAULT_ADDR": "https://localhost:1"}, username="nobody")
    assert login.exit_code == 2
    assert "username: " in login.said
    assert "kms-key" not in login.said


def test_a_login_with_a_private_key_imports_no_kms_code(material: KeyMaterial) -> None:
    script = """
import sys
from sfjwt_action.cli import run
exit_code = run(["assertion"], {
    "SFJWT_CONSUMER_KEY": "3MVG9", "SFJWT_USERNAME": "ci@acme.example", "SFJWT_PRIVATE_KEY": sys.stdin.read()
})
imported = [name for name in sys.modules if name.startswith(("sfjwt_action.signing.kms", "requests_aws4auth"))]
sys.exit(f"{exit_code} {imported}" if exit_code or imported else 0)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], input=material.text("pkcs8.pem"), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
