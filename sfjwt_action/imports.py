"""How the entry points import: imports are most of a login's time, and much of what they load is seldom used."""

import sys
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, FileFinder, SourcelessFileLoader
from importlib.util import find_spec, module_from_spec
from types import ModuleType

SELDOM_USED = (
    "ast",
    "cryptography.x509",
    "email.header",
    "idna",
    "locale",
    "selectors",
    "tokenize",
    "traceback",
    "zipfile",
)
"""Modules that libraries import for what most logins don't do."""


class _Deferred(ModuleType):
    """A module that runs when something in it is first used.

    importlib's own `LazyLoader` would also run it at its second import, and at the first import of a submodule. It
    has a lock, which isn't needed here, because a login's main thread waits while another one sends. Python 3.15 has
    lazy imports of its own (PEP 810).
    """

    def __getattr__(self, name: str) -> object:
        self.__class__ = ModuleType  # type: ignore[assignment]
        if self.__spec__ and self.__spec__.loader:
            self.__spec__.loader.exec_module(self)
        return getattr(self, name)


def speed_up_imports() -> None:
    """Run modules that are seldom used only once they are used. In the image, look for no Python source.

    Call this before anything else is imported.
    """
    if sys.flags.no_site:  # in the image, which has byte code only
        loaders = (SourcelessFileLoader, [".pyc"]), (ExtensionFileLoader, EXTENSION_SUFFIXES)
        sys.path_hooks[:] = [FileFinder.path_hook(*loaders)]
        sys.path_importer_cache.clear()
    for name in SELDOM_USED:
        _defer(name)


def _defer(name: str) -> None:
    spec = find_spec(name)
    if spec:
        module = module_from_spec(spec)
        module.__class__ = _Deferred
        sys.modules[name] = module
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)
