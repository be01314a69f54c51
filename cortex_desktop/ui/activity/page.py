"""The Activity page: what was done to the apps, with search, filters and export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from PySide6.QtCore import QDate, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QHBoxLayout,
    QListView,
    QMenu,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from ...domain.activity import Action, ActivityEntry, Break, Logged
from ...domain.days import midnight
from ...domain.errors import CortexError
from ...domain.model import App, Org
from ..kit.boxes import ComboBox
from ..kit.dates import DateField
from ..kit.i18n import long_day, translate_text
from ..kit.page import Page
from ..kit.scrolling import LowBody, lay_beside, scrolled_when_low
from ..kit.search import SearchField
from ..kit.suggestions import Suggestion
from ..kit.table import CountLabel, TableCard
from ..kit.waiting import BUSY_SECONDS
from ..kit.widgets import Banner, Button, Card, EmptyState, Look, announce, label
from .bars import DayBars, days_until, today
from .model import ActivityModel
from .reader import Found, Wanted
from .table import ActivityTable

ALL_APPS, ALL_ORGS = "", "*"
"""Values of the filter of apps beside an app's id: all apps of this org, and all orgs."""

BREAKS_SHOWN = 5
MARGIN = 24
"""Pixels on either side of the page."""

ROOM_FOR_BARS = 420
"""Below this height, at 13 px text, the list needs the room of the bars."""

ROOM_FOR_COUNT = 760
"""Below this width, at 13 px text, the search and the filters need the room of the count."""


class Period:
    """How far back the list goes. days: None for ever, 0 for since midnight; only: this day alone."""

    def __init__(self, words: str, days: int | None = None, only: date | None = None) -> None:
        self.words = words
        self.days = days
        self.only = only

    def limits(self) -> tuple[datetime | None, datetime | None]:
        """From when on, and until before when; None for no limit."""
        if self.only is not None:
            return midnight(self.only), midnight(self.only + timedelta(days=1))
        if self.days is None:
            return None, None
        now = datetime.now().astimezone()
        if self.days:
            return (now - timedelta(days=self.days)).astimezone(UTC), None
        return midnight(now.date()), None


class AppsCombo(ComboBox):
    """Chooses an app. The list is filled when it is opened, since there may be thousands."""

    def __init__(self, apps: Callable[[], Sequence[App]]) -> None:
        super().__init__()
        view = QListView()
        view.setUniformItemSizes(True)
        self.setView(view)
        self.setSizeAdjustPolicy(ComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        name = self.tr("Filter by app")
        self.setAccessibleName(name)
        self.setAccessibleDescription(name)
        self._apps = apps
        self._make()

    def choose(self, app_id: str, name: str) -> None:
        """Show this app, which may be gone from the list of apps."""
        if self.findData(app_id) < 0:
            self.addItem(name, app_id)
        self.setCurrentIndex(self.findData(app_id))

    def reset(self) -> None:
        """Choose all apps, without emitting a signal."""
        self.blockSignals(True)
        self._make()
        self.blockSignals(False)

    def showPopup(self) -> None:
        chosen, name = self.currentData(), self.currentText()
        self.blockSignals(True)
        self._make()
        for app in self._apps():
            self.addItem(app.label, app.id)
        self.choose(chosen, name)
        self.blockSignals(False)
        super().showPopup()

    def _make(self) -> None:
        self.clear()
        self.addItem(self.tr("All apps"), ALL_APPS)
        self.addItem(self.tr("All organizations"), ALL_ORGS)
        metrics = self.fontMetrics()
        widest = max(metrics.horizontalAdvance(self.itemText(place)) for place in range(self.count()))
        self.setMinimumContentsLength(-(-widest // metrics.horizontalAdvance("X")))


class ActivityPage(Page):
    """The list of entries with search and filters: a view that emits what the person wants.

    The last choice of time shows a row with the days from when and to when, and whether only copied keys are listed.

    listing_asked(Wanted): list these, and count those of each of `days`; app_asked(app id): go to this app;
    export_asked; retry_asked.
    """

    listing_asked = Signal(Wanted)
    app_asked = Signal(str)
    export_asked = Signal()
    retry_asked = Signal()

    def __init__(self, look: Look, model: ActivityModel, apps: Callable[[], Sequence[App]]) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._look = look
        self.model = model
        self._org: Org | None = None
        self._complete = False
        self._wanted = Wanted()
        self._filtered = False
        self._error: CortexError | None = None
        self._quietly = False  # several filters are about to change

        self.banner = Banner(look)
        self._subtitle = label(" ", "subtitle", wrap=True)
        self._subtitle.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.export = Button(self.tr("Export…"), look)
        self.search = self._make_search()
        self.apps = AppsCombo(apps)
        self.times = ComboBox(self.tr("Filter by time"))
        for period in (
            Period(self.tr("Any time"), None),
            Period(self.tr("Today"), 0),
            Period(self.tr("Last 7 days"), 7),
            Period(self.tr("Last 30 days"), 30),
            Period(self.tr("Last 365 days"), 365),
        ):
            self.times.addItem(period.words, period)
        self.times.addItem(self.tr("From – to"))
        self._between_at = self.times.count() - 1  # behind it comes the day of a bar
        self.bars = DayBars(look, self.choose_day)
        self._bars_card = Card(self.bars, look)
        self._bars_card.hide()
        self.days = days_until(today())
        self.first_day = self._make_day(self.tr("From day"))
        self.last_day = self._make_day(self.tr("To day"))
        self.only_copies = QCheckBox(self.tr("Only copied keys"))
        self._days = self._lay_out_days()
        self._count = CountLabel()
        self.table = ActivityTable(model, look)
        self._card = TableCard(self.table, look)
        self.empty = EmptyState(look)
        self._lay_out()

        self.export.clicked.connect(self.export_asked)
        self.search.textChanged.connect(self._ask)
        self.search.left.connect(self._enter_table)
        self.apps.currentIndexChanged.connect(self._ask)
        self.times.currentIndexChanged.connect(self._choose_time)
        self.first_day.changed.connect(self._choose_first)
        self.last_day.changed.connect(self._choose_last)
        self.only_copies.toggled.connect(self._ask)
        self.table.opened.connect(self._open)
        self.table.menu_asked.connect(self._show_menu)
        self.table.copy_asked.connect(self._copy)
        self.empty.acted.connect(self._empty_acted)
        self._patience = look.clock.timer(self)
        self._patience.timeout.connect(self._show_state)

    # For the presenter

    def set_org(self, org: Org) -> None:
        """Set the org whose activity is listed."""
        if self._org is None or org.id != self._org.id:
            self._org = org
            self.apps.reset()
            self._ask()
        self._org = org
        self._show_subtitle()

    @Slot()
    def begin(self) -> None:
        """Empty the list: it begins anew."""
        self._complete, self._error = False, None
        self.model.clear()
        self._patience.start(BUSY_SECONDS)
        self._show_count()

    @Slot(object)
    def add_older(self, found: Found) -> None:
        """Add entries that were found."""
        first = not self.model.rowCount()
        self.model.add_older(found)
        if first:
            self._show_state()
        self._fit_card()
        self._show_count()

    @Slot(object)
    def add_newer(self, found: Found) -> None:
        """Add entries of what was done meanwhile. The rows on screen stay where they are."""
        bar = self.table.verticalScrollBar()
        at = bar.value()
        rows = self.model.add_newer(found)
        if at:
            bar.setValue(at + rows * self.table.painter.row_height)
        self._show_state()

    @Slot()
    def end(self) -> None:
        """Show the result: everything was found."""
        self._complete = True
        self._patience.stop()
        self._show_state()

    @Slot(CortexError)
    def fail(self, error: CortexError) -> None:
        """Show that the log cannot be read."""
        self._error = error
        self._patience.stop()
        self.model.clear()
        self._show_state()

    @Slot(object)
    def show_breaks(self, breaks: list[Break]) -> None:
        """Show what is wrong with the log, or hide the banner if nothing is."""
        if not breaks:
            self.banner.hide()
            return
        places = [translate_text(each.text) for each in breaks[:BREAKS_SHOWN]]
        if len(breaks) > BREAKS_SHOWN:
            places.append(self.tr("%n more place(s).", "", len(breaks) - BREAKS_SHOWN))
        self.banner.show_message(
            "danger",
            "triangle-alert",
            self.tr("The activity log was changed outside Cortex Desktop"),
            " ".join([*places, self.tr("All of it is kept as it is. Apps and keys are not affected.")]),
        )

    @Slot(object, object)
    def put(self, places: list[int], lines: list[Logged]) -> None:
        """Take lines that the model wanted."""
        self.model.put(places, lines)

    # What a person does

    def focus_search(self) -> bool:
        """Focus the search and select its text."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()
        return True

    def take_keyboard(self) -> None:
        """Put the keyboard into the table."""
        self.table.setFocus()

    def show_only(self, app_id: str, name: str) -> None:
        """List what was done to one app."""
        self.search.clear()
        self.times.setCurrentIndex(0)
        self.apps.choose(app_id, name)

    def show_copies(self, first: date, last: date) -> None:
        """List which keys of the org were copied from this day to that."""
        self._quietly = True  # ask once, at the end
        self.search.clear()
        self.apps.setCurrentIndex(0)
        self.first_day.setDate(QDate(first.year, first.month, first.day))
        self.last_day.setDate(QDate(last.year, last.month, last.day))
        self.times.setCurrentIndex(self._between_at)
        self.only_copies.setChecked(True)
        self._quietly = False
        self._ask()

    def choose_day(self, day: date | None) -> None:
        """List this day alone, or any time."""
        if day is None:
            self.times.setCurrentIndex(0)
            return
        self._quietly = True
        self._forget_day()
        self.times.addItem(long_day(day), Period(long_day(day), only=day))
        self._quietly = False
        self.times.setCurrentIndex(self.times.count() - 1)

    def set_counts(self, days: Sequence[date], counts: Sequence[int]) -> None:
        """Show how many entries each of these days has."""
        self.bars.set_counts(days, counts)
        marks = [mark for mark in self.bars.marks if mark.isEnabled()]  # Qt orders nothing that takes no focus
        for before, after in pairwise([self.only_copies, *marks, self.table]):
            self.setTabOrder(before, after)
        self._show_bars()

    def pass_midnight(self) -> None:
        """A day has begun: today is yesterday."""
        self.table.viewport().update()
        self._ask()

    def entry(self) -> ActivityEntry | None:
        """The selected entry, if it is known already."""
        line = self.model.line(self.table.currentIndex().row())
        return line.entry if line is not None else None

    def filter_words(self) -> str:
        """The filters in words, for the head of a report."""
        org = self._org.name if self._org is not None else ""
        app = self.apps.currentData()
        parts = [
            self.tr("All organizations") if app == ALL_ORGS else org,
            self.apps.currentText() if app != ALL_ORGS else "",
            self._time_words(),
            self.only_copies.text() if self._only_copies() else "",
            self.tr("with “{words}”").format(words=self.search.text()) if self.search.text().strip() else "",
        ]
        return " · ".join(part for part in parts if part)

    def title(self) -> str:
        """The title of a report."""
        if self.apps.currentData() == ALL_ORGS or self._org is None:
            return self.tr("Activity of all organizations")
        return self.tr("Activity of {org}").format(org=self._org.name)

    # Inside

    def _lay_out(self) -> None:
        head, words = QHBoxLayout(), QVBoxLayout()
        words.setSpacing(5)
        words.addWidget(label(self.tr("Activity"), "title"))
        words.addWidget(self._subtitle)
        head.addLayout(words, 1)
        head.addWidget(self.export, 0, Qt.AlignmentFlag.AlignBottom)
        filters = QHBoxLayout()
        filters.setSpacing(8)
        filters.addWidget(self.apps)
        filters.addWidget(self.times)
        filters.addStretch(1)  # for what the search leaves
        filters.addWidget(self._count)
        self._tools = tools = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        tools.setSpacing(8)
        tools.addWidget(self.search, 1000)
        tools.addLayout(filters, 1)
        self._list = QWidget()
        listing = QVBoxLayout(self._list)
        listing.setContentsMargins(0, 0, 0, 0)
        listing.addWidget(self._card, 1)
        listing.addStretch(0)
        holder = QWidget()
        self._stack = QStackedLayout(holder)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._nothing = QWidget()  # for the first moments
        for widget in (self._nothing, self._list, self.empty):
            self._stack.addWidget(widget)
        body = LowBody()
        column = QVBoxLayout(body)
        column.setContentsMargins(MARGIN, 16, MARGIN, 24)
        column.setSpacing(12)
        column.addWidget(self.banner)
        column.addLayout(head)
        column.addLayout(tools)
        column.addWidget(self._days)
        column.addWidget(self._bars_card)
        column.addWidget(holder, 1)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(scrolled_when_low(body))

    def _make_search(self) -> SearchField:
        search = SearchField(self._look, self.tr("Search activity"), _no_suggestions)
        search.setMaximumWidth(self._look.theme.px(300))
        search.setMinimumWidth(self._look.theme.px(120))
        return search

    def _make_day(self, name: str) -> DateField:
        field = DateField(self._look, name, today(), ahead=False)
        field.setMaximumWidth(self._look.theme.px(170))
        return field

    def _lay_out_days(self) -> QWidget:
        row = QWidget()
        self._day_fields = fields = QHBoxLayout()
        fields.setSpacing(8)
        for words, field in ((self.tr("From"), self.first_day), (self.tr("to"), self.last_day)):
            fields.addWidget(label(words, "subtitle"))
            fields.addWidget(field, 1)
        self._day_parts = parts = QBoxLayout(QBoxLayout.Direction.LeftToRight, row)
        parts.setContentsMargins(0, 0, 0, 0)
        parts.setSpacing(12)
        parts.addLayout(fields)
        parts.addWidget(self.only_copies)
        parts.addStretch(1)
        row.hide()
        return row

    def _fit_rows(self) -> None:
        """Let what has no room beside the search, and beside the days, stand below them."""
        room = self.width() - 2 * MARGIN
        filters = self.apps.sizeHint().width() + self.times.sizeHint().width() + 24
        lay_beside(self._tools, self.search.minimumWidth() + filters <= room)
        days = self._day_fields.sizeHint().width() + self.only_copies.sizeHint().width() + 12
        lay_beside(self._day_parts, days <= room)

    def _between(self) -> bool:
        """True if the person chose two days."""
        return self.times.currentData() is None

    def _only_copies(self) -> bool:
        return self._between() and self.only_copies.isChecked()

    def _time_words(self) -> str:
        if not self._between():
            return self.times.currentText()
        first, last = (long_day(day_of(field)) for field in (self.first_day, self.last_day))
        return self.tr("{first} to {last}").format(first=first, last=last)

    @Slot()
    def _choose_time(self) -> None:
        self._days.setVisible(self._between())
        if self._quietly:
            return
        if not self._between():
            self.only_copies.setChecked(False)
        if self.times.currentIndex() <= self._between_at:
            self._forget_day()
        self._ask()

    def _forget_day(self) -> None:
        """Offer the day of a bar no more."""
        if self.times.count() > self._between_at + 1:
            self.times.removeItem(self._between_at + 1)

    @Slot()
    def _choose_first(self) -> None:
        first, last = self.first_day.day, self.last_day.day
        if first is not None and last is not None and first > last:
            self.last_day.setDate(self.first_day.shown())  # which asks
        elif first is not None:
            self._ask()

    @Slot()
    def _choose_last(self) -> None:
        first, last = self.first_day.day, self.last_day.day
        if first is not None and last is not None and last < first:
            self.first_day.setDate(self.last_day.shown())
        elif last is not None:
            self._ask()

    def _chosen_time(self) -> tuple[datetime | None, datetime | None]:
        """From when on, and until before when; None for no limit."""
        if not self._between():
            limits: tuple[datetime | None, datetime | None] = self.times.currentData().limits()
            return limits
        return midnight(day_of(self.first_day)), midnight(day_of(self.last_day) + timedelta(days=1))

    @Slot()
    def _ask(self) -> None:
        """Ask for the entries that the search and the filters select."""
        if self._org is None or self._quietly:
            return
        app = self.apps.currentData()
        everywhere = app == ALL_ORGS
        self._wanted = Wanted(
            self.search.text(),
            "" if everywhere else self._org.id,
            "" if app in (ALL_APPS, ALL_ORGS) else app,
            *self._chosen_time(),
            Action.KEY_COPIED if self._only_copies() else None,
        )
        self._filtered = bool(self.search.text().strip() or app != ALL_APPS or self.times.currentIndex())
        self.table.show_org(everywhere)
        self._show_subtitle()
        self._turn_days()
        self.listing_asked.emit(self._wanted)

    def _chosen_days(self) -> tuple[date, date] | None:
        """The first and the last day that alone are listed, None where the list goes up to now."""
        if self._between():
            return day_of(self.first_day), day_of(self.last_day)
        only = self.times.currentData().only
        return (only, only) if only is not None else None

    def _turn_days(self) -> None:
        """Have bars for the last days, or where the days that are listed lie before them, for the days up to those."""
        chosen = self._chosen_days()
        if chosen is None:
            self.days = days_until(today())
        elif not self.days[0] <= chosen[1] <= self.days[-1]:
            self.days = days_until(min(today(), chosen[1]))
        self.bars.set_chosen(chosen)

    def _show_subtitle(self) -> None:
        if self._org is None:
            return
        if self.apps.currentData() == ALL_ORGS:
            text = self.tr("Everything done on this computer. Keys are never written here.")
        else:
            text = self.tr("Everything done to the apps of {org} on this computer. Keys are never written here.")
        self._subtitle.setText(text.format(org=self._org.name))

    @Slot()
    def _show_state(self) -> None:
        self._show_count()
        self._show_bars()
        if self._error is not None:
            error = self._error
            text = f"{translate_text(error.message)} {translate_text(error.advice)}"
            self.empty.set_message("triangle-alert", translate_text(error.title), text, self.tr("Try again"))
        elif self.model.rowCount():
            self._stack.setCurrentWidget(self._list)
            self._fit_card()
            return
        elif not self._complete:
            if not self._patience.is_active:
                self.empty.set_message("loader-circle", self.tr("Searching…"), self.tr("Nothing was found so far."))
                self._stack.setCurrentWidget(self.empty)
            return
        elif self._filtered:
            self.empty.set_message(
                "search-x",
                self.tr("Nothing found"),
                self.tr("No activity matches your search."),
                self.tr("Show all activity"),
            )
        else:
            self.empty.set_message(
                "history",
                self.tr("No activity yet"),
                self.tr("Every action is recorded here: what, to which app, when and by whom."),
            )
        self._stack.setCurrentWidget(self.empty)

    def _show_count(self) -> None:
        count = self.model.entry_count
        self._count.set_text(self.tr("%Ln entry(s)", "", count) if count else "")
        self.export.setEnabled(count > 0)

    def _show_bars(self) -> None:
        """Hide the bars where there is nothing to show, and in a window that has no room for them."""
        some = self._filtered or self.model.entry_count > 0
        room = self.height() >= self._look.theme.px(ROOM_FOR_BARS)
        self._bars_card.setVisible(some and room and self._error is None and self.bars.has_counts)

    def _fit_card(self) -> None:
        self._card.fit(self.table.full_height())

    @Slot()
    def _enter_table(self) -> None:
        if self.model.rowCount():
            self.table.setFocus(Qt.FocusReason.TabFocusReason)

    @Slot()
    def _empty_acted(self) -> None:
        if self._error is not None:
            self.retry_asked.emit()
        else:
            self.search.clear()
            self.times.setCurrentIndex(0)
            self.apps.setCurrentIndex(0)

    @Slot()
    def _open(self) -> None:
        entry = self.entry()
        if entry is not None and entry.app_id:
            self.app_asked.emit(entry.app_id)

    @Slot(QPoint)
    def _show_menu(self, place: QPoint) -> None:
        entry = self.entry()
        if entry is None or not entry.app_id:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Show app"), self._open)
        menu.addAction(self.tr("Only this app"), lambda: self.show_only(entry.app_id, entry.label))
        menu.addAction(self.tr("Copy row"), self._copy)
        menu.popup(place)

    @Slot()
    def _copy(self) -> None:
        text = self.model.copied(self.table.currentIndex().row())
        if text:
            QGuiApplication.clipboard().setText(text)
            announce(self, self.tr("Row copied"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= self._look.theme.px(ROOM_FOR_COUNT)
        self._count.setVisible(wide)
        self._fit_rows()
        self._show_bars()


def day_of(field: DateField) -> date:
    """The day in the field; today while what was typed is none."""
    return field.day or today()


def _no_suggestions(text: str, position: int) -> tuple[int, Sequence[Suggestion]]:
    """Suggest nothing: this search has no filters of its own."""
    return position, ()
