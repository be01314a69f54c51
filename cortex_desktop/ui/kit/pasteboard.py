"""macOS: mark what is on the pasteboard as concealed (nspasteboard.org), which clipboard managers respect.

Qt for Python has no bridge to pasteboard types of one's own (hazard H-C2), so this speaks to AppKit through ctypes.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import logging

log = logging.getLogger(__name__)

CONCEALED = b"org.nspasteboard.ConcealedType"


def mark_concealed() -> None:
    """Add the concealed type, empty, to the general pasteboard's present content. Failing is logged, not raised."""
    try:
        library = ctypes.util.find_library("objc")
        if library is None:
            raise OSError("no Objective-C runtime")
        objc = ctypes.CDLL(library)
        objc.objc_getClass.restype = objc.sel_registerName.restype = ctypes.c_void_p
        objc.objc_getClass.argtypes = objc.sel_registerName.argtypes = [ctypes.c_char_p]
        address = ctypes.cast(objc.objc_msgSend, ctypes.c_void_p).value
        assert address is not None

        def send(target: int, selector: bytes, *arguments: ctypes.c_void_p | ctypes.c_char_p) -> int:
            # objc_msgSend takes the types of the method it calls, so each call declares its own.
            kinds = [ctypes.c_void_p, ctypes.c_void_p, *(type(a) for a in arguments)]
            call = ctypes.CFUNCTYPE(ctypes.c_void_p, *kinds)(address)
            return int(call(target, objc.sel_registerName(selector), *arguments) or 0)

        text = objc.objc_getClass(b"NSString")
        kind = ctypes.c_void_p(send(text, b"stringWithUTF8String:", ctypes.c_char_p(CONCEALED)))
        empty = ctypes.c_void_p(send(text, b"stringWithUTF8String:", ctypes.c_char_p(b"")))
        kinds = ctypes.c_void_p(send(objc.objc_getClass(b"NSArray"), b"arrayWithObject:", kind))
        board = send(objc.objc_getClass(b"NSPasteboard"), b"generalPasteboard")
        send(board, b"addTypes:owner:", kinds, ctypes.c_void_p(None))
        send(board, b"setString:forType:", empty, kind)
    except (OSError, AttributeError) as error:
        log.warning("the pasteboard could not be marked as concealed: %s", type(error).__name__)
