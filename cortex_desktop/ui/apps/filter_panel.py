"""The panel under the Filter button: all filters in groups, with those in force checked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QCloseEvent, QEnterEvent, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QScrollArea, QStyle, QVBoxLayout, QWidget

from ...domain.query import parse
from ..kit.plain import entry, set_tip
from ..kit.table import ELIDE, LEADING
from ..kit.widgets import Button, Look, label
from .filters import Choice, Group

COLUMN, ROW, PADDING, CHECK, GAP = 204, 28, 8, 16, 12
"""Width of a column, height of a choice, room before and behind its words, size of its check, room between columns and
around them: pixels at 13 px text."""

MOST_COLUMNS = 4

HEADING = 1.5
"""Height of a group's title, in choices."""

Key = Qt.Key


class Option(QAbstractButton):
    """A filter to choose, checked while it is in force. stepped(key): an arrow key was pressed."""

    stepped = Signal(int)

    def __init__(self, choice: Choice, look: Look) -> None:
        super().__init__()
        self._look = look
        self.word = choice.word
        self._title = choice.title
        self.setText(entry(choice.title))
        self.setCheckable(True)
        self.setAccessibleName(choice.meaning)
        self.setFixedHeight(look.theme.px(ROW))
        self.setMinimumWidth(look.theme.px(COLUMN))
        if QFontMetrics(look.theme.font(13)).horizontalAdvance(choice.title) > self._words().width():
            set_tip(self, choice.title)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def nextCheckState(self) -> None:
        """Leave the check to the search, which says what is in force."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Key.Key_Up, Key.Key_Down, Key.Key_Left, Key.Key_Right):
            self.stepped.emit(event.key())
        elif event.key() in (Key.Key_Return, Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    def _words(self) -> QRect:
        px = self._look.theme.px
        width = max(self.width(), px(COLUMN)) if not self.isVisible() else self.width()
        return QRect(0, 0, width, self.height()).adjusted(px(PADDING) + px(CHECK) + 6, 0, -px(PADDING), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, px = self._look.theme, self._look.theme.px
        marked = self.underMouse() or self.isDown()
        token = theme.ink("text", selected=marked)
        check = QRect(px(PADDING), 0, px(CHECK), self.height())
        words, check = (QStyle.visualRect(self.layoutDirection(), self.rect(), each) for each in (self._words(), check))
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.color("accent"), 2) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selected") if marked else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)
            if self.isChecked():
                self._look.icons.paint(painter, check, "check", theme.ink("accent", selected=marked), px(CHECK))
            font = theme.font(13)
            painter.setFont(font)
            painter.setPen(theme.color(token))
            painter.drawText(words, LEADING, QFontMetrics(font).elidedText(self._title, ELIDE, words.width()))


class FilterPanel(QFrame):
    """Stays open while filters are chosen; Esc, or a click beside it, closes it.

    toggled(name, word): the person wants this filter of this name, or no longer; cleared: they want none; closed.
    """

    toggled = Signal(str, str)
    cleared = Signal()
    closed = Signal()

    def __init__(self, look: Look, groups: Sequence[Group], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("filters")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_NoMouseReplay)  # a click on the button closes it, and opens none anew
        self.setAccessibleName(self.tr("Filters"))
        self._look = look
        self._groups = groups
        self._columns: list[list[Option]] = []
        self._found = label("", "count")
        self._clear = Button(self.tr("Clear all"), look, "link")
        self._clear.clicked.connect(self.cleared)
        self._scroll = QScrollArea()
        self._scroll.setObjectName("filterScroll")
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._foot = QWidget()
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(GAP + PADDING, 6, GAP, 8)
        foot.addWidget(self._found, 1)
        foot.addWidget(self._clear)
        rule = label("", "rule")
        rule.setFixedHeight(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addWidget(self._scroll, 1)
        column.addWidget(rule)
        column.addWidget(self._foot)

    @property
    def options(self) -> list[Option]:
        """What can be chosen, column by column."""
        return [option for column in self._columns for option in column]

    def open_below(self, button: QWidget, text: str, found: str) -> None:
        """Open under this button, within its window. text, found: as for `show_state`."""
        px, window = self._look.theme.px, button.window()
        room = QRect(window.mapToGlobal(QPoint()), window.size()).intersected(button.screen().availableGeometry())
        room.adjust(16, 8, -16, -8)
        bar = self._scroll.verticalScrollBar().sizeHint().width()
        fitting = (room.width() - 4 - bar - GAP) // (px(COLUMN) + GAP)
        body = self._fill(max(1, min(MOST_COLUMNS, fitting)))
        self.show_state(text, found)
        below = button.mapToGlobal(QPoint(0, button.height() + 4))
        wanted = body.sizeHint().height() + self.sizeHint().height() - self._scroll.sizeHint().height()
        height = room.bottom() - below.y()
        if height < min(wanted, room.height() // 2):  # a low window
            height = room.height()
        height = min(height, wanted)
        width = min(body.sizeHint().width() + 4 + (bar if height < wanted else 0), room.width())
        x = below.x()
        if self.layoutDirection() is Qt.LayoutDirection.RightToLeft:
            x += button.width() - width
        x = max(room.left(), min(x, room.right() - width))
        self.setGeometry(x, min(below.y(), room.bottom() - height), width, height)
        self.show()
        options = self.options
        first = next((option for option in options if option.isChecked()), options[0])
        first.setFocus(Qt.FocusReason.PopupFocusReason)

    def show_state(self, text: str, found: str) -> None:
        """Check the filters that are in this search. found: how many apps it finds, in words."""
        terms = parse(text).terms
        for option in self.options:
            option.setChecked(parse(option.word).terms[0] in terms)
        self._clear.setEnabled(bool(text))
        self._found.setText(found)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    # Inside

    def _fill(self, count: int) -> QWidget:
        """Put the groups into so many columns of about the same height."""
        body = QWidget()
        body.setObjectName("filterBody")
        row = QHBoxLayout(body)
        row.setContentsMargins(GAP, GAP, GAP, GAP)
        row.setSpacing(GAP)
        lines = [HEADING + len(group.choices) for group in self._groups]
        most, height = sum(lines) / count, 0.0
        column = QVBoxLayout()
        for group, needed in zip(self._groups, lines, strict=True):
            if not self._columns or (height + needed / 2 > most and len(self._columns) < count):
                part = QWidget()
                part.setObjectName("filterColumn")
                row.addWidget(part, 1, Qt.AlignmentFlag.AlignTop)
                column = QVBoxLayout(part)
                column.setContentsMargins(0, 0, 0, 0)
                column.setSpacing(0)
                self._columns.append([])
                height = 0.0
            height += needed
            self._add_group(column, group)
        self._scroll.setWidget(body)
        return body

    def _add_group(self, column: QVBoxLayout, group: Group) -> None:
        title = label(group.title, "section")
        title.setFixedHeight(round(self._look.theme.px(ROW) * (HEADING if self._columns[-1] else 1)))
        title.setContentsMargins(PADDING, 0, 0, 4)
        title.setAlignment(Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeading)
        column.addWidget(title)
        for choice in group.choices:
            option = Option(choice, self._look)
            option.clicked.connect(partial(self.toggled.emit, group.name, choice.word))
            option.stepped.connect(partial(self._step, option))
            column.addWidget(option)
            self._columns[-1].append(option)

    def _step(self, option: Option, key: int) -> None:
        """Move the focus: up and down through all, to the sides from column to column."""
        options = self.options
        if key in (Key.Key_Up, Key.Key_Down):
            target = options[(options.index(option) + (1 if key == Key.Key_Down else -1)) % len(options)]
        else:
            mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
            number = next(n for n, column in enumerate(self._columns) if option in column)
            number += 1 if (key == Key.Key_Right) is not mirrored else -1
            if not 0 <= number < len(self._columns):
                return
            target = min(self._columns[number], key=lambda other: abs(other.y() - option.y()))
        target.setFocus(Qt.FocusReason.TabFocusReason)
        self._scroll.ensureWidgetVisible(target, 0, self._look.theme.px(ROW))
