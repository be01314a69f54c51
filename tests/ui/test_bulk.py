"""Several apps at once: selecting them, what is done to them together, and what stops, resumes and undoes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QListView, QListWidget, QProgressBar, QPushButton

from cortex_desktop.domain.errors import StorageError, VaultError, VaultProblem
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import SecretRef
from cortex_desktop.services.bulk import BATCH, Bulk
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.ui.kit.toasts import SHADOW
from cortex_desktop.ui.kit.waiting import SLOW_SECONDS
from tests.support.gui import CTRL, SHIFT, Desk, Key, SlowVault, clipboard_text, plain, stored_apps, texts
from tests.support.memory_vault import InMemoryVault

Start = Callable[..., Desk]
LABELS = [f"App {number}" for number in range(1, 7)]


def open_on(start: Start, count: int = len(LABELS), **parts: object) -> Desk:
    desk = start(**parts)
    desk.wait(lambda: len(desk.labels()) == count)
    desk.sort_by("Label")
    desk.select(desk.labels()[0])
    return desk


@pytest.fixture
def desk(folder: Path, vault: InMemoryVault, start: Start) -> Desk:
    stored_apps(folder, vault, LABELS)
    return open_on(start)


@pytest.fixture
def slow(folder: Path, start: Start) -> tuple[Desk, SlowVault]:
    """On a keychain that waits for a person."""
    vault = SlowVault()
    stored_apps(folder, vault, LABELS)
    return open_on(start, vault=vault), vault


def selected(desk: Desk) -> list[str]:
    return [app.label for app in desk.apps.page.selection.apps()]


def ctrl_click(desk: Desk, label: str) -> None:
    place = desk.table.visualRect(desk.cell(label, "Label")).center()
    viewport = desk.table.viewport()
    QTest.mouseClick(desk.window.windowHandle(), Qt.MouseButton.LeftButton, CTRL, viewport.mapTo(desk.window, place))


def select(desk: Desk, *labels: str) -> None:
    """Click the first, Ctrl-click the others."""
    desk.select(labels[0])
    for label in labels[1:]:
        ctrl_click(desk, label)
    assert selected(desk) == sorted(labels)


def bar(desk: Desk) -> str:
    """What the bar says, empty when it is not there."""
    bar = desk.apps.page.bulk
    return " ".join(texts(bar)) if bar.isVisible() else ""


def ended(desk: Desk, words: str) -> None:
    desk.wait(lambda: not desk.apps.bulk.running and words in bar(desk), f"the bar says “{words}”")


def enabled(desk: Desk) -> list[bool]:
    return [desk.app(label).enabled for label in LABELS]


def keys(desk: Desk) -> list[str]:
    return [desk.kept(label) for label in LABELS]


def ask_rotate(desk: Desk, keep: str = "24 hours") -> None:
    desk.key(Key.Key_R, CTRL | SHIFT)
    dialog = desk.dialog()
    desk.find("Keep the old keys for", QComboBox, dialog).setCurrentText(keep)
    desk.click("Rotate keys")
    desk.no_dialog()


class TestSelecting:
    def test_by_keyboard(self, desk: Desk) -> None:
        desk.key(Key.Key_Down, SHIFT)
        desk.key(Key.Key_Down, SHIFT)
        assert selected(desk) == LABELS[:3]
        assert "3 selected" in desk.screen()
        desk.key(Key.Key_Up, SHIFT)
        assert selected(desk) == LABELS[:2]
        desk.key(Key.Key_A, CTRL)
        assert selected(desk) == LABELS
        desk.key(Key.Key_Down)
        assert len(selected(desk)) == 1
        assert "selected" not in desk.screen()

    def test_the_bar_below_the_table_acts_on_them(self, desk: Desk) -> None:
        bar = desk.apps.page.selection_bar
        assert not bar.isVisible()
        desk.key(Key.Key_A, CTRL)
        offered = [button.text() for button in bar.findChildren(QPushButton) if button.isVisible()]
        assert offered == ["Rotate", "Disable", "Delete"]
        desk.find("Disable the selected apps", QPushButton, bar).click()
        desk.wait(lambda: set(desk.values("Status")) == {"Disabled"})
        desk.wait(lambda: desk.find("Enable the selected apps", QPushButton, bar).isEnabled())
        desk.find("Clear the selection", within=bar).click()
        assert selected(desk) == []
        assert not bar.isVisible()
        assert desk.table.hasFocus()

    def test_actions_stand_in_the_same_order_everywhere(self, desk: Desk) -> None:
        desk.key(Key.Key_A, CTRL)
        bar = desk.apps.page.selection_bar
        order = [button.text() for button in bar.findChildren(QPushButton) if button.isVisible()]

        def known(words: list[str]) -> list[str]:
            return [word for text in words for word in order if text.startswith(f"{word} ")]

        shown = desk.open_menu("App")
        assert known([plain(action.text()) for action in shown.actions()]) == order
        shown.close()
        desk.wait(lambda: QApplication.focusWindow() is not None)
        place = desk.table.visualRect(desk.cell("App 2", "Label")).center()
        viewport = desk.table.viewport()
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, viewport.mapToGlobal(place))
        QApplication.sendEvent(viewport, event)
        shown = desk.menu()
        assert known([plain(action.text()) for action in shown.actions()]) == order
        shown.close()
        desk.wait(lambda: QApplication.focusWindow() is not None)
        desk.key(Key.Key_K, CTRL)
        assert known(desk.hits()) == order[:-1]
        desk.type("delete")
        assert known(desk.hits()) == order[-1:], "by its name alone"

    def test_toasts_keep_off_the_bar(self, desk: Desk) -> None:
        toast = desk.tools.toasts.show("A toast", "with a second line", action="Do it")
        desk.let_pass(0)
        lowest = toast.geometry().bottom()
        desk.key(Key.Key_A, CTRL)
        desk.let_pass(30)
        bar = desk.apps.page.selection_bar
        top = bar.mapTo(desk.tools.toasts.host, QPoint()).y()
        assert toast.geometry().adjusted(0, 0, 0, -SHADOW).bottom() < top
        desk.key(Key.Key_Down)
        desk.let_pass(30)
        assert toast.geometry().bottom() == lowest, "without the bar they are where they were"
        desk.key(Key.Key_A, CTRL)
        desk.program.orgs.open()
        assert toast.geometry().bottom() == lowest, "other pages have none"

    def test_one_app_changed_among_many_selected_is_no_work(self, folder: Path, desk: Desk) -> None:
        """The bar asks for no list of what is selected, and looks no further than the first enabled app."""
        desk.key(Key.Key_A, CTRL)
        desk.let_pass(0)
        asked: list[tuple[int, int]] = []
        model = desk.apps.model
        apps_at = model.apps_at
        model.apps_at = lambda first, last: asked.append((first, last)) or apps_at(first, last)
        model.mark_revealed(desk.app("App 3").id)
        assert asked == []

    def test_the_headings_stay_out_of_it(self, desk: Desk) -> None:
        """Where they take part, Qt looks at every row for each heading that it draws."""
        desk.key(Key.Key_A, CTRL)
        assert selected(desk) == LABELS
        assert not desk.table.horizontalHeader().selectionModel().hasSelection()

    def test_by_mouse(self, desk: Desk) -> None:
        select(desk, "App 2", "App 5")
        place = desk.table.visualRect(desk.cell("App 6", "Label")).center()
        viewport = desk.table.viewport()
        QTest.mouseClick(
            desk.window.windowHandle(), Qt.MouseButton.LeftButton, SHIFT, viewport.mapTo(desk.window, place)
        )
        assert selected(desk) == ["App 2", "App 5", "App 6"]
        for label in ("App 5", "App 6", "App 2"):
            ctrl_click(desk, label)
        assert selected(desk) == []
        assert not desk.action("delete").isEnabled()

    def test_ctrl_a_in_the_search_marks_its_text(self, desk: Desk) -> None:
        desk.key(Key.Key_F, CTRL)
        desk.type("App")
        desk.key(Key.Key_A, CTRL)
        assert desk.find("Search apps", QLineEdit).selectedText() == "App"
        assert len(selected(desk)) == 1

    def test_the_count_is_read_out_once_it_stays(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        said: list[str] = []
        monkeypatch.setattr("cortex_desktop.ui.apps.selection.announce", lambda widget, text: said.append(text))
        for _ in range(3):
            desk.key(Key.Key_Down, SHIFT)
        desk.wait(lambda: said)
        assert said == ["4 apps selected"]
        desk.key(Key.Key_Down)
        desk.let_pass(400)
        assert said == ["4 apps selected"], "one is read out as the row that it is"

    def test_it_survives_sorting_searching_and_changes(self, desk: Desk) -> None:
        select(desk, "App 2", "App 3", "App 5")
        desk.sort_by("Label")
        assert selected(desk) == ["App 5", "App 3", "App 2"]
        desk.sort_by("Label")
        desk.apps.page.search.setText("App")
        assert selected(desk) == ["App 2", "App 3", "App 5"]
        desk.workspace.reload()
        desk.let_pass(100)
        assert selected(desk) == ["App 2", "App 3", "App 5"]
        desk.apps.page.search.setText('"App 5"')  # a phrase: 5 alone may be in a key
        assert selected(desk) == ["App 5"], "what is not on screen is not selected"
        desk.apps.page.search.clear()
        assert selected(desk) == ["App 5"]

    def test_a_new_app_is_selected_alone_whatever_keys_are_down(self, desk: Desk) -> None:
        desk.key(Key.Key_A, CTRL)
        desk.create("Newer")
        assert selected(desk) == ["Newer"]

    def test_what_is_for_one_app_is_not_offered(self, desk: Desk) -> None:
        actions = desk.console.actions
        desk.key(Key.Key_A, CTRL)
        for action in (
            actions["copy_key"],
            actions["copy_secret"],
            actions["copy_as_curl"],
            actions["reveal"],
            actions["edit"],
        ):
            assert not action.isEnabled()
        assert actions["rotate"].text() == "Rotate 6 API keys…"
        assert actions["enable"].text() == "Disable 6 apps"
        assert not actions["enable_several"].isVisible()
        assert actions["delete"].text() == "Delete 6 apps…"
        desk.select("App 1")
        assert (actions["rotate"].text(), actions["enable"].text(), actions["delete"].text()) == (
            "Rotate API key…",
            "Disable",
            "Delete…",
        )
        assert actions["copy_key"].isEnabled()

    def test_the_details_sum_up(self, desk: Desk) -> None:
        desk.key(Key.Key_E, CTRL)
        desk.wait(lambda: desk.values("Status")[0] == "Disabled")
        desk.key(Key.Key_Return)
        desk.key(Key.Key_A, CTRL)
        panel = desk.apps.page.details
        words = " ".join(texts(panel))
        for fact in ("Enabled 5", "Disabled 1", "With Sessions 6"):
            assert fact in words
        assert "Expired" not in words
        assert "6 apps selected" in words
        assert "\n".join(LABELS) in words
        desk.select("App 2")
        assert "apps selected" not in " ".join(texts(panel))

    def test_the_details_stay_those_of_several(self, desk: Desk) -> None:
        desk.key(Key.Key_Return)
        desk.key(Key.Key_A, CTRL)
        desk.workspace.keychain_changed.emit(desk.workspace.status)
        assert "6 apps selected" in texts(desk.apps.page.details)

    def test_many_thousands_keep_their_selection_quickly(self, desk: Desk) -> None:
        """Every second one of 5,000: as many pieces as can be."""
        from cortex_desktop.ui.workspace import ListedApp

        model, app = desk.apps.model, desk.app("App 1")
        model.load([ListedApp(replace(app, id=f"{n:032x}", label=f"App {n:04}")) for n in range(5000)])
        model.filter("")
        selection = desk.apps.page.selection
        pieces = QItemSelection()
        for row in range(0, 5000, 2):
            pieces.select(model.index(row, 0), model.index(row, model.columnCount() - 1))
        desk.table.selectionModel().select(pieces, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        chosen = {app.id for app in selection.apps()}
        assert len(chosen) == selection.count == 2500
        desk.sort_by("Label")
        assert {app.id for app in selection.apps()} == chosen


class TestDisabling:
    def test_those_that_are_so_already_are_counted_and_undo_leaves_them(self, desk: Desk) -> None:
        select(desk, "App 2")
        desk.key(Key.Key_E, CTRL)
        desk.wait(lambda: desk.values("Status")[1] == "Disabled")
        desk.key(Key.Key_A, CTRL)
        desk.key(Key.Key_E, CTRL)
        ended(desk, "5 apps disabled")
        assert "1 was disabled already" in bar(desk)
        assert enabled(desk) == [False] * 6
        assert desk.values("Status") == ["Disabled"] * 6
        assert selected(desk) == LABELS, "to go on with them"
        desk.key(Key.Key_Z, CTRL)
        ended(desk, "5 apps enabled")
        assert enabled(desk) == [True, False, True, True, True, True]
        assert desk.all("Undo", QPushButton) == []
        assert not desk.action("undo").isEnabled()

    def test_from_the_details(self, desk: Desk) -> None:
        select(desk, "App 1", "App 3")
        desk.key(Key.Key_I, CTRL)
        panel = desk.apps.page.details
        assert not desk.find("Enable", QPushButton, panel).isEnabled()
        desk.click("Disable", QPushButton, panel)
        ended(desk, "2 apps disabled")
        assert enabled(desk) == [False, True, False, True, True, True]
        desk.click("Enable", QPushButton, panel)
        ended(desk, "2 apps enabled")
        assert enabled(desk) == [True] * 6

    def test_a_mixed_selection_offers_both(self, desk: Desk) -> None:
        desk.key(Key.Key_E, CTRL)
        desk.wait(lambda: desk.values("Status")[0] == "Disabled")
        desk.key(Key.Key_Down, SHIFT)
        assert desk.action("enable_several").isVisible()
        desk.key(Key.Key_E, CTRL | SHIFT)
        ended(desk, "1 app enabled")
        assert "1 was enabled already" in bar(desk)

    def test_with_a_status_filter_they_leave_the_list(self, desk: Desk) -> None:
        desk.apps.page.search.setText("is:enabled")
        select(desk, "App 1", "App 2")
        desk.key(Key.Key_E, CTRL)
        ended(desk, "2 apps disabled")
        assert desk.labels() == LABELS[2:]

    def test_the_keyboard_stays_on_the_page_when_all_leave_the_list(self, desk: Desk) -> None:
        desk.resize(900, 600)
        desk.apps.page.search.setText("is:enabled")
        select(desk, *LABELS[:2])
        desk.key(Key.Key_A, CTRL)
        desk.key(Key.Key_I, CTRL)
        assert desk.apps.page.details.isAncestorOf(QApplication.focusWidget())
        desk.key(Key.Key_E, CTRL)
        ended(desk, "6 apps disabled")
        assert desk.labels() == []
        focused = QApplication.focusWidget()
        assert isinstance(focused, QPushButton)
        assert focused.text() == "Show all apps"

    def test_the_bar_can_be_dismissed(self, desk: Desk) -> None:
        desk.key(Key.Key_A, CTRL)
        desk.key(Key.Key_E, CTRL)
        ended(desk, "6 apps disabled")
        desk.click("Dismiss", within=desk.apps.page.bulk)
        assert bar(desk) == ""
        desk.key(Key.Key_Z, CTRL)
        ended(desk, "6 apps enabled")

    def test_a_full_disk_stops_it_with_one_sentence(
        self, folder: Path, vault: InMemoryVault, start: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stored_apps(folder, vault, LABELS)
        full = {"now": False}

        class Disk(TinyRepository):
            def change_apps(self, app_ids, change):
                if full["now"]:
                    raise StorageError("The disk is full", "Nothing was saved.", "Free some space.")
                return super().change_apps(app_ids, change)

        desk = open_on(start, repository=Disk)
        full["now"] = True
        desk.key(Key.Key_A, CTRL)
        desk.key(Key.Key_E, CTRL)
        ended(desk, "Nothing was changed")
        assert "Stopped: The disk is full. 6 apps left as they were. Free some space." in bar(desk)
        full["now"] = False
        desk.click("Resume")
        ended(desk, "6 apps disabled")


class TestRotating:
    def test_asks_once_shows_no_key_and_is_rolled_back_by_undo(self, desk: Desk) -> None:
        old = keys(desk)
        desk.key(Key.Key_A, CTRL)
        desk.key(Key.Key_R, CTRL | SHIFT)
        words = " ".join(texts(desk.dialog()))
        assert "Rotate 6 API keys" in words
        desk.key(Key.Key_Return)
        desk.no_dialog()
        ended(desk, "6 API keys rotated")
        new = keys(desk)
        assert not set(new) & set(old)
        assert not any(key in desk.screen() for key in new)
        assert not desk.tools.reveal.app_id
        assert all(len(desk.app(label).kept) == 1 for label in LABELS)
        desk.click("Undo", within=desk.apps.page.bulk)
        ended(desk, "6 API keys rolled back")
        assert keys(desk) == old

    def test_what_was_readable_is_hidden(self, desk: Desk) -> None:
        desk.key(Key.Key_R, CTRL)
        desk.wait(lambda: desk.tools.reveal.app_id)
        desk.key(Key.Key_A, CTRL)
        ask_rotate(desk)
        ended(desk, "6 API keys rotated")
        assert not desk.tools.reveal.app_id

    def test_a_missing_key_is_there_again(self, desk: Desk, vault: InMemoryVault) -> None:
        del vault.items[desk.app("App 1").refs[0]]
        desk.key(Key.Key_C, CTRL)
        desk.wait(lambda: desk.values("Status")[0] == "Key missing")
        desk.key(Key.Key_Down, SHIFT)
        ask_rotate(desk)
        ended(desk, "2 API keys rotated")
        assert desk.values("Status")[0] == "Enabled"

    def test_without_keeping_there_is_no_undo(self, desk: Desk, vault: InMemoryVault) -> None:
        desk.key(Key.Key_A, CTRL)
        ask_rotate(desk, "Do not keep it")
        ended(desk, "6 API keys rotated")
        assert desk.all("Undo", QPushButton) == []
        assert {ref.version for ref in vault.items} == {2}

    def test_cancelled_in_the_middle_and_resumed(self, slow: tuple[Desk, SlowVault]) -> None:
        desk, vault = slow
        old = keys(desk)
        vault.slow = {"store"}
        desk.key(Key.Key_A, CTRL)
        ask_rotate(desk)
        desk.wait(lambda: vault.calls[-1][0] == "store", "the keychain is asked")
        assert "0 of 6 done" in bar(desk)
        assert not desk.action("rotate").isEnabled(), "one at a time"
        desk.click("Cancel", within=desk.apps.page.bulk)
        assert "Stopping" in bar(desk)
        vault.answer()
        ended(desk, "1 API key rotated")
        assert "Cancelled. 5 apps left as they were." in bar(desk)
        assert [a == b for a, b in zip(keys(desk), old, strict=True)] == [False, *[True] * 5]
        desk.click("Resume")
        ended(desk, "6 API keys rotated")
        assert not set(keys(desk)) & set(old)
        assert all(len(desk.app(label).kept) == 1 for label in LABELS)

    def test_locked_in_the_middle_it_says_how_far_it_came_and_goes_on_once_unlocked(
        self, desk: Desk, vault: InMemoryVault
    ) -> None:
        old = keys(desk)
        stored: list[SecretRef] = []

        def lock(call: str, ref: SecretRef | None) -> None:
            if call == "store" and ref is not None:
                stored.append(ref)
                if len(stored) == 3:
                    vault.current = VaultState.LOCKED
                    raise VaultError(VaultProblem.LOCKED, "Test keychain")

        vault.before = lock
        desk.key(Key.Key_A, CTRL)
        ask_rotate(desk)
        ended(desk, "2 API keys rotated")
        assert "Stopped: Your keychain is locked. 4 apps left as they were." in bar(desk)
        desk.wait(lambda: "Your keychain is locked" in desk.banner())
        vault.before = None
        vault.person_unlocks = False
        desk.click("Resume")
        desk.toast("The keychain refused")
        desk.let_pass(50)
        assert "2 API keys rotated" in bar(desk)
        vault.person_unlocks = True
        desk.click("Resume")
        ended(desk, "6 API keys rotated")
        assert not set(keys(desk)) & set(old)
        assert [len(desk.app(label).kept) for label in LABELS] == [1] * 6, "each was rotated once"
        assert len(vault.items) == 12

    def test_what_became_of_it_is_not_talked_over(
        self, desk: Desk, vault: InMemoryVault, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """When the last app that was rotated had been told already, as with a keychain that takes its time."""
        monkeypatch.setattr("cortex_desktop.ui.apps.bulk_presenter.TELL_MS", 0)
        desk.apps.bulk._late.setInterval(30)
        stored: list[SecretRef] = []

        def lock(call: str, ref: SecretRef | None) -> None:
            if call == "store" and ref is not None:
                stored.append(ref)
                if len(stored) == 3:
                    raise VaultError(VaultProblem.LOCKED, "Test keychain")

        vault.before = lock
        desk.key(Key.Key_A, CTRL)
        ask_rotate(desk)
        ended(desk, "2 API keys rotated")
        desk.let_pass(100)
        assert "Stopped: Your keychain is locked. 4 apps left as they were." in bar(desk)

    def test_a_silent_keychain_can_be_given_up_on(self, slow: tuple[Desk, SlowVault]) -> None:
        desk, vault = slow
        vault.slow = {"store"}
        desk.key(Key.Key_A, CTRL)
        ask_rotate(desk)
        desk.wait(lambda: vault.calls[-1][0] == "store")
        desk.pass_time(SLOW_SECONDS)
        assert desk.all("Stop waiting", QPushButton), "it offers to stop waiting"
        assert "A system prompt may be open" in bar(desk)
        desk.click("Stop waiting")
        ended(desk, "Nothing was changed")
        assert "The keychain does not answer" in bar(desk)
        vault.answer()
        desk.click("Resume")
        ended(desk, "6 API keys rotated")

    def test_other_work_is_not_kept_waiting(self, slow: tuple[Desk, SlowVault]) -> None:
        desk, vault = slow
        order: list[str] = []
        vault.after = lambda call, ref: order.append(call)
        vault.slow = {"store"}
        desk.key(Key.Key_A, CTRL)
        ask_rotate(desk)
        desk.wait(lambda: vault.calls[-1][0] == "store")
        desk.select("App 6")
        desk.key(Key.Key_C, CTRL)
        desk.let_pass(20)
        vault.answer()
        desk.wait(lambda: len(clipboard_text()) == 22, "the key is copied")
        copied = order.index("read")
        assert order[:copied].count("store") == 1, "after the app under way, not after all"
        ended(desk, "6 API keys rotated")

    def test_an_odd_one_is_listed_and_labels_can_be_copied(self, desk: Desk, vault: InMemoryVault) -> None:
        vault.fail_next("store", VaultError(VaultProblem.FAILED, "Test keychain"))
        desk.key(Key.Key_A, CTRL)
        ask_rotate(desk)
        ended(desk, "5 API keys rotated")
        assert "1 could not be changed" in bar(desk)
        desk.click("Show apps")
        dialog = desk.dialog()
        groups = desk.find("Which apps", QComboBox, dialog)
        assert [groups.itemText(n) for n in range(groups.count())] == ["Could not be changed (1)", "Changed (5)"]
        listed = desk.find("Apps", QListView, dialog).model()
        assert listed.index(0).data().startswith("App 1: The keychain could not do it.")
        desk.click("Copy labels")
        assert clipboard_text() == "App 1"
        groups.setCurrentIndex(1)
        desk.click("Copy labels")
        assert clipboard_text() == "\n".join(LABELS[1:])
        desk.key(Key.Key_Escape)
        desk.no_dialog()


class TestDeleting:
    def test_asks_once_with_the_count_and_undo_brings_them_back(self, desk: Desk, vault: InMemoryVault) -> None:
        items = dict(vault.items)
        select(desk, "App 2", "App 3")
        desk.key(Key.Key_Delete)
        assert "Delete 2 apps?" in " ".join(texts(desk.dialog()))
        assert QApplication.focusWidget().text() == "Cancel"
        desk.click("Delete")
        ended(desk, "2 apps deleted")
        assert desk.labels() == ["App 1", *LABELS[3:]]
        assert selected(desk) == ["App 4"], "the neighbour, so that the keyboard has a place"
        desk.click("Undo", within=desk.apps.page.bulk)
        ended(desk, "2 apps restored")
        assert desk.labels() == LABELS
        assert vault.items == items

    def test_undo_while_locked_asks_to_unlock_once_and_is_done(self, desk: Desk, vault: InMemoryVault) -> None:
        select(desk, "App 2", "App 3")
        desk.key(Key.Key_Delete)
        desk.click("Delete")
        ended(desk, "2 apps deleted")
        vault.current, vault.person_unlocks = VaultState.LOCKED, False
        desk.click("Undo", within=desk.apps.page.bulk)
        desk.toast("The keychain refused")
        desk.let_pass(50)
        assert [call for call, _ in vault.calls].count("unlock") == 1
        vault.person_unlocks = True
        desk.click("Resume")
        ended(desk, "2 apps restored")
        select(desk, "App 2", "App 3")
        desk.key(Key.Key_Delete)
        desk.click("Delete")
        ended(desk, "2 apps deleted")
        vault.current = VaultState.LOCKED
        desk.click("Undo", within=desk.apps.page.bulk)
        ended(desk, "2 apps restored")
        assert desk.labels() == LABELS

    def test_from_ten_on_the_number_is_typed(self, folder: Path, vault: InMemoryVault, start: Start) -> None:
        labels = [f"App {number:02}" for number in range(12)]
        stored_apps(folder, vault, labels)
        desk = open_on(start, 12)
        desk.key(Key.Key_A, CTRL)
        desk.key(Key.Key_Delete)
        dialog = desk.dialog()
        delete = desk.find("Delete", QPushButton, dialog)
        assert not delete.isEnabled()
        desk.type("11")
        assert not delete.isEnabled()
        desk.key(Key.Key_Return)
        desk.no_dialog()
        assert len(desk.labels()) == 12, "Enter still means no"
        desk.key(Key.Key_Delete)
        desk.dialog()
        desk.type("12")
        desk.click("Delete")
        ended(desk, "12 apps deleted")
        assert desk.apps.model.total == 0

    def test_several_are_restored_from_recently_deleted(self, desk: Desk, vault: InMemoryVault) -> None:
        select(desk, "App 2", "App 3", "App 4")
        desk.key(Key.Key_Delete)
        desk.dialog()
        desk.click("Delete")
        ended(desk, "3 apps deleted")
        desk.action("deleted").trigger()
        dialog = desk.dialog()
        found = desk.find("Recently deleted", QListWidget, dialog)
        found.selectAll()
        assert not desk.find("Delete now", QPushButton, dialog).isEnabled()
        desk.click("Restore 3 apps")
        desk.no_dialog()
        ended(desk, "3 apps restored")
        assert desk.labels() == LABELS
        desk.click("Undo", within=desk.apps.page.bulk)
        ended(desk, "3 apps deleted")
        assert desk.labels() == ["App 1", "App 5", "App 6"]


class TestClosingTheWindow:
    def test_it_waits_for_the_app_under_way_and_then_closes(self, slow: tuple[Desk, SlowVault], folder: Path) -> None:
        desk, vault = slow
        vault.slow = {"store"}
        desk.key(Key.Key_A, CTRL)
        ask_rotate(desk)
        desk.wait(lambda: vault.calls[-1][0] == "store")
        desk.window.close()
        assert desk.window.isVisible()
        assert "Stopping after the current app" in bar(desk)
        vault.answer()
        desk.wait(lambda: not desk.window.isVisible(), "the window has closed")
        desk.close()
        rows = TinyRepository(folder).apps()
        assert sorted(app.version for app in rows) == [1] * 5 + [2]
        assert all(app.pending is None for app in rows)

    def test_closing_it_twice_does_not_wait(self, slow: tuple[Desk, SlowVault], folder: Path) -> None:
        desk, vault = slow
        vault.slow = {"store"}
        desk.key(Key.Key_A, CTRL)
        ask_rotate(desk)
        desk.wait(lambda: vault.calls[-1][0] == "store")
        desk.window.close()
        desk.window.close()
        assert not desk.window.isVisible()
        vault.answer()
        desk.close()

    def test_afterwards_recovery_does_the_rest(self, slow: tuple[Desk, SlowVault], folder: Path, start: Start) -> None:
        desk, vault = slow
        vault.slow = {"store"}
        desk.key(Key.Key_A, CTRL)
        ask_rotate(desk)
        desk.wait(lambda: vault.calls[-1][0] == "store")
        desk.window.close()
        desk.window.close()
        desk.close()
        vault.slow.clear()
        again = start(vault=vault)
        again.wait(lambda: all(app.pending is None for app in again.program.stores.repository.apps()))
        for app in again.program.stores.repository.apps():
            assert all(ref in vault.items for ref in app.refs)


def test_a_defect_stops_it_and_the_rest_can_be_tried_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[type[BaseException]] = []
    monkeypatch.setattr("sys.excepthook", lambda kind, *_: raised.append(kind))
    with monkeypatch.context() as patch:
        patch.setattr(Bulk, "step", lambda self: {}["x"])
        desk.key(Key.Key_A, CTRL)
        desk.key(Key.Key_E, CTRL)
        ended(desk, "Nothing was changed")
    assert raised == [KeyError]
    assert "Something went wrong inside Cortex Desktop" in bar(desk)
    desk.click("Resume")
    ended(desk, "6 apps disabled")


def test_progress_is_told_in_words_and_as_a_value(slow: tuple[Desk, SlowVault]) -> None:
    desk, vault = slow
    vault.slow = {"store"}
    desk.key(Key.Key_A, CTRL)
    ask_rotate(desk)
    desk.wait(lambda: vault.calls[-1][0] == "store")
    progress = desk.apps.page.bulk.findChild(QProgressBar)
    assert progress.accessibleName() == "Rotating 6 API keys…"
    assert (progress.minimum(), progress.value(), progress.maximum()) == (0, 0, 6)
    vault.answer()
    ended(desk, "6 API keys rotated")
    assert not progress.isVisible()


def test_the_table_is_brought_up_to_date_in_few_updates(folder: Path, vault: InMemoryVault, start: Start) -> None:
    """At most every fifth of a second, which is less often than batches come."""
    (app,) = stored_apps(folder, vault, ["App"])
    desk = open_on(start, 1)
    for number in range(250):
        desk.program.stores.repository.add_app(replace(app, id=f"{number:032x}", label=f"App {number:04}"))
    desk.workspace.reload()
    desk.wait(lambda: desk.apps.model.total == 251)
    updates: list[int] = []
    desk.workspace.apps_put.connect(lambda apps: updates.append(len(apps)))
    desk.key(Key.Key_A, CTRL)
    flags = QItemSelectionModel.SelectionFlag.Deselect | QItemSelectionModel.SelectionFlag.Rows
    desk.table.selectionModel().select(desk.table.model().index(0, 0), flags)
    desk.key(Key.Key_E, CTRL)
    ended(desk, "250 apps disabled")
    assert sum(updates) == 250
    assert len(updates) < 250 / BATCH
