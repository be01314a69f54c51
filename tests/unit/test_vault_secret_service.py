"""What the Secret Service's answers are taken for, where a real one cannot be made to give them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from cortex_desktop.domain.errors import VaultError, VaultProblem, VaultTimeout
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import Secret, generate
from cortex_desktop.vault.secret_service import SecretServiceVault
from tests.support.vaults import KEY, some_ref

secretstorage = pytest.importorskip("secretstorage")

DBUS = "org.freedesktop.DBus.Error."


class Collection:
    """A collection that behaves as it is told.

    found: the secrets that searches find, one after the other; error: raised by the next call of any kind.
    """

    def __init__(self, *found: bytes | None) -> None:
        self.found = list(found)
        self.error: Exception | None = None
        self.locked = False
        self.opens_at_prompt = True
        self.created = 0

    def is_locked(self) -> bool:
        if self.error is not None:
            raise self.error
        return self.locked

    def unlock(self, timeout: float) -> bool:
        if self.opens_at_prompt:
            self.locked = False
        return not self.opens_at_prompt

    def search_items(self, attributes: dict[str, str]) -> list[SimpleNamespace]:
        secret = self.found.pop(0)
        return [] if secret is None else [SimpleNamespace(get_secret=lambda: secret, delete=lambda: None)]

    def create_item(self, *_: object, replace: bool) -> None:
        self.created += 1


def vault_on(collection: Collection | None, monkeypatch: pytest.MonkeyPatch) -> SecretServiceVault:
    vault = SecretServiceVault()
    monkeypatch.setattr(vault, "_connect", lambda: None)
    monkeypatch.setattr(vault, "_is_locked", lambda: None if collection is None else collection.is_locked())
    monkeypatch.setattr(vault, "_collection", lambda: collection)
    monkeypatch.setattr(vault, "_exchanged", lambda: None)
    return vault


def dbus_error(name: str) -> Exception:
    from jeepney import DBusAddress, DBusErrorResponse, new_error, new_method_call

    call = new_method_call(DBusAddress("/x", "x.y", "x.y"), "Z")
    call.header.serial = 1
    return DBusErrorResponse(new_error(call, name, "s", ("a text that may quote a secret",)))


def not_available(cause: Exception) -> Exception:
    """As SecretStorage tells of some D-Bus errors."""
    error = secretstorage.SecretServiceNotAvailableException("a text")
    error.__cause__ = cause
    return error


ERRORS = {
    "locked": secretstorage.LockedException("x"),
    "dismissed": secretstorage.PromptDismissedException("x"),
    "gone meanwhile": secretstorage.ItemNotFoundException("x"),
    "access denied": dbus_error(DBUS + "AccessDenied"),
    "never came up": dbus_error(DBUS + "TimedOut"),
    "did not start": dbus_error(DBUS + "Spawn.ChildExited"),
    "nobody there": dbus_error(DBUS + "NameHasNoOwner"),
    "item locked": dbus_error("org.freedesktop.Secret.Error.IsLocked"),
    "no service": not_available(dbus_error(DBUS + "ServiceUnknown")),
    "left half-way": not_available(dbus_error(DBUS + "NoReply")),
    "bus cut": ConnectionResetError(),
    "a bug below": AttributeError("x"),
}
_P, _S = VaultProblem, VaultState


@pytest.mark.parametrize(
    ("error", "problem", "state"),
    [
        ("locked", _P.LOCKED, _S.LOCKED),
        ("dismissed", _P.DENIED, _S.FAILED),
        ("gone meanwhile", _P.FAILED, _S.FAILED),
        ("access denied", _P.DENIED, _S.FAILED),
        ("never came up", _P.FAILED, _S.FAILED),
        ("did not start", _P.MISSING, _S.MISSING),
        ("nobody there", _P.MISSING, _S.MISSING),
        ("item locked", _P.LOCKED, _S.LOCKED),
        ("no service", _P.MISSING, _S.MISSING),
        # Whether the call took effect is unknown then, so this is no "there is none".
        ("left half-way", _P.FAILED, _S.FAILED),
        ("bus cut", _P.FAILED, _S.FAILED),
        ("a bug below", _P.FAILED, _S.FAILED),
    ],
)
def test_errors_are_told_apart(
    error: str, problem: VaultProblem, state: VaultState, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = Collection()
    collection.error = ERRORS[error]
    vault = vault_on(collection, monkeypatch)
    assert vault.state() is state
    for call in (
        vault.unlock,
        lambda: vault.store(some_ref(), generate(KEY)),
        lambda: vault.read(some_ref()),
        lambda: vault.remove(some_ref()),
    ):
        with pytest.raises(VaultError) as failure:
            call()
        assert failure.value.problem is problem
        # A log of it does not show the original.
        assert failure.value.__suppress_context__
        assert failure.value.__cause__ is None
        assert "quote" not in f"{failure.value} {failure.value.detail}"


def test_no_answer_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    collection = Collection()
    collection.error = TimeoutError()
    with pytest.raises(VaultTimeout):
        vault_on(collection, monkeypatch).read(some_ref())


@pytest.mark.parametrize("read_back", [None, b"", b"something else", b"\xff"])
def test_a_secret_that_does_not_come_back_is_a_failure(
    read_back: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = Collection(None, read_back)
    with pytest.raises(VaultError) as failure:
        vault_on(collection, monkeypatch).store(some_ref(), generate(KEY))
    assert failure.value.problem is VaultProblem.FAILED
    assert collection.created == 1


def test_what_is_there_already_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    collection = Collection(b"same")
    vault_on(collection, monkeypatch).store(some_ref(), Secret("same"))
    assert collection.created == 0


def test_a_removal_that_never_ends_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(VaultError) as failure:
        vault_on(Collection(*[b"x"] * 99), monkeypatch).remove(some_ref())
    assert failure.value.problem is VaultProblem.FAILED


def test_unlocks_at_the_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    collection = Collection()
    collection.locked = True
    vault = vault_on(collection, monkeypatch)
    assert vault.state() is VaultState.LOCKED
    vault.unlock()
    assert vault.state() is VaultState.UNLOCKED


def test_makes_the_first_collection_at_the_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(secretstorage, "create_collection", lambda *given: asked.append(given[1:3]))
    vault = vault_on(None, monkeypatch)
    assert vault.state() is VaultState.LOCKED
    assert asked == []
    vault.unlock()
    assert asked == [("Default", "default")]


def test_nobody_waits_any_more_while_it_connects(monkeypatch: pytest.MonkeyPatch) -> None:
    vault, closed = SecretServiceVault(), []

    def connect() -> SimpleNamespace:
        vault.stop_waiting()  # too early to cut this connection
        return SimpleNamespace(close=lambda: closed.append(True))

    monkeypatch.setattr(vault, "_reach_bus", connect)
    with pytest.raises(VaultTimeout):
        vault.read(some_ref())
    vault.close()
    assert closed


def test_a_vault_nobody_waits_for_connects_no_more() -> None:
    vault = SecretServiceVault()
    vault.stop_waiting()
    with pytest.raises(VaultTimeout):
        vault.read(some_ref())
