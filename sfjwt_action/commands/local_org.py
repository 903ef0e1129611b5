"""`sfjwt local-org`: run a Salesforce org on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfjwt_action.ci.detection import stderr_reporter
from sfjwt_action.commands.exit_codes import ExitCode
from sfjwt_action.local_org import LocalOrgError, serve
from sfjwt_action.report.story import Story

if TYPE_CHECKING:
    from sfjwt_action.commands.invocation import Invocation


def run(invocation: Invocation) -> ExitCode:
    """Run the command, until a signal ends it."""
    invocation.reporter = stderr_reporter(invocation.environ)
    options = invocation.options
    try:
        serve(
            port=options.port,
            directory=options.dir,
            certificate=options.certificate,
            assume_tests=options.assume_tests,
        )
    except LocalOrgError as error:
        invocation.reporter.fail(Story("The local org can't start", str(error)))
        return ExitCode.INVALID_INPUT
    return ExitCode.OK
