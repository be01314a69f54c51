"""The list of our items on Windows and macOS, on stand-ins: what the real systems answer is unproven here."""

from __future__ import annotations

import ctypes
import importlib
from types import SimpleNamespace
from typing import Any

import pytest

from cortex_desktop.domain.errors import VaultError, VaultProblem
from cortex_desktop.domain.ports import Item
from cortex_desktop.domain.secret import ClaimRef, Secret, generate
from cortex_desktop.vault.inventory import keychain_items
from cortex_desktop.vault.opening import open_vault
from tests.support.vaults import API_SECRET, KEY, no_vault_threads_left, on_windows, other, some_ref


def test_windows_lists_our_credentials_and_no_others() -> None:
    with on_windows() as store, no_vault_threads_left():
        vault = open_vault("win32")
        assert vault.list_items() == []
        ref = some_ref()
        vault.store(ref, generate(KEY))
        vault.store(other(ref, kind=API_SECRET, version=2), generate(API_SECRET))
        vault.replace(ClaimRef("0a"), Secret("claim"))
        store.targets["somebody/else"] = {"TargetName": "somebody/else", "UserName": "api-key"}
        store.targets["nameless"] = {"TargetName": "nameless", "UserName": None}
        # keyring leaves a second one under a compound name when a user is set twice (H-K4).
        double = f"api-key@{ref.service}"
        store.targets[double] = {**store.targets[ref.service], "TargetName": double}
        listed = set(vault.list_items())
        vault.close()
    assert listed == {Item(ref, 2), Item(other(ref, kind=API_SECRET, version=2)), Item(ClaimRef("0a"))}


def test_windows_says_what_went_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    with on_windows() as store, no_vault_threads_left():
        store.targets["x"] = {"TargetName": "x", "UserName": ""}
        monkeypatch.setattr(type(store), "_fail", lambda *_: None)
        vault = open_vault("win32")
        from win32ctypes.pywin32 import pywintypes, win32cred

        def denied(*_: object) -> None:
            raise pywintypes.error(5, "CredEnumerate", "Access is denied")

        monkeypatch.setattr(win32cred, "CredEnumerate", denied)
        with pytest.raises(VaultError) as failure:
            vault.list_items()
        vault.close()
    assert failure.value.problem is VaultProblem.DENIED


class Core:
    """The part of CoreFoundation that is used, over a list of dicts; a handle is an index, from 1."""

    def __init__(self, items: list[dict[str, str]]) -> None:
        self.texts: list[str] = []
        self.items = items
        self.CFArrayGetCount = self._function(lambda _: len(items))
        self.CFArrayGetValueAtIndex = self._function(lambda _, number: number)
        self.CFDictionaryGetValue = self._function(self._value)
        self.CFStringGetLength = self._function(lambda handle: len(self.texts[handle - 1]))
        self.CFStringGetCString = self._function(self._text)

    def _function(self, call: Any) -> Any:
        def function(*arguments: Any) -> Any:
            return call(*arguments)

        return function

    def _value(self, number: int, name: str) -> int | None:
        if name not in self.items[number]:
            return None
        self.texts.append(self.items[number][name])
        return len(self.texts)

    def _text(self, handle: int, buffer: Any, length: int, encoding: int) -> bool:
        buffer.value = self.texts[handle - 1].encode()
        return True


def api_that_answers(status: int) -> tuple[SimpleNamespace, list[dict[str, object]]]:
    """The part of keyring's macOS module that is used. Returns it and the queries that it gets."""
    queries: list[dict[str, object]] = []

    class Error(Exception):
        @classmethod
        def raise_for_status(cls, status: int) -> None:
            if status:
                raise cls(status, "told to fail")

    def create_query(**query: object) -> int:
        queries.append(query)
        return 1

    api = SimpleNamespace(
        Error=Error,
        k_=lambda name: name,
        create_cf=lambda value: value,
        create_query=create_query,
        SecItemCopyMatching=lambda query, result: status,
    )
    return api, queries


def listed_on_macos(monkeypatch: pytest.MonkeyPatch, items: list[dict[str, str]], status: int = 0) -> Any:
    api, queries = api_that_answers(status)
    macos = importlib.import_module("keyring.backends.macOS")
    monkeypatch.setattr(macos, "api", api, raising=False)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: Core(items))
    names = keychain_items()
    [query] = queries
    assert "kSecReturnData" not in query  # which would prompt for each item
    assert "kSecReturnAttributes" in query
    return names


def test_macos_lists_our_passwords_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    ref = some_ref()
    items = [
        {"kSecAttrService": ref.service, "kSecAttrAccount": "api-key"},
        {"kSecAttrService": "Ärzte", "kSecAttrAccount": "api-key"},
        {"kSecAttrAccount": "api-key"},
        {"kSecAttrService": "cortex-desktop/0a/claim", "kSecAttrAccount": "claim"},
    ]
    assert listed_on_macos(monkeypatch, items) == [(ref.service, "api-key"), ("cortex-desktop/0a/claim", "claim")]


def test_macos_with_no_password_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert listed_on_macos(monkeypatch, [], -25300) == []


def test_macos_says_what_went_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Exception, match="told to fail"):
        listed_on_macos(monkeypatch, [], -25308)
