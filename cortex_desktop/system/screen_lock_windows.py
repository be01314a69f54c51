"""Windows' messages to a window when the session is left."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractNativeEventFilter, QByteArray, QCoreApplication

WM_WTSSESSION_CHANGE = 0x02B1
WTS_LEAVING = (2, 4, 7)
"""WTS_CONSOLE_DISCONNECT, WTS_REMOTE_DISCONNECT, WTS_SESSION_LOCK."""


class WindowsEars:
    """Calls `locked`. window_id: of a native window of ours, which gets the messages."""

    def __init__(self, window_id: int, locked: Callable[[], None]) -> None:
        register = ctypes.CDLL("wtsapi32").WTSRegisterSessionNotification
        register.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
        this_session = 0
        if not register(window_id, this_session):
            raise OSError
        app = QCoreApplication.instance()
        assert app is not None
        self._filter = MessageFilter(locked)
        app.installNativeEventFilter(self._filter)

    def close(self) -> None:
        """Hear no more."""
        app = QCoreApplication.instance()
        if app is not None:
            app.removeNativeEventFilter(self._filter)


class Message(ctypes.Structure):
    """The part of Windows' MSG that matters here."""

    _fields_ = (
        ("window", ctypes.c_void_p),
        ("message", ctypes.c_uint32),
        ("word", ctypes.c_size_t),
    )


class MessageFilter(QAbstractNativeEventFilter):
    """Picks the session's changes out of the window messages."""

    def __init__(self, locked: Callable[[], None]) -> None:
        super().__init__()
        self._locked = locked

    def nativeEventFilter(self, kind: QByteArray | bytes | bytearray | memoryview, message: int) -> Any:
        found = Message.from_address(int(message))
        if found.message == WM_WTSSESSION_CHANGE and found.word in WTS_LEAVING:
            self._locked()
        return False, 0
