"""Ctrl+C and a polite kill end the program as a person's Quit does: with the clipboard cleared and status 0."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable

from PySide6.QtCore import QObject, QSocketNotifier, Slot


class Signals(QObject):
    """Calls `quit_program` in the event loop when SIGINT or SIGTERM arrives.

    Python runs its signal handlers only between byte codes, of which an idle event loop executes none. So the
    signal's number is written to a socket that the loop watches.
    """

    def __init__(self, quit_program: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self._quit = quit_program
        self._receiver, self._sender = socket.socketpair()
        for end in (self._receiver, self._sender):
            end.setblocking(False)
        signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        self._notifier = QSocketNotifier(self._receiver.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._heard)

    def close(self) -> None:
        """Leave signals to Python again."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        self._receiver.close()
        self._sender.close()

    @Slot()
    def _heard(self) -> None:
        self._receiver.recv(64)
        self._quit()
