"""New keys for old: rotating, rolling back, and what becomes of the versions in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cortex_desktop.domain.errors import (
    AppGone,
    NotFinished,
    SecretMissing,
    StorageError,
    TooManyVersions,
    VaultError,
    VaultProblem,
    VaultTimeout,
    VersionGone,
)
from cortex_desktop.domain.model import LAST_VERSION, App, AppState, KeptVersion
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import KeyEnds, Secret, SecretKind, SecretRef, generate
from cortex_desktop.services.apps.recovery import RecoveryReport
from cortex_desktop.services.apps.services import AppServices
from cortex_desktop.services.periods import KEPT_BY_RECOVERY, LATE, RESTORABLE
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.vault.memory import InMemoryVault
from tests.support.services import app_services, create

KEY, API_SECRET = SecretKind.API_KEY, SecretKind.API_SECRET
ORG_ID = "0123abcd"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
A_WEEK = timedelta(days=7)
AT_ONCE = timedelta(0)
A_MICROSECOND = timedelta(microseconds=1)


class Clock:
    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time


class Disk(TinyRepository):
    """The real one. `refuse`: the number of the change, from 1, that fails; 0 for none."""

    refuse = 0

    def change_app(self, app_id: str, change: Callable[[App], App]) -> App:
        self.refuse -= 1
        if self.refuse == 0:
            raise StorageError("The disk is full", "Not saved.", "Free some space.")
        return super().change_app(app_id, change)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


@pytest.fixture
def service(disk: Disk, vault: InMemoryVault, clock: Clock) -> AppServices:
    return app_services(disk, vault, clock)


@pytest.fixture
def restart(tmp_path: Path, disk: Disk, vault: InMemoryVault, clock: Clock) -> Callable[[], AppServices]:
    """The program ends, and starts anew on the same folder and keychain. Nothing is recovered yet."""
    return lambda: app_services(TinyRepository(tmp_path), vault, clock)


def row_of(disk: TinyRepository, app: App) -> App:
    """What the next start would find."""
    return TinyRepository(disk._folder).app(app.id)


def numbers(vault: InMemoryVault) -> list[int]:
    """Which versions the keychain holds, once for each secret."""
    return sorted(ref.version for ref in vault.items)


def called(vault: InMemoryVault) -> list[str]:
    return [call for call, _ in vault.calls]


def failed(problem: VaultProblem = VaultProblem.FAILED) -> VaultError:
    return VaultError(problem, "Test keychain")


def at_call(vault: InMemoryVault, call: str, nth: int, error: Exception, *, after: bool = False) -> None:
    """Let the nth call of this kind from now on fail, before or after its effect."""
    calls: list[SecretRef | None] = []

    def hook(name: str, ref: SecretRef | None) -> None:
        if name == call:
            calls.append(ref)
            if len(calls) == nth:
                raise error

    vault.before, vault.after = (None, hook) if after else (hook, None)


def at_store(vault: InMemoryVault, nth: int, error: Exception, *, after: bool = False) -> None:
    """Let the nth store from now on fail, before or after its effect."""
    at_call(vault, "store", nth, error, after=after)


def in_peace(vault: InMemoryVault) -> None:
    vault.before = vault.after = None


# Rotating


@pytest.mark.parametrize(("sessions", "kinds"), [(True, [KEY]), (False, [KEY, API_SECRET])])
def test_a_rotated_app_has_new_secrets_and_keeps_the_old_ones(
    service: AppServices,
    disk: Disk,
    vault: InMemoryVault,
    clock: Clock,
    sessions: bool,
    kinds: list[SecretKind],
) -> None:
    old = create(service, ORG_ID, "NewHealth App", sessions=sessions)
    before = dict(vault.items)
    clock.time += timedelta(hours=1)
    new = service.rotation.rotate(old.app.id, A_WEEK)
    assert new.key != old.key
    assert service.use.secret(old.app.id) == new.key
    assert new.app == replace(
        old.app,
        version=2,
        last_version=2,
        key_ends=KeyEnds.of(new.key),
        kept=(KeptVersion(1, old.app.key_ends, sessions, clock.time + A_WEEK),),
        rotated=clock.time,
    )
    assert row_of(disk, old.app) == new.app
    assert [ref.kind for ref in vault.items if ref.version == 2] == kinds
    assert {ref: vault.items[ref] for ref in before} == before
    assert len({secret.reveal() for secret in vault.items.values()}) == 2 * len(kinds)


def test_the_row_names_the_new_version_before_it_is_stored_and_points_at_it_after(
    service: AppServices, disk: Disk, vault: InMemoryVault
) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    seen: list[tuple[str, str, int, int | None]] = []

    def look(when: str) -> Callable[[str, SecretRef | None], None]:
        def hook(call: str, _: SecretRef | None) -> None:
            row = row_of(disk, app)
            seen.append((when, call, row.version, row.pending and row.pending.number))

        return hook

    vault.before, vault.after = look("before"), look("after")
    new = service.rotation.rotate(app.id, A_WEEK)
    # The vault's store reads back what it stored, so that "after store" is after that.
    assert [step for step in seen if step[1] != "state"] == [
        ("before", "store", 1, 2),
        ("after", "store", 1, 2),
        ("before", "store", 1, 2),
        ("after", "store", 1, 2),
    ]
    assert (row_of(disk, app).version, row_of(disk, app).pending) == (2, None)
    assert new.app.version == 2


def test_the_row_tells_the_new_keys_ends_before_the_key_is_stored(
    service: AppServices, disk: Disk, vault: InMemoryVault
) -> None:
    app = create(service, ORG_ID, "NewHealth App", sessions=True).app
    ends = []
    vault.before = lambda call, _: ends.append(row_of(disk, app).pending) if call == "store" else None
    new = service.rotation.rotate(app.id, A_WEEK)
    [pending] = ends
    assert pending is not None
    assert pending.key_ends == KeyEnds.of(new.key)


def test_many_rotations_keep_many_versions_newest_first(service: AppServices, vault: InMemoryVault) -> None:
    app = create(service, ORG_ID, "NewHealth App", sessions=True).app
    for _ in range(3):
        app = service.rotation.rotate(app.id, A_WEEK).app
    assert [app.version, *(kept.number for kept in app.kept)] == [4, 3, 2, 1]
    assert numbers(vault) == [1, 2, 3, 4]


def test_an_old_version_goes_when_its_time_is_up_and_not_before(
    service: AppServices, disk: Disk, vault: InMemoryVault, clock: Clock
) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    new = service.rotation.rotate(app.id, A_WEEK)
    clock.time += A_WEEK - A_MICROSECOND
    assert service.recovery.recover() == RecoveryReport()
    assert numbers(vault) == [1, 1, 2, 2]
    clock.time += A_MICROSECOND
    assert service.recovery.recover() == RecoveryReport(finished=(app.id,))
    assert numbers(vault) == [2, 2]
    assert row_of(disk, app) == replace(new.app, kept=())
    assert service.use.secret(app.id) == new.key
    assert service.recovery.recover() == RecoveryReport()


def test_of_two_old_versions_only_the_one_that_is_due_goes(
    service: AppServices, vault: InMemoryVault, clock: Clock
) -> None:
    app = create(service, ORG_ID, "NewHealth App", sessions=True).app
    service.rotation.rotate(app.id, A_WEEK)
    service.rotation.rotate(app.id, timedelta(days=1))
    clock.time += timedelta(days=1)
    service.recovery.recover()
    assert numbers(vault) == [1, 3]


def test_keeping_nothing_leaves_the_old_version_to_the_next_recovery(
    service: AppServices, restart: Callable[[], AppServices], vault: InMemoryVault
) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    new = service.rotation.rotate(app.id, AT_ONCE)
    assert numbers(vault) == [1, 1, 2, 2]
    again = restart()
    assert again.recovery.recover() == RecoveryReport(finished=(app.id,))
    assert numbers(vault) == [2, 2]
    assert again.use.secret(app.id) == new.key


def test_a_removal_that_the_keychain_refuses_waits(
    service: AppServices, disk: Disk, vault: InMemoryVault, clock: Clock
) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    service.rotation.rotate(app.id, AT_ONCE)
    vault.fail_next("remove", failed(VaultProblem.DENIED), after=True)
    assert service.recovery.recover() == RecoveryReport(waiting=(app.id,))
    assert [kept.number for kept in row_of(disk, app).kept] == [1]
    assert service.recovery.recover() == RecoveryReport(finished=(app.id,))
    assert numbers(vault) == [2, 2]


# When it does not work


@pytest.mark.parametrize("state", [VaultState.LOCKED, VaultState.MISSING, VaultState.FAILED])
def test_a_keychain_that_cannot_take_it_is_told_before_anything_is_written(
    service: AppServices, disk: Disk, vault: InMemoryVault, state: VaultState
) -> None:
    made = create(service, ORG_ID, "NewHealth App")
    vault.calls.clear()
    vault.current = state
    with pytest.raises(VaultError) as refusal:
        service.rotation.rotate(made.app.id, A_WEEK)
    assert refusal.value.problem.value == state.value
    assert called(vault) == ["state"]
    assert row_of(disk, made.app) == made.app


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("problem", VaultProblem)
def test_a_refusal_leaves_the_old_key_and_nothing_else(
    service: AppServices, disk: Disk, vault: InMemoryVault, problem: VaultProblem, nth: int, after: bool
) -> None:
    made = create(service, ORG_ID, "NewHealth App")
    items = dict(vault.items)
    at_store(vault, nth, failed(problem), after=after)
    with pytest.raises(VaultError) as refusal:
        service.rotation.rotate(made.app.id, A_WEEK)
    in_peace(vault)
    assert refusal.value.problem is problem
    assert vault.items == items
    assert row_of(disk, made.app) == replace(made.app, last_version=2)
    assert service.use.secret(made.app.id) == made.key
    assert service.recovery.recover() == RecoveryReport()


def test_a_disk_that_refuses_to_begin_gets_no_secret_into_the_keychain(
    service: AppServices, disk: Disk, vault: InMemoryVault
) -> None:
    made = create(service, ORG_ID, "NewHealth App")
    vault.calls.clear()
    disk.refuse = 1
    with pytest.raises(StorageError):
        service.rotation.rotate(made.app.id, A_WEEK)
    assert "store" not in called(vault)
    assert row_of(disk, made.app) == made.app


def test_a_disk_that_refuses_the_last_step_is_not_told_as_a_failure(
    service: AppServices, disk: Disk, vault: InMemoryVault, clock: Clock, restart: Callable[[], AppServices]
) -> None:
    made = create(service, ORG_ID, "NewHealth App")
    disk.refuse = 2
    with pytest.raises(NotFinished, match="NewHealth App"):
        service.rotation.rotate(made.app.id, timedelta(days=1))
    assert service.use.secret(made.app.id) == made.key
    again = restart()
    assert again.recovery.recover() == RecoveryReport(finished=(made.app.id,))
    row = row_of(disk, made.app)
    assert (row.version, row.pending) == (2, None)
    assert KeyEnds.of(again.use.secret(made.app.id)) == row.key_ends
    # How long the person wanted it kept died with the program.
    assert row.kept == (KeptVersion(1, made.app.key_ends, made.app.sessions, clock.time + KEPT_BY_RECOVERY),)


@pytest.mark.parametrize(
    ("nth", "after", "forward"), [(1, False, False), (1, True, False), (2, False, False), (2, True, True)]
)
def test_after_no_answer_recovery_goes_by_what_is_there(
    service: AppServices,
    disk: Disk,
    vault: InMemoryVault,
    restart: Callable[[], AppServices],
    nth: int,
    after: bool,
    forward: bool,
) -> None:
    made = create(service, ORG_ID, "NewHealth App")
    at_store(vault, nth, VaultTimeout("Test keychain"), after=after)
    with pytest.raises(NotFinished):
        service.rotation.rotate(made.app.id, A_WEEK)
    in_peace(vault)
    assert "remove" not in called(vault)
    assert service.use.secret(made.app.id) == made.key  # until then
    again, ids = restart(), (made.app.id,)
    assert again.recovery.recover() == (RecoveryReport(finished=ids) if forward else RecoveryReport(undone=ids))
    assert numbers(vault) == ([1, 1, 2, 2] if forward else [1, 1])
    row = row_of(disk, made.app)
    assert (row.version, row.pending, row.last_version) == (2 if forward else 1, None, 2)
    assert KeyEnds.of(again.use.secret(made.app.id)) == row.key_ends


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [(KEY, generate(KEY)), (KEY, Secret("")), (API_SECRET, Secret("")), (API_SECRET, generate(KEY))],
    ids=["another key", "empty key", "empty secret", "key for secret"],
)
def test_recovery_does_not_move_to_a_wrong_secret(
    service: AppServices, disk: Disk, vault: InMemoryVault, kind: SecretKind, wrong: Secret
) -> None:
    made = create(service, ORG_ID, "NewHealth App")
    disk.refuse = 2
    with pytest.raises(NotFinished):
        service.rotation.rotate(made.app.id, A_WEEK)
    vault.items[SecretRef(ORG_ID, made.app.id, kind, 2)] = wrong
    assert service.recovery.recover() == RecoveryReport(undone=(made.app.id,))
    assert numbers(vault) == [1, 1]
    assert service.use.secret(made.app.id) == made.key


def test_what_cannot_be_taken_back_at_once_is_written_down_as_given_up(
    service: AppServices, disk: Disk, vault: InMemoryVault
) -> None:
    made = create(service, ORG_ID, "NewHealth App")
    at_store(vault, 2, failed(VaultProblem.FULL), after=True)
    vault.fail_next("remove", failed())
    with pytest.raises(VaultError) as refusal:
        service.rotation.rotate(made.app.id, A_WEEK)
    in_peace(vault)
    assert refusal.value.problem is VaultProblem.FULL
    assert numbers(vault) == [1, 1, 2, 2]
    assert service.recovery.recover() == RecoveryReport()  # both secrets are there, and yet the old key stays
    assert numbers(vault) == [1, 1]
    assert row_of(disk, made.app) == replace(made.app, last_version=2)


def test_a_refusal_that_cannot_be_written_down_is_not_finished(
    service: AppServices, disk: Disk, vault: InMemoryVault
) -> None:
    made = create(service, ORG_ID, "NewHealth App")
    at_store(vault, 2, failed(VaultProblem.FULL))
    disk.refuse = 2
    with pytest.raises(NotFinished):
        service.rotation.rotate(made.app.id, A_WEEK)
    in_peace(vault)
    assert service.recovery.recover() == RecoveryReport(undone=(made.app.id,))
    assert numbers(vault) == [1, 1]


def test_an_unfinished_rotation_is_settled_before_the_next(
    service: AppServices, disk: Disk, vault: InMemoryVault, clock: Clock
) -> None:
    made = create(service, ORG_ID, "NewHealth App")
    at_store(vault, 2, VaultTimeout("Test keychain"), after=True)
    with pytest.raises(NotFinished):
        service.rotation.rotate(made.app.id, A_WEEK)
    in_peace(vault)
    app = service.rotation.rotate(made.app.id, A_WEEK).app
    assert [app.version, *(kept.number for kept in app.kept)] == [3, 2, 1]
    assert numbers(vault) == [1, 1, 2, 2, 3, 3]


def test_no_number_is_used_twice(service: AppServices, disk: Disk, vault: InMemoryVault) -> None:
    app = create(service, ORG_ID, "NewHealth App", sessions=True).app
    at_store(vault, 1, failed())
    with pytest.raises(VaultError):
        service.rotation.rotate(app.id, A_WEEK)  # refused: takes 2 with it
    at_store(vault, 1, VaultTimeout("Test keychain"))
    with pytest.raises(NotFinished):
        service.rotation.rotate(app.id, A_WEEK)  # undone by recovery: 3
    in_peace(vault)
    service.recovery.recover()
    assert service.rotation.rotate(app.id, A_WEEK).app.version == 4
    service.rotation.roll_back(app.id, 1, A_WEEK)
    service.removal.drop_kept(app.id, 4)
    assert service.rotation.rotate(app.id, A_WEEK).app.version == 5
    stored = [ref for call, ref in vault.calls if call == "store"]
    assert [ref.version for ref in stored if ref is not None] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("state", [AppState.CREATING, AppState.DELETED, AppState.DELETING])
def test_only_an_active_app_is_rotated(service: AppServices, disk: Disk, vault: InMemoryVault, state: AppState) -> None:
    made = create(service, ORG_ID, "NewHealth App")
    row = disk.change_app(made.app.id, lambda app: replace(app, state=state))
    vault.calls.clear()
    with pytest.raises(AppGone):
        service.rotation.rotate(made.app.id, A_WEEK)
    assert row_of(disk, made.app) == row
    assert called(vault) == ["state"]


# Rolling back


@pytest.mark.parametrize("sessions", [True, False])
def test_rolling_back_swaps(
    service: AppServices, disk: Disk, vault: InMemoryVault, clock: Clock, sessions: bool
) -> None:
    old = create(service, ORG_ID, "NewHealth App", sessions=sessions)
    new = service.rotation.rotate(old.app.id, A_WEEK)
    items = dict(vault.items)
    clock.time += timedelta(hours=1)
    app = service.rotation.roll_back(old.app.id, 1, timedelta(days=1))
    assert app == replace(
        new.app,
        version=1,
        key_ends=old.app.key_ends,
        kept=(KeptVersion(2, new.app.key_ends, new.app.sessions, clock.time + timedelta(days=1)),),
    )
    assert row_of(disk, app) == app
    assert service.use.secret(app.id) == old.key
    assert vault.items == items
    forth = service.rotation.roll_back(app.id, 2, A_WEEK)
    assert (forth.version, service.use.secret(app.id)) == (2, new.key)


def test_rolling_back_over_several_keeps_the_others(service: AppServices) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    for _ in range(2):
        until = service.rotation.rotate(app.id, A_WEEK).app.kept[0].until
    app = service.rotation.roll_back(app.id, 1, AT_ONCE)
    assert [(kept.number, kept.until) for kept in app.kept] == [(3, NOON), (2, until)]


@pytest.mark.parametrize("kind", SecretKind)
def test_a_version_that_is_not_whole_is_not_rolled_back_to(
    service: AppServices, disk: Disk, vault: InMemoryVault, kind: SecretKind
) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    new = service.rotation.rotate(app.id, A_WEEK)
    del vault.items[SecretRef(ORG_ID, app.id, kind, 1)]
    with pytest.raises(SecretMissing):
        service.rotation.roll_back(app.id, 1, A_WEEK)
    assert row_of(disk, app) == new.app
    assert service.use.secret(app.id) == new.key


@pytest.mark.parametrize("wrong", [generate(KEY), Secret("")], ids=["another key", "no key"])
def test_a_version_whose_key_is_another_is_not_rolled_back_to(
    service: AppServices, disk: Disk, vault: InMemoryVault, wrong: Secret
) -> None:
    app = create(service, ORG_ID, "NewHealth App", sessions=True).app
    new = service.rotation.rotate(app.id, A_WEEK)
    vault.items[SecretRef(ORG_ID, app.id, KEY, 1)] = wrong
    with pytest.raises(SecretMissing):
        service.rotation.roll_back(app.id, 1, A_WEEK)
    assert row_of(disk, app) == new.app


def test_a_locked_keychain_rolls_nothing_back(service: AppServices, disk: Disk, vault: InMemoryVault) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    new = service.rotation.rotate(app.id, A_WEEK)
    vault.current = VaultState.LOCKED
    with pytest.raises(VaultError) as refusal:
        service.rotation.roll_back(app.id, 1, A_WEEK)
    assert refusal.value.problem is VaultProblem.LOCKED
    assert row_of(disk, app) == new.app


@pytest.mark.parametrize("number", [1, 2, 3])
def test_what_is_not_kept_is_not_rolled_back_to(service: AppServices, disk: Disk, number: int) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    new = service.rotation.rotate(app.id, AT_ONCE)
    service.recovery.recover()
    with pytest.raises(VersionGone):
        service.rotation.roll_back(app.id, number, A_WEEK)
    assert row_of(disk, app) == replace(new.app, kept=())


def test_a_version_that_is_to_go_is_not_rolled_back_to(service: AppServices, disk: Disk, vault: InMemoryVault) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    service.rotation.rotate(app.id, A_WEEK)
    vault.fail_next("remove", VaultTimeout("Test keychain"))  # it may still be removed at any moment
    with pytest.raises(VaultTimeout):
        service.removal.drop_kept(app.id, 1)
    row = row_of(disk, app)
    with pytest.raises(VersionGone):
        service.rotation.roll_back(app.id, 1, A_WEEK)
    assert service.rotation.keep_until(app.id, 1, NOON + A_WEEK) == row
    assert row_of(disk, app) == row


def test_a_secret_that_is_to_go_does_not_come_back_with_sessions_off(
    service: AppServices, disk: Disk, vault: InMemoryVault
) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    service.editing.edit(app.id, replace(app.details, sessions=True))
    vault.fail_next("remove", VaultTimeout("Test keychain"))  # it may still be removed at any moment
    with pytest.raises(VaultTimeout):
        service.removal.drop_kept(app.id, 1)
    assert service.editing.edit(app.id, app.details).version == 3


def test_numbers_are_not_given_out_for_ever(service: AppServices, disk: Disk, vault: InMemoryVault) -> None:
    made = create(service, ORG_ID, "NewHealth App", sessions=True)
    row = disk.change_app(made.app.id, lambda app: replace(app, last_version=LAST_VERSION - 1))
    assert service.rotation.rotate(row.id, A_WEEK).app.version == LAST_VERSION
    row, items = row_of(disk, row), dict(vault.items)
    with pytest.raises(TooManyVersions):
        service.rotation.rotate(row.id, A_WEEK)
    assert row_of(disk, row) == row
    assert vault.items == items


# Dropping kept versions


def test_a_kept_version_can_go_before_its_time(service: AppServices, disk: Disk, vault: InMemoryVault) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    new = service.rotation.rotate(app.id, A_WEEK)
    assert service.removal.drop_kept(app.id, 1) == replace(new.app, kept=())
    assert row_of(disk, app) == replace(new.app, kept=())
    assert numbers(vault) == [2, 2]


def test_the_current_version_is_never_dropped(service: AppServices, disk: Disk, vault: InMemoryVault) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    new = service.rotation.rotate(app.id, A_WEEK)
    for number in (2, 3):
        assert service.removal.drop_kept(app.id, number) == new.app
    assert numbers(vault) == [1, 1, 2, 2]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", [1, 2])
def test_a_drop_that_was_cut_short_is_finished_by_recovery(
    service: AppServices, disk: Disk, vault: InMemoryVault, restart: Callable[[], AppServices], nth: int, after: bool
) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    new = service.rotation.rotate(app.id, A_WEEK)
    at_call(vault, "remove", nth, failed(), after=after)
    with pytest.raises(VaultError):
        service.removal.drop_kept(app.id, 1)
    in_peace(vault)
    assert row_of(disk, app).kept == (replace(new.app.kept[0], until=NOON),)  # that it is to go is written down
    assert restart().recovery.recover() == RecoveryReport(finished=(app.id,))
    assert numbers(vault) == [2, 2]
    assert row_of(disk, app) == replace(new.app, kept=())


# Deleting


def test_a_deleted_app_keeps_all_versions_and_comes_back_with_them(service: AppServices, vault: InMemoryVault) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    new = service.rotation.rotate(app.id, A_WEEK)
    service.deletion.delete(app.id)
    assert numbers(vault) == [1, 1, 2, 2]
    assert service.deletion.restore(app.id) == new.app


def test_purging_removes_all_versions(service: AppServices, disk: Disk, vault: InMemoryVault, clock: Clock) -> None:
    other = create(service, ORG_ID, "Other")
    app = create(service, ORG_ID, "NewHealth App").app
    for _ in range(3):
        service.rotation.rotate(app.id, A_WEEK)
    service.rotation.roll_back(app.id, 2, A_WEEK)
    disk.refuse = 2
    with pytest.raises(NotFinished):
        service.rotation.rotate(app.id, A_WEEK)  # and one that is pending
    assert numbers(vault) == [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    service.deletion.delete(app.id)
    clock.time += RESTORABLE
    assert service.recovery.recover() == RecoveryReport(finished=(app.id,))
    assert set(vault.items) == set(other.app.refs)
    clock.time += LATE
    service.recovery.recover()
    assert list(TinyRepository(disk._folder).apps()) == [other.app]


def test_what_is_due_goes_from_a_deleted_app_too(
    service: AppServices, disk: Disk, vault: InMemoryVault, clock: Clock
) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    new = service.rotation.rotate(app.id, timedelta(days=1))
    service.deletion.delete(app.id)
    clock.time += timedelta(days=1)
    assert service.recovery.recover() == RecoveryReport(finished=(app.id,))
    assert numbers(vault) == [2, 2]
    assert service.deletion.restore(app.id) == replace(new.app, kept=())


@pytest.mark.parametrize("stored", [True, False])
def test_a_rotation_is_settled_though_the_app_was_deleted(
    service: AppServices, disk: Disk, vault: InMemoryVault, stored: bool
) -> None:
    made = create(service, ORG_ID, "NewHealth App")
    at_store(vault, 2, VaultTimeout("Test keychain"), after=stored)
    with pytest.raises(NotFinished):
        service.rotation.rotate(made.app.id, A_WEEK)
    in_peace(vault)
    gone = service.deletion.delete(made.app.id)
    ids = (made.app.id,)
    assert service.recovery.recover() == (RecoveryReport(finished=ids) if stored else RecoveryReport(undone=ids))
    assert numbers(vault) == ([1, 1, 2, 2] if stored else [1, 1])
    row = row_of(disk, made.app)
    assert (row.state, row.purge_after, row.pending) == (AppState.DELETED, gone.purge_after, None)
    assert KeyEnds.of(service.use.secret(service.deletion.restore(made.app.id).id)) == row.key_ends


def test_purging_removes_what_was_left_of_a_number_too(
    service: AppServices, vault: InMemoryVault, clock: Clock
) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    service.rotation.rotate(app.id, AT_ONCE)
    service.recovery.recover()
    vault.items[SecretRef(ORG_ID, app.id, KEY, 1)] = generate(KEY)  # an answer that came too late
    service.deletion.delete(app.id)
    service.removal.purge(app.id)
    assert not vault.items


# The keychain is locked, and starts in between


def test_everything_waits_while_the_keychain_is_locked(
    service: AppServices, disk: Disk, vault: InMemoryVault, restart: Callable[[], AppServices]
) -> None:
    due = create(service, ORG_ID, "Due").app
    service.rotation.rotate(due.id, AT_ONCE)
    pending = create(service, ORG_ID, "Pending").app
    disk.refuse = 2
    with pytest.raises(NotFinished):
        service.rotation.rotate(pending.id, A_WEEK)
    rows: Sequence[App] = [row_of(disk, due), row_of(disk, pending)]
    vault.current = VaultState.LOCKED
    vault.calls.clear()
    assert restart().recovery.recover() == RecoveryReport(waiting=(due.id, pending.id))
    assert [row_of(disk, due), row_of(disk, pending)] == rows
    assert called(vault) == ["state"]
    vault.current = VaultState.UNLOCKED
    assert restart().recovery.recover() == RecoveryReport(finished=(due.id, pending.id))


def test_a_life_with_a_start_after_each_step(restart: Callable[[], AppServices], vault: InMemoryVault) -> None:
    made = create(restart(), ORG_ID, "NewHealth App")
    app_id, keys = made.app.id, [made.key]
    for _ in range(3):
        keys.append(restart().rotation.rotate(app_id, A_WEEK).key)
        restart().recovery.recover()
    assert restart().use.secret(app_id) == keys[3]
    restart().rotation.roll_back(app_id, 2, A_WEEK)
    assert restart().use.secret(app_id) == keys[1]
    restart().removal.drop_kept(app_id, 4)
    restart().deletion.delete(app_id)
    restart().deletion.restore(app_id)
    assert restart().use.secret(app_id) == keys[1]
    assert numbers(vault) == [1, 1, 2, 2, 3, 3]
    restart().deletion.delete(app_id)
    restart().removal.purge(app_id)
    assert not vault.items
