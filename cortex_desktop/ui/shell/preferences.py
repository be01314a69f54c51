"""Preferences: appearance and time-outs, and where things are kept. A change takes effect at once."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLineEdit, QWidget

from ...services.keychain import KeychainStatus
from ...system.feed import default_feed
from ..kit.boxes import ComboBox, SpinBox
from ..kit.dialog import Dialog
from ..kit.settings import MINUTES, OPENS_ON, SECONDS, THEMES, Settings
from ..kit.widgets import Button, IconButton, Look, label


class PreferencesDialog(Dialog):
    """folder_asked(str): show this folder in the system's file manager."""

    about_org = False

    folder_asked = Signal(str)

    def __init__(self, look: Look, settings: Settings, keychain: KeychainStatus | None, parent: QWidget) -> None:
        super().__init__(look, QCoreApplication.translate("PreferencesDialog", "Preferences"), "", 520, parent)
        self._settings = settings
        self.theme = ComboBox()
        for mode, name in zip(THEMES, (self.tr("Same as the system"), self.tr("Light"), self.tr("Dark")), strict=True):
            self.theme.addItem(name, mode)
        self.theme.setCurrentIndex(THEMES.index(settings.theme))
        self.opens_on = ComboBox()
        for page, name in zip(OPENS_ON, (self.tr("Apps"), self.tr("Overview")), strict=True):
            self.opens_on.addItem(name, page)
        self.opens_on.setCurrentIndex(OPENS_ON.index(settings.opens_on))
        self.clipboard = self._seconds(settings.clipboard_seconds)
        self.reveal = self._seconds(settings.reveal_seconds)
        self.idle = SpinBox()
        self.idle.setRange(MINUTES.start, MINUTES.stop - 1)
        self.idle.setSuffix(self.tr(" min"))
        self.idle.setSpecialValueText(self.tr("Never"))
        self.idle.setValue(settings.idle_minutes)
        self.idle.lineEdit().setTextMargins(9, 0, 0, 0)
        self.updates = QCheckBox(self.tr("Look for a newer version once a day"))
        self.updates.setChecked(settings.check_updates)
        self.feed = QLineEdit(settings.feed)
        self.feed.setPlaceholderText(default_feed(look.resources) or "https://")
        folder = QLineEdit(settings.folder)
        folder.setReadOnly(True)
        folder.setCursorPosition(0)
        show_folder = IconButton("folder-open", self.tr("Open data folder"), look)
        where = QHBoxLayout()
        where.setSpacing(6)
        where.addWidget(folder, 1)
        where.addWidget(show_folder)
        store = QLineEdit(keychain.name if keychain is not None else self.tr("Not found yet"))
        store.setReadOnly(True)

        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(12)
        grid.setColumnStretch(1, 1)
        rows: list[tuple[str, QWidget, QWidget | QHBoxLayout]] = [
            (self.tr("Appearance"), self.theme, self.theme),
            (self.tr("Opens on"), self.opens_on, self.opens_on),
            (self.tr("Clear the clipboard after"), self.clipboard, self.clipboard),
            (self.tr("Hide a revealed key after"), self.reveal, self.reveal),
            (self.tr("Hide and clear when idle for"), self.idle, self.idle),
            (self.tr("Updates"), self.updates, self.updates),
            (self.tr("Release feed"), self.feed, self.feed),
            (self.tr("Keychain"), store, store),
            (self.tr("Data folder"), folder, where),
        ]
        narrow = self.screen().availableGeometry().width() < look.theme.px(600)
        for row, (text, field, item) in enumerate(rows):
            title = label(text, wrap=narrow)
            title.setBuddy(field)
            if not isinstance(field, QCheckBox):  # which says itself what it does
                field.setAccessibleName(text)
            grid.addWidget(title, row, 0)
            if isinstance(item, QWidget):
                grid.addWidget(item, row, 1)
            else:
                grid.addLayout(item, row, 1)
        self.form.addLayout(grid)
        self.form.addStretch()
        close = Button(self.tr("Close"), look, "primary")
        close.setDefault(True)
        self.foot.addWidget(close)
        self.theme.currentIndexChanged.connect(self._take_theme)
        self.opens_on.currentIndexChanged.connect(self._take_opens_on)
        self.clipboard.valueChanged.connect(self._take_clipboard)
        self.reveal.valueChanged.connect(self._take_reveal)
        self.idle.valueChanged.connect(self._take_idle)
        self.updates.toggled.connect(self._take_updates)
        self.feed.textChanged.connect(self._take_feed)
        show_folder.clicked.connect(self._ask_folder)
        close.clicked.connect(self.accept)
        self.finished.connect(self._save)

    def _seconds(self, value: int) -> SpinBox:
        box = SpinBox()
        box.setRange(SECONDS.start, SECONDS.stop - 1)
        box.setSingleStep(5)
        box.setSuffix(self.tr(" s"))
        box.setValue(value)
        box.lineEdit().setTextMargins(9, 0, 0, 0)  # the style sheet's padding does not reach this part
        return box

    @Slot()
    def _take_theme(self) -> None:
        self._settings.theme = self.theme.currentData()
        self.look.theme.set_mode(self._settings.theme)

    @Slot()
    def _take_opens_on(self) -> None:
        self._settings.opens_on = self.opens_on.currentData()

    @Slot(int)
    def _take_clipboard(self, seconds: int) -> None:
        self._settings.clipboard_seconds = seconds

    @Slot(int)
    def _take_reveal(self, seconds: int) -> None:
        self._settings.reveal_seconds = seconds

    @Slot(int)
    def _take_idle(self, minutes: int) -> None:
        self._settings.idle_minutes = minutes

    @Slot(bool)
    def _take_updates(self, on: bool) -> None:
        self._settings.check_updates = on

    @Slot(str)
    def _take_feed(self, address: str) -> None:
        self._settings.feed = address.strip()

    @Slot()
    def _ask_folder(self) -> None:
        self.folder_asked.emit(self._settings.folder)

    @Slot()
    def _save(self) -> None:
        self._settings.save()
