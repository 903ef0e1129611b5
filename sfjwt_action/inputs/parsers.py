"""How the text of each kind of input is parsed."""

from __future__ import annotations

import re
import ssl
from typing import TYPE_CHECKING

from sfjwt_action.inputs.pem import DER, find_blocks
from sfjwt_action.inputs.problems import InvalidValue
from sfjwt_action.inputs.quoting import quote
from sfjwt_action.inputs.record_id import is_org_id, long_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from sfjwt_action.inputs.pem import Block

_USERNAME = re.compile(r"""[^@\s"<>(),;]+@[^@\s"<>(),;]+\.[^@\s"<>(),;]+""")
_MAX_WORD = 256
"""Characters of a consumer key, a username or an audience, at most. An unwrapped private key has over 1,500."""

_QUOTES = tuple("\"'`\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}")
_BOOLEAN_LIKE = ("true", "false", "yes", "no", "on", "off")
_ORG_ID_LIKE = re.compile(r"00[dD][0-9A-Za-z]{1,15}")

UNEXPANDED_VARIABLE = (
    r"\A\s*(\$\{\{.*\}\}|\$\{?[A-Za-z_]\w*\}?|\$\([\w.-]+\)|%\w+%)\s*\Z",
    "It is a variable's name, not its value: nothing was put in its place.",
    (
        "Write `${{ secrets.NAME }}` in the workflow file itself. On Azure, `$(NAME)` is left as it is where the "
        "pipeline has no such variable, or keeps it from a fork's build. Elsewhere, see how the CI system writes them."
    ),
)
"""A variable that the CI system didn't replace with its value: a pattern, what it is, and the remedy."""


def parse_boolean(text: str) -> bool:
    """Parse a boolean of YAML 1.2's core schema, as GitHub's own toolkit does.

    Raises:
        InvalidValue: It isn't one of `true|True|TRUE|false|False|FALSE`.
    """
    if text in {"true", "True", "TRUE"}:
        return True
    if text in {"false", "False", "FALSE"}:
        return False
    found = f"It is {quote(text, _BOOLEAN_LIKE)}, which is not a boolean."
    raise InvalidValue(found, "Write `true` or `false`.")


def integer_between(least: int, most: int, unit: str) -> Callable[[str], int]:
    """Return a parser of whole numbers from `least` to `most`, whose errors name the `unit`."""

    def parse(text: str) -> int:
        if re.fullmatch("[0-9]{1,9}", text) and least <= int(text) <= most:
            return int(text)
        raise InvalidValue(f"It is {quote(text)}.", f"Give a whole number of {unit} from {least} to {most}.")

    return parse


def reject_decoration(text: str) -> None:
    """Reject what a shell or a workflow file left around a value.

    Raises:
        InvalidValue: The value is an unexpanded variable, has quotes around it, or starts with a stray `$`.
    """
    pattern, found, remedy = UNEXPANDED_VARIABLE
    if re.search(pattern, text):
        raise InvalidValue(found, remedy)
    if text[:1] in _QUOTES or text[-1:] in _QUOTES:
        raise InvalidValue(
            "The value has quotes around it.",
            "Remove the quotes from the secret or variable. Secret stores and `docker run --env-file` keep them.",
        )
    if text.startswith("$"):
        raise InvalidValue(
            "The value starts with a stray `$`.",
            "Remove the `$`. In a workflow file, write `${{ secrets.NAME }}` without another `$` before it.",
        )


def parse_word(text: str) -> str:
    """Parse a value without white space, such as a username.

    Raises:
        InvalidValue: It holds white space, quotes or a PEM block, or is an unexpanded variable. It is also rejected if
            it is too long: a key in the wrong input would be sent to Salesforce and might be logged.
    """
    reject_decoration(text)
    if "-----BEGIN" in text:
        raise InvalidValue("It is a PEM block.", "Keys belong into `private-key`, certificates into `certificate`.")
    if not text.isprintable() or " " in text:
        raise InvalidValue("It holds white space or line breaks.", "Give the value alone.")
    if len(text) > _MAX_WORD:
        raise InvalidValue(
            f"It has {len(text)} characters, which is too many. Is it the value of another input?",
            "Give the value alone.",
        )
    return text


def parse_consumer_key(text: str) -> str:
    """Parse a consumer key. Salesforce makes them of letters, digits, dots and underscores.

    Raises:
        InvalidValue: It is something else, such as the username.
    """
    if "@" in parse_word(text):
        raise InvalidValue("It holds an @, as usernames do.", "Give the Consumer Key of the app's settings.")
    return text


def parse_username(text: str) -> str:
    """Parse a username, which looks like an email address. Text that doesn't may be a secret and isn't quoted.

    Raises:
        InvalidValue: It doesn't look like a username.
    """
    if parse_word(text) and not _USERNAME.fullmatch(text):
        has_at = "with" if "@" in text else "without"
        found = f"It is {quote(text)} {has_at} an @, which is not the form of a username."
        raise InvalidValue(found, "An example: ci@acme.example.")
    return text


def parse_org_ids(text: str) -> tuple[str, ...]:
    """Parse org IDs, separated by commas or white space, into their 18-character form.

    Raises:
        InvalidValue: One isn't an org ID, or its check characters don't match.
    """
    ids = re.split(r"[\s,]+", text) if text else []
    for org_id in ids:
        if not is_org_id(org_id):
            raise InvalidValue(
                f"It holds {_quote_org_id(org_id)}, which is not the ID of an org.",
                "In Setup, open Company Information, and copy the Organization ID: 00D and 12 or 15 characters more.",
            )
    return tuple(map(long_id, ids))


def _quote_org_id(text: str) -> str:
    return f"“{text}”" if _ORG_ID_LIKE.fullmatch(text) else quote(text)


def parse_ca_certificates(text: str) -> str:
    """Parse CA certificates into well-formed PEM: PEM whose line breaks were changed or lost, or base64 of PEM or DER.

    Raises:
        InvalidValue: It holds no certificate that OpenSSL can load.
    """
    if not text:
        return ""
    try:
        certificates = "".join(_certificate_pem(block) for block in find_blocks(text))
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=certificates)
    except (ssl.SSLError, ValueError):
        raise InvalidValue(
            "The value has no certificate that can be read. It may be a file's path.",
            "Paste certificates in base64 or in PEM (`-----BEGIN CERTIFICATE-----` to `-----END CERTIFICATE-----`).",
        ) from None
    return certificates


def _certificate_pem(block: Block) -> str:
    if block.label == DER:
        return ssl.DER_cert_to_PEM_cert(block.data)
    return block.data.decode() if "CERTIFICATE" in block.label else ""
