"""The questions of `sfjwt init`: answered by flags, or on a terminal.

Every question is declared once. Its flag, prompt, default and parser follow from that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sfjwt_action.inputs.parsers import integer_between, parse_username, parse_word
from sfjwt_action.inputs.problems import InvalidInput, InvalidValue, Problem
from sfjwt_action.inputs.quoting import quote
from sfjwt_action.salesforce.hosts import LOGIN, TEST, parse_login_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DIRECTORY = "salesforce-login"
"""The default directory."""

LABEL = "CI login"
"""The default name of the app."""

_LONGEST_NAME = 40  # of a component's API name
_LONGEST_LABEL = 64  # of a certificate's common name (RFC 5280, ub-common-name)


@dataclass(frozen=True)
class Answers:
    """The answers.

    Attributes:
        login_url: An https URL, as `parse_login_url` returns it.
        username: The deployment user's.
        label: The app's name as people read it; also the certificate's common name.
        email: Whom Salesforce shows as the app's contact.
        days: How long the certificate is valid.
        key_size: Bits of the RSA key.
        connected_app: A Connected App is to be made, not an External Client App.
    """

    login_url: str
    username: str
    label: str
    email: str
    days: int
    key_size: int
    connected_app: bool

    @property
    def api_name(self) -> str:
        """The app's name as other metadata names it."""
        return api_name(self.label)


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes:
        flag: What answers it on the command line.
        text: How it is asked.
        default: The answer of who just presses Enter; empty if there is none.
        parse: Checks an answer; raises `InvalidValue`.
    """

    flag: str
    text: str
    default: str
    parse: Callable[[str], object]

    @property
    def attribute(self) -> str:
        """Its name among the flags that were given."""
        return self.flag.removeprefix("--").replace("-", "_")

    @property
    def prompt(self) -> str:
        """How it is asked, with what Enter stands for."""
        return f"{self.text} [{self.default}]: " if self.default else f"{self.text}: "

    def missing(self) -> Problem:
        """Return the problem that it has no answer."""
        return Problem(self.flag, "It is required, and nobody can be asked here.", f"Give {self.flag}: {self.text}.")


_DAYS = Question("--days", "Days that the certificate is valid", "365", integer_between(1, 3650, "days"))


def number_of_days(given: Mapping[str, str]) -> int:
    """Read how long a certificate is to be valid.

    Args:
        given: Values of the flags that were given, by attribute name.

    Raises:
        InvalidInput: It is no number of days.
    """
    if problem := _problem(_DAYS, given, None):
        raise InvalidInput([problem])
    return int(given.get(_DAYS.attribute) or _DAYS.default)


def questions(*, connected_app: bool) -> tuple[Question, ...]:
    """Return the questions about an app, in the order in which to ask them."""
    parse_host = parse_login_url if connected_app else _my_domain
    return (
        Question(
            "--login-url", "My Domain of the org (Setup, My Domain), such as acme.my.salesforce.com", "", parse_host
        ),
        Question("--username", "Username that deployments log in as", "", parse_username),
        Question("--label", "Name of the app", LABEL, _label),
        Question("--email", "Contact e-mail of the app", "", _email),
        _DAYS,
    )


def collect_answers(
    given: Mapping[str, str], ask: Callable[[str], str] | None, *, connected_app: bool, key_size: int
) -> Answers:
    """Answer every question: by its flag, on the terminal, or by its default.

    Args:
        given: Values of the flags that were given, by attribute name.
        ask: Shows a prompt and returns what a person typed; None where nobody can be asked.
        connected_app: A Connected App is to be made.
        key_size: Bits of the RSA key.

    Raises:
        InvalidInput: A flag's value is invalid, or an answer is missing and there is no terminal.
    """
    asked = questions(connected_app=connected_app)
    problems = list(filter(None, (_problem(question, given, ask) for question in asked)))
    if problems:
        raise InvalidInput(problems)
    answers: dict[str, Any] = {question.attribute: _answer(question, given, ask) for question in asked}
    return Answers(**answers, connected_app=connected_app, key_size=key_size)


def ask_until_valid(question: Question, ask: Callable[[str], str]) -> object:
    """Ask until the answer is valid, each time with the reason why the last one isn't."""
    prompt = question.prompt
    while True:
        answer = ask(prompt).strip() or question.default
        try:
            if answer:
                return question.parse(answer)
            prompt = f"  An answer is needed here.\n{question.prompt}"
        except InvalidValue as error:
            prompt = f"  {error}\n{question.prompt}"


def _problem(question: Question, given: Mapping[str, str], ask: Callable[[str], str] | None) -> Problem | None:
    """Check a flag before anybody is asked anything; what is left out is none if somebody can be asked."""
    value = given.get(question.attribute, "").strip()
    if not value:
        return question.missing() if ask is None and not question.default else None
    try:
        question.parse(value)
    except InvalidValue as error:
        return Problem(question.flag, error.found, error.remedy)
    return None


def _answer(question: Question, given: Mapping[str, str], ask: Callable[[str], str] | None) -> object:
    if value := given.get(question.attribute, "").strip():
        return question.parse(value)
    return question.parse(question.default) if ask is None else ask_until_valid(question, ask)


def api_name(label: str) -> str:
    """Make a component's API name of a label: letters, digits and single underscores, a letter first, none last.

    Empty if the label has nothing that could stand in one.
    """
    words = re.findall("[A-Za-z0-9]+", label)
    return re.sub("^[0-9_]+", "", "_".join(words))[:_LONGEST_NAME].rstrip("_")


def _my_domain(text: str) -> str:
    """Read the login URL for an External Client App, which login and test answer with `app_not_found`."""
    url = parse_login_url(text)
    if url in {LOGIN, TEST}:
        raise InvalidValue(
            f"It is {url}, where no External Client App is found.",
            "Give the org's own URL: in Setup, open My Domain, and copy the Current My Domain URL.",
        )
    return url


def _email(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", parse_word(text)):
        raise InvalidValue(f"It is {quote(text)}, which is not an e-mail address.", "An example: devops@acme.example.")
    return text


def _label(text: str) -> str:
    if not (text.isprintable() and len(text) <= _LONGEST_LABEL and api_name(text)):
        raise InvalidValue(
            f"It is {quote(text)}, of which no name can be made.",
            f"Give up to {_LONGEST_LABEL} characters in one line, with a letter from A to Z among them.",
        )
    return text
