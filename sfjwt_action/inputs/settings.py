"""The inputs of a run: one frozen dataclass, read from flags and an environment mapping.

Every input is declared once, as a field of `Settings`. Its names in the environment, its flag, its default and its
parser follow from that declaration.
"""

from __future__ import annotations

import base64
import dataclasses
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from sfjwt_action.inputs.files import read_file
from sfjwt_action.inputs.parsers import (
    integer_between,
    parse_boolean,
    parse_ca_certificates,
    parse_consumer_key,
    parse_org_ids,
    parse_username,
    parse_word,
)
from sfjwt_action.inputs.problems import InvalidValue
from sfjwt_action.inputs.quoting import describe_path, quote_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sfjwt_action.inputs.problems import Problems

DEFAULT_LOGIN_URL = "https://login.salesforce.com"


class Input(NamedTuple):
    """How one input is named, documented and parsed.

    Attributes:
        name: Its name in action.yml and in every message, such as `consumer-key`.
        meaning: One line for `--help`.
        default: The text to parse if no source has a value.
        required: Whether a login needs it.
        parse: Parses the text. It may raise `InvalidValue`.
        verbatim: Leading and trailing white space is part of the value.
        from_file: The flag takes a file's path because the value is a secret or has many lines.
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
        """Its name as an attribute of `Settings`; in upper case, part of its variables' names."""
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
    """The validated inputs of action.yml. Secrets are kept out of `repr`."""

    consumer_key: str = _input(
        "consumer key of the app: the assertion's iss", required=True, parse=parse_consumer_key, secret=True
    )
    private_key: str = _input(
        "RSA private keys, newest first: PEM, or base64 of PEM, DER or PKCS#12",
        secret=True,
        from_file=True,
    )
    kms_key: str = _input(
        "URIs of keys in a key management service, newest first (instead of private-key)", secret=True
    )
    private_key_passphrase: str = _input(
        "passphrase of an encrypted private key", secret=True, verbatim=True, from_file=True
    )
    username: str = _input("Salesforce username: the assertion's sub", required=True, parse=parse_username)
    login_url: str = _input("production, sandbox, a My Domain host, or an https URL", default=DEFAULT_LOGIN_URL)
    audience: str = _input("the assertion's aud (default: the audience that matches the login URL)", parse=parse_word)
    certificate: str = _input("the certificate uploaded to Salesforce, to check the key with", from_file=True)
    certificate_expiry_warning_days: int = _input(
        "days before the certificate expires to start warning",
        default="30",
        parse=integer_between(0, 3650, "days"),
    )
    allowed_org_ids: tuple[str, ...] = _input("org IDs to allow (default: any)", parse=parse_org_ids)
    verify: bool = _input("also call the org's REST API with the token", default="false", parse=parse_boolean)
    export_env: bool = _input("also export the variables that the sf CLI reads", default="false", parse=parse_boolean)
    revoke_token: bool = _input("revoke the token when the job ends", default="false", parse=parse_boolean)
    mask_instance_url: bool = _input(
        "mask the instance URL and its host in the log", default="true", parse=parse_boolean
    )
    assertion_lifetime: int = _input(
        "seconds until the assertion expires, 30 to 300",
        default="180",
        parse=integer_between(30, 300, "seconds"),
    )
    timeout: int = _input("seconds that one attempt can take", default="30", parse=integer_between(1, 600, "seconds"))
    retries: int = _input(
        "how often to retry after transient failures",
        default="3",
        parse=integer_between(0, 10, "attempts"),
    )
    propagation_timeout: int = _input(
        "minutes to keep trying while a new app, assignment or org propagates, 0 to 30",
        default="0",
        parse=integer_between(0, 30, "minutes"),
    )
    ca_certificates: str = _input(
        "CA certificates (PEM) to trust in addition to the usual roots", parse=parse_ca_certificates, from_file=True
    )


INPUTS: tuple[Input, ...] = tuple(
    Input(name=f.name.replace("_", "-"), **f.metadata) for f in dataclasses.fields(Settings)
)

SF_CLI_NAMES = {
    "client-id": "consumer-key",
    "instance-url": "login-url",
    "jwt-key-file": "private-key",
    "user": "username",
}
"""The flags of `sf org login jwt`, and the inputs they correspond to."""


def read_settings(flags: Mapping[str, str], environ: Mapping[str, str], problems: Problems) -> Settings:
    """Read every input from the first source that has it, and validate it.

    The sources in order: flag, `INPUT_…`, `SFJWT_…`, `SFJWT_…_FILE`, `PLUGIN_…`. An empty value is no value. An
    invalid value is added to `problems` and replaced by the default, so that later checks can go on: use the settings
    only after `problems.raise_if_any()`.

    Args:
        flags: Values of the flags, by attribute name; for a flag that takes a file, the file's path.
        environ: The environment.
        problems: Collects what is wrong.
    """
    values: dict[str, Any] = {}
    for declared in INPUTS:
        read = partial(_read_input, declared, flags, environ)
        values[declared.attribute] = problems.attempt(declared.name, read, otherwise=declared.parse(declared.default))
    values["ca_certificates"] += _extra_ca_certificates(environ)
    settings = Settings(**values)
    problems.attempt("private-key", partial(_require_one_key, settings, environ), otherwise=None)
    return settings


def _require_one_key(settings: Settings, environ: Mapping[str, str]) -> None:
    """Require exactly one of `private-key` and `kms-key`.

    Raises:
        InvalidValue: Both are set, or none.
    """
    if settings.private_key and settings.kms_key:
        raise InvalidValue("Both `private-key` and `kms-key` are set.", "Set only one of them.")
    if not settings.private_key and not settings.kms_key:
        (declared,) = (declared for declared in INPUTS if declared.name == "private-key")
        missing = _missing(declared, environ)
        raise InvalidValue(missing.found, f"{missing.remedy} Or set `kms-key`.", missing.hint)


def read_destination(flags: Mapping[str, str], environ: Mapping[str, str]) -> tuple[str, str]:
    """Read where to export a login to: `export` and `export-file`, which action.yml doesn't have.

    The sources in order: flag, `SFJWT_EXPORT…`, `PLUGIN_EXPORT…`. An empty value is no value.

    Args:
        flags: Values of the flags, by attribute name.
        environ: The environment.
    """

    def read(name: str) -> str:
        plugin = environ.get(f"PLUGIN_{name}", "") if _is_plugin(environ) else ""
        return flags.get(name.lower(), "") or environ.get(f"SFJWT_{name}", "") or plugin

    return read("EXPORT") or "auto", read("EXPORT_FILE")


def find_unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Find variables named almost like an input, and describe each in a sentence."""
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
        f"{name} isn't an input and is ignored. Did you mean {_display_name(near)}?"
        for name in unknown
        for near in _similar_names(name, known)
    ]


def _similar_names(name: str, known: set[str]) -> list[str]:
    prefix, _, rest = name.partition("_")
    if meant := SF_CLI_NAMES.get(rest.lower().replace("_", "-")):
        return [f"{prefix}_{meant.upper().replace('-', '_')}"]
    import difflib  # noqa: PLC0415 -- few runs need it

    return difflib.get_close_matches(name, known, n=1, cutoff=0.85)


def _display_name(variable: str) -> str:
    """Return the name that people write: for `INPUT_…`, the input's name under `with:`."""
    is_input = variable.startswith("INPUT_")
    return f"`{variable.removeprefix('INPUT_').lower().replace('_', '-')}`" if is_input else variable


def _read_input(declared: Input, flags: Mapping[str, str], environ: Mapping[str, str]) -> object:
    text = next(filter(str.strip, _sources(declared, flags, environ)), declared.default)
    if declared.required and not text:
        raise _missing(declared, environ)
    # Files and secrets often end with an unintended line break.
    return declared.parse(text.rstrip("\r\n") if declared.verbatim else text.strip())


def _sources(declared: Input, flags: Mapping[str, str], environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the input's value in each source, empty if it has none. A file is read only if its turn comes."""
    given = flags.get(declared.attribute, "")
    yield _read_file(given, declared.flag) if declared.from_file and given else given
    name = declared.attribute.upper()
    # GitHub keeps the hyphens of an input's name; Gitea, Forgejo and act may not.
    yield environ.get(f"INPUT_{declared.name.upper()}", "")
    yield environ.get(f"INPUT_{name}", "")
    yield environ.get(f"SFJWT_{name}", "")
    path = environ.get(f"SFJWT_{name}_FILE", "")
    yield _read_file(path, f"SFJWT_{name}_FILE") if path else ""
    if _is_plugin(environ):
        yield environ.get(f"PLUGIN_{name}", "")


def _is_plugin(environ: Mapping[str, str]) -> bool:
    """Return whether this runs as a Woodpecker or Drone plugin, which gets its settings as `PLUGIN_…`."""
    return environ.get("CI") == "woodpecker" or "DRONE" in environ


def _read_file(path: str, source: str) -> str:
    """Read the file that the `source`, a flag or a variable, names; `-` is standard input."""
    try:
        content = _decode(read_file(path))
    except OSError as error:
        raise _unreadable(path, source, error.strerror or "it can't be opened") from None
    except ValueError:  # a NUL in the path
        raise _unreadable(path, source, "the path contains a NUL character") from None
    if not content.strip():
        name = "standard input" if path == "-" else f"the file {quote_path(path)}"
        raise InvalidValue(f"{source} names {name}, which is empty.", "Check the content.")
    return content


def _unreadable(path: str, source: str, reason: str) -> InvalidValue:
    """Return the error for a file that can't be read. The value may be the secret itself instead of its path."""
    if description := describe_path(path):
        return InvalidValue(
            f"{source} has {quote_path(path)}. {description}",
            f"Set {source} to the path of a file. On GitLab, use a variable of the type File.",
        )
    return InvalidValue(
        f"{source} names the file {quote_path(path)}, but it can't be read: {reason}.", "Check the path."
    )


def _extra_ca_certificates(environ: Mapping[str, str]) -> str:
    """Return the CA certificates of `NODE_EXTRA_CA_CERTS`, which self-hosted runners set for actions that run on Node.

    A file that can't be read doesn't count, as in Node: in a container, the runner's path may not exist.
    """
    try:
        path = environ.get("NODE_EXTRA_CA_CERTS", "")
        return parse_ca_certificates(_decode(read_file(path))) if path else ""
    except (OSError, ValueError, InvalidValue):  # a ValueError for a NUL in the path
        return ""


def _decode(content: bytes) -> str:
    """Decode a file. A binary file, such as PKCS#12 or DER, becomes base64, which keys and certificates may be in.

    PowerShell writes text in UTF-16.
    """
    try:
        return content.decode("utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    except UnicodeDecodeError:
        return base64.b64encode(content).decode()


def _missing(declared: Input, environ: Mapping[str, str]) -> InvalidValue:
    if environ.get("GITHUB_ACTIONS") == "true":
        return InvalidValue(
            "Missing required input.",
            f"Set `{declared.name}` under `with:`.",
            "An input that is set counts as missing if its secret or variable is empty. Check the name and the job's "
            "`environment:`. The caller of a reusable workflow must pass `secrets:`, such as `secrets: inherit`. "
            "Runs from forks and Dependabot get no secrets.",
        )
    variable = f"SFJWT_{declared.attribute.upper()}"
    return InvalidValue(
        "Missing required input.",
        f"Use {declared.flag}, or set {variable} or {variable}_FILE.",
        "A container gets only the variables that `--env` passes. In CI, builds of forks, pull requests or "
        "unprotected branches may get no secrets.",
    )
