"""The dialog Use a key from Cortex."""

from __future__ import annotations

from datetime import timedelta

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtWidgets import QComboBox, QWidget

from ...domain.model import App
from ...domain.pasted import find_keys
from ...domain.secret import Secret, SecretKind
from ..kit.dialog import WaitingDialog
from ..kit.widgets import Look, label, set_property
from .found_field import FoundField
from .import_key_dialog import PasteField


class UseKeyDialog(WaitingDialog):
    """Asks for the key that the web console gave, with its secret if the app signs.

    submitted(key, secret or None, timedelta): store it, and keep the old one so long. Secrets are held until it closes.
    """

    submitted = Signal(Secret, object, timedelta)

    def __init__(self, look: Look, app: App, place: str, parent: QWidget) -> None:
        translate = QCoreApplication.translate
        self.paste = PasteField(self.take)
        self.key = FoundField(look, translate("UseKeyDialog", "API key"), translate("UseKeyDialog", "Remove this key"))
        self.secret = FoundField(
            look, translate("UseKeyDialog", "API secret"), translate("UseKeyDialog", "Remove this secret")
        )
        self.keep = QComboBox()
        super().__init__(
            look,
            translate("UseKeyDialog", "Use a key from Cortex"),
            place,
            translate("UseKeyDialog", "Use key"),
            parent,
            fields=(self.paste, self.key, self.secret, self.keep),
        )
        self._signs = SecretKind.API_SECRET in app.kinds
        text = self.tr(
            "Make the app in the web console, and paste here the key that it shows. It becomes this app’s next key, "
            "in the sandbox too; the present one is kept so that you can roll back."
        )
        self.form.addWidget(label(text, wrap=True))
        self.form.addSpacing(14)
        name = label(self.tr("Paste the key"), "strong")
        name.setBuddy(self.paste)
        self.paste.setAccessibleName(name.text())
        self.paste.setFixedHeight(look.theme.px(52))
        self._note = label(" ", "fieldNote", wrap=True)
        for part in (name, self.paste, self._note, self.key, self.secret):
            self.form.addWidget(part)
            self.form.addSpacing(4)
        for found in (self.key, self.secret):
            found.removed.connect(self._check)
            found.chosen.connect(self._check)
        question = label(self.tr("Keep the old key for"), "strong")
        question.setBuddy(self.keep)
        self.keep.setAccessibleName(question.text())
        for words, span in (
            (self.tr("24 hours"), timedelta(days=1)),
            (self.tr("7 days"), timedelta(days=7)),
            (self.tr("30 days"), timedelta(days=30)),
        ):
            self.keep.addItem(words, span)
        self.form.addSpacing(8)
        self.form.addWidget(question)
        self.form.addSpacing(7)
        self.form.addWidget(self.keep)
        self.end_form()
        self.do.clicked.connect(self._submit)
        self.finished.connect(self._forget)
        self._check()
        self.paste.setFocus()

    def take(self, text: str) -> bool:
        """Look for a key and a secret in what was pasted or typed. False when there is neither."""
        found = find_keys(text)
        if found.keys or found.secrets:
            self.paste.keep(text)
        if found.keys:
            self.key.offer(found.keys, found.key)
        if self._signs and found.secrets:
            self.secret.offer(found.secrets, found.secrets[0] if found.secret is not None else None)
        self._check()
        if not (found.keys or found.secrets):
            self._say(self.tr("There is no API key in this. A key has 22 letters and digits."), "danger")
            return False
        return True

    def show_below(self, text: str) -> None:
        """Show a sentence under the field."""
        self._say(text)

    @Slot()
    def _check(self) -> None:
        has_key, has_secret = self.key.candidate is not None, self.secret.candidate is not None
        if has_key or has_secret:
            self.paste.confirm()
        if has_key and self._signs and not has_secret:
            self._say(self.tr("This app signs: paste its API secret (64 letters and digits) too."), "warning")
        else:
            self._say(" ")
        self.do.setEnabled(has_key and (has_secret or not self._signs) and not self.busy)

    def _say(self, text: str, tone: str = "") -> None:
        self._note.setText(text)
        set_property(self._note, "tone", tone)

    @Slot()
    def _submit(self) -> None:
        key, secret = self.key.candidate, self.secret.candidate
        if not self.busy and key is not None:
            self.begin()
            given = secret.secret if secret is not None and self._signs else None
            self.submitted.emit(key.secret, given, self.keep.currentData())

    @Slot()
    def _forget(self) -> None:
        self.key.forget()
        self.secret.forget()
        self.paste.forget()
