"""`sfjwt assertion`: print a signed assertion, for curl or Postman."""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import TYPE_CHECKING

from sfjwt_action.ci.detection import stderr_reporter
from sfjwt_action.ci.escaping import escape_json
from sfjwt_action.commands.exit_codes import ExitCode
from sfjwt_action.commands.plan import plan as make_plan
from sfjwt_action.inputs.problems import Problem, Problems
from sfjwt_action.salesforce.assertion import HEADER, sign
from sfjwt_action.transport import with_retries

if TYPE_CHECKING:
    from sfjwt_action.commands.invocation import Invocation
    from sfjwt_action.login import Plan
    from sfjwt_action.salesforce.assertion import Claims
    from sfjwt_action.transport import Log

_WOULD_BE_LOGGED = Problem(
    "args",
    "`sfjwt assertion` prints a credential, and a step of this action prints to the job's log.",
    "Use `assertion --claims` to see the claims, or run `sfjwt assertion` in a script that reads its output.",
)


def run(invocation: Invocation) -> ExitCode:
    """Run the command. Whatever goes wrong is raised."""
    # Only the assertion goes to standard output, on a CI system as well.
    invocation.reporter = stderr_reporter(invocation.environ)
    problems = Problems()
    only_claims = invocation.options.claims
    if not only_claims and invocation.environ.get("GITHUB_ACTIONS") and "INPUT_PRIVATE-KEY" in invocation.environ:
        problems.add(_WOULD_BE_LOGGED)
    plan = make_plan(invocation, problems)
    claims = plan.claims(plan.audiences[0])
    if only_claims:
        print(escape_json(json.dumps({"header": HEADER, "claims": claims._asdict()}, indent=2)))
    else:
        # A line break would become part of the assertion where curl reads it from a pipe.
        print(_sign(claims, plan, invocation.reporter), end="\n" if sys.stdout.isatty() else "")
    return ExitCode.OK


def _sign(claims: Claims, plan: Plan, log: Log) -> str:
    """Sign with the first signer, again if a key management service doesn't respond."""
    attempt = partial(sign, claims, plan.signers[0])
    return with_retries(plan.login_url, attempt, retries=plan.settings.retries, log=log)
