"""The charts of the Overview page. Each takes the figures and shows them; its marks lead where the page says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from PySide6.QtCore import QLocale, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPen, QResizeEvent

from ...domain.model import App
from ...services.health import AHEAD, WEEKS, Age, Concern, Day, Health, Standing, first_of_week
from ..kit.i18n import day_words, long_day, weekday_name
from ..kit.marks import Chart, Mark, Sign, paint_bar
from ..kit.widgets import Look, badge_size, paint_badge

SIDE = 16
"""Pixels between a card's edge and what is in it."""

LEAST_ROWS = 4
"""Rows that the list of what needs attention has room for everywhere."""

NAMED = 3
"""Apps of a day that are named."""

FOUR_FIGURES = 720
"""The width, at 13 px text, from which the headline numbers stand in one row."""

Weight = QFont.Weight


@dataclass(frozen=True)
class Leads:
    """Where marks lead. apps: to the apps that a search finds; app: to this one; copies: to copies from day to day."""

    apps: Callable[[str], object]
    app: Callable[[str], object]
    copies: Callable[[date, date], object]


def number(count: int) -> str:
    """The number as the person writes it."""
    return QLocale().toString(count)


class Links(Chart):
    """Underlined words beside a card's title, each a mark."""

    def __init__(self, look: Look, name: str) -> None:
        super().__init__(look, name)
        self._texts: list[str] = []
        self.setSizePolicy(self.sizePolicy().Policy.Fixed, self.sizePolicy().Policy.Fixed)

    def set_links(self, links: Sequence[tuple[str, Sign]]) -> None:
        """Show these words."""
        self._texts = [text for text, _ in links]
        self.set_signs([sign for _, sign in links])
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        widths = [self.width_of(text, 13, Weight.DemiBold) + 8 for text in self._texts]
        return QSize(sum(widths) + max(0, len(widths) - 1) * self._gap(), self.look.theme.px(24))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def place(self) -> None:
        x = 0
        for text, mark in zip(self._texts, self.marks, strict=True):
            width = self.width_of(text, 13, Weight.DemiBold) + 8
            mark.setGeometry(self.visual(QRect(x, 0, width, self.height())))
            x += width + self._gap()

    def paint(self, painter: QPainter) -> None:
        x = 0
        for text in self._texts[:-1]:
            x += self.width_of(text, 13, Weight.DemiBold) + 8
            self.write(painter, self.visual(QRect(x, 0, self._gap(), self.height())), "·", "muted", align=_CENTER)
            x += self._gap()

    def paint_mark(self, painter: QPainter, mark: Mark) -> None:
        text, ink = self._texts[self.marks.index(mark)], self.ink(mark)
        room = mark.rect().adjusted(4, 0, -4, 0)
        self.write(painter, room, text, ink, 13, Weight.DemiBold)
        if mark.isEnabled():
            _underline(painter, room, self.look.theme.px(9), ink)
        self.ring(painter, mark)

    def _gap(self) -> int:
        return self.look.theme.px(4)


class Figures(Chart):
    """The four headline numbers, each with what it counts and a line about it."""

    def __init__(self, look: Look, leads: Leads) -> None:
        super().__init__(look)
        self.setAccessibleName(self.tr("Figures"))
        self._leads = leads
        self._shown: list[tuple[str, str, Sequence[str]]] = []

    def set_health(self, health: Health) -> None:
        """Show these figures."""
        groups = (health.apps, health.attention, health.expiring, health.old)
        last_day = day_words(health.last_day)
        words = (
            (self.tr("app(s)", "", health.apps.count), self._states(health)),
            (self.tr("need(s) attention", "", health.attention.count), self._reasons(health)),
            (
                self.tr("expire(s) by {date}", "", health.expiring.count).format(date=last_day),
                [self._next(health)],
            ),
            (self.tr("older than a year"), [self._oldest(health)]),
        )
        self._shown = [(number(group.count), *both) for group, both in zip(groups, words, strict=True)]
        self.set_signs(
            [
                Sign(
                    ". ".join(filter(None, (f"{count} {what}", ", ".join(more)))), self._way(group.count, group.search)
                )
                for group, (count, what, more) in zip(groups, self._shown, strict=True)
            ]
        )

    def heightForWidth(self, width: int) -> int:
        return self.look.theme.px(70) * (4 // self._columns(width))

    def hasHeightForWidth(self) -> bool:
        return True

    def place(self) -> None:
        for place, mark in zip(self._places(), self.marks, strict=False):
            mark.setGeometry(self.visual(place.adjusted(SIDE - 8, 7, -6, -7)))

    def paint(self, painter: QPainter) -> None:
        px, places = self.look.theme.px, self._places()
        for place in places:
            if place.left():
                line = self.visual(QRect(place.left(), place.center().y() - px(20), 1, px(40)))
                painter.fillRect(line, self.color("line"))

    def paint_mark(self, painter: QPainter, mark: Mark) -> None:
        count, what, more = self._shown[self.marks.index(mark)]
        px, ink = self.look.theme.px, self.ink(mark)
        room = mark.rect().adjusted(8, 0, -4, 0)
        middle = room.center().y() + 1
        width = self.width_of(count, 20, Weight.DemiBold)
        top = QRect(room.left(), middle - px(22), room.width(), px(26))
        first = self.inside(mark, QRect(room.left(), top.top(), width, top.height()))
        rest = self.inside(
            mark, QRect(room.left() + width + px(8), top.top() + px(2), room.width() - width - px(8), top.height())
        )
        self.write(painter, first, count, ink, 20, Weight.DemiBold)
        if mark.isEnabled():
            _underline(painter, first, px(12), ink)
        self.write(painter, rest, what, "text", 13, Weight.DemiBold)
        below = self.inside(mark, QRect(room.left(), middle + px(3), room.width(), px(18)))
        self.write(painter, below, self._fitting(more, room.width()), "muted", 12)
        self.ring(painter, mark, radius=7)

    def _places(self) -> list[QRect]:
        columns = self._columns(self.width())
        rows = 4 // columns
        width, height = self.width() / columns, self.height() // rows
        return [QRect(round(at % columns * width), at // columns * height, round(width), height) for at in range(4)]

    def _columns(self, width: int) -> int:
        return 4 if width >= self.look.theme.px(FOUR_FIGURES) else 2

    def _way(self, count: int, search: str) -> Callable[[], object] | None:
        return partial(self._leads.apps, search) if count else None

    def _fitting(self, parts: Sequence[str], width: int) -> str:
        """As many of the parts as fit, the first in any case."""
        for count in range(len(parts), 1, -1):
            text = ", ".join([*parts[:count], *["…"][: len(parts) - count]])
            if self.width_of(text, 12) <= width:
                return text
        return ", ".join([*parts[:1], *["…"][: len(parts) - 1]])

    def _states(self, health: Health) -> list[str]:
        parts = [
            (health.enabled, self.tr("%Ln enabled", "", health.enabled)),
            (health.disabled, self.tr("%Ln disabled", "", health.disabled)),
            (health.unfinished, self.tr("%Ln not finished", "", health.unfinished)),
        ]
        return [text for count, text in parts if count]

    def _reasons(self, health: Health) -> list[str]:
        counts = {standing: health.standings.get(standing, 0) for standing in Standing}
        parts = [
            (Standing.MISSING, self.tr("%Ln without key", "", counts[Standing.MISSING])),
            (Standing.EXPIRED, self.tr("%Ln expired", "", counts[Standing.EXPIRED])),
            (Standing.EXPIRES_SOON, self.tr("%Ln soon", "", counts[Standing.EXPIRES_SOON])),
            (Standing.REVIEW_DUE, self.tr("%Ln to review", "", counts[Standing.REVIEW_DUE])),
        ]
        return [text for standing, text in parts if counts[standing]] or [self.tr("All is well")]

    def _next(self, health: Health) -> str:
        first = next((day for day in health.days if day.expiring), None)
        if first is None:
            return self.tr("None until then")
        text = self.tr("Next: {label}, {date}")
        return text.format(label=first.expiring[0].label, date=day_words(first.day))

    def _oldest(self, health: Health) -> str:
        if health.oldest is None:
            return self.tr("All were made or rotated since")
        app, days = health.oldest
        return self.tr("{label}, %Ln day(s)", "", days).format(label=app.label)


class Concerns(Chart):
    """Apps that need attention, worst first, as many as there is room for. fitted(int): so many are shown."""

    fitted = Signal(int)

    def __init__(self, look: Look, leads: Leads) -> None:
        super().__init__(look)
        self.setAccessibleName(self.tr("Apps that need attention"))
        self._leads = leads
        self._concerns: Sequence[Concern] = ()
        self._shown: Sequence[Concern] = ()
        self._today = date.min
        self.set_room(LEAST_ROWS)

    def set_health(self, health: Health) -> None:
        """Show what needs attention."""
        self._concerns, self._today = health.concerns, health.today
        self._fill()

    def set_room(self, rows: int) -> None:
        """Be high enough for so many rows, or for all if they are fewer."""
        self.setFixedHeight(self.row() * min(rows, len(self._concerns) or LEAST_ROWS))

    def row(self) -> int:
        """The height of a row in pixels."""
        return self.look.theme.px(40)

    def place(self) -> None:
        for at, mark in enumerate(self.marks):
            mark.setGeometry(0, at * self.row(), self.width(), self.row())

    def paint(self, painter: QPainter) -> None:
        if not self._concerns:
            room = self.rect()
            width = self.width_of(self._nothing()) + 28
            line = QRect((room.width() - width) // 2, room.top(), width, room.height())
            self.look.icons.paint(
                painter, self.visual(QRect(line.left(), 0, 20, room.height())), "circle-check", "success", 18
            )
            self.write(painter, self.visual(line.adjusted(28, 0, 4, 0)), self._nothing(), "text")

    def paint_mark(self, painter: QPainter, mark: Mark) -> None:
        _px, row = self.look.theme.px, mark.rect()
        concern = self._shown[self.marks.index(mark)]
        if mark.underMouse() or mark.isDown():
            painter.fillRect(row, self.color("header"))
        painter.fillRect(row.left(), row.bottom(), row.width(), 1, self.color("line"))
        words, tone = self._words(concern)
        ends = self._columns()
        self.write(
            painter, self.visual(QRect(SIDE, 0, ends[0] - SIDE - 8, row.height() - 1)), concern.app.label, "text"
        )
        badge = badge_size(self.look, words)
        badge_rect = QRect(ends[0], (row.height() - badge.height()) // 2, badge.width(), badge.height())
        paint_badge(painter, self.look, QRectF(self.visual(badge_rect)), words, tone)
        if concern.day is not None:
            if ends[2] > ends[1]:
                self.write(
                    painter,
                    self.visual(QRect(ends[1], 0, ends[2] - ends[1] - 8, row.height() - 1)),
                    self._day(concern.day),
                    "text",
                )
            self.write(
                painter,
                self.visual(QRect(ends[2], 0, ends[3] - ends[2] - 4, row.height() - 1)),
                self._away(concern.day),
                "muted",
            )
        arrow = "chevron-left" if self.isRightToLeft() else "chevron-right"
        self.look.icons.paint(painter, self.visual(QRect(ends[3], 0, 18, row.height() - 1)), arrow, "muted", 16)
        self.ring(painter, mark, QRectF(row).adjusted(2, 2, -2, -3))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fill()
        super().resizeEvent(event)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.look.theme.px(240), self.row())

    def _fill(self) -> None:
        fit = max(1, self.height() // self.row())
        self._shown = self._concerns[:fit]
        self.set_signs([Sign(self._spoken(each), partial(self._leads.app, each.app.id)) for each in self._shown])
        self.fitted.emit(len(self._shown))

    def _columns(self) -> tuple[int, int, int, int]:
        """Where badge, date, distance and arrow begin. The date gives way where the label needs the room."""
        px = self.look.theme.px
        dated = [each.day for each in self._shown if each.day is not None]
        arrow = self.width() - SIDE - 18
        away = arrow - max([px(80), *(self.width_of(self._away(day)) + px(12) for day in dated)])
        day = away - max([px(60), *(self.width_of(self._day(day)) + px(16) for day in dated)])
        widest = max((badge_size(self.look, self._words(each)[0]).width() for each in self._shown), default=0)
        badge = day - max(px(128), widest + px(16))
        if badge < px(110):
            badge, day = badge + away - day, away
        return badge, day, away, arrow

    def _words(self, concern: Concern) -> tuple[str, str]:
        return {
            Standing.MISSING: (self.tr("Key missing"), "danger"),
            Standing.EXPIRED: (self.tr("Expired"), "danger"),
            Standing.REVIEW_DUE: (self.tr("Review due"), "warning"),
            Standing.EXPIRES_SOON: (self.tr("Expires soon"), "warning"),
        }[concern.standing]

    def _day(self, day: date) -> str:
        return day_words(day) if abs((day - self._today).days) < 300 else long_day(day)

    def _away(self, day: date) -> str:
        days = (day - self._today).days
        match days:
            case 0:
                return self.tr("today")
            case 1:
                return self.tr("tomorrow")
            case -1:
                return self.tr("yesterday")
        return self.tr("in %Ln day(s)", "", days) if days > 0 else self.tr("%Ln day(s) ago", "", -days)

    def _spoken(self, concern: Concern) -> str:
        parts = [concern.app.label, self._words(concern)[0]]
        if concern.day is not None:
            parts += [long_day(concern.day), self._away(concern.day)]
        return ", ".join(parts)

    def _nothing(self) -> str:
        return self.tr("Nothing needs attention.")


class Calendar(Chart):
    """The next 90 days by weeks, and beside them, where there is room, the first days on which something is due."""

    def __init__(self, look: Look, leads: Leads) -> None:
        super().__init__(look)
        self.setAccessibleName(self.tr("Next 90 days"))
        self.setSizePolicy(self.sizePolicy().horizontalPolicy(), self.sizePolicy().Policy.Expanding)
        self._leads = leads
        self._days: Sequence[Day] = ()
        self._today = date.min
        self._first = date.min
        self._weekday = 0
        self._empty = ""
        self._keeps_list = False

    def set_health(self, health: Health, first_weekday: int) -> None:
        """Show these days. first_weekday: 0 for Monday to 6 for Sunday."""
        self._days, self._today, self._weekday = health.days, health.today, first_weekday
        self._first = first_of_week(health.today, first_weekday)
        self._empty = (
            self.tr("Nothing is due.") if health.dated else self.tr("No app has a date. Set one in its details.")
        )
        self._fill()

    def keep_list(self, keeps: bool) -> None:
        """Set whether the list is always there, or only in a wide enough card."""
        self._keeps_list = keeps
        self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        width = self.sizeHint().width() if self._keeps_list else self._weeks_right() + SIDE
        return QSize(width, self.sizeHint().height())

    def sizeHint(self) -> QSize:
        return QSize(self._list_left() + self._least_list(), self.look.theme.px(198))

    def place(self) -> None:
        px, listed = self.look.theme.px, self._listed()
        for day, mark in zip(self._days, self.marks, strict=False):
            around = self._around()
            mark.setGeometry(self.visual(self._cell(day.day).adjusted(-around, -around, around, around)))
        for at, mark in enumerate(self.marks[len(self._days) :][:listed]):
            room = QRect(self._list_left() - 6, px(25) + at * px(40), 0, px(40))
            room.setRight(self.width() - SIDE + 6)
            mark.setGeometry(self.visual(room))

    def paint(self, painter: QPainter) -> None:
        px = self.look.theme.px
        self._paint_words(painter)
        ground = self.color("raised" if self.look.theme.tokens.dark else "code")
        plain = ground == self.color("surface")  # high contrast: a small square tells an empty day
        marked = {day.day for day in self._days}
        for ahead in range(AHEAD + 1):
            day = self._today + timedelta(days=ahead)
            cell = QRectF(self.visual(self._cell(day)))
            if day not in marked:
                painter.setPen(QPen(self.color("line"), 1) if plain else Qt.PenStyle.NoPen)
                painter.setBrush(ground)
                painter.drawRoundedRect(cell.adjusted(5.5, 5.5, -5.5, -5.5) if plain else cell, 3, 3)
                if not ahead:
                    self._paint_today(painter, cell)
        legend = (
            (self._paint_expiry, self.tr("Expires")),
            (self._paint_review, self.tr("Review")),
            (self._paint_today, self.tr("Today")),
        )
        x, y = self._left(), px(175)
        if not self._days and not self._has_list():  # the sentence takes the place of the legend
            room = QRect(x, y - px(4), self.width() - x - SIDE, px(20))
            self.write(painter, self.visual(room), self._empty, "muted", 12)
            return
        for paint, words in legend:
            paint(painter, QRectF(self.visual(QRect(x, y, px(12), px(12)))))
            width = self.width_of(words, 12)
            self.write(painter, self.visual(QRect(x + px(18), y - px(4), width + 4, px(20))), words, "muted", 12)
            x += px(18) + width + px(16)
        if not self._days:
            self._paint_empty(painter)

    def paint_mark(self, painter: QPainter, mark: Mark) -> None:
        at = self.marks.index(mark)
        if at < len(self._days):
            self._paint_day(painter, mark, self._days[at])
        else:
            self._paint_line(painter, mark, self._days[at - len(self._days)])

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fill()
        super().resizeEvent(event)

    # What is painted

    def _paint_words(self, painter: QPainter) -> None:
        px = self.look.theme.px
        for row in range(0, 7, 2):
            name = weekday_name((self._weekday + row) % 7)
            room = QRect(SIDE, px(28) + row * px(20) - px(2), self._left() - SIDE - 2, px(20))
            self.write(painter, self.visual(room), name, "muted", 12)
        for week in range(self._weeks()):
            days = [self._first + timedelta(days=week * 7 + day) for day in range(7)]
            begins = next((day for day in days if day.day == 1 and day > self._today), None)
            if begins is not None:
                room = QRect(self._left() + week * px(20), px(6), px(60), px(20))
                self.write(painter, self.visual(room), QLocale().standaloneMonthName(begins.month, _SHORT), "muted", 12)

    def _paint_day(self, painter: QPainter, mark: Mark, day: Day) -> None:
        around = self._around()
        cell = QRectF(mark.rect()).adjusted(around, around, -around, -around)
        count = len(day.apps)
        if day.expiring:
            self._paint_expiry(painter, cell, mark, both=bool(day.reviews))
        else:
            self._paint_review(painter, cell, mark)
        if day.day == self._today:
            self._paint_today(painter, QRectF(mark.rect()))
        text = number(count) if count <= 9 else self.tr("9+")
        ink = "on_accent" if day.expiring else "accent"
        size = (9 if day.reviews and day.expiring else 10) - (0 if count <= 9 else 1.5)
        self.write(painter, cell, text, ink, size, Weight.Bold, _CENTER)
        self.ring(painter, mark, radius=5)

    def _paint_line(self, painter: QPainter, mark: Mark, day: Day) -> None:
        px = self.look.theme.px
        square = QRect(6, px(5), px(12), px(12))
        if day.expiring:
            self._paint_expiry(painter, QRectF(self.inside(mark, square)), mark, both=bool(day.reviews))
        else:
            self._paint_review(painter, QRectF(self.inside(mark, square)), mark)
        room = mark.width() - 10
        self.write(
            painter,
            self.inside(mark, QRect(6 + px(18), px(1), room - px(18), px(20))),
            day_words(day.day),
            "muted",
            12,
        )
        apps = day.apps
        what = apps[0].label if len(apps) == 1 else self.tr("%Ln app(s)", "", len(apps))
        self.write(
            painter, self.inside(mark, QRect(6, px(18), room, px(20))), what, self._label_ink(mark), 12, Weight.Medium
        )
        self.ring(painter, mark)

    def _label_ink(self, mark: Mark) -> str:
        return "accent_hover" if mark.underMouse() else "text"

    def _paint_expiry(self, painter: QPainter, cell: QRectF, mark: Mark | None = None, both: bool = False) -> None:
        ink = self.ink(mark) if mark is not None else self.color("accent")
        if both:  # with a ring around it
            self._paint_review(painter, cell, mark, 1.5)
            cell = cell.adjusted(2.5, 2.5, -2.5, -2.5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        painter.drawRoundedRect(cell, 1.5 if both else 3, 1.5 if both else 3)

    def _paint_review(self, painter: QPainter, cell: QRectF, mark: Mark | None = None, width: float = 2) -> None:
        half = width / 2
        painter.setPen(QPen(self.ink(mark) if mark is not None else self.color("accent"), width))
        painter.setBrush(self.color("surface"))
        painter.drawRoundedRect(cell.adjusted(half, half, -half, -half), 2.5, 2.5)

    def _paint_today(self, painter: QPainter, cell: QRectF) -> None:
        painter.setPen(QPen(self.color("text"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(cell.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)

    def _paint_empty(self, painter: QPainter) -> None:
        """The sentence in the list's place, in several lines."""
        px = self.look.theme.px
        room = QRect(self._list_left(), px(28), self.width() - self._list_left() - SIDE, px(140))
        painter.setFont(self.look.theme.font(12))
        painter.setPen(self.color("muted"))
        painter.drawText(
            self.visual(room),
            int(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading | Qt.TextFlag.TextWordWrap),
            self._empty,
        )

    # Inside

    def _fill(self) -> None:
        signs = [Sign(self._spoken(day), partial(self._leads.apps, day.search)) for day in self._days]
        self.set_signs([*signs, *signs[: self._listed()]])

    def _listed(self) -> int:
        """How many days there is room for in the list."""
        if not self._has_list():
            return 0
        return min(len(self._days), max(0, (self.height() - self.look.theme.px(25)) // self.look.theme.px(40)))

    def _weeks(self) -> int:
        return ((self._today - self._first).days + AHEAD) // 7 + 1

    def _left(self) -> int:
        names = [weekday_name((self._weekday + row) % 7) for row in range(0, 7, 2)]
        return SIDE + max(self.look.theme.px(32), *(self.width_of(name, 12) + 6 for name in names))

    def _weeks_right(self) -> int:
        return self._left() + max(13, self._weeks()) * self.look.theme.px(20)

    def _list_left(self) -> int:
        return self._weeks_right() + self.look.theme.px(24)

    def _least_list(self) -> int:
        return self.look.theme.px(90)

    def _has_list(self) -> bool:
        return self.width() - self._list_left() >= self._least_list()

    def _around(self) -> int:
        """The pixels around a day's square that are its mark too, so that marks touch."""
        return (self.look.theme.px(20) - self.look.theme.px(16)) // 2

    def _cell(self, day: date) -> QRect:
        px, at = self.look.theme.px, (day - self._first).days
        return QRect(self._left() + at // 7 * px(20), px(28) + at % 7 * px(20), px(16), px(16))

    def _spoken(self, day: Day) -> str:
        parts = [day_words(day.day, long=True)]
        if day.expiring:
            parts.append(self.tr("%Ln app(s) expire(s)", "", len(day.expiring)))
        if day.reviews:
            parts.append(self.tr("%Ln app(s) to review", "", len(day.reviews)))
        return ", ".join([*parts, *_some(day.apps)])


class Ages(Chart):
    """How many keys are how old, as bars."""

    def __init__(self, look: Look, leads: Leads) -> None:
        super().__init__(look)
        self.setAccessibleName(self.tr("Age of keys"))
        self._leads = leads
        self._ages: Sequence[Age] = ()

    def set_health(self, health: Health) -> None:
        """Show these ages."""
        self._ages = health.ages
        self.set_signs([self._sign(age) for age in self._ages])

    def minimumSizeHint(self) -> QSize:
        return QSize(self.look.theme.px(240), self.height())

    def place(self) -> None:
        for at, mark in enumerate(self.marks):
            mark.setGeometry(8, self._top(at), self.width() - 16, self._pitch())

    def paint_mark(self, painter: QPainter, mark: Mark) -> None:
        px, age = self.look.theme.px, self._ages[self.marks.index(mark)]
        height, left = mark.height(), self._bars_left()
        hover = mark.underMouse() and mark.isEnabled()
        words = QRect(SIDE, 0, left - SIDE - 4, height).translated(-8, 0)
        self.write(painter, self.inside(mark, words), self._words(age), "text" if hover else "muted")
        most = max(1, *(each.apps.count for each in self._ages))
        longest = (self.width() - left - SIDE) * 0.8 - px(24)
        length = round(age.apps.count / most * longest)
        if age.apps.count:
            bar = self.inside(mark, QRect(left - 8, (height - px(8)) // 2, max(px(4), length), px(8)))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.ink(mark))
            painter.drawRoundedRect(QRectF(bar), 2, 2)
        count = QRect(left - 8 + (max(px(4), length) + px(9) if age.apps.count else 0), 0, px(60), height)
        self.write(painter, self.inside(mark, count), number(age.apps.count), self.ink(mark), 13, Weight.DemiBold)
        self.ring(painter, mark, QRectF(mark.rect()).adjusted(0, 1, 0, -1))

    def _pitch(self) -> int:
        return min(self.look.theme.px(28), (self.height() - self.look.theme.px(8)) // max(1, len(self._ages)))

    def _top(self, at: int) -> int:
        return (
            self.look.theme.px(9) + at * self._pitch()
            if self._pitch() >= self.look.theme.px(28)
            else self.look.theme.px(5) + at * self._pitch()
        )

    def _bars_left(self) -> int:
        widest = max((self.width_of(self._words(age)) for age in self._ages), default=0)
        return SIDE + max(self.look.theme.px(112), widest + self.look.theme.px(13))

    def _words(self, age: Age) -> str:
        if not age.low:
            return self.tr("Under %Ln day(s)", "", age.high)
        if not age.high:
            return self.tr("Over a year")
        return self.tr("{low} to %Ln day(s)", "", age.high).format(low=number(age.low))

    def _sign(self, age: Age) -> Sign:
        keys = self.tr("%Ln key(s)", "", age.apps.count)
        return Sign(
            f"{self._words(age)}, {keys}", partial(self._leads.apps, age.apps.search) if age.apps.count else None
        )


class Copies(Chart):
    """How many keys were copied in each week, the week that is not over dashed."""

    def __init__(self, look: Look, leads: Leads) -> None:
        super().__init__(look)
        self.setAccessibleName(self.tr("Keys copied per week"))
        self._leads = leads
        self._weeks: Sequence[date] = ()
        self._counts: Sequence[int] = ()

    def set_copies(self, weeks: Sequence[date], counts: Sequence[int]) -> None:
        """Show these counts, of the weeks that begin on these days."""
        self._weeks, self._counts = weeks, counts
        self.set_signs([self._sign(week, count) for week, count in zip(weeks, counts, strict=True)])

    def clear(self) -> None:
        """Show no counts: they are not known."""
        self.set_copies((), ())

    def minimumSizeHint(self) -> QSize:
        return QSize(self.look.theme.px(300), self.height())

    def place(self) -> None:
        px, base = self.look.theme.px, self._base()
        for at, mark in enumerate(self.marks):
            x = self._x(at) - px(6)
            mark.setGeometry(self.visual(QRect(x, base - self._tallest() - px(22), px(28), self._tallest() + px(25))))

    def paint(self, painter: QPainter) -> None:
        px, base = self.look.theme.px, self._base()
        line = self.visual(QRect(SIDE, base, self.width() - 2 * SIDE, 1))
        painter.fillRect(line, self.color("strong_line"))
        words = self.tr("This week")
        taken = self.width() - SIDE - self.width_of(words, 12) - px(8)
        y = base + px(6)
        for at, week in list(enumerate(self._weeks))[:-1:4]:
            text = day_words(week)
            room = QRect(self._x(at), y, self.width_of(text, 12) + 2, px(18))
            if room.right() < taken:
                self.write(painter, self.visual(room), text, "muted", 12)
        if self._weeks:
            room = QRect(taken, y, self.width() - SIDE - taken, px(18))
            self.write(painter, self.visual(room), words, "muted", 12, align=Qt.AlignmentFlag.AlignTrailing)

    def paint_mark(self, painter: QPainter, mark: Mark) -> None:
        px, at = self.look.theme.px, self.marks.index(mark)
        count, most = self._counts[at], max(1, *self._counts)
        foot = mark.height() - px(3)
        height = max(px(4), round(count / most * self._tallest())) if count else 0
        bar = QRectF(px(6), foot - height, px(16), height)
        if count:
            paint_bar(painter, bar, self.ink(mark), dashed=at == WEEKS - 1)
        words = QRect(0, foot - height - px(22), mark.width(), px(18))
        text = number(count) if count < 10_000 else QLocale().toString(count // 1000) + "k"
        self.write(painter, words, text, self.ink(mark), 12 if count < 1000 else 10, Weight.DemiBold, _CENTER)
        self.ring(painter, mark, QRectF(mark.rect()).adjusted(0, max(0, foot - height - px(22)), 0, 0), 5)

    def _base(self) -> int:
        """The y of the line that the bars stand on."""
        return self.height() - self.look.theme.px(27)

    def _tallest(self) -> int:
        return max(self.look.theme.px(20), min(self.look.theme.px(84), self._base() - self.look.theme.px(30)))

    def _x(self, at: int) -> int:
        """Where the bar of this week begins."""
        px = self.look.theme.px
        return SIDE + round(at * (self.width() - 2 * SIDE - px(24)) / (WEEKS - 1))

    def _sign(self, week: date, count: int) -> Sign:
        copied = self.tr("%Ln key(s) copied", "", count)
        if week == self._weeks[-1]:
            name = self.tr("This week so far, {copied}").format(copied=copied)
        else:
            name = self.tr("Week of {day}, {copied}").format(day=day_words(week, long=True), copied=copied)
        last = week + timedelta(days=6)
        return Sign(name, partial(self._leads.copies, week, last) if count else None)


_CENTER = Qt.AlignmentFlag.AlignHCenter
_SHORT = QLocale.FormatType.ShortFormat


def _underline(painter: QPainter, rect: QRect, below: int, ink: object) -> None:
    """Draw a line under words that stand in the middle of `rect`. below: pixels under the middle."""
    painter.fillRect(QRect(rect.left(), rect.center().y() + below, rect.width(), 1), ink)


def _some(apps: Sequence[App]) -> list[str]:
    """The labels of a few of these apps."""
    labels = [app.label for app in apps[:NAMED]]
    return [*labels, "…"] if len(apps) > NAMED else labels
