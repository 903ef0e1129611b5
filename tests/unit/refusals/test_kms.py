"""The catalog has the errors that services document."""

import pytest

from sfjwt_action.refusals.kms import find_kms_entry, find_logged_kms_entry
from sfjwt_action.refusals.refusal import Refusal

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
    (("AWS STS", 400, "ValidationError", "Request ARN is invalid"), "aws-invalid-role"),
    (("AWS STS", 403, "RegionDisabledException", "STS is not activated in this region"), "aws-region-disabled"),
    (("AWS STS", 400, "ExpiredTokenException", "Token expired"), "aws-credentials-expired"),
    (("AWS KMS", 400, "InvalidArnException", "Invalid region in ARN"), "aws-no-such-key"),
    (
        ("AWS KMS", 400, "InvalidSignatureException", "Credential should be scoped to a valid region."),
        "aws-wrong-region",
    ),
    (("AWS KMS", 403, "MissingAuthenticationTokenException", "Missing Token"), "aws-credentials-invalid"),
    (
        ("Google IAM", 403, "PERMISSION_DENIED", "IAM Service Account Credentials API has not been used in project 1"),
        "google-api-disabled",
    ),
    (
        ("Google Cloud KMS", 403, "PERMISSION_DENIED", "Request is prohibited by organization's policy."),
        "google-perimeter",
    ),
    (("Google Cloud KMS", 429, "RESOURCE_EXHAUSTED", "Quota exceeded"), "google-throttled"),
    (("Google STS", 400, "invalid_target", "The target service is invalid"), "google-token-not-exchanged"),
    (("Azure Key Vault", 429, "Throttled", "Request was not processed"), "azure-throttled"),
    (
        ("Microsoft Entra ID", 401, "invalid_client", "AADSTS700024: Client assertion is not within its valid time"),
        "azure-token-expired",
    ),
    (
        ("Microsoft Entra ID", 400, "invalid_client", "AADSTS700213: No matching federated identity record found"),
        "azure-no-federated-identity",
    ),
    (
        ("Microsoft Entra ID", 401, "invalid_client", "AADSTS7000215: Invalid client secret provided"),
        "azure-wrong-secret",
    ),
    (
        ("Microsoft Entra ID", 400, "unauthorized_client", "AADSTS7000112: Application is disabled"),
        "azure-client-blocked",
    ),
    (("OpenBao", 503, "Vault is sealed", ""), "vault-sealed"),
    (("Vault", 307, "no message", ""), "vault-redirect"),
    (("Vault", 429, "request path rate limit quota exceeded", ""), "vault-throttled"),
    (("Vault", 400, "could not load configuration", ""), "vault-jwt-not-configured"),
    (("Vault", 400, "audience claim found in JWT but no audiences bound to the role", ""), "vault-jwt-refused"),
    (("GitHub's OIDC provider", 401, "NotAuthorized", "the request token is wrong"), "oidc-provider-refused"),
]


@pytest.mark.parametrize(("said", "slug"), SAID)
def test_it_is_known(said: tuple[str, int, str, str], slug: str) -> None:
    service, status, code, message = said
    refusal = Refusal(status, code, message)
    entry = find_kms_entry(service, refusal)
    assert entry is not None
    assert entry.slug == slug
    assert find_logged_kms_entry(f"kms-key: {service} responded with HTTP {status}, “{refusal}”. More.") is entry


def test_errors_of_one_service_are_not_matched_for_another() -> None:
    assert find_kms_entry("Vault", Refusal(400, "DisabledException", "")) is None
