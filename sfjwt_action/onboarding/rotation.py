"""Make a second key and certificate beside the first, and say in which order to deploy them: `sfjwt init --rotate`.

An app accepts the signatures of one certificate. A secret may hold several keys, which are tried in order. So if the
secret changes before the certificate, no login fails and nothing has to happen at the same time.
"""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING

from cryptography import x509

from sfjwt_action.inputs.problems import InvalidInput, InvalidValue, Problem
from sfjwt_action.inputs.quoting import quote_path
from sfjwt_action.onboarding.app_metadata import CONNECTED_APP_SUFFIX, GLOBAL_OAUTH_SUFFIX, SOURCE
from sfjwt_action.onboarding.atomic_files import NewFile
from sfjwt_action.onboarding.ci_secrets import GITHUB, SYSTEMS
from sfjwt_action.onboarding.context import Context, agree_to_ignore, write_files
from sfjwt_action.onboarding.credentials import Credentials, new_credentials
from sfjwt_action.onboarding.next_steps import CERTIFICATE, KEY
from sfjwt_action.onboarding.questions import LABEL, number_of_days
from sfjwt_action.onboarding.steps import Step, as_markdown, as_text, enter, shell, where_to_run
from sfjwt_action.signing.certificate import check_match, load_certificates
from sfjwt_action.signing.private_key import load_private_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from sfjwt_action.signing.private_key import PrivateKey

NEW_KEY = "server-new.key"
NEW_CERTIFICATE = "server-new.crt"
ROTATION = "ROTATION.md"
_FINISH_FIRST = (
    f"A rotation has already started. Finish the steps in {ROTATION}. `--force` starts again and replaces the new key: "
    "if its certificate is already in Salesforce, logins fail."
)
_METADATA = (GLOBAL_OAUTH_SUFFIX, CONNECTED_APP_SUFFIX)
_CERTIFICATE_ELEMENT = re.compile(b"(?<=<certificate>)[^<]*(?=</certificate>)")


def rotate(directory: Path, given: Mapping[str, str], context: Context, *, key_size: int) -> None:
    """Make a second key and certificate, and say what to do with them.

    The app's metadata, if it exists, gets the new certificate. Otherwise its next deploy would restore the old one.

    Args:
        directory: The directory with the first key and certificate, as `sfjwt init` made it.
        given: Values of the flags, by attribute name.
        context: The context.
        key_size: Size of the new RSA key in bits.

    Raises:
        InvalidInput: The directory's content is invalid, or files exist. Nothing was written.
    """
    try:
        key, certificate_pem = _load_current(directory)
        metadata = read_metadata(directory)
    except InvalidValue as error:
        raise InvalidInput([Problem("--rotate", error.found, error.remedy)]) from None
    days = number_of_days(given)
    new = new_credentials(common_name(certificate_pem), key_size=key_size, days=days, now=context.now)
    files = _files(directory, new, metadata, force=context.force)
    if not agree_to_ignore(directory, files, context):
        raise InvalidInput([Problem("--rotate", "git would commit the new key.", "Add it to .gitignore.")])
    write_files(directory, files, context, if_present=_FINISH_FIRST)
    for line in _summary(directory, key, new, metadata):
        context.say(line)


def _load_current(directory: Path) -> tuple[PrivateKey, bytes]:
    """Load the current key and its certificate, which must belong together."""
    if not os.path.isdir(directory):  # noqa: PTH112 -- Path.is_dir raises for a name that is too long
        raise InvalidValue(
            f"{quote_path(directory)} isn't a directory.",
            f"Use the directory that contains the current {KEY} and {CERTIFICATE}.",
        )
    key_pem, certificate_pem = read_file(directory / KEY), read_file(directory / CERTIFICATE)
    key = load_private_keys(key_pem.decode(errors="replace"))[0]
    check_match(load_certificates(certificate_pem.decode(errors="replace")), [key])
    return key, certificate_pem


def read_file(path: Path) -> bytes:
    """Read a file of the directory that `sfjwt init` wrote.

    Raises:
        InvalidValue: It can't be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidValue(
            f"Can't read {quote_path(path)}: {error.strerror}.",
            f"Use the directory that contains the current {KEY} and {CERTIFICATE}. If the key is in a key management "
            "service, add `--kms-key`.",
        ) from None


def read_metadata(directory: Path) -> dict[Path, bytes]:
    """Return the metadata files that hold the certificate, with their contents.

    Raises:
        InvalidValue: One can't be read.
    """
    paths = [path for suffix in _METADATA for path in (directory / SOURCE).rglob(f"*{suffix}")]
    contents = {path: read_file(path) for path in paths}
    return {path: content for path, content in contents.items() if _CERTIFICATE_ELEMENT.search(content)}


def common_name(certificate_pem: bytes) -> str:
    """Return a certificate's common name; a default if it has none or isn't PEM."""
    try:
        subject = x509.load_pem_x509_certificate(certificate_pem).subject
    except ValueError:
        return LABEL
    names = subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else LABEL


def _files(directory: Path, new: Credentials, metadata: dict[Path, bytes], *, force: bool) -> list[NewFile]:
    return [
        NewFile(directory / NEW_KEY, new.key_pem, is_private=True, replaces=force),
        NewFile(directory / NEW_CERTIFICATE, new.certificate_pem, replaces=force),
        NewFile(directory / ROTATION, "\n".join(_document(directory, new, metadata)).encode(), replaces=force),
        *with_certificate(metadata, new.certificate_pem),
    ]


def with_certificate(metadata: Mapping[Path, bytes], certificate_pem: bytes) -> list[NewFile]:
    """Return the metadata files with another certificate."""
    return [
        NewFile(path, _CERTIFICATE_ELEMENT.sub(certificate_pem, content, count=1), replaces=True)
        for path, content in metadata.items()
    ]


def _summary(directory: Path, old: PrivateKey, new: Credentials, metadata: Iterable[Path]) -> list[str]:
    made = {
        NEW_KEY: f"the new private key, with the SHA-256 fingerprint {new.fingerprint}",
        NEW_CERTIFICATE: f"its certificate, which expires on {new.not_after:%Y-%m-%d}",
        ROTATION: "the steps below, and the commands for other CI systems",
    }
    return [
        "",
        f"Created in {directory}:",
        *(f"  {name:17}{meaning}" for name, meaning in made.items()),
        *(f"  {path} now has the new certificate." for path in metadata),
        f"The current key is unchanged. Its SHA-256 fingerprint is {old.fingerprint}",
        "",
        "Follow these steps in order, and no login fails:",
        *as_text(_steps(directory, new, metadata)),
    ]


def _document(directory: Path, new: Credentials, metadata: Iterable[Path]) -> list[str]:
    both, alone = _both(directory), [str(directory / NEW_KEY)]
    lines = [
        "# Rotate the key without a failed login",
        "",
        where_to_run(directory),
        "",
    ]
    lines += [*as_markdown(_steps(directory, new, metadata)), "## Secrets in other CI systems"]
    for system in SYSTEMS:
        first, last = system.key_again(both), system.key_again(alone)
        lines += ["", f"### {system.name}", ""]
        lines += system.questions([*system.again, first])
        lines += [*shell(system.again), ""] if system.again else []
        lines += ["Step 1:", "", *shell([first]), "", "Step 4:", "", *shell([last])]
    return [*lines, ""]


def _both(directory: Path) -> list[str]:
    """Return the key files of the combined secret, in the order in which a login tries them."""
    return [str(directory / NEW_KEY), str(directory / KEY)]


def _steps(directory: Path, new: Credentials, metadata: Iterable[Path]) -> list[Step]:
    at = enter(directory)
    return [
        Step(
            "Store both keys in the secret, the new key first.",
            (
                "Salesforce rejects the new key for now, so jobs log in with the old key.",
                f"The end of {ROTATION} lists the commands for other CI systems.",
            ),
            (GITHUB.key_again(_both(directory)),),
        ),
        deploy_certificate(directory, metadata),
        await_fingerprint(new.fingerprint),
        Step("Store only the new key in the secret.", commands=(GITHUB.key_again([str(directory / NEW_KEY)]),)),
        Step(
            "Replace the old files. The old key no longer works.",
            (f"Commit the new {CERTIFICATE} if the old one is committed, and keep {KEY} where the old one was.",),
            commands=(f"({at}mv {NEW_KEY} {KEY} && mv {NEW_CERTIFICATE} {CERTIFICATE} && rm {ROTATION})",),
        ),
    ]


def deploy_certificate(directory: Path, metadata: Iterable[Path]) -> Step:
    """Return the step that makes Salesforce accept the new key."""
    at = enter(directory)
    commands = tuple(
        f"({at}sf project deploy start --source-dir {shlex.quote(str(path.relative_to(directory)))} --target-org admin)"
        for path in metadata
    )
    return Step(
        f"{'Deploy the new certificate, or upload' if commands else 'Upload'} {NEW_CERTIFICATE} in Setup.",
        (
            (
                "External Client App: **Setup → External Client App Manager → your app → Settings → "
                "OAuth Settings → Flow Enablement → Edit**."
            ),
            "Connected App: **Setup → App Manager → your app → Edit → Use digital signatures**.",
            _AS_ADMINISTRATOR if commands else _NO_METADATA,
        ),
        commands,
    )


_NO_METADATA = (
    "The directory has no metadata with the certificate to deploy. A clone never has it, because the file may contain "
    "the consumer key and git ignores it."
)
_AS_ADMINISTRATOR = (
    "The command uses the org alias admin. If you no longer have it, run `sf org login web --alias admin "
    "--instance-url https://YOUR-MY-DOMAIN` first."
)


def await_fingerprint(fingerprint: str) -> Step:
    """Return the step that shows whether Salesforce accepts the new key."""
    return Step(
        "Wait 2 to 10 minutes, then run a job.",
        (
            f"The line “Logged in to Salesforce” in its log ends with the new key's fingerprint, {fingerprint}.",
            "If it ends with the old fingerprint, wait and run the job again.",
        ),
    )
