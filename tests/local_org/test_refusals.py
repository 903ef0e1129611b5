"""Each error for its real reason, in Salesforce's words."""

import time
from dataclasses import replace
from ipaddress import IPv4Network

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from local_org.client import GRANT_TYPE, Client, refusal

from sfjwt_action.local_org.acme import CONSUMER_KEY, USERNAME, acme
from sfjwt_action.local_org.authorization import Refusal, log_in
from sfjwt_action.local_org.model import App, AppKind, LocalSalesforce, Org

INVALID_ASSERTION = ("invalid_grant", "invalid assertion")
NOT_APPROVED = ("invalid_grant", "user hasn't approved this consumer")
AUDIENCE = ("invalid_grant", "audience is invalid")

LOGIN = "login.salesforce.com"
TEST = "test.salesforce.com"
MY_DOMAIN = "acme.my.salesforce.com"
SANDBOX = "acme--uat.sandbox.my.salesforce.com"

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
NOW = 1_000_000  # 13:46 UTC


def attempt(
    salesforce: LocalSalesforce, host_name: str, audience: str, *, username: str = USERNAME, now: int = NOW
) -> None:
    """Log in at a given time."""
    claims = {"iss": CONSUMER_KEY, "sub": username, "aud": audience, "exp": now + 180}
    form = {"grant_type": GRANT_TYPE, "assertion": jwt.encode(claims, KEY, "RS256")}
    host = salesforce.host(host_name)
    assert host is not None
    log_in(salesforce, host, form, now)


class TestForm:
    @pytest.mark.parametrize("form", [{}, {"grant_type": "password"}])
    def test_another_grant_type(self, client: Client, form: dict[str, str]) -> None:
        response = client.post("/services/oauth2/token", form)

        assert refusal(response) == ("unsupported_grant_type", "grant type not supported")

    def test_json_instead_of_a_form(self, client: Client) -> None:
        form = {"grant_type": GRANT_TYPE, "assertion": client.assertion()}

        response = client.http.post(f"{client.org.url}/services/oauth2/token", json=form, timeout=10)

        assert refusal(response) == ("unsupported_grant_type", "grant type not supported")

    @pytest.mark.parametrize("assertion", ["", "a.b.c", "bm8.bm8.bm8", "é.é.é", "e30.e30.e30"])
    def test_an_assertion_that_is_not_a_jwt(self, client: Client, assertion: str) -> None:
        form = {"grant_type": GRANT_TYPE, "assertion": assertion}

        assert refusal(client.post("/services/oauth2/token", form)) == INVALID_ASSERTION


class TestClaims:
    @pytest.mark.parametrize("iss", ["3MVG9unknown", None, 1])
    def test_an_unknown_consumer_key(self, client: Client, iss: object) -> None:
        assert refusal(client.ask_for_token(iss=iss)) == ("invalid_client_id", "client identifier invalid")

    @pytest.mark.parametrize("sub", ["nobody@acme.example", None, 1])
    def test_an_unknown_user(self, client: Client, sub: object) -> None:
        assert refusal(client.ask_for_token(sub=sub)) == ("invalid_grant", "authentication failure")

    def test_a_username_in_another_case_logs_in(self, client: Client) -> None:
        client.log_in(sub="CI@Acme.Example")

    def test_prn_wins_over_sub(self, client: Client) -> None:
        answer = client.ask_for_token(prn="nobody@acme.example")

        assert refusal(answer) == ("invalid_grant", "authentication failure")

    @pytest.mark.parametrize("exp", ["soon", "", None, True, [1], 1e300, "9" * 5000])
    def test_an_invalid_exp(self, client: Client, exp: object) -> None:
        assert refusal(client.ask_for_token(exp=exp)) == INVALID_ASSERTION

    def test_an_exp_past_the_skew_buffer(self, client: Client) -> None:
        answer = client.ask_for_token(exp=int(time.time()) - 190)

        assert refusal(answer) == ("invalid_grant", "expired authorization code")

    @pytest.mark.parametrize(
        "exp",
        [
            pytest.param(int, id="now, as CumulusCI"),
            pytest.param(lambda now: int(now) - 170, id="within the skew buffer"),
            pytest.param(lambda now: f"{now + 180:.0f}", id="a string, as simple-salesforce"),
            pytest.param(lambda now: int(now * 1000) + 300, id="milliseconds, as the sf CLI"),
            pytest.param(lambda now: now + 180, id="a fraction"),
        ],
    )
    def test_an_exp_as_clients_really_send_it_logs_in(self, client: Client, exp: object) -> None:
        assert callable(exp)
        client.log_in(exp=exp(time.time()))

    def test_a_jti_used_before(self, client: Client) -> None:
        client.log_in(jti="once")

        assert refusal(client.ask_for_token(jti="once")) == INVALID_ASSERTION

    def test_assertions_without_jti_log_in_twice(self, client: Client) -> None:
        client.log_in(jti=None)
        client.log_in(jti=None)

    def test_a_jti_of_a_rejected_assertion_can_be_used_again(self, client: Client) -> None:
        client.ask_for_token(jti="refused", aud="https://example.com")

        client.log_in(jti="refused")


class TestSignature:
    def ask(self, client: Client, key: str | rsa.RSAPrivateKey, algorithm: str) -> tuple[str, str]:
        assertion = jwt.encode(client.claims(), key, algorithm)
        form = {"grant_type": GRANT_TYPE, "assertion": assertion}
        return refusal(client.post("/services/oauth2/token", form))

    def test_by_another_key(self, client: Client) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

        assert self.ask(client, key, "RS256") == INVALID_ASSERTION

    @pytest.mark.parametrize("algorithm", ["RS512", "PS256"])
    def test_by_another_algorithm(self, client: Client, algorithm: str) -> None:
        assert self.ask(client, client.private_key, algorithm) == INVALID_ASSERTION

    def test_none(self, client: Client) -> None:
        assert self.ask(client, "", "none") == INVALID_ASSERTION

    def test_of_other_claims(self, client: Client) -> None:
        (header, _, signature), (_, claims, _) = (client.assertion().split(".") for _ in range(2))
        form = {"grant_type": GRANT_TYPE, "assertion": f"{header}.{claims}.{signature}"}

        assert refusal(client.post("/services/oauth2/token", form)) == INVALID_ASSERTION


class TestConnectedApp:
    """Its audience is login or test, by the type of org, whatever the host."""

    @pytest.mark.parametrize("host", [LOGIN, MY_DOMAIN])
    def test_accepts_login_for_production(self, client: Client, host: str) -> None:
        client.log_in(host, aud=f"https://{LOGIN}")

    @pytest.mark.parametrize("host", [TEST, SANDBOX])
    def test_accepts_test_for_a_sandbox(self, client: Client, host: str) -> None:
        client.log_in(host, aud=f"https://{TEST}", sub=f"{USERNAME}.uat")

    def test_accepts_login_and_the_url_itself_on_an_alias(self, client: Client) -> None:
        client.log_in(aud=client.org.url)
        client.log_in(aud=f"https://{LOGIN}")

    def test_accepts_a_slash_at_the_end_as_the_sf_cli_sends_it(self, client: Client) -> None:
        client.log_in(aud=f"https://{LOGIN}/")

    @pytest.mark.parametrize(
        ("host", "audience"),
        [
            (LOGIN, f"https://{TEST}"),
            (LOGIN, f"https://{MY_DOMAIN}"),
            (MY_DOMAIN, f"https://{MY_DOMAIN}"),
            (MY_DOMAIN, f"https://{TEST}"),
            (MY_DOMAIN, [f"https://{LOGIN}"]),
            (MY_DOMAIN, None),
            (None, f"https://{TEST}"),
            (None, f"https://{MY_DOMAIN}"),
        ],
    )
    def test_refuses_any_other(self, client: Client, host: str | None, audience: object) -> None:
        assert refusal(client.ask_for_token(host, aud=audience)) == AUDIENCE

    def test_refuses_login_for_a_sandbox(self, client: Client) -> None:
        answer = client.ask_for_token(SANDBOX, aud=f"https://{LOGIN}", sub=f"{USERNAME}.uat")

        assert refusal(answer) == AUDIENCE

    @pytest.mark.parametrize("host", [LOGIN, MY_DOMAIN, None])
    def test_does_not_know_sandbox_users_in_production(self, client: Client, host: str | None) -> None:
        answer = client.ask_for_token(host, aud=f"https://{LOGIN}", sub=f"{USERNAME}.uat")

        assert refusal(answer) == NOT_APPROVED


class TestOtherSettings:
    """Settings that an administrator can change, and that the default app doesn't have."""

    @property
    def app(self) -> App:
        return acme((KEY.public_key(),)).orgs[0].apps[0]

    def with_app(self, app: App) -> LocalSalesforce:
        production, sandbox, _ = acme(()).orgs
        return LocalSalesforce((replace(production, apps=(app,)), sandbox))

    @pytest.mark.parametrize("audience", [LOGIN, MY_DOMAIN])
    def test_an_external_client_app_is_not_installed_on_login(self, audience: str) -> None:
        salesforce = self.with_app(replace(self.app, kind=AppKind.EXTERNAL_CLIENT_APP))

        with pytest.raises(Refusal, match="app_not_found: External client app is not installed"):
            attempt(salesforce, LOGIN, f"https://{audience}")

    def test_an_external_client_app_refuses_login_as_audience(self) -> None:
        salesforce = self.with_app(replace(self.app, kind=AppKind.EXTERNAL_CLIENT_APP))

        with pytest.raises(Refusal, match="audience is invalid"):
            attempt(salesforce, MY_DOMAIN, f"https://{LOGIN}")

    @pytest.mark.parametrize("host", [MY_DOMAIN, "localhost:8443"])
    def test_an_external_client_app_requires_its_host_as_audience(self, host: str) -> None:
        attempt(self.with_app(replace(self.app, kind=AppKind.EXTERNAL_CLIENT_APP)), host, f"https://{host}")

    def test_the_app_lacks_the_refresh_token_scope(self) -> None:
        with pytest.raises(Refusal, match="invalid_request: refresh_token scope is required"):
            attempt(self.with_app(replace(self.app, scopes=("api",))), LOGIN, f"https://{LOGIN}")

    def test_a_user_is_inactive(self) -> None:
        production, sandbox, _ = acme((KEY.public_key(),)).orgs
        user = replace(production.users[0], is_active=False)
        salesforce = LocalSalesforce((replace(production, users=(user,)), sandbox))

        with pytest.raises(Refusal, match="inactive user"):
            attempt(salesforce, LOGIN, f"https://{LOGIN}")

    def test_the_older_and_the_newer_key_log_in_during_a_rotation(self) -> None:
        newer = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        salesforce = self.with_app(replace(self.app, public_keys=(newer.public_key(), KEY.public_key())))

        attempt(salesforce, LOGIN, f"https://{LOGIN}")


class TestWhereARefusalEnds:
    """The accepted login next to the rejected one."""

    @property
    def org(self) -> Org:
        return acme((KEY.public_key(),)).orgs[0]

    def log_in(self, org: Org, host: str = LOGIN) -> None:
        attempt(LocalSalesforce((org,)), host, f"https://{LOGIN}")

    def test_logins_are_counted_by_user_and_hour(self) -> None:
        user, app = self.org.users[0], self.org.apps[0]
        colleague = replace(user, username="colleague@acme.example")
        app = replace(app, preauthorized=frozenset({USERNAME, colleague.username}))
        org = replace(self.org, users=(user, colleague), apps=(app,))
        salesforce = LocalSalesforce((org,), logins_an_hour=2)
        audience = f"https://{LOGIN}"

        attempt(salesforce, LOGIN, audience)
        attempt(salesforce, LOGIN, audience, now=NOW + 1)

        with pytest.raises(Refusal, match="login rate exceeded"):
            attempt(salesforce, LOGIN, audience, now=NOW + 3599)
        attempt(salesforce, LOGIN, audience, now=NOW + 3599, username=colleague.username)
        attempt(salesforce, LOGIN, audience, now=NOW + 3600)

    @pytest.mark.parametrize("hours", [(12, 13), (14, 15)])
    def test_login_hours_refuse_before_and_after(self, hours: tuple[int, int]) -> None:
        with pytest.raises(Refusal, match="invalid login hours"):
            self.log_in(replace(self.org, users=(replace(self.org.users[0], login_hours=hours),)))

    def test_login_hours_grant_in_between(self) -> None:
        self.log_in(replace(self.org, users=(replace(self.org.users[0], login_hours=(13, 14)),)))

    def test_an_ip_range_grants_within(self) -> None:
        user = replace(self.org.users[0], login_ip_range=IPv4Network("127.0.0.0/8"))
        self.log_in(replace(self.org, users=(user,)))

    def test_an_org_that_requires_my_domain_accepts_logins_there(self) -> None:
        org = replace(self.org, wants_my_domain=True)

        self.log_in(org, MY_DOMAIN)
        with pytest.raises(Refusal, match="request not supported on this domain"):
            self.log_in(org)

    def test_offline_access_is_the_other_name_of_refresh_token(self) -> None:
        app = replace(self.org.apps[0], scopes=("api", "offline_access"))
        self.log_in(replace(self.org, apps=(app,)))
