"""The Edit App dialog."""

from __future__ import annotations

from datetime import timedelta

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QWidget

from ...domain.errors import DetailError
from ...domain.model import App, AppDetails
from ...domain.rules import clean_notes, clean_owner
from ...services.periods import SECRET_KEPT
from ..kit.i18n import translate_text
from ..kit.widgets import Look, label, set_property
from .app_form import AppDialog, ExpiresField, OptionalDate, OwnerField, beside, field, option
from .model import AppsModel

REVIEWED_IN = timedelta(days=30)
"""The date proposed when Review is checked."""


class EditAppDialog(AppDialog):
    """Asks for the new settings of an app. submitted(AppDetails): Save was chosen."""

    submitted = Signal(AppDetails)

    def __init__(self, look: Look, model: AppsModel, place: str, app: App, parent: QWidget) -> None:
        translate = QCoreApplication.translate
        self._before = app
        self.owner = OwnerField(app.owner)
        self.notes = QPlainTextEdit(app.notes)
        self.expires = ExpiresField(look, app.expires)
        self.review = OptionalDate(
            look,
            translate("EditAppDialog", "Review"),
            translate("EditAppDialog", "Review on"),
            app.review,
            REVIEWED_IN,
        )
        super().__init__(
            look,
            model,
            translate("EditAppDialog", "Edit App"),
            place,
            translate("EditAppDialog", "Save"),
            parent,
            app_id=app.id,
            fields=(self.owner, self.notes, self.expires, self.review),
        )
        self.setMinimumWidth(look.theme.px(560))
        self.resize(self.minimumWidth(), 1)  # `fit` sees to the height; Qt would make it as wide as its sentences
        self.notes.setAccessibleName(self.tr("Notes"))
        self.notes.setTabChangesFocus(True)
        self.notes.setFixedHeight(look.theme.px(64))
        self._more_note = label("", "fieldNote", wrap=True)
        self._more_note.hide()
        self._date_note = label(
            self.tr("Both only mark the app for you. Nothing is disabled, here or in Cortex."),
            "fieldNote",
            wrap=True,
        )
        owner = field(self.owner.accessibleName(), self.owner)
        owner.addStretch()
        self.form.addLayout(beside(self.label_rows(), owner))
        self.form.addSpacing(6)
        self.form.addLayout(field(self.tr("Notes"), self.notes))
        self.form.addWidget(self._more_note)
        self.form.addSpacing(14)
        sessions, csrf = option(self.sessions, self.sessions_note), option(self.csrf, self.csrf_note)
        for column in (sessions, csrf):
            column.addStretch()
        self.form.addLayout(beside(sessions, csrf))
        self.form.addSpacing(14)
        dates = QHBoxLayout()
        dates.setSpacing(20)
        dates.addWidget(self.expires, 1)
        dates.addWidget(self.review, 1)
        self.form.addLayout(dates)
        self.form.addSpacing(5)
        self.form.addWidget(self._date_note)
        self.end_form()

        self.name.setText(app.label)
        self.sessions.setChecked(app.sessions)
        self.csrf.setChecked(app.csrf)
        self._usual = self.sessions_note.text()
        self.sessions.toggled.connect(self._explain_secret)
        self.owner.textChanged.connect(self.check)
        self.notes.textChanged.connect(self.check)
        for chosen in (self.expires, self.review):
            chosen.changed.connect(self._explain_dates)
            chosen.changed.connect(self.check)
        self._usual_dates = self._date_note.text()
        self._explain_dates()
        self.check()
        self.name.setFocus()
        self.name.selectAll()

    @property
    def details(self) -> AppDetails:
        """The settings as typed and chosen."""
        return AppDetails(
            label=self.name.text(),
            sessions=self.sessions.isChecked(),
            csrf=self.csrf.isChecked(),
            notes=self.notes.toPlainText(),
            owner=self.owner.text(),
            expires=self.expires.value,
            review=self.review.value,
        )

    def submit(self) -> None:
        """Emit what was typed and chosen."""
        self.submitted.emit(self.details)

    @Slot()
    def check(self) -> bool:
        """Whether all of it can be kept; says under the notes what of notes and owner cannot."""
        problem = ""
        try:
            clean_owner(self.owner.text())
            clean_notes(self.notes.toPlainText())
        except DetailError as error:
            problem = f"{translate_text(error.message)} {translate_text(error.advice)}"
        self._more_note.setText(problem)
        self._more_note.setVisible(bool(problem))
        set_property(self._more_note, "tone", "danger")
        self.notes.setAccessibleDescription(problem)
        fine = super().check() and not problem and not (self.expires.is_wrong or self.review.is_wrong)
        self.do.setEnabled(fine and not self.busy)
        return fine

    @Slot()
    def _explain_secret(self) -> None:
        """Say what becomes of the API secret before it does."""
        on = self.sessions.isChecked()
        text = self._usual
        if on and not self._before.sessions:
            text = self.tr(
                "The API secret is not needed any more. It stays in the keychain for %n day(s), in case you switch "
                "back, and is then removed. The API key stays the same.",
                "",
                SECRET_KEPT.days,
            )
        elif not on and self._before.sessions:
            text = self.tr(
                "The app has to sign its requests, so an API secret is generated and stored in the keychain. "
                "Cortex does not know it. The API key stays the same."
            )
        set_property(self.sessions_note, "tone", "warning" if on != self._before.sessions else "")
        self.explain(self.sessions, self.sessions_note, self.sessions.text(), text)

    @Slot()
    def _explain_dates(self) -> None:
        """Say which date is none, or in the past."""
        both = (self.expires, self.review)
        for chosen in both:
            chosen.day.setAccessibleDescription(chosen.objection)
        text = next((chosen.objection for chosen in sorted(both, key=_is_fine) if chosen.objection), "")
        is_wrong = any(chosen.is_wrong for chosen in both)
        self._date_note.setText(text or self._usual_dates)
        set_property(self._date_note, "tone", "danger" if is_wrong else "warning" if text else "")


def _is_fine(chosen: OptionalDate) -> bool:
    return not chosen.is_wrong
