"""macOS' notifications of a locked screen."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

NOTIFICATIONS = (b"com.apple.screenIsLocked", b"com.apple.screensaver.didstart")


class MacEars:
    """Calls `locked`. Hears the distributed notification centre, by its C face: no Objective-C class is needed."""

    def __init__(self, locked: Callable[[], None]) -> None:
        self._library = library = _core_foundation()
        # It must live as long as it may be called: see `close`.
        self._callback = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 5)(lambda *_: locked())
        self._centre = ctypes.c_void_p(library.CFNotificationCenterGetDistributedCenter())
        self._observer = ctypes.c_void_p(id(self))
        utf8, at_once = 0x08000100, ctypes.c_long(4)
        for name in NOTIFICATIONS:
            text = ctypes.c_void_p(library.CFStringCreateWithCString(None, name, utf8))
            library.CFNotificationCenterAddObserver(self._centre, self._observer, self._callback, text, None, at_once)

    def close(self) -> None:
        """Hear no more."""
        self._library.CFNotificationCenterRemoveEveryObserver(self._centre, self._observer)


def _core_foundation() -> ctypes.CDLL:
    library = ctypes.CDLL("/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation")
    library.CFNotificationCenterGetDistributedCenter.restype = ctypes.c_void_p
    library.CFStringCreateWithCString.restype = ctypes.c_void_p
    return library
