"""Make signers of the settings: of private keys, or of keys that stay in a key management service."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sfjwt_action.signing.private_key import load_private_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfjwt_action.inputs.problems import Problems
    from sfjwt_action.inputs.settings import Settings
    from sfjwt_action.signing.kms.key import KmsKey
    from sfjwt_action.signing.signer import Signer
    from sfjwt_action.transport import Log


def load_signers(settings: Settings, problems: Problems, *, environ: Mapping[str, str], log: Log) -> tuple[Signer, ...]:
    """Return the signers of `private-key` or `kms-key`, in order.

    A key management service is contacted only if no problem was found so far.

    Args:
        settings: The inputs.
        problems: The problems found so far; more may be added.
        environ: The environment, which holds the credentials for a key management service.
        log: Logs every wait for a key management service.

    Raises:
        InvalidInput: There are problems, and a key management service would have to be contacted.
        KeyServiceUnreachable: A key management service didn't respond.
    """
    if not settings.kms_key:
        load = partial(load_private_keys, settings.private_key, settings.private_key_passphrase)
        return problems.attempt("private-key", load, otherwise=())
    from sfjwt_action.signing.kms.keys import connect, parse_keys  # noqa: PLC0415 -- most logins have a private key

    parse = partial(parse_keys, settings, environ, log)
    keys: tuple[KmsKey, ...] = problems.attempt("kms-key", parse, otherwise=())
    problems.raise_if_any()
    return problems.attempt("kms-key", partial(connect, keys, settings.retries, log), otherwise=())
