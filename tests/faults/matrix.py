"""The fault matrix as a table: what was done to a login, what it should come to, what it came to."""

from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Seen:
    """A row of the table."""

    fault: str
    expected: str
    seen: str


_seen: list[Seen] = []


def record(fault: str, *, expected: str, seen: str) -> None:
    _seen.append(Seen(fault, expected, seen))


def print_matrix(reporter: pytest.TerminalReporter) -> None:
    if not _seen:
        return
    width = max(len(row.fault) for row in _seen)
    reporter.section("fault matrix: exit code, requests made")
    for row in _seen:
        reporter.write_line(f"{row.fault:{width}}  expected {row.expected:12} seen {row.seen}")
