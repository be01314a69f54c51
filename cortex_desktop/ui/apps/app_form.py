"""The fields that say what an app is, and the frame of the dialogs that ask for them."""

from __future__ import annotations

from datetime import date, timedelta

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from ...domain.errors import LabelError
from ...domain.rules import LABEL_LENGTH, clean_label
from ..kit.dates import DateField
from ..kit.dialog import WaitingDialog
from ..kit.i18n import long_day, translate_text
from ..kit.widgets import Look, label, set_property
from .model import AppsModel

EXPIRES_IN = timedelta(days=90)
"""The date proposed when Expires is checked."""


class AppDialog(WaitingDialog):
    """Has an app's label, Sessions and CSRF Protection, each with what is said of it; a subclass lays them out.

    app_id: the app whose label may be used again, empty for a new one; fields: more of the subclass's own.
    """

    def __init__(
        self,
        look: Look,
        model: AppsModel,
        title: str,
        subtitle: str,
        action: str,
        parent: QWidget,
        *,
        app_id: str = "",
        fields: tuple[QWidget, ...] = (),
    ) -> None:
        self.name = QLineEdit()
        self.sessions = QCheckBox()
        self.csrf = QCheckBox()
        super().__init__(look, title, subtitle, action, parent, fields=(self.name, self.sessions, self.csrf, *fields))
        self._model = model
        self._app_id = app_id
        self.name.setObjectName("label")
        self.name.setAccessibleName(self.tr("Label"))
        self._note = LabelNote()
        self.csrf.setChecked(True)
        self.sessions_note = label("", "fieldNote", wrap=True)
        self.csrf_note = label("", "fieldNote", wrap=True)
        self.explain(
            self.sessions,
            self.sessions_note,
            self.tr("Sessions"),
            self.tr(
                "People sign in with their account and stay signed in with a session cookie. "
                "Leave off for apps that sign each request."
            ),
        )
        self.explain(
            self.csrf,
            self.csrf_note,
            self.tr("CSRF Protection"),
            self.tr(
                "Each authenticated request must send the medable-csrf-token header. Keep on for production web apps."
            ),
        )
        self.name.textChanged.connect(self.check)
        self.do.clicked.connect(self._submit)

    def explain(self, box: QCheckBox, note: QLabel, name: str, text: str) -> None:
        """Name a check box; the sentence stands under it, and a screen reader hears it as the box's description."""
        box.setText(name)
        box.setAccessibleName(name)
        box.setAccessibleDescription(text)
        note.setText(text)

    def set_busy(self, busy: bool) -> None:
        """Wait, or let the person act again, if what was typed allows it."""
        super().set_busy(busy)
        self.check()

    def show_below(self, text: str) -> None:
        """Show a sentence under the label's field."""
        self._set_note(text)

    @Slot()
    def check(self) -> bool:
        """Whether what was typed can be submitted; says what cannot, but not to someone who has typed nothing."""
        fine = self._check_label()
        self.do.setEnabled(fine and not self.busy)
        return fine

    def submit(self) -> None:
        """Emit what was asked for; a subclass does."""
        raise NotImplementedError

    def label_rows(self) -> QVBoxLayout:
        """The label's name, field and note."""
        rows = field(self.tr("Label"), self.name)
        rows.addSpacing(5)
        rows.addWidget(self._note)
        return rows

    @Slot()
    def _submit(self) -> None:
        if not self.busy and self.check():
            self.begin()
            self.submit()

    def _check_label(self) -> bool:
        text = self.name.text()
        try:
            cleaned = clean_label(text)
        except LabelError as error:
            empty = not text.strip()
            self._set_note(
                "" if empty else f"{translate_text(error.message)} {translate_text(error.advice)}",
                "" if empty else "danger",
            )
            set_property(self.name, "invalid", not empty)
            return False
        set_property(self.name, "invalid", False)
        if self._model.has_label(cleaned, but=self._app_id):
            self._set_note(self.tr("Another app has this label. You can use it again."), "warning")
        elif len(cleaned) > LABEL_LENGTH - 20:
            left = LABEL_LENGTH - len(cleaned)
            self._set_note(self._note.left(left))
        else:
            self._set_note("")
        return True

    def _set_note(self, text: str, tone: str = "") -> None:
        # A space keeps the line's height, so that the dialog does not jump while one types.
        self._note.setText(text or " ")
        set_property(self._note, "tone", tone)
        self.name.setAccessibleDescription(text)


class LabelNote(QLabel):
    """The note under the label's field. A class of its own: `tr` finds no plural forms for a base class."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setObjectName("fieldNote")
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)

    def left(self, count: int) -> str:
        """That so many characters are left."""
        return self.tr("%n character(s) left", "", count)


def field(text: str, widget: QWidget) -> QVBoxLayout:
    """A field with its name above it."""
    rows = QVBoxLayout()
    rows.setSpacing(0)
    name = label(text, "strong")
    name.setBuddy(widget)
    rows.addWidget(name)
    rows.addSpacing(7)
    rows.addWidget(widget)
    return rows


def option(box: QCheckBox, note: QLabel) -> QVBoxLayout:
    """A check box with its sentence under it."""
    rows = QVBoxLayout()
    rows.setSpacing(0)
    rows.addWidget(box)
    below = QHBoxLayout()
    below.setContentsMargins(28, 2, 0, 0)
    below.addWidget(note)
    rows.addLayout(below)
    return rows


def beside(left: QLayout, right: QLayout) -> QHBoxLayout:
    """Two columns of the same width."""
    row = QHBoxLayout()
    row.setSpacing(20)
    row.addLayout(left, 1)
    row.addLayout(right, 1)
    return row


class OwnerField(QLineEdit):
    """Who to ask about an app."""

    def __init__(self, owner: str) -> None:
        super().__init__(owner)
        self.setAccessibleName(self.tr("Owner"))
        self.setPlaceholderText(self.tr("Who to ask about it"))


class OptionalDate(QWidget):
    """A check box, and a date for when it is checked. changed: another date, or none."""

    changed = Signal()

    def __init__(self, look: Look, name: str, date_name: str, value: date | None, proposed: timedelta) -> None:
        super().__init__()
        self.box = QCheckBox(name)
        self.box.setAccessibleName(name)
        today = date.today()  # noqa: DTZ011 (where the person is)
        self.day = DateField(look, date_name, value or today + proposed)
        self.box.setChecked(value is not None)
        self.day.setEnabled(value is not None)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(7)
        rows.addWidget(self.box)
        rows.addWidget(self.day)
        self.box.toggled.connect(self._toggled)
        self.day.changed.connect(self.changed)

    @property
    def value(self) -> date | None:
        """The date; None while the box is not checked, or what was typed is no date."""
        return self.day.day if self.box.isChecked() else None

    @property
    def is_wrong(self) -> bool:
        """True if the box is checked and what was typed is no date."""
        return self.box.isChecked() and self.day.day is None

    @property
    def objection(self) -> str:
        """What is to be said of the date: that it is none, or past; empty when it is fine."""
        today = date.today()  # noqa: DTZ011 (where the person is)
        if self.is_wrong:
            return self.tr("This is no date. Type it like {example} or {iso}.").format(
                example=long_day(today), iso=today.isoformat()
            )
        if self.value is not None and self.value < today:
            return self.tr("This date is in the past. The app is marked at once; nothing is disabled.")
        return ""

    @Slot(bool)
    def _toggled(self, on: bool) -> None:
        self.day.setEnabled(on)
        self.changed.emit()


class ExpiresField(OptionalDate):
    """The last day of an app's use."""

    def __init__(self, look: Look, value: date | None) -> None:
        translate = QCoreApplication.translate
        name, on = translate("ExpiresField", "Expires"), translate("ExpiresField", "Expires on")
        super().__init__(look, name, on, value, EXPIRES_IN)
