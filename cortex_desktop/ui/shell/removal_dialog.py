"""Remove all data: everything that this program keeps on this computer, after a typed word."""

from __future__ import annotations

import os

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from ..kit.dialog import WaitingDialog
from ..kit.widgets import Look, label, set_property


class RemovalDialog(WaitingDialog):
    """Asks for the word that stands in the question. keychain, folder: what is emptied; in_use: who would miss it.

    confirmed: it was typed, and the button chosen.
    """

    confirmed = Signal()

    def __init__(self, look: Look, keychain: str, folder: str, in_use: str, parent: QWidget) -> None:
        translate = QCoreApplication.translate
        title = translate("RemovalDialog", "Remove all data from this computer?")
        text = translate(
            "RemovalDialog",
            "All apps of all organizations are removed for good, deleted ones too: their keys from {keychain}, and "
            "the data folder {folder} with its backups and settings. Nothing changes in Cortex: it goes on taking keys "
            "that it made. Cortex Desktop then closes.",
        )
        self.word = translate("RemovalDialog", "remove")
        self.typed = QLineEdit()
        action = translate("RemovalDialog", "Remove all data")
        breakable = folder.replace(os.sep, os.sep + "\u200b")  # a long path would be cut off in the sentence
        filled = text.format(keychain=keychain or translate("RemovalDialog", "the keychain"), folder=breakable)
        super().__init__(look, title, filled, action, parent, fields=(self.typed,))
        self.doing = self.tr("Removing the keys from the keychain…")
        set_property(self.do, "role", "danger")
        if in_use:
            self.form.addWidget(label(in_use, "strong", wrap=True))
            self.form.addSpacing(16)
        question = label(self.tr("Type “{word}” to confirm").format(word=self.word), "strong")
        question.setBuddy(self.typed)
        self.typed.setAccessibleName(question.text())
        self._note = label("", "fieldNote", wrap=True)
        self.form.addWidget(question)
        self.form.addSpacing(7)
        self.form.addWidget(self.typed)
        self.form.addSpacing(5)
        self.form.addWidget(self._note)
        self.end_form()
        self.typed.textChanged.connect(self._check)
        self.do.clicked.connect(self._confirm)
        self._check()
        self.typed.setFocus()

    def set_busy(self, busy: bool) -> None:
        """Wait, or let the person act again, if the word is there."""
        super().set_busy(busy)
        self._check()

    def show_below(self, text: str) -> None:
        """Show a sentence under the field."""
        self._note.setText(text)
        self.fit()

    @Slot()
    def _check(self) -> bool:
        right = self.typed.text().strip().casefold() == self.word.casefold()
        self.do.setEnabled(right and not self.busy)
        return right

    @Slot()
    def _confirm(self) -> None:
        if not self.busy and self._check():
            self.begin()
            self.confirmed.emit()
