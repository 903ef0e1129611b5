"""The GitHub workflow that logs in and calls the org once."""

from __future__ import annotations

import json
from string import Template
from typing import TYPE_CHECKING

from sfjwt_action.onboarding.kms_setup import kms_setup

if TYPE_CHECKING:
    from sfjwt_action.onboarding.kms_setup import KmsSetup
    from sfjwt_action.onboarding.questions import Answers

_WORKFLOW = Template("""\
# Replace OWNER with the account that hosts sfjwt-action.
name: Salesforce login

on: workflow_dispatch

permissions: {}

jobs:
  check:
    name: Log in and call the org
    runs-on: ubuntu-latest
$identity    steps:
$steps      - name: Log in to Salesforce
        id: salesforce
        uses: OWNER/sfjwt-action@v1
        with:
          consumer-key: $${{ secrets.SF_CONSUMER_KEY }}
          $key
          username: $${{ vars.SF_USERNAME }}
          login-url: $login_url

      - name: Call the org
        env:
          SF_ACCESS_TOKEN: $${{ steps.salesforce.outputs.access-token }}
          SF_INSTANCE_URL: $${{ steps.salesforce.outputs.instance-url }}
        run: |
          curl --fail-with-body --silent --show-error --header @- \\
            "$$SF_INSTANCE_URL/services/data/v66.0/limits" <<<"Authorization: Bearer $$SF_ACCESS_TOKEN"
""")


def workflow(answers: Answers) -> str:
    """Return the workflow. GitHub runs it once it is in `.github/workflows` of the default branch."""
    setup = kms_setup(answers.kms_key) if answers.kms_key else None
    return _WORKFLOW.substitute(
        login_url=_literal(answers.login_url),
        key=f"kms-key: {_literal(answers.kms_key)}" if setup else "private-key: ${{ secrets.SF_PRIVATE_KEY }}",
        identity=_identity(setup) if setup else "",
        steps=setup.steps if setup else "",
    )


def _identity(setup: KmsSetup) -> str:
    """Return what lets the job authenticate to a key management service, without a secret."""
    permissions = ["    permissions:", *(["      contents: read"] if setup.steps else []), "      id-token: write"]
    environment = [f"      {name}: ${{{{ vars.{name} }}}}" for name in setup.environment]
    return "\n".join([*permissions, *(["    env:", *environment] if environment else []), ""])


def _literal(text: str) -> str:
    """Quote text for a workflow: a JSON string is a YAML string, and `${{` starts an expression."""
    return json.dumps(text.replace("${{", "${{ '${{' }}"), ensure_ascii=False)
