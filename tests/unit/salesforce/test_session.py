import base64
import json
from datetime import UTC, datetime

import pytest

from sfjwt_action.inputs.record_id import long_id
from sfjwt_action.salesforce.errors import UntrustedResponse
from sfjwt_action.salesforce.session import Session, parse_session

ANSWER = {
    "access_token": "00D!secret",
    "instance_url": "https://acme.my.salesforce.com/",
    "id": "https://login.salesforce.com/id/00D5g00000FaXv7EAF/0055g000008Kq2VAAS",
    "token_type": "Bearer",
    "scope": "api web",
    "issued_at": "1795517391999",
}


def session(login_url: str = "https://login.salesforce.com", **changes: object) -> Session:
    answer = {name: value for name, value in (ANSWER | changes).items() if value is not None}
    return parse_session(
        answer, username="ci@acme.example", login_url=login_url, audience="https://a.example", key_fingerprint="ab12"
    )


def test_outputs() -> None:
    assert session().outputs() == {
        "access-token": "00D!secret",
        "instance-url": "https://acme.my.salesforce.com",
        "token-type": "Bearer",
        "scope": "api web",
        "org-id": "00D5g00000FaXv7EAF",
        "user-id": "0055g000008Kq2VAAS",
        "username": "ci@acme.example",
        "identity-url": "https://login.salesforce.com/id/00D5g00000FaXv7EAF/0055g000008Kq2VAAS",
        "issued-at": "2026-11-24T10:49:51Z",
        "expires-at": "",
        "login-url": "https://login.salesforce.com",
        "audience": "https://a.example",
        "api-version": "",
    }


def test_missing_members_are_empty() -> None:
    outputs = session(id=None, issued_at=None, scope=None, token_type=None).outputs()
    assert [name for name, value in outputs.items() if not value] == [
        "scope",
        "org-id",
        "user-id",
        "identity-url",
        "issued-at",
        "expires-at",
        "api-version",
    ]
    assert outputs["token-type"] == "Bearer"


@pytest.mark.parametrize("issued_at", ["soon", "9" * 30, "-9" + "9" * 18])
def test_an_invalid_time_is_ignored(issued_at: str) -> None:
    assert session(issued_at=issued_at).issued_at is None


def test_ids_have_18_characters() -> None:
    short = session(id="https://login.salesforce.com/id/00D5g00000FaXv7/0055g000008Kq2V")
    assert (short.org_id, short.user_id) == ("00D5g00000FaXv7EAF", "0055g000008Kq2VAAS")


# Pairs from Salesforce's documentation and users' posts.
@pytest.mark.parametrize(
    "id_18", ["001D000000IRFmaIAH", "005D0000001KyEIIA0", "a0X5g000000abcdEAA"[:15] + "EAA", "00D000000000062EAA"]
)
def test_check_characters(id_18: str) -> None:
    assert long_id(id_18[:15]) == id_18
    assert long_id(id_18) == id_18


def test_the_login_host_itself_may_be_the_instance() -> None:
    on_localhost = session("https://localhost:8443", instance_url="https://localhost:8443")
    assert on_localhost.instance_host == "localhost:8443"


def test_the_token_is_not_in_repr() -> None:
    assert "00D!secret" not in repr(session())


OPAQUE = "00D5g00000FaXv7!AQ0AQ." + "aB3_" * 24
JWT = "eyJhbGciOiJSUzI1NiJ9." + "eyJzY3AiOiJhcGkifQ." + "AQ-_"


@pytest.mark.parametrize("token", [OPAQUE, JWT, "00D!AQ", "YWJj/+~Q=="])
def test_tokens(token: str) -> None:
    assert session(access_token=token).access_token == token


@pytest.mark.parametrize(
    "letter", ["%", ":", "[", "$", "`", '"', "'", "\\", "<", "|", ";", "\t", "é", "\N{CYRILLIC SMALL LETTER A}"]
)
def test_an_ambiguous_token_is_rejected(letter: str) -> None:
    """For example, act replaces `%0A` in its mask with a line break, and then the mask hides nothing."""
    with pytest.raises(UntrustedResponse, match="invalid characters"):
        session(access_token=f"00D!A{letter}0A")


def test_the_port_of_https_is_left_out() -> None:
    on_443 = session(instance_url="https://acme.my.salesforce.com:443")
    assert (on_443.instance_url, on_443.instance_host) == ("https://acme.my.salesforce.com", "acme.my.salesforce.com")


OTHER_ORG = "00D9O00000Bt3Lm"


def test_the_org_id_in_an_opaque_token_is_checked() -> None:
    assert session(access_token=OPAQUE, id=None).org_id == "00D5g00000FaXv7EAF"
    with pytest.raises(UntrustedResponse, match="another org"):
        session(access_token=OPAQUE.replace("00D5g00000FaXv7", OTHER_ORG))


@pytest.mark.parametrize("path", ["", "/customers", "/a/b"])
def test_an_identity_url_can_be_under_a_sites_path(path: str) -> None:
    identity = f"https://acme.my.site.com{path}/id/00D5g00000FaXv7EAF/0055g000008Kq2VAAS"
    assert session(id=identity).org_id == "00D5g00000FaXv7EAF"


@pytest.mark.parametrize("token_type", ["DPoP", "MAC", "", 7, ["Bearer"]])
def test_a_token_of_another_type_is_rejected(token_type: object) -> None:
    with pytest.raises(UntrustedResponse, match="Bearer"):
        session(token_type=token_type)


@pytest.mark.parametrize("token_type", ["bearer", "BEARER", None])
def test_a_bearer_token_in_any_case(token_type: str | None) -> None:
    assert session(token_type=token_type).token_type == "Bearer"


def test_sizes_are_bounded() -> None:
    assert session(access_token="a" * 16 * 1024).access_token
    with pytest.raises(UntrustedResponse, match="too long"):
        session(access_token="a" * (16 * 1024 + 1))
    assert session(scope="api " * 1000).scope == ""


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.my.site.com",
        "https://acme.force.com",
        "https://localhost:9443",
        "https://localhost",
        "https://acme.my.salesforce.com:8443",
    ],
)
def test_an_instance_url_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(UntrustedResponse, match="My Domain or the login host"):
        session("https://localhost:8443", instance_url=url)


def jwt(payload: object) -> str:
    return f"eyJhbGciOiJSUzI1NiJ9.{base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip('=')}.c2ln"


def test_a_token_in_jwt_format_has_an_expiry() -> None:
    found = session(access_token=jwt({"exp": 1795521600}))
    assert found.expires_at == datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    assert found.outputs()["expires-at"] == "2026-11-24T12:00:00Z"


@pytest.mark.parametrize(
    "token",
    [
        *map(jwt, ({}, {"exp": "x"}, {"exp": None}, {"exp": 10**30}, [1], "x", 7)),
        "eyJ",
        "eyJ.!!.x",
        jwt({"exp": 1795521600}).replace("eyJ", "abc", 1),
        ANSWER["access_token"],
    ],
)
def test_a_token_without_an_expiry(token: str) -> None:
    assert session(access_token=token).expires_at is None


@pytest.mark.parametrize(
    "scope",
    [
        "eyJhbGciOiJSUzI1NiJ9." + "a" * 300 + ".c2ln",
        "api " + base64.b64encode(b"AQ0AQ.a_token-with.what").decode(),
        "api <img>",
        "a" * 65,
    ],
)
def test_invalid_scopes_are_ignored(scope: str) -> None:
    token = "00D5g00000FaXv7!AQ0AQ.a_token-with.what"
    assert session(scope=scope, access_token=token).scope == ""


def test_all_kinds_of_scopes_are_kept() -> None:
    scope = "refresh_token api web openid custom:my-scope https://acme.example/x.y"
    assert session(scope=scope).scope == scope
