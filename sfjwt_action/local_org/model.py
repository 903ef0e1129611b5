"""Salesforce's state: orgs with their users and apps, their hosts, and the sessions."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from ipaddress import IPv4Network

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

LOGIN_HOST = "login.salesforce.com"
TEST_HOST = "test.salesforce.com"
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")

_CHECK_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def id_18(id_15: str) -> str:
    """Return the 18-character form of a 15-character id.

    The three characters added say which of each five are capitals, so that the id survives systems that do
    not tell case.
    """
    chunks = (id_15[start : start + 5] for start in (0, 5, 10))
    capitals = (sum(1 << place for place, letter in enumerate(chunk) if letter.isupper()) for chunk in chunks)
    return id_15 + "".join(_CHECK_CHARACTERS[bits] for bits in capitals)


class AppKind(Enum):
    """The two kinds of app, which accept different hosts and audiences."""

    CONNECTED_APP = auto()
    EXTERNAL_CLIENT_APP = auto()


@dataclass(frozen=True)
class App:
    """An app in one org, with the settings of its administrator.

    Attributes:
        kind: Connected App or External Client App.
        consumer_key: What assertions name as their issuer.
        consumer_secret: What signs the identity in a token response.
        public_keys: Those of the certificates uploaded to it; more than one during a rotation.
        scopes: The OAuth scopes that its tokens have.
        preauthorized: Usernames of the pre-authorized users.
        admin_approved_only: Permitted Users is “Admin approved users are pre-authorized”, not “All users may
            self-authorize”.
        allows_jwt_bearer: The JWT bearer flow is enabled in it.
        is_blocked: An administrator blocked it.
        relaxes_ip: It doesn't enforce the IP ranges of its users' profiles.
    """

    kind: AppKind
    consumer_key: str
    consumer_secret: str = field(repr=False)
    public_keys: tuple[RSAPublicKey, ...]
    scopes: tuple[str, ...]
    preauthorized: frozenset[str]
    admin_approved_only: bool = True
    allows_jwt_bearer: bool = True
    is_blocked: bool = False
    relaxes_ip: bool = False


@dataclass(frozen=True)
class User:
    """A person, or a CI job, who can log in to one org.

    Attributes:
        id: 18 characters.
        username: Unique among all of Salesforce's.
        is_active: False once an administrator has deactivated the user.
        is_frozen: An administrator froze the user.
        has_api_access: The profile, or a permission set, has API Enabled.
        login_ip_range: Where the profile lets logins come from; None if from anywhere.
        login_hours: When it does: from one hour of the day (UTC) until before another; None if always.
    """

    id: str
    username: str
    first_name: str
    last_name: str
    email: str
    is_active: bool = True
    is_frozen: bool = False
    has_api_access: bool = True
    login_ip_range: IPv4Network | None = None
    login_hours: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """The full name."""
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True)
class Org:
    """A production org or a sandbox. login.salesforce.com doesn't know an org in the Defense cloud.

    Attributes:
        former_my_domain: The name that it had before; it answers with a redirect to the one that it has.
        is_locked: Salesforce locked or suspended it.
        wants_my_domain: It doesn't allow logins at login.salesforce.com or test.salesforce.com.
        has_api: Its edition comes with the API.
    """

    id: str
    name: str
    my_domain: str
    is_sandbox: bool
    users: tuple[User, ...]
    apps: tuple[App, ...]
    is_government: bool = False
    former_my_domain: str = ""
    is_locked: bool = False
    wants_my_domain: bool = False
    has_api: bool = True

    @property
    def my_domain_url(self) -> str:
        """Where the org's own pages and APIs are."""
        return f"https://{self.my_domain}"

    @property
    def login_url(self) -> str:
        """The login host shared by all orgs of its kind."""
        return f"https://{TEST_HOST if self.is_sandbox else LOGIN_HOST}"

    def app(self, consumer_key: str) -> App | None:
        """Return the app with this consumer key, if it is installed here."""
        return next((app for app in self.apps if app.consumer_key == consumer_key), None)

    def user(self, username: str) -> User | None:
        """Return the user with this name, if the org has one. Salesforce ignores case in usernames."""
        return next((user for user in self.users if user.username == username.lower()), None)


class HostKind(Enum):
    """What kind of name a request was sent to."""

    GENERIC = auto()
    MY_DOMAIN = auto()
    ALIAS = auto()


@dataclass(frozen=True)
class Host:
    """A name that Salesforce answers on, as a client used it.

    Attributes:
        kind: login or test; an org's My Domain; or a loopback name that stands in for a My Domain, since no
            client finds the real names on this machine without help.
        url: Its base URL, without a slash at the end.
        orgs: Those whose users can log in here; a My Domain or alias has one.
    """

    kind: HostKind
    url: str
    orgs: tuple[Org, ...]

    def instance_url(self, org: Org) -> str:
        """Where a client that logged in here finds the org's APIs."""
        return self.url if self.kind is HostKind.ALIAS else org.my_domain_url

    def identity_url(self, org: Org, user: User) -> str:
        """Who a token belongs to, as a URL to ask for more."""
        base = self.url if self.kind is HostKind.ALIAS else org.login_url
        return f"{base}/id/{org.id}/{user.id}"


@dataclass(frozen=True)
class Session:
    """The user and the scopes of an access token."""

    org: Org
    user: User
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class Fault:
    """A response that the token endpoint returns instead of its own: maintenance, throttling."""

    status: int
    body: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class LocalSalesforce:
    """All orgs of this machine, and what happened in them since the start.

    Attributes:
        orgs: The first one is what the loopback names stand for.
        sessions: By access token.
        used_jtis: Pairs of consumer key and `jti` that were accepted: none is accepted twice.
        logins: When each user logged in, in seconds since the epoch.
        logins_an_hour: How many logins a user can make.
        faults: What the token endpoint answers to the next requests, instead of what it should.
        api_requests: How many requests the REST API has answered.
    """

    orgs: tuple[Org, ...]
    sessions: dict[str, Session] = field(default_factory=dict, repr=False)
    used_jtis: set[tuple[str, str]] = field(default_factory=set)
    logins: list[tuple[str, float]] = field(default_factory=list)
    logins_an_hour: int = 3600
    faults: list[Fault] = field(default_factory=list)
    api_requests: int = 0

    def host(self, host_header: str) -> Host | None:
        """Return what a `Host` header names, or None where Salesforce has no such name."""
        name, has_port, port = host_header.lower().rpartition(":")
        if not (has_port and port.isdecimal()):
            name = host_header.lower()
        if name in LOOPBACK_HOSTS:
            return Host(HostKind.ALIAS, f"https://{host_header}", self.orgs[:1])
        return next((host for host in self._hosts() if host.url == f"https://{name}"), None)

    def renamed(self, host_header: str) -> Org | None:
        """Return the org that had this My Domain before."""
        return next((org for org in self.orgs if org.former_my_domain == host_header.lower()), None)

    def _hosts(self) -> Iterator[Host]:
        production = tuple(org for org in self.orgs if not org.is_sandbox and not org.is_government)
        sandboxes = tuple(org for org in self.orgs if org.is_sandbox)
        yield Host(HostKind.GENERIC, f"https://{LOGIN_HOST}", production)
        yield Host(HostKind.GENERIC, f"https://{TEST_HOST}", sandboxes)
        for org in self.orgs:
            yield Host(HostKind.MY_DOMAIN, org.my_domain_url, (org,))
