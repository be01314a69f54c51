"""Gives a search a name, or another one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from ..kit.dialog import Dialog
from ..kit.widgets import Button, Look, label

NAME_LENGTH = 60


class SaveFilterDialog(Dialog):
    """Asks for the name of a search. saved(name): keep it under this one."""

    saved = Signal(str)

    def __init__(self, look: Look, text: str, names: Sequence[str], parent: QWidget, name: str = "") -> None:
        """names: that are taken; name: of before, for a search that has one."""
        translate = QCoreApplication.translate
        title = translate("SaveFilterDialog", "Save filter")
        if name:
            title = translate("SaveFilterDialog", "Rename filter")
        subtitle = translate(
            "SaveFilterDialog", "It is listed under Saved, and suggested when you type its name in the search."
        )
        super().__init__(look, title, subtitle, 420, parent)
        self._names = names
        name_label = label(self.tr("Name"), "strong")
        self.name = QLineEdit()
        self.name.setAccessibleName(self.tr("Name"))
        self.name.setMaxLength(NAME_LENGTH)
        self.name.setText(name)
        self.name.selectAll()
        name_label.setBuddy(self.name)
        filter_label = label(self.tr("Filter"), "strong")
        shown = QLineEdit(text)
        shown.setReadOnly(True)
        shown.setAccessibleName(self.tr("Filter"))
        shown.setCursorPosition(0)
        filter_label.setBuddy(shown)
        self._note = label("", "fieldNote", wrap=True)
        for above, field in ((name_label, self.name), (filter_label, shown)):
            self.form.addWidget(above)
            self.form.addSpacing(6)
            self.form.addWidget(field)
            self.form.addSpacing(12)
        self.form.addWidget(self._note)
        self.form.addStretch()
        self._save = Button(self.tr("Rename") if name else self.tr("Save"), look, "primary")
        self._save.setDefault(True)
        cancel = Button(self.tr("Cancel"), look)
        cancel.setAutoDefault(False)
        self.foot.addWidget(cancel)
        self.foot.addWidget(self._save)
        self.name.textChanged.connect(self._check)
        cancel.clicked.connect(self.reject)
        self._save.clicked.connect(self._accept)
        self._check()
        self.name.setFocus()

    @Slot()
    def _check(self) -> None:
        name = self.name.text().strip()
        self._save.setEnabled(bool(name))
        taken = name in self._names
        self._note.setText(self.tr("The saved filter of this name will be replaced.") if taken else " ")

    @Slot()
    def _accept(self) -> None:
        self.saved.emit(self.name.text().strip())
        self.accept()
