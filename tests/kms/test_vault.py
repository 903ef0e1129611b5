"""Logins with keys in the transit engine of a real OpenBao."""

import jwt
import pytest
from kms.harness import Job
from kms.issuer import DEFAULT_AUDIENCE, SUBJECT, Issuer
from kms.openbao import ROOT_TOKEN, OpenBao

from sfjwt_action.signing.signer import public_key_fingerprint

SIGN_ONLY_THIS = (("transit/keys/ci", "read"), ("transit/sign/ci/sha2-256", "update"))


@pytest.fixture(scope="module")
def bao(openbao: OpenBao, issuer: Issuer) -> OpenBao:
    """Keys, a policy for one of them, and a role for the job's OIDC token."""
    openbao.make_key("ci")
    openbao.make_key("next", "rsa-3072")
    openbao.make_key("curve", "ecdsa-p256")
    openbao.allow("sign-ci", *SIGN_ONLY_THIS)
    openbao.allow("read-ci", SIGN_ONLY_THIS[0])
    openbao.write("auth/jwt/config", jwt_validation_pubkeys=issuer.public_pem, bound_issuer=issuer.url)
    openbao.write("sys/auth/jwt-of-nobody", type="jwt")
    role = {"role_type": "jwt", "user_claim": "sub", "policies": "sign-ci", "bound_audiences": [DEFAULT_AUDIENCE]}
    openbao.write("auth/jwt/role/ci", **role, bound_subject=SUBJECT)
    openbao.write("auth/jwt/role/another-repository", **role, bound_subject="repo:acme/other:ref:refs/heads/main")
    return openbao


@pytest.fixture
def environ(bao: OpenBao, job: Job) -> dict[str, str]:
    job.secrets.append(ROOT_TOKEN)
    return {"VAULT_ADDR": bao.url, "VAULT_TOKEN": ROOT_TOKEN, "VAULT_CACERT": str(bao.ca_file)}


@pytest.mark.parametrize("scheme", ["hashivault", "openbao"])
def test_logs_in_with_a_token_that_can_sign_with_one_key_only(
    scheme: str, bao: OpenBao, job: Job, environ: dict[str, str]
) -> None:
    token = bao.make_token("sign-ci")
    job.secrets.append(token)
    key = bao.public_key("ci")
    login = job.login(f"{scheme}://ci", environ | {"VAULT_TOKEN": token}, key)
    assert login.exit_code == 0, login.err
    assert login.outputs["username"] == "ci@acme.example"
    assert public_key_fingerprint(key) in login.said


def test_a_pasted_token_can_end_with_a_line_break(bao: OpenBao, job: Job, environ: dict[str, str]) -> None:
    pasted = environ | {"VAULT_TOKEN": f"{ROOT_TOKEN}\n"}
    assert job.login("hashivault://ci", pasted, bao.public_key("ci")).exit_code == 0


@pytest.mark.parametrize("token", ["hvs.caf\u00e9", "hvs.a\nhvs.b"])
def test_a_token_that_no_header_can_hold_is_bad_input(token: str, job: Job, environ: dict[str, str]) -> None:
    job.secrets.append(token)
    assert job.login("hashivault://ci", environ | {"VAULT_TOKEN": token}).exit_code == 2


def test_logs_in_with_the_jobs_oidc_token(bao: OpenBao, job: Job, issuer: Issuer) -> None:
    environ = {"BAO_ADDR": bao.url, "BAO_CACERT": str(bao.ca_file), "BAO_JWT_ROLE": "ci", **issuer.environ}
    login = job.login("openbao://ci", environ, bao.public_key("ci"))
    assert login.exit_code == 0, login.err
    assert not [secret for secret in (issuer.request_token, *issuer.issued) if secret in login.out + login.err]


def test_a_token_of_another_server_is_not_sent_to_openbao(bao: OpenBao, job: Job, issuer: Issuer) -> None:
    environ = {"BAO_ADDR": bao.url, "BAO_CACERT": str(bao.ca_file), "BAO_JWT_ROLE": "ci", **issuer.environ}
    login = job.login("openbao://ci", environ | {"VAULT_TOKEN": "hvs.of-another-server"}, bao.public_key("ci"))
    assert login.exit_code == 0, login.err


def test_a_login_gets_one_token(bao: OpenBao, job: Job, issuer: Issuer) -> None:
    environ = {"BAO_ADDR": bao.url, "BAO_CACERT": str(bao.ca_file), "BAO_JWT_ROLE": "ci", **issuer.environ}
    before = len(issuer.issued)
    assert job.login("openbao://ci", environ, bao.public_key("ci")).exit_code == 0
    assert len(issuer.issued) - before == 1


def test_logs_in_with_gitlabs_id_token(bao: OpenBao, job: Job, issuer: Issuer) -> None:
    job.secrets.append(token := issuer.token())
    environ = {"VAULT_ADDR": bao.url, "VAULT_CACERT": str(bao.ca_file), "VAULT_JWT_ROLE": "ci", "VAULT_ID_TOKEN": token}
    assert job.login("hashivault://ci", environ, bao.public_key("ci")).exit_code == 0


def test_the_next_key_is_tried_as_with_private_keys(bao: OpenBao, job: Job, environ: dict[str, str]) -> None:
    login = job.login("hashivault://next\nhashivault://ci", environ, bao.public_key("ci"))
    assert login.exit_code == 0, login.err
    assert f"key fingerprint {public_key_fingerprint(bao.public_key('next'))}" in login.said


def test_the_mount_is_configurable(bao: OpenBao, job: Job, environ: dict[str, str]) -> None:
    bao.write("sys/mounts/keys/salesforce", type="transit")
    bao.write("keys/salesforce/keys/ci", type="rsa-2048")
    login = job.login("hashivault://ci", environ | {"TRANSIT_SECRET_ENGINE_PATH": "keys/salesforce/"})
    assert login.exit_code == 3  # it signs, and the org doesn't trust this key


def test_the_latest_version_signs(bao: OpenBao, job: Job, environ: dict[str, str]) -> None:
    bao.make_key("rotated")
    bao.write("transit/keys/rotated/rotate")
    assert job.login("hashivault://rotated", environ, bao.public_key("rotated", 2)).exit_code == 0


REFUSED = {
    "no credentials": ({"VAULT_TOKEN": ""}, "hashivault://ci", "VAULT_JWT_ROLE"),
    "no address": ({"VAULT_ADDR": ""}, "hashivault://ci", "VAULT_ADDR isn't set"),
    "an address without TLS": ({"VAULT_ADDR": "http://vault.example:8200"}, "hashivault://ci", "unencrypted"),
    "an address that is none": ({"VAULT_ADDR": "vault.example"}, "hashivault://ci", "VAULT_ADDR isn't a URL"),
    "a wrong token": ({"VAULT_TOKEN": "s.wrong"}, "hashivault://ci", "permission denied"),
    "no such key": ({}, "hashivault://none", "vault list transit/keys"),
    "an elliptic curve": ({}, "hashivault://curve", "ecdsa-p256"),
    "no such mount": ({"TRANSIT_SECRET_ENGINE_PATH": "none"}, "hashivault://ci", "TRANSIT_SECRET_ENGINE_PATH"),
    "no path of a mount": ({"TRANSIT_SECRET_ENGINE_PATH": "a b"}, "hashivault://ci", "TRANSIT_SECRET_ENGINE_PATH"),
    "no such namespace": ({"VAULT_NAMESPACE": "none"}, "hashivault://ci", "VAULT_NAMESPACE"),
    "no such role": ({"VAULT_TOKEN": "", "VAULT_JWT_ROLE": "none"}, "hashivault://ci", "VAULT_JWT_ROLE"),
    "a role of another repository": (
        {"VAULT_TOKEN": "", "VAULT_JWT_ROLE": "another-repository"},
        "hashivault://ci",
        "bound_subject",
    ),
    "an auth method that isn't configured": (
        {"VAULT_TOKEN": "", "VAULT_JWT_ROLE": "ci", "VAULT_JWT_PATH": "jwt-of-nobody"},
        "hashivault://ci",
        "`auth/jwt/config`",
    ),
    "no CA file": ({"VAULT_CACERT": "/nowhere/ca.pem"}, "hashivault://ci", "VAULT_CACERT"),
}


@pytest.mark.parametrize("state", REFUSED)
def test_what_is_wrong_is_bad_input(state: str, job: Job, environ: dict[str, str], issuer: Issuer) -> None:
    changes, kms_key, named = REFUSED[state]
    login = job.login(kms_key, environ | issuer.environ | changes)
    assert (login.exit_code, login.out) == (2, ""), login.err
    assert "kms-key: " in login.said
    assert named in login.said


def test_an_expired_oidc_token_is_bad_input(job: Job, environ: dict[str, str], issuer: Issuer) -> None:
    environ |= {"VAULT_TOKEN": "", "VAULT_JWT_ROLE": "ci", "VAULT_ID_TOKEN": issuer.token(age=3600)}
    login = job.login("hashivault://ci", environ)
    assert login.exit_code == 2
    assert "a new OIDC token" in login.said


def test_a_used_up_quota_is_transient(bao: OpenBao, job: Job, environ: dict[str, str]) -> None:
    assert bao.call("POST", "sys/quotas/rate-limit/ci", {"rate": 0.001, "path": "transit"}).ok
    try:
        login = job.login("hashivault://ci", environ)
    finally:
        bao.call("DELETE", "sys/quotas/rate-limit/ci")
    assert (login.exit_code, len(job.waits)) == (4, 1)
    assert "429" in login.err
    assert "rate-limit" in login.said


def test_an_oidc_token_needs_the_permission(job: Job, environ: dict[str, str]) -> None:
    login = job.login("hashivault://ci", environ | {"VAULT_TOKEN": "", "VAULT_JWT_ROLE": "ci"})
    assert login.exit_code == 2
    assert "permissions: id-token: write" in login.said


def test_a_refusal_to_sign_is_bad_input(bao: OpenBao, job: Job, environ: dict[str, str]) -> None:
    token = bao.make_token("read-ci")
    job.secrets.append(token)
    login = job.login("hashivault://ci", environ | {"VAULT_TOKEN": token}, bao.public_key("ci"))
    assert (login.exit_code, login.out) == (2, "")
    assert "transit/sign/KEY/sha2-256" in login.said


def test_a_sealed_server_is_unreachable(bao: OpenBao, job: Job, environ: dict[str, str]) -> None:
    bao.write("sys/seal")
    try:
        login = job.login("hashivault://ci", environ)
    finally:
        bao.write("sys/unseal", key=bao.unseal_key)
    assert (login.exit_code, len(job.waits)) == (4, 1)
    assert "503" in login.err
    assert "Unseal Vault" in login.said


def test_an_untrusted_server_is_unreachable(job: Job, environ: dict[str, str]) -> None:
    login = job.login("hashivault://ci", environ | {"VAULT_CACERT": ""})
    assert login.exit_code == 4
    assert "`ca-certificates`" in login.said


def test_the_doctor_says_what_works(bao: OpenBao, job: Job, environ: dict[str, str]) -> None:
    examined = job.run(["doctor", "--json"], "hashivault://ci", environ, bao.public_key("ci"))
    assert examined.exit_code == 0, examined.out
    statuses = {name: check["status"] for name, check in examined.checks.items() if name.startswith("KMS")}
    assert statuses == {"KMS credentials": "ok", "KMS key": "ok", "KMS signature": "ok"}
    assert public_key_fingerprint(bao.public_key("ci")) in examined.checks["KMS key"]["finding"]


def test_the_doctor_says_that_signing_is_denied(bao: OpenBao, job: Job, environ: dict[str, str]) -> None:
    environ["VAULT_TOKEN"] = bao.make_token("read-ci")
    examined = job.run(["doctor", "--json"], "hashivault://ci", environ, bao.public_key("ci"))
    assert examined.exit_code == 2
    assert examined.checks["KMS signature"]["status"] == "fail"
    assert "transit/sign/KEY/sha2-256" in examined.checks["KMS signature"]["remedy"]


def test_an_assertion_is_signed(bao: OpenBao, job: Job, environ: dict[str, str]) -> None:
    signed = job.run(["assertion"], "hashivault://ci", environ)
    assert signed.exit_code == 0, signed.err
    claims = jwt.decode(signed.out, bao.public_key("ci"), ["RS256"], audience=job.server.url)
    assert claims["sub"] == "ci@acme.example"
