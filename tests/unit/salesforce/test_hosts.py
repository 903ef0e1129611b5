import pytest

from sfjwt_action.inputs.problems import InvalidValue
from sfjwt_action.salesforce.hosts import (
    audiences,
    check_audience,
    is_salesforce_host,
    is_trusted_with_token,
    misspelled_host,
    parse_login_url,
)

LOGIN = "https://login.salesforce.com"
TEST = "https://test.salesforce.com"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("production", LOGIN),
        ("login", LOGIN),
        ("sandbox", TEST),
        ("Test", TEST),
        ("acme.my.salesforce.com", "https://acme.my.salesforce.com"),
        ("ACME.My.Salesforce.com", "https://acme.my.salesforce.com"),
        ("https://acme.my.salesforce.com/", "https://acme.my.salesforce.com"),
        ("https://acme.my.salesforce.com:443", "https://acme.my.salesforce.com"),
        ("https://acme.my.salesforce.com/home/home.jsp?a=b", "https://acme.my.salesforce.com"),
        ("https://login.salesforce.com/services/oauth2/token", LOGIN),
        ("login.salesforce.com.", LOGIN),
        ("https://acme.my.site.com/partners/", "https://acme.my.site.com/partners"),
        ("https://id.acme.example/partners", "https://id.acme.example/partners"),
        ("https://id.acme.example/services/oauth2/token", "https://id.acme.example"),
        ("https://localhost:8443", "https://localhost:8443"),
        ("localhost:8443", "https://localhost:8443"),
        ("https://[::1]:8443/", "https://[::1]:8443"),
    ],
)
def test_login_urls(text: str, url: str) -> None:
    assert parse_login_url(text) == url


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("https://acme.lightning.force.com/lightning/page/home", "acme.my.salesforce.com"),
        ("acme--uat.sandbox.lightning.force.com", "acme--uat.sandbox.my.salesforce.com"),
        ("acme.develop.lightning.force.com", "acme.develop.my.salesforce.com"),
        ("acme.lightning.crmforce.mil", "acme.my.salesforce.mil"),
        ("acme.lightning.sfcrmapps.cn", "acme.my.sfcrmproducts.cn"),
        ("acme.my.salesforce-setup.com", "acme.my.salesforce.com"),
        ("acme--uat.sandbox.my.salesforce-setup.com", "acme--uat.sandbox.my.salesforce.com"),
        ("acme--c.vf.force.com", "acme.my.salesforce.com"),
        ("acme--uat--c.sandbox.vf.force.com", "acme--uat.sandbox.my.salesforce.com"),
        ("acme--c.visualforce.com", "acme.my.salesforce.com"),
        ("acme--c.na44.visual.force.com", "acme.my.salesforce.com"),
    ],
)
def test_ui_hosts_are_rejected_with_the_host_to_use(text: str, right: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        parse_login_url(text)
    assert refusal.value.remedy == f"Use {right}."


def test_part_of_a_my_domain_is_completed() -> None:
    with pytest.raises(InvalidValue, match=r"acme\.my\.salesforce\.com"):
        parse_login_url("acme.my")


def test_http_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"Use https://acme\.my\.salesforce\.com"):
        parse_login_url("http://acme.my.salesforce.com")


def test_the_https_url_keeps_the_port() -> None:
    with pytest.raises(InvalidValue) as error:
        parse_login_url("http://localhost:8443")
    assert "https://localhost:8443." in error.value.remedy


@pytest.mark.parametrize(
    "text",
    [
        "my org",
        "https://",
        "https://x:99999",
        "https://x:port",
        "https://a_b.example",
        "https://[::1",
        "https:/acme.my.salesforce.com",
        "https://https://acme.my.salesforce.com",
        "a" * 64,
        "-----",
        "login.salesforce.com\t.evil.example",
        "https://id.acme.example/a\x1b[31m",
        "https://id.acme.example/a b",
        "https://id.acme.example/\u202e",
        "uat",
        "prod",
    ],
)
def test_an_invalid_host(text: str) -> None:
    with pytest.raises(InvalidValue, match=r"my\.salesforce\.com") as error:
        parse_login_url(text)
    assert "`production`" in error.value.hint


def test_a_password_in_a_url_is_not_repeated() -> None:
    with pytest.raises(InvalidValue) as refusal:
        parse_login_url("https://ci:hunter2@acme.my.salesforce.com")
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("url", "others"),
    [
        (LOGIN, []),
        (TEST, []),
        ("https://acme.my.salesforce.com", [LOGIN]),
        ("https://acme.develop.my.salesforce.com", [LOGIN]),
        ("https://acme--uat.sandbox.my.salesforce.com", [TEST, LOGIN]),
        ("https://acme--uat.my.salesforce.com", [TEST, LOGIN]),
        ("https://acme.scratch.my.salesforce.com", [TEST, LOGIN]),
        ("https://acme.my.site.com/partners", []),
        ("https://acme.force.com", []),
        ("https://acme.cloudforce.com", []),
        ("https://acme--c.vf.force.com", []),
        ("https://acme.my.salesforce.mil", [LOGIN]),
        ("https://acme.my.sfcrmproducts.cn", [LOGIN]),
        ("https://na44.salesforce.com", [LOGIN]),
        ("https://cs42.salesforce.com", [TEST]),
        ("https://id.acme.example", []),
        ("https://login.salesforce.com.evil.example", []),
        ("https://localhost:8443", []),
    ],
)
def test_audiences(url: str, others: list[str]) -> None:
    assert audiences(url) == (url, *others)


@pytest.mark.parametrize(
    "host", ["acme.my.salesforce.com", "acme.my.site.com", "acme.my.salesforce.mil", "x.force.com"]
)
def test_salesforces_hosts(host: str) -> None:
    assert is_salesforce_host(host)


@pytest.mark.parametrize(
    "host",
    ["notsalesforce.com", "salesforce.com.evil.example", "evil.example\\.salesforce.com", "a b.salesforce.com", ""],
)
def test_other_hosts(host: str) -> None:
    assert not is_salesforce_host(host)


CORE = [
    "acme.my.salesforce.com",
    "acme--uat.sandbox.my.salesforce.com",
    "na44.salesforce.com",
    "acme.my.salesforce.mil",
]
OTHERS = [
    "acme.my.site.com",
    "acme.force.com",
    "acme.cloudforce.com",
    "acme--c.vf.force.com",
    "id.acme.example",
    "x.site.com",
]


@pytest.mark.parametrize(
    "audience", [LOGIN, TEST, f"https://{CORE[0]}", "https://LOGIN.salesforce.com.", "login.salesforce.com"]
)
@pytest.mark.parametrize("host", OTHERS)
def test_an_assertion_for_salesforce_never_goes_to_a_host_that_customers_can_serve(audience: str, host: str) -> None:
    assert audiences(f"https://{host}/path") == (f"https://{host}/path",)
    with pytest.raises(InvalidValue):
        check_audience(audience, f"https://{host}/path")


@pytest.mark.parametrize("host", [*CORE, "login.salesforce.com"])
def test_any_audience_can_be_sent_to_a_core_host(host: str) -> None:
    for audience in (LOGIN, TEST, "https://acme.my.salesforce.com", "https://id.acme.example"):
        assert check_audience(audience, f"https://{host}") == audience


@pytest.mark.parametrize("host", OTHERS)
def test_another_host_can_get_its_own_audience(host: str) -> None:
    assert check_audience(f"https://{host}", f"https://{host}") == f"https://{host}"


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        *((f"https://{host}", True) for host in CORE),
        *((f"https://{host}", False) for host in OTHERS),
        ("https://id.acme.example:8443", True),
        ("https://id.acme.example:9443", False),
        ("http://acme.my.salesforce.com", False),
        ("https://acme.my.salesforce.com:8443", False),
        ("https://acme.my.salesforce.com.evil.example", False),
        ("https://evil.example\\.my.salesforce.com", False),
        ("https://[::1", False),
        ("", False),
    ],
)
def test_a_token_is_sent_to_core_hosts_and_the_login_host_with_its_port(url: str, *, trusted: bool) -> None:
    assert is_trusted_with_token(url, "https://id.acme.example:8443") == trusted


@pytest.mark.parametrize(
    ("host", "meant"),
    [
        ("acme.mysalesforce.com", "acme.my.salesforce.com"),
        ("acme.my.saleforce.com", "acme.my.salesforce.com"),
        ("acme.my.salesforce.co", "acme.my.salesforce.com"),
        ("acme--uat.sandbox.my.salesforce.om", "acme--uat.sandbox.my.salesforce.com"),
        ("login.saleforce.com", "login.salesforce.com"),
        ("test.salesfroce.com", "test.salesforce.com"),
        *((host, "") for host in (*CORE, *OTHERS, "localhost", "127.0.0.1", "[::1]")),
        ("a-long-name-of-a-company.my.acme.example", ""),
        ("acme.my.salesforce.com.evil.example", ""),
        ("salesforce.acme.com", ""),
        *((host, "") for host in ("salesforce.com", "mysalesforce.com", "www.login.saleforce.com")),
    ],
)
def test_a_misspelled_host_is_recognized(host: str, meant: str) -> None:
    assert misspelled_host(f"https://{host}/path") == meant
