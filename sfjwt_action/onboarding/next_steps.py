"""The steps from `sfjwt init` to a first login: deploy, Setup, secrets, check."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from sfjwt_action.onboarding.app_metadata import SOURCE
from sfjwt_action.onboarding.ci_secrets import ASK_FOR_CONSUMER_KEY, GITHUB
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
    here = shlex.quote(str(directory))
    key, certificate, workflow = (shlex.quote(str(directory / name)) for name in (KEY, CERTIFICATE, WORKFLOW))
    username, login_url = shlex.quote(answers.username), shlex.quote(answers.login_url)
    return [
        Step(
            "Deploy the app and the permission set, as an administrator.",
            () if answers.connected_app else (_CONSUMER_SECRETS,),
            (
                f"sf org login web --instance-url {login_url} --alias admin",
                f"(cd {here} && sf project deploy start --source-dir {SOURCE} --target-org admin)",
            ),
        ),
        Step(
            f"Give the permission set to {answers.username}.",
            ("It lets the user in by this app, and use the API. What the deployments need is another matter.",),
            (f"sf org assign permset --name {answers.api_name} --on-behalf-of {username} --target-org admin",),
        ),
        Step(
            "In Setup, see that the app is complete, and copy its consumer key; then run this, and paste it.",
            _setup(answers),
            (ASK_FOR_CONSUMER_KEY,),
        ),
        Step(
            "Put the secrets into the repository.",
            (
                "Outside of its directory, gh also takes `--repo OWNER/NAME`.",
                f"Another CI system, or an environment's secrets: {NEXT_STEPS} has the commands, after these steps.",
            ),
            (GITHUB.key([str(directory / KEY)]), GITHUB.consumer_key),
        ),
        Step(
            f"Copy {WORKFLOW} to .github/workflows of the repository, and put in it who OWNER is.",
            commands=(f"mkdir -p .github/workflows && cp {workflow} .github/workflows/",),
        ),
        Step(
            "Check the login from here, 2 to 10 minutes after the deploy.",
            commands=(
                (
                    f'sfjwt doctor --consumer-key "$CONSUMER_KEY" --private-key-file {key} '
                    f"--certificate-file {certificate} --username {username} --login-url {login_url}"
                ),
            ),
        ),
    ]


_CONSUMER_SECRETS = (
    "If Setup, External Client App Settings, still shows “Allow Access to OAuth Consumer Secrets via Metadata API”, "
    "turn it on first."
)


def _setup(answers: Answers) -> tuple[str, ...]:
    return _setup_of_connected_app(answers) if answers.connected_app else _setup_of_external_client_app(answers)


def _setup_of_external_client_app(answers: Answers) -> tuple[str, ...]:
    return (
        f"Open External Client App Manager, then {answers.label}.",
        (
            f"Settings, OAuth Settings, Flow Enablement: Enable JWT Bearer Flow is ticked, and there is a certificate. "
            f"If not, click Edit, tick it, upload {CERTIFICATE}, and save."
        ),
        (
            "Policies, OAuth Policies: Permitted Users is “Admin approved users are pre-authorized”, and under App "
            f"Policies the permission set {answers.label} is selected. If not, click Edit, select them, and save."
        ),
        (
            "Settings, OAuth Settings, Consumer Key and Secret: enter the code that arrives by e-mail, and copy the "
            "consumer key."
        ),
    )


def _setup_of_connected_app(answers: Answers) -> tuple[str, ...]:
    return (
        f"Open App Manager, then View in the menu of {answers.label}.",
        (
            f"API (Enable OAuth Settings): Use digital signatures has a certificate. If not, click Edit, tick it, "
            f"upload {CERTIFICATE}, and save."
        ),
        (
            "Click Manage: Permitted Users is “Admin approved users are pre-authorized”, and under Permission Sets "
            f"there is {answers.label}."
        ),
        "Back in View, Manage Consumer Details: enter the code that arrives by e-mail, and copy the consumer key.",
    )
