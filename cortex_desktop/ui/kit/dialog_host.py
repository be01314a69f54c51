"""The dialogs over the window, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QDialog, QWidget

from ...domain.model import App, Org
from ...services.bulk import BulkAction, Disable
from .i18n import place_of, short
from .waiting import Waiting
from .widgets import Look, Overlay

if TYPE_CHECKING:
    from .dialog import WaitingDialog
    from .production import Warned


class DialogHost(QObject):
    """Opens dialogs over `window` and dims it meanwhile. body: what is in it, below the menu bar.

    One at a time: shortcuts reach the window even while a dialog is modal, so check `free` before opening one.

    current_org: the org that dialogs are about; waiting: whether the keychain takes long; stop_waiting: gives up on it.
    """

    def __init__(
        self,
        look: Look,
        window: QWidget,
        body: QWidget,
        current_org: Callable[[], Org | None],
        waiting: Waiting,
        stop_waiting: Callable[[], object],
    ) -> None:
        super().__init__(window)
        self._look = look
        self.window = window
        self.body = body
        self.current: QDialog | None = None
        self._current_org = current_org
        self._waiting = waiting
        self._stop_waiting = stop_waiting
        self._overlay = Overlay(window)

    @property
    def free(self) -> bool:
        """True while no dialog is open."""
        return self.current is None

    def open(self, dialog: QDialog) -> None:
        """Open a dialog whose parent is the window. One about a production org is marked as such."""
        from .dialog import Dialog

        self.current = dialog
        org = self._current_org()
        if org is not None and org.production and isinstance(dialog, Dialog) and dialog.about_org:
            dialog.mark_production(place_of(org))
        self._overlay.cover()
        dialog.finished.connect(self._ended)
        dialog.open()

    def open_waiting(self, dialog: WaitingDialog) -> None:
        """Open a dialog that waits for the keychain and let it stop waiting."""
        dialog.stop_waiting.connect(self._stop_waiting)
        self._waiting.busy.connect(dialog.show_busy)
        self._waiting.slow.connect(dialog.show_slow)
        self.open(dialog)

    def close(self, dialog: QDialog, then: Callable[[], None]) -> None:
        """Close a dialog that has done its work, and call `then`, which shows what came of it."""
        dialog.accept()
        then()

    def warned(self, action: type[BulkAction], apps: Sequence[App]) -> Warned | None:
        """What to say before this is done to these apps; None unless the current org is production."""
        org = self._current_org()
        if org is None or not org.production:
            return None
        from .production import warned

        what = f"“{short(apps[0].label)}”" if len(apps) == 1 else self.tr("%Ln app(s)", "", len(apps))
        return warned(org, action, what)

    def ask_to_disable(self, apps: Sequence[App], then: Callable[[], object]) -> None:
        """Call `then` at once, or, in a production org, after the person has confirmed disabling these apps."""
        org = self._current_org()
        if org is None or not self.free:
            return
        words = self.warned(Disable, apps)
        if words is None:
            then()
            return
        from .production import question_for

        question = question_for(self._look, org, words, self.window)
        question.confirmed.connect(lambda: then())
        self.open(question)

    @Slot()
    def _ended(self) -> None:
        self.current = None
        self._overlay.hide()
