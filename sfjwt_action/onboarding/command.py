"""The two commands, as `cli` calls them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sfjwt_action.onboarding import inspection
from sfjwt_action.onboarding.circumstances import Circumstances
from sfjwt_action.onboarding.first_time import first_time
from sfjwt_action.onboarding.rotation import rotate
from sfjwt_action.settings import BadInput, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import SimpleNamespace


def init(
    options: SimpleNamespace,
    environ: Mapping[str, str],
    *,
    ask: Callable[[str], str] | None,
    say: Callable[[str], None],
) -> None:
    """Set a login up, or, with `--rotate`, give it a second key.

    Args:
        options: The flags, by attribute name.
        environ: The environment.
        ask: Shows a prompt and returns what a person typed; None where nobody is to be asked.
        say: Shows a line.

    Raises:
        BadInput: Something cannot be used. Nothing was written.
    """
    given = {name: value for name, value in vars(options).items() if isinstance(value, str)}
    around = Circumstances(
        *(environ, datetime.now(UTC), ask, say),
        force=options.force,
        gitignore=options.gitignore,
        flag="--rotate" if options.rotate else "--out",
    )
    key_size = int(options.key_size)
    if options.rotate:
        _refuse_what_a_rotation_keeps(options)
        rotate(Path(options.rotate), given, around, key_size=key_size)
    else:
        first_time(given, around, connected_app=options.connected_app, key_size=key_size)


def _refuse_what_a_rotation_keeps(options: SimpleNamespace) -> None:
    """Refuse flags that would be read by nobody: the app and its user stay what they are."""
    kept = [name for name in ("out", "login_url", "username", "label", "email", "connected_app") if vars(options)[name]]
    if kept:
        found, remedy = "A rotation makes a new key for the app that is there.", "Leave it out."
        raise BadInput([Problem(f"--{name.replace('_', '-')}", found, remedy) for name in kept])


def inspect(paths: Sequence[str], passphrase: str, *, say: Callable[[str], None]) -> bool:
    """Tell what files hold.

    Args:
        paths: The files; `-` is standard input.
        passphrase: For what is encrypted; empty if there is none.
        say: Shows a line.

    Returns:
        Whether something is known in each of them.
    """
    inspected = [inspection.inspect(path, passphrase, datetime.now(UTC)) for path in paths]
    for line in inspection.as_text(inspected):
        say(line)
    return not any(file.problem for file in inspected)
