"""What was asked for: one frozen dataclass, read from flags and an environment mapping.

Every input is declared once, as a field of `Settings`; its names in the environment, its flag, its default and
its check all follow from that declaration.
"""

from __future__ import annotations

import base64
import dataclasses
import re
import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sfjwt_action.record_id import is_org_id, long_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

T = TypeVar("T")

_LONGEST_QUOTED = 40
_USERNAME = re.compile(r"""[^@\s"<>(),;]+@[^@\s"<>(),;]+\.[^@\s"<>(),;]+""")
_LONGEST_WORD = 256
"""Characters of a name of Salesforce's, at the most. A private key in one line of base64 has over 1,500."""

DEFAULT_LOGIN_URL = "https://login.salesforce.com"

NOT_REPLACED = (
    r"\A\s*(\$\{\{.*\}\}|\$\{?\w+\}?|\$\([\w.-]+\)|%\w+%)\s*\Z",
    "It is a variable's name, not its value: nothing was put in its place.",
    (
        "Write `${{ secrets.NAME }}` in the workflow file itself. On Azure, `$(NAME)` is left as it is where the "
        "pipeline has no such variable, or keeps it from a fork's build. Elsewhere, see how the CI system writes them."
    ),
)
"""A variable that a CI system left in place of its value: a pattern, what it is, the remedy."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one input: what was found, and how to put it right. It never quotes a secret."""

    input: str
    found: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.input}: {self.found} {self.remedy}"


class BadInput(Exception):
    """The run cannot start: something is wrong with its inputs.

    Args:
        problems: Everything that was found wrong, so that one run tells all of it.
    """

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class Unusable(Exception):
    """An input's value cannot be used.

    Args:
        found: What was found, a sentence that quotes no secret.
        remedy: How to put it right, a sentence.
    """

    def __init__(self, found: str, remedy: str) -> None:
        super().__init__(f"{found} {remedy}")
        self.found = found
        self.remedy = remedy


class Problems:
    """Gathers what is wrong with the inputs, so that all of it is reported together: one problem an input."""

    def __init__(self) -> None:
        self._found: dict[str, Problem] = {}

    def attempt(self, name: str, make: Callable[[], T]) -> T:
        """Make something of the input `name`, or note why it cannot be made, and go on.

        Returns:
            What `make` returned. It may be used only after `raise_if_any()`: until then it may be missing.
        """
        try:
            return make()
        except Unusable as error:
            # A later problem of the same input follows from the first.
            self.note(Problem(name, error.found, error.remedy))
            return cast("T", None)

    def note(self, problem: Problem) -> None:
        """Note a problem that was found elsewhere."""
        self._found.setdefault(problem.input, problem)

    def raise_if_any(self, name: str = "") -> None:
        """End the run if anything was found, or, with a name, anything of that input.

        Raises:
            BadInput: There were problems; it carries them all.
        """
        if found := [problem for problem in self._found.values() if name in {"", problem.input}]:
            raise BadInput(found)


def boolean(text: str) -> bool:
    """Read a boolean of YAML 1.2's core schema, as GitHub's own toolkit does.

    Raises:
        Unusable: It is none of `true|True|TRUE|false|False|FALSE`.
    """
    if text in {"true", "True", "TRUE"}:
        return True
    if text in {"false", "False", "FALSE"}:
        return False
    raise Unusable(f"It is {shown(text)}, which is not a boolean.", "Write `true` or `false`.")


def whole_number(least: int, most: int, unit: str) -> Callable[[str], int]:
    """Make a reader of whole numbers from `least` to `most`, whose complaints name the `unit`."""

    def read(text: str) -> int:
        if re.fullmatch("[0-9]{1,9}", text) and least <= int(text) <= most:
            return int(text)
        raise Unusable(f"It is {shown(text)}.", f"Give a whole number of {unit} from {least} to {most}.")

    return read


def one_word(text: str) -> str:
    """Read a value that holds no white space, such as a username.

    Raises:
        Unusable: It holds some, so it is something else, or more than one thing; or it is the name of a variable; or it
            is too long, as a key that was put into the wrong input, which would be sent, and may be shown.
    """
    pattern, found, remedy = NOT_REPLACED
    if re.search(pattern, text):
        raise Unusable(found, remedy)
    if "-----BEGIN" in text:
        raise Unusable("It is a PEM block.", "Keys belong into `private-key`, certificates into `certificate`.")
    if not text.isprintable() or " " in text:
        raise Unusable("It holds white space or line breaks.", "Give the value alone.")
    if len(text) > _LONGEST_WORD:
        raise Unusable(
            f"It has {len(text)} characters, which is too many. Is it the value of another input?",
            "Give the value alone.",
        )
    return text


def as_consumer_key(text: str) -> str:
    """Read a consumer key, which Salesforce makes of letters, digits, dots and underscores.

    Raises:
        Unusable: It is something else, such as the username.
    """
    if "@" in one_word(text):
        raise Unusable("It holds an @, as usernames do.", "Give the Consumer Key of the app's settings.")
    return text


def as_username(text: str) -> str:
    """Read a username, which has the form of an e-mail address. What has none may be a secret, and is not shown.

    Raises:
        Unusable: It is something else.
    """
    if one_word(text) and not _USERNAME.fullmatch(text):
        what = shown(text) if "@" in text else f"a text of {len(text)} characters"
        raise Unusable(f"It is {what}, which has not the form of a username.", "An example: ci@acme.example.")
    return text


def org_ids(text: str) -> tuple[str, ...]:
    """Read org ids, separated by commas or white space, and give each its 18 characters.

    Raises:
        Unusable: One of them is none, or its last three characters do not fit the others.
    """
    ids = re.split(r"[\s,]+", text) if text else []
    for org_id in ids:
        if not is_org_id(org_id):
            raise Unusable(
                f"{shown(org_id)} is not the id of an org.",
                "In Setup, open Company Information, and copy the Organization ID: 00D and 12 or 15 characters more.",
            )
    return tuple(map(long_id, ids))


def shown(text: str) -> str:
    """Quote what was found, unless it may be a secret that was put into the wrong input."""
    return f"“{text}”" if len(text) <= _LONGEST_QUOTED and text.isprintable() else f"a text of {len(text)} characters"


@dataclass(frozen=True)
class Input:
    """How one input is named, read and checked.

    Attributes:
        name: Its name in action.yml and in every message, such as `consumer-key`.
        meaning: One line for `--help`.
        default: The text that stands for no value.
        required: Whether a login cannot do without it.
        parse: Reads the text; raises `Unusable`.
        verbatim: White space around the value belongs to it.
        from_file: The flag takes a file's path, since the value is a secret or has many lines.
    """

    name: str
    meaning: str
    default: str
    required: bool
    parse: Callable[[str], object]
    verbatim: bool
    from_file: bool

    @property
    def attribute(self) -> str:
        """Its name as an attribute of `Settings`, and, in upper case, as part of a variable's name."""
        return self.name.replace("-", "_")

    @property
    def flag(self) -> str:
        """Its flag on the command line."""
        return f"--{self.name}-file" if self.from_file else f"--{self.name}"


def _input(  # noqa: PLR0913 -- one keyword for each thing that an input declares
    meaning: str,
    *,
    default: str = "",
    required: bool = False,
    parse: Callable[[str], object] = str,
    secret: bool = False,
    verbatim: bool = False,
    from_file: bool = False,
) -> Any:  # noqa: ANN401 -- stands where a default of any type would
    metadata = {
        "meaning": meaning,
        "default": default,
        "required": required,
        "parse": parse,
        "verbatim": verbatim,
        "from_file": from_file,
    }
    return field(repr=not secret, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What was asked for. The inputs of action.yml, checked; secrets are kept out of `repr`."""

    consumer_key: str = _input(
        "consumer key of the app: the assertion's iss", required=True, parse=as_consumer_key, secret=True
    )
    private_key: str = _input(
        "RSA private keys, newest first: PEM, or base64 of PEM, DER or PKCS#12",
        required=True,
        secret=True,
        from_file=True,
    )
    private_key_passphrase: str = _input(
        "passphrase of an encrypted private key", secret=True, verbatim=True, from_file=True
    )
    username: str = _input("Salesforce username: the assertion's sub", required=True, parse=as_username)
    login_url: str = _input("production, sandbox, a My Domain host, or an https URL", default=DEFAULT_LOGIN_URL)
    audience: str = _input("the assertion's aud, exactly as given (default: found by the login URL)", parse=one_word)
    certificate: str = _input("the certificate uploaded to Salesforce, to check the key with", from_file=True)
    certificate_expiry_warning_days: int = _input(
        "warn when the certificate expires within so many days",
        default="30",
        parse=whole_number(0, 3650, "days"),
    )
    allowed_org_ids: tuple[str, ...] = _input("org ids that may be logged in to (default: any)", parse=org_ids)
    verify: bool = _input("also call the org's REST API with the token", default="false", parse=boolean)
    export_env: bool = _input("also export the variables that the sf CLI reads", default="false", parse=boolean)
    revoke_token: bool = _input("revoke the token when the job ends", default="false", parse=boolean)
    mask_instance_url: bool = _input("mask the instance URL and its host in the log", default="true", parse=boolean)
    assertion_lifetime: int = _input(
        "seconds until the assertion expires, 30 to 300",
        default="180",
        parse=whole_number(30, 300, "seconds"),
    )
    timeout: int = _input("seconds that one attempt may take", default="30", parse=whole_number(1, 600, "seconds"))
    retries: int = _input(
        "attempts after the first, on transient failures only",
        default="3",
        parse=whole_number(0, 10, "attempts"),
    )
    ca_certificates: str = _input("CA certificates (PEM) to trust in addition", from_file=True)


INPUTS: tuple[Input, ...] = tuple(
    Input(name=f.name.replace("_", "-"), **f.metadata) for f in dataclasses.fields(Settings)
)

NAMES_IN_THE_SF_CLI = {
    "client-id": "consumer-key",
    "instance-url": "login-url",
    "jwt-key-file": "private-key",
    "user": "username",
}
"""What people may call an input who come from `sf org login jwt`, and its name."""


def read_settings(flags: Mapping[str, str], environ: Mapping[str, str], problems: Problems) -> Settings:
    """Read every input from the first source that has it, and check it.

    The order of sources is the design's: flag, `INPUT_…`, `SFJWT_…`, `SFJWT_…_FILE`, `PLUGIN_…`; an empty value
    is no value. What cannot be used is noted in `problems` and replaced by the default, so that later checks can
    go on: the settings may be used only after `problems.raise_if_any()`.

    Args:
        flags: Values of the flags that were given, by attribute name; for a flag that takes a file, its path.
        environ: The environment.
        problems: Where to note what is wrong.
    """
    values: dict[str, Any] = {}
    for declared in INPUTS:
        value = problems.attempt(declared.name, partial(_read_input, declared, flags, environ))
        values[declared.attribute] = declared.parse(declared.default) if value is None else value
    return Settings(**values)


def read_destination(flags: Mapping[str, str], environ: Mapping[str, str]) -> tuple[str, str]:
    """Read where a login goes, which is no input of action.yml: `export`, and `export-file` or nothing.

    The order of sources is as for inputs: flag, `SFJWT_EXPORT…`, `PLUGIN_EXPORT…`; an empty value is no value.

    Args:
        flags: Values of the flags that were given, by attribute name.
        environ: The environment.
    """

    def read(name: str) -> str:
        plugin = environ.get(f"PLUGIN_{name}", "") if _is_plugin(environ) else ""
        return flags.get(name.lower(), "") or environ.get(f"SFJWT_{name}", "") or plugin

    return read("EXPORT") or "auto", read("EXPORT_FILE")


def misspelt_names(environ: Mapping[str, str]) -> list[str]:
    """Find variables that look like an input of ours under a name that is none, each with a sentence."""
    known = {
        prefix + name + end
        for declared in INPUTS
        for name in (declared.name.upper(), declared.attribute.upper())
        for prefix, end in (("INPUT_", ""), ("SFJWT_", ""), ("SFJWT_", "_FILE"))
    } | {"SFJWT_EXPORT", "SFJWT_EXPORT_FILE"}
    unknown = [
        name
        for name in sorted(environ)
        if name.startswith(("INPUT_", "SFJWT_")) and name not in known and environ[name]
    ]
    return [
        f"{name} is not read: it is no input of ours. Did you mean {_as_written(near)}?"
        for name in unknown
        for near in _meant(name, known)
    ]


def _meant(name: str, known: set[str]) -> list[str]:
    prefix, _, rest = name.partition("_")
    if meant := NAMES_IN_THE_SF_CLI.get(rest.lower().replace("_", "-")):
        return [f"{prefix}_{meant.upper().replace('-', '_')}"]
    import difflib  # noqa: PLC0415 -- few runs need it

    return difflib.get_close_matches(name, known, n=1, cutoff=0.85)


def _as_written(variable: str) -> str:
    """The name that people write: under `with:`, an input's own."""
    is_input = variable.startswith("INPUT_")
    return f"`{variable.removeprefix('INPUT_').lower().replace('_', '-')}`" if is_input else variable


def _read_input(declared: Input, flags: Mapping[str, str], environ: Mapping[str, str]) -> object:
    text = next(filter(str.strip, _sources(declared, flags, environ)), declared.default)
    if declared.required and not text:
        raise _missing(declared, environ)
    # Files and secrets often end with a line break that nobody meant.
    return declared.parse(text.rstrip("\r\n") if declared.verbatim else text.strip())


def _sources(declared: Input, flags: Mapping[str, str], environ: Mapping[str, str]) -> Iterator[str]:
    """The input's value in each source in turn, empty where it has none; a file is read only when it is reached."""
    given = flags.get(declared.attribute, "")
    yield _content_of(given, declared.flag) if declared.from_file and given else given
    name = declared.attribute.upper()
    # GitHub keeps the hyphens of an input's name; Gitea, Forgejo and act may not.
    yield environ.get(f"INPUT_{declared.name.upper()}", "")
    yield environ.get(f"INPUT_{name}", "")
    yield environ.get(f"SFJWT_{name}", "")
    path = environ.get(f"SFJWT_{name}_FILE", "")
    yield _content_of(path, f"SFJWT_{name}_FILE") if path else ""
    if _is_plugin(environ):
        yield environ.get(f"PLUGIN_{name}", "")


def _is_plugin(environ: Mapping[str, str]) -> bool:
    """Whether this may be a plugin of Woodpecker's or Drone's, which get their settings as `PLUGIN_…`."""
    return environ.get("CI") == "woodpecker" or "DRONE" in environ


def _content_of(path: str, source: str) -> str:
    """Read a file that a flag or variable, the `source`, names; `-` is standard input."""
    try:
        content = _text(sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes())
    except OSError as error:
        raise Unusable(
            f"{source} names the file {path}, which cannot be read: {error.strerror}.", "Check the path."
        ) from None
    if not content.strip():
        name = "standard input" if path == "-" else f"the file {path}"
        raise Unusable(f"{source} names {name}, which is empty.", "Check what was to be in it.")
    return content


def _text(content: bytes) -> str:
    """A file's text; of a binary file, such as PKCS#12 or DER, its base64, which a key or certificate may be given in.

    PowerShell writes text in UTF-16.
    """
    try:
        return content.decode("utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    except UnicodeDecodeError:
        return base64.b64encode(content).decode()


def _missing(declared: Input, environ: Mapping[str, str]) -> Unusable:
    if environ.get("GITHUB_ACTIONS") == "true":
        return Unusable(
            "It is required, and no value arrived.",
            f"Set `{declared.name}` under `with:`. If it is set there from a secret, that secret is empty here: it "
            "does not exist under this name, its environment is not named in the job, or the run comes from a fork or "
            "from Dependabot, which get none.",
        )
    return Unusable(
        "It is required, and no value was given.",
        f"Give {declared.flag}, or set SFJWT_{declared.attribute.upper()} or SFJWT_{declared.attribute.upper()}_FILE. "
        "If the CI system has it: a container gets it by `--env` only, and builds of forks, pull requests or "
        "unprotected branches may get no secret at all.",
    )
