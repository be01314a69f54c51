"""The one key or secret that is readable on screen, and for how long."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from ...domain.secret import Secret, SecretKind
from .clock import Clock, Countdown


class Reveal(QObject):
    """Holds at most one revealed key or secret. Models and views ask it; none of them keeps it.

    changed: another one, or none, is readable now; ticked(int): seconds until it hides.
    """

    changed = Signal()
    ticked = Signal(int)

    def __init__(self, clock: Clock, parent: QObject) -> None:
        super().__init__(parent)
        self._app_id = ""
        self._kind = SecretKind.API_KEY
        self._secret: Secret | None = None
        self._countdown = Countdown(clock, self)
        self._countdown.ticked.connect(self.ticked)
        self._countdown.ended.connect(self.end)

    @property
    def app_id(self) -> str:
        """The app whose API key is readable, or an empty string."""
        return self._app_id if self._kind is SecretKind.API_KEY else ""

    @property
    def secret(self) -> Secret | None:
        """The readable API key itself."""
        return self._secret if self._kind is SecretKind.API_KEY else None

    def of(self, app_id: str, kind: SecretKind) -> Secret | None:
        """This app's key or secret, if that is what is readable."""
        return self._secret if (app_id, kind) == (self._app_id, self._kind) else None

    @property
    def seconds_left(self) -> int:
        """Seconds until it hides; 0 when nothing is revealed."""
        return self._countdown.seconds_left

    def show(self, app_id: str, secret: Secret, seconds: int, kind: SecretKind = SecretKind.API_KEY) -> None:
        """Make this app's key or secret readable for `seconds`, and any other unreadable."""
        self._app_id = app_id
        self._kind = kind
        self._secret = secret
        self._countdown.start(seconds)
        self.changed.emit()

    @Slot()
    def end(self) -> None:
        """Hide what is readable and forget it."""
        if self._secret is not None:
            self._app_id = ""
            self._secret = None
            self._countdown.stop()
            self.changed.emit()
