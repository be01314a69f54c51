"""Asks what an app is to be called that is brought back from an item in the keychain."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from ...domain.rules import LABEL_LENGTH
from ..kit.dialog import WaitingDialog
from ..kit.widgets import Look, label
from .app_form import field


class BringBackDialog(WaitingDialog):
    """Asks for the label. proposed: what to call it unless the person knows better. submitted(str): bring it back."""

    submitted = Signal(str)

    def __init__(self, look: Look, proposed: str, parent: QWidget) -> None:
        translate = QCoreApplication.translate
        self.label = QLineEdit(proposed)
        super().__init__(
            look,
            translate("BringBackDialog", "Bring back an app"),
            translate("BringBackDialog", "The keychain holds its key, but not the name that it had."),
            translate("BringBackDialog", "Bring back"),
            parent,
            fields=(self.label,),
        )
        name = self.tr("Label")
        self.label.setAccessibleName(name)
        self.label.setMaxLength(LABEL_LENGTH)
        self._note = label(" ", "fieldNote", wrap=True)
        self.form.addLayout(field(name, self.label))
        self.form.addSpacing(5)
        self.form.addWidget(self._note)
        self.end_form()
        self.label.textChanged.connect(self._check)
        self.do.clicked.connect(self._submit)
        self.label.selectAll()
        self.label.setFocus()

    def show_below(self, text: str) -> None:
        """Show a sentence under the field."""
        self._note.setText(text)

    @Slot()
    def _check(self) -> None:
        self.do.setEnabled(bool(self.label.text().strip()) and not self.busy)

    @Slot()
    def _submit(self) -> None:
        if not self.busy:
            self.begin()
            self.submitted.emit(self.label.text())
