"""The Create App dialog."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLineEdit, QProgressBar, QVBoxLayout, QWidget

from ...domain.errors import CortexError, LabelError
from ...domain.model import LABEL_LENGTH, clean_label
from ..i18n import say
from ..sheet import Sheet
from ..widgets import Button, Look, announce, label, set_property
from .model import AppsModel


class CreateAppDialog(Sheet):
    """Asks for label, Sessions and CSRF Protection.

    submitted(label, sessions, csrf): Create App was chosen; the dialog then waits, until `fail` or `accept`;
    stop_waiting: the person no longer wants to wait for the keychain.
    """

    submitted = Signal(str, bool, bool)
    stop_waiting = Signal()

    def __init__(self, look: Look, model: AppsModel, place: str, parent: QWidget) -> None:
        title = QCoreApplication.translate("CreateAppDialog", "Create App")
        text = QCoreApplication.translate("CreateAppDialog", "A new API key is generated for {place}.")
        super().__init__(look, title, text.format(place=place), 480, parent)
        self._model = model
        self._busy = False

        self.name = QLineEdit()
        self.name.setObjectName("label")
        self.name.setAccessibleName(self.tr("Label"))
        name_label = label(self.tr("Label"), "strong")
        name_label.setBuddy(self.name)
        self._note = label("", "fieldNote", wrap=True)
        self.sessions, sessions_note = self._option(
            self.tr("Sessions"),
            self.tr(
                "People sign in with their account and stay signed in with a session cookie. "
                "Leave off for apps that sign each request."
            ),
        )
        self.csrf, csrf_note = self._option(
            self.tr("CSRF Protection"),
            self.tr(
                "Each authenticated request must send the medable-csrf-token header. Keep on for production web apps."
            ),
        )
        self.sessions.setAccessibleName(self.tr("Sessions"))
        self.csrf.setAccessibleName(self.tr("CSRF Protection"))
        self.csrf.setChecked(True)

        self._problem = QFrame()
        self._problem.setObjectName("problem")
        self._problem_title = label("", "problemTitle", wrap=True)
        self._problem_text = label("", "", wrap=True)
        problem = QVBoxLayout(self._problem)
        problem.setContentsMargins(12, 10, 12, 10)
        problem.setSpacing(2)
        problem.addWidget(self._problem_title)
        problem.addWidget(self._problem_text)
        self._problem.hide()

        self._progress = QProgressBar()
        self._progress.setRange(0, 0)
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName(self.tr("Storing the key"))
        self._progress.hide()

        self.create_app = Button(self.tr("Create App"), look, "primary")
        self.create_app.setDefault(True)
        self.cancel = Button(self.tr("Cancel"), look)
        self.cancel.setAutoDefault(False)
        self.stop = Button(self.tr("Stop waiting"), look)
        self.stop.setAutoDefault(False)
        self.stop.hide()

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
        form.addSpacing(12)
        form.addWidget(self._problem)
        form.addStretch()
        self.column.insertWidget(1, self._progress)
        self.foot.insertWidget(0, self.stop)
        self.foot.addWidget(self.cancel)
        self.foot.addWidget(self.create_app)

        self.name.textChanged.connect(self._check)
        self.create_app.clicked.connect(self._submit)
        self.cancel.clicked.connect(self.reject)
        self.stop.clicked.connect(self.stop_waiting)
        self._check()
        self.name.setFocus()

    def show_busy(self, busy: bool) -> None:
        """The keychain takes long enough to say so, or is done."""
        if busy and self._busy:
            self._progress.show()
            self._say(self.tr("Storing the key in the keychain…"))
        elif not busy:
            self._progress.hide()

    @Slot()
    def show_slow(self) -> None:
        """The keychain takes so long that a prompt may be waiting for the person."""
        if self._busy:
            self.stop.show()
            self._say(self.tr("Still waiting. A prompt of the system may be open behind this window."))

    def fail(self, error: CortexError) -> None:
        """Stay open with what was typed and say why nothing, or not everything, was done."""
        self._set_busy(False)
        self._problem_title.setText(say(error.title))
        self._problem_text.setText(f"{say(error.message)} {say(error.advice)}")
        self._problem.show()
        self.fit()
        announce(self, f"{say(error.title)}. {say(error.message)}")
        self.name.setFocus()

    def reject(self) -> None:
        """Cancel, unless the key is being stored: then the outcome decides."""
        if not self._busy:
            super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._busy:
            event.ignore()
        else:
            super().closeEvent(event)

    @Slot()
    def _submit(self) -> None:
        if not self._busy and self._check():
            self._problem.hide()
            self._set_busy(True)
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
            self.create_app.setEnabled(False)
            return False
        set_property(self.name, "invalid", False)
        if self._model.has_label(cleaned):
            self._say(self.tr("Another app has this label. You can use it again."), "warning")
        elif len(cleaned) > LABEL_LENGTH - 20:
            left = LABEL_LENGTH - len(cleaned)
            self._say(self.tr("%n character(s) left", "", left))
        else:
            self._say("")
        self.create_app.setEnabled(not self._busy)
        return True

    def _say(self, text: str, tone: str = "") -> None:
        # A space keeps the line's height, so that the dialog does not jump while one types.
        self._note.setText(text or " ")
        set_property(self._note, "tone", tone)
        self.name.setAccessibleDescription(text)

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        for widget in (self.name, self.sessions, self.csrf, self.cancel):
            widget.setEnabled(not busy)
        self.stop.hide()
        self._progress.hide()
        self._check()

    def _option(self, name: str, text: str) -> tuple[QCheckBox, QHBoxLayout]:
        """A check box with a sentence under it, which a screen reader hears as its description."""
        box = QCheckBox(name)
        box.setAccessibleDescription(text)
        row = QHBoxLayout()
        row.setContentsMargins(28, 2, 0, 0)
        row.addWidget(label(text, "fieldNote", wrap=True))
        return box, row
