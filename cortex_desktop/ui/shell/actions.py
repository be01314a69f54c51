"""Everything a person can do, as actions with their shortcuts, and the menus that hold them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Flag, auto

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget

from ...domain.model import App, AppState
from ...domain.secret import SecretKind
from ...services.snippets import Snippet


class BulkState(Flag):
    """How it is with bulk work: under way, can be taken back, can be gone on with."""

    NONE = 0
    RUNNING = auto()
    UNDO = auto()
    RESUME = auto()


class Actions(QObject):
    """The window's actions. Who makes the window connects their `triggered`."""

    def __init__(self, window: QMainWindow, page: QWidget) -> None:
        super().__init__(window)
        keys = QKeySequence.StandardKey
        self.new_app = self._make("plus", self.tr("New App…"), keys.New)
        self.import_key = self._make("key-round", self.tr("Add existing key…"), "Ctrl+Shift+N")
        self.copy_key = self._make("copy", self.tr("Copy API key"), keys.Copy)
        self.copy_secret = self._make("copy", self.tr("Copy API secret"), "Ctrl+Shift+C")
        self.copy_as = {
            Snippet.KEY: self._make("copy", self.tr("API key")),
            Snippet.ENV: self._make("terminal", self.tr(".env lines")),
            Snippet.CURL: self._make("terminal", self.tr("curl"), "Ctrl+Alt+C"),
            Snippet.PYTHON: self._make("terminal", self.tr("Python")),
            Snippet.JAVASCRIPT: self._make("terminal", self.tr("JavaScript")),
            Snippet.SWIFT: self._make("terminal", self.tr("Swift")),
        }
        for action in self.copy_as.values():  # what the palette calls them
            action.setToolTip(self.tr("Copy as {language}").format(language=action.text()))
        self.reveal = self._make("eye", self.tr("Reveal API key"), "Ctrl+R")
        self.reveal_secret = self._make("eye", self.tr("Reveal API secret"), "Ctrl+Alt+R")
        self.edit = self._make("pencil", self.tr("Edit…"), "F2")
        self.duplicate = self._make("plus", self.tr("Duplicate…"), "Ctrl+D")
        self.rotate = self._make("rotate-cw", self.tr("Rotate API key…"), "Ctrl+Shift+R")
        self.details = self._make("panel-right", self.tr("Details"), "Ctrl+I")
        self.details.setCheckable(True)
        self.enable = self._make("power", self.tr("Disable"), "Ctrl+E")
        self.delete = self._make("trash-2", self.tr("Delete…"), keys.Delete)
        self.enable_several = self._make("power", self.tr("Enable"), "Ctrl+Shift+E")
        self.select_all = self._make("check", self.tr("Select all"), keys.SelectAll)
        self.undo = self._make("undo-2", self.tr("Undo"), keys.Undo)
        self.stop = self._make("circle-off", self.tr("Stop"))
        self.resume = self._make("rotate-cw", self.tr("Resume"))
        self.find = self._make("search", self.tr("Find"), keys.Find)
        self.filter = self._make("sliders-horizontal", self.tr("Filter…"), "Ctrl+Shift+F")
        self.unlock = self._make("lock-open", self.tr("Unlock keychain…"))
        self.check_keychain = self._make("key-round", self.tr("Check keychain…"))
        self.deleted = self._make("undo-2", self.tr("Recently deleted…"))
        self.switch_org = self._make("building-2", self.tr("Switch organization…"), "Ctrl+O")
        self.add_org = self._make("plus", self.tr("Add organization…"))
        self.apps = self._make("layout-grid", self.tr("Apps"), "Ctrl+1")
        self.organization = self._make("building-2", self.tr("Organization"), "Ctrl+2")
        self.activity = self._make("history", self.tr("Activity"), "Ctrl+3")
        self.app_activity = self._make("history", self.tr("Show activity"))
        self.export_activity = self._make("external-link", self.tr("Export activity…"))
        self.remove_data = self._make("triangle-alert", self.tr("Remove all data…"))
        self.preferences = self._make("settings-2", self.tr("Preferences…"), "Ctrl+,", QAction.MenuRole.PreferencesRole)
        self.quit = self._make("log-out", self.tr("Quit"), "Ctrl+Q", QAction.MenuRole.QuitRole)
        self.palette = self._make("terminal", self.tr("Command palette…"), "Ctrl+K")
        self.shortcuts = self._make("info", self.tr("Keyboard shortcuts"), "Ctrl+/")
        self.check_updates = self._make("external-link", self.tr("Check for updates…"))
        self.about = self._make("info", self.tr("About Cortex Desktop"), role=QAction.MenuRole.AboutRole)
        # These keys mean apps only while one is among them.
        for action in (self.delete, self.select_all):
            page.addAction(action)
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._make_menus(window)
        self.update(None, org_known=False, revealed=None, details_open=False, locked=False)

    def fill(self, menu: QMenu) -> None:
        """Put what can be done with an app into the menu."""
        menu.addActions([self.copy_key, self.copy_secret])
        menu.addMenu(self.copy_as_menu(menu))
        menu.addActions([self.reveal, self.reveal_secret])
        menu.addSeparator()
        menu.addActions([self.details, self.app_activity, self.edit, self.duplicate])
        menu.addSeparator()
        menu.addActions([self.rotate, self.enable, self.enable_several])
        menu.addSeparator()
        menu.addAction(self.delete)

    def copy_as_menu(self, parent: QWidget) -> QMenu:
        """A new menu with all that a key can be copied as."""
        menu = QMenu(self.tr("Copy as"), parent)
        menu.addActions(list(self.copy_as.values()))
        return menu

    def listed(self) -> list[tuple[str, list[QAction]]]:
        """The menus' titles and what is in them, which is everything that can be done, each once."""
        seen: set[QAction] = set()
        listed = []
        for menu in (action.menu() for action in self._bar.actions()):
            if isinstance(menu, QMenu):
                new = [action for action in _leaves(menu) if action not in seen]
                seen.update(new)
                listed.append((plain(menu.title()), new))
        return listed

    def update(
        self,
        app: App | None,
        several: Sequence[App] = (),
        *,
        org_known: bool,
        revealed: SecretKind | None,
        details_open: bool,
        locked: bool,
        bulk: BulkState = BulkState.NONE,
    ) -> None:
        """Suggestion what makes sense for the selected app, or for several; with neither, what needs none.

        revealed: what of it is readable now; locked: the keychain can be unlocked; bulk: how it is with bulk work.
        """
        usable = app is not None and app.state is AppState.ACTIVE
        for action in (
            self.copy_key,
            *self.copy_as.values(),
            self.reveal,
            self.edit,
            self.duplicate,
            self.rotate,
            self.enable,
        ):
            action.setEnabled(usable)
        signing = app is not None and usable and SecretKind.API_SECRET in app.kinds
        for action in (self.copy_secret, self.reveal_secret):
            action.setEnabled(signing)
        self.delete.setEnabled(app is not None)
        self.details.setEnabled(app is not None or len(several) > 0)
        self.app_activity.setEnabled(app is not None)
        self.details.setChecked(details_open)
        for action in (
            self.new_app,
            self.import_key,
            self.organization,
            self.deleted,
            self.check_keychain,
            self.remove_data,
            self.activity,
            self.export_activity,
        ):
            action.setEnabled(org_known)
        self.unlock.setEnabled(locked)
        is_key, is_secret = revealed is SecretKind.API_KEY, revealed is SecretKind.API_SECRET
        self.reveal.setText(self.tr("Hide API key") if is_key else self.tr("Reveal API key"))
        self.reveal_secret.setText(self.tr("Hide API secret") if is_secret else self.tr("Reveal API secret"))
        self.enable.setText(self.tr("Disable") if app is None or app.enabled else self.tr("Enable"))
        self.rotate.setText(self.tr("Rotate API key…"))
        self.delete.setText(self.tr("Delete…"))
        self.enable_several.setVisible(False)
        if several:
            self._offer_several(several, BulkState.RUNNING not in bulk)
        self.select_all.setEnabled(org_known)
        self.undo.setEnabled(BulkState.UNDO in bulk)
        self.stop.setEnabled(BulkState.RUNNING in bulk)
        self.resume.setEnabled(BulkState.RESUME in bulk)

    def _offer_several(self, several: Sequence[App], possible: bool) -> None:
        count = len(several)
        enabled = sum(app.enabled for app in several)
        self.rotate.setText(self.tr("Rotate %Ln API key(s)…", "", count))
        self.delete.setText(self.tr("Delete %Ln app(s)…", "", count))
        self.enable.setText(self.tr("Disable %Ln app(s)", "", count) if enabled else self._enable_words(count))
        self.enable_several.setText(self._enable_words(count))
        self.enable_several.setVisible(0 < enabled < count)
        for action in (self.rotate, self.delete, self.enable, self.enable_several):
            action.setEnabled(possible)

    def _enable_words(self, count: int) -> str:
        return self.tr("Enable %Ln app(s)", "", count)

    def _make(
        self,
        icon: str,
        text: str,
        keys: QKeySequence.StandardKey | str = "",
        role: QAction.MenuRole = QAction.MenuRole.NoRole,
    ) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(keys))
        action.setMenuRole(role)
        action.setData(icon)  # for the palette; menus go without
        return action

    def _make_menus(self, window: QMainWindow) -> None:
        self._bar = bar = window.menuBar()
        file = bar.addMenu(self.tr("&File"))
        file.addActions([self.new_app, self.import_key])
        file.addSeparator()
        file.addActions([self.switch_org, self.add_org, self.deleted, self.export_activity])
        file.addSeparator()
        file.addActions([self.unlock, self.check_keychain, self.preferences])
        file.addSeparator()
        file.addAction(self.remove_data)
        file.addSeparator()
        file.addAction(self.quit)
        edit = bar.addMenu(self.tr("&Edit"))
        edit.addActions([self.undo, self.stop, self.resume])
        edit.addSeparator()
        edit.addAction(self.select_all)
        self.fill(bar.addMenu(self.tr("&App")))
        view = bar.addMenu(self.tr("&View"))
        view.addActions([self.apps, self.organization, self.activity])
        view.addSeparator()
        view.addActions([self.find, self.filter, self.palette, self.details])
        view.addSeparator()
        self.sorting = view.addMenu(self.tr("Sort by"))  # who knows the table fills these two
        self.columns = view.addMenu(self.tr("Columns"))
        bar.addMenu(self.tr("&Help")).addActions([self.shortcuts, self.check_updates, self.about])


def plain(text: str) -> str:
    """The text of a menu or an action without what is for menus only: the underlined letter and the dots."""
    return re.sub(r"&(.)", r"\1", text).removesuffix("…")


def _leaves(menu: QMenu) -> Iterator[QAction]:
    for action in menu.actions():
        below = action.menu()
        if isinstance(below, QMenu):
            yield from _leaves(below)
        elif not action.isSeparator():
            yield action
