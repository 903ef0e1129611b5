"""The catalog of what key management services refuse, as the catalog of Salesforce's refusals. Data, not code.

A pattern matches `SERVICE http STATUS code: message` in lowercase. Permissions are those that docs/kms.md grants.
"""

from __future__ import annotations

from sfjwt_action.refusals.model import Cause, Entry

_VAULT = "^(vault|openbao) http "

_VAULT_ENTRIES = (
    Entry(
        slug="vault-permission-denied",
        words="Vault: permission denied",
        patterns=(f"{_VAULT}403 .*permission denied", f"{_VAULT}403 no message"),
        title="The Vault token may not use the key, or it expired",
        meaning="The token expired, belongs to another namespace, or has no policy for this key.",
        causes=(
            Cause(
                "The token has no policy for this key.",
                (
                    "In the token's policy, grant `read` on `transit/keys/KEY` and `update` on `transit/sign/KEY/sha2-256`.",
                    "If it has them, get a new token, and check VAULT_NAMESPACE.",
                ),
            ),
        ),
        sources=("https://openbao.org/docs/concepts/policies/",),
    ),
    Entry(
        slug="vault-jwt-refused",
        words="Vault: error validating token",
        patterns=(f"{_VAULT}4.. error validating (token|claims)", f"{_VAULT}4.. .*claim .* does not match"),
        title="The JWT auth method rejects the job's OIDC token",
        meaning="The role's bound claims, subject or audience don't match the job's OIDC token.",
        causes=(
            Cause(
                "The role binds another repository, branch, environment or audience.",
                (
                    "Compare `bound_claims`, `bound_subject` and `bound_audiences` of the role VAULT_JWT_ROLE with the job.",
                    "GitHub's default audience is the URL of the repository's owner.",
                ),
            ),
        ),
        sources=("https://openbao.org/docs/auth/jwt/",),
    ),
    Entry(
        slug="vault-no-such-role",
        words='Vault: role "…" could not be found',
        patterns=(f"{_VAULT}400 role .* could not be found",),
        title="The JWT auth method has no such role",
        meaning="The JWT auth method has no role of this name.",
        causes=(
            Cause(
                "VAULT_JWT_ROLE, VAULT_JWT_PATH or VAULT_NAMESPACE is wrong.",
                ("Check VAULT_JWT_ROLE, VAULT_JWT_PATH and VAULT_NAMESPACE.",),
            ),
        ),
        sources=("https://openbao.org/docs/auth/jwt/",),
    ),
    Entry(
        slug="vault-no-such-key",
        words="Vault: signing key not found",
        patterns=(
            f"{_VAULT}400 (sign|encrypt)ion key not found",
            f"{_VAULT}400 signing key not found",
            f"{_VAULT}404 no message",
        ),
        title="The transit key doesn't exist",
        meaning="The transit secrets engine has no key of this name.",
        causes=(
            Cause(
                "The name in `kms-key`, the mount or the namespace is wrong.",
                (
                    "Check the key's name with `vault list transit/keys`.",
                    "If transit is mounted elsewhere, set TRANSIT_SECRET_ENGINE_PATH. If the key is in a namespace, set VAULT_NAMESPACE.",
                ),
            ),
        ),
        sources=("https://openbao.org/api-docs/secret/transit/",),
    ),
    Entry(
        slug="vault-no-handler",
        words="Vault: no handler for route",
        patterns=(f"{_VAULT}404 no handler for route",),
        title="Nothing is mounted at this path of Vault",
        meaning="No secrets engine or auth method is mounted at this path.",
        causes=(
            Cause(
                "The mount or the namespace is wrong, or the engine is disabled.",
                (
                    "Check TRANSIT_SECRET_ENGINE_PATH, VAULT_JWT_PATH and VAULT_NAMESPACE.",
                    "Or enable the engine: `vault secrets enable transit`.",
                ),
            ),
        ),
        sources=("https://openbao.org/docs/secrets/transit/",),
    ),
    Entry(
        slug="vault-namespace-not-found",
        words="Vault: namespace not found",
        patterns=(f"{_VAULT}4.. namespace not found",),
        title="The Vault namespace doesn't exist",
        meaning="Vault has no namespace of this name.",
        causes=(Cause("VAULT_NAMESPACE is wrong.", ("Check VAULT_NAMESPACE.",)),),
        sources=("https://openbao.org/docs/concepts/namespaces/",),
    ),
    Entry(
        slug="vault-sealed",
        words="Vault is sealed",
        patterns=(f"{_VAULT}503 .*sealed",),
        title="Vault is sealed",
        meaning="Vault is running but can't use its keys until an operator unseals it.",
        causes=(Cause("Vault restarted without auto-unseal.", ("Unseal Vault, then run the job again.",)),),
        transient=True,
        sources=("https://openbao.org/docs/concepts/seal/",),
    ),
)

_AWS = "^aws (kms|sts) http "

_AWS_ENTRIES = (
    Entry(
        slug="aws-access-denied",
        words="AWS: is not authorized to perform: kms:Sign",
        patterns=("^aws kms http ... accessdenied",),
        title="The AWS credentials may not use the key",
        meaning="The role or user has no permission for this action on this key.",
        causes=(
            Cause(
                "Neither the key policy nor an IAM policy allows it.",
                (
                    "Allow `kms:Sign` and `kms:GetPublicKey` on the key's ARN in the role's IAM policy.",
                    "Also check that the key policy lets the account use IAM policies, or names the role.",
                ),
            ),
        ),
        sources=("https://docs.aws.amazon.com/kms/latest/developerguide/iam-policies.html",),
    ),
    Entry(
        slug="aws-role-not-assumed",
        words="AWS: Not authorized to perform sts:AssumeRoleWithWebIdentity",
        patterns=("^aws sts http ... (accessdenied|invalididentitytoken|idprejectedclaim)",),
        title="The AWS role doesn't trust the job's OIDC token",
        meaning="The role AWS_ROLE_ARN doesn't trust the job's OIDC token.",
        causes=(
            Cause(
                "The role's trust policy binds another repository, branch or environment, or the account has no OIDC provider.",
                (
                    "In IAM, check that the identity provider token.actions.githubusercontent.com exists with the audience sts.amazonaws.com.",
                    "In the role's trust policy, compare the condition on `sub` with the job's repository, branch or environment.",
                ),
            ),
        ),
        sources=(
            "https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws",
        ),
    ),
    Entry(
        slug="aws-credentials-expired",
        words="AWS: The security token included in the request is expired",
        patterns=(f"{_AWS}... expiredtoken",),
        title="The AWS credentials or the OIDC token expired",
        meaning="The credentials expired before they were used.",
        causes=(
            Cause(
                "Too much time passed since the step that exported them.",
                (
                    "Set AWS_ROLE_ARN, so that the action gets its own credentials. Or run aws-actions/configure-aws-credentials just before the action.",
                ),
            ),
        ),
        sources=("https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html",),
    ),
    Entry(
        slug="aws-wrong-clock",
        words="AWS: Signature expired",
        patterns=(f"{_AWS}... .*signature (expired|not yet current)", f"{_AWS}... requestexpired"),
        title="This machine's clock is wrong",
        meaning="AWS rejects requests that were signed more than 5 minutes ago by its clock.",
        causes=(Cause("This machine's clock is off.", ("Set this machine's clock (NTP).",)),),
        sources=("https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html",),
    ),
    Entry(
        slug="aws-credentials-invalid",
        words="AWS: The security token included in the request is invalid",
        patterns=(
            f"{_AWS}... (unrecognizedclient|invalidclienttokenid|invalidsignature|signaturedoesnotmatch|incompletesignature)",
        ),
        title="The AWS credentials are wrong",
        meaning="AWS doesn't know the access key, or the secret or session token doesn't belong to it.",
        causes=(
            Cause(
                "One of the three variables is missing, or is left over from other credentials.",
                (
                    "Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN together, as aws-actions/configure-aws-credentials does. Or set only AWS_ROLE_ARN.",
                ),
            ),
        ),
        sources=("https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html",),
    ),
    Entry(
        slug="aws-no-such-key",
        words="AWS: NotFoundException",
        patterns=(f"{_AWS}400 notfoundexception",),
        title="The key doesn't exist in this account and region",
        meaning="This account and region have no key or alias of this name.",
        causes=(
            Cause(
                "The name, the region or the account is wrong.",
                (
                    "Check the name in `kms-key`, and set AWS_REGION to the key's region.",
                    "If the key is in another account, use its ARN.",
                ),
            ),
        ),
        sources=("https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html",),
    ),
    Entry(
        slug="aws-key-not-usable",
        words="AWS: DisabledException, KMSInvalidStateException",
        patterns=(f"{_AWS}400 (disabledexception|kmsinvalidstateexception)",),
        title="The key is disabled or scheduled for deletion",
        meaning="The key is disabled, or will be deleted.",
        causes=(
            Cause(
                "Someone disabled the key or scheduled its deletion.",
                (
                    "If that was a mistake, run `aws kms cancel-key-deletion --key-id KEY`, then `aws kms enable-key --key-id KEY`.",
                ),
            ),
        ),
        sources=("https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html",),
    ),
    Entry(
        slug="aws-wrong-kind-of-key",
        words="AWS: InvalidKeyUsageException, UnsupportedOperationException",
        patterns=(f"{_AWS}400 (invalidkeyusageexception|unsupportedoperationexception)",),
        title="The key isn't an RSA key for signing",
        meaning="The key can't sign with RSASSA_PKCS1_V1_5_SHA_256.",
        causes=(
            Cause(
                "It is a key for encryption, a symmetric key or an elliptic-curve key.",
                ("Create a key with the key usage SIGN_VERIFY and the key spec RSA_2048.",),
            ),
        ),
        sources=("https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html",),
    ),
    Entry(
        slug="aws-throttled",
        words="AWS: ThrottlingException",
        patterns=(
            f"{_AWS}4.. (throttling|kmsinternal|dependencytimeout|keyunavailable)",
            f"{_AWS}400 idpcommunicationerror",
        ),
        title="AWS KMS is busy",
        meaning="The account sends more requests than its quota allows, or AWS is out of order.",
        causes=(
            Cause("Other jobs use the quota.", ("Run the job again later, or raise the quota in Service Quotas.",)),
        ),
        transient=True,
        sources=("https://docs.aws.amazon.com/kms/latest/developerguide/throttling.html",),
    ),
)

KMS_CATALOG: tuple[Entry, ...] = (*_AWS_ENTRIES, *_VAULT_ENTRIES)
