"""How the entry points import: imports are most of a login's time, and much of what they load is seldom used."""

import sys
from _thread import RLock
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

    importlib's own `LazyLoader` would also run it at its second import, and at the first import of a submodule.
    Python 3.15 has lazy imports of its own (PEP 810).
    """

    def __getattr__(self, name: str) -> object:
        with _LOCK:  # a thread that comes second waits until the module is whole
            if run := self.__dict__.pop(_RUN, None):
                run(self)
                self.__class__ = ModuleType  # type: ignore[assignment]
        return ModuleType.__getattribute__(self, name)


_LOCK = RLock()  # again for the thread that has it, because a module may use itself while it runs
_RUN = "_run_when_used"


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
    if spec and spec.loader:
        module = module_from_spec(spec)
        module.__class__ = _Deferred
        setattr(module, _RUN, spec.loader.exec_module)
        sys.modules[name] = module
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)
