"""Quote values of inputs, flags and variables safely. Any of them may be a secret in the wrong place.

Nothing else in this package quotes a value or a path that didn't work. When in doubt, a value is described by its
length: a typo is easy to find without being shown, and a secret in a log has to be replaced.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SMALL_NUMBER = r"-?[0-9]{1,4}"
_MIN_SIMILARITY = 0.6
_PATH = r"[\w.~:/\\ -]{1,200}"
# The extensions of keys, certificates and this package's files, which mark a file name.
_EXTENSION = r"(?i)\.(cer|crt|der|env|jks|json|key|md|p12|p8|pem|pfx|ps1|sh|txt|xml|ya?ml)\Z"
# Lowercase, uppercase and digits change places often in random text and seldom in names.
_CHANGE = r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])|(?<=[A-Z][A-Z])(?=[a-z])"
_MAX_CHANGES = 2
_MAX_NAME = 100
_MAX_NEW_PATH = 400


def quote(text: str, allowed: Iterable[str] = ()) -> str:
    """Quote a value if it can only be a typo of an allowed one; otherwise describe it without a character of it.

    Args:
        text: The value.
        allowed: Words that the input accepts. A value that resembles one of them is quoted.
    """
    if re.fullmatch(_SMALL_NUMBER, text) or _resembles(text, allowed):
        return f"“{text}”"
    return f"text of {_characters(text)}"


def quote_path(path: str | os.PathLike[str]) -> str:
    """Quote a path if it exists or looks like one; otherwise describe it without a character of it."""
    text = os.fspath(path)
    return text if _looks_like_path(text) or _exists(text) else f"a path of {_characters(text)}"


def describe_path(text: str) -> str:
    """Describe a value that should be a path and isn't one. Return an empty text if it can be a path."""
    if "-----BEGIN" in text or "\n" in text.strip():
        return "This looks like the content of a file, not its path."
    return "" if _looks_like_path(text) or _exists(text) else "This doesn't look like a path."


def may_be_key_or_token(text: str) -> bool:
    """Return whether a value that should name a new file or directory looks like a key or a token instead."""
    return "-----" in text or "!" in text or len(text) > _MAX_NEW_PATH


def _resembles(text: str, allowed: Iterable[str]) -> bool:
    import difflib  # noqa: PLC0415 -- only a run that fails needs it

    lower = text.lower()
    return text.isprintable() and any(
        len(lower) <= len(word) + 2 and difflib.SequenceMatcher(None, lower, word.lower()).ratio() >= _MIN_SIMILARITY
        for word in allowed
    )


def _looks_like_path(text: str) -> bool:
    names = text.replace("\\", "/").split("/")
    return (
        bool(re.fullmatch(_PATH, text))
        and (len(names) > 1 or text in {".", ".."} or bool(re.search(_EXTENSION, text)))
        and not any(len(name) > _MAX_NAME or len(re.findall(_CHANGE, name)) > _MAX_CHANGES for name in names)
    )


def _exists(text: str) -> bool:
    """Return whether the path exists, or a directory above it does: for a secret in place of a path, neither does."""
    try:
        path = Path(text)
        return any(os.path.lexists(part) for part in (path, *path.parents) if part.name not in {"", ".", ".."})
    except ValueError:  # a NUL
        return False


def _characters(text: str) -> str:
    return "1 character" if len(text) == 1 else f"{len(text)} characters"
