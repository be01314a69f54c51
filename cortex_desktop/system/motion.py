"""Whether the system asks programs to move as little as possible."""

from __future__ import annotations

import logging
import sys

log = logging.getLogger(__name__)

SPI_GETCLIENTAREAANIMATION = 0x1042
PORTAL = ("/org/freedesktop/portal/desktop", "org.freedesktop.portal.Desktop", "org.freedesktop.portal.Settings")
LONGEST_WAIT = 2.0
"""Seconds that the desktop's portal may take for an answer."""


def wants_less_motion() -> bool:
    """Return True if the person has set the system to reduce motion. May wait for the desktop's portal on Linux."""
    try:  # three foreign systems: after any error the program had better go on
        if sys.platform == "win32":
            return _on_windows()
        if sys.platform == "darwin":
            return _on_macos()
        return _on_linux()
    except Exception as error:
        log.info("the system does not say how much may move: %s", type(error).__name__)
        return False


if sys.platform == "win32":

    def _on_windows() -> bool:
        import ctypes

        animates = ctypes.c_int(1)
        ask = ctypes.WinDLL("user32").SystemParametersInfoW
        ask(SPI_GETCLIENTAREAANIMATION, 0, ctypes.byref(animates), 0)
        return not animates.value


if sys.platform == "darwin":

    def _on_macos() -> bool:
        import ctypes

        objc = ctypes.CDLL("/usr/lib/libobjc.A.dylib")
        for find in (objc.objc_getClass, objc.sel_registerName):
            find.restype, find.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
        get = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)(("objc_msgSend", objc))
        ask = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_void_p)(("objc_msgSend", objc))
        workspace = get(objc.objc_getClass(b"NSWorkspace"), objc.sel_registerName(b"sharedWorkspace"))
        return bool(ask(workspace, objc.sel_registerName(b"accessibilityDisplayShouldReduceMotion")))


def _on_linux() -> bool:
    """Ask the desktop's portal for GNOME's setting, which other desktops keep too."""
    from jeepney import DBusAddress, MessageType, new_method_call
    from jeepney.io.blocking import open_dbus_connection

    path, name, interface = PORTAL
    question = new_method_call(
        DBusAddress(path, name, interface), "Read", "ss", ("org.gnome.desktop.interface", "enable-animations")
    )
    with open_dbus_connection("SESSION") as connection:
        answer = connection.send_and_get_reply(question, timeout=LONGEST_WAIT)
    if answer.header.message_type is not MessageType.method_return:
        return False
    value = answer.body[0]
    while isinstance(value, tuple):  # a variant in a variant
        value = value[1]
    return value is False
