"""`sfjwt inspect`: identify keys, certificates and pasted secrets."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sfjwt_action.ci.detection import stderr_reporter
from sfjwt_action.commands.exit_codes import ExitCode
from sfjwt_action.inputs.problems import Problems
from sfjwt_action.inputs.settings import read_settings
from sfjwt_action.onboarding import inspection
from sfjwt_action.signing.factory import load_signers

if TYPE_CHECKING:
    from sfjwt_action.commands.invocation import Invocation
    from sfjwt_action.onboarding.inspection import Inspected

_KEY_URI = re.compile("(awskms|gcpkms|azurekms|hashivault|openbao)://")


def run(invocation: Invocation) -> ExitCode:
    """Run the command. A file that holds nothing known sets the exit code."""
    invocation.reporter = stderr_reporter(invocation.environ)
    invocation.title, invocation.consequence = "sfjwt inspect", "Nothing was inspected."
    passphrase = _passphrase(invocation)
    now = datetime.now(UTC)
    inspected = [
        _inspect_key(path, invocation) if _KEY_URI.match(path) else inspection.inspect(path, passphrase, now)
        for path in invocation.options.files
    ]
    for line in inspection.as_text(inspected):
        invocation.show(line)
    return ExitCode.INVALID_INPUT if any(file.problem for file in inspected) else ExitCode.OK


def _inspect_key(uri: str, invocation: Invocation) -> Inspected:
    """Ask a key management service about a key."""
    settings = read_settings(invocation.flags, invocation.environ, Problems())
    settings = replace(settings, kms_key=uri, private_key="")
    problems = Problems()
    signers = load_signers(settings, problems, environ=invocation.environ, log=invocation.reporter)
    problems.raise_if_any()
    return inspection.describe_key(uri, signers[0].public_key)


def _passphrase(invocation: Invocation) -> str:
    """Read the passphrase alone. Problems of other inputs are ignored, because only a login needs those."""
    problems = Problems()
    passphrase = read_settings(invocation.flags, invocation.environ, problems).private_key_passphrase
    problems.raise_if_any("private-key-passphrase")
    return passphrase
