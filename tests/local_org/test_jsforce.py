"""The unmodified jsforce logs in to the local org and reads a record."""

import json
from pathlib import Path

import pytest
from local_org.client import Client
from local_org.node_clients import FOLDER, run_node
from support import LocalOrg

pytestmark = [pytest.mark.node, pytest.mark.usefixtures("node_clients")]


def test_authorizes_with_an_assertion_from_pyjwt(client: Client, local_org: LocalOrg, tmp_path: Path) -> None:
    script = [str(FOLDER / "jsforce_login.mjs"), local_org.url]

    done = run_node(script, local_org, tmp_path, {}, stdin=client.assertion())

    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    organization = answer["records"][0]
    assert organization["Name"] == "Acme"
    assert answer["user"]["organizationId"] == organization["Id"]
    assert answer["identity"]["username"] == local_org.environ["SFJWT_USERNAME"]
    assert answer["instanceUrl"] == local_org.url


def test_shows_salesforces_error(client: Client, local_org: LocalOrg, tmp_path: Path) -> None:
    script = [str(FOLDER / "jsforce_login.mjs"), local_org.url]

    done = run_node(script, local_org, tmp_path, {}, stdin=client.assertion(iss="unknown"))

    assert done.returncode != 0
    assert "client identifier invalid" in done.stderr
