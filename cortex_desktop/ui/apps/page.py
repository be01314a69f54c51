"""The Apps page: search, table, and what stands in their place when there is nothing to list."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QByteArray,
    QEvent,
    QPoint,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QMouseEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QSizePolicy,
    QStackedLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from ...domain.model import App, Org
from ...domain.query import WORDS
from ..i18n import say
from ..reveal import Reveal
from ..tables import CountLabel, TableCard
from ..tokens import DETAILS_WIDTH
from ..waiting import BUSY_MS
from ..widgets import Banner, Button, EmptyState, Look, Picture, announce, label, set_property
from .bulk_bar import BulkBar
from .columns import Columns
from .delegate import AppsDelegate
from .filters import Filters, SavedFilters
from .model import AppsModel, Column
from .search import Offer, SearchField
from .selection import Selection

if TYPE_CHECKING:
    from .details import DetailsPanel

FILTER_WIDTH = 114
"""Of the filter's button, in pixels at 13 px text. It grows for longer words, up to FILTER_TEXT of these."""

FILTER_TEXT = 160

PAUSE_MS = 700
"""How long after a keystroke a screen reader says how much was found."""


class AppsTable(QTableView):
    """The table itself. opened: Enter or a double click on a row; menu_asked(point): a menu for the current row."""

    opened = Signal()
    menu_asked = Signal(QPoint)

    def __init__(self, model: AppsModel, look: Look, reveal: Reveal) -> None:
        super().__init__()
        self.setModel(model)
        self.painter = AppsDelegate(look, reveal, self)
        self.setItemDelegate(self.painter)
        self.setAccessibleName(self.tr("Apps"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsMovable(True)
        header.setMinimumSectionSize(40)
        header.setSortIndicatorShown(False)
        header.setSectionResizeMode(Column.LABEL, QHeaderView.ResizeMode.Stretch)
        for column in (Column.KEY, Column.MENU):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        header.sectionClicked.connect(self._sort_by)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._show_columns_menu)
        self.columns = Columns(self, self.painter.width_of, self.sort_by)
        self._sorted = (Column.CREATED, Qt.SortOrder.DescendingOrder)
        self.take_sizes()
        look.theme.changed.connect(self.take_sizes)

    @Slot()
    def take_sizes(self) -> None:
        """Measure rows and columns in the fonts in force."""
        self.verticalHeader().setDefaultSectionSize(self.painter.row_height)
        self._header_height = max(37, self.painter.row_height - 7)
        self.horizontalHeader().setFixedHeight(self._header_height)
        for column in Column:
            if column is not Column.LABEL:
                self.setColumnWidth(column, self.painter.width_of(column))

    def full_height(self) -> int:
        """The height in pixels at which nothing scrolls."""
        rows: int = self.model().rowCount()
        return self._header_height + rows * self.painter.row_height

    def sorted_by(self) -> tuple[Column, Qt.SortOrder]:
        """Column and direction of the sorting in force."""
        return self._sorted

    def sort_by(self, column: Column, order: Qt.SortOrder) -> None:
        """Sort, and show so in the header."""
        self._sorted = (column, order)
        header = self.horizontalHeader()
        header.setSortIndicatorShown(True)
        header.setSortIndicator(column, order)
        self.columns.tell_sorting(column, order)
        self.model().sort(column, order)

    @Slot(QPoint)
    def _show_columns_menu(self, place: QPoint) -> None:
        header = self.horizontalHeader()
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.columns.fill_header(menu, Column(max(0, header.logicalIndexAt(place))))
        menu.popup(header.mapToGlobal(place))

    @Slot(int)
    def _sort_by(self, section: int) -> None:
        column = Column(section)
        if column is Column.MENU:
            return
        before, order = self._sorted
        if before is column and order is Qt.SortOrder.AscendingOrder:
            self.sort_by(column, Qt.SortOrder.DescendingOrder)
        else:
            self.sort_by(column, Qt.SortOrder.AscendingOrder)

    def sizeHintForColumn(self, column: int) -> int:
        return self.painter.width_of(Column(column))

    def updateGeometries(self) -> None:
        # With nothing to list it is not seen: its scroll bar stays, and all is where it was when there is something.
        model = self.model()  # none while it is being set
        if model is not None and model.rowCount():
            super().updateGeometries()

    def paintEvent(self, event: QPaintEvent) -> None:
        self.painter.paint_rows(event.rect())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.painter.hover(event)
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.painter.hover(None)
        super().leaveEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        column = self.indexAt(event.position().toPoint()).column()
        if column not in (-1, Column.KEY, Column.MENU):
            self.opened.emit()
        else:
            self.mousePressEvent(event)  # two quick clicks on a button are two clicks

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
        elif event.matches(QKeySequence.StandardKey.Copy):
            event.ignore()  # copying a key is the window's action; Qt would copy the cell's dots
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            self.menu_asked.emit(self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).bottomLeft()))
        elif self.indexAt(event.pos()).isValid():
            self.menu_asked.emit(event.globalPos())


class AppsPage(QWidget):
    """Search, filter, table, details. Emits what the person wants; shows what it is told.

    new_asked; selected: another app, or none, is the current one; unlock_asked: the banner's action;
    menu_asked(point): a menu for the current app; retry_asked: load again; save_filter_asked(text): keep this search;
    details_made(DetailsPanel): there is a panel now, to listen to; details_toggled(bool): it is shown, or hidden.
    """

    new_asked = Signal()
    selected = Signal()
    unlock_asked = Signal()
    menu_asked = Signal(QPoint)
    retry_asked = Signal()
    details_made = Signal(object)
    details_toggled = Signal(bool)
    save_filter_asked = Signal(str)

    def __init__(self, look: Look, model: AppsModel, reveal: Reveal, saved: SavedFilters) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._look = look
        self.model = model
        self.busy = False
        """Whether bulk work is under way."""
        self._wants_details = False
        self._loaded = False
        self._failed = False
        self._holds = False  # what is selected is about to change again

        self.keychain_banner = Banner(look)
        self.storage_banner = Banner(look)
        self._title = label(self.tr("Apps"), "title")
        self._subtitle = label(" ", "subtitle", wrap=True)
        self._subtitle.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.new = Button(self.tr("New App"), look, "primary", "plus")
        self.filters = Filters(saved, self)
        self.search = SearchField(look, self.tr("Search apps"), self._offers)
        self.search.setMaximumWidth(look.theme.px(300))
        self.search.setMinimumWidth(look.theme.px(140))
        self.filter = self._make_filter_button()
        self._wrong = QWidget()
        self._wrong_text = label("", "fieldNote", wrap=True)
        set_property(self._wrong_text, "tone", "warning")
        self._count = CountLabel()
        self._chosen = label("", "count")
        self._chosen.hide()
        self.bulk = BulkBar(look)
        self.table = AppsTable(model, look, reveal)
        self.selection = Selection(self.table, model)
        self._card = TableCard(self.table, look)
        self.empty = EmptyState(look)
        self._reveal = reveal
        self._panel: DetailsPanel | None = None
        self._told: tuple[Org, str] | None = None

        head = QHBoxLayout()
        words = QVBoxLayout()
        words.setSpacing(5)
        words.addWidget(self._title)
        words.addWidget(self._subtitle)
        head.addLayout(words, 1)
        head.addWidget(self.new, 0, Qt.AlignmentFlag.AlignBottom)
        self._tools = QWidget()
        tools = QHBoxLayout(self._tools)
        tools.setContentsMargins(0, 0, 0, 0)
        tools.setSpacing(8)
        tools.addWidget(self.search, 2)
        tools.addWidget(self.filter)
        tools.addStretch(1)
        tools.addWidget(self._chosen)
        tools.addWidget(self._count)
        wrong = QHBoxLayout(self._wrong)
        wrong.setContentsMargins(0, 0, 0, 0)
        wrong.setSpacing(8)
        wrong.addWidget(Picture("triangle-alert", look, "warning", 15))
        wrong.addWidget(self._wrong_text, 1)
        self._wrong.hide()
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
        self._stack.addWidget(QWidget())  # nothing at all, for the first moments of loading
        self._stack.setCurrentIndex(2)
        self._main = QWidget()
        column = QVBoxLayout(self._main)
        column.setContentsMargins(24, 16, 24, 24)
        column.setSpacing(12)
        column.addWidget(self.storage_banner)
        column.addWidget(self.keychain_banner)
        column.addLayout(head)
        column.addWidget(self._tools)
        column.addWidget(self._wrong)
        column.addWidget(self.bulk)
        column.addWidget(holder, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._main, 1)
        self._tools.hide()

        self.new.clicked.connect(self.new_asked)
        self.empty.acted.connect(self._empty_acted)
        self.search.textChanged.connect(self._filter)
        self.search.left.connect(self._enter_table)
        self.search.editingFinished.connect(self._show_wrong)
        self.filter.clicked.connect(self.show_filter_menu)
        self.filters.wanted.connect(self.look_for)
        self.filters.save_asked.connect(self._ask_to_save)
        self.keychain_banner.acted.connect(self.unlock_asked)
        self.storage_banner.dismissed.connect(self.storage_banner.hide)
        self.table.opened.connect(self.open_details)
        self.table.menu_asked.connect(self.menu_asked)
        self.table.painter.menu_asked.connect(self._menu_of_row)
        self.selection.changed.connect(self._selection_changed)
        model.rearranged.connect(self._rearranged)
        model.dataChanged.connect(self._data_changed)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(BUSY_MS)
        self._patience.timeout.connect(self._show_state)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._say_found)

    # What the window tells

    def tell_org(self, org: Org, keychain: str) -> None:
        """The org whose apps these are, and the keychain's name."""
        self._subtitle.setText(
            self.tr("API keys that let your apps call the Cortex API for {org}.").format(org=org.name)
        )
        self._told = org, keychain
        if self._panel is not None:
            self._panel.tell(org, keychain)

    def forget_search(self) -> None:
        """Look for nothing any more: another org's apps are about to be listed."""
        if self.search.text():
            self.search.clear()

    def wait_for_load(self) -> None:
        """The apps are being read; say so if it takes long."""
        self._patience.start()

    def loaded(self) -> None:
        """The model holds the apps now."""
        self._loaded = True
        self._failed = False
        self._patience.stop()
        self._show_state()

    def load_failed(self, title: str, text: str) -> None:
        """The apps could not be read."""
        self._failed = True
        self._patience.stop()
        self.empty.tell("triangle-alert", title, text, self.tr("Try again"))
        self._show_state()

    # The current app

    @property
    def details(self) -> DetailsPanel:
        """The panel with the current app's details. Made when first asked for: many a session never needs its 3 MB."""
        if self._panel is None:
            from .details import DetailsPanel

            self._panel = DetailsPanel(self._look, self.model, self._reveal)
            self._panel.hide()
            self._panel.closed.connect(self.close_details)
            if self._told is not None:
                self._panel.tell(*self._told)
            layout = self.layout()
            assert layout is not None
            layout.addWidget(self._panel)
            self.details_made.emit(self._panel)
        return self._panel

    def current(self) -> App | None:
        """The selected app, when it is the only one and visible."""
        return self.selection.current()

    def several(self) -> list[App]:
        """The selected apps when they are several, from top to bottom."""
        return self.selection.apps() if self.selection.count > 1 else []

    def select(self, app_id: str) -> None:
        """Select this app alone and scroll to it, taking away a search that hides it."""
        if self.model.row_of(app_id) < 0:
            self.search.clear()
        self.selection.choose(app_id)
        self.table.scrollTo(self.table.currentIndex())

    @Slot()
    def select_all(self) -> None:
        """Select all apps that are listed."""
        self.table.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.table.selectAll()

    @contextmanager
    def one_change(self) -> Iterator[None]:
        """Whatever is selected meanwhile, show and tell it once, at the end."""
        self._holds = True
        try:
            yield
        finally:
            self._holds = False
            self._selection_changed()

    def set_busy(self, busy: bool) -> None:
        """Bulk work has begun, or has ended."""
        if busy != self.busy:
            self.busy = busy
            self._show_details()

    @Slot()
    def open_details(self) -> None:
        """Show the details of the selected app, or apps."""
        if self.selection.count:
            self._wants_details = True
            self._show_details()

    @Slot()
    def close_details(self) -> None:
        """Give the table the whole width."""
        focused = self._panel is not None and self._panel.isAncestorOf(self.focusWidget() or self)
        self._wants_details = False
        self._show_details()
        if focused:
            self.table.setFocus()

    def toggle_details(self) -> None:
        """Show the details, or hide them."""
        if self._wants_details:
            self.close_details()
        else:
            self.open_details()

    @property
    def details_wanted(self) -> bool:
        """Whether the person has the details open."""
        return self._wants_details

    @Slot()
    def focus_search(self) -> None:
        """Put the cursor into the search, ready to type anew."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    @Slot(str)
    def look_for(self, text: str) -> None:
        """Search for this."""
        self.search.setText(text)

    @Slot()
    def show_filter_menu(self) -> None:
        """Open the menu that puts filters into the search, unless something else is in front."""
        if not self.filter.isVisible() or QApplication.activeModalWidget() is not None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.filters.fill(menu, self.search.text(), self.model.owners())
        menu.popup(self.filter.mapToGlobal(QPoint(0, self.filter.height() + 4)))

    # Remembered between starts

    def layout_state(self) -> tuple[QByteArray, str]:
        """Order and widths of the columns, and which are shown, for `restore_layout`."""
        return self.table.columns.state()

    def restore_layout(self, header: QByteArray, shown: str) -> None:
        """Take up such a state; one that does not fit is ignored. Columns for which there is no room stay hidden."""
        self.table.columns.restore(header, shown)
        self._fit()

    # Inside

    def _make_filter_button(self) -> Button:
        button = Button(self.filters.summary(""), self._look)
        button.setObjectName("filter")
        button.setAccessibleName(self.tr("Filter"))
        button.setAccessibleDescription(button.text())
        button.ensurePolished()
        # So that it does not jump as one types.
        button.setMinimumWidth(max(self._look.theme.px(FILTER_WIDTH), button.sizeHint().width()))
        arrows = Picture("chevrons-up-down", self._look, "muted", 14)
        arrows.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        inside = QHBoxLayout(button)
        inside.setContentsMargins(0, 0, 10, 0)
        inside.addWidget(arrows, 0, Qt.AlignmentFlag.AlignRight)
        return button

    def _offers(self, text: str, position: int) -> tuple[int, list[Offer]]:
        return self.filters.offers(text, position, self.model.owners() if "owner:" in text.lower() else ())

    @Slot()
    def _filter(self) -> None:
        text = self.search.text()
        self.model.filter(text)
        summary = self.filters.summary(text)
        if summary != self.filter.accessibleDescription():
            self.filter.setAccessibleDescription(summary)
            self.filter.setToolTip(summary)
            room = self._look.theme.px(FILTER_TEXT)
            self.filter.setText(self.filter.fontMetrics().elidedText(summary, Qt.TextElideMode.ElideRight, room))
        self._show_wrong()
        self._pause.start()

    @Slot()
    def _say_found(self) -> None:
        """Tell those who do not see the table what the search found, once they pause."""
        announce(self, self._count.text() if self.model.rowCount() else self.tr("No app found"))

    @Slot()
    def _show_wrong(self) -> None:
        """Say which word of the search makes no sense; of the last one only when nobody is typing it."""
        query = self.model.query
        wrong = [*query.problems, *(() if self.search.hasFocus() else query.unfinished)]
        text = " ".join(map(say, wrong))
        if text and text != self._wrong_text.text():
            announce(self, text)
        self._wrong_text.setText(text)
        self._wrong.setVisible(bool(text))

    @Slot()
    def _ask_to_save(self) -> None:
        self.save_filter_asked.emit(self.search.text().strip())

    @Slot()
    def _enter_table(self) -> None:
        """Go from the search to the apps, to the selected one or else the first."""
        if self.model.rowCount():
            self.table.setFocus(Qt.FocusReason.TabFocusReason)
            if not self.selection.count:
                self.selection.choose_row(0)

    @Slot()
    def _empty_acted(self) -> None:
        if self._failed:
            self.retry_asked.emit()
        elif self.model.total:
            self.search.clear()
            self.search.setFocus()
        else:
            self.new_asked.emit()

    @Slot(int)
    def _menu_of_row(self, row: int) -> None:
        index = self.model.index(row, Column.MENU)
        self.selection.choose_row(row, Column.MENU)
        self.menu_asked.emit(self.table.viewport().mapToGlobal(self.table.visualRect(index).bottomLeft()))

    @Slot()
    def _selection_changed(self) -> None:
        if self._holds:
            return
        count = self.selection.count
        self._chosen.setText(self.tr("%Ln selected", "", count))
        self._chosen.setVisible(count > 1)
        self._count.setVisible(count < 2)  # there is room for one of them
        self._show_details()
        self.selected.emit()

    @Slot()
    def _data_changed(self) -> None:
        if self._details_shown:
            self._fill_details()

    @Slot()
    def _rearranged(self) -> None:
        # Now, since after its next paint the table would do so by itself, and then paint once more.
        self.table.executeDelayedItemsLayout()
        self.selection.restore()
        self._show_state()
        self._selection_changed()

    def _fill_details(self) -> None:
        app, several = self.current(), self.several()
        if app is not None:
            self.details.show_app(app)
        elif several:
            self.details.show_apps(several, self.busy)

    def _show_details(self) -> None:
        show = self._wants_details and self.selection.count > 0
        if show:
            self._fill_details()
        toggled = show != self._details_shown
        if toggled:
            self.details.setVisible(show)
        self._share_width()
        if toggled:
            self.details_toggled.emit(show)

    @property
    def _details_shown(self) -> bool:
        return self._panel is not None and not self._panel.isHidden()

    def _share_width(self) -> None:
        """Table and details side by side; where there is no room for both, the details alone."""
        panel = self._look.theme.px(DETAILS_WIDTH)
        table = self.table.painter
        least = sum(table.width_of(c) for c in (Column.LABEL, Column.KEY, Column.MENU)) + 50
        alone = self._details_shown and self.width() - panel < least
        self._main.setVisible(not alone)
        if self._panel is None:
            pass
        elif alone:
            self._panel.setMinimumWidth(0)
            self._panel.setMaximumWidth(16777215)
        else:
            self._panel.setFixedWidth(panel)
        self._fit()

    def _fit(self) -> None:
        shown = self._details_shown and not self._main.isHidden()
        self.table.columns.fit(self.width() - (self._look.theme.px(DETAILS_WIDTH) if shown else 0) - 52)

    @Slot()
    def _show_state(self) -> None:
        total, visible = self.model.total, self.model.rowCount()
        self._tools.setVisible(total > 0)
        if self._failed and not total:
            self._stack.setCurrentWidget(self.empty)
            return
        if not self._loaded:
            if not self._patience.isActive():
                self.empty.tell("loader-circle", self.tr("Reading your apps…"), self.tr("This takes a moment."))
                self._stack.setCurrentWidget(self.empty)
            return
        self._show_count(visible, total)
        if total == 0:
            self.empty.tell(
                "key-round",
                self.tr("No apps yet"),
                self.tr("Create an app to generate the API key that your first API request needs."),
                self.tr("New App"),
                "plus",
            )
        elif visible == 0:
            self.empty.tell(
                "search-x",
                self.tr("No app found"),
                self._why_nothing(),
                self.tr("Show all apps"),
            )
        if visible:
            self._card.fit(self.table.full_height())
        self._stack.setCurrentWidget(self._list if visible else self.empty)

    def _show_count(self, visible: int, total: int) -> None:
        every = self.tr("%n app(s)", "", total)
        some = self.tr("{shown} of %n app(s)", "", total)
        number = self.locale().toString
        said = every if visible == total else some.format(shown=number(visible))
        if self.search.text():
            self._count.tell(said, every, some.format(shown=number(total)))
        else:
            self._count.tell(said)

    def _why_nothing(self) -> str:
        unknown = self.model.query.unknown
        if unknown:
            names = ", ".join(WORDS)
            text = self.tr("“{word}” is no filter and was looked for as text. Filters are {names}.")
            return text.format(word=unknown[0], names=names)
        return self.tr("No app has all of this. Words are looked for in label, key ends, owner and notes.")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_width()
