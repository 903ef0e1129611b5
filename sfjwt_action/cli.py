"""The commands and their exit codes. Only this module and the entry points read the environment and the arguments."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, NoReturn

from sfjwt_action import __version__
from sfjwt_action.ci.detection import detect_publisher
from sfjwt_action.commands.exit_codes import ExitCode, exit_code_of
from sfjwt_action.commands.invocation import Invocation
from sfjwt_action.process import exit_on_signals, open_missing_streams, use_utf8

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sfjwt_action.report.story import Story

_NEEDS_LOCAL_ORG = {"local-org", "demo"}
"""Commands that handle signals themselves. They hold no secret, and need an extra that the image doesn't have."""

_INSTALL_LOCAL_ORG = "pipx install --force 'sfjwt-action[local-org] @ git+https://github.com/OWNER/sfjwt-action'"


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command with this process's environment, and exit with its exit code; at once on SIGTERM and SIGINT.

    Args:
        arguments: The command and its flags; the process's own by default.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    open_missing_streams()
    use_utf8()
    if arguments and arguments[0] in _NEEDS_LOCAL_ORG:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    else:
        exit_on_signals()
    # Python would first dismantle every module, which takes a tenth of a login's time.
    os._exit(_run_to_the_end(arguments))


def _run_to_the_end(arguments: Sequence[str]) -> int:
    """Run a command, and catch everything that it raises, because Python would print it."""
    try:
        exit_code = run(arguments, os.environ)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader closed the output
        return ExitCode.BUG
    except OSError as error:
        return _print_fatal(f"can't write the output: {error.strerror}")
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except SystemExit as end:
        sys.stdout.flush()
        return end.code if isinstance(end.code, int) else ExitCode.OK
    except BaseException as error:  # noqa: BLE001 -- its message may hold a secret
        return _print_fatal(f"a bug in sfjwt-action {__version__}: {type(error).__name__}")
    return exit_code


def _print_fatal(words: str) -> int:
    with suppress(OSError):
        os.write(2, f"sfjwt: {words}.\n".encode())
    return ExitCode.BUG


def run(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a command, and report what goes wrong.

    Args:
        arguments: The command and its flags.
        environ: The environment.

    Returns:
        The exit code.
    """
    options = _parse(arguments)
    invocation = Invocation(options, environ, reporter=detect_publisher(environ))
    try:
        # A run needs one command, and importing all of them would slow every login down.
        command = import_module(f"sfjwt_action.commands.{options.command.replace('-', '_')}")
        return int(command.run(invocation))
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 -- its message may hold a secret, so Python must not print it
        if isinstance(error, ModuleNotFoundError) and options.command in _NEEDS_LOCAL_ORG:
            print(f"sfjwt: the local org isn't installed. Install it with `{_INSTALL_LOCAL_ORG}`.", file=sys.stderr)
            return ExitCode.INVALID_INPUT
        invocation.reporter.fail(_explain(error, invocation))
        return exit_code_of(type(error))


def _explain(error: Exception, invocation: Invocation) -> Story:
    # Most runs don't fail.
    from sfjwt_action.report.failure import TROUBLESHOOTING, LoginError, bug, failure  # noqa: PLC0415

    if not isinstance(error, LoginError):
        return bug(error)
    return failure(
        error,
        invocation.plan,
        docs=_of_this_version(TROUBLESHOOTING, invocation.environ),
        title=invocation.title,
        consequence=invocation.consequence,
    )


def _parse(arguments: Sequence[str]) -> SimpleNamespace:
    if list(arguments) == ["login"]:  # what the action runs, which saves importing argparse
        return SimpleNamespace(command="login")
    from sfjwt_action.arguments import parse  # noqa: PLC0415 -- as above

    return parse(arguments)


def _of_this_version(page: str, environ: Mapping[str, str]) -> str:
    """Return the URL of a page in this version, or its path where no runner says which repository the action is in."""
    repository = environ.get("GITHUB_ACTION_REPOSITORY")
    if not repository:
        return page
    server = environ.get("GITHUB_SERVER_URL", "https://github.com")
    return f"{server}/{repository}/blob/{environ.get('GITHUB_ACTION_REF') or 'HEAD'}/{page}"
