"""Asks which of several keys that the keychain holds under one name is the right one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtWidgets import QWidget

from ...domain.secret import KeyEnds
from ..kit.boxes import ComboBox
from ..kit.dialog import Dialog
from ..kit.widgets import Button, Look, label


class ChooseKeyDialog(Dialog):
    """Shows the ends of each key. chosen(int): keep this one of `choices`.

    label_text: the app's label.
    """

    chosen = Signal(int)

    def __init__(self, look: Look, label_text: str, choices: Sequence[KeyEnds], parent: QWidget) -> None:
        title = QCoreApplication.translate("ChooseKeyDialog", "Which key is the right one?")
        text = QCoreApplication.translate(
            "ChooseKeyDialog",
            "The keychain holds several for “{label}”, and the list cannot tell them apart. The others stay in the "
            "keychain, each under a version of its own.",
        )
        super().__init__(look, title, text.format(label=label_text), 420, parent)
        self.keys = ComboBox()
        self.keys.setAccessibleName(title)
        for ends in choices:
            self.keys.addItem(f"{ends.head}…{ends.tail}")
        name = label(self.tr("Keep"), "strong")
        name.setBuddy(self.keys)
        self.form.addWidget(name)
        self.form.addSpacing(6)
        self.form.addWidget(self.keys)
        self.form.addStretch()
        cancel = Button(self.tr("Cancel"), look)
        cancel.setAutoDefault(False)
        self.keep = Button(self.tr("Keep this one"), look, "primary")
        self.keep.setDefault(True)
        self.foot.addWidget(cancel)
        self.foot.addWidget(self.keep)
        cancel.clicked.connect(self.reject)
        self.keep.clicked.connect(self._choose)
        self.keys.setFocus()

    @Slot()
    def _choose(self) -> None:
        self.chosen.emit(self.keys.currentIndex())
        self.accept()
