"""The Overview page: the health of an org's keys in cards, every figure of which leads to what it counts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial

from PySide6.QtCore import QLocale, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from ...domain.errors import CortexError
from ...domain.model import Org
from ...services.health import Check, Health
from ..kit.i18n import first_weekday, local, long_time, short, translate_text
from ..kit.marks import Chart, Sign
from ..kit.page import Page
from ..kit.scrolling import lay_beside
from ..kit.waiting import BUSY_SECONDS
from ..kit.widgets import Button, EmptyState, Look, Picture, label
from .charts import LEAST_ROWS, Ages, Calendar, Concerns, Copies, Figures, Leads, Links, number

GAP = 16
"""Pixels between cards."""

TWO_COLUMNS = 820
"""The width, at 13 px text, from which cards stand side by side."""

LOWER, LEAST_LOWER = 152, 126
"""Heights of the lower charts, at 13 px text: where there is room, and where there is little."""

ROWS_ALONE = 8
"""Rows of the list of what needs attention where cards stand one below the other."""

WORDS = 300
"""The width, at 13 px text, that the words of the keychain check need beside its buttons."""

NAMED = 3
"""Apps whose names the card of the keychain check has room for."""


class OverviewPage(Page):
    """Figures of the current org: a view that emits what the person wants.

    apps_asked(str): the apps that this search finds; app_asked(app id); copies_asked(date, date): the copies from this
    day to that; report_asked; check_asked: check the keychain; new_asked: create an app; retry_asked: read again.
    """

    apps_asked = Signal(str)
    app_asked = Signal(str)
    copies_asked = Signal(object, object)
    report_asked = Signal()
    check_asked = Signal()
    new_asked = Signal()
    retry_asked = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._look = look
        self._health: Health | None = None
        self._failed = False
        leads = Leads(self.apps_asked.emit, self.app_asked.emit, self.copies_asked.emit)
        self._subtitle = label(" ", "subtitle", wrap=True)
        self._subtitle.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.report = Button(self.tr("Save report…"), look)
        self.figures = Figures(look, leads)
        self.concerns = Concerns(look, leads)
        self.calendar = Calendar(look, leads)
        self.ages = Ages(look, leads)
        self.copies = Copies(look, leads)
        self.attention_card = ChartCard(look, self.tr("Apps that need attention"), self.concerns)
        self.calendar_card = ChartCard(look, self.tr("Next 90 days"), self.calendar)
        self.ages_card = ChartCard(look, self.tr("Age of keys"), self.ages, self.tr("since made or rotated"))
        self.copies_card = ChartCard(look, self.tr("Keys copied per week"), self.copies)
        self.check_card = CheckCard(look)
        self.empty = EmptyState(look)
        self._lay_out()
        self.concerns.fitted.connect(self._show_rest)
        self.report.clicked.connect(self.report_asked)
        self.check_card.again.clicked.connect(self.check_asked)
        self.empty.acted.connect(self._empty_acted)
        for chart in self._charts():
            chart.entered.connect(self.scroll_to)
        self._patience = look.clock.timer(self)
        self._patience.timeout.connect(self._show_state)
        self._patience.start(BUSY_SECONDS)

    # For the presenter

    def set_org(self, org: Org) -> None:
        """Set the org whose keys these are."""
        text = self.tr("Health of the keys of {org}. No key is read to draw this page.")
        self._subtitle.setText(text.format(org=org.name))

    def set_health(self, health: Health, keychain: str) -> None:
        """Show these figures. keychain: its own name."""
        self._health, self._failed = health, False
        self.figures.set_health(health)
        self.concerns.set_health(health)
        self._share_height()
        self.calendar.set_health(health, first_weekday())
        self.ages.set_health(health)
        self._show_links(health)
        self._show_rest(len(self.concerns.marks))
        note = self.tr("Nothing expires by age alone.")
        if health.median is not None and health.apps.count > 1:
            note = self.tr("Half are younger than %Ln day(s).", "", health.median) + " " + note
        self.ages_card.set_note(note)
        self.check_card.set_check(health.check, keychain, self._lead)
        self._order_tabs()
        self._show_state()

    def set_copies(self, weeks: Sequence[date], counts: Sequence[int]) -> None:
        """Show how many keys were copied in the weeks that begin on these days."""
        self.copies.set_copies(weeks, counts)
        total = sum(counts)
        words = self.tr("%Ln in 12 weeks", "", total)
        last = date.fromordinal(weeks[-1].toordinal() + 6)
        act = partial(self.copies_asked.emit, weeks[0], last) if total else None
        self.copies_card.set_links([(words, Sign(self.tr("%Ln key(s) copied in 12 weeks", "", total), act))])
        self.copies_card.set_note(self.tr("From the activity log of this computer."))
        self._order_tabs()

    def set_no_copies(self, words: str) -> None:
        """Show this sentence in place of counts."""
        self.copies.clear()
        self.copies_card.set_links([])
        self.copies_card.set_note(words)

    @Slot(CortexError)
    def load_failed(self, error: CortexError) -> None:
        """Show that the apps cannot be read."""
        self._failed = True
        text = f"{translate_text(error.message)} {translate_text(error.advice)}"
        self.empty.set_message("triangle-alert", translate_text(error.title), text, self.tr("Try again"))
        self._show_state()

    def take_keyboard(self) -> None:
        """Put the keyboard on the first figure, or what stands in its place."""
        if self._stack.currentWidget() is self.empty:
            self.empty.action.setFocus()
        elif not self.figures.take_keyboard():
            self.setFocus()

    # Inside

    def _lay_out(self) -> None:
        head, words = QHBoxLayout(), QVBoxLayout()
        words.setSpacing(5)
        words.addWidget(label(self.tr("Overview"), "title"))
        words.addWidget(self._subtitle)
        head.addLayout(words, 1)
        head.addWidget(self.report, 0, Qt.AlignmentFlag.AlignBottom)
        self._cards = QWidget()
        self._cards.setObjectName("page")
        column = QVBoxLayout(self._cards)
        column.setContentsMargins(24, 0, 24, 24)
        column.setSpacing(GAP)
        column.addWidget(bare_card(self.figures))
        self._grid = QGridLayout()
        self._grid.setSpacing(GAP)
        column.addLayout(self._grid)
        column.addWidget(self.check_card)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setObjectName("pageScroll")
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self._cards)
        empty = QWidget()
        around = QVBoxLayout(empty)
        around.setContentsMargins(24, 0, 24, 24)
        around.addWidget(self.empty)
        self._no_cards = empty
        holder = QWidget()
        self._stack = QStackedLayout(holder)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._nothing = QWidget()  # for the first moments
        for widget in (self._nothing, self._scroll, self._no_cards):
            self._stack.addWidget(widget)
        top = QWidget()
        top.setLayout(head)
        head.setContentsMargins(24, 16, 24, 12)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(top)
        whole.addWidget(holder, 1)
        self._columns = 0
        self._arrange()

    def _arrange(self) -> None:
        """Put the cards into two columns, or into one where there is little room."""
        columns = 2 if self.width() >= self._look.theme.px(TWO_COLUMNS) else 1
        if columns == self._columns:
            return
        self._columns = columns
        self.calendar.keep_list(columns == 2)
        for at, card in enumerate((self.attention_card, self.calendar_card, self.ages_card, self.copies_card)):
            self._grid.addWidget(card, at // columns, at % columns)
        for column in range(2):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)

    def _share_height(self) -> None:
        """Give the list of what needs attention what height is left, or take from the lower cards what is lacking."""
        px, rows = self._look.theme.px, ROWS_ALONE
        self._set_lower(px(LOWER))
        if self._columns == 2:
            self.concerns.set_room(LEAST_ROWS)
            spare = self._scroll.height() - self._needed_height()
            rows = LEAST_ROWS + max(0, spare) // self.concerns.row()
            if spare < 0:
                self._set_lower(max(px(LEAST_LOWER), px(LOWER) + spare))
        self.concerns.set_room(rows)

    def _needed_height(self) -> int:
        """The height of all cards in pixels, with what was just set."""
        for card in (self.attention_card, self.ages_card, self.copies_card):
            card.fit()  # Qt would do so later
        layout = self._cards.layout()
        assert layout is not None
        return layout.totalHeightForWidth(self.width())

    def _set_lower(self, height: int) -> None:
        for chart in (self.ages, self.copies):
            chart.setFixedHeight(height)

    def _charts(self) -> list[Chart]:
        """In the order of the Tab key."""
        return [
            self.figures,
            self.attention_card.links,
            self.concerns,
            self.calendar_card.links,
            self.calendar,
            self.ages,
            self.copies_card.links,
            self.copies,
            self.check_card.links,
        ]

    def _order_tabs(self) -> None:
        """Set the tab order of widgets that are created after start-up."""
        stops: list[QWidget] = [self.report]
        for chart in self._charts():
            stops += [mark for mark in chart.marks if mark.isEnabled()]  # Qt orders nothing that takes no focus
        stops.append(self.check_card.again)
        for before, after in itertools.pairwise(stops):
            QWidget.setTabOrder(before, after)

    def _show_links(self, health: Health) -> None:
        total, need = number(health.apps.count), number(health.attention.count)
        words = self.tr("{some} of {all}").format(some=need, all=total)
        name = self.tr("%Ln app(s) need attention", "", health.attention.count)
        self.attention_card.set_links(
            [(words, Sign(name, self._lead(health.attention.search, health.attention.count)))]
        )
        expire, review = health.expiring, health.reviews
        links = [
            (self.tr("%Ln expire(s)", "", expire.count), expire),
            (self.tr("%Ln review(s)", "", review.count), review),
        ]
        self.calendar_card.set_links(
            [(text, Sign(text, self._lead(group.search, group.count))) for text, group in links if group.count]
        )

    def _lead(self, search: str, count: int) -> Callable[[], object] | None:
        return partial(self.apps_asked.emit, search) if count else None

    @Slot(int)
    def _show_rest(self, shown: int) -> None:
        if self._health is None:
            return
        need, total = self._health.attention.count, self._health.apps.count
        more, rest = need - shown, total - need
        parts = [self.tr("%Ln more need(s) attention.", "", more)] if more else []
        if rest and need:
            parts.append(self.tr("The other %Ln need(s) nothing now.", "", rest))
        self.attention_card.set_note(" ".join(parts))

    @Slot()
    def _show_state(self) -> None:
        if self._failed and self._health is None:
            self._stack.setCurrentWidget(self._no_cards)
        elif self._health is None:
            if not self._patience.is_active:
                self.empty.set_message("loader-circle", self.tr("Reading your apps…"), self.tr("This takes a moment."))
                self._stack.setCurrentWidget(self._no_cards)
        elif not self._health.apps.count:
            self.empty.set_message(
                "key-round",
                self.tr("No apps yet"),
                self.tr("Create an app to generate the API key that your first API request needs."),
                self.tr("New App"),
                "plus",
            )
            self._stack.setCurrentWidget(self._no_cards)
        else:
            self._stack.setCurrentWidget(self._scroll)
        self.report.setEnabled(self._stack.currentWidget() is self._scroll)

    @Slot()
    def _empty_acted(self) -> None:
        (self.retry_asked if self._failed else self.new_asked).emit()

    @Slot(QWidget)
    def scroll_to(self, mark: QWidget) -> None:
        """Bring this part of the page on screen."""
        self._scroll.ensureWidgetVisible(mark, 24, 24)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
        self._share_height()


def bare_card(chart: Chart) -> QFrame:
    """A card that holds a chart and nothing else."""
    card = QFrame()
    card.setObjectName("card")
    inside = QVBoxLayout(card)
    inside.setContentsMargins(0, 0, 0, 0)
    inside.addWidget(chart)
    return card


class ChartCard(QFrame):
    """A card with a title, links or a word beside it, a chart, and a note below."""

    def __init__(self, look: Look, title: str, chart: Chart, aside: str = "") -> None:
        super().__init__()
        self.setObjectName("card")
        self.links = Links(look, title)
        self._note = label("", "hint", wrap=True)
        head = QHBoxLayout()
        head.setContentsMargins(12, 0, 12, 0)
        head.addSpacing(4)  # links have it in them
        head.addWidget(label(title, "strong"))
        head.addStretch(1)
        if aside:
            head.addWidget(label(aside, "subtitle"))
            head.addSpacing(4)
        head.addWidget(self.links)
        self.links.hide()
        top = QWidget()
        top.setLayout(head)
        top.setFixedHeight(look.theme.px(43))
        rule = label("", "rule")
        rule.setFixedHeight(1)
        below = QHBoxLayout()
        below.setContentsMargins(16, 0, 16, 0)
        below.addWidget(self._note)
        self._foot = QWidget()
        self._foot.setLayout(below)
        self._foot.setFixedHeight(look.theme.px(38))
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addWidget(top)
        inside.addWidget(rule)
        inside.addWidget(chart, 1)
        inside.addWidget(self._foot)
        inside.addStretch()  # for what a chart of one height leaves
        self._inside = inside
        self._foot.hide()

    def fit(self) -> None:
        """Fit the card's height to its chart at once."""
        self._inside.activate()

    def set_links(self, links: Sequence[tuple[str, Sign]]) -> None:
        """Show these words beside the title."""
        self.links.set_links(links)
        self.links.setVisible(bool(links))

    def set_note(self, text: str) -> None:
        """Show this sentence below the chart."""
        self._note.setText(text)
        self._foot.setVisible(bool(text))


class CheckCard(QFrame):
    """What the last keychain check found, and a button to check again."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("card")
        self._look = look
        self._picture = Picture("circle-check", look, "success", 20)
        self._title = label("", "strong", wrap=True)
        self._text = label("", "hint", wrap=True)
        self.links = Links(look, self.tr("Keychain check"))
        self.again = Button(self.tr("Check again"), look)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._text)
        found = QHBoxLayout()
        found.setSpacing(12)
        found.addWidget(self._picture)
        found.addLayout(words, 1)
        actions = QHBoxLayout()
        actions.setSpacing(12)
        actions.addStretch(1)
        actions.addWidget(self.links)
        actions.addWidget(self.again)
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._parts.setContentsMargins(16, 9, 16, 9)
        self._parts.setSpacing(12)
        self._parts.addLayout(found, 1)
        self._parts.addLayout(actions)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        links = 0 if self.links.isHidden() else self.links.sizeHint().width() + 12
        needed = self._look.theme.px(WORDS) + links + self.again.sizeHint().width()
        lay_beside(self._parts, needed <= self.width())

    def set_check(self, check: Check, keychain: str, lead: Callable[[str, int], Callable[[], object] | None]) -> None:
        """Show what is known. keychain: its name, empty while it is not known; lead: where a search leads."""
        keychain = keychain or self.tr("the keychain")
        counts = [
            self.tr("%Ln API key(s)", "", check.keys),
            self.tr("%Ln API secret(s)", "", check.secrets) if check.secrets else "",
            self.tr("%Ln earlier key(s)", "", check.earlier) if check.earlier else "",
        ]
        listed = _enumerated([each for each in counts if each], self.tr("{first} and {last}"))
        when = self.tr("Checked {time}.").format(time=self._when(check.checked)) if check.checked else ""
        if check.troubled:
            names = [short(app.label) for app in check.troubled[:NAMED]]
            more = len(check.troubled) - len(names)
            text = ", ".join(names) + (self.tr(" and %Ln more", "", more) if more else "")
            self._show(
                "triangle-alert", "danger", self.tr("%Ln app(s) do not match {keychain}", "", len(check.troubled))
            )
            self._text.setText(" ".join(part for part in (f"{text}.", when) if part))
        elif check.checked is not None:
            self._show("circle-check", "success", self.tr("Nothing is missing from {keychain}"))
            text = self.tr("{keys} are where the list says.").format(keys=listed)
            self._text.setText(f"{text} {when}")
        else:
            self._show("key-round", "muted", self.tr("{keychain} has not been checked yet"))
            self._text.setText(self.tr("The list names {keys}. A check looks for each of them.").format(keys=listed))
        self._title.setText(self._title.text().format(keychain=keychain))
        self.again.setText(self.tr("Check again") if check.checked or check.troubled else self.tr("Check keychain…"))
        missing = check.missing
        words = self.tr("%Ln without key", "", missing.count)
        self.links.set_links([(words, Sign(words, lead(missing.search, missing.count)))] if missing.count else [])
        self.links.setVisible(missing.count > 0)
        self._arrange()

    def _show(self, icon: str, token: str, title: str) -> None:
        self._picture.change(icon, token)
        self._title.setText(title)

    def _when(self, moment: datetime) -> str:
        then, now = local(moment), local(datetime.now(UTC))
        if then.date() == now.date():
            time = QLocale().toString(then.time(), QLocale.FormatType.ShortFormat)
            return self.tr("today at {time}").format(time=time)
        return long_time(moment)


def _enumerated(parts: Sequence[str], last_two: str) -> str:
    """The parts as a list in a sentence. last_two: how the last is joined to those before it."""
    if len(parts) < 2:
        return "".join(parts)
    return last_two.format(first=", ".join(parts[:-1]), last=parts[-1])
