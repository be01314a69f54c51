"""The first visit: three steps to the first answer."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from ..kit.i18n import short
from ..kit.plain import set_tip
from ..kit.scrolling import bring_into_view, lay_beside
from ..kit.widgets import Badge, Button, Look, Picture, announce, label, set_property
from .parts import ScrollBody, mono


class Step(NamedTuple):
    """One step as shown. line: in the fixed-width font; action: on its button."""

    title: str
    text: str
    line: str
    action: str


class _Number(QWidget):
    """The number of a step in a ring, or a check."""

    def __init__(self, look: Look, number: int) -> None:
        super().__init__()
        self._look = look
        self._number = number
        self.state = "later"
        self.setFixedSize(28, 28)
        look.theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._look.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.state == "done":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("success_soft"))
            painter.drawEllipse(self.rect())
            self._look.icons.paint(painter, self.rect(), "check", "success")
            return
        token = "accent" if self.state == "next" else "strong_line"
        painter.setPen(QPen(theme.color(token), 1.5))
        painter.drawEllipse(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.setPen(theme.color("accent" if self.state == "next" else "muted"))
        font = theme.font(13)
        font.setBold(True)
        painter.setFont(font)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, str(self._number))


class _StepRow(QFrame):
    def __init__(self, look: Look, number: int) -> None:
        super().__init__()
        self.setObjectName("step")
        self._number = number
        self.ring = _Number(look, number)
        self.title = label("", "strong", wrap=True)
        self.text = label("", "subtitle", wrap=True)
        self.line = label("", "mono", wrap=True)
        self.line.setFont(mono(look))
        self.button = Button("", look, "primary")
        self.done = Badge(look)
        words = QVBoxLayout()
        words.setSpacing(4)
        for part in (self.title, self.text, self.line):
            words.addWidget(part)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 18, 20, 18)
        row.setSpacing(16)
        row.addWidget(self.ring)
        row.addLayout(words, 1)
        row.addWidget(self.button)
        row.addWidget(self.done, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_step(self, step: Step, state: str, done: str) -> None:
        """Show this step. state: "done", "next", "busy" or "later"."""
        self.title.setText(step.title)
        self.text.setText(step.text)
        self.line.setText(step.line.replace("/", "/\u200b"))  # a long address breaks there
        self.line.setVisible(bool(step.line))
        self.ring.state = state
        self.ring.update()
        self.button.setText(step.action)
        self.button.setVisible(state != "done")
        self.button.setEnabled(state in ("next", "busy"))  # one that is off would lose the keyboard
        self.done.setVisible(state == "done")
        self.done.set_state(done, "success")
        words = {
            "done": self.tr("{number} of 3, {title}, done"),
            "next": self.tr("{number} of 3, {title}, next"),
            "busy": self.tr("{number} of 3, {title}, under way"),
            "later": self.tr("{number} of 3, {title}, later"),
        }
        self.setAccessibleName(words[state].format(number=self._number, title=step.title))


class FirstVisit(QFrame):
    """Shows the steps. step_asked(int): from 0; elsewhere_asked: the org's endpoint instead; skip_asked."""

    step_asked = Signal(int)
    elsewhere_asked = Signal()
    skip_asked = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("card")
        self._look = look
        badge = Picture("terminal", look, "accent", 24, 52)
        badge.setObjectName("badge")
        title = label(self.tr("Make your first API request"), "emptyTitle")
        self._subtitle = label("", "subtitle", wrap=True)
        self._subtitle.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._problem = label("", "fieldNote", wrap=True)
        self._problem.setProperty("tone", "danger")
        self._problem.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._problem.hide()
        middle = Qt.AlignmentFlag.AlignHCenter
        box = QFrame()
        box.setObjectName("steps")
        box.setMaximumWidth(look.theme.px(600))
        box.setMinimumWidth(look.theme.px(300))
        box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        steps = QVBoxLayout(box)
        steps.setContentsMargins(1, 1, 1, 1)
        steps.setSpacing(0)
        self.rows = [_StepRow(look, number) for number in (1, 2, 3)]
        for number, row in enumerate(self.rows):
            set_property(row, "last", number == 2)
            steps.addWidget(row)
            row.button.clicked.connect(lambda _, number=number: self.step_asked.emit(number))
        note = label(
            self.tr(
                "The sandbox answers as the documentation says Cortex does, and marks where that is our reading. "
                "Nothing here was tried on a real Cortex."
            ),
            "hint",
            wrap=True,
        )
        note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.elsewhere = Button("", look, "link")
        self.skip = Button(self.tr("Start with an empty request"), look, "link")
        self._links = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._links.addStretch()
        for part in (self.elsewhere, label(self.tr("or"), "hint"), self.skip):
            self._links.addWidget(part, 0, middle)
        self._links.addStretch()
        body = ScrollBody()
        body.setObjectName("plainBody")
        inside = QVBoxLayout(body)
        inside.setContentsMargins(16, 24, 16, 24)
        inside.setSpacing(10)
        inside.addStretch()
        inside.addWidget(badge, 0, middle)
        inside.addSpacing(8)
        inside.addWidget(title, 0, middle)
        inside.addWidget(self._subtitle)
        inside.addWidget(self._problem)
        inside.addSpacing(6)
        centred = QHBoxLayout()  # an alignment would not ask how high its wrapped sentences get
        centred.addStretch(1)
        centred.addWidget(box, 100)
        centred.addStretch(1)
        inside.addLayout(centred)
        inside.addSpacing(6)
        inside.addWidget(note)
        inside.addSpacing(4)
        inside.addLayout(self._links)
        inside.addStretch()
        scroll = QScrollArea()
        scroll.setObjectName("plainScroll")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(body)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 8, 1, 8)
        column.addWidget(scroll)
        self.elsewhere.clicked.connect(self.elsewhere_asked)
        self.skip.clicked.connect(self.skip_asked)

    def show_steps(self, app_label: str, host: str, steps: list[Step], at: int, *, busy: bool, problem: str) -> None:
        """Show how far the person is. at: the next step, from 0; problem: why the last one did not work."""
        self._subtitle.setText(
            self.tr("Three steps with {label}. No account and no network needed.").format(label=short(app_label))
        )
        self.elsewhere.setText(self.tr("Send to {host} instead").format(host=short(host)))
        set_tip(self.elsewhere, host)
        had_keyboard = any(row.button.hasFocus() for row in self.rows)
        for number, (row, step) in enumerate(zip(self.rows, steps, strict=True)):
            state = "done" if number < at else "later" if number > at else "busy" if busy else "next"
            row.show_step(step, state, self.tr("Running") if number == 0 else self.tr("Done"))
        if problem != self._problem.text():
            self._problem.setText(problem)
            announce(self, problem)
        self._problem.setVisible(bool(problem))
        if had_keyboard or self.focusWidget() in (None, self):
            self.take_keyboard()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        fits = self.elsewhere.sizeHint().width() + self.skip.sizeHint().width() + 80 <= self.width()
        lay_beside(self._links, fits)

    def take_keyboard(self) -> None:
        """Put the keyboard on the next step."""
        for row in self.rows:
            if row.button.isVisibleTo(self) and row.button.isEnabled():
                row.button.setFocus()
                QTimer.singleShot(0, row, partial(bring_into_view, row))  # once it is laid out
                return
