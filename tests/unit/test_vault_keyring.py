"""keyring's own classes for Windows and macOS, on stand-ins for the two systems."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cortex_desktop.domain.errors import VaultError, VaultProblem, VaultTimeout
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import Secret, SecretKind, generate
from cortex_desktop.vault.deadline import DeadlineVault
from cortex_desktop.vault.keyring_vault import KeyringVault
from cortex_desktop.vault.opening import open_vault
from tests.support.vaults import (
    API_SECRET,
    KEY,
    CredentialManager,
    KeychainItems,
    VaultContract,
    no_vault_threads_left,
    on_macos,
    on_windows,
    other,
    some_ref,
)

LOCAL_MACHINE = 2


@pytest.fixture
def windows() -> Iterator[CredentialManager]:
    with on_windows() as store:
        yield store


@pytest.fixture
def macos() -> Iterator[KeychainItems]:
    with on_macos() as items:
        yield items


@contextmanager
def opened(platform: str) -> Iterator[DeadlineVault]:
    with no_vault_threads_left():
        vault = open_vault(platform)
        yield vault
        vault.close()


class TestWindows(VaultContract):
    @pytest.fixture
    def vault(self, windows: CredentialManager) -> Iterator[DeadlineVault]:
        with opened("win32") as vault:
            yield vault

    def test_is_called_by_its_name(self, vault: DeadlineVault) -> None:
        assert (vault.name, vault.backend) == ("Credential Manager", "Windows")

    @pytest.mark.parametrize("kinds", [(KEY, API_SECRET), (API_SECRET, KEY)])
    def test_nothing_stays_behind(
        self, vault: DeadlineVault, windows: CredentialManager, kinds: tuple[SecretKind, ...]
    ) -> None:
        ref = some_ref()
        for kind in kinds:
            secret = generate(kind)
            vault.store(other(ref, kind=kind), secret)
            vault.store(other(ref, kind=kind), secret)
        assert len(windows.targets) == 2
        for kind in kinds:
            vault.remove(other(ref, kind=kind))
        assert windows.targets == {}

    def test_a_stale_compound_entry_goes_too(self, vault: DeadlineVault, windows: CredentialManager) -> None:
        ref = some_ref()
        vault.store(ref, generate(KEY))
        # As an older program leaves it that set the same user's password twice (H-K4).
        stale = {**windows.targets[ref.service], "TargetName": f"{ref.username}@{ref.service}"}
        windows.targets[f"{ref.username}@{ref.service}"] = stale
        vault.remove(ref)
        assert windows.targets == {}

    def test_a_compound_entry_alone_goes_too(self, vault: DeadlineVault, windows: CredentialManager) -> None:
        ref = some_ref()
        vault.store(ref, generate(KEY))
        windows.targets[f"{ref.username}@{ref.service}"] = windows.targets.pop(ref.service)
        vault.remove(ref)
        assert windows.targets == {}

    def test_does_not_roam(self, vault: DeadlineVault, windows: CredentialManager) -> None:
        ref = some_ref()
        for kind in SecretKind:
            vault.store(other(ref, kind=kind), generate(kind))
        assert {target["Persist"] for target in windows.targets.values()} == {LOCAL_MACHINE}

    def test_a_secret_that_does_not_fit_is_told_before_writing(
        self, vault: DeadlineVault, windows: CredentialManager
    ) -> None:
        most = Secret("a" * 1280)
        ref = some_ref()
        vault.store(ref, most)
        assert vault.read(ref) == most
        windows.fail_next["CredWrite"] = 5  # would be DENIED, if it came to writing
        with pytest.raises(VaultError) as failure:
            vault.store(some_ref(), Secret("a" * 1279 + "\N{GRINNING FACE}"))
        assert failure.value.problem is VaultProblem.FULL

    @pytest.mark.parametrize(
        ("number", "problem"),
        [
            (5, VaultProblem.DENIED),
            (8, VaultProblem.FULL),
            (1223, VaultProblem.DENIED),
            (1312, VaultProblem.FAILED),
            (1783, VaultProblem.FULL),
            (87, VaultProblem.FAILED),
        ],
    )
    def test_errors_are_told_apart(
        self, vault: DeadlineVault, windows: CredentialManager, number: int, problem: VaultProblem
    ) -> None:
        ref, secret = some_ref(), generate(KEY)
        windows.fail_next["CredWrite"] = number
        with pytest.raises(VaultError) as failure:
            vault.store(ref, secret)
        assert failure.value.problem is problem
        assert failure.value.detail == f"WindowsError {number}"
        assert not windows.targets

        vault.store(ref, secret)
        windows.fail_next["CredRead"] = number
        with pytest.raises(VaultError) as failure:
            vault.read(ref)
        assert failure.value.problem is problem
        windows.fail_next["CredDelete"] = number
        with pytest.raises(VaultError) as failure:
            vault.remove(ref)
        assert failure.value.problem is problem
        assert vault.read(ref) == secret

    def test_an_entry_of_another_user_is_no_success(self, vault: DeadlineVault, windows: CredentialManager) -> None:
        ref = some_ref()
        vault.store(ref, generate(KEY))
        entry = windows.targets.pop(ref.service)
        windows.targets[f"{ref.username}@{ref.service}"] = {**entry, "UserName": "somebody"}
        with pytest.raises(VaultError) as failure:
            vault.remove(ref)
        assert failure.value.problem is VaultProblem.FAILED


class TestMacos(VaultContract):
    @pytest.fixture
    def vault(self, macos: KeychainItems) -> Iterator[DeadlineVault]:
        with opened("darwin") as vault:
            yield vault

    def test_is_called_by_its_name(self, vault: DeadlineVault) -> None:
        assert (vault.name, vault.backend) == ("Keychain", "macOS")

    def test_looking_and_removing_read_nothing(self, vault: DeadlineVault, macos: KeychainItems) -> None:
        ref = some_ref()
        vault.store(ref, generate(KEY))
        macos.calls.clear()
        assert vault.state() is VaultState.UNLOCKED
        vault.remove(ref)
        assert set(macos.calls) == {"delete"}  # each read may prompt the person (H-K7)

    @pytest.mark.parametrize(
        ("status", "problem"),
        [
            (-128, VaultProblem.DENIED),
            (-25291, VaultProblem.MISSING),
            (-25293, VaultProblem.DENIED),
            (-25307, VaultProblem.MISSING),
            (-25308, VaultProblem.LOCKED),
            (-34018, VaultProblem.FAILED),
        ],
    )
    def test_errors_are_told_apart(
        self, vault: DeadlineVault, macos: KeychainItems, status: int, problem: VaultProblem
    ) -> None:
        ref, secret = some_ref(), generate(KEY)
        macos.statuses["set"] = status
        with pytest.raises(VaultError) as failure:
            vault.store(ref, secret)
        assert failure.value.problem is problem

        vault.store(ref, secret)
        macos.statuses["find"] = status
        with pytest.raises(VaultError) as failure:
            vault.read(ref)
        assert failure.value.problem is problem
        macos.statuses["delete"] = status
        with pytest.raises(VaultError) as failure:
            vault.remove(ref)
        assert failure.value.problem is problem
        assert vault.read(ref) == secret

    def test_a_keychain_file_from_the_environment_is_not_used(
        self, macos: KeychainItems, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from keyring.backends.macOS import Keyring

        monkeypatch.setattr(Keyring, "keychain", "elsewhere.keychain")
        with opened("darwin") as vault:
            vault.store(some_ref(), generate(KEY))  # keyring warns otherwise, and warnings are errors


@pytest.mark.skipif(sys.platform != "linux", reason="for systems that have neither")
@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_is_missing_on_a_system_without_it(platform: str) -> None:
    with opened(platform) as vault:
        assert vault.state() is VaultState.MISSING
        with pytest.raises(VaultError) as failure:
            vault.read(some_ref())
        assert failure.value.problem is VaultProblem.MISSING


class Strange:
    """A backend as keyring's "null" and worse: takes everything, and gives back what it likes."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers)
        self.error: Exception | None = None

    def get_password(self, service: str, username: str) -> str | None:
        return self.answers.pop(0)

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.error is not None:
            raise self.error

    def delete_password(self, service: str, username: str) -> None:
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize("read_back", [None, "", "something else"])
def test_a_secret_that_does_not_come_back_is_a_failure(read_back: str | None) -> None:
    vault = KeyringVault(Strange(None, read_back), "x")
    with pytest.raises(VaultError) as failure:
        vault.store(some_ref(), generate(KEY))
    assert failure.value.problem is VaultProblem.FAILED


def test_a_removal_that_never_ends_is_a_failure() -> None:
    with pytest.raises(VaultError) as failure:
        KeyringVault(Strange(), "x").remove(some_ref())
    assert failure.value.problem is VaultProblem.FAILED


def test_keyrings_own_errors_are_told_apart() -> None:
    from keyring.errors import InitError, KeyringLocked, NoKeyringError

    for error, problem in [
        (KeyringLocked("x"), VaultProblem.LOCKED),
        (NoKeyringError("x"), VaultProblem.MISSING),
        (InitError("x"), VaultProblem.FAILED),
        (RuntimeError("x"), VaultProblem.FAILED),
    ]:
        strange = Strange(None)
        strange.error = error
        with pytest.raises(VaultError) as failure:
            KeyringVault(strange, "x").store(some_ref(), generate(KEY))
        assert (failure.value.problem, failure.value.detail) == (problem, type(error).__name__)
        assert failure.value.__suppress_context__
        assert failure.value.__cause__ is None


def test_nothing_is_begun_once_nobody_waits() -> None:
    vault = KeyringVault(Strange(), "x")
    vault.stop_waiting()
    for call in (lambda: vault.read(some_ref()), lambda: vault.remove(some_ref())):
        with pytest.raises(VaultTimeout):
            call()
