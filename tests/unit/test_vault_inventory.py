"""The list of our items on Windows and macOS, on stand-ins: what the real systems answer is unproven here."""

from __future__ import annotations

import ctypes
import importlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from keyring.errors import KeyringError

from cortex_desktop.domain.errors import SecretMissing, SecretNotText, VaultError, VaultProblem
from cortex_desktop.domain.ports import Item
from cortex_desktop.domain.secret import ClaimRef, Secret, generate
from cortex_desktop.vault.inventory import keychain_items
from cortex_desktop.vault.opening import open_vault
from tests.support.vaults import API_SECRET, KEY, no_vault_threads_left, on_macos, on_windows, other, some_ref


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


def test_windows_says_what_went_wrong() -> None:
    with on_windows() as store, no_vault_threads_left():
        store.fail_next["CredEnumerate"] = 5
        vault = open_vault("win32")
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
        # As keyring's: a number of more than 31 bits, such as an address, does not become a CFNumber.
        assert not [value for value in query.values() if isinstance(value, int) and value.bit_length() > 31]
        queries.append(query)
        return len(queries)

    api = SimpleNamespace(
        Error=Error,
        k_=lambda name: name,
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
    with pytest.raises(KeyringError) as failure:
        listed_on_macos(monkeypatch, [], -25308)
    assert failure.value.__cause__ is not None
    assert failure.value.__cause__.args[0] == -25308


# Claims on macOS


class Mac:
    """Items with attributes, as SecItemCopyMatching, SecItemAdd and SecItemUpdate see them; a handle is an index.

    asked: the queries that read something; status: what every call answers, 0 to answer as it is.
    """

    def __init__(self) -> None:
        self.items: dict[tuple[object, object], dict[str, object]] = {}
        self.asked: list[dict[str, object]] = []
        self.status = 0
        self.api, self.queries = api_that_answers(0)
        self.api.SecItemCopyMatching = self._find
        self.api.SecItemAdd = self._add
        self.texts: list[str] = []

    def library(self, path: str) -> Any:
        """The framework of this path."""

        def update(query: int, attributes: int) -> int:
            item = self.items.get(self._name(query))
            if item is not None:
                item.update(self.queries[attributes - 1])
            return self.status or (0 if item is not None else -25300)

        core = Core([])
        core.CFDictionaryGetValue = core._function(self._value)
        core.CFStringGetLength = core._function(lambda handle: len(self.texts[handle - 1]))
        core.CFStringGetCString = core._function(self._text)
        core.SecItemUpdate = core._function(update)
        return core

    def _name(self, query: int) -> tuple[object, object]:
        return self.queries[query - 1]["kSecAttrService"], self.queries[query - 1]["kSecAttrAccount"]

    def _find(self, query: int, result: Any) -> int:
        self.asked.append(self.queries[query - 1])
        if self.status or self._name(query) not in self.items:
            return self.status or -25300
        self.found = self.items[self._name(query)]
        return 0

    def _add(self, query: int, _: object) -> int:
        if not self.status:
            self.items[self._name(query)] = dict(self.queries[query - 1])
        return self.status

    def _value(self, _: object, name: str) -> int | None:
        if name not in self.found:
            return None
        self.texts.append(str(self.found[name]))
        return len(self.texts)

    def _text(self, handle: int, buffer: Any, length: int, encoding: int) -> bool:
        buffer.value = self.texts[handle - 1].encode()
        return True


@pytest.fixture
def mac(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mac]:
    mac = Mac()
    with on_macos():
        macos = importlib.import_module("keyring.backends.macOS")
        mac.api.NotFound, mac.api.KeychainDenied = macos.api.NotFound, macos.api.KeychainDenied
        mac.api.delete_generic_password = lambda _keychain, service, name: mac.items.pop((service, name))
        monkeypatch.setattr(macos, "api", mac.api)
        monkeypatch.setattr(ctypes, "CDLL", mac.library)
        yield mac


def test_macos_keeps_a_claim_where_it_is_read_without_a_prompt(mac: Mac) -> None:
    ref = ClaimRef("0a")
    with no_vault_threads_left():
        vault = open_vault("darwin")
        with pytest.raises(SecretMissing):
            vault.read(ref)
        for text in ('{"session":"Ärzte"}', '{"session":"2"}'):
            vault.replace(ref, Secret(text))
            assert vault.read(ref) == Secret(text)
        assert list(mac.items) == [(ref.service, "claim")]
        vault.close()
    assert mac.asked
    assert not [query for query in mac.asked if "kSecReturnData" in query], "which would prompt"


@pytest.mark.parametrize(
    ("status", "problem"), [(-25308, VaultProblem.LOCKED), (-128, VaultProblem.DENIED), (-1, VaultProblem.FAILED)]
)
def test_macos_says_why_a_claim_cannot_be_read_or_written(mac: Mac, status: int, problem: VaultProblem) -> None:
    mac.status = status
    with no_vault_threads_left():
        vault = open_vault("darwin")
        for call in (lambda: vault.read(ClaimRef("0a")), lambda: vault.replace(ClaimRef("0a"), Secret("x"))):
            with pytest.raises(VaultError) as failure:
                call()
            assert failure.value.problem is problem
        vault.close()


def test_macos_takes_an_item_without_a_comment_for_no_claim(mac: Mac) -> None:
    mac.items[ClaimRef("0a").service, "claim"] = {"kSecAttrService": "x"}
    with no_vault_threads_left():
        vault = open_vault("darwin")
        with pytest.raises(SecretNotText):
            vault.read(ClaimRef("0a"))
        vault.close()
