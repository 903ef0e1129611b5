"""The table of docs/local-org.md names a test in each row."""

import re
from pathlib import Path

FOLDER = Path(__file__).parent
PAGE = FOLDER.parents[1] / "docs" / "local-org.md"


def test_each_row_is_a_test() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("| You call |")[2].partition("\n\n")[0]
    rows = table.splitlines()[2:]
    names = [match[1] for row in rows if (match := re.search(r"\| `(test_\w+)` \|$", row))]
    defined = {name for path in FOLDER.glob("test_*.py") for name in re.findall(r"def (test_\w+)", path.read_text())}
    assert len(names) == len(rows) > 25
    assert set(names) - defined == set()
