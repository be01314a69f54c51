"""What can be done with apps, with a keychain and a database that work, refuse, or do not answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cortex_desktop.domain.errors import (
    AppGone,
    CortexError,
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
from cortex_desktop.domain.ports import Vault, VaultState
from cortex_desktop.domain.secret import KeyEnds, Secret, SecretKind, SecretRef, generate
from cortex_desktop.services.apps.recovery import RecoveryReport
from cortex_desktop.services.apps.services import AppServices
from cortex_desktop.services.keychain import KeychainService, KeychainStatus
from cortex_desktop.services.orgs import OrgService
from cortex_desktop.services.periods import LATE, RESTORABLE
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.vault.memory import InMemoryVault
from tests.support.services import app_services, create
from tests.support.vaults import LateVault, StillUnderWay

KEY, API_SECRET = SecretKind.API_KEY, SecretKind.API_SECRET
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ORG_ID = "0123abcd"
A_MICROSECOND = timedelta(microseconds=1)


class Clock:
    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time


class Repository(TinyRepository):
    """The real one. `refuse` names a method that fails from now on; `writes` is what was written, in order."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.refuse = ""
        self.writes: list[str] = []

    def add_app(self, app: App) -> None:
        self._note("add_app")
        super().add_app(app)

    def change_app(self, app_id: str, change: Callable[[App], App]) -> App:
        self._note("change_app")
        return super().change_app(app_id, change)

    def drop_app(self, app_id: str) -> None:
        self._note("drop_app")
        super().drop_app(app_id)

    def _note(self, method: str) -> None:
        if self.refuse == method:
            raise StorageError("The disk is full", "Not saved.", "Free some space.")
        self.writes.append(method)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(repository: Repository, vault: InMemoryVault, clock: Clock) -> AppServices:
    return app_services(repository, vault, clock)


def on_disk(repository: TinyRepository) -> Sequence[App]:
    """What the next start would find, read anew from the file."""
    return TinyRepository(repository._folder).apps()


def states(repository: TinyRepository) -> list[AppState]:
    return [app.state for app in on_disk(repository)]


def failed(problem: VaultProblem = VaultProblem.FAILED) -> VaultError:
    return VaultError(problem, "Test keychain")


# Creating


@pytest.mark.parametrize(("sessions", "kinds"), [(True, [KEY]), (False, [KEY, API_SECRET])])
def test_a_new_app_has_its_secrets_in_the_keychain(
    service: AppServices, repository: Repository, vault: InMemoryVault, sessions: bool, kinds: list[SecretKind]
) -> None:
    made = create(service, ORG_ID, "NewHealth App", sessions=sessions)
    assert [ref.kind for ref in vault.items] == kinds
    assert vault.items == {made.app.ref(kind): service.use.secret(made.app.id, kind) for kind in kinds}
    assert vault.items[SecretRef(ORG_ID, made.app.id, KEY, 1)] == made.key
    assert [len(secret.reveal()) for secret in vault.items.values()] == [22, 64][: len(kinds)]
    assert made.app.key_ends == KeyEnds.of(made.key)
    assert on_disk(repository) == (made.app,)


def test_a_new_app_is_what_was_asked_for(service: AppServices) -> None:
    app = create(service, ORG_ID, "  NewHealth App ").app
    assert (app.label, app.org_id, app.sessions, app.csrf) == ("NewHealth App", ORG_ID, False, True)
    assert (app.state, app.enabled, app.version, app.created) == (AppState.ACTIVE, True, 1, NOON)
    assert app.keychain == "InMemory"
    assert not create(service, ORG_ID, "Other", csrf=False).app.csrf


def test_two_apps_may_have_one_label(service: AppServices) -> None:
    first, second = (create(service, ORG_ID, "Same") for _ in range(2))
    assert first.app.id != second.app.id
    assert first.key != second.key


def test_the_row_is_on_disk_before_and_after_each_secret(
    service: AppServices, repository: Repository, vault: InMemoryVault
) -> None:
    seen = []
    vault.before = lambda operation, _: seen.append((operation, states(repository)))
    create(service, ORG_ID, "NewHealth App")
    creating = [AppState.CREATING]
    assert seen == [("state", []), ("store", creating), ("store", creating)]
    assert states(repository) == [AppState.ACTIVE]


def test_a_row_names_its_keys_ends_before_the_key_is_stored(
    service: AppServices, repository: Repository, vault: InMemoryVault
) -> None:
    rows = []
    vault.before = lambda operation, _: rows.extend(on_disk(repository))
    made = create(service, ORG_ID, "NewHealth App", sessions=True)
    assert [row.key_ends for row in rows] == [KeyEnds.of(made.key)]


def test_no_key_stands_in_the_folder(service: AppServices, repository: Repository, vault: InMemoryVault) -> None:
    create(service, ORG_ID, "NewHealth App")
    for file in (path for path in repository._folder.rglob("*") if path.is_file()):
        for secret in vault.items.values():
            assert secret.reveal().encode() not in file.read_bytes()


@pytest.mark.parametrize("label", ["", "  ", "a\nb", "x" * 121])
def test_a_bad_label_touches_nothing(
    service: AppServices, repository: Repository, vault: InMemoryVault, label: str
) -> None:
    with pytest.raises(LabelError):
        create(service, ORG_ID, label)
    assert not repository.writes
    assert not vault.calls


@pytest.mark.parametrize("state", [VaultState.LOCKED, VaultState.MISSING, VaultState.FAILED])
def test_a_keychain_that_cannot_take_it_is_told_before_anything_is_written(
    service: AppServices, repository: Repository, vault: InMemoryVault, state: VaultState
) -> None:
    vault.current = state
    with pytest.raises(VaultError) as refusal:
        create(service, ORG_ID, "NewHealth App")
    assert refusal.value.problem.value == state.value
    assert not repository.writes
    assert [operation for operation, _ in vault.calls] == ["state"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("problem", VaultProblem)
def test_a_refusal_leaves_nothing_behind(
    service: AppServices, repository: Repository, vault: InMemoryVault, problem: VaultProblem, nth: int, after: bool
) -> None:
    refuse_nth_store(vault, nth, failed(problem), after=after)
    with pytest.raises(VaultError) as refusal:
        create(service, ORG_ID, "NewHealth App")
    assert refusal.value.problem is problem
    assert not isinstance(refusal.value, VaultTimeout)
    assert not on_disk(repository)
    assert not vault.items


def refuse_nth_store(vault: InMemoryVault, nth: int, error: CortexError, *, after: bool = False) -> None:
    stores = []

    def hook(operation: str, ref: SecretRef | None) -> None:
        if operation == "store":
            stores.append(ref)
            if len(stores) == nth:
                raise error

    if after:
        vault.after = hook
    else:
        vault.before = hook


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", [1, 2])
def test_no_answer_is_not_finished_and_keeps_the_row(
    service: AppServices, repository: Repository, vault: InMemoryVault, nth: int, after: bool
) -> None:
    refuse_nth_store(vault, nth, VaultTimeout("Test keychain"), after=after)
    with pytest.raises(NotFinished, match="NewHealth App"):
        create(service, ORG_ID, "NewHealth App")
    assert states(repository) == [AppState.CREATING]
    assert "remove" not in [operation for operation, _ in vault.calls]


@pytest.mark.parametrize("problem", VaultProblem)
def test_what_cannot_be_taken_back_at_once_is_written_down_as_given_up(
    service: AppServices, repository: Repository, vault: InMemoryVault, problem: VaultProblem
) -> None:
    refuse_nth_store(vault, 2, failed(), after=True)
    vault.fail_next("remove", failed(problem))
    with pytest.raises(VaultError) as refusal:
        create(service, ORG_ID, "NewHealth App")
    assert refusal.value.problem is VaultProblem.FAILED
    assert states(repository) == [AppState.DELETING]  # both secrets are there, and it must not turn up
    assert len(vault.items) == 2
    vault.after = None
    assert service.recovery.recover() == RecoveryReport()  # the person was told that nothing came of it
    assert not on_disk(repository)
    assert not vault.items


def test_a_row_that_cannot_be_taken_back_at_once_goes_later(
    service: AppServices, repository: Repository, vault: InMemoryVault
) -> None:
    vault.fail_next("store", failed())
    repository.refuse = "drop_app"
    with pytest.raises(VaultError):
        create(service, ORG_ID, "NewHealth App")
    assert states(repository) == [AppState.DELETING]
    assert not vault.items
    repository.refuse = ""
    assert service.recovery.recover() == RecoveryReport()
    assert not on_disk(repository)


def test_a_refusal_that_cannot_be_written_down_is_not_finished(
    service: AppServices, repository: Repository, vault: InMemoryVault
) -> None:
    vault.fail_next("store", failed())
    repository.refuse = "change_app"
    with pytest.raises(NotFinished):
        create(service, ORG_ID, "NewHealth App")
    assert states(repository) == [AppState.CREATING]


def test_a_disk_that_refuses_the_row_gets_no_secret_into_the_keychain(
    service: AppServices, repository: Repository, vault: InMemoryVault
) -> None:
    repository.refuse = "add_app"
    with pytest.raises(StorageError):
        create(service, ORG_ID, "NewHealth App")
    assert not on_disk(repository)
    assert "store" not in [operation for operation, _ in vault.calls]


def test_a_disk_that_refuses_the_last_step_is_not_told_as_a_failure(
    service: AppServices, repository: Repository, vault: InMemoryVault
) -> None:
    repository.refuse = "change_app"
    with pytest.raises(NotFinished):
        create(service, ORG_ID, "NewHealth App")
    repository.refuse = ""
    [row] = on_disk(repository)
    assert service.recovery.recover() == RecoveryReport(finished=(row.id,))
    assert states(repository) == [AppState.ACTIVE]
    assert KeyEnds.of(service.use.secret(row.id)) == row.key_ends


# Reading, and small changes


def test_a_removed_key_is_told_as_missing(service: AppServices, vault: InMemoryVault) -> None:
    made = create(service, ORG_ID, "NewHealth App")
    vault.items.clear()
    with pytest.raises(SecretMissing):
        service.use.secret(made.app.id)


def test_an_app_that_is_gone_is_told_so(service: AppServices) -> None:
    calls: list[Callable[[str], object]] = [
        service.use.secret,
        service.use.note_copied,
        service.deletion.delete,
        service.deletion.restore,
    ]
    for call in [*calls, service.removal.purge]:
        with pytest.raises(AppGone):
            call("00ff")


def test_enabling_and_copying_are_written_down(service: AppServices, repository: Repository, clock: Clock) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    assert not service.use.set_enabled(app.id, False).enabled
    clock.time += timedelta(hours=1)
    changed = service.use.note_copied(app.id)
    assert changed == replace(app, enabled=False, last_copied=NOON + timedelta(hours=1))
    assert on_disk(repository) == (changed,)
    assert service.use.set_enabled(app.id, True).enabled


def test_neither_needs_the_keychain(service: AppServices, vault: InMemoryVault) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    vault.calls.clear()
    service.use.set_enabled(app.id, False)
    service.use.note_copied(app.id)
    service.deletion.delete(app.id)
    service.deletion.restore(app.id)
    service.listing.of_org(ORG_ID)
    assert not vault.calls


def test_a_person_sees_the_orgs_apps_that_are_not_deleted(service: AppServices, repository: Repository) -> None:
    kept = {state: create(service, ORG_ID, state.value).app for state in AppState}
    create(service, "ffff", "of another org")
    for state, app in kept.items():
        repository.change_app(app.id, lambda app, state=state: replace(app, state=state))
    assert [app.label for app in service.listing.of_org(ORG_ID)] == ["creating", "active"]


def test_no_app_is_made_in_an_org_that_was_removed(
    service: AppServices, repository: Repository, vault: InMemoryVault
) -> None:
    orgs = OrgService(repository)
    [first] = orgs.orgs()
    second = orgs.add(replace(first, name="Second"))
    orgs.remove(second.id)
    with pytest.raises(OrgGone):
        create(service, second.id, "NewHealth App")
    assert not repository.apps()
    assert not vault.items


# Deleting


def test_a_deleted_app_keeps_its_secrets_for_a_while(
    service: AppServices, repository: Repository, vault: InMemoryVault
) -> None:
    made = create(service, ORG_ID, "NewHealth App")
    gone = service.deletion.delete(made.app.id)
    assert (gone.state, gone.purge_after) == (AppState.DELETED, NOON + RESTORABLE)
    assert on_disk(repository) == (gone,)
    assert len(vault.items) == 2


def test_a_restored_app_is_as_before_with_its_key(
    service: AppServices, repository: Repository, vault: InMemoryVault
) -> None:
    made = create(service, ORG_ID, "NewHealth App")
    service.deletion.delete(made.app.id)
    assert service.deletion.restore(made.app.id) == made.app
    assert on_disk(repository) == (made.app,)
    assert service.use.secret(made.app.id) == made.key


def test_purging_removes_the_secrets_and_then_the_row(
    service: AppServices, repository: Repository, vault: InMemoryVault
) -> None:
    kept = create(service, ORG_ID, "Kept", sessions=True)
    gone = create(service, ORG_ID, "NewHealth App").app
    service.deletion.delete(gone.id)
    seen: list[tuple[str, object]] = []
    vault.before = lambda operation, ref: seen.append((operation, states(repository)[1]))
    service.removal.purge(gone.id)
    assert seen == [("remove", AppState.DELETING)] * 2
    assert on_disk(repository) == (kept.app,)
    assert vault.items == {kept.app.ref(KEY): kept.key}


@pytest.mark.parametrize("state", [AppState.ACTIVE, AppState.CREATING])
def test_purging_leaves_what_is_not_deleted_alone(
    service: AppServices, repository: Repository, vault: InMemoryVault, state: AppState
) -> None:
    made = create(service, ORG_ID, "NewHealth App")
    service.deletion.delete(made.app.id)
    service.deletion.restore(made.app.id)
    row = repository.change_app(made.app.id, lambda app: replace(app, state=state))
    service.removal.purge(made.app.id)
    assert on_disk(repository) == (row,)
    assert len(vault.items) == 2


def test_a_purge_that_the_keychain_refuses_is_taken_up_again(
    service: AppServices, repository: Repository, vault: InMemoryVault
) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    service.deletion.delete(app.id)
    vault.fail_next("remove", failed())
    with pytest.raises(VaultError):
        service.removal.purge(app.id)
    assert states(repository) == [AppState.DELETING]
    assert service.recovery.recover() == RecoveryReport(finished=(app.id,))
    assert not on_disk(repository)
    assert not vault.items


def test_what_is_being_removed_comes_back_no_more(service: AppServices, repository: Repository) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    repository.change_app(app.id, lambda app: replace(app, state=AppState.DELETING))
    for call in (service.deletion.restore, service.deletion.delete):
        with pytest.raises(AppGone):
            call(app.id)
    assert states(repository) == [AppState.DELETING]


def test_what_is_being_created_cannot_be_deleted_yet(service: AppServices, repository: Repository) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    row = repository.change_app(app.id, lambda app: replace(app, state=AppState.CREATING))
    with pytest.raises(NotFinished):
        service.deletion.delete(app.id)
    assert service.deletion.restore(app.id) == row  # else it would pass for one whose key is there
    assert states(repository) == [AppState.CREATING]


# Recovery


def begin(service: AppServices, repository: Repository, vault: InMemoryVault, *kinds: SecretKind) -> App:
    """An app whose creation stopped when these secrets were stored."""
    made = create(service, ORG_ID, "NewHealth App")
    for kind in SecretKind:
        if kind not in kinds:
            vault.remove(made.app.ref(kind))
    return repository.change_app(made.app.id, lambda app: replace(app, state=AppState.CREATING))


def test_a_creation_whose_secrets_are_all_there_is_finished(
    service: AppServices, repository: Repository, vault: InMemoryVault
) -> None:
    app = begin(service, repository, vault, KEY, API_SECRET)
    assert service.recovery.recover() == RecoveryReport(finished=(app.id,))
    assert on_disk(repository) == (replace(app, state=AppState.ACTIVE),)
    assert len(vault.items) == 2


@pytest.mark.parametrize("kinds", [(), (KEY,), (API_SECRET,)], ids=["none", "key", "secret"])
def test_a_creation_with_a_secret_missing_is_undone(
    service: AppServices, repository: Repository, vault: InMemoryVault, clock: Clock, kinds: tuple[SecretKind, ...]
) -> None:
    app = begin(service, repository, vault, *kinds)
    assert service.recovery.recover() == RecoveryReport(undone=(app.id,))
    assert service.listing.of_org(ORG_ID) == service.listing.deleted(ORG_ID) == []
    assert not vault.items
    clock.time += LATE
    service.recovery.recover()
    assert not on_disk(repository)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [(KEY, generate(KEY)), (KEY, Secret("")), (API_SECRET, Secret("")), (API_SECRET, generate(KEY))],
    ids=["another key", "empty key", "empty secret", "key for secret"],
)
def test_a_creation_with_a_wrong_secret_is_undone(
    service: AppServices, repository: Repository, vault: InMemoryVault, clock: Clock, kind: SecretKind, wrong: Secret
) -> None:
    app = begin(service, repository, vault, KEY, API_SECRET)
    vault.items[app.ref(kind)] = wrong
    assert service.recovery.recover() == RecoveryReport(undone=(app.id,))
    assert service.listing.of_org(ORG_ID) == service.listing.deleted(ORG_ID) == []
    assert not vault.items
    clock.time += LATE
    service.recovery.recover()
    assert not on_disk(repository)


def test_a_key_with_the_right_ends_and_a_wrong_middle_is_none_of_ours(
    service: AppServices, repository: Repository, vault: InMemoryVault
) -> None:
    app = begin(service, repository, vault, KEY, API_SECRET)
    vault.items[app.ref(KEY)] = Secret(f"{app.key_ends.head}--------------{app.key_ends.tail}")
    assert service.recovery.recover().undone == (app.id,)


@pytest.mark.parametrize("problem", VaultProblem)
def test_a_creation_that_the_keychain_will_not_show_waits(
    service: AppServices, repository: Repository, vault: InMemoryVault, problem: VaultProblem
) -> None:
    app = begin(service, repository, vault, KEY, API_SECRET)
    vault.fail_next("read", failed(problem))
    assert service.recovery.recover() == RecoveryReport(waiting=(app.id,))
    assert on_disk(repository) == (app,)
    assert len(vault.items) == 2


def test_one_that_waits_does_not_keep_the_others_waiting(
    service: AppServices, repository: Repository, vault: InMemoryVault
) -> None:
    first, second = (begin(service, repository, vault, KEY, API_SECRET) for _ in range(2))
    vault.fail_next("read", VaultTimeout("Test keychain"))
    assert service.recovery.recover() == RecoveryReport(finished=(second.id,), waiting=(first.id,))


def test_a_deleted_app_is_purged_when_its_time_is_up_and_not_before(
    service: AppServices, repository: Repository, vault: InMemoryVault, clock: Clock
) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    service.deletion.delete(app.id)
    clock.time += RESTORABLE - A_MICROSECOND
    assert service.recovery.recover() == RecoveryReport()
    assert len(vault.items) == 2
    clock.time += A_MICROSECOND
    assert service.recovery.recover() == RecoveryReport(finished=(app.id,))
    assert not on_disk(repository)
    assert not vault.items


def test_a_deletion_that_had_begun_is_finished(
    service: AppServices, repository: Repository, vault: InMemoryVault
) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    service.deletion.delete(app.id)
    repository.change_app(app.id, lambda app: replace(app, state=AppState.DELETING))
    assert service.recovery.recover() == RecoveryReport(finished=(app.id,))
    assert not on_disk(repository)
    assert not vault.items


@pytest.mark.parametrize("state", [VaultState.LOCKED, VaultState.MISSING, VaultState.FAILED])
def test_rows_wait_for_a_keychain_that_cannot_be_used(
    service: AppServices, repository: Repository, vault: InMemoryVault, clock: Clock, state: VaultState
) -> None:
    apps = [create(service, ORG_ID, name).app for name in ("creating", "deleting", "deleted")]
    for app in apps:
        repository.change_app(app.id, lambda row: replace(row, state=AppState(row.label), purge_after=NOON))
    before, items = on_disk(repository), dict(vault.items)
    vault.current = state
    repository.writes.clear()
    vault.calls.clear()
    assert service.recovery.recover() == RecoveryReport(waiting=tuple(app.id for app in apps))
    assert not repository.writes
    assert on_disk(repository) == before
    assert vault.items == items
    assert [operation for operation, _ in vault.calls] == ["state"]


def test_recovery_touches_only_what_is_unfinished(
    service: AppServices, repository: Repository, vault: InMemoryVault
) -> None:
    active = create(service, ORG_ID, "Active")
    deleted = create(service, ORG_ID, "Deleted")
    service.deletion.delete(deleted.app.id)
    unfinished = begin(service, repository, vault, KEY)
    others = on_disk(repository)[:2]
    vault.calls.clear()
    service.recovery.recover()
    assert on_disk(repository)[:2] == others
    assert {ref.app_id for _, ref in vault.calls if ref is not None} == {unfinished.id}
    assert service.use.secret(active.app.id) == active.key


def test_where_all_is_finished_the_keychain_is_not_even_asked(service: AppServices, vault: InMemoryVault) -> None:
    create(service, ORG_ID, "NewHealth App")
    vault.calls.clear()
    assert service.recovery.recover() == RecoveryReport()
    assert not vault.calls


def test_recovery_leaves_the_keychain_of_others_alone(
    service: AppServices, repository: Repository, vault: InMemoryVault
) -> None:
    strangers = {SecretRef("aa", "bb", KEY, 1): generate(KEY)}
    vault.items.update(strangers)
    begin(service, repository, vault)
    service.recovery.recover()
    assert vault.items == strangers


# What the keychain does when nobody waits any more


@pytest.fixture
def late() -> LateVault:
    return LateVault()


@pytest.fixture
def later(repository: Repository, late: LateVault, clock: Clock) -> AppServices:
    """A service on a keychain that answers a store only when nobody waits any more."""
    return app_services(repository, late, clock)


def no_answer_to_store(vault: LateVault, nth: int) -> None:
    refuse_nth_store(vault, nth, StillUnderWay("Test keychain"))


@pytest.mark.parametrize("nth", [1, 2])
def test_a_secret_that_comes_after_its_creation_was_undone_goes(
    later: AppServices, repository: Repository, late: LateVault, clock: Clock, nth: int
) -> None:
    no_answer_to_store(late, nth)
    with pytest.raises(NotFinished):
        create(later, ORG_ID, "NewHealth App")
    late.before = None
    assert len(later.recovery.recover().undone) == 1
    assert not late.items
    late.land()
    assert [ref.app_id for ref in late.items] == [app.id for app in on_disk(repository)]  # so that it can be found
    assert later.recovery.recover() == RecoveryReport()
    assert not late.items
    clock.time += LATE - A_MICROSECOND
    later.recovery.recover()
    assert states(repository) == [AppState.DELETING]
    clock.time += A_MICROSECOND
    assert later.recovery.recover() == RecoveryReport()
    assert not on_disk(repository)


def test_a_secret_that_comes_before_its_creation_is_undone_finishes_it(
    later: AppServices, repository: Repository, late: LateVault
) -> None:
    no_answer_to_store(late, 2)
    with pytest.raises(NotFinished):
        create(later, ORG_ID, "NewHealth App")
    late.before = None
    late.land()
    [row] = on_disk(repository)
    assert later.recovery.recover() == RecoveryReport(finished=(row.id,))
    assert on_disk(repository) == (replace(row, state=AppState.ACTIVE),)


@pytest.mark.parametrize("nth", [1, 2])
def test_a_secret_that_comes_after_its_rotation_was_undone_goes(
    later: AppServices, repository: Repository, late: LateVault, clock: Clock, nth: int
) -> None:
    made = create(later, ORG_ID, "NewHealth App")
    no_answer_to_store(late, nth)
    with pytest.raises(NotFinished):
        later.rotation.rotate(made.app.id, LATE)
    late.before = None
    assert later.recovery.recover() == RecoveryReport(undone=(made.app.id,))
    late.land()
    assert later.recovery.recover() == RecoveryReport()
    assert set(late.items) == set(made.app.refs)
    assert later.use.secret(made.app.id) == made.key
    clock.time += LATE
    later.recovery.recover()
    assert on_disk(repository) == (replace(made.app, last_version=2),)
    late.calls.clear()
    later.recovery.recover()
    assert not late.calls


def test_each_rotation_without_an_answer_is_waited_for(
    later: AppServices, repository: Repository, late: LateVault, clock: Clock
) -> None:
    made = create(later, ORG_ID, "NewHealth App", sessions=True)
    no_answer_to_store(late, 1)
    with pytest.raises(NotFinished):
        later.rotation.rotate(made.app.id, LATE)
    late.before = None
    later.recovery.recover()
    late.land()
    clock.time += LATE  # the second is given up when the time of the first is up
    no_answer_to_store(late, 1)
    with pytest.raises(NotFinished):
        later.rotation.rotate(made.app.id, LATE)
    late.before = None
    assert later.recovery.recover() == RecoveryReport(undone=(made.app.id,))
    assert on_disk(repository)[0].sweep_until == clock.time + LATE
    late.land()
    later.recovery.recover()
    assert set(late.items) == set(made.app.refs)


def test_a_refusal_does_not_end_the_wait_for_another(
    later: AppServices, repository: Repository, late: LateVault, clock: Clock
) -> None:
    made = create(later, ORG_ID, "NewHealth App", sessions=True)
    no_answer_to_store(late, 1)
    with pytest.raises(NotFinished):
        later.rotation.rotate(made.app.id, LATE)
    late.before = None
    later.recovery.recover()
    late.fail_next("store", failed())
    with pytest.raises(VaultError):
        later.rotation.rotate(made.app.id, LATE)
    assert on_disk(repository)[0].sweep_until == NOON + LATE
    late.land()
    later.recovery.recover()
    assert set(late.items) == set(made.app.refs)


def test_a_secret_that_comes_after_its_app_was_purged_goes(
    later: AppServices, repository: Repository, late: LateVault, clock: Clock
) -> None:
    made = create(later, ORG_ID, "NewHealth App")
    no_answer_to_store(late, 2)
    with pytest.raises(NotFinished):
        later.rotation.rotate(made.app.id, LATE)
    late.before = None
    later.deletion.delete(made.app.id)
    later.removal.purge(made.app.id)
    assert not late.items
    late.land()
    later.recovery.recover()
    assert not late.items
    clock.time += LATE
    later.recovery.recover()
    assert not on_disk(repository)


# Another system's keychain


def test_an_app_of_another_systems_keychain_is_left_alone(
    service: AppServices, repository: Repository, vault: InMemoryVault
) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    vault.backend = "Windows"
    vault.calls.clear()
    calls: list[Callable[[], object]] = [
        lambda: service.use.secret(app.id),
        lambda: service.rotation.rotate(app.id, LATE),
        lambda: service.rotation.roll_back(app.id, 1, LATE),
        lambda: service.removal.drop_kept(app.id, 1),
    ]
    for call in calls:
        with pytest.raises(SecretElsewhere, match="another"):
            call()
    service.deletion.delete(app.id)
    with pytest.raises(SecretElsewhere):
        service.removal.purge(app.id)
    assert states(repository) == [AppState.DELETED]
    assert service.deletion.restore(app.id) == app
    assert {operation for operation, _ in vault.calls} == {"state"}


@pytest.mark.parametrize("state", [AppState.CREATING, AppState.DELETED, AppState.DELETING])
def test_recovery_leaves_it_to_the_other_system(
    service: AppServices, repository: Repository, vault: InMemoryVault, state: AppState
) -> None:
    app = create(service, ORG_ID, "NewHealth App").app
    row = repository.change_app(app.id, lambda app: replace(app, state=state, purge_after=NOON))
    ours = begin(service, repository, vault, KEY, API_SECRET)
    items = dict(vault.items)
    repository.change_app(app.id, lambda app: replace(app, keychain="Windows"))
    assert service.recovery.recover() == RecoveryReport(finished=(ours.id,), waiting=(app.id,))
    assert on_disk(repository)[0] == replace(row, keychain="Windows")
    assert vault.items == items


# The keychain's state


@pytest.mark.parametrize("state", VaultState)
def test_a_status_is_a_name_and_a_state(vault: InMemoryVault, state: VaultState) -> None:
    vault.current = state
    assert KeychainService(vault).status() == KeychainStatus("Test keychain", state)


def test_unlocking_tells_the_new_state(vault: InMemoryVault) -> None:
    vault.current = VaultState.LOCKED
    assert KeychainService(vault).unlock().state is VaultState.UNLOCKED


def test_a_person_who_does_not_unlock_is_told(vault: InMemoryVault) -> None:
    vault.current, vault.person_unlocks = VaultState.LOCKED, False
    with pytest.raises(VaultError) as refusal:
        KeychainService(vault).unlock()
    assert refusal.value.problem is VaultProblem.DENIED


def test_giving_up_reaches_the_keychain(monkeypatch: pytest.MonkeyPatch, vault: InMemoryVault) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(vault, "stop_waiting", lambda: asked.append(True))
    port: Vault = vault
    KeychainService(port).stop_waiting()
    assert asked == [True]
