"""The one key that is readable on screen, and for how long."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from ..domain.secret import Secret


class Reveal(QObject):
    """Holds at most one revealed key. Models and views ask it; none of them keeps the key.

    changed: another key, or none, is readable now; ticked(int): seconds until it hides.
    """

    changed = Signal()
    ticked = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._app_id = ""
        self._secret: Secret | None = None
        self._left = 0
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self._tick)

    @property
    def app_id(self) -> str:
        """The app whose key is readable, or an empty string."""
        return self._app_id

    @property
    def secret(self) -> Secret | None:
        """The readable key itself."""
        return self._secret

    @property
    def seconds_left(self) -> int:
        """Seconds until it hides; 0 when nothing is revealed."""
        return self._left

    def show(self, app_id: str, secret: Secret, seconds: int) -> None:
        """Make this app's key readable for `seconds`, and any other unreadable."""
        self._app_id = app_id
        self._secret = secret
        self._left = seconds
        self._timer.start()
        self.changed.emit()

    @Slot()
    def end(self) -> None:
        """Hide the key and forget it."""
        if self._secret is not None:
            self._app_id = ""
            self._secret = None
            self._left = 0
            self._timer.stop()
            self.changed.emit()

    @Slot()
    def _tick(self) -> None:
        self._left -= 1
        if self._left <= 0:
            self.end()
        else:
            self.ticked.emit(self._left)
