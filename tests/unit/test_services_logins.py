"""Remembered logins: what the keychain holds of them, whatever fails, and who may remove them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cortex_desktop.domain.activity import Action, describe
from cortex_desktop.domain.errors import (
    FolderInDoubt,
    SecretElsewhere,
    SecretMissing,
    StorageError,
    VaultError,
    VaultTimeout,
)
from cortex_desktop.domain.folder import Answer
from cortex_desktop.domain.model import SANDBOX, App
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import LoginRef, Secret, SecretKind
from cortex_desktop.services import periods
from cortex_desktop.storage.repository import TinyRepository
from tests.support.services import Office, failed
from tests.support.worlds import Desk

HERE, THERE = "https://api.example", SANDBOX
ONE, TWO = Secret("device-one"), Secret("device-two")


def logins(office: Office) -> dict[int, Secret]:
    """What the keychain holds, by number."""
    return {ref.number: secret for ref, secret in office.vault.items.items() if isinstance(ref, LoginRef)}


def device(office: Office, app: App, place: str = HERE) -> Secret | None:
    return office.restart().logins.device(office.row(app), place)


def test_a_login_is_kept_for_one_app_and_place(office: Office) -> None:
    app, other = office.make(sessions=True).app, office.make("Other", sessions=True).app
    office.apps.logins.remember(app.id, HERE, ONE)
    office.apps.logins.remember(other.id, HERE, TWO)
    office.apps.logins.remember(app.id, THERE, TWO)
    assert logins(office) == {1: ONE, 2: TWO, 3: TWO}
    assert LoginRef(app.org_id, 1).service == f"cortex-desktop/{app.org_id}/login/1"
    assert LoginRef(app.org_id, 1).username == "fingerprint"
    assert (device(office, app), device(office, app, THERE), device(office, other)) == (ONE, TWO, TWO)
    assert device(office, other, THERE) is None
    assert "device-one" not in (office.folder / "apps.json").read_text()


def test_the_same_cookie_is_stored_once_and_another_one_in_an_item_of_its_own(office: Office) -> None:
    app = office.make(sessions=True).app
    for _ in range(2):
        office.apps.logins.remember(app.id, HERE, ONE)
    assert logins(office) == {1: ONE}
    office.apps.logins.remember(app.id, HERE, TWO)
    assert logins(office) == {2: TWO}
    assert device(office, app) == TWO
    assert [login.number for login in office.row(app).logins] == [2]


def test_an_endpoint_that_changed_leaves_nothing_behind(office: Office) -> None:
    app = office.make(sessions=True).app
    office.apps.logins.remember(app.id, THERE, TWO)
    office.apps.logins.remember(app.id, HERE, ONE)
    office.apps.logins.remember(app.id, "https://other.example", TWO)
    assert logins(office) == {1: TWO, 3: TWO}
    assert device(office, app) is None
    office.apps.logins.forget(app.id, HERE)
    assert logins(office) == {1: TWO}


def test_what_is_remembered_and_forgotten_is_recorded_without_the_cookie(office: Office) -> None:
    app = office.make(sessions=True).app
    before = len(office.entries())
    for _ in range(2):
        office.apps.logins.remember(app.id, HERE, ONE)
    office.apps.logins.remember(app.id, THERE, TWO)
    for _ in range(2):
        office.apps.logins.forget(app.id, HERE)
    entries = office.entries()[before:]
    assert [(entry.action, entry.app_id, dict(entry.details)) for entry in entries] == [
        (Action.LOGIN_REMEMBERED, app.id, {"place": HERE}),
        (Action.LOGIN_REMEMBERED, app.id, {"place": THERE}),
        (Action.LOGIN_FORGOTTEN, app.id, {"place": HERE}),
    ]
    words = [text.values["value"] for entry in entries for text in describe(entry, str)]
    assert words == [HERE, THERE, HERE]


def test_forgotten_is_gone(office: Office) -> None:
    app = office.make(sessions=True).app
    office.apps.logins.remember(app.id, HERE, ONE)
    office.apps.logins.remember(app.id, THERE, TWO)
    assert office.apps.logins.forget(app.id, HERE) == office.row(app)
    assert logins(office) == {2: TWO}
    assert device(office, app) is None
    office.apps.logins.forget(app.id, HERE)  # once more is no error
    assert device(office, app, THERE) == TWO


@pytest.mark.parametrize("state", [VaultState.LOCKED, VaultState.MISSING, VaultState.FAILED])
def test_a_keychain_that_cannot_be_used_leaves_no_trace(office: Office, state: VaultState) -> None:
    app = office.make(sessions=True).app
    office.vault.current = state
    with pytest.raises(VaultError):
        office.apps.logins.remember(app.id, HERE, ONE)
    assert office.row(app).logins == ()
    office.vault.current = VaultState.UNLOCKED
    office.apps.logins.remember(app.id, HERE, ONE)
    office.vault.current = state
    with pytest.raises(VaultError):
        office.apps.logins.device(office.row(app), HERE)
    with pytest.raises(VaultError):
        office.apps.logins.forget(app.id, HERE)
    office.vault.current = VaultState.UNLOCKED
    assert office.apps.logins.device(office.row(app), HERE) == ONE


@pytest.mark.parametrize("after", [False, True])
def test_a_refusal_is_undone(office: Office, after: bool) -> None:
    app = office.make(sessions=True).app
    office.vault.fail_next("store", failed(), after=after)
    with pytest.raises(VaultError):
        office.apps.logins.remember(app.id, HERE, ONE)
    assert logins(office) == {}
    assert office.row(app).logins == ()


@pytest.mark.parametrize("arrives", [False, True])
def test_what_got_no_answer_is_looked_for_until_it_cannot_arrive_any_more(office: Office, arrives: bool) -> None:
    app = office.make(sessions=True).app
    office.vault.fail_next("store", VaultTimeout("Test keychain"))
    with pytest.raises(VaultTimeout):
        office.apps.logins.remember(app.id, HERE, ONE)
    assert device(office, app) is None
    office.recover()
    if arrives:
        office.vault.items[LoginRef(app.org_id, 1)] = ONE
    office.time += periods.LATE + timedelta(minutes=1)
    office.recover()
    assert logins(office) == {}
    assert office.row(app).logins == ()


def test_a_full_disk_leaves_nothing_that_no_row_names(tmp_path: Path) -> None:
    for nth in (1, 2):
        (tmp_path / str(nth)).mkdir()
        office = Office(tmp_path / str(nth))
        app = office.make(sessions=True).app
        office.repository.refuse("change_app", nth)
        with pytest.raises(StorageError):
            office.apps.logins.remember(app.id, HERE, ONE)
        named = {login.number for login in office.row(app).logins}
        assert set(logins(office)) <= named
        office.time += periods.LATE + timedelta(minutes=1)
        office.recover()
        assert logins(office) == {}
        assert office.row(app).logins == ()


def test_a_removal_that_fails_is_finished_by_recovery(office: Office) -> None:
    app = office.make(sessions=True).app
    office.apps.logins.remember(app.id, HERE, ONE)
    office.vault.fail_next("remove", failed())
    with pytest.raises(VaultError):
        office.apps.logins.forget(app.id, HERE)
    assert device(office, app) is None, "it is not used any more"
    assert logins(office) == {1: ONE}
    office.recover()
    assert logins(office) == {}
    assert office.row(app).logins == ()


def test_a_number_that_is_taken_is_left_alone(office: Office) -> None:
    app = office.make(sessions=True).app
    office.vault.items[LoginRef(app.org_id, 1)] = TWO
    office.apps.logins.remember(app.id, HERE, ONE)
    assert logins(office) == {1: TWO, 2: ONE}


def test_one_that_is_gone_from_the_keychain_is_told_and_can_be_kept_anew(office: Office) -> None:
    app = office.make(sessions=True).app
    office.apps.logins.remember(app.id, HERE, ONE)
    office.vault.items.pop(LoginRef(app.org_id, 1))
    with pytest.raises(SecretMissing):
        device(office, app)
    office.apps.logins.remember(app.id, HERE, ONE)
    assert device(office, app) == ONE


def test_an_app_of_another_keychain_remembers_nothing(office: Office) -> None:
    app = office.make(sessions=True).app
    office.repository.change_app(app.id, lambda row: replace(row, keychain="Windows"))
    with pytest.raises(SecretElsewhere):
        office.apps.logins.remember(app.id, HERE, ONE)
    assert logins(office) == {}


# With what it goes


def test_it_goes_with_the_app_and_stays_while_that_can_be_restored(office: Office) -> None:
    app = office.make(sessions=True).app
    office.apps.logins.remember(app.id, HERE, ONE)
    office.deletion.delete(app.id)
    office.recover()
    assert logins(office) == {1: ONE}
    office.removal.purge(app.id)
    assert office.vault.items == {}


def test_it_goes_with_the_org(office: Office) -> None:
    org = office.orgs.add(replace(office.org, name="Second", code="second"))
    app = office.make(org=org, sessions=True).app
    kept = office.make("Kept", sessions=True).app
    office.apps.logins.remember(app.id, HERE, ONE)
    office.apps.logins.remember(kept.id, HERE, TWO)
    office.orgs.remove(org.id)
    office.recover()
    assert len([ref for ref in office.vault.items if ref.org_id == org.id]) == 2
    office.orgs.purge(org.id)
    office.recover()
    assert [ref for ref in office.vault.items if ref.org_id == org.id] == []
    assert device(office, kept) == TWO


def test_it_goes_with_all_data(office: Office) -> None:
    app = office.make(sessions=True).app
    office.apps.logins.remember(app.id, HERE, ONE)
    office.vault.fail_next("store", VaultTimeout("Test keychain"), after=True)
    with pytest.raises(VaultTimeout):
        office.apps.logins.remember(app.id, THERE, TWO)
    assert logins(office) == {1: ONE, 2: TWO}
    office.deletion.remove_everything()
    assert office.vault.items == {}
    assert office.vault.claims == {}


# The keychain check


def test_the_check_knows_them(office: Office) -> None:
    app = office.make(sessions=True).app
    office.apps.logins.remember(app.id, HERE, ONE)
    stranger = LoginRef("c0ffee" * 5, 1)
    office.vault.items[stranger] = TWO
    assert office.doctor.survey() == []
    assert office.doctor.check(app.id) == []
    assert logins(office) == {1: TWO}, "two orgs count for themselves"
    assert set(office.vault.items) >= {stranger, LoginRef(app.org_id, 1)}


def test_the_check_removes_one_that_no_app_names(office: Office) -> None:
    app = office.make(sessions=True).app
    office.apps.logins.remember(app.id, HERE, ONE)
    office.vault.items[LoginRef(app.org_id, 7)] = TWO
    assert office.doctor.survey() == []
    assert logins(office) == {1: ONE}


# Copies


def test_a_copy_removes_none_and_takes_none_over(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    run = desk.start()
    app = run.make().app
    run.apps.logins.remember(app.id, HERE, ONE)
    run.quit()
    copy = desk.start(desk.copy("copy"))
    with pytest.raises(FolderInDoubt):
        copy.apps.logins.remember(app.id, HERE, TWO)
    with pytest.raises(FolderInDoubt):
        copy.apps.logins.forget(app.id, HERE)
    assert copy.app().login_at(HERE) is not None
    desk.vault.items[LoginRef(app.org_id, 5)] = TWO  # type: ignore[attr-defined]
    copy.doctor.survey()
    assert Answer.OWN_KEYS in copy.folder.answers()
    list(copy.apps.own_keys.steps())
    assert copy.app().logins == ()
    copy.apps.deletion.remove_everything()
    run = desk.start()
    assert run.apps.logins.device(run.app(), HERE) == ONE
    assert desk.vault.items[LoginRef(app.org_id, 5)] == TWO  # type: ignore[attr-defined]
    run.apps.deletion.remove_everything()
    assert run.apps.stores.vault.items == {LoginRef(app.org_id, 5): TWO}  # type: ignore[attr-defined]


def test_a_folder_that_was_put_back_leaves_the_later_one_alone(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    run = desk.start()
    app = run.make().app
    run.quit()
    saved = desk.copy("saved")
    run = desk.start()
    run.apps.logins.remember(app.id, HERE, ONE)
    run.quit()
    desk.put_back(saved)
    run = desk.start()
    run.doctor.survey()
    assert run.apps.stores.vault.read(LoginRef(app.org_id, 1)) == ONE
    run.folder.answer(Answer.GO_ON)
    run.apps.logins.remember(app.id, HERE, TWO)
    assert run.apps.logins.device(run.app(), HERE) == TWO
    run.doctor.survey()
    with pytest.raises(SecretMissing):
        run.apps.stores.vault.read(LoginRef(app.org_id, 1))


# In the database


def test_damage_and_words_of_newer_versions_hide_no_app(office: Office) -> None:
    app = office.make(sessions=True).app
    office.apps.logins.remember(app.id, HERE, ONE)
    office.repository.close()
    path = office.folder / "apps.json"
    text = path.read_text()
    assert '"place"' in text
    path.write_text(text.replace('"place"', '"plaice"'))
    [row] = TinyRepository(office.folder).apps()
    assert row.logins == ()
    assert row.ref(SecretKind.API_KEY) == app.ref(SecretKind.API_KEY)
