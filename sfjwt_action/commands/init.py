"""`sfjwt init`: make a key, a certificate and an app's metadata, and say what is left to do."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sfjwt_action.ci.detection import stderr_reporter
from sfjwt_action.commands.exit_codes import ExitCode
from sfjwt_action.inputs.problems import InvalidInput, Problem
from sfjwt_action.onboarding.context import Context
from sfjwt_action.onboarding.init import init
from sfjwt_action.onboarding.rotation import rotate

if TYPE_CHECKING:
    from types import SimpleNamespace

    from sfjwt_action.commands.invocation import Invocation


def run(invocation: Invocation) -> ExitCode:
    """Run the command. Whatever goes wrong is raised, and nothing was written then."""
    options = invocation.options
    invocation.reporter = stderr_reporter(invocation.environ)
    invocation.title, invocation.consequence = "sfjwt init", "Nothing was written."
    context = Context(
        environ=invocation.environ,
        now=datetime.now(UTC),
        ask=input if sys.stdin.isatty() and not options.yes else None,
        say=invocation.show,
        force=options.force,
        flag="--rotate" if options.rotate else "--out",
    )
    key_size = int(options.key_size)
    try:
        if options.rotate:
            _refuse_flags_of_the_app(options)
            rotate(Path(options.rotate), invocation.flags, context, key_size=key_size)
        else:
            init(invocation.flags, context, connected_app=options.connected_app, key_size=key_size)
    except EOFError:
        found, remedy = "No answer came.", "Answer the questions, or give --yes and the flags."
        raise InvalidInput([Problem("standard input", found, remedy)]) from None
    return ExitCode.OK


def _refuse_flags_of_the_app(options: SimpleNamespace) -> None:
    """Refuse flags that a rotation ignores, because the app and its user stay as they are."""
    kept = [name for name in ("out", "login_url", "username", "label", "email", "connected_app") if vars(options)[name]]
    if kept:
        found, remedy = "A rotation makes a new key for the app that is there.", "Leave it out."
        raise InvalidInput([Problem(f"--{name.replace('_', '-')}", found, remedy) for name in kept])
