"""The Rotate API key dialog."""

from __future__ import annotations

from datetime import timedelta

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from ..kit.boxes import ComboBox
from ..kit.dialog import WaitingDialog
from ..kit.production import Warned
from ..kit.widgets import Button, Look, label, set_property


class RotateDialog(WaitingDialog):
    """Asks how long the old key should be kept. submitted(timedelta): rotate; key_asked: use one from Cortex instead.

    title: for several apps; without one it is about one. words: the heading and the warning where that is production,
    where Enter means no; from_cortex: Cortex made the app's key, and so can give another one; in_doubt: nothing is
    removed from the keychain for now.
    """

    submitted = Signal(timedelta)
    key_asked = Signal()

    def __init__(
        self,
        look: Look,
        place: str,
        parent: QWidget,
        title: str = "",
        words: Warned | None = None,
        *,
        from_cortex: bool = False,
        in_doubt: bool = False,
    ) -> None:
        translate = QCoreApplication.translate
        self._many = bool(title)
        self._in_doubt = in_doubt
        if not self._many:
            title = translate("RotateDialog", "Rotate API key")
        action = translate("RotateDialog", "Rotate keys") if self._many else translate("RotateDialog", "Rotate key")
        self.keep = ComboBox()
        super().__init__(
            look,
            words.heading if words is not None else title,
            "" if words is not None else place,
            action,
            parent,
            fields=(self.keep,),
        )
        question = self.tr("Keep the old keys for") if self._many else self.tr("Keep the old key for")
        self.keep.setAccessibleName(question)
        for text, span in (
            (self.tr("1 hour"), timedelta(hours=1)),
            (self.tr("24 hours"), timedelta(days=1)),
            (self.tr("7 days"), timedelta(days=7)),
            (self.tr("30 days"), timedelta(days=30)),
            (self.tr("Do not keep it"), timedelta(0)),
        ):
            self.keep.addItem(text, span)
        self.keep.setCurrentIndex(1)
        name = label(question, "strong")
        name.setBuddy(self.keep)
        self._note = label("", "fieldNote", wrap=True)
        if self._many:
            text = self.tr(
                "Each app gets a new key, generated on this computer. Cortex does not know the new keys, and still "
                "accepts old ones that it made."
            )
        elif from_cortex:
            text = self.tr(
                "A new key is generated on this computer, for the sandbox, and shown as soon as it is stored. Cortex "
                "does not know it: with it, this app stops working at Cortex, which still accepts the old key."
            )
        else:
            text = self.tr(
                "A new key is generated on this computer and shown as soon as it is stored. Cortex does not know it, "
                "and still accepts an old key that it made."
            )
        self.form.addWidget(label(text, wrap=True))
        if from_cortex:
            other = Button(self.tr("Use a key from Cortex instead…"), look, "link", icon="key-round")
            other.setAutoDefault(False)
            other.clicked.connect(self._ask_key)
            self.form.addSpacing(8)
            self.form.addWidget(other, 0, Qt.AlignmentFlag.AlignLeft)
        if words is not None:
            self.form.addSpacing(8)
            self.form.addWidget(label(words.sentence, wrap=True))
        self.form.addSpacing(18)
        self.form.addWidget(name)
        self.form.addSpacing(7)
        self.form.addWidget(self.keep)
        self.form.addSpacing(5)
        self.form.addWidget(self._note)
        self.end_form()
        self.keep.currentIndexChanged.connect(self._explain)
        self.do.clicked.connect(self._submit)
        self._explain()
        self.do.setFocus()
        if words is not None:
            set_property(self.do, "role", "destroy")
            self.do.setAutoDefault(False)
            self.cancel.setDefault(True)
            self.cancel.setFocus()

    def show_below(self, text: str) -> None:
        """Show a sentence under the choice."""
        self._note.setText(text)

    @Slot()
    def _submit(self) -> None:
        if not self.busy:
            self.begin()
            self.submitted.emit(self.keep.currentData())

    @Slot()
    def _ask_key(self) -> None:
        if not self.busy:
            self.reject()
            self.key_asked.emit()

    @Slot()
    def _explain(self) -> None:
        if self.keep.currentData():
            self.show_below(self.tr("Until then both keys stay in the keychain, so you can roll back."))
        elif self._in_doubt:
            self.show_below(self.tr("What is old leaves the keychain once you have said what this data folder is."))
        elif self._many:
            self.show_below(self.tr("The old keys leave the keychain at once. You cannot roll back."))
        else:
            self.show_below(self.tr("The old key leaves the keychain at once. You cannot roll back."))
