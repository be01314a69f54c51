"""macOS: claims in the comment of an item, which is read without a prompt.

macOS asks the person before a program that did not make an item may read its secret, and after the program's signature
has changed. Attributes are not guarded by that, and a claim is no secret. Written from Apple's documentation, and run
against a stand-in only: that a real Mac does not prompt is unproven.
"""

from __future__ import annotations

import ctypes
from typing import Any

from .inventory import check, core_foundation, text_of

_ITEM_NOT_FOUND = -25300  # errSecItemNotFound


class KeychainClaims:
    """Reads and writes claims in the default keychain. The methods raise KeyringError."""

    def __init__(self) -> None:
        from keyring.backends.macOS import api

        self._api: Any = api  # it has no types
        self._core = core_foundation()
        security = ctypes.CDLL("/System/Library/Frameworks/Security.framework/Security")
        self._update = security.SecItemUpdate
        self._update.restype, self._update.argtypes = ctypes.c_int32, [ctypes.c_void_p, ctypes.c_void_p]

    def read(self, service: str, username: str) -> str | None:
        """Return the text of the item of this name, None where there is none."""
        api, found = self._api, ctypes.c_void_p()
        query = api.create_query(
            **self._name(service, username), kSecMatchLimit=api.k_("kSecMatchLimitOne"), kSecReturnAttributes=True
        )
        status = api.SecItemCopyMatching(query, ctypes.byref(found))
        if status == _ITEM_NOT_FOUND:
            return None
        check(api, status)
        return text_of(self._core, found, api.k_("kSecAttrComment"))

    def write(self, service: str, username: str, text: str) -> None:
        """Have the item of this name hold this text; make it where there is none."""
        api, name = self._api, self._name(service, username)
        status = self._update(api.create_query(**name), api.create_query(kSecAttrComment=text))
        if status == _ITEM_NOT_FOUND:
            status = api.SecItemAdd(api.create_query(**name, kSecAttrComment=text, kSecValueData="claim"), None)
        check(api, status)

    def _name(self, service: str, username: str) -> dict[str, Any]:
        kind = self._api.k_("kSecClassGenericPassword")
        return {"kSecClass": kind, "kSecAttrService": service, "kSecAttrAccount": username}
