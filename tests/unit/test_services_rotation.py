"""New keys for old: rotating, rolling back, and what becomes of the versions in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from cortex_desktop.domain.activity import Action
from cortex_desktop.domain.errors import (
    AppGone,
    KeyFormError,
    KeyKnown,
    NotFinished,
    SecretMissing,
    StorageError,
    TooManyVersions,
    VaultError,
    VaultProblem,
    VaultTimeout,
    VersionGone,
)
from cortex_desktop.domain.model import LAST_VERSION, App, AppState, KeptVersion, Known, Origin
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import KeyEnds, Secret, SecretKind, SecretRef, generate
from cortex_desktop.services.apps.recovery import RecoveryReport
from cortex_desktop.services.periods import KEPT_BY_RECOVERY, LATE, RESTORABLE
from tests.support.services import NOON, Office, create, failed

KEY, API_SECRET = SecretKind.API_KEY, SecretKind.API_SECRET
A_WEEK = timedelta(days=7)
AT_ONCE = timedelta(0)
A_MICROSECOND = timedelta(microseconds=1)


# Rotating


@pytest.mark.parametrize(("sessions", "kinds"), [(True, [KEY]), (False, [KEY, API_SECRET])])
def test_a_rotated_app_keeps_its_old_secrets(office: Office, sessions: bool, kinds: list[SecretKind]) -> None:
    old = office.make(sessions=sessions)
    before = dict(office.vault.items)
    office.time += timedelta(hours=1)
    new = office.rotation.rotate(old.app.id, A_WEEK)
    assert new.key != old.key
    assert office.use.secret(old.app.id) == new.key
    assert new.app == replace(
        old.app,
        version=2,
        last_version=2,
        key_ends=KeyEnds.of(new.key),
        kept=(KeptVersion(1, old.app.key_ends, sessions, office.time + A_WEEK, Origin.HERE),),
        rotated=office.time,
    )
    assert office.row(old.app) == new.app
    assert [ref.kind for ref in office.vault.items if ref.version == 2] == kinds
    assert {ref: office.vault.items[ref] for ref in before} == before
    assert len({secret.reveal() for secret in office.vault.items.values()}) == 2 * len(kinds)


def test_the_row_names_the_new_version_before_it_is_stored_and_points_at_it_after(office: Office) -> None:
    app = office.make().app
    seen: list[tuple[str, str, int, int | None]] = []

    def look(when: str) -> Callable[[str, SecretRef | None], None]:
        def hook(call: str, _: SecretRef | None) -> None:
            row = office.row(app)
            seen.append((when, call, row.version, row.pending and row.pending.number))

        return hook

    office.vault.before, office.vault.after = look("before"), look("after")
    new = office.rotation.rotate(app.id, A_WEEK)
    # The vault's store reads back what it stored, so that "after store" is after that.
    assert [step for step in seen if step[1] == "store"] == [
        ("before", "store", 1, 2),
        ("after", "store", 1, 2),
        ("before", "store", 1, 2),
        ("after", "store", 1, 2),
    ]
    assert (office.row(app).version, office.row(app).pending) == (2, None)
    assert new.app.version == 2


def test_the_row_tells_the_new_keys_ends_before_the_key_is_stored(office: Office) -> None:
    app = office.make(sessions=True).app
    ends = []
    office.vault.before = lambda call, _: ends.append(office.row(app).pending) if call == "store" else None
    new = office.rotation.rotate(app.id, A_WEEK)
    [pending] = ends
    assert pending is not None
    assert pending.key_ends == KeyEnds.of(new.key)


def test_many_rotations_keep_many_versions_newest_first(office: Office) -> None:
    app = office.make(sessions=True).app
    for _ in range(3):
        app = office.rotation.rotate(app.id, A_WEEK).app
    assert [app.version, *(kept.number for kept in app.kept)] == [4, 3, 2, 1]
    assert office.numbers() == [1, 2, 3, 4]


def test_an_old_version_goes_when_its_time_is_up_and_not_before(office: Office) -> None:
    app = office.make().app
    new = office.rotation.rotate(app.id, A_WEEK)
    office.time += A_WEEK - A_MICROSECOND
    assert office.recover() == RecoveryReport()
    assert office.numbers() == [1, 1, 2, 2]
    office.time += A_MICROSECOND
    assert office.recover() == RecoveryReport(removed=(app.id,))
    assert office.numbers() == [2, 2]
    assert office.row(app) == replace(new.app, kept=())
    assert office.use.secret(app.id) == new.key
    assert office.recover() == RecoveryReport()


def test_of_two_old_versions_only_the_one_that_is_due_goes(office: Office) -> None:
    app = office.make(sessions=True).app
    office.rotation.rotate(app.id, A_WEEK)
    office.rotation.rotate(app.id, timedelta(days=1))
    office.time += timedelta(days=1)
    office.recover()
    assert office.numbers() == [1, 3]


def test_keeping_nothing_leaves_the_old_version_to_the_next_recovery(office: Office) -> None:
    app = office.make().app
    new = office.rotation.rotate(app.id, AT_ONCE)
    assert office.numbers() == [1, 1, 2, 2]
    again = office.restart()
    assert again.recovery.recover() == RecoveryReport(removed=(app.id,))
    assert office.numbers() == [2, 2]
    assert again.use.secret(app.id) == new.key


def test_a_removal_that_the_keychain_refuses_waits(office: Office) -> None:
    app = office.make().app
    office.rotation.rotate(app.id, AT_ONCE)
    office.vault.fail_next("remove", failed(VaultProblem.DENIED), after=True)
    report = office.recover()
    assert (report.waiting, [each.app.id for each in report.not_removed]) == ((app.id,), [app.id])
    assert str(report.not_removed[0].error.title) == "The keychain refused"
    assert [kept.number for kept in office.row(app).kept] == [1]
    assert office.recover() == RecoveryReport(removed=(app.id,))
    assert office.numbers() == [2, 2]


# When it does not work


@pytest.mark.parametrize("state", [VaultState.LOCKED, VaultState.MISSING, VaultState.FAILED])
def test_a_keychain_that_cannot_take_it_is_told_before_anything_is_written(office: Office, state: VaultState) -> None:
    made = office.make()
    office.vault.calls.clear()
    office.vault.current = state
    with pytest.raises(VaultError) as refusal:
        office.rotation.rotate(made.app.id, A_WEEK)
    assert refusal.value.problem.value == state.value
    assert office.called() == ["state"]
    assert office.row(made.app) == made.app


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("problem", VaultProblem)
def test_a_refusal_leaves_the_old_key_alone(office: Office, problem: VaultProblem, nth: int, after: bool) -> None:
    made = office.make()
    items = dict(office.vault.items)
    office.fail_at("store", nth, failed(problem), after=after)
    with pytest.raises(VaultError) as refusal:
        office.rotation.rotate(made.app.id, A_WEEK)
    office.in_peace()
    assert refusal.value.problem is problem
    assert office.vault.items == items
    assert office.row(made.app) == replace(made.app, last_version=2)
    assert office.use.secret(made.app.id) == made.key
    assert office.recover() == RecoveryReport()


def test_a_disk_that_refuses_to_begin_gets_no_secret_into_the_keychain(office: Office) -> None:
    made = office.make()
    office.vault.calls.clear()
    office.repository.refuse("change_app", 1)
    with pytest.raises(StorageError):
        office.rotation.rotate(made.app.id, A_WEEK)
    assert "store" not in office.called()
    assert office.row(made.app) == made.app


def test_a_disk_that_refuses_the_last_step_is_not_told_as_a_failure(office: Office) -> None:
    made = office.make()
    office.repository.refuse("change_app", 2)
    with pytest.raises(NotFinished, match="NewHealth App"):
        office.rotation.rotate(made.app.id, timedelta(days=1))
    assert office.use.secret(made.app.id) == made.key
    again = office.restart()
    assert again.recovery.recover() == RecoveryReport(finished=(made.app.id,))
    row = office.row(made.app)
    assert (row.version, row.pending) == (2, None)
    assert KeyEnds.of(again.use.secret(made.app.id)) == row.key_ends
    # How long the person wanted it kept died with the program.
    assert row.kept == (
        KeptVersion(1, made.app.key_ends, made.app.sessions, office.time + KEPT_BY_RECOVERY, Origin.HERE),
    )


@pytest.mark.parametrize(
    ("nth", "after", "forward"), [(1, False, False), (1, True, False), (2, False, False), (2, True, True)]
)
def test_after_no_answer_recovery_goes_by_what_is_there(office: Office, nth: int, after: bool, forward: bool) -> None:
    made = office.make()
    office.fail_at("store", nth, VaultTimeout("Test keychain"), after=after)
    with pytest.raises(NotFinished):
        office.rotation.rotate(made.app.id, A_WEEK)
    office.in_peace()
    assert "remove" not in office.called()
    assert office.use.secret(made.app.id) == made.key  # until then
    again, ids = office.restart(), (made.app.id,)
    assert again.recovery.recover() == (RecoveryReport(finished=ids) if forward else RecoveryReport(undone=ids))
    assert office.numbers() == ([1, 1, 2, 2] if forward else [1, 1])
    row = office.row(made.app)
    assert (row.version, row.pending, row.last_version) == (2 if forward else 1, None, 2)
    assert KeyEnds.of(again.use.secret(made.app.id)) == row.key_ends


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [(KEY, generate(KEY)), (KEY, Secret("")), (API_SECRET, Secret("")), (API_SECRET, generate(KEY))],
    ids=["another key", "empty key", "empty secret", "key for secret"],
)
def test_recovery_does_not_move_to_a_wrong_secret(office: Office, kind: SecretKind, wrong: Secret) -> None:
    made = office.make()
    office.repository.refuse("change_app", 2)
    with pytest.raises(NotFinished):
        office.rotation.rotate(made.app.id, A_WEEK)
    office.vault.items[office.ref(made.app, 2, kind)] = wrong
    assert office.recover() == RecoveryReport(undone=(made.app.id,))
    somebodys = kind is KEY and bool(wrong.reveal())
    assert office.numbers() == ([1, 1, 2, 2] if somebodys else [1, 1])
    assert office.use.secret(made.app.id) == made.key


def test_what_cannot_be_taken_back_at_once_is_written_down_as_given_up(office: Office) -> None:
    made = office.make()
    office.fail_at("store", 2, failed(VaultProblem.FULL), after=True)
    office.vault.fail_next("remove", failed())
    with pytest.raises(VaultError) as refusal:
        office.rotation.rotate(made.app.id, A_WEEK)
    office.in_peace()
    assert refusal.value.problem is VaultProblem.FULL
    assert office.numbers() == [1, 1, 2, 2]
    assert office.recover() == RecoveryReport()  # both secrets are there, and yet the old key stays
    assert office.numbers() == [1, 1]
    assert office.row(made.app) == replace(made.app, last_version=2)


def test_a_refusal_that_cannot_be_written_down_is_not_finished(office: Office) -> None:
    made = office.make()
    office.fail_at("store", 2, failed(VaultProblem.FULL))
    office.repository.refuse("change_app", 2)
    with pytest.raises(NotFinished):
        office.rotation.rotate(made.app.id, A_WEEK)
    office.in_peace()
    assert office.recover() == RecoveryReport(undone=(made.app.id,))
    assert office.numbers() == [1, 1]


def test_an_unfinished_rotation_is_settled_before_the_next(office: Office) -> None:
    made = office.make()
    office.fail_at("store", 2, VaultTimeout("Test keychain"), after=True)
    with pytest.raises(NotFinished):
        office.rotation.rotate(made.app.id, A_WEEK)
    office.in_peace()
    app = office.rotation.rotate(made.app.id, A_WEEK).app
    assert [app.version, *(kept.number for kept in app.kept)] == [3, 2, 1]
    assert office.numbers() == [1, 1, 2, 2, 3, 3]


def test_no_number_is_used_twice(office: Office) -> None:
    app = office.make(sessions=True).app
    office.fail_at("store", 1, failed())
    with pytest.raises(VaultError):
        office.rotation.rotate(app.id, A_WEEK)  # refused: takes 2 with it
    office.fail_at("store", 1, VaultTimeout("Test keychain"))
    with pytest.raises(NotFinished):
        office.rotation.rotate(app.id, A_WEEK)  # undone by recovery: 3
    office.in_peace()
    office.recover()
    assert office.rotation.rotate(app.id, A_WEEK).app.version == 4
    office.rotation.roll_back(app.id, 1, A_WEEK)
    office.removal.drop_kept(app.id, 4)
    assert office.rotation.rotate(app.id, A_WEEK).app.version == 5
    stored = [ref for call, ref in office.vault.calls if call == "store"]
    assert [ref.version for ref in stored if ref is not None] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("state", [AppState.CREATING, AppState.DELETED, AppState.DELETING])
def test_only_an_active_app_is_rotated(office: Office, state: AppState) -> None:
    made = office.make()
    row = office.set_state(made.app, state)
    office.vault.calls.clear()
    with pytest.raises(AppGone):
        office.rotation.rotate(made.app.id, A_WEEK)
    assert office.row(made.app) == row
    assert office.called() == ["state"]


# Rolling back


@pytest.mark.parametrize("sessions", [True, False])
def test_rolling_back_swaps(office: Office, sessions: bool) -> None:
    old = office.make(sessions=sessions)
    new = office.rotation.rotate(old.app.id, A_WEEK)
    items = dict(office.vault.items)
    office.time += timedelta(hours=1)
    app = office.rotation.roll_back(old.app.id, 1, timedelta(days=1))
    assert app == replace(
        new.app,
        version=1,
        key_ends=old.app.key_ends,
        kept=(KeptVersion(2, new.app.key_ends, new.app.sessions, office.time + timedelta(days=1), Origin.HERE),),
    )
    assert office.row(app) == app
    assert office.use.secret(app.id) == old.key
    assert office.vault.items == items
    forth = office.rotation.roll_back(app.id, 2, A_WEEK)
    assert (forth.version, office.use.secret(app.id)) == (2, new.key)


def test_rolling_back_over_several_keeps_the_others(office: Office) -> None:
    app = office.make().app
    for _ in range(2):
        until = office.rotation.rotate(app.id, A_WEEK).app.kept[0].until
    app = office.rotation.roll_back(app.id, 1, AT_ONCE)
    assert [(kept.number, kept.until) for kept in app.kept] == [(3, NOON), (2, until)]


@pytest.mark.parametrize("kind", SecretKind)
def test_a_version_that_is_not_whole_is_not_rolled_back_to(office: Office, kind: SecretKind) -> None:
    app = office.make().app
    new = office.rotation.rotate(app.id, A_WEEK)
    del office.vault.items[office.ref(app, 1, kind)]
    with pytest.raises(SecretMissing):
        office.rotation.roll_back(app.id, 1, A_WEEK)
    assert office.row(app) == new.app
    assert office.use.secret(app.id) == new.key


@pytest.mark.parametrize("wrong", [generate(KEY), Secret("")], ids=["another key", "no key"])
def test_a_version_whose_key_is_another_is_not_rolled_back_to(office: Office, wrong: Secret) -> None:
    app = office.make(sessions=True).app
    new = office.rotation.rotate(app.id, A_WEEK)
    office.vault.items[office.ref(app, 1)] = wrong
    with pytest.raises(SecretMissing):
        office.rotation.roll_back(app.id, 1, A_WEEK)
    assert office.row(app) == new.app


def test_a_locked_keychain_rolls_nothing_back(office: Office) -> None:
    app = office.make().app
    new = office.rotation.rotate(app.id, A_WEEK)
    office.vault.current = VaultState.LOCKED
    with pytest.raises(VaultError) as refusal:
        office.rotation.roll_back(app.id, 1, A_WEEK)
    assert refusal.value.problem is VaultProblem.LOCKED
    assert office.row(app) == new.app


@pytest.mark.parametrize("number", [1, 2, 3])
def test_what_is_not_kept_is_not_rolled_back_to(office: Office, number: int) -> None:
    app = office.make().app
    new = office.rotation.rotate(app.id, AT_ONCE)
    office.recover()
    with pytest.raises(VersionGone):
        office.rotation.roll_back(app.id, number, A_WEEK)
    assert office.row(app) == replace(new.app, kept=())


def test_a_version_that_is_to_go_is_not_rolled_back_to(office: Office) -> None:
    app = office.make().app
    office.rotation.rotate(app.id, A_WEEK)
    office.vault.fail_next("remove", VaultTimeout("Test keychain"))  # it may still be removed at any moment
    with pytest.raises(VaultTimeout):
        office.removal.drop_kept(app.id, 1)
    row = office.row(app)
    with pytest.raises(VersionGone):
        office.rotation.roll_back(app.id, 1, A_WEEK)
    assert office.rotation.keep_until(app.id, 1, NOON + A_WEEK) == row
    assert office.row(app) == row


def test_a_secret_that_is_to_go_does_not_come_back_with_sessions_off(office: Office) -> None:
    app = office.make().app
    office.editing.edit(app.id, replace(app.details, sessions=True))
    office.vault.fail_next("remove", VaultTimeout("Test keychain"))  # it may still be removed at any moment
    with pytest.raises(VaultTimeout):
        office.removal.drop_kept(app.id, 1)
    assert office.editing.edit(app.id, app.details).version == 3


def test_numbers_are_not_given_out_for_ever(office: Office) -> None:
    made = office.make(sessions=True)
    row = office.repository.change_app(made.app.id, lambda app: replace(app, last_version=LAST_VERSION - 1))
    assert office.rotation.rotate(row.id, A_WEEK).app.version == LAST_VERSION
    row, items = office.row(row), dict(office.vault.items)
    with pytest.raises(TooManyVersions):
        office.rotation.rotate(row.id, A_WEEK)
    assert office.row(row) == row
    assert office.vault.items == items


# Dropping kept versions


def test_a_kept_version_can_go_before_its_time(office: Office) -> None:
    app = office.make().app
    new = office.rotation.rotate(app.id, A_WEEK)
    assert office.removal.drop_kept(app.id, 1) == replace(new.app, kept=())
    assert office.row(app) == replace(new.app, kept=())
    assert office.numbers() == [2, 2]


def test_the_current_version_is_never_dropped(office: Office) -> None:
    app = office.make().app
    new = office.rotation.rotate(app.id, A_WEEK)
    for number in (2, 3):
        assert office.removal.drop_kept(app.id, number) == new.app
    assert office.numbers() == [1, 1, 2, 2]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", [1, 2])
def test_a_drop_that_was_cut_short_is_finished_by_recovery(office: Office, nth: int, after: bool) -> None:
    app = office.make().app
    new = office.rotation.rotate(app.id, A_WEEK)
    office.fail_at("remove", nth, failed(), after=after)
    with pytest.raises(VaultError):
        office.removal.drop_kept(app.id, 1)
    office.in_peace()
    assert office.row(app).kept == (replace(new.app.kept[0], until=NOON),)  # that it is to go is written down
    assert office.restart().recovery.recover() == RecoveryReport(removed=(app.id,))
    assert office.numbers() == [2, 2]
    assert office.row(app) == replace(new.app, kept=())


# Deleting


def test_a_deleted_app_keeps_all_versions_and_comes_back_with_them(office: Office) -> None:
    app = office.make().app
    new = office.rotation.rotate(app.id, A_WEEK)
    office.deletion.delete(app.id)
    assert office.numbers() == [1, 1, 2, 2]
    assert office.deletion.restore(app.id) == new.app


def test_purging_removes_all_versions(office: Office) -> None:
    other = office.make("Other")
    app = office.make().app
    for _ in range(3):
        office.rotation.rotate(app.id, A_WEEK)
    office.rotation.roll_back(app.id, 2, A_WEEK)
    office.repository.refuse("change_app", 2)
    with pytest.raises(NotFinished):
        office.rotation.rotate(app.id, A_WEEK)  # and one that is pending
    assert office.numbers() == [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    office.deletion.delete(app.id)
    office.time += RESTORABLE
    assert office.recover() == RecoveryReport(removed=(app.id,))
    assert set(office.vault.items) == set(other.app.refs)
    office.time += LATE
    office.recover()
    assert list(office.on_disk()) == [other.app]


def test_what_is_due_goes_from_a_deleted_app_too(office: Office) -> None:
    app = office.make().app
    new = office.rotation.rotate(app.id, timedelta(days=1))
    office.deletion.delete(app.id)
    office.time += timedelta(days=1)
    assert office.recover() == RecoveryReport(removed=(app.id,))
    assert office.numbers() == [2, 2]
    assert office.deletion.restore(app.id) == replace(new.app, kept=())


@pytest.mark.parametrize("stored", [True, False])
def test_a_rotation_is_settled_though_the_app_was_deleted(office: Office, stored: bool) -> None:
    made = office.make()
    office.fail_at("store", 2, VaultTimeout("Test keychain"), after=stored)
    with pytest.raises(NotFinished):
        office.rotation.rotate(made.app.id, A_WEEK)
    office.in_peace()
    gone = office.deletion.delete(made.app.id)
    ids = (made.app.id,)
    assert office.recover() == (RecoveryReport(finished=ids) if stored else RecoveryReport(undone=ids))
    assert office.numbers() == ([1, 1, 2, 2] if stored else [1, 1])
    row = office.row(made.app)
    assert (row.state, row.purge_after, row.pending) == (AppState.DELETED, gone.purge_after, None)
    assert KeyEnds.of(office.use.secret(office.deletion.restore(made.app.id).id)) == row.key_ends


def test_purging_leaves_what_it_cannot_prove_to_be_its_own(office: Office) -> None:
    app = office.make().app
    office.rotation.rotate(app.id, AT_ONCE)
    office.recover()
    office.vault.items[office.ref(app, 1)] = generate(KEY)  # an answer that came too late
    office.deletion.delete(app.id)
    office.removal.purge(app.id)
    assert office.numbers() == [1]
    [stray] = office.doctor.survey()
    assert (stray.ref, stray.is_ours) == (office.ref(app, 1), True)


# The keychain is locked, and starts in between


def test_everything_waits_while_the_keychain_is_locked(office: Office) -> None:
    due = office.make("Due").app
    office.rotation.rotate(due.id, AT_ONCE)
    pending = office.make("Pending").app
    office.repository.refuse("change_app", 2)
    with pytest.raises(NotFinished):
        office.rotation.rotate(pending.id, A_WEEK)
    rows: Sequence[App] = [office.row(due), office.row(pending)]
    office.vault.current = VaultState.LOCKED
    office.vault.calls.clear()
    assert office.restart().recovery.recover() == RecoveryReport(waiting=(due.id, pending.id))
    assert [office.row(due), office.row(pending)] == rows
    assert office.called() == ["state"]
    office.vault.current = VaultState.UNLOCKED
    assert office.restart().recovery.recover() == RecoveryReport(finished=(pending.id,), removed=(due.id,))


def test_a_life_with_a_start_after_each_step(office: Office) -> None:
    made = create(office.restart(), office.org.id, "NewHealth App")
    app_id, keys = made.app.id, [made.key]
    for _ in range(3):
        keys.append(office.restart().rotation.rotate(app_id, A_WEEK).key)
        office.restart().recovery.recover()
    assert office.restart().use.secret(app_id) == keys[3]
    office.restart().rotation.roll_back(app_id, 2, A_WEEK)
    assert office.restart().use.secret(app_id) == keys[1]
    office.restart().removal.drop_kept(app_id, 4)
    office.restart().deletion.delete(app_id)
    office.restart().deletion.restore(app_id)
    assert office.restart().use.secret(app_id) == keys[1]
    assert office.numbers() == [1, 1, 2, 2, 3, 3]
    office.restart().deletion.delete(app_id)
    office.restart().removal.purge(app_id)
    assert not office.vault.items


class TestOrigin:
    """Who made the current key, and what Cortex said of it."""

    def test_made_here_then_given_then_rolled_back(self, office: Office) -> None:
        made = office.make("Ward tablet", sessions=True)
        assert made.app.origin is Origin.HERE
        key = generate(SecretKind.API_KEY)
        given = office.rotation.use_key(made.app.id, key, None, A_WEEK).app
        assert (given.origin, given.key_ends) == (Origin.CORTEX, KeyEnds.of(key))
        assert office.last_entry()[0] is Action.KEY_GIVEN
        checked = office.apps.use.note_check(given.id, Known.YES)
        assert (checked.known, checked.checked) == (Known.YES, office.time)
        back = office.rotation.roll_back(given.id, 1, A_WEEK)
        assert (back.origin, back.known, back.checked) == (Origin.HERE, None, None)

    def test_rotating_makes_a_key_ours(self, office: Office) -> None:
        made = office.make("Ward tablet", sessions=True)
        key = generate(SecretKind.API_KEY)
        office.rotation.use_key(made.app.id, key, None, A_WEEK)
        assert office.rotation.rotate(made.app.id, A_WEEK).app.origin is Origin.HERE

    def test_a_signing_app_needs_a_secret_too(self, office: Office) -> None:
        made = office.make("EMR", sessions=False)
        with pytest.raises(KeyFormError):
            office.rotation.use_key(made.app.id, generate(SecretKind.API_KEY), None, A_WEEK)
        with pytest.raises(KeyKnown):
            office.rotation.use_key(made.app.id, made.key, generate(SecretKind.API_SECRET), A_WEEK)
        assert office.row(made.app) == made.app

    def test_what_cortex_knows_came_from_there(self, office: Office) -> None:
        made = office.make("Ward tablet", sessions=True)
        assert office.apps.use.note_check(made.app.id, Known.NO).origin is Origin.HERE
        action, details = office.last_entry()[0], office.entries()[-1].details
        assert (action, details) == (Action.CHECKED, {"known": "no"}), "the activity log tells"
        assert office.apps.use.note_check(made.app.id, Known.DISABLED).origin is Origin.CORTEX
