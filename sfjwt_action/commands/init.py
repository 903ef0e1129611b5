"""`sfjwt init`: create a key, a certificate, an app's metadata and a list of next steps."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sfjwt_action.ci.detection import stderr_reporter
from sfjwt_action.commands.exit_codes import ExitCode
from sfjwt_action.inputs.problems import InvalidInput, Problem, Problems
from sfjwt_action.inputs.settings import read_settings
from sfjwt_action.onboarding.context import Context
from sfjwt_action.onboarding.init import init
from sfjwt_action.onboarding.kms_rotation import rotate_in_service
from sfjwt_action.onboarding.rotation import rotate
from sfjwt_action.signing.factory import load_signers

if TYPE_CHECKING:
    from types import SimpleNamespace

    from sfjwt_action.commands.invocation import Invocation
    from sfjwt_action.signing.signer import Signer


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
        signer = _signer(invocation)
        if options.rotate:
            _refuse_flags_of_the_app(options)
        if options.rotate and signer:
            rotate_in_service(Path(options.rotate), invocation.flags, context, signer)
        elif options.rotate:
            rotate(Path(options.rotate), invocation.flags, context, key_size=key_size)
        else:
            connected_app = options.connected_app
            init(invocation.flags, context, connected_app=connected_app, key_size=key_size, signer=signer)
    except EOFError:
        found, remedy = "The input ended before an answer.", "Answer the questions, or use --yes and the flags."
        raise InvalidInput([Problem("standard input", found, remedy)]) from None
    return ExitCode.OK


def _signer(invocation: Invocation) -> Signer | None:
    """Return the key that --kms-key names; None without it.

    Raises:
        InvalidInput: It can't sign, or there are several.
        KeyServiceUnreachable: The service didn't respond.
    """
    if not invocation.options.kms_key:
        return None
    settings = read_settings(invocation.flags, invocation.environ, Problems())
    problems = Problems()
    signers = load_signers(settings, problems, environ=invocation.environ, log=invocation.reporter)
    if len(signers) > 1:
        problems.add(Problem("--kms-key", "The value names several keys.", "Set it to the URI of one key."))
    problems.raise_if_any()
    return signers[0]


def _refuse_flags_of_the_app(options: SimpleNamespace) -> None:
    """Reject flags that a rotation ignores, because the app and its user don't change."""
    kept = [name for name in ("out", "login_url", "username", "label", "email", "connected_app") if vars(options)[name]]
    if kept:
        found, remedy = "A rotation creates a new key for the existing app, so it ignores this flag.", "Remove it."
        raise InvalidInput([Problem(f"--{name.replace('_', '-')}", found, remedy) for name in kept])
