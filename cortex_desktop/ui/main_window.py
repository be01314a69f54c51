"""The window: sidebar, page, menus, notices, and what happens when a person acts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, QUrl, Slot
from PySide6.QtGui import QAction, QCloseEvent, QDesktopServices, QKeySequence, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QMenu, QMessageBox, QWidget

from ..domain.errors import CortexError
from ..domain.model import App, AppState, Environment, Org
from ..domain.ports import VaultState
from ..domain.secret import Secret, SecretKind
from ..services.apps import RESTORABLE, Created, RecoveryReport
from ..services.keychain import KeychainStatus
from ..services.requests import first_request
from .apps.controller import AppsController
from .apps.model import AppsModel, Column, Row
from .apps.page import AppsPage
from .clipboard import SecretClipboard
from .i18n import long_time, say
from .notices import Notice, Notices
from .reveal import Reveal
from .settings import Settings
from .sidebar import Sidebar
from .widgets import Look, Veil, announce

AWAY_MS = 60_000
"""A revealed key hides when the window has not been the active one for this long."""

NOTICE_SECONDS = 8


class MainWindow(QMainWindow):
    """Everything on screen. Knows the controller, never a store."""

    def __init__(self, look: Look, controller: AppsController, settings: Settings) -> None:
        super().__init__()
        self._look = look
        self._controller = controller
        self._settings = settings
        self.model = AppsModel(self)
        self.reveal = Reveal(self)
        self.clipboard = SecretClipboard(self)
        self._dialog: QWidget | None = None
        self._painted: Callable[[], None] | None = None

        self.setWindowTitle(self.tr("Apps – Cortex Desktop"))
        self.setMinimumSize(640, 420)
        self.sidebar = Sidebar(look)
        self.page = AppsPage(look, self.model, self.reveal)
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.sidebar)
        row.addWidget(self.page, 1)
        self.setCentralWidget(body)
        self._veil = Veil(body)
        self.notices = Notices(body, look)
        self._make_actions()
        self._make_menus()
        self._connect()
        self._away = QTimer(self)
        self._away.setSingleShot(True)
        self._away.setInterval(AWAY_MS)
        self._away.timeout.connect(self.reveal.end)
        self._restore()
        self._update_actions()
        self.page.setFocus()  # nothing in particular, until there are apps to move among
        self.page.wait_for_load()

    def after_first_paint(self, act: Callable[[], None]) -> None:
        """Call `act` once, when the window has been painted for the first time."""
        self._painted = act

    # Set-up

    def _make_actions(self) -> None:
        def action(
            text: str, act: Callable[[], object], keys: QKeySequence | QKeySequence.StandardKey | str = ""
        ) -> QAction:
            made = QAction(text, self)
            if keys:
                made.setShortcut(QKeySequence(keys))
            made.triggered.connect(act)
            return made

        keys = QKeySequence.StandardKey
        self.new_app = action(self.tr("New App…"), self.ask_new_app, keys.New)
        self.copy_key = action(self.tr("Copy API key"), partial(self.copy, SecretKind.API_KEY), keys.Copy)
        self.copy_secret = action(self.tr("Copy API secret"), partial(self.copy, SecretKind.API_SECRET), "Ctrl+Shift+C")
        self.copy_request = action(self.tr("Copy first request"), self.copy_first_request, "Ctrl+Alt+C")
        self.toggle_reveal = action(self.tr("Reveal API key"), self.reveal_or_hide, "Ctrl+R")
        self.toggle_details = action(self.tr("Details"), self.page.toggle_details, "Ctrl+I")
        self.toggle_details.setCheckable(True)
        self.toggle_enabled = action(self.tr("Disable"), self.enable_or_disable, "Ctrl+E")
        self.delete_app = action(self.tr("Delete…"), self.ask_delete, keys.Delete)
        self.find_apps = action(self.tr("Find"), self._focus_search, keys.Find)
        self.unlock = action(self.tr("Unlock keychain…"), self._controller.unlock)
        self.edit_org = action(self.tr("Organization…"), self.ask_org)
        self.preferences = action(self.tr("Preferences…"), self.show_preferences, keys.Preferences)
        if not self.preferences.shortcut():
            self.preferences.setShortcut(QKeySequence("Ctrl+,"))
        self.preferences.setMenuRole(QAction.MenuRole.PreferencesRole)
        self.leave = action(self.tr("Quit"), self.close, "Ctrl+Q")
        self.leave.setMenuRole(QAction.MenuRole.QuitRole)
        self.about = action(self.tr("About Cortex Desktop"), self.show_about)
        self.about.setMenuRole(QAction.MenuRole.AboutRole)
        # A single Delete key, or Ctrl+C, belongs to the table and the panel; in the search field it edits text.
        self.page.addAction(self.delete_app)
        self.delete_app.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def _make_menus(self) -> None:
        bar = self.menuBar()
        file_menu = bar.addMenu(self.tr("&File"))
        file_menu.addAction(self.new_app)
        file_menu.addSeparator()
        file_menu.addAction(self.edit_org)
        file_menu.addAction(self.unlock)
        file_menu.addAction(self.preferences)
        file_menu.addSeparator()
        file_menu.addAction(self.leave)
        self._app_actions: list[QAction | None] = [
            self.copy_key,
            self.copy_secret,
            self.copy_request,
            self.toggle_reveal,
            None,
            self.toggle_details,
            self.toggle_enabled,
            None,
            self.delete_app,
        ]
        app_menu = bar.addMenu(self.tr("&App"))
        self._fill(app_menu)
        view_menu = bar.addMenu(self.tr("&View"))
        view_menu.addAction(self.find_apps)
        view_menu.addAction(self.toggle_details)
        help_menu = bar.addMenu(self.tr("&Help"))
        help_menu.addAction(self.about)

    def _fill(self, menu: QMenu) -> None:
        for action in self._app_actions:
            if action is None:
                menu.addSeparator()
            else:
                menu.addAction(action)

    def _connect(self) -> None:
        controller, page, details = self._controller, self.page, self.page.details
        controller.loaded.connect(self._loaded)
        controller.org_changed.connect(self._show_org)
        controller.changed.connect(self._app_changed)
        controller.removed.connect(self._app_removed)
        controller.keychain_changed.connect(self._show_keychain)
        controller.missing.connect(self.model.mark_missing)
        controller.recovered.connect(self._tell_recovered)
        controller.failed.connect(self.tell_error)
        controller.load_failed.connect(self._tell_load_failed)
        controller.waiting.busy.connect(self._show_busy)
        controller.waiting.slow.connect(self._offer_stop)
        page.new_asked.connect(self.ask_new_app)
        page.selected.connect(self._update_actions)
        page.unlock_asked.connect(self._banner_acted)
        page.menu_asked.connect(self._show_menu)
        page.retry_asked.connect(controller.reload)
        page.details_toggled.connect(self._update_actions)
        page.table.painter.reveal_asked.connect(self._reveal_of)
        page.table.painter.copy_asked.connect(self._copy_of)
        details.reveal_asked.connect(self.reveal_or_hide)
        details.copy_asked.connect(self.copy)
        details.request_copy_asked.connect(self.copy_first_request)
        details.enable_asked.connect(self.enable_or_disable)
        details.delete_asked.connect(self.ask_delete)
        self.sidebar.org_clicked.connect(self._show_org_menu)
        self.sidebar.preferences_clicked.connect(self.show_preferences)
        self.reveal.changed.connect(self._reveal_changed)
        self.clipboard.cleared.connect(self._clipboard_cleared)

    def _restore(self) -> None:
        geometry = self._settings.blob("geometry")
        if geometry.isEmpty() or not self.restoreGeometry(geometry):
            available = self.screen().availableGeometry()
            self.resize(min(1200, available.width() - 40), min(760, available.height() - 60))
        self.page.restore_layout(self._settings.blob("columns"))
        column, _, order = self._settings.text("sort", "CREATED DESC").partition(" ")
        direction = Qt.SortOrder.DescendingOrder if order == "DESC" else Qt.SortOrder.AscendingOrder
        chosen = Column[column] if column in Column.__members__ and column != "MENU" else Column.CREATED
        self.page.table.sort_by(chosen, direction)

    def _remember(self) -> None:
        column, order = self.page.table.sorted_by()
        self._settings.set_blob("geometry", self.saveGeometry())
        self._settings.set_blob("columns", self.page.layout_state())
        self._settings.set_text("sort", f"{column.name} {'DESC' if order is Qt.SortOrder.DescendingOrder else 'ASC'}")
        self._settings.save()

    # What a person does

    @Slot()
    def ask_new_app(self) -> None:
        """Open the Create App dialog."""
        org = self._controller.org
        if org is None or self._dialog is not None:
            return
        from .apps.create_dialog import CreateAppDialog

        place = f"{org.name} · {self.environment_name(org.environment)}"
        dialog = CreateAppDialog(self._look, self.model, place, self)

        def submit(label: str, sessions: bool, csrf: bool) -> None:
            self._controller.create(label, sessions, csrf, created, dialog.fail)

        def created(made: Created) -> None:
            dialog.accept()
            self._welcome(made)

        dialog.submitted.connect(submit)
        dialog.stop_waiting.connect(self._controller.stop_waiting)
        self._controller.waiting.busy.connect(dialog.show_busy)
        self._controller.waiting.slow.connect(dialog.show_slow)
        self._open(dialog)

    def _welcome(self, made: Created) -> None:
        """A new app: select it, show its key, offer to copy it."""
        self.page.select(made.app.id)
        self.page.table.setFocus()
        self.reveal.show(made.app.id, made.key, self._settings.reveal_seconds)
        notice = self.notices.show(
            self.tr("App created"),
            self.tr("The API key of “{label}” is in your keychain.").format(label=_short(made.app.label)),
            action=self.tr("Copy key"),
            topic="created",
        )
        notice.acted.connect(partial(self._copy_of, made.app.id))
        notice.count_down(self._settings.reveal_seconds)

    @Slot(object)
    def copy(self, kind: SecretKind) -> None:
        """Copy the current app's key or secret."""
        app = self.page.current()
        if app is not None and app.state is AppState.ACTIVE and kind in app.kinds:
            self._with_secret(app, kind, partial(self._copied, app, kind))

    @Slot()
    def copy_first_request(self) -> None:
        """Copy the current app's first request with its real key."""
        app, org = self.page.current(), self._controller.org
        if app is None or org is None or app.state is not AppState.ACTIVE:
            return

        def copied(secret: Secret) -> None:
            request = Secret(first_request(org, app, secret.reveal()))
            self._hold(request, self.tr("First request copied"))
            self._controller.note_copied(app)

        self._with_secret(app, SecretKind.API_KEY, copied)

    @Slot()
    def reveal_or_hide(self) -> None:
        """Show the current app's key for a while, or hide it."""
        app = self.page.current()
        if app is not None:
            self._reveal_of(app.id)

    @Slot()
    def enable_or_disable(self) -> None:
        """Turn the current app off, or on again."""
        app = self.page.current()
        if app is not None and app.state is AppState.ACTIVE:
            self._controller.set_enabled(app, not app.enabled)

    @Slot()
    def ask_delete(self) -> None:
        """Delete the current app, after a question."""
        app = self.page.current()
        if app is None or self._dialog is not None:
            return
        question = QMessageBox(
            QMessageBox.Icon.NoIcon,
            self.tr("Delete app"),
            self.tr("Delete “{label}”?").format(label=_short(app.label)),
            QMessageBox.StandardButton.NoButton,
            self,
        )
        question.setTextFormat(Qt.TextFormat.PlainText)
        question.setInformativeText(
            self.tr(
                "Its API key is removed from the keychain and cannot be brought back. "
                "Programs that use the key keep working until it is retired in Cortex."
            )
        )
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        delete = question.addButton(self.tr("Delete"), QMessageBox.ButtonRole.DestructiveRole)
        delete.setProperty("role", "danger")
        cancel = question.addButton(self.tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        question.setDefaultButton(cancel)
        question.setEscapeButton(cancel)
        delete.clicked.connect(partial(self._controller.delete, app, self._deleted))
        self._open(question)

    @Slot()
    def ask_org(self) -> None:
        """Edit the org's name, code, environment and endpoint."""
        org = self._controller.org
        if org is None or self._dialog is not None:
            return
        from .organization import OrganizationDialog

        dialog = OrganizationDialog(self._look, org, self.environment_name, self)
        dialog.saved.connect(self._controller.change_org)
        self._open(dialog)

    @Slot()
    def show_preferences(self) -> None:
        """Open Preferences."""
        if self._dialog is None:
            from .preferences import PreferencesDialog

            dialog = PreferencesDialog(self._look, self._settings, self._controller.status, self)
            dialog.folder_asked.connect(self._open_folder)
            self._open(dialog)

    @Slot()
    def show_about(self) -> None:
        """Open About, with the licences."""
        if self._dialog is None:
            from .about import AboutDialog

            self._open(AboutDialog(self._look, self))

    @Slot()
    def come_up(self) -> None:
        """Show the window in front; a second start asks for it."""
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()

    def environment_name(self, environment: Environment) -> str:
        """The environment's name for people."""
        return {
            Environment.DEVELOPMENT: self.tr("Development"),
            Environment.TEST: self.tr("Test"),
            Environment.STAGING: self.tr("Staging"),
            Environment.PRODUCTION: self.tr("Production"),
        }[environment]

    # What happened

    @Slot(list)
    def _loaded(self, rows: list[Row]) -> None:
        self.model.load(rows)
        self.page.loaded()
        self.sidebar.apps.count(self.model.total)
        if not self.page.table.currentIndex().isValid() and self.model.rowCount():
            self.page.table.setCurrentIndex(self.model.index(0, 0))
            if self.focusWidget() in (None, self.page):
                self.page.table.setFocus()
        self._update_actions()

    @Slot(object)
    def _show_org(self, org: Org) -> None:
        environment = self.environment_name(org.environment)
        self.sidebar.org.tell(org, environment)
        self.page.tell_org(org, self._keychain_name())
        self._update_actions()

    @Slot(object)
    def _app_changed(self, app: App) -> None:
        self.model.put(app)
        self.page.loaded()
        self.sidebar.apps.count(self.model.total)
        self._update_actions()

    @Slot(str)
    def _app_removed(self, app_id: str) -> None:
        if self.reveal.app_id == app_id:
            self.reveal.end()
        row = self.model.row_of(app_id)
        self.model.remove(app_id)
        self.page.loaded()
        self.sidebar.apps.count(self.model.total)
        if self.model.rowCount():  # the neighbour takes its place, so that the keyboard does not get lost
            self.page.table.setCurrentIndex(self.model.index(min(max(row, 0), self.model.rowCount() - 1), 0))
        self._update_actions()

    def _deleted(self, app: App) -> None:
        seconds = int(RESTORABLE.total_seconds())
        notice = self.notices.show(
            self.tr("“{label}” deleted").format(label=_short(app.label)),
            icon="trash-2",
            tone="muted",
            action=self.tr("Undo"),
        )
        kept: list[bool] = []

        def undo() -> None:
            kept.append(True)
            self._controller.restore(app)

        def settle() -> None:
            if not kept:
                self._controller.purge(app)

        notice.acted.connect(undo)
        notice.gone.connect(settle)
        notice.count_down(seconds, lambda left: self.tr("Its key leaves the keychain in %n s", "", left))

    @Slot(object)
    def _show_keychain(self, status: KeychainStatus) -> None:
        self.sidebar.keychain(status)
        if self._controller.org is not None:
            self.page.tell_org(self._controller.org, status.name)
        banner = self.page.keychain_banner
        values = {"keychain": status.name}
        match status.state:
            case VaultState.UNLOCKED:
                banner.hide()
            case VaultState.LOCKED:
                text = self.tr(
                    "Apps are listed, but keys can't be shown, copied or created until {keychain} is unlocked."
                )
                banner.tell(
                    "warning",
                    "lock",
                    self.tr("Your keychain is locked"),
                    text.format(**values),
                    self.tr("Unlock…"),
                )
            case VaultState.MISSING:
                text = self.tr(
                    "Apps are listed, but keys can't be shown, copied or created. "
                    "Start or install a keychain service, then try again."
                )
                banner.tell("warning", "circle-alert", self.tr("No keychain was found"), text, self.tr("Try again"))
            case VaultState.FAILED:
                text = self.tr("{keychain} gives no answer. Keys that are already stored are not affected.")
                banner.tell(
                    "warning",
                    "circle-alert",
                    self.tr("The keychain does not answer"),
                    text.format(**values),
                    self.tr("Try again"),
                )
        self.unlock.setEnabled(status.state is VaultState.LOCKED)
        if status.state is VaultState.LOCKED:
            self.reveal.end()

    @Slot()
    def _banner_acted(self) -> None:
        status = self._controller.status
        if status is not None and status.state is VaultState.LOCKED:
            self._controller.unlock()
        else:
            self._controller.look_at_keychain()

    @Slot(object)
    def _tell_recovered(self, report: RecoveryReport) -> None:
        text = []
        if report.finished:
            text.append(self.tr("%n change(s) completed.", "", len(report.finished)))
        if report.undone:
            text.append(self.tr("%n change(s) undone.", "", len(report.undone)))
        self._passing(self.tr("The last session was settled"), " ".join(text), icon="info", tone="accent")

    def tell_damage(self, set_aside: str, restored_from: datetime | None, apps: int | None, unreadable: int) -> None:
        """Say that the database was damaged and what became of it. Stays until it is dismissed.

        set_aside: name of the file that keeps the damaged content, empty when there was none; restored_from: when
        the backup in its place was saved, with so many apps; unreadable: rows that make no sense and are skipped.
        """
        text = []
        if restored_from is not None:
            text.append(
                self.tr("It was restored with %n app(s) as of {time}.", "", apps or 0).format(
                    time=long_time(restored_from)
                )
            )
        elif set_aside or not unreadable:
            text.append(self.tr("There was no backup to restore, so the list starts anew. Keys stay in the keychain."))
        if set_aside:
            text.append(self.tr("The damaged file is kept as {name}.").format(name=set_aside))
        if unreadable:
            text.append(self.tr("%n entry(s) cannot be read and were left in the file as they are.", "", unreadable))
        self.page.storage_banner.tell(
            "warning",
            "triangle-alert",
            self.tr("Your app list was damaged"),
            " ".join(text),
            dismissable=True,
        )

    @Slot(object)
    def tell_error(self, error: CortexError) -> None:
        """Say what went wrong, what it means and what to do."""
        self._passing(
            say(error.title),
            f"{say(error.message)} {say(error.advice)}",
            icon="circle-alert",
            tone="danger",
            seconds=20,
        )

    @Slot(object)
    def _tell_load_failed(self, error: CortexError) -> None:
        self.page.load_failed(say(error.title), f"{say(error.message)} {say(error.advice)}")

    @Slot(bool)
    def _show_busy(self, busy: bool) -> None:
        if not busy:
            self.notices.leave("waiting")
        elif self._dialog is None:
            self._waiting_notice()

    @Slot()
    def _offer_stop(self) -> None:
        if self._dialog is None:
            notice = self._waiting_notice(self.tr("Stop waiting"))
            notice.say(self.tr("A prompt of the system may be open behind this window."))
            notice.acted.connect(self._controller.stop_waiting)

    def _waiting_notice(self, action: str = "") -> Notice:
        title = self.tr("Waiting for {keychain}…").format(keychain=self._keychain_name() or self.tr("the keychain"))
        return self.notices.show(title, icon="loader-circle", tone="muted", action=action, topic="waiting")

    # Keys

    def _with_secret(self, app: App, kind: SecretKind, use: Callable[[Secret], None]) -> None:
        """Hand over the secret: at once when it is on screen already, else from the keychain."""
        if kind is SecretKind.API_KEY and self.reveal.app_id == app.id and self.reveal.secret is not None:
            use(self.reveal.secret)
        else:
            self._controller.fetch(app, kind, use)

    @Slot(str)
    def _copy_of(self, app_id: str) -> None:
        app = self.model.find(app_id)
        if app is not None and app.state is AppState.ACTIVE:
            self._with_secret(app, SecretKind.API_KEY, partial(self._copied, app, SecretKind.API_KEY))

    def _copied(self, app: App, kind: SecretKind, secret: Secret) -> None:
        key = kind is SecretKind.API_KEY
        self._hold(secret, self.tr("API key copied") if key else self.tr("API secret copied"))
        if key:
            self._controller.note_copied(app)

    def _hold(self, secret: Secret, title: str) -> None:
        seconds = self._settings.clipboard_seconds
        self.clipboard.put(secret, seconds)
        self.notices.leave("created")
        notice = self.notices.show(title, action=self.tr("Clear now"), topic="clipboard")
        notice.acted.connect(self.clipboard.clear)
        notice.count_down(seconds, lambda left: self.tr("Clears from the clipboard in %n s", "", left))

    @Slot(bool)
    def _clipboard_cleared(self, ours: bool) -> None:
        self.notices.leave("clipboard")
        if ours:
            announce(self, self.tr("Clipboard cleared"))

    @Slot(str)
    def _reveal_of(self, app_id: str) -> None:
        app = self.model.find(app_id)
        if self.reveal.app_id == app_id:
            self.reveal.end()
        elif app is not None and app.state is AppState.ACTIVE:
            self._controller.fetch(app, SecretKind.API_KEY, partial(self._revealed, app_id))

    def _revealed(self, app_id: str, secret: Secret) -> None:
        self.reveal.show(app_id, secret, self._settings.reveal_seconds)

    @Slot()
    def _reveal_changed(self) -> None:
        self.model.mark_revealed(self.reveal.app_id)
        self.page.table.viewport().update()
        if not self.reveal.app_id:
            self.notices.leave("created")
        self._update_actions()

    # Menus and actions

    @Slot()
    def _update_actions(self) -> None:
        app = self.page.current()
        usable = app is not None and app.state is AppState.ACTIVE
        for action in (self.copy_key, self.copy_request, self.toggle_reveal, self.toggle_enabled):
            action.setEnabled(usable)
        self.new_app.setEnabled(self._controller.org is not None)
        self.page.new.setEnabled(self._controller.org is not None)
        self.edit_org.setEnabled(self._controller.org is not None)
        self.copy_secret.setEnabled(usable and app is not None and SecretKind.API_SECRET in app.kinds)
        self.delete_app.setEnabled(app is not None)
        self.toggle_details.setEnabled(app is not None)
        self.toggle_details.setChecked(self.page.details_wanted and app is not None)
        shown = app is not None and self.reveal.app_id == app.id
        self.toggle_reveal.setText(self.tr("Hide API key") if shown else self.tr("Reveal API key"))
        enabled = app is None or app.enabled
        self.toggle_enabled.setText(self.tr("Disable") if enabled else self.tr("Enable"))
        self.unlock.setEnabled(
            self._controller.status is not None and self._controller.status.state is VaultState.LOCKED
        )

    @Slot(QPoint)
    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._fill(menu)
        menu.popup(place)

    @Slot()
    def _show_org_menu(self) -> None:
        org = self._controller.org
        if org is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        current = menu.addAction(org.name.replace("&", "&&"))
        current.setCheckable(True)
        current.setChecked(True)
        menu.addSeparator()
        menu.addAction(self.edit_org)
        menu.setMinimumWidth(self.sidebar.org.width())
        menu.popup(self.sidebar.org.mapToGlobal(QPoint(0, self.sidebar.org.height() + 4)))

    @Slot()
    def _focus_search(self) -> None:
        self.page.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.page.search.selectAll()

    @Slot(str)
    def _open_folder(self, folder: str) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(folder))

    # Inside

    def _open(self, dialog: QMessageBox | QWidget) -> None:
        """Open a dialog over the window. One at a time: shortcuts reach the window even while it is modal."""
        self._dialog = dialog
        self._veil.cover()
        dialog.destroyed.connect(self._dialog_gone)
        dialog.open()  # type: ignore[union-attr]

    @Slot()
    def _dialog_gone(self) -> None:
        self._dialog = None
        self._veil.hide()

    def _passing(self, title: str, text: str, *, icon: str, tone: str, seconds: int = NOTICE_SECONDS) -> None:
        self.notices.show(title, text, icon=icon, tone=tone).count_down(seconds)

    def _keychain_name(self) -> str:
        return self._controller.status.name if self._controller.status is not None else ""

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange:
            if self.isActiveWindow():
                self._away.stop()
                self._controller.look_at_keychain()
            elif not self._away.isActive():
                self._away.start()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._painted is not None:
            QTimer.singleShot(0, self, self._painted)
            self._painted = None

    def closeEvent(self, event: QCloseEvent) -> None:
        self.reveal.end()
        self.clipboard.clear()
        self._remember()
        super().closeEvent(event)


def _short(text: str) -> str:
    """A label for the middle of a sentence: at most 40 characters."""
    return text if len(text) <= 40 else text[:39] + "…"
