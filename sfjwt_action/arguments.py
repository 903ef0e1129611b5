"""The commands' flags, parsed by argparse. A `login` without flags, which the action runs, doesn't import this."""

from __future__ import annotations

import argparse
import difflib
import re
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, NoReturn

from sfjwt_action import __version__
from sfjwt_action.ci.detection import EXPORTS
from sfjwt_action.inputs.parsers import parse_boolean
from sfjwt_action.inputs.settings import INPUTS, SF_CLI_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence


def parse(arguments: Sequence[str]) -> SimpleNamespace:
    """Parse a command and its flags.

    Returns:
        The flags by attribute name, None for one that is missing, and `command`.

    Raises:
        SystemExit: With 2 for invalid arguments; with 0 after `--help` or `--version`.
    """
    options, unknown = _parser().parse_known_args(arguments, SimpleNamespace())
    if unknown:
        options.parser.error(_describe_unknown(unknown))
    return options


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors quote no argument: it may be a key."""

    def error(self, message: str) -> NoReturn:
        if message.startswith("argument "):
            choices = re.search(r"\(choose from ([^()]*)\)\Z", message)
            value = re.search(r"invalid choice: '([^']*)'", message)
            message = f"{message.partition(':')[0]}: missing or invalid value"
            near = difflib.get_close_matches(value[1], re.findall(r"[\w-]+", choices[1])) if value and choices else []
            message += f". Did you mean {near[0]}?" if near else f" {choices[0]}" if choices else "."
        self.exit(2, f"{self.prog}: {message}\nTry `{self.prog} --help`.\n")


def _describe_unknown(arguments: Sequence[str]) -> str:
    names = (argument.partition("=")[0] for argument in arguments)
    flag = next(filter(re.compile("--[a-z][a-z-]{0,40}").fullmatch, names), None)
    if flag is None:
        return "unexpected argument (not shown, because it may be a secret)."
    flags = {declared.name: declared.flag for declared in INPUTS}
    meant = SF_CLI_NAMES.get(flag.removeprefix("--"))
    near = [flags[meant]] if meant else difflib.get_close_matches(flag, flags.values(), n=1)
    return f"unknown flag {flag}." + (f" Did you mean {near[0]}?" if near else "")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="sfjwt", description="Log in to Salesforce with the OAuth 2.0 JWT bearer flow.")
    parser.add_argument("--version", action="version", version=f"sfjwt {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    login = _command(commands, "login", "log in and export the access token to later steps of the job")
    login.add_argument("--export", choices=EXPORTS, help="where to export the login (default: auto)")
    login.add_argument("--export-file", metavar="PATH", help="file to export to, for formats and systems that use one")
    _add_inputs(login)

    assertion = _command(commands, "assertion", "print a signed assertion, for curl or Postman")
    assertion.add_argument("--claims", action="store_true", help="print its header and claims instead")
    _add_inputs(assertion)

    doctor = _command(commands, "doctor", "check each part of a login and report what is wrong")
    doctor.add_argument("--json", action="store_true", help="print JSON")
    _add_inputs(doctor)

    explain = _command(commands, "explain", "print the causes and fixes of an error in the log")
    explain.add_argument(
        "words",
        nargs="+",
        metavar="WORDS",
        help='words such as "invalid assertion", or a line with “responded with HTTP”',
    )

    revoke = _command(commands, "revoke", "revoke an access token from SF_ACCESS_TOKEN or standard input")
    revoke.add_argument("--instance-url", metavar="URL", help="the org's instance URL (default: SF_INSTANCE_URL)")
    revoke.add_argument(
        "--from-state", action="store_true", help="revoke the token of the login step, as the action's post step does"
    )

    _add_init(commands)

    inspect = _command(commands, "inspect", "identify keys, certificates and pasted secrets")
    inspect.add_argument("files", nargs="+", metavar="FILE", help="a file, - for standard input, or a key's URI")
    inspect.add_argument(
        "--private-key-passphrase-file",
        dest="private_key_passphrase",
        metavar="PATH",
        help="file with the passphrase of encrypted keys",
    )

    local_org = _command(commands, "local-org", "run a local Salesforce org on this machine")
    local_org.add_argument("--port", type=int, default=8443, help="port on the loopback interface (default: 8443)")
    local_org.add_argument("--dir", type=Path, required=True, help="directory for its CA, a key and login.env")
    local_org.add_argument(
        "--certificate", type=Path, metavar="FILE", help="file of certificates that its apps also accept"
    )
    local_org.add_argument(
        "--assume-tests",
        metavar="pass|fail|FILE",
        help="result to report for Apex tests, because none runs. FILE names the tests that fail. (default: fail, and "
        "say why)",
    )

    _command(commands, "demo", "log in to a local org as the action would, and show each step")
    return parser


def _add_init(commands: argparse._SubParsersAction[_Parser]) -> None:
    init = _command(commands, "init", "create a key, a certificate, an app's metadata and a list of next steps")
    init.add_argument("--out", metavar="DIR", help="directory to write to (default: salesforce-login)")
    init.add_argument("--login-url", metavar="URL", help="the org's My Domain")
    init.add_argument("--username", help="username that CI jobs log in as")
    init.add_argument("--label", help="name of the app (default: CI login)")
    init.add_argument("--email", metavar="ADDRESS", help="contact email of the app")
    init.add_argument("--days", metavar="N", help="days until the certificate expires (default: 365)")
    init.add_argument(
        "--key-size", choices=("2048", "4096"), default="2048", help="size of the key in bits (default: 2048)"
    )
    init.add_argument(
        "--kms-key", metavar="URI", help="URI of a key in a key management service to use instead of a new key"
    )
    init.add_argument(
        "--connected-app", action="store_true", help="create a Connected App instead (most orgs no longer allow it)"
    )
    init.add_argument("--rotate", metavar="DIR", help="create a new key for the login in DIR")
    init.add_argument("--force", action="store_true", help="replace existing files")
    init.add_argument("--yes", action="store_true", help="don't ask questions")


def _command(
    commands: argparse._SubParsersAction[_Parser],
    name: str,
    meaning: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name, help=meaning, description=f"{meaning[0].upper()}{meaning[1:]}.", allow_abbrev=False
    )
    parser.set_defaults(command=name, parser=parser)
    return parser


def _add_inputs(parser: argparse.ArgumentParser) -> None:
    """Add a flag for every input to a command. No flag takes a secret: process lists and logs show arguments."""
    inputs = parser.add_argument_group("inputs", "Also read from INPUT_NAME, SFJWT_NAME and SFJWT_NAME_FILE.")
    for declared in INPUTS:
        default = f" (default: {declared.default})" if declared.default else ""
        is_boolean = declared.parse is parse_boolean
        inputs.add_argument(
            declared.flag,
            dest=declared.attribute,
            nargs="?" if is_boolean else None,
            const="true" if is_boolean else None,
            metavar="PATH" if declared.from_file else "true|false" if is_boolean else "VALUE",
            help=declared.meaning + default,
        )
