"""Notices when the system locks the screen or goes to sleep. Load it after the first paint."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, Signal

log = logging.getLogger(__name__)

Beside = Callable[[Callable[[], None], Callable[[None], None]], None]
"""Runs the first off the GUI thread and then, unless it failed, the second on it."""


class Ears(Protocol):
    """What hears one system's notices of it."""

    def close(self) -> None:
        """Hear no more."""


class ScreenLock(QObject):
    """locked: nobody is in front of the screen any more.

    Nobody who could fake this notice gains by it, so who sends it is not looked at.
    """

    locked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ears: Ears | None = None

    def watch(self, window_id: int, beside: Beside) -> None:
        """Notice from now on, or soon, where the system reports it. window_id: of a native window of ours."""
        try:  # each system's own needs, of which only one is loaded
            if sys.platform == "win32":
                from .screen_lock_windows import WindowsEars

                self._ears = WindowsEars(window_id, self.locked.emit)
            elif sys.platform == "darwin":
                from .screen_lock_macos import MacEars

                self._ears = MacEars(self.locked.emit)
            else:
                from .screen_lock_linux import LinuxEars

                ears = LinuxEars(self.locked.emit, self)
                self._ears = ears
                beside(ears.open, ears.listen)
        except Exception as error:  # three foreign systems: after any error the program had better go on
            log.warning("the screen's lock is not noticed: %s", type(error).__name__)

    def close(self) -> None:
        """Notice no more."""
        ears, self._ears = self._ears, None
        if ears is not None:
            ears.close()
