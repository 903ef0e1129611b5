"""What a person reads of a login: one story, told as a log, an annotation, and a step summary. It holds no secret."""

from __future__ import annotations

import re
import textwrap
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sfjwt_action import __version__
from sfjwt_action.diagnosis import Clue, Entry, ordered_causes, recognise
from sfjwt_action.endpoint import LOGIN, TEST, audiences, is_salesforce_host
from sfjwt_action.login import TOLERATED_CLOCK_SKEW, LoginRefused, OrgNotAllowed, Plan
from sfjwt_action.settings import BadInput
from sfjwt_action.token_endpoint import UntrustedAnswer
from sfjwt_action.transport import Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sfjwt_action.session import Session

LoginError = BadInput | LoginRefused | Unreachable | UntrustedAnswer
"""Every way in which a login fails, short of a bug."""

SF_CLI_LOGIN = 'sf org login access-token --instance-url "$SF_ORG_INSTANCE_URL" --no-prompt --set-default --alias ci'
"""With what `export-env` exports, this makes the sf CLI use the login. (`SF_TARGET_ORG` must never be the token: the
CLI prints its target org, wrapped over two lines, where no mask matches.)"""

TROUBLESHOOTING = "docs/troubleshooting.md"
TERMINAL_WIDTH = 80
_UNBROKEN = "\N{NO-BREAK SPACE}"

_TOP_LEVEL_DOMAINS = {"com", "org", "net", "edu", "gov", "mil", "io", "info", "biz", "app", "dev", "cloud", "example"}
_SECOND_LEVEL_OF_COUNTRIES = {"co", "ac", "or", "ne", "go", "gv"}


@dataclass(frozen=True)
class Advice:
    """One thing that may be wrong, and the steps that put it right."""

    what: str
    fix: tuple[str, ...]


@dataclass(frozen=True)
class Story:
    """What became of a login.

    Attributes:
        title: A few words.
        lead: What it means, in a sentence or two.
        advice: What may be wrong, likeliest first; empty after a success.
        facts: Names and values that a colleague would ask for.
        link: Where there is more to read; may be empty.
        is_choice: The advice names causes of which one will be it; otherwise all of it is to be followed.
    """

    title: str
    lead: str
    advice: tuple[Advice, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    link: str = ""
    is_choice: bool = True


def success(plan: Plan, session: Session, *, seconds: float) -> Story:
    """Tell of a login that succeeded.

    Args:
        plan: What was done.
        session: What it yielded.
        seconds: How long it took.
    """
    days_left = plan.certificate and (plan.certificate.not_after - datetime.now(UTC)).days
    facts = {
        "Org": session.org_id,
        "User": session.username,
        "Instance URL": "" if plan.settings.mask_instance_url else session.instance_url,
        "Scopes": session.scope,
        "Login URL": session.login_url,
        "API version": session.api_version,
        "For the sf CLI": SF_CLI_LOGIN if plan.settings.export_env else "",
        "Certificate": f"valid for {days_left} days more" if days_left is not None else "",
        "Time": f"{seconds:.1f} s",
    }
    to_org = f" to org {session.org_id}" if session.org_id else ""
    return Story(
        title="Logged in to Salesforce",
        lead=f"Logged in as {session.username}{to_org}, with the audience {session.audience} and the signing key "
        f"whose SHA-256 is {session.key_fingerprint}.",
        facts=tuple((name, value) for name, value in facts.items() if value),
    )


def failure(error: LoginError, plan: Plan | None = None, *, docs: str = TROUBLESHOOTING) -> Story:
    """Tell why a login failed.

    Args:
        error: Why.
        plan: What was tried; None where the inputs did not even make one.
        docs: Where the troubleshooting page is, a path or a URL.
    """
    match error:
        case BadInput():
            advice = tuple(Advice(f"{problem.input}: {problem.found}", (problem.remedy,)) for problem in error.problems)
            return Story("Salesforce login: bad input", "The login is not handed out.", advice, is_choice=False)
        case LoginRefused():
            return _refused(error, plan, docs)
        case Unreachable():
            entry = recognise(error.refusal) if error.refusal else None
            return Story(
                "Salesforce could not be reached",
                str(error),
                advise(entry, frozenset(), plan),
                _facts_of(plan),
                _link(docs, entry) if entry else "",
            )
        case OrgNotAllowed():
            return Story(
                "Salesforce login: another org than allowed",
                f"The login is not handed out: {error}.",
                (Advice("Either the login leads to the wrong org, or its id is missing.", _ANOTHER_ORG),),
                _facts_of(plan),
            )
        case UntrustedAnswer():
            return Story(
                "Salesforce's answer cannot be trusted",
                f"An answer is not taken: {error}.",
                (_SOMEBODY_ELSE,),
                _facts_of(plan),
            )


def bug(error: Exception) -> Story:
    """Tell that we failed, where, and how to report it; the error's own message may hold a secret and is left out."""
    frames = traceback.extract_tb(error.__traceback__)
    places = tuple(f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in frames)
    return Story(
        "A bug in sfjwt-action",
        f"{type(error).__name__} in sfjwt-action {__version__}. Please report it with the calls below: no secret is in "
        "them.",
        facts=tuple((f"Call {number}", place) for number, place in enumerate(places, start=1)),
    )


def clues(plan: Plan, error: LoginRefused) -> frozenset[Clue]:
    """Tell what is known of a refused login that speaks for one cause or another."""
    certificate = plan.certificate
    looks_like_sandbox = _looks_like_sandbox(plan.settings.username)
    at_salesforce = is_salesforce_host(urlsplit(plan.login_url).hostname or "")
    at_sandboxes = TEST in audiences(plan.login_url)
    known = {
        Clue.SANDBOX_USERNAME: looks_like_sandbox and at_salesforce and not at_sandboxes,
        Clue.PRODUCTION_USERNAME: not looks_like_sandbox and at_sandboxes,
        Clue.GENERIC_HOST: plan.login_url in {LOGIN, TEST},
        Clue.OWN_AUDIENCE: bool(plan.settings.audience),
        Clue.CERTIFICATE_MATCHES: certificate is not None,
        Clue.CERTIFICATE_EXPIRED: certificate is not None and certificate.not_after < datetime.now(UTC),
        # One that is off has been made up for by now, so it is not the likeliest cause.
        Clue.CLOCK_RIGHT: abs(error.most_telling.clock_skew) <= TOLERATED_CLOCK_SKEW,
    }
    return frozenset(clue for clue, holds in known.items() if holds)


def _looks_like_sandbox(username: str) -> bool:
    """Whether a username ends in a sandbox's name, as in `ci@acme.com.uat`: a refresh puts it there."""
    labels = username.lower().rpartition("@")[2].split(".")
    if len(labels) < 3:  # noqa: PLR2004 -- a name, a top-level domain, a sandbox
        return False
    before, last = labels[-2:]
    if len(last) == 2:  # noqa: PLR2004 -- as a country has it: co.uk is none, and uk.qa is one
        return len(before) == len(last) and before not in _SECOND_LEVEL_OF_COUNTRIES
    return last not in _TOP_LEVEL_DOMAINS or before in {"com", "org", "net", "edu", "gov", "io"}


def _refused(error: LoginRefused, plan: Plan | None, docs: str) -> Story:
    told = error.most_telling
    entry = recognise(told.refusal)
    known = clues(plan, error) if plan else frozenset()
    says = f"Salesforce says “{told.refusal}”."
    return Story(
        f"Salesforce login: {entry.title}" if entry else "Salesforce refused the login",
        f"{says} {_filled(entry.meaning, plan)}" if entry else f"{says} We do not know these words yet.",
        advise(entry, known, plan) or (_UNKNOWN,),
        (*_facts_of(plan), *_facts_of_attempts(error)),
        _link(docs, entry),
    )


_SOMEBODY_ELSE = Advice(
    "Something else than Salesforce may have answered: another server, a proxy, a sign-in page of the network.",
    (
        "Check `login-url`.",
        "If a proxy stands between, have it let the login host through, or name the host in NO_PROXY.",
    ),
)
_ANOTHER_ORG = (
    "Check `login-url` and `username`: which org do they belong to?",
    "If it is the right one, add its id to `allowed-org-ids`.",
)
_UNKNOWN = Advice(
    "This refusal is not in our catalogue.",
    (
        "Look in Setup, Login History, for the user: its Status column may say more.",
        "Tell us the words and what it was, as an issue “Login refused”: the next one who meets it will be helped.",
    ),
)


def advise(entry: Entry | None, known: frozenset[Clue], plan: Plan | None) -> tuple[Advice, ...]:
    """Tell what may be wrong, likeliest first, in this login's own names.

    Args:
        entry: The refusal; None if it is not known.
        known: What speaks for one cause or another.
        plan: The login; None for names that stand for it.
    """
    if entry is None:
        return ()
    return tuple(
        Advice(_filled(cause.what, plan), tuple(_filled(step, plan) for step in cause.fix))
        for cause in ordered_causes(entry, known)
    )


def _filled(text: str, plan: Plan | None) -> str:
    if plan is None:
        return text
    return text.format(
        username=plan.settings.username,
        login_url=plan.login_url,
        consumer_key=_shortened(plan.settings.consumer_key),
    )


def _shortened(consumer_key: str) -> str:
    """Enough of a consumer key to tell it from others, and too little to use it."""
    return f"{consumer_key[:6]}…{consumer_key[-4:]}" if len(consumer_key) > 20 else f"{consumer_key[:3]}…"  # noqa: PLR2004


def _facts_of(plan: Plan | None) -> tuple[tuple[str, str], ...]:
    if plan is None:
        return ()
    return (
        ("Login URL", plan.login_url),
        ("Username", plan.settings.username),
        ("Consumer key", _shortened(plan.settings.consumer_key)),
        ("Signing key, SHA-256", ", ".join(key.fingerprint for key in plan.keys)),
        ("Requests sent", str(plan.transport.requests_sent)),
        ("Time", f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"),
    )


def _facts_of_attempts(error: LoginRefused) -> Iterator[tuple[str, str]]:
    several_keys = len({attempt.key.fingerprint for attempt in error.attempts}) > 1
    for attempt in error.attempts:
        key = f", key {attempt.key.fingerprint[:12]}…" if several_keys else ""
        yield f"Audience {attempt.audience}{key}", f"{attempt.refusal} (HTTP {attempt.refusal.status})"
    yield "Login History", "in Setup: its Status column often names the cause"
    if abs(error.most_telling.clock_skew) > TOLERATED_CLOCK_SKEW:
        yield "Clock", f"Salesforce's is {round(error.most_telling.clock_skew):+d} s against this machine's"


def _link(docs: str, entry: Entry | None) -> str:
    return f"{docs}#{entry.slug}" if entry else docs


def annotation(story: Story) -> str:
    """Tell it in an annotation, which stands on its own: all bad input, or else the likeliest cause and its fix."""
    lines = [story.lead]
    for advice in story.advice[:1] if story.is_choice else story.advice:
        lines += [advice.what, *numbered(advice.fix)]
    lines += [f"More: {story.link}"] if story.link else []
    return "\n".join(lines)


def text(story: Story, *, colour: bool = False) -> list[str]:
    """Tell all of it in lines of a terminal's width.

    Args:
        story: What to tell.
        colour: Whether to use a terminal's colours.
    """
    bold, plain = ("\033[1m", "\033[0m") if colour else ("", "")
    lines = [f"{bold}{story.title}{plain}", *wrapped(story.lead)]
    for number, advice in enumerate(story.advice):
        heading = _heading(story, number)
        lines += ["", *wrapped(f"{heading}: {advice.what}" if heading else advice.what)]
        lines += [line for step in numbered(advice.fix) for line in wrapped(step, hanging="   ")]
    lines += [""] if story.facts else []
    lines += [line for name, value in story.facts for line in wrapped(f"{name}: {value}", hanging="  ")]
    return [*lines, "", f"More: {story.link}"] if story.link else lines


def markdown(story: Story) -> str:
    """Tell all of it as Markdown, for a step summary."""
    lines = [f"### {story.title}", "", _escaped(story.lead), ""]
    for number, advice in enumerate(story.advice):
        heading = _heading(story, number)
        what = _escaped(f"{heading}: {advice.what}" if heading else advice.what)
        lines += [f"**{what}**", "", *map(_escaped, numbered(advice.fix)), ""]
    if story.facts:
        lines += ["| | |", "|---|---|", *(f"| {_escaped(name)} | {_cell(value)} |" for name, value in story.facts), ""]
    if story.link:
        lines += [f"[More on this]({story.link})" if "://" in story.link else f"More: {story.link}", ""]
    return "\n".join(lines)


def _heading(story: Story, number: int) -> str:
    if not story.is_choice or len(story.advice) == 1:
        return ""
    return "Or" if number else "Likeliest"


def numbered(steps: tuple[str, ...]) -> list[str]:
    """Put numbers before the steps of a fix, if there are several."""
    if len(steps) == 1:
        return list(steps)
    return [f"{number}. {step}" for number, step in enumerate(steps, start=1)]


def wrapped(line: str, width: int = TERMINAL_WIDTH, *, hanging: str = "") -> list[str]:
    """Break a line into lines, but no command between backticks: it could not be copied.

    Args:
        line: What to break.
        width: Characters that a line may have.
        hanging: What the second line and those after it begin with.
    """
    whole = re.sub("`[^`]*`", lambda quoted: quoted[0].replace(" ", _UNBROKEN), line)
    lines = textwrap.wrap(whole, width, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)
    return [part.replace(_UNBROKEN, " ") for part in lines]


def _escaped(words: str) -> str:
    """Keep words that came from elsewhere from being taken for Markdown, HTML, or a link."""
    return re.sub(r"([\\*_\[\]<>|#~&]|(?<=:)/(?=/)|(?<=www)\.)", r"\\\1", words, flags=re.IGNORECASE)


def _cell(value: str) -> str:
    return "`" + value.replace("`", "'").replace("|", "\\|") + "`"
