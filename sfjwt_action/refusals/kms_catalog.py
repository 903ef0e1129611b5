"""The catalog of key management services' errors, like the catalog of Salesforce's errors. Data, not code.

A pattern matches `SERVICE http STATUS code: message` in lowercase. Permissions are those that docs/kms.md grants.
"""

from __future__ import annotations

from sfjwt_action.refusals.model import Area, Cause, Entry

_VAULT = "^(vault|openbao) http "

_VAULT_ENTRIES = (
    Entry(
        slug="vault-permission-denied",
        area=Area.KEY_SERVICE,
        words="Vault: permission denied",
        patterns=(f"{_VAULT}403 .*permission denied", f"{_VAULT}403 no message"),
        title="The Vault token isn't allowed to use the key, or it expired",
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
        area=Area.KEY_SERVICE,
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
        area=Area.KEY_SERVICE,
        words='Vault: role "…" could not be found',
        patterns=(f"{_VAULT}400 role .* could not be found",),
        title="The JWT auth method has no such role",
        meaning="The role in VAULT_JWT_ROLE doesn't exist in this auth method.",
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
        area=Area.KEY_SERVICE,
        words="Vault: signing key not found",
        patterns=(
            f"{_VAULT}400 (sign|encrypt)ion key not found",
            f"{_VAULT}400 signing key not found",
            f"{_VAULT}404 no message",
        ),
        title="The transit key doesn't exist",
        meaning="The transit secrets engine has no key with this name.",
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
        area=Area.KEY_SERVICE,
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
        area=Area.KEY_SERVICE,
        words="Vault: namespace not found",
        patterns=(f"{_VAULT}4.. namespace not found",),
        title="The Vault namespace doesn't exist",
        meaning="Vault has no namespace with the name in VAULT_NAMESPACE.",
        causes=(Cause("VAULT_NAMESPACE is wrong.", ("Check VAULT_NAMESPACE.",)),),
        sources=("https://openbao.org/docs/concepts/namespaces/",),
    ),
    Entry(
        slug="vault-sealed",
        area=Area.KEY_SERVICE,
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
        area=Area.KEY_SERVICE,
        words="AWS: is not authorized to perform: kms:Sign",
        patterns=("^aws kms http ... accessdenied",),
        title="The AWS credentials aren't allowed to use the key",
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
        area=Area.KEY_SERVICE,
        words="AWS: Not authorized to perform sts:AssumeRoleWithWebIdentity",
        patterns=("^aws sts http ... (accessdenied|invalididentitytoken|idprejectedclaim)",),
        title="The AWS role doesn't trust the job's OIDC token",
        meaning="The trust policy of the role in AWS_ROLE_ARN doesn't match the job's OIDC token.",
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
        area=Area.KEY_SERVICE,
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
        area=Area.KEY_SERVICE,
        words="AWS: Signature expired",
        patterns=(f"{_AWS}... .*signature (expired|not yet current)", f"{_AWS}... requestexpired"),
        title="This machine's clock is wrong",
        meaning="AWS rejects requests that were signed more than 5 minutes ago by its clock.",
        causes=(Cause("This machine's clock isn't synchronized.", ("Set this machine's clock (NTP).",)),),
        sources=("https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html",),
    ),
    Entry(
        slug="aws-credentials-invalid",
        area=Area.KEY_SERVICE,
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
        area=Area.KEY_SERVICE,
        words="AWS: NotFoundException",
        patterns=(f"{_AWS}400 notfoundexception",),
        title="The key doesn't exist in this account and region",
        meaning="This account and region have no key or alias with this name.",
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
        area=Area.KEY_SERVICE,
        words="AWS: DisabledException, KMSInvalidStateException",
        patterns=(f"{_AWS}400 (disabledexception|kmsinvalidstateexception)",),
        title="The key is disabled or scheduled for deletion",
        meaning="The key can't sign while it is disabled or waiting for deletion.",
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
        area=Area.KEY_SERVICE,
        words="AWS: InvalidKeyUsageException, UnsupportedOperationException",
        patterns=(f"{_AWS}400 (invalidkeyusageexception|unsupportedoperationexception)",),
        title="The key isn't an RSA key for signing",
        meaning="The key can't sign with RSASSA_PKCS1_V1_5_SHA_256.",
        causes=(
            Cause(
                "The key is for encryption, symmetric, or elliptic-curve.",
                ("Create a key with `aws kms create-key --key-usage SIGN_VERIFY --key-spec RSA_2048`.",),
            ),
        ),
        sources=("https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html",),
    ),
    Entry(
        slug="aws-throttled",
        area=Area.KEY_SERVICE,
        words="AWS: ThrottlingException",
        patterns=(
            f"{_AWS}4.. (throttling|kmsinternal|dependencytimeout|keyunavailable)",
            f"{_AWS}400 idpcommunicationerror",
        ),
        title="AWS KMS is busy",
        meaning="The account sends more requests than its quota allows, or AWS has an outage.",
        causes=(
            Cause("Other jobs use the quota.", ("Run the job again later, or raise the quota in Service Quotas.",)),
        ),
        transient=True,
        sources=("https://docs.aws.amazon.com/kms/latest/developerguide/throttling.html",),
    ),
)

_AZURE = "^azure key vault http "
_ENTRA = "^microsoft entra id http "

_AZURE_ENTRIES = (
    Entry(
        slug="azure-not-authorized",
        area=Area.KEY_SERVICE,
        words="Azure Key Vault: ForbiddenByRbac, AccessDenied",
        patterns=(f"{_AZURE}403 (forbiddenbyrbac|accessdenied|forbiddenbypolicy|forbidden:)",),
        title="The Azure identity isn't allowed to use the key",
        meaning="The identity has no role or access policy for this key.",
        causes=(
            Cause(
                "The role assignment is missing, or isn't effective yet.",
                (
                    "Assign the role Key Vault Crypto User to the identity, with the key's ID as the scope. In a vault with access policies, grant the key permissions Get and Sign.",
                    "Wait up to 10 minutes until the assignment is effective.",
                ),
            ),
        ),
        sources=("https://learn.microsoft.com/azure/key-vault/general/rbac-guide",),
    ),
    Entry(
        slug="azure-firewall",
        area=Area.KEY_SERVICE,
        words="Azure Key Vault: ForbiddenByFirewall, ForbiddenByConnection",
        patterns=(f"{_AZURE}403 (forbiddenbyfirewall|forbiddenbyconnection)",),
        title="The vault's firewall blocks this machine",
        meaning="The vault doesn't accept connections from this machine's address.",
        causes=(
            Cause(
                "The vault allows only some networks.",
                ("Allow the runner's address under the vault's Networking, or use a runner in an allowed network.",),
            ),
        ),
        sources=("https://learn.microsoft.com/azure/key-vault/general/network-security",),
    ),
    Entry(
        slug="azure-key-not-usable",
        area=Area.KEY_SERVICE,
        words="Azure Key Vault: KeyDisabled, KeyExpired, KeyNotYetValid",
        patterns=(f"{_AZURE}403 (keydisabled|keyexpired|keynotyetvalid)", f"{_AZURE}4.. .*(disabled|expired) key"),
        title="The key is disabled or expired",
        meaning="The key can't sign while it is disabled, expired or not valid yet.",
        causes=(
            Cause(
                "The key's attributes don't allow it.",
                ("Under the key's version, check Enabled, Activation date and Expiration date.",),
            ),
        ),
        sources=("https://learn.microsoft.com/azure/key-vault/keys/about-keys-details",),
    ),
    Entry(
        slug="azure-no-such-key",
        area=Area.KEY_SERVICE,
        words="Azure Key Vault: KeyNotFound",
        patterns=(f"{_AZURE}404 ",),
        title="The key doesn't exist in this vault",
        meaning="The vault has no key with this name and version, or the key was deleted.",
        causes=(
            Cause(
                "The name or the version is wrong.",
                ("Check `kms-key` with `az keyvault key list --vault-name NAME`.",),
            ),
        ),
        sources=("https://learn.microsoft.com/rest/api/keyvault/keys/get-key/get-key",),
    ),
    Entry(
        slug="azure-wrong-tenant",
        area=Area.KEY_SERVICE,
        words="Azure Key Vault: AKV10032, Invalid issuer",
        patterns=(f"{_AZURE}401 ",),
        title="The vault rejects the access token",
        meaning="The token is for another tenant than the vault's, or it expired.",
        causes=(
            Cause(
                "AZURE_TENANT_ID isn't the vault's tenant.", ("Set AZURE_TENANT_ID to the Directory ID of the vault.",)
            ),
        ),
        sources=("https://learn.microsoft.com/azure/key-vault/general/rest-error-codes",),
    ),
    Entry(
        slug="azure-no-federated-identity",
        area=Area.KEY_SERVICE,
        words="Microsoft Entra ID: AADSTS70021, AADSTS700211, AADSTS700212, AADSTS700213",
        patterns=(f"{_ENTRA}4.. .*aadsts7002[0-9]+",),
        title="No federated credential matches the job's OIDC token",
        meaning="The app registration or managed identity has no federated credential for this job.",
        causes=(
            Cause(
                "The federated credential names another repository, branch or environment.",
                (
                    "In the identity's Federated credentials, compare the issuer, subject and audience with the job.",
                    "The audience is api://AzureADTokenExchange.",
                ),
            ),
        ),
        sources=("https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust",),
    ),
    Entry(
        slug="azure-no-such-client",
        area=Area.KEY_SERVICE,
        words="Microsoft Entra ID: AADSTS700016, AADSTS90002",
        patterns=(f"{_ENTRA}4.. .*aadsts(700016|90002|900023)",),
        title="The client or the tenant doesn't exist",
        meaning="Microsoft Entra ID has no such client in this tenant, or no such tenant.",
        causes=(
            Cause(
                "AZURE_CLIENT_ID or AZURE_TENANT_ID is wrong.",
                ("Check AZURE_CLIENT_ID and AZURE_TENANT_ID. Both are IDs, not names.",),
            ),
        ),
        sources=("https://learn.microsoft.com/entra/identity-platform/reference-error-codes",),
    ),
    Entry(
        slug="azure-wrong-secret",
        area=Area.KEY_SERVICE,
        words="Microsoft Entra ID: AADSTS7000215, AADSTS7000222",
        patterns=(f"{_ENTRA}4.. .*aadsts70002(15|22)",),
        title="The client secret is wrong or expired",
        meaning="Microsoft Entra ID doesn't accept the value of AZURE_CLIENT_SECRET.",
        causes=(
            Cause(
                "AZURE_CLIENT_SECRET holds the secret's ID, or an old secret.",
                (
                    "Use a federated credential in place of AZURE_CLIENT_SECRET. Or set it to the value of a new secret.",
                ),
            ),
        ),
        sources=("https://learn.microsoft.com/entra/identity-platform/reference-error-codes",),
    ),
)

_GOOGLE = "^google cloud kms http "

_GOOGLE_ENTRIES = (
    Entry(
        slug="google-api-disabled",
        area=Area.KEY_SERVICE,
        words="Google: Cloud Key Management Service (KMS) API has not been used in project",
        patterns=(f"{_GOOGLE}403 .*(has not been used in project|is disabled|service_disabled)",),
        title="The Cloud KMS API is disabled in the project",
        meaning="Cloud KMS responds only after the API is enabled in the key's project.",
        causes=(Cause("The API was never enabled.", ("Run `gcloud services enable cloudkms.googleapis.com`.",)),),
        sources=("https://cloud.google.com/kms/docs/create-encryption-keys",),
    ),
    Entry(
        slug="google-permission-denied",
        area=Area.KEY_SERVICE,
        words="Google: Permission 'cloudkms.cryptoKeyVersions.useToSign' denied",
        patterns=(f"{_GOOGLE}403 ",),
        title="The Google Cloud credentials aren't allowed to use the key",
        meaning="The principal has no role for this action on this key, or the key doesn't exist.",
        causes=(
            Cause(
                "The IAM binding on the key is missing.",
                (
                    "On the key, grant the roles roles/cloudkms.signer and roles/cloudkms.publicKeyViewer to the principal.",
                    "Also check the project, location, key ring and key in `kms-key`.",
                ),
            ),
        ),
        sources=("https://cloud.google.com/kms/docs/reference/permissions-and-roles",),
    ),
    Entry(
        slug="google-no-such-key",
        area=Area.KEY_SERVICE,
        words="Google: NOT_FOUND",
        patterns=(f"{_GOOGLE}404 ",),
        title="The key version doesn't exist",
        meaning="The project, location, key ring, key or version doesn't exist.",
        causes=(
            Cause(
                "A part of the name is wrong.", ("Check each part of `kms-key` with `gcloud kms keys versions list`.",)
            ),
        ),
        sources=("https://cloud.google.com/kms/docs/resource-hierarchy",),
    ),
    Entry(
        slug="google-key-not-usable",
        area=Area.KEY_SERVICE,
        words="Google: FAILED_PRECONDITION, is not enabled",
        patterns=(f"{_GOOGLE}400 failed_precondition",),
        title="The key version is disabled or scheduled for destruction",
        meaning="The key version can't sign while it is disabled, not generated yet, or scheduled for destruction.",
        causes=(
            Cause(
                "Someone disabled the version or scheduled its destruction.",
                (
                    "If that was a mistake, restore it with `gcloud kms keys versions restore` and `gcloud kms keys versions enable`.",
                ),
            ),
        ),
        sources=("https://cloud.google.com/kms/docs/key-states",),
    ),
    Entry(
        slug="google-wrong-kind-of-key",
        area=Area.KEY_SERVICE,
        words="Google: INVALID_ARGUMENT",
        patterns=(f"{_GOOGLE}400 invalid_argument",),
        title="The key can't sign with RSA",
        meaning="The key isn't for signing with RSA, PKCS#1 v1.5 and SHA-256.",
        causes=(
            Cause(
                "The key has another purpose or algorithm.",
                ("Create a key with the purpose asymmetric-signing and the algorithm rsa-sign-pkcs1-2048-sha256.",),
            ),
        ),
        sources=("https://cloud.google.com/kms/docs/algorithms",),
    ),
    Entry(
        slug="google-credentials-expired",
        area=Area.KEY_SERVICE,
        words="Google: UNAUTHENTICATED",
        patterns=(f"{_GOOGLE}401 ",),
        title="The Google Cloud access token is wrong or expired",
        meaning="Google doesn't accept the access token.",
        causes=(
            Cause(
                "CLOUDSDK_AUTH_ACCESS_TOKEN expired.",
                ("Run google-github-actions/auth just before the action, without `token_format`.",),
            ),
        ),
        sources=("https://github.com/google-github-actions/auth",),
    ),
    Entry(
        slug="google-token-not-exchanged",
        area=Area.KEY_SERVICE,
        words="Google STS: The given credential is rejected by the attribute condition",
        patterns=("^google sts http 4",),
        title="Workload identity federation rejects the job's OIDC token",
        meaning="The job's OIDC token doesn't match the settings of the workload identity provider.",
        causes=(
            Cause(
                "The provider's issuer, audience, attribute mapping or attribute condition doesn't match the job.",
                (
                    "Compare the provider's attribute condition and allowed audiences with the job's repository and branch.",
                ),
            ),
        ),
        sources=("https://cloud.google.com/iam/docs/workload-identity-federation-with-deployment-pipelines",),
    ),
    Entry(
        slug="google-impersonation-denied",
        area=Area.KEY_SERVICE,
        words="Google IAM: Permission 'iam.serviceAccounts.getAccessToken' denied",
        patterns=("^google iam http 4",),
        title="The job isn't allowed to impersonate the service account",
        meaning="The federated identity isn't allowed to get an access token for the service account.",
        causes=(
            Cause(
                "The binding on the service account is missing.",
                ("On the service account, grant the role roles/iam.workloadIdentityUser to the job's principal.",),
            ),
        ),
        sources=("https://cloud.google.com/iam/docs/workload-identity-federation-with-deployment-pipelines",),
    ),
    Entry(
        slug="google-service-account-key-refused",
        area=Area.KEY_SERVICE,
        words="Google OAuth: invalid_grant",
        patterns=("^google oauth http 4",),
        title="Google rejects the service account's key",
        meaning="The service account's key was deleted, or this machine's clock is wrong.",
        causes=(
            Cause(
                "The key was deleted or disabled.",
                ("Use workload identity federation in place of a service account key. Or create a new key.",),
            ),
        ),
        sources=("https://cloud.google.com/iam/docs/keys-create-delete",),
    ),
)

KMS_CATALOG: tuple[Entry, ...] = (*_AWS_ENTRIES, *_GOOGLE_ENTRIES, *_AZURE_ENTRIES, *_VAULT_ENTRIES)
