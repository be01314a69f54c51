"""What fills the window: sidebar, page, menus, notices, and what happens when a person acts."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, QTimer, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication, QPalette, QWindow
from PySide6.QtWidgets import QDialog, QHBoxLayout, QMenu, QWidget

from ..domain.errors import CortexError, Defect
from ..domain.model import App, AppState, Environment, Org
from ..domain.ports import VaultState
from ..domain.secret import SecretKind
from ..services.apps import Created, RecoveryReport
from ..services.keychain import KeychainStatus
from .actions import Actions
from .apps.controller import AppsController
from .apps.model import AppsModel, Column, Row
from .apps.page import AppsPage
from .clipboard import SecretClipboard
from .i18n import long_time, say
from .keys import KeyDesk, short
from .main_window import MainWindow
from .notices import Notice, Notices
from .reveal import Reveal
from .settings import Settings
from .sidebar import Sidebar
from .widgets import Look, Veil

if TYPE_CHECKING:
    from .sheet import WaitingSheet

AWAY_MS = 60_000
"""A revealed key hides when the window has not been the active one for this long."""

NOTICE_SECONDS = 8

DUE_MS = 3_600_000
"""How often to look for deleted apps and old keys whose time is up."""

ROLLED_BACK_KEPT = timedelta(days=7)
"""After rolling back, the newer key stays for this long: it may be in use somewhere already."""


class Console(QObject):
    """All that is in the window, put there after its first paint. Knows the controller, never a store."""

    def __init__(self, window: MainWindow, look: Look, controller: AppsController, settings: Settings) -> None:
        super().__init__(window)
        self.window = window
        self._look = look
        self._controller = controller
        self._settings = settings
        window.setPalette(QPalette())  # from here on the theme's
        self.model = AppsModel(self)
        self.reveal = Reveal(self)
        self.clipboard = SecretClipboard(self)
        self._dialog: QDialog | None = None

        self.sidebar = Sidebar(look)
        self.page = AppsPage(look, self.model, self.reveal)
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.sidebar)
        row.addWidget(self.page, 1)
        window.setCentralWidget(body)
        window.setWindowTitle(self.tr("Apps – Cortex Desktop"))  # only now is there a translation
        self._veil = Veil(body)
        self.notices = Notices(body, look)
        self.keys = KeyDesk(controller, settings, self.reveal, self.clipboard, self.notices)
        self.commands = Actions(window, self.page)
        self._connect()
        self._connect_actions()
        self._away = QTimer(self)
        self._away.setSingleShot(True)
        self._away.setInterval(AWAY_MS)
        self._away.timeout.connect(self.reveal.end)
        self.page.wait_for_load()  # before the sorting is restored, which has the page show its state
        self._due = QTimer(self)  # for those who leave it running for weeks
        self._due.setInterval(DUE_MS)
        self._due.timeout.connect(self._controller.recover)
        self._due.start()
        self._restore()
        self._resized()
        self._update_actions()
        self.page.setFocus()  # nothing in particular, until there are apps to move among

    # Set-up

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
        page.details_toggled.connect(self._details_toggled)
        page.table.painter.reveal_asked.connect(self._reveal_of)
        page.table.painter.copy_asked.connect(self._copy_of)
        details.reveal_asked.connect(self.reveal_or_hide)
        details.copy_asked.connect(self.copy)
        details.request_copy_asked.connect(self.copy_first_request)
        details.enable_asked.connect(self.enable_or_disable)
        details.delete_asked.connect(self.ask_delete)
        details.rotate_asked.connect(self.ask_rotate)
        details.roll_back_asked.connect(self._roll_back)
        details.drop_kept_asked.connect(self._drop_kept)
        self.sidebar.org_clicked.connect(self._show_org_menu)
        self.sidebar.preferences_clicked.connect(self.show_preferences)
        self.reveal.changed.connect(self._reveal_changed)
        self.window.resized.connect(self._resized)
        app = QGuiApplication.instance()
        assert isinstance(app, QGuiApplication)
        app.focusWindowChanged.connect(self._focus_moved)
        self.window.closing.connect(self._closing)

    def _connect_actions(self) -> None:
        actions = self.commands
        for action, act in (
            (actions.new_app, self.ask_new_app),
            (actions.copy_key, partial(self.copy, SecretKind.API_KEY)),
            (actions.copy_secret, partial(self.copy, SecretKind.API_SECRET)),
            (actions.copy_request, self.copy_first_request),
            (actions.reveal, self.reveal_or_hide),
            (actions.details, self.page.toggle_details),
            (actions.rotate, self.ask_rotate),
            (actions.enable, self.enable_or_disable),
            (actions.delete, self.ask_delete),
            (actions.find, self.page.focus_search),
            (actions.unlock, self._controller.unlock),
            (actions.check_keychain, self.check_keychain),
            (actions.deleted, self.show_deleted),
            (actions.organization, self.ask_org),
            (actions.preferences, self.show_preferences),
            (actions.quit, self.window.close),
            (actions.about, self.show_about),
        ):
            action.triggered.connect(act)

    def _restore(self) -> None:
        self.page.restore_layout(self._settings.blob("columns"))
        column, _, order = self._settings.text("sort").partition(" ")
        if column not in Column.__members__ or column == "MENU":
            column, order = "CREATED", "DESC"
        direction = Qt.SortOrder.DescendingOrder if order == "DESC" else Qt.SortOrder.AscendingOrder
        self.page.table.sort_by(Column[column], direction)

    def _remember(self) -> None:
        column, order = self.page.table.sorted_by()
        self.window.remember_place()
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
        dialog = CreateAppDialog(self._look, self.model, place, self.window)

        def submit(label: str, sessions: bool, csrf: bool) -> None:
            self._controller.create(label, sessions, csrf, created, dialog.fail)

        def created(made: Created) -> None:
            dialog.accept()
            self.page.select(made.app.id)
            self.page.table.setFocus()
            self.keys.welcome(made)

        dialog.submitted.connect(submit)
        self._open_waiting(dialog)

    @Slot(object)
    def copy(self, kind: SecretKind) -> None:
        """Copy the current app's key or secret."""
        app = self.page.current()
        if app is not None:
            self.keys.copy(app, kind)

    @Slot()
    def copy_first_request(self) -> None:
        """Copy the current app's first request with its real key."""
        app, org = self.page.current(), self._controller.org
        if app is not None and org is not None:
            self.keys.copy_first_request(app, org)

    @Slot()
    def reveal_or_hide(self) -> None:
        """Show the current app's key for a while, or hide it."""
        app = self.page.current()
        if app is not None:
            self.keys.reveal_or_hide(app)

    @Slot()
    def enable_or_disable(self) -> None:
        """Turn the current app off, or on again."""
        app = self.page.current()
        if app is not None and app.state is AppState.ACTIVE:
            self._controller.set_enabled(app, not app.enabled)

    @Slot()
    def ask_rotate(self) -> None:
        """Open the Rotate API key dialog for the current app."""
        app, org = self.page.current(), self._controller.org
        if app is None or org is None or app.state is not AppState.ACTIVE or self._dialog is not None:
            return
        from .apps.rotate_dialog import RotateDialog

        place = f"{short(app.label)} · {org.name} · {self.environment_name(org.environment)}"
        dialog = RotateDialog(self._look, place, self.window)

        def rotated(made: Created) -> None:
            dialog.accept()
            self.model.mark_whole(app.id)
            self.model.put(made.app)
            self.keys.show_rotated(made)

        dialog.submitted.connect(lambda keep: self._controller.rotate(app, keep, rotated, dialog.fail))
        self._open_waiting(dialog)

    @Slot(int)
    def _roll_back(self, number: int) -> None:
        app = self.page.current()
        if app is not None:
            self.reveal.end()
            self._controller.roll_back(app, number, ROLLED_BACK_KEPT)

    @Slot(int)
    def _drop_kept(self, number: int) -> None:
        app = self.page.current()
        if app is None or self._dialog is not None:
            return
        from .sheet import Question

        question = Question(
            self._look,
            self.tr("Remove the earlier key?"),
            self.tr("It leaves the keychain at once and cannot be brought back. The present key is not affected."),
            self.tr("Remove"),
            self.window,
        )
        question.confirmed.connect(partial(self._controller.drop_kept, app, number))
        self._open(question)

    @Slot()
    def check_keychain(self) -> None:
        """Open the doctor and let it look at every app."""
        if self._dialog is not None:
            return
        from .apps.doctor_dialog import DoctorDialog

        dialog = DoctorDialog(self._look, self.model.all_apps(), self._keychain_name(), self.window)
        dialog.check_asked.connect(lambda app_id: self._controller.check(app_id, dialog.checked, dialog.fail))
        dialog.repair_asked.connect(lambda found: self._controller.repair(found, dialog.repaired, dialog.fail))
        dialog.finished.connect(self._controller.reload)
        self._open(dialog)
        dialog.start()

    @Slot()
    def show_deleted(self) -> None:
        """Open Recently deleted."""
        if self._dialog is None:
            self._controller.find_deleted(self._show_deleted)

    def _show_deleted(self, apps: list[App]) -> None:
        from .apps.deleted_dialog import DeletedDialog

        if self._dialog is None:
            dialog = DeletedDialog(self._look, apps, self.window)
            dialog.restore_asked.connect(self._controller.restore)
            dialog.purge_asked.connect(self._controller.purge)
            self._open(dialog)

    @Slot()
    def ask_delete(self) -> None:
        """Delete the current app, after a question."""
        app = self.page.current()
        if app is None or self._dialog is not None:
            return
        from .sheet import Question

        question = Question(
            self._look,
            self.tr("Delete “{label}”?").format(label=short(app.label)),
            self.tr(
                "For 30 days you can restore it from Recently deleted. Then its API key leaves the keychain and cannot "
                "be brought back. Nothing is changed in Cortex itself."
            ),
            self.tr("Delete"),
            self.window,
        )
        question.confirmed.connect(partial(self._controller.delete, app, self._deleted))
        self._open(question)

    @Slot()
    def ask_org(self) -> None:
        """Edit the org's name, code, environment and endpoint."""
        org = self._controller.org
        if org is None or self._dialog is not None:
            return
        from .organization import OrganizationDialog

        dialog = OrganizationDialog(self._look, org, self.environment_name, self.window)
        dialog.saved.connect(self._controller.change_org)
        self._open(dialog)

    @Slot()
    def show_preferences(self) -> None:
        """Open Preferences."""
        if self._dialog is None:
            from .preferences import PreferencesDialog

            dialog = PreferencesDialog(self._look, self._settings, self._controller.status, self.window)
            dialog.folder_asked.connect(self._open_folder)
            self._open(dialog)

    @Slot()
    def show_about(self) -> None:
        """Open About, with the licences."""
        if self._dialog is None:
            from .about import AboutDialog

            self._open(AboutDialog(self._look, self.window))

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
            if self.window.focusWidget() in (None, self.page):
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
        notice = self.notices.show(
            self.tr("“{label}” deleted").format(label=short(app.label)),
            self.tr("It can be restored for 30 days from Recently deleted."),
            icon="trash-2",
            tone="muted",
            action=self.tr("Undo"),
        )
        notice.acted.connect(partial(self._controller.restore, app))
        notice.count_down(NOTICE_SECONDS)

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
        self._update_actions()
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

    def tell_changed_outside(self) -> None:
        """Say that another program wrote the database. Stays until it is dismissed."""
        self.page.storage_banner.tell(
            "info",
            "info",
            self.tr("Your app list was changed by another program"),
            self.tr(
                "It is shown as it is now. A copy is kept in the data folder. Check keychain finds what does not match."
            ),
            dismissable=True,
        )

    @Slot(object)
    def tell_error(self, error: CortexError) -> None:
        """Say what went wrong, what it means and what to do."""
        if isinstance(error, Defect):
            return  # `tell_crash` does
        self._passing(
            say(error.title),
            f"{say(error.message)} {say(error.advice)}",
            icon="circle-alert",
            tone="danger",
            seconds=20,
        )

    @Slot()
    def put_keys_away(self) -> None:
        """Hide what is revealed and clear the clipboard: nobody is in front of the screen."""
        self.reveal.end()
        self.clipboard.clear()

    @Slot(str)
    def tell_crash(self, report: str) -> None:
        """Say that something went wrong inside the program: also over an open dialog, which may be stuck by it."""
        from .crash_dialog import CrashDialog

        shown = self.window.findChild(CrashDialog)
        if shown is not None and shown.isVisible():
            shown.add(report)
            return
        below = self._dialog if self._dialog is not None and self._dialog.isVisible() else None
        dialog = CrashDialog(self._look, report, below or self.window)
        dialog.folder_asked.connect(partial(self._open_folder, self._settings.folder))
        if below is None:
            self._open(dialog)
        else:
            dialog.open()

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

    @Slot(str)
    def _copy_of(self, app_id: str) -> None:
        app = self.model.find(app_id)
        if app is not None:
            self.keys.copy(app, SecretKind.API_KEY)

    @Slot(str)
    def _reveal_of(self, app_id: str) -> None:
        app = self.model.find(app_id)
        if app is not None:
            self.keys.reveal_or_hide(app)

    @Slot()
    def _reveal_changed(self) -> None:
        self.model.mark_revealed(self.reveal.app_id)
        self.page.table.viewport().update()
        self._update_actions()

    # Menus and actions

    @Slot()
    def _update_actions(self) -> None:
        app, org, status = self.page.current(), self._controller.org, self._controller.status
        self.page.new.setEnabled(org is not None)
        self.commands.update(
            app,
            org_known=org is not None,
            revealed=app is not None and self.reveal.app_id == app.id,
            details_open=self.page.details_wanted and app is not None,
            locked=status is not None and status.state is VaultState.LOCKED,
        )

    @Slot(bool)
    def _details_toggled(self, shown: bool) -> None:
        self.notices.keep_off(self.page.details.minimumWidth() if shown else 0)
        self._update_actions()

    @Slot(QPoint)
    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self.window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.commands.fill(menu)
        menu.popup(place)

    @Slot()
    def _show_org_menu(self) -> None:
        org = self._controller.org
        if org is None:
            return
        menu = QMenu(self.window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        current = menu.addAction(org.name.replace("&", "&&"))
        current.setCheckable(True)
        current.setChecked(True)
        menu.addSeparator()
        menu.addAction(self.commands.organization)
        menu.setMinimumWidth(self.sidebar.org.width())
        menu.popup(self.sidebar.org.mapToGlobal(QPoint(0, self.sidebar.org.height() + 4)))

    @Slot(str)
    def _open_folder(self, folder: str) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(folder))

    # Inside

    def _open_waiting(self, dialog: WaitingSheet) -> None:
        """Open a dialog that waits for the keychain and can give up on it."""
        dialog.stop_waiting.connect(self._controller.stop_waiting)
        self._controller.waiting.busy.connect(dialog.show_busy)
        self._controller.waiting.slow.connect(dialog.show_slow)
        self._open(dialog)

    def _open(self, dialog: QDialog) -> None:
        """Open a dialog over the window. One at a time: shortcuts reach the window even while it is modal."""
        self._dialog = dialog
        self._veil.cover()
        dialog.destroyed.connect(self._dialog_gone)
        dialog.open()

    @Slot()
    def _dialog_gone(self) -> None:
        self._dialog = None
        self._veil.hide()

    def _passing(self, title: str, text: str, *, icon: str, tone: str, seconds: int = NOTICE_SECONDS) -> None:
        self.notices.show(title, text, icon=icon, tone=tone).count_down(seconds)

    def _keychain_name(self) -> str:
        return self._controller.status.name if self._controller.status is not None else ""

    @Slot()
    def _resized(self) -> None:
        self.sidebar.compact(self.window.width() < self._look.theme.px(800))

    @Slot(QWindow)
    def _focus_moved(self, to: QWindow | None) -> None:
        """Another of our windows has the keyboard, or none of them."""
        if to is not None:
            self._away.stop()
            self._controller.look_at_keychain()
        elif not self._away.isActive():
            self._away.start()

    @Slot()
    def _closing(self) -> None:
        self.reveal.end()
        self.clipboard.clear()
        self._remember()
