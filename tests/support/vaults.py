"""What every vault must do, and stand-ins for the systems that are not this one."""

from __future__ import annotations

import importlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace

import pytest

from cortex_desktop.domain.errors import SecretMissing, VaultError, VaultProblem, VaultTimeout
from cortex_desktop.domain.model import new_id
from cortex_desktop.domain.ports import Vault, VaultState
from cortex_desktop.domain.secret import Secret, SecretKind, SecretRef, generate
from tests.support.memory_vault import InMemoryVault

KEY, API_SECRET = SecretKind.API_KEY, SecretKind.API_SECRET


def some_ref(kind: SecretKind = KEY, version: int = 1) -> SecretRef:
    """A place that no other test uses."""
    return SecretRef(new_id(), new_id(), kind, version)


def other(ref: SecretRef, *, kind: SecretKind | None = None, version: int | None = None) -> SecretRef:
    """The same app's place with another kind or version."""
    return SecretRef(ref.org_id, ref.app_id, kind or ref.kind, version or ref.version)


def vault_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "vault"]


def wait_until(true: Callable[[], object], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "did not become true in time"
        time.sleep(0.005)


@contextmanager
def no_vault_threads_left() -> Iterator[None]:
    """Fail when a worker thread that was started inside outlives it."""
    before = set(vault_threads())
    yield
    wait_until(lambda: not set(vault_threads()) - before)


class VaultContract:
    """Subclass it, with a fixture `vault` that gives an unlocked vault. Leaves nothing behind in it."""

    @pytest.fixture
    def ref(self, vault: Vault) -> Iterator[SecretRef]:
        ref = some_ref()
        yield ref
        for kind in SecretKind:
            for version in (1, 2):
                vault.remove(other(ref, kind=kind, version=version))

    def test_says_who_it_is(self, vault: Vault) -> None:
        assert vault.state() is VaultState.UNLOCKED
        assert vault.name
        assert vault.backend

    def test_gives_back_what_was_stored(self, vault: Vault, ref: SecretRef) -> None:
        for kind in SecretKind:
            place, secret = other(ref, kind=kind), generate(kind)
            vault.store(place, secret)
            assert vault.read(place) == secret

    def test_says_that_a_secret_is_missing(self, vault: Vault, ref: SecretRef) -> None:
        with pytest.raises(SecretMissing):
            vault.read(ref)

    def test_storing_twice_is_storing_once(self, vault: Vault, ref: SecretRef) -> None:
        secret = generate(KEY)
        vault.store(ref, secret)
        vault.store(ref, secret)
        assert vault.read(ref) == secret
        vault.remove(ref)
        with pytest.raises(SecretMissing):
            vault.read(ref)

    def test_never_overwrites_another_secret(self, vault: Vault, ref: SecretRef) -> None:
        first, second = generate(KEY), generate(KEY)
        vault.store(ref, first)
        with pytest.raises(VaultError) as failure:
            vault.store(ref, second)
        assert failure.value.problem is VaultProblem.FAILED
        assert vault.read(ref) == first
        told = f"{failure.value!r} {failure.value} {failure.value.detail}"
        assert first.reveal() not in told
        assert second.reveal() not in told

    def test_removes_and_does_not_mind_removing_again(self, vault: Vault, ref: SecretRef) -> None:
        vault.remove(ref)
        vault.store(ref, generate(KEY))
        vault.remove(ref)
        with pytest.raises(SecretMissing):
            vault.read(ref)
        vault.remove(ref)

    def test_stores_again_after_removal(self, vault: Vault, ref: SecretRef) -> None:
        first, second = generate(KEY), generate(KEY)
        vault.store(ref, first)
        vault.remove(ref)
        vault.store(ref, second)
        assert vault.read(ref) == second

    def test_keeps_versions_apart(self, vault: Vault, ref: SecretRef) -> None:
        first, second, next_ref = generate(KEY), generate(KEY), other(ref, version=2)
        vault.store(ref, first)
        vault.store(next_ref, second)
        assert (vault.read(ref), vault.read(next_ref)) == (first, second)
        vault.remove(ref)
        assert vault.read(next_ref) == second

    @pytest.mark.parametrize("removed_first", [KEY, API_SECRET])
    def test_keeps_kinds_apart(self, vault: Vault, ref: SecretRef, removed_first: SecretKind) -> None:
        secrets = {kind: generate(kind) for kind in SecretKind}
        for kind, secret in secrets.items():
            vault.store(other(ref, kind=kind), secret)
        for kind, secret in secrets.items():
            assert vault.read(other(ref, kind=kind)) == secret
        vault.remove(other(ref, kind=removed_first))
        kept = API_SECRET if removed_first is KEY else KEY
        assert vault.read(other(ref, kind=kept)) == secrets[kept]
        with pytest.raises(SecretMissing):
            vault.read(other(ref, kind=removed_first))

    def test_unlocking_an_unlocked_one_changes_nothing(self, vault: Vault, ref: SecretRef) -> None:
        secret = generate(KEY)
        vault.store(ref, secret)
        vault.unlock()
        assert vault.state() is VaultState.UNLOCKED
        assert vault.read(ref) == secret


class StillUnderWay(VaultTimeout):
    """Raised by a LateVault's hook `before`: nobody waits for the store any more, and it will take effect some day."""


class LateVault(InMemoryVault):
    """late: stores that got no answer and have not taken effect yet, until `land`."""

    def __init__(self) -> None:
        super().__init__()
        self.late: dict[SecretRef, Secret] = {}

    def store(self, ref: SecretRef, secret: Secret) -> None:
        """As ever, unless the hook says that it takes effect later."""
        try:
            super().store(ref, secret)
        except StillUnderWay:
            self.late[ref] = secret
            raise

    def land(self) -> None:
        """What was under way takes effect."""
        self.items |= self.late
        self.late.clear()


class WindowsError(Exception):
    """As pywin32-ctypes' pywintypes.error."""

    def __init__(self, winerror: int, funcname: str, strerror: str) -> None:
        super().__init__(winerror, funcname, strerror)
        self.winerror, self.funcname, self.strerror = winerror, funcname, strerror


class CredentialManager:
    """The part of win32cred that keyring uses, and a list of names, over a dict, with the real limits and errors.

    targets: the credentials by target; fail_next: an error number for the next write, read or deletion.
    """

    MOST_BYTES = 2560

    def __init__(self) -> None:
        self.targets: dict[str, dict[str, object]] = {}
        self.fail_next: dict[str, int] = {}

    def write(self, credential: dict[str, object], flags: int) -> None:
        self._fail("CredWrite")
        blob = str(credential["CredentialBlob"]).encode("utf-16-le")
        if len(blob) > self.MOST_BYTES:
            raise WindowsError(1783, "CredWrite", "The stub received bad data")
        # Windows compares targets without regard to case.
        self.targets[str(credential["TargetName"]).lower()] = {**credential, "CredentialBlob": blob}

    def read(self, **named: object) -> dict[str, object]:
        self._fail("CredRead")
        return dict(self._at("CredRead", str(named["TargetName"])))

    def delete(self, **named: object) -> None:
        self._fail("CredDelete")
        target = str(named["TargetName"])
        self._at("CredDelete", target)
        del self.targets[target.lower()]

    def names(self) -> list[tuple[str, str]]:
        self._fail("CredEnumerate")
        return [(str(each["TargetName"]), str(each["UserName"] or "")) for each in self.targets.values()]

    def _at(self, function: str, target: str) -> dict[str, object]:
        if target.lower() not in self.targets:
            raise WindowsError(1168, function, "Element not found")
        return self.targets[target.lower()]

    def _fail(self, function: str) -> None:
        if number := self.fail_next.pop(function, 0):
            raise WindowsError(number, function, "told to fail")


@contextmanager
def on_windows() -> Iterator[CredentialManager]:
    """keyring's own Windows class works inside, on the credential manager that is given."""
    store = CredentialManager()
    win32cred, pywintypes = ModuleType("win32cred"), ModuleType("pywintypes")
    vars(pywintypes)["error"] = WindowsError
    vars(win32cred).update(
        CRED_TYPE_GENERIC=1,
        CRED_PERSIST_SESSION=1,
        CRED_PERSIST_LOCAL_MACHINE=2,
        CRED_PERSIST_ENTERPRISE=3,
        CredWrite=store.write,
        CredRead=store.read,
        CredDelete=store.delete,
    )
    pywin32, win32ctypes = ModuleType("win32ctypes.pywin32"), ModuleType("win32ctypes")
    vars(pywin32).update(win32cred=win32cred, pywintypes=pywintypes)
    stand_ins = {"win32ctypes": win32ctypes, "win32ctypes.pywin32": pywin32}
    with pytest.MonkeyPatch.context() as patch:
        for name, module in stand_ins.items():
            patch.setitem(sys.modules, name, module)
        patch.setattr("cortex_desktop.vault.inventory.windows_credentials", store.names)
        try:
            sys.modules.pop("keyring.backends.Windows", None)
            yield store
        finally:
            sys.modules.pop("keyring.backends.Windows", None)


class KeychainItems:
    """The part of macOS' Security framework that keyring uses, over a dict.

    statuses: what the named function ("find", "set" or "delete") answers next, as an OSStatus.
    """

    def __init__(self, api: SimpleNamespace) -> None:
        self.items: dict[tuple[str, str], str] = {}
        self.statuses: dict[str, int] = {}
        self.calls: list[str] = []
        self._api = api

    def find(self, keychain: object, service: str, username: str) -> str:
        self._enter("find")
        self._found(service, username)
        return self.items[service, username]

    def set(self, keychain: object, service: str, username: str, password: str) -> None:
        self._enter("set")
        self.items[service, username] = password

    def delete(self, keychain: object, service: str, username: str) -> None:
        self._enter("delete")
        self._found(service, username)
        del self.items[service, username]

    def _found(self, service: str, username: str) -> None:
        if (service, username) not in self.items:
            raise self._api.NotFound(-25300, "Item not found")

    def _enter(self, function: str) -> None:
        self.calls.append(function)
        if status := self.statuses.pop(function, 0):
            raise (self._api.KeychainDenied if status == -128 else self._api.Error)(status, "told to fail")


@contextmanager
def on_macos() -> Iterator[KeychainItems]:
    """keyring's own macOS class works inside, on the keychain that is given."""
    macos = importlib.import_module("keyring.backends.macOS")
    error = type("Error", (Exception,), {})
    api = SimpleNamespace(
        Error=error,
        NotFound=type("NotFound", (error,), {}),
        KeychainDenied=type("KeychainDenied", (error,), {}),
    )
    items = KeychainItems(api)
    api.find_generic_password = items.find
    api.set_generic_password = items.set
    api.delete_generic_password = items.delete
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(macos, "api", api, raising=False)
        patch.setattr(macos.platform, "system", lambda: "Darwin")
        yield items
