"""`sfjwt revoke`: revoke an access token."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sfjwt_action.commands.exit_codes import ExitCode
from sfjwt_action.inputs.problems import Problems
from sfjwt_action.inputs.settings import read_settings
from sfjwt_action.salesforce.errors import Refused
from sfjwt_action.salesforce.revocation import revoke_from_state, revoke_token

if TYPE_CHECKING:
    from sfjwt_action.commands.invocation import Invocation


def run(invocation: Invocation) -> ExitCode:
    """Run the command. Whatever goes wrong is raised, except that Salesforce refuses it."""
    invocation.title, invocation.consequence = "Salesforce logout", "Nothing was revoked."
    options, environ = invocation.options, invocation.environ
    if options.from_state:
        revoke_from_state(environ, invocation.reporter)
        return ExitCode.OK
    # Problems are ignored, because a revocation doesn't need the inputs of a login.
    settings = read_settings(invocation.flags, environ, Problems())
    instance_url = options.instance_url or environ.get("SF_INSTANCE_URL") or environ.get("SF_ORG_INSTANCE_URL", "")
    token = environ.get("SF_ACCESS_TOKEN") or ("" if sys.stdin.isatty() else sys.stdin.read().strip())
    try:
        revoke_token(settings, instance_url, token, invocation.reporter)
    except Refused as error:
        invocation.reporter.warning("Salesforce logout", f"The access token wasn't revoked. {error}")
        return ExitCode.REFUSED
    return ExitCode.OK
