"""What the services record, and what happens when they cannot."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cortex_desktop.domain.activity import Action, ActivityEntry, ActivityQuery
from cortex_desktop.domain.errors import (
    AppGone,
    CortexError,
    NotFinished,
    StorageError,
    VaultError,
    VaultProblem,
    VaultTimeout,
)
from cortex_desktop.domain.model import Environment
from cortex_desktop.domain.secret import Secret, SecretKind
from cortex_desktop.services.activity import Recorder
from cortex_desktop.services.doctor import Doctor
from cortex_desktop.services.orgs import OrgService
from cortex_desktop.services.periods import RESTORABLE
from cortex_desktop.storage.activity import ActivityFile
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.vault.memory import InMemoryVault
from tests.support.services import app_services, create

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
A_WEEK = timedelta(days=7)


class Office:
    """Services with a log on disk, and a clock to turn."""

    def __init__(self, folder: Path, vault: InMemoryVault) -> None:
        self.vault = vault
        self.time = NOON
        self.told: list[CortexError] = []
        self.folder = folder
        self.repository = TinyRepository(folder)
        self.log = ActivityFile(folder)
        self.recorder = Recorder(
            self.repository, self.log, lambda: ("john", "desk-7"), self.told.append, lambda: self.time
        )
        self.apps = app_services(self.repository, vault, lambda: self.time, self.recorder)
        self.orgs = OrgService(self.repository, lambda: self.time, self.recorder)
        self.doctor = Doctor(self.apps)
        self.org = self.repository.orgs()[0]

    def entries(self) -> list[ActivityEntry]:
        """Oldest first."""
        places = [place for piece in self.log.find(ActivityQuery()) for place in piece.places]
        return [logged.entry for logged in reversed(self.log.read(places))]

    def actions(self) -> list[Action]:
        return [entry.action for entry in self.entries()]


@pytest.fixture
def office(folder: Path, vault: InMemoryVault) -> Office:
    return Office(folder, vault)


def test_an_entry_says_what_to_which_app_when_and_who(office: Office) -> None:
    made = create(office.apps, office.org.id, "NewHealth App", sessions=True)
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
    apps = office.apps
    app = create(apps, office.org.id, "NewHealth App").app
    apps.use.note_copied(app.id, clears_after=30)
    apps.use.note_copied(app.id, Action.SECRET_COPIED, 30)
    apps.use.note_copied(app.id, Action.REQUEST_COPIED, 30)
    apps.use.note_revealed(app.id)
    apps.use.set_enabled(app.id, False)
    apps.use.set_enabled(app.id, True)
    apps.rotation.rotate(app.id, A_WEEK)
    apps.rotation.roll_back(app.id, 1, A_WEEK)
    apps.removal.drop_kept(app.id, 2)
    apps.rotation.rotate(app.id, timedelta(0))
    apps.recovery.recover()
    apps.deletion.delete(app.id)
    apps.deletion.restore(app.id)
    apps.deletion.delete(app.id)
    office.time += RESTORABLE
    apps.recovery.recover()
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
    assert not office.told


def test_what_was_refused_or_is_unknown_is_not_recorded(office: Office, vault: InMemoryVault) -> None:
    app = create(office.apps, office.org.id, "Old").app
    vault.fail_next("store", VaultError(VaultProblem.DENIED, vault.name))
    with pytest.raises(VaultError):
        create(office.apps, office.org.id, "Refused")
    vault.fail_next("store", VaultTimeout(vault.name))
    with pytest.raises(NotFinished):
        office.apps.rotation.rotate(app.id, A_WEEK)
    assert office.actions() == [Action.CREATED]
    office.apps.recovery.recover()
    assert office.actions() == [Action.CREATED, Action.UNDONE]


def test_what_recovery_and_the_doctor_do_is_recorded(office: Office, vault: InMemoryVault) -> None:
    vault.fail_next("store", VaultTimeout(vault.name), after=True)
    with pytest.raises(NotFinished):
        create(office.apps, office.org.id, "With sessions", sessions=True)
    office.apps.recovery.recover()
    (app,) = office.repository.apps()
    del vault.items[app.ref(SecretKind.API_KEY)]
    for finding in office.doctor.check(app.id):
        office.doctor.repair(finding)
    assert office.actions()[0] is Action.FINISHED
    assert (office.actions()[-1], office.entries()[-1].details) == (Action.REPAIRED, {"problem": "missing"})


def test_a_repair_that_is_not_needed_any_more_is_not_recorded(office: Office, vault: InMemoryVault) -> None:
    app = create(office.apps, office.org.id, "With sessions", sessions=True).app
    key = vault.items.pop(app.ref(SecretKind.API_KEY))
    (finding,) = office.doctor.check(app.id)
    vault.items[app.ref(SecretKind.API_KEY)] = key
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
    app = create(office.apps, org.id, "NewHealth App").app
    office.orgs.remove(org.id)
    office.orgs.restore(org.id)
    office.orgs.remove(org.id)
    office.orgs.purge(org.id)
    office.apps.recovery.recover()
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
        raise StorageError("The disk is full", "Not saved.", "Free some space.")

    with monkeypatch.context() as patch:
        patch.setattr(office.log, "append", full)
        app = create(office.apps, office.org.id, "NewHealth App").app
        office.apps.use.set_enabled(app.id, False)
    assert not office.repository.app(app.id).enabled
    assert [str(error.title) for error in office.told] == ["Activity is not recorded now"]
    assert "Free some space." in str(office.told[0])
    office.apps.use.set_enabled(app.id, True)
    assert office.actions() == [Action.ENABLED]
    with monkeypatch.context() as patch:
        patch.setattr(office.log, "append", full)
        office.apps.use.set_enabled(app.id, False)
    assert len(office.told) == 2, "a new row of failures is said anew"


def test_a_batch_is_written_at_once_even_when_it_is_broken_off(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [create(office.apps, office.org.id, f"App {number}").app.id for number in range(20)]
    append, sizes = office.log.append, []

    def counted(entries: Sequence[ActivityEntry]) -> None:
        sizes.append(len(entries))
        append(entries)

    monkeypatch.setattr(office.log, "append", counted)

    def broken_off() -> None:
        with office.recorder.batch():
            for app_id in [*ids, "gone"]:
                with office.recorder.batch():
                    office.apps.use.set_enabled(app_id, False)

    with pytest.raises(AppGone):
        broken_off()
    assert sizes == [20]
    with office.recorder.batch():
        pass
    assert sizes == [20]


def test_a_batch_is_of_its_own_thread(office: Office) -> None:
    app = create(office.apps, office.org.id, "NewHealth App").app
    with office.recorder.batch():
        office.apps.use.set_enabled(app.id, False)
        other = threading.Thread(target=office.apps.use.note_revealed, args=(app.id,))
        other.start()
        other.join()
        assert office.actions() == [Action.CREATED, Action.KEY_REVEALED]
    assert office.actions()[-1] is Action.DISABLED


def test_a_key_in_a_label_is_blotted_out(office: Office) -> None:
    key = Secret("mwid7xhb8ShcqmV1B9iOYJ")
    app = create(office.apps, office.org.id, f"key {key.reveal()}").app
    office.recorder.app(Action.EDITED, app, label_before=key.reveal(), changed=f"x={key.reveal()}")
    for entry in office.entries():
        assert key.reveal() not in repr(entry)
        assert "[redacted]" in entry.label


@pytest.mark.parametrize("name", ["j\udcffhn", "x" * 1000, "a\nb"])
def test_odd_names_of_users_are_written_all_the_same(folder: Path, vault: InMemoryVault, name: str) -> None:
    office = Office(folder, vault)
    recorder = Recorder(office.repository, office.log, lambda: (name, "desk-7"), office.told.append)
    create(app_services(office.repository, vault, recorder=recorder), office.org.id, "NewHealth App")
    assert len(office.entries()) == 1
    assert not office.told


def test_without_a_log_nothing_is_recorded(folder: Path, vault: InMemoryVault, office: Office) -> None:
    create(app_services(office.repository, vault), office.org.id, "NewHealth App")
    assert office.entries() == []


def test_who_is_asked_once_and_on_the_lane(office: Office) -> None:
    asked: list[str] = []

    def by() -> tuple[str, str]:
        asked.append(threading.current_thread().name)
        return "john", "desk-7"

    recorder = Recorder(office.repository, office.log, by)
    assert not asked
    app = create(office.apps, office.org.id, "NewHealth App").app
    recorder.app(Action.EDITED, app)
    recorder.app(Action.EDITED, app)
    assert len(asked) == 1
