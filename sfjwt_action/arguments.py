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
            choices = re.search(r"\(choose from [^()]*\)\Z", message)
            message = f"{message.partition(':')[0]}: its value is missing, or is none that it takes"
            message += f" {choices[0]}" if choices else "."
        self.exit(2, f"{self.prog}: {message}\nTry `{self.prog} --help`.\n")


def _describe_unknown(arguments: Sequence[str]) -> str:
    names = (argument.partition("=")[0] for argument in arguments)
    flag = next(filter(re.compile("--[a-z][a-z-]{0,40}").fullmatch, names), None)
    if flag is None:
        return "there is an argument too many (it is not repeated here, since it may be a secret)."
    flags = {declared.name: declared.flag for declared in INPUTS}
    meant = SF_CLI_NAMES.get(flag.removeprefix("--"))
    near = [flags[meant]] if meant else difflib.get_close_matches(flag, flags.values(), n=1)
    return f"there is no flag {flag}." + (f" Did you mean {near[0]}?" if near else "")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="sfjwt", description="Log in to Salesforce by the OAuth 2.0 JWT bearer flow.")
    parser.add_argument("--version", action="version", version=f"sfjwt {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    login = _command(commands, "login", "log in, and hand the access token to later steps of the job")
    login.add_argument("--export", choices=EXPORTS, help="where the login goes (default: auto)")
    login.add_argument("--export-file", metavar="PATH", help="the file that it goes to, where it goes to one")
    _add_inputs(login)

    assertion = _command(commands, "assertion", "print a signed assertion, for curl or Postman")
    assertion.add_argument("--claims", action="store_true", help="show its header and claims instead")
    _add_inputs(assertion)

    doctor = _command(commands, "doctor", "check each part of a login, and say what is wrong")
    doctor.add_argument("--json", action="store_true", help="tell it to a machine")
    _add_inputs(doctor)

    revoke = _command(commands, "revoke", "revoke an access token: SF_ACCESS_TOKEN, or standard input")
    revoke.add_argument("--instance-url", metavar="URL", help="where it is from (default: SF_INSTANCE_URL)")
    revoke.add_argument("--from-state", action="store_true", help="as the action's post step: what its login left")

    _add_init(commands)

    inspect = _command(commands, "inspect", "tell what files hold: keys, certificates, secrets as pasted")
    inspect.add_argument("files", nargs="+", metavar="FILE", help="a file, or - for standard input")
    inspect.add_argument(
        "--private-key-passphrase-file",
        dest="private_key_passphrase",
        metavar="PATH",
        help="passphrase of what is encrypted",
    )

    local_org = _command(commands, "local-org", "run a Salesforce authorization server on this machine")
    local_org.add_argument("--port", type=int, default=8443, help="port on the loopback interface (default: 8443)")
    local_org.add_argument("--dir", type=Path, required=True, help="where to write its CA, a key, and login.env")
    local_org.add_argument("--certificate", type=Path, metavar="FILE", help="certificates that its apps have as well")
    local_org.add_argument(
        "--assume-tests",
        choices=("pass", "fail"),
        help="report Apex tests with this result (they don't run; default: they fail)",
    )

    _command(commands, "demo", "log in to a local org as the action would, and show each stage")
    return parser


def _add_init(commands: argparse._SubParsersAction[_Parser]) -> None:
    init = _command(commands, "init", "make a key, a certificate and an app's metadata, and tell what is left")
    init.add_argument("--out", metavar="DIR", help="where to write (default: salesforce-login)")
    init.add_argument("--login-url", metavar="URL", help="the org's My Domain")
    init.add_argument("--username", help="whom deployments log in as")
    init.add_argument("--label", help="name of the app (default: CI login)")
    init.add_argument("--email", metavar="ADDRESS", help="contact of the app")
    init.add_argument("--days", metavar="N", help="how long the certificate is valid (default: 365)")
    init.add_argument("--key-size", choices=("2048", "4096"), default="2048", help="bits of the key (default: 2048)")
    init.add_argument("--connected-app", action="store_true", help="a Connected App, where an org still allows it")
    init.add_argument("--rotate", metavar="DIR", help="make a second key beside the one that is there")
    init.add_argument("--gitignore", action="store_true", help="add the private key to .gitignore, if need be")
    init.add_argument("--force", action="store_true", help="replace files that are there")
    init.add_argument("--yes", action="store_true", help="ask nothing")


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
