"""The keychain check in both directions: items without rows, newer versions, what is kept, and what takes it back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cortex_desktop.domain.errors import (
    AnswerNotPossible,
    ChangedSince,
    ChoiceNeeded,
    FolderInDoubt,
    ItemRefused,
    KeyFormError,
    KeyKnown,
    NumberTaken,
    SecretDiffers,
    VaultError,
)
from cortex_desktop.domain.findings import Finding, Problem, Repair, Stray
from cortex_desktop.domain.model import App, AppState
from cortex_desktop.domain.secret import KeyEnds, Secret, SecretKind, SecretRef, generate
from cortex_desktop.services.doctor import Doctor
from cortex_desktop.services.periods import RESTORABLE
from cortex_desktop.storage.repository import TinyRepository
from tests.support.memory_vault import InMemoryVault
from tests.support.services import NOON, Office, app_services, failed
from tests.support.worlds import Desk

KEY, API_SECRET = SecretKind.API_KEY, SecretKind.API_SECRET
A_WEEK = timedelta(days=7)
AT_ONCE = timedelta(0)


def problems(office: Office, app: App) -> list[Problem]:
    return [finding.problem for finding in office.doctor.check(app.id)]


def orphan(office: Office, *, sessions: bool = False) -> tuple[App, Secret]:
    """An app whose row is gone, and whose items are not."""
    made = office.make("Orphan", sessions=sessions)
    office.repository.drop_app(made.app.id)
    return made.app, made.key


# Rows that this version cannot read


@pytest.mark.parametrize("harm", [{"state": "archived"}, {"version": "2b"}, {"id": None}])
def test_the_items_of_a_row_that_cannot_be_read_are_not_offered_for_removal(
    office: Office, harm: dict[str, object]
) -> None:
    app = office.make().app
    stray = Stray(app.ref(KEY), is_ours=True)
    office.repository.close()
    path = office.folder / "apps.json"
    tables = json.loads(path.read_text())
    [row] = tables["apps"].values()
    row |= harm
    path.write_text(json.dumps(tables))
    repository = TinyRepository(office.folder)
    assert (len(repository.apps()), repository.unreadable) == (0, 1)
    apps = app_services(repository, office.vault, office.now)
    doctor = Doctor(apps, office.vault)
    assert doctor.survey() == []
    before = dict(office.vault.items)
    doctor.remove_stray(stray)
    assert office.vault.items == before
    repository.close()
    assert json.loads(path.read_text())["apps"] == tables["apps"]


# What is found is kept


def test_what_is_found_is_kept_for_the_next_start_until_it_is_repaired(office: Office) -> None:
    app = office.make().app
    del office.vault.items[app.ref(KEY)]
    found = office.doctor.check(app.id)
    assert [each.problem for each in found] == [Problem.MISSING]
    assert TinyRepository(office.folder).findings() == found
    office.doctor.repair(found[0])
    assert TinyRepository(office.folder).findings() == []


def test_a_finding_that_can_no_longer_be_so_is_not_told(office: Office) -> None:
    app = office.make().app
    del office.vault.items[app.ref(KEY)]
    office.doctor.check(app.id)
    office.rotation.rotate(app.id, AT_ONCE)
    assert office.doctor.findings() == []


def test_where_nothing_is_found_nothing_is_written(office: Office) -> None:
    app = office.make().app
    before = office.repository.folder_record().generation
    office.doctor.survey()
    office.doctor.check(app.id)
    assert office.repository.folder_record().generation == before


def test_a_refusal_of_one_item_is_a_finding_and_no_end(office: Office) -> None:
    app = office.make().app
    office.vault.fail_next("read", ItemRefused("Test keychain"))
    assert problems(office, app) == [Problem.REFUSED]
    assert office.doctor.repairs(office.doctor.findings()[0]) == ()


# Newer versions and doubles


def test_newer_versions_and_doubles_show_in_the_list_of_items_only(office: Office) -> None:
    app = office.make().app
    newer = office.ref(app, 5)
    office.vault.items[newer] = generate(KEY)
    office.vault.doubles[app.ref(KEY)] = [office.key(app)]
    assert problems(office, app) == []
    assert office.doctor.survey() == []
    assert sorted(problems(office, app), key=str) == [Problem.DOUBLE, Problem.NEWER]
    del office.vault.items[newer]
    office.vault.doubles.clear()
    office.doctor.survey()
    assert problems(office, app) == []


def doubled(office: Office, *others: Secret, sessions: bool = True, kind: SecretKind = KEY) -> tuple[App, Finding]:
    """An app whose item is there more than once, and what the keychain check says of that."""
    app = office.make(sessions=sessions).app
    office.vault.doubles[app.ref(kind)] = list(others) or [office.vault.items[app.ref(kind)]]
    office.doctor.survey()
    return app, next(each for each in office.doctor.check(app.id) if each.problem is Problem.DOUBLE)


def test_of_two_alike_one_goes_and_comes_back(office: Office) -> None:
    app, finding = doubled(office)
    key = office.key(app)
    assert office.doctor.repairs(finding) == (Repair.KEEP_ONE,)
    undo = office.doctor.repair(finding)
    assert office.vault.read_all(app.ref(KEY)) == [key]
    assert office.doctor.findings() == []
    office.doctor.survey()
    assert office.doctor.check(app.id) == []
    assert undo is not None
    undo()
    assert office.key(app) == key


@pytest.mark.parametrize("sessions", [True, False])
@pytest.mark.parametrize("is_first", [True, False])
def test_the_key_of_the_row_stays_and_the_other_is_kept_under_a_number_of_its_own(
    office: Office, is_first: bool, sessions: bool
) -> None:
    strange = generate(KEY)
    app, finding = doubled(office, strange, sessions=sessions)
    key = office.vault.items[app.ref(KEY)]
    if not is_first:
        office.vault.items[app.ref(KEY)], office.vault.doubles[app.ref(KEY)] = strange, [key]
    undo = office.doctor.repair(finding)
    assert office.vault.read_all(app.ref(KEY)) == [key]
    found = office.doctor.check(app.id)
    assert {(each.problem, each.ref.version) for each in found} == {(Problem.NEWER, 2)}
    assert office.vault.items[office.ref(app, 2)] == strange
    used = office.rotation.use_newer(app.id, 2, A_WEEK)
    assert (office.key(used), used.sessions) == (strange, sessions)
    office.rotation.roll_back(app.id, 1, A_WEEK)
    office.repository.change_app(app.id, lambda row: replace(row, kept=(), taken=(2,)))
    assert undo is not None
    undo()
    assert len(office.vault.read_all(app.ref(KEY))) == 2
    assert {ref.version for ref in office.vault.items} == {1}


def test_a_double_that_is_in_use_by_now_is_not_taken_back(office: Office) -> None:
    strange = generate(KEY)
    app, finding = doubled(office, strange)
    undo = office.doctor.repair(finding)
    used = office.rotation.use_newer(app.id, 2, A_WEEK)
    assert undo is not None
    with pytest.raises(ChangedSince):
        undo()
    assert office.key(used) == strange


@pytest.mark.parametrize("chosen", [0, 1])
def test_a_person_is_asked_which_key_is_right_where_the_row_fits_none(office: Office, chosen: int) -> None:
    keys = sorted((generate(KEY) for _ in range(2)), key=Secret.reveal)
    app, finding = doubled(office, keys[1])
    office.vault.items[app.ref(KEY)] = keys[0]
    before = dict(office.vault.items)
    with pytest.raises(ChoiceNeeded) as question:
        office.doctor.repair(finding)
    assert question.value.choices == tuple(map(KeyEnds.of, keys))
    assert office.vault.items == before
    undo = office.doctor.repair(finding, Repair.KEEP_ONE, chosen)
    assert office.key(app) == keys[chosen]
    assert office.vault.items[office.ref(app, 2)] == keys[1 - chosen]
    assert undo is not None
    undo()
    assert office.row(app).key_ends == app.key_ends
    assert sorted(filter(None, office.vault.read_all(app.ref(KEY))), key=Secret.reveal) == keys


def test_a_person_is_asked_which_secret_is_right_and_the_other_stays_with_the_key(office: Office) -> None:
    strange = generate(API_SECRET)
    app, finding = doubled(office, strange, sessions=False, kind=API_SECRET)
    secrets = sorted((strange, office.vault.items[app.ref(API_SECRET)]), key=Secret.reveal)
    with pytest.raises(ChoiceNeeded):
        office.doctor.repair(finding)
    office.doctor.repair(finding, None, 1)
    assert office.use.secret(app.id, API_SECRET) == secrets[1]
    assert office.vault.items[office.ref(app, 2, API_SECRET)] == secrets[0]
    office.rotation.use_newer(app.id, 2, A_WEEK)
    assert office.use.secret(app.id, API_SECRET) == secrets[0]


def test_what_is_no_key_is_no_choice(office: Office) -> None:
    app, finding = doubled(office, Secret("two\nlines"))
    office.doctor.repair(finding)
    assert office.is_whole(app)
    app, finding = doubled(office, Secret("x"))
    office.vault.items[app.ref(KEY)] = Secret("y")
    with pytest.raises(SecretDiffers):
        office.doctor.repair(finding)
    assert len(office.vault.read_all(app.ref(KEY))) == 2


def test_doubles_stay_while_the_folder_is_in_doubt(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    run = desk.start()
    app = run.make().app
    run.quit()
    copy = desk.start(desk.copy("copy"))
    assert isinstance(desk.vault, InMemoryVault)
    desk.vault.doubles[app.ref(KEY)] = [generate(KEY)]
    copy.doctor.survey()
    [finding] = copy.doctor.findings()
    before = dict(desk.vault.items)
    with pytest.raises(FolderInDoubt):
        copy.doctor.repair(finding)
    assert (desk.vault.items, len(desk.vault.read_all(app.ref(KEY)))) == (before, 2)


def test_doubles_that_somebody_else_has_seen_to_need_nothing(office: Office) -> None:
    _, finding = doubled(office)
    office.vault.doubles.clear()
    assert office.doctor.repair(finding) is None
    assert office.doctor.findings() == []


def test_without_a_list_of_items_only_rows_are_checked(office: Office) -> None:
    orphan(office)
    assert Doctor(office.apps).survey() == []


def test_a_newer_version_that_is_no_key_is_not_used(office: Office) -> None:
    app = office.make().app
    office.vault.items[office.ref(app, 2)] = Secret("x")
    office.doctor.survey()
    [finding] = office.doctor.check(app.id)
    with pytest.raises(SecretDiffers):
        office.doctor.repair(finding)
    assert office.row(app) == app


@pytest.mark.parametrize("has_secret", [True, False])
def test_a_newer_version_is_used_with_its_secret_and_taken_back(office: Office, has_secret: bool) -> None:
    made = office.make()
    key = office.vault.items[office.ref(made.app, 4)] = generate(KEY)
    if has_secret:
        office.vault.items[office.ref(made.app, 4, API_SECRET)] = generate(API_SECRET)
    app = office.rotation.use_newer(made.app.id, 4, A_WEEK)
    assert (app.version, app.last_version, app.sessions) == (4, 4, not has_secret)
    assert office.key(app) == key
    assert office.is_whole(app)
    assert office.rotation.rotate(app.id, A_WEEK).app.version == 5
    office.rotation.roll_back(app.id, 1, A_WEEK)
    assert office.key(app) == made.key


# Items without a row


def test_items_without_a_row_are_found_and_kept(office: Office) -> None:
    app, _ = orphan(office)
    office.make()
    strays = office.doctor.survey()
    assert {(stray.ref, stray.is_ours) for stray in strays} == {(ref, True) for ref in app.refs}
    assert list(TinyRepository(office.folder).strays()) == strays


@pytest.mark.parametrize("sessions", [True, False])
def test_an_app_is_brought_back_with_its_key(office: Office, sessions: bool) -> None:
    app, key = orphan(office, sessions=sessions)
    stray = office.doctor.survey()[0]
    back = office.doctor.bring_back(stray, "Back again")
    assert (back.id, back.org_id, back.label, back.sessions) == (app.id, app.org_id, "Back again", sessions)
    assert office.key(back) == key
    assert office.is_whole(back)
    assert office.doctor.strays() == []
    office.deletion.delete(back.id)
    assert office.deletion.restore(back.id).state is AppState.ACTIVE


def test_what_is_brought_back_is_left_again_and_its_key_is_not_removed_later(office: Office) -> None:
    _, key = orphan(office, sessions=True)
    stray = office.doctor.survey()[0]
    back = office.doctor.bring_back(stray, "Back again")
    office.doctor.leave(stray, back)
    assert office.doctor.strays() == [stray]
    office.time += RESTORABLE + timedelta(days=1)
    office.recover()
    assert office.vault.items[stray.ref] == key
    assert office.doctor.survey() == [stray]
    back = office.doctor.bring_back(stray, "Once more")
    office.rotation.rotate(back.id, timedelta(days=7))
    with pytest.raises(ChangedSince):
        office.doctor.leave(stray, back)
    with pytest.raises(AnswerNotPossible):
        office.doctor.bring_back(stray, "Twice")


def test_older_versions_of_what_was_brought_back_are_not_its_own(office: Office) -> None:
    app, _ = orphan(office, sessions=True)
    newest = office.vault.items[office.ref(app, 3)] = generate(KEY)
    stray = next(stray for stray in office.doctor.survey() if stray.ref.version == 3)
    back = office.doctor.bring_back(stray, "Back again")
    assert office.key(back) == newest
    assert problems(office, back) == [Problem.NEWER]
    office.deletion.delete(back.id)
    office.removal.purge(back.id)
    assert office.numbers() == [1]


def test_an_item_of_another_folder_is_copied_and_left(desk: Desk, tmp_path: Path) -> None:
    run = desk.start()
    made = run.make(sessions=False)
    run.quit()
    other = desk.start(tmp_path / "other")
    strays = other.doctor.survey()
    assert [stray.is_ours for stray in strays] == [False, False]
    with pytest.raises(AnswerNotPossible):
        other.doctor.remove_stray(strays[0])
    back = other.doctor.bring_back(strays[0], "Alpha")
    assert back.id != made.app.id
    assert other.key() == made.key
    other.apps.deletion.remove_everything()
    assert desk.start().key() == made.key


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_what_is_known_is_not_brought_back_twice(office: Office) -> None:
    app, key = orphan(office, sessions=True)
    office.vault.items[SecretRef(app.org_id, "ab", KEY, 1)] = key
    first, second = office.doctor.survey()
    office.doctor.bring_back(first, "Back")
    with pytest.raises(KeyKnown):
        office.doctor.bring_back(second, "Again")


def test_a_stray_is_removed_and_that_is_taken_back(office: Office) -> None:
    orphan(office)
    office.make()
    before = dict(office.vault.items)
    stray = office.doctor.survey()[0]
    undo = office.doctor.remove_stray(stray)
    assert stray.ref not in office.vault.items
    assert stray not in office.doctor.strays()
    assert undo is not None
    undo()
    assert office.vault.items == before


def test_a_stray_that_has_a_row_meanwhile_stays(office: Office) -> None:
    app, _ = orphan(office, sessions=True)
    stray = office.doctor.survey()[0]
    office.doctor.bring_back(stray, "Back")
    office.doctor.remove_stray(stray)
    assert app.ref(KEY) in office.vault.items


def test_nothing_is_removed_by_a_repair_while_the_folder_is_in_doubt(desk: Desk) -> None:
    run = desk.start()
    app = run.make().app
    run.apps.rotation.rotate(app.id, AT_ONCE)
    run.recover()
    vault = desk.vault
    run.vault.store(SecretRef(app.org_id, app.id, KEY, 1), generate(KEY))
    run.repository.drop_app(run.make("Gone").app.id)
    run.quit()
    run = desk.start(desk.move("elsewhere"))
    [leftover] = run.doctor.check(app.id)
    [stray] = run.doctor.survey()
    for call in (lambda: run.doctor.repair(leftover), lambda: run.doctor.remove_stray(stray)):
        with pytest.raises(FolderInDoubt):
            call()
    assert run.held(app, 1)
    assert run.vault is vault


# Repairs do what they say, and are taken back


def test_a_leftover_is_removed_and_that_is_taken_back(office: Office) -> None:
    app = office.make(sessions=True).app
    office.rotation.rotate(app.id, AT_ONCE)
    office.recover()
    office.vault.items[office.ref(app, 1)] = generate(KEY)
    before = dict(office.vault.items)
    [finding] = office.doctor.check(app.id)
    undo = office.doctor.repair(finding)
    assert office.numbers() == [2]
    assert undo is not None
    undo()
    assert office.vault.items == before


def test_another_key_is_taken_over_or_replaced_as_the_person_says(office: Office) -> None:
    made = office.make(sessions=True)
    other = office.vault.items[made.app.ref(KEY)] = generate(KEY)
    [finding] = office.doctor.check(made.app.id)
    assert office.doctor.repairs(finding) == (Repair.USE, Repair.NEW_KEY, Repair.TYPE)
    undo = office.doctor.repair(finding, Repair.USE)
    assert office.key(made.app) == other
    assert undo is not None
    undo()
    [finding] = office.doctor.check(made.app.id)
    office.doctor.repair(finding, Repair.NEW_KEY)
    assert office.row(made.app).version == 2
    assert office.vault.items[office.ref(made.app, 1)] == other  # it is somebody's
    assert problems(office, made.app) == [Problem.NEWER]


def test_a_kept_version_that_is_forgotten_comes_back_as_it_was(office: Office) -> None:
    app = office.make().app
    app = office.rotation.rotate(app.id, A_WEEK).app
    del office.vault.items[office.ref(app, 1)]
    items = dict(office.vault.items)
    [finding] = office.doctor.check(app.id)
    undo = office.doctor.repair(finding)
    assert office.row(app).kept == ()
    assert undo is not None
    undo()
    assert office.row(app) == app
    assert office.vault.items == items


def test_repairs_that_do_not_fit_are_refused(office: Office) -> None:
    app = office.make().app
    del office.vault.items[app.ref(KEY)]
    [finding] = office.doctor.check(app.id)
    for repair in (Repair.USE, Repair.REMOVE, Repair.TYPE):
        with pytest.raises(AnswerNotPossible):
            office.doctor.repair(finding, repair)
    assert office.row(app) == app


# Typing a key in


def test_a_known_key_is_typed_into_an_app_and_taken_back(office: Office) -> None:
    made = office.make(sessions=True)
    key = generate(KEY)
    typed = office.rotation.type_key(made.app.id, key, None, A_WEEK)
    assert (typed.app.version, [kept.number for kept in typed.app.kept]) == (2, [1])
    assert office.key(typed.app) == key
    office.rotation.roll_back(made.app.id, 1, A_WEEK)
    assert office.key(typed.app) == made.key


@pytest.mark.parametrize("held", ["the key", "another key", "nothing", "no key", "elsewhere"])
def test_what_was_typed_is_taken_back_whatever_the_keychain_held(office: Office, held: str) -> None:
    app = office.make(sessions=True).app
    other = {"another key": generate(KEY), "no key": Secret("x")}.get(held)
    if other is not None:
        office.vault.items[app.ref(KEY)] = other
    if held in ("nothing", "elsewhere"):
        office.vault.items.clear()
    if held == "elsewhere":
        app = office.repository.change_app(app.id, lambda row: replace(row, keychain="Windows", provider="Theirs"))
    before = dict(office.vault.items)
    typed = office.rotation.type_key(app.id, generate(KEY), None, A_WEEK).app
    back = office.rotation.take_back(app, typed, A_WEEK)
    assert (back.version, back.key_ends, back.keychain) == (app.version, app.key_ends, app.keychain)
    assert before.items() <= office.vault.items.items()
    if held == "elsewhere":
        assert (back.provider, back.kept, office.vault.items) == ("Theirs", (), {})
    else:
        assert [kept.number for kept in back.kept] == [typed.version]
    with pytest.raises(ChangedSince):
        office.rotation.take_back(app, typed, A_WEEK)


def test_a_new_key_in_a_folder_in_doubt_is_made_and_said_so(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    run = desk.start()
    app = run.make(sessions=False).app
    run.quit()
    saved = desk.copy("saved")
    run = desk.start()
    run.make("Beta")
    run.quit()
    desk.put_back(saved)
    run = desk.start()
    assert isinstance(desk.vault, InMemoryVault)
    del desk.vault.items[app.ref(KEY)]
    [finding] = run.doctor.check(app.id)
    run.doctor.repair(finding)  # nothing is raised: the key is made, and nothing was removed
    assert run.app().version == 2
    assert app.ref(API_SECRET) in desk.vault.items
    assert run.recover().not_removed


def test_what_is_typed_must_be_a_key_with_its_secret(office: Office) -> None:
    app = office.make().app
    for key, secret in ((generate(KEY), None), (Secret("x"), generate(API_SECRET)), (generate(KEY), Secret("x"))):
        with pytest.raises(KeyFormError):
            office.rotation.type_key(app.id, key, secret, A_WEEK)
    assert office.row(app) == app
    assert len(office.vault.items) == 2


@pytest.mark.parametrize("refused", [False, True])
def test_a_key_is_typed_into_an_app_of_another_systems_keychain(office: Office, refused: bool) -> None:
    app = office.rotation.rotate(office.make(sessions=True).app.id, A_WEEK).app
    app = office.repository.change_app(app.id, lambda row: row.__class__(**{**_fields(row), "keychain": "Windows"}))
    office.vault.items.clear()
    key = generate(KEY)
    if refused:
        office.vault.fail_next("store", failed())
        with pytest.raises(VaultError):
            office.rotation.type_key(app.id, key, None, A_WEEK)
        row = office.row(app)
        assert (row.keychain, row.version, row.kept, row.pending) == ("Windows", app.version, app.kept, None)
        assert not office.vault.items
    else:
        typed = office.rotation.type_key(app.id, key, None, A_WEEK)
        assert (typed.app.keychain, typed.app.kept) == ("InMemory", ())
        assert office.key(typed.app) == key
        assert office.is_whole(typed.app)


def _fields(app: App) -> dict[str, object]:
    return {name: getattr(app, name) for name in app.__slots__}


# A number that is taken while it is being stored


def test_what_another_program_stored_meanwhile_is_not_taken_back(office: Office) -> None:
    made = office.make()
    somebodys = generate(API_SECRET)

    def store_theirs(call: str, ref: SecretRef | None) -> None:
        if call == "store" and ref is not None and ref.kind is API_SECRET:
            office.vault.items[ref] = somebodys

    office.vault.before = store_theirs
    with pytest.raises(NumberTaken):
        office.rotation.rotate(made.app.id, A_WEEK)
    office.in_peace()
    assert office.vault.items[office.ref(made.app, 2, API_SECRET)] == somebodys
    assert office.ref(made.app, 2) not in office.vault.items
    assert office.key(made.app) == made.key
    assert office.now() == NOON


def test_strays_and_findings_of_newer_versions_of_this_program_are_passed_over(office: Office) -> None:
    app = office.make().app
    office.repository.keep_strays([Stray(SecretRef("ab", "cd", KEY, 1), True)])
    office.repository.close()
    path = office.folder / "apps.json"
    path.write_text(path.read_text().replace('"no row"', '"of tomorrow"'))
    assert office.repository.strays() == []
    assert office.repository.findings() == []
    assert office.key(app)
