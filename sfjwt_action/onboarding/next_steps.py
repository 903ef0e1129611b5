"""The steps from `sfjwt init` to a green run: deploy, Setup, check, secrets, workflow, run."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

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
    if answers.is_local:
        return _with_local_org(directory, answers)
    return [
        *_in_salesforce(directory, answers),
        _check(directory, answers),
        *([_grant(answers)] if answers.kms_key else []),
        *_in_github(directory, answers),
    ]


def _with_local_org(directory: Path, answers: Answers) -> list[Step]:
    port = urlsplit(answers.login_url).port or 443
    certificate = shlex.quote(str(directory / CERTIFICATE))
    flags = (
        f"{_key_flag(directory, answers)} --certificate-file {certificate} --username {shlex.quote(answers.username)}"
    )
    return [
        Step(
            "Start a local org that accepts the certificate, in another terminal.",
            ("It already has an app, so there is nothing to deploy.",),
            (f"sfjwt local-org --port {port} --dir org --certificate {certificate}",),
        ),
        Step(
            "Check the login.",
            ("org/login.env sets the consumer key, the login URL and the org's CA certificate.",),
            (f"(set -a; . org/login.env; sfjwt doctor {flags})",),
        ),
        Step("Log in.", commands=(f"(set -a; . org/login.env; sfjwt login {flags})",)),
        Step("For a Salesforce org, run `sfjwt init --out` with another directory and the org's My Domain."),
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
    username, login_url = shlex.quote(answers.username), shlex.quote(answers.login_url)
    return Step(
        "Check the login from this machine. A new app can take 2 to 10 minutes to propagate.",
        commands=(
            (
                f'sfjwt doctor --consumer-key "$CONSUMER_KEY" {_key_flag(directory, answers)} '
                f"--certificate-file {certificate} --username {username} --login-url {login_url}"
            ),
        ),
    )


def _key_flag(directory: Path, answers: Answers) -> str:
    if answers.kms_key:
        return f"--kms-key {shlex.quote(answers.kms_key)}"
    return f"--private-key-file {shlex.quote(str(directory / KEY))}"


def _grant(answers: Answers) -> Step:
    return Step(
        "Let the repository's jobs sign with the key, and with no other key.",
        (
            "First create the identity for the job's OIDC token, as docs/kms.md shows.",
            "These commands grant it only what it needs.",
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
                (
                    f"First replace OWNER in {WORKFLOW} with the account that hosts sfjwt-action. Until its v1 is "
                    "released, also replace v1 with the newest commit's SHA."
                ),
                f"Commit the rest of {directory} too, for the next rotation. .gitignore excludes secrets.",
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


_MOVE_THE_KEY = Step(
    f"Move {KEY} to a password manager or a vault, and delete the file.",
    ("`sfjwt init --rotate` needs it here again before the certificate expires.",),
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
            f"The end of {NEXT_STEPS} lists the commands for a GitHub environment and for other CI systems.",
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
            "In **Settings → OAuth Settings → Flow Enablement**, check that Enable JWT Bearer Flow is selected and has "
            f"a certificate. If not, click **Edit**, select it, upload {CERTIFICATE}, and save."
        ),
        (
            "In **Policies**, check that Permitted Users is “Admin approved users are pre-authorized” under OAuth "
            f"Policies, and that App Policies has the permission set {answers.label}. If not, click **Edit**, select "
            "both, and save."
        ),
        (
            "In **Settings → OAuth Settings**, click **Consumer Key and Secret**, enter the code that Salesforce "
            "emails you, and copy the consumer key."
        ),
    )


def _setup_of_connected_app(answers: Answers) -> tuple[str, ...]:
    return (
        f"Open **Setup → App Manager**, and click **View** in the menu of {answers.label}.",
        (
            "Under **API (Enable OAuth Settings)**, check that Use digital signatures has a certificate. If not, click "
            f"**Edit**, select it, upload {CERTIFICATE}, and save."
        ),
        (
            "Click **Manage**, and check that Permitted Users is “Admin approved users are pre-authorized” and that "
            f"Permission Sets has {answers.label}."
        ),
        (
            "Go back to **View**, click **Manage Consumer Details**, enter the code that Salesforce emails you, and "
            "copy the consumer key."
        ),
    )
