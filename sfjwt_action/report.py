"""What a person reads: the text of a login's success or failure. It holds no secret."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sfjwt_action import __version__
from sfjwt_action.login import LoginRefused
from sfjwt_action.settings import BadInput
from sfjwt_action.token_endpoint import UntrustedAnswer
from sfjwt_action.transport import Unreachable

if TYPE_CHECKING:
    from sfjwt_action.session import Session

LoginError = BadInput | LoginRefused | Unreachable | UntrustedAnswer
"""Every way in which a login fails, short of a bug."""


@dataclass(frozen=True)
class Failure:
    """A failed run, in words.

    Attributes:
        title: A few words.
        message: What was found and how to put it right, one or more lines.
    """

    title: str
    message: str


def success(session: Session) -> str:
    """Say who is logged in to which org, in one line."""
    return f"Logged in as {session.username}" + (f" to org {session.org_id}" if session.org_id else "")


def failure(error: LoginError) -> Failure:
    """Say why a login failed."""
    match error:
        case BadInput():
            return Failure("Salesforce login: bad input", "\n".join(map(str, error.problems)))
        case LoginRefused():
            return Failure("Salesforce refused the login", _refusal(error))
        case Unreachable():
            return Failure("Salesforce could not be reached", str(error))
        case UntrustedAnswer():
            return Failure(
                "Salesforce's answer cannot be trusted", f"The token endpoint's answer is not taken: {error}."
            )


def bug(error: Exception) -> Failure:
    """Say that we failed, where, and how to report it; the error's own message may hold a secret and is left out."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"  {Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in frames]
    lines = [
        f"{type(error).__name__} in sfjwt-action {__version__}. Nothing was published.",
        *places,
        "Please report it with these lines; they hold no secret.",
    ]
    return Failure("A bug in sfjwt-action", "\n".join(lines))


def _refusal(error: LoginRefused) -> str:
    told = error.most_telling
    lines = [_sentence(f"Salesforce says {told.refusal} (HTTP {told.refusal.status}, audience {told.audience})")]
    lines += [
        _sentence(f"Also tried: audience {other.audience}, refused with {other.refusal}")
        for other in error.attempts
        if other is not told
    ]
    return "\n".join(lines)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."
