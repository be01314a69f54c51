"""Shows what was found in a pasted text: what is taken of it, or a list to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
)

from ...domain.secret import KeyEnds
from ...services.snippets import mask
from ..kit.i18n import short
from ..kit.widgets import IconButton, Look, label, set_property

if TYPE_CHECKING:
    from ...domain.pasted import Candidate

ENDS = Qt.ItemDataRole.UserRole
WHERE = Qt.ItemDataRole.UserRole + 1
REASON = Qt.ItemDataRole.UserRole + 2
_MOST_ROWS = 4
"""So many are seen without scrolling."""


class FoundField(QFrame):
    """The key or secret that was found, masked; a list where there is a choice.

    removed: the person wants another; chosen: another one of the list is chosen. none: the first entry of a list of
    which nothing has to be chosen; without it something has to be.
    """

    removed = Signal()
    chosen = Signal()

    def __init__(self, look: Look, name: str, remove: str, none: str = "") -> None:
        super().__init__()
        self.setObjectName("keyField")
        self._look = look
        self._name = name
        self._none = none
        self._offered: list[Candidate | None] = []
        self.candidate: Candidate | None = None
        """The one that is taken or chosen, if any."""
        heading = label(name, "factName")
        heading.setMinimumWidth(look.theme.px(76))
        self._ends = label("", "keyText")
        self._where = label("", "hint")
        self._hint = label("", "hint", wrap=True)
        self.list = _List()
        self.list.setAccessibleName(name)
        self.list.setItemDelegate(_Delegate(look, self.list))
        self._remove = IconButton("x", remove, look)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._ends)
        words.addWidget(self._where)
        words.addWidget(self._hint)
        self._head = QHBoxLayout()
        self._head.setSpacing(4)
        self._head.addWidget(heading)
        self._head.addLayout(words, 1)
        self._head.addWidget(self._remove)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 3, 0, 3)
        rows.setSpacing(4)
        rows.addLayout(self._head)
        rows.addWidget(self.list)
        self._remove.clicked.connect(self.forget)
        self._remove.clicked.connect(self.removed)
        self.list.itemSelectionChanged.connect(self._choose)
        self.hide()

    def offer(self, candidates: Sequence[Candidate], taken: Candidate | None = None) -> None:
        """Show these, or nothing if there are none. taken: the one that is chosen until the person chooses another."""
        optional = bool(self._none and candidates and taken is None)
        self._offered = [None, *candidates] if optional else list(candidates)
        with QSignalBlocker(self.list):
            self.list.clear()
            for candidate in self._offered:
                self.list.addItem(self._item(candidate))
            if optional or taken is not None:
                self.list.setCurrentRow(0 if taken is None else self._offered.index(taken))
        self.candidate = taken
        self.list.fit()
        alone = taken if len(candidates) == 1 else None
        self._ends.setText(mask(KeyEnds.of(alone.secret)) if alone is not None else "")
        self._ends.setAccessibleName(f"{self._name}: {self._ends.text()}")
        self._where.setText(self._place(alone) if alone is not None else "")
        set_property(self, "plain", alone is None)
        self._head.setContentsMargins(0 if alone is None else 8, 0, 2, 0)
        for part, shown in (
            (self._ends, alone is not None),
            (self._where, bool(self._where.text())),
            (self._hint, alone is None),
            (self.list, alone is None),
        ):
            part.setVisible(shown)
        self._set_hint()
        self.setVisible(bool(candidates))

    @Slot()
    def forget(self) -> None:
        """Hold nothing any more."""
        self.offer(())

    @property
    def count(self) -> int:
        """The number of entries; 0 if nothing was found."""
        return len(self._offered)

    @property
    def is_undecided(self) -> bool:
        """True if the person has to choose."""
        return bool(self._offered) and not self._none and self.candidate is None

    @Slot()
    def _choose(self) -> None:
        rows = self.list.selectionModel().selectedRows()
        self.candidate = self._offered[rows[0].row()] if rows else None
        self._set_hint()
        self.chosen.emit()

    def _set_hint(self) -> None:
        count = len(self._offered)
        text = ""
        if self.is_undecided:
            text = self.tr("Choose one of %n", "", count) if count > 1 else self.tr("Choose it if it is meant")
        self._hint.setText(text)
        self.list.setAccessibleDescription(text)

    def _item(self, candidate: Candidate | None) -> QListWidgetItem:
        if candidate is None:
            return QListWidgetItem(self._none)
        item = QListWidgetItem(candidate.called or self.tr("No name"))
        ends, reason = mask(KeyEnds.of(candidate.secret)), self._reason(candidate)
        where = self.tr("Line {line}").format(line=candidate.line) if candidate.line else ""
        if candidate.aside:
            where = " · ".join(filter(None, (self.tr("Not in use"), where)))
        item.setData(ENDS, ends)
        item.setData(WHERE, where)
        item.setData(REASON, reason)
        spoken = ", ".join(filter(None, (item.text(), where, ends, reason)))
        item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
        return item

    def _place(self, candidate: Candidate) -> str:
        name, line = short(candidate.called), candidate.line
        if not name:
            return self.tr("Line {line}").format(line=line) if line > 1 else ""
        return self.tr("{name}, line {line}").format(name=name, line=line) if line else name

    def _reason(self, candidate: Candidate) -> str:
        """Why it is offered, in plain words."""
        from ...domain.pasted import Says

        is_secret = bool(self._none)
        if candidate.says is Says.OURS:
            return self.tr("Named as Cortex’s")
        if candidate.says is Says.KIND:
            return self.tr("Called a secret") if is_secret else self.tr("Called a key")
        if candidate.says is Says.PERHAPS:
            return self.tr("May be another service’s secret") if is_secret else self.tr("May be another service’s key")
        if candidate.says is Says.NOTHING:
            is_name = candidate.secret.reveal().startswith("c_")
            return self.tr("The name of an app") if is_name else self.tr("Looks drawn at random")
        return self.tr("Called something else")


class _List(QListWidget):
    """A list in which nothing is chosen until the person does. As high as its entries, up to a few."""

    def __init__(self) -> None:
        super().__init__()
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def fit(self) -> None:
        """Take the height of the entries."""
        rows = [self.sizeHintForRow(row) for row in range(min(_MOST_ROWS, self.count()))]
        self.setFixedHeight(sum(rows) + 10)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if not self.selectedItems():
            self.setCurrentIndex(QModelIndex())  # Qt makes the first one current, and Down would pass it by

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not self.selectedItems():
            self.setCurrentRow(0)
        else:
            super().keyPressEvent(event)


class _Delegate(QStyledItemDelegate):
    """Draws a candidate: its name and place, under them its ends and why it is offered; a ring says which is chosen."""

    PADDING = 10
    RING = 14
    GAP = 12

    def __init__(self, look: Look, view: QListWidget) -> None:
        super().__init__(view)
        self._look = look
        look.theme.changed.connect(view.viewport().update)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        theme = self._look.theme
        line = QFontMetrics(theme.font(13)).height()
        lines = line + max(line, QFontMetrics(theme.mono).height()) + 2 if index.data(ENDS) else line
        return QSize(theme.px(240), lines + 2 * 6)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        theme = self._look.theme
        rect: QRect = option.rect
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setLayoutDirection(option.direction)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selected"))
            painter.drawRoundedRect(rect, 5, 5)
        line = QFontMetrics(theme.font(13)).height()
        ring = QRect(rect.left() + self.PADDING, rect.top() + 6 + (line - self.RING) // 2, self.RING, self.RING)
        ring = QStyle.visualRect(option.direction, rect, ring)
        painter.setBrush(theme.color("surface"))
        painter.setPen(QPen(theme.color("accent" if chosen else "muted"), 4 if chosen else 1))
        painter.drawEllipse(ring.adjusted(2, 2, -2, -2) if chosen else ring)
        inner = rect.adjusted(self.PADDING + self.RING + self.GAP, 6, -self.PADDING, -6)
        inner = QStyle.visualRect(option.direction, rect, inner)
        upper = QRect(inner.left(), inner.top(), inner.width(), line)
        self._write(painter, upper, str(index.data()), str(index.data(WHERE) or ""), mono=False, chosen=chosen)
        if index.data(ENDS):
            lower = QRect(inner.left(), upper.bottom() + 3, inner.width(), inner.bottom() - upper.bottom() - 2)
            self._write(painter, lower, str(index.data(ENDS)), str(index.data(REASON)), mono=True, chosen=chosen)
        painter.restore()

    def _write(self, painter: QPainter, room: QRect, first: str, last: str, *, mono: bool, chosen: bool) -> None:
        """Write two texts at the two ends of a line; the first gives way, or the last if the first is in mono."""
        theme = self._look.theme
        fonts = theme.mono if mono else theme.font(13), theme.font(12)
        texts = [first, last]
        widths = [QFontMetrics(font).horizontalAdvance(text) for font, text in zip(fonts, texts, strict=True)]
        yields = 1 if mono else 0
        left = max(0, room.width() - widths[1 - yields] - self.GAP)
        texts[yields] = QFontMetrics(fonts[yields]).elidedText(texts[yields], Qt.TextElideMode.ElideRight, left)
        sides = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        for text, font, side, token in zip(texts, fonts, sides, ("text", "muted"), strict=True):
            painter.setFont(font)
            painter.setPen(theme.color(theme.ink(token, selected=chosen)))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | side, text)
