"""Notices at once what other programs do to the data folder while the program is open."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot

from ...domain.errors import CortexError
from ...services.damage import Damage
from ..kit.clock import Clock
from ..kit.toasts import Toasts
from ..workspace import Workspace

EVERY = 3.0
"""Seconds between two looks, each of which asks for the state of two files. The system tells of changes at once only
on disks of this computer; a look finds them on network folders too, as soon as the system itself has heard of them."""
SECONDS = 20


class FolderWatch(QObject):
    """Has the folder looked at every few seconds, and tells what others did, once.

    look: notices what others did since; it raises StorageError. The name of a file that was set aside goes to `found`.
    """

    def __init__(self, workspace: Workspace, look: Callable[[], None], clock: Clock, toasts: Toasts) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._toasts = toasts
        self._look = look
        self._told = ""
        self._timer = clock.timer(self)
        self._timer.timeout.connect(self._begin)
        self._timer.start(EVERY)

    def found(self, set_aside: str) -> None:
        """Tell that another program's version of a file was set aside under this name, "" for one that was removed."""
        self._workspace.damage_found.emit(Damage(set_aside=set_aside, while_running=True))
        self._toasts.show(
            self.tr("Another program has replaced your app list"),
            self.tr("Your list stays in use. The Apps page says more."),
            icon="triangle-alert",
            tone="warning",
            topic="replaced",
        ).count_down(SECONDS)

    @Slot()
    def _begin(self) -> None:
        self._workspace.on_disk(self._look, self._looked, self._failed)

    def _looked(self, _: None) -> None:
        self._told = ""
        self._timer.start(EVERY)

    def _failed(self, error: CortexError) -> None:
        if error.title.source != self._told:
            self._told = error.title.source
            self._workspace.failed.emit(error)
        self._timer.start(EVERY)
