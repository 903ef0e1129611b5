"""A whole login with every kind of key that people paste, valid or not. No part of the key is printed or written."""

import ssl

import pytest
from faults.faulty_server import faulty_server, granted
from faults.harness import Step, assert_no_secrets
from key_material import PASSPHRASE, KeyMaterial
from unit.signing.test_private_key import REFUSED, SHAPES


@pytest.mark.parametrize("shape", SHAPES)
def test_a_key_in_every_shape_logs_in(shape: str, step: Step, trusted: ssl.SSLContext, material: KeyMaterial) -> None:
    with faulty_server(trusted, granted()) as server:
        outcome = step.login(server.url, private_key=SHAPES[shape](material), private_key_passphrase=PASSPHRASE)
    assert outcome.exit_code == 0, outcome.log
    assert_no_secrets(outcome, material, server)


@pytest.mark.parametrize("case", REFUSED)
def test_other_values_are_invalid_input(case: str, step: Step, material: KeyMaterial) -> None:
    make, passphrase, expected = REFUSED[case]
    pasted = make(material)
    outcome = step.login("production", private_key=pasted, private_key_passphrase=passphrase)
    assert outcome.exit_code == 2
    assert expected in outcome.error
    assert not outcome.published
    assert_no_secrets(outcome, material)
    written = outcome.log + outcome.files["GITHUB_STEP_SUMMARY"]
    assert [line for line in pasted.splitlines() if len(line) > 40 and line in written] == []
