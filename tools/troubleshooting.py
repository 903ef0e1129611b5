"""Write docs/troubleshooting.md from the catalog of refusals: `make docs`."""

import re
from collections.abc import Iterator
from pathlib import Path

from sfjwt_action.refusals.catalog import CATALOG
from sfjwt_action.refusals.kms_catalog import KMS_CATALOG
from sfjwt_action.refusals.model import Area, Cause, Entry
from sfjwt_action.report.failure import generalize

PAGE = Path(__file__).parents[1] / "docs" / "troubleshooting.md"

HEAD = """\
# Troubleshooting

This page lists what Salesforce says when it rejects a login with the JWT bearer flow, and what key management services
say when they don't sign, with the likely causes and the fixes.

> [!TIP]
> Search this page for the words in your log, such as `user hasn't approved`. To check every part of a login on your
> machine, run `sfjwt doctor`. To look up an error without a login, run
> `sfjwt explain "user hasn't approved this consumer"`.

<!-- generated from sfjwt_action/refusals/catalog.py by tools/troubleshooting.py -->
"""

# A path of menus ends with punctuation.
MENU_PATH = re.compile(r"\bSetup(?: → [^→.,:;()“]+)+(?=[.,:;]| \()")


def page() -> str:
    """Return the page."""
    entries = (*CATALOG, *KMS_CATALOG)
    lines = [HEAD]
    for area in Area:
        lines += ["", f"**{area.value}**", "", "| The error says | Likely cause |", "|---|---|"]
        lines += [
            f"| [`{entry.words}`](#{entry.slug}) | {generalize(_first(entry).problem)} |"
            for entry in entries
            if entry.area is area
        ]
    for area in Area:
        lines += ["", f"## {area.value}"]
        lines += [line for entry in entries if entry.area is area for line in ("", *_section(entry))]
    return "\n".join(lines) + "\n"


def _first(entry: Entry) -> Cause:
    """Return the likeliest cause of any login."""
    return next((cause for cause in entry.causes if cause.only_if is None), entry.causes[0])


def _section(entry: Entry) -> Iterator[str]:
    yield f'<a id="{entry.slug}"></a>'
    yield ""
    yield f"### `{entry.words}`"
    yield ""
    yield f"{entry.title}. {generalize(entry.meaning)}"
    if entry.transient:
        yield ""
        yield "The action retries this error by itself, as often as `retries` allows."
    if entry.propagates:
        yield ""
        yield "If the app, the assignment or the org is new, set `propagation-timeout` to keep trying."
    for cause in entry.causes:
        yield ""
        yield from _cause(cause)
    yield ""
    yield f"Seen: {' · '.join(f'<{source}>' for source in entry.sources)}" if entry.sources else "Not seen in public."


def _cause(cause: Cause) -> Iterator[str]:
    condition = f"If {cause.only_if.value}: " if cause.only_if else ""
    yield f"**{condition}{generalize(cause.problem)}**"
    yield ""
    for number, step in enumerate(cause.fix, start=1):
        yield f"{number}. {MENU_PATH.sub(lambda path: f'**{path[0]}**', generalize(step))}"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
