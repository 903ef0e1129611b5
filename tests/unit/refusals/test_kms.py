"""The catalog has the errors that services document."""

import pytest

from sfjwt_action.refusals.kms import find_kms_entry
from sfjwt_action.refusals.model import Refusal

SAID = [
    (
        (
            "AWS KMS",
            400,
            "AccessDeniedException",
            "User: arn:aws:sts::1:assumed-role/ci/x is not authorized to perform",
        ),
        "aws-access-denied",
    ),
    (
        ("AWS STS", 403, "AccessDenied", "Not authorized to perform sts:Assume"),
        "aws-role-not-assumed",
    ),
    (("AWS STS", 400, "InvalidIdentityToken", "No OpenIDConnect provider found"), "aws-role-not-assumed"),
    (("AWS KMS", 400, "ExpiredTokenException", "The security token is expired"), "aws-credentials-expired"),
    (("AWS KMS", 400, "UnrecognizedClientException", "The security token is invalid"), "aws-credentials-invalid"),
    (("AWS KMS", 400, "InvalidSignatureException", "Signature expired: 20261126T1 is now earlier"), "aws-wrong-clock"),
    (("AWS KMS", 400, "DisabledException", "arn:aws:kms:x is disabled."), "aws-key-not-usable"),
    (("AWS KMS", 400, "KMSInvalidStateException", "arn:aws:kms:x is pending deletion."), "aws-key-not-usable"),
    (("AWS KMS", 400, "UnsupportedOperationException", ""), "aws-wrong-kind-of-key"),
    (("AWS KMS", 400, "InvalidKeyUsageException", ""), "aws-wrong-kind-of-key"),
    (("AWS KMS", 400, "ThrottlingException", "Rate exceeded"), "aws-throttled"),
    (
        ("Google Cloud KMS", 403, "PERMISSION_DENIED", "Cloud KMS API has not been used in project 1"),
        "google-api-disabled",
    ),
    (("Google Cloud KMS", 400, "INVALID_ARGUMENT", "purpose is not ASYMMETRIC_SIGN"), "google-wrong-kind-of-key"),
    (("Azure Key Vault", 403, "ForbiddenByFirewall", "Client address is not authorized"), "azure-firewall"),
    (("Azure Key Vault", 401, "Unauthorized", "AKV10032: Invalid issuer."), "azure-wrong-tenant"),
    (("OpenBao", 503, "Vault is sealed", ""), "vault-sealed"),
]


@pytest.mark.parametrize(("said", "slug"), SAID)
def test_it_is_known(said: tuple[str, int, str, str], slug: str) -> None:
    service, status, code, message = said
    entry = find_kms_entry(service, Refusal(status, code, message))
    assert entry is not None
    assert entry.slug == slug


def test_errors_of_one_service_are_not_matched_for_another() -> None:
    assert find_kms_entry("Vault", Refusal(400, "DisabledException", "")) is None
