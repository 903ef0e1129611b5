"""Make a certificate for the next key in a key management service: `sfjwt init --rotate DIR --kms-key URI`.

`kms-key` may hold several keys, which are tried in order. So if it changes before the certificate, no login fails.
With the key of the current certificate, only the certificate is renewed.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from sfjwt_action.inputs.problems import InvalidInput, InvalidValue, Problem
from sfjwt_action.onboarding.atomic_files import NewFile
from sfjwt_action.onboarding.context import Context, write_files
from sfjwt_action.onboarding.credentials import Credentials, certified_signer
from sfjwt_action.onboarding.kms_setup import kms_setup
from sfjwt_action.onboarding.next_steps import CERTIFICATE, KEY
from sfjwt_action.onboarding.questions import number_of_days
from sfjwt_action.onboarding.rotation import (
    NEW_CERTIFICATE,
    ROTATION,
    await_fingerprint,
    common_name,
    deploy_certificate,
    read_file,
    read_metadata,
    with_certificate,
)
from sfjwt_action.onboarding.steps import Step, as_markdown, as_text
from sfjwt_action.signing.certificate import load_certificates

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from sfjwt_action.signing.signer import Signer

_FINISH_FIRST = f"A rotation has already started. Finish the steps in {ROTATION}, or start again with --force."


def rotate_in_service(directory: Path, given: Mapping[str, str], context: Context, signer: Signer) -> None:
    """Make a certificate for a key in a key management service, and say what to do with it.

    Args:
        directory: The directory with the current certificate, as `sfjwt init` made it.
        given: Values of the flags, by attribute name.
        context: The context.
        signer: The key that `kms_key` names: the next one, or the current one.

    Raises:
        InvalidInput: The directory's content is invalid, or files exist. Nothing was written.
    """
    try:
        certificate_pem = _current_certificate(directory)
        metadata = read_metadata(directory)
        current = load_certificates(certificate_pem.decode(errors="replace"))[0].fingerprint
    except InvalidValue as error:
        raise InvalidInput([Problem("--rotate", error.found, error.remedy)]) from None
    new = certified_signer(signer, common_name(certificate_pem), days=number_of_days(given), now=context.now)
    steps = _steps(directory, given["kms_key"], new, metadata, is_same_key=new.fingerprint == current)
    document = ["# Rotate the key without a failed login", "", *as_markdown(steps)]
    files = [
        NewFile(directory / NEW_CERTIFICATE, new.certificate_pem, replaces=context.force),
        NewFile(directory / ROTATION, "\n".join(document).encode(), replaces=context.force),
        *with_certificate(metadata, new.certificate_pem),
    ]
    write_files(directory, files, context, if_present=_FINISH_FIRST)
    context.say(f"Created in {directory}: {NEW_CERTIFICATE}, which expires on {new.not_after:%Y-%m-%d}, and {ROTATION}")
    context.say(f"SHA-256 fingerprint of the public key: {new.fingerprint}")
    for line in as_text(steps):
        context.say(line)


def _current_certificate(directory: Path) -> bytes:
    if (directory / KEY).exists():
        raise InvalidValue(
            f"The directory contains the private key {KEY}, and a login can't use both kinds of key.",
            "Create a second app for the key in the service: `sfjwt init --kms-key URI --label NAME --out DIR`.",
        )
    return read_file(directory / CERTIFICATE)


def _steps(directory: Path, uri: str, new: Credentials, metadata: Iterable[Path], *, is_same_key: bool) -> list[Step]:
    replace_files = Step(
        "Replace the old certificate.",
        commands=(f"(cd {shlex.quote(str(directory))} && mv {NEW_CERTIFICATE} {CERTIFICATE} && rm {ROTATION})",),
    )
    if is_same_key:
        return [deploy_certificate(directory, metadata), replace_files]
    return [
        Step("Let the repository's jobs sign with the new key too.", commands=kms_setup(uri).further_grants),
        Step(
            "List both keys in `kms-key`, the new key first.",
            (
                f"Put `{uri}` on a line before the current key. In a workflow, start the value with `|`.",
                "Salesforce rejects the new key for now, so jobs log in with the old key.",
            ),
        ),
        deploy_certificate(directory, metadata),
        await_fingerprint(new.fingerprint),
        Step(
            "Remove the old key from `kms-key`. It no longer works.",
            ("Then remove what lets jobs sign with it, and disable it in the service.",),
        ),
        replace_files,
    ]
