"""The frame that all dialogs share: a heading, a form, and buttons at the foot."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from .widgets import Button, Look, label


class Sheet(QDialog):
    """A dialog over the window, opened with `open()`, gone for good when it closes.

    title: in the title bar and, larger, above the form; subtitle: a sentence under it; width: at 13 px text.
    form: where a subclass puts its fields; foot: its buttons, after a stretch.
    """

    def __init__(self, look: Look, title: str, subtitle: str, width: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.look = look
        self.setWindowTitle(title)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(look.theme.px(width))
        self.form = QVBoxLayout()
        self.form.setContentsMargins(25, 22, 25, 20)
        self.form.setSpacing(0)
        self.form.addWidget(label(title, "dialogTitle", wrap=True))
        if subtitle:
            self.form.addSpacing(6)
            self.form.addWidget(label(subtitle, "subtitle", wrap=True))
        self.form.addSpacing(20)
        foot = QFrame()
        foot.setObjectName("dialogFoot")
        self.foot = QHBoxLayout(foot)
        self.foot.setContentsMargins(25, 14, 25, 14)
        self.foot.setSpacing(8)
        self.foot.addStretch()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        # A layout's own least height takes wrapped sentences for higher than they are; `fit` knows better.
        self.column.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self.column.addLayout(self.form, 1)
        self.column.addWidget(foot)

    def fit(self) -> None:
        """Be as high as the wrapped sentences make it, within the screen; a layout alone guesses that too high."""
        for child in self.findChildren(QWidget):
            child.ensurePolished()  # the style sheet's fonts decide how sentences wrap
        self.form.invalidate()
        self.column.activate()
        width = max(self.width() if self.isVisible() else 0, self.minimumWidth())
        room = self.screen().availableGeometry().height() - 60
        self.resize(width, min(room, self.column.totalHeightForWidth(width)))

    def showEvent(self, event: QShowEvent) -> None:
        if not event.spontaneous():
            self.fit()
        super().showEvent(event)


class Question(Sheet):
    """Asks before something that hurts. Enter and Esc both mean no.

    question, text: what would happen; action: the word on the button that does it. confirmed: it was chosen.
    """

    confirmed = Signal()

    def __init__(self, look: Look, question: str, text: str, action: str, parent: QWidget) -> None:
        super().__init__(look, question, "", 420, parent)
        self.form.addWidget(label(text, wrap=True))
        cancel = Button(self.tr("Cancel"), look)
        cancel.setDefault(True)
        do = Button(action, look, "danger")
        do.setAutoDefault(False)
        self.foot.addWidget(do)
        self.foot.addWidget(cancel)
        cancel.clicked.connect(self.reject)
        do.clicked.connect(self.accept)
        self.accepted.connect(self.confirmed)
        cancel.setFocus()
