"""`sfjwt explain`: print what the catalogs know about the words of Salesforce or a key service, without a login."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfjwt_action.ci.detection import stderr_reporter
from sfjwt_action.commands.exit_codes import ExitCode
from sfjwt_action.inputs.problems import InvalidInput, Problem
from sfjwt_action.refusals.kms import find_logged_kms_entry
from sfjwt_action.refusals.lookup import find_entry, search
from sfjwt_action.refusals.refusal import Refusal
from sfjwt_action.report.failure import explanation
from sfjwt_action.report.layout import text

if TYPE_CHECKING:
    from sfjwt_action.commands.invocation import Invocation


def run(invocation: Invocation) -> ExitCode:
    """Run the command: print one entry, or a list of those that may be meant.

    Raises:
        InvalidInput: No catalog knows the words.
    """
    invocation.reporter = stderr_reporter(invocation.environ)
    invocation.title, invocation.consequence = "sfjwt explain", "Nothing was found."
    words = " ".join(invocation.options.words)
    entry = find_logged_kms_entry(words) or find_entry(Refusal(0, words, ""))
    match [entry] if entry else search(words):
        case []:
            found = "The catalog doesn't know these words."
            remedy = (
                "Use the words after “Salesforce says” in the log, or the line with “responded with HTTP”. "
                "For problems with inputs or the network, run `sfjwt doctor`."
            )
            raise InvalidInput([Problem("WORDS", found, remedy)])
        case [entry]:
            lines = text(explanation(entry))
        case entries:
            lines = ["Several errors have these words. Use all words of one:", ""]
            lines += [f"  {entry.words}\n    {entry.title}" for entry in entries]
    for line in lines:
        invocation.show(line)
    return ExitCode.OK
