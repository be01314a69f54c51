"""The dialogs over the window, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QDialog, QWidget

from .apps.controller import AppsController
from .widgets import Veil

if TYPE_CHECKING:
    from .sheet import WaitingSheet


class Sheets(QObject):
    """Opens dialogs over `window` and dims `body`, what is in it, meanwhile.

    One at a time: shortcuts reach the window even while a dialog is modal, so who opens one asks `free` first.
    """

    def __init__(self, window: QWidget, body: QWidget, controller: AppsController) -> None:
        super().__init__(window)
        self.window = window
        self.body = body
        self.current: QDialog | None = None
        self._controller = controller
        self._veil = Veil(body)

    @property
    def free(self) -> bool:
        """Whether no dialog is open."""
        return self.current is None

    def open(self, dialog: QDialog) -> None:
        """Open a dialog whose parent is the window."""
        self.current = dialog
        self._veil.cover()
        dialog.finished.connect(self._ended)
        dialog.open()

    def open_waiting(self, dialog: WaitingSheet) -> None:
        """Open a dialog that waits for the keychain and can give up on it."""
        dialog.stop_waiting.connect(self._controller.stop_waiting)
        self._controller.waiting.busy.connect(dialog.show_busy)
        self._controller.waiting.slow.connect(dialog.show_slow)
        self.open(dialog)

    @Slot()
    def _ended(self) -> None:
        self.current = None
        self._veil.hide()
