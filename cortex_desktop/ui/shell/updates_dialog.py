"""The dialog of Check for updates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Slot
from PySide6.QtWidgets import QProgressBar, QWidget

from ... import __version__
from ...domain.errors import CortexError
from ..kit.desktop import open_web_page
from ..kit.dialog import Dialog
from ..kit.i18n import translate_text
from ..kit.widgets import Button, Look, announce, label

if TYPE_CHECKING:
    from ...services.updates import Release


class UpdatesDialog(Dialog):
    """Looks, then says what was found. again: the button to try once more."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        title = QCoreApplication.translate("UpdatesDialog", "Check for updates")
        have = QCoreApplication.translate("UpdatesDialog", "You have version {version}.").format(version=__version__)
        super().__init__(look, title, have, 440, parent)
        self._page = ""
        self._title = label("", "strong", wrap=True)
        self._text = label("", wrap=True)
        self._progress = QProgressBar()
        self._progress.setRange(0, 0)
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName(self.tr("Looking for a newer version…"))
        self.form.addWidget(self._title)
        self.form.addSpacing(4)
        self.form.addWidget(self._text)
        self.form.addSpacing(4)
        self.form.addWidget(self._progress)
        self.form.addStretch()
        self.again = Button(self.tr("Try again"), look)
        self.again.setAutoDefault(False)
        self.close_button = Button(self.tr("Close"), look)
        self.get = Button(self.tr("Open the download page"), look, "primary")
        self.foot.addWidget(self.again)
        self.foot.addWidget(self.close_button)
        self.foot.addWidget(self.get)
        self.close_button.clicked.connect(self.reject)
        self.get.clicked.connect(self._open_page)
        self.show_busy()

    def show_busy(self) -> None:
        """It is looking."""
        self._show_message(self.tr("Looking for a newer version…"), "")
        self._progress.show()

    def show_release(self, release: Release, newer: bool) -> None:
        """The feed answered."""
        if newer:
            self._page = release.page
            title = self.tr("Version {version} is available").format(version=release.version)
            text = self.tr("Nothing was downloaded. Get it from {host} and install it over this version.")
            self._show_message(title, text.format(host=release.host), page=True)
        else:
            self._show_message(self.tr("You have the newest version"), "")

    def show_failure(self, error: CortexError) -> None:
        """It did not work."""
        self._show_message(
            translate_text(error.title), f"{translate_text(error.message)} {translate_text(error.advice)}", again=True
        )

    def _show_message(self, title: str, text: str, *, page: bool = False, again: bool = False) -> None:
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self._progress.hide()
        self.get.setVisible(page)
        self.again.setVisible(again)
        (self.get if page else self.close_button).setDefault(True)
        if self.isVisible():
            self.fit()
            announce(self, f"{title}. {text}")

    @Slot()
    def _open_page(self) -> None:
        open_web_page(self._page)
        self.accept()
