"""Why a run failed: what it means, what may be wrong, likeliest first, and how to fix it."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sfjwt_action import __version__
from sfjwt_action.inputs.problems import InvalidInput
from sfjwt_action.login import MAX_CLOCK_SKEW_SECONDS, LoginRefused, OrgNotAllowed, Plan, describe_clock_skew
from sfjwt_action.refusals.lookup import find_entry, rank_causes
from sfjwt_action.refusals.model import Area, Clue, Entry
from sfjwt_action.report.story import Advice, Story
from sfjwt_action.salesforce.errors import Unavailable, UntrustedResponse
from sfjwt_action.salesforce.hosts import LOGIN, TEST
from sfjwt_action.signing.errors import KeyServiceUnreachable
from sfjwt_action.transport import NoSuchServer, Unreachable, UntrustedCertificate

if TYPE_CHECKING:
    from collections.abc import Iterator

LoginError = InvalidInput | LoginRefused | Unreachable | UntrustedResponse
"""Every way that a login can fail, except by a bug."""

TROUBLESHOOTING = "docs/troubleshooting.md"
_TOP_LEVEL_DOMAINS = {"com", "org", "net", "edu", "gov", "mil", "io", "info", "biz", "app", "dev", "cloud", "example"}
_PRODUCTION_SUFFIXES = {"prod", "production", "devhub", "hub"}
_SECOND_LEVEL_OF_COUNTRIES = {"co", "ac", "or", "ne", "go", "gv"}


def failure(
    error: LoginError,
    plan: Plan | None = None,
    *,
    docs: str = TROUBLESHOOTING,
    title: str = "Salesforce login",
    consequence: str = "",
) -> Story:
    """Report why a run failed.

    Args:
        error: The reason.
        plan: The login; None if the inputs were invalid or the command has none.
        docs: The troubleshooting page, a path or a URL.
        title: What was attempted, in a few words.
        consequence: What invalid input leaves undone, a sentence; by default what a login leaves undone.
    """
    match error:
        case InvalidInput():
            advice = tuple(Advice(f"{problem.input}: {problem.found}", (problem.remedy,)) for problem in error.problems)
            advice += tuple(Advice(hint, ()) for hint in error.hints)
            return Story(f"{title}: invalid input", consequence or _undone(plan), advice, is_choice=False)
        case LoginRefused():
            return _refused(error, plan, docs)
        case Unavailable():
            entry = find_entry(error.refusal)
            link = _link(docs, entry) if entry else ""
            return _unreachable(str(error), plan, advise(entry, frozenset(), plan), link)
        case Unreachable():
            service = error.service if isinstance(error, KeyServiceUnreachable) else "Salesforce"
            return _unreachable(str(error), plan, _UNREACHABLE.get(type(error), ()), service=service)
        case UntrustedResponse():
            return _untrusted(error, plan, title)


def _undone(plan: Plan | None) -> str:
    sent = plan is not None and plan.transport.requests_sent
    return "The access token wasn't exported." if sent else "Nothing was sent to Salesforce."


def _untrusted(error: UntrustedResponse, plan: Plan | None, title: str) -> Story:
    if isinstance(error, OrgNotAllowed):
        return Story(
            f"{title}: org not allowed",
            f"The access token wasn't exported: {error}.",
            (Advice("The login reached the wrong org, or `allowed-org-ids` doesn't list this org.", _ANOTHER_ORG),),
            _facts_of(plan),
        )
    return Story(
        f"{title}: untrusted response",
        f"The response was rejected: {error}.",
        (_NOT_SALESFORCE,),
        _facts_of(plan),
    )


def _unreachable(
    lead: str, plan: Plan | None, advice: tuple[Advice, ...] = (), link: str = "", *, service: str = "Salesforce"
) -> Story:
    return Story(f"Salesforce login: {service} not reachable", lead, advice, _facts_of(plan), link)


def bug(error: Exception) -> Story:
    """Report a bug and where it is. The error's message may hold a secret, so it is left out."""
    frames = traceback.extract_tb(error.__traceback__)
    places = tuple(f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in frames)
    return Story(
        "A bug in sfjwt-action",
        f"{type(error).__name__} in sfjwt-action {__version__}. Please report this bug with the calls below, which "
        "contain no secret.",
        facts=tuple((f"Call {number}", place) for number, place in enumerate(places, start=1)),
    )


def clues(plan: Plan, error: LoginRefused) -> frozenset[Clue]:
    """Collect what is known about a refused login that points to a cause or rules it out."""
    certificate = plan.certificate
    username = plan.settings.username
    known = {
        # A My Domain was chosen on purpose, so it says more than the username.
        Clue.SANDBOX_USERNAME: plan.login_url == LOGIN and _looks_like_sandbox(username),
        Clue.SCRATCH_ORG_USERNAME: plan.login_url != LOGIN and _is_of_scratch_org(username),
        Clue.PRODUCTION_USERNAME: plan.login_url == TEST and not _looks_like_sandbox(username),
        Clue.GENERIC_HOST: plan.login_url in {LOGIN, TEST},
        Clue.OWN_AUDIENCE: bool(plan.settings.audience),
        Clue.CERTIFICATE_MATCHES: certificate is not None,
        Clue.CERTIFICATE_EXPIRED: certificate is not None and certificate.not_after < datetime.now(UTC),
        # Clock skew has been corrected for by now, so it isn't the likeliest cause.
        Clue.CLOCK_RIGHT: abs(error.most_telling.clock_skew) <= MAX_CLOCK_SKEW_SECONDS,
    }
    return frozenset(clue for clue, holds in known.items() if holds)


def _is_of_scratch_org(username: str) -> bool:
    return username.lower().startswith("test-") and username.lower().endswith("@example.com")


def _looks_like_sandbox(username: str) -> bool:
    """Return whether a username may be a sandbox's or a scratch org's, as `ci@acme.com.uat` or `test-x@example.com`.

    A sandbox refresh appends the sandbox's name.
    """
    if _is_of_scratch_org(username):
        return True
    labels = username.lower().rpartition("@")[2].split(".")
    if len(labels) < 3 or labels[-1] in _PRODUCTION_SUFFIXES:  # noqa: PLR2004 -- a name, a top-level domain, a sandbox
        return False
    before, last = labels[-2:]
    if len(last) == 2:  # noqa: PLR2004 -- as a country has it: co.uk is none, and uk.qa is one
        return len(before) == len(last) and before not in _SECOND_LEVEL_OF_COUNTRIES
    return last not in _TOP_LEVEL_DOMAINS or before in {"com", "org", "net", "edu", "gov", "io"}


def _refused(error: LoginRefused, plan: Plan | None, docs: str) -> Story:
    attempt = error.most_telling
    entry = find_entry(attempt.refusal)
    known = clues(plan, error) if plan else frozenset()
    says = f"Salesforce says “{attempt.refusal}”."
    return Story(
        f"Salesforce login: {entry.title}" if entry else "Salesforce rejected the login",
        f"{says} {_fill_in(entry.meaning, plan)}" if entry else f"{says} The action doesn't know this error yet.",
        advise(entry, known, plan) or (_UNKNOWN_REFUSAL,),
        (*_facts_of(plan), *_facts_of_attempts(error)),
        _link(docs, entry),
    )


_NOT_SALESFORCE = Advice(
    "The response may not have come from Salesforce, but from another server, a proxy or a sign-in page.",
    (
        "Check `login-url`.",
        "If the job uses a proxy, ask its administrator to allow the login host, or add the host to NO_PROXY.",
    ),
)
_WRONG_HOST = Advice(
    "The host or its port is wrong, or this network doesn't reach it.",
    (
        "Check the host and the port in `login-url`, or in SF_INSTANCE_URL for `sfjwt revoke`.",
        "Check this network's DNS and firewall. If the network needs a proxy, set HTTPS_PROXY.",
    ),
)
_INSPECTING_PROXY = Advice(
    "A proxy that inspects TLS replaced the certificate, or somebody intercepts the connection.",
    (
        "If your network has an inspecting proxy, add its CA certificate to `ca-certificates`.",
        (
            "Or name a file with it in NODE_EXTRA_CA_CERTS. In a container, the file must be in the container. The "
            "action doesn't read the machine's own trust store."
        ),
    ),
)
_UNREACHABLE = {UntrustedCertificate: (_INSPECTING_PROXY,), NoSuchServer: (_WRONG_HOST,)}
_ANOTHER_ORG = (
    "Check which org `login-url` and `username` belong to.",
    "If the org is right, add its ID to `allowed-org-ids`.",
)
_UNKNOWN_REFUSAL = Advice(
    "This error isn't in the catalog.",
    (
        "Open Setup → Login History and find the user. The Status column may show the cause.",
        "Open an issue “Login rejected” with Salesforce's words and the cause, so that the next user gets help.",
    ),
)


def explanation(entry: Entry) -> Story:
    """Return what the catalog knows about a refusal, without a login."""
    causes = sorted(entry.causes, key=lambda cause: cause.only_if is not None)
    advice = tuple(
        Advice(
            (f"If {cause.only_if.value}: " if cause.only_if else "") + generalize(cause.problem),
            tuple(map(generalize, cause.fix)),
        )
        for cause in causes
    )
    who = "The key management service" if entry.area is Area.KEY_SERVICE else "Salesforce"
    lead = f"{who} says “{entry.words}”. {generalize(entry.meaning)}"
    return Story(entry.title, lead, advice, link=_link(TROUBLESHOOTING, entry))


def generalize(text: str) -> str:
    """Return a text of the catalog for any login."""
    filled = text.format(username="the user", login_url="the login URL", consumer_key="in `consumer-key`")
    return filled[0].upper() + filled[1:]


def advise(entry: Entry | None, known: frozenset[Clue], plan: Plan | None) -> tuple[Advice, ...]:
    """Return what may be wrong, likeliest first, with the names and URLs of this login.

    Args:
        entry: The refusal's entry in the catalog; None if the catalog doesn't know it.
        known: What is known about the login.
        plan: The login; None to leave the placeholders as they are.
    """
    if entry is None:
        return ()
    return tuple(
        Advice(_fill_in(cause.problem, plan), tuple(_fill_in(step, plan) for step in cause.fix))
        for cause in rank_causes(entry, known)
    )


def _fill_in(text: str, plan: Plan | None) -> str:
    if plan is None:
        return text
    return text.format(
        username=plan.settings.username,
        login_url=plan.login_url,
        consumer_key=_shortened(plan.settings.consumer_key),
    )


def _shortened(consumer_key: str) -> str:
    """Shorten a consumer key: long enough to recognize it, too short to use it."""
    return f"{consumer_key[:6]}…{consumer_key[-4:]}" if len(consumer_key) > 20 else f"{consumer_key[:3]}…"  # noqa: PLR2004


def _facts_of(plan: Plan | None) -> tuple[tuple[str, str], ...]:
    if plan is None:
        return ()
    return (
        ("Login URL", plan.login_url),
        ("Username", plan.settings.username),
        ("Consumer key", _shortened(plan.settings.consumer_key)),
        ("Key fingerprint (SHA-256)", ", ".join(signer.fingerprint for signer in plan.signers)),
        ("Attempts", str(plan.transport.requests_sent)),
        ("Time", f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"),
    )


def _facts_of_attempts(error: LoginRefused) -> Iterator[tuple[str, str]]:
    several_keys = len({attempt.signer.fingerprint for attempt in error.attempts}) > 1
    for attempt in error.attempts:
        key = f", key {attempt.signer.fingerprint[:12]}…" if several_keys else ""
        yield f"Audience {attempt.audience}{key}", f"{attempt.refusal} (HTTP {attempt.refusal.status})"
    if error.waited:
        yield "Waited for propagation", f"{error.waited} s"
    if abs(error.most_telling.clock_skew) > MAX_CLOCK_SKEW_SECONDS:
        yield "Clock skew", describe_clock_skew(error.most_telling.clock_skew)


def _link(docs: str, entry: Entry | None) -> str:
    return f"{docs}#{entry.slug}" if entry else docs
