"""Faulty responses to a login: the exit code, the message, the number of requests, and that nothing is published."""

import ssl
from dataclasses import dataclass, field

import pytest
from faults.faulty_server import (
    GRANTED,
    TOKEN,
    Reply,
    answer,
    drip,
    drip_headers,
    faulty_server,
    go_on_for_ever,
    granted,
    hang_up,
    refused,
    reset_in_body,
    silence,
    stall_in_body,
    strict_about_time,
)
from faults.harness import NOTHING, Step, assert_no_secrets
from key_material import KeyMaterial

HTML = b"<html><body><h1>Down for maintenance</h1></body></html>"


@dataclass(frozen=True)
class Fault:
    """The server's replies, and the expected exit code, words of the error, and number of requests."""

    replies: list[Reply]
    exit_code: int
    says: str = ""
    requests: int = 1
    inputs: dict[str, str] = field(default_factory=dict)


# Each attempt waits until this timeout.
ONE_SECOND = {"timeout": "1", "retries": "1"}

FAULTS = {
    "granted": Fault([granted()], 0),
    "granted at the third attempt": Fault([answer(503, HTML), hang_up, granted()], 0, requests=3),
    "read timeout": Fault([silence(3)], 4, "within 1 s", 2, ONE_SECOND),
    "slow body": Fault([drip], 4, "within 1 s", 2, ONE_SECOND),
    "slow headers": Fault([drip_headers], 4, "within 1 s", 2, ONE_SECOND),
    "100 without end": Fault([go_on_for_ever], 4, "within 1 s", 2, ONE_SECOND),
    "a body that stops": Fault([stall_in_body], 4, "within 1 s", 2, ONE_SECOND),
    "reset in the body": Fault([reset_in_body], 4, "closed the connection", 4),
    "closed without an answer": Fault([hang_up], 4, "closed the connection", 4),
    "no retries wanted": Fault([hang_up], 4, "closed the connection", 1, {"retries": "0"}),
    "500, HTML": Fault([answer(500, HTML)], 4, "HTTP 500", 4),
    "502, HTML": Fault([answer(502, HTML)], 4, "HTTP 502", 4),
    "503, HTML": Fault([answer(503, HTML)], 4, "HTTP 503", 4),
    "503, then granted": Fault([answer(503, HTML), granted()], 0, requests=2),
    "500, an OAuth error": Fault([answer(500, {"error": "server_error"})], 4, "HTTP 500 (server_error)", 4),
    "429": Fault([answer(429, HTML)], 4, "HTTP 429", 4),
    "429, then granted": Fault([answer(429, HTML, Retry_After="1"), granted()], 0, requests=2),
    "400, transient": Fault([refused("unknown_error", "retry your request")], 3, "retry your request", 4),
    "400, a refusal": Fault(
        [refused("invalid_client_id", "client identifier invalid")], 3, "client identifier invalid"
    ),
    "the page of an org that is gone": Fault(
        [answer(420, b"<div id='errorTitle'>Data Not Available</div>")], 3, "Data Not Available"
    ),
    "400, HTML": Fault([answer(400, HTML)], 5, "isn't JSON"),
    "400, JSON without an error": Fault([answer(400, {"message": "no"})], 5, "no OAuth error"),
    "400, the error is a list": Fault([answer(400, {"error": ["no"]})], 5, "no OAuth error"),
    "403, a firewall's page": Fault([answer(403, HTML)], 5, "as from a proxy"),
    "200, HTML": Fault([answer(200, HTML)], 5, "isn't JSON"),
    "200, empty": Fault([answer(200, b"")], 5, "it is empty"),
    "200, truncated JSON": Fault([answer(200, b'{"access_token": "00D')], 5, "isn't JSON"),
    "200, not UTF-8": Fault([answer(200, b'{"access_token": "\xff"}')], 5, "isn't JSON"),
    "200, JSON nested too deeply": Fault([answer(200, b"[" * 100_000)], 5, "isn't JSON"),
    "200, a list": Fault([answer(200, [GRANTED])], 5, "JSON object"),
    "200, no token": Fault([granted(access_token=None)], 5, "no access token"),
    "200, empty token": Fault([granted(access_token="")], 5, "no access token"),
    "200, token is a number": Fault([granted(access_token=7)], 5, "invalid characters"),
    "200, token with a newline": Fault([granted(access_token=f"{TOKEN}\n::x")], 5, "invalid characters"),
    "200, token with a space": Fault([granted(access_token=f"{TOKEN} x")], 5, "invalid characters"),
    "200, no instance_url": Fault([granted(instance_url=None)], 5, "no instance URL"),
    "200, instance_url on http": Fault([granted(instance_url="http://acme.my.salesforce.com")], 5, "plain https URL"),
    "200, instance_url on a stranger's host": Fault([granted(instance_url="https://evil.example")], 5, "evil.example"),
    "200, instance_url that ends like ours": Fault(
        [granted(instance_url="https://notsalesforce.com")], 5, "notsalesforce.com"
    ),
    "200, instance_url with user info": Fault(
        [granted(instance_url="https://acme.my.salesforce.com@evil.example")], 5, "plain https URL"
    ),
    "200, instance_url with a newline": Fault(
        [granted(instance_url="https://acme.my.salesforce.com\n")], 5, "plain https URL"
    ),
    "200, instance_url with a backslash": Fault(
        [granted(instance_url="https://evil.example\\.salesforce.com")], 5, "plain https URL"
    ),
    "200, instance_url is no URL": Fault([granted(instance_url="https://[")], 5, "isn't a URL"),
    "200, instance_url with a path": Fault(
        [granted(instance_url="https://x.salesforce.com/p?q#f")], 5, "plain https URL"
    ),
    "200, what is optional is of another type": Fault([granted(scope=["api"], id=None, issued_at=1795517391000)], 0),
    "200, scope with a newline": Fault([granted(scope="api\nweb")], 0),
    "200, instance_url in capitals": Fault([granted(instance_url="HTTPS://ACME.My.Salesforce.com")], 0),
    "301": Fault([answer(301, Location="https://acme.my.salesforce.com/x")], 3, "https://acme.my.salesforce.com"),
    "302": Fault([answer(302, Location="https://acme.my.salesforce.com/x")], 3, "https://acme.my.salesforce.com"),
    "307": Fault([answer(307, Location="https://acme.my.salesforce.com/x")], 3, "https://acme.my.salesforce.com"),
    "308": Fault([answer(308, Location="https://acme.my.salesforce.com/x")], 3, "https://acme.my.salesforce.com"),
    "302 without a Location": Fault([answer(302)], 3, "not to another host"),
    "302 to itself": Fault([answer(302, Location="/login")], 3, "not to another host"),
    "302 without a scheme": Fault(
        [answer(302, Location="//acme.my.salesforce.com/x")], 3, "redirects to https://acme.my.salesforce.com. "
    ),
    "302 with user info": Fault([answer(302, Location="https://a@x.example:8443/")], 3, "to https://x.example:8443. "),
    "302, 10 MiB": Fault([answer(302, b" " * 10 * 1024 * 1024, Location="https://x.example")], 3, "https://x.example"),
    "302 to an invalid URL": Fault([answer(302, Location="https://[")], 3, "not to another host"),
    "10 MiB": Fault([answer(200, b" " * 10 * 1024 * 1024)], 5, "larger than 1048576 bytes"),
    "clock 10 minutes behind": Fault([strict_about_time(600)], 0, requests=2),
    "clock 10 minutes ahead": Fault([strict_about_time(-600)], 0, requests=2),
    "clock a day behind": Fault([strict_about_time(86400)], 0, requests=2),
    "clock a day ahead": Fault([strict_about_time(-86400)], 0, requests=2),
    "clock 20 seconds off, which explains nothing": Fault(
        [refused("invalid_grant", "invalid assertion", clock=20)], 3, "invalid assertion"
    ),
    "clock off, and refused all the same": Fault(
        [refused("invalid_grant", "invalid assertion", clock=600)], 3, "invalid assertion", 2
    ),
    "the refusal repeats the assertion": Fault(
        [lambda request: refused("invalid_grant", f"bad: {request.assertion}")(request)], 3, "invalid_grant: ["
    ),
    "the refusal holds a workflow command": Fault(
        [refused("invalid_grant", "no\n::set-output name=x::y\n##[add-mask]z")], 3, "no ::set-output"
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_fault(name: str, step: Step, trusted: ssl.SSLContext, material: KeyMaterial) -> None:
    fault = FAULTS[name]
    with faulty_server(trusted, *fault.replies) as server:
        outcome = step.login(server.url, environ=NOTHING, **fault.inputs)
    assert (outcome.exit_code, len(server.requests)) == (fault.exit_code, fault.requests), outcome.log
    assert len({request.claims["jti"] for request in server.requests}) == fault.requests
    assert outcome.published == (fault.exit_code == 0)
    if fault.exit_code != 0:
        assert fault.says in outcome.error
    assert_no_secrets(outcome, material, server)
