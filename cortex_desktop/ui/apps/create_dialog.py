"""The Create App dialog."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QWidget

from ...domain.model import AppDetails
from ..kit.widgets import Look
from .app_form import AppDialog, option
from .model import AppsModel


class CreateAppDialog(AppDialog):
    """Asks for label, Sessions and CSRF Protection.

    proposed: what is filled in already; the label is marked, ready to be typed over. submitted(AppDetails): Create App
    was chosen; what the dialog does not ask for is as proposed.
    """

    submitted = Signal(AppDetails)

    def __init__(
        self, look: Look, model: AppsModel, place: str, parent: QWidget, proposed: AppDetails | None = None
    ) -> None:
        title = QCoreApplication.translate("CreateAppDialog", "Create App")
        text = QCoreApplication.translate(
            "CreateAppDialog", "A new API key for {place} is generated on this computer. Cortex does not know it."
        )
        super().__init__(look, model, title, text.format(place=place), title, parent)
        self.form.addLayout(self.label_rows())
        self.form.addSpacing(11)
        self.form.addLayout(option(self.sessions, self.sessions_note))
        self.form.addSpacing(16)
        self.form.addLayout(option(self.csrf, self.csrf_note))
        self.end_form()
        self._proposed = proposed or AppDetails("")
        if proposed is not None:
            self.name.setText(proposed.label)
            self.name.selectAll()
            self.sessions.setChecked(proposed.sessions)
            self.csrf.setChecked(proposed.csrf)
        self.check()
        self.name.setFocus()

    def submit(self) -> None:
        """Emit what was typed and chosen."""
        label, sessions, csrf = self.name.text(), self.sessions.isChecked(), self.csrf.isChecked()
        self.submitted.emit(replace(self._proposed, label=label, sessions=sessions, csrf=csrf))
