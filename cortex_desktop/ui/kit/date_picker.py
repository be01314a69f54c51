"""A month to choose a day from, with days ahead that are often wanted."""

from __future__ import annotations

from datetime import date
from functools import partial

from PySide6.QtCore import QDate, QRect, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QFont, QPainter, QPen, QTextCharFormat
from PySide6.QtWidgets import QCalendarWidget, QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from .i18n import long_day
from .widgets import Button, Look, announce


class Month(QCalendarWidget):
    """Qt's calendar, with its days drawn in our tokens."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        theme = look.theme
        self.setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.NoVerticalHeader)
        self.setHorizontalHeaderFormat(QCalendarWidget.HorizontalHeaderFormat.ShortDayNames)
        weekdays, every = QTextCharFormat(), QTextCharFormat()
        weekdays.setForeground(theme.color("muted"))
        weekdays.setBackground(theme.color("raised"))
        every.setForeground(theme.color("text"))
        self.setHeaderTextFormat(weekdays)
        for day in Qt.DayOfWeek:  # Qt has weekends red, which is for danger here
            self.setWeekdayTextFormat(day, every)
        arrows = ["chevron-left", "chevron-right"]
        names = ("qt_calendar_prevmonth", self.tr("Month before")), ("qt_calendar_nextmonth", self.tr("Month after"))
        for (inner, name), icon in zip(names, arrows[::-1] if self.isRightToLeft() else arrows, strict=True):
            button = self.findChild(QToolButton, inner)
            if button is not None:  # Fusion's arrows are black in dark too
                button.setIcon(look.icons.icon(icon))
                button.setAccessibleName(name)

    def paintCell(self, painter: QPainter, rect: QRect, day: QDate) -> None:
        theme = self._look.theme
        chosen = day == self.selectedDate()
        inside = day.month() == self.monthShown()
        mark = QRectF(rect).adjusted(1.5, 1.5, -1.5, -1.5)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(rect, theme.color("raised"))
        if chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent"))
            painter.drawRoundedRect(mark, 7, 7)
        elif day == QDate.currentDate():
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(mark, 7, 7)
        painter.setFont(theme.font(13, QFont.Weight.DemiBold if chosen else QFont.Weight.Normal))
        painter.setPen(theme.color("on_accent" if chosen else "text" if inside else "muted"))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self.locale().toString(day.day()))
        painter.restore()


class DatePicker(QFrame):
    """Opens over other windows, and closes once a day is chosen. chosen(QDate): this day.

    ahead: whether to offer 30 days, 90 days and a year from today.
    """

    chosen = Signal(QDate)

    def __init__(self, look: Look, name: str, day: QDate, parent: QWidget, *, ahead: bool) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("datePicker")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.month = Month(look)
        self.month.setAccessibleName(name)
        room = parent.screen().availableGeometry().height() - look.theme.px(80)
        self.month.setMinimumSize(look.theme.px(290), min(look.theme.px(252), max(0, room)))
        self.month.setSelectedDate(day)
        self.month.setAccessibleDescription(_words(day))
        self.month.selectionChanged.connect(self._tell)
        self.month.activated.connect(self._choose)
        self.month.clicked.connect(self._choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(9, 9, 9, 9)
        column.setSpacing(8)
        column.addWidget(self.month)
        if ahead:
            today = QDate.currentDate()
            row = QHBoxLayout()
            row.setSpacing(6)
            for text, then in (
                (self.tr("30 days"), today.addDays(30)),
                (self.tr("90 days"), today.addDays(90)),
                (self.tr("1 year"), today.addYears(1)),
            ):
                button = Button(text, look)
                button.setToolTip(_words(then))
                button.setAccessibleDescription(_words(then))
                button.clicked.connect(partial(self._choose, then))
                row.addWidget(button, 1)
            column.addLayout(row)

    @Slot()
    def _tell(self) -> None:
        """Have a screen reader say the whole date: a cell is but a number to it."""
        words = _words(self.month.selectedDate())
        self.month.setAccessibleDescription(words)
        announce(self.month, words)

    def _choose(self, day: QDate, *_: object) -> None:
        self.chosen.emit(day)
        self.close()


def _words(day: QDate) -> str:
    return long_day(date(day.year(), day.month(), day.day()))
