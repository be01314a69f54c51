"""What can be done with apps, with a keychain and a database that work, refuse, or do not answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from cortex_desktop.domain.errors import (
    AppGone,
    LabelError,
    NotFinished,
    OrgGone,
    SecretElsewhere,
    SecretMissing,
    StorageError,
    VaultError,
    VaultProblem,
    VaultTimeout,
)
from cortex_desktop.domain.model import App, AppState
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import KeyEnds, Secret, SecretKind, SecretRef, generate
from cortex_desktop.services.apps.recovery import RecoveryReport
from cortex_desktop.services.keychain import KeychainService, KeychainStatus
from cortex_desktop.services.periods import LATE, RESTORABLE
from tests.support.services import NOON, Office, create, failed
from tests.support.vaults import StillUnderWay

KEY, API_SECRET = SecretKind.API_KEY, SecretKind.API_SECRET
A_MICROSECOND = timedelta(microseconds=1)


# Creating


@pytest.mark.parametrize(("sessions", "kinds"), [(True, [KEY]), (False, [KEY, API_SECRET])])
def test_a_new_app_has_its_secrets_in_the_keychain(office: Office, sessions: bool, kinds: list[SecretKind]) -> None:
    made = office.make(sessions=sessions)
    assert [ref.kind for ref in office.vault.items] == kinds
    assert office.vault.items == {made.app.ref(kind): office.use.secret(made.app.id, kind) for kind in kinds}
    assert office.vault.items[office.ref(made.app, 1)] == made.key
    assert [len(secret.reveal()) for secret in office.vault.items.values()] == [22, 64][: len(kinds)]
    assert made.app.key_ends == KeyEnds.of(made.key)
    assert office.on_disk() == (made.app,)


def test_a_new_app_is_what_was_asked_for(office: Office) -> None:
    app = create(office.apps, office.org.id, "  NewHealth App ", csrf=False).app
    assert (app.label, app.org_id, app.sessions, app.csrf) == ("NewHealth App", office.org.id, False, False)
    assert (app.state, app.enabled, app.version, app.created) == (AppState.ACTIVE, True, 1, NOON)
    assert app.keychain == "InMemory"


def test_two_apps_may_have_one_label(office: Office) -> None:
    first, second = (office.make("Same") for _ in range(2))
    assert first.app.id != second.app.id
    assert first.key != second.key


def test_the_row_is_on_disk_before_and_after_each_secret(office: Office) -> None:
    seen = []
    office.vault.before = lambda operation, _: seen.append((operation, office.states()))
    office.make()
    creating = [AppState.CREATING]
    assert seen == [
        ("read claim", []),
        ("state", []),
        ("read claim", creating),
        ("write claim", creating),
        ("store", creating),
        ("store", creating),
    ]
    seen.clear()
    office.make()
    assert [call for call, _ in seen] == ["state", "read claim", "write claim", "store", "store"]
    office.deletion.delete(office.on_disk()[1].id)
    office.removal.purge(office.on_disk()[1].id)
    assert office.states() == [AppState.ACTIVE]


def test_a_creation_waits_for_the_disk_four_times(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the row, the row once more, the activity entry, and the note of where the log ends."""
    office.make()  # which also makes the files
    synced: list[int] = []
    monkeypatch.setattr("os.fsync", synced.append)
    office.make()
    assert len(synced) == 4


def test_a_row_names_its_keys_ends_before_the_key_is_stored(office: Office) -> None:
    rows = []
    office.vault.before = lambda operation, _: rows.extend(office.on_disk() if operation == "store" else ())
    made = office.make(sessions=True)
    assert [row.key_ends for row in rows] == [KeyEnds.of(made.key)]


def test_no_key_stands_in_the_folder(office: Office) -> None:
    office.make()
    for file in (path for path in office.folder.rglob("*") if path.is_file()):
        for secret in office.vault.items.values():
            assert secret.reveal().encode() not in file.read_bytes()


@pytest.mark.parametrize("label", ["", "  ", "a\nb", "x" * 121])
def test_a_bad_label_touches_nothing(office: Office, label: str) -> None:
    with pytest.raises(LabelError):
        office.make(label)
    assert not office.repository.writes
    assert not office.vault.calls


@pytest.mark.parametrize("state", [VaultState.LOCKED, VaultState.MISSING, VaultState.FAILED])
def test_a_keychain_that_cannot_take_it_is_told_before_anything_is_written(office: Office, state: VaultState) -> None:
    office.vault.current = state
    with pytest.raises(VaultError) as refusal:
        office.make()
    assert refusal.value.problem.value == state.value
    assert not office.repository.writes
    assert office.called() == ["state"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("problem", VaultProblem)
def test_a_refusal_leaves_nothing_behind(office: Office, problem: VaultProblem, nth: int, after: bool) -> None:
    office.fail_at("store", nth, failed(problem), after=after)
    with pytest.raises(VaultError) as refusal:
        office.make()
    assert refusal.value.problem is problem
    assert not isinstance(refusal.value, VaultTimeout)
    assert not office.on_disk()
    assert not office.vault.items


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", [1, 2])
def test_no_answer_is_not_finished_and_keeps_the_row(office: Office, nth: int, after: bool) -> None:
    office.fail_at("store", nth, VaultTimeout("Test keychain"), after=after)
    with pytest.raises(NotFinished, match="NewHealth App"):
        office.make()
    assert office.states() == [AppState.CREATING]
    assert "remove" not in office.called()


@pytest.mark.parametrize("problem", VaultProblem)
def test_what_cannot_be_taken_back_at_once_is_written_down_as_given_up(office: Office, problem: VaultProblem) -> None:
    office.fail_at("store", 2, failed(), after=True)
    office.vault.fail_next("remove", failed(problem))
    with pytest.raises(VaultError) as refusal:
        office.make()
    assert refusal.value.problem is VaultProblem.FAILED
    assert office.states() == [AppState.DELETING]  # both secrets are there, and it must not turn up
    assert len(office.vault.items) == 2
    office.in_peace()
    assert office.recover() == RecoveryReport()  # the person was told that nothing came of it
    assert not office.on_disk()
    assert not office.vault.items


def test_a_row_that_cannot_be_taken_back_at_once_goes_later(office: Office) -> None:
    office.vault.fail_next("store", failed())
    office.repository.refuse("drop_app")
    with pytest.raises(VaultError):
        office.make()
    assert office.states() == [AppState.DELETING]
    assert not office.vault.items
    assert office.recover() == RecoveryReport()
    assert not office.on_disk()


def test_a_refusal_that_cannot_be_written_down_is_not_finished(office: Office) -> None:
    office.vault.fail_next("store", failed())
    office.repository.refuse("change_app")
    with pytest.raises(NotFinished):
        office.make()
    assert office.states() == [AppState.CREATING]


def test_a_disk_that_refuses_the_row_gets_no_secret_into_the_keychain(office: Office) -> None:
    office.repository.refuse("add_app")
    with pytest.raises(StorageError):
        office.make()
    assert not office.on_disk()
    assert "store" not in office.called()


def test_a_disk_that_refuses_the_last_step_is_not_told_as_a_failure(office: Office) -> None:
    office.repository.refuse("change_app")
    with pytest.raises(NotFinished):
        office.make()
    [row] = office.on_disk()
    assert office.recover() == RecoveryReport(finished=(row.id,))
    assert office.states() == [AppState.ACTIVE]
    assert KeyEnds.of(office.use.secret(row.id)) == row.key_ends


# Reading, and small changes


def test_a_removed_key_is_told_as_missing(office: Office) -> None:
    made = office.make()
    office.vault.items.clear()
    with pytest.raises(SecretMissing):
        office.use.secret(made.app.id)


def test_an_app_that_is_gone_is_told_so(office: Office) -> None:
    calls: list[Callable[[str], object]] = [
        office.use.secret,
        office.use.note_copied,
        office.deletion.delete,
        office.deletion.restore,
    ]
    for call in [*calls, office.removal.purge]:
        with pytest.raises(AppGone):
            call("00ff")


def test_enabling_and_copying_are_written_down(office: Office) -> None:
    app = office.make().app
    assert not office.use.set_enabled(app.id, False).enabled
    office.time += timedelta(hours=1)
    changed = office.use.note_copied(app.id)
    assert changed == replace(app, enabled=False, last_copied=NOON + timedelta(hours=1))
    assert office.on_disk() == (changed,)
    assert office.use.set_enabled(app.id, True).enabled


def test_neither_needs_the_keychain(office: Office) -> None:
    app = office.make().app
    office.vault.calls.clear()
    office.use.set_enabled(app.id, False)
    office.use.note_copied(app.id)
    office.deletion.delete(app.id)
    office.deletion.restore(app.id)
    office.listing.of_org(office.org.id)
    assert not office.vault.calls


def test_a_person_sees_the_orgs_apps_that_are_not_deleted(office: Office) -> None:
    kept = {state: office.make(state.value).app for state in AppState}
    office.make("of another org", office.orgs.add(replace(office.org, name="Second")))
    for state, app in kept.items():
        office.repository.change_app(app.id, lambda app, state=state: replace(app, state=state))
    assert [app.label for app in office.listing.of_org(office.org.id)] == ["creating", "active"]


def test_no_app_is_made_in_an_org_that_was_removed(office: Office) -> None:
    second = office.orgs.add(replace(office.org, name="Second"))
    office.orgs.remove(second.id)
    with pytest.raises(OrgGone):
        office.make(org=second)
    assert not office.repository.apps()
    assert not office.vault.items


# Deleting


def test_a_deleted_app_keeps_its_secrets_for_a_while(office: Office) -> None:
    made = office.make()
    gone = office.deletion.delete(made.app.id)
    assert (gone.state, gone.purge_after) == (AppState.DELETED, NOON + RESTORABLE)
    assert office.on_disk() == (gone,)
    assert len(office.vault.items) == 2


def test_a_restored_app_is_as_before_with_its_key(office: Office) -> None:
    made = office.make()
    office.deletion.delete(made.app.id)
    assert office.deletion.restore(made.app.id) == made.app
    assert office.on_disk() == (made.app,)
    assert office.use.secret(made.app.id) == made.key


def test_purging_removes_the_secrets_and_then_the_row(office: Office) -> None:
    kept = office.make("Kept", sessions=True)
    gone = office.make().app
    office.deletion.delete(gone.id)
    seen: list[tuple[str, object]] = []
    office.vault.before = lambda operation, ref: seen.append((operation, office.states()[1]))
    office.removal.purge(gone.id)
    assert [(call, state) for call, state in seen if call == "remove"] == [("remove", AppState.DELETING)] * 2
    assert office.on_disk() == (kept.app,)
    assert office.vault.items == {kept.app.ref(KEY): kept.key}


@pytest.mark.parametrize("state", [AppState.ACTIVE, AppState.CREATING])
def test_purging_leaves_what_is_not_deleted_alone(office: Office, state: AppState) -> None:
    made = office.make()
    office.deletion.delete(made.app.id)
    office.deletion.restore(made.app.id)
    row = office.set_state(made.app, state)
    office.removal.purge(made.app.id)
    assert office.on_disk() == (row,)
    assert len(office.vault.items) == 2


def test_a_purge_that_the_keychain_refuses_is_taken_up_again(office: Office) -> None:
    app = office.make().app
    office.deletion.delete(app.id)
    office.vault.fail_next("remove", failed())
    with pytest.raises(VaultError):
        office.removal.purge(app.id)
    assert office.states() == [AppState.DELETING]
    assert office.recover() == RecoveryReport(finished=(app.id,))
    assert not office.on_disk()
    assert not office.vault.items


def test_what_is_being_removed_comes_back_no_more(office: Office) -> None:
    app = office.make().app
    office.set_state(app, AppState.DELETING)
    for call in (office.deletion.restore, office.deletion.delete):
        with pytest.raises(AppGone):
            call(app.id)
    assert office.states() == [AppState.DELETING]


def test_what_is_being_created_cannot_be_deleted_yet(office: Office) -> None:
    app = office.make().app
    row = office.set_state(app, AppState.CREATING)
    with pytest.raises(NotFinished):
        office.deletion.delete(app.id)
    assert office.deletion.restore(app.id) == row  # else it would pass for one whose key is there
    assert office.states() == [AppState.CREATING]


# Recovery


def begin(office: Office, *kinds: SecretKind) -> App:
    """An app whose creation stopped when these secrets were stored."""
    made = office.make()
    for kind in SecretKind:
        if kind not in kinds:
            office.vault.remove(made.app.ref(kind))
    return office.set_state(made.app, AppState.CREATING)


def test_a_creation_whose_secrets_are_all_there_is_finished(office: Office) -> None:
    app = begin(office, KEY, API_SECRET)
    assert office.recover() == RecoveryReport(finished=(app.id,))
    assert office.on_disk() == (replace(app, state=AppState.ACTIVE),)
    assert len(office.vault.items) == 2


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        *((kind, None) for kind in (KEY, API_SECRET)),
        *[(KEY, generate(KEY)), (KEY, Secret("")), (API_SECRET, Secret("")), (API_SECRET, generate(KEY))],
    ],
    ids=["no key", "no secret", "another key", "empty key", "empty secret", "key for secret"],
)
def test_a_creation_with_a_missing_or_wrong_secret_is_undone(
    office: Office, kind: SecretKind, wrong: Secret | None
) -> None:
    app = begin(office, KEY, API_SECRET)
    del office.vault.items[app.ref(kind)]
    if wrong is not None:
        office.vault.items[app.ref(kind)] = wrong
    assert office.recover() == RecoveryReport(undone=(app.id,))
    assert office.listing.of_org(app.org_id) == office.listing.deleted(app.org_id) == []
    somebodys = wrong is not None and kind is KEY and bool(wrong.reveal())
    assert bool(office.vault.items) == somebodys  # another key stays where it is
    office.time += LATE
    office.recover()
    assert not office.on_disk()
    assert [stray.is_ours for stray in office.doctor.survey()] == [True, True][: len(office.vault.items)]


def test_a_creation_without_any_secret_is_undone(office: Office) -> None:
    app = begin(office)
    assert office.recover() == RecoveryReport(undone=(app.id,))


def test_a_key_with_the_right_ends_and_a_wrong_middle_is_none_of_ours(office: Office) -> None:
    app = begin(office, KEY, API_SECRET)
    office.vault.items[app.ref(KEY)] = Secret(f"{app.key_ends.head}--------------{app.key_ends.tail}")
    assert office.recover().undone == (app.id,)


@pytest.mark.parametrize("problem", VaultProblem)
def test_a_creation_that_the_keychain_will_not_show_waits(office: Office, problem: VaultProblem) -> None:
    app = begin(office, KEY, API_SECRET)
    office.vault.fail_next("read", failed(problem))
    assert office.recover() == RecoveryReport(waiting=(app.id,))
    assert office.on_disk() == (app,)
    assert len(office.vault.items) == 2


def test_one_that_waits_does_not_keep_the_others_waiting(office: Office) -> None:
    first, second = (begin(office, KEY, API_SECRET) for _ in range(2))
    office.vault.fail_next("read", VaultTimeout("Test keychain"))
    assert office.recover() == RecoveryReport(finished=(second.id,), waiting=(first.id,))


def test_a_deleted_app_is_purged_when_its_time_is_up_and_not_before(office: Office) -> None:
    app = office.make().app
    office.deletion.delete(app.id)
    office.time += RESTORABLE - A_MICROSECOND
    assert office.recover() == RecoveryReport()
    assert len(office.vault.items) == 2
    office.time += A_MICROSECOND
    assert office.recover() == RecoveryReport(removed=(app.id,))
    assert not office.on_disk()
    assert not office.vault.items


def test_a_deletion_that_had_begun_is_finished(office: Office) -> None:
    app = office.make().app
    office.deletion.delete(app.id)
    office.set_state(app, AppState.DELETING)
    assert office.recover() == RecoveryReport(finished=(app.id,))
    assert not office.on_disk()
    assert not office.vault.items


@pytest.mark.parametrize("state", [VaultState.LOCKED, VaultState.MISSING, VaultState.FAILED])
def test_rows_wait_for_a_keychain_that_cannot_be_used(office: Office, state: VaultState) -> None:
    apps = [office.make(name).app for name in ("creating", "deleting", "deleted")]
    for app in apps:
        office.repository.change_app(app.id, lambda row: replace(row, state=AppState(row.label), purge_after=NOON))
    before, items = office.on_disk(), dict(office.vault.items)
    office.vault.current = state
    office.repository.writes.clear()
    office.vault.calls.clear()
    assert office.recover() == RecoveryReport(waiting=tuple(app.id for app in apps))
    assert not office.repository.writes
    assert office.on_disk() == before
    assert office.vault.items == items
    assert office.called() == ["state"]


def test_recovery_touches_only_what_is_unfinished(office: Office) -> None:
    active = office.make("Active")
    deleted = office.make("Deleted")
    office.deletion.delete(deleted.app.id)
    unfinished = begin(office, KEY)
    others = office.on_disk()[:2]
    office.vault.calls.clear()
    office.recover()
    assert office.on_disk()[:2] == others
    assert {ref.app_id for _, ref in office.vault.calls if ref is not None} == {unfinished.id}
    assert office.use.secret(active.app.id) == active.key


def test_where_all_is_finished_the_keychain_is_not_even_asked(office: Office) -> None:
    office.make()
    office.vault.calls.clear()
    assert office.recover() == RecoveryReport()
    assert not office.vault.calls


def test_recovery_leaves_the_keychain_of_others_alone(office: Office) -> None:
    strangers = {SecretRef("aa", "bb", KEY, 1): generate(KEY)}
    office.vault.items.update(strangers)
    begin(office)
    office.recover()
    assert office.vault.items == strangers


# What the keychain does when nobody waits any more


@pytest.mark.parametrize("nth", [1, 2])
def test_a_secret_that_comes_after_its_creation_was_undone_goes(office: Office, nth: int) -> None:
    office.fail_at("store", nth, StillUnderWay("Test keychain"))
    with pytest.raises(NotFinished):
        office.make()
    office.in_peace()
    assert len(office.recover().undone) == 1
    assert not office.vault.items
    office.vault.land()
    assert [ref.app_id for ref in office.vault.items] == [app.id for app in office.on_disk()]  # so that it can be found
    assert office.recover() == RecoveryReport()
    assert not office.vault.items
    office.time += LATE - A_MICROSECOND
    office.recover()
    assert office.states() == [AppState.DELETING]
    office.time += A_MICROSECOND
    assert office.recover() == RecoveryReport()
    assert not office.on_disk()


def test_a_secret_that_comes_before_its_creation_is_undone_finishes_it(office: Office) -> None:
    office.fail_at("store", 2, StillUnderWay("Test keychain"))
    with pytest.raises(NotFinished):
        office.make()
    office.in_peace()
    office.vault.land()
    [row] = office.on_disk()
    assert office.recover() == RecoveryReport(finished=(row.id,))
    assert office.on_disk() == (replace(row, state=AppState.ACTIVE),)


@pytest.mark.parametrize("nth", [1, 2])
def test_a_secret_that_comes_after_its_rotation_was_undone_goes(office: Office, nth: int) -> None:
    made = office.make()
    office.fail_at("store", nth, StillUnderWay("Test keychain"))
    with pytest.raises(NotFinished):
        office.rotation.rotate(made.app.id, LATE)
    office.in_peace()
    assert office.recover() == RecoveryReport(undone=(made.app.id,))
    office.vault.land()
    assert office.recover() == RecoveryReport()
    assert set(office.vault.items) == set(made.app.refs)
    assert office.use.secret(made.app.id) == made.key
    office.time += LATE
    office.recover()
    assert office.on_disk() == (replace(made.app, last_version=2),)
    office.vault.calls.clear()
    office.recover()
    assert not office.vault.calls


def test_each_rotation_without_an_answer_is_waited_for(office: Office) -> None:
    made = office.make(sessions=True)
    office.fail_at("store", 1, StillUnderWay("Test keychain"))
    with pytest.raises(NotFinished):
        office.rotation.rotate(made.app.id, LATE)
    office.in_peace()
    office.recover()
    office.vault.land()
    office.time += LATE  # the second is given up when the time of the first is up
    office.fail_at("store", 1, StillUnderWay("Test keychain"))
    with pytest.raises(NotFinished):
        office.rotation.rotate(made.app.id, LATE)
    office.in_peace()
    assert office.recover() == RecoveryReport(undone=(made.app.id,))
    assert office.on_disk()[0].sweep_until == office.time + LATE
    office.vault.land()
    office.recover()
    assert set(office.vault.items) == set(made.app.refs)


def test_a_refusal_does_not_end_the_wait_for_another(office: Office) -> None:
    made = office.make(sessions=True)
    office.fail_at("store", 1, StillUnderWay("Test keychain"))
    with pytest.raises(NotFinished):
        office.rotation.rotate(made.app.id, LATE)
    office.in_peace()
    office.recover()
    office.vault.fail_next("store", failed())
    with pytest.raises(VaultError):
        office.rotation.rotate(made.app.id, LATE)
    assert office.on_disk()[0].sweep_until == NOON + LATE
    office.vault.land()
    office.recover()
    assert set(office.vault.items) == set(made.app.refs)


def test_a_secret_that_comes_after_its_app_was_purged_goes(office: Office) -> None:
    made = office.make()
    office.fail_at("store", 2, StillUnderWay("Test keychain"))
    with pytest.raises(NotFinished):
        office.rotation.rotate(made.app.id, LATE)
    office.in_peace()
    office.deletion.delete(made.app.id)
    office.removal.purge(made.app.id)
    assert not office.vault.items
    office.vault.land()
    office.recover()
    assert not office.vault.items
    office.time += LATE
    office.recover()
    assert not office.on_disk()


# Another system's keychain


def test_an_app_of_another_systems_keychain_is_left_alone(office: Office) -> None:
    app = office.make().app
    office.vault.backend = "Windows"
    office.vault.calls.clear()
    calls: list[Callable[[], object]] = [
        lambda: office.use.secret(app.id),
        lambda: office.rotation.rotate(app.id, LATE),
        lambda: office.rotation.roll_back(app.id, 1, LATE),
        lambda: office.removal.drop_kept(app.id, 1),
    ]
    for call in calls:
        with pytest.raises(SecretElsewhere, match="another"):
            call()
    office.deletion.delete(app.id)
    with pytest.raises(SecretElsewhere):
        office.removal.purge(app.id)
    assert office.states() == [AppState.DELETED]
    assert office.deletion.restore(app.id) == app
    assert {operation for operation, _ in office.vault.calls} == {"state"}


@pytest.mark.parametrize("state", [AppState.CREATING, AppState.DELETED, AppState.DELETING])
def test_recovery_leaves_it_to_the_other_system(office: Office, state: AppState) -> None:
    app = office.make().app
    row = office.repository.change_app(app.id, lambda app: replace(app, state=state, purge_after=NOON))
    ours = begin(office, KEY, API_SECRET)
    items = dict(office.vault.items)
    office.repository.change_app(app.id, lambda app: replace(app, keychain="Windows"))
    assert office.recover() == RecoveryReport(finished=(ours.id,), waiting=(app.id,))
    assert office.on_disk()[0] == replace(row, keychain="Windows")
    assert office.vault.items == items


# The keychain's state


@pytest.mark.parametrize("state", VaultState)
def test_a_status_is_a_name_and_a_state(office: Office, state: VaultState) -> None:
    office.vault.current = state
    assert KeychainService(office.vault).status() == KeychainStatus("Test keychain", state)


def test_unlocking_tells_the_new_state(office: Office) -> None:
    office.vault.current = VaultState.LOCKED
    assert KeychainService(office.vault).unlock().state is VaultState.UNLOCKED


def test_a_person_who_does_not_unlock_is_told(office: Office) -> None:
    office.vault.current, office.vault.person_unlocks = VaultState.LOCKED, False
    with pytest.raises(VaultError) as refusal:
        KeychainService(office.vault).unlock()
    assert refusal.value.problem is VaultProblem.DENIED


def test_giving_up_reaches_the_keychain(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(office.vault, "stop_waiting", lambda: asked.append(True))
    KeychainService(office.vault).stop_waiting()
    assert asked == [True]
