"""`sfjwt login`: log in, and pass the access token to later steps."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from sfjwt_action.ci.detection import choose_publisher
from sfjwt_action.commands.exit_codes import ExitCode
from sfjwt_action.commands.plan import plan as make_plan
from sfjwt_action.inputs.problems import Problems
from sfjwt_action.inputs.settings import read_destination
from sfjwt_action.login import log_in, validate_session
from sfjwt_action.process import defer_signals, discard_output
from sfjwt_action.report.story import success

if TYPE_CHECKING:
    from sfjwt_action.commands.invocation import Invocation


def run(invocation: Invocation) -> ExitCode:
    """Run the command. Whatever goes wrong is raised."""
    problems = Problems()
    destination = read_destination(invocation.flags, invocation.environ)
    publisher = choose_publisher(invocation.environ, *destination, problems)
    invocation.reporter = publisher
    start = time.monotonic()
    invocation.plan = plan = make_plan(invocation, problems, publisher.preflight)
    session = log_in(plan, publisher)
    # The masks have to be in force before anything else is logged or sent.
    publisher.mask(session, plan.settings)
    session = validate_session(plan, session, publisher)
    with defer_signals():
        hint = publisher.publish(session, plan.settings)
    try:
        publisher.succeed(success(plan, session, seconds=time.monotonic() - start))
        if hint:
            publisher.info(hint)
        sys.stdout.flush()
    except OSError:  # the login is published, even if nobody reads the log anymore
        discard_output()
    return ExitCode.OK
