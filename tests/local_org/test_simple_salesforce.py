"""The unmodified simple-salesforce logs in to the local org with its own JWT login, and reads a record."""

from typing import Any

import pytest
from local_org.connect_proxy import ConnectProxy
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed
from support import LocalOrg


@pytest.fixture(autouse=True)
def trust(local_org: LocalOrg, proxy: ConnectProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", local_org.environ["SFJWT_CA_CERTIFICATES_FILE"])
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    for variable in ("https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)


def log_in(local_org: LocalOrg, username: str, domain: str) -> Salesforce:
    return Salesforce(
        username=username,
        consumer_key=local_org.environ["SFJWT_CONSUMER_KEY"],
        privatekey_file=local_org.environ["SFJWT_PRIVATE_KEY_FILE"],
        domain=domain,
    )


@pytest.mark.parametrize(
    ("domain", "username", "my_domain"),
    [
        ("login", "ci@acme.example", "acme.my.salesforce.com"),
        ("test", "ci@acme.example.uat", "acme--uat.sandbox.my.salesforce.com"),
    ],
)
def test_logs_in_and_reads_a_record(
    local_org: LocalOrg, proxy: ConnectProxy, domain: str, username: str, my_domain: str
) -> None:
    salesforce = log_in(local_org, username, domain)
    users = salesforce.query(f"SELECT Username FROM User WHERE Username = '{username}'")
    salesforce.session.close()

    assert salesforce.sf_instance == my_domain
    assert [user["Username"] for user in users["records"]] == [username]
    assert proxy.hosts == [f"{domain}.salesforce.com", my_domain]


def test_creates_changes_and_deletes_a_record(local_org: LocalOrg) -> None:
    salesforce = log_in(local_org, "ci@acme.example", "login")
    account: Any = salesforce.Account
    created = account.create({"Name": "Springs"})["id"]
    account.update(created, {"Industry": "Steel"})
    read = account.get(created)
    account.delete(created)
    found = salesforce.query(f"SELECT COUNT() FROM Account WHERE Id = '{created}'")
    salesforce.session.close()

    assert (read["Name"], read["Industry"], found["totalSize"]) == ("Springs", "Steel", 0)


def test_shows_salesforces_error(local_org: LocalOrg) -> None:
    """A Connected App rejects My Domain as audience, and simple-salesforce sends no other audience there."""
    with pytest.raises(SalesforceAuthenticationFailed, match="audience is invalid"):
        log_in(local_org, "ci@acme.example", "acme.my")
