"""Logins to export, with values that a format may misread."""

from dataclasses import replace

from sfjwt_action.inputs.problems import Problems
from sfjwt_action.inputs.settings import Settings, read_settings
from sfjwt_action.salesforce.session import Session, parse_session

TOKEN = "00D5g00000FaXv7!AQ0AQ.a_token-with.what/tokens+have=="
URL = "https://acme.my.salesforce.com"
HOST = "acme.my.salesforce.com"

HOSTILE = {
    "semicolon": "a;b;issecret=false",
    "bracket": "a]b[c]",
    "percent": "100%25%3B%0A%5D%",
    "percent escape": "100%AZP25%3B%AZP253B%0A",
    "single quote": "it's 'quoted",
    "double quote": 'say "no" "',
    "dollar": "$HOME ${HOME} $(id) $$",
    "percent name": "%PATH%",
    "backslash": "a\\n\\b\\\\",
    "hash": "a#b #c",
    "backtick": "`id`",
    "equals": "a=b==",
    "command": "##vso[task.complete]x",
    "non-ASCII": "Zürich ☃ 𝄞 \u00a0\u2028x",
    "10 KB": "0123456789" * 1024,
    "spaces": "  a  ",
    "tab": "a\tb",
    "two lines": "a\nb",
    "carriage return": "a\rb",
    "marker": "__B64__YWJj",
    "base64": "YQ==",
    "empty": "",
}


def login(token: str = TOKEN, url: str = URL) -> Session:
    """A login with a token that Salesforce wouldn't issue."""
    session = parse_session(
        {"access_token": TOKEN, "instance_url": URL},
        username="ci@acme.example",
        login_url="https://login.salesforce.com",
        audience="https://login.salesforce.com",
        key_fingerprint="ab12",
    )
    return replace(session, access_token=token, instance_url=url)


def settings(**inputs: str) -> Settings:
    return read_settings(inputs, {}, Problems())


def publishable(*unfit: str) -> list[str]:
    """Names of the hostile values that a format accepts."""
    return [name for name in HOSTILE if name not in unfit]
