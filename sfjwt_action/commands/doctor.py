"""`sfjwt doctor`: check each part of a login."""

from __future__ import annotations

import sys
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from sfjwt_action.ci.escaping import escape_json
from sfjwt_action.commands.exit_codes import ExitCode, exit_code_of
from sfjwt_action.report import doctor
from sfjwt_action.report.doctor import Status
from sfjwt_action.report.layout import TERMINAL_WIDTH

if TYPE_CHECKING:
    from sfjwt_action.commands.invocation import Invocation

_COLORS = {Status.OK: "32", Status.WARN: "33", Status.FAIL: "31", Status.SKIP: "2"}
"""Green, yellow, red and faint, as SGR codes (ECMA-48, 8.3.117)."""


def run(invocation: Invocation) -> ExitCode:
    """Run the command. A check that fails sets the exit code; nothing is raised for it."""
    width = get_terminal_size().columns if sys.stdout.isatty() else TERMINAL_WIDTH
    checks = []
    for check in doctor.run_checks(invocation.flags, invocation.environ):
        checks.append(check)
        if not invocation.options.json:
            first, *others = doctor.text(check, width=width).splitlines()
            invocation.show(first, color=_COLORS[check.status])
            for line in others:
                invocation.show(line)
    if invocation.options.json:
        print(escape_json(doctor.as_json(checks)))
    else:
        invocation.show(f"\n{doctor.verdict(checks)}")
        invocation.reporter.highlight(doctor.story(checks))
    failed = doctor.first_failure(checks)
    return exit_code_of(failed.error) if failed and failed.error else ExitCode.OK
