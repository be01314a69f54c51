"""Notices when the system locks the screen or goes to sleep. Load it after the first paint."""

from __future__ import annotations

import ctypes
import logging
import sys
from typing import Any

from PySide6.QtCore import SLOT, QAbstractNativeEventFilter, QByteArray, QCoreApplication, QObject, Signal, Slot

log = logging.getLogger(__name__)

LINUX_SCREEN_SAVERS = (
    "org.freedesktop.ScreenSaver",
    "org.gnome.ScreenSaver",
    "org.cinnamon.ScreenSaver",
    "org.mate.ScreenSaver",
    "org.xfce.ScreenSaver",
)

MACOS_NOTIFICATIONS = (b"com.apple.screenIsLocked", b"com.apple.screensaver.didstart")

WM_WTSSESSION_CHANGE = 0x02B1
WTS_LEAVING = (2, 4, 7)
"""WTS_CONSOLE_DISCONNECT, WTS_REMOTE_DISCONNECT, WTS_SESSION_LOCK."""


class ScreenLock(QObject):
    """locked: nobody is in front of the screen any more.

    Nobody who could fake this notice gains by it, so who sends it is not looked at.
    """

    locked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._filter: _WindowsFilter | None = None
        self._callback: object = None

    def watch(self, window_id: int) -> None:
        """Notice from now on, where the system tells. window_id: of a native window of ours."""
        try:
            if sys.platform == "win32":
                self._watch_windows(window_id)
            elif sys.platform == "darwin":
                self._watch_macos()
            else:
                self._watch_linux()
        except Exception as error:  # three foreign systems: whatever it is, the program is better off going on
            log.warning("the screen's lock is not noticed: %s", type(error).__name__)

    def _watch_linux(self) -> None:
        from PySide6.QtDBus import QDBusConnection

        session, system = QDBusConnection.sessionBus(), QDBusConnection.systemBus()
        signals = [(session, interface, "ActiveChanged", "_leaving(bool)") for interface in LINUX_SCREEN_SAVERS]
        signals.append((system, "org.freedesktop.login1.Session", "Lock", "_locked()"))
        signals.append((system, "org.freedesktop.login1.Manager", "PrepareForSleep", "_leaving(bool)"))
        for bus, interface, name, slot in signals:
            # The stubs want bytes, which the function itself refuses.
            bus.connect("", "", interface, name, self, SLOT(slot))  # type: ignore[call-overload]

    def _watch_windows(self, window_id: int) -> None:
        register = ctypes.CDLL("wtsapi32").WTSRegisterSessionNotification
        register.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
        this_session = 0
        if not register(window_id, this_session):
            raise OSError
        app = QCoreApplication.instance()
        assert app is not None
        self._filter = _WindowsFilter(self)
        app.installNativeEventFilter(self._filter)

    def _watch_macos(self) -> None:
        # The distributed notification centre's C face: no Objective-C class is needed to listen.
        library = _core_foundation()
        callback = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 5)
        self._callback = callback(self._heard_macos)  # must live as long as it may be called: see `close`
        centre = library.CFNotificationCenterGetDistributedCenter()
        utf8, at_once = 0x08000100, ctypes.c_long(4)
        for name in MACOS_NOTIFICATIONS:
            text = ctypes.c_void_p(library.CFStringCreateWithCString(None, name, utf8))
            library.CFNotificationCenterAddObserver(
                ctypes.c_void_p(centre), ctypes.c_void_p(id(self)), self._callback, text, None, at_once
            )

    def _heard_macos(self, *_: object) -> None:
        self.locked.emit()

    def close(self) -> None:
        """Notice no more."""
        app = QCoreApplication.instance()
        if self._filter is not None and app is not None:
            app.removeNativeEventFilter(self._filter)
            self._filter = None
        if self._callback is not None:
            library = _core_foundation()
            centre = ctypes.c_void_p(library.CFNotificationCenterGetDistributedCenter())
            library.CFNotificationCenterRemoveEveryObserver(centre, ctypes.c_void_p(id(self)))
            self._callback = None

    @Slot(bool)
    def _leaving(self, now: bool) -> None:
        if now:
            self.locked.emit()

    @Slot()
    def _locked(self) -> None:
        self.locked.emit()


def _core_foundation() -> ctypes.CDLL:
    library = ctypes.CDLL("/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation")
    library.CFNotificationCenterGetDistributedCenter.restype = ctypes.c_void_p
    library.CFStringCreateWithCString.restype = ctypes.c_void_p
    return library


class _Message(ctypes.Structure):
    """The part of Windows' MSG that matters here."""

    _fields_ = (
        ("window", ctypes.c_void_p),
        ("message", ctypes.c_uint32),
        ("word", ctypes.c_size_t),
    )


class _WindowsFilter(QAbstractNativeEventFilter):
    """Picks the session's changes out of the window messages."""

    def __init__(self, lock: ScreenLock) -> None:
        super().__init__()
        self._lock = lock

    def nativeEventFilter(self, kind: QByteArray | bytes | bytearray | memoryview, message: int) -> Any:
        found = _Message.from_address(int(message))
        if found.message == WM_WTSSESSION_CHANGE and found.word in WTS_LEAVING:
            self._lock.locked.emit()
        return False, 0
