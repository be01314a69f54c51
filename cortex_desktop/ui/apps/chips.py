"""The filters in force as chips, each with an x that takes it away."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QStyle, QWidget

from ..kit.plain import entry, set_tip
from ..kit.table import ELIDE, LEADING
from ..kit.widgets import Button, Look

HEIGHT, PADDING, CROSS, GAP = 28, 12, 14, 8
"""Of a chip, of its words, of its x, and between chips: pixels at 13 px text."""

ERASING = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


class Chip(QAbstractButton):
    """A filter in force. removed: a click, Enter, Space, Delete or Backspace takes it away; stepped(int): an arrow key
    goes to the next chip (1) or to the one before (-1)."""

    removed = Signal()
    stepped = Signal(int)

    def __init__(self, meaning: str, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self._meaning = meaning
        self.setText(entry(meaning))
        self.setAccessibleName(self.tr("Remove filter: {filter}").format(filter=meaning))
        set_tip(self, self.accessibleName())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self.removed)

    def sizeHint(self) -> QSize:
        px, metrics = self._look.theme.px, QFontMetrics(self._look.theme.font(13))
        return QSize(metrics.horizontalAdvance(self._meaning) + 2 * px(PADDING) + px(CROSS) + 8, px(HEIGHT))

    def event(self, event: QEvent) -> bool:
        is_asked = event.type() == QEvent.Type.ShortcutOverride
        if is_asked and isinstance(event, QKeyEvent) and event.key() in ERASING:
            event.accept()  # else the page's Delete would be about an app
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        steps = {Qt.Key.Key_Right: -1 if mirrored else 1, Qt.Key.Key_Left: 1 if mirrored else -1}
        if event.key() in (*ERASING, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.removed.emit()
        elif event.key() in steps:
            self.stepped.emit(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, px = self._look.theme, self._look.theme.px
        marked = self.underMouse() or self.isDown()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            width = 2 if self.hasFocus() else 1
            line = "accent" if self.hasFocus() or marked else "accent_soft"
            if theme.tokens.high_contrast and line == "accent_soft":
                line = "line"
            painter.setPen(QPen(theme.color(line), width))
            painter.setBrush(theme.color("accent_soft"))
            frame = QRectF(self.rect()).adjusted(width / 2, width / 2, -width / 2, -width / 2)
            painter.drawRoundedRect(frame, frame.height() / 2, frame.height() / 2)
            words = self.rect().adjusted(px(PADDING), 0, -px(PADDING) - px(CROSS) - 6, 0)
            cross = QRect(self.width() - px(PADDING) - px(CROSS) + 2, 0, px(CROSS), self.height())
            words, cross = (QStyle.visualRect(self.layoutDirection(), self.rect(), each) for each in (words, cross))
            font = theme.font(13)
            painter.setFont(font)
            painter.setPen(theme.color("text"))
            painter.drawText(words, LEADING, QFontMetrics(font).elidedText(self._meaning, ELIDE, words.width()))
            self._look.icons.paint(painter, cross, "x", "text" if marked else "muted", px(CROSS))


class Chips(QWidget):
    """A row of chips, in several lines where they need them; hidden without a chip. before: comes before them for Tab.

    removed(word): take this filter away; cleared: take all away; save_asked: keep the search; left: the last chip that
    had the keyboard is gone.
    """

    removed = Signal(str)
    cleared = Signal()
    save_asked = Signal()
    left = Signal()

    def __init__(self, look: Look, before: QWidget) -> None:
        super().__init__()
        self._look = look
        self._before = before
        self._chips: dict[str, Chip] = {}
        self.setAccessibleName(self.tr("Filters"))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._save = Button(self.tr("Save filter…"), look, "link")
        self._clear = Button(self.tr("Clear all"), look, "link")
        for button, signal in ((self._clear, self.cleared), (self._save, self.save_asked)):
            button.setParent(self)
            button.clicked.connect(signal)
        self.hide()

    @property
    def words(self) -> list[str]:
        """The filters shown."""
        return list(self._chips)

    def show_filters(self, meanings: dict[str, str], *, saved: bool) -> None:
        """Show these filters: what each means, by its word. saved: the search has a name already."""
        self._save.setVisible(not saved)
        if list(meanings) == self.words:
            self._place()
            return
        place = next((n for n, chip in enumerate(self._chips.values()) if chip.hasFocus()), -1)
        for word in [word for word in self._chips if word not in meanings]:
            chip = self._chips.pop(word)
            chip.hide()
            chip.deleteLater()
        made = {word: self._chips.get(word) or self._make(word, meaning) for word, meaning in meanings.items()}
        for one, after in pairwise((self._before, *made.values(), self._clear, self._save)):
            QWidget.setTabOrder(one, after)
        self._chips = made
        if place >= 0 and not any(chip.hasFocus() for chip in made.values()):
            self._focus(min(place, len(made) - 1))
        parent = self.parentWidget()
        if self.isHidden() and parent is not None:  # as wide as it will be
            self.resize(parent.width(), self.height())
        self.setVisible(bool(made))
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self._place()

    # Inside

    def _make(self, word: str, meaning: str) -> Chip:
        chip = Chip(meaning, self._look, self)
        chip.removed.connect(partial(self.removed.emit, word))
        chip.stepped.connect(partial(self._step, word))
        chip.show()
        return chip

    def _step(self, word: str, step: int) -> None:
        place = self.words.index(word) + step
        if 0 <= place < len(self._chips):
            self._focus(place)

    def _focus(self, place: int) -> None:
        chips: Sequence[Chip] = list(self._chips.values())
        if chips:
            chips[place].setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.left.emit()

    def _place(self) -> None:
        """Lay the parts out in lines, as high as they are."""
        height = max(self._look.theme.px(HEIGHT), self._clear.minimumSizeHint().height())
        width, x, y = self.width(), 0, 0
        shown = [*self._chips.values(), self._clear, *([] if self._save.isHidden() else [self._save])]
        for part in shown:
            wanted = min(part.sizeHint().width(), width)
            if x and x + wanted > width:
                x, y = 0, y + height + GAP
            part.setGeometry(QStyle.visualRect(self.layoutDirection(), self.rect(), QRect(x, y, wanted, height)))
            x += wanted + GAP
        self.setFixedHeight(y + height)
