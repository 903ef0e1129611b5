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
    """

    input: str
    found: str
    remedy: str

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


class InvalidValue(Exception):
    """A value can't be used. Whoever knows which input it came from makes a `Problem` of it.

    Args:
        found: What was found, a sentence that quotes no secret.
        remedy: How to fix it, a sentence.
    """

    def __init__(self, found: str, remedy: str) -> None:
        super().__init__(f"{found} {remedy}")
        self.found = found
        self.remedy = remedy


class Problems:
    """Collects what is wrong with the inputs: one problem per input, since later ones follow from the first."""

    def __init__(self) -> None:
        self._by_input: dict[str, Problem] = {}

    def attempt(self, name: str, make: Callable[[], T], *, otherwise: T) -> T:
        """Make something of the input `name`, or add the reason why that failed.

        Args:
            name: The input's name.
            make: Makes it; may raise `InvalidValue`.
            otherwise: What to return when it did, so that later checks can go on until `raise_if_any`.
        """
        try:
            return make()
        except InvalidValue as error:
            self.add(Problem(name, error.found, error.remedy))
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
