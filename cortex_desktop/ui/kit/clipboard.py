"""Secrets on the clipboard, for a short time and kept out of its history where the system allows.

Hazards H-C1 to H-C7: clearing does not remove a history entry, so history is asked not to take it at all.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import QMimeData, QObject, Signal, Slot
from PySide6.QtGui import QClipboard, QGuiApplication

from ...domain.secret import Secret
from .clock import Clock, Countdown

# Windows: the first keeps clipboard viewers away, the others are DWORD 0 for "no" (Microsoft, "Clipboard formats").
# KDE: Klipper skips what carries its password hint.
HINTS = {
    "ExcludeClipboardContentFromMonitorProcessing": b"\0\0\0\0",
    "CanIncludeInClipboardHistory": b"\0\0\0\0",
    "CanUploadToCloudClipboard": b"\0\0\0\0",
    "x-kde-passwordManagerHint": b"secret",
}


class SecretClipboard(QObject):
    """Puts one secret on the clipboard and takes it off again.

    ticked(int): seconds until it is cleared, each second; cleared(bool): it is gone, True when by us and False when
    something else was copied meanwhile.
    """

    ticked = Signal(int)
    cleared = Signal(bool)

    def __init__(self, clock: Clock, parent: QObject) -> None:
        super().__init__(parent)
        self._clipboard = QGuiApplication.clipboard()
        self._held: Secret | None = None
        self._countdown = Countdown(clock, self)
        self._countdown.ticked.connect(self.ticked)
        self._countdown.ended.connect(self._time_is_up)
        self._clipboard.dataChanged.connect(self._look)

    def put(self, secret: Secret, seconds: int) -> None:
        """Copy the secret and clear it after `seconds`, if it is still there then."""
        self._held = secret
        mime = QMimeData()
        mime.setText(secret.reveal())
        for name, value in HINTS.items():
            mime.setData(name, value)
        self._clipboard.setMimeData(mime, QClipboard.Mode.Clipboard)
        if sys.platform == "darwin":
            from .pasteboard import mark_concealed

            mark_concealed()
        self._hold(secret, seconds)

    @Slot(Secret)
    def watch(self, pasted: Secret) -> None:
        """Watch a text with a secret that the person copied elsewhere, if the clipboard still holds it.

        `count_down` starts its time. Until then it stays, and is cleared at quit.
        """
        mime = self._clipboard.mimeData(QClipboard.Mode.Clipboard)
        if mime is not None and Secret(mime.text()) == pasted and not self._is_ours():
            self._held = pasted
            self._countdown.stop()

    def count_down(self, seconds: int) -> bool:
        """Clear what is watched after `seconds`. False if nothing is."""
        if self._held is None or self._countdown.seconds_left:
            return False
        self._hold(self._held, seconds)
        return True

    @property
    def seconds_left(self) -> int:
        """Seconds until the secret is cleared; 0 when there is none of ours."""
        return self._countdown.seconds_left

    @Slot()
    def clear(self) -> None:
        """Clear our secret from the clipboard now, unless something else has taken its place."""
        if self._held is None:
            return
        ours = self._is_ours()
        if ours:
            # Qt hands the selection over when its owner quits, and offscreen even crashes (H-C7).
            self._clipboard.clear(QClipboard.Mode.Clipboard)
            if self._is_ours():
                return  # Wayland lets only the focused window change it (H-C4)
        self._let_go(ours=ours)

    @Slot()
    def _look(self) -> None:
        """Let go of the secret as soon as something else has taken its place."""
        if self._held is not None and not self._is_ours():
            self._let_go(ours=False)

    def _let_go(self, *, ours: bool) -> None:
        self._held = None
        self._countdown.stop()
        self.cleared.emit(ours)

    def _is_ours(self) -> bool:
        mime = self._clipboard.mimeData(QClipboard.Mode.Clipboard)
        return mime is not None and self._held is not None and Secret(mime.text()) == self._held

    def _hold(self, secret: Secret, seconds: int) -> None:
        self._held = secret
        self._countdown.start(seconds)
        self.ticked.emit(seconds)

    @Slot()
    def _time_is_up(self) -> None:
        self.clear()
        if self._held is not None:
            self._countdown.start(1)  # and try again
