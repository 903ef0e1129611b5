"""The commands that put the private key and the consumer key into a CI system's secrets.

The private key comes from its file by standard input, or by a variable of one command's environment: process lists
and shell histories show arguments. Where a system wants one line, or masks no more than one, the key goes in as
base64.

Sources, each read there: `gh secret set` (cli/cli), `glab variable set` (its manual), `circleci context store-secret`
(CircleCI's docs), `az pipelines variable-group variable` (Azure/azure-devops-cli-extension), Bitbucket's REST API 2.0,
Jenkins' credentials plugin.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ASK_FOR_CONSUMER_KEY = "read -r CONSUMER_KEY # paste it, and press Enter"
"""Sets the variable that the commands use."""

_KEY = "SFJWT_PRIVATE_KEY"
_CONSUMER_KEY = "SFJWT_CONSUMER_KEY"
_JENKINS = "org.jenkinsci.plugins.plaincredentials.impl"
_JENKINS_URL = '"$JENKINS_URL/credentials/store/system/domain/_/createCredentials"'


@dataclass(frozen=True)
class CiSystem:
    """How one CI system takes secrets.

    Attributes:
        name: What people call it.
        key: Makes the command that stores the private keys in the files.
        consumer_key: The command that stores the consumer key in `$CONSUMER_KEY`.
        key_again: Makes the command that stores other private keys in place of those.
        before: What has to be done or known first: commands, and comments.
        before_again: The same where something is stored already.
        after: What the job has to do with it.
    """

    name: str
    key: Callable[[Sequence[str]], str]
    consumer_key: str
    key_again: Callable[[Sequence[str]], str]
    before: tuple[str, ...] = ()
    before_again: tuple[str, ...] = ()
    after: str = ""


def _from_files(command: str, files: Sequence[str]) -> str:
    """Make a command read files from its standard input, one after the other."""
    names = " ".join(map(shlex.quote, files))
    return f"{command} < {names}" if len(files) == 1 else f"cat {names} | {command}"


def _base64_of(files: Sequence[str]) -> str:
    return _from_files("openssl base64 -A", files)


def _stored_by(command: str) -> Callable[[Sequence[str]], str]:
    """Store the keys as they are."""
    return lambda files: _from_files(command, files)


def _base64_stored_by(command: str) -> Callable[[Sequence[str]], str]:
    """Store the keys as base64, in one line."""
    return lambda files: f"{_base64_of(files)} | {command}"


def _azure(action: str) -> Callable[[Sequence[str]], str]:
    """The `az` CLI takes a secret from a variable of its environment."""
    return lambda files: (
        f'AZURE_DEVOPS_EXT_PIPELINE_VAR_{_KEY}="$({_base64_of(files)})" az pipelines variable-group variable {action} '
        f'--group-id "$GROUP_ID" --name {_KEY} --secret true --output none'
    )


def _bitbucket(name: str) -> str:
    """Its API takes JSON; curl asks for the API token."""
    return (
        f'jq --raw-input \'{{key: "{name}", value: ., secured: true}}\' | curl --fail-with-body --user "$EMAIL" '
        '--json @- "https://api.bitbucket.org/2.0/repositories/$WORKSPACE/$REPOSITORY/pipelines_config/variables/"'
    )


_ECHO_CONSUMER_KEY = 'printf "%s\\n" "$CONSUMER_KEY"'
_ASK_FOR_ORG_ID = "read -r ORG_ID # Organization Settings, Overview: Organization ID"
_SHARED_VARIABLES = f"The image reads {_KEY} and {_CONSUMER_KEY} as they are"

GITHUB = CiSystem(
    "GitHub Actions, for the repository",
    _stored_by("gh secret set SF_PRIVATE_KEY"),
    'printf %s "$CONSUMER_KEY" | gh secret set SF_CONSUMER_KEY',
    _stored_by("gh secret set SF_PRIVATE_KEY"),
)

SYSTEMS: tuple[CiSystem, ...] = (
    GITHUB,
    CiSystem(
        "GitHub Actions, for the environment production",
        _stored_by("gh secret set SF_PRIVATE_KEY --env production"),
        'printf %s "$CONSUMER_KEY" | gh secret set SF_CONSUMER_KEY --env production',
        _stored_by("gh secret set SF_PRIVATE_KEY --env production"),
        after="The job that logs in names it: `environment: production`.",
    ),
    CiSystem(
        "GitLab CI/CD",
        _base64_stored_by(f"glab variable set {_KEY} --masked"),
        f'printf %s "$CONSUMER_KEY" | glab variable set {_CONSUMER_KEY} --masked',
        _base64_stored_by(f"glab variable update {_KEY} --masked"),
        after=f"{_SHARED_VARIABLES}. With `--protected`, only protected branches get them.",
    ),
    CiSystem(
        "CircleCI",
        _base64_stored_by(f'circleci context store-secret --org-id "$ORG_ID" salesforce {_KEY}'),
        f'printf %s "$CONSUMER_KEY" | circleci context store-secret --org-id "$ORG_ID" salesforce {_CONSUMER_KEY}',
        _base64_stored_by(f'circleci context store-secret --org-id "$ORG_ID" salesforce {_KEY}'),
        before=(_ASK_FOR_ORG_ID, 'circleci context create --org-id "$ORG_ID" salesforce'),
        before_again=(_ASK_FOR_ORG_ID,),
        after=f"The job names the context: `context: salesforce`. {_SHARED_VARIABLES}.",
    ),
    CiSystem(
        "Azure Pipelines",
        _azure("create"),
        f'AZURE_DEVOPS_EXT_PIPELINE_VAR_{_CONSUMER_KEY}="$CONSUMER_KEY" az pipelines variable-group variable create '
        f'--group-id "$GROUP_ID" --name {_CONSUMER_KEY} --secret true --output none',
        lambda files: f"{_azure('update')(files)} --prompt-value true",
        before=(
            (
                "GROUP_ID=$(az pipelines variable-group create --name salesforce --variables SFJWT_EXPORT=azure "
                "--query id --output tsv)"
            ),
        ),
        before_again=(
            "GROUP_ID=$(az pipelines variable-group list --group-name salesforce --query '[0].id' --output tsv)",
        ),
        after=(
            "The pipeline names the group, `- group: salesforce` under `variables:`, and maps each secret under the "
            f"step's `env:`, since secrets are in no environment by themselves: `{_KEY}: $({_KEY})`."
        ),
    ),
    CiSystem(
        "Bitbucket Pipelines",
        _base64_stored_by(_bitbucket(_KEY)),
        f"{_ECHO_CONSUMER_KEY} | {_bitbucket(_CONSUMER_KEY)}",
        lambda _: f"# In Repository settings, Repository variables: delete {_KEY}, and store it anew as at first.",
        before=(
            "read -r EMAIL # yours; curl asks for an API token as the password",
            "read -r WORKSPACE",
            "read -r REPOSITORY",
        ),
        after=f"{_SHARED_VARIABLES}.",
    ),
    CiSystem(
        "Jenkins",
        _stored_by(
            "curl --fail-with-body --user \"$JENKINS_USER\" --form 'key=@-;filename=server.key' --form "
            '\'json={"": "4", "credentials": {"file": "key", "id": "salesforce-private-key", "description": '
            f'"Salesforce login", "stapler-class": "{_JENKINS}.FileCredentialsImpl", '
            f'"$class": "{_JENKINS}.FileCredentialsImpl"}}}}\' {_JENKINS_URL}'
        ),
        f'{_ECHO_CONSUMER_KEY} | jq --raw-input \'{{"": "0", credentials: {{scope: "GLOBAL", '
        'id: "salesforce-consumer-key", secret: ., description: "Salesforce login", '
        f'"stapler-class": "{_JENKINS}.StringCredentialsImpl", "$class": "{_JENKINS}.StringCredentialsImpl"}}}}\' | '
        f'curl --fail-with-body --user "$JENKINS_USER" --data-urlencode json@- {_JENKINS_URL}',
        lambda files: (
            "# In Manage Jenkins, Credentials, salesforce-private-key, Update: upload the file that this makes\n"
            f"(umask 077 && cat {' '.join(map(shlex.quote, files))} > both.key)"
        ),
        before=(
            "read -r JENKINS_URL",
            "read -r JENKINS_USER # yours; curl asks for an API token as the password",
        ),
        after=(
            "The pipeline binds them: `withCredentials([file(credentialsId: 'salesforce-private-key', variable: "
            "'SFJWT_PRIVATE_KEY_FILE'), string(credentialsId: 'salesforce-consumer-key', variable: "
            "'SFJWT_CONSUMER_KEY')])`."
        ),
    ),
)
