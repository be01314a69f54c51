"""The time line of an app: what was done with its key, what is due, and how long earlier keys are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QDate, QDateTime, QRect, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QBrush, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ...domain.model import App
from ..kit.i18n import local, long_date, long_day, long_time
from ..kit.marks import Chart, Mark, Sign
from ..kit.widgets import Look, label

TODAY = ""
"""The icon of the moment that is a stroke across the line."""

MARK = 24
"""Side of a mark, and so the least distance between the middles of two, in pixels at 13 px text."""

WORD, DATE = 12, 11
"""Sizes of the texts, in pixels at 13 px text."""

DAY_MS = 86_400_000


class Moment(NamedTuple):
    """A mark on the line.

    at: in days; word, day: written at it where there is room; name: all of it, for the caption and a screen reader;
    rank: whose word comes first where there is no room for all.
    """

    icon: str
    at: float
    word: str
    day: str
    name: str
    token: str
    rank: int


class TimeLine(QWidget):
    """A line from when the app was made to the last thing that is due, with a caption under it.

    The caption sums up; of a mark with the keyboard or under the pointer it says what that is, with its full date. It
    has room for the longest of its sentences, so that nothing below it moves.
    """

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.line = Line(look, self.tr("Time line"))
        self.caption = label("", "hint", wrap=True)
        self.caption.setAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignTop)
        self._sum = ""
        self._shown: object = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.line)
        column.addWidget(self.caption)
        self.line.entered.connect(self._tell)
        self.line.noticed.connect(self._tell)

    def show_app(self, app: App, age: int, now: datetime, today: date) -> None:
        """Show this app's moments. age: of its key, in days; now: aware; today: where the person is."""
        shown = (app, age, today)
        if shown == self._shown:
            return
        self._shown = shown
        self._sum = self._sum_up(app, age, today)
        self.line.setAccessibleDescription(self._sum)
        self.line.show_moments(self._moments(app, now, today), _kept(app, now), self.caption.setText)
        self._make_room()
        self._tell(None)

    def _moments(self, app: App, now: datetime, today: date) -> list[Moment]:
        """From the first to the last."""

        def at(icon: str, word: str, name: str, moment: datetime, rank: int) -> Moment:
            words = name.format(date=long_time(moment))
            return Moment(icon, _days(moment), word, long_date(moment), words, "muted", rank)

        def on(icon: str, word: str, name: str, at: float, day: date, token: str, rank: int) -> Moment:
            words = long_day(day)
            return Moment(icon, at, word, words, name.format(date=words), token, rank)

        found = [at("plus", self.tr("Created"), self.tr("Created: {date}"), app.created, 2)]
        if app.rotated is not None:
            found.append(at("rotate-cw", self.tr("Rotated"), self.tr("Rotated: {date}"), app.rotated, 4))
        if app.last_copied is not None:
            found.append(at("copy", self.tr("Copied"), self.tr("Last copied: {date}"), app.last_copied, 6))
        if app.kept:
            name = self.tr("%Ln earlier key(s) kept until {date}", "", len(app.kept))
            found.append(at("undo-2", self.tr("Kept until"), name, max(kept.until for kept in app.kept), 3))
        if app.review is not None:
            token = "warning" if app.needs_review(today) else "muted"
            day = app.review
            found.append(on("calendar", self.tr("Review"), self.tr("Review: {date}"), _begin(day), day, token, 5))
        if app.expires is not None:
            day, word, name, token = app.expires, self.tr("Expires"), self.tr("Expires: {date}"), "muted"
            if app.is_expired(today):
                word, name, token = self.tr("Expired"), self.tr("Expired: {date}"), "danger"
            elif app.expires_soon(today):
                token = "warning"
            found.append(on("clock", word, name, _begin(day) + 1, day, token, 1))  # at the end of its last day
        found.append(at(TODAY, self.tr("Today"), self.tr("Now: {date}"), now, 0))
        return sorted(found, key=lambda moment: moment.at)

    def _sum_up(self, app: App, age: int, today: date) -> str:
        parts = [self.tr("The key is %Ln day(s) old", "", age) if age else self.tr("The key was made today")]
        if app.last_copied is None:
            parts.append(self.tr("never copied"))
        if app.expires is not None:
            left = (app.expires - today).days
            if left > 0:
                parts.append(self.tr("expires in %Ln day(s)", "", left))
            elif left < 0:
                parts.append(self.tr("expired %Ln day(s) ago", "", -left))
            else:
                parts.append(self.tr("expires today"))
        return " · ".join(parts)

    @Slot(object)
    def _tell(self, mark: Mark | None) -> None:
        """Say what this mark is; without one what the one with the keyboard is, or the sum of all."""
        told = mark or next((each for each in self.line.marks if each.hasFocus()), None)
        self.caption.setText(self._sum if told is None else told.sign.name)

    def _make_room(self) -> None:
        """Give the caption the height of the longest that it can say."""
        metrics, room = self.caption.fontMetrics(), QRect(0, 0, max(1, self.width()), 10_000)
        said = (self._sum, *(mark.sign.name for mark in self.line.marks))
        heights = (metrics.boundingRect(room, Qt.TextFlag.TextWordWrap, text).height() for text in said)
        self.caption.setFixedHeight(max(heights) + 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()


class Line(Chart):
    """The painted part. Marks stand in proportion to time, but never closer than their own width."""

    def __init__(self, look: Look, name: str) -> None:
        super().__init__(look, name)
        self._moments: Sequence[Moment] = ()
        self._kept: tuple[float, float] | None = None
        self._middles: list[int] = []

    def show_moments(
        self, moments: Sequence[Moment], kept: tuple[float, float] | None, say: Callable[[str], object]
    ) -> None:
        """Show these, from the first to the last. kept: from when to when earlier keys are kept; say: what a press
        on a mark does with its name."""
        self._moments, self._kept = moments, kept
        self.set_signs([Sign(moment.name, partial(say, moment.name)) for moment in moments])

    def sizeHint(self) -> QSize:
        return QSize(self.look.theme.px(280), self.minimumSizeHint().height())

    def minimumSizeHint(self) -> QSize:
        px = self.look.theme.px
        return QSize(px(MARK) * max(4, len(self._moments)), px(16) + px(MARK) + px(34))

    def place(self) -> None:
        side, top = self.look.theme.px(MARK), self.look.theme.px(16)
        self._middles = self._spread(self.width() - side, side)
        for middle, mark in zip(self._middles, self.marks, strict=True):
            mark.setGeometry(self.visual(QRect(middle - side // 2, top, side, side)))

    def paint(self, painter: QPainter) -> None:
        if not self._middles:
            return
        px = self.look.theme.px
        y = px(16) + px(MARK) // 2
        today = self._middles[self._today]
        if self._kept is not None:
            self._paint_kept(painter, y)
        painter.setPen(QPen(self.color("muted"), 2))
        painter.drawLine(*self._across(px(MARK) // 2, today, y))
        ahead = QPen(self.color("muted"), 2, Qt.PenStyle.DotLine)
        painter.setPen(ahead)
        painter.drawLine(*self._across(today, self.width() - px(MARK) // 2, y))
        self._write_words(painter)

    def paint_mark(self, painter: QPainter, mark: Mark) -> None:
        moment = self._moments[self.marks.index(mark)]
        px = self.look.theme.px
        room = QRectF(mark.rect())
        if moment.icon == TODAY:
            stroke = QRectF(room.center().x() - 1, room.top(), 2, room.height())
            painter.fillRect(stroke, self.color("accent_hover" if mark.underMouse() else "text"))
        else:
            lit = mark.underMouse() or mark.isDown()
            token = "accent" if lit else moment.token
            painter.setPen(QPen(self.color(token), 1.5))
            painter.setBrush(self.color("surface"))
            inset = px(MARK) * 0.08
            painter.drawEllipse(room.adjusted(inset, inset, -inset, -inset))
            self.look.icons.paint(painter, mark.rect(), moment.icon, token, px(13))
        self.ring(painter, mark)

    def _paint_kept(self, painter: QPainter, y: int) -> None:
        """Draw the time in which earlier keys are kept as a hatched band."""
        since, until = (self._middle_of(at) for at in self._kept or (0, 0))
        height = self.look.theme.px(12)
        band = self.visual(QRect(since, y - height // 2, max(2, until - since), height))
        painter.setPen(QPen(self.color("accent"), 1))
        painter.setBrush(self.color("accent_soft"))
        painter.drawRoundedRect(band, 3, 3)
        painter.setBrush(QBrush(self.color("accent"), Qt.BrushStyle.BDiagPattern))
        painter.drawRoundedRect(band, 3, 3)

    def _write_words(self, painter: QPainter) -> None:
        """Write what the marks are under them, the important ones first, as far as there is room."""
        px = self.look.theme.px
        under = px(16) + px(MARK) + px(2)
        taken: list[QRect] = []
        for number in sorted(range(len(self._moments)), key=lambda number: self._moments[number].rank):
            moment = self._moments[number]
            is_today = moment.icon == TODAY
            width = max(self.width_of(moment.word, WORD), 0 if is_today else self.width_of(moment.day, DATE)) + 2
            left = min(max(0, self._middles[number] - width // 2), self.width() - width)
            room = QRect(left, 0 if is_today else under, width, px(16))
            if any(room.adjusted(-px(8), 0, px(8), 0).intersects(other) for other in taken) or left < 0:
                continue
            taken.append(room)
            align = Qt.AlignmentFlag.AlignHCenter
            if left == 0 or room.right() + 1 == self.width():  # at an edge it lines up with what is above and below
                align = Qt.AlignmentFlag.AlignLeading if left == 0 else Qt.AlignmentFlag.AlignTrailing
            token = "text" if moment.token == "muted" or is_today else moment.token
            self.write(painter, self.visual(room), moment.word, token, WORD, align=align)
            if not is_today:
                below = self.visual(room.translated(0, px(15)))
                self.write(painter, below, moment.day, "muted", DATE, align=align)

    def _across(self, left: int, right: int, y: int) -> tuple[int, int, int, int]:
        room = self.visual(QRect(left, y, max(0, right - left), 1))
        return room.left(), y, room.left() + room.width(), y

    @property
    def _today(self) -> int:
        return next(number for number, moment in enumerate(self._moments) if moment.icon == TODAY)

    def _spread(self, length: int, least: int) -> list[int]:
        """The middles of the marks on a line of this length, each at least so far from the next."""
        if not self._moments:
            return []
        first, last = self._moments[0].at, self._moments[-1].at
        count, span = len(self._moments) - 1, last - first
        gap = min(least, length / max(1, count))
        if span < 1:  # all of one day
            places = [length * number / max(1, count) for number in range(count + 1)]
        else:
            places = [length * (moment.at - first) / span for moment in self._moments]
        for number in range(1, count + 1):
            places[number] = max(places[number], places[number - 1] + gap)
        for number in range(count, -1, -1):
            places[number] = min(places[number], length - gap * (count - number))
        return [round(place + least / 2) for place in places]

    def _middle_of(self, at: float) -> int:
        """Where a time lies between the marks around it."""
        times = [moment.at for moment in self._moments]
        after = next((number for number, time in enumerate(times) if time >= at), len(times) - 1)
        if after == 0 or times[after] == at:
            return self._middles[after]
        part = (at - times[after - 1]) / (times[after] - times[after - 1])
        return round(self._middles[after - 1] + part * (self._middles[after] - self._middles[after - 1]))


def _kept(app: App, now: datetime) -> tuple[float, float] | None:
    """From when to when earlier keys are kept, in days; None without one."""
    if not app.kept:
        return None
    until = max(kept.until for kept in app.kept)
    since = app.rotated if app.rotated is not None and app.rotated < until else min(now, until)
    return _days(since), _days(until)


def _days(moment: datetime) -> float:
    when: QDateTime = local(moment)
    return when.date().toJulianDay() + when.time().msecsSinceStartOfDay() / DAY_MS


def _begin(day: date) -> float:
    return QDate(day.year, day.month, day.day).toJulianDay()
