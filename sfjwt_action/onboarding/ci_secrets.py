"""The commands that put the private key and the consumer key into a CI system's secrets.

The private key comes from its file by standard input, or by a variable of one command's environment: process lists
and shell histories show arguments. Where a system wants one line, or masks no more than one, the key goes in as
base64.

Sources, each read there: `gh secret set` (cli/cli), `glab variable set` (its manual), `circleci context store-secret`
(CircleCI's docs), `az pipelines variable-group variable` (Azure/azure-devops-cli-extension), Bitbucket's REST API 2.0,
Jenkins' REST API for credentials (docs.cloudbees.com, kb-360030526992).
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

ASK_FOR_CONSUMER_KEY = "read -r CONSUMER_KEY"
"""Sets the variable that the commands use. Run it by itself, because `read` would read the next pasted line."""

_KEY = "SFJWT_PRIVATE_KEY"
_CONSUMER_KEY = "SFJWT_CONSUMER_KEY"
_USERNAME = "SFJWT_USERNAME"
_BITBUCKET_URL = '"https://api.bitbucket.org/2.0/repositories/$WORKSPACE/$REPOSITORY/pipelines_config/variables/"'
_JENKINS = "org.jenkinsci.plugins.plaincredentials.impl.StringCredentialsImpl"
_JENKINS_URL = '"$JENKINS_URL/credentials/store/system/domain/_/createCredentials"'
_JENKINS_KEY_URL = '"$JENKINS_URL/credentials/store/system/domain/_/credential/sf-private-key/config.xml"'

KeyCommand = Callable[[Sequence[str]], str]
"""Makes the command that stores the private keys in some files."""


@dataclass(frozen=True)
class CiSystem:
    """How to store secrets in one CI system.

    Attributes:
        name: What people call it.
        key: The command that stores private keys.
        consumer_key: The command that stores the consumer key in `$CONSUMER_KEY`.
        key_again: The command that stores other private keys in place of those.
        ask: Variables that the commands use besides, each with what it is.
        first: Commands that come before all others.
        again: Commands that come before `key_again`.
        after: What the job has to do with it, in sentences.
    """

    name: str
    key: KeyCommand
    consumer_key: str
    key_again: KeyCommand
    ask: tuple[tuple[str, str], ...] = ()
    first: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    after: str = ""

    def questions(self, commands: Iterable[str]) -> list[str]:
        """Describe in Markdown the variables that these commands need."""
        script = "\n".join(commands)
        asked = [(variable, meaning) for variable, meaning in self.ask if f"${variable}" in script]
        return [
            *(f"- Run `read -r {variable}` by itself, and enter {meaning}." for variable, meaning in asked),
            *([""] if asked else []),
        ]


def _from_files(command: str, files: Sequence[str]) -> str:
    """Make a command read files from its standard input, one after the other."""
    names = " ".join(map(shlex.quote, files))
    return f"{command} < {names}" if len(files) == 1 else f"cat {names} | {command}"


def _base64_of(files: Sequence[str]) -> str:
    return _from_files("openssl base64 -A", files)


def _stored_by(command: str) -> KeyCommand:
    """Store the keys as they are."""
    return lambda files: _from_files(command, files)


def _base64_stored_by(command: str) -> KeyCommand:
    """Store the keys as base64, in one line."""
    return lambda files: f"{_base64_of(files)} | {command}"


def _azure(action: str) -> KeyCommand:
    """The `az` CLI takes a secret from a variable of its environment."""
    return lambda files: (
        f'AZURE_DEVOPS_EXT_PIPELINE_VAR_{_KEY}="$({_base64_of(files)})" az pipelines variable-group variable {action} '
        f'--group-id "$GROUP_ID" --name {_KEY} --secret true --output none'
    )


def _bitbucket(name: str, url: str = _BITBUCKET_URL, method: str = "POST", *, secured: bool = True) -> str:
    """Its API takes JSON; curl asks for the API token."""
    variable = f'{{key: "{name}", value: ., secured: {str(secured).lower()}}}'
    return (
        f"jq --raw-input '{variable}' | curl --fail-with-body --user \"$EMAIL\" "
        f"--request {method} --globoff --json @- {url}"
    )


def _jenkins(credential: str, url: str) -> str:
    """Its REST API takes XML, in which neither base64 nor a consumer key needs escapes; curl asks for the API token."""
    before = (
        f"<{_JENKINS}><scope>GLOBAL</scope><id>{credential}</id><description>Salesforce login</description><secret>"
    )
    return (
        f"(printf %s '{before}'; cat; printf %s '</secret></{_JENKINS}>') | curl --fail-with-body "
        f"--user \"$JENKINS_USER\" --header 'Content-Type: application/xml' --data-binary @- {url}"
    )


_ECHO_CONSUMER_KEY = 'printf "%s\\n" "$CONSUMER_KEY"'
_READ_DIRECTLY = f"The container reads {_KEY} and {_CONSUMER_KEY} directly from its environment."

GITHUB = CiSystem(
    "GitHub Actions, for the repository",
    key=_stored_by("gh secret set SF_PRIVATE_KEY"),
    consumer_key='printf %s "$CONSUMER_KEY" | gh secret set SF_CONSUMER_KEY',
    key_again=_stored_by("gh secret set SF_PRIVATE_KEY"),
)

SYSTEMS: tuple[CiSystem, ...] = (
    GITHUB,
    CiSystem(
        "GitHub Actions, for the environment production",
        key=_stored_by("gh secret set SF_PRIVATE_KEY --env production"),
        consumer_key='printf %s "$CONSUMER_KEY" | gh secret set SF_CONSUMER_KEY --env production',
        key_again=_stored_by("gh secret set SF_PRIVATE_KEY --env production"),
        after="Set `environment: production` in the job that logs in.",
    ),
    CiSystem(
        "GitLab CI/CD",
        key=_base64_stored_by(f"glab variable set {_KEY} --masked"),
        consumer_key=f'printf %s "$CONSUMER_KEY" | glab variable set {_CONSUMER_KEY} --masked',
        key_again=_base64_stored_by(f"glab variable update {_KEY} --masked"),
        first=(f'printf %s "${_USERNAME}" | glab variable set {_USERNAME}',),
        after=f"{_READ_DIRECTLY} Add `--protected` to limit them to protected branches.",
    ),
    CiSystem(
        "CircleCI",
        key=_base64_stored_by(f'circleci context store-secret --org-id "$ORG_ID" salesforce {_KEY}'),
        consumer_key=(
            f'printf %s "$CONSUMER_KEY" | circleci context store-secret --org-id "$ORG_ID" salesforce {_CONSUMER_KEY}'
        ),
        key_again=_base64_stored_by(f'circleci context store-secret --org-id "$ORG_ID" salesforce {_KEY}'),
        ask=(("ORG_ID", "the organization ID from **Organization Settings → Overview**"),),
        first=(
            'circleci context create --org-id "$ORG_ID" salesforce',
            f'printf %s "${_USERNAME}" | circleci context store-secret --org-id "$ORG_ID" salesforce {_USERNAME}',
        ),
        after=f"Set `context: salesforce` in the job. {_READ_DIRECTLY}",
    ),
    CiSystem(
        "Azure Pipelines",
        key=_azure("create"),
        consumer_key=(
            f'AZURE_DEVOPS_EXT_PIPELINE_VAR_{_CONSUMER_KEY}="$CONSUMER_KEY" az pipelines variable-group variable '
            f'create --group-id "$GROUP_ID" --name {_CONSUMER_KEY} --secret true --output none'
        ),
        key_again=lambda files: f"{_azure('update')(files)} --prompt-value true",
        first=(
            (
                "GROUP_ID=$(az pipelines variable-group create --name salesforce --variables "
                '"SFJWT_USERNAME=$SFJWT_USERNAME" "SFJWT_LOGIN_URL=$SFJWT_LOGIN_URL" --query id --output tsv)'
            ),
        ),
        again=("GROUP_ID=$(az pipelines variable-group list --group-name salesforce --query '[0].id' --output tsv)",),
        after=(
            "Add `- group: salesforce` under `variables:` in the pipeline. Map each secret under the step's `env:`, "
            f"because Azure doesn't export secrets: `{_KEY}: $({_KEY})`."
        ),
    ),
    CiSystem(
        "Bitbucket Pipelines",
        key=_base64_stored_by(_bitbucket(_KEY)),
        consumer_key=f"{_ECHO_CONSUMER_KEY} | {_bitbucket(_CONSUMER_KEY)}",
        key_again=_base64_stored_by(_bitbucket(_KEY, f'{_BITBUCKET_URL}"$VARIABLE"', "PUT")),
        ask=(
            ("EMAIL", "your account's email address (curl asks for an API token as the password)"),
            ("WORKSPACE", "the workspace in the repository's URL"),
            ("REPOSITORY", "the repository in its URL"),
        ),
        first=(f'printf "%s\\n" "${_USERNAME}" | {_bitbucket(_USERNAME, secured=False)}',),
        again=(
            (
                f'VARIABLE=$(curl --fail-with-body --user "$EMAIL" {_BITBUCKET_URL}"?pagelen=100" | '
                f"jq --raw-output '.values[] | select(.key == \"{_KEY}\").uuid')"
            ),
        ),
        after=_READ_DIRECTLY,
    ),
    CiSystem(
        "Jenkins",
        key=_base64_stored_by(_jenkins("sf-private-key", _JENKINS_URL)),
        consumer_key=f'printf %s "$CONSUMER_KEY" | {_jenkins("sf-consumer-key", _JENKINS_URL)}',
        key_again=_base64_stored_by(_jenkins("sf-private-key", _JENKINS_KEY_URL)),
        ask=(
            ("JENKINS_URL", "the URL of Jenkins, without a slash at the end"),
            ("JENKINS_USER", "your user ID (curl asks for an API token as the password)"),
        ),
        after=(
            "Bind them in the pipeline: `withCredentials([string(credentialsId: 'sf-private-key', variable: "
            "'SFJWT_PRIVATE_KEY'), string(credentialsId: 'sf-consumer-key', variable: 'SFJWT_CONSUMER_KEY')])`."
        ),
    ),
)
