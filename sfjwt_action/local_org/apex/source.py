"""Find tests in Apex source. Comments and strings are skipped, and nothing else is checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# The first two are skipped. An annotation comes with its parameters.
_TOKEN = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))"
    r"|(?P<string>'(?:[^'\\\n]|\\.)*'?)"
    r"|(?P<annotation>@\w+(?:\s*\([^)]*\))?)"
    r"|(?P<word>\w+)"
    r"|(?P<symbol>[{}();])",
    re.DOTALL,
)
_IS_TEST = re.compile(r"@istest\b", re.IGNORECASE)


@dataclass(frozen=True)
class Source:
    """What is known about the source of a class or trigger.

    Attributes:
        is_test: The class, or a method in it, is annotated as a test.
        test_methods: In their order.
        statements: How many semicolons there are: a stand-in for the lines that coverage counts.
    """

    is_test: bool
    test_methods: tuple[str, ...]
    statements: int


def read(body: bytes) -> Source:
    """Find the tests in the source of a class."""
    return _Reader().read(body.decode("utf-8", errors="replace"))


class _Reader:
    """Follows the braces: a class's methods are one level down."""

    def __init__(self) -> None:
        self._depth = 0
        self._annotated = False  # what comes next is a test
        self._word = ""
        self._class_is_test = False
        self._methods: list[str] = []
        self._statements = 0

    def read(self, source: str) -> Source:
        for kind, text in _tokens(source):
            if kind == "annotation":
                self._annotated = self._annotated or bool(_IS_TEST.match(text))
            elif kind == "word":
                self._read_word(text)
            else:
                self._read_symbol(text)
        return Source(self._class_is_test or bool(self._methods), tuple(self._methods), self._statements)

    def _read_word(self, text: str) -> None:
        self._annotated = self._annotated or text.lower() == "testmethod"
        if text.lower() == "class" and self._depth == 0 and self._annotated:
            self._class_is_test = True
        self._word = text

    def _read_symbol(self, text: str) -> None:
        if text == "(" and self._annotated and self._depth == 1:
            self._methods.append(self._word)
            self._annotated = False
        if text in "{};":
            self._annotated = False
        self._depth += {"{": 1, "}": -1}.get(text, 0)
        self._statements += text == ";"


def _tokens(source: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(source):
        if match.lastgroup not in {"comment", "string"}:
            yield str(match.lastgroup), match[0]
