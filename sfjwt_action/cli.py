"""The commands, and what their exit codes say. Only here are the environment and the arguments read."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, NoReturn

from sfjwt_action import report
from sfjwt_action.assertion import HEADER, sign
from sfjwt_action.ci import Announcer, Publisher, choose, detect
from sfjwt_action.ci.console import Console, Terminal
from sfjwt_action.interrupts import end_on_signals, leave_no_core_dump, uninterrupted
from sfjwt_action.login import LoginRefused, OrgNotAllowed, Plan, admit, log_in, plan_login
from sfjwt_action.revocation import revoke_at_the_end, revoke_now
from sfjwt_action.settings import BadInput, Problem, Problems, misspelt_names, read_destination, read_settings
from sfjwt_action.token_endpoint import Refused, UntrustedAnswer
from sfjwt_action.transport import Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sfjwt_action.settings import Settings
    from sfjwt_action.token_endpoint import Log

OK = 0
BUG = 1
BAD_INPUT = 2
_ASSERTION_IN_A_LOG = Problem(
    "args",
    "`assertion` prints what logs in to the org, and a step of this action prints to the job's log.",
    "Give `assertion --claims` to see what it says, or run `sfjwt assertion` in a script that reads it.",
)
_EXIT_CODES: dict[type[Exception], int] = {
    BadInput: BAD_INPUT,
    LoginRefused: 3,
    Unreachable: 4,
    UntrustedAnswer: 5,
    OrgNotAllowed: 5,
}


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Be the process: run a command with this environment, and end with its exit code; at once on SIGTERM or SIGINT.

    Args:
        arguments: The command and its flags; those of the process by default.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    _have_all_streams()
    # The local org and the demo stop in an orderly way of their own.
    if arguments and arguments[0] in {"login", "assertion", "doctor", "revoke", "init", "inspect"}:
        end_on_signals()
        leave_no_core_dump()
        os.environ.pop("SSLKEYLOGFILE", None)  # where urllib3 would write what decrypts our connections
    _speak_utf8()
    try:
        exit_code = run(arguments, os.environ)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read our output has gone
        exit_code = BUG
    except OSError as error:
        with suppress(OSError):
            os.write(2, f"sfjwt: what was to be said cannot be written: {error.strerror}.\n".encode())
        exit_code = BUG
    # Python would first take apart every module that it has loaded, a tenth of a login's time.
    os._exit(exit_code)


def _have_all_streams() -> None:
    """Put the null device in place of streams that are closed: a socket or a file of ours would take their numbers.

    Standard output has to be there: a CI system reads from it what to mask.
    """
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 -- until the end
    if sys.stdout is None:
        with suppress(OSError):
            os.write(2, b"sfjwt: standard output is closed. Give it a file or a pipe.\n")
        os._exit(BAD_INPUT)
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 -- as above


def _speak_utf8() -> None:
    """Print what CI systems read: UTF-8, and line breaks that are left alone. Windows has other habits on a pipe."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=stream.errors, newline="\n")


def run(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a command.

    Args:
        arguments: The command and its flags.
        environ: The environment.

    Returns:
        The exit code of the design: 0 done, 2 bad input, 3 Salesforce refused, 4 not reachable, 5 the answer cannot
        be trusted, 1 a bug of ours.
    """
    options = _options(arguments)
    try:
        return _COMMANDS[options.command](options, environ)
    except ModuleNotFoundError as error:
        print(f"sfjwt: this command needs {error.name}: run it in a checkout, after `make demo`.", file=sys.stderr)
        return BAD_INPUT


def _options(arguments: Sequence[str]) -> SimpleNamespace:
    if list(arguments) == ["login"]:  # what the action runs: it has nothing that argparse would have to be imported for
        return SimpleNamespace(command="login")
    from sfjwt_action.arguments import parse  # noqa: PLC0415 -- as above

    return parse(arguments)


def _login(options: SimpleNamespace, environ: Mapping[str, str]) -> int:
    problems = Problems()
    publisher = choose(environ, *read_destination(_flags(options), environ), problems)
    plan = None
    start = time.monotonic()
    try:
        plan = _plan(options, environ, publisher, problems, publisher.obstacles)
        session = log_in(plan, publisher)
        # Before another word is said or sent: the masks have to be in force.
        publisher.mask(session, plan.settings)
        session = admit(plan, session, publisher)
        with uninterrupted():
            publisher.publish(session, plan.settings)
        with suppress(OSError):  # a log that nobody reads any more does not undo the login
            publisher.succeed(report.success(plan, session, seconds=time.monotonic() - start))
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 -- whatever it is, its message may hold a secret and must not be printed
        return _fail(error, publisher, plan, environ)
    return OK


def _assertion(options: SimpleNamespace, environ: Mapping[str, str]) -> int:
    # Standard output is the assertion's alone, also on a CI system.
    terminal = Terminal(environ)
    try:
        problems = Problems()
        if not options.claims and environ.get("GITHUB_ACTIONS") and "INPUT_PRIVATE-KEY" in environ:
            problems.note(_ASSERTION_IN_A_LOG)
        plan = _plan(options, environ, terminal, problems, lambda _: ())
        claims = plan.claims(plan.audiences[0])
        if options.claims:
            print(json.dumps({"header": HEADER, "claims": asdict(claims)}, indent=2))
        else:
            # A line break would become part of the assertion where curl reads it from a pipe.
            print(sign(claims, plan.keys[0]), end="\n" if sys.stdout.isatty() else "")
    except Exception as error:  # noqa: BLE001 -- as above
        return _fail(error, terminal, None, environ)
    return OK


def _fail(error: Exception, publisher: Announcer, plan: Plan | None, environ: Mapping[str, str]) -> int:
    """Tell what went wrong, and choose the exit code for it."""
    if isinstance(error, report.LoginError):
        publisher.fail(report.failure(error, plan, docs=_docs(environ)))
        return _EXIT_CODES[type(error)]
    publisher.fail(report.bug(error))
    return BUG


def _docs(environ: Mapping[str, str]) -> str:
    """Where the troubleshooting page of this very version is: on GitHub, the runner says whose action this is."""
    repository = environ.get("GITHUB_ACTION_REPOSITORY")
    if not repository:
        return report.TROUBLESHOOTING
    server = environ.get("GITHUB_SERVER_URL", "https://github.com")
    return f"{server}/{repository}/blob/{environ.get('GITHUB_ACTION_REF') or 'HEAD'}/{report.TROUBLESHOOTING}"


def _plan(
    options: SimpleNamespace,
    environ: Mapping[str, str],
    log: Log,
    problems: Problems,
    obstacles: Callable[[Settings], Iterable[Problem]],
) -> Plan:
    for sentence in misspelt_names(environ):
        log.warning("Salesforce login: unknown name", sentence)
    settings = read_settings(_flags(options), environ, problems)
    for obstacle in obstacles(settings):
        problems.note(obstacle)
    return plan_login(settings, problems)


def _flags(options: SimpleNamespace) -> dict[str, str]:
    return {name: value for name, value in vars(options).items() if isinstance(value, str)}


def _doctor(options: SimpleNamespace, environ: Mapping[str, str]) -> int:
    from sfjwt_action import doctor  # noqa: PLC0415 -- no other command needs it

    publisher = detect(environ)
    show = _shown_by(publisher)
    colour = sys.stdout.isatty() and not environ.get("NO_COLOR")
    checks = []
    try:
        for check in doctor.examine(_flags(options), environ):
            checks.append(check)
            if not options.json:
                for line in doctor.text(check, colour=colour).splitlines():
                    show(line)
    except Exception as error:  # noqa: BLE001 -- as above
        return _fail(error, publisher, None, environ)
    if options.json:
        print(doctor.as_json(checks))
    failed = doctor.first_failure(checks)
    return _EXIT_CODES[failed.error] if failed and failed.error else OK


def _shown_by(publisher: Publisher) -> Callable[[str], None]:
    """Show on standard output: where a system reads commands from there, by its own log, which lets no text be one."""
    return publisher.info if type(publisher).info is not Console.info else print


def _revoke(options: SimpleNamespace, environ: Mapping[str, str]) -> int:
    publisher = detect(environ)
    try:
        if options.from_state:
            revoke_at_the_end(environ, publisher)
            return OK
        # A login's own inputs are not needed, so it does not matter if they are missing.
        settings = read_settings(_flags(options), environ, Problems())
        instance_url = options.instance_url or environ.get("SF_INSTANCE_URL") or environ.get("SF_ORG_INSTANCE_URL", "")
        token = environ.get("SF_ACCESS_TOKEN") or ("" if sys.stdin.isatty() else sys.stdin.read().strip())
        revoke_now(settings, instance_url, token, publisher)
    except Refused as error:
        publisher.warning("Salesforce logout", f"The access token was not revoked. {error}")
        return _EXIT_CODES[LoginRefused]
    except BadInput as error:
        publisher.fail(
            replace(report.failure(error), title="Salesforce logout: bad input", lead="Nothing was revoked.")
        )
        return BAD_INPUT
    except Exception as error:  # noqa: BLE001 -- as above
        return _fail(error, publisher, None, environ)
    return OK


def _init(options: SimpleNamespace, environ: Mapping[str, str]) -> int:
    from sfjwt_action.onboarding import command  # noqa: PLC0415 -- no login needs it

    ask = input if sys.stdin.isatty() and not options.yes else None
    try:
        command.init(options, environ, ask=ask, say=print)
    except BadInput as error:
        print(error, "Nothing was written.", sep="\n", file=sys.stderr)
        return BAD_INPUT
    except EOFError:
        print("\nNo answer came. Nothing was written.", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 -- as above
        return _fail(error, Terminal(environ), None, environ)
    return OK


def _inspect(options: SimpleNamespace, environ: Mapping[str, str]) -> int:
    from sfjwt_action.onboarding import command  # noqa: PLC0415 -- no login needs it

    try:
        all_known = command.inspect(options.files, _passphrase(options, environ), say=_shown_by(detect(environ)))
    except BadInput as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 -- as above
        return _fail(error, Terminal(environ), None, environ)
    return OK if all_known else BAD_INPUT


def _passphrase(options: SimpleNamespace, environ: Mapping[str, str]) -> str:
    """Read the passphrase alone: the inputs of a login are not needed, so it does not matter if they are missing."""
    problems = Problems()
    passphrase = read_settings(_flags(options), environ, problems).private_key_passphrase
    problems.raise_if_any("private-key-passphrase")
    return passphrase


def _local_org(options: SimpleNamespace, _environ: Mapping[str, str]) -> int:
    from sfjwt_action.local_org import LocalOrgError, serve  # noqa: PLC0415 -- the image does not have its parts

    try:
        serve(port=options.port, directory=options.dir, certificate=options.certificate)
    except LocalOrgError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    return OK


def _demo(_options: SimpleNamespace, _environ: Mapping[str, str]) -> int:
    from sfjwt_action.local_org.demo import demo  # noqa: PLC0415 -- the image does not have its parts

    return demo()


_COMMANDS: dict[str, Callable[[SimpleNamespace, Mapping[str, str]], int]] = {
    "login": _login,
    "assertion": _assertion,
    "doctor": _doctor,
    "revoke": _revoke,
    "init": _init,
    "inspect": _inspect,
    "local-org": _local_org,
    "demo": _demo,
}
