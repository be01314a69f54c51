"""Reports when a window is mapped on X11, from the X server's own events."""

from __future__ import annotations

import ctypes
import select
import time

SUBSTRUCTURE_NOTIFY_MASK = 1 << 19
MAP_NOTIFY = 19
EVENT_BYTES = 192  # XEvent is a union with 24 longs


class MappedWindows:
    """Watches the root window of the display in DISPLAY, between `with` and its end."""

    def __init__(self) -> None:
        x11 = self._x11 = ctypes.CDLL("libX11.so.6")
        x11.XOpenDisplay.restype = ctypes.c_void_p
        x11.XDefaultRootWindow.restype = ctypes.c_ulong
        x11.XDefaultRootWindow.argtypes = x11.XConnectionNumber.argtypes = [ctypes.c_void_p]
        x11.XSelectInput.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_long]
        x11.XSync.argtypes = [ctypes.c_void_p, ctypes.c_int]
        x11.XPending.argtypes = x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
        x11.XNextEvent.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
        self._display = x11.XOpenDisplay(None)
        if not self._display:
            raise OSError("no X display")
        x11.XSelectInput(self._display, x11.XDefaultRootWindow(self._display), SUBSTRUCTURE_NOTIFY_MASK)
        self.forget()

    def __enter__(self) -> MappedWindows:
        return self

    def __exit__(self, *_: object) -> None:
        self._x11.XCloseDisplay(self._display)

    def forget(self) -> None:
        """Drop the events of windows that were mapped until now."""
        self._x11.XSync(self._display, True)

    def wait(self, seconds: float) -> float:
        """Wait until the next window is mapped; return when that was, by time.monotonic(). Raises TimeoutError."""
        end = time.monotonic() + seconds
        event = ctypes.create_string_buffer(EVENT_BYTES)
        while time.monotonic() < end:
            while self._x11.XPending(self._display):
                self._x11.XNextEvent(self._display, event)
                if ctypes.c_int.from_buffer(event).value == MAP_NOTIFY:
                    return time.monotonic()
            select.select([self._x11.XConnectionNumber(self._display)], [], [], end - time.monotonic())
        raise TimeoutError("no window came up")
