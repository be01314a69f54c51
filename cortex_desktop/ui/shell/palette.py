"""The command palette: one field that finds apps and everything that can be done."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import shiboken6
from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Slot,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ..kit.finding import Hit
from ..kit.keyboard import keep_from_window
from ..kit.widgets import OVERLAY, Look, Picture, announce, label, shadow

Index = QModelIndex | QPersistentModelIndex

WIDTH = 560
"""Of the card, in pixels at 13 px text, as in the design."""

ANCHORED_WIDTH = 440
"""The same where it stands under something."""

TOP = 174
SHOWN = 9
"""Rows that are visible at once, at most."""

SHADOW = 12
DROP = 10
"""Pixels over which the card comes down."""


class _Hits(QAbstractListModel):
    """The hits as a list."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.hits: list[Hit] = []

    def show(self, hits: list[Hit]) -> None:
        self.beginResetModel()
        self.hits = hits
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.hits)

    def heading(self, row: int) -> str:
        """The section that begins with this row, if one does."""
        section = self.hits[row].section
        return section if row == 0 or section != self.hits[row - 1].section else ""

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        hit = self.hits[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return hit.text
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return hit.hint
        return None


class _HitPainter(QStyledItemDelegate):
    """Paints a hit: icon, text, and the hint at the far side; above a section's first, its heading."""

    def __init__(self, look: Look, hits: _Hits, parent: QObject) -> None:
        super().__init__(parent)
        self._look = look
        self._hits = hits
        self._height = max(35, look.theme.px(35))
        self._heading = max(26, look.theme.px(26))

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, self.height_of(index.row()))

    def height_of(self, row: int) -> int:
        """The height in pixels of a row, with its heading."""
        return self._height + (self._heading if self._hits.heading(row) else 0)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, hit = self._look.theme, self._hits.hits[index.row()]
        room: QRect = option.rect
        here = bool(option.state & QStyle.StateFlag.State_Selected)
        mirrored = option.direction == Qt.LayoutDirection.RightToLeft
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = Qt.AlignmentFlag.AlignRight if mirrored else Qt.AlignmentFlag.AlignLeft
        if heading := self._hits.heading(index.row()):
            font = theme.font(11, QFont.Weight.DemiBold)
            top = QRect(room.left() + 10, room.top(), room.width() - 20, self._heading)
            shown = QFontMetrics(font).elidedText(heading, Qt.TextElideMode.ElideRight, top.width())
            painter.setFont(font)
            painter.setPen(theme.color("muted"))
            painter.drawText(top, side | Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute, shown)
            room = room.adjusted(0, self._heading, 0, 0)
        if here:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selected"))
            painter.drawRoundedRect(QRectF(room).adjusted(0, 0, 0, -1), 6, 6)

        def turned(rect: QRect) -> QRect:
            return QStyle.visualRect(Qt.LayoutDirection.RightToLeft, room, rect) if mirrored else rect

        icon = QRect(room.left() + 10, room.top(), 18, room.height() - 1)
        tone = hit.tone or ("accent" if here else "muted")
        self._look.icons.paint(painter, turned(icon), hit.icon, theme.ink(tone, selected=here), 16)
        small = theme.font(12)
        hint = QFontMetrics(small).elidedText(hit.hint, Qt.TextElideMode.ElideRight, room.width() // 2)
        width = QFontMetrics(small).horizontalAdvance(hint)
        place = QRect(room.right() - 11 - width, room.top(), width + 2, room.height() - 1)
        painter.setFont(small)
        painter.setPen(theme.color(theme.ink(hit.tone or ("text" if here else "muted"), selected=here)))
        painter.drawText(turned(place), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute, hint)
        text = QRect(icon.right() + 9, room.top(), place.left() - icon.right() - 22, room.height() - 1)
        font = theme.font(13)
        painter.setFont(font)
        painter.setPen(theme.color(theme.ink("text", selected=here)))
        shown = QFontMetrics(font).elidedText(hit.text, Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(turned(text), side | Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute, shown)
        painter.restore()


class _Card(QFrame):
    """The palette's ground, with its shadow."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shadow(painter, self.rect(), SHADOW, 12)
        painter.setPen(self._look.theme.color("strong_line"))
        painter.setBrush(self._look.theme.color("raised"))
        frame = QRectF(self.rect()).adjusted(SHADOW + 0.5, SHADOW + 0.5, -SHADOW - 0.5, -SHADOW - 0.5)
        painter.drawRoundedRect(frame, 12, 12)


class Palette(QWidget):
    """Lies over `window` until something is chosen, Esc is pressed, or the keyboard goes elsewhere.

    search: the hits for what was typed, the best first; name, hint: of the field; anchor: the card stands under this
    widget instead of in the middle; passing: shortcuts of the window that work all the same.
    """

    def __init__(
        self,
        look: Look,
        search: Callable[[str], list[Hit]],
        window: QWidget,
        name: str,
        hint: str = "",
        anchor: QWidget | None = None,
        *,
        passing: Collection[QKeySequence] = (),
    ) -> None:
        self._passing = passing  # before Qt's own part is made, which gets events
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._anchor = anchor
        self.name = name
        self._look = look
        self._search = search
        self._over = window
        self._before = window.focusWidget()
        self._card = _Card(look, self)
        self.edit = QLineEdit()
        self.edit.setObjectName("paletteEdit")
        self.edit.setPlaceholderText(hint or self.tr("Find apps, organizations and actions"))
        self.edit.setAccessibleName(self.name)
        self.edit.setMaxLength(200)
        self._hits = _Hits(self)
        self.list = QListView()
        self.list.setObjectName("paletteList")
        self.list.setModel(self._hits)
        self._painter = _HitPainter(look, self._hits, self)
        self.list.setItemDelegate(self._painter)
        self.list.setMouseTracking(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName(self.tr("Found"))
        self._nothing = label(self.tr("Nothing found. Try fewer letters."), "subtitle", wrap=True)
        self._nothing.setContentsMargins(10, 8, 10, 10)
        self._lay_out()
        self.edit.textChanged.connect(self._find)
        self.edit.installEventFilter(self)
        self.list.clicked.connect(self._run)
        self.list.entered.connect(self.list.setCurrentIndex)
        self.list.selectionModel().currentChanged.connect(self._announce)
        window.installEventFilter(self)
        look.theme.changed.connect(self.update)

    def _lay_out(self) -> None:
        self._head = QWidget()
        self._head.setFixedHeight(self._look.theme.px(44))
        head = QHBoxLayout(self._head)
        head.setContentsMargins(16, 0, 12, 0)
        head.setSpacing(10)
        head.addWidget(Picture("search", self._look, "text", 18))
        head.addWidget(self.edit, 1)
        rule = QLabel()
        rule.setObjectName("rule")
        rule.setFixedHeight(1)
        below = QVBoxLayout()
        below.setContentsMargins(8, 8, 8, 8)
        below.addWidget(self.list)
        below.addWidget(self._nothing)
        column = QVBoxLayout(self._card)
        column.setContentsMargins(SHADOW + 1, SHADOW + 1, SHADOW + 1, SHADOW + 1)
        column.setSpacing(0)
        column.addWidget(self._head)
        column.addWidget(rule)
        column.addLayout(below, 1)

    def open(self, row: int = 0) -> None:
        """Show it, with everything that can be done, and this row the current one."""
        self._find("")
        self.list.setCurrentIndex(self._hits.index(row, 0))
        self.show()
        self.raise_()
        self._place()
        self.edit.setFocus(Qt.FocusReason.PopupFocusReason)
        self._look.motion.slide(self._card, QPoint(0, DROP))

    def event(self, event: QEvent) -> bool:
        return keep_from_window(event, self._passing) or super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), QColor(*OVERLAY))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._card.geometry().contains(event.position().toPoint()):
            self.leave()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is not self.edit:
            if event.type() == QEvent.Type.Resize:
                self._place()
        elif event.type() == QEvent.Type.FocusOut:
            # Another window may come before ours for a while, and so may the field's own menu.
            if QWidget.focusWidget(self.window()) is not self.edit:
                self.close()
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(Qt.Key(event.key()))
        return False

    def _key(self, key: Qt.Key) -> bool:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: SHOWN - 1, Qt.Key.Key_PageUp: 1 - SHOWN}
        if key in steps:
            self._move(steps[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run(self.list.currentIndex())
        elif key == Qt.Key.Key_Escape:
            self.leave()
        elif key not in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):  # there is nowhere else to go
            return False
        return True

    def _move(self, step: int) -> None:
        count = self._hits.rowCount()
        if count:
            row = self.list.currentIndex().row() + step
            # Single steps go round, pages stop at the ends.
            row = row % count if abs(step) == 1 else min(max(row, 0), count - 1)
            self.list.setCurrentIndex(self._hits.index(row, 0))

    @Slot(str)
    def _find(self, text: str) -> None:
        self._hits.show(self._search(text))
        found = self._hits.rowCount()
        self._nothing.setVisible(not found)
        self.list.setVisible(bool(found))
        if found:
            self.list.setCurrentIndex(self._hits.index(0, 0))
        else:
            announce(self, self._nothing.text())
        self._place()

    @Slot(QModelIndex)
    def _run(self, index: Index) -> None:
        if index.isValid():
            run = self._hits.hits[index.row()].run
            self.leave()
            run()

    @Slot(QModelIndex)
    def _announce(self, index: Index) -> None:
        if index.isValid():
            hit = self._hits.hits[index.row()]
            announce(self, ", ".join(filter(None, (self._hits.heading(index.row()), hit.text, hit.hint))))

    def leave(self) -> None:
        """Close, and have the keyboard where it was."""
        before = self._before
        self.close()
        if before is not None and shiboken6.isValid(before) and before.isVisible():
            before.setFocus()

    def _place(self) -> None:
        over = self._over
        self.resize(over.size())
        wanted = ANCHORED_WIDTH if self._anchor is not None else WIDTH
        width = min(self._look.theme.px(wanted), over.width() - 32) + 2 * SHADOW
        # A layout learns of shown and hidden parts too late for a card that changes at each letter.
        inside = width - 2 * SHADOW - 18
        around = self._head.minimumHeight() + 1 + 16 + 2 * (SHADOW + 1)
        rows = sum(map(self._painter.height_of, range(min(self._hits.rowCount(), SHOWN))))
        self.list.setFixedHeight(max(min(rows, over.height() - around), self._head.minimumHeight()))
        found = self.list.height() if self._hits.hits else self._nothing.heightForWidth(inside)
        self._card.resize(width, around + found)
        if self._anchor is not None:
            below = self._anchor.mapTo(over, self._anchor.rect().bottomLeft())
            left = below.x() - SHADOW
            if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
                left = below.x() + self._anchor.width() - width + SHADOW
            lowest = max(0, over.height() - self._card.height())  # in a low window over the anchor
            self._card.move(left, min(below.y() + 5 - SHADOW, lowest))
            return
        top = max(8, min(TOP, (over.height() - self._card.height()) // 2)) - SHADOW
        self._card.move((over.width() - width) // 2, top)
