"""A field for a day, typed or chosen from a calendar."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import QDate, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QLineEdit

from .date_picker import DatePicker
from .i18n import long_day, read_day
from .widgets import Look, set_property


class DateField(QLineEdit):
    """A day. Alt+Down or F4 opens the calendar, Up and Down go by days, Page Up and Page Down by months.

    ahead: whether the calendar offers days ahead of today. changed: the day is another one, or what was typed is none.
    """

    changed = Signal()

    def __init__(self, look: Look, name: str, day: date, *, ahead: bool = True) -> None:
        super().__init__()
        self._look = look
        self._ahead = ahead
        self._day: date | None = day
        self.setAccessibleName(name)
        self.setText(long_day(day))
        self._open = QAction(look.icons.icon("calendar", "muted"), self.tr("Open the calendar"), self)
        self._open.triggered.connect(self.open_calendar)
        self.addAction(self._open, QLineEdit.ActionPosition.TrailingPosition)
        self.textEdited.connect(self._read)
        self.editingFinished.connect(self._write)
        look.theme.changed.connect(self._recolour)

    @property
    def day(self) -> date | None:
        """The day, or None while what was typed is none."""
        return self._day

    def shown(self) -> QDate:
        """The day as Qt has it; an invalid one while what was typed is none."""
        return QDate() if self._day is None else QDate(self._day.year, self._day.month, self._day.day)

    @Slot(QDate)
    def setDate(self, day: QDate) -> None:
        """Show this day."""
        self._take(date(day.year(), day.month(), day.day()))
        self._write()

    @Slot()
    def open_calendar(self) -> None:
        """Open a calendar below, on the day that is shown."""
        day = self.shown() if self._day is not None else QDate.currentDate()
        popup = DatePicker(self._look, self.accessibleName(), day, self, ahead=self._ahead)
        popup.chosen.connect(self.setDate)
        popup.adjustSize()
        place = self.mapToGlobal(QPoint(0, self.height() + 2))
        room = self.screen().availableGeometry()
        x = min(place.x(), room.right() - popup.width())
        y = place.y() if place.y() + popup.height() <= room.bottom() else place.y() - self.height() - popup.height() - 4
        popup.move(max(room.left(), x), max(room.top(), y))
        popup.show()
        popup.month.setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        days = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()), 0)
        months = {Qt.Key.Key_PageUp: 1, Qt.Key.Key_PageDown: -1}.get(Qt.Key(event.key()), 0)
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if event.key() == Qt.Key.Key_F4 or (alt and event.key() == Qt.Key.Key_Down):
            self.open_calendar()
        elif (days or months) and self._day is not None and not alt:
            self.setDate(self.shown().addDays(days).addMonths(months))
        else:
            super().keyPressEvent(event)

    @Slot()
    def _read(self) -> None:
        self._take(read_day(self.text()))

    def _take(self, day: date | None) -> None:
        if day != self._day:
            self._day = day
            set_property(self, "invalid", day is None)
            self.changed.emit()

    @Slot()
    def _write(self) -> None:
        """Write the day as it was understood, so that nobody mistakes it."""
        if self._day is not None:
            self.setText(long_day(self._day))

    @Slot()
    def _recolour(self) -> None:
        self._open.setIcon(self._look.icons.icon("calendar", "muted"))
