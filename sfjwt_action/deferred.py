"""Puts off what PyJWT imports and a login seldom uses; to be called before it is imported."""

from __future__ import annotations

import sys
from importlib.util import LazyLoader, find_spec, module_from_spec

import cryptography


def defer_x509() -> None:
    """Let `cryptography.x509` be imported where it is first used, for a certificate: that takes about 10 ms and 1 MB.

    Its `from cryptography import x509` stays as it is, and finds the module that is not loaded yet.
    """
    spec = find_spec("cryptography.x509")
    if spec and spec.loader:
        spec.loader = LazyLoader(spec.loader)
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        # With its parent's attribute alone, an import by its full name would load it a second time.
        sys.modules[spec.name] = cryptography.x509 = module  # type: ignore[attr-defined]
