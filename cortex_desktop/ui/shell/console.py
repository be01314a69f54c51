"""What fills the window: sidebar, pages, menus and the palette. Knows pages by their entries only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout

from ...domain.errors import CortexError
from ...domain.ports import VaultState
from ...services.keychain import KeychainStatus
from ..kit import plain
from ..kit.actions import Action, Actions, Menu, Submenu
from ..kit.desktop import open_folder
from ..kit.i18n import environment_of
from ..kit.page import PageEntry
from ..kit.tools import Tools
from ..workspace import Workspace
from .finder import Finder, OrgFinder
from .palette import Palette
from .sidebar import Sidebar
from .standing import AbovePages
from .status_messages import StatusMessages
from .updates import Updates
from .window import MainWindow

if TYPE_CHECKING:
    from .preferences import PreferencesDialog

STRIPE = 4
"""Height in pixels."""

Keys = QKeySequence.StandardKey


class Console(QObject):
    """The window with these pages, of which the one that Preferences names is opened.

    check_ca_file: raises CaFileError unless a file holds certificates; data_removed: everything was removed, so the
    program ends.
    """

    data_removed = Signal()

    def __init__(
        self,
        window: MainWindow,
        tools: Tools,
        workspace: Workspace,
        updates: Updates,
        check_ca_file: Callable[[Path], None],
        pages: Sequence[PageEntry],
    ) -> None:
        super().__init__(window)
        self.window = window
        self._look = tools.look
        self._tools = tools
        self._dialogs = tools.dialogs
        self._workspace = workspace
        self._updates = updates
        self._check_ca_file = check_ca_file
        self._pages = pages
        self._close_when_idle = False
        window.setPalette(QPalette())  # from here on the theme's
        self.sidebar = Sidebar(tools.look, pages)
        self._beside = QVBoxLayout()  # the sidebar
        self.above_pages = AbovePages(tools.look, self._beside)
        self.pages = QStackedWidget()
        self._stripe = QFrame()  # across the window while it is about production
        self._lay_out()
        self.status_messages = StatusMessages(tools, workspace)
        self.actions = Actions(window, *self._all_actions())
        self._connect()
        self._resized()
        self._add(pages[0])  # whose menus have made it already
        opened = next((entry for entry in pages if entry.name == tools.settings.opens_on), pages[0])
        self._show(opened)
        opened.page.setFocus()  # nothing in particular, until there is something to move among

    # Set-up

    def _lay_out(self) -> None:
        body = self._dialogs.body
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._beside.setSpacing(0)
        self._beside.addWidget(self.above_pages)
        self._beside.addWidget(self.pages, 1)
        row.addWidget(self.sidebar)
        row.addLayout(self._beside, 1)
        self._stripe.setObjectName("stripe")
        self._stripe.setFixedHeight(STRIPE)
        self._stripe.hide()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._stripe)
        column.addLayout(row, 1)
        self.window.setCentralWidget(body)

    def _all_actions(self) -> tuple[list[Action], list[Submenu]]:
        opening = [
            Action(f"open_{entry.name}", entry.icon, entry.title, entry.open, entry.keys, at={Menu.VIEW: 100})
            for entry in self._pages
        ]
        of_pages = [action for entry in self._pages for action in entry.actions()]
        submenus = [submenu for entry in self._pages for submenu in entry.submenus()]
        return [*opening, *self._own_actions(), *of_pages], submenus

    def _own_actions(self) -> list[Action]:
        tr, roles = self.tr, QAction.MenuRole
        return [
            Action(
                "switch_org",
                "building-2",
                tr("Switch organization…"),
                self.switch_org,
                "Ctrl+O",
                at={Menu.FILE: 200},
            ),
            Action(
                "unlock",
                "lock-open",
                tr("Unlock keychain…"),
                self._workspace.unlock,
                at={Menu.FILE: 300},
                enabled=lambda: self._workspace.is_locked,
            ),
            Action(
                "preferences",
                "settings-2",
                tr("Preferences…"),
                self.show_preferences,
                "Ctrl+,",
                at={Menu.FILE: 302},
                role=roles.PreferencesRole,
            ),
            Action(
                "remove_data",
                "triangle-alert",
                tr("Remove all data…"),
                self.ask_remove_data,
                at={Menu.FILE: 400},
                enabled=lambda: self._workspace.org is not None,
            ),
            Action(
                "quit", "log-out", tr("Quit"), self.window.close, "Ctrl+Q", at={Menu.FILE: 500}, role=roles.QuitRole
            ),
            Action("find", "search", tr("Find"), self._find, Keys.Find, at={Menu.VIEW: 200}),
            Action("palette", "terminal", tr("Command palette…"), self.show_palette, "Ctrl+K", at={Menu.VIEW: 202}),
            Action("shortcuts", "info", tr("Keyboard shortcuts"), self.show_shortcuts, "Ctrl+/", at={Menu.HELP: 100}),
            Action("check_updates", "external-link", tr("Check for updates…"), self._updates.ask, at={Menu.HELP: 101}),
            Action(
                "about",
                "info",
                tr("About Cortex Desktop"),
                self.show_about,
                at={Menu.HELP: 102},
                role=roles.AboutRole,
            ),
        ]

    def _connect(self) -> None:
        for entry in self._pages:
            entry.open_asked.connect(partial(self._open, entry))
            entry.changed.connect(self.actions.changed)
            entry.menu_asked.connect(self._show_menu)
            entry.idle.connect(self._idle)
            entry.stays.connect(self._stay)
            self.sidebar.buttons[entry.name].clicked.connect(partial(self._choose, entry))
        self._workspace.orgs_changed.connect(self._show_org)
        self._workspace.keychain_changed.connect(self._show_keychain)
        self.status_messages.folder_asked.connect(partial(open_folder, self._tools.settings.folder))
        self.sidebar.org_clicked.connect(self.switch_org)
        self.sidebar.preferences_clicked.connect(self.show_preferences)
        self.window.resized.connect(self._resized)
        app = QGuiApplication.instance()
        assert isinstance(app, QGuiApplication)
        app.applicationStateChanged.connect(self._state_changed)
        self.window.closing.connect(self._closing)
        self.window.holds.append(self._hold_window)

    # Pages

    def _choose(self, entry: PageEntry) -> None:
        """The page was chosen in the sidebar."""
        self._show(entry)
        entry.page.come_to_front()

    def _open(self, entry: PageEntry) -> None:
        """The page was asked for by a command."""
        self._show(entry)
        entry.page.take_keyboard()

    def _show(self, entry: PageEntry) -> None:
        self._add(entry)
        for each in self._pages:
            self.sidebar.buttons[each.name].set_current(each is entry)
            each.set_in_front(each is entry)
        self.pages.setCurrentWidget(entry.page)
        self._keep_toasts_off()
        self._name_window()

    def _add(self, entry: PageEntry) -> None:
        """Make the page and put it behind the others, unless it is among them."""
        if self.pages.indexOf(entry.page) < 0:
            self.pages.addWidget(entry.page)
            entry.page.inset_changed.connect(self._keep_toasts_off)

    def _current(self) -> PageEntry:
        return next(entry for entry in self._pages if entry.in_front)

    @Slot()
    def _keep_toasts_off(self) -> None:
        page = self._current().page
        self._tools.toasts.keep_off(page.inset, page.inset_below)

    @Slot()
    def _find(self) -> None:
        """Search the page in front, or else the first page."""
        if not self._current().page.focus_search():
            self._open(self._pages[0])
            self._pages[0].page.focus_search()

    # What a person does

    @Slot()
    def switch_org(self) -> None:
        """Open the list of orgs under the sidebar's switcher, or close it."""
        org, workspace = self._workspace.org, self._workspace
        name = self.tr("Switch organization")
        if not self._leave_palette(name) and self._dialogs.free and org is not None:
            hint = self.tr("Find an organization")
            search = OrgFinder(workspace).search
            palette = Palette(
                self._look, search, self.window, name, hint, self.sidebar.org, passing=self._passing_keys()
            )
            palette.open(workspace.orgs.index(org))

    @Slot()
    def show_palette(self) -> None:
        """Open the command palette, or close it."""
        name = self.tr("Command palette")
        if not self._leave_palette(name) and self._dialogs.free:
            self.actions.refresh()
            search = Finder(self.actions, self._workspace, self._pages, self._tools.settings).search
            Palette(self._look, search, self.window, name, passing=self._passing_keys()).open()

    def _passing_keys(self) -> list[QKeySequence]:
        """Return the shortcuts that work while a palette is open: those that open and close one, and Quit."""
        return [self.actions[name].shortcut() for name in ("palette", "switch_org", "quit")]

    def _leave_palette(self, name: str) -> bool:
        """Close the palette of this name, if it is open."""
        for shown in self.window.findChildren(Palette):
            if shown.name == name and shown.isVisible():
                shown.leave()
                return True
        return False

    @Slot()
    def show_preferences(self) -> None:
        """Open Preferences."""
        if self._dialogs.free:
            from .preferences import PreferencesDialog

            dialog = PreferencesDialog(self._look, self._tools.settings, self._workspace.status, self.window)
            dialog.folder_asked.connect(open_folder)
            dialog.ca_file_given.connect(partial(self._look_at_ca_file, dialog))
            self._dialogs.open(dialog)
            if self._tools.settings.ca_file:
                self._look_at_ca_file(dialog, self._tools.settings.ca_file)

    def _look_at_ca_file(self, dialog: PreferencesDialog, path: str) -> None:
        def show(error: CortexError | None) -> None:
            if self._dialogs.current is dialog and self._tools.settings.ca_file == path:
                dialog.show_ca_file(error)

        self._workspace.on_disk(partial(self._check_ca_file, Path(path)), show, show)

    @Slot()
    def ask_remove_data(self) -> None:
        """Remove everything from this computer, after a typed word; `data_removed` follows."""
        if self._workspace.org is None or not self._dialogs.free:
            return
        from .removal_dialog import RemovalDialog

        keychain, folder = self._workspace.keychain_name, self._tools.settings.folder
        in_use = " ".join(filter(None, (entry.in_use(removing=True) for entry in self._pages)))
        dialog = RemovalDialog(self._look, keychain, folder, in_use, self.window)

        def removed(_: int) -> None:
            dialog.accept()
            self.data_removed.emit()

        dialog.confirmed.connect(lambda: self._workspace.remove_everything(removed, dialog.fail))
        self._dialogs.open_waiting(dialog)

    @Slot()
    def show_about(self) -> None:
        """Open About, with the licences."""
        if self._dialogs.free:
            from .about import AboutDialog

            self._dialogs.open(AboutDialog(self._look, self.window))

    @Slot()
    def show_shortcuts(self) -> None:
        """Open the list of keyboard shortcuts."""
        if self._dialogs.free:
            from .shortcuts import ShortcutsDialog

            self._dialogs.open(ShortcutsDialog(self._look, self.actions, self.window))

    @Slot(Menu, QPoint)
    def _show_menu(self, which: Menu, place: QPoint) -> None:
        menu = QMenu(self.window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.actions.refresh()
        self.actions.fill(menu, which)
        menu.popup(place)

    # What happened

    @Slot(KeychainStatus)
    def _show_keychain(self, status: KeychainStatus) -> None:
        self.sidebar.keychain(status)
        self.actions.changed()
        if status.state is VaultState.LOCKED:
            self._tools.reveal.end()

    @Slot()
    def _show_org(self) -> None:
        org = self._workspace.org
        if org is not None:
            self.sidebar.org.set_org(org, environment_of(org))
            self._stripe.setVisible(org.production)
            self._name_window()
            self.actions.changed()

    def _name_window(self) -> None:
        page, org = self._current().title, self._workspace.org
        if org is not None and org.production:
            title = self.tr("{page} – {environment}: {org} – Cortex Desktop")
            title = title.format(page=page, environment=environment_of(org), org=org.name)
        else:
            title = self.tr("{page} – Cortex Desktop").format(page=page)
        self.window.setWindowTitle(plain.title(title))

    @Slot()
    def _resized(self) -> None:
        self.sidebar.compact(self.window.width() < self._look.theme.px(800))
        self.above_pages.fit()

    @Slot(Qt.ApplicationState)
    def _state_changed(self, state: Qt.ApplicationState) -> None:
        if state == Qt.ApplicationState.ApplicationActive:  # elsewhere the keychain may have been locked
            self._workspace.look_at_keychain()

    # The end

    def _hold_window(self) -> bool:
        """True if a page must come to a stop first. Closing the window a second time does not wait."""
        self._close_when_idle = any(entry.hold_window() for entry in self._pages)
        return self._close_when_idle

    @Slot()
    def _stay(self) -> None:
        self._close_when_idle = False

    @Slot()
    def _idle(self) -> None:
        if self._close_when_idle:
            self.window.close()

    @Slot()
    def _closing(self) -> None:
        self._tools.put_keys_away()
        settings = self._tools.settings
        self.window.remember_place()
        for entry in self._pages:
            if entry.is_made:
                entry.remember()
        if self._workspace.org is not None:
            settings.set_text("org", self._workspace.org.id)
        settings.save()
