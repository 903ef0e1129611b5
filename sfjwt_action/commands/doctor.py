"""`sfjwt doctor`: check each part of a login."""

from __future__ import annotations

import sys
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from sfjwt_action.ci.escaping import escape_json
from sfjwt_action.commands.exit_codes import ExitCode, exit_code_of
from sfjwt_action.report import doctor
from sfjwt_action.report.layout import TERMINAL_WIDTH

if TYPE_CHECKING:
    from sfjwt_action.commands.invocation import Invocation


def run(invocation: Invocation) -> ExitCode:
    """Run the command. A check that fails sets the exit code; nothing is raised for it."""
    color = sys.stdout.isatty() and not invocation.environ.get("NO_COLOR")
    width = get_terminal_size().columns if sys.stdout.isatty() else TERMINAL_WIDTH
    checks = []
    for check in doctor.run_checks(invocation.flags, invocation.environ):
        checks.append(check)
        if not invocation.options.json:
            for line in doctor.text(check, width=width, color=color).splitlines():
                invocation.show(line)
    if invocation.options.json:
        print(escape_json(doctor.as_json(checks)))
    else:
        invocation.show(f"\n{doctor.verdict(checks)}")
        invocation.reporter.highlight(doctor.story(checks))
    failed = doctor.first_failure(checks)
    return exit_code_of(failed.error) if failed and failed.error else ExitCode.OK
