"""Editing an app, switching its Sessions, taking in a key that was made elsewhere, making a copy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cortex_desktop.domain.activity import Action, ActivityQuery
from cortex_desktop.domain.errors import (
    DetailError,
    KeyFormError,
    KeyKnown,
    LabelError,
    NotFinished,
    SecretMissing,
    VaultError,
    VaultProblem,
    VaultTimeout,
)
from cortex_desktop.domain.model import App, AppDetails, AppState, Environment, Org, secrets_of
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import KeyEnds, Secret, SecretKind, SecretRef, generate
from cortex_desktop.services.activity import Recorder
from cortex_desktop.services.doctor import Doctor
from cortex_desktop.services.periods import RESTORABLE, SECRET_KEPT
from cortex_desktop.storage.activity import ActivityFile
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.vault.memory import InMemoryVault
from tests.support.services import app_services, create

KEY, API_SECRET = SecretKind.API_KEY, SecretKind.API_SECRET
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
A_DAY = timedelta(days=1)
DETAILS = AppDetails(
    "Ward tablet", csrf=False, notes="Ask Ada", owner="Ada", expires=date(2027, 2, 28), review=date(2026, 12, 1)
)


class Office:
    """The service on real files, with a clock to turn."""

    def __init__(self, folder: Path, vault: InMemoryVault) -> None:
        self.time = NOON
        self.vault = vault
        self.repository = TinyRepository(folder)
        self.log = ActivityFile(folder)
        recorder = Recorder(self.repository, self.log, now=lambda: self.time)
        self.apps = app_services(self.repository, vault, lambda: self.time, recorder)
        self.org = self.repository.orgs()[0]

    def create(self, *, sessions: bool = False) -> App:
        return create(self.apps, self.org.id, "NewHealth App", sessions=sessions).app

    def switch(self, app: App, sessions: bool) -> App:
        return self.apps.editing.edit(app.id, replace(app.details, sessions=sessions))

    def kept(self, app: App, kind: SecretKind = KEY) -> Secret:
        return self.vault.items[app.ref(kind)]

    def last_entry(self) -> tuple[Action, dict[str, object]]:
        places = [place for piece in self.log.find(ActivityQuery()) for place in piece.places]
        (logged,) = self.log.read(places[:1])
        assert logged.entry is not None
        return logged.entry.action, dict(logged.entry.details)

    def whole(self, app: App) -> bool:
        """Whether the doctor finds nothing, and the keychain holds nothing beside what the row tells of."""
        row = self.repository.app(app.id)
        told_of = {ref for number in row.versions for ref in row.refs_of(number)}
        return not Doctor(self.apps).check(app.id) and set(self.vault.items) == told_of


@pytest.fixture
def office(folder: Path, vault: InMemoryVault) -> Office:
    return Office(folder, vault)


# Editing


def test_what_was_changed_is_kept_and_nothing_else(office: Office) -> None:
    app = office.create()
    office.vault.calls.clear()
    edited = office.apps.editing.edit(app.id, DETAILS)
    assert edited == replace(app, **vars(DETAILS)) == office.repository.app(app.id)
    assert edited.details == DETAILS
    assert not office.vault.calls, "the keychain has nothing to do with it"


def test_it_is_cleaned_as_elsewhere(office: Office) -> None:
    app = office.create()
    edited = office.apps.editing.edit(app.id, AppDetails(" Ward ", notes=" a\r\nb ", owner=" Ada "))
    assert (edited.label, edited.notes, edited.owner) == ("Ward", "a\nb", "Ada")


@pytest.mark.parametrize(
    ("change", "error"),
    [({"label": " "}, LabelError), ({"notes": "x" * 4001}, DetailError), ({"owner": "a\nb"}, DetailError)],
)
def test_what_cannot_be_kept_changes_nothing(office: Office, change: dict[str, str], error: type[Exception]) -> None:
    app = office.create()
    with pytest.raises(error):
        office.apps.editing.edit(app.id, replace(DETAILS, sessions=True, **change))
    assert office.repository.app(app.id) == app
    assert office.whole(app)


@pytest.mark.parametrize(
    ("change", "recorded"),
    [
        ({"label": "Ward"}, {"label_before": "NewHealth App"}),
        ({"csrf": False}, {"csrf": False}),
        ({"sessions": True}, {"sessions": True}),
        ({"notes": "A secret of theirs", "expires": date(2027, 1, 1)}, {"changed": "notes, expires"}),
    ],
)
def test_the_log_says_what_was_changed_not_what_was_noted(
    office: Office, change: dict[str, Any], recorded: dict[str, object]
) -> None:
    app = office.create()
    office.apps.editing.edit(app.id, replace(app.details, **change))
    assert office.last_entry() == (Action.EDITED, recorded)


def test_what_is_as_it_was_is_not_written(office: Office) -> None:
    app = office.create()
    assert office.apps.editing.edit(app.id, app.details) == app
    assert office.last_entry()[0] is Action.CREATED


# Switching Sessions


def test_switched_off_the_app_gets_a_secret_and_keeps_its_key(office: Office) -> None:
    app = office.create(sessions=True)
    key = office.kept(app)
    edited = office.apps.editing.edit(app.id, DETAILS)
    assert edited.details == DETAILS
    assert office.kept(edited) == key
    assert len(office.kept(edited, API_SECRET).reveal()) == 64
    assert edited.rotated is None, "the key is the same"
    office.apps.recovery.recover()
    assert office.repository.app(app.id).kept == (), "a second item with the same key serves nobody"
    assert office.whole(app)
    assert office.last_entry()[0] is Action.EDITED, "nor is its going worth a word"


def test_switched_on_the_secret_stays_for_a_while(office: Office) -> None:
    app = office.create()
    key, secret = office.kept(app), office.kept(app, API_SECRET)
    edited = office.switch(app, sessions=True)
    assert edited.kinds == (KEY,)
    assert office.kept(edited) == key
    office.apps.recovery.recover()
    assert secret in office.vault.items.values()
    assert office.whole(app)
    office.time += SECRET_KEPT
    office.apps.recovery.recover()
    assert list(office.vault.items.values()) == [key]
    assert office.whole(app)


def test_switched_back_in_time_the_secret_is_the_same(office: Office) -> None:
    app = office.create()
    secret = office.kept(app, API_SECRET)
    edited = office.apps.editing.edit(app.id, replace(DETAILS, sessions=True))
    office.time += SECRET_KEPT - timedelta(seconds=1)
    back = office.apps.editing.edit(app.id, replace(edited.details, sessions=False, label="Back"))
    assert office.kept(back, API_SECRET) == secret
    assert (back.label, back.notes) == ("Back", DETAILS.notes)
    office.apps.recovery.recover()
    assert office.repository.app(app.id).kept == ()
    assert office.whole(app)


def test_switched_back_too_late_there_is_a_new_one(office: Office) -> None:
    app = office.create()
    secret = office.kept(app, API_SECRET)
    edited = office.switch(app, sessions=True)
    office.time += SECRET_KEPT
    office.apps.recovery.recover()
    back = office.switch(edited, sessions=False)
    assert office.kept(back, API_SECRET) != secret
    assert office.whole(app)


def test_a_secret_of_an_earlier_key_does_not_come_back(office: Office) -> None:
    app = office.create()
    secret = office.kept(app, API_SECRET)
    switched = office.switch(app, sessions=True)
    rotated = office.apps.rotation.rotate(switched.id, timedelta(days=1)).app
    back = office.switch(rotated, sessions=False)
    assert office.kept(back, API_SECRET) != secret
    assert back.key_ends == rotated.key_ends


def test_rolling_back_across_the_switch_takes_sessions_along(office: Office) -> None:
    app = office.create()
    secret = office.kept(app, API_SECRET)
    switched = office.switch(app, sessions=True)
    back = office.apps.rotation.roll_back(switched.id, app.version, timedelta(0))
    assert not back.sessions
    assert office.kept(back, API_SECRET) == secret
    office.apps.recovery.recover()
    assert office.whole(app)


def test_deleted_for_good_nothing_of_either_stays(office: Office) -> None:
    app = office.create()
    switched = office.switch(app, sessions=True)
    office.switch(switched, sessions=False)
    office.apps.deletion.delete(app.id)
    office.time += RESTORABLE
    office.apps.recovery.recover()
    assert not office.vault.items
    assert not office.repository.apps()


def leave_unfinished(office: Office, app: App, details: AppDetails) -> None:
    """Switch Sessions with a keychain that stores everything and then gives no answer."""
    last = secrets_of(details.sessions)[-1]

    def give_no_answer(call: str, ref: SecretRef | None) -> None:
        if call == "store" and ref is not None and ref.kind is last:
            office.vault.after = None
            raise VaultTimeout(office.vault.name)

    office.vault.after = give_no_answer
    with pytest.raises(NotFinished):
        office.apps.editing.edit(app.id, details)


@pytest.mark.parametrize("sessions", [True, False])
def test_a_switch_that_recovery_finishes_takes_along_what_was_saved_with_it(office: Office, sessions: bool) -> None:
    app = office.create(sessions=sessions)
    after = replace(DETAILS, sessions=not sessions)
    leave_unfinished(office, app, after)
    assert office.repository.app(app.id).details == app.details, "not yet"
    assert office.apps.recovery.recover().finished == (app.id,)
    assert office.repository.app(app.id).details == after
    assert office.whole(app)


def test_a_switch_that_recovery_undoes_leaves_all_as_it_was(office: Office) -> None:
    app = office.create(sessions=False)
    leave_unfinished(office, app, replace(DETAILS, sessions=True))
    del office.vault.items[SecretRef(app.org_id, app.id, KEY, 2)]
    assert office.apps.recovery.recover().undone == (app.id,)
    assert office.repository.app(app.id).details == app.details


def test_what_is_said_after_an_unfinished_switch_is_not_taken_back_by_it(office: Office) -> None:
    app = office.create(sessions=False)
    leave_unfinished(office, app, replace(DETAILS, sessions=True))
    office.apps.editing.edit(app.id, replace(DETAILS, sessions=False, label="Said last"))
    office.apps.recovery.recover()
    assert office.repository.app(app.id).details == replace(DETAILS, sessions=True, label="Said last")


@pytest.mark.parametrize("sessions", [True, False])
def test_a_locked_keychain_refuses_the_switch_and_takes_the_rest(office: Office, sessions: bool) -> None:
    app = office.create(sessions=sessions)
    office.vault.current = VaultState.LOCKED
    with pytest.raises(VaultError) as refused:
        office.apps.editing.edit(app.id, replace(DETAILS, sessions=not sessions))
    assert refused.value.problem is VaultProblem.LOCKED
    assert office.repository.app(app.id) == app
    assert office.apps.editing.edit(app.id, replace(DETAILS, sessions=sessions)).notes == DETAILS.notes


def test_without_its_key_an_app_is_not_switched(office: Office) -> None:
    app = office.create()
    office.vault.items.clear()
    with pytest.raises(SecretMissing):
        office.switch(app, sessions=True)
    assert office.repository.app(app.id) == app


# Taking in


@pytest.mark.parametrize("key", ["mwidxhb8ShcqmV1B9iOYJh", "c_my_portal"])
@pytest.mark.parametrize("sessions", [True, False])
def test_a_key_is_taken_in_as_it_is(office: Office, key: str, sessions: bool) -> None:
    secret = None if sessions else generate(API_SECRET)
    details = replace(DETAILS, sessions=sessions)
    made = office.apps.creation.import_key(office.org.id, details, Secret(key), secret)
    assert made.key == Secret(key) == office.kept(made.app)
    assert sessions or office.kept(made.app, API_SECRET) == secret
    assert made.app.details == details
    assert made.app.state is AppState.ACTIVE
    assert made.app.key_ends == KeyEnds.of(Secret(key))
    assert office.whole(made.app)
    assert office.last_entry()[0] is Action.IMPORTED
    rotated = office.apps.rotation.rotate(made.app.id, timedelta(0))
    assert len(rotated.key.reveal()) == 22
    office.apps.recovery.recover()
    assert office.whole(made.app)


@pytest.mark.parametrize(
    ("key", "secret", "sessions"),
    [
        ("mwidxhb8ShcqmV1B9iOYJ", None, True),
        ("mwidxhb8ShcqmV1B9iOYJh", None, False),
        ("mwidxhb8ShcqmV1B9iOYJh", "x" * 63, False),
        ("mwidxhb8ShcqmV1B9iOYJh", "x" * 64, True),
    ],
    ids=["short", "no secret", "short secret", "a secret too many"],
)
def test_what_is_no_key_is_refused(office: Office, key: str, secret: str | None, sessions: bool) -> None:
    details = replace(DETAILS, sessions=sessions)
    with pytest.raises(KeyFormError):
        office.apps.creation.import_key(office.org.id, details, Secret(key), None if secret is None else Secret(secret))
    assert not office.repository.apps()


def known_as(office: Office, key: Secret) -> str:
    with pytest.raises(KeyKnown) as known:
        office.apps.creation.import_key(office.org.id, replace(DETAILS, sessions=True), key)
    return str(known.value)


@pytest.mark.parametrize(
    ("also", "said"),
    [
        (lambda office, app: None, "“NewHealth App” of My organization. Nothing"),
        (
            lambda office, app: office.apps.rotation.rotate(app.id, timedelta(days=1)),
            "“NewHealth App” of My organization.",
        ),
        (lambda office, app: office.apps.deletion.delete(app.id), "Restore that app from Recently deleted"),
        (lambda office, app: office.switch(app, sessions=True), "“NewHealth App”"),
    ],
    ids=["current", "kept", "deleted", "switched"],
)
def test_a_key_that_is_here_already_is_said_to_be(
    office: Office, also: Callable[[Office, App], object], said: str
) -> None:
    app = office.create()
    key = office.kept(app)
    also(office, app)
    assert said in known_as(office, key)
    assert len(office.repository.apps()) == 1


def test_of_another_org_as_well(office: Office) -> None:
    other = Org("ff00", "Elsewhere", "elsewhere", Environment.TEST, "https://example.com")
    office.repository.save_org(other)
    key = create(office.apps, other.id, "Theirs").key
    assert "“Theirs” of Elsewhere" in known_as(office, key)


def test_the_same_ends_are_not_the_same_key(office: Office) -> None:
    office.apps.creation.import_key(office.org.id, replace(DETAILS, sessions=True), Secret("mwidxhb8ShcqmV1B9iOYJh"))
    office.apps.creation.import_key(office.org.id, replace(DETAILS, sessions=True), Secret("mwid" + "0" * 14 + "OYJh"))
    assert len(office.repository.apps()) == 2


def test_only_keys_with_the_same_ends_are_read(office: Office) -> None:
    for _ in range(5):
        office.create()
    office.vault.calls.clear()
    office.apps.creation.import_key(office.org.id, replace(DETAILS, sessions=True), generate(KEY))
    assert not [call for call, _ in office.vault.calls if call == "read"]


def test_a_key_that_the_keychain_lost_can_be_taken_in_anew(office: Office) -> None:
    app = office.create(sessions=True)
    key = office.kept(app)
    office.vault.items.clear()
    made = office.apps.creation.import_key(office.org.id, replace(DETAILS, sessions=True), key)
    assert office.kept(made.app) == key


def test_what_cannot_be_compared_is_not_taken_in(office: Office) -> None:
    key = office.kept(office.create())
    office.vault.fail_next("read", VaultError(VaultProblem.DENIED, office.vault.name))
    with pytest.raises(VaultError):
        office.apps.creation.import_key(office.org.id, replace(DETAILS, sessions=True), key)
    assert len(office.repository.apps()) == 1


# A copy


def test_a_copy_has_the_details_and_a_key_of_its_own(office: Office) -> None:
    app = office.create()
    first = office.apps.editing.edit(app.id, DETAILS)
    made = office.apps.creation.create(office.org.id, replace(first.details, label="Ward tablet copy"), first)
    assert made.app.details == replace(DETAILS, label="Ward tablet copy")
    assert made.key != office.kept(first)
    assert office.kept(made.app, API_SECRET) != office.kept(first, API_SECRET)
    assert office.last_entry() == (Action.DUPLICATED, {"copy_of": "Ward tablet"})
