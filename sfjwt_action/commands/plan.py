"""The plan of a login, as the commands `login` and `assertion` make it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfjwt_action.inputs.settings import find_unknown_variables, read_settings
from sfjwt_action.login import plan_login

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sfjwt_action.commands.invocation import Invocation
    from sfjwt_action.inputs.problems import Problem, Problems
    from sfjwt_action.inputs.settings import Settings
    from sfjwt_action.login import Plan


def plan(
    invocation: Invocation, problems: Problems, preflight: Callable[[Settings], Iterable[Problem]] = lambda _: ()
) -> Plan:
    """Read and validate the inputs.

    Args:
        invocation: Where to read them from. Its reporter gets a warning for each unknown variable.
        problems: The problems found so far.
        preflight: Returns what else is wrong with the settings.

    Raises:
        InvalidInput: There are problems. The exception carries all of them.
        KeyServiceUnreachable: A key management service didn't respond.
    """
    for warning in find_unknown_variables(invocation.environ):
        invocation.reporter.warning("Salesforce login: unknown name", warning)
    settings = read_settings(invocation.flags, invocation.environ, problems)
    for problem in preflight(settings):
        problems.add(problem)
    return plan_login(settings, problems, environ=invocation.environ, log=invocation.reporter)
