"""Login hosts, the audiences that fit them, and the hosts that may be trusted with a token.

Hosts: Salesforce Help, “My Domain URL Formats”. Audiences: Salesforce Help, “OAuth 2.0 JWT Bearer Flow for
Server-to-Server Integration”, and what the sf CLI tries in turn (forcedotcom/sfdx-core), since Connected Apps and
External Client Apps want different ones.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from sfjwt_action.settings import DEFAULT_LOGIN_URL, Unusable, shown

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
_EXPERIENCE_SITES = ".site.com"

# Which audiences may fit one of Salesforce's hosts besides its own URL, likeliest first.
_OTHER_AUDIENCES = (
    (re.compile(r"(login|test)\.salesforce\.com"), ()),
    # X--S.my.salesforce.com is a sandbox from before My Domains were partitioned.
    (re.compile(r".+(--[^.]+|\.(sandbox|scratch))\.my\.salesforce\.com"), (TEST, LOGIN)),
    (re.compile(r"cs\d+\.salesforce\.com"), (TEST,)),
    (re.compile(r".+"), (LOGIN,)),
)

# Hosts of an org at which nobody can log in, as a browser shows them, and the My Domain that they stand for. What
# follows a -- before `vf` or `visual` is a package's namespace.
_NOT_LOGIN_HOSTS = (
    (re.compile(r"(?P<org>.+)\.lightning\.force\.com"), ".my.salesforce.com"),
    (re.compile(r"(?P<org>.+)\.lightning\.crmforce\.mil"), ".my.salesforce.mil"),
    (re.compile(r"(?P<org>.+)\.lightning\.sfcrmapps\.cn"), ".my.sfcrmproducts.cn"),
    (re.compile(r"(?P<org>.+)\.my\.salesforce-setup\.com"), ".my.salesforce.com"),
    (re.compile(r"(?P<org>.+?)--\w+(?P<partition>\.\w+)?\.vf\.force\.com"), ".my.salesforce.com"),
    (re.compile(r"(?P<org>.+?)--\w+(\.\w+)?\.visual(\.)?force\.com"), ".my.salesforce.com"),
)
_DNS_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_DNS_LABEL}(\.{_DNS_LABEL})*|[0-9a-f:.]*:[0-9a-f:.]*")


def parse_login_url(text: str) -> str:
    """Make an https URL, without a slash at its end, of what the input `login-url` says.

    Args:
        text: `production`, `login`, `sandbox`, `test`, a bare host, or an https URL. A path is kept where it can
            mean something: on Experience sites and on hosts that are not Salesforce's.

    Raises:
        Unusable: It is no https URL, or nobody can log in at its host; then the right host is named.
    """
    if known := _SHORT_NAMES.get(text.lower()):
        return known
    if not text.isprintable() or " " in text:  # urlsplit would leave some of it out, and a log would take it as it is
        raise _not_a_host(text)
    parts, port = _split(text)
    host = (parts.hostname or "").rstrip(".")
    # A word alone is a name for an environment, such as uat, rather than a host.
    is_word = "." not in host and ":" not in host and port is None and host != "localhost"
    if "@" in parts.netloc or not is_host(host) or is_word:
        raise _not_a_host(text)
    if parts.scheme != "https":
        raise Unusable(f"It begins with {parts.scheme}://.", f"Salesforce is reached by https: write https://{host}.")
    if my_domain := _my_domain_of(host):
        raise Unusable(f"{host} is a host to look at, not to log in at.", f"Write {my_domain}.")
    path = "" if is_salesforce_host(host) and not host.endswith(_EXPERIENCE_SITES) else parts.path
    return (
        f"https://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"
        f"{path.removesuffix('/services/oauth2/token').rstrip('/')}"
    )


def _split(text: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        port = parts.port
    except ValueError:
        raise _not_a_host(text) from None
    return parts, None if port == 443 else port  # noqa: PLR2004 -- the port of https


def _not_a_host(text: str) -> Unusable:
    without_password = re.sub(".*@", "…@", text, flags=re.DOTALL)
    return Unusable(
        f"It is {shown(without_password)}, which is not the URL of a host.",
        "Write `production`, `sandbox`, or your My Domain, such as acme.my.salesforce.com.",
    )


def _my_domain_of(host: str) -> str | None:
    """The My Domain that a host stands for at which nobody can log in."""
    for pattern, suffix in _NOT_LOGIN_HOSTS:
        if match := pattern.fullmatch(host):
            return match["org"] + (match.groupdict().get("partition") or "") + suffix
    return None


def audiences(login_url: str) -> tuple[str, ...]:
    """The audiences that may fit a login URL, likeliest first.

    At a host that is not Salesforce's there is only its own: an assertion for login.salesforce.com, sent there, would
    be good for a login here.

    Args:
        login_url: As `parse_login_url` returns it.
    """
    host = urlsplit(login_url).hostname or ""
    if not is_salesforce_host(host):
        return (login_url,)
    others = next(others for pattern, others in _OTHER_AUDIENCES if pattern.fullmatch(host))
    return (login_url, *others)


def is_host(host: str) -> bool:
    r"""Whether this is a host's name or address in lower case, also to others than Python.

    They may end a host at a `\`, for one: what they would call is not what was checked here.
    """
    return bool(_HOST.fullmatch(host))


def is_salesforce_host(host: str) -> bool:
    """Whether Salesforce owns the host, by its domain name."""
    return is_host(host) and host.endswith(_SALESFORCE_DOMAINS)


def may_be_sent_a_token(host: str, login_url: str) -> bool:
    """Whether an access token may be sent to a host: it is one of Salesforce's, or the one to log in at."""
    return is_salesforce_host(host) or host == urlsplit(login_url).hostname
