"""Make a server's text safe to show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_SERVER_TEXT = 300
_WINDOW = 10
"""Letters and digits in a row that can't be the same by chance."""
_MAX_ESCAPES = 4
"""How often a text may have been percent-encoded or HTML-escaped."""
# Part of an assertion or an access token, in JWT format or opaque, which a response may echo.
_SECRET = re.compile(r"eyJ[\w.~+/=-]{8,}|\b00D\w{12,15}(!|%(25)*21)[\w.]{8,}")


def sanitize(text: str, *secrets: str) -> str:
    """Return a server's text as one short line that is safe to show.

    Args:
        text: The text. The server may have put anything into it.
        secrets: The assertion or the token that it was sent. If it echoes one of them in part, nothing of it is shown.
    """
    if any(_echoes(text, secret) for secret in secrets):
        return "[text that repeats what was sent]"
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in unquote(text)).split())
    return _SECRET.sub("[…]", line)[:_MAX_SERVER_TEXT]


def _echoes(text: str, secret: str) -> bool:
    """Return whether a text holds part of a secret: wrapped, with escapes or entities, in base64 or in hex."""
    letters = _letters(secret)
    windows = {letters[i : i + _WINDOW] for i in range(len(letters) - _WINDOW + 1)}
    return any(
        decoded[i : i + _WINDOW] in windows
        for decoded in map(_letters, _decodings(text))
        for i in range(len(decoded) - _WINDOW + 1)
    )


def _decodings(text: str) -> Iterator[str]:
    import base64  # noqa: PLC0415 -- most logins are not refused

    plain = text
    for _ in range(_MAX_ESCAPES):
        yield plain
        plain = _without_entities(unquote(plain))
    compact = re.sub(r"[\s\"'\\]", "", plain)
    for run in re.findall(r"[A-Za-z0-9+/_-]{16,}", compact):
        for start in range(4):  # where a longer run of base64 may have been cut
            piece = run[start:]
            yield base64.urlsafe_b64decode(piece[: len(piece) // 4 * 4].translate(str.maketrans("+/", "-_"))).decode(
                "latin-1"
            )
    for run in re.findall(r"[0-9A-Fa-f]{16,}", compact):
        yield bytes.fromhex(run[: len(run) // 2 * 2]).decode("latin-1")


def _without_entities(text: str) -> str:
    if "&" not in text:
        return text
    import html  # noqa: PLC0415 -- its list of entities is long, and most texts have none

    return html.unescape(text)


def _letters(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", text)
