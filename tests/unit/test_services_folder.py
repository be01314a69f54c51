"""What happens when the world moves under a data folder: nothing is removed that is somebody's key."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cortex_desktop.domain.errors import (
    AnswerNotPossible,
    AppGone,
    FolderInDoubt,
    LookOnly,
    OrgGone,
    SecretDiffers,
    SecretMissing,
    SecretNotText,
    VaultError,
    VersionGone,
)
from cortex_desktop.domain.findings import Problem, Repair
from cortex_desktop.domain.folder import Answer, Claim, FolderRecord, Session, Standing
from cortex_desktop.domain.model import AppDetails, AppState, GivenUp
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import ClaimRef, KeyEnds, LoginRef, Secret, SecretKind, SecretRef, generate, parse_ref
from cortex_desktop.services.bulk import Bulk, Delete, Restore, Rotate
from cortex_desktop.services.folder import CLOCK_STEP
from cortex_desktop.services.periods import RESTORABLE
from tests.support.data_folder import posix_only
from tests.support.memory_vault import InMemoryVault
from tests.support.services import failed
from tests.support.worlds import Desk, Run

KEY = SecretKind.API_KEY
A_WEEK = timedelta(days=7)
AT_ONCE = timedelta(0)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def vault_of(desk: Desk) -> InMemoryVault:
    assert isinstance(desk.vault, InMemoryVault)
    return desk.vault


# A saved folder is put back


@pytest.fixture
def restored(desk: Desk) -> Run:
    """Alpha's key was rotated after the folder was saved, and the saved folder stands in its place again."""
    run = desk.start()
    run.make()
    run.quit()
    saved = desk.copy("saved")
    run = desk.start()
    run.apps.rotation.rotate(run.app().id, A_WEEK)
    run.quit()
    desk.put_back(saved)
    return desk.start()


def rotate(run: Run) -> None:
    run.apps.rotation.rotate(run.app().id, AT_ONCE)
    run.recover()


def rotate_in_bulk(run: Run) -> None:
    bulk = Bulk(Rotate(AT_ONCE), [run.app()], run.apps)
    while not bulk.over:
        bulk.step()
    run.recover()


def switch_sessions(run: Run) -> None:
    run.apps.editing.edit(run.app().id, AppDetails("Alpha", sessions=False))
    run.recover()


def repair_all(run: Run) -> None:
    run.doctor.survey()
    for finding in run.doctor.check(run.app().id):
        run.doctor.repair(finding)


def delete_for_good(run: Run) -> None:
    app = run.apps.deletion.delete(run.app().id)
    with pytest.raises(FolderInDoubt):
        run.apps.removal.purge(app.id)
    run.recover()


def remove_everything(run: Run) -> None:
    with pytest.raises(FolderInDoubt):
        run.apps.deletion.remove_everything()


@pytest.mark.parametrize(
    "act", [rotate, rotate_in_bulk, switch_sessions, repair_all, delete_for_good, remove_everything]
)
def test_a_newer_key_stays_whatever_is_done_with_an_older_list(
    desk: Desk, restored: Run, act: Callable[[Run], None]
) -> None:
    app = restored.app()
    old, newer = restored.held(app, 1), restored.held(app, 2)
    assert newer is not None
    assert restored.standing is Standing.RESTORED
    act(restored)
    assert restored.held(app, 1) == old
    assert restored.held(app, 2) == newer


def test_a_taken_number_is_passed_over_and_told(restored: Run) -> None:
    created = restored.apps.rotation.rotate(restored.app().id, A_WEEK)
    assert (created.app.version, created.app.last_version, created.app.taken) == (3, 3, (2,))
    [finding] = restored.doctor.findings()
    assert (finding.problem, finding.ref.version) == (Problem.NEWER, 2)
    assert restored.doctor.check(created.app.id) == [finding]
    assert restored.doctor.repairs(finding) == (Repair.USE,)


def test_the_newer_key_is_used_when_the_person_says_so_and_that_can_be_undone(restored: Run) -> None:
    app = restored.app()
    newer = restored.held(app, 2)
    restored.doctor.survey()
    [finding] = restored.doctor.check(app.id)
    undo = restored.doctor.repair(finding)
    assert restored.key() == newer
    assert not restored.doctor.check(app.id)
    assert undo is not None
    undo()
    assert restored.key() == restored.held(app, 1)
    assert restored.held(app, 2) == newer


def test_going_on_with_a_restored_folder_gives_time_and_can_be_taken_back(desk: Desk, restored: Run) -> None:
    app = restored.apps.deletion.delete(restored.app().id)
    desk.clock.pass_by(RESTORABLE - timedelta(days=1))
    undo = restored.folder.answer(Answer.GO_ON)
    assert restored.standing is Standing.KNOWN
    after = restored.repository.app(app.id)
    assert after.purge_after == desk.clock.time + RESTORABLE
    assert undo is not None
    undo()
    assert restored.standing is Standing.RESTORED
    restored.folder.answer(Answer.GO_ON)
    restored.quit()
    assert desk.start().standing is Standing.KNOWN


def test_the_newer_folder_put_back_once_more_is_asked_about_too(desk: Desk) -> None:
    run = desk.start()
    run.make()
    run.quit()
    older = desk.copy("older")
    run = desk.start()
    run.make("Beta")
    run.quit()
    newer = desk.copy("newer")
    desk.put_back(older)
    run = desk.start()
    run.folder.answer(Answer.GO_ON)
    run.make("Gamma")
    run.quit()
    desk.put_back(newer)
    assert desk.start().standing is Standing.RESTORED


def test_a_folder_put_back_under_the_running_program_does_not_win(desk: Desk) -> None:
    run = desk.start()
    run.make()
    saved = desk.copy("saved")
    told: list[Path] = []
    run.repository.watch(told.append)
    run.apps.rotation.rotate(run.app().id, A_WEEK)
    shutil.copytree(saved, desk.folder, dirs_exist_ok=True)
    run.make("Beta")
    assert told
    assert all(path.exists() and ".changed-" in path.name for path in told)
    assert run.key() == run.held(run.app(), 2)
    run.quit()
    again = desk.start()
    assert again.standing is Standing.KNOWN
    assert again.key() == again.held(again.app(), 2)


def test_a_snapshot_of_the_same_run_is_told_from_its_end(desk: Desk) -> None:
    run = desk.start()
    run.make()
    saved = desk.copy("saved")
    run.apps.rotation.rotate(run.app().id, AT_ONCE)
    run.folder.renew_claim()
    desk.put_back(saved)
    assert desk.start().standing is Standing.RESTORED


def test_a_state_saved_while_the_keychain_hears_of_a_restore_is_told_from_the_present_one(desk: Desk) -> None:
    run = desk.start()
    made = run.make()
    run.folder.renew_claim()
    run.apps.deletion.delete(made.app.id)

    def save(call: str, _: SecretRef | None) -> None:
        if call == "write claim":
            vault_of(desk).before = None
            desk.copy("saved")

    vault_of(desk).before = save
    run.apps.deletion.restore(made.app.id)
    run.folder.renew_claim()
    desk.put_back(desk.folder.parent / "saved")
    run = desk.start()
    assert (run.app().state, run.standing) == (AppState.DELETED, Standing.RESTORED)


@pytest.mark.parametrize(("later", "renewed"), [(1, False), (2, True)])
def test_a_list_put_back_from_a_damaged_one_does_not_pass_for_what_was_lost(
    desk: Desk, later: int, renewed: bool
) -> None:
    run = desk.start()
    made = run.make()
    run.folder.renew_claim()
    run.apps.deletion.delete(made.app.id)
    run.apps.deletion.restore(made.app.id)
    if renewed:  # else the program is killed before
        run.folder.renew_claim()
    journal = desk.folder / "apps.json.journal"
    lines = journal.read_bytes().splitlines(keepends=True)
    deleted = next(number for number, line in enumerate(lines) if b'"deleted"' in line)
    lines[deleted + later] = lines[deleted + later].replace(b":", b";", 1)
    journal.write_bytes(b"".join(lines))
    run = desk.start()
    assert run.repository.recovered is not None
    assert (run.app().state, run.standing) == (AppState.DELETED, Standing.RESTORED)
    desk.clock.pass_by(RESTORABLE + timedelta(days=1))
    run.folder.accept_clock()
    assert run.recover().not_removed
    assert run.held(made.app, 1) == made.key


def test_orgs_that_are_due_wait_while_the_folder_is_in_doubt(desk: Desk) -> None:
    run = desk.start()
    made = run.make()
    run.orgs.add(run.org)
    run.orgs.remove(made.app.org_id)
    saved = desk.copy("saved")
    run.orgs.restore(made.app.org_id)
    run.folder.keep_claim()
    run.quit()
    desk.put_back(saved)
    desk.clock.pass_by(RESTORABLE + timedelta(days=1))
    run = desk.start()
    run.folder.accept_clock()
    run.recover()
    run.folder.answer(Answer.GO_ON)
    run.recover()
    assert [org.id for org in run.orgs.removed()] == [made.app.org_id]
    assert run.key() == made.key


def test_what_is_due_waits_while_nobody_can_tell_what_the_folder_is(desk: Desk) -> None:
    run = desk.start()
    made = run.make()
    run.apps.deletion.delete(made.app.id)
    run.quit()
    desk.clock.pass_by(RESTORABLE + timedelta(days=1))
    run = desk.start(recovers=False)
    run.folder.accept_clock()

    def refuse(call: str, _: SecretRef | None) -> None:
        if call == "read claim":
            raise failed()

    vault_of(desk).before = refuse
    report = run.recover()
    assert [each.app.id for each in report.not_removed] == [made.app.id]
    assert run.app().state is AppState.DELETED
    vault_of(desk).before = None
    run.recover()
    assert not vault_of(desk).items


def test_what_an_old_list_was_removing_stays_for_30_days_after_going_on(desk: Desk) -> None:
    run = desk.start()
    alone, of_org = run.make(), run.make("Of the org")
    run.orgs.add(run.org)
    run.apps.deletion.delete(alone.app.id)
    vault_of(desk).fail_next("remove", failed())
    with pytest.raises(VaultError):
        run.apps.removal.purge(alone.app.id)
    run.orgs.remove(run.org.id)
    run.orgs.purge(run.org.id)
    saved = desk.copy("saved")
    run.repository.count_up()
    run.folder.keep_claim()
    run.quit()
    desk.put_back(saved)
    run = desk.start()
    assert run.standing is Standing.RESTORED
    run.folder.answer(Answer.GO_ON)
    run.recover()
    assert (run.held(alone.app, 1), run.held(of_org.app, 1)) == (alone.key, of_org.key)
    assert [org.purge_after for org in run.orgs.removed()] == [desk.clock.time + RESTORABLE]
    assert run.app().purge_after == desk.clock.time + RESTORABLE


def test_what_is_on_its_way_out_is_not_asked_of_a_locked_keychain(desk: Desk) -> None:
    run = desk.start()
    made = run.make()
    run.apps.deletion.delete(made.app.id)
    vault_of(desk).fail_next("remove", failed())
    with pytest.raises(VaultError):
        run.apps.removal.purge(made.app.id)
    run.orgs.add(run.org)
    run.orgs.remove(made.app.org_id)
    run.orgs.purge(made.app.org_id)
    vault_of(desk).current = VaultState.LOCKED
    with pytest.raises(AppGone):
        run.apps.deletion.restore(made.app.id)
    with pytest.raises(OrgGone):
        run.orgs.restore(made.app.org_id)


def test_what_an_old_list_gave_up_is_not_looked_for_after_going_on(desk: Desk) -> None:
    run = desk.start()
    made, late = run.make(), generate(KEY)
    given_up = (GivenUp(2, KeyEnds.of(late)),)
    until = desk.clock.time + A_WEEK
    run.repository.change_app(
        made.app.id, lambda app: replace(app, given_up=given_up, last_version=2, sweep_until=until)
    )
    saved = desk.copy("saved")
    vault_of(desk).items[replace(made.app.ref(KEY), version=2)] = late
    run.apps.rotation.use_newer(made.app.id, 2, A_WEEK)
    run.quit()
    desk.put_back(saved)
    run = desk.start()
    assert run.standing is Standing.RESTORED
    run.folder.answer(Answer.GO_ON)
    run.recover()
    assert run.held(made.app, 2) == late


# A copy


def test_a_copy_is_recognised_and_removes_nothing(desk: Desk) -> None:
    run = desk.start()
    alpha, beta = run.make(), run.make("Beta")
    run.quit()
    copy = desk.start(desk.copy("copy"))
    assert copy.standing is Standing.COPY
    with pytest.raises(FolderInDoubt) as refusal:
        copy.apps.deletion.remove_everything()
    assert refusal.value.standing is Standing.COPY
    for call in (lambda: copy.make("Gamma"), lambda: copy.apps.rotation.rotate(alpha.app.id, AT_ONCE)):
        with pytest.raises(FolderInDoubt):
            call()
    assert (copy.key(), copy.key("Beta")) == (alpha.key, beta.key)
    run = desk.start()
    assert run.standing is Standing.KNOWN
    assert (run.key(), run.key("Beta")) == (alpha.key, beta.key)


def test_what_is_due_in_a_copy_does_not_go(desk: Desk) -> None:
    run = desk.start()
    made = run.make()
    run.apps.deletion.delete(made.app.id)
    run.quit()
    saved = desk.copy("copy")
    run = desk.start()
    run.apps.deletion.restore(made.app.id)
    run.quit()
    desk.clock.pass_by(RESTORABLE + timedelta(days=1))
    copy = desk.start(saved)
    copy.folder.accept_clock()
    report = copy.recover()
    assert [each.app.id for each in report.not_removed] == [made.app.id]
    assert isinstance(report.not_removed[0].error, FolderInDoubt)
    assert desk.start().key() == made.key


def test_an_older_state_put_back_after_a_restore_of_an_app_does_not_purge_it(desk: Desk) -> None:
    run = desk.start()
    made = run.make()
    run.apps.deletion.delete(made.app.id)
    run.quit()
    saved = desk.copy("saved")
    run = desk.start()
    run.apps.deletion.restore(made.app.id)
    run.folder.keep_claim()
    run.quit()
    newer = desk.copy("newer")
    desk.put_back(saved)
    desk.clock.pass_by(RESTORABLE + timedelta(days=1))
    run = desk.start()
    run.folder.accept_clock()
    assert run.standing is Standing.RESTORED
    assert run.recover().not_removed
    desk.put_back(newer)
    assert desk.start().key() == made.key


def test_a_viewer_only_looks_until_the_person_thinks_better_of_it(desk: Desk) -> None:
    run = desk.start()
    made = run.make()
    run.quit()
    folder = desk.copy("copy")
    copy = desk.start(folder)
    copy.folder.answer(Answer.VIEWER)
    copy.quit()
    copy = desk.start(folder)
    assert copy.standing is Standing.VIEWER
    assert copy.key() == made.key
    for call in (lambda: copy.make("Beta"), lambda: copy.apps.rotation.rotate(made.app.id, AT_ONCE)):
        with pytest.raises(LookOnly):
            call()
    with pytest.raises(LookOnly):
        copy.apps.deletion.remove_everything()
    copy.folder.answer(Answer.ASK_AGAIN)
    assert copy.standing is Standing.COPY


def test_a_copy_gets_keys_of_its_own(desk: Desk) -> None:
    run = desk.start()
    signing, deleted = run.make(sessions=False), run.make("Deleted")
    run.apps.rotation.rotate(signing.app.id, A_WEEK)
    run.apps.deletion.delete(deleted.app.id)
    current = run.key()
    run.quit()
    before = dict(vault_of(desk).items)
    folder = desk.copy("copy")
    copy = desk.start(folder)
    assert list(copy.apps.own_keys.steps()) == [0.5, 1.0]
    assert copy.standing in (Standing.NEW, Standing.KNOWN)
    assert len(vault_of(desk).claims) == 2
    assert (copy.key(), len(copy.repository.apps()), len(copy.repository.orgs())) == (current, 2, 1)
    assert not [stray for stray in copy.doctor.survey() if stray.is_ours]
    assert not any(copy.doctor.check(app.id) for app in copy.repository.apps())
    copy.apps.rotation.roll_back(copy.app().id, 1, A_WEEK)
    assert copy.key() == signing.key
    copy.quit()
    copy = desk.start(folder)
    assert copy.standing is Standing.KNOWN
    copy.apps.deletion.remove_everything()
    assert vault_of(desk).items == before
    run = desk.start()
    assert run.standing is Standing.KNOWN
    assert run.key() == current
    run.apps.deletion.restore(deleted.app.id)
    assert run.key("Deleted") == deleted.key


@pytest.mark.parametrize("nth", range(1, 8))
def test_keys_of_its_own_can_be_stopped_anywhere_and_begun_again(desk: Desk, nth: int) -> None:
    run = desk.start()
    made = [run.make(label, sessions=label == "Beta") for label in ("Alpha", "Beta", "Gamma")]
    run.quit()
    before = dict(vault_of(desk).items)
    folder = desk.copy("copy")
    copy = desk.start(folder)
    calls: list[str] = []

    def fail(call: str, _: SecretRef | None) -> None:
        calls.append(call)
        if calls.count("store") + calls.count("read") == nth:
            raise failed()

    vault_of(desk).before = fail
    with pytest.raises(VaultError):
        list(copy.apps.own_keys.steps())
    vault_of(desk).before = None
    copy = desk.start(folder)
    assert copy.standing is Standing.COPY
    list(copy.apps.own_keys.steps())
    assert [copy.key(each.app.label) for each in made] == [each.key for each in made]
    assert len(copy.repository.apps()) == 3
    assert len(vault_of(desk).items) == 2 * len(before)
    assert not [stray for stray in copy.doctor.survey() if stray.is_ours]


def test_answers_that_do_not_fit_are_refused(desk: Desk) -> None:
    run = desk.start()
    run.make()
    for answer in Answer:
        with pytest.raises(AnswerNotPossible):
            run.folder.answer(answer)
    run.quit()
    copy = desk.start(desk.copy("copy"))
    assert Answer.GO_ON not in copy.folder.answers()
    with pytest.raises(AnswerNotPossible):
        copy.folder.answer(Answer.GO_ON)


# Moved, and elsewhere


@posix_only
def test_a_link_left_where_the_folder_stood_makes_it_no_copy(desk: Desk) -> None:
    run = desk.start()
    run.make()
    run.quit()
    desk.folder.symlink_to(desk.move("elsewhere"))
    run = desk.start()
    assert run.standing is Standing.MOVED
    assert Answer.GO_ON in run.folder.answers()


def test_looking_only_with_another_keychain_ends_with_the_first_one(desk: Desk) -> None:
    run = desk.start()
    run.make()
    run.quit()
    desk.vault, first = InMemoryVault(), desk.vault
    run = desk.start()
    run.folder.answer(Answer.VIEWER)
    assert run.standing is Standing.VIEWER
    run.quit()
    desk.vault = first
    run = desk.start()
    assert run.standing is Standing.KNOWN
    run.make("Beta")


def test_a_kept_version_stays_while_the_keychain_does_not_hold_the_current_one(desk: Desk, emptied: Run) -> None:
    run = desk.start()
    app = run.app()
    current = vault_of(desk).items.pop(app.ref(KEY))
    desk.clock.pass_by(A_WEEK)
    run.recover()
    assert run.held(app, 1) is not None
    vault_of(desk).items[app.ref(KEY)] = current
    run.recover()
    assert run.held(app, 1) is None


def test_of_a_key_that_is_missing_and_an_earlier_one_that_is_there_the_earlier_one_is_offered(desk: Desk) -> None:
    run = desk.start()
    first = run.make().key
    app = run.apps.rotation.rotate(run.app().id, AT_ONCE).app
    run.recover()
    vault_of(desk).items.clear()
    vault_of(desk).items[replace(app.ref(KEY), version=1)] = first
    missing, earlier = run.doctor.check(app.id)
    assert (missing.problem, earlier.problem) == (Problem.MISSING, Problem.EARLIER)
    undo = run.doctor.repair(earlier)
    assert run.key() == first
    assert undo is not None


def test_a_moved_folder_is_asked_about_once(desk: Desk) -> None:
    run = desk.start()
    made = run.make()
    run.quit()
    folder = desk.move("elsewhere")
    run = desk.start(folder)
    assert run.standing is Standing.MOVED
    with pytest.raises(FolderInDoubt):
        run.apps.deletion.remove_everything()
    run.folder.answer(Answer.GO_ON)
    assert run.standing is Standing.KNOWN
    run.quit()
    run = desk.start(folder)
    assert run.standing is Standing.KNOWN
    run.apps.deletion.delete(made.app.id)
    run.apps.removal.purge(made.app.id)
    assert not vault_of(desk).items


def test_another_keychain_is_recognised(desk: Desk) -> None:
    run = desk.start()
    made = run.make()
    run.quit()
    desk.vault, first = InMemoryVault(), desk.vault
    run = desk.start()
    assert run.standing is Standing.OTHER_KEYCHAIN
    typed = run.apps.rotation.type_key(made.app.id, made.key, None, AT_ONCE)
    assert run.key() == made.key
    assert typed.app.version == 2
    run.folder.answer(Answer.GO_ON)
    assert run.standing is Standing.KNOWN
    run.quit()
    desk.vault = first
    run = desk.start()
    assert run.held(made.app, 1) == made.key


def test_a_provider_that_changed_is_named(desk: Desk) -> None:
    """Two programs of one class: GNOME Keyring and KeePassXC are both a Secret Service."""
    desk.vault = InMemoryVault("GNOME Keyring")
    run = desk.start()
    made, beta = run.make(), run.make("Beta")
    assert not run.folder.providers()
    run.quit()
    desk.vault = InMemoryVault("KeePassXC")
    run = desk.start()
    assert run.folder.providers() == ["GNOME Keyring"]
    with pytest.raises(SecretMissing) as refusal:
        run.key()
    assert "stored in GNOME Keyring" in str(refusal.value)
    assert "KeePassXC now" in str(refusal.value)
    [finding] = run.doctor.check(made.app.id)
    assert (finding.problem, finding.app.provider) == (Problem.MISSING, "GNOME Keyring")
    run.folder.answer(Answer.GO_ON)
    assert run.apps.rotation.type_key(made.app.id, made.key, None, AT_ONCE).app.provider == "KeePassXC"
    assert run.make("Gamma").app.provider == "KeePassXC"
    assert run.folder.providers() == ["GNOME Keyring"], "of Beta"
    run.apps.rotation.rotate(beta.app.id, AT_ONCE)
    assert not run.folder.providers()
    run.quit()
    assert {app.provider for app in desk.start().repository.apps()} == {"KeePassXC"}


def test_two_computers_take_turns_on_one_folder_each_with_its_keychain(desk: Desk) -> None:
    run = desk.start()
    run.make()
    run.quit()
    desk.vault, first = InMemoryVault(), desk.vault
    run = desk.start()
    run.folder.answer(Answer.GO_ON)
    run.make("Beta")
    run.quit()
    desk.vault, second = first, desk.vault
    run = desk.start()
    assert run.standing is Standing.KNOWN
    run.make("Gamma")
    run.quit()
    desk.vault = second
    assert desk.start().standing is Standing.KNOWN


def test_a_folder_used_for_long_on_another_computer_is_known_on_the_first(desk: Desk) -> None:
    run = desk.start()
    run.make()
    run.quit()
    record = run.repository.folder_record()
    sessions = tuple(Session(f"{number:032x}", record.generation + number) for number in range(1, 900))
    path = desk.folder / "apps.json"
    tables = json.loads(path.read_text())
    tables["folder"]["1"]["sessions"] += [[each.id, each.first] for each in sessions]
    tables["_meta"]["1"]["generation"] += 1000
    path.write_text(json.dumps(tables))
    run = desk.start()
    run.apps.use.set_enabled(run.app().id, False)
    assert run.standing is Standing.KNOWN


def test_a_locked_keychain_says_nothing_yet(desk: Desk) -> None:
    run = desk.start()
    app = run.make().app
    run.apps.rotation.rotate(app.id, AT_ONCE)
    run.quit()
    vault_of(desk).current = VaultState.LOCKED
    run = desk.start()
    assert run.standing is Standing.UNKNOWN
    with pytest.raises(VaultError):
        run.folder.require_removal()
    vault_of(desk).current = VaultState.UNLOCKED
    assert run.standing is Standing.KNOWN


def test_a_claim_that_somebody_changed_is_no_proof(desk: Desk) -> None:
    run = desk.start()
    run.make()
    run.quit()
    vault = vault_of(desk)
    [folder_id] = vault.claims
    for text in ("", "[]", "{}", '{"session":1,"step":1,"path":"/","keychain":"x"}', "5"):
        vault.claims[folder_id] = text
        run = desk.start()
        assert run.standing is Standing.OTHER_KEYCHAIN
        with pytest.raises(FolderInDoubt):
            run.apps.deletion.remove_everything()


def test_another_run_on_the_same_folder_is_noticed_before_anything_goes(desk: Desk) -> None:
    run = desk.start()
    made = run.make()
    saved = desk.copy("saved")
    desk_copy = Desk(saved.parent, desk.vault)
    shutil.move(desk.folder, desk.folder.with_name("away"))
    shutil.move(saved, desk.folder)
    other = desk_copy.start()
    other.make("Beta")
    shutil.move(desk.folder, desk.folder.with_name("others"))
    shutil.move(desk.folder.with_name("away"), desk.folder)
    run.apps.deletion.delete(made.app.id)
    with pytest.raises(FolderInDoubt) as refusal:
        run.apps.removal.purge(made.app.id)
    assert refusal.value.standing is Standing.RESTORED


# The keychain hears first of what it must know


def make_older(folder: Path) -> None:
    """Have the folder as a version left it that knew of no claim."""
    path = folder / "apps.json"
    tables = json.loads(path.read_text())
    del tables["folder"]
    path.write_text(json.dumps(tables))


class Killed(BaseException):
    """The program ends here."""


@pytest.mark.parametrize("at", ["store", "remove"])
def test_a_claim_that_vanishes_just_after_the_first_was_written_is_missed(desk: Desk, at: str) -> None:
    run = desk.start()
    made = run.make()
    run.quit()
    make_older(desk.folder)
    vault_of(desk).claims.clear()
    run = desk.start()
    run.apps.deletion.delete(made.app.id)

    def kill(call: str, _: SecretRef | None) -> None:
        if call == at:
            assert vault_of(desk).claims, "the claim comes first"
            raise Killed

    vault_of(desk).before = kill
    with pytest.raises(Killed):
        run.make("Beta") if at == "store" else run.apps.removal.purge(made.app.id)
    vault_of(desk).before = None
    vault_of(desk).claims.clear()
    run = desk.start()
    assert run.standing is Standing.OTHER_KEYCHAIN
    with pytest.raises(FolderInDoubt):
        run.folder.require_removal()
    assert run.held(made.app, 1) == made.key


def test_a_claim_that_cannot_be_written_leaves_no_key_and_asks_nothing_later(desk: Desk) -> None:
    run = desk.start()
    vault_of(desk).fail_next("write claim", failed())
    with pytest.raises(VaultError):
        run.make()
    assert not vault_of(desk).items
    assert not run.repository.apps()
    run = desk.start()
    assert run.standing is Standing.NEW
    run.make()
    assert run.standing is Standing.KNOWN


def purge_a_month_later(desk: Desk) -> None:
    desk.clock.pass_by(RESTORABLE + timedelta(days=1))
    run = desk.start()
    run.folder.accept_clock()
    run.recover()
    run.quit()


@pytest.mark.parametrize("calls", range(5))
def test_an_app_is_restored_only_once_the_keychain_has_heard_of_it(desk: Desk, calls: int) -> None:
    """Whatever cuts the restoring short, an older state never purges an app that a newer state lists."""
    run = desk.start()
    made = run.make()
    run.apps.deletion.delete(made.app.id)
    run.quit()
    saved = desk.copy("saved")
    run = desk.start()
    left = [calls]

    def kill(call: str, _: SecretRef | None) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Killed

    vault_of(desk).before = vault_of(desk).after = kill
    with suppress(Killed):
        run.apps.deletion.restore(made.app.id)
    vault_of(desk).before = vault_of(desk).after = None
    newer = desk.copy("newer")
    desk.put_back(saved)
    purge_a_month_later(desk)
    desk.put_back(newer)
    run = desk.start(recovers=False)
    if run.app().state is AppState.ACTIVE:
        assert run.key() == made.key
    assert calls < 4 or run.app().state is AppState.ACTIVE


@pytest.mark.parametrize("current", [VaultState.LOCKED, VaultState.MISSING, VaultState.FAILED])
def test_without_the_keychain_a_deleted_app_stays_restorable(desk: Desk, current: VaultState) -> None:
    run = desk.start()
    made = run.make()
    run.apps.deletion.delete(made.app.id)
    run.quit()
    saved = desk.copy("saved")
    run = desk.start()
    vault_of(desk).current = current
    with pytest.raises(VaultError):
        run.apps.deletion.restore(made.app.id)
    bulk = Bulk(Restore(), [run.app()], run.apps)
    bulk.step()
    assert bulk.stopped is not None or bulk.refused
    assert run.app().state is AppState.DELETED
    vault_of(desk).current = VaultState.UNLOCKED
    Bulk(Restore(), [run.app()], run.apps).step()
    assert run.key() == made.key
    newer = desk.copy("newer")  # the program is killed
    desk.put_back(saved)
    purge_a_month_later(desk)
    desk.put_back(newer)
    assert desk.start().key() == made.key


def roll_back(run: Run) -> None:
    run.apps.rotation.roll_back(run.app().id, 1, A_WEEK)


def keep_longer(run: Run) -> None:
    run.apps.rotation.keep_until(run.app().id, 1, run.app().kept[0].until + RESTORABLE * 2)


@pytest.mark.parametrize("act", [roll_back, keep_longer])
def test_a_kept_key_that_is_needed_again_outlives_an_older_state(desk: Desk, act: Callable[[Run], None]) -> None:
    run = desk.start()
    made = run.make()
    run.apps.rotation.rotate(made.app.id, A_WEEK)
    run.quit()
    saved = desk.copy("saved")
    run = desk.start()
    vault_of(desk).fail_next("write claim", failed())
    before = run.app()
    with pytest.raises(VaultError):
        act(run)
    assert run.app() == before
    act(run)
    newer = desk.copy("newer")
    desk.put_back(saved)
    purge_a_month_later(desk)
    desk.put_back(newer)
    assert desk.start().held(made.app, 1) == made.key


def test_an_org_is_restored_only_once_the_keychain_has_heard_of_it(desk: Desk) -> None:
    run = desk.start()
    made = run.make()
    run.orgs.add(run.org)
    run.orgs.remove(made.app.org_id)
    run.quit()
    saved = desk.copy("saved")
    run = desk.start()
    vault_of(desk).current = VaultState.LOCKED
    with pytest.raises(VaultError):
        run.orgs.restore(made.app.org_id)
    vault_of(desk).current = VaultState.UNLOCKED
    run.orgs.restore(made.app.org_id)
    newer = desk.copy("newer")
    desk.put_back(saved)
    purge_a_month_later(desk)
    desk.put_back(newer)
    assert desk.start().key() == made.key


def test_copies_of_a_folder_of_an_older_version_know_each_other(desk: Desk) -> None:
    run = desk.start()
    made = run.make()
    run.apps.deletion.delete(made.app.id)
    run.quit()
    make_older(desk.folder)
    vault_of(desk).claims.clear()
    saved = desk.copy("copy")
    run = desk.start()
    assert run.standing is Standing.NEW
    run.apps.deletion.restore(made.app.id)
    run.quit()
    desk.clock.pass_by(RESTORABLE + timedelta(days=1))
    copy = desk.start(saved)
    copy.folder.accept_clock()
    assert copy.standing is Standing.COPY
    assert copy.recover().not_removed
    assert desk.start().key() == made.key


# A folder of an older version, and the price


def test_a_folder_of_an_older_version_opens_without_a_question(desk: Desk) -> None:
    run = desk.start()
    made = run.make()
    run.quit()
    make_older(desk.folder)
    vault_of(desk).claims.clear()
    run = desk.start()
    assert run.standing is Standing.NEW
    run.apps.deletion.delete(made.app.id)
    run.apps.removal.purge(made.app.id)
    assert not vault_of(desk).items
    assert len(vault_of(desk).claims) == 1


def test_what_is_due_in_a_copy_of_an_older_version_does_not_go_at_the_first_look(desk: Desk) -> None:
    """The app is in use again in the other one, of which nothing tells."""
    run = desk.start()
    made = run.make()
    run.apps.deletion.delete(made.app.id)
    run.orgs.add(run.org)
    run.orgs.remove(made.app.org_id)
    run.quit()
    make_older(desk.folder)
    vault_of(desk).claims.clear()
    desk.clock.pass_by(RESTORABLE + timedelta(days=1))
    run = desk.start()
    run.folder.accept_clock()
    run.recover()
    assert run.held(made.app, 1) == made.key
    assert run.standing is Standing.KNOWN
    desk.clock.pass_by(RESTORABLE - timedelta(days=1))
    run.folder.accept_clock()
    run.recover()
    assert run.held(made.app, 1) == made.key
    desk.clock.pass_by(timedelta(days=2))
    run.recover()
    assert not vault_of(desk).items
    assert len(run.repository.orgs()) == 1


def test_what_another_program_makes_of_the_folders_row_is_no_history(desk: Desk) -> None:
    run = desk.start()
    run.make()
    run.quit()
    path = desk.folder / "apps.json"
    for harm in (
        {"id": 5}, {"id": ""}, {"sessions": [1]}, {"sessions": [["x", "y"]]}, {"claimed": 1}, {"seen": "soon"}
    ):  # fmt: skip
        tables = json.loads(path.read_text())
        tables["folder"]["1"] |= harm
        path.write_text(json.dumps(tables))
        run = desk.start()
        assert run.standing is Standing.RESTORED
        with pytest.raises(FolderInDoubt):
            run.folder.require_removal()
        run.make(sessions=True)
        assert run.standing is Standing.RESTORED
        run.quit()


def test_one_read_after_the_start_and_none_for_changes_without_the_keychain(desk: Desk) -> None:
    run = desk.start()
    app = run.make().app
    run.quit()
    asked: list[str] = []
    vault_of(desk).before = lambda call, _: asked.append(call)
    run = desk.start()
    assert asked == ["read claim", "write claim"]  # the app became active after the claim was written
    run.quit()
    asked.clear()
    run = desk.start()
    assert asked == ["read claim"]
    run.apps.editing.edit(app.id, AppDetails("Renamed", sessions=True))
    run.apps.use.set_enabled(app.id, False)
    run.apps.deletion.delete(app.id)
    assert asked == ["read claim"]


def test_the_claim_names_no_key_and_no_label(desk: Desk) -> None:
    run = desk.start()
    made = run.make()
    [text] = vault_of(desk).claims.values()
    claim = Claim.from_text(text)
    assert claim is not None
    assert (claim.path, claim.keychain) == (run.repository.place(), "Test keychain")
    assert made.key.reveal() not in text
    assert "Alpha" not in text
    assert len(text) < 1280


def test_a_history_knows_its_own_changes_only() -> None:
    record = FolderRecord("f", 30, (Session("a", 1), Session("b", 10), Session("c", 20)))
    assert [record.includes("a", step) for step in (1, 9, 10)] == [True, True, False]
    assert [record.includes("c", step) for step in (20, 30, 31)] == [True, True, False]
    assert not record.includes("d", 5)


# The clock


@pytest.fixture
def emptied(desk: Desk) -> Run:
    """One app was deleted, and another one's old key is kept for a week."""
    run = desk.start()
    run.apps.deletion.delete(run.make("Gone").app.id)
    run.apps.rotation.rotate(run.make().app.id, A_WEEK)
    run.quit()
    return run


def test_a_clock_that_jumped_purges_nothing_by_itself(desk: Desk, emptied: Run) -> None:
    before = dict(vault_of(desk).items)
    desk.clock.pass_by(RESTORABLE + timedelta(days=1))
    run = desk.start()
    assert vault_of(desk).items == before
    jump = run.folder.clock_jump()
    assert jump is not None
    assert jump.due == 2
    run.apps.rotation.roll_back(run.app().id, 1, A_WEEK)  # which is not due before the person has said so
    run.apps.use.note_copied(run.app().id)
    run.quit()
    run = desk.start()
    assert run.folder.clock_jump() is not None
    desk.clock.pass_by(-RESTORABLE)
    assert run.folder.clock_jump() is None
    run.recover()
    assert vault_of(desk).items == before


def test_a_clock_that_the_person_takes_for_right_purges(desk: Desk, emptied: Run) -> None:
    desk.clock.pass_by(RESTORABLE + timedelta(days=1))
    run = desk.start()
    run.folder.accept_clock()
    run.recover()
    assert sorted(ref.version for ref in vault_of(desk).items) == [2]
    assert run.folder.clock_jump() is None


def test_time_that_passes_while_the_program_is_used_is_no_jump(desk: Desk, emptied: Run) -> None:
    for _ in range(31):
        desk.clock.pass_by(timedelta(days=1))
        desk.start().quit()
    assert sorted(ref.version for ref in vault_of(desk).items) == [2]


def test_a_long_holiday_asks_nothing_where_nothing_fell_due(desk: Desk) -> None:
    run = desk.start()
    run.make()
    run.quit()
    desk.clock.pass_by(CLOCK_STEP * 10)
    run = desk.start()
    assert run.folder.clock_jump() is None
    run.apps.deletion.delete(run.app().id)
    desk.clock.pass_by(RESTORABLE - timedelta(days=1))
    assert run.folder.clock_jump() is None


def test_a_version_kept_for_a_week_is_gone_when_its_time_is_up(desk: Desk, emptied: Run) -> None:
    desk.clock.pass_by(A_WEEK)
    run = desk.start(recovers=False)
    with pytest.raises(VersionGone):
        run.apps.rotation.roll_back(run.app().id, 1, A_WEEK)


def delete_one(run: Run) -> None:
    run.apps.deletion.delete(run.app().id)


def delete_in_bulk(run: Run) -> None:
    Bulk(Delete(), [run.app()], run.apps).step()


def remove_org(run: Run) -> None:
    run.orgs.add(run.org)
    run.orgs.remove(run.org.id)


def rotate_and_keep(run: Run) -> None:
    run.apps.rotation.rotate(run.app().id, A_WEEK)


@pytest.mark.parametrize("act", [delete_one, delete_in_bulk, remove_org, rotate_and_keep])
def test_what_goes_while_the_clock_is_back_is_kept_as_long_as_ever(desk: Desk, act: Callable[[Run], None]) -> None:
    run = desk.start()
    made = run.make()
    right = desk.clock.time
    desk.clock.time = datetime(1970, 1, 1, tzinfo=UTC)
    act(run)
    desk.clock.time = right + timedelta(hours=1)
    run.recover()
    assert run.held(made.app, 1) == made.key
    desk.clock.time = right + RESTORABLE + timedelta(days=1)
    run.folder.accept_clock()
    run.recover()
    assert run.held(made.app, 1) is None


# Reading checks what it read


@pytest.mark.parametrize("wrong", [generate(KEY).reveal(), "x" * 21, "two\nlines", "", "x" * 100_000])
def test_what_is_not_the_key_is_neither_shown_nor_copied(desk: Desk, wrong: str) -> None:
    run = desk.start()
    app = run.make().app
    vault_of(desk).items[app.ref(KEY)] = Secret(wrong)
    with pytest.raises(SecretDiffers) as refusal:
        run.apps.use.secret(app.id)
    assert wrong == "" or wrong[:100] not in str(refusal.value)
    vault_of(desk).not_text.add(app.ref(KEY))
    with pytest.raises(SecretNotText):
        run.apps.use.secret(app.id)


def test_an_api_secret_of_another_form_is_not_shown(desk: Desk) -> None:
    run = desk.start()
    app = run.make(sessions=False).app
    vault_of(desk).items[app.ref(SecretKind.API_SECRET)] = generate(KEY)
    with pytest.raises(SecretDiffers):
        run.apps.use.secret(app.id, SecretKind.API_SECRET)
    assert KeyEnds.of(run.apps.use.secret(app.id)) == app.key_ends


# Names of items


@pytest.mark.parametrize(
    ("service", "username", "expected"),
    [
        ("cortex-desktop/0a/1b/3", "api-key", SecretRef("0a", "1b", KEY, 3)),
        ("cortex-desktop/0a/1b/3", "api-secret", SecretRef("0a", "1b", SecretKind.API_SECRET, 3)),
        ("cortex-desktop/0a/claim", "claim", ClaimRef("0a")),
        ("cortex-desktop/0a/login/3", "fingerprint", LoginRef("0a", 3)),
        ("cortex-desktop/0a/login/3", "api-key", None),
        ("cortex-desktop/0a/login/0", "fingerprint", None),
        ("cortex-desktop/0a/1b/3", "fingerprint", None),
        ("cortex-desktop/0a/1b/3", "claim", None),
        ("cortex-desktop/0a/claim", "api-key", None),
        ("cortex-desktop/0a/1b/0", "api-key", None),
        ("cortex-desktop/0a/1b/03", "api-key", None),
        ("cortex-desktop/0a/1b/3/x", "api-key", None),
        ("cortex-desktop/0A/1b/3", "api-key", None),
        ("other/0a/1b/3", "api-key", None),
    ],
)
def test_names_of_items_are_read_as_they_are_written(service: str, username: str, expected: object) -> None:
    ref = parse_ref(service, username)
    assert ref == expected
    if ref is not None:
        assert (ref.service, ref.username) == (service, username)
