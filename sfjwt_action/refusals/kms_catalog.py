"""The catalog of key management services' errors, like the catalog of Salesforce's errors. Data, not code.

A pattern matches `SERVICE http STATUS code: message` in lowercase. Permissions are those that docs/kms.md grants.
"""

from __future__ import annotations

from sfjwt_action.refusals.model import Area, Cause, Entry

# https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
_SUBJECT_WITH_IDS = (
    "If the repository was created, renamed or transferred since July 2026, the subject has IDs, as in "
    "repo:ACME@1234/REPOSITORY@5678:environment:production."
)

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
        slug="vault-jwt-expired",
        area=Area.KEY_SERVICE,
        words="Vault: token is expired",
        patterns=(f"{_VAULT}4.. .*token is (expired|not yet valid)",),
        title="The job's OIDC token expired",
        meaning="The OIDC token expired before Vault received it, or the clocks differ.",
        causes=(
            Cause(
                "VAULT_ID_TOKEN holds a token that was issued too long ago.",
                ("Log in at the start of the job, or get a new OIDC token just before the login.",),
            ),
        ),
        sources=("https://openbao.org/docs/auth/jwt/",),
    ),
    Entry(
        slug="vault-jwt-refused",
        area=Area.KEY_SERVICE,
        words="Vault: error validating token",
        patterns=(
            f"{_VAULT}4.. error validating (token|claims)",
            f"{_VAULT}4.. .*claim .* does not match",
            f"{_VAULT}4.. .*no audiences bound to the role",
        ),
        title="The JWT auth method rejects the job's OIDC token",
        meaning="The role's bound claims, subject or audience don't match the job's OIDC token.",
        causes=(
            Cause(
                "The role binds another repository, branch, environment or audience.",
                (
                    "Compare `bound_claims`, `bound_subject` and `bound_audiences` of the role VAULT_JWT_ROLE with the job.",
                    "GitHub's default audience is the URL of the repository's owner.",
                    _SUBJECT_WITH_IDS,
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
        slug="vault-jwt-not-configured",
        area=Area.KEY_SERVICE,
        words="Vault: could not load configuration",
        patterns=(f"{_VAULT}4.. could not load configuration",),
        title="The JWT auth method isn't configured",
        meaning="The JWT auth method is enabled but doesn't know which issuer to trust.",
        causes=(
            Cause(
                "Nobody configured the auth method, or VAULT_JWT_PATH names another one.",
                ("Write `auth/jwt/config` as in docs/kms.md, or check VAULT_JWT_PATH.",),
            ),
        ),
        sources=("https://openbao.org/docs/auth/jwt/",),
    ),
    Entry(
        slug="vault-redirect",
        area=Area.KEY_SERVICE,
        words="Vault: HTTP 307",
        patterns=(f"{_VAULT}3.. ",),
        title="VAULT_ADDR points to a server that redirects",
        meaning="The server redirects the request. The action doesn't follow redirects, because it would send the token to another host.",
        causes=(
            Cause(
                "VAULT_ADDR names a standby node, or an http URL of a proxy.",
                ("Set VAULT_ADDR to the active node, or to the load balancer in front of the nodes.",),
            ),
        ),
        sources=("https://openbao.org/docs/concepts/ha/",),
    ),
    Entry(
        slug="vault-throttled",
        area=Area.KEY_SERVICE,
        words="Vault: request path rate limit quota exceeded",
        patterns=(f"{_VAULT}429 ",),
        title="Vault is throttled",
        meaning="A rate limit quota of Vault is used up.",
        causes=(
            Cause(
                "Other jobs use the same quota.",
                ("Run the job again later, or raise the quota in `sys/quotas/rate-limit`.",),
            ),
        ),
        transient=True,
        sources=("https://openbao.org/docs/concepts/resource-quotas/",),
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
                    _SUBJECT_WITH_IDS,
                ),
            ),
        ),
        sources=(
            "https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws",
        ),
    ),
    Entry(
        slug="aws-invalid-role",
        area=Area.KEY_SERVICE,
        words="AWS: ValidationError",
        patterns=("^aws sts http 400 validationerror",),
        title="AWS_ROLE_ARN isn't the ARN of a role",
        meaning="AWS STS doesn't accept AWS_ROLE_ARN or AWS_ROLE_SESSION_NAME.",
        causes=(
            Cause(
                "AWS_ROLE_ARN holds a name, or the ARN of something else.",
                (
                    "Set AWS_ROLE_ARN to an ARN such as arn:aws:iam::123456789012:role/salesforce-ci.",
                    "If you set AWS_ROLE_SESSION_NAME, use 2 to 64 letters, digits and `_+=,.@-`.",
                ),
            ),
        ),
        sources=("https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html",),
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
                    "With AWS_WEB_IDENTITY_TOKEN_FILE, write a new OIDC token to the file.",
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
        slug="aws-wrong-region",
        area=Area.KEY_SERVICE,
        words="AWS: Credential should be scoped to a valid region",
        patterns=(f"{_AWS}... .*credential should be scoped to a valid region",),
        title="The request was signed for another region",
        meaning="AWS_REGION isn't the region of the host that received the request.",
        causes=(
            Cause(
                "The host in `kms-key` or in AWS_ENDPOINT_URL is in another region.",
                ("Set AWS_REGION to the key's region, or use the key's ARN in `kms-key`.",),
            ),
        ),
        sources=("https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html",),
    ),
    Entry(
        slug="aws-region-disabled",
        area=Area.KEY_SERVICE,
        words="AWS: RegionDisabledException, OptInRequired",
        patterns=(f"{_AWS}... (regiondisabled|optinrequired)",),
        title="The region isn't enabled in the AWS account",
        meaning="The account that holds the role or the key doesn't have this region enabled.",
        causes=(
            Cause(
                "AWS_REGION is wrong, or nobody enabled the region.",
                (
                    "Check AWS_REGION.",
                    "If it is right, ask an administrator of the account to enable the region under Account → AWS Regions.",
                ),
            ),
        ),
        sources=("https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html",),
    ),
    Entry(
        slug="aws-credentials-invalid",
        area=Area.KEY_SERVICE,
        words="AWS: The security token included in the request is invalid",
        patterns=(
            f"{_AWS}... (unrecognizedclient|invalidclienttokenid|invalidsignature|signaturedoesnotmatch|incompletesignature|missingauthenticationtoken)",
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
        words="AWS: NotFoundException, InvalidArnException",
        patterns=(f"{_AWS}400 (notfoundexception|invalidarnexception)",),
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
        slug="azure-throttled",
        area=Area.KEY_SERVICE,
        words="Azure Key Vault: Throttled",
        patterns=(f"{_AZURE}429 ",),
        title="The vault is throttled",
        meaning="The vault gets more requests than its limit allows.",
        causes=(
            Cause(
                "Other jobs use the same vault.",
                ("Run the job again later, or use a vault of its own for this key.",),
            ),
        ),
        transient=True,
        sources=("https://learn.microsoft.com/azure/key-vault/general/overview-throttling",),
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
                (
                    "Check `kms-key` with `az keyvault key list`, with the vault's name.",
                    "If the key was deleted, restore it with `az keyvault key recover`.",
                ),
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
                    _SUBJECT_WITH_IDS,
                ),
            ),
        ),
        sources=("https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust",),
    ),
    Entry(
        slug="azure-token-expired",
        area=Area.KEY_SERVICE,
        words="Microsoft Entra ID: AADSTS700024",
        patterns=(f"{_ENTRA}4.. .*aadsts700024",),
        title="The job's OIDC token expired",
        meaning="The OIDC token expired before Microsoft Entra ID received it, or isn't valid yet.",
        causes=(
            Cause(
                "AZURE_FEDERATED_TOKEN_FILE holds an old token, or this machine's clock is off.",
                (
                    "Write a new OIDC token to the file just before the login.",
                    "On GitHub, unset AZURE_FEDERATED_TOKEN_FILE, so that the action requests the token itself.",
                ),
            ),
        ),
        sources=("https://learn.microsoft.com/entra/identity-platform/reference-error-codes",),
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
        slug="azure-client-blocked",
        area=Area.KEY_SERVICE,
        words="Microsoft Entra ID: AADSTS7000112, AADSTS53003",
        patterns=(f"{_ENTRA}4.. .*aadsts(7000112|53003)",),
        title="The client is disabled, or a policy blocks it",
        meaning="Microsoft Entra ID knows the client but doesn't let it log in.",
        causes=(
            Cause(
                "An administrator disabled the client, or a Conditional Access policy blocks the runner's network.",
                (
                    "In Microsoft Entra ID, check that the enterprise application is enabled for sign-in.",
                    "In its sign-in logs (Service principal sign-ins), look for the Conditional Access policy that blocked it.",
                ),
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
        words="Google: API has not been used in project",
        patterns=("^google (cloud kms|iam|sts) http 403 .*(has not been used in project|it is disabled)",),
        title="An API is disabled in the Google Cloud project",
        meaning="The project doesn't have the API enabled that the error names.",
        causes=(
            Cause(
                "The API was never enabled.",
                (
                    "Run `gcloud services enable cloudkms.googleapis.com iam.googleapis.com sts.googleapis.com`.",
                    "To impersonate a service account, also enable iamcredentials.googleapis.com.",
                ),
            ),
        ),
        sources=("https://cloud.google.com/kms/docs/create-encryption-keys",),
    ),
    Entry(
        slug="google-perimeter",
        area=Area.KEY_SERVICE,
        words="Google: Request is prohibited by organization's policy",
        patterns=(f"{_GOOGLE}403 .*prohibited by organization's policy",),
        title="A VPC Service Controls perimeter blocks the request",
        meaning="The project is in a VPC Service Controls perimeter that doesn't let the job's principal or network in.",
        causes=(
            Cause(
                "No ingress rule allows the job.",
                (
                    "Ask the organization's administrator for an ingress rule for the principal and cloudkms.googleapis.com.",
                ),
            ),
        ),
        sources=("https://cloud.google.com/vpc-service-controls/docs/troubleshooting",),
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
                    _SUBJECT_WITH_IDS,
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
        slug="google-throttled",
        area=Area.KEY_SERVICE,
        words="Google: RESOURCE_EXHAUSTED",
        patterns=(f"{_GOOGLE}429 ",),
        title="Google Cloud KMS is throttled",
        meaning="The project sends more requests than its quota allows.",
        causes=(
            Cause(
                "Other jobs use the same quota.",
                ("Run the job again later, or raise the quota of Cloud KMS in the project.",),
            ),
        ),
        transient=True,
        sources=("https://cloud.google.com/kms/quotas",),
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
                    "If Google says invalid_target, check the name of the provider, and that neither the provider nor its pool is disabled.",
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

_OIDC_ENTRIES = (
    Entry(
        slug="oidc-provider-refused",
        area=Area.KEY_SERVICE,
        words="GitHub's OIDC provider: HTTP 401",
        patterns=("^(github's|the) oidc provider http 4",),
        title="GitHub doesn't issue an OIDC token",
        meaning="GitHub rejects the request for the job's OIDC token.",
        causes=(
            Cause(
                "The request token belongs to another job, or expired.",
                (
                    "Run the job again. Don't set ACTIONS_ID_TOKEN_REQUEST_TOKEN or ACTIONS_ID_TOKEN_REQUEST_URL yourself.",
                    "With google-github-actions/auth, run it in the same job, just before the action.",
                ),
            ),
        ),
        sources=("https://docs.github.com/en/actions/reference/security/oidc",),
    ),
)

KMS_CATALOG: tuple[Entry, ...] = (*_OIDC_ENTRIES, *_AWS_ENTRIES, *_GOOGLE_ENTRIES, *_AZURE_ENTRIES, *_VAULT_ENTRIES)
