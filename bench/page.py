"""The tables of docs/benchmarks.md: each between two comments that name what measures it."""

from pathlib import Path

DOCUMENT = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def renew(measured_by: str, tables: str) -> None:
    """Write what was measured in place of what was measured before."""
    begin, end = (f"<!-- {word}: {measured_by} -->\n" for word in ("begin", "end"))
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(begin)
    DOCUMENT.write_text(f"{before}{begin}{tables}{end}{rest.partition(end)[2]}", encoding="utf-8")
