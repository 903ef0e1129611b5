from pathlib import Path

from sfjwt_action.refusals.catalog import CATALOG
from sfjwt_action.refusals.kms_catalog import KMS_CATALOG

ROOT = Path(__file__).parents[2]


def test_the_page_matches_the_catalog() -> None:
    namespace: dict[str, object] = {
        "__name__": "troubleshooting",
        "__file__": str(ROOT / "tools" / "troubleshooting.py"),
    }
    exec((ROOT / "tools" / "troubleshooting.py").read_text(), namespace)
    page = namespace["page"]
    assert callable(page)
    stale = (ROOT / "docs" / "troubleshooting.md").read_text() != page()
    assert not stale, "docs/troubleshooting.md is stale; renew it: make docs"


def test_every_error_has_an_anchor() -> None:
    page = (ROOT / "docs" / "troubleshooting.md").read_text()
    for entry in (*CATALOG, *KMS_CATALOG):
        assert page.count(f'<a id="{entry.slug}"></a>') == 1
        assert f"](#{entry.slug})" in page


def test_every_slug_is_used_once() -> None:
    slugs = [entry.slug for entry in (*CATALOG, *KMS_CATALOG)]
    assert len(set(slugs)) == len(slugs)
