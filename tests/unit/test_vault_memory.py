"""The in-memory keychain keeps the contract, so that what passes on it passes on a real one."""

from __future__ import annotations

import pytest

from cortex_desktop.domain.errors import SecretMissing, VaultError, VaultProblem
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import generate
from tests.support.memory_vault import InMemoryVault
from tests.support.vaults import KEY, VaultContract, some_ref


@pytest.fixture
def vault() -> InMemoryVault:
    return InMemoryVault()


class TestContract(VaultContract):
    pass


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        (VaultState.LOCKED, VaultProblem.LOCKED),
        (VaultState.MISSING, VaultProblem.MISSING),
        (VaultState.FAILED, VaultProblem.FAILED),
    ],
)
def test_refuses_in_its_state(vault: InMemoryVault, state: VaultState, problem: VaultProblem) -> None:
    vault.current = state
    assert vault.state() is state
    ref = some_ref()
    for call in (lambda: vault.store(ref, generate(KEY)), lambda: vault.read(ref), lambda: vault.remove(ref)):
        with pytest.raises(VaultError) as failure:
            call()
        assert failure.value.problem is problem
    assert not vault.items


def test_unlocks_as_the_person_does(vault: InMemoryVault) -> None:
    vault.current, vault.person_unlocks = VaultState.LOCKED, False
    with pytest.raises(VaultError) as failure:
        vault.unlock()
    assert failure.value.problem is VaultProblem.DENIED
    assert vault.state() is VaultState.LOCKED
    vault.person_unlocks = True
    vault.unlock()
    assert vault.state() is VaultState.UNLOCKED


def test_fails_once_before_or_after_the_effect(vault: InMemoryVault) -> None:
    ref, secret = some_ref(), generate(KEY)
    error = VaultError(VaultProblem.FAILED, vault.name)
    vault.fail_next("store", error)
    with pytest.raises(VaultError):
        vault.store(ref, secret)
    with pytest.raises(SecretMissing):
        vault.read(ref)
    vault.fail_next("store", error, after=True)
    with pytest.raises(VaultError):
        vault.store(ref, secret)
    assert vault.read(ref) == secret


def test_tells_what_was_asked_for(vault: InMemoryVault) -> None:
    ref, secret, seen = some_ref(), generate(KEY), []
    vault.before = lambda operation, _: seen.append(("before", operation, ref in vault.items))
    vault.after = lambda operation, _: seen.append(("after", operation, ref in vault.items))
    vault.store(ref, secret)
    assert vault.calls == [("store", ref)]
    assert seen == [("before", "store", False), ("after", "store", True)]
    assert secret.reveal() not in f"{vault!r} {vars(vault)!r}"
