"""The fields of an org: on the Organization page, and in the dialog that adds one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from ...domain.errors import OrgError
from ...domain.model import Environment, Org
from ...domain.rules import clean_org, same_name, same_place
from ..kit.boxes import ComboBox
from ..kit.i18n import environment_name, environment_of, translate_text
from ..kit.widgets import Look, label, set_property

ENDPOINTS = (
    "https://api.dev.medable.com",
    "https://api.medable.com",
    "https://api.staging.medable.com",
    "https://api-eu1.medable.com",
    "https://api-dev-eu1.medable.com",
    "https://api-int-dev.medable.com",
)
"""Presets. Any https address can be typed, since Medable has more hosts than are documented."""

USUAL_ENDPOINTS = {
    Environment.DEVELOPMENT: "https://api.dev.medable.com",
    Environment.STAGING: "https://api.staging.medable.com",
    Environment.PRODUCTION: "https://api.medable.com",
}
"""The preset of an environment; the others have none."""

PRODUCTION_HOSTS = ("api.medable.com", "api-eu1.medable.com")
"""Medable's hosts that are known to be production."""

_NOT_PRODUCTION = re.compile(
    r"(^|[.-])(dev|develop|development|int|test|testing|qa|staging|stage|sandbox|demo)([.-]|$)"
)
"""A part of a host's name that says that it is not."""


class OrgForm(QWidget):
    """Name, code, environment and endpoint, and a note under each. changed: by the person."""

    changed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._org = Org("", "", "", Environment.DEVELOPMENT, ENDPOINTS[0])
        self._others: Sequence[Org] = ()
        self._filling = False
        self._follows = False  # the endpoint the environment, until it is edited
        self.name = QLineEdit()
        self.code = QLineEdit()
        self.environment = ComboBox()
        for environment in Environment:
            self.environment.addItem(environment_name(environment), environment)
        self.own_environment = QLineEdit()
        self.own_environment.setPlaceholderText(self.tr("For example: Training"))
        self.like_production = QCheckBox(self.tr("Handle like Production"))
        self.endpoint = ComboBox()
        self.address = QLineEdit()
        self.endpoint.setLineEdit(self.address)
        self.endpoint.addItems(ENDPOINTS)
        self.endpoint.setInsertPolicy(ComboBox.InsertPolicy.NoInsert)
        self._notes: dict[str, QLabel] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._add(self.tr("Name"), "name", self.name)
        self._add(self.tr("Code"), "code", self.code)
        self._add(self.tr("Environment"), "environment", self.environment)
        self._own = QWidget()
        outside, self._column = self._column, QVBoxLayout(self._own)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._add(self.tr("Name of the environment"), "own_environment", self.own_environment)
        self._column.addWidget(self.like_production)
        hint = self.tr("It is marked in red, and asks once more before a key is rotated, disabled or deleted.")
        self.like_production.setAccessibleDescription(hint)
        below = label(hint, "fieldNote", wrap=True)
        below.setContentsMargins(28, 2, 0, 14)
        self._column.addWidget(below)
        self._column = outside
        self._column.addWidget(self._own)
        self._add(self.tr("API endpoint"), "endpoint", self.endpoint)
        for field in (self.name, self.code, self.own_environment):
            field.textChanged.connect(self._changed)
        self.environment.currentIndexChanged.connect(self._follow)
        self.environment.currentIndexChanged.connect(self._changed)
        self.like_production.toggled.connect(self._changed)
        self.endpoint.editTextChanged.connect(self._edited)
        self.endpoint.editTextChanged.connect(self._changed)

    def show_org(self, org: Org, others: Sequence[Org]) -> None:
        """Show these details. others: the orgs that it must not be taken for; itself may be among them."""
        self._org, self._others = org, others
        self._follows = not org.id
        self._filling = True
        self.name.setText(org.name)
        self.code.setText(org.code)
        self.environment.setCurrentIndex(list(Environment).index(org.environment))
        self.own_environment.setText(org.own_environment)
        self.like_production.setChecked(org.like_production)
        self.endpoint.setCurrentText(org.endpoint)
        self._filling = False
        self.check()

    def typed(self) -> Org:
        """The org with the details as they stand there, for better or worse."""
        environment = list(Environment)[self.environment.currentIndex()]
        own = environment is Environment.OWN
        return replace(
            self._org,
            name=self.name.text(),
            code=self.code.text(),
            environment=environment,
            endpoint=self.endpoint.currentText(),
            own_environment=self.own_environment.text() if own else "",
            like_production=own and self.like_production.isChecked(),
        )

    def check(self, *, strict: bool = False) -> bool:
        """True if it can be kept; says under the fields what cannot, and what to mind.

        strict: say so of a field too in which nothing was typed yet.
        """
        typed = self.typed()
        self._own.setVisible(typed.environment is Environment.OWN)
        notes = dict.fromkeys(self._notes, ("", ""))
        notes.update(self._warnings(typed))
        try:
            clean_org(typed)
        except OrgError as error:
            if strict or str(getattr(typed, error.field)).strip():
                notes[error.field] = (
                    f"{translate_text(error.title)}. {translate_text(error.message)} {translate_text(error.advice)}",
                    "danger",
                )
            valid, wrong = False, error.field if error.field in notes and notes[error.field][0] else ""
        else:
            valid, wrong = True, ""
        for name, note in self._notes.items():
            text, tone = notes[name]
            field = getattr(self, name)
            # A space keeps the line's height, so that nothing jumps while one types.
            note.setText(text or " ")
            set_property(note, "tone", tone)
            set_property(field, "invalid", name == wrong)
            field.setAccessibleDescription(text)
        return valid

    def _warnings(self, typed: Org) -> dict[str, tuple[str, str]]:
        """Warnings about values that are allowed, but may be a mistake."""
        found = {}
        alike = same_name(typed, self._others)
        if alike is not None:
            text = self.tr("Another organization has this name: {code}, {environment}.")
            text = text.format(code=alike.code, environment=environment_of(alike))
            found["name"] = (text, "warning")
        again = same_place(typed, self._others)
        if again is not None:
            text = self.tr("“{name}” has this code at this endpoint already.").format(name=again.name)
            found["code"] = (text, "warning")
        text = ""
        if _is_production(typed.endpoint) and not typed.production:
            text = self.tr("This is a production host of Medable, but the environment is {environment}.")
        elif _is_not_production(typed.endpoint) and typed.production:
            text = self.tr("This host is not for production, but the environment is {environment}.")
        if text:
            found["endpoint"] = (text.format(environment=environment_of(typed) or "…"), "warning")
        return found

    def _add(self, text: str, name: str, field: QWidget) -> None:
        title = label(text, "strong")
        title.setBuddy(field)
        field.setAccessibleName(text)
        self._notes[name] = note = label(" ", "fieldNote", wrap=True)
        self._column.addWidget(title)
        self._column.addSpacing(6)
        self._column.addWidget(field)
        self._column.addSpacing(3)
        self._column.addWidget(note)
        self._column.addSpacing(9)

    @Slot()
    def _follow(self) -> None:
        """Set the endpoint of a new org by its environment, until somebody edits it."""
        endpoint = USUAL_ENDPOINTS.get(list(Environment)[self.environment.currentIndex()])
        if self._follows and not self._filling and endpoint is not None:
            self._filling = True
            self.endpoint.setCurrentText(endpoint)
            self._filling = False

    @Slot()
    def _edited(self) -> None:
        if not self._filling:
            self._follows = False

    @Slot()
    def _changed(self) -> None:
        if not self._filling:
            self.changed.emit()


def _is_production(endpoint: str) -> bool:
    """True for a host of Medable that is known to be production."""
    return _host_of(endpoint) in PRODUCTION_HOSTS


def _is_not_production(endpoint: str) -> bool:
    """True for a host whose name says that it is for development or tests."""
    return bool(_NOT_PRODUCTION.search(_host_of(endpoint)))


def _host_of(endpoint: str) -> str:
    """The host in an address, whatever its case, port and path."""
    return endpoint.strip().lower().removeprefix("https://").partition("/")[0].partition(":")[0].rstrip(".")
