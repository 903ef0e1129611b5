"""How the entry points import: imports are most of a login's time, and much of what they load is seldom used."""

from __future__ import annotations

import os
import sys
from _thread import RLock
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, FileFinder, PathFinder, SourcelessFileLoader
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec

SELDOM_USED = (
    "ast",
    "cryptography.x509",
    "email.header",
    "email.quoprimime",
    "fnmatch",
    "idna",
    "locale",
    "mimetypes",
    "ntpath",
    "selectors",
    "stringprep",
    "textwrap",
    "tokenize",
    "traceback",
    "urllib3.http2",
    "zipfile",
)
"""Modules that libraries import for what most logins don't do."""

_LOCK = RLock()  # again for the thread that has it, because a module may use itself while it runs
_RUN = "_run_when_used"


def speed_up_imports() -> None:
    """Run modules that are seldom used only once they are used. In the image, look for no Python source.

    Call this before anything else is imported.
    """
    if sys.flags.no_site:  # in the image, which has byte code only
        loaders = (_ByteCodeLoader, [".pyc"]), (ExtensionFileLoader, EXTENSION_SUFFIXES)
        sys.path_hooks[:] = [FileFinder.path_hook(*loaders)]
        sys.path_importer_cache.clear()
    sys.meta_path.insert(0, _Finder)


class _ByteCodeLoader(SourcelessFileLoader):
    """Reads a file as it is, without the buffer and the five more system calls of Python's own loader."""

    def get_data(self, path: str) -> bytes:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            return os.read(descriptor, os.fstat(descriptor).st_size)
        finally:
            os.close(descriptor)


class _Finder:
    """Finds the modules that are seldom used, and defers them."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name in SELDOM_USED else None
        if spec and spec.loader:
            # _DeferringLoader isn't derived from Loader, because importlib.abc is slow to import.
            spec.loader = _DeferringLoader(spec.loader)  # type: ignore[assignment]
        return spec


class _DeferringLoader:
    """Loads a module, and leaves it to the module's first use to run it.

    importlib's own `LazyLoader` would also run it at its second import. Python 3.15 has lazy imports of its own
    (PEP 810).

    Args:
        loader: The module's own loader.
    """

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__:
            module.__spec__.loader = self._loader
        setattr(module, _RUN, self._loader.exec_module)
        module.__class__ = _Deferred


class _Deferred(ModuleType):
    """A module that runs when something in it is first used."""

    def __getattr__(self, name: str) -> object:
        path, full_name = self.__dict__.get("__path__"), f"{self.__name__}.{name}"
        # A package needn't run for `from package import submodule`.
        if path and PathFinder.find_spec(full_name, path):
            return import_module(full_name)
        with _LOCK:  # a thread that comes second waits until the module is whole
            if run := self.__dict__.pop(_RUN, None):
                try:
                    run(self)
                except BaseException:
                    setattr(self, _RUN, run)
                    raise
                self.__class__ = ModuleType  # type: ignore[assignment]
        return ModuleType.__getattribute__(self, name)
