"""The steps from `sfjwt init` to a green run: deploy, Setup, check, secrets, workflow, run."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from sfjwt_action.onboarding.app_metadata import SOURCE
from sfjwt_action.onboarding.ci_secrets import ASK_FOR_CONSUMER_KEY, GITHUB
from sfjwt_action.onboarding.kms_setup import kms_setup
from sfjwt_action.onboarding.steps import Step

if TYPE_CHECKING:
    from pathlib import Path

    from sfjwt_action.onboarding.questions import Answers

KEY = "server.key"
CERTIFICATE = "server.crt"
WORKFLOW = "salesforce-login.yml"
NEXT_STEPS = "NEXT-STEPS.md"


def next_steps(directory: Path, answers: Answers) -> list[Step]:
    """Return the steps that the user has to take, in order.

    Args:
        directory: The directory that `sfjwt init` wrote.
        answers: The user's answers.
    """
    return [
        *_in_salesforce(directory, answers),
        _check(directory, answers),
        *([_grant(answers)] if answers.kms_key else []),
        *_in_github(directory, answers),
    ]


def _in_salesforce(directory: Path, answers: Answers) -> list[Step]:
    here, username = shlex.quote(str(directory)), shlex.quote(answers.username)
    return [
        Step(
            "Deploy the app and the permission set as an administrator.",
            () if answers.connected_app else (_CONSUMER_SECRETS,),
            (
                f"sf org login web --instance-url {shlex.quote(answers.login_url)} --alias admin",
                f"(cd {here} && sf project deploy start --source-dir {SOURCE} --target-org admin)",
            ),
        ),
        Step(
            f"Assign the permission set to {answers.username}.",
            (
                "It pre-authorizes the user for the app and allows API access.",
                "Deployments need more, such as “Modify Metadata Through Metadata API Functions”.",
            ),
            (f"sf org assign permset --name {answers.api_name} --on-behalf-of {username} --target-org admin",),
        ),
        Step(
            "Check the app in Setup and copy its consumer key.",
            (*_setup(answers), "Run this command by itself and paste the consumer key."),
            (ASK_FOR_CONSUMER_KEY,),
        ),
    ]


def _check(directory: Path, answers: Answers) -> Step:
    certificate = shlex.quote(str(directory / CERTIFICATE))
    key_flag = (
        f"--kms-key {shlex.quote(answers.kms_key)}"
        if answers.kms_key
        else f"--private-key-file {shlex.quote(str(directory / KEY))}"
    )
    username, login_url = shlex.quote(answers.username), shlex.quote(answers.login_url)
    return Step(
        "Check the login from this machine. A new app can take 2 to 10 minutes to propagate.",
        commands=(
            (
                f'sfjwt doctor --consumer-key "$CONSUMER_KEY" {key_flag} '
                f"--certificate-file {certificate} --username {username} --login-url {login_url}"
            ),
        ),
    )


def _grant(answers: Answers) -> Step:
    return Step(
        "Let the repository's jobs sign with the key, and with no other key.",
        (
            "docs/kms.md describes the identity for the job's OIDC token. These commands grant it only what it needs.",
            "Replace the names in capitals. Bind the branch or environment that deploys.",
            "A repository that is older than July 2026 has another SUBJECT: see docs/kms.md.",
        ),
        kms_setup(answers.kms_key).grants,
    )


def _in_github(directory: Path, answers: Answers) -> list[Step]:
    workflow = shlex.quote(str(directory / WORKFLOW))
    return [
        _store_variables(answers) if answers.kms_key else _store_secrets(directory, answers),
        Step(
            "Commit the workflow to the default branch.",
            (
                f"First replace OWNER in {WORKFLOW} with the account that hosts sfjwt-action.",
                f"You can commit everything in {directory}{_except_key(answers)}.",
            ),
            (
                f"mkdir -p .github/workflows && cp {workflow} .github/workflows/",
                f'git add .github/workflows/{WORKFLOW} && git commit -m "Log in to Salesforce" && git push',
            ),
        ),
        Step(
            "Run the workflow.",
            ("Or click **Actions → Salesforce login → Run workflow**.",),
            (f"gh workflow run {WORKFLOW}",),
        ),
        *([] if answers.kms_key else [_MOVE_THE_KEY]),
    ]


def _except_key(answers: Answers) -> str:
    return "" if answers.kms_key else f" except {KEY}. If .gitignore changed, commit it too"


_MOVE_THE_KEY = Step(
    f"Move {KEY} to a password manager or a vault, and delete the file.",
    ("`sfjwt init --rotate` needs it again before the certificate expires.",),
)


def _store_variables(answers: Answers) -> Step:
    variables = kms_setup(answers.kms_key).variables
    return Step(
        "Store one secret and the variables in the GitHub repository.",
        (
            "Run gh in a clone of the repository, or add `--repo OWNER/NAME`. It asks for each variable's value.",
            *(f"{name} is {meaning}." for name, meaning in variables),
        ),
        (
            GITHUB.consumer_key,
            _set_username(answers),
            *(f"gh variable set {name}" for name, _ in variables),
        ),
    )


def _set_username(answers: Answers) -> str:
    return f"gh variable set SF_USERNAME --body {shlex.quote(answers.username)}"


def _store_secrets(directory: Path, answers: Answers) -> Step:
    return Step(
        "Store two secrets and one variable in the GitHub repository.",
        (
            "Run gh in a clone of the repository, or add `--repo OWNER/NAME`.",
            (
                "Or use **Settings → Secrets and variables → Actions**: the secrets SF_PRIVATE_KEY (all of "
                f"{KEY}) and SF_CONSUMER_KEY, and the variable SF_USERNAME ({answers.username})."
            ),
            f"For a GitHub environment or another CI system, {NEXT_STEPS} lists the commands at its end.",
        ),
        (
            GITHUB.key([str(directory / KEY)]),
            GITHUB.consumer_key,
            _set_username(answers),
        ),
    )


_CONSUMER_SECRETS = (
    "If **Setup → External Client App Settings** shows “Allow Access to OAuth Consumer Secrets via Metadata API”, "
    "turn it on first."
)


def _setup(answers: Answers) -> tuple[str, ...]:
    return _setup_of_connected_app(answers) if answers.connected_app else _setup_of_external_client_app(answers)


def _setup_of_external_client_app(answers: Answers) -> tuple[str, ...]:
    return (
        f"Open **Setup → External Client App Manager → {answers.label}**.",
        (
            "**Settings → OAuth Settings → Flow Enablement**: Enable JWT Bearer Flow is selected and has a "
            f"certificate. If not, click **Edit**, select it, upload {CERTIFICATE}, and save."
        ),
        (
            "**Policies → OAuth Policies**: Permitted Users is “Admin approved users are pre-authorized”, and App "
            f"Policies has the permission set {answers.label}. If not, click **Edit**, select both, and save."
        ),
        (
            "**Settings → OAuth Settings → Consumer Key and Secret**: enter the code that Salesforce emails you, and "
            "copy the consumer key."
        ),
    )


def _setup_of_connected_app(answers: Answers) -> tuple[str, ...]:
    return (
        f"Open **Setup → App Manager**, and click **View** in the menu of {answers.label}.",
        (
            "**API (Enable OAuth Settings)**: Use digital signatures has a certificate. If not, click **Edit**, "
            f"select it, upload {CERTIFICATE}, and save."
        ),
        (
            "Click **Manage**: Permitted Users is “Admin approved users are pre-authorized”, and Permission Sets has "
            f"{answers.label}."
        ),
        (
            "Go back to **View**, and click **Manage Consumer Details**: enter the code that Salesforce emails you, "
            "and copy the consumer key."
        ),
    )
