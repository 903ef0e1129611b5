"""`sfjwt`, and `python -m sfjwt_action`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from sfjwt_action.process import harden

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Harden the process, then run a command.

    Args:
        arguments: The command and its flags; the process's own by default.
    """
    harden()
    from sfjwt_action.cli import main as run  # noqa: PLC0415 -- it loads OpenSSL

    run(arguments)


if __name__ == "__main__":
    main()
