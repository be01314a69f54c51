"""The dialog of Check for updates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from ... import __version__
from ...domain.errors import CortexError
from ..kit.desktop import open_web_page
from ..kit.dialog import Dialog
from ..kit.i18n import translate_text
from ..kit.widgets import Button, Look, Picture, announce, label, set_property

if TYPE_CHECKING:
    from ...services.updates import Release


class UpdatesDialog(Dialog):
    """Looks, then says what was found. again: the button to try once more."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        title = QCoreApplication.translate("UpdatesDialog", "Check for updates")
        have = QCoreApplication.translate("UpdatesDialog", "You have version {version}.").format(version=__version__)
        super().__init__(look, title, have, 440, parent)
        self._page = ""
        self._picture = Picture("loader-circle", look, "accent", 24, 52)
        self._picture.setObjectName("badge")
        self._title = label("", "strong", wrap=True)
        self._text = label("", "subtitle", wrap=True)
        self._progress = QProgressBar()
        self._progress.setRange(0, 0)
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName(self.tr("Looking for a newer version…"))
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addStretch()
        for widget in (self._title, self._text, self._progress):
            words.addWidget(widget)
        words.addStretch()
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self.form.addLayout(row)
        self.form.addStretch()
        self.again = Button(self.tr("Try again"), look)
        self.again.setAutoDefault(False)
        self.get = Button(self.tr("Open the download page"), look, "primary")
        self.foot.addWidget(self.again)
        self.foot.addWidget(self.get)
        self.close_button = self.add_close()
        self.get.clicked.connect(self._open_page)
        self.show_busy()

    def show_busy(self) -> None:
        """It is looking."""
        self._show_message("loader-circle", "muted", self.tr("Looking for a newer version…"), "")
        self._progress.show()

    def show_release(self, release: Release, newer: bool) -> None:
        """The feed answered."""
        if newer:
            self._page = release.page
            title = self.tr("Version {version} is available").format(version=release.version)
            text = self.tr("Nothing was downloaded. Get it from {host} and install it over this version.")
            self._show_message("arrow-down", "accent", title, text.format(host=release.host), page=True)
        else:
            text = self.tr("Version {version} is what the release feed names.").format(version=release.version)
            self._show_message("check", "success", self.tr("You have the newest version"), text)

    def show_failure(self, error: CortexError) -> None:
        """It did not work."""
        text = f"{translate_text(error.message)} {translate_text(error.advice)}"
        self._show_message("circle-alert", "danger", translate_text(error.title), text, again=True)

    def _show_message(
        self, icon: str, tone: str, title: str, text: str, *, page: bool = False, again: bool = False
    ) -> None:
        self._picture.change(icon, tone)
        set_property(self._picture, "tone", tone)
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self._progress.hide()
        self.get.setVisible(page)
        self.again.setVisible(again)
        chosen = self.get if page else self.close_button
        chosen.setDefault(True)
        chosen.setFocus()
        if self.isVisible():
            self.fit()
            announce(self, f"{title}. {text}")

    @Slot()
    def _open_page(self) -> None:
        open_web_page(self._page)
        self.accept()
