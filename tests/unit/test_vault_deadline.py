"""A keychain that does not answer: the caller gets away in time, and nothing happens behind its back."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Iterator

import pytest

from cortex_desktop.domain.errors import SecretMissing, VaultError, VaultProblem, VaultTimeout
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import Secret, SecretRef, generate
from cortex_desktop.vault.deadline import DeadlineVault, Limits
from cortex_desktop.vault.keyring_vault import KeyringVault
from tests.support.memory_vault import InMemoryVault
from tests.support.vaults import (
    KEY,
    VaultContract,
    no_vault_threads_left,
    some_ref,
    vault_threads,
    wait_until,
)


class Stuck:
    """A hook that holds up the call it meets until it is let go."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.let_go = threading.Event()

    def __call__(self, operation: str, ref: SecretRef | None) -> None:
        self.reached.set()
        assert self.let_go.wait(10)


class Opening:
    """Opens raw vaults on one in-memory store, and counts them."""

    def __init__(self) -> None:
        self.raws: list[InMemoryVault] = []
        self.items: dict[SecretRef, Secret] = {}
        self.hook: Stuck | None = None
        self.closed = 0

    def __call__(self) -> InMemoryVault:
        raw = InMemoryVault("Real name")
        raw.items = self.items
        raw.before, self.hook = self.hook, None
        raw.close = self._count  # type: ignore[method-assign]
        self.raws.append(raw)
        return raw

    def _count(self) -> None:
        self.closed += 1


@pytest.fixture
def opening() -> Opening:
    return Opening()


@pytest.fixture
def vault(opening: Opening) -> Iterator[DeadlineVault]:
    with no_vault_threads_left():
        vault = DeadlineVault(opening, "Some keychain", "Some class", Limits(call=5, state=0.1, unlock=5))
        yield vault
        vault.close()


@pytest.fixture
def stuck(opening: Opening) -> Iterator[Stuck]:
    """The first raw vault's first call does not answer."""
    stuck = opening.hook = Stuck()
    yield stuck
    stuck.let_go.set()


def short(opening: Opening, **limits: float) -> DeadlineVault:
    return DeadlineVault(opening, "Some keychain", "Some class", Limits(**limits))


class Calling(threading.Thread):
    """Calls on a thread of its own and keeps what came of it."""

    def __init__(self, call) -> None:
        super().__init__()
        self._call = call
        self.error: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            self._call()
        except Exception as error:
            self.error = error


class TestContract(VaultContract):
    pass


def test_nothing_is_opened_before_the_first_call(opening: Opening, vault: DeadlineVault) -> None:
    assert (vault.name, vault.backend) == ("Some keychain", "Some class")
    assert not opening.raws
    assert not vault_threads()
    vault.state()
    assert vault.name == "Real name"


def test_all_calls_run_on_one_daemon_thread(opening: Opening, vault: DeadlineVault) -> None:
    vault.state()
    threads = []
    opening.raws[0].before = lambda *_: threads.append(threading.current_thread())
    vault.store(some_ref(), generate(KEY))
    vault.state()
    assert len(set(threads)) == 1
    assert threads[0] is not threading.current_thread()
    assert threads[0].daemon


def test_errors_pass_through(opening: Opening, vault: DeadlineVault) -> None:
    vault.state()
    denied = VaultError(VaultProblem.DENIED, "x")
    opening.raws[0].fail_next("read", denied)
    with pytest.raises(VaultError) as failure:
        vault.read(some_ref())
    assert failure.value is denied
    with pytest.raises(SecretMissing):
        vault.read(some_ref())


def test_an_unexpected_error_tells_its_kind_and_not_its_text(opening: Opening, vault: DeadlineVault) -> None:
    vault.state()

    def explode(*_: object) -> None:
        raise KeyError("the text may quote a secret")

    opening.raws[0].before = explode
    with pytest.raises(VaultError) as failure:
        vault.read(some_ref())
    assert (failure.value.problem, failure.value.detail) == (VaultProblem.FAILED, "KeyError")
    assert "quote" not in str(failure.value)
    assert vault.state() is VaultState.FAILED


def test_what_cannot_be_opened_is_tried_again(opening: Opening) -> None:
    missing = [True]

    def open_raw() -> InMemoryVault:
        if missing[0]:
            raise VaultError(VaultProblem.MISSING, "Some keychain")
        return opening()

    with no_vault_threads_left():
        vault = DeadlineVault(open_raw, "Some keychain", "Some class")
        assert vault.state() is VaultState.MISSING
        missing[0] = False
        assert vault.state() is VaultState.UNLOCKED
        vault.close()


def test_no_answer_ends_in_time(opening: Opening, stuck: Stuck) -> None:
    vault = short(opening, call=0.1)
    ref, secret = some_ref(), generate(KEY)
    start = time.monotonic()
    with pytest.raises(VaultTimeout):
        vault.store(ref, secret)
    assert 0.09 < time.monotonic() - start < 1
    # The next call does not wait for the stuck one, and a late answer of that one is nobody's.
    with pytest.raises(SecretMissing):
        vault.read(ref)
    assert len(opening.raws) == 2
    stuck.let_go.set()
    wait_until(lambda: len(vault_threads()) == 1)
    assert opening.closed == 1
    assert vault.read(ref) == secret  # an in-memory store cannot be cut short
    assert len(opening.raws) == 2
    with no_vault_threads_left():
        vault.close()
    wait_until(lambda: not vault_threads())
    assert opening.closed == 2


def test_a_late_answer_is_not_taken_for_the_next_call(opening: Opening, stuck: Stuck) -> None:
    vault = short(opening, call=0.1)
    first, second = some_ref(), some_ref()
    for ref in (first, second):
        opening.items[ref] = Secret(ref.app_id)
    with pytest.raises(VaultTimeout):
        vault.read(first)
    stuck.let_go.set()
    assert vault.read(second) == Secret(second.app_id)
    vault.close()
    wait_until(lambda: not vault_threads())


def test_state_is_failed_without_an_answer(vault: DeadlineVault, stuck: Stuck) -> None:
    assert vault.state() is VaultState.FAILED
    assert vault.state() is VaultState.UNLOCKED
    stuck.let_go.set()


def test_stop_waiting_ends_the_call_that_waits(vault: DeadlineVault, stuck: Stuck) -> None:
    caller = Calling(vault.unlock)
    assert stuck.reached.wait(5)
    start = time.monotonic()
    vault.stop_waiting()
    caller.join(5)
    assert time.monotonic() - start < 1
    assert isinstance(caller.error, VaultTimeout)
    stuck.let_go.set()
    assert vault.state() is VaultState.UNLOCKED


def test_stop_waiting_leaves_the_next_call_alone(vault: DeadlineVault) -> None:
    vault.stop_waiting()
    vault.stop_waiting()
    assert vault.state() is VaultState.UNLOCKED
    vault.stop_waiting()
    vault.store(some_ref(), generate(KEY))


def test_waiting_for_ones_turn_counts(opening: Opening, stuck: Stuck) -> None:
    vault = short(opening, call=0.1, state=0.1, unlock=10)
    first = Calling(vault.unlock)
    assert stuck.reached.wait(5)
    start = time.monotonic()
    assert vault.state() is VaultState.FAILED
    with pytest.raises(VaultTimeout):
        vault.read(some_ref())
    assert time.monotonic() - start < 2
    stuck.let_go.set()
    first.join(5)
    assert first.error is None
    vault.close()
    wait_until(lambda: not vault_threads())


def test_callers_on_many_threads_take_turns(opening: Opening, vault: DeadlineVault) -> None:
    vault.state()
    inside, most = [0], [0]

    def enter(*_: object) -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.0005)

    def leave(*_: object) -> None:
        inside[0] -= 1

    opening.raws[0].before, opening.raws[0].after = enter, leave

    def work() -> None:
        for _ in range(10):
            ref, secret = some_ref(), generate(KEY)
            vault.store(ref, secret)
            assert vault.read(ref) == secret
            vault.remove(ref)

    callers = [Calling(work) for _ in range(8)]
    for caller in callers:
        caller.join(10)
    assert [caller.error for caller in callers] == [None] * 8
    assert most[0] == 1
    assert len(opening.raws) == 1


def test_close_does_not_wait(vault: DeadlineVault, stuck: Stuck) -> None:
    caller = Calling(lambda: vault.store(some_ref(), generate(KEY)))
    assert stuck.reached.wait(5)
    start = time.monotonic()
    vault.close()
    caller.join(5)
    assert time.monotonic() - start < 1
    assert isinstance(caller.error, VaultTimeout)


def test_a_closed_vault_takes_no_calls(opening: Opening, vault: DeadlineVault) -> None:
    vault.state()
    vault.close()
    vault.close()
    with pytest.raises(VaultError) as failure:
        vault.read(some_ref())
    assert failure.value.detail == "closed"
    assert vault.state() is VaultState.FAILED
    wait_until(lambda: opening.closed == 1)
    assert len(opening.raws) == 1


def test_an_abandoned_call_begins_no_further_step() -> None:
    let_go, asked = threading.Event(), []

    class Slow:
        def get_password(self, service: str, username: str) -> None:
            asked.append("get")
            assert let_go.wait(10)

        def set_password(self, service: str, username: str, password: str) -> None:
            asked.append("set")

        def delete_password(self, service: str, username: str) -> None:
            asked.append("delete")

    with no_vault_threads_left():
        vault = DeadlineVault(lambda: KeyringVault(Slow(), "x"), "x", "x", Limits(call=0.1))
        with pytest.raises(VaultTimeout):
            vault.store(some_ref(), generate(KEY))
        let_go.set()
        vault.close()
    assert asked == ["get"]


def test_a_call_given_up_while_opening_never_runs(opening: Opening) -> None:
    let_go = threading.Event()

    def open_slowly() -> InMemoryVault:
        assert let_go.wait(10)
        return opening()

    with no_vault_threads_left():
        vault = DeadlineVault(open_slowly, "x", "x", Limits(call=0.1))
        with pytest.raises(VaultTimeout):
            vault.store(some_ref(), generate(KEY))
        let_go.set()
        wait_until(lambda: opening.closed == 1)
        vault.close()
    assert opening.raws[0].calls == []
    assert not opening.items


def test_an_idle_vault_holds_no_secret(opening: Opening, vault: DeadlineVault) -> None:
    class Traced(Secret):
        pass  # without slots, so that it can be watched

    ref, secret = some_ref(), Traced("a" * 22)
    watched = weakref.ref(secret)
    vault.store(ref, secret)
    assert vault.read(ref) == secret
    opening.items.clear()
    del secret
    gc.collect()
    wait_until(lambda: watched() is None, 1)
