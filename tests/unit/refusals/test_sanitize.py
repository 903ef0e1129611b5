"""A server's text, which may echo the request."""

import base64
import html
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfjwt_action.refusals.sanitize import sanitize

TOKEN = "00D5g00000FaXv7!AQ0AQFzR3b9_kT.Lw2mX8vYq1cN5dHs7JgPo4iUeZaB6fK0xWt"
ASSERTION = ".".join(
    base64.urlsafe_b64encode(part).rstrip(b"=").decode()
    for part in (b'{"alg":"RS256","typ":"JWT"}', b'{"iss":"3MVG9","sub":"ci@acme.example"}', bytes(range(97, 225)))
)
SHAPES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "after the !": lambda secret: secret.rpartition("!")[2],
    "its middle": lambda secret: secret[20:45],
    "wrapped": lambda secret: "\n".join(secret[i : i + 12] for i in range(0, len(secret), 12)),
    "spaced": " ".join,
    "quoted by a shell": lambda secret: secret.replace("!", "\\!"),
    "percent-encoded": lambda secret: "".join(f"%{ord(letter):02X}" for letter in secret),
    "percent-encoded twice": lambda secret: quote(quote(secret, safe=""), safe=""),
    "entities": lambda secret: "".join(f"&#{ord(letter)};" for letter in secret),
    "hexadecimal entities": lambda secret: "".join(f"&#x{ord(letter):x};" for letter in secret),
    "escaped HTML": lambda secret: html.escape(html.escape(secret)),
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64 of a header": lambda secret: base64.b64encode(f"Authorization: Bearer {secret}".encode()).decode(),
    "base64, wrapped": lambda secret: base64.encodebytes(secret.encode()).decode(),
    "hex": lambda secret: secret.encode().hex(),
    "HEX": lambda secret: secret.encode().hex().upper(),
}


@pytest.mark.parametrize("secret", [TOKEN, ASSERTION])
@pytest.mark.parametrize("shape", SHAPES)
def test_an_echo_is_hidden_in_every_encoding(shape: str, secret: str) -> None:
    echo = SHAPES[shape](secret)
    shown = sanitize(f"bad request: {echo} is not valid", secret)
    assert "bad request" not in shown
    assert not any(echo[i : i + 12] in shown for i in range(max(len(echo) - 12, 1)))


@given(st.text(max_size=400))
def test_any_other_text_becomes_one_printable_line(text: str) -> None:
    shown = sanitize(text, TOKEN)
    assert shown.isprintable()
    assert len(shown) <= 300


@pytest.mark.parametrize(
    "words", ["user hasn't approved this consumer", "audience is invalid", "expired access/refresh token", "x" * 50]
)
def test_salesforces_errors_are_shown(words: str) -> None:
    assert sanitize(words, TOKEN, ASSERTION) == words
