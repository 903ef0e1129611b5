from pathlib import Path

from field_cases import HEAD, page

PAGE = Path(__file__).parents[2] / "docs" / "field-cases.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "docs/field-cases.md is stale; renew it: make docs"


def test_every_case_has_a_cause() -> None:
    rows = page().removeprefix(HEAD).splitlines()
    assert len(rows) >= 30
    assert all(len(row.split(" | ")) == 3 for row in rows)
