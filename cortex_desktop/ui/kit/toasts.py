"""Toasts: short messages in the corner of the window, with an action and a countdown."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from .clock import Countdown
from .widgets import Button, IconButton, Look, Picture, announce, label, shadow

TOAST_SECONDS = 8
"""How long a toast stays that asks for nothing."""

SHADOW = 20
"""Room around a toast for its shadow, in pixels."""


class Toast(QFrame):
    """One toast. acted: its action was chosen; gone: it was hidden, for whatever reason; grown: it has other words."""

    acted = Signal()
    grown = Signal()
    gone = Signal()

    def __init__(self, look: Look, icon: str, tone: str, title: str, text: str, action: str) -> None:
        super().__init__()
        self._look = look
        self._title = label(title, "strong", wrap=True)
        self._text = label(text, "hint", wrap=True)
        self._text.setVisible(bool(text))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._text)
        body = QFrame()
        body.setObjectName("toast")
        around = QVBoxLayout(self)
        around.setContentsMargins(SHADOW, SHADOW, SHADOW, SHADOW)
        around.addWidget(body)
        row = QHBoxLayout(body)
        row.setContentsMargins(14, 12, 10, 12)
        row.setSpacing(10)
        row.addWidget(Picture(icon, look, tone, 18))
        row.addLayout(words, 1)
        self.setAccessibleName(title)
        if action:
            self.action = Button(action, look, "link")
            self.action.clicked.connect(self._act)
            row.addWidget(self.action)
        close = IconButton("x", self.tr("Dismiss"), look)
        close.clicked.connect(self.leave)
        row.addWidget(close)
        self.setFixedWidth(look.theme.px(380) + 2 * SHADOW)
        self._countdown = Countdown(look.clock, self)
        self._countdown.ticked.connect(self._tick)
        self._countdown.ended.connect(self._end)
        self._seconds = 0
        self._words: Callable[[int], str] | None = None

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shadow(painter, self.rect(), SHADOW, 10)

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self.grown.emit()
        return done

    def count_down(self, seconds: int, words: Callable[[int], str] | None = None) -> None:
        """Hide the toast after `seconds`. Time under the pointer or with the focus does not count.

        words: returns the second line for the seconds left; a toast with it is hidden even while it is read.
        """
        self._seconds = seconds
        self._words = words
        self._countdown.start(seconds)
        self._tick(seconds)

    def set_text(self, text: str) -> None:
        """Set the second line."""
        self._text.setText(text)
        self._text.setVisible(bool(text))

    @Slot()
    def leave(self) -> None:
        """Hide the toast."""
        self._countdown.stop()
        if not self.isHidden():
            self.hide()
            self.gone.emit()
        self.deleteLater()

    @Slot()
    def _act(self) -> None:
        self.acted.emit()
        self.leave()

    @Slot(int)
    def _tick(self, left: int) -> None:
        if self._words is not None:
            self.set_text(self._words(left))
        elif self._is_read():
            self._countdown.start(self._seconds)

    @Slot()
    def _end(self) -> None:
        if self._words is None and self._is_read():
            self._countdown.start(self._seconds)
        else:
            self.leave()

    def _is_read(self) -> bool:
        """True while the pointer or the focus is in it."""
        focused = QApplication.focusWidget()
        return self.underMouse() or (focused is not None and self.isAncestorOf(focused))


class Toasts(QObject):
    """Keeps the messages stacked in the lower right corner of `host`, newest at the bottom, three at most.

    A message with a `topic` takes the place of an earlier one of the same topic.
    """

    def __init__(self, host: QWidget, look: Look) -> None:
        super().__init__(host)
        self.host = host
        self._look = look
        self._shown: list[tuple[str, Toast]] = []
        self._inset = self._foot = 0

    def show(
        self,
        title: str,
        text: str = "",
        *,
        icon: str = "check",
        tone: str = "success",
        action: str = "",
        topic: str = "",
    ) -> Toast:
        """Show a toast and have it read out. It stays until `count_down`, `leave` or a click hides it."""
        for shown_topic, shown in list(self._shown):
            if topic and shown_topic == topic:
                shown.leave()
        while len(self._shown) >= 3:
            self._shown[0][1].leave()
        toast = Toast(self._look, icon, tone, title, text, action)
        toast.setParent(self.host)
        self._shown.append((topic, toast))
        self.host.installEventFilter(self)  # once more is no more than once
        toast.gone.connect(self._settle)
        toast.grown.connect(self._place)
        toast.show()
        toast.raise_()
        self._place()
        announce(self.host, f"{title}. {text}")
        return toast

    @property
    def shown(self) -> list[Toast]:
        """The toasts on screen, oldest first."""
        return [toast for _, toast in self._shown]

    def keep_off(self, width: int, height: int = 0) -> None:
        """Keep so many pixels at the far side and at the bottom free, for buttons that are needed."""
        self._inset, self._foot = width, height
        self._place()

    def leave(self, topic: str) -> None:
        """Hide the toast of this topic, if there is one."""
        for shown_topic, toast in list(self._shown):
            if shown_topic == topic:
                toast.leave()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._place()
        return False

    @Slot()
    def _settle(self) -> None:
        self._shown = [(topic, toast) for topic, toast in self._shown if not toast.isHidden()]
        self._place()

    @Slot()
    def _place(self) -> None:
        bottom = self.host.height() - (self._foot + 10 if self._foot else 20) + SHADOW
        for _, toast in reversed(self._shown):
            height = max(60 + 2 * SHADOW, toast.heightForWidth(toast.width()), toast.minimumSizeHint().height())
            left_to_right = self.host.layoutDirection() == Qt.LayoutDirection.LeftToRight
            inset = self._inset if self.host.width() - self._inset >= toast.width() + 24 else 0
            x = self.host.width() - toast.width() - 24 + SHADOW - inset if left_to_right else 24 - SHADOW + inset
            toast.setGeometry(x, bottom - height, toast.width(), height)
            bottom -= height + 10 - 2 * SHADOW
