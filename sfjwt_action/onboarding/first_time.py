"""`sfjwt init`: everything that can be made on this side, in one directory, and a list of what is left."""

from __future__ import annotations

import re
import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sfjwt_action.onboarding.app_metadata import SOURCE, project_files
from sfjwt_action.onboarding.ci_secrets import ASK_FOR_CONSUMER_KEY, SYSTEMS
from sfjwt_action.onboarding.circumstances import Circumstances, place
from sfjwt_action.onboarding.credentials import Credentials, new_credentials
from sfjwt_action.onboarding.left_to_do import CERTIFICATE, KEY, NEXT_STEPS, WORKFLOW, left_to_do
from sfjwt_action.onboarding.placing import NewFile, check_free
from sfjwt_action.onboarding.questions import DIRECTORY, Answers, Question, ask_until_usable, settle
from sfjwt_action.onboarding.steps import as_markdown, as_text, shell
from sfjwt_action.onboarding.workflow import workflow
from sfjwt_action.settings import BadInput, Problem, Unusable, shown

if TYPE_CHECKING:
    from collections.abc import Mapping


def first_time(given: Mapping[str, str], around: Circumstances, *, connected_app: bool, key_size: int) -> None:
    """Make a key, a certificate, the app's metadata, a workflow, and the list of what is left to do.

    Args:
        given: Values of the flags that were given, by attribute name.
        around: Where, when and how.
        connected_app: Make a Connected App, for an org that still allows it.
        key_size: Bits of the RSA key.

    Raises:
        BadInput: Something cannot be used, or files are in the way. Nothing was written.
    """
    directory = _directory(given, around)
    answers = settle(given, around.ask, connected_app=connected_app, key_size=key_size)
    credentials = new_credentials(answers.label, key_size=key_size, days=answers.days, now=around.now)
    place(directory, _files(directory, answers, credentials, force=around.force), around)
    for line in _told(directory, answers, credentials):
        around.say(line)


def _directory(given: Mapping[str, str], around: Circumstances) -> Path:
    """Settle where to write, before anything else: it may not do."""

    def free(text: str) -> Path:
        if "://" in text:
            raise Unusable(
                f"It is {shown(text)}, a URL rather than a directory.", "Name a directory; the org is another question."
            )
        names = () if around.force else (KEY, CERTIFICATE, WORKFLOW, NEXT_STEPS)
        check_free(NewFile(Path(text) / name, b"") for name in names)
        return Path(text)

    question = Question("--out", "Directory to write into", DIRECTORY, free)
    if around.ask and not given.get("out"):
        return cast("Path", ask_until_usable(question, around.ask))
    try:
        return free(given.get("out") or DIRECTORY)
    except Unusable as error:
        raise BadInput([Problem("--out", error.found, error.remedy)]) from None


def _files(directory: Path, answers: Answers, credentials: Credentials, *, force: bool) -> list[NewFile]:
    new = partial(NewFile, replaces=force)
    texts = {
        **project_files(answers, credentials.certificate_pem.decode()),
        WORKFLOW: workflow(answers),
        NEXT_STEPS: "\n".join(_document(directory, answers)),
    }
    return [
        new(directory / KEY, credentials.key_pem, is_private=True),
        new(directory / CERTIFICATE, credentials.certificate_pem),
        *(new(directory / name, text.encode()) for name, text in texts.items()),
    ]


def _told(directory: Path, answers: Answers, credentials: Credentials) -> list[str]:
    kind = "Connected App" if answers.connected_app else "External Client App"
    made = {
        KEY: f"RSA private key, {answers.key_size} bits: it stays out of the repository, and goes into a secret",
        CERTIFICATE: f"its certificate, valid until {credentials.not_after:%Y-%m-%d}",
        f"{SOURCE}/": f"the {kind} {answers.api_name}, and a permission set of that name",
        WORKFLOW: "a GitHub workflow that logs in",
        NEXT_STEPS: "the list below, and the commands for other CI systems",
    }
    return [
        "",
        f"Made in {directory}:",
        *(f"  {name:22}{meaning}" for name, meaning in made.items()),
        f"SHA-256 of the public key: {credentials.fingerprint}",
        *_doubts(answers),
        f"Before the certificate expires: sfjwt init --rotate {shlex.quote(str(directory))}",
        "",
        "Left to do:",
        *as_text(left_to_do(directory, answers)),
    ]


def _doubts(answers: Answers) -> list[str]:
    """Ask for another look at a username that may be production's: a refresh adds the sandbox's name to each."""
    sandbox = re.search(r"--([a-z0-9-]+)\.sandbox\.", answers.login_url)
    if not sandbox or answers.username.lower().endswith(f".{sandbox[1]}"):
        return []
    likely = f"{answers.username}.{sandbox[1]}"
    return [f"Look again at the username: in this sandbox it is {likely}, unless the user was made there."]


def _document(directory: Path, answers: Answers) -> list[str]:
    lines = [
        f"# {answers.label}: what is left to do",
        "",
        f"Run the commands in the directory that `{directory}` is in.",
        "",
    ]
    lines += [*as_markdown(left_to_do(directory, answers)), "## The secrets in other CI systems", ""]
    lines += [f"Each takes the consumer key of step 3 (`{ASK_FOR_CONSUMER_KEY}`), and these:", ""]
    lines += shell(f"{name}={shlex.quote(value)}" for name, value in _variables(answers))
    lines += ["", "Where the image runs by itself, they are set as plain variables: they are no secrets."]
    for system in SYSTEMS:
        commands = [*system.first, system.key([str(directory / KEY)]), system.consumer_key]
        lines += ["", f"### {system.name}", "", *system.questions(commands), *shell(commands)]
        lines += ["", system.after] if system.after else []
    return [*lines, ""]


def _variables(answers: Answers) -> tuple[tuple[str, str], ...]:
    return ("SFJWT_USERNAME", answers.username), ("SFJWT_LOGIN_URL", answers.login_url)
