"""What the org's APIs return after a login, and to whom."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from local_org.client import GRANT_TYPE, Client, refusal
from local_org.packages import ENVELOPE, zipped
from local_org.served import Server

from sfjwt_action.local_org.acme import acme
from sfjwt_action.local_org.model import Fault, LocalSalesforce, Session, id_18

VERSION = "/services/data/v66.0"
MY_DOMAIN = "acme.my.salesforce.com"
SANDBOX = "acme--uat.sandbox.my.salesforce.com"


@pytest.fixture
def token(client: Client) -> str:
    return client.log_in()["access_token"]


def query(client: Client, token: str, soql: str) -> tuple[int, list[dict[str, object]]]:
    """The records, or the errors."""
    response = client.http.get(
        f"{client.org.url}{VERSION}/query",
        params={"q": soql},
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )
    answer = response.json()
    return response.status_code, answer["records"] if response.ok else answer


class TestTokenResponse:
    def test_has_the_fields_that_salesforce_sends(self, client: Client) -> None:
        answer = client.log_in()

        assert re.fullmatch(r"00D5g00000FaXv7![A-Za-z0-9._]{96}", answer["access_token"])
        assert len(base64.b64decode(answer["signature"], validate=True)) == 32
        assert re.fullmatch(r"\d{13}", answer["issued_at"])
        assert {name: answer[name] for name in ("scope", "instance_url", "id", "token_type")} == {
            "scope": "refresh_token openid web api",
            "instance_url": client.org.url,
            "id": f"{client.org.url}/id/00D5g00000FaXv7EAF/0055g000008Kq2VAAS",
            "token_type": "Bearer",
        }
        assert "refresh_token" not in answer

    @pytest.mark.parametrize("host", ["login.salesforce.com", MY_DOMAIN])
    def test_names_my_domain_whichever_host_was_asked(self, client: Client, host: str) -> None:
        answer = client.log_in(host, aud="https://login.salesforce.com")

        assert answer["instance_url"] == f"https://{MY_DOMAIN}"
        assert answer["id"].startswith("https://login.salesforce.com/id/00D")

    def test_names_test_for_a_sandbox(self, client: Client) -> None:
        answer = client.log_in(SANDBOX, aud="https://test.salesforce.com", sub="ci@acme.example.uat")

        assert answer["instance_url"] == f"https://{SANDBOX}"
        assert answer["id"].startswith("https://test.salesforce.com/id/00D")

    @pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
    def test_names_the_alias_that_was_used(self, client: Client, name: str) -> None:
        host = f"{name}:{client.org.port}"

        assert client.log_in(host, aud=f"https://{host}")["instance_url"] == f"https://{host}"

    def test_every_login_is_a_session_of_its_own(self, client: Client) -> None:
        assert client.log_in()["access_token"] != client.log_in()["access_token"]


class TestWhoMayAsk:
    @pytest.mark.parametrize("path", [VERSION, f"{VERSION}/limits", f"{VERSION}/query?q=SELECT"])
    @pytest.mark.parametrize("token", ["", "unknown"])
    def test_rest_needs_a_session(self, client: Client, path: str, token: str) -> None:
        response = client.get(path, token)

        assert response.status_code == 401
        assert response.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]

    @pytest.mark.parametrize("host", ["login.salesforce.com", SANDBOX])
    def test_a_session_is_valid_on_its_own_orgs_host_only(self, client: Client, token: str, host: str) -> None:
        assert client.get(f"{VERSION}/limits", token, MY_DOMAIN).status_code == 200
        assert client.get(f"{VERSION}/limits", token, host).status_code == 401

    @pytest.mark.parametrize("path", ["/services/oauth2/userinfo", "/id/00D/005"])
    def test_identity_needs_a_session(self, client: Client, path: str) -> None:
        assert (client.get(path).status_code, client.get(path).text) == (403, "Missing_OAuth_Token")
        assert (client.get(path, "x").status_code, client.get(path, "x").text) == (403, "Bad_OAuth_Token")

    def test_no_token_is_needed_for_the_versions(self, client: Client) -> None:
        versions = client.get("/services/data/").json()

        assert versions[0]["version"] == "31.0"
        assert {"label": "Spring '26", "url": VERSION, "version": "66.0"} in versions

    def test_a_revoked_token_is_unknown(self, client: Client, token: str) -> None:
        assert client.post("/services/oauth2/revoke", {"token": token}).status_code == 200

        assert client.get(f"{VERSION}/limits", token).status_code == 401
        answer = client.post("/services/oauth2/revoke", {"token": token})
        assert refusal(answer) == ("invalid_token", "invalid token")


class TestAnswers:
    def test_userinfo(self, client: Client, token: str) -> None:
        for response in (
            client.get("/services/oauth2/userinfo", token),
            client.http.post(
                f"{client.org.url}/services/oauth2/userinfo",
                headers={"Authorization": f"Bearer {token}"},
                timeout=10,
            ),
        ):
            answer = response.json()
            assert answer["preferred_username"] == client.org.environ["SFJWT_USERNAME"]
            assert answer["organization_id"] == "00D5g00000FaXv7EAF"
            assert answer["sub"].endswith(f"/id/{answer['organization_id']}/{answer['user_id']}")

    def test_identity(self, client: Client) -> None:
        session = client.log_in()
        path = session["id"].removeprefix(client.org.url)

        answer = client.get(path, session["access_token"]).json()

        assert answer["id"] == session["id"]
        assert answer["username"] == client.org.environ["SFJWT_USERNAME"]
        assert answer["urls"]["custom_domain"] == client.org.url

    def test_another_users_identity(self, client: Client, token: str) -> None:
        response = client.get("/id/00D9O00000Bt3LmEAJ/0055g000008Kq2VAAS", token)

        assert (response.status_code, response.text) == (403, "Wrong_Org")

    def test_the_resources_of_a_version(self, client: Client, token: str) -> None:
        assert client.get(f"{VERSION}/", token).json()["limits"] == f"{VERSION}/limits"

    def test_limits(self, client: Client, token: str) -> None:
        first, second = (client.get(f"{VERSION}/limits", token).json()["DailyApiRequests"] for _ in range(2))

        assert set(first) == {"Max", "Remaining"}
        assert first["Remaining"] - second["Remaining"] == 1

    @pytest.mark.parametrize(
        "path",
        [
            "/nothing",
            "/services/a360/token",
            "/services/data/v99.0/limits",
            f"{VERSION}/sobjects/User/0",
            f"{VERSION}/sobjects/X/0",
        ],
    )
    def test_what_does_not_exist(self, client: Client, token: str, path: str) -> None:
        response = client.get(path, token)

        assert response.status_code == 404
        (error,) = response.json()
        assert error["errorCode"] == "NOT_FOUND"
        assert error["message"].startswith("The local org has no /")

    def test_a_host_that_is_not_salesforces(self, client: Client) -> None:
        assert client.get("/services/data/", host="other.my.salesforce.com").status_code == 421


class TestQuery:
    def test_organization(self, client: Client, token: str) -> None:
        assert query(client, token, "SELECT Id, Name, IsSandbox FROM Organization") == (
            200,
            [
                {
                    "attributes": {
                        "type": "Organization",
                        "url": f"{VERSION}/sobjects/Organization/00D5g00000FaXv7EAF",
                    },
                    "Id": "00D5g00000FaXv7EAF",
                    "Name": "Acme",
                    "IsSandbox": False,
                }
            ],
        )

    def test_a_records_url_returns_the_record(self, client: Client, token: str) -> None:
        _, [record] = query(client, token, "SELECT Username FROM User")
        attributes = record["attributes"]
        assert isinstance(attributes, dict)

        assert client.get(attributes["url"], token).json()["Username"] == record["Username"]

    def test_is_written_in_any_case(self, client: Client, token: str) -> None:
        _, [record] = query(client, token, " select username\nfrom USER  limit 1 ")

        assert record["Username"] == client.org.environ["SFJWT_USERNAME"]

    @pytest.mark.parametrize(
        ("where", "count"),
        [
            ("Username = 'ci@acme.example'", 1),
            ("Id='0055g000008Kq2VAAS' AND username = 'ci@acme.example'", 1),
            ("Username = 'nobody@acme.example'", 0),
            (r"Username = 'it\'s AND Id = \'x'", 0),
            ("Username LIKE 'CI@%'", 1),
            ("Username LIKE 'c_@acme.example'", 1),
            ("Username LIKE 'acme'", 0),
            ("Username IN ('a', 'ci@acme.example')", 1),
            ("Username NOT IN ('a', 'ci@acme.example')", 0),
            ("IsActive = true", 1),
            ("IsActive != TRUE", 0),
            ("NOT (IsActive = false OR FirstName = null)", 1),
            ("ProfileId = null", 1),
            ("FirstName > 'b' AND FirstName <= 'continuous'", 1),
            ("Id = '0055g000008Kq2V'", 1),
            ("Username = 12", 0),
        ],
    )
    def test_finds_by_conditions(self, client: Client, token: str, where: str, count: int) -> None:
        status, records = query(client, token, f"SELECT Id FROM User WHERE {where}")

        assert (status, len(records)) == (200, count)

    @pytest.mark.parametrize(
        ("soql", "error_code"),
        [
            ("SELECT Id FROM Nothing", "INVALID_TYPE"),
            ("SELECT Color FROM User", "INVALID_FIELD"),
            ("SELECT Id FROM User WHERE Color = 'red'", "INVALID_FIELD"),
            ("SELECT Id FROM User ORDER BY Color", "INVALID_FIELD"),
            ("SELECT FROM User", "MALFORMED_QUERY"),
            ("SELECT Id FROM User WHERE Username = 'open", "MALFORMED_QUERY"),
            ("SELECT Id FROM User WHERE CreatedDate > 2026-13-45T00:00:00Z", "MALFORMED_QUERY"),
            (f"SELECT Id FROM User LIMIT {'9' * 5000}", "MALFORMED_QUERY"),
            (f"SELECT Id FROM User OFFSET {'9' * 5000}", "MALFORMED_QUERY"),
            (f"SELECT Id FROM User WHERE {'(' * 5000}", "MALFORMED_QUERY"),
            ("SELECT COUNT(), Id FROM User", "MALFORMED_QUERY"),
            ("SELECT Owner.Color FROM Account", "INVALID_FIELD"),
            ("SELECT Boss.Name FROM Account", "INVALID_FIELD"),
            ("SELECT (SELECT Color FROM Contacts) FROM Account", "INVALID_FIELD"),
            ("SELECT (SELECT Id FROM Boxes) FROM Account", "INVALID_TYPE"),
            ("SELECT (SELECT COUNT() FROM Contacts) FROM Account", "MALFORMED_QUERY"),
            ("", "MALFORMED_QUERY"),
        ],
    )
    def test_refuses_what_salesforce_would(self, client: Client, token: str, soql: str, error_code: str) -> None:
        status, [error] = query(client, token, soql)

        assert (status, error["errorCode"]) == (400, error_code)


@pytest.mark.parametrize(
    ("soql", "what"),
    [
        ("SELECT COUNT(Id) FROM User", "functions other than COUNT()"),
        ("SELECT COUNT(Id) n FROM User GROUP BY Name HAVING COUNT(Id) > 1", "GROUP BY"),
        ("SELECT Name FROM User GROUP BY Name", "GROUP BY"),
        ("SELECT Id FROM Account WHERE Id NOT IN (SELECT AccountId FROM Contact)", "subqueries in conditions"),
        ("SELECT TYPEOF What WHEN Account THEN Phone ELSE Name END FROM Event", "TYPEOF"),
        ("SELECT Id FROM User WHERE CreatedDate = LAST_N_DAYS:3", "date literals"),
        ("SELECT Id FROM User WHERE Id = :id", "bind variables"),
        ("SELECT Id FROM User WHERE CALENDAR_YEAR(CreatedDate) = 2026", "functions other than COUNT()"),
        ("SELECT Id FROM User WHERE Languages INCLUDES ('de;en')", "INCLUDES and EXCLUDES"),
        ("SELECT Id FROM User USING SCOPE mine", "USING SCOPE"),
        ("SELECT Id FROM User WITH SECURITY_ENFORCED", "WITH"),
        ("SELECT Id FROM User FOR VIEW", "FOR VIEW and FOR REFERENCE"),
        ("SELECT Id FROM User ALL ROWS", "ALL ROWS"),
        ("SELECT Id i FROM User", "aliases of fields"),
    ],
)
def test_valid_but_unsupported_soql_is_rejected_by_name(client: Client, token: str, soql: str, what: str) -> None:
    status, [error] = query(client, token, soql)

    assert (status, error["message"]) == (400, f"The local org doesn't know {what} in SOQL.")
    assert error["errorCode"] != "MALFORMED_QUERY"


WORDS = ["SELECT", "FROM", "WHERE", "AND", "NOT", "(", ")", ",", "=", "<", "LIKE", "IN", "ORDER BY", "LIMIT", "OFFSET"]
WORDS += ["Id", "Name", "User", "COUNT()", "'a'", "'", "null", "true", "9" * 5000, "-1", "1.5", "2026-02-31", "\\"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tail=st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join) | st.text(max_size=20))
def test_no_query_is_a_crash(client: Client, token: str, tail: str) -> None:
    status, _ = query(client, token, f"SELECT Id FROM User {tail}")

    assert status in {200, 400}


def test_count_has_no_records(client: Client, token: str) -> None:
    answer = client.get(f"{VERSION}/query?q=SELECT COUNT() FROM User", token).json()

    assert answer == {"totalSize": 1, "done": True, "records": []}


class TestShapes:
    def test_the_charset_and_the_limit_are_named(self, client: Client, token: str) -> None:
        response = client.get(f"{VERSION}/limits", token)

        assert response.headers["Content-Type"] == "application/json;charset=UTF-8"
        assert re.fullmatch(r"api-usage=\d+/15000", response.headers["Sforce-Limit-Info"])

    def test_a_method_that_is_not_allowed(self, client: Client) -> None:
        response = client.post(f"{VERSION}/limits", {})

        (error,) = response.json()
        assert (response.status_code, error["errorCode"]) == (405, "METHOD_NOT_ALLOWED")
        assert error["message"].startswith("The local org has no POST")

    def test_every_listed_resource_exists(self, client: Client, token: str) -> None:
        for name, url in client.get(f"{VERSION}/", token).json().items():
            path = url.removeprefix(client.org.url)
            path += "?q=SELECT Id FROM User" if name.startswith("query") else ""
            assert client.get(path, token).status_code == 200, name

    def test_token_parameters_may_be_in_the_query_string(self, client: Client) -> None:
        parameters = {"grant_type": GRANT_TYPE, "assertion": client.assertion()}
        url = f"{client.org.url}/services/oauth2/token"

        assert client.http.post(url, params=parameters, timeout=10).json()["token_type"] == "Bearer"

    def test_base64url_may_be_padded(self, client: Client) -> None:
        key = load_pem_private_key(client.private_key.encode(), None)
        assert isinstance(key, RSAPrivateKey)
        parts = (json.dumps({"alg": "RS256"}), json.dumps(client.claims(sub="ci@acme.example")))
        signed = b".".join(base64.urlsafe_b64encode(part.encode()) for part in parts)
        signature = base64.urlsafe_b64encode(key.sign(signed, PKCS1v15(), SHA256()))
        assertion = b".".join((signed, signature)).decode()

        form = {"grant_type": GRANT_TYPE, "assertion": assertion}
        assert "=" in assertion
        assert client.post("/services/oauth2/token", form).json()["token_type"] == "Bearer"

    def test_ids_of_15_characters_and_a_token_in_the_query_string(self, client: Client, token: str) -> None:
        path = f"/id/00D5g00000FaXv7/0055g000008Kq2V?oauth_token={token}"

        assert client.get(path).json()["user_id"] == "0055g000008Kq2VAAS"
        assert client.get(f"/services/oauth2/userinfo?access_token={token}").json()["zoneinfo"]

    def test_revokes_by_get(self, client: Client, token: str) -> None:
        assert client.get(f"/services/oauth2/revoke?token={token}").status_code == 200
        assert client.get(f"{VERSION}/limits", token).status_code == 401

    def test_a_page_is_opened_once_logged_in(self, client: Client, token: str) -> None:
        answer = client.get("/services/oauth2/singleaccess?redirect_uri=lightning", token).json()
        page = client.get(answer["frontdoor_uri"].removeprefix(client.org.url))

        assert (page.status_code, page.text.startswith("The local org has no pages")) == (404, True)

    def test_what_is_not_json_or_xml(self, client: Client) -> None:
        assert client.http.post(f"{client.org.url}/cometd/66.0", data="<", timeout=10).status_code == 400
        response = client.http.post(f"{client.org.url}/services/Soap/u/66.0", data="<", timeout=10)
        assert "unclosed token" in response.text

    @pytest.mark.parametrize("path", ["/services/Soap/u/66.0", "/services/Soap/c/66.0/00D", "/services/Soap/T/66.0"])
    def test_other_soap_apis_are_refused(self, client: Client, path: str) -> None:
        body = '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><login/></e:Body></e:Envelope>'
        response = client.http.post(f"{client.org.url}{path}", data=body, timeout=10)

        assert response.status_code == 500
        assert f"The local org has no login at {path}." in response.text

    def test_nothing_can_be_subscribed(self, client: Client) -> None:
        messages = [{"channel": "/meta/handshake"}, {"channel": "/meta/subscribe"}, {"channel": "/meta/disconnect"}]
        answers = client.http.post(f"{client.org.url}/cometd/66.0", json=messages, timeout=10).json()

        assert [answer["successful"] for answer in answers] == [True, False, True]
        assert answers[1]["error"] == "The local org has no streaming events."


class TestRestDeploy:
    def deploy(self, client: Client, token: str, options: object, content: bytes) -> requests.Response:
        return client.http.post(
            f"{client.org.url}{VERSION}/metadata/deployRequest",
            data={"json": json.dumps(options)},
            files={"file": ("x.zip", content)},
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
        )

    def test_canceled(self, client: Client, token: str) -> None:
        started = self.deploy(client, token, {"deployOptions": {"checkOnly": True}}, zipped({}))
        assert started.status_code == 201
        path = f"{VERSION}/metadata/deployRequest/{started.json()['id']}"
        headers = {"Authorization": f"Bearer {token}"}
        canceled = client.http.patch(f"{client.org.url}{path}", headers=headers, timeout=10)
        assert canceled.status_code == 202
        assert client.get(path, token).json()["deployResult"]["status"] == "Canceled"
        assert client.get(f"{VERSION}/metadata/deployRequest/0Af", token).status_code == 404

    @pytest.mark.parametrize(
        ("options", "content", "error_code"),
        [
            ({}, zipped({}), "INVALID_PARAMETER"),
            ({"deployOptions": {}}, b"no zip", "INVALID_PARAMETER"),
            ({"deployOptions": {"performRetrieve": True}}, zipped({}), "INVALID_PARAMETER"),
            ({"deployOptions": {"testLevel": "RunRelevantTests"}}, zipped({}), "INVALID_PARAMETER"),
        ],
    )
    def test_refused(self, client: Client, token: str, options: object, content: bytes, error_code: str) -> None:
        response = self.deploy(client, token, options, content)
        assert (response.status_code, response.json()[0]["errorCode"]) == (400, error_code)

    @pytest.mark.parametrize(
        ("resource", "body", "says"),
        [
            ("metadata/deployRequest", {"validatedDeployRequestId": "0Af"}, "local org has no deploy"),
            ("tooling/runTestsAsynchronous", {"testLevel": "RunLocalTests"}, "The local org has no Apex tests."),
            ("tooling/runTestsSynchronous", {"suiteNames": "All"}, "The local org has no test suites."),
            ("tooling/runTestsSynchronous", {"tests": ["x"]}, "The local org found no tests in the request."),
            ("tooling/runTestsSynchronous", {"classNames": "NoTest"}, "The local org has no test class named NoTest."),
            ("tooling/runTestsSynchronous", 1, "The local org can't read the JSON"),
            ("tooling/runTestsSynchronous", {"testLevel": []}, "The local org found no tests in the request."),
        ],
    )
    def test_a_missing_record(self, client: Client, token: str, resource: str, body: object, says: str) -> None:
        url, headers = f"{client.org.url}{VERSION}/{resource}", {"Authorization": f"Bearer {token}"}
        (error,) = client.http.post(url, json=body, headers=headers, timeout=10).json()
        assert says in error["message"]


class TestRecords:
    def call(self, client: Client, token: str, method: str, path: str, body: object = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{client.org.url}{VERSION}/sobjects/{path}"
        return client.http.request(method, url, json=body, headers=headers, timeout=10)

    def test_created_read_changed_found_and_deleted(self, client: Client, token: str) -> None:
        created = self.call(client, token, "POST", "Account", {"Name": "Rivets", "industry": "Tools"})
        assert created.status_code == 201
        record_id = created.json()["id"]
        assert self.call(client, token, "GET", f"Account/{record_id}?fields=Industry").json()["Industry"] == "Tools"
        assert self.call(client, token, "PATCH", f"Account/{record_id[:15]}", {"Phone": "1"}).status_code == 204
        where = f"Phone = '1' AND Id = '{record_id}' AND CreatedDate > 2026-01-01T00:00:00Z"
        status, records = query(client, token, f"SELECT Name FROM Account WHERE {where} ORDER BY Name DESC NULLS LAST")
        assert (status, [record["Name"] for record in records]) == (200, ["Rivets"])
        assert self.call(client, token, "DELETE", f"Account/{record_id}").status_code == 204
        assert self.call(client, token, "GET", f"Account/{record_id}").status_code == 404
        assert self.call(client, token, "DELETE", f"Account/{record_id}").status_code == 404

    def test_created_or_changed_by_a_field(self, client: Client, token: str) -> None:
        path = "Account/AccountNumber/A-17"
        assert self.call(client, token, "PATCH", path, {"Name": "Bolts"}).json()["created"] is True
        assert self.call(client, token, "PATCH", path, {"Name": "Nuts"}).json()["created"] is False
        assert self.call(client, token, "GET", path).json()["Name"] == "Nuts"
        assert self.call(client, token, "GET", "Account/AccountNumber/A-18").status_code == 404

    @pytest.mark.parametrize(
        ("path", "body", "status", "error_code"),
        [
            ("Account", {}, 400, "REQUIRED_FIELD_MISSING"),
            ("Account", {"Name": "x", "Color": "red"}, 400, "INVALID_FIELD"),
            ("Account", {"Id": "001"}, 400, "INVALID_FIELD"),
            ("Account", [], 400, "JSON_PARSER_ERROR"),
            ("Account", {"Name": {}}, 400, "JSON_PARSER_ERROR"),
            ("Nothing", {}, 404, "NOT_FOUND"),
            ("User", {}, 404, "NOT_FOUND"),
        ],
    )
    def test_what_is_refused(
        self, client: Client, token: str, path: str, body: object, status: int, error_code: str
    ) -> None:
        response = self.call(client, token, "POST", path, body)
        assert (response.status_code, response.json()[0]["errorCode"]) == (status, error_code)

    def test_related(self, client: Client, token: str) -> None:
        account = self.call(client, token, "POST", "Account", {"Name": "Gears"}).json()["id"]
        contact = {"LastName": "Cog", "AccountId": account[:15]}
        assert self.call(client, token, "POST", "Contact", contact).status_code == 201
        soql = (
            "SELECT Name, account.name, Account.Owner.Username, Account.ParentId, Account.Parent.Name FROM Contact "
            "WHERE Account.Name = 'Gears' ORDER BY Account.Owner.Name"
        )
        _, [record] = query(client, token, soql)
        found = record["Account"]
        assert isinstance(found, dict)
        assert found["attributes"] == {"type": "Account", "url": f"{VERSION}/sobjects/Account/{account}"}
        assert (found["Name"], found["ParentId"], found["Parent"]) == ("Gears", None, None)
        assert found["Owner"]["Username"] == client.org.environ["SFJWT_USERNAME"]
        with_children = "SELECT (SELECT LastName, Owner.Name FROM contacts), (SELECT Id FROM Cases) FROM Account"
        _, [parent] = query(client, token, f"{with_children} WHERE Id = '{account}'")
        assert parent["Cases"] is None
        assert isinstance(parent["Contacts"], dict)
        assert [child["LastName"] for child in parent["Contacts"]["records"]] == ["Cog"]
        columns = client.get(f"{VERSION}/query?columns=true&q={with_children}", token).json()["columnMetadata"]
        assert [column["columnName"] for column in columns] == ["Contacts", "Cases"]
        assert [column["columnName"] for column in columns[0]["joinColumns"]] == ["LastName", "Owner"]

    def test_described(self, client: Client, token: str) -> None:
        described = self.call(client, token, "GET", "Contact/describe").json()
        assert {"name": "LastName", "nillable": False}.items() <= next(
            field for field in described["fields"] if field["name"] == "LastName"
        ).items()
        (account,) = (field for field in described["fields"] if field["name"] == "AccountId")
        assert (account["referenceTo"], account["relationshipName"]) == (["Account"], "Account")
        names = [item["name"] for item in self.call(client, token, "GET", "").json()["sobjects"]]
        assert {"Account", "PermissionSetAssignment"} <= set(names)
        assert self.call(client, token, "GET", "Contact").json()["objectDescribe"]["keyPrefix"] == "003"


NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)
NAMES = ["Name", "AnnualRevenue", "OwnerId", "attributes", "testLevel", "tests", "classNames", "className"]
NAMES += ["testMethods", "deployOptions", "runTests", "validatedDeployRequestId", "channel", "id"]
BODIES = (st.dictionaries(st.sampled_from(NAMES), NESTED, max_size=4) | NESTED).map(json.dumps).map(str.encode)
RESOURCES = ["sobjects/Account", "sobjects/Account/Name/x", "tooling/runTestsAsynchronous"]
RESOURCES += ["tooling/runTestsSynchronous", "metadata/deployRequest", "../../../cometd/66.0", "../../oauth2/token"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    resource=st.sampled_from(RESOURCES),
    body=BODIES | st.binary(max_size=20) | st.sampled_from([b"[" * 50_000, b'{"Name": NaN}']),
    content_type=st.sampled_from(["application/json", "multipart/form-data; boundary=x", "multipart/form-data", "x"]),
)
def test_no_body_is_a_crash(client: Client, token: str, resource: str, body: bytes, content_type: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": content_type}
    for method in ("POST", "PATCH"):
        url = f"{client.org.url}{VERSION}/{resource}"
        response = client.http.request(method, url, data=body, headers=headers, timeout=10)
        assert response.status_code < 500
        assert response.status_code == 204 or response.headers["Content-Type"].startswith("application/json")
    assert query(client, token, "SELECT Id, Name FROM Account ORDER BY Name, AnnualRevenue")[0] == 200


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        (f"{VERSION}/limits", "application/json"),
        ("/services/oauth2/userinfo", "application/json"),
        ("/services/Soap/m/66.0", "text/xml"),
    ],
)
def test_what_nobody_expected_is_answered_in_shape(
    path: str, content_type: str, http: requests.Session, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    broken: Any = {"token": "not a session"}
    with server.serving(LocalSalesforce(acme(()).orgs, sessions=broken)) as local:
        method = "POST" if "Soap" in path else "GET"
        body = ENVELOPE.format(token="token", body="<describeMetadata/>") if "Soap" in path else ""
        headers = {"Authorization": "Bearer token"}
        response = http.request(method, f"{local.url}{path}", data=body, headers=headers, timeout=10)

    assert response.status_code == 500
    assert response.headers["Content-Type"].startswith(content_type)
    assert "The local org failed: AttributeError." in response.text
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_ids_have_the_check_characters_of_the_published_example() -> None:
    assert id_18("00Dxx0000001gPL") == "00Dxx0000001gPLEAY"
    assert id_18("005xx000001Swi2") == "005xx000001Swi2AAC"


@pytest.fixture
def http(ca: trustme.CA, tmp_path: Path) -> Iterator[requests.Session]:
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    with requests.Session() as http:
        http.trust_env = False
        http.verify = str(tmp_path / "ca.pem")
        yield http


@pytest.mark.parametrize(
    ("scopes", "has_api", "status", "says"),
    [
        (("refresh_token", "web"), True, 401, "This session is not valid for use with the REST API"),
        (("refresh_token", "api"), False, 403, "API_DISABLED_FOR_ORG"),
        (("refresh_token", "api"), True, 200, "DailyApiRequests"),
        (("refresh_token", "full"), True, 200, "DailyApiRequests"),
    ],
)
def test_which_tokens_the_api_accepts(
    scopes: tuple[str, ...], *, has_api: bool, status: int, says: str, http: requests.Session, server: Server
) -> None:
    org = replace(acme(()).orgs[0], has_api=has_api)
    salesforce = LocalSalesforce((org,), sessions={"token": Session(org, org.users[0], scopes)})
    with server.serving(salesforce) as local:
        response = http.get(f"{local.url}{VERSION}/limits", headers={"Authorization": "Bearer token"}, timeout=10)

    assert response.status_code == status
    assert says in response.text


def test_a_former_my_domain_redirects_to_the_same_path(http: requests.Session, server: Server) -> None:
    org = replace(acme(()).orgs[0], former_my_domain="old.my.salesforce.com")
    with server.serving(LocalSalesforce((org,))) as local:
        response = http.get(
            f"{local.url}/services/data", headers={"Host": "old.my.salesforce.com"}, allow_redirects=False, timeout=10
        )

    assert (response.status_code, response.headers["Location"]) == (301, f"https://{MY_DOMAIN}/services/data")


def test_a_fault_is_returned_once_and_verbatim(http: requests.Session, server: Server) -> None:
    fault = Fault(429, "<html>Slow down</html>", (("Retry-After", "7"),))
    with server.serving(LocalSalesforce(acme(()).orgs, faults=[fault])) as local:
        throttled, refused = (http.post(f"{local.url}/services/oauth2/token", timeout=10) for _ in range(2))

    assert (throttled.status_code, throttled.text) == (429, "<html>Slow down</html>")
    assert throttled.headers["Retry-After"] == "7"
    assert refusal(refused) == ("unsupported_grant_type", "grant type not supported")


@pytest.mark.parametrize("host", [None, "login.salesforce.com", "test.salesforce.com", MY_DOMAIN, SANDBOX])
def test_openid_configuration_names_the_endpoints_of_its_own_host(client: Client, host: str | None) -> None:
    url = f"https://{host}" if host else client.org.url

    answer = client.get("/.well-known/openid-configuration", host=host).json()

    assert answer["issuer"] == url
    assert {name: place for name, place in answer.items() if name.endswith(("_endpoint", "_uri"))} == {
        "authorization_endpoint": f"{url}/services/oauth2/authorize",
        "token_endpoint": f"{url}/services/oauth2/token",
        "revocation_endpoint": f"{url}/services/oauth2/revoke",
        "userinfo_endpoint": f"{url}/services/oauth2/userinfo",
    }
    assert {"api", "refresh_token"} <= set(answer["scopes_supported"])
