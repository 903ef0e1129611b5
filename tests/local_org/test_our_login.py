"""`sfjwt login` without `audience`, at every kind of host and for every kind of app."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from local_org.connect_proxy import ConnectProxy
from support import LocalOrg

from sfjwt_action.local_org.acme import (
    CONSUMER_KEY,
    EXTERNAL_CLIENT_APP_CONSUMER_KEY,
    GOVERNMENT_USERNAME,
    USERNAME,
)

SANDBOX_USERNAME = f"{USERNAME}.uat"
MY_DOMAIN = "https://acme.my.salesforce.com"
SANDBOX = "https://acme--uat.sandbox.my.salesforce.com"
GOVERNMENT = "https://acme.my.salesforce.mil"
LOGIN = "https://login.salesforce.com"
TEST = "https://test.salesforce.com"


@dataclass(frozen=True)
class Case:
    """A login, the expected audience, and the expected number of attempts."""

    login_url: str
    accepted: str
    attempts: int
    instance_url: str = MY_DOMAIN
    username: str = USERNAME
    consumer_key: str = CONSUMER_KEY


CASES = {
    "Connected App at login": Case("production", LOGIN, 1),
    "Connected App at My Domain": Case("acme.my.salesforce.com", LOGIN, 2),
    "Connected App of a sandbox at test": Case("sandbox", TEST, 1, SANDBOX, SANDBOX_USERNAME),
    "Connected App of a sandbox at My Domain": Case(SANDBOX, TEST, 2, SANDBOX, SANDBOX_USERNAME),
    "External Client App at My Domain": Case(MY_DOMAIN, MY_DOMAIN, 1, consumer_key=EXTERNAL_CLIENT_APP_CONSUMER_KEY),
    "Connected App of a government org at My Domain": Case(GOVERNMENT, LOGIN, 2, GOVERNMENT, GOVERNMENT_USERNAME),
}


@pytest.mark.parametrize("name", CASES)
def test_logs_in(name: str, local_org: LocalOrg, proxy: ConnectProxy, tmp_path: Path) -> None:
    case = CASES[name]
    login = log_in(case, local_org, proxy, tmp_path)

    assert login.returncode == 0, login.stdout
    assert "not a Salesforce host" not in login.stdout
    outputs = (tmp_path / "outputs").read_text()
    assert f"\n{case.accepted}\n" in outputs
    assert f"\n{case.instance_url}\n" in outputs
    assert login.stdout.count("\nRejected: ") == case.attempts - 1
    assert len(set(proxy.hosts)) == 1


def test_another_host_is_reported(local_org: LocalOrg, proxy: ConnectProxy, tmp_path: Path) -> None:
    login = log_in(Case(local_org.url, local_org.url, 1), local_org, proxy, tmp_path, NO_PROXY="localhost")
    assert login.returncode == 0, login.stdout
    assert f"Logging in to {local_org.url} (not a Salesforce host) as {USERNAME}\n" in login.stdout


def test_an_external_client_app_is_not_found_at_login(local_org: LocalOrg, proxy: ConnectProxy, tmp_path: Path) -> None:
    case = Case("production", LOGIN, 1, consumer_key=EXTERNAL_CLIENT_APP_CONSUMER_KEY)
    login = log_in(case, local_org, proxy, tmp_path)
    assert login.returncode == 3
    assert "app_not_found" in login.stdout


def test_an_explicit_audience_is_the_only_one(local_org: LocalOrg, proxy: ConnectProxy, tmp_path: Path) -> None:
    login = log_in(CASES["Connected App at My Domain"], local_org, proxy, tmp_path, SFJWT_AUDIENCE=MY_DOMAIN)
    assert login.returncode == 3
    assert login.stdout.count("\nRejected: ") == 1
    assert "audience is invalid" in login.stdout


def test_no_other_audience_is_tried_after_an_unrelated_error(
    local_org: LocalOrg, proxy: ConnectProxy, tmp_path: Path
) -> None:
    case = Case("acme.my.salesforce.com", LOGIN, 1, consumer_key="3MVG9.nobodys")
    login = log_in(case, local_org, proxy, tmp_path)
    assert login.returncode == 3
    assert login.stdout.count("\nRejected: ") == 1
    assert "client identifier invalid" in login.stdout


def log_in(
    case: Case, local_org: LocalOrg, proxy: ConnectProxy, directory: Path, **more: str
) -> subprocess.CompletedProcess[str]:
    environ = {
        "PATH": os.environ["PATH"],
        "HTTPS_PROXY": proxy.url,
        "GITHUB_OUTPUT": str(directory / "outputs"),
        **local_org.environ,
        "SFJWT_CONSUMER_KEY": case.consumer_key,
        "SFJWT_USERNAME": case.username,
        "SFJWT_LOGIN_URL": case.login_url,
        **more,
    }
    command = [sys.executable, "-m", "sfjwt_action", "login"]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
