"""What lets a repository's jobs sign with a key in a key management service: grants and variables, by service.

The permissions are the least that each vendor has: docs/kms.md names the sources.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# In a clone, gh fills in the owner and the name. Subjects have IDs in repositories that are new since July 2026:
# https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
_FIND_SUBJECT = (
    "SUBJECT=$(gh api 'repos/{owner}/{repo}' --jq "
    r"""'"repo:\(.owner.login)@\(.owner.id)/\(.name)@\(.id):ref:refs/heads/main"')"""
)
_GITHUB_ISSUER = "https://token.actions.githubusercontent.com"


@dataclass(frozen=True)
class KmsSetup:
    """What one service needs.

    Attributes:
        grants: Commands that let jobs of the repository sign with the key.
        further_grants: Commands that let them sign with the key too, beside the one that they sign with already.
        variables: Names and meanings of the GitHub variables that hold identities and addresses. None is a secret.
        environment: The variables that the workflow's job passes on by the same name.
        steps: Steps of the workflow that come before the login, as YAML.
    """

    grants: tuple[str, ...]
    further_grants: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    environment: tuple[str, ...] = ()
    steps: str = ""


def kms_setup(uri: str) -> KmsSetup:
    """Return what a key's service needs.

    Args:
        uri: The key's URI, which was parsed before.
    """
    scheme, _, path = uri.partition("://")
    return _SETUPS[scheme](path)


def _aws(path: str) -> KmsSetup:
    key = path.partition("/")[2]
    variables = ("AWS_ROLE_ARN", "the role's ARN"), ("AWS_REGION", "the key's region")
    policy = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["kms:Sign","kms:GetPublicKey"],'
        '"Resource":"\'"$KEY_ARN"\'"}]}'
    )
    # A policy of its own for each key: another one with the same name would replace the first.
    name = shlex.quote(f"sign-{key.rpartition('/')[2]}")
    grants = (
        f"KEY_ARN=$(aws kms describe-key --key-id {shlex.quote(key)} --query KeyMetadata.Arn --output text)",
        f"aws iam put-role-policy --role-name salesforce-ci --policy-name {name} --policy-document '{policy}'",
    )
    return KmsSetup(
        grants,
        grants,
        variables,
        tuple(name for name, _ in variables),
    )


def _google(path: str) -> KmsSetup:
    parts = path.split("/")
    project, location, ring, key = parts[1:8:2]
    command = (
        f"gcloud kms keys add-iam-policy-binding {shlex.quote(key)} --project={shlex.quote(project)} "
        f"--location={shlex.quote(location)} --keyring={shlex.quote(ring)}"
    )
    member = (
        '"principal://iam.googleapis.com/projects/PROJECT_NUMBER/locations/global/workloadIdentityPools/github/subject/'
        '$SUBJECT"'
    )
    roles = ("roles/cloudkms.signer", "roles/cloudkms.publicKeyViewer")
    grants = (_FIND_SUBJECT, *(f"{command} --role={role} --member={member}" for role in roles))
    return KmsSetup(
        grants,
        grants,
        (("GOOGLE_IDENTITY_PROVIDER", "the workload identity provider, `projects/…/providers/…`"),),
        steps="""\
      - name: Check out, because the next step writes its file to the workspace
        uses: actions/checkout@v4
        with:
          persist-credentials: false

      - name: Authenticate to Google Cloud
        uses: google-github-actions/auth@v3
        with:
          workload_identity_provider: ${{ vars.GOOGLE_IDENTITY_PROVIDER }}

""",
    )


def _azure(path: str) -> KmsSetup:
    host, key = path.split("/")[:2]
    vault = host.partition(".")[0]
    variables = (
        ("AZURE_CLIENT_ID", "the client ID of the managed identity or app registration"),
        ("AZURE_TENANT_ID", "the ID of its directory (tenant)"),
    )
    assignee = '--assignee-object-id "$PRINCIPAL_ID" --assignee-principal-type ServicePrincipal'
    in_vault = (
        f"VAULT_ID=$(az keyvault show --name {shlex.quote(vault)} --query id --output tsv)",
        f'az role assignment create --role "Key Vault Crypto User" {assignee} --scope "$VAULT_ID/keys/{key}"',
    )
    in_hsm = (
        (
            f'az keyvault role assignment create --hsm-name {shlex.quote(vault)} --role "Managed HSM Crypto User" '
            f"{assignee} --scope /keys/{key}"
        ),
    )
    role = in_hsm if ".managedhsm." in host else in_vault
    return KmsSetup(
        (
            *role,
            _FIND_SUBJECT,
            (
                "az identity federated-credential create --name github --identity-name salesforce-ci --resource-group "
                f'"$RESOURCE_GROUP" --issuer {_GITHUB_ISSUER} --audiences api://AzureADTokenExchange '
                '--subject "$SUBJECT"'
            ),
        ),
        role,
        variables,
        tuple(name for name, _ in variables),
    )


def _vault(key: str, program: str) -> KmsSetup:
    policy = (
        f'path "transit/keys/{key}" {{ capabilities = ["read"] }} '
        f'path "transit/sign/{key}/sha2-256" {{ capabilities = ["update"] }}'
    )
    rule, write = f"printf %s {shlex.quote(policy)}", f"{program} policy write salesforce-ci -"
    variables = (
        ("VAULT_ADDR", "the server's URL"),
        ("VAULT_JWT_ROLE", "the role of the JWT auth method, `salesforce-ci`"),
    )
    return KmsSetup(
        (
            f"{rule} | {write}",
            _FIND_SUBJECT,
            (
                f"{program} write auth/jwt/role/salesforce-ci role_type=jwt user_claim=sub token_ttl=5m "
                f"token_policies=salesforce-ci bound_audiences=https://github.com/ACME "
                'bound_subject="$SUBJECT"'
            ),
        ),
        (f"({program} policy read salesforce-ci && {rule}) | {write}",),
        variables,
        tuple(name for name, _ in variables),
    )


_SETUPS: dict[str, Callable[[str], KmsSetup]] = {
    "awskms": _aws,
    "gcpkms": _google,
    "azurekms": _azure,
    "hashivault": partial(_vault, program="vault"),
    "openbao": partial(_vault, program="bao"),
}
