"""Finding out what does not match between the database and the keychain, and mending it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cortex_desktop.domain.errors import AppGone, NotFinished, VaultError, VaultProblem, VaultTimeout
from cortex_desktop.domain.model import App, AppState, PendingVersion
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import KeyEnds, Secret, SecretKind, SecretRef, generate, well_formed
from cortex_desktop.services.doctor import Finding, Problem
from tests.support.services import Office, failed

KEY, API_SECRET = SecretKind.API_KEY, SecretKind.API_SECRET
A_WEEK = timedelta(days=7)
AT_ONCE = timedelta(0)


class Clinic(Office):
    """An office with an app to harm and to repair, and a bystander beside it."""

    def an_app(self, *, sessions: bool = False, kept: int = 0) -> App:
        """Make an app with so many kept versions."""
        self.bystander = self.make("Bystander")
        app = self.make(sessions=sessions).app
        for _ in range(kept):
            app = self.rotation.rotate(app.id, A_WEEK).app
        return app

    def found(self, app: App) -> list[tuple[Problem, int, SecretKind]]:
        return [(f.problem, f.ref.version, f.ref.kind) for f in self.doctor.check(app.id)]

    def mend(self, app: App) -> None:
        """All that is found, and then nothing is found any more, here and beside."""
        for finding in self.doctor.check(app.id):
            self.doctor.repair(finding)
        self.all_is_well(app)

    def all_is_well(self, app: App) -> None:
        assert self.found(app) == []
        assert self.found(self.bystander.app) == []
        assert self.row(self.bystander.app) == self.bystander.app
        assert self.use.secret(self.bystander.app.id) == self.bystander.key
        row = self.row(app)
        assert row.pending is None
        refs = {ref for number in row.versions for ref in row.refs_of(number)} | set(self.bystander.app.refs)
        assert set(self.vault.items) == refs
        for ref in row.refs:
            assert well_formed(ref.kind, self.vault.items[ref])
        assert KeyEnds.of(self.vault.items[row.ref(KEY)]) == row.key_ends


@pytest.fixture
def clinic(folder: Path) -> Clinic:
    return Clinic(folder)


# Nothing to find


def test_an_app_of_another_system_is_told_and_left_alone(clinic: Clinic) -> None:
    app = clinic.an_app(kept=1)
    row = clinic.repository.change_app(app.id, lambda app: replace(app, keychain="Windows"))
    clinic.vault.calls.clear()
    [finding] = clinic.doctor.check(app.id)
    assert finding == Finding(row, row.ref(KEY), Problem.ELSEWHERE)
    clinic.doctor.repair(finding)
    assert clinic.row(app) == row
    assert not clinic.vault.calls


@pytest.mark.parametrize("sessions", [True, False])
def test_where_all_matches_nothing_is_found_and_nothing_written(clinic: Clinic, sessions: bool) -> None:
    app = clinic.an_app(sessions=sessions, kept=2)
    clinic.vault.calls.clear()
    assert clinic.doctor.check(app.id) == []
    assert set(clinic.called()) == {"read"}
    assert clinic.row(app) == app


def test_each_item_is_read_once(clinic: Clinic) -> None:
    app = clinic.an_app(kept=1)
    clinic.removal.drop_kept(app.id, 1)
    app = clinic.rotation.rotate(app.id, A_WEEK).app
    clinic.vault.calls.clear()
    clinic.doctor.check(app.id)
    read = [ref for call, ref in clinic.vault.calls if call == "read" and ref is not None]
    assert len(read) == len(set(read)) == 6
    assert {ref.version for ref in read} == {1, 2, 3}


@pytest.mark.parametrize("state", [AppState.CREATING, AppState.DELETED, AppState.DELETING])
def test_unfinished_and_deleted_apps_are_left_alone(clinic: Clinic, state: AppState) -> None:
    app = clinic.an_app()
    clinic.set_state(app, state)
    clinic.vault.items.clear()
    clinic.vault.calls.clear()
    assert clinic.doctor.check(app.id) == []
    assert not clinic.vault.calls


def test_an_app_that_is_being_rotated_is_left_alone(clinic: Clinic) -> None:
    app = clinic.an_app()
    clinic.repository.change_app(
        app.id, lambda app: replace(app, pending=PendingVersion(2, app.key_ends, app.sessions))
    )
    clinic.vault.items.clear()
    assert clinic.doctor.check(app.id) == []


def test_an_app_that_is_gone_is_told(clinic: Clinic) -> None:
    with pytest.raises(AppGone):
        clinic.doctor.check("00ff")


# Missing


@pytest.mark.parametrize(
    ("sessions", "missing"),
    [(True, [KEY]), (False, [KEY]), (False, [API_SECRET]), (False, [KEY, API_SECRET])],
    ids=["sessions", "key", "secret", "key and secret"],
)
def test_what_is_missing_is_found_and_replaced_by_one_renewal(
    clinic: Clinic, sessions: bool, missing: list[SecretKind]
) -> None:
    app = clinic.an_app(sessions=sessions)
    before = dict(clinic.vault.items)
    for kind in missing:
        del clinic.vault.items[app.ref(kind)]
    assert clinic.found(app) == [(Problem.MISSING, 1, kind) for kind in missing]
    clinic.mend(app)
    row = clinic.row(app)
    assert (row.version, row.last_version, row.kept) == (2, 2, ())
    assert clinic.key(app) != before[app.ref(KEY)]


def test_a_renewal_leaves_the_kept_versions(clinic: Clinic) -> None:
    app = clinic.an_app(kept=2)
    del clinic.vault.items[app.ref(KEY)]
    clinic.mend(app)
    row = clinic.row(app)
    assert (row.version, row.kept) == (4, app.kept)


# Differs


def test_a_row_takes_over_the_ends_of_the_key_that_is_there(clinic: Clinic) -> None:
    app = clinic.an_app()
    other = clinic.vault.items[app.ref(KEY)] = generate(KEY)
    assert clinic.found(app) == [(Problem.DIFFERS, 1, KEY)]
    clinic.mend(app)
    assert clinic.row(app) == replace(app, key_ends=KeyEnds.of(other))
    assert clinic.key(app) == other


@pytest.mark.parametrize("wrong", ["", "x" * 21, "x" * 23, "ä" * 22, "-" * 22, "x" * 64])
def test_what_is_no_key_is_replaced(clinic: Clinic, wrong: str) -> None:
    app = clinic.an_app(sessions=True)
    clinic.vault.items[app.ref(KEY)] = Secret(wrong)
    assert clinic.found(app) == [(Problem.NO_KEY, 1, KEY)]
    clinic.mend(app)
    assert clinic.row(app).version == 2


@pytest.mark.parametrize("wrong", ["", "x" * 22, "-" * 64])
def test_what_is_no_secret_is_replaced(clinic: Clinic, wrong: str) -> None:
    app = clinic.an_app()
    clinic.vault.items[app.ref(API_SECRET)] = Secret(wrong)
    assert clinic.found(app) == [(Problem.NO_KEY, 1, API_SECRET)]
    clinic.mend(app)
    assert clinic.row(app).version == 2


def test_a_key_that_differs_beside_a_missing_secret(clinic: Clinic) -> None:
    app = clinic.an_app()
    clinic.vault.items[app.ref(KEY)] = generate(KEY)
    del clinic.vault.items[app.ref(API_SECRET)]
    assert clinic.found(app) == [(Problem.DIFFERS, 1, KEY), (Problem.MISSING, 1, API_SECRET)]
    clinic.mend(app)
    assert clinic.row(app).version == 2


# Kept versions


@pytest.mark.parametrize("missing", [[KEY], [API_SECRET], [KEY, API_SECRET]], ids=["key", "secret", "both"])
def test_a_kept_version_that_is_not_whole_is_found_once_and_offered_no_more(
    clinic: Clinic, missing: list[SecretKind]
) -> None:
    app = clinic.an_app(kept=2)
    for kind in missing:
        del clinic.vault.items[clinic.ref(app, 1, kind)]
    assert clinic.found(app) == [(Problem.KEPT_MISSING, 1, missing[0])]
    clinic.mend(app)
    assert clinic.row(app) == replace(app, kept=app.kept[:1])


@pytest.mark.parametrize("wrong", [generate(KEY), Secret("")], ids=["another key", "no key"])
def test_a_kept_version_whose_key_is_another_is_offered_no_more(clinic: Clinic, wrong: Secret) -> None:
    app = clinic.an_app(sessions=True, kept=1)
    clinic.vault.items[clinic.ref(app, 1)] = wrong
    [finding] = clinic.doctor.check(app.id)
    assert (finding.problem, finding.ref.version) == (Problem.KEPT_MISSING, 1)
    clinic.doctor.repair(finding)
    if not wrong.reveal():
        assert clinic.row(app) == replace(app, kept=())
        clinic.all_is_well(app)
    else:  # it is somebody's key
        assert clinic.row(app) == replace(app, kept=(), taken=(1,))
        assert clinic.found(app) == [(Problem.NEWER, 1, KEY)]
        assert clinic.vault.items[clinic.ref(app, 1)] == wrong


# Leftovers


def test_leftovers_of_numbers_that_the_row_tells_of_no_more_are_found_and_removed(clinic: Clinic) -> None:
    app = clinic.an_app(kept=2)
    clinic.removal.drop_kept(app.id, 1)
    app = clinic.removal.drop_kept(app.id, 2)
    clinic.vault.items[clinic.ref(app, 1)] = generate(KEY)
    clinic.vault.items[clinic.ref(app, 2, API_SECRET)] = generate(API_SECRET)
    assert clinic.found(app) == [(Problem.LEFTOVER, 1, KEY), (Problem.LEFTOVER, 2, API_SECRET)]
    clinic.mend(app)
    assert clinic.row(app) == app


def test_neither_current_nor_kept_nor_foreign_items_are_leftovers(clinic: Clinic) -> None:
    app = clinic.an_app(kept=1)
    beyond = clinic.ref(app, 3)
    strangers = {beyond: generate(KEY), SecretRef("aa", "bb", KEY, 1): generate(KEY)}
    clinic.vault.items.update(strangers)
    assert clinic.doctor.check(app.id) == []
    assert strangers.items() <= clinic.vault.items.items()


# Everything at once, and findings that are no longer true


def test_everything_at_once(clinic: Clinic) -> None:
    app = clinic.an_app(kept=3)
    app = clinic.removal.drop_kept(app.id, 1)
    clinic.vault.items[clinic.ref(app, 1)] = generate(KEY)
    del clinic.vault.items[clinic.ref(app, 2)]
    del clinic.vault.items[app.ref(KEY)]
    del clinic.vault.items[app.ref(API_SECRET)]
    assert clinic.found(app) == [
        (Problem.MISSING, 4, KEY),
        (Problem.MISSING, 4, API_SECRET),
        (Problem.KEPT_MISSING, 2, KEY),
        (Problem.EARLIER, 1, KEY),
    ]
    for finding in clinic.doctor.check(app.id):
        clinic.doctor.repair(finding)
    assert clinic.found(app) == [(Problem.LEFTOVER, 1, KEY)]  # which it is, now that there is another key
    clinic.mend(app)
    row = clinic.row(app)
    assert (row.version, [kept.number for kept in row.kept]) == (5, [3])


def break_missing(clinic: Clinic, app: App) -> None:
    del clinic.vault.items[app.ref(KEY)]


def break_differs(clinic: Clinic, app: App) -> None:
    clinic.vault.items[app.ref(KEY)] = generate(KEY)


def break_no_key(clinic: Clinic, app: App) -> None:
    clinic.vault.items[app.ref(KEY)] = Secret("")


def break_kept(clinic: Clinic, app: App) -> None:
    del clinic.vault.items[clinic.ref(app, 2, API_SECRET)]


def leave_over(clinic: Clinic, app: App) -> None:
    clinic.vault.items[clinic.ref(app, 1)] = generate(KEY)


HARMS: Sequence[Callable[[Clinic, App], None]] = (break_missing, break_differs, break_no_key, break_kept, leave_over)


def harmed(clinic: Clinic, harm: Callable[[Clinic, App], None]) -> tuple[App, Finding]:
    """An app of version 3 with 2 kept and 1 gone, and what the doctor found."""
    app = clinic.removal.drop_kept(clinic.an_app(kept=2).id, 1)
    harm(clinic, app)
    [finding] = clinic.doctor.check(app.id)
    return app, finding


@pytest.mark.parametrize("harm", HARMS)
def test_repairing_twice_is_repairing_once(clinic: Clinic, harm: Callable[[Clinic, App], None]) -> None:
    app, finding = harmed(clinic, harm)
    clinic.doctor.repair(finding)
    clinic.all_is_well(app)
    row, items = clinic.row(app), dict(clinic.vault.items)
    clinic.doctor.repair(finding)
    assert (clinic.row(app), clinic.vault.items) == (row, items)


@pytest.mark.parametrize("harm", HARMS)
def test_what_came_back_since_is_left_as_it_is(clinic: Clinic, harm: Callable[[Clinic, App], None]) -> None:
    app = clinic.removal.drop_kept(clinic.an_app(kept=2).id, 1)
    whole = dict(clinic.vault.items)
    harm(clinic, app)
    [finding] = clinic.doctor.check(app.id)
    clinic.vault.items.clear()
    clinic.vault.items.update(whole)  # the keychain was restored from a backup
    clinic.doctor.repair(finding)
    assert clinic.row(app) == app
    assert clinic.vault.items == whole


def test_a_finding_about_a_version_that_was_rotated_away_changes_nothing(clinic: Clinic) -> None:
    app, finding = harmed(clinic, break_differs)
    new = clinic.rotation.rotate(app.id, A_WEEK)
    clinic.doctor.repair(finding)
    assert clinic.row(app) == new.app
    assert clinic.key(app) == new.key


@pytest.mark.parametrize("harm", HARMS)
def test_a_deleted_app_is_not_repaired(clinic: Clinic, harm: Callable[[Clinic, App], None]) -> None:
    app, finding = harmed(clinic, harm)
    row, items = clinic.deletion.delete(app.id), dict(clinic.vault.items)
    clinic.doctor.repair(finding)
    assert (clinic.row(app), clinic.vault.items) == (row, items)
    clinic.removal.purge(app.id)
    with pytest.raises(AppGone):
        clinic.doctor.repair(finding)
    left = set(clinic.vault.items) - set(clinic.bystander.app.refs)
    # What the row cannot prove to be its own stays, and is found as an item without a row.
    assert {stray.ref for stray in clinic.doctor.survey()} == left
    assert bool(left) == (harm in (break_differs, leave_over))


# When the keychain does not take part (the fault matrix of repairs stands in test_services_faults.py)


@pytest.mark.parametrize("problem", VaultProblem)
def test_a_check_ends_with_what_the_keychain_says(clinic: Clinic, problem: VaultProblem) -> None:
    app = clinic.an_app()
    clinic.vault.fail_next("read", failed(problem))
    with pytest.raises(VaultError) as refusal:
        clinic.doctor.check(app.id)
    assert refusal.value.problem is problem


@pytest.mark.parametrize("harm", HARMS)
def test_a_locked_keychain_stops_a_repair_before_it_begins(clinic: Clinic, harm: Callable[[Clinic, App], None]) -> None:
    app, finding = harmed(clinic, harm)
    row, items = clinic.row(app), dict(clinic.vault.items)
    clinic.vault.current = VaultState.LOCKED
    with pytest.raises(VaultError) as refusal:
        clinic.doctor.repair(finding)
    assert refusal.value.problem is VaultProblem.LOCKED
    assert (clinic.row(app), clinic.vault.items) == (row, items)


def test_a_refused_renewal_leaves_nothing_and_can_be_tried_again(clinic: Clinic) -> None:
    app, finding = harmed(clinic, break_missing)
    items = dict(clinic.vault.items)
    clinic.vault.fail_next("store", failed(VaultProblem.FULL))
    with pytest.raises(VaultError):
        clinic.doctor.repair(finding)
    assert (clinic.row(app), clinic.vault.items) == (replace(app, last_version=4), items)
    clinic.mend(app)


def test_an_unanswered_renewal_is_recoverys_to_finish(clinic: Clinic) -> None:
    app, finding = harmed(clinic, break_missing)
    clinic.vault.fail_next("store", VaultTimeout("Test keychain"), after=True)
    with pytest.raises(NotFinished):
        clinic.doctor.repair(finding)
    assert clinic.doctor.check(app.id) == []
    clinic.recover()  # without its secret it is undone
    clinic.mend(app)
    assert clinic.row(app).version == 5
