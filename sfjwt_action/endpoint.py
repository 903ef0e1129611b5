"""Login hosts, the audiences that fit them, and the hosts that may be trusted with a token.

The rules are those of Salesforce's help and of what its apps do in practice: see “Audience” and “Hosts” in
docs/troubleshooting.md's sources, and the sf CLI's own list of attempts (forcedotcom/sfdx-core).
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from sfjwt_action.settings import DEFAULT_LOGIN_URL, Unusable

LOGIN = DEFAULT_LOGIN_URL
TEST = "https://test.salesforce.com"

_SHORT_NAMES = {"production": LOGIN, "login": LOGIN, "sandbox": TEST, "test": TEST}
_SALESFORCE_DOMAINS = (
    ".salesforce.com",
    ".force.com",
    ".cloudforce.com",
    ".site.com",
    ".salesforce.mil",
    ".crmforce.mil",
    ".sfcrmproducts.cn",
)
_SANDBOX = re.compile(
    r"--[^.]+\.my\.salesforce\.com"  # X--S.my.salesforce.com, from before partitioned domains
    r"|\.(sandbox|scratch)\.my\.salesforce\.com"
    r"|^cs\d+\.salesforce\.com"
)
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:.]*:[0-9a-f:.]*", re.IGNORECASE)


def parse_login_url(text: str) -> str:
    """Make an https URL, without a slash at its end, of what the input `login-url` says.

    Args:
        text: `production`, `login`, `sandbox`, `test`, a bare host, or an https URL.

    Raises:
        Unusable: It is no https URL of a host.
    """
    if known := _SHORT_NAMES.get(text.lower()):
        return known
    url = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(url)
        authority = parts.hostname or "", parts.port
    except ValueError:
        raise _not_a_login_url(text) from None
    host, port = authority
    if parts.scheme.lower() != "https":
        raise Unusable(f"It is “{text}”.", "Salesforce is reached by https only: write https://.")
    if "@" in parts.netloc or parts.query or parts.fragment or not _HOST.fullmatch(host):
        raise _not_a_login_url(text)
    netloc = f"[{host}]" if ":" in host else host
    return f"https://{netloc}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


def _not_a_login_url(text: str) -> Unusable:
    # What stands before an @ would be a password.
    shown = re.sub(r"[^/]*@", "…@", text)
    return Unusable(
        f"It is “{shown}”, which is not the URL of a login host.",
        "Write `production`, `sandbox`, or your My Domain, such as acme.my.salesforce.com.",
    )


def audiences(login_url: str) -> tuple[str, ...]:
    """The audiences that may fit a login URL, likeliest first.

    Connected Apps and External Client Apps want different ones, so there may be several. An assertion for
    login.salesforce.com is never offered to a host that is not Salesforce's: it would be good for a login there.

    Args:
        login_url: As `parse_login_url` returns it.
    """
    host = urlsplit(login_url).hostname or ""
    if login_url in {LOGIN, TEST} or not is_salesforce_host(host):
        return (login_url,)
    if host.endswith(".site.com"):
        return (login_url,)
    if _SANDBOX.search(host):
        return (login_url, TEST, LOGIN)
    return (login_url, LOGIN)


def is_salesforce_host(host: str) -> bool:
    """Whether Salesforce owns the host, by its domain name."""
    return host.lower().endswith(_SALESFORCE_DOMAINS)
