"""Dialogs of the Requests page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QCoreApplication, QDateTime, Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QFormLayout, QLineEdit, QListWidget, QListWidgetItem, QWidget

from ...domain.folding import fold
from ...domain.model import App
from ...domain.sandbox import Message, Settings
from ...services.snippets import masked
from ..kit.boxes import SpinBox
from ..kit.dialog import Dialog
from ..kit.widgets import Button, Look, label
from .answer_card import masked_number


class AppDialog(Dialog):
    """Finds an app among many. chosen(str): its id."""

    chosen = Signal(str)

    def __init__(self, look: Look, apps: Sequence[App], parent: QWidget) -> None:
        super().__init__(look, QCoreApplication.translate("AppDialog", "Choose an app"), "", 440, parent)
        self._apps = apps
        self.field = QLineEdit()
        self.field.setAccessibleName(self.tr("Find an app"))
        self.field.setPlaceholderText(self.tr("Find an app"))
        self._list = QListWidget()
        self._list.setAccessibleName(self.tr("Apps"))
        self._list.setMinimumHeight(look.theme.px(280))
        self.form.addWidget(self.field)
        self.form.addSpacing(10)
        self.form.addWidget(self._list, 1)
        cancel = Button(self.tr("Cancel"), look)
        cancel.setAutoDefault(False)
        self.choose = Button(self.tr("Choose"), look, "primary")
        self.choose.setDefault(True)
        self.foot.addWidget(cancel)
        self.foot.addWidget(self.choose)
        cancel.clicked.connect(self.reject)
        self.choose.clicked.connect(self._choose)
        self._list.itemDoubleClicked.connect(self._choose)
        self.field.textChanged.connect(self._show)
        self._show()
        self.field.setFocus()

    @Slot()
    def _show(self) -> None:
        wanted = fold(self.field.text())
        self._list.clear()
        for app in self._apps:
            if wanted in fold(app.label):
                item = QListWidgetItem(f"{app.label}   {masked(app)}")
                item.setData(Qt.ItemDataRole.UserRole, app.id)
                self._list.addItem(item)
        self._list.setCurrentRow(0)
        self.choose.setEnabled(self._list.count() > 0)

    @Slot()
    def _choose(self) -> None:
        item = self._list.currentItem()
        if item is not None:
            app_id: str = item.data(Qt.ItemDataRole.UserRole)
            self.accept()
            self.chosen.emit(app_id)


class KeepDialog(Dialog):
    """Asks for the name of a request that is kept. named(str)."""

    named = Signal(str)

    def __init__(self, look: Look, name: str, *, production: bool, parent: QWidget) -> None:
        translate = QCoreApplication.translate
        text = translate("KeepDialog", "Its body is kept too. Keys, passwords, codes and tokens in it become “…”.")
        if production:
            text += " " + translate("KeepDialog", "This org is in Production: keep personal data out of it.")
        super().__init__(look, translate("KeepDialog", "Keep this request"), text, 440, parent)
        title = label(self.tr("Name"), "strong")
        self.name = QLineEdit(name)
        self.name.setAccessibleName(title.text())
        self.name.setMaxLength(80)
        self.name.selectAll()
        self.form.addWidget(title)
        self.form.addSpacing(7)
        self.form.addWidget(self.name)
        cancel = Button(self.tr("Cancel"), look)
        cancel.setAutoDefault(False)
        self.keep = Button(self.tr("Keep"), look, "primary")
        self.keep.setDefault(True)
        self.foot.addWidget(cancel)
        self.foot.addWidget(self.keep)
        cancel.clicked.connect(self.reject)
        self.keep.clicked.connect(self._keep)
        self.name.textChanged.connect(lambda text: self.keep.setEnabled(bool(text.strip())))
        self.keep.setEnabled(bool(name.strip()))
        self.name.setFocus()

    @Slot()
    def _keep(self) -> None:
        self.accept()
        self.named.emit(self.name.text())


class InboxDialog(Dialog):
    """The messages that Cortex would have sent to phones."""

    def __init__(self, look: Look, messages: Sequence[Message], parent: QWidget) -> None:
        translate = QCoreApplication.translate
        text = translate("InboxDialog", "The sandbox’s text messages arrive here instead of on a phone.")
        super().__init__(look, translate("InboxDialog", "Sandbox inbox"), text, 460, parent)
        if not messages:
            self.form.addWidget(label(self.tr("No message yet."), "subtitle"))
        for message in reversed(messages):
            moment = QDateTime.fromMSecsSinceEpoch(message.time)
            when = self.locale().toString(moment.time(), self.locale().FormatType.ShortFormat)
            head = self.tr("{time}, to {email} at {mobile}")
            self.form.addWidget(
                label(
                    head.format(time=when, email=message.email, mobile=masked_number(message.mobile)), "hint", wrap=True
                )
            )
            code = label(self.tr("Your Cortex code is {code}.").format(code=message.code), wrap=True)
            code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self.form.addWidget(code)
            self.form.addSpacing(10)
        self.form.addStretch()
        self.add_close()


class SettingsDialog(Dialog):
    """How the sandbox behaves where the documentation leaves that open. agreed(Settings)."""

    agreed = Signal(object)

    def __init__(self, look: Look, settings: Settings, parent: QWidget) -> None:
        translate = QCoreApplication.translate
        text = translate("SettingsDialog", "What Cortex’s documentation does not say. Try your program with each.")
        super().__init__(look, translate("SettingsDialog", "Sandbox settings"), text, 460, parent)
        self.about_org = False
        self._settings = settings
        self.each_reply = QCheckBox(self.tr("New CSRF token with each answer"))
        self.each_reply.setChecked(settings.csrf_each_reply)
        self.rate_limit = SpinBox()
        self.rate_limit.setRange(0, 100_000)
        self.rate_limit.setSpecialValueText(self.tr("any number"))
        self.rate_limit.setValue(settings.rate_limit)
        self.drift = _seconds(settings.drift)
        self.code_life = _seconds(settings.code_life)
        fields = QFormLayout()
        fields.setHorizontalSpacing(16)
        for words, box in (
            (self.tr("Requests within {seconds} s").format(seconds=settings.rate_window), self.rate_limit),
            (self.tr("A signature’s time may be off by"), self.drift),
            (self.tr("A login code is good for"), self.code_life),
        ):
            box.setAccessibleName(words)
            box.lineEdit().setTextMargins(9, 0, 0, 0)  # the style sheet's padding does not reach this part
            fields.addRow(label(words), box)
        self.form.addWidget(self.each_reply)
        self.form.addSpacing(10)
        self.form.addLayout(fields)
        cancel = Button(self.tr("Cancel"), look)
        cancel.setAutoDefault(False)
        save = Button(self.tr("Save"), look, "primary")
        save.setDefault(True)
        self.foot.addWidget(cancel)
        self.foot.addWidget(save)
        cancel.clicked.connect(self.reject)
        save.clicked.connect(self._save)
        self.each_reply.setFocus()

    @Slot()
    def _save(self) -> None:
        self.accept()
        settings = replace(
            self._settings,
            csrf_each_reply=self.each_reply.isChecked(),
            rate_limit=self.rate_limit.value(),
            drift=self.drift.value(),
            code_life=self.code_life.value(),
        )
        self.agreed.emit(settings)


def _seconds(value: int) -> SpinBox:
    box = SpinBox()
    box.setRange(1, 86_400)
    box.setSuffix(QCoreApplication.translate("SettingsDialog", " s"))
    box.setValue(value)
    return box
