"""The world moves under a folder whose keys are in a real GNOME Keyring, and others change its items."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from cortex_desktop.domain.errors import ChoiceNeeded, DoubleNotText, FolderInDoubt, SecretDiffers, SecretNotText
from cortex_desktop.domain.findings import Problem
from cortex_desktop.domain.folder import Answer, Standing
from cortex_desktop.domain.secret import SecretKind, SecretRef
from cortex_desktop.services.bulk import Bulk, Rotate
from cortex_desktop.services.periods import RESTORABLE
from cortex_desktop.vault.deadline import DeadlineVault, Limits
from cortex_desktop.vault.keyring_vault import KeyringVault
from cortex_desktop.vault.opening import open_vault
from cortex_desktop.vault.secret_service import SecretServiceKeyring
from tests.support.keychain import PrivateKeyring, needs_daemons, private_keyring
from tests.support.vaults import no_vault_threads_left
from tests.support.worlds import Desk

pytestmark = needs_daemons
AT_ONCE = timedelta(0)


@pytest.fixture
def keyring() -> Iterator[PrivateKeyring]:
    with private_keyring() as keyring:
        yield keyring


@pytest.fixture
def desk(tmp_path: Path, keyring: PrivateKeyring) -> Iterator[Desk]:
    with no_vault_threads_left():
        vault = open_vault()
        yield Desk(tmp_path, vault)
        vault.close()


def set_item(ref: SecretRef, secret: bytes, *, more: bool = False) -> None:
    """Change an item as another program does. more: make a second one."""
    import secretstorage

    with closing(secretstorage.dbus_init()) as connection:
        collection = secretstorage.Collection(connection)
        query = {"service": ref.service, "username": ref.username}
        if more:
            collection.create_item("double", {**query, "application": "Python keyring library", "x": "y"}, secret)
            return
        [item] = collection.search_items(query)
        item.set_secret(secret)


def remove_all_items() -> None:
    import secretstorage

    with closing(secretstorage.dbus_init()) as connection:
        for item in list(secretstorage.Collection(connection).get_all_items()):
            item.delete()


def test_rotating_from_an_older_list_leaves_the_key_in_use(desk: Desk) -> None:
    run = desk.start()
    run.make(sessions=False)
    run.quit()
    saved = desk.copy("saved")
    run = desk.start()
    in_use = run.apps.rotation.rotate(run.app().id, AT_ONCE).key
    run.recover()
    run.quit()
    desk.put_back(saved)
    run = desk.start()
    assert run.standing is Standing.RESTORED
    app = run.app()
    bulk = Bulk(Rotate(AT_ONCE), [app], run.apps)
    while not bulk.over:
        bulk.step()
    run.recover()
    assert run.held(app, 2) == in_use
    run.doctor.survey()
    [newer, *_] = [each for each in run.doctor.check(app.id) if each.problem is Problem.NEWER]
    run.doctor.repair(newer)
    assert run.key() == in_use


def test_removing_all_data_of_a_copy_leaves_the_original_whole(desk: Desk) -> None:
    run = desk.start()
    made = [run.make(label, sessions=False) for label in ("Alpha", "Beta")]
    run.quit()
    copy = desk.start(desk.copy("copy"))
    with pytest.raises(FolderInDoubt):
        copy.apps.deletion.remove_everything()
    list(copy.apps.own_keys.steps())
    copy.apps.deletion.remove_everything()
    run = desk.start()
    assert [run.key(each.app.label) for each in made] == [each.key for each in made]
    run.apps.deletion.remove_everything()
    assert not run.vault.list_items()  # type: ignore[attr-defined]  # the real one lists


def test_looking_at_a_copy_a_month_later_purges_nothing(desk: Desk) -> None:
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
    copy.recover()
    copy.folder.answer(Answer.VIEWER)
    copy.recover()
    assert desk.start().key() == made.key


@pytest.mark.parametrize("content", [b"", b"x" * 100_000, b"two\nlines", b"Z" * 22, b"\xff\xfe"])
def test_an_item_that_others_changed_is_one_finding_and_the_walk_goes_on(desk: Desk, content: bytes) -> None:
    run = desk.start()
    first, second = run.make().app, run.make("Beta").app
    set_item(first.ref(SecretKind.API_KEY), content)
    with pytest.raises((SecretDiffers, SecretNotText)):
        run.key()
    found = [finding for app in (first, second) for finding in run.doctor.check(app.id)]
    assert [(each.app.id, each.problem) for each in found] == [
        (first.id, Problem.DIFFERS if content == b"Z" * 22 else Problem.NO_KEY)
    ]
    assert run.doctor.findings() == found


def test_items_without_rows_doubles_and_missing_ones_are_found_and_kept(desk: Desk, tmp_path: Path) -> None:
    run = desk.start()
    run.make(sessions=False)
    run.quit()
    saved = desk.copy("saved")
    run = desk.start()
    beta = run.make("Beta")
    run.quit()
    desk.put_back(saved)
    run = desk.start()
    set_item(run.app().ref(SecretKind.API_KEY), run.key().reveal().encode(), more=True)
    [stray] = run.doctor.survey()
    assert (stray.ref, stray.is_ours) == (beta.app.ref(SecretKind.API_KEY), True)
    [double] = run.doctor.check(run.app().id)
    assert double.problem is Problem.DOUBLE
    assert run.doctor.bring_back(stray, "Beta again").id == beta.app.id
    assert run.key("Beta again") == beta.key
    assert not run.doctor.strays()
    run.quit()
    other = desk.start(tmp_path / "new")
    assert {stray.is_ours for stray in other.doctor.survey()} == {False}
    assert len(other.doctor.strays()) == 3
    remove_all_items()
    run = desk.start()
    for app in run.repository.apps():
        run.doctor.check(app.id)
    assert {each.problem for each in run.doctor.findings()} == {Problem.MISSING}


def held(ref: SecretRef) -> list[bytes]:
    """What each item of this name holds, seen past our own code."""
    import secretstorage

    with closing(secretstorage.dbus_init()) as connection:
        found = secretstorage.Collection(connection).search_items({"service": ref.service, "username": ref.username})
        return [item.get_secret() for item in found]


@pytest.mark.parametrize("content", [None, b"Z" * 22, b"two\nlines"])
def test_of_doubles_the_right_one_stays_and_no_key_is_lost(desk: Desk, content: bytes | None) -> None:
    run = desk.start()
    made = run.make(sessions=False)
    ref = made.app.ref(SecretKind.API_KEY)
    right = made.key.reveal().encode()
    set_item(ref, content or right, more=True)
    run.doctor.survey()
    [double] = run.doctor.check(made.app.id)
    assert double.problem is Problem.DOUBLE
    undo = run.doctor.repair(double)
    assert held(ref) == [right]
    assert run.key() == made.key
    run.doctor.survey()
    if content == b"Z" * 22:
        assert {each.problem for each in run.doctor.check(made.app.id)} == {Problem.NEWER}
        assert held(SecretRef(ref.org_id, ref.app_id, ref.kind, 2)) == [content]
    else:
        assert run.doctor.check(made.app.id) == []
    assert undo is not None
    undo()
    assert sorted(held(ref)) == sorted([right, content] if content else [right])
    assert held(SecretRef(ref.org_id, ref.app_id, ref.kind, 2)) == []


def test_a_double_that_could_not_be_put_back_stays(desk: Desk) -> None:
    run = desk.start()
    made = run.make()
    ref = made.app.refs[0]
    right = made.key.reveal().encode()
    set_item(ref, b"\xff\xfe", more=True)
    run.doctor.survey()
    [double] = run.doctor.check(made.app.id)
    with pytest.raises(DoubleNotText):
        run.doctor.repair(double)
    assert sorted(held(ref)) == sorted([right, b"\xff\xfe"])


def test_a_person_chooses_where_no_double_fits_the_row(desk: Desk) -> None:
    run = desk.start()
    ref = run.make().app.ref(SecretKind.API_KEY)
    set_item(ref, b"A" * 22)
    set_item(ref, b"B" * 22, more=True)
    run.doctor.survey()
    [double] = run.doctor.check(ref.app_id)
    with pytest.raises(ChoiceNeeded) as question:
        run.doctor.repair(double)
    assert [ends.head for ends in question.value.choices] == ["AAAA", "BBBB"]
    assert sorted(held(ref)) == [b"A" * 22, b"B" * 22]
    run.doctor.repair(double, None, 1)
    assert held(ref) == [b"B" * 22]
    assert run.key().reveal() == "B" * 22
    assert held(SecretRef(ref.org_id, ref.app_id, ref.kind, 2)) == [b"A" * 22]


def test_a_claim_is_one_item_however_often_it_is_written(desk: Desk) -> None:
    for number in range(3):
        run = desk.start()
        run.make(f"App {number}")
        run.quit()
    claims = [item for item in desk.vault.list_items() if item.ref.username == "claim"]  # type: ignore[attr-defined]
    assert [item.times for item in claims] == [1]


def test_a_locked_keychain_gives_no_standing_and_no_prompt(desk: Desk, keyring: PrivateKeyring) -> None:
    run = desk.start()
    run.make()
    run.quit()
    keyring.lock()
    run = desk.start()
    assert run.standing is Standing.UNKNOWN
    keyring.unlock()
    assert run.standing is Standing.KNOWN


def test_a_keychain_that_stops_answering_gives_no_standing_yet(tmp_path: Path, keyring: PrivateKeyring) -> None:
    with no_vault_threads_left():
        limits = Limits(call=0.4, state=0.4)
        vault = DeadlineVault(lambda: KeyringVault(SecretServiceKeyring(), "x"), "x", "SecretService", limits)
        desk = Desk(tmp_path, vault)
        run = desk.start()
        run.make()
        run.quit()
        keyring.pause()
        run = desk.start()
        assert run.standing is Standing.UNKNOWN
        keyring.resume()
        assert run.standing is Standing.KNOWN
        vault.close()
