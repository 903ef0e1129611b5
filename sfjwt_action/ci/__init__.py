"""CI systems: how each takes a login from us, and which one this is."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from sfjwt_action.ci.console import Console, NoChannel, Terminal
from sfjwt_action.ci.format import Format, Writer
from sfjwt_action.settings import Problem, shown
from sfjwt_action.token_endpoint import Log

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

    from sfjwt_action.report import Story
    from sfjwt_action.session import Session
    from sfjwt_action.settings import Problems, Settings

# In the order of detection, the most specific first: each system, and the variables that tell it, its channel's and its
# own. A system is a line here, and the module of that name. Its `publisher` makes one from an environment, and so does
# its `announcer`, where a login that goes another way is shown and masked otherwise. A format is a module: a `Writer`.
_SYSTEMS = {
    "github": ("GITHUB_OUTPUT", "GITHUB_ACTIONS"),
    "azure": ("TF_BUILD",),
    "buildkite": ("BUILDKITE_AGENT_JOB_API_SOCKET", "BUILDKITE"),
    "harness": ("HARNESS_OUTPUT_SECRET_FILE", "HARNESS_BUILD_ID"),
    "vela": ("VELA_MASKED_OUTPUTS", "VELA"),
    "codefresh": ("CF_BUILD_ID",),
    "gitlab": ("GITLAB_CI",),
    "circleci": ("CIRCLECI",),
    "bitbucket": ("BITBUCKET_BUILD_NUMBER",),
}
_FORMATS = ("dotenv", "json", "shell")

EXPORTS = ("auto", *_SYSTEMS, *_FORMATS)
"""What `--export` takes."""


class Announcer(Log, Protocol):
    """What a CI system shows to people, and keeps from them."""

    def fail(self, story: Story) -> None:
        """Tell why the run failed, as prominently as the system can."""
        ...

    def succeed(self, story: Story) -> None:
        """Tell that the login succeeded."""
        ...

    def mask(self, session: Session, settings: Settings) -> None:
        """Keep a login's secrets out of the log from now on, or warn that the system cannot.

        It comes before anything that could show them.

        Raises:
            BadInput: The system did not do what it can.
        """
        ...


class Publisher(Announcer, Protocol):
    """A CI system's channels: its log, its annotations, and its way to hand values to later steps.

    Args:
        environ: The environment.
    """

    def __init__(self, environ: Mapping[str, str]) -> None: ...

    def obstacles(self, settings: Settings) -> Iterator[Problem]:
        """Tell what would keep a login from being published, so that none is made in vain."""
        ...

    def publish(self, session: Session, settings: Settings) -> None:
        """Hand a login, whose secrets are masked, to later steps.

        Args:
            session: The login.
            settings: What is to be exported, and revoked in the end.

        Raises:
            BadInput: The system's channel can no longer be written; nothing of the login is left in it.
        """
        ...


def detect(environ: Mapping[str, str]) -> Publisher:
    """Find the publisher of the CI system that this is; a terminal's where none is recognised.

    Args:
        environ: The environment.
    """
    name = _recognised(environ)
    return _system(name)(environ) if name else Terminal(environ)


def choose(environ: Mapping[str, str], export: str, export_file: str, problems: Problems) -> Publisher:
    """Find the publisher that was asked for.

    Args:
        environ: The environment.
        export: One of `EXPORTS`: `auto` detects.
        export_file: The file to hand a login on in; empty for the channel's own.
        problems: Where to note that it cannot be had; the publisher is then good for telling so.
    """
    file = Path(export_file) if export_file else None
    if export in _FORMATS:
        return Format(_announcer(environ), _writer(export), file)
    if export not in EXPORTS:
        problems.note(Problem("export", f"It is {shown(export)}.", f"Give one of {', '.join(EXPORTS)}."))
    publisher = _system(export)(environ) if export in _SYSTEMS else detect(environ)
    if not file:
        return publisher
    if isinstance(publisher, NoChannel):
        return Format(publisher, _writer(publisher.export_format), file)
    problems.note(
        Problem(
            "export-file",
            "A login is not handed on in a file of yours here.",
            "Leave it out, or say in which format: `--export` dotenv, json or shell.",
        )
    )
    return publisher


def _recognised(environ: Mapping[str, str]) -> str | None:
    return next((name for name, marks in _SYSTEMS.items() if any(map(environ.get, marks))), None)


def _system(name: str) -> type[Publisher]:
    return cast("type[Publisher]", _module(name).publisher)


def _announcer(environ: Mapping[str, str]) -> Announcer:
    """What shows a login that goes its own way: the system's log, and what that masks then."""
    name = _recognised(environ)
    if not name:
        return Console(environ)
    module = _module(name)
    return cast("Announcer", getattr(module, "announcer", module.publisher)(environ))


def _writer(name: str) -> Writer:
    return cast("Writer", _module(name))


def _module(name: str) -> ModuleType:
    # A run needs one of them, and each would cost every run its time.
    return import_module(f"sfjwt_action.ci.{name}")
