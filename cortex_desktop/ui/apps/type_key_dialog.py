"""The dialog that takes the key of an app once more, from wherever the person has it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtWidgets import QWidget

from ...domain.secret import Secret
from ..kit.dialog import WaitingDialog
from ..kit.widgets import Look, announce, label, set_property
from .app_form import field
from .found_field import FoundField
from .import_key_dialog import READ_AT_ONCE, PasteField


class TypeKeyDialog(WaitingDialog):
    """Asks for a key, and for a secret where the app has one. Holds them until it closes.

    place: the app and where it belongs; sessions: the app has them, so it has no secret.
    submitted(key, secret or None): store it.
    """

    submitted = Signal(Secret, object)

    def __init__(self, look: Look, place: str, sessions: bool, parent: QWidget) -> None:
        translate = QCoreApplication.translate
        self._sessions = sessions
        self.paste = PasteField(self.take)
        self.key = FoundField(
            look, translate("TypeKeyDialog", "API key"), translate("TypeKeyDialog", "Remove this key")
        )
        self.secret = FoundField(
            look, translate("TypeKeyDialog", "API secret"), translate("TypeKeyDialog", "Remove this secret")
        )
        super().__init__(
            look,
            translate("TypeKeyDialog", "Type the key again"),
            place,
            translate("TypeKeyDialog", "Store key"),
            parent,
            fields=(self.paste, self.key, self.secret),
        )
        name = self.tr("Paste the key") if sessions else self.tr("Paste the key and its API secret")
        self.paste.setAccessibleName(name)
        self.paste.setFixedHeight(look.theme.px(52))
        self._note = label("", "fieldNote", wrap=True)
        self.form.addLayout(field(name, self.paste))
        self.form.addSpacing(5)
        self.form.addWidget(self._note)
        for found in (self.key, self.secret):
            self.form.addSpacing(4)
            self.form.addWidget(found)
            found.chosen.connect(self._check)
            found.removed.connect(self._check)
        self.end_form()
        self.do.clicked.connect(self._submit)
        self.finished.connect(self._forget)
        self._check()
        self.paste.setFocus()

    def take(self, text: str) -> bool:
        """Look for a key and a secret in what was pasted or typed. False when there is neither."""
        from ...domain.pasted import find_keys

        found = find_keys(text[:READ_AT_ONCE])
        secrets = () if self._sessions else found.secrets
        if not (found.keys or secrets):
            self._set_note(
                self.tr("There is no API key in this. A key has 22 letters and digits, or begins with c_."), "danger"
            )
            return False
        self.paste.keep(text)
        if found.keys:
            self.key.offer(found.keys, found.key)
        if secrets:
            self.secret.offer(secrets, secrets[0] if len(secrets) == 1 else None)
        self._check()
        return True

    def set_busy(self, busy: bool) -> None:
        """Wait, or let the person act again, if what is needed is there."""
        super().set_busy(busy)
        self._check()

    def show_below(self, text: str) -> None:
        """Show a sentence under the field."""
        self._set_note(text)

    @Slot()
    def _check(self) -> bool:
        has_key, has_secret = self.key.candidate is not None, self.secret.candidate is not None
        if has_key or has_secret:
            self.paste.confirm()
        fine = has_key and (self._sessions or has_secret)
        if fine:
            self._set_note(self.tr("Found. Nothing else of what you pasted is kept."))
        elif has_key:
            self._set_note(self.tr("Paste its API secret too: 64 letters and digits."), "warning")
        elif has_secret:
            self._set_note(self.tr("Paste its API key too."), "warning")
        else:
            self._set_note(self.tr("The app keeps its name and settings. A key that is there is kept for 7 days."))
        self.do.setEnabled(fine and not self.busy)
        return fine

    def _set_note(self, text: str, tone: str = "") -> None:
        if text != self._note.text():
            self._note.setText(text)
            announce(self, text)
        set_property(self._note, "tone", tone)

    @Slot()
    def _submit(self) -> None:
        key, secret = self.key.candidate, self.secret.candidate
        if self.busy or key is None or not self._check():
            return
        self.begin()
        self.submitted.emit(key.secret, secret.secret if secret is not None and not self._sessions else None)

    @Slot()
    def _forget(self) -> None:
        self.key.forget()
        self.secret.forget()
        self.paste.forget()
