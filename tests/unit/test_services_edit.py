"""Editing an app, switching its Sessions, taking in a key that was made elsewhere, making a copy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from cortex_desktop.domain.activity import Action
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
from cortex_desktop.services.apps.create import Created
from cortex_desktop.services.periods import RESTORABLE, SECRET_KEPT
from tests.support.services import Office, failed

KEY, API_SECRET = SecretKind.API_KEY, SecretKind.API_SECRET
A_DAY = timedelta(days=1)
DETAILS = AppDetails(
    "Ward tablet", csrf=False, notes="Ask Ada", owner="Ada", expires=date(2027, 2, 28), review=date(2026, 12, 1)
)


def switch(office: Office, app: App, sessions: bool) -> App:
    return office.editing.edit(app.id, replace(app.details, sessions=sessions))


# Editing


def test_what_was_changed_is_kept_and_nothing_else(office: Office) -> None:
    app = office.make().app
    office.vault.calls.clear()
    edited = office.editing.edit(app.id, DETAILS)
    assert edited == replace(app, **vars(DETAILS)) == office.repository.app(app.id)
    assert edited.details == DETAILS
    assert not office.vault.calls, "the keychain has nothing to do with it"


def test_it_is_cleaned_as_elsewhere(office: Office) -> None:
    app = office.make().app
    edited = office.editing.edit(app.id, AppDetails(" Ward ", notes=" a\r\nb ", owner=" Ada "))
    assert (edited.label, edited.notes, edited.owner) == ("Ward", "a\nb", "Ada")


@pytest.mark.parametrize(
    ("change", "error"),
    [({"label": " "}, LabelError), ({"notes": "x" * 4001}, DetailError), ({"owner": "a\nb"}, DetailError)],
)
def test_what_cannot_be_kept_changes_nothing(office: Office, change: dict[str, str], error: type[Exception]) -> None:
    app = office.make().app
    with pytest.raises(error):
        office.editing.edit(app.id, replace(DETAILS, sessions=True, **change))
    assert office.repository.app(app.id) == app
    assert office.is_whole(app)


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
    app = office.make().app
    office.editing.edit(app.id, replace(app.details, **change))
    assert office.last_entry() == (Action.EDITED, recorded)


def test_what_is_as_it_was_is_not_written(office: Office) -> None:
    app = office.make().app
    assert office.editing.edit(app.id, app.details) == app
    assert office.last_entry()[0] is Action.CREATED


# Switching Sessions


def test_switched_off_the_app_gets_a_secret_and_keeps_its_key(office: Office) -> None:
    app = office.make(sessions=True).app
    key = office.held(app)
    edited = office.editing.edit(app.id, DETAILS)
    assert edited.details == DETAILS
    assert office.held(edited) == key
    assert len(office.held(edited, API_SECRET).reveal()) == 64
    assert edited.rotated is None, "the key is the same"
    office.recover()
    assert office.repository.app(app.id).kept == (), "a second item with the same key serves nobody"
    assert office.is_whole(app)
    assert office.last_entry()[0] is Action.EDITED, "nor is its going worth a word"


def test_switched_on_the_secret_stays_for_a_while(office: Office) -> None:
    app = office.make().app
    key, secret = office.held(app), office.held(app, API_SECRET)
    edited = switch(office, app, sessions=True)
    assert edited.kinds == (KEY,)
    assert office.held(edited) == key
    office.recover()
    assert secret in office.vault.items.values()
    assert office.is_whole(app)
    office.time += SECRET_KEPT
    office.recover()
    assert list(office.vault.items.values()) == [key]
    assert office.is_whole(app)


def test_switched_back_in_time_the_secret_is_the_same(office: Office) -> None:
    app = office.make().app
    secret = office.held(app, API_SECRET)
    edited = office.editing.edit(app.id, replace(DETAILS, sessions=True))
    office.time += SECRET_KEPT - timedelta(seconds=1)
    back = office.editing.edit(app.id, replace(edited.details, sessions=False, label="Back"))
    assert office.held(back, API_SECRET) == secret
    assert (back.label, back.notes) == ("Back", DETAILS.notes)
    office.recover()
    assert office.repository.app(app.id).kept == ()
    assert office.is_whole(app)


def test_switched_back_too_late_there_is_a_new_one(office: Office) -> None:
    app = office.make().app
    secret = office.held(app, API_SECRET)
    edited = switch(office, app, sessions=True)
    office.time += SECRET_KEPT
    office.recover()
    back = switch(office, edited, sessions=False)
    assert office.held(back, API_SECRET) != secret
    assert office.is_whole(app)


def test_a_secret_of_an_earlier_key_does_not_come_back(office: Office) -> None:
    app = office.make().app
    secret = office.held(app, API_SECRET)
    switched = switch(office, app, sessions=True)
    rotated = office.rotation.rotate(switched.id, timedelta(days=1)).app
    back = switch(office, rotated, sessions=False)
    assert office.held(back, API_SECRET) != secret
    assert back.key_ends == rotated.key_ends


def test_rolling_back_across_the_switch_takes_sessions_along(office: Office) -> None:
    app = office.make().app
    secret = office.held(app, API_SECRET)
    switched = switch(office, app, sessions=True)
    back = office.rotation.roll_back(switched.id, app.version, timedelta(0))
    assert not back.sessions
    assert office.held(back, API_SECRET) == secret
    office.recover()
    assert office.is_whole(app)


def test_deleted_for_good_nothing_of_either_stays(office: Office) -> None:
    app = office.make().app
    switched = switch(office, app, sessions=True)
    switch(office, switched, sessions=False)
    office.deletion.delete(app.id)
    office.time += RESTORABLE
    office.recover()
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
        office.editing.edit(app.id, details)


@pytest.mark.parametrize("sessions", [True, False])
def test_a_switch_that_recovery_finishes_takes_along_what_was_saved_with_it(office: Office, sessions: bool) -> None:
    app = office.make(sessions=sessions).app
    after = replace(DETAILS, sessions=not sessions)
    leave_unfinished(office, app, after)
    assert office.repository.app(app.id).details == app.details, "not yet"
    assert office.recover().finished == (app.id,)
    assert office.repository.app(app.id).details == after
    assert office.is_whole(app)


def test_a_switch_that_recovery_undoes_leaves_all_as_it_was(office: Office) -> None:
    app = office.make(sessions=False).app
    leave_unfinished(office, app, replace(DETAILS, sessions=True))
    del office.vault.items[SecretRef(app.org_id, app.id, KEY, 2)]
    assert office.recover().undone == (app.id,)
    assert office.repository.app(app.id).details == app.details


def test_what_is_said_after_an_unfinished_switch_is_not_taken_back_by_it(office: Office) -> None:
    app = office.make(sessions=False).app
    leave_unfinished(office, app, replace(DETAILS, sessions=True))
    office.editing.edit(app.id, replace(DETAILS, sessions=False, label="Said last"))
    office.recover()
    assert office.repository.app(app.id).details == replace(DETAILS, sessions=True, label="Said last")


@pytest.mark.parametrize("sessions", [True, False])
def test_a_locked_keychain_refuses_the_switch_and_takes_the_rest(office: Office, sessions: bool) -> None:
    app = office.make(sessions=sessions).app
    office.vault.current = VaultState.LOCKED
    with pytest.raises(VaultError) as refused:
        office.editing.edit(app.id, replace(DETAILS, sessions=not sessions))
    assert refused.value.problem is VaultProblem.LOCKED
    assert office.repository.app(app.id) == app
    assert office.editing.edit(app.id, replace(DETAILS, sessions=sessions)).notes == DETAILS.notes


def test_without_its_key_an_app_is_not_switched(office: Office) -> None:
    app = office.make().app
    office.vault.items.clear()
    with pytest.raises(SecretMissing):
        switch(office, app, sessions=True)
    assert office.repository.app(app.id) == app


# Importing


@pytest.mark.parametrize("key", ["mwidxhb8ShcqmV1B9iOYJh", "c_my_portal"])
@pytest.mark.parametrize("sessions", [True, False])
def test_a_key_is_imported_as_it_is(office: Office, key: str, sessions: bool) -> None:
    secret = None if sessions else generate(API_SECRET)
    details = replace(DETAILS, sessions=sessions)
    made = office.creation.import_key(office.org.id, details, Secret(key), secret)
    assert made.key == Secret(key) == office.held(made.app)
    assert sessions or office.held(made.app, API_SECRET) == secret
    assert made.app.details == details
    assert made.app.state is AppState.ACTIVE
    assert made.app.key_ends == KeyEnds.of(Secret(key))
    assert office.is_whole(made.app)
    assert office.last_entry()[0] is Action.IMPORTED
    rotated = office.rotation.rotate(made.app.id, timedelta(0))
    assert len(rotated.key.reveal()) == 22
    office.recover()
    assert office.is_whole(made.app)


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
        office.creation.import_key(office.org.id, details, Secret(key), None if secret is None else Secret(secret))
    assert not office.repository.apps()


def import_key(office: Office, key: Secret) -> Created:
    """Import a key for an app with Sessions."""
    return office.creation.import_key(office.org.id, replace(DETAILS, sessions=True), key)


def known_as(office: Office, key: Secret) -> str:
    with pytest.raises(KeyKnown) as known:
        import_key(office, key)
    return str(known.value)


@pytest.mark.parametrize(
    ("also", "said"),
    [
        (lambda office, app: None, "“NewHealth App” of My organization. Nothing"),
        (
            lambda office, app: office.rotation.rotate(app.id, timedelta(days=1)),
            "“NewHealth App” of My organization.",
        ),
        (lambda office, app: office.deletion.delete(app.id), "Restore that app from Recently deleted"),
        (lambda office, app: switch(office, app, sessions=True), "“NewHealth App”"),
    ],
    ids=["current", "kept", "deleted", "switched"],
)
def test_a_key_that_is_here_already_is_said_to_be(
    office: Office, also: Callable[[Office, App], object], said: str
) -> None:
    app = office.make().app
    key = office.held(app)
    also(office, app)
    assert said in known_as(office, key)
    assert len(office.repository.apps()) == 1


def test_of_another_org_as_well(office: Office) -> None:
    other = Org("ff00", "Elsewhere", "elsewhere", Environment.TEST, "https://example.com")
    office.repository.save_org(other)
    key = office.make("Theirs", other).key
    assert "“Theirs” of Elsewhere" in known_as(office, key)


def test_the_same_ends_are_not_the_same_key(office: Office) -> None:
    import_key(office, Secret("mwidxhb8ShcqmV1B9iOYJh"))
    import_key(office, Secret("mwid" + "0" * 14 + "OYJh"))
    assert len(office.repository.apps()) == 2


def test_only_keys_with_the_same_ends_are_read(office: Office) -> None:
    for _ in range(5):
        office.make()
    office.vault.calls.clear()
    import_key(office, generate(KEY))
    assert not [call for call, _ in office.vault.calls if call == "read"]


def test_a_key_that_the_keychain_lost_can_be_imported_anew(office: Office) -> None:
    app = office.make(sessions=True).app
    key = office.held(app)
    office.vault.items.clear()
    made = import_key(office, key)
    assert office.held(made.app) == key


def test_what_cannot_be_compared_is_not_imported(office: Office) -> None:
    key = office.held(office.make().app)
    office.vault.fail_next("read", failed(VaultProblem.DENIED))
    with pytest.raises(VaultError):
        import_key(office, key)
    assert len(office.repository.apps()) == 1


# A copy


def test_a_copy_has_the_details_and_a_key_of_its_own(office: Office) -> None:
    app = office.make().app
    first = office.editing.edit(app.id, DETAILS)
    made = office.creation.create(office.org.id, replace(first.details, label="Ward tablet copy"), first)
    assert made.app.details == replace(DETAILS, label="Ward tablet copy")
    assert made.key != office.held(first)
    assert office.held(made.app, API_SECRET) != office.held(first, API_SECRET)
    assert office.last_entry() == (Action.DUPLICATED, {"copy_of": "Ward tablet"})
