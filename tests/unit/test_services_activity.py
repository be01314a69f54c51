"""What the services record, and what happens when they cannot."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from cortex_desktop.domain.activity import Action, ActivityEntry
from cortex_desktop.domain.errors import (
    AppGone,
    NotFinished,
    VaultError,
    VaultProblem,
    VaultTimeout,
)
from cortex_desktop.domain.model import Environment
from cortex_desktop.domain.secret import Secret, SecretKind
from cortex_desktop.services.activity import Recorder
from cortex_desktop.services.periods import RESTORABLE
from tests.support.services import NOON, Office, app_services, create, disk_full, failed

A_WEEK = timedelta(days=7)


def test_an_entry_says_what_to_which_app_when_and_who(office: Office) -> None:
    made = office.make(sessions=True)
    (entry,) = office.entries()
    assert entry == ActivityEntry(
        when=NOON,
        who="john",
        computer="desk-7",
        action=Action.CREATED,
        org_id=office.org.id,
        org_name="My organization",
        app_id=made.app.id,
        label="NewHealth App",
        details={"sessions": True, "csrf": True},
    )


def test_everything_done_to_an_app_is_recorded(office: Office) -> None:
    app = office.make().app
    office.use.note_copied(app.id, clears_after=30)
    office.use.note_copied(app.id, Action.SECRET_COPIED, 30)
    office.use.note_copied(app.id, Action.REQUEST_COPIED, 30)
    office.use.note_revealed(app.id)
    office.use.set_enabled(app.id, False)
    office.use.set_enabled(app.id, True)
    office.rotation.rotate(app.id, A_WEEK)
    office.rotation.roll_back(app.id, 1, A_WEEK)
    office.removal.drop_kept(app.id, 2)
    office.rotation.rotate(app.id, timedelta(0))
    office.recover()
    office.deletion.delete(app.id)
    office.deletion.restore(app.id)
    office.deletion.delete(app.id)
    office.time += RESTORABLE
    office.recover()
    assert office.actions() == [
        Action.CREATED,
        Action.KEY_COPIED,
        Action.SECRET_COPIED,
        Action.REQUEST_COPIED,
        Action.KEY_REVEALED,
        Action.DISABLED,
        Action.ENABLED,
        Action.ROTATED,
        Action.ROLLED_BACK,
        Action.KEPT_REMOVED,
        Action.ROTATED,
        Action.KEPT_REMOVED,
        Action.DELETED,
        Action.RESTORED,
        Action.DELETED,
        Action.PURGED,
    ]
    assert {entry.app_id for entry in office.entries()} == {app.id}
    by_action = {entry.action: entry for entry in office.entries()}
    assert by_action[Action.KEY_COPIED].details == {"clears_after": 30}
    assert by_action[Action.ROLLED_BACK].details == {"version": 1, "kept_until": (NOON + A_WEEK).isoformat()}
    assert not office.reported


def test_what_was_refused_or_is_unknown_is_not_recorded(office: Office) -> None:
    app = office.make("Old").app
    office.vault.fail_next("store", failed(VaultProblem.DENIED))
    with pytest.raises(VaultError):
        office.make("Refused")
    office.vault.fail_next("store", VaultTimeout("Test keychain"))
    with pytest.raises(NotFinished):
        office.rotation.rotate(app.id, A_WEEK)
    assert office.actions() == [Action.CREATED]
    office.recover()
    assert office.actions() == [Action.CREATED, Action.UNDONE]


def test_what_recovery_and_the_doctor_do_is_recorded(office: Office) -> None:
    office.vault.fail_next("store", VaultTimeout("Test keychain"), after=True)
    with pytest.raises(NotFinished):
        office.make("With sessions", sessions=True)
    office.recover()
    (app,) = office.repository.apps()
    del office.vault.items[app.ref(SecretKind.API_KEY)]
    for finding in office.doctor.check(app.id):
        office.doctor.repair(finding)
    assert office.actions()[0] is Action.FINISHED
    assert (office.actions()[-1], office.entries()[-1].details) == (Action.REPAIRED, {"problem": "missing"})


def test_a_repair_that_is_not_needed_any_more_is_not_recorded(office: Office) -> None:
    app = office.make("With sessions", sessions=True).app
    key = office.vault.items.pop(app.ref(SecretKind.API_KEY))
    (finding,) = office.doctor.check(app.id)
    office.vault.items[app.ref(SecretKind.API_KEY)] = key
    office.doctor.repair(finding)
    assert office.actions() == [Action.CREATED]


def test_changes_of_an_org_are_named(office: Office) -> None:
    office.orgs.change(replace(office.org, name="newhealthco", environment=Environment.PRODUCTION))
    (entry,) = office.entries()
    assert (entry.action, entry.org_name, entry.app_id) == (Action.ORG_CHANGED, "newhealthco", "")
    assert entry.details == {"label_before": "My organization", "environment": "production"}
    office.orgs.change(replace(office.org, name="newhealthco", environment=Environment.PRODUCTION))
    assert len(office.entries()) == 1, "nothing was changed"


def test_the_life_of_an_org(office: Office) -> None:
    live = replace(office.org, name="Clinic", environment=Environment.OWN, own_environment="Live")
    org = office.orgs.add(replace(live, like_production=True))
    app = office.make(org=org).app
    office.orgs.remove(org.id)
    office.orgs.restore(org.id)
    office.orgs.remove(org.id)
    office.orgs.purge(org.id)
    office.recover()
    entries = office.entries()
    assert [entry.action for entry in entries] == [
        Action.ORG_ADDED,
        Action.CREATED,
        Action.ORG_REMOVED,
        Action.ORG_RESTORED,
        Action.ORG_REMOVED,
        Action.PURGED,
        Action.ORG_PURGED,
    ]
    assert {(entry.org_id, entry.org_name) for entry in entries} == {(org.id, "Clinic")}
    assert entries[0].details == {"code": "my-org", "environment": "Live", "endpoint": org.endpoint}
    assert entries[2].details == {"apps": 1, "restorable_until": "2026-12-23T12:00:00+00:00"}
    assert (entries[5].app_id, entries[5].label) == (app.id, "NewHealth App")


def test_a_failure_is_said_once_and_undoes_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Sequence[ActivityEntry]) -> None:
        raise disk_full()

    with monkeypatch.context() as patch:
        patch.setattr(office.log, "append", full)
        app = office.make().app
        office.use.set_enabled(app.id, False)
    assert not office.repository.app(app.id).enabled
    assert [str(error.title) for error in office.reported] == ["Activity is not recorded now"]
    assert "Free some space." in str(office.reported[0])
    office.use.set_enabled(app.id, True)
    assert office.actions() == [Action.ENABLED]
    with monkeypatch.context() as patch:
        patch.setattr(office.log, "append", full)
        office.use.set_enabled(app.id, False)
    assert len(office.reported) == 2, "a new row of failures is said anew"


def test_a_batch_is_written_at_once_even_when_it_is_broken_off(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [office.make(f"App {number}").app.id for number in range(20)]
    append, sizes = office.log.append, []

    def counted(entries: Sequence[ActivityEntry]) -> None:
        sizes.append(len(entries))
        append(entries)

    monkeypatch.setattr(office.log, "append", counted)

    def broken_off() -> None:
        with office.recorder.batch():
            for app_id in [*ids, "gone"]:
                with office.recorder.batch():
                    office.use.set_enabled(app_id, False)

    with pytest.raises(AppGone):
        broken_off()
    assert sizes == [20]
    with office.recorder.batch():
        pass
    assert sizes == [20]


def test_a_batch_is_of_its_own_thread(office: Office) -> None:
    app = office.make().app
    with office.recorder.batch():
        office.use.set_enabled(app.id, False)
        other = threading.Thread(target=office.use.note_revealed, args=(app.id,))
        other.start()
        other.join()
        assert office.actions() == [Action.CREATED, Action.KEY_REVEALED]
    assert office.actions()[-1] is Action.DISABLED


def test_a_key_in_a_label_is_blotted_out(office: Office) -> None:
    key = Secret("mwid7xhb8ShcqmV1B9iOYJ")
    app = office.make(f"key {key.reveal()}").app
    office.recorder.app(Action.EDITED, app, label_before=key.reveal(), changed=f"x={key.reveal()}")
    for entry in office.entries():
        assert key.reveal() not in repr(entry)
        assert "[redacted]" in entry.label


@pytest.mark.parametrize("name", ["j\udcffhn", "x" * 1000, "a\nb"])
def test_odd_names_of_users_are_written_all_the_same(office: Office, name: str) -> None:
    recorder = Recorder(office.repository, office.log, lambda: (name, "desk-7"), office.reported.append)
    create(app_services(office.repository, office.vault, recorder=recorder), office.org.id, "NewHealth App")
    assert len(office.entries()) == 1
    assert not office.reported


def test_without_a_log_nothing_is_recorded(office: Office) -> None:
    create(app_services(office.repository, office.vault), office.org.id, "NewHealth App")
    assert office.entries() == []


def test_who_is_asked_once_and_on_the_lane(office: Office) -> None:
    asked: list[str] = []

    def by() -> tuple[str, str]:
        asked.append(threading.current_thread().name)
        return "john", "desk-7"

    recorder = Recorder(office.repository, office.log, by)
    assert not asked
    app = office.make().app
    recorder.app(Action.EDITED, app)
    recorder.app(Action.EDITED, app)
    assert len(asked) == 1
