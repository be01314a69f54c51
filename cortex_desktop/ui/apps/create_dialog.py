"""The Create App dialog."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QWidget

from ...domain.errors import LabelError
from ...domain.model import LABEL_LENGTH, clean_label
from ..i18n import say
from ..sheet import WaitingSheet
from ..widgets import Look, label, set_property
from .model import AppsModel


class CreateAppDialog(WaitingSheet):
    """Asks for label, Sessions and CSRF Protection.

    submitted(label, sessions, csrf): Create App was chosen.
    """

    submitted = Signal(str, bool, bool)

    def __init__(self, look: Look, model: AppsModel, place: str, parent: QWidget) -> None:
        title = QCoreApplication.translate("CreateAppDialog", "Create App")
        text = QCoreApplication.translate("CreateAppDialog", "A new API key is generated for {place}.")
        self.name = QLineEdit()
        self.sessions = QCheckBox()
        self.csrf = QCheckBox()
        fields = (self.name, self.sessions, self.csrf)
        super().__init__(look, title, text.format(place=place), title, parent, fields=fields)
        self._model = model
        self.name.setObjectName("label")
        self.name.setAccessibleName(self.tr("Label"))
        name_label = label(self.tr("Label"), "strong")
        name_label.setBuddy(self.name)
        self._note = label("", "fieldNote", wrap=True)
        sessions_note = self._option(
            self.sessions,
            self.tr("Sessions"),
            self.tr(
                "People sign in with their account and stay signed in with a session cookie. "
                "Leave off for apps that sign each request."
            ),
        )
        csrf_note = self._option(
            self.csrf,
            self.tr("CSRF Protection"),
            self.tr(
                "Each authenticated request must send the medable-csrf-token header. Keep on for production web apps."
            ),
        )
        self.csrf.setChecked(True)

        form = self.form
        form.addWidget(name_label)
        form.addSpacing(7)
        form.addWidget(self.name)
        form.addSpacing(5)
        form.addWidget(self._note)
        form.addSpacing(11)
        form.addWidget(self.sessions)
        form.addLayout(sessions_note)
        form.addSpacing(16)
        form.addWidget(self.csrf)
        form.addLayout(csrf_note)
        self.end_form()

        self.name.textChanged.connect(self._check)
        self.do.clicked.connect(self._submit)
        self._check()
        self.name.setFocus()

    def set_busy(self, busy: bool) -> None:
        """Wait, or let the person act again, if the label allows it."""
        super().set_busy(busy)
        self._check()

    def say_below(self, text: str) -> None:
        """Show a sentence under the label's field."""
        self._say(text)

    @Slot()
    def _submit(self) -> None:
        if not self.busy and self._check():
            self.begin()
            self.submitted.emit(self.name.text(), self.sessions.isChecked(), self.csrf.isChecked())

    @Slot()
    def _check(self) -> bool:
        """Whether the label is valid; says under the field what is not, but not to someone who has typed nothing."""
        text = self.name.text()
        try:
            cleaned = clean_label(text)
        except LabelError as error:
            empty = not text.strip()
            self._say("" if empty else f"{say(error.message)} {say(error.advice)}", "" if empty else "danger")
            set_property(self.name, "invalid", not empty)
            self.do.setEnabled(False)
            return False
        set_property(self.name, "invalid", False)
        if self._model.has_label(cleaned):
            self._say(self.tr("Another app has this label. You can use it again."), "warning")
        elif len(cleaned) > LABEL_LENGTH - 20:
            left = LABEL_LENGTH - len(cleaned)
            self._say(self.tr("%n character(s) left", "", left))
        else:
            self._say("")
        self.do.setEnabled(not self.busy)
        return True

    def _say(self, text: str, tone: str = "") -> None:
        # A space keeps the line's height, so that the dialog does not jump while one types.
        self._note.setText(text or " ")
        set_property(self._note, "tone", tone)
        self.name.setAccessibleDescription(text)

    def _option(self, box: QCheckBox, name: str, text: str) -> QHBoxLayout:
        """Name a check box; a sentence goes under it, which a screen reader hears as its description."""
        box.setText(name)
        box.setAccessibleName(name)
        box.setAccessibleDescription(text)
        row = QHBoxLayout()
        row.setContentsMargins(28, 2, 0, 0)
        row.addWidget(label(text, "fieldNote", wrap=True))
        return row
