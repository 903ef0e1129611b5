"""What is wrong with the inputs, collected so that one run reports all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Problem(NamedTuple):
    """One thing wrong with one input. It never quotes a secret.

    Attributes:
        input: The input's name, as people write it.
        found: What was found, in sentences.
        remedy: How to fix it, in sentences.
        hint: What may be behind it, in sentences. Problems of one kind share it, and a report has it once.
    """

    input: str
    found: str
    remedy: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.input}: {self.found} {self.remedy}"


class InvalidInput(Exception):
    """The run can't start or finish because something is wrong with its inputs.

    Args:
        problems: Everything that was found wrong, so that one run reports all of it.
    """

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems

    @property
    def hints(self) -> tuple[str, ...]:
        """The hints of all problems, each once."""
        return tuple(dict.fromkeys(problem.hint for problem in self.problems if problem.hint))


class InvalidValue(Exception):
    """A value can't be used. Whoever knows which input it came from makes a `Problem` of it.

    Args:
        found: What was found, a sentence that quotes no secret.
        remedy: How to fix it, a sentence.
        hint: As for `Problem`.
    """

    def __init__(self, found: str, remedy: str, hint: str = "") -> None:
        super().__init__(f"{found} {remedy}")
        self.found = found
        self.remedy = remedy
        self.hint = hint


class Problems:
    """Collects what is wrong with the inputs: one problem per input, since later ones follow from the first."""

    def __init__(self) -> None:
        self._by_input: dict[str, Problem] = {}

    def attempt(self, name: str, make: Callable[[], T], *, otherwise: T) -> T:
        """Convert the input `name`, or add the reason why that failed.

        Args:
            name: The input's name.
            make: Makes it; may raise `InvalidValue`.
            otherwise: What to return when it did, so that later checks can go on until `raise_if_any`.
        """
        try:
            return make()
        except InvalidValue as error:
            self.add(Problem(name, error.found, error.remedy, error.hint))
            return otherwise

    def add(self, problem: Problem) -> None:
        """Add a problem, unless its input has one already."""
        self._by_input.setdefault(problem.input, problem)

    def raise_if_any(self, name: str = "") -> None:
        """End the run if there are problems.

        Args:
            name: Look at this input only; empty for all of them.

        Raises:
            InvalidInput: There are problems. The exception carries them.
        """
        if found := [problem for problem in self._by_input.values() if name in {"", problem.input}]:
            raise InvalidInput(found)
