"""Where a key works: who made it, what Cortex said of it, and what the program says before it changes that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QAbstractButton

from cortex_desktop.composition import compose
from cortex_desktop.domain.model import AppDetails, Known, Origin
from cortex_desktop.domain.secret import SecretKind, generate
from cortex_desktop.storage.repository import TinyRepository
from tests.support.gui import Desk, Key, plain, texts
from tests.support.memory_vault import InMemoryVault
from tests.support.sandbox import LocalStores

Start = Callable[..., Desk]
CONSOLE = "https://app.dev.medable.com/my-org/settings/apps"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The web pages that were shown."""
    pages: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: pages.append(url.toString()))
    return pages


def details(desk: Desk) -> str:
    return "\n".join(texts(desk.apps.page.details))


def test_the_question_stands_in_the_details_and_is_asked_once(open_with: Start) -> None:
    desk = open_with({"Old": {}, "Other": {}})
    assert desk.dialog_or_none() is None, "no question at the start"
    desk.select("Old")
    desk.key(Key.Key_Return)
    assert "Who made this key?" in details(desk)
    desk.click("Cortex made it", within=desk.apps.page.details)
    toast = desk.toast("“Old”: the key is from Cortex")
    assert desk.app("Old").origin is Origin.CORTEX
    assert "Who made this key?" not in details(desk)
    desk.click_at(desk.find("Undo", QAbstractButton, toast))
    desk.wait(lambda: desk.app("Old").origin is Origin.UNKNOWN)
    desk.wait(lambda: "Who made this key?" in details(desk))
    desk.click("It was made here", within=desk.apps.page.details)
    desk.toast("“Old”: the key was made here")
    desk.select("Other")
    assert "Who made this key?" in details(desk), "of each app"


def test_several_at_once_and_found_by_a_filter(open_with: Start) -> None:
    desk = open_with({"One": {}, "Two": {}, "Known": {"origin": Origin.CORTEX}})
    desk.apps.page.look_for("from:unknown")
    desk.wait(lambda: sorted(desk.labels()) == ["One", "Two"])
    desk.apps.page.select_all()
    desk.wait(desk.action("origin_here").isVisible)
    desk.action("origin_here").trigger()
    desk.toast("2 apps: the key was made here")
    assert {desk.app(label).origin for label in ("One", "Two")} == {Origin.HERE}
    desk.wait(lambda: desk.labels() == [])


def test_a_key_that_was_added_by_an_older_version_came_from_cortex(
    folder: Path, vault: InMemoryVault, start: Start
) -> None:
    services = compose(LocalStores(folder, TinyRepository(folder), vault))
    org = services.stores.repository.orgs()[0]
    key = generate(SecretKind.API_KEY)
    added = services.apps.creation.import_key(org.id, AppDetails("Added", sessions=True), key).app
    services.origins.note([added.id], Origin.UNKNOWN)
    services.stores.repository.close()
    desk = start()
    desk.wait(lambda: desk.labels() == ["Added"])
    desk.wait(lambda: desk.app("Added").origin is Origin.CORTEX)
    desk.select("Added")
    desk.key(Key.Key_Return)
    desk.wait(lambda: "Who made this key?" not in details(desk))


def test_the_column_is_hidden_at_first_and_says_both(open_with: Start) -> None:
    desk = open_with({"Ward": {"origin": Origin.CORTEX, "known": Known.DISABLED}})
    assert "Key from" not in desk.columns()
    assert desk.values("Key from") == ["Cortex · Known, but disabled"]


def test_rotating_a_key_from_cortex_offers_another_one_from_there(open_with: Start) -> None:
    desk = open_with({"Ward": {"origin": Origin.CORTEX}, "Ours": {"origin": Origin.HERE}})
    desk.select("Ours")
    desk.action("rotate").trigger()
    assert not desk.all("Use a key from Cortex instead", within=desk.dialog())
    desk.click("Cancel")
    desk.no_dialog()
    desk.select("Ward")
    desk.action("rotate").trigger()
    assert "this app stops working at Cortex" in "\n".join(texts(desk.dialog()))
    desk.click("Use a key from Cortex instead")
    desk.wait(lambda: desk.dialog_or_none() and "Paste the key" in "\n".join(texts(desk.dialog_or_none())))
    desk.dialog()
    desk.type("GsAqlhnIMzrDeD8V2MBQWq")
    desk.key(Key.Key_Return)
    desk.wait(lambda: desk.find("Use key").isEnabled())
    before = desk.kept("Ward")
    desk.click("Use key")
    desk.no_dialog()
    toast = desk.toast("“Ward” uses the key from Cortex")
    assert desk.kept("Ward") == "GsAqlhnIMzrDeD8V2MBQWq"
    desk.click_at(desk.find("Undo", QAbstractButton, toast))
    desk.wait(lambda: desk.kept("Ward") == before)
    assert desk.app("Ward").origin is Origin.CORTEX


def test_disabling_and_deleting_end_nothing_in_cortex_and_lead_there(open_with: Start, opened: list[str]) -> None:
    desk = open_with({"Ward": {"origin": Origin.CORTEX}, "Ours": {"origin": Origin.HERE}})
    desk.select("Ours")
    desk.action("enable").trigger()
    desk.wait(lambda: not desk.app("Ours").enabled)
    assert desk.toasts() == []
    desk.select("Ward")
    desk.action("enable").trigger()
    toast = desk.toast("Cortex goes on taking a key that it made")
    desk.click_at(desk.find("Web console", QAbstractButton, toast))
    assert opened == [CONSOLE]
    desk.action("delete").trigger()
    desk.dialog()
    desk.click("Open the apps in the web console")
    assert opened == [CONSOLE] * 2
    desk.click("Cancel")
    desk.no_dialog()
    assert any(plain(action.text()) == "Open the web console" for action in desk.open_menu("App").actions())
