"""The results that Apex tests are assumed to have, because they can't run here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sfjwt_action.inputs.quoting import quote_path
from sfjwt_action.local_org.errors import LocalOrgError

_TEST = re.compile(r"[a-z]\w*(\.[a-z]\w*)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Assumption:
    """Which tests fail. All others pass.

    Attributes:
        failing: Each is `Class` or `Class.method`; None if every test fails.
    """

    failing: tuple[str, ...] | None


def read_assumption(value: str) -> Assumption:
    """Read `pass`, `fail`, or the path of a file that names one failing test a line.

    Raises:
        LocalOrgError: The file can't be read, or a line in it doesn't name a test.
    """
    if value == "pass":
        return Assumption(())
    if value == "fail":
        return Assumption(None)
    file = quote_path(value)
    try:
        lines = Path(value).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise LocalOrgError(
            f"The local org can't read {file}, the value of --assume-tests. Use `pass`, `fail`, or a text file that "
            "names the failing tests."
        ) from error
    names = {number: line.strip() for number, line in enumerate(lines, 1) if line.strip()}
    for number, name in names.items():
        if not _TEST.fullmatch(name):
            raise LocalOrgError(f"Line {number} of {file} doesn't name a test. Write `Class` or `Class.method`.")
    return Assumption(tuple(names.values()))
