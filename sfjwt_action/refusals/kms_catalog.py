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

KMS_CATALOG: tuple[Entry, ...] = (*_VAULT_ENTRIES,)
