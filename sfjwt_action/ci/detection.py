"""Which CI system this is, and which publisher to use."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sfjwt_action.ci.console import Console, ExportFileConsole, Terminal
from sfjwt_action.ci.stderr import StderrReporter
from sfjwt_action.inputs.problems import Problem
from sfjwt_action.inputs.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfjwt_action.ci.formats.format import Formatter
    from sfjwt_action.ci.publisher import Publisher, Reporter
    from sfjwt_action.inputs.problems import Problems

# In the order of detection, the most specific first: each system, and the variables that identify it. Each is a module
# of `ci.systems`. Its `make_publisher` exports a login the system's own way. Its `make_reporter`, if it has one,
# shows and masks a login that is exported another way.
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
# Each is a module of `ci.formats`: a `Formatter`.
_FORMATS = ("dotenv", "json", "powershell", "shell")

EXPORTS = ("auto", *_SYSTEMS, *_FORMATS)
"""The values of `--export`."""


def detect_publisher(environ: Mapping[str, str]) -> Publisher:
    """Return the publisher of the CI system that this is, or a terminal's if no system is detected.

    Args:
        environ: The environment.
    """
    name = _detect(environ)
    return _publisher(name)(environ) if name else Terminal(environ)


def choose_publisher(environ: Mapping[str, str], export: str, export_file: str, problems: Problems) -> Publisher:
    """Return the publisher that the user asked for.

    Args:
        environ: The environment.
        export: One of `EXPORTS`; `auto` detects.
        export_file: The file to export to; empty for the system's own channel.
        problems: Collects what is wrong with both. The publisher returned then can report that.
    """
    file = Path(export_file) if export_file else None
    if export in _FORMATS:
        return _format(_reporter(environ), export, file)
    if export not in EXPORTS:
        problems.add(
            Problem("export", f"Invalid value: {quote(export, EXPORTS)}.", f"Use one of {', '.join(EXPORTS)}.")
        )
    publisher = _publisher(export)(environ) if export in _SYSTEMS else detect_publisher(environ)
    if not file:
        return publisher
    if isinstance(publisher, ExportFileConsole):
        return _format(publisher, publisher.export_format, file)
    problems.add(
        Problem(
            "export-file",
            "This CI system doesn't export to a file of your choice.",
            "Remove it, or choose a format: `--export` dotenv, json, powershell or shell.",
        )
    )
    return publisher


def stderr_reporter(environ: Mapping[str, str]) -> Reporter:
    """Return what reports on standard error as the CI system does, for a command whose standard output is its result.

    Args:
        environ: The environment.
    """
    return StderrReporter(_reporter(environ))


def _detect(environ: Mapping[str, str]) -> str | None:
    return next((name for name, variables in _SYSTEMS.items() if any(map(environ.get, variables))), None)


# A run needs one of these modules, and importing all of them would slow every run down.


def _publisher(name: str) -> type[Publisher]:
    return cast("type[Publisher]", import_module(f"sfjwt_action.ci.systems.{name}").make_publisher)


def _reporter(environ: Mapping[str, str]) -> Reporter:
    """Return what shows a login that a format exports: the system's log, and what it can mask then."""
    name = _detect(environ)
    if not name:
        return Console(environ)
    module = import_module(f"sfjwt_action.ci.systems.{name}")
    return cast("Reporter", getattr(module, "make_reporter", module.make_publisher)(environ))


def _format(reporter: Reporter, name: str, file: Path | None) -> Publisher:
    from sfjwt_action.ci.formats.format import FormatPublisher  # noqa: PLC0415 -- as above

    return FormatPublisher(reporter, cast("Formatter", import_module(f"sfjwt_action.ci.formats.{name}")), file)
