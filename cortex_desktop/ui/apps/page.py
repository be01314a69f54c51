"""The Apps page: search, table, and what stands in their place when there is nothing to list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QByteArray,
    QEvent,
    QPoint,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from ...domain.model import App, Org
from ...domain.query import WORDS
from ...domain.secret import SecretKind
from ..kit.page import Page
from ..kit.reveal import Reveal
from ..kit.scrolling import LowBody, scrolled_when_low
from ..kit.table import TableCard
from ..kit.tokens import DETAILS_WIDTH
from ..kit.waiting import BUSY_SECONDS
from ..kit.widgets import Banner, Button, EmptyState, Look, label
from .bulk_bar import BulkBar
from .filters import SavedFilters
from .model import AppColumn, AppsModel
from .search_bar import SearchBar
from .selection import Selection, SelectionBar
from .table import AppsTable

if TYPE_CHECKING:
    from .details import DetailsPanel

MARGIN = 24
"""Around the page, in pixels."""
SLIDE = 28
"""Pixels over which the details come in."""


class AppsPage(Page):
    """Search, filter, table, details: a view that emits what the person wants.

    new_asked; front_asked: an app is about to be shown, so the page has to come to the front; selected: another app, or
    none, is the current one; unlock_asked: the banner's action; menu_asked(point): a menu for the current app;
    retry_asked: load again; details_made(DetailsPanel): there is now a panel to listen to.
    """

    new_asked = Signal()
    front_asked = Signal()
    selected = Signal()
    unlock_asked = Signal()
    menu_asked = Signal(QPoint)
    retry_asked = Signal()
    details_made = Signal(QWidget)

    def __init__(self, look: Look, model: AppsModel, reveal: Reveal, saved: SavedFilters) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._look = look
        self.model = model
        self.busy = False
        """True while a bulk action is under way."""
        self._newer_of: Callable[[App], int] = lambda _: 0
        self._wants_details = False
        self._loaded = False
        self._failed = False
        self._holds = False  # the selection is about to change again
        self._alone = False  # the details have no room beside the table

        self.keychain_banner = Banner(look)
        self.storage_banner = Banner(look)
        self._title = label(self.tr("Apps"), "title")
        self._subtitle = label(" ", "subtitle", wrap=True)
        self._subtitle.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.new = Button(self.tr("New App"), look, "primary", "plus")
        self.bar = SearchBar(look, model, saved)
        self.search = self.bar.search
        self.bulk = BulkBar(look)
        self.table = AppsTable(model, look, reveal)
        self.selection = Selection(self.table, model)
        self.selection_bar = SelectionBar(look)
        self._card = TableCard(self.table, look)
        self.empty = EmptyState(look)
        self._reveal = reveal
        self._panel: DetailsPanel | None = None
        self._org_and_keychain: tuple[Org, str] | None = None

        head = QHBoxLayout()
        words = QVBoxLayout()
        words.setSpacing(5)
        words.addWidget(self._title)
        words.addWidget(self._subtitle)
        head.addLayout(words, 1)
        head.addWidget(self.new, 0, Qt.AlignmentFlag.AlignBottom)
        self._list = QWidget()
        listing = QVBoxLayout(self._list)
        listing.setContentsMargins(0, 0, 0, 0)
        listing.addWidget(self._card, 1)
        listing.addStretch(0)
        holder = QWidget()
        self._stack = QStackedLayout(holder)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.addWidget(self._list)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(QWidget())  # empty, for the first moments of loading
        self._stack.setCurrentIndex(2)
        self._main = LowBody()
        column = QVBoxLayout(self._main)
        column.setContentsMargins(MARGIN, 16, MARGIN, MARGIN)
        column.setSpacing(12)
        column.addWidget(self.storage_banner)
        column.addWidget(self.keychain_banner)
        column.addLayout(head)
        column.addWidget(self.bar)
        column.addWidget(self.bulk)
        column.addWidget(holder, 1)
        column.addWidget(self.selection_bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._scroll = scrolled_when_low(self._main)
        row.addWidget(self._scroll, 1)
        self.bar.hide()

        self.new.clicked.connect(self.new_asked)
        self.empty.acted.connect(self._empty_acted)
        self.bar.left.connect(self._enter_table)
        self.keychain_banner.acted.connect(self.unlock_asked)
        self.storage_banner.dismissed.connect(self.storage_banner.hide)
        self.table.opened.connect(self.open_details)
        self.table.menu_asked.connect(self.menu_asked)
        self.selection_bar.cleared.connect(self._clear_selection)
        self.table.painter.menu_asked.connect(self._menu_of_row)
        self.selection.changed.connect(self._selection_changed)
        model.rearranged.connect(self._rearranged)
        model.dataChanged.connect(self._data_changed)
        self._patience = look.clock.timer(self)
        self._patience.timeout.connect(self._show_state)

    # For the window

    def set_org(self, org: Org, keychain: str) -> None:
        """Set the org whose apps these are, and the keychain's name."""
        self._subtitle.setText(self.tr("Apps of {org}. Cortex accepts only keys that it made.").format(org=org.name))
        self._org_and_keychain = org, keychain
        if self._panel is not None:
            self._panel.set_org(org, keychain)

    def forget_search(self) -> None:
        """Clear the search: another org's apps are about to be listed."""
        if self.bar.text:
            self.bar.set_text("")

    def wait_for_load(self) -> None:
        """Show that the apps are being read, if it takes long."""
        self._patience.start(BUSY_SECONDS)

    def loaded(self) -> None:
        """Show the apps that the model holds now."""
        self._loaded = True
        self._failed = False
        self._patience.stop()
        self._show_state()
        if self.window().focusWidget() is self:
            self._take_the_only_action()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._take_the_only_action()

    def _take_the_only_action(self) -> None:
        """Put the keyboard on what can be done where there is no list to move in."""
        if self.empty.isVisible() and self.empty.action.isVisible():
            self.empty.action.setFocus()

    def load_failed(self, title: str, text: str) -> None:
        """Show that the apps could not be read."""
        self._failed = True
        self._patience.stop()
        self.empty.set_message("triangle-alert", title, text, self.tr("Try again"))
        self._show_state()

    # The current app

    @property
    def details(self) -> DetailsPanel:
        """The panel with the current app's details, made when first asked for."""
        if self._panel is None:
            from .details import DetailsPanel

            self._panel = DetailsPanel(self._look, self.model, self._reveal)
            self._panel.hide()
            self._panel.closed.connect(self.close_details)
            self._panel.menu_asked.connect(self.menu_asked)
            if self._org_and_keychain is not None:
                self._panel.set_org(*self._org_and_keychain)
            layout = self.layout()
            assert layout is not None
            layout.addWidget(self._panel)
            self.details_made.emit(self._panel)
        return self._panel

    def details_show(self, app_id: str) -> bool:
        """True if the details are open, and about this app."""
        return self._panel is not None and self._panel.shows(app_id)

    def current(self) -> App | None:
        """The selected app, when it is the only one and visible."""
        return self.selection.current()

    def several(self) -> list[App]:
        """The selected apps when they are several, from top to bottom."""
        return self.selection.apps() if self.selection.count > 1 else []

    def select(self, app_id: str) -> None:
        """Show this app: come to the front, select it alone and scroll to it, taking away a search that hides it."""
        if not self.isVisible():
            self.front_asked.emit()
        if self.model.row_of(app_id) < 0:
            self.bar.set_text("")
        self.selection.choose(app_id)
        self.table.scrollTo(self.table.currentIndex())

    @Slot()
    def select_all(self) -> None:
        """Select all apps that are listed."""
        self.table.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.table.selectAll()

    @contextmanager
    def one_change(self) -> Iterator[None]:
        """Show and emit changes of the selection once, at the end."""
        self._holds = True
        try:
            yield
        finally:
            self._holds = False
            self._selection_changed()

    def set_newer(self, newer_of: Callable[[App], int]) -> None:
        """Set what returns the number of an app's newer version in the keychain, 0 without one; show the details."""
        self._newer_of = newer_of
        if self._details_shown:
            self._fill_details()

    def set_busy(self, busy: bool) -> None:
        """Set whether a bulk action is under way."""
        if busy != self.busy:
            self.busy = busy
            self._show_selection_bar()
            self._show_details()

    @Slot()
    def open_details(self) -> None:
        """Show the details of the selected app, or apps."""
        if self.selection.count:
            self._wants_details = True
            self._show_details()

    @Slot()
    def close_details(self) -> None:
        """Hide the details."""
        self._wants_details = False
        self._show_details()

    def toggle_details(self) -> None:
        """Show the details, or hide them."""
        if self._wants_details:
            self.close_details()
        else:
            self.open_details()

    @property
    def details_wanted(self) -> bool:
        """True if the person has the details open."""
        return self._wants_details

    def put_keychain_banner_away(self) -> None:
        """Hide the banner: the keychain can be used. Focus on its button moves on to the apps."""
        had_focus = self.keychain_banner.isAncestorOf(self.window().focusWidget() or self)
        self.keychain_banner.hide()
        if had_focus:
            self._enter_table()

    def focus_search(self) -> bool:
        """Focus the search and select its text."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()
        return True

    def come_to_front(self) -> None:
        """Leave the keyboard where it is: in the sidebar, or where it is wanted."""

    def take_keyboard(self) -> None:
        """Put the keyboard into the table."""
        self.table.setFocus()

    @property
    def inset(self) -> int:
        """The width of the details in pixels, while they are beside the table."""
        return self._panel.minimumWidth() if self._panel is not None and self._details_shown else 0

    @property
    def inset_below(self) -> int:
        """The height in pixels of the selection bar, or of the details' actions where the table has no room beside
        them."""
        if self._panel is not None and self._alone:
            return self._panel.foot_height
        return 0 if self.selection_bar.isHidden() else self.selection_bar.sizeHint().height() + MARGIN

    @Slot(str)
    def look_for(self, text: str) -> None:
        """Search for this."""
        self.bar.set_text(text)

    @Slot(str, SecretKind)
    def show_copied(self, app_id: str, kind: SecretKind) -> None:
        """Show for a second where it is copied that an app's key or secret was."""
        if kind is SecretKind.API_KEY:
            self.table.painter.confirm_copy(app_id)
        app = self.current()
        if self._panel is not None and app is not None and app.id == app_id:
            self.details.confirm_copy(kind)

    # Remembered between starts

    def layout_state(self) -> tuple[QByteArray, str]:
        """Order and widths of the columns, and which are shown, for `restore_layout`."""
        return self.table.columns.state()

    def restore_layout(self, header: QByteArray, shown: str) -> None:
        """Restore such a state; ignore one that does not fit. Columns without room stay hidden."""
        self.table.columns.restore(header, shown)
        self._fit()

    # Inside

    @Slot()
    def _enter_table(self) -> None:
        """Move the focus to the table, on the selected app or else the first."""
        if self.model.rowCount():
            self.table.setFocus(Qt.FocusReason.TabFocusReason)
            if not self.selection.count:
                self.selection.choose_row(0)

    @Slot()
    def _empty_acted(self) -> None:
        if self._failed:
            self.retry_asked.emit()
        elif self.model.total:
            self.bar.set_text("")
            self.search.setFocus()
        else:
            self.new_asked.emit()

    @Slot(int)
    def _menu_of_row(self, row: int) -> None:
        index = self.model.index(row, AppColumn.MENU)
        self.selection.choose_row(row, AppColumn.MENU)
        self.menu_asked.emit(self.table.viewport().mapToGlobal(self.table.visualRect(index).bottomLeft()))

    @Slot()
    def _selection_changed(self) -> None:
        if self._holds:
            return
        self._show_selection_bar()
        self._show_details()
        self.selected.emit()

    @Slot()
    def _data_changed(self) -> None:
        if self._details_shown:
            self._fill_details()
        if self.selection.count > 1:
            self._show_selection_bar()

    def _show_selection_bar(self) -> None:
        bar, count = self.selection_bar, self.selection.count
        was_hidden = bar.isHidden()
        bar.show_selected(count, enabled=count > 1 and self.selection.any_enabled(), busy=self.busy)
        if bar.isHidden() != was_hidden:
            self.inset_changed.emit()

    @Slot()
    def _clear_selection(self) -> None:
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        self.table.clearSelection()

    @Slot()
    def _rearranged(self) -> None:
        self.selection.restore()
        self._show_state()
        self._selection_changed()

    def _fill_details(self) -> None:
        app, several = self.current(), self.several()
        if app is not None:
            self.details.show_app(app, self._newer_of(app))
        elif several:
            self.details.show_apps(several, self.busy)

    def _show_details(self) -> None:
        show = self._wants_details and self.selection.count > 0
        if show:
            self._fill_details()
        toggled = show != self._details_shown
        had_focus = self._panel is not None and self._panel.isAncestorOf(self.focusWidget() or self)
        if toggled:
            self.details.setVisible(show)
        self._share_width()
        if had_focus and not show:
            (self.table if self.table.isVisible() else self.empty.action).setFocus()
        if toggled:
            self.inset_changed.emit()
        if toggled and show:
            QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)  # so that it slides to where it belongs
            far = SLIDE if self.layoutDirection() is Qt.LayoutDirection.LeftToRight else -SLIDE
            self._look.motion.slide(self.details, QPoint(-far, 0))

    @property
    def _details_shown(self) -> bool:
        return self._panel is not None and not self._panel.isHidden()

    def _share_width(self) -> None:
        """Put table and details side by side, or show the details alone where there is no room for both."""
        panel = self._look.theme.px(DETAILS_WIDTH)
        table = self.table.painter
        least = sum(table.width_of(c) for c in (AppColumn.LABEL, AppColumn.KEY, AppColumn.MENU)) + 50
        alone = self._details_shown and self.width() - panel < least
        is_other = alone != self._alone
        self._alone = alone
        had_focus = self._scroll.isAncestorOf(self.window().focusWidget() or self)
        if self._panel is not None:
            self._panel.set_alone(alone)
        self._scroll.setVisible(not alone)
        layout = self.layout()
        assert layout is not None
        layout.activate()
        if self._panel is None:
            pass
        elif alone:
            self._panel.setMinimumWidth(0)
            self._panel.setMaximumWidth(16777215)
            if had_focus:
                self._panel.take_keyboard()
        else:
            self._panel.setFixedWidth(panel)
        self._fit()
        if is_other:
            self.inset_changed.emit()

    def _fit(self) -> None:
        shown = self._details_shown and not self._scroll.isHidden()
        self.table.columns.fit(self.width() - (self._look.theme.px(DETAILS_WIDTH) if shown else 0) - 50)

    @Slot()
    def _show_state(self) -> None:
        total, visible = self.model.total, self.model.rowCount()
        self.bar.setVisible(total > 0)
        if self._failed and not total:
            self._stack.setCurrentWidget(self.empty)
            return
        if not self._loaded:
            if not self._patience.is_active:
                self.empty.set_message("loader-circle", self.tr("Reading your apps…"), self.tr("This takes a moment."))
                self._stack.setCurrentWidget(self.empty)
            return
        self.bar.set_found(visible, total)
        if total == 0:
            self.empty.set_message(
                "key-round",
                self.tr("No apps yet"),
                self.tr(
                    "Create an app to make an API key on this computer. A key that Cortex made comes in with "
                    "Add existing key, in the File menu."
                ),
                self.tr("New App"),
                "plus",
            )
        elif visible == 0:
            self.empty.set_message(
                "search-x",
                self.tr("No app found"),
                self._why_nothing(),
                self.tr("Show all apps"),
            )
        if visible:
            self._card.fit(self.table.full_height())
        self._stack.setCurrentWidget(self._list if visible else self.empty)

    def _why_nothing(self) -> str:
        unknown = self.model.query.unknown
        if unknown:
            names = ", ".join(WORDS)
            text = self.tr("“{word}” is not a filter and was searched for as text. Filters are {names}.")
            return text.format(word=unknown[0], names=names)
        return self.tr("No app matches all of this. The search looks in label, key ends, owner and notes.")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_width()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._details_shown:
            self.close_details()
        else:
            super().keyPressEvent(event)
