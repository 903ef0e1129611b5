"""A dotenv file by GitLab's rules: literal `NAME=value` lines, without quotes, comments or blank lines.

Rules: gitlab-org/gitlab, `Ci::ParseDotenvArtifactService`, and docs.gitlab.com, `artifacts:reports:dotenv`.
`docker run --env-file` reads the same lines.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sfjwt_action.ci.files import append_export
from sfjwt_action.ci.variables import not_exportable, require_single_line, variables
from sfjwt_action.inputs.quoting import quote_path

if TYPE_CHECKING:
    from pathlib import Path

    from sfjwt_action.inputs.settings import Settings
    from sfjwt_action.salesforce.session import Session

_SIZE_LIMIT = 5 * 1024
"""GitLab's default limit: a file must be smaller than this many bytes."""
_EXPANDED = re.compile(r"\$|%[a-z_]\w*%", re.ASCII | re.IGNORECASE)


def line(name: str, value: str) -> str:
    """Write a value, as it is.

    Raises:
        InvalidInput: GitLab would read another value.
    """
    if value.strip() != value:
        raise not_exportable(name, "The value starts or ends with white space, which readers of dotenv files remove.")
    if _EXPANDED.search(value):
        raise not_exportable(name, "The value contains `$` or `%NAME%`, which GitLab expands as a variable.")
    return f"{name}={require_single_line(name, value)}\n"


def render(session: Session, settings: Settings) -> str:
    """Write a login as a dotenv file.

    Raises:
        InvalidInput: A value cannot be written.
    """
    return "".join(line(name, value) for name, value in variables(session, settings).items())


def write(path: Path, text: str) -> None:
    """Append it.

    Raises:
        InvalidInput: The file would be larger than GitLab accepts, or can't be written. It stays unchanged.
    """
    size = (path.stat().st_size if path.exists() else 0) + len(text.encode())
    if size >= _SIZE_LIMIT:
        found = (
            f"{quote_path(path)} would have {size} bytes, but GitLab only accepts dotenv files under {_SIZE_LIMIT} "
            "bytes."
        )
        raise not_exportable("export-file", found, "Use a separate file, or `--export shell` within the job.")
    append_export(path, text)
