"""Acme, whose orgs the local org has: a production org, a sandbox made from it, and one for the government."""

import secrets
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from sfjwt_action.local_org.model import App, AppKind, LocalSalesforce, Org, User, id_18

CONSUMER_KEY = "3MVG9LocalOrg0000000000000000000000000000000000000000000000000000000000000000000.acme"
EXTERNAL_CLIENT_APP_CONSUMER_KEY = CONSUMER_KEY.replace("acme", "acme.eca")
USERNAME = "ci@acme.example"
GOVERNMENT_USERNAME = "ci@acme.example.gov"


def acme(public_keys: tuple[RSAPublicKey, ...]) -> LocalSalesforce:
    """Return Acme's orgs, with an app of either kind that trusts these keys, and one user pre-authorized for them.

    The IDs and the consumer key are the same at every start, so that clients keep working.
    """
    user = User(
        id=id_18("0055g000008Kq2V"),
        username=USERNAME,
        first_name="Continuous",
        last_name="Integration",
        email=USERNAME,
    )
    app = App(
        kind=AppKind.CONNECTED_APP,
        consumer_key=CONSUMER_KEY,
        consumer_secret=secrets.token_hex(32),
        public_keys=public_keys,
        scopes=("refresh_token", "openid", "web", "api"),
        preauthorized=frozenset({USERNAME}),
    )
    production = Org(
        id=id_18("00D5g00000FaXv7"),
        name="Acme",
        my_domain="acme.my.salesforce.com",
        is_sandbox=False,
        users=(user,),
        apps=(
            app,
            replace(app, kind=AppKind.EXTERNAL_CLIENT_APP, consumer_key=EXTERNAL_CLIENT_APP_CONSUMER_KEY),
        ),
    )
    government = replace(
        production,
        id=id_18("00D3d00000Gv0Ct"),
        my_domain="acme.my.salesforce.mil",
        is_government=True,
        users=(replace(user, username=GOVERNMENT_USERNAME),),
        apps=(replace(app, preauthorized=frozenset({GOVERNMENT_USERNAME})),),
    )
    return LocalSalesforce(orgs=(production, _sandbox_of(production, "uat", id_18("00D9O00000Bt3Lm")), government))


def _sandbox_of(production: Org, name: str, org_id: str) -> Org:
    """Return the result of a sandbox refresh: a copy whose usernames end with the sandbox's name."""
    domain, rest = production.my_domain.split(".", 1)
    return replace(
        production,
        id=org_id,
        my_domain=f"{domain}--{name}.sandbox.{rest}",
        is_sandbox=True,
        users=tuple(replace(user, username=f"{user.username}.{name}") for user in production.users),
        apps=tuple(
            replace(app, preauthorized=frozenset(f"{username}.{name}" for username in app.preauthorized))
            for app in production.apps
        ),
    )
