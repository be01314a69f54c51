"""PySide6 as a finished program needs it: what serves only those who write programs waits until it is asked for."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from threading import RLock
from types import CodeType, ModuleType
from typing import Protocol

FOR_ERRORS_AND_DOCS = frozenset(
    "shibokensupport.signature." + name
    for name in ("errorhandler", "layout", "lib.enum_sig", "lib.pyi_generator", "lib.tool", "parser")
) | {"inspect", "zipfile", "tempfile", "tokenize", "textwrap", "base64"}
"""What says how a function of Qt's is called, once a wrong call or `help()` wants to know, and what that imports, and
what unpacks it; `dataclasses` imports `inspect` as well. Together 2.3 MB."""
FEATURES = "shibokensupport.feature"


def load() -> None:
    """Load PySide6's base, and put Python's own `import` back in place of PySide6's.

    That one serves `from __feature__ import …`, which is not used here. To know who might use it, it reads the source
    of every module that is imported from then on, in whatever thread, and those lines stay in memory: 4 MB, and 20 ms
    of a start.

    PySide6 finds its Python part in a file of its own, as source that it compiles at each start, unless it was
    unpacked beside it (`SBK_EMBED=0` does so): only then can its modules wait, and come compiled.
    """
    if "shiboken6" in sys.modules:
        return
    sys.meta_path.insert(0, _Finder())
    import shiboken6  # noqa: F401

    own = getattr(builtins, "__orig_import__", None)
    if own is not None:
        builtins.__import__ = own


class _HasCode(Protocol):
    """A loader that knows a module's code: all that find modules in files do."""

    def get_code(self, fullname: str) -> CodeType | None: ...


class _Finder:
    """Finds the modules above like others, and has them wait."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: object = None) -> ModuleSpec | None:
        """See `importlib.abc.MetaPathFinder`."""
        if name not in FOR_ERRORS_AND_DOCS and name != FEATURES:
            return None
        found = PathFinder.find_spec(name, path)
        if found is None or not hasattr(found.loader, "get_code"):
            return found
        found.loader = _NoFeatures() if name == FEATURES else _Later(name, found.loader)  # type: ignore
        return found


class _NoFeatures:
    """Loads, in place of the module that sees to `from __feature__ import …`, one that never finds any."""

    def create_module(self, spec: ModuleSpec) -> None:
        """As usual."""

    def exec_module(self, module: ModuleType) -> None:
        """See `importlib.abc.Loader`."""
        module.feature_import = module.feature_imported = lambda *_, **__: None  # type: ignore[attr-defined]


class _Later:
    """Loads a module when the first of its names is asked for.

    Unlike `importlib.util.LazyLoader`, it does not take being put under a second name for such a question.
    """

    def __init__(self, name: str, loader: _HasCode) -> None:
        self._name = name
        self._loader = loader
        self._lock = RLock()
        self._begun = False

    def create_module(self, spec: ModuleSpec) -> None:
        """As usual."""

    def exec_module(self, module: ModuleType) -> None:
        """See `importlib.abc.Loader`."""

        def fill(name: str) -> object:
            if name.startswith("__"):  # `import` itself looks for some, which a module need not have
                raise AttributeError(name)
            with self._lock:  # another thread that asks meanwhile waits; one that is filling it gets what is there
                if not self._begun:
                    self._begun = True
                    exec(self._loader.get_code(self._name), names)  # type: ignore  # noqa: S102  # as `import` does
                    if names.get("__getattr__") is fill:
                        del names["__getattr__"]
            if name not in names:
                raise AttributeError(f"module {self._name!r} has no attribute {name!r}")
            return names[name]

        names = module.__dict__
        names["__getattr__"] = fill
