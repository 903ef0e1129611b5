"""Login hosts, the audiences to try for them, and the hosts that may be sent a token.

Hosts: Salesforce Help, “My Domain URL Formats”. Audiences: Salesforce Help, “OAuth 2.0 JWT Bearer Flow for
Server-to-Server Integration”, and what the sf CLI tries in turn (forcedotcom/sfdx-core), because Connected Apps and
External Client Apps accept different ones.
"""

from __future__ import annotations

import re
from functools import partial
from urllib.parse import SplitResult, urlsplit

from sfjwt_action.inputs.parsers import reject_decoration
from sfjwt_action.inputs.problems import InvalidValue
from sfjwt_action.inputs.quoting import quote
from sfjwt_action.inputs.settings import DEFAULT_LOGIN_URL

LOGIN = DEFAULT_LOGIN_URL
TEST = "https://test.salesforce.com"
_HTTPS = 443

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

# Hosts on which customers can't serve content of their own: login and test, My Domains, legacy instances.
_CORE_HOST = re.compile(
    r"([a-z0-9-]+\.)+my\.(salesforce\.(com|mil)|sfcrmproducts\.cn)|[a-z0-9-]+\.(salesforce\.(com|mil)|sfcrmproducts\.cn)"
)

# The audiences to try at such a host after its own URL, likeliest first.
_OTHER_AUDIENCES = (
    (r"(login|test)\.salesforce\.com", ()),
    # X--S.my.salesforce.com is a sandbox from before My Domains were partitioned.
    (r".+(--[^.]+|\.(sandbox|scratch))\.my\.salesforce\.com", (TEST, LOGIN)),
    (r"cs\d+\.salesforce\.com", (TEST,)),
    (r".+", (LOGIN,)),
)

# The domains of hosts that serve an org's UI only, as a browser shows them, and the domain of the org's My Domain.
_UI_DOMAINS = {
    ".lightning.force.com": ".my.salesforce.com",
    ".lightning.crmforce.mil": ".my.salesforce.mil",
    ".lightning.sfcrmapps.cn": ".my.sfcrmproducts.cn",
    ".my.salesforce-setup.com": ".my.salesforce.com",
}
# The hosts of Visualforce pages, which serve UI too. The text after -- is a package's namespace.
_VISUALFORCE = r"(?P<org>.+?)--\w+((?P<partition>\.\w+)?\.vf\.force\.com|(\.\w+)?\.visual\.?force\.com)"
# People drop the end of the host. `.my` is a top-level domain too, so only a bare host counts.
_SHORTENED_MY_DOMAIN = re.compile(r"[a-z0-9-]{1,63}(\.(sandbox|scratch|develop|demo|patch|trailblaze|free))?\.my")
_DNS_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_DNS_LABEL}(\.{_DNS_LABEL})*|[0-9a-f:.]*:[0-9a-f:.]*")


def parse_login_url(text: str) -> str:
    """Parse the input `login-url` into an https URL without a trailing slash.

    Args:
        text: `production`, `login`, `sandbox`, `test`, a bare host, or an https URL. A path is kept where it
            matters: on Experience sites and on hosts outside Salesforce.

    Raises:
        InvalidValue: It isn't an https URL, has quotes around it, or its host serves the UI only; then the error names
            the right host.
    """
    if known := _SHORT_NAMES.get(text.lower()):
        return known
    reject_decoration(text)
    if _SHORTENED_MY_DOMAIN.fullmatch(text.lower()):
        raise InvalidValue(
            "`login-url` is only part of a My Domain.",
            f"Use {text.lower()}.salesforce.com. If the host is your own, write it with https://.",
        )
    if not text.isprintable() or " " in text:  # urlsplit would leave some of it out, and a log would take it as it is
        raise _not_a_host(text)
    parts, port = _split(text)
    host = (parts.hostname or "").rstrip(".")
    # A word alone is a name for an environment, such as uat, rather than a host.
    is_word = "." not in host and ":" not in host and port is None and host != "localhost"
    if "@" in parts.netloc or not is_host(host) or is_word:
        raise _not_a_host(text)
    if parts.scheme != "https":
        raise InvalidValue(
            f"The URL starts with {parts.scheme}://.", f"Use https://{host}{f':{port}' if port else ''}."
        )
    if my_domain := _my_domain_of(host):
        raise InvalidValue(f"{host} serves the UI only.", f"Use {my_domain}.")
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
    return parts, None if port == _HTTPS else port


def _not_a_host(text: str) -> InvalidValue:
    return InvalidValue(
        f"Invalid value: {quote(text, _SHORT_NAMES)}.",
        "Use your My Domain, such as acme.my.salesforce.com.",
        "For a Connected App, `production` and `sandbox` work too.",
    )


def _my_domain_of(host: str) -> str | None:
    """Return the My Domain of an org's UI host; None for any other host."""
    for domain, my_domain in _UI_DOMAINS.items():
        if host.endswith(domain):
            return host.removesuffix(domain) + my_domain
    match = re.fullmatch(_VISUALFORCE, host)
    return f"{match['org']}{match['partition'] or ''}.my.salesforce.com" if match else None


def audiences(login_url: str) -> tuple[str, ...]:
    """Return the audiences to try for a login URL, likeliest first.

    For a host on which others may serve content that is the host itself only: with an assertion for
    login.salesforce.com, whoever serves it could log in to Salesforce.

    Args:
        login_url: As `parse_login_url` returns it.
    """
    host = _host_of(login_url)
    if not is_core_host(host):
        return (login_url,)
    others = next(others for pattern, others in _OTHER_AUDIENCES if re.fullmatch(pattern, host))
    return (login_url, *others)


def check_audience(audience: str, login_url: str) -> str:
    """Return an audience that was named explicitly, if its assertion may be sent to the login host.

    Args:
        audience: The audience.
        login_url: As `parse_login_url` returns it.

    Raises:
        InvalidValue: The assertion would be good for a login at Salesforce, and others may serve the login host.
    """
    named = _host_of(audience if "://" in audience else f"https://{audience}")
    if named != _host_of(login_url) and is_core_host(named) and not is_core_host(_host_of(login_url)):
        raise InvalidValue(
            f"`audience` names the Salesforce host {named}, but `login-url` doesn't. The server at `login-url` could "
            "use the assertion to log in to Salesforce.",
            "Remove `audience`, or set `login-url` to the org's My Domain.",
        )
    return audience


def _host_of(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_host(host: str) -> bool:
    r"""Return whether this is a lowercase host name or address to every URL parser.

    Some parsers end a host at a `\`, for example, and would connect to another host than the one validated here.
    """
    return bool(_HOST.fullmatch(host))


def is_salesforce_host(host: str) -> bool:
    """Return whether the host's domain belongs to Salesforce. Customers may serve content of their own on it."""
    return is_host(host) and host.endswith(_SALESFORCE_DOMAINS)


def misspelled_host(login_url: str) -> str:
    """Return the Salesforce host that a login URL probably means; empty if its host is one, or resembles none.

    Args:
        login_url: As `parse_login_url` returns it.
    """
    host = _host_of(login_url)
    if f".{host}".endswith(_SALESFORCE_DOMAINS) or "." not in host:
        return ""
    import difflib  # noqa: PLC0415 -- nearly every login is to Salesforce

    similar = partial(difflib.get_close_matches, n=1, cutoff=0.9)
    labels = host.split(".")
    for count in (2, 3):  # mysalesforce.com, my.saleforce.com
        org, domain = ".".join(labels[:-count]), ".".join(labels[-count:])
        if org and similar(domain, ["my.salesforce.com"]):
            return f"{org}.my.salesforce.com"
    shared_hosts = similar(host, ["login.salesforce.com", "test.salesforce.com"])
    return shared_hosts[0] if shared_hosts else ""


def is_core_host(host: str) -> bool:
    """Return whether this is a Salesforce host on which customers can't serve content of their own."""
    return is_host(host) and bool(_CORE_HOST.fullmatch(host))


def is_trusted_with_token(url: str, login_url: str) -> bool:
    """Return whether an access token may be sent to a URL: https, on a core host or on the login host with its port."""
    try:
        parts, login = urlsplit(url), urlsplit(login_url)
        port, login_port = parts.port or _HTTPS, login.port or _HTTPS
    except ValueError:
        return False
    host = parts.hostname or ""
    is_login_host = (host, port) == (login.hostname, login_port)
    return parts.scheme == "https" and (is_login_host or (port == _HTTPS and is_core_host(host)))
