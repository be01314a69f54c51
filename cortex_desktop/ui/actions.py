"""Everything a person can do, as actions with their shortcuts, and the menus that hold them."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget

from ..domain.model import App, AppState
from ..domain.secret import SecretKind


class Actions(QObject):
    """The window's actions. Who makes the window connects their `triggered`."""

    def __init__(self, window: QMainWindow, page: QWidget) -> None:
        super().__init__(window)
        keys = QKeySequence.StandardKey
        self.new_app = self._make(self.tr("New App…"), keys.New)
        self.copy_key = self._make(self.tr("Copy API key"), keys.Copy)
        self.copy_secret = self._make(self.tr("Copy API secret"), "Ctrl+Shift+C")
        self.copy_request = self._make(self.tr("Copy first request"), "Ctrl+Alt+C")
        self.reveal = self._make(self.tr("Reveal API key"), "Ctrl+R")
        self.rotate = self._make(self.tr("Rotate API key…"), "Ctrl+Shift+R")
        self.details = self._make(self.tr("Details"), "Ctrl+I")
        self.details.setCheckable(True)
        self.enable = self._make(self.tr("Disable"), "Ctrl+E")
        self.delete = self._make(self.tr("Delete…"), keys.Delete)
        self.find = self._make(self.tr("Find"), keys.Find)
        self.unlock = self._make(self.tr("Unlock keychain…"))
        self.check_keychain = self._make(self.tr("Check keychain…"))
        self.deleted = self._make(self.tr("Recently deleted…"))
        self.organization = self._make(self.tr("Organization…"))
        self.preferences = self._make(self.tr("Preferences…"), "Ctrl+,", QAction.MenuRole.PreferencesRole)
        self.quit = self._make(self.tr("Quit"), "Ctrl+Q", QAction.MenuRole.QuitRole)
        self.about = self._make(self.tr("About Cortex Desktop"), role=QAction.MenuRole.AboutRole)
        # A bare Delete key means the app only while one is among the apps.
        page.addAction(self.delete)
        self.delete.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._make_menus(window)
        self.update(None, org_known=False, revealed=False, details_open=False, locked=False)

    def fill(self, menu: QMenu) -> None:
        """Put what can be done with an app into the menu."""
        menu.addActions([self.copy_key, self.copy_secret, self.copy_request, self.reveal])
        menu.addSeparator()
        menu.addActions([self.details, self.rotate, self.enable])
        menu.addSeparator()
        menu.addAction(self.delete)

    def update(self, app: App | None, *, org_known: bool, revealed: bool, details_open: bool, locked: bool) -> None:
        """Offer what makes sense for the current app, if there is one.

        revealed: its key is readable now; locked: the keychain can be unlocked.
        """
        usable = app is not None and app.state is AppState.ACTIVE
        for action in (self.copy_key, self.copy_request, self.reveal, self.rotate, self.enable):
            action.setEnabled(usable)
        self.copy_secret.setEnabled(app is not None and usable and SecretKind.API_SECRET in app.kinds)
        self.delete.setEnabled(app is not None)
        self.details.setEnabled(app is not None)
        self.details.setChecked(details_open)
        for action in (self.new_app, self.organization, self.deleted, self.check_keychain):
            action.setEnabled(org_known)
        self.unlock.setEnabled(locked)
        self.reveal.setText(self.tr("Hide API key") if revealed else self.tr("Reveal API key"))
        self.enable.setText(self.tr("Disable") if app is None or app.enabled else self.tr("Enable"))

    def _make(
        self,
        text: str,
        keys: QKeySequence.StandardKey | str = "",
        role: QAction.MenuRole = QAction.MenuRole.NoRole,
    ) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(keys))
        action.setMenuRole(role)
        return action

    def _make_menus(self, window: QMainWindow) -> None:
        bar = window.menuBar()
        file = bar.addMenu(self.tr("&File"))
        file.addAction(self.new_app)
        file.addSeparator()
        file.addActions([self.organization, self.deleted])
        file.addSeparator()
        file.addActions([self.unlock, self.check_keychain, self.preferences])
        file.addSeparator()
        file.addAction(self.quit)
        self.fill(bar.addMenu(self.tr("&App")))
        bar.addMenu(self.tr("&View")).addActions([self.find, self.details])
        bar.addMenu(self.tr("&Help")).addAction(self.about)
