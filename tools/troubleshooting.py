"""Writes docs/troubleshooting.md from the catalogue of refusals: `make docs`."""

from collections.abc import Iterator
from pathlib import Path

from sfjwt_action.refusals.catalog import CATALOG
from sfjwt_action.refusals.kms_catalog import KMS_CATALOG
from sfjwt_action.refusals.model import Cause, Entry

PAGE = Path(__file__).parents[1] / "docs" / "troubleshooting.md"

HEAD = """\
# Troubleshooting

What Salesforce says when a login by the OAuth 2.0 JWT bearer flow is refused, what it means, and what to do. The
action's report leads here; you may also search this page for the words in your log. Menu names are those of Setup in
Lightning Experience; what an External Client App has under Settings and Policies, a Connected App has under Edit and
Edit Policies.

`sfjwt doctor` checks everything that can be checked from where it runs, and says what it finds.

<!-- generated from sfjwt_action/refusals/catalog.py by tools/troubleshooting.py -->
"""

# What stands for a login's own values here.
STAND_INS = {"username": "the user", "login_url": "the login URL", "consumer_key": "given"}


def page() -> str:
    """The whole page."""
    lines = [HEAD, "| Salesforce says | it means | likeliest cause | first step |", "|---|---|---|---|"]
    lines += [_row(entry) for entry in CATALOG]
    lines += ["", "With `kms-key`, the key management service may refuse first:", ""]
    lines += ["| the service says | it means | likeliest cause | first step |", "|---|---|---|---|"]
    lines += [_row(entry) for entry in KMS_CATALOG]
    for entry in (*CATALOG, *KMS_CATALOG):
        lines += ["", *_section(entry)]
    return "\n".join(lines) + "\n"


def _row(entry: Entry) -> str:
    cause = entry.causes[0]
    cells = (f"[{entry.words}](#{entry.slug})", entry.title, _filled(cause.problem), _filled(cause.fix[0]))
    return f"| {' | '.join(cells)} |"


def _section(entry: Entry) -> Iterator[str]:
    yield f'<a id="{entry.slug}"></a>'
    yield ""
    yield f"## `{entry.words}`"
    yield ""
    yield f"{entry.title}. {_filled(entry.meaning)}"
    if entry.transient:
        yield ""
        yield "It is tried again by itself, as often as `retries` says."
    for cause in entry.causes:
        yield ""
        yield from _cause(cause)
    if entry.sources:
        yield ""
        yield f"Seen: {' · '.join(f'<{source}>' for source in entry.sources)}"


def _cause(cause: Cause) -> Iterator[str]:
    condition = f"If {cause.only_if.value}: " if cause.only_if else ""
    yield f"**{condition}{_filled(cause.problem)}**"
    yield ""
    for number, step in enumerate(cause.fix, start=1):
        yield f"{number}. {_filled(step)}"


def _filled(text: str) -> str:
    filled = text.format(**STAND_INS)
    return filled[0].upper() + filled[1:]


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
