"""The unmodified sf CLI logs in to the local org and reads a record."""

from pathlib import Path
from typing import NamedTuple

import pytest
from local_org.client import Client
from local_org.connect_proxy import ConnectProxy
from local_org.node_clients import SfCli
from support import LocalOrg

pytestmark = [pytest.mark.node, pytest.mark.usefixtures("node_clients")]

QUERY = "SELECT Id, Name, IsSandbox FROM Organization"


class Expected(NamedTuple):
    username: str
    my_domain: str
    is_sandbox: bool


PRODUCTION = Expected("ci@acme.example", "acme.my.salesforce.com", is_sandbox=False)
SANDBOX = Expected("ci@acme.example.uat", "acme--uat.sandbox.my.salesforce.com", is_sandbox=True)


def log_in(sf: SfCli, username: str, instance_url: str) -> dict[str, str]:
    environ = sf.org.environ
    result: dict[str, str] = sf(
        *["org", "login", "jwt", "--username", username, "--instance-url", instance_url],
        *["--client-id", environ["SFJWT_CONSUMER_KEY"], "--jwt-key-file", environ["SFJWT_PRIVATE_KEY_FILE"]],
    )
    return result


def test_logs_in_on_localhost_and_reads_a_record(local_org: LocalOrg, tmp_path: Path) -> None:
    sf, username = SfCli(local_org, tmp_path), local_org.environ["SFJWT_USERNAME"]

    login = log_in(sf, username, local_org.url)
    display = sf("org", "display", "--target-org", username)
    query = sf("data", "query", "--target-org", username, "--query", QUERY)

    assert (login["username"], login["instanceUrl"]) == (username, local_org.url)
    assert (display["connectedStatus"], display["id"]) == ("Connected", login["orgId"])
    assert query["totalSize"] == 1
    assert query["records"][0]["Id"] == login["orgId"]
    assert query["records"][0]["Name"] == "Acme"


def test_shows_a_query_as_a_table(local_org: LocalOrg, tmp_path: Path) -> None:
    sf, username = SfCli(local_org, tmp_path), local_org.environ["SFJWT_USERNAME"]
    log_in(sf, username, local_org.url)

    shown = sf.run("data", "query", "--target-org", username, "--query", QUERY)

    assert "Total number of records retrieved: 1." in shown.stdout
    assert "ISSANDBOX" in shown.stdout


@pytest.mark.parametrize(
    ("login_host", "expected"),
    [
        ("login.salesforce.com", PRODUCTION),
        ("acme.my.salesforce.com", PRODUCTION),
        ("test.salesforce.com", SANDBOX),
        ("acme--uat.sandbox.my.salesforce.com", SANDBOX),
    ],
)
def test_logs_in_with_salesforces_host_names(
    local_org: LocalOrg, proxy: ConnectProxy, tmp_path: Path, login_host: str, expected: Expected
) -> None:
    sf = SfCli(local_org, tmp_path, {"HTTPS_PROXY": proxy.url})

    login = log_in(sf, expected.username, f"https://{login_host}")
    query = sf("data", "query", "--target-org", expected.username, "--query", QUERY)

    assert login["instanceUrl"] == f"https://{expected.my_domain}"
    assert query["records"][0]["IsSandbox"] is expected.is_sandbox
    assert {login_host, expected.my_domain} <= set(proxy.hosts)


def test_a_later_step_logs_in_with_only_the_access_token(client: Client, local_org: LocalOrg, tmp_path: Path) -> None:
    session = client.log_in()
    sf = SfCli(local_org, tmp_path, {"SF_ACCESS_TOKEN": session["access_token"]})

    login = sf("org", "login", "access-token", "--instance-url", session["instance_url"], "--no-prompt")
    query = sf("data", "query", "--target-org", login["username"], "--query", QUERY)

    assert login["username"] == local_org.environ["SFJWT_USERNAME"]
    assert query["totalSize"] == 1


def test_shows_salesforces_error(local_org: LocalOrg, proxy: ConnectProxy, tmp_path: Path) -> None:
    environ = local_org.environ

    # After a rejection, the CLI tries Salesforce's own hosts. The proxy keeps it from the real ones.
    login = SfCli(local_org, tmp_path, {"HTTPS_PROXY": proxy.url, "NO_PROXY": "localhost"}).run(
        *["org", "login", "jwt", "--username", "nobody@acme.example", "--instance-url", local_org.url],
        *["--client-id", environ["SFJWT_CONSUMER_KEY"], "--jwt-key-file", environ["SFJWT_PRIVATE_KEY_FILE"]],
    )

    assert login.returncode != 0
    assert "authentication failure" in login.stderr
