"""The questions of `sfjwt init`: answered by flags, or on a terminal.

Every question is declared once. Its flag, prompt, default and parser follow from that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sfjwt_action.inputs.parsers import integer_between, parse_username, parse_word
from sfjwt_action.inputs.problems import InvalidInput, InvalidValue, Problem
from sfjwt_action.inputs.quoting import quote
from sfjwt_action.salesforce.hosts import LOGIN, TEST, parse_login_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

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
        username: The username that CI jobs log in as.
        label: The app's label, which is the certificate's common name as well.
        email: The app's contact.
        days: Days until the certificate expires.
        key_size: Size of the RSA key in bits.
        connected_app: Make a Connected App instead of an External Client App.
        kms_key: URI of the key in a key management service; empty to make a private key.
    """

    login_url: str
    username: str
    label: str
    email: str
    days: int
    key_size: int
    connected_app: bool
    kms_key: str = ""

    @property
    def is_local(self) -> bool:
        """Whether the org is a local org, which needs no setup."""
        return urlsplit(self.login_url).hostname == "localhost"

    @property
    def api_name(self) -> str:
        """The app's name as other metadata names it."""
        return api_name(self.label)


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes:
        flag: The flag that answers it.
        text: The question.
        default: The answer that Enter stands for; empty if there is none.
        parse: Validates an answer; raises `InvalidValue`.
    """

    flag: str
    text: str
    default: str
    parse: Callable[[str], object]

    @property
    def attribute(self) -> str:
        """The flag's attribute name."""
        return self.flag.removeprefix("--").replace("-", "_")

    @property
    def prompt(self) -> str:
        """The question with its default."""
        return f"{self.text} [{self.default}]: " if self.default else f"{self.text}: "

    def missing(self) -> Problem:
        """Return the problem to report if it has no answer."""
        return Problem(self.flag, "Missing.", f"Set {self.flag}: {self.text}.")


_DAYS = Question("--days", "Days until the certificate expires", "365", integer_between(1, 3650, "days"))


def number_of_days(given: Mapping[str, str]) -> int:
    """Read the days until a certificate expires.

    Args:
        given: Values of the flags, by attribute name.

    Raises:
        InvalidInput: It isn't a number of days.
    """
    if problem := _problem(_DAYS, given, None):
        raise InvalidInput([problem])
    return int(given.get(_DAYS.attribute) or _DAYS.default)


def questions(*, connected_app: bool) -> tuple[Question, ...]:
    """Return the questions about an app, in the order in which to ask them."""
    parse_host = parse_login_url if connected_app else _my_domain
    return (
        Question("--login-url", "Org's My Domain (Setup → My Domain), such as acme.my.salesforce.com", "", parse_host),
        Question("--username", "Username that CI jobs log in as", "", parse_username),
        Question("--label", "Name of the app", LABEL, _label),
        Question("--email", "Contact email of the app", "", _email),
        _DAYS,
    )


def collect_answers(
    asked: Iterable[Question], given: Mapping[str, str], ask: Callable[[str], str] | None
) -> dict[str, Any]:
    """Answer every question: by its flag, on the terminal, or by its default.

    Args:
        asked: The questions, in the order in which to ask them.
        given: Values of the flags, by attribute name.
        ask: Shows a prompt and returns the answer; None without a terminal.

    Returns:
        The parsed answers, by attribute name.

    Raises:
        InvalidInput: A flag's value is invalid, or an answer is missing and there is no terminal. Nothing was asked.
    """
    asked = tuple(asked)
    if problems := list(filter(None, (_problem(question, given, ask) for question in asked))):
        raise InvalidInput(problems)
    return {question.attribute: _answer(question, given, ask) for question in asked}


def ask_until_valid(question: Question, ask: Callable[[str], str]) -> object:
    """Ask until the answer is valid, each time with the reason why the last one isn't."""
    prompt = question.prompt
    while True:
        answer = ask(prompt).strip() or question.default
        try:
            if answer:
                return question.parse(answer)
            prompt = f"  Enter a value.\n{question.prompt}"
        except InvalidValue as error:
            prompt = f"  {error}\n{question.prompt}"


def confirm(ask: Callable[[str], str], text: str) -> bool:
    """Ask a question that Enter answers with yes."""
    prompt = f"{text} [Y/n]: "
    while True:
        answer = ask(prompt).strip().lower()
        if answer in {"", "y", "yes"}:
            return True
        if answer in {"n", "no"}:
            return False
        prompt = f"  Answer y or n.\n{text} [Y/n]: "


def _problem(question: Question, given: Mapping[str, str], ask: Callable[[str], str] | None) -> Problem | None:
    """Return what is wrong with a flag, or without a terminal with the default in its place."""
    value = given.get(question.attribute, "").strip() or (question.default if ask is None else "")
    if not value:
        return question.missing() if ask is None else None
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
    """Return the API name for a label: letters, digits and single underscores, starting with a letter.

    Empty if no character of the label can be part of a name.
    """
    words = re.findall("[A-Za-z0-9]+", label)
    return re.sub("^[0-9_]+", "", "_".join(words))[:_LONGEST_NAME].rstrip("_")


def _my_domain(text: str) -> str:
    """Parse the login URL for an External Client App. login and test would answer `app_not_found`."""
    url = parse_login_url(text)
    if url in {LOGIN, TEST}:
        raise InvalidValue(
            f"{url} doesn't work with External Client Apps.",
            "Use the Current My Domain URL from Setup → My Domain.",
        )
    return url


def _email(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", parse_word(text)):
        raise InvalidValue(
            f"{quote(text).capitalize()} isn't an email address.", "Use one such as devops@acme.example."
        )
    return text


def _label(text: str) -> str:
    if not (text.isprintable() and len(text) <= _LONGEST_LABEL and api_name(text)):
        raise InvalidValue(
            f"{quote(text).capitalize()} isn't a valid app name.",
            f"Use up to {_LONGEST_LABEL} characters on one line, with at least one letter from A to Z.",
        )
    return text
