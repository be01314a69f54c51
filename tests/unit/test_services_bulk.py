"""The same for many apps: each is counted once, whatever stops it leaves none half-done, and it can be taken back."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cortex_desktop.domain.activity import Action
from cortex_desktop.domain.errors import (
    AppGone,
    ChangedSince,
    NotFinished,
    SecretMissing,
    StorageError,
    VaultError,
    VaultProblem,
    VaultTimeout,
)
from cortex_desktop.domain.model import App, AppState
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import SecretKind, SecretRef
from cortex_desktop.services.bulk import (
    BATCH,
    MAX_FAILURES,
    Bulk,
    BulkAction,
    Delete,
    Disable,
    Enable,
    Restore,
    RollBack,
    Rotate,
)
from cortex_desktop.services.periods import RESTORABLE, ROLLED_BACK_KEPT
from tests.support.services import NOON, Office, disk_full, failed

A_DAY = timedelta(days=1)
AT_ONCE = timedelta(0)
ROW_ACTIONS = [Enable, Disable, Delete, Restore]


class World(Office):
    """An office that does things to many apps."""

    def bulk(self, action: BulkAction, apps: Iterable[App]) -> Bulk:
        return Bulk(action, apps, self.apps)

    def some(self, *labels: str, sessions: bool = True) -> list[App]:
        return [self.make(label, sessions=sessions).app for label in labels]

    def rows(self, apps: Iterable[App]) -> list[App]:
        """The apps as a start would find them."""
        return [self.row(app) for app in apps]

    def recorded(self) -> list[tuple[Action, str]]:
        return [(entry.action, entry.label) for entry in self.entries()]

    def settle(self) -> None:
        """What a person does about a locked keychain or a crash: unlock it; recovery runs."""
        self.vault.current = VaultState.UNLOCKED
        self.in_peace()
        self.recover()


@pytest.fixture
def world(folder: Path) -> World:
    return World(folder)


def run(bulk: Bulk) -> None:
    """To its end, or to what is in the way."""
    before = list(bulk.changed)
    returned: list[App] = []
    while not bulk.over:
        returned += bulk.step()
    assert bulk.changed == [*before, *returned]
    assert bulk.step() == []


def labels(apps: Iterable[App]) -> list[str]:
    return [app.label for app in apps]


# What it does


@pytest.mark.parametrize("enabled", [True, False])
def test_enabling_and_disabling_leaves_those_alone_that_are_so(world: World, enabled: bool) -> None:
    first, second, third = world.some("first", "second", "third")
    world.use.set_enabled(first.id, False)
    world.use.set_enabled(second.id, False)
    bulk = world.bulk(Enable() if enabled else Disable(), [first, second, third])
    assert (bulk.total, bulk.reached, bulk.over) == (3, 0, False)
    run(bulk)
    assert {app.enabled for app in world.rows([first, second, third])} == {enabled}
    changed, already = (["first", "second"], ["third"]) if enabled else (["third"], ["first", "second"])
    assert (labels(bulk.changed), labels(bulk.already), bulk.refused) == (changed, already, [])
    assert (bulk.reached, bulk.rest, bulk.stopped) == (3, (), None)


def test_deleting_and_restoring(world: World) -> None:
    apps = world.some("first", "second")
    bulk = world.bulk(Delete(), apps)
    run(bulk)
    assert [(app.state, app.purge_after) for app in world.rows(apps)] == [(AppState.DELETED, NOON + RESTORABLE)] * 2
    again = world.bulk(Delete(), apps)
    world.time += A_DAY
    run(again)
    assert labels(again.already) == ["first", "second"]
    assert world.rows(apps)[0].purge_after == NOON + RESTORABLE, "it stays as long as it was said"
    back = world.bulk(Restore(), [*apps, *world.some("third")])
    run(back)
    assert world.rows(apps) == apps
    assert (labels(back.changed), labels(back.already)) == (["first", "second"], ["third"])


@pytest.mark.parametrize("sessions", [True, False])
def test_rotating_keeps_the_old_keys_for_as_long_as_chosen(world: World, sessions: bool) -> None:
    apps = world.some("first", "second", sessions=sessions)
    old = [world.key(app) for app in apps]
    run(world.bulk(Rotate(A_DAY), apps))
    for app, key in zip(world.rows(apps), old, strict=True):
        assert (app.version, [(kept.number, kept.until) for kept in app.kept]) == (2, [(1, NOON + A_DAY)])
        assert world.key(app) != key
        assert world.vault.items[world.ref(app, 1)] == key


def test_rotating_without_keeping_removes_each_old_key_in_its_turn(world: World) -> None:
    apps = world.some("first", "second", sessions=False)
    bulk = world.bulk(Rotate(AT_ONCE), apps)
    bulk.step()
    assert {ref.version for ref in world.vault.items if ref.app_id == apps[0].id} == {2}
    assert {ref.version for ref in world.vault.items if ref.app_id == apps[1].id} == {1}
    run(bulk)
    assert {ref.version for ref in world.vault.items} == {2}
    assert all(not app.kept for app in bulk.changed)
    assert bulk.undo() is None


def test_an_old_key_that_will_not_go_is_left_to_recovery(world: World) -> None:
    apps = world.some("first", "second")
    world.vault.fail_next("remove", failed())
    bulk = world.bulk(Rotate(AT_ONCE), apps)
    run(bulk)
    assert (labels(bulk.changed), bulk.refused) == (["first", "second"], [])
    world.recover()
    assert {ref.version for ref in world.vault.items} == {2}


# What it costs


@pytest.mark.parametrize("action", ROW_ACTIONS)
def test_a_batch_is_one_durable_step(world: World, monkeypatch: pytest.MonkeyPatch, action: type[BulkAction]) -> None:
    [app] = world.some("app")
    apps = [replace(app, id=f"{number:032x}", enabled=action is Disable) for number in range(BATCH + 1)]
    monkeypatch.setattr(action, "batch", BATCH)
    if action is Restore:
        apps = [replace(app, state=AppState.DELETED, purge_after=NOON + A_DAY) for app in apps]
    for each in apps:
        world.repository.add_app(each)
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    recorded: list[int] = []
    bulk = world.bulk(action(), apps)
    with monkeypatch.context() as patch:
        patch.setattr(world.log, "append", lambda entries: recorded.append(len(entries)))
        assert len(bulk.step()) == BATCH
        announced = int(action is Restore)  # a generation of its own, before the keychain hears of it
        assert len(synced) == 1 + announced
        assert (bulk.reached, labels(bulk.rest)) == (BATCH, ["app"])
        run(bulk)
    assert len(synced) == 2 + 2 * announced
    assert recorded == [BATCH, 1]
    assert len(bulk.changed) == BATCH + 1


def test_what_needs_the_keychain_goes_app_by_app(world: World) -> None:
    bulk = world.bulk(Rotate(A_DAY), world.some("first", "second"))
    assert labels(bulk.step()) == ["first"]
    assert labels(bulk.rest) == ["second"]


def test_what_was_done_to_which_app_is_recorded(world: World) -> None:
    first, second = world.some("first", "second")
    world.use.set_enabled(second.id, False)
    before = world.recorded()
    for action in (Disable(), Rotate(A_DAY), Delete()):
        bulk = world.bulk(action, [first, second])
        run(bulk)
        undo = bulk.undo()
        assert undo is not None
        run(undo)
    assert world.recorded()[len(before) :] == [
        (Action.DISABLED, "first"),
        (Action.ENABLED, "first"),
        *[(action, app.label) for action in (Action.ROTATED, Action.ROLLED_BACK) for app in (first, second)],
        *[(action, app.label) for action in (Action.DELETED, Action.RESTORED) for app in (first, second)],
    ]


# What cannot be done


@pytest.mark.parametrize("action", [*ROW_ACTIONS, Rotate])
def test_what_is_gone_or_not_finished_is_told_and_the_others_are_done(world: World, action: type[BulkAction]) -> None:
    gone, purged, going, unfinished, last = apps = world.some("gone", "purged", "going", "unfinished", "last")
    world.use.set_enabled(last.id, action is not Enable)
    for app in (gone, going, *([last] if action is Restore else [])):
        world.deletion.delete(app.id)
    world.repository.drop_app(purged.id)
    world.repository.change_app(going.id, lambda app: replace(app, state=AppState.DELETING))
    world.repository.change_app(unfinished.id, lambda app: replace(app, state=AppState.CREATING))
    bulk = world.bulk(Rotate(A_DAY) if action is Rotate else action(), apps)
    run(bulk)
    assert bulk.stopped is None
    assert bulk.reached == 5
    told = {refused.app.label: type(refused.error) for refused in bulk.refused}
    expected = {"gone": AppGone, "purged": AppGone, "going": AppGone, "unfinished": NotFinished}
    if action in (Delete, Restore):
        del expected["gone"]
    if action is Restore:
        del expected["unfinished"]
    assert told == expected
    assert "last" in labels(bulk.changed)
    assert len(bulk.changed) + len(bulk.already) + len(bulk.refused) == 5


def test_an_odd_app_does_not_keep_the_others_waiting(world: World) -> None:
    apps = world.some("first", "odd", "third")
    before = world.key(apps[1])

    def refuse(call: str, ref: SecretRef | None) -> None:
        if call == "store" and ref is not None and ref.app_id == apps[1].id:
            raise failed()

    world.vault.before = refuse
    bulk = world.bulk(Rotate(A_DAY), apps)
    run(bulk)
    assert (labels(bulk.changed), bulk.stopped) == (["first", "third"], None)
    [refused] = bulk.refused
    assert (refused.app.label, type(refused.error)) == ("odd", VaultError)
    assert world.key(apps[1]) == before


def test_many_odd_ones_in_a_row_are_the_keychain_s_fault(world: World) -> None:
    apps = world.some(*(f"app {number}" for number in range(MAX_FAILURES + 3)))
    bulk = world.bulk(Rotate(A_DAY), apps)
    bulk.step()
    for _ in range(MAX_FAILURES):
        world.vault.fail_next("store", failed())
    run(bulk)
    assert isinstance(bulk.stopped, VaultError)
    assert len(bulk.refused) == MAX_FAILURES
    assert len(bulk.rest) == 2
    bulk.resume()
    run(bulk)
    assert labels(bulk.changed) == ["app 0", "app 4", "app 5"]


# What is in the way


@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize(
    "problem", [p for p in VaultProblem if p is not VaultProblem.FAILED], ids=lambda problem: problem.value
)
def test_it_stops_when_the_keychain_says_no_and_goes_on_later(world: World, problem: VaultProblem, at: int) -> None:
    """At either of a signing app's two secrets."""
    apps = world.some("first", "second", "third", sessions=False)
    old = {app.id: world.key(app) for app in apps}
    bulk = world.bulk(Rotate(A_DAY), apps)
    bulk.step()
    stores = iter(range(1, 9))

    def say_no(call: str, ref: SecretRef | None) -> None:
        if call == "store" and next(stores) == at:
            if problem is VaultProblem.LOCKED:
                world.vault.current = VaultState.LOCKED
            raise failed(problem)

    world.vault.before = say_no
    run(bulk)
    assert isinstance(bulk.stopped, VaultError)
    assert bulk.stopped.problem is problem
    assert (labels(bulk.changed), labels(bulk.rest), bulk.refused) == (["first"], ["second", "third"], [])
    world.settle()
    assert [world.key(app) == old[app.id] for app in apps] == [False, True, True]
    bulk.resume()
    run(bulk)
    assert (labels(bulk.changed), bulk.refused, bulk.stopped) == (["first", "second", "third"], [], None)
    for app in world.rows(apps):
        assert app.pending is None
        assert [(kept.number, kept.until) for kept in app.kept] == [(1, NOON + A_DAY)], "each was rotated once"
        assert world.key(app) != old[app.id]
    assert len(world.vault.items) == 3 * 2 * 2


@pytest.mark.parametrize("keep", [A_DAY, AT_ONCE])
@pytest.mark.parametrize("recovered_first", [True, False])
def test_no_answer_is_not_rotated_twice(world: World, keep: timedelta, recovered_first: bool) -> None:
    """The new key may be there or not: it is looked up, and kept for as long as the person chose."""
    apps = world.some("first", "second", sessions=False)
    old = [world.key(app) for app in apps]

    def no_answer(call: str, ref: SecretRef | None) -> None:
        if call == "store" and ref is not None and ref.kind is SecretKind.API_SECRET:
            raise VaultTimeout("Test keychain")

    world.vault.after = no_answer
    bulk = world.bulk(Rotate(keep), apps)
    run(bulk)
    assert isinstance(bulk.stopped, VaultTimeout)
    assert (bulk.changed, len(bulk.rest)) == ([], 2)
    world.vault.after = None
    if recovered_first:
        world.settle()
    world.time += A_DAY / 2
    bulk.resume()
    run(bulk)
    assert (len(bulk.changed), bulk.already, bulk.refused) == (2, [], [])
    for app, key in zip(world.rows(apps), old, strict=True):
        assert app.version == 2
        assert [(kept.number, kept.until) for kept in app.kept] == ([(1, world.time + keep)] if keep else [])
        assert world.key(app) != key


def test_a_full_disk_stops_it_before_a_batch(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    apps = world.some("first", "second")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    bulk = world.bulk(Disable(), apps)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert bulk.step() == []
    assert isinstance(bulk.stopped, StorageError)
    assert (bulk.reached, bulk.changed, bulk.already, bulk.refused) == (0, [], [], [])
    assert world.rows(apps) == apps
    bulk.resume()
    run(bulk)
    assert not any(app.enabled for app in world.rows(apps))


def test_a_disk_that_fails_in_the_middle_of_a_rotation_stops_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    apps = world.some("first", "second")
    changes = iter(range(9))
    real = world.repository.change_app

    def second_fails(*args: object) -> App:
        if next(changes) == 1:  # the new key is stored, and the row should point at it
            raise disk_full()
        return real(*args)  # type: ignore[arg-type]

    bulk = world.bulk(Rotate(A_DAY), apps)
    with monkeypatch.context() as patch:
        patch.setattr(world.repository, "change_app", second_fails)
        run(bulk)
    assert isinstance(bulk.stopped, StorageError)
    assert labels(bulk.rest) == ["first", "second"]
    bulk.resume()
    run(bulk)
    assert [app.version for app in world.rows(apps)] == [2, 2]
    assert [len(app.kept) for app in world.rows(apps)] == [1, 1]


# What somebody else does meanwhile


def test_what_was_rotated_meanwhile_is_not_rotated_again(world: World) -> None:
    apps = world.some("first", "second")
    bulk = world.bulk(Rotate(A_DAY), apps)
    key = world.rotation.rotate(apps[1].id, A_DAY).key
    run(bulk)
    assert (labels(bulk.changed), labels(bulk.already)) == (["first"], ["second"])
    assert world.key(apps[1]) == key


def test_what_was_changed_otherwise_meanwhile_is_rotated(world: World) -> None:
    """Switching Sessions is a version of its own, with the same key."""
    [app] = apps = world.some("app", sessions=False)
    bulk = world.bulk(Rotate(A_DAY), apps)
    old = world.key(app)
    switched = world.editing.edit(app.id, replace(app.details, sessions=True))
    run(bulk)
    assert labels(bulk.changed) == ["app"]
    assert world.key(app) != old
    undo = bulk.undo()
    assert undo is not None
    run(undo)
    [back] = world.rows(apps)
    assert (world.key(app), back.version, back.sessions) == (old, switched.version, True)


# Taking back


@pytest.mark.parametrize("action", ROW_ACTIONS)
def test_taking_back_touches_only_what_was_changed(world: World, action: type[BulkAction]) -> None:
    first, second = apps = world.some("first", "second")
    for app, is_so in ((first, False), (second, True)):
        if action in (Enable, Disable):
            world.use.set_enabled(app.id, (action is Enable) is is_so)
        elif (action is Delete) is is_so:
            world.deletion.delete(app.id)
    before = world.rows(apps)
    bulk = world.bulk(action(), apps)
    assert bulk.undo() is None, "there is nothing to take back yet"
    run(bulk)
    assert labels(bulk.changed) == ["first"]
    assert world.rows(apps) != before
    undo = bulk.undo()
    assert undo is not None
    run(undo)
    assert world.rows(apps) == before
    assert undo.undo() is None


def test_taking_back_a_rotation_rolls_back(world: World) -> None:
    apps = world.some("first", "second", "third", "fourth", sessions=False)
    old = [world.key(app) for app in apps]
    bulk = world.bulk(Rotate(A_DAY), apps)
    run(bulk)
    third = world.rotation.rotate(apps[2].id, A_DAY).key
    world.removal.drop_kept(apps[3].id, 1)
    fourth = world.key(apps[3])
    undo = bulk.undo()
    assert undo is not None
    assert isinstance(undo.action, RollBack)
    run(undo)
    assert labels(undo.changed) == ["first", "second"]
    assert [(r.app.label, type(r.error)) for r in undo.refused] == [("third", ChangedSince), ("fourth", ChangedSince)]
    assert [world.key(app) for app in world.rows(apps)] == [old[0], old[1], third, fourth]
    assert [kept.until for kept in world.rows(apps)[0].kept] == [NOON + ROLLED_BACK_KEPT]


def test_taking_back_a_rotation_waits_for_the_keychain(world: World) -> None:
    apps = world.some("first", "second")
    old = [world.key(app) for app in apps]
    bulk = world.bulk(Rotate(A_DAY), apps)
    run(bulk)
    undo = bulk.undo()
    assert undo is not None
    undo.step()
    world.vault.current = VaultState.LOCKED
    run(undo)
    assert isinstance(undo.stopped, VaultError)
    assert (labels(undo.changed), labels(undo.rest)) == (["first"], ["second"])
    world.settle()
    undo.resume()
    run(undo)
    assert [world.key(app) for app in world.rows(apps)] == old


def test_a_kept_key_that_the_keychain_lost_is_told(world: World) -> None:
    apps = world.some("first", "second")
    bulk = world.bulk(Rotate(A_DAY), apps)
    run(bulk)
    del world.vault.items[world.ref(apps[0], 1)]
    undo = bulk.undo()
    assert undo is not None
    run(undo)
    assert [(r.app.label, type(r.error)) for r in undo.refused] == [("first", SecretMissing)]
    assert labels(undo.changed) == ["second"]


def test_what_was_done_before_it_stopped_can_be_taken_back(world: World) -> None:
    apps = world.some("first", "second", "third")
    old = [world.key(app) for app in apps]
    bulk = world.bulk(Rotate(A_DAY), apps)
    bulk.step()
    world.vault.current = VaultState.LOCKED
    run(bulk)
    world.settle()
    undo = bulk.undo()
    assert undo is not None
    run(undo)
    assert (undo.total, [world.key(app) for app in world.rows(apps)]) == (1, old)
