"""The details panel while several apps are selected."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import QBoxLayout, QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ...domain.model import App
from ..kit.widgets import Button, IconButton, Look, label
from .model import AppsModel, Status

NAMED = 8
"""Labels listed at most."""


class BackButton(Button):
    """Leads from the details back to the table, where the two have no room beside each other."""

    def __init__(self, look: Look) -> None:
        super().__init__("", look, "link", icon="arrow-left")
        self.setText(self.tr("Apps"))
        self.setAccessibleName(self.tr("Back to Apps"))
        self._point()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self._point()

    def _point(self) -> None:
        self.set_icon("arrow-right" if self.isRightToLeft() else "arrow-left")


class ManyPanel(QWidget):
    """Shows how many apps are selected and what they have in common; emits what the person wants done to all.

    foot: the buttons, to stand below what scrolls.
    """

    rotate_asked = Signal()
    enable_asked = Signal()
    disable_asked = Signal()
    delete_asked = Signal()
    closed = Signal()

    def __init__(self, look: Look, model: AppsModel, room: int) -> None:
        """room: the width in pixels that the buttons have."""
        super().__init__()
        self.setObjectName("detailsBody")
        self._model = model
        self._room = room
        self._title = label("", "detailsTitle", wrap=True)
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.close_button = IconButton("x", self.tr("Close details"), look)
        self.back = BackButton(look)
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(12)
        self._facts.setVerticalSpacing(12)
        self._facts.setColumnMinimumWidth(0, look.theme.px(100))
        self._facts.setColumnStretch(1, 1)
        self._values: dict[Status | str, tuple[QLabel, QLabel]] = {}
        for status in Status:
            self._add_fact(status, model.status_words(status)[0])
        self._add_fact("sessions", self.tr("With Sessions"))
        self._add_fact("kept", self.tr("With earlier keys"))
        self._names = label("", "subtitle", wrap=True)
        self.rotate = Button(self.tr("Rotate keys"), look, icon="rotate-cw")
        self.enable = Button(self.tr("Enable"), look)
        self.disable = Button(self.tr("Disable"), look)
        for button in (self.enable, self.disable):
            button.setToolTip(self.tr("On this computer only. Nothing changes in Cortex."))
        self.delete = Button(self.tr("Delete"), look, "danger")
        self._lines = [QBoxLayout(QBoxLayout.Direction.LeftToRight) for _ in range(2)]

        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 20)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self.close_button)
        column.addWidget(self.back, 0, Qt.AlignmentFlag.AlignLeft)
        column.addLayout(head)
        column.addSpacing(16)
        column.addLayout(self._facts)
        column.addSpacing(18)
        column.addWidget(label(self.tr("Apps"), "strong"))
        column.addSpacing(6)
        column.addWidget(self._names)
        column.addStretch()
        self.foot = QFrame()
        self.foot.setObjectName("detailsFoot")
        lines = QVBoxLayout(self.foot)
        lines.setContentsMargins(20, 12, 20, 12)
        lines.setSpacing(8)
        for line, buttons in zip(self._lines, ((self.rotate, self.disable), (self.enable, self.delete)), strict=True):
            line.setSpacing(8)
            for button in buttons:
                button.setProperty("compact", True)
                line.addWidget(button)
            line.addStretch()
            lines.addLayout(line)
        self.close_button.clicked.connect(self.closed)
        self.back.clicked.connect(self.closed)
        self.rotate.clicked.connect(self.rotate_asked)
        self.enable.clicked.connect(self.enable_asked)
        self.disable.clicked.connect(self.disable_asked)
        self.delete.clicked.connect(self.delete_asked)

    def show_apps(self, apps: Sequence[App], busy: bool) -> None:
        """Show what these have in common. busy: bulk work is under way, and so none can begin."""
        self._title.setText(self.tr("%Ln app(s) selected", "", len(apps)))
        statuses = [self._model.status(app) for app in apps]
        counts: dict[Status | str, int] = {status: statuses.count(status) for status in Status}
        counts["sessions"] = sum(app.sessions for app in apps)
        counts["kept"] = sum(bool(app.kept) for app in apps)
        for name, (title, value) in self._values.items():
            for part in (title, value):
                part.setVisible(counts[name] > 0)
            value.setText(self.locale().toString(counts[name]))
        names = [app.label for app in apps[:NAMED]]
        if len(apps) > NAMED:
            names.append(self.tr("and %Ln more", "", len(apps) - NAMED))
        self._names.setText("\n".join(names))
        self.rotate.setEnabled(not busy)
        self.delete.setEnabled(not busy)
        self.enable.setEnabled(not busy and not all(app.enabled for app in apps))
        self.disable.setEnabled(not busy and any(app.enabled for app in apps))
        self._arrange()

    @Slot()
    def _arrange(self) -> None:
        """Put two buttons side by side, or below each other where long words leave no room."""
        directions = QBoxLayout.Direction
        pairs = ((self.rotate, self.disable), (self.enable, self.delete))
        fits = all(sum(b.sizeHint().width() for b in pair) + 8 <= self._room for pair in pairs)
        for line in self._lines:
            line.setDirection(directions.LeftToRight if fits else directions.TopToBottom)

    def _add_fact(self, name: Status | str, words: str) -> None:
        row = len(self._values)
        title, value = label(words, "factName", wrap=True), label("")
        self._values[name] = (title, value)
        self._facts.addWidget(title, row, 0)
        self._facts.addWidget(value, row, 1)
