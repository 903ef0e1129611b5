"""A dotenv file by GitLab's rules: `NAME=value` lines, taken as they stand, without quotes, comments or blank lines.

Rules: docs.gitlab.com, `artifacts:reports:dotenv`. `docker run --env-file` reads the same lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfjwt_action.ci.handover import variables

if TYPE_CHECKING:
    from sfjwt_action.session import Session
    from sfjwt_action.settings import Settings


def line(name: str, value: str) -> str:
    """Write a value, as it is."""
    return f"{name}={value}\n"


def render(session: Session, settings: Settings) -> str:
    """Write a login as a dotenv file."""
    return "".join(line(name, value) for name, value in variables(session, settings).items())
