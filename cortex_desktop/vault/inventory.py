"""Lists our items in the keychains of Windows and macOS, which keyring cannot. No secret is read.

Written from the systems' documentation, and run against stand-ins only.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

from keyring.errors import KeyringError

from ..domain.secret import SERVICE
from .keyring_vault import Names

_NOT_FOUND = 1168  # Windows: ERROR_NOT_FOUND
_ITEM_NOT_FOUND = -25300  # macOS: errSecItemNotFound


def credentials() -> Names:
    """Windows: return the names of our credentials. Raises pywintypes.error, as keyring does.

    A credential under a compound name, "<user>@<service>", counts as another one of its service (H-K4).
    """
    from win32ctypes.pywin32 import pywintypes, win32cred

    try:
        # A filter matches the beginning of a name, and compound names begin with the user.
        found = win32cred.CredEnumerate(None, 0)
    except pywintypes.error as error:
        if error.winerror == _NOT_FOUND:
            return []
        raise
    names = [(str(each["TargetName"]).rpartition("@")[2], str(each["UserName"] or "")) for each in found]
    return [name for name in names if name[0].startswith(f"{SERVICE}/")]


def keychain_items() -> Names:
    """macOS: return the names of our generic passwords, by their attributes only, which needs no prompt."""
    from keyring.backends.macOS import api as security

    api: Any = security  # it has no types
    query = api.create_query(
        kSecClass=api.k_("kSecClassGenericPassword"),
        kSecMatchLimit=api.k_("kSecMatchLimitAll"),
        kSecReturnAttributes=True,
    )
    result = ctypes.c_void_p()
    status = api.SecItemCopyMatching(query, ctypes.byref(result))
    if status == _ITEM_NOT_FOUND:
        return []
    check(api, status)
    return [name for name in _names(core_foundation(), api, result) if name[0].startswith(f"{SERVICE}/")]


def check(api: Any, status: int) -> None:
    """Raise KeyringError, from keyring's own error with the number, unless the status means success. For macOS."""
    try:
        api.Error.raise_for_status(status)
    except api.Error as error:
        raise KeyringError("refused") from error


def core_foundation() -> Any:
    """Return macOS' CoreFoundation, with what is used of it declared."""
    core = ctypes.CDLL("/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation")
    for function in (core.CFArrayGetCount, core.CFStringGetLength):
        function.restype, function.argtypes = ctypes.c_long, [ctypes.c_void_p]
    core.CFArrayGetValueAtIndex.restype = ctypes.c_void_p
    core.CFArrayGetValueAtIndex.argtypes = [ctypes.c_void_p, ctypes.c_long]
    core.CFDictionaryGetValue.restype = ctypes.c_void_p
    core.CFDictionaryGetValue.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    core.CFStringGetCString.restype = ctypes.c_bool
    core.CFStringGetCString.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_long, ctypes.c_uint32]
    return core


def _names(core: Any, api: Any, items: ctypes.c_void_p) -> Iterator[tuple[str, str]]:
    """Yield service and account of each dictionary of the array."""
    for number in range(core.CFArrayGetCount(items)):
        item = core.CFArrayGetValueAtIndex(items, number)
        yield text_of(core, item, api.k_("kSecAttrService")), text_of(core, item, api.k_("kSecAttrAccount"))


def text_of(core: Any, item: int | ctypes.c_void_p, name: ctypes.c_void_p) -> str:
    """Return a text of a dictionary of macOS, "" where there is none."""
    value = core.CFDictionaryGetValue(item, name)
    if not value:
        return ""
    buffer = ctypes.create_string_buffer(4 * core.CFStringGetLength(value) + 1)
    utf8 = 0x08000100
    return buffer.value.decode() if core.CFStringGetCString(value, buffer, len(buffer), utf8) else ""
