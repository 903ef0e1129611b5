"""The job's OIDC token, which services accept in exchange for credentials.

On GitHub: https://docs.github.com/en/actions/reference/security/oidc#methods-for-requesting-the-oidc-token
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from sfjwt_action.inputs.files import read_file
from sfjwt_action.inputs.problems import InvalidValue
from sfjwt_action.signing.kms.client import Client, json_object, require_https

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfjwt_action.signing.kms.client import Context

REQUEST_URL = "ACTIONS_ID_TOKEN_REQUEST_URL"
REQUEST_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"  # noqa: S105 -- a variable's name

ADD_PERMISSION = "On GitHub, add `permissions: id-token: write` to the job, so that it can get an OIDC token."


def can_request_token(environ: Mapping[str, str]) -> bool:
    """Return whether the job may request an OIDC token from GitHub."""
    return bool(environ.get(REQUEST_URL) and environ.get(REQUEST_TOKEN))


def request_token(context: Context, audience: str = "") -> str:
    """Request the job's OIDC token from GitHub.

    Args:
        context: The environment, and what sends the request.
        audience: The token's audience; empty for GitHub's default, the URL of the repository's owner.

    Raises:
        InvalidValue: The job may not request one, or GitHub refused.
        KeyServiceUnreachable: GitHub didn't respond.
    """
    if not can_request_token(context.environ):
        raise InvalidValue(f"The job has no {REQUEST_URL}, so it can't get an OIDC token.", ADD_PERMISSION)
    url = require_https(context.environ[REQUEST_URL], REQUEST_URL)
    client = Client("GitHub's OIDC provider", REQUEST_URL, context, _parse_error)
    bearer = context.environ[REQUEST_TOKEN]
    target = f"{url}{'&' if '?' in url else '?'}audience={quote(audience, safe='')}" if audience else url
    body = client.call_json("GET", target, headers={"Authorization": f"Bearer {bearer}"}, secrets=(bearer,))
    token = body.get("value")
    if not isinstance(token, str) or not token:
        raise client.unexpected(url)
    return token


def read_token(path: str, source: str) -> str:
    """Read the file that holds an OIDC token.

    Args:
        path: The file.
        source: The variable that names it.

    Raises:
        InvalidValue: It can't be read or is empty.
    """
    try:
        token = read_file(path).decode().strip()
    except (OSError, ValueError):
        token = ""
    if not token:
        raise InvalidValue(
            f"{source} names a file that can't be read or is empty.",
            "Check the path. A container sees only files in the workspace.",
        )
    return token


def _parse_error(body: bytes) -> tuple[str, str]:
    error = json_object(body)
    return str(error.get("typeKey") or error.get("error") or ""), str(error.get("message") or "")
