"""Make a key, a certificate, an app's metadata and a workflow in one directory, with a list of the next steps."""

from __future__ import annotations

import re
import shlex
import textwrap
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sfjwt_action.inputs.problems import InvalidValue
from sfjwt_action.inputs.quoting import may_be_key_or_token, quote
from sfjwt_action.onboarding.app_metadata import SOURCE, project_files
from sfjwt_action.onboarding.atomic_files import NewFile, require_absent
from sfjwt_action.onboarding.ci_secrets import ASK_FOR_CONSUMER_KEY, SYSTEMS
from sfjwt_action.onboarding.context import Context, agree_to_ignore, write_files
from sfjwt_action.onboarding.credentials import Credentials, certified_signer, new_credentials
from sfjwt_action.onboarding.next_steps import CERTIFICATE, KEY, NEXT_STEPS, WORKFLOW, next_steps
from sfjwt_action.onboarding.questions import DIRECTORY, Answers, Question, ask_until_valid, collect_answers, questions
from sfjwt_action.onboarding.steps import as_markdown, as_text, shell, where_to_run
from sfjwt_action.onboarding.workflow import workflow
from sfjwt_action.salesforce.hosts import misspelled_host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfjwt_action.signing.signer import Signer

_FIRST_LINE = (
    "This creates a private key, a certificate, an app as metadata and a workflow in one directory. "
    "It sends nothing anywhere."
)


_FIRST_LINE_WITH_SIGNER = (
    "This creates a certificate, an app as metadata and a workflow in one directory. "
    "The key management service signs the certificate."
)


def init(
    given: Mapping[str, str], context: Context, *, connected_app: bool, key_size: int, signer: Signer | None = None
) -> None:
    """Make a key, a certificate, the app's metadata, a workflow, and the list of next steps.

    Args:
        given: Values of the flags, by attribute name.
        context: The context.
        connected_app: Make a Connected App, for an org that still allows it.
        key_size: Size of the RSA key in bits.
        signer: The key in a key management service that `kms_key` names; None to make a private key.

    Raises:
        InvalidInput: A value is invalid, or files exist. Nothing was written.
    """
    if context.ask:
        context.say(textwrap.fill(_FIRST_LINE if signer is None else _FIRST_LINE_WITH_SIGNER, 80) + "\n")
    where = _directory(context)
    collected = collect_answers([where, *questions(connected_app=connected_app)], given, context.ask)
    directory = collected.pop(where.attribute)
    kms_key = given["kms_key"] if signer else ""
    answers = Answers(**collected, connected_app=connected_app, key_size=key_size, kms_key=kms_key)
    if signer:
        credentials = certified_signer(signer, answers.label, days=answers.days, now=context.now)
    else:
        credentials = new_credentials(answers.label, key_size=key_size, days=answers.days, now=context.now)
    files = _files(directory, answers, credentials, force=context.force)
    while context.ask and not agree_to_ignore(directory, files, context):
        context.say("Nothing was written. Choose a directory outside the work tree.")
        directory = cast("Path", ask_until_valid(where, context.ask))
        files = _files(directory, answers, credentials, force=context.force)
    write_files(directory, files, context)
    for line in _summary(directory, answers, credentials):
        context.say(line)


def _directory(context: Context) -> Question:
    """Return the question about the directory. It comes first, because the directory may not be usable."""

    def parse(text: str) -> Path:
        if "://" in text:
            raise InvalidValue("This is a URL.", "Enter a directory. The org's URL is another question.")
        if may_be_key_or_token(text):
            raise InvalidValue(f"This is {quote(text)} that doesn't look like a directory.", "Enter a directory.")
        names = () if context.force else (KEY, CERTIFICATE, WORKFLOW, NEXT_STEPS)
        require_absent(NewFile(Path(text) / name, b"") for name in names)
        return Path(text)

    return Question("--out", "Directory to write to", DIRECTORY, parse)


def _files(directory: Path, answers: Answers, credentials: Credentials, *, force: bool) -> list[NewFile]:
    new = partial(NewFile, replaces=force)
    texts = {
        **project_files(answers, credentials.certificate_pem.decode()),
        WORKFLOW: workflow(answers),
        NEXT_STEPS: "\n".join(_document(directory, answers)),
    }
    return [
        *([new(directory / KEY, credentials.key_pem, is_private=True)] if credentials.key_pem else []),
        new(directory / CERTIFICATE, credentials.certificate_pem),
        *(new(directory / name, text.encode()) for name, text in texts.items()),
    ]


def _summary(directory: Path, answers: Answers, credentials: Credentials) -> list[str]:
    kind = "Connected App" if answers.connected_app else "External Client App"
    made = {
        **({} if answers.kms_key else {KEY: f"RSA private key, {answers.key_size} bits. Never commit it."}),
        CERTIFICATE: f"its certificate, which expires on {credentials.not_after:%Y-%m-%d}",
        f"{SOURCE}/": f"the {kind} {answers.api_name} and a permission set with the same name",
        WORKFLOW: "a GitHub workflow that logs in",
        NEXT_STEPS: "the steps below" + ("" if answers.is_local else ", and the commands for other CI systems"),
    }
    return [
        "",
        f"Created in {directory}:",
        *(f"  {name:22}{meaning}" for name, meaning in made.items()),
        f"SHA-256 fingerprint of the public key: {credentials.fingerprint}",
        *_warnings(answers),
        f"Before the certificate expires, run: sfjwt init --rotate {shlex.quote(str(directory))}"
        + (f" --kms-key {shlex.quote(answers.kms_key)}" if answers.kms_key else ""),
        "",
        "Next steps:",
        *as_text(next_steps(directory, answers)),
    ]


def _warnings(answers: Answers) -> list[str]:
    """Warn about a misspelled My Domain, or a username that may be production's.

    A sandbox refresh appends the sandbox's name to each username.
    """
    if meant := misspelled_host(answers.login_url):
        return [f"Check the My Domain. {answers.login_url} isn't a Salesforce host. Did you mean {meant}?"]
    sandbox = re.search(r"--([a-z0-9-]+)\.sandbox\.", answers.login_url)
    if not sandbox or answers.username.lower().endswith(f".{sandbox[1]}"):
        return []
    likely = f"{answers.username}.{sandbox[1]}"
    return [f"Check the username. In this sandbox it is {likely}, unless the user was created there."]


def _document(directory: Path, answers: Answers) -> list[str]:
    lines = [
        f"# {answers.label}: next steps",
        "",
        where_to_run(directory),
        "",
    ]
    lines += as_markdown(next_steps(directory, answers))
    if not answers.is_local:
        lines += _with_kms_key(answers) if answers.kms_key else _with_private_key(directory, answers)
    return [*lines, ""]


def _with_kms_key(answers: Answers) -> list[str]:
    values = (*_variables(answers), ("SFJWT_KMS_KEY", answers.kms_key))
    return [
        "## Other CI systems",
        "",
        (
            "Store the consumer key as the secret `SFJWT_CONSUMER_KEY`. Set these variables where the container runs. "
            "They aren't secrets. docs/kms.md lists the variables for the credentials."
        ),
        "",
        *shell(f"{name}={shlex.quote(value)}" for name, value in values),
    ]


def _with_private_key(directory: Path, answers: Answers) -> list[str]:
    lines = ["## Secrets in other CI systems", ""]
    lines += [f"The commands use the consumer key of step 3 (`{ASK_FOR_CONSUMER_KEY}`) and these variables:", ""]
    lines += shell(f"{name}={shlex.quote(value)}" for name, value in _variables(answers))
    lines += ["", "Set both as plain variables of the job, where no command below stores them. They aren't secrets."]
    for system in SYSTEMS:
        commands = [*system.first, system.key([str(directory / KEY)]), system.consumer_key]
        lines += ["", f"### {system.name}", "", *system.questions(commands), *shell(commands)]
        lines += ["", system.after] if system.after else []
    return lines


def _variables(answers: Answers) -> tuple[tuple[str, str], ...]:
    return ("SFJWT_USERNAME", answers.username), ("SFJWT_LOGIN_URL", answers.login_url)
