"""Preferences, in groups. A change takes effect at once; what cannot be used is said below its field."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QFileDialog,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from ...domain.errors import CortexError
from ...domain.request import CaFileError, Request, RequestFormError, clean_request
from ...services.keychain import KeychainStatus
from ...services.updates import is_safe
from ...system.feed import default_feed
from ..kit.boxes import ComboBox, SpinBox
from ..kit.dialog import Dialog
from ..kit.settings import (
    CONNECT_SECONDS,
    LOGIN_PATH,
    MINUTES,
    OPENS_ON,
    READ_SECONDS,
    SECONDS,
    THEMES,
    TOTAL_SECONDS,
    Settings,
)
from ..kit.widgets import IconButton, Look, announce, label, set_property

COLUMN = 410
"""Width of one column of groups, at 13 px text."""


class PreferencesDialog(Dialog):
    """folder_asked(str): show this folder in the system's file manager; ca_file_given(str): look at this file, then
    call `show_ca_file`."""

    about_org = False

    folder_asked = Signal(str)
    ca_file_given = Signal(str)

    def __init__(self, look: Look, settings: Settings, keychain: KeychainStatus | None, parent: QWidget) -> None:
        px = look.theme.px
        has_room = min(parent.width(), parent.screen().availableGeometry().width() - 40) >= px(2 * COLUMN + 90)
        width = 2 * COLUMN + 82 if has_room else 520
        super().__init__(look, QCoreApplication.translate("PreferencesDialog", "Preferences"), "", width, parent)
        self._settings = settings
        self._is_narrow = parent.screen().availableGeometry().width() < px(600)
        columns = QBoxLayout(QBoxLayout.Direction.LeftToRight if has_room else QBoxLayout.Direction.TopToBottom)
        columns.setSpacing(32 if has_room else 22)
        for groups in (
            (self._appearance(), self._security(keychain), self._storage()),
            (self._network(), self._updates()),
        ):
            part = QWidget()
            part.setObjectName("column")
            column = QVBoxLayout(part)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(22)
            for group in groups:
                column.addWidget(group)
            column.addStretch()
            columns.addWidget(part, 1)
        self.form.addLayout(columns)
        self.form.addStretch()
        self.add_close()
        self.finished.connect(self._save)
        self._look_at_times()

    # The groups

    def _group(self, title: str) -> _Group:
        return _Group(title, 0 if self._is_narrow else self.look.theme.px(170))

    def _appearance(self) -> QGroupBox:
        self.theme = ComboBox()
        for mode, name in zip(THEMES, (self.tr("Same as the system"), self.tr("Light"), self.tr("Dark")), strict=True):
            self.theme.addItem(name, mode)
        self.theme.setCurrentIndex(THEMES.index(self._settings.theme))
        self.opens_on = ComboBox()
        for page, name in zip(OPENS_ON, (self.tr("Apps"), self.tr("Overview")), strict=True):
            self.opens_on.addItem(name, page)
        self.opens_on.setCurrentIndex(OPENS_ON.index(self._settings.opens_on))
        self.theme.currentIndexChanged.connect(self._take_theme)
        self.opens_on.currentIndexChanged.connect(self._take_opens_on)
        group = self._group(self.tr("Appearance"))
        group.add(self.tr("Theme"), self.theme)
        group.add(self.tr("Opens on"), self.opens_on)
        return group

    def _security(self, keychain: KeychainStatus | None) -> QGroupBox:
        self.clipboard = _seconds(SECONDS, self._settings.clipboard_seconds, 5)
        self.reveal = _seconds(SECONDS, self._settings.reveal_seconds, 5)
        self.idle = _number(MINUTES, self._settings.idle_minutes, self.tr(" min"))
        self.idle.setSpecialValueText(self.tr("Never"))
        self.clipboard.valueChanged.connect(self._take_clipboard)
        self.reveal.valueChanged.connect(self._take_reveal)
        self.idle.valueChanged.connect(self._take_idle)
        group = self._group(self.tr("Security"))
        group.add(self.tr("Clear the clipboard after"), self.clipboard)
        group.add(self.tr("Hide a revealed key after"), self.reveal)
        group.add(self.tr("Hide and clear when idle for"), self.idle)
        group.add(self.tr("Keychain"), _fact(keychain.name if keychain is not None else self.tr("Not found yet")))
        return group

    def _network(self) -> QGroupBox:
        self.connect_seconds = _seconds(CONNECT_SECONDS, self._settings.connect_seconds)
        self.read_seconds = _seconds(READ_SECONDS, self._settings.read_seconds)
        self.total_seconds = _seconds(TOTAL_SECONDS, self._settings.total_seconds, 10)
        self.ca_file = QLineEdit(self._settings.ca_file)
        self.ca_file.setPlaceholderText(self.tr("None"))
        choose_file = IconButton("folder-open", self.tr("Choose a CA file"), self.look)
        self.login_path = QLineEdit(self._settings.text("login_path"))
        self.login_path.setPlaceholderText(LOGIN_PATH)
        self.connect_seconds.valueChanged.connect(self._take_times)
        self.read_seconds.valueChanged.connect(self._take_times)
        self.total_seconds.valueChanged.connect(self._take_times)
        self.ca_file.editingFinished.connect(self._take_ca_file)
        choose_file.clicked.connect(self._choose_ca_file)
        self.login_path.textChanged.connect(self._take_login_path)
        group = self._group(self.tr("Network"))
        group.add(self.tr("Time to connect"), self.connect_seconds)
        group.add(self.tr("Time without an answer"), self.read_seconds)
        group.add(self.tr("Time for the whole request"), self.total_seconds)
        self._times_note = group.add_note(self.total_seconds)
        group.add(self.tr("Extra CA file"), self.ca_file, choose_file)
        self._ca_note = group.add_note(self.ca_file)
        group.add(self.tr("Login path (advanced)"), self.login_path)
        self._login_note = group.add_note(self.login_path)
        group.add_note().say(
            self.tr(
                "Requests and the check for updates use the proxy of HTTPS_PROXY or the system. One that is set up by "
                "a script (PAC) is not used."
            )
        )
        return group

    def _updates(self) -> QGroupBox:
        self.updates = QCheckBox(self.tr("Look for a newer version once a day"))
        self.updates.setChecked(self._settings.check_updates)
        self.feed = QLineEdit(self._settings.feed)
        self.feed.setPlaceholderText(default_feed(self.look.resources) or "https://")
        self.updates.toggled.connect(self._take_updates)
        self.feed.textChanged.connect(self._take_feed)
        group = self._group(self.tr("Updates"))
        group.add("", self.updates)
        group.add(self.tr("Release feed"), self.feed)
        self._feed_note = group.add_note(self.feed)
        self._take_feed(self.feed.text())
        return group

    def _storage(self) -> QGroupBox:
        show_folder = IconButton("folder-open", self.tr("Open data folder"), self.look)
        show_folder.clicked.connect(self._ask_folder)
        group = self._group(self.tr("Storage"))
        group.add(self.tr("Data folder"), _fact(self._settings.folder), show_folder)
        return group

    # What a person changes

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

    @Slot()
    def _take_times(self) -> None:
        self._settings.connect_seconds = self.connect_seconds.value()
        self._settings.read_seconds = self.read_seconds.value()
        self._settings.total_seconds = self.total_seconds.value()
        self._look_at_times()

    def _look_at_times(self) -> None:
        total = self.total_seconds.value()
        is_short = total < max(self.connect_seconds.value(), self.read_seconds.value())
        text = self.tr("Each request ends after %n second(s), so a longer time above never counts.", "", total)
        self._times_note.say(text if is_short else "", "warning")

    @Slot()
    def _take_ca_file(self) -> None:
        path = self.ca_file.text().strip()
        path = str(Path(path).expanduser()) if path else ""
        self._settings.ca_file = path
        self.show_ca_file(None)
        if path:
            self.ca_file_given.emit(path)

    def show_ca_file(self, error: CortexError | None) -> None:
        """Show whether the CA file can be used."""
        words = ""
        if isinstance(error, CaFileError):
            words = self.tr("This file holds no certificate in PEM form.")
            if not error.is_readable:
                words = self.tr("This file cannot be read.")
        set_property(self.ca_file, "invalid", bool(words))
        self._ca_note.say(words, "danger")

    @Slot()
    def _choose_ca_file(self) -> None:
        dialog = QFileDialog(self, self.tr("Choose a CA file"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self.tr("Certificates (*.pem *.crt *.cer)"), self.tr("All files (*)")])
        dialog.fileSelected.connect(self._ca_file_chosen)
        dialog.open()

    @Slot(str)
    def _ca_file_chosen(self, path: str) -> None:
        self.ca_file.setText(path)
        self._take_ca_file()

    @Slot(str)
    def _take_login_path(self, text: str) -> None:
        path = ""
        with suppress(RequestFormError):
            path = clean_request(Request("", "POST", text)).path
        is_right = not text.strip() or (path not in ("", "/") and "?" not in path)
        if is_right:
            self._settings.login_path = path
        words = self.tr("Only the path below the org’s address belongs here, for example /accounts/login")
        set_property(self.login_path, "invalid", not is_right)
        self._login_note.say("" if is_right else words, "danger")

    @Slot(bool)
    def _take_updates(self, on: bool) -> None:
        self._settings.check_updates = on

    @Slot(str)
    def _take_feed(self, address: str) -> None:
        address = address.strip()
        self._settings.feed = address
        is_wrong = bool(address) and not is_safe(address)
        set_property(self.feed, "invalid", is_wrong)
        words = self.tr("A feed’s address begins with https:// and holds no name or password.")
        self._feed_note.say(words if is_wrong else "", "danger")

    @Slot()
    def _ask_folder(self) -> None:
        self.folder_asked.emit(self._settings.folder)

    @Slot()
    def _save(self) -> None:
        self._settings.save()


class _Group(QGroupBox):
    """A heading, and a name and a field in each row below it. width: of the names at least; 0 without room."""

    def __init__(self, title: str, width: int) -> None:
        super().__init__(title)
        self._wrap = width == 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 8, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(10)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnMinimumWidth(0, width)

    def add(self, name: str, field: QWidget, beside: IconButton | None = None) -> None:
        """Add a row. name: none for a field that says itself what it does; beside: a button after the field."""
        row = self._grid.rowCount()
        if not name:
            self._grid.addWidget(field, row, 0, 1, 2)
            return
        title = label(name, wrap=self._wrap)
        title.setBuddy(field)
        field.setAccessibleName(name)
        self._grid.addWidget(title, row, 0)
        if beside is None:
            self._grid.addWidget(field, row, 1)
            return
        both = QHBoxLayout()
        both.setSpacing(6)
        both.addWidget(field, 1)
        both.addWidget(beside)
        self._grid.addLayout(both, row, 1)

    def add_note(self, field: QWidget | None = None) -> _Note:
        """Add a place for a sentence below the last row, about that field."""
        note = _Note(field)
        self._grid.addWidget(note.text, self._grid.rowCount(), 0, 1, 2)
        return note


class _Note:
    """A sentence about a field, shown below it and said by a screen reader. Takes no room while there is none."""

    def __init__(self, field: QWidget | None) -> None:
        self.text = label("", "fieldNote", wrap=True)
        self.text.hide()
        self._field = field

    def say(self, text: str, tone: str = "") -> None:
        """Show this sentence, or none. tone: "", "warning" or "danger"."""
        if text == self.text.text():
            return
        self.text.setText(text)
        self.text.setVisible(bool(text))
        set_property(self.text, "tone", tone)
        if self._field is not None:
            self._field.setAccessibleDescription(text)
            if text and self._field.isVisible():
                announce(self._field, text)


def _fact(text: str) -> QLineEdit:
    """A text that cannot be changed here, to be read and copied."""
    fact = QLineEdit(text)
    fact.setObjectName("fact")
    fact.setReadOnly(True)
    fact.setFrame(False)
    fact.setCursorPosition(0)
    return fact


def _seconds(allowed: range, value: int, step: int = 1) -> SpinBox:
    return _number(allowed, value, QCoreApplication.translate("PreferencesDialog", " s"), step)


def _number(allowed: range, value: int, unit: str, step: int = 1) -> SpinBox:
    box = SpinBox()
    box.setRange(allowed.start, allowed.stop - 1)
    box.setSingleStep(step)
    box.setSuffix(unit)
    box.setValue(value)
    box.lineEdit().setTextMargins(9, 0, 0, 0)  # the style sheet's padding does not reach this part
    return box
