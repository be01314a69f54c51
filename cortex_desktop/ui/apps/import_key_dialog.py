"""The Add existing key dialog: takes in a key that was made in the web console."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication, QMimeData, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QPlainTextEdit, QWidget

from ...domain.model import AppDetails, secrets_of
from ...domain.pasted import find_keys
from ...domain.secret import KeyEnds, Secret, SecretKind
from ...services.snippets import mask
from ..kit.widgets import IconButton, Look, announce, label, set_property
from .app_form import AppDialog, field, option
from .model import AppsModel


class PasteField(QPlainTextEdit):
    """Hands over what is pasted, dropped or typed, and keeps none of it: no text, nothing to undo.

    take: gets the text; says whether there was something in it. What is typed is handed over by Enter and when the
    field is left, and stays to be mended where there was nothing in it.
    """

    def __init__(self, take: Callable[[str], bool]) -> None:
        super().__init__()
        self._take = take
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setInputMethodHints(
            Qt.InputMethodHint.ImhSensitiveData
            | Qt.InputMethodHint.ImhNoPredictiveText
            | Qt.InputMethodHint.ImhNoAutoUppercase
        )

    def insertFromMimeData(self, source: QMimeData) -> None:
        if self._take(source.text()):
            self.clear()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.hand_over()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.PopupFocusReason:
            self.hand_over()

    def hand_over(self) -> None:
        """Hand over what was typed, if anything was."""
        if self.toPlainText().strip() and self._take(self.toPlainText()):
            self.clear()


class FoundField(QFrame):
    """What was found, masked: one secret, or several to choose from. removed: the person wants another."""

    removed = Signal()
    chosen = Signal()

    def __init__(self, look: Look, name: str, remove: str) -> None:
        super().__init__()
        self.setObjectName("keyField")
        self._secrets: tuple[Secret, ...] = ()
        self._asks = False
        self._name = name
        heading = label(name, "factName")
        heading.setMinimumWidth(look.theme.px(76))
        self._one = label("", "keyText")
        self.several = QComboBox()
        self.several.setAccessibleName(name)
        self._remove = IconButton("x", remove, look)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 2, 0)
        row.setSpacing(4)
        row.addWidget(heading)
        row.addWidget(self._one, 1)
        row.addWidget(self.several, 1)
        row.addWidget(self._remove)
        self._remove.clicked.connect(self.forget)
        self._remove.clicked.connect(self.removed)
        self.several.currentIndexChanged.connect(self.chosen)
        self.hide()

    def offer(self, secrets: Sequence[Secret], *, sure: bool = True) -> None:
        """Show these; the first one is chosen if that is `sure`."""
        self._secrets = tuple(secrets[:1] if sure else secrets)
        shown = [mask(KeyEnds.of(secret)) for secret in self._secrets]
        several = self._asks = bool(shown) and not sure
        self.several.clear()
        if several:
            self.several.addItem(self.tr("Choose one of %n", "", len(shown)))
            self.several.addItems(shown)
        self._one.setText("" if several else "".join(shown))
        self._one.setAccessibleName(f"{self._name}: {self._one.text()}")
        self._one.setVisible(not several)
        set_property(self, "plain", several)
        self.several.setVisible(several)
        self.setVisible(bool(shown))

    @Slot()
    def forget(self) -> None:
        """Hold nothing any more."""
        self.offer(())

    @property
    def secret(self) -> Secret | None:
        """The one that is meant, if that is known."""
        place = self.several.currentIndex() - 1 if self._asks else 0
        return self._secrets[place] if 0 <= place < len(self._secrets) else None

    @property
    def undecided(self) -> bool:
        """Whether the person has to choose."""
        return bool(self._secrets) and self.secret is None


class ImportKeyDialog(AppDialog):
    """Asks for a key, a secret where there is one, and the app's label, Sessions and CSRF Protection.

    submitted(AppDetails, key, secret or None): Add key was chosen. The secrets are held until the dialog closes.
    """

    submitted = Signal(AppDetails, Secret, object)

    def __init__(self, look: Look, model: AppsModel, place: str, parent: QWidget) -> None:
        translate = QCoreApplication.translate
        text = translate("ImportKeyDialog", "For a key of {place} that was made in the web console.")
        self.paste = PasteField(self.take)
        self.key = FoundField(
            look, translate("ImportKeyDialog", "API key"), translate("ImportKeyDialog", "Remove this key")
        )
        self.secret = FoundField(
            look,
            translate("ImportKeyDialog", "API secret"),
            translate("ImportKeyDialog", "Remove this secret"),
        )
        super().__init__(
            look,
            model,
            translate("ImportKeyDialog", "Add existing key"),
            text.format(place=place),
            translate("ImportKeyDialog", "Add key"),
            parent,
            fields=(self.paste, self.key, self.secret),
        )
        self._sessions_chosen = False
        name = self.tr("Paste the key")
        self.paste.setAccessibleName(name)
        self.paste.setPlaceholderText(self.tr("Or anything it stands in: a curl line, an .env file, JSON"))
        self.paste.setFixedHeight(look.theme.px(52))
        self._found_note = label("", "fieldNote", wrap=True)
        self.form.addLayout(field(name, self.paste))
        self.form.addSpacing(5)
        self.form.addWidget(self._found_note)
        for found in (self.key, self.secret):
            self.form.addSpacing(4)
            self.form.addWidget(found)
            found.removed.connect(self._removed)
            found.chosen.connect(self.check)
        self.form.addSpacing(11)
        self.form.addLayout(self.label_rows())
        self.form.addSpacing(6)
        self.form.addLayout(option(self.sessions, self.sessions_note))
        self.form.addSpacing(12)
        self.form.addLayout(option(self.csrf, self.csrf_note))
        self.end_form()
        self.sessions.setChecked(True)
        self.sessions.clicked.connect(self._choose_sessions)
        self.sessions.toggled.connect(self.check)
        self.finished.connect(self._forget)
        self.check()
        self.paste.setFocus()

    def take(self, text: str) -> bool:
        """Look for a key and a secret in what was pasted or typed. False when there is neither."""
        found = find_keys(text)
        if found.keys:
            self.key.offer([key.secret for key in found.keys], sure=found.key is not None)
        if found.secret is not None:
            self.secret.offer([found.secret])
            if not self._sessions_chosen:
                self.sessions.setChecked(False)
        elif found.secrets and not found.keys:
            self.secret.offer([secret.secret for secret in found.secrets], sure=False)
        self.check()
        if not (found.keys or found.secrets):
            self._set_found_note(
                self.tr(
                    "There is no API key in this. A key has 22 letters and digits, or is the name of an app that "
                    "begins with c_."
                ),
                "danger",
            )
            return False
        announce(self, self._found_note.text())
        undecided = next((f.several for f in (self.key, self.secret) if f.undecided), None)
        if undecided is not None:
            undecided.setFocus()
        elif self.key.secret is not None and self.paste.hasFocus():
            self.name.setFocus()
        return True

    def submit(self) -> None:
        """Emit what was found, typed and chosen."""
        details = AppDetails(self.name.text(), self.sessions.isChecked(), self.csrf.isChecked())
        secret = None if details.sessions else self.secret.secret
        self.submitted.emit(details, self.key.secret, secret)

    @Slot()
    def check(self) -> bool:
        """Whether the key, the secret where one is needed, and the label are there; says what is missing."""
        wants_secret = SecretKind.API_SECRET in secrets_of(self.sessions.isChecked())
        fine = super().check() and self.key.secret is not None
        if self.key.undecided or self.secret.undecided:
            self._set_found_note(self.tr("Several were found. Choose which one is meant."), "warning")
        elif wants_secret and self.secret.secret is None and self.key.secret is not None:
            self._set_found_note(
                self.tr(
                    "An app without Sessions signs its requests: paste its API secret (64 letters and digits) too."
                ),
                "warning",
            )
        elif not wants_secret and self.secret.secret is not None:
            self._set_found_note(self.tr("An app with Sessions needs no API secret. It is not stored."), "warning")
        elif self.key.secret is not None:
            self._set_found_note(self.tr("Found. Nothing else of what you pasted is kept."))
        else:
            self._set_found_note("")
        fine = fine and not (wants_secret and self.secret.secret is None)
        self.do.setEnabled(fine and not self.busy)
        return fine

    def _set_found_note(self, text: str, tone: str = "") -> None:
        self._found_note.setText(text or " ")
        set_property(self._found_note, "tone", tone)
        self.paste.setAccessibleDescription(text)

    @Slot()
    def _removed(self) -> None:
        self.check()
        self.paste.setFocus()

    @Slot()
    def _choose_sessions(self) -> None:
        self._sessions_chosen = True

    @Slot()
    def _forget(self) -> None:
        self.key.forget()
        self.secret.forget()
        self.paste.clear()
