"""The Postman collection of examples/postman, run by newman, logs in to the local org."""

from pathlib import Path

import pytest
from local_org.client import Client
from local_org.node_clients import MODULES, run_node
from support import LocalOrg

pytestmark = [pytest.mark.node, pytest.mark.usefixtures("node_clients")]
EXAMPLES = Path(__file__).parents[2] / "examples" / "postman"


@pytest.mark.parametrize(("issuer", "passes"), [(None, True), ("unknown", False)])
def test_the_collection_exchanges_an_assertion_and_calls_the_org(
    *, issuer: str | None, passes: bool, client: Client, local_org: LocalOrg, tmp_path: Path
) -> None:
    assertion = client.assertion() if issuer is None else client.assertion(iss=issuer)
    newman = [
        *(str(MODULES / "newman" / "bin" / "newman.js"), "run"),
        str(EXAMPLES / "salesforce-jwt.postman_collection.json"),
        *("--environment", str(EXAMPLES / "salesforce-org.postman_environment.json")),
        *("--env-var", f"login_url={local_org.url}", "--env-var", f"assertion={assertion}"),
        *("--ssl-extra-ca-certs", str(local_org.directory / "ca.pem"), "--bail", "--color", "off"),
    ]

    done = run_node(newman, local_org, tmp_path, {})

    assert (done.returncode == 0) is passes, done.stdout + done.stderr
    for name in ("Request a token", "Get the user", "Get the org's limits"):
        assert (name in done.stdout) is (passes or name == "Request a token")
