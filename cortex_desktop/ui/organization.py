"""The Organization dialog: what stands in the first request, and how the org is called here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from ..domain.errors import CortexError
from ..domain.model import Environment, Org, clean_org
from .i18n import say
from .sheet import Sheet
from .widgets import Button, Look, label

ENDPOINTS = ("https://api.dev.medable.com", "https://api.medable.com", "https://api-eu1.medable.com")
"""Presets; any https address can be typed, since Medable has more than are documented."""


class OrganizationDialog(Sheet):
    """saved(Org): the org as it should be from now on."""

    saved = Signal(object)

    def __init__(self, look: Look, org: Org, environment_name: Callable[[Environment], str], parent: QWidget) -> None:
        super().__init__(
            look,
            QCoreApplication.translate("OrganizationDialog", "Organization"),
            QCoreApplication.translate("OrganizationDialog", "How this org is called here, and where its API is."),
            480,
            parent,
        )
        self._org = org
        self.name = QLineEdit(org.name)
        self.code = QLineEdit(org.code)
        self.environment = QComboBox()
        for environment in list(Environment)[:4]:
            self.environment.addItem(environment_name(environment), environment)
        self.environment.setCurrentIndex(max(0, self.environment.findData(org.environment)))
        self.endpoint = QComboBox()
        self.endpoint.setEditable(True)
        self.endpoint.addItems(ENDPOINTS)
        self.endpoint.setCurrentText(org.endpoint)
        self._note = label(" ", "fieldNote", wrap=True)
        self._note.setProperty("tone", "danger")
        for text, field in (
            (self.tr("Name"), self.name),
            (self.tr("Code"), self.code),
            (self.tr("Environment"), self.environment),
            (self.tr("API endpoint"), self.endpoint),
        ):
            name = label(text, "strong")
            name.setBuddy(field)
            field.setAccessibleName(text)
            self.form.addWidget(name)
            self.form.addSpacing(6)
            self.form.addWidget(field)
            self.form.addSpacing(14)
        self.form.addWidget(self._note)
        cancel = Button(self.tr("Cancel"), look)
        cancel.setAutoDefault(False)
        self.save = Button(self.tr("Save"), look, "primary")
        self.save.setDefault(True)
        self.foot.addWidget(cancel)
        self.foot.addWidget(self.save)
        cancel.clicked.connect(self.reject)
        self.save.clicked.connect(self._save)
        self.name.setFocus()

    @Slot()
    def _save(self) -> None:
        try:
            org = clean_org(
                replace(
                    self._org,
                    name=self.name.text(),
                    code=self.code.text(),
                    environment=self.environment.currentData(),
                    endpoint=self.endpoint.currentText(),
                )
            )
        except CortexError as error:
            self._note.setText(f"{say(error.title)}. {say(error.message)} {say(error.advice)}")
            return
        self.saved.emit(org)
        self.accept()
