"""The bars above the list of activity: how many entries each day has. A bar lists its day alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial

from PySide6.QtCore import QLocale, QRect, QRectF, Qt
from PySide6.QtGui import QFont, QPainter

from ..kit.i18n import day_words, first_weekday, full_day
from ..kit.marks import Chart, Mark, Sign, paint_bar
from ..kit.widgets import Look

DAYS = 30
"""Bars shown."""

SIDE = 16
"""Pixels between the card's edge and the bars."""

HEIGHT = 96
FOOT = 26
"""Of the chart, and of the words under its line, in pixels at 13 px text."""

Weight = QFont.Weight
_CENTER = Qt.AlignmentFlag.AlignHCenter


class DayBars(Chart):
    """A bar for each of the last days. choose: called with the day of a bar that is chosen, None to choose none."""

    def __init__(self, look: Look, choose: Callable[[date | None], object]) -> None:
        super().__init__(look)
        self.setAccessibleName(self.tr("Activity per day"))
        self._choose = choose
        self._days: Sequence[date] = ()
        self._counts: Sequence[int] = ()
        self._chosen: tuple[date, date] | None = None
        self._fit()
        look.theme.changed.connect(self._fit)

    def set_counts(self, days: Sequence[date], counts: Sequence[int]) -> None:
        """Show how many entries these days have."""
        self._days, self._counts = days, counts
        self._fill()

    @property
    def has_counts(self) -> bool:
        """True once it is known how many entries the days have."""
        return bool(self._counts)

    def set_chosen(self, chosen: tuple[date, date] | None) -> None:
        """Mark the days, from the first to the last, that alone are listed; None for all."""
        if chosen != self._chosen:
            self._chosen = chosen
            self._fill()

    def place(self) -> None:
        pitch = self._pitch()
        for at, mark in enumerate(self.marks):
            left, right = round(SIDE + at * pitch), round(SIDE + (at + 1) * pitch)
            mark.setGeometry(self.visual(QRect(left, 2, right - left, self._base() + 1)))

    def paint(self, painter: QPainter) -> None:
        px, base = self.look.theme.px, self._base()
        painter.fillRect(self.visual(QRect(SIDE, base, self.width() - 2 * SIDE, 1)), self.color("strong_line"))
        if self._counts and not any(self._counts):
            room = QRect(SIDE, 0, self.width() - 2 * SIDE, base)
            words = self.tr("Nothing in %Ln day(s)", "", len(self._days))
            self.write(painter, self.visual(room), words, "muted", 12, align=_CENTER)
        last = self._last_words()
        taken = self.width() - SIDE - self.width_of(last, 12) - px(12)
        for at, day in enumerate(self._days):
            text = day_words(day)
            room = QRect(round(SIDE + at * self._pitch()), base + px(5), self.width_of(text, 12) + 2, px(18))
            if day.weekday() == first_weekday() and room.right() < taken:
                self.write(painter, self.visual(room), text, "muted", 12)
        if self._days:
            room = QRect(taken, base + px(5), self.width() - SIDE - taken, px(18))
            self.write(painter, self.visual(room), last, "muted", 12, align=Qt.AlignmentFlag.AlignTrailing)

    def paint_mark(self, painter: QPainter, mark: Mark) -> None:
        px, at = self.look.theme.px, self.marks.index(mark)
        day, count, most = self._days[at], self._counts[at], max(1, *self._counts)
        foot, label = self._base() - 2, px(16)
        height = max(px(3), round(count / most * (foot - label - 2))) if count else 0
        width = min(px(18), round(mark.width() * 0.62))
        bar = QRectF((mark.width() - width) / 2, foot - height, width, height)
        listed = self._is_listed(day)
        quiet = "disabled" if self.look.theme.tokens.high_contrast else "strong_line"
        ink = self.ink(mark)
        if count:
            shown = ink if listed or mark.underMouse() else self.color(quiet)
            paint_bar(painter, bar, shown, dashed=day == today())
        told = mark.underMouse() or mark.hasFocus() or (self._chosen is not None and listed) or count == most
        if count and told:
            room = QRect(-px(20), foot - height - label, mark.width() + px(40), label)
            text = QLocale().toString(count) if count < 10_000 else QLocale().toString(count // 1000) + "k"
            self.write(painter, room, text, ink if listed else "muted", 11, Weight.DemiBold, _CENTER)
        self.ring(painter, mark, QRectF(mark.rect()).adjusted(0, 0, 0, -1), 5)

    # Inside

    def _fill(self) -> None:
        self.set_signs([self._sign(day, count) for day, count in zip(self._days, self._counts, strict=True)])
        for mark in self.marks:
            mark.update()

    def _sign(self, day: date, count: int) -> Sign:
        alone = self._chosen == (day, day)
        parts = [full_day(day), self.tr("%Ln entry(s)", "", count)]
        if self._chosen is not None and self._is_listed(day):
            parts.append(self.tr("listed"))
        act = partial(self._choose, None if alone else day) if count or alone else None
        return Sign(", ".join(parts), act)

    def _is_listed(self, day: date) -> bool:
        return self._chosen is None or self._chosen[0] <= day <= self._chosen[1]

    def _last_words(self) -> str:
        if not self._days:
            return ""
        return self.tr("Today") if self._days[-1] == today() else day_words(self._days[-1])

    def _pitch(self) -> float:
        return (self.width() - 2 * SIDE) / max(1, len(self._days))

    def _base(self) -> int:
        """The y of the line that the bars stand on."""
        return self.height() - self.look.theme.px(FOOT)

    def _fit(self) -> None:
        self.setFixedHeight(self.look.theme.px(HEIGHT))


def days_until(last: date) -> list[date]:
    """The days that are shown when this one is the last."""
    return [last - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]


def today() -> date:
    """The day where the person is."""
    return date.today()  # noqa: DTZ011
