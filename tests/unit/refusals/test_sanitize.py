"""A server's text, which may echo the request."""

import base64
import html
import itertools
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfjwt_action.refusals.catalog import CATALOG
from sfjwt_action.refusals.kms_catalog import KMS_CATALOG
from sfjwt_action.refusals.model import Entry
from sfjwt_action.refusals.sanitize import _MAX_EXAMINED, sanitize

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
    "base32": lambda secret: base64.b32encode(secret.encode()).decode(),
    "base32 in lower case": lambda secret: base64.b32encode(secret.encode()).decode().lower().rstrip("="),
    "UTF-16 in base64": lambda secret: base64.b64encode(secret.encode("utf-16")).decode(),
    "in another case": str.swapcase,
    "JSON's escapes": lambda secret: "".join(f"\\u{ord(letter):04x}" for letter in secret),
    "JSON in JSON": lambda secret: json.dumps(json.dumps("".join(f"\\u{ord(letter):04X}" for letter in secret))),
    "JavaScript's escapes": lambda secret: "".join(f"\\u{{{ord(letter):x}}}" for letter in secret),
    "Python's escapes": lambda secret: "".join(f"\\x{ord(letter):02x}" for letter in secret),
    "escaped line breaks": lambda secret: "\\n".join(secret[i : i + 5] for i in range(0, len(secret), 5)),
}
ENCODINGS = ("percent-encoded", "entities", "base64", "base32", "hex", "JSON's escapes")


@pytest.mark.parametrize("secret", [TOKEN, ASSERTION])
@pytest.mark.parametrize("shape", SHAPES)
def test_an_echo_is_hidden_in_every_encoding(shape: str, secret: str) -> None:
    assert_not_shown(SHAPES[shape](secret), secret)


@pytest.mark.parametrize("encodings", list(itertools.product(ENCODINGS, repeat=2)), ids=" of ".join)
def test_an_echo_that_is_encoded_twice_is_hidden(encodings: tuple[str, str]) -> None:
    outer, inner = encodings
    assert_not_shown(SHAPES[outer](SHAPES[inner](TOKEN)), TOKEN)


@pytest.mark.parametrize("encoding", ["percent-encoded", "base64", "base32", "hex"])
def test_an_echo_that_is_encoded_three_times_is_hidden(encoding: str) -> None:
    encode = SHAPES[encoding]
    assert_not_shown(encode(encode(encode(TOKEN[:40]))), TOKEN)


@pytest.mark.parametrize("secret", ["root", "hunter2", "Tr0ub4dor&3", "s.short"])
@pytest.mark.parametrize("shape", ["as it is", "spaced", "HEX", *ENCODINGS])
def test_an_echo_of_a_short_secret_is_hidden(shape: str, secret: str) -> None:
    assert_not_shown(SHAPES[shape](secret), secret)


def assert_not_shown(echo: str, secret: str) -> None:
    shown = sanitize(f"bad request: {echo} is not valid", "another secret", secret)
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


@pytest.mark.parametrize("entry", [*CATALOG, *KMS_CATALOG], ids=lambda entry: str(entry.slug))
def test_known_words_are_shown(entry: Entry) -> None:
    assert sanitize(entry.words, TOKEN, ASSERTION, "hunter2") == entry.words


MILLION = 1_000_000


@pytest.mark.parametrize(
    "text",
    [
        "&#" + "1" * MILLION + ";",
        "&" * MILLION,
        "%" * MILLION,
        "\\u" * MILLION,
        "QUFB" * MILLION,
        "41" * MILLION,
        "MFRGGZDFMZTWQ2LK" * MILLION,
        "00D5g00000FaXv7" * MILLION,
        " " * MILLION,
    ],
    ids=lambda text: str(text[:3]),
)
def test_a_long_text_is_examined_only_in_part(text: str) -> None:
    assert sanitize(text, TOKEN, ASSERTION) == sanitize(text[:_MAX_EXAMINED], TOKEN, ASSERTION)
    assert _MAX_EXAMINED <= 2000  # all encodings of so much text take a third of a second
