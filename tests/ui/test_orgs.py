"""Several orgs: adding, changing, removing and restoring them, going from one to another, and Production."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtWidgets import QComboBox, QFrame, QLineEdit, QListWidget, QPlainTextEdit, QPushButton

from cortex_desktop.domain.errors import StorageError
from cortex_desktop.domain.model import Environment, Org, OrgState, new_id
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import SecretKind
from cortex_desktop.services.folder import Folder
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.ui.orgs.page import OrganizationPage
from tests.support.gui import CTRL, Desk, Key, SlowVault, clipboard_text, painted, stored_app, texts
from tests.support.memory_vault import InMemoryVault

Start = Callable[..., Desk]
CLINIC = Org(new_id(), "Clinic", "clinic", Environment.PRODUCTION, "https://api.medable.com")
LAB = Org(new_id(), "Lab", "lab", Environment.OWN, "https://api.dev.medable.com", own_environment="Sandbox")


@pytest.fixture
def desk(folder: Path, vault: InMemoryVault, start: Start) -> Desk:
    """Three orgs. The first is the current one and has two apps; Clinic, production, has one; Lab has none."""
    fill(folder, vault)
    desk = start()
    desk.wait(lambda: len(desk.labels()) == 2)
    desk.select("NewHealth App")
    return desk


def fill(folder: Path, vault: InMemoryVault) -> None:
    repository = TinyRepository(folder)
    stored_app(repository, vault, "NewHealth App", sessions=True)
    stored_app(repository, vault, "EMR integration", sessions=False)
    for org in (CLINIC, LAB):
        repository.save_org(org)
    stored_app(repository, vault, "Patient web", org_id=CLINIC.id, sessions=False)
    repository.close()


def switch(desk: Desk, name: str) -> None:
    """By keyboard alone."""
    desk.key(Key.Key_O, CTRL)
    desk.type(name)
    desk.key(Key.Key_Return)
    desk.wait(lambda: current(desk) == name, f"{name} is the current org")


def current(desk: Desk) -> str:
    return desk.workspace.org.name


def page(desk: Desk) -> OrganizationPage:
    """The Organization page, opened by keyboard."""
    if not isinstance(desk.console.pages.currentWidget(), OrganizationPage):
        desk.key(Key.Key_2, CTRL)
    return desk.console.pages.currentWidget()


def orgs(desk: Desk) -> list[str]:
    """What the page lists."""
    model = page(desk).list.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def saved(desk: Desk) -> dict[str, Org]:
    """The orgs in the database, by name. Not by opening it anew: that sweeps up what is being written at the moment."""
    return {org.name: org for org in desk.program.stores.repository.orgs()}


def listed(desk: Desk) -> list[str]:
    """What the open list of organizations shows."""
    model = desk.palette().list.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def field(desk: Desk, name: str) -> QLineEdit:
    return desk.find(name, QLineEdit)


class TestSwitching:
    def test_by_typing_a_few_letters(self, desk: Desk) -> None:
        desk.key(Key.Key_O, CTRL)
        desk.type("cli")
        assert listed(desk) == ["Clinic"]
        desk.key(Key.Key_Return)
        desk.wait(lambda: desk.labels() == ["Patient web"])
        assert current(desk) == "Clinic"
        assert "Apps of Clinic." in desk.screen()
        assert desk.find("Organization Clinic").accessibleDescription() == "Local · Production"
        switch(desk, "My organization")
        assert sorted(desk.labels()) == ["EMR integration", "NewHealth App"]

    def test_by_code_and_environment(self, desk: Desk) -> None:
        desk.key(Key.Key_O, CTRL)
        for typed, found in (("my-org", ["My organization"]), ("sand", ["Lab"]), ("production", ["Clinic"])):
            desk.find("Switch organization", QLineEdit).setText(typed)
            assert listed(desk) == found
        desk.key(Key.Key_Escape)
        assert current(desk) == "My organization"
        assert desk.table.hasFocus()

    def test_starts_at_the_current_one_and_can_be_left(self, desk: Desk) -> None:
        desk.click("Organization My organization")
        names = listed(desk)
        assert names == ["Clinic", "Lab", "My organization"]
        assert desk.palette().list.currentIndex().data() == "My organization"
        desk.key(Key.Key_Return)
        desk.let_pass(20)
        assert current(desk) == "My organization"

    def test_from_the_palette(self, desk: Desk) -> None:
        desk.key(Key.Key_K, CTRL)
        desk.type("switch to lab")
        desk.key(Key.Key_Return)
        desk.wait(lambda: current(desk) == "Lab")
        assert "No apps yet" in desk.screen()

    def test_forgets_what_was_about_the_other_org(self, desk: Desk) -> None:
        desk.key(Key.Key_R, CTRL)
        desk.wait(lambda: desk.tools.reveal.secret is not None)
        desk.find("Search apps", QLineEdit).setText("new")
        desk.select("NewHealth App")
        desk.key(Key.Key_Delete)
        desk.dialog()
        desk.click("Delete")
        undo = desk.toast("deleted")
        switch(desk, "Clinic")
        assert not desk.tools.reveal.app_id
        assert desk.find("Search apps", QLineEdit).text() == ""
        assert desk.labels() == ["Patient web"]
        desk.wait(lambda: undo not in desk.tools.toasts.shown)
        assert desk.selected() == "Patient web"

    def test_shows_the_details_of_an_app_of_that_org(self, desk: Desk) -> None:
        desk.key(Key.Key_Return)
        assert "https://api.dev.medable.com" in desk.find("First request", QPlainTextEdit).toPlainText()
        switch(desk, "Clinic")
        assert desk.apps.page.details.isVisible()
        request = desk.find("First request", QPlainTextEdit).toPlainText()
        assert "https://api.medable.com" in request
        assert "/clinic/v2" in request

    def test_the_details_do_not_go_in_between(self, desk: Desk) -> None:
        desk.key(Key.Key_Return)
        told: list[int] = []
        desk.apps.page.inset_changed.connect(lambda: told.append(desk.apps.page.inset))
        switch(desk, "Clinic")
        assert not told, "it would lay out and paint the page twice"
        assert "Patient web" in texts(desk.apps.page.details)
        switch(desk, "Lab")
        assert told == [0]

    def test_a_new_app_belongs_to_the_current_org(self, desk: Desk) -> None:
        switch(desk, "Lab")
        made = desk.create("Centrifuge")
        assert made.org_id == LAB.id
        switch(desk, "My organization")
        assert "Centrifuge" not in desk.labels()
        switch(desk, "Lab")
        assert desk.labels() == ["Centrifuge"]

    def test_what_changes_meanwhile_is_there_afterwards(self, desk: Desk) -> None:
        """Its outcome arrives when another org is on screen."""
        app = desk.app("NewHealth App")
        switch(desk, "Clinic")
        desk.apps.set_enabled(app, False)
        desk.apps.delete(desk.app("EMR integration"), lambda _: None)
        desk.wait(lambda: desk.app("EMR integration").purge_after is not None)
        desk.let_pass(20)
        assert desk.labels() == ["Patient web"]
        switch(desk, "My organization")
        assert desk.labels() == ["NewHealth App"]
        assert desk.values("Status") == ["Disabled"]

    def test_a_key_that_comes_too_late_is_not_copied(self, folder: Path, start: Start) -> None:
        """It would be pasted where the other org's is wanted."""
        vault = SlowVault()
        fill(folder, vault)
        desk = start(vault=vault)
        desk.wait(lambda: len(desk.labels()) == 2)
        before = clipboard_text()
        for ask in (Key.Key_C, Key.Key_R):
            switch(desk, "My organization")
            vault.slow = {"read"}
            desk.key(ask, CTRL)
            switch(desk, "Clinic")
            vault.answer()
            desk.toast("was not used")
            assert clipboard_text() == before
            assert not desk.tools.reveal.app_id
            for toast in desk.tools.toasts.shown:
                toast.leave()

    def test_is_remembered(self, desk: Desk, start: Start) -> None:
        switch(desk, "Clinic")
        desk.close()
        again = start()
        again.wait(lambda: again.labels() == ["Patient web"])
        assert current(again) == "Clinic"

    def test_one_that_is_gone_is_not_missed(self, desk: Desk, start: Start, folder: Path) -> None:
        switch(desk, "Lab")
        desk.close()
        repository = TinyRepository(folder)
        repository.drop_org(LAB.id)
        repository.close()
        again = start()
        again.wait(lambda: current(again) == "My organization")


class TestThePage:
    def test_lists_all_and_shows_the_current_one(self, desk: Desk) -> None:
        assert orgs(desk) == ["Clinic", "Lab", "My organization"]
        assert desk.window.windowTitle() == "Organization – Cortex Desktop"
        assert field(desk, "Name").text() == "My organization"
        listed = page(desk).list
        spoken = listed.model().index(0, 0).data(role_of_description())
        assert spoken == "clinic · Production, 1 app"

    def test_looking_is_not_switching(self, desk: Desk) -> None:
        assert page(desk).list.hasFocus()
        assert "You work in this organization." in texts(page(desk))
        assert not page(desk).switch.isVisible()
        desk.key(Key.Key_Up)
        assert field(desk, "Name").text() == "Lab"
        assert field(desk, "Name of the environment").text() == "Sandbox"
        assert current(desk) == "My organization"
        assert "You are looking at it. You work in My organization." in texts(page(desk))
        desk.key(Key.Key_1, CTRL)
        assert len(desk.labels()) == 2

    @pytest.mark.parametrize("way", ["button", "enter"])
    def test_switching_to_what_is_looked_at(self, desk: Desk, way: str) -> None:
        page(desk)
        desk.key(Key.Key_Up)
        if way == "button":
            desk.click("Switch to it")
        else:
            desk.key(Key.Key_Return)
        desk.wait(lambda: current(desk) == "Lab")
        assert field(desk, "Name").text() == "Lab"
        assert not page(desk).switch.isVisible()
        assert page(desk).list.hasFocus()
        desk.key(Key.Key_1, CTRL)
        assert "No apps yet" in desk.screen()

    def test_saving_what_is_looked_at_does_not_switch(self, desk: Desk) -> None:
        page(desk)
        desk.key(Key.Key_Up)
        field(desk, "Name").setText("Laboratory")
        desk.click("Save")
        desk.wait(lambda: "Laboratory" in orgs(desk))
        assert field(desk, "Name").text() == "Laboratory"
        assert current(desk) == "My organization"

    def test_another_current_one_is_shown(self, desk: Desk) -> None:
        page(desk)
        desk.key(Key.Key_Up)
        switch(desk, "Clinic")
        assert field(desk, "Name").text() == "Clinic"

    def test_says_how_many_apps_and_which_is_current(self, desk: Desk) -> None:
        words = painted(page(desk).list.viewport())
        assert words.count("Current") == 1
        assert {"1 app", "0 apps", "2 apps"} <= set(words)

    def test_changes_are_saved_and_seen_everywhere(self, desk: Desk) -> None:
        page(desk)
        save = desk.find("Save")
        assert not save.isEnabled()
        field(desk, "Name").setText(" newhealthco ")
        field(desk, "Code").setText("newhealthco")
        desk.find("Environment", QComboBox).setCurrentText("Staging")
        desk.find("API endpoint", QComboBox).setCurrentText("https://api.staging.medable.com/")
        assert "not saved" in " ".join(painted(page(desk).list.viewport()))
        desk.click("Save")
        desk.wait(lambda: "newhealthco" in orgs(desk))
        assert desk.find("Organization newhealthco").accessibleDescription() == "Local · Staging"
        assert field(desk, "Name").text() == "newhealthco"
        assert not desk.find("Save").isEnabled()
        desk.key(Key.Key_1, CTRL)
        assert "Apps of newhealthco." in desk.screen()
        org = saved(desk)["newhealthco"]
        assert (org.code, org.environment) == ("newhealthco", Environment.STAGING)
        assert org.endpoint == "https://api.staging.medable.com"

    def test_enter_saves(self, desk: Desk) -> None:
        page(desk)
        field(desk, "Name").setFocus()
        field(desk, "Name").selectAll()
        desk.type("newhealthco")
        desk.key(Key.Key_Return)
        desk.wait(lambda: "newhealthco" in saved(desk))

    @pytest.mark.parametrize(
        ("name", "value", "complaint"),
        [
            ("Code", "new health", "letters, digits"),
            ("Name", "x" * 121, "This name cannot be used"),
            ("API endpoint", "http://api.medable.com", "must be an address that begins with https://"),
        ],
    )
    def test_says_under_the_field_what_cannot_be(self, desk: Desk, name: str, value: str, complaint: str) -> None:
        page(desk)
        if name == "API endpoint":
            desk.find(name, QComboBox).setCurrentText(value)
            described = desk.find(name, QComboBox)
        else:
            field(desk, name).setText(value)
            described = field(desk, name)
        assert complaint in " ".join(texts(page(desk)))
        assert complaint in described.accessibleDescription()
        assert not desk.find("Save").isEnabled()

    def test_warns_of_orgs_that_are_taken_for_another(self, desk: Desk) -> None:
        page(desk)
        field(desk, "Name").setText("CLINIC")
        field(desk, "Code").setText("clinic")
        assert "Another organization has this name: clinic, Production." in texts(page(desk))
        desk.find("API endpoint", QComboBox).setCurrentText("https://api.medable.com")
        assert "“Clinic” has this code at this endpoint already." in texts(page(desk))
        assert "This is a production host of Medable, but the environment is Development." in texts(page(desk))
        assert desk.find("Save").isEnabled(), "it is a warning"

    @pytest.mark.parametrize(
        ("environment", "endpoint", "warning"),
        [
            ("Production", "https://api.dev.medable.com", "This host is not for production"),
            ("Production", "https://API-INT-DEV.medable.com/", "This host is not for production"),
            ("Production", "https://api.staging.medable.com:443/v2", "This host is not for production"),
            ("Development", "https://API.medable.com:443", "This is a production host"),
            ("Test", "https://api-eu1.medable.com/v2", "This is a production host"),
            ("Production", "https://api.medable.com", ""),
            ("Production", "https://api.devoted-health.example", ""),
            ("Development", "https://api.dev.medable.com", ""),
        ],
    )
    def test_warns_when_host_and_environment_differ(
        self, desk: Desk, environment: str, endpoint: str, warning: str
    ) -> None:
        page(desk)
        desk.find("Environment", QComboBox).setCurrentText(environment)
        box = desk.find("API endpoint", QComboBox)
        box.setCurrentText(endpoint)
        said = box.accessibleDescription()
        assert warning in said if warning else not said

    def test_the_endpoint_of_an_org_that_is_there_stays(self, desk: Desk) -> None:
        page(desk)
        box = desk.find("API endpoint", QComboBox)
        before = box.currentText()
        desk.find("Environment", QComboBox).setCurrentText("Staging")
        assert box.currentText() == before

    def test_an_own_environment(self, desk: Desk) -> None:
        page(desk)
        desk.find("Environment", QComboBox).setCurrentText("Own name…")
        assert not desk.find("Save").isEnabled()
        field(desk, "Name of the environment").setText("Live")
        desk.click("Handle like Production")
        desk.click("Save")
        desk.wait(lambda: desk.find("Organization My organization").accessibleDescription() == "Local · Live")
        assert desk.window.windowTitle() == "Organization – Live: My organization – Cortex Desktop"
        org = saved(desk)["My organization"]
        assert (org.environment, org.own_environment, org.production) == (Environment.OWN, "Live", True)

    def test_what_is_not_saved_stays_until_it_is_discarded(self, desk: Desk) -> None:
        page(desk)
        field(desk, "Name").setText("Half")
        desk.workspace.enter(LAB.id)
        assert field(desk, "Name").text() == "Lab"
        desk.workspace.enter(desk.app("NewHealth App").org_id)
        assert field(desk, "Name").text() == "Half"
        desk.click("Discard changes")
        assert field(desk, "Name").text() == "My organization"
        assert not desk.find("Discard changes").isEnabled()

    def test_a_full_disk_is_told_and_nothing_lost(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> None:
            raise StorageError("The disk is full", "The change was not saved.", "Free some space.")

        page(desk)
        field(desk, "Name").setText("Half")
        with monkeypatch.context() as patch:
            patch.setattr(desk.program.stores.repository, "change_org", full)
            desk.click("Save")
            desk.wait(lambda: "The disk is full. The change was not saved. Free some space." in texts(page(desk)))
        assert field(desk, "Name").text() == "Half"
        desk.click("Save")
        desk.wait(lambda: "Half" in orgs(desk))
        assert "The disk is full" not in " ".join(desk.screen())


class TestAdding:
    def test_the_endpoint_follows_the_environment_until_it_is_edited(self, desk: Desk) -> None:
        desk.program.orgs.presenter.ask_add()
        desk.dialog()
        environment, endpoint = desk.find("Environment", QComboBox), desk.find("API endpoint", QComboBox)
        for name, host in (("Production", "api"), ("Staging", "api.staging"), ("Development", "api.dev")):
            environment.setCurrentText(name)
            assert endpoint.currentText() == f"https://{host}.medable.com"
            assert not endpoint.accessibleDescription()
        endpoint.setFocus()
        desk.key(Key.Key_A, CTRL)
        desk.type("https://api-dev-eu1.medable.com")
        environment.setCurrentText("Production")
        assert endpoint.currentText() == "https://api-dev-eu1.medable.com"
        assert "not for production" in endpoint.accessibleDescription()

    def test_by_keyboard(self, desk: Desk) -> None:
        desk.choose("Add organization", desk.open_menu("File"))
        dialog = desk.dialog()
        desk.type("Clinic")
        assert "Another organization has this name: clinic, Production." in texts(dialog)
        desk.key(Key.Key_Tab)
        desk.type("clinic-test")
        desk.key(Key.Key_Return)
        desk.no_dialog()
        desk.wait(lambda: desk.workspace.org.code == "clinic-test")
        desk.toast("“Clinic” added")
        assert {org.code for org in desk.workspace.orgs} == {"clinic", "clinic-test", "lab", "my-org"}
        added = next(org for org in desk.program.stores.repository.orgs() if org.code == "clinic-test")
        assert added.environment is Environment.DEVELOPMENT
        assert desk.labels() == []

    def test_a_full_disk_leaves_the_dialog_open(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> None:
            raise StorageError("The disk is full", "The change was not saved.", "Free some space.")

        desk.action("add_org").trigger()
        dialog = desk.dialog()
        field(desk, "Name").setText("Third")
        assert not desk.find("Add").isEnabled(), "a code is missing"
        field(desk, "Code").setText("third")
        with monkeypatch.context() as patch:
            patch.setattr(desk.program.stores.repository, "save_org", full)
            desk.click("Add")
            desk.wait(lambda: "The disk is full" in " ".join(texts(dialog)))
        assert field(desk, "Name").text() == "Third"
        desk.click("Add")
        desk.no_dialog()
        desk.wait(lambda: current(desk) == "Third")


class TestRemoving:
    def test_an_org_with_apps_needs_its_code_typed(self, desk: Desk, vault: InMemoryVault) -> None:
        items = set(vault.items)
        page(desk)
        desk.click("Remove organization")
        dialog = desk.dialog()
        said = " ".join(texts(dialog))
        assert "My organization (Development, https://api.dev.medable.com/my-org)" in said
        assert "2 apps are deleted with it." in said
        assert not desk.find("Remove organization", within=dialog).isEnabled()
        desk.type("my-or")
        assert not desk.find("Remove organization", within=dialog).isEnabled()
        desk.type("g")
        desk.click("Remove organization", within=dialog)
        desk.no_dialog()
        desk.wait(lambda: orgs(desk) == ["Clinic", "Lab"])
        assert current(desk) == "Lab", "the neighbour"
        assert saved(desk)["My organization"].state is OrgState.REMOVED
        assert set(vault.items) == items, "its keys can still be had back"
        toast = desk.toast("“My organization” removed")
        vault.current, vault.person_unlocks = VaultState.LOCKED, False
        desk.click("Undo", within=toast)
        desk.toast("The keychain refused")
        vault.person_unlocks = True
        desk.click("Undo", within=desk.toast("“My organization” is still removed"))
        desk.wait(lambda: current(desk) == "My organization")
        desk.key(Key.Key_1, CTRL)
        desk.wait(lambda: sorted(desk.labels()) == ["EMR integration", "NewHealth App"])

    def test_an_empty_one_is_asked_for_only(self, desk: Desk) -> None:
        switch(desk, "Lab")
        page(desk)
        desk.click("Remove organization")
        dialog = desk.dialog()
        assert "It holds no apps." in " ".join(texts(dialog))
        assert not dialog.findChildren(QLineEdit)
        desk.key(Key.Key_Return)
        desk.no_dialog()
        assert "Lab" in orgs(desk), "Enter means no"
        desk.click("Remove organization")
        desk.click("Remove organization", within=desk.dialog())
        desk.no_dialog()
        desk.wait(lambda: orgs(desk) == ["Clinic", "My organization"])

    def test_restored_from_the_page(self, desk: Desk) -> None:
        remove(desk, "Clinic")
        desk.click("Recently removed")
        dialog = desk.dialog()
        assert "Clinic (clinic, Production), until" in dialog.findChild(QListWidget).item(0).text()
        desk.click("Restore")
        desk.no_dialog()
        desk.wait(lambda: current(desk) == "Clinic")
        assert orgs(desk) == ["Clinic", "Lab", "My organization"]
        desk.key(Key.Key_1, CTRL)
        assert desk.labels() == ["Patient web"]

    def test_deleted_for_good_after_a_question(self, desk: Desk, vault: InMemoryVault) -> None:
        remove(desk, "Clinic")
        desk.click("Recently removed")
        desk.dialog()
        desk.click("Delete now")
        desk.wait(lambda: "Delete Clinic for good?" in texts(desk.dialog()))
        desk.click("Delete for good", within=desk.dialog())
        desk.no_dialog()
        desk.wait(lambda: "Clinic" not in saved(desk))
        assert CLINIC.id not in {ref.org_id for ref in vault.items}
        assert len(vault.items) == 3, "the other orgs' keys stay"

    def test_the_only_one_stays(self, start: Start) -> None:
        desk = start()
        page(desk)
        assert not desk.find("Remove organization").isEnabled()
        assert "This is your only organization. Add another one before you remove it." in texts(page(desk))

    def test_one_whose_time_is_up_goes_at_the_start(self, folder: Path, vault: InMemoryVault, start: Start) -> None:
        fill(folder, vault)
        repository = TinyRepository(folder)
        gone = replace(CLINIC, state=OrgState.REMOVED, purge_after=datetime.now(UTC) - timedelta(days=1))
        repository.save_org(gone)
        Folder(repository, vault, lambda: datetime.now(UTC)).claim_run()
        repository.close()
        desk = start()
        desk.wait(lambda: CLINIC.id not in {ref.org_id for ref in vault.items}, "its keys have gone")
        desk.wait(lambda: "Clinic" not in saved(desk), "and so has it")
        assert sorted(desk.labels()) == ["EMR integration", "NewHealth App"]


def remove(desk: Desk, name: str) -> None:
    switch(desk, name)
    page(desk)
    desk.click("Remove organization")
    dialog = desk.dialog()
    desk.type(desk.workspace.org.code)
    desk.click("Remove organization", within=dialog)
    desk.no_dialog()
    desk.wait(lambda: current(desk) != name)


class TestProduction:
    def test_is_unmistakable(self, desk: Desk) -> None:
        stripe = desk.window.findChild(QFrame, "stripe")
        assert not stripe.isVisible()
        switch(desk, "Clinic")
        assert stripe.isVisible()
        assert desk.window.windowTitle() == "Apps – Production: Clinic – Cortex Desktop"
        desk.key(Key.Key_N, CTRL)
        assert "Clinic · Production" in texts(desk.dialog())
        desk.key(Key.Key_Escape)
        desk.no_dialog()
        switch(desk, "Lab")
        assert desk.window.windowTitle() == "Apps – Cortex Desktop"
        assert not stripe.isVisible()

    @pytest.mark.parametrize(
        ("key", "modifiers", "question", "action"),
        [
            (Key.Key_E, "ctrl", "Disable “Patient web” of Clinic in Production?", "Disable"),
            (Key.Key_Delete, "", "Delete “Patient web” of Clinic in Production?", "Delete"),
            (Key.Key_R, "ctrl shift", "Rotate “Patient web” of Clinic in Production?", "Rotate key"),
        ],
    )
    def test_one_dialog_asks_and_does(self, desk: Desk, key: Key, modifiers: str, question: str, action: str) -> None:
        switch(desk, "Clinic")
        before = desk.app("Patient web")
        for agreed in (False, True):
            press(desk, key, modifiers)
            dialog = desk.dialog()
            assert question in texts(dialog)
            assert dialog.accessibleName() == question
            assert "(clinic) at https://api.medable.com is handled as production" in " ".join(texts(dialog))
            assert desk.find(action, QPushButton, dialog).property("role") == "destroy"
            if agreed:
                desk.click(action, within=dialog)
            else:
                desk.key(Key.Key_Return)
                desk.no_dialog()
                assert desk.app("Patient web") == before, "Enter means no"
        desk.no_dialog()
        if key is Key.Key_E:
            desk.wait(lambda: desk.values("Status") == ["Disabled"])
        elif key is Key.Key_R:
            assert desk.app("Patient web").version == before.version + 1
        else:
            desk.wait(lambda: desk.labels() == [])

    def test_does_not_ask_before_enabling_nor_elsewhere(self, desk: Desk) -> None:
        press(desk, Key.Key_E, "ctrl")
        desk.wait(lambda: "Disabled" in desk.values("Status"))
        press(desk, Key.Key_E, "ctrl")
        desk.wait(lambda: "Disabled" not in desk.values("Status"))
        switch(desk, "Clinic")
        app = desk.app("Patient web")
        desk.apps.set_enabled(app, False)
        desk.wait(lambda: desk.values("Status") == ["Disabled"])
        press(desk, Key.Key_E, "ctrl")
        desk.wait(lambda: desk.values("Status") == ["Enabled"])

    def test_asks_for_several_at_once_too(self, folder: Path, vault: InMemoryVault, start: Start) -> None:
        fill(folder, vault)
        repository = TinyRepository(folder)
        stored_app(repository, vault, "Ward", org_id=CLINIC.id)
        repository.close()
        desk = start()
        desk.wait(lambda: len(desk.labels()) == 2)
        switch(desk, "Clinic")
        desk.table.setFocus()
        desk.key(Key.Key_A, CTRL)
        for key, modifiers, question in (
            (Key.Key_E, "ctrl", "Disable 2 apps of Clinic in Production?"),
            (Key.Key_Delete, "", "Delete 2 apps of Clinic in Production?"),
            (Key.Key_R, "ctrl shift", "Rotate 2 apps of Clinic in Production?"),
        ):
            press(desk, key, modifiers)
            assert question in texts(desk.dialog())
            desk.key(Key.Key_Escape)
            desk.no_dialog()
        assert desk.values("Status") == ["Enabled", "Enabled"]

    def test_the_number_of_many_is_typed_in_the_same_dialog(
        self, folder: Path, vault: InMemoryVault, start: Start
    ) -> None:
        fill(folder, vault)
        repository = TinyRepository(folder)
        for number in range(9):
            stored_app(repository, vault, f"Ward {number}", org_id=CLINIC.id)
        repository.close()
        desk = start()
        desk.wait(lambda: len(desk.labels()) == 2)
        switch(desk, "Clinic")
        desk.table.setFocus()
        desk.key(Key.Key_A, CTRL)
        desk.key(Key.Key_Delete)
        dialog = desk.dialog()
        assert "Delete 10 apps of Clinic in Production?" in texts(dialog)
        assert "handled as production" in " ".join(texts(dialog))
        assert not desk.find("Delete", QPushButton, dialog).isEnabled()
        desk.type("10")
        desk.click("Delete", within=dialog)
        desk.no_dialog()
        desk.wait(lambda: not desk.labels())


def press(desk: Desk, key: Key, modifiers: str) -> None:
    from PySide6.QtCore import Qt

    pressed = Qt.KeyboardModifier.NoModifier
    if "ctrl" in modifiers:
        pressed |= CTRL
    if "shift" in modifiers:
        pressed |= Qt.KeyboardModifier.ShiftModifier
    desk.key(key, pressed)


def role_of_description() -> int:
    from PySide6.QtCore import Qt

    return Qt.ItemDataRole.AccessibleDescriptionRole


def test_check_keychain_looks_at_all_orgs(desk: Desk, vault: InMemoryVault) -> None:
    app = desk.app("Patient web")
    del vault.items[app.ref(SecretKind.API_SECRET)]
    desk.choose("Check keychain", desk.open_menu("File"))
    dialog = desk.dialog()
    findings = dialog.findChild(QListWidget)
    desk.wait(lambda: findings.count() == 1)
    assert "Patient web (Clinic)" in findings.item(0).text()


def test_a_bulk_work_stays_with_its_org(desk: Desk) -> None:
    desk.table.setFocus()
    desk.key(Key.Key_A, CTRL)
    desk.key(Key.Key_E, CTRL)
    desk.wait(lambda: desk.values("Status") == ["Disabled", "Disabled"])
    bar = desk.apps.page.bulk
    desk.wait(bar.isVisible)
    switch(desk, "Clinic")
    assert not bar.isVisible()
    assert not desk.apps.bulk.can_undo
    switch(desk, "My organization")
    assert bar.isVisible()
    desk.click("Undo", within=bar)
    desk.wait(lambda: desk.values("Status") == ["Enabled", "Enabled"])
