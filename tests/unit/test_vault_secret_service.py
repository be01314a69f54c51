"""The Secret Service's answers, where a real one cannot be made to give them."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from collections.abc import Iterator

import pytest

from cortex_desktop.domain.errors import (
    ItemRefused,
    KeychainEmpty,
    NumberTaken,
    SecretMissing,
    SecretNotText,
    VaultError,
    VaultProblem,
    VaultTimeout,
)
from cortex_desktop.domain.ports import Item, VaultState
from cortex_desktop.domain.secret import ClaimRef, Secret, SecretRef, generate
from cortex_desktop.vault.deadline import DeadlineVault
from cortex_desktop.vault.opening import open_vault
from tests.support.secret_service import DBUS, SECRET, FakeSecretService, on_secret_service
from tests.support.vaults import API_SECRET, KEY, VaultContract, no_vault_threads_left, other, some_ref

pytest.importorskip("secretstorage")

PROMPTING = {"Unlock", "Prompt", "CreateCollection"}


@pytest.fixture
def service() -> Iterator[FakeSecretService]:
    with on_secret_service() as service:
        yield service


@pytest.fixture
def vault(service: FakeSecretService) -> Iterator[DeadlineVault]:
    with no_vault_threads_left():
        vault = open_vault("linux")
        yield vault
        vault.close()


def failing(call) -> VaultError:
    with pytest.raises(VaultError) as failure:
        call()
    # A log of it does not show the original.
    assert "quote" not in "".join(traceback.format_exception(failure.value))
    assert "quote" not in failure.value.detail
    return failure.value


class TestContract(VaultContract):
    pass


def test_one_connection_and_one_session_do(vault: DeadlineVault, service: FakeSecretService) -> None:
    ref = some_ref()
    vault.store(ref, generate(KEY))
    vault.read(ref)
    sessions = service.calls.count("OpenSession")
    vault.state()
    vault.read(ref)
    vault.remove(ref)
    assert service.calls.count("OpenSession") == sessions
    assert (service.opened, service.closed) == (1, 0)


def test_keyrings_own_class_and_this_one_find_each_others_items(
    vault: DeadlineVault, service: FakeSecretService
) -> None:
    from keyring.backends.SecretService import Keyring

    ref, first, second = some_ref(), generate(KEY), generate(KEY)
    vault.store(ref, first)
    assert Keyring().get_password(ref.service, ref.username) == first.reveal()
    Keyring().set_password(ref.service, ref.username, second.reveal())
    assert vault.read(ref) == second
    assert len(service.items) == 1
    vault.remove(ref)
    assert Keyring().get_password(ref.service, ref.username) is None


def test_setting_twice_leaves_one_item(service: FakeSecretService) -> None:
    """As keyring's interface has it. The vault never does; two of the same request may arrive all the same (H-K15)."""
    from cortex_desktop.vault.secret_service import SecretServiceKeyring

    keyring = SecretServiceKeyring()
    keyring.set_password("service", "user", "first")
    keyring.set_password("service", "user", "second")
    assert keyring.get_password("service", "user") == "second"
    assert len(service.items) == 1
    keyring.close()


def test_labels_name_neither_org_nor_app(vault: DeadlineVault, service: FakeSecretService) -> None:
    for kind in (KEY, API_SECRET):
        vault.store(some_ref(kind), generate(kind))
    assert [label for _, label, _ in service.items.values()] == ["Cortex Desktop API key", "Cortex Desktop API secret"]


def calls_of(vault: DeadlineVault, ref: SecretRef) -> list:
    return [
        lambda: vault.store(other(ref, version=2), generate(KEY)),
        lambda: vault.read(ref),
        lambda: vault.remove(ref),
    ]


_P, _S = VaultProblem, VaultState


@pytest.mark.parametrize(
    ("error", "problem", "state"),
    [
        (DBUS + "AccessDenied", _P.DENIED, _S.FAILED),
        (DBUS + "TimedOut", _P.FAILED, _S.FAILED),
        (DBUS + "Spawn.ChildExited", _P.MISSING, _S.MISSING),
        (DBUS + "Spawn.ExecFailed", _P.MISSING, _S.MISSING),
        (DBUS + "NameHasNoOwner", _P.MISSING, _S.MISSING),
        (DBUS + "ServiceUnknown", _P.MISSING, _S.MISSING),
        (SECRET + "IsLocked", _P.LOCKED, _S.LOCKED),
        # Whether the call took effect is unknown then, so this is no "there is none".
        (DBUS + "NoReply", _P.FAILED, _S.FAILED),
        (ConnectionResetError("quote"), _P.FAILED, _S.FAILED),
        (AttributeError("quote"), _P.FAILED, _S.FAILED),
    ],
    ids=repr,
)
def test_errors_are_told_apart(
    vault: DeadlineVault, service: FakeSecretService, error: Exception | str, problem: VaultProblem, state: VaultState
) -> None:
    service.errors["Get"] = error  # the first question of every call
    assert vault.state() is state
    for call in (vault.unlock, *calls_of(vault, some_ref())):
        failure = failing(call)
        assert failure.problem is problem
        assert failure.detail.endswith(error if isinstance(error, str) else type(error).__name__)


@pytest.mark.parametrize(
    ("error", "problem"), [(ValueError("quote"), VaultProblem.MISSING), (TimeoutError("quote"), VaultProblem.FAILED)]
)
def test_a_bus_that_cannot_be_reached(
    vault: DeadlineVault, service: FakeSecretService, error: Exception, problem: VaultProblem
) -> None:
    service.errors["connect"] = error
    for call in calls_of(vault, some_ref()):
        failure = failing(call)
        assert failure.problem is problem
        assert isinstance(failure, VaultTimeout) == isinstance(error, TimeoutError)


class TestOneItem:
    """An item that is trouble leaves the others alone."""

    @pytest.fixture
    def ref(self, vault: DeadlineVault, service: FakeSecretService) -> SecretRef:
        ref = some_ref()
        vault.store(ref, generate(KEY))
        return ref

    def test_is_locked_by_itself(self, vault: DeadlineVault, service: FakeSecretService, ref: SecretRef) -> None:
        service.locked_items.update(service.items)
        for call in (lambda: vault.read(ref), lambda: vault.remove(ref), lambda: vault.store(ref, generate(KEY))):
            failure = failing(call)
            assert isinstance(failure, ItemRefused)
            assert failure.problem is VaultProblem.DENIED
        assert vault.state() is VaultState.UNLOCKED
        vault.store(other(ref, version=2), generate(KEY))
        assert not PROMPTING & set(service.calls)

    def test_is_no_text(self, vault: DeadlineVault, service: FakeSecretService, ref: SecretRef) -> None:
        [path] = service.items
        service.items[path] = (*service.items[path][:2], b"quote\xff")
        for call in (lambda: vault.read(ref), lambda: vault.store(ref, generate(KEY))):
            with pytest.raises((SecretNotText, NumberTaken)) as failure:
                call()
            assert "quote" not in f"{failure.value!r} {failure.value.__cause__} {failure.value.__context__}"
        vault.remove(ref)
        assert not service.items

    @pytest.mark.parametrize("content", [b"", b"x" * 100_000])
    def test_is_empty_or_huge(
        self, vault: DeadlineVault, service: FakeSecretService, ref: SecretRef, content: bytes
    ) -> None:
        [path] = service.items
        service.items[path] = (*service.items[path][:2], content)
        with pytest.raises(SecretNotText):
            vault.read(ref)
        with pytest.raises(NumberTaken):
            vault.store(ref, generate(KEY))

    @pytest.mark.parametrize("dismisses", [True, False])
    def test_is_unlocked_when_the_person_may_be_asked(
        self, vault: DeadlineVault, service: FakeSecretService, ref: SecretRef, dismisses: bool
    ) -> None:
        service.locked_items.update(service.items)
        service.dismisses = dismisses
        if dismisses:
            assert failing(lambda: vault.read(ref, may_ask=True)).problem is VaultProblem.DENIED
            assert failing(lambda: vault.remove(ref, may_ask=True)).problem is VaultProblem.DENIED
            assert len(service.items) == 1
        else:
            assert vault.read(ref, may_ask=True).reveal()
            service.locked_items.update(service.items)
            vault.remove(ref, may_ask=True)
            assert not service.items

    def test_is_replaced_in_place(self, vault: DeadlineVault, service: FakeSecretService) -> None:
        claim = ClaimRef("0a")
        for text in ("first", "second"):
            vault.replace(claim, Secret(text))
            assert vault.read(claim) == Secret(text)
        assert len(service.items) == 1
        vault.remove(claim)
        with pytest.raises(SecretMissing):
            vault.read(claim)

    def test_all_are_listed_without_a_secret_and_locked_ones_too(
        self, vault: DeadlineVault, service: FakeSecretService, ref: SecretRef
    ) -> None:
        [(path, (attributes, label, secret))] = service.items.items()
        service.items["/items/double"] = ({**attributes, "more": "x"}, label, secret)
        service.items["/items/foreign"] = ({**attributes, "service": "somebody/else"}, label, secret)
        service.items["/items/odd"] = ({"application": attributes["application"]}, label, secret)
        service.locked_items.add(path)
        vault.replace(ClaimRef("0a"), Secret("claim"))
        service.calls.clear()
        assert list(vault.list_items()) == [Item(ref, 2), Item(ClaimRef("0a"), 1)]
        assert "GetSecret" not in service.calls
        assert not PROMPTING & set(service.calls)


def named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr("cortex_desktop.vault.secret_service._name_of_service", lambda *_: name)


def test_keepassxc_without_an_exposed_group_says_what_to_expose(
    vault: DeadlineVault, service: FakeSecretService, monkeypatch: pytest.MonkeyPatch
) -> None:
    named(monkeypatch, "KeePassXC")
    service.exists = False
    assert vault.state() is VaultState.MISSING
    assert vault.trouble is not None
    assert "Secret Service Integration" in str(vault.trouble.advice)
    for call in (vault.unlock, *calls_of(vault, some_ref())):
        assert str(failing(call).title) == "KeePassXC shares no group"
    assert not PROMPTING & set(service.calls)  # it would begin a new database
    service.exists = True
    assert vault.state() is VaultState.UNLOCKED
    assert vault.trouble is None


def test_an_empty_kwallet_is_not_taken_for_one_without_the_key(
    vault: DeadlineVault, service: FakeSecretService, monkeypatch: pytest.MonkeyPatch
) -> None:
    named(monkeypatch, "KWallet")
    ref = some_ref()
    for call in (lambda: vault.read(ref), vault.list_items):
        assert isinstance(failing(call), KeychainEmpty)
    service.items["/items/other"] = ({"service": "somebody/else"}, "x", b"x")
    with pytest.raises(SecretMissing):
        vault.read(ref)

    def test_goes_meanwhile(self, vault: DeadlineVault, service: FakeSecretService, ref: SecretRef) -> None:
        service.errors["GetSecret"] = SECRET + "NoSuchObject"
        assert failing(lambda: vault.read(ref)).problem is VaultProblem.FAILED

    @pytest.mark.parametrize("dismisses", [True, False])
    def test_is_removed_at_a_prompt(
        self, vault: DeadlineVault, service: FakeSecretService, ref: SecretRef, dismisses: bool
    ) -> None:
        service.asks_to_delete, service.dismisses = True, dismisses
        if dismisses:
            assert failing(lambda: vault.remove(ref)).problem is VaultProblem.DENIED
            assert service.calls.count("Prompt") == 1
        else:
            vault.remove(ref)
        assert bool(service.items) is dismisses

    def test_stays(self, vault: DeadlineVault, service: FakeSecretService, ref: SecretRef) -> None:
        service.keeps = True
        failure = failing(lambda: vault.remove(ref))
        assert (failure.problem, failure.detail) == (VaultProblem.FAILED, "still there after removal")

    def test_has_doubles(self, vault: DeadlineVault, service: FakeSecretService, ref: SecretRef) -> None:
        [(attributes, label, secret)] = service.items.values()
        for number in range(9):  # as other programs make them (H-K15)
            service.items[f"/items/double{number}"] = ({**attributes, "application": str(number)}, label, secret)
        vault.remove(ref)
        assert not service.items


@pytest.mark.parametrize("read_back", [b"", b"something else", b"\xff"])
def test_a_secret_that_does_not_come_back_is_a_failure(
    vault: DeadlineVault, service: FakeSecretService, read_back: bytes
) -> None:
    service.stored = lambda _: read_back
    assert failing(lambda: vault.store(some_ref(), generate(KEY))).problem is VaultProblem.FAILED


def test_what_is_there_already_is_left_alone(vault: DeadlineVault, service: FakeSecretService) -> None:
    ref = some_ref()
    vault.store(ref, Secret("same"))
    service.calls.clear()
    vault.store(ref, Secret("same"))
    assert "CreateItem" not in service.calls


class TestLocked:
    @pytest.mark.parametrize("missing", ["password", "collection"])
    def test_prompts_only_for_unlock(self, vault: DeadlineVault, service: FakeSecretService, missing: str) -> None:
        if missing == "password":
            service.locked = True
        else:
            service.exists = False
        assert vault.state() is VaultState.LOCKED
        for call in calls_of(vault, some_ref()):
            failure = failing(call)
            assert (failure.problem, failure.detail) == (VaultProblem.LOCKED, "KeyringLocked locked")
        assert not PROMPTING & set(service.calls)
        service.dismisses = True
        assert failing(vault.unlock).problem is VaultProblem.DENIED
        assert vault.state() is VaultState.LOCKED
        service.dismisses = False
        vault.unlock()
        assert vault.state() is VaultState.UNLOCKED


def test_nobody_waits_any_more_while_it_connects(service: FakeSecretService, monkeypatch: pytest.MonkeyPatch) -> None:
    import secretstorage
    from keyring.errors import KeyringError

    from cortex_desktop.vault.secret_service import SecretServiceKeyring

    keyring = SecretServiceKeyring()

    def connect() -> FakeSecretService:
        keyring.stop_waiting()  # too early to cut this connection
        return service.connect()

    monkeypatch.setattr(secretstorage, "dbus_init", connect)
    with pytest.raises(KeyringError):
        keyring.set_password("service", "user", "secret")
    keyring.close()
    assert (service.calls, service.closed) == ([], 1)


def test_the_environment_sets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from cortex_desktop.vault.secret_service import SecretServiceKeyring

    monkeypatch.setenv("KEYRING_PROPERTY_SET_PASSWORD", "gone")
    monkeypatch.setenv("KEYRING_PROPERTY_SERVICE_NAME", "Thief")
    keyring = SecretServiceKeyring()
    assert keyring.service_name == "Secret Service"
    assert callable(keyring.set_password)


def test_keyring_never_chooses_it_by_itself() -> None:
    """Its class is in keyring's registry, as all are: for another user of keyring in this process nothing changes."""
    script = (
        "import cortex_desktop.vault.secret_service, keyring, keyring.backends.chainer as chainer\n"
        "print(type(keyring.get_keyring()).__module__, chainer.ChainerBackend.backends)"
    )
    env = {name: value for name, value in os.environ.items() if name != "DBUS_SESSION_BUS_ADDRESS"}
    told = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert told.stdout == "keyring.backends.fail []\n"
