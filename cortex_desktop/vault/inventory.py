"""Lists our items in the keychains of Windows and macOS, which keyring cannot. No secret is read.

Written from the systems' documentation. Of Windows' part, Wine has run all, of macOS' only stand-ins.
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


class Credential(ctypes.Structure):
    """Windows' CREDENTIALW."""

    _fields_ = (
        ("flags", ctypes.c_uint32),
        ("type", ctypes.c_uint32),
        ("target", ctypes.c_wchar_p),
        ("comment", ctypes.c_wchar_p),
        ("written", ctypes.c_uint32 * 2),
        ("secret_size", ctypes.c_uint32),
        ("secret", ctypes.c_void_p),
        ("persist", ctypes.c_uint32),
        ("attribute_count", ctypes.c_uint32),
        ("attributes", ctypes.c_void_p),
        ("alias", ctypes.c_wchar_p),
        ("user", ctypes.c_wchar_p),
    )


def credentials() -> Names:
    """Windows: return the names of our credentials. Raises OSError with a winerror.

    A credential under a compound name, "<user>@<service>", counts as another one of its service (H-K4).
    """
    names = [(target.rpartition("@")[2], user) for target, user in windows_credentials()]
    return [name for name in names if name[0].startswith(f"{SERVICE}/")]


def windows_credentials() -> Names:
    """Return target and user of each credential of anybody. Raises OSError with a winerror.

    pywin32-ctypes' CredEnumerate would copy all their secrets, and keep the list in memory until the process ends.
    """
    windows: Any = ctypes  # the names below are there on Windows only
    system = windows.WinDLL("advapi32", use_last_error=True)
    system.CredFree.argtypes = [ctypes.c_void_p]
    number, found = ctypes.c_uint32(), ctypes.POINTER(ctypes.POINTER(Credential))()
    # No filter: it matches the beginning of a name, and compound names begin with the user.
    if not system.CredEnumerateW(None, 0, ctypes.byref(number), ctypes.byref(found)):
        code = windows.get_last_error()
        if code == _NOT_FOUND:
            return []
        raise windows.WinError(code)
    try:
        each = [found[index].contents for index in range(number.value)]
        return [(credential.target or "", credential.user or "") for credential in each]
    finally:
        system.CredFree(found)


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
