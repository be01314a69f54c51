"""The Add existing key dialog: takes in a key that was made in the web console."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QMimeData, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QWidget

from ...domain.errors import CortexError
from ...domain.model import AppDetails, secrets_of
from ...domain.secret import KeyEnds, Secret, SecretKind, is_made_up
from ...services.snippets import mask
from ...tasks.lanes import Job
from ..kit.widgets import Look, announce, label, set_property
from .app_form import AppDialog, field, option
from .found_field import FoundField
from .model import AppsModel

if TYPE_CHECKING:
    from ...domain.pasted import Candidate, Found

READ_AT_ONCE = 100_000
"""A text of more characters is read on a lane, while the dialog stays usable."""


class PasteField(QPlainTextEdit):
    """Hands over what is pasted, dropped or typed, and keeps none of it: no text, nothing to undo.

    take: gets the text; says whether there was something in it. What is typed is handed over by Enter and when the
    field is left, and stays to be mended where there was nothing in it.
    found(Secret): a secret is taken from this text.
    """

    found = Signal(Secret)

    def __init__(self, take: Callable[[str], bool]) -> None:
        super().__init__()
        self._take = take
        self._last = Secret("")
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

    def keep(self, text: str) -> None:
        """Keep a text in which something was found, for `confirm`."""
        self._last = Secret(text)

    def confirm(self) -> None:
        """Emit `found`: a secret is taken from the text that was kept last."""
        if self._last.reveal():
            self.found.emit(self._last)

    def forget(self) -> None:
        """Drop the text that was kept and what was typed."""
        self._last = Secret("")
        self.clear()


class ImportKeyDialog(AppDialog):
    """Asks for a key, a secret where there is one, and the app's label, Sessions and CSRF Protection.

    submitted(AppDetails, key, secret or None): Add key was chosen. The secrets are held until the dialog closes.
    read: runs work on a lane, then calls back with its result or error, as `Workspace.submit` does.
    """

    submitted = Signal(AppDetails, Secret, object)

    def __init__(
        self, look: Look, model: AppsModel, place: str, parent: QWidget, read: Callable[..., Job[Found]]
    ) -> None:
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
            translate("ImportKeyDialog", "None"),
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
        self._read = read
        self._job: Job[Found] | None = None
        self._others: tuple[Candidate, ...] = ()  # secrets that may be meant
        self._added: Candidate | None = None  # a secret that was pasted without a key
        self._whole = True
        self._sessions_chosen = False
        name = self.tr("Paste the key")
        self.paste.setAccessibleName(name)
        self.paste.setPlaceholderText(self.tr("Or anything it stands in: a curl line, an .env file, JSON"))
        self.paste.setFixedHeight(look.theme.px(52))
        self.paste.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)  # or its name drifts away
        self._found_note = label("", "fieldNote", wrap=True)
        self._missing = label("", "hint", wrap=True)
        self.foot.insertWidget(1, self._missing, 1)
        self.form.addLayout(field(name, self.paste))
        self.form.addSpacing(5)
        self.form.addWidget(self._found_note)
        for found in (self.key, self.secret):
            self.form.addSpacing(4)
            self.form.addWidget(found)
        self.form.addSpacing(11)
        self.form.addLayout(self.label_rows())
        self.form.addSpacing(6)
        self.form.addLayout(option(self.sessions, self.sessions_note))
        self.form.addSpacing(12)
        self.form.addLayout(option(self.csrf, self.csrf_note))
        self.end_form()
        self.sessions.setChecked(True)
        self.key.chosen.connect(self._choose_key)
        self.key.removed.connect(self._remove)
        self.secret.chosen.connect(self.check)
        self.secret.removed.connect(self._remove)
        self.sessions.clicked.connect(self._choose_sessions)
        self.sessions.toggled.connect(self.check)
        self.finished.connect(self._forget)
        self.check()
        self.paste.setFocus()

    def take(self, text: str) -> bool:
        """Look for a key and a secret in what was pasted or typed. False when there is neither.

        A long text is read on a lane; True meanwhile.
        """
        self._stop_reading()
        if len(text) <= READ_AT_ONCE:
            return self._show(text, _find(text))
        self._job = self._read(partial(_find, text), partial(self._show_read, text), self._fail_to_read)
        self.check()
        announce(self, self._found_note.text())
        return True

    def submit(self) -> None:
        """Emit what was found, typed and chosen."""
        details = AppDetails(self.name.text(), self.sessions.isChecked(), self.csrf.isChecked())
        key, secret = self.key.candidate, self.secret.candidate
        assert key is not None  # `check` has seen to it
        self.submitted.emit(details, key.secret, None if details.sessions or secret is None else secret.secret)

    @Slot()
    def check(self) -> bool:
        """Whether the key, the secret where one is needed, and the label are there; says what is missing."""
        fine = super().check()
        has_key, secret = self.key.candidate is not None, self.secret.candidate
        if has_key or secret is not None:
            self.paste.confirm()
        wants_secret = SecretKind.API_SECRET in secrets_of(self.sessions.isChecked())
        missing = ""
        if self._job is not None:
            self._set_found_note(self.tr("Reading what you pasted…"))
        elif self.key.is_undecided:
            self._set_found_note(self._question(), "warning")
        elif not has_key:
            alone = self._added is not None and not self._sessions_chosen
            self._set_found_note(self.tr("An API secret was found, so Sessions is off.") if alone else "")
            if self.secret.count:
                missing = self.tr("Paste its API key too")
        elif wants_secret and secret is None:
            offered = self.tr("An app without Sessions signs its requests: choose its API secret, or paste it.")
            absent = self.tr(
                "An app without Sessions signs its requests: paste its API secret (64 letters and digits) too."
            )
            self._set_found_note(offered if self.secret.count else absent, "warning")
        elif not wants_secret and secret is not None:
            self._set_found_note(self.tr("An app with Sessions needs no API secret. It is not stored."), "warning")
        else:
            self._set_found_note(self._result())
        self._missing.setText(missing)
        self.do.setAccessibleDescription(missing)
        fine = fine and self._job is None and has_key and not (wants_secret and secret is None)
        self.do.setEnabled(fine and not self.busy)
        return fine

    def _show(self, text: str, found: Found) -> bool:
        self._whole = found.whole
        if not (found.keys or found.secrets):
            self.check()
            self._set_found_note(self._refusal(found), "danger")
            announce(self, self._found_note.text())
            return False
        self.paste.keep(text)
        if found.keys:
            if self.key.count:
                self._added = None  # it was for the key that was there
            self._others = found.secrets
            self.key.offer(found.keys, found.key)
            self._choose_key()
        else:
            self._added = found.secrets[0] if found.secret is not None else None
            self._others = found.secrets
            self._show_secret()
        announce(self, " ".join((self._found_note.text(), self._missing.text())).strip())
        if self.key.is_undecided:
            self.key.list.setFocus()
        elif self.key.candidate is not None and self.paste.hasFocus():
            self.name.setFocus()
        return True

    def _show_read(self, text: str, found: Found) -> None:
        self._job = None
        self._show(text, found)

    def _fail_to_read(self, error: CortexError) -> None:
        self._job = None
        self.fail(error)

    def _stop_reading(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _show_secret(self) -> None:
        """Show the secret that goes with the key, or those that may; with one, Sessions goes off unasked."""
        key, taken = self.key.candidate, self._added
        if taken is None and key is not None and key.beside is not None:
            unnamed = replace(key, secret=key.beside, called="", line=0, beside=None)
            taken = next((other for other in self._others if other.secret == key.beside), unnamed)
        self.secret.offer([taken] if taken is not None else self._others, taken)
        if not self._sessions_chosen:
            self.sessions.setChecked(taken is None)
        self.check()

    def _question(self) -> str:
        several = self.tr("Several were found. Choose which one is meant.")
        one = self.tr("This may be the key. Choose it if it is meant.")
        return self._with_limit(several if self.key.count > 1 else one)

    def _result(self) -> str:
        if self.secret.candidate is not None and not self._sessions_chosen:
            text = self.tr("Its API secret was found, so Sessions is off. Nothing else of what you pasted is kept.")
        else:
            text = self.tr("Found. Nothing else of what you pasted is kept.")
        return self._with_limit(text)

    def _refusal(self, found: Found) -> str:
        if found.placeholder:
            shown = found.placeholder
            if not is_made_up(shown):
                shown = mask(KeyEnds.of(Secret(shown)))
            text = self.tr("{text} is a placeholder. Paste the key itself.").format(text=shown)
        else:
            text = self.tr(
                "There is no API key in this. A key has 22 letters and digits, or is the name of an app that "
                "begins with c_."
            )
        return self._with_limit(text)

    def _with_limit(self, text: str) -> str:
        limit = self.tr("This text is long: only values of a key’s shape were looked for.")
        return text if self._whole else f"{text} {limit}"

    def _set_found_note(self, text: str, tone: str = "") -> None:
        self._found_note.setText(text or " ")
        set_property(self._found_note, "tone", tone)
        self.paste.setAccessibleDescription(text)

    @Slot()
    def _choose_key(self) -> None:
        key = self.key.candidate
        if key is not None and key.beside is not None:
            self._added = None
        self._show_secret()

    @Slot()
    def _remove(self) -> None:
        """Drop the secret: its key was removed, or it was itself."""
        self._added, self._others = None, ()
        self.secret.forget()
        if not self._sessions_chosen:
            self.sessions.setChecked(True)
        self.check()
        self.paste.setFocus()

    @Slot()
    def _choose_sessions(self) -> None:
        self._sessions_chosen = True

    @Slot()
    def _forget(self) -> None:
        self._stop_reading()
        self._added, self._others = None, ()
        self.key.forget()
        self.secret.forget()
        self.paste.forget()


def _find(text: str) -> Found:
    from ...domain.pasted import find_keys

    return find_keys(text)
