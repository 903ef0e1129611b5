"""How the text of each kind of input is parsed."""

from __future__ import annotations

import re
import ssl
from typing import TYPE_CHECKING

from sfjwt_action.inputs.pem import DER, find_blocks
from sfjwt_action.inputs.problems import InvalidValue
from sfjwt_action.inputs.quoting import quote
from sfjwt_action.inputs.record_id import ORG_ID, is_org_id, long_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from sfjwt_action.inputs.pem import Block

_USERNAME = re.compile(r"""[^@\s"<>(),;]+@[^@\s"<>(),;]+\.[^@\s"<>(),;]+""")
_MAX_WORD = 256
"""Characters of a consumer key, a username or an audience, at most. An unwrapped private key has over 1,500."""

_QUOTES = tuple("\"'`\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}")
_BOOLEAN_LIKE = ("true", "false", "yes", "no", "on", "off")
_ORG_ID_LIKE = r"00[dD][0-9A-Za-z]{1,15}"

UNEXPANDED_VARIABLE = (
    r"\A\s*(\$\{\{.*\}\}|\$\{?[A-Za-z_]\w*\}?|\$\([\w.-]+\)|%\w+%)\s*\Z",
    "The value is a variable's name that the CI system didn't replace.",
    (
        "On GitHub, use `${{ secrets.NAME }}` in the workflow file. On Azure, check that the pipeline has the variable "
        "and that the build isn't for a fork. Elsewhere, check how the CI system writes variables."
    ),
)
"""A variable that the CI system didn't replace with its value: a pattern, the problem and the fix."""


def parse_boolean(text: str) -> bool:
    """Parse a boolean of YAML 1.2's core schema, as GitHub's own toolkit does.

    Raises:
        InvalidValue: It isn't one of `true|True|TRUE|false|False|FALSE`.
    """
    if text in {"true", "True", "TRUE"}:
        return True
    if text in {"false", "False", "FALSE"}:
        return False
    raise InvalidValue(f"Invalid value: {quote(text, _BOOLEAN_LIKE)}.", "Use `true` or `false`.")


def integer_between(least: int, most: int, unit: str) -> Callable[[str], int]:
    """Return a parser of whole numbers from `least` to `most`, whose errors name the `unit`."""

    def parse(text: str) -> int:
        if re.fullmatch("[0-9]{1,9}", text) and least <= int(text) <= most:
            return int(text)
        raise InvalidValue(f"Invalid value: {quote(text)}.", f"Use a whole number of {unit} from {least} to {most}.")

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
        raise InvalidValue("The value is a PEM block.", "Keys go into `private-key`, certificates into `certificate`.")
    if not text.isprintable() or " " in text:
        raise InvalidValue("The value has white space or line breaks.", "Remove them.")
    if len(text) > _MAX_WORD:
        raise InvalidValue(
            f"The value is too long ({len(text)} characters).",
            "Check that it isn't the value of another input.",
        )
    return text


def parse_consumer_key(text: str) -> str:
    """Parse a consumer key. Salesforce makes them of letters, digits, dots and underscores.

    Raises:
        InvalidValue: It is something else, such as the username.
    """
    if "@" in parse_word(text):
        raise InvalidValue("The value has an @, like a username.", "Use the consumer key from the app's settings.")
    return text


def parse_username(text: str) -> str:
    """Parse a username, which looks like an email address. Text that doesn't may be a secret and isn't quoted.

    Raises:
        InvalidValue: It doesn't look like a username.
    """
    if parse_word(text) and not _USERNAME.fullmatch(text):
        has_at = "" if "@" in text else ", no @"
        found = f"The value doesn't look like a Salesforce username ({quote(text)}{has_at})."
        raise InvalidValue(found, "Use a username such as ci@acme.example.")
    return text


def parse_org_ids(text: str) -> tuple[str, ...]:
    """Parse org IDs, separated by commas or white space, into their 18-character form.

    Raises:
        InvalidValue: One isn't an org ID, or its check characters don't match.
    """
    ids = re.split(r"[\s,]+", text) if text else []
    for org_id in ids:
        if not re.fullmatch(ORG_ID, org_id):
            raise InvalidValue(
                f"{_quote_org_id(org_id)} isn't an org ID.",
                "Copy the Organization ID (00D and 12 or 15 more characters) from Setup → Company Information. "
                "Separate several IDs with commas or white space.",
            )
        if not is_org_id(org_id):
            raise InvalidValue(
                f"The last three characters of {_quote_org_id(org_id)}, which check the others, don't match.",
                "Copy the Organization ID from Setup → Company Information again, or use its first 15 characters.",
            )
    return tuple(map(long_id, ids))


def _quote_org_id(text: str) -> str:
    return f"“{text}”" if re.fullmatch(_ORG_ID_LIKE, text) else quote(text).capitalize()


def parse_ca_certificates(text: str) -> str:
    """Parse CA certificates in PEM, whose line breaks may have changed, or in base64 of DER into well-formed PEM.

    Raises:
        InvalidValue: OpenSSL can't load a certificate from it.
    """
    if not text:
        return ""
    try:
        certificates = "".join(_certificate_pem(block) for block in find_blocks(text))
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=certificates)
    except (ssl.SSLError, ValueError):
        raise InvalidValue(
            "The value has no valid certificate.",
            "Paste certificates in PEM, from `-----BEGIN CERTIFICATE-----` to `-----END CERTIFICATE-----`, or base64 "
            "of DER. A path goes into SFJWT_CA_CERTIFICATES_FILE.",
        ) from None
    return certificates


def _certificate_pem(block: Block) -> str:
    if block.label == DER:
        return ssl.DER_cert_to_PEM_cert(block.data)
    return block.data.decode() if "CERTIFICATE" in block.label else ""
