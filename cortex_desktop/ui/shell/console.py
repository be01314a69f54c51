"""What fills the window: sidebar, pages, menus and toasts, put together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from ...domain.activity import Break
from ...domain.model import App
from ...domain.ports import VaultState
from ...domain.secret import SecretKind
from ...services.keychain import KeychainStatus
from ..apps.controller import AppsController
from ..apps.filters import SavedFilters
from ..apps.forms import AppForms
from ..apps.keys import KeyPresenter
from ..apps.model import AppsModel, Column
from ..apps.page import AppsPage
from ..apps.presenter import AppsPresenter
from ..kit.clipboard import SecretClipboard
from ..kit.dialog_host import DialogHost
from ..kit.i18n import environment_of, translate_text
from ..kit.reveal import Reveal
from ..kit.settings import Settings
from ..kit.toasts import TOAST_SECONDS, Toasts
from ..kit.widgets import Look
from .actions import Actions, BulkState
from .sidebar import Entry, Sidebar
from .status_messages import StatusMessages
from .window import MainWindow

if TYPE_CHECKING:
    from ..activity.controller import ActivityController
    from ..activity.presenter import ActivityPresenter
    from ..orgs.controller import OrgsController
    from ..orgs.presenter import OrgsPresenter
    from .finder import OrgFinder
    from .palette import Palette

STRIPE = 4
"""Height in pixels."""

DUE_MS = 3_600_000
"""How often to look for deleted apps and old keys whose time is up."""


class Console(QObject):
    """All that is in the window, put there after its first paint. Knows the controllers, never a store.

    activity: the presenter of the Activity page, once that was opened; data_removed: everything was removed, so the
    program ends.
    """

    data_removed = Signal()

    def __init__(
        self,
        window: MainWindow,
        look: Look,
        controller: AppsController,
        orgs: OrgsController,
        activity: ActivityController,
        settings: Settings,
    ) -> None:
        super().__init__(window)
        self.window = window
        self._look = look
        self._controller = controller
        self._orgs = orgs
        self._activity = activity
        self._settings = settings
        window.setPalette(QPalette())  # from here on the theme's
        self.model = AppsModel(self)
        self.reveal = Reveal(look.clock, self)
        self.clipboard = SecretClipboard(look.clock, self)

        self.sidebar = Sidebar(look)
        self.page = AppsPage(look, self.model, self.reveal, SavedFilters(settings, self))
        self.pages = QStackedWidget()
        self._make_page: dict[Entry, Callable[[], QWidget]] = {}
        self._pages: dict[Entry, QWidget] = {}
        self._palette: Palette | None = None
        self._close_when_idle = False
        self._panel_width = 0  # in pixels, of the details beside the apps
        self._org_list: Palette | None = None
        self._org_work: OrgsPresenter | None = None
        self.activity: ActivityPresenter | None = None
        self.add_page(self.sidebar.apps, lambda: self.page)
        self.add_page(self.sidebar.organization, self._make_organization)
        self.add_page(self.sidebar.activity, self._make_activity)
        body = QWidget()
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.sidebar)
        row.addWidget(self.pages, 1)
        self._stripe = QFrame()  # across the window while it is about production
        self._stripe.setObjectName("stripe")
        self._stripe.setFixedHeight(STRIPE)
        self._stripe.hide()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._stripe)
        column.addLayout(row, 1)
        window.setCentralWidget(body)
        self.dialogs = DialogHost(look, window, body, controller)
        self.toasts = Toasts(body, look)
        self.keys = KeyPresenter(controller, settings, self.reveal, self.clipboard, self.toasts)
        self.apps = AppsPresenter(
            look, controller, self.model, self.page, self.dialogs, self.toasts, self.reveal, self.keys
        )
        self.forms = AppForms(look, controller, self.page, self.dialogs, self.toasts, self.keys)
        self.status_messages = StatusMessages(look, controller, self.page, self.dialogs, self.toasts)
        self.commands = Actions(window, self.page)
        self._connect()
        self._connect_actions()
        self.page.wait_for_load()  # before the sorting is restored, which has the page show its state
        self._due = QTimer(self)  # for those who leave it running for weeks
        self._due.setInterval(DUE_MS)
        self._due.timeout.connect(self._controller.recover)
        self._due.timeout.connect(self.model.turn_the_page)
        self._due.start()
        self._restore()
        self._resized()
        self.open_page(self.sidebar.apps)
        self.page.setFocus()  # nothing in particular, until there are apps to move among

    # Set-up

    def _connect(self) -> None:
        controller, page = self._controller, self.page
        controller.orgs_changed.connect(self._show_org)
        controller.keychain_changed.connect(self._show_keychain)
        self._activity.broken.connect(self._show_breaks)
        page.menu_asked.connect(self._show_menu)
        page.details_toggled.connect(self._details_toggled)
        page.save_filter_asked.connect(self._ask_filter_name)
        self.model.attention_changed.connect(self.sidebar.apps.attend)
        self.sidebar.apps.attention.clicked.connect(self._show_attention)
        page.table.columns.fill_sorting(self.commands.sorting)
        page.table.columns.fill_columns(self.commands.columns)
        self.apps.changed.connect(self._update_actions)
        self.apps.counted.connect(self.sidebar.apps.count)
        self.status_messages.folder_asked.connect(partial(self._open_folder, self._settings.folder))
        self.sidebar.org_clicked.connect(self.switch_org)
        self.sidebar.preferences_clicked.connect(self.show_preferences)
        self.window.resized.connect(self._resized)
        app = QGuiApplication.instance()
        assert isinstance(app, QGuiApplication)
        app.applicationStateChanged.connect(self._state_changed)
        self.window.closing.connect(self._closing)
        self.window.hold = self._hold_window
        self.apps.bulk.idle.connect(self._bulk_ended)

    def _connect_actions(self) -> None:
        actions, apps, forms = self.commands, self.apps, self.forms
        for action, act in (
            (actions.new_app, forms.ask_new_app),
            (actions.import_key, forms.ask_import_key),
            (actions.edit, forms.ask_edit),
            (actions.duplicate, forms.ask_duplicate),
            (actions.copy_key, partial(apps.copy, SecretKind.API_KEY)),
            (actions.copy_secret, partial(apps.copy, SecretKind.API_SECRET)),
            *((action, partial(apps.copy_as, snippet)) for snippet, action in actions.copy_as.items()),
            (actions.reveal, partial(apps.reveal_or_hide, SecretKind.API_KEY)),
            (actions.reveal_secret, partial(apps.reveal_or_hide, SecretKind.API_SECRET)),
            (actions.details, self.page.toggle_details),
            (actions.rotate, apps.ask_rotate),
            (actions.enable, apps.enable_or_disable),
            (actions.delete, apps.ask_delete),
            (actions.enable_several, apps.enable_several),
            (actions.select_all, self.page.select_all),
            (actions.undo, apps.bulk.undo),
            (actions.stop, apps.bulk.stop),
            (actions.resume, apps.bulk.resume),
            (actions.find, self._find),
            (actions.filter, self.page.bar.show_menu),
            (actions.apps, self.show_apps),
            (actions.activity, self.show_activity),
            (actions.app_activity, self._show_app_activity),
            (actions.export_activity, self.export_activity),
            (actions.unlock, self._controller.unlock),
            (actions.check_keychain, apps.check_keychain),
            (actions.deleted, apps.show_deleted),
            (actions.switch_org, self.switch_org),
            (actions.add_org, self.add_org),
            (actions.organization, partial(self.open_page, self.sidebar.organization)),
            (actions.remove_data, self.ask_remove_data),
            (actions.preferences, self.show_preferences),
            (actions.quit, self.window.close),
            (actions.palette, self.show_palette),
            (actions.shortcuts, self.show_shortcuts),
            (actions.about, self.show_about),
        ):
            action.triggered.connect(act)

    def _restore(self) -> None:
        self._controller.wished = self._settings.text("org")
        self.page.restore_layout(self._settings.blob("columns"), self._settings.text("columns_shown"))
        column, _, order = self._settings.text("sort").partition(" ")
        if column not in Column.__members__ or column == "MENU":
            column, order = "CREATED", "DESC"
        direction = Qt.SortOrder.DescendingOrder if order == "DESC" else Qt.SortOrder.AscendingOrder
        self.page.table.sort_by(Column[column], direction)

    def _remember(self) -> None:
        column, order = self.page.table.sorted_by()
        self.window.remember_place()
        header, shown = self.page.layout_state()
        self._settings.set_blob("columns", header)
        self._settings.set_text("columns_shown", shown)
        if self._controller.org is not None:
            self._settings.set_text("org", self._controller.org.id)
        self._settings.set_text("sort", f"{column.name} {'DESC' if order is Qt.SortOrder.DescendingOrder else 'ASC'}")
        self._settings.save()

    # What a person does

    def add_page(self, entry: Entry, make: Callable[[], QWidget]) -> None:
        """Have a page for this entry of the sidebar; `make` is called when it is first opened."""
        self._make_page[entry] = make
        entry.clicked.connect(partial(self.open_page, entry))

    def open_page(self, entry: Entry) -> None:
        """Show the page of this entry of the sidebar."""
        page = self._pages.get(entry)
        if page is None:
            page = self._pages[entry] = self._make_page[entry]()
            self.pages.addWidget(page)
        for each in self._make_page:
            each.setChecked(each is entry)
        self.pages.setCurrentWidget(page)
        self.toasts.keep_off(self._panel_width if page is self.page else 0)
        if page is not self.page:  # which has the keyboard go where it is wanted by itself
            page.setFocus()
        self._name_window()
        self._update_actions()

    @Slot()
    def show_apps(self) -> None:
        """Open the Apps page."""
        self.open_page(self.sidebar.apps)
        self.page.table.setFocus()

    @Slot()
    def show_activity(self) -> None:
        """Open the Activity page."""
        self.open_page(self.sidebar.activity)
        if self.activity is not None:
            self.activity.page.table.setFocus()

    @Slot()
    def export_activity(self) -> None:
        """Open the Activity page and ask where to export it to."""
        self.show_activity()
        if self.activity is not None:
            self.activity.ask_export()

    @Slot()
    def _show_app_activity(self) -> None:
        app = self.page.current()
        if app is not None:
            self.show_activity()
            assert self.activity is not None
            self.activity.page.show_only(app.id, app.label)

    @Slot()
    def _find(self) -> None:
        page = self.pages.currentWidget()
        if not hasattr(page, "focus_search"):
            self.open_page(self.sidebar.apps)
        getattr(page, "focus_search", self.page.focus_search)()

    def _make_activity(self) -> QWidget:
        from ..activity.presenter import ActivityPresenter

        self.activity = ActivityPresenter(self._look, self._activity, self.model.all_apps, self.dialogs, self.toasts)
        self.activity.app_asked.connect(self._go_to_id)
        self._set_activity_org()
        return self.activity.page

    def _set_activity_org(self) -> None:
        if self.activity is not None and self._controller.org is not None:
            self.activity.page.set_org(self._controller.org)

    @Slot(str)
    def _go_to_id(self, app_id: str) -> None:
        app = self.apps.find(app_id)
        if app is not None:
            self._controller.enter(app.org_id)  # the activity of all orgs may be shown
            self._go_to(app)
        else:
            self.toasts.show(
                self.tr("This app is gone"), self.tr("Deleted apps can be restored for 30 days."), icon="info"
            ).count_down(TOAST_SECONDS)

    @Slot(object)
    def _show_breaks(self, breaks: list[Break]) -> None:
        """Say that the log was changed, once for each harm: it stays harmed for ever."""
        harm = f"{len(breaks)} {breaks[-1].harm.value} {breaks[-1].first} {breaks[-1].line}" if breaks else ""
        if not breaks or self._settings.text("activity_harm") == harm:
            return
        self._settings.set_text("activity_harm", harm)
        if self.activity is not None and self.activity.page.isVisible():
            return  # it says so itself
        toast = self.toasts.show(
            self.tr("The activity log was changed outside Cortex Desktop"),
            translate_text(breaks[0].text),
            icon="triangle-alert",
            tone="danger",
            action=self.tr("Show activity"),
        )
        toast.acted.connect(self.show_activity)

    @Slot()
    def switch_org(self) -> None:
        """Open the list of orgs under the sidebar's switcher, or close it."""
        if self._org_list is not None and shiboken6.isValid(self._org_list):
            self._org_list.leave()
        elif self.dialogs.free and self._controller.org is not None:
            from .palette import Palette

            name, hint = self.tr("Switch organization"), self.tr("Find an organization")
            self._org_list = Palette(
                self._look, self._org_finder().search, self.dialogs.body, name, hint, self.sidebar.org
            )
            self._org_list.open(self._controller.orgs.index(self._controller.org))

    @Slot()
    def add_org(self) -> None:
        """Open the dialog that adds an org."""
        self._orgs_presenter().ask_add()

    @Slot(str)
    def _ask_filter_name(self, text: str) -> None:
        if self.dialogs.free:
            from ..apps.save_filter_dialog import SaveFilterDialog

            saved = self.page.bar.filters.saved
            dialog = SaveFilterDialog(self._look, text, list(saved.all()), self.window)
            dialog.saved.connect(lambda name: saved.save(name, text))
            self.dialogs.open(dialog)

    @Slot()
    def _show_attention(self) -> None:
        self.open_page(self.sidebar.apps)
        self.page.look_for("is:attention")
        self.page.table.setFocus()

    @Slot()
    def show_preferences(self) -> None:
        """Open Preferences."""
        if self.dialogs.free:
            from .preferences import PreferencesDialog

            dialog = PreferencesDialog(self._look, self._settings, self._controller.status, self.window)
            dialog.folder_asked.connect(self._open_folder)
            self.dialogs.open(dialog)

    @Slot()
    def ask_remove_data(self) -> None:
        """Remove everything from this computer, after a typed word; `data_removed` follows."""
        if self._controller.org is None or not self.dialogs.free:
            return
        from .removal_dialog import RemovalDialog

        keychain, folder = self._controller.keychain_name, self._settings.folder
        dialog = RemovalDialog(self._look, keychain, folder, self.window)

        def removed(_: int) -> None:
            dialog.accept()
            self.data_removed.emit()

        dialog.confirmed.connect(lambda: self._controller.remove_everything(removed, dialog.fail))
        self.dialogs.open_waiting(dialog)

    @Slot()
    def show_about(self) -> None:
        """Open About, with the licences."""
        if self.dialogs.free:
            from .about import AboutDialog

            self.dialogs.open(AboutDialog(self._look, self.window))

    @Slot()
    def show_palette(self) -> None:
        """Open the command palette, or close it."""
        if self._palette is not None and shiboken6.isValid(self._palette):
            self._palette.leave()
        elif self.dialogs.free:
            from .finder import Finder
            from .palette import Palette

            finder = Finder(self.commands, self._org_finder(), self.model, self._go_to, self.keys.copy_key)
            self._palette = Palette(self._look, finder.search, self.dialogs.body)
            self._palette.open()

    @Slot()
    def show_shortcuts(self) -> None:
        """Open the list of keyboard shortcuts."""
        if self.dialogs.free:
            from .shortcuts import ShortcutsDialog

            self.dialogs.open(ShortcutsDialog(self._look, self.commands, self.window))

    def _go_to(self, app: App) -> None:
        self.open_page(self.sidebar.apps)
        self.page.select(app.id)
        self.page.table.setFocus()

    # What happened

    @Slot(object)
    def _show_keychain(self, status: KeychainStatus) -> None:
        self.sidebar.keychain(status)
        if self._controller.org is not None:
            self.page.set_org(self._controller.org, status.name)
        self._update_actions()
        if status.state is VaultState.LOCKED:
            self.reveal.end()

    @Slot()
    def _show_org(self) -> None:
        org = self._controller.org
        if org is not None:
            self.sidebar.org.set_org(org, environment_of(org))
            self.page.set_org(org, self._controller.keychain_name)
            self._set_activity_org()
            self._stripe.setVisible(org.production)
            self._name_window()
            self._update_actions()

    @Slot()
    def put_keys_away(self) -> None:
        """Hide what is revealed and clear the clipboard: nobody is in front of the screen."""
        self.reveal.end()
        self.clipboard.clear()

    # Menus and actions

    @Slot()
    def _update_actions(self) -> None:
        on_apps = self.pages.currentWidget() is self.page
        app = self.page.current() if on_apps else None
        several = self.page.several() if on_apps else []
        bulk = self.apps.bulk
        org, status = self._controller.org, self._controller.status
        self.page.new.setEnabled(org is not None)
        self.commands.update(
            app,
            several,
            org_known=org is not None,
            revealed=next((k for k in SecretKind if app is not None and self.reveal.of(app.id, k) is not None), None),
            details_open=self.page.details_wanted and (app is not None or len(several) > 0),
            locked=status is not None and status.state is VaultState.LOCKED,
            bulk=(BulkState.RUNNING if bulk.running else BulkState.NONE)
            | (BulkState.UNDO if bulk.can_undo else BulkState.NONE)
            | (BulkState.RESUME if bulk.can_resume else BulkState.NONE),
        )

    @Slot(bool)
    def _details_toggled(self, shown: bool) -> None:
        self._panel_width = self.page.details.minimumWidth() if shown else 0
        self.toasts.keep_off(self._panel_width)
        self._update_actions()

    @Slot(QPoint)
    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self.window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.commands.fill(menu)
        menu.popup(place)

    @Slot(str)
    def _open_folder(self, folder: str) -> None:
        from PySide6.QtCore import QUrl
        from PySide6.QtGui import QDesktopServices

        QDesktopServices.openUrl(QUrl.fromLocalFile(folder))

    # Inside

    def _name_window(self) -> None:
        page = next(entry.text() for entry, page in self._pages.items() if page is self.pages.currentWidget())
        org = self._controller.org
        if org is not None and org.production:
            title = self.tr("{page} – {environment}: {org} – Cortex Desktop")
            title = title.format(page=page, environment=environment_of(org), org=org.name)
        else:
            title = self.tr("{page} – Cortex Desktop").format(page=page)
        self.window.setWindowTitle(title)

    def _org_finder(self) -> OrgFinder:
        from .finder import OrgFinder

        controller = self._controller
        return OrgFinder(controller.orgs, controller.org, controller.enter, self.apps.count_words)

    def _orgs_presenter(self) -> OrgsPresenter:
        if self._org_work is None:
            from ..orgs.presenter import OrgsPresenter

            self._org_work = OrgsPresenter(self._look, self._orgs, self.dialogs, self.toasts)
        return self._org_work

    def _make_organization(self) -> QWidget:
        from ..orgs.page import OrganizationPage

        page = OrganizationPage(self._look, self._controller, self.apps)
        self._orgs_presenter().serve(page)
        return page

    @Slot()
    def _resized(self) -> None:
        self.sidebar.compact(self.window.width() < self._look.theme.px(800))

    @Slot(Qt.ApplicationState)
    def _state_changed(self, state: Qt.ApplicationState) -> None:
        if state == Qt.ApplicationState.ApplicationActive:  # elsewhere the keychain may have been locked
            self._controller.look_at_keychain()

    def _hold_window(self) -> bool:
        """Whether bulk work must come to a stop first. Who closes the window a second time does not want to wait."""
        self._close_when_idle = self.apps.bulk.hold_window()
        return self._close_when_idle

    @Slot()
    def _bulk_ended(self) -> None:
        if self._close_when_idle:
            self.window.close()

    @Slot()
    def _closing(self) -> None:
        self.reveal.end()
        self.clipboard.clear()
        self._remember()
