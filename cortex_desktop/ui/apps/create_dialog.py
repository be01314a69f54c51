"""The Create App dialog."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ...domain.errors import DetailError
from ...domain.model import AppDetails
from ...domain.rules import clean_owner
from ..kit.i18n import translate_text
from ..kit.widgets import Button, Look, label, set_property
from .app_form import AppDialog, ExpiresField, OwnerField, beside, field, option
from .model import AppsModel


class CreateAppDialog(AppDialog):
    """Asks for label, Sessions and CSRF Protection, and behind More for owner and expiry.

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
        self._proposed = proposed or AppDetails("")
        self._holds_open = False  # what stands in the way of Create App is behind More
        self.owner = OwnerField(self._proposed.owner)
        self.expires = ExpiresField(look, self._proposed.expires)
        super().__init__(look, model, title, text.format(place=place), title, parent, fields=(self.owner, self.expires))
        self.more = Button(self.tr("More"), look, "link", icon="chevron-right")
        self.more.setAccessibleDescription(self.tr("Owner and expiry"))
        self.more.setCheckable(True)
        self.more.setAutoDefault(False)
        self._more_note = label("", "fieldNote", wrap=True)
        self._extra = QWidget()
        self.form.addLayout(self.label_rows())
        self.form.addSpacing(11)
        self.form.addLayout(option(self.sessions, self.sessions_note))
        self.form.addSpacing(16)
        self.form.addLayout(option(self.csrf, self.csrf_note))
        self.form.addSpacing(10)
        self.form.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeading)
        self.form.addWidget(self._extra)
        extra = QVBoxLayout(self._extra)
        extra.setContentsMargins(0, 8, 0, 0)
        extra.setSpacing(5)
        owner, expires = field(self.owner.accessibleName(), self.owner), QVBoxLayout()
        expires.addWidget(self.expires)
        for column in (owner, expires):
            column.insertStretch(0)  # the two fields on one line: a check box is higher than a field's name
        extra.addLayout(beside(owner, expires))
        extra.addWidget(self._more_note)
        self.end_form()
        if proposed is not None:
            self.name.setText(proposed.label)
            self.name.selectAll()
            self.sessions.setChecked(proposed.sessions)
            self.csrf.setChecked(proposed.csrf)
        self.more.toggled.connect(self._show_more)
        self.owner.textChanged.connect(self.check)
        self.expires.changed.connect(self.check)
        self.more.setChecked(bool(self._proposed.owner or self._proposed.expires))
        self._show_more(self.more.isChecked())
        self.check()
        self.name.setFocus()

    def submit(self) -> None:
        """Emit what was typed and chosen."""
        self.submitted.emit(
            replace(
                self._proposed,
                label=self.name.text(),
                sessions=self.sessions.isChecked(),
                csrf=self.csrf.isChecked(),
                owner=self.owner.text(),
                expires=self.expires.value,
            )
        )

    @Slot()
    def check(self) -> bool:
        """Whether all of it can be kept; says behind More what of owner and expiry cannot."""
        problem = ""
        try:
            clean_owner(self.owner.text())
        except DetailError as error:
            problem = f"{translate_text(error.message)} {translate_text(error.advice)}"
        is_wrong = bool(problem) or self.expires.is_wrong
        self._more_note.setText(problem or self.expires.objection or self._usual)
        set_property(self._more_note, "tone", "danger" if is_wrong else "warning" if self.expires.objection else "")
        self.owner.setAccessibleDescription(problem)
        self.expires.day.setAccessibleDescription(self.expires.objection)
        self._holds_open = is_wrong
        if is_wrong:
            self.more.setChecked(True)
        fine = super().check() and not is_wrong
        self.do.setEnabled(fine and not self.busy)
        return fine

    @property
    def _usual(self) -> str:
        return self.tr("Both are for you. Nothing is disabled when it expires, here or in Cortex.")

    @Slot(bool)
    def _show_more(self, on: bool) -> None:
        if not on and self._holds_open:
            self.more.setChecked(True)
            return
        closed = "chevron-left" if self.isRightToLeft() else "chevron-right"
        self.more.set_icon("chevron-down" if on else closed)
        self._extra.setVisible(on)
        if on and self.more.hasFocus():
            self.owner.setFocus(Qt.FocusReason.TabFocusReason)
        if self.isVisible():
            self.fit()
