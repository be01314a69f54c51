"""Who made the keys of apps of older versions, which did not note it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cortex_desktop.domain.activity import Action, describe
from cortex_desktop.domain.model import App, AppDetails, Environment, Org, Origin
from cortex_desktop.domain.secret import SecretKind, generate
from cortex_desktop.services.apps.origins import KeyOrigins
from tests.support.services import Office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
def origins(office: Office) -> KeyOrigins:
    return KeyOrigins(office.apps.stores, office.log)


def added(office: Office, label: str = "Added") -> App:
    """An app with an existing key, as an older version left it."""
    key = generate(SecretKind.API_KEY)
    return as_before(office, office.creation.import_key(office.org.id, AppDetails(label, sessions=True), key).app)


def as_before(office: Office, app: App) -> App:
    return office.repository.change_app(app.id, lambda app: replace(app, origin=Origin.UNKNOWN))


def test_an_added_key_came_from_cortex(office: Office, origins: KeyOrigins) -> None:
    app, made = added(office), as_before(office, office.make("Made", sessions=True).app)
    assert origins.learn() == [replace(app, origin=Origin.CORTEX)]
    assert office.row(made).origin is Origin.UNKNOWN, "is asked"
    assert not origins.learn(), "and changes nothing more"


def test_not_after_another_key_took_its_place(office: Office, origins: KeyOrigins) -> None:
    app = added(office)
    office.time += timedelta(hours=1)
    office.rotation.rotate(app.id, timedelta(days=7))
    as_before(office, app)
    assert not origins.learn()


def test_not_for_a_row_that_is_younger_than_the_entry(office: Office, origins: KeyOrigins) -> None:
    app = added(office)
    later = office.time + timedelta(hours=1)
    office.repository.change_app(app.id, lambda app: replace(app, created=later))  # brought back from the keychain
    assert not origins.learn()


def test_a_persons_answer_is_kept_and_can_be_taken_back(office: Office, origins: KeyOrigins) -> None:
    apps = [as_before(office, office.make(label).app) for label in ("One", "Two")]
    noted = origins.note([app.id for app in apps], Origin.HERE)
    assert [app.origin for app in noted] == [Origin.HERE] * 2
    assert [entry.action for entry in office.entries()[-2:]] == [Action.ORIGIN_NOTED] * 2
    assert [text.source for text in describe(office.entries()[-1], str)] == ["Key made here"]
    assert {app.origin for app in office.restart().stores.repository.apps()} == {Origin.HERE}
    origins.note([app.id for app in apps], Origin.UNKNOWN)
    assert {app.origin for app in office.repository.apps()} == {Origin.UNKNOWN}


@pytest.mark.parametrize(
    ("endpoint", "console"),
    [
        ("https://api.dev.medable.com", "https://app.dev.medable.com/newhealthco/settings/apps"),
        ("https://api.medable.com/", "https://app.medable.com/newhealthco/settings/apps"),
        ("https://api-eu1.medable.com", "https://app-eu1.medable.com/newhealthco/settings/apps"),
        ("https://api.dev.medable.com:8443/x", "https://app.dev.medable.com:8443/newhealthco/settings/apps"),
        ("https://cortex.example", ""),
        ("https://apiary.example", ""),
        ("http://127.0.0.1:8631", ""),
    ],
)
def test_the_page_of_an_org_in_the_web_console(endpoint: str, console: str) -> None:
    assert Org("0", "NewHealthCo", "newhealthco", Environment.TEST, endpoint).console == console
