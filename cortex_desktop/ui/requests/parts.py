"""Small widgets of the Requests page: pickers, lists of requests, tabs."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any, NamedTuple

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QFont, QFontMetrics, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ..kit.plain import set_tip
from ..kit.widgets import Button, Look, set_property

Index = QModelIndex | QPersistentModelIndex


def mono(look: Look, size: float = 12, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The fixed-width font at this size of the design."""
    font = QFont(look.theme.mono)
    font.setPixelSize(look.theme.px(size))
    font.setWeight(weight)
    return font


class ElidedText(QWidget):
    """One line of muted text, shortened where it does not fit, and whole in its tool tip.

    is_mono: an address, which is shortened in its middle.
    """

    def __init__(self, look: Look, *, is_mono: bool) -> None:
        super().__init__()
        self._look = look
        self.text = ""
        self._elide = Qt.TextElideMode.ElideMiddle if is_mono else Qt.TextElideMode.ElideRight
        self.setFont(mono(look) if is_mono else look.theme.font(13))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        look.theme.changed.connect(self.update)

    def show_text(self, text: str) -> None:
        """Show this text."""
        self.text = text
        set_tip(self, text)
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        width = QFontMetricsF(self.font()).horizontalAdvance(self.text)  # rounded down, it would be shortened
        return QSize(ceil(width), self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._look.theme.px(42), self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self._look.theme.color("muted"))
        shown = self.fontMetrics().elidedText(self.text, self._elide, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading, shown)


class ScrollBody(QWidget):
    """What is scrolled: as high as its wrapped sentences make it, which a scroll area does not ask for."""

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        layout = self.layout()
        if layout is not None and event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self.setMinimumHeight(max(0, layout.minimumHeightForWidth(self.width())))
        return done


class Picker(QAbstractButton):
    """Shows what is chosen, and opens the choice when clicked."""

    def __init__(self, look: Look, width: int) -> None:
        super().__init__()
        self._look = look
        self._width = width
        self._icon = ""
        self._dot = ""
        self._filled = True
        self._title = ""
        self._more = ""
        self._is_mono = False
        self._is_alarm = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        look.theme.changed.connect(self.update)

    def show_choice(
        self,
        title: str,
        more: str,
        *,
        icon: str = "",
        dot: str = "",
        filled: bool = True,
        is_mono: bool = False,
        is_alarm: bool = False,
    ) -> None:
        """Show a title with something after it. dot: a colour's token, drawn as a ring unless `filled`."""
        self._title, self._more, self._icon, self._dot = title, more, icon, dot
        self._filled, self._is_mono, self._is_alarm = filled, is_mono, is_alarm
        set_tip(self, f"{title} {more}".strip())
        self.updateGeometry()
        self.update()

    def _fonts(self) -> tuple[QFont, QFont]:
        theme = self._look.theme
        return theme.font(13, QFont.Weight.DemiBold), mono(self._look) if self._is_mono else theme.font(12)

    def sizeHint(self) -> QSize:
        px, (title, more) = self._look.theme.px, self._fonts()
        words = QFontMetrics(title).horizontalAdvance(self._title) + QFontMetrics(more).horizontalAdvance(self._more)
        return QSize(min(max(px(self._width), words + 84), px(360)), px(34))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._look.theme.px(150), self._look.theme.px(34))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._look.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(theme.color("danger" if self._is_alarm else "strong_line"))
        painter.setBrush(theme.color("raised"))
        painter.drawRoundedRect(room, 7, 7)
        inside = self.rect().adjusted(10, 0, -8, 0)
        direction = self.layoutDirection()

        def place(rect: QRect) -> QRect:
            return QStyle.visualRect(direction, self.rect(), rect)

        if self._icon:
            box = QRect(inside.left(), inside.top(), 16, inside.height())
            self._look.icons.paint(painter, place(box), self._icon, "muted")
            inside.setLeft(box.right() + 8)
        if self._dot:
            color = theme.color(self._dot)
            painter.setPen(QPen(color, 1.5))
            painter.setBrush(color if self._filled else Qt.BrushStyle.NoBrush)
            box = place(QRect(inside.left(), inside.center().y() - 3, 8, 8))
            painter.drawEllipse(QRectF(box))
            inside.setLeft(inside.left() + 16)
        self._look.icons.paint(
            painter, place(QRect(inside.right() - 16, inside.top(), 16, inside.height())), "chevrons-up-down", "muted"
        )
        inside.setRight(inside.right() - 24)
        title, more = self._fonts()
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading
        reserved = min(QFontMetrics(more).horizontalAdvance(self._more), inside.width() // 2)
        metrics = QFontMetrics(title)
        text = metrics.elidedText(self._title, Qt.TextElideMode.ElideRight, inside.width() - reserved - 6)
        painter.setFont(title)
        painter.setPen(theme.color("danger" if self._is_alarm else "text"))
        painter.drawText(place(inside), flags, text)
        inside.setLeft(inside.left() + metrics.horizontalAdvance(text) + 8)
        painter.setFont(more)
        painter.setPen(theme.color("muted"))
        cut = QFontMetrics(more).elidedText(self._more, Qt.TextElideMode.ElideRight, inside.width())
        painter.drawText(place(inside), flags, cut)


class Row(NamedTuple):
    """One line of a list of requests.

    end: at the far side, in the colour `tone`; icon: before it; payload: what is emitted; spoken: by a screen reader.
    """

    method: str
    text: str
    payload: object
    end: str = ""
    tone: str = "muted"
    icon: str = ""
    is_mono: bool = False
    is_off: bool = False
    spoken: str = ""


class _Rows(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: Sequence[Row] = ()

    def show(self, rows: Sequence[Row]) -> None:
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not 0 <= index.row() < len(self.rows):
            return None
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.spoken or f"{row.method} {row.text} {row.end}".strip()
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.method} {row.text}"
        return None


class _RowPainter(QStyledItemDelegate):
    def __init__(self, look: Look, model: _Rows, height: int) -> None:
        super().__init__(model)
        self._look = look
        self._model = model
        self.height = look.theme.px(height)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(60, self.height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, row = self._look.theme, self._model.rows[index.row()]
        room: QRect = option.rect
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        focused = chosen and bool(option.state & QStyle.StateFlag.State_HasFocus)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen:
            painter.setPen(theme.color("accent") if focused else Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selected"))
            painter.drawRoundedRect(QRectF(room).adjusted(8.5, 0.5, -8.5, -0.5), 6, 6)
        inside = room.adjusted(16, 0, -16, 0)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute
        mirrored = option.direction == Qt.LayoutDirection.RightToLeft
        near = flags | (Qt.AlignmentFlag.AlignRight if mirrored else Qt.AlignmentFlag.AlignLeft)

        def place(rect: QRect) -> QRect:
            return QStyle.visualRect(option.direction, room, rect)

        small = mono(self._look, 11)
        metrics = QFontMetrics(small)
        if row.end:
            width = metrics.horizontalAdvance(row.end) + 2
            box = QRect(inside.right() - width, inside.top(), width, inside.height())
            painter.setFont(small)
            painter.setPen(theme.color(theme.ink(row.tone, selected=chosen)))
            painter.drawText(place(box), near, row.end)
            inside.setRight(box.left() - 8)
        if row.icon:
            box = QRect(inside.right() - 14, inside.top(), 14, inside.height())
            self._look.icons.paint(painter, place(box), row.icon, "muted", 13)
            inside.setRight(box.left() - 6)
        painter.setFont(small)
        painter.setPen(theme.color(theme.ink("muted", selected=chosen)))
        box = QRect(inside.left(), inside.top(), theme.px(34), inside.height())
        painter.drawText(place(box), near, row.method[:4] if row.method != "DELETE" else "DEL")
        inside.setLeft(inside.left() + theme.px(36))
        font = mono(self._look, 11.5) if row.is_mono else theme.font(13)
        if chosen and not row.is_mono:
            font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(theme.color(theme.ink("muted" if row.is_off else "text", selected=chosen)))
        side = Qt.TextElideMode.ElideMiddle if row.is_mono else Qt.TextElideMode.ElideRight
        painter.drawText(place(inside), near, QFontMetrics(font).elidedText(row.text, side, inside.width()))
        painter.restore()


class RowList(QListView):
    """A list of requests. chosen(payload): by a click or Enter; dropped(payload): Delete was pressed."""

    chosen = Signal(object)
    dropped = Signal(object)

    def __init__(self, look: Look, name: str, height: int = 32) -> None:
        super().__init__()
        self.setObjectName("rows")
        self.setAccessibleName(name)
        self._rows = _Rows(self)
        self.setModel(self._rows)
        self.painter = _RowPainter(look, self._rows, height)
        self.setItemDelegate(self.painter)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.clicked.connect(self._choose)
        look.theme.changed.connect(self.viewport().update)

    def show_rows(self, rows: Sequence[Row], current: object = None) -> None:
        """List these. current: the payload of the one that is marked."""
        if tuple(rows) != self._rows.rows:
            self._rows.show(rows)
        at = next((number for number, row in enumerate(rows) if row.payload == current), None)
        if current is None or at is None:
            self.clearSelection()
        else:
            self.setCurrentIndex(self._rows.index(at, 0))

    def fit(self, most: int = 99) -> None:
        """Be as high as the rows, and scroll beyond `most`."""
        self.setFixedHeight(min(self._rows.rowCount(), most) * self.painter.height)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if index.isValid() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self._choose(index)
        elif index.isValid() and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.dropped.emit(self._rows.rows[index.row()].payload)
        else:
            super().keyPressEvent(event)

    @Slot(QModelIndex)
    def _choose(self, index: QModelIndex) -> None:
        self.chosen.emit(self._rows.rows[index.row()].payload)


class Choice(QWidget):
    """Buttons of which one is down. chosen(str): its name. style: "tab" or "segment".

    wanted: the name of the one that a person chose last, to come back to after `choose`.
    """

    chosen = Signal(str)

    def __init__(self, names: Sequence[tuple[str, str]], style: str) -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        self.buttons: dict[str, QPushButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16 if style == "tab" else 0)
        for number, (name, text) in enumerate(names):
            button = QPushButton(text)
            button.setObjectName(style)
            button.setCheckable(True)
            button.setProperty("place", "first" if number == 0 else "last" if number == len(names) - 1 else "middle")
            self._group.addButton(button)
            button.clicked.connect(lambda _, name=name: self.want(name))
            row.addWidget(button)
            self.buttons[name] = button
        self.current = self.wanted = names[0][0]
        self.buttons[self.current].setChecked(True)

    def want(self, name: str) -> None:
        """Have this one down, as a person wants it; a name that there is not changes nothing."""
        if name in self.buttons:
            self.wanted = name
            self.choose(name)

    def choose(self, name: str) -> None:
        """Press this button in, and the others out."""
        self.buttons[name].setChecked(True)
        if name != self.current:
            self.current = name
            self.chosen.emit(name)


class SendButton(Button):
    """The main button, with its keys."""

    def __init__(self, look: Look, keys: str) -> None:
        super().__init__("", look, "primary")
        self._keys = keys
        self.setObjectName("send")
        self.hint_shown = True
        self._has_room = True

    def set_narrow(self, narrow: bool) -> None:
        """Leave the keys out where there is little room."""
        self._has_room = not narrow
        self._show_hint(self.hint_shown)

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(hint.width() + (self._chip() + 12 if self.hint_shown and self._has_room else 0), hint.height())

    def _chip(self) -> int:
        return QFontMetrics(self._look.theme.font(11)).horizontalAdvance(self._keys) + 12

    def set_words(self, text: str, *, hint: bool, primary: bool = True) -> None:
        """Show this text. hint: with the keys after it; primary: as what one does next."""
        set_property(self, "role", "primary" if primary else "")
        self.setText(text)
        self._show_hint(hint)

    def _show_hint(self, hint: bool) -> None:
        self.hint_shown = hint
        set_property(self, "hint", hint and self._has_room)
        self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not (self.hint_shown and self._has_room):
            return
        painter, theme = QPainter(self), self._look.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        token = "muted" if not self.isEnabled() else "on_accent" if self.property("role") == "primary" else "text"
        painter.setPen(theme.color(token))
        painter.setFont(theme.font(11))
        width = self._chip()
        box = QRect(self.width() - width - 14, (self.height() - 18) // 2, width, 18)
        box = QStyle.visualRect(self.layoutDirection(), self.rect(), box)
        painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._keys)


class PathEdit(QLineEdit):
    """The path of a request. walked(int): Alt+Up (-1) or Alt+Down (1), to go through the history."""

    walked = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.modifiers() & Qt.KeyboardModifier.AltModifier and event.key() in steps:
            self.walked.emit(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)
