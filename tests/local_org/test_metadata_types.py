"""The local org's metadata types are those of the sf CLI's registry, in the lock of tests/node."""

import metadata_types
import pytest


@pytest.mark.node
@pytest.mark.usefixtures("node_clients")
def test_the_table_matches_the_sf_cli() -> None:
    assert metadata_types.TABLE.read_text() == metadata_types.table()
