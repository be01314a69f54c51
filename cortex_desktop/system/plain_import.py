"""Python's own `import` statement, which PySide6 replaces."""

from __future__ import annotations

import builtins
import linecache


def restore() -> None:
    """Load PySide6's base and put Python's `import` back.

    PySide6's own serves `from __feature__ import …`, which is not used here. To know who might use it, it reads the
    source of every module that is imported from then on, in whatever thread, and those lines stay in memory: 25,000
    of them, which are 4 MB, and 20 ms of a start.
    """
    import shiboken6  # noqa: F401  # replaces it

    own = getattr(builtins, "__orig_import__", None)
    if own is not None:
        builtins.__import__ = own
        linecache.clearcache()  # what it has read so far, 0.2 MB
