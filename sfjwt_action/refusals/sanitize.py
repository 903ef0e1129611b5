"""Make a server's text safe to show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_SERVER_TEXT = 300
_MAX_EXAMINED = 2000
"""Characters of a text to examine: enough for the ones that are shown, even if each of them is percent-encoded.

It also bounds the time, and the numbers in HTML entities, which Python converts up to 4,300 digits.
"""
_WINDOW = 10
"""Letters and digits in a row that can't be the same by chance."""
_MIN_SECRET = 4
"""Letters and digits in a secret, at least. Ordinary words hold a shorter one by chance."""
_MAX_ENCODINGS = 3
"""How many encodings on top of each other to undo."""
# Part of an assertion, an access token, in JWT format or opaque, or a token of Vault's, which a response may echo.
_SECRET = re.compile(r"eyJ[\w.~+/=-]{8,}|\b00D\w{12,15}(!|%(25)*21)[\w.]{8,}|\bhv[bsr]\.[\w-]{8,}")
# What JSON, JavaScript and Python write in place of a letter, and of a line break.
_ESCAPE = re.compile(r"[\\%]+[uUx]\{?0*([0-9A-Fa-f]{2})\}?")
_ESCAPED_BREAK = re.compile(r"\\+[nrt]")


def sanitize(text: str, *secrets: str) -> str:
    """Return a server's text as one short line that is safe to show.

    Args:
        text: The text. The server may have put anything into it.
        secrets: What it was sent, such as the assertion or the token. If it echoes one in part, nothing of the text is
            shown.
    """
    text = text[:_MAX_EXAMINED]
    if secrets and _echoes(text, secrets):
        return "[text that repeats what was sent]"
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in unquote(text)).split())
    return _SECRET.sub("[…]", line)[:_MAX_SERVER_TEXT]


def _echoes(text: str, secrets: tuple[str, ...]) -> bool:
    """Return whether a text holds part of a secret, as it is or encoded."""
    decodings = {_letters(decoded) for decoded in _decodings(text, _MAX_ENCODINGS)}
    return any(_holds_part(decodings, _letters(secret)) for secret in secrets)


def _holds_part(texts: set[str], secret: str) -> bool:
    size = min(_WINDOW, len(secret))
    windows = _windows(secret, size) if size >= _MIN_SECRET else set()
    return any(not windows.isdisjoint(_windows(text, size)) for text in texts)


def _windows(text: str, size: int) -> set[str]:
    return {text[start : start + size] for start in range(len(text) - size + 1)}


def _decodings(text: str, encodings: int) -> Iterator[str]:
    """Yield a text, and what it may be an encoding of."""
    yield text
    if encodings:
        for decoded in (_unescape(text), *_decode(text)):
            if decoded != text:
                yield from _decodings(decoded, encodings - 1)


def _unescape(text: str) -> str:
    plain = unquote(_ESCAPE.sub(lambda match: chr(int(match[1], 16)), _ESCAPED_BREAK.sub("", text)))
    if "&" not in plain:
        return plain
    import html  # noqa: PLC0415 -- its list of entities is long, and most texts have none

    return html.unescape(plain)


def _decode(text: str) -> Iterator[str]:
    """Yield what each run of letters may be the base64, the base32 or the hex of, wherever it was cut."""
    import base64  # noqa: PLC0415 -- most logins are not refused

    compact = re.sub(r"[\s\"'\\]", "", text).translate({ord("+"): "-", ord("/"): "_"})
    for alphabet, block, padding, decode in (
        ("A-Za-z0-9_-", 4, "A", base64.urlsafe_b64decode),
        ("A-Za-z2-7", 8, "A", lambda run: base64.b32decode(run, casefold=True)),
        ("A-Fa-f0-9", 2, "0", bytes.fromhex),
    ):
        for run in re.findall(f"[{alphabet}]{{6,}}", compact):
            for start in range(block):
                piece = run[start:]
                yield decode(piece + padding * (-len(piece) % block)).decode("latin-1")


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())
