"""docs/kms-runs.md shows what logins print, and no secret."""

import kms_runs
import pytest
from kms.issuer import Issuer
from kms.openbao import OpenBao
from kms.signing_key import SigningKey
from reports import Step


def test_the_page_shows_what_logins_print() -> None:
    stale = kms_runs.PAGE.read_text(encoding="utf-8") != kms_runs.page()
    assert not stale, "docs/kms-runs.md is stale; renew it: make docs"


@pytest.mark.parametrize("place", ["log", "outputs", "summary"])
def test_a_secret_is_found(place: str, openbao: OpenBao) -> None:
    secrets = ("hunter2", SigningKey().private_pem, Issuer().token(), openbao.make_token("default"))
    for secret in secrets:
        shown = {"log": "", "outputs": "access-token<<D\nx\nD\n", "summary": ""}
        shown[place] += f"scope<<D\n{secret}\nD\n" if place == "outputs" else f"before {secret} after"
        assert kms_runs.secrets_in(Step(**shown), ["hunter2"]) == 1


def test_what_masks_a_secret_and_the_masked_output_show_none() -> None:
    step = Step("::add-mask::hunter2\n", "access-token<<D\nhunter2\nD\n", "")
    assert kms_runs.secrets_in(step, ["hunter2"]) == 0
