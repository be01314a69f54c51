"""Ctrl+C, a polite kill and a closed terminal end the program as Quit does: clipboard cleared, status 0."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

from PySide6.QtCore import QObject, QSocketNotifier, Slot


class Signals(QObject):
    """Calls `quit_program` in the event loop when SIGINT, SIGTERM or SIGHUP arrives.

    SIGHUP is left alone where it is ignored already, as `nohup` has it.

    Python runs its signal handlers only between byte codes, of which an idle event loop executes none. So the
    signal's number is written to a pipe that the loop watches; on Windows that must be a socket.
    """

    def __init__(self, quit_program: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self._quit = quit_program
        if sys.platform == "win32":
            import socket

            self._sockets = socket.socketpair()
            for end in self._sockets:
                end.setblocking(False)
            receiver, sender = (end.fileno() for end in self._sockets)
        else:
            self._pipe = os.pipe()
            for descriptor in self._pipe:
                os.set_blocking(descriptor, False)
            receiver, sender = self._pipe
        signal.set_wakeup_fd(sender, warn_on_full_buffer=False)
        self._numbers = _ending()
        for number in self._numbers:
            signal.signal(number, lambda *_: None)
        self._notifier = QSocketNotifier(receiver, QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._heard)

    def close(self) -> None:
        """Leave signals to Python again."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(-1)
        for number in self._numbers:
            signal.signal(number, signal.SIG_DFL)
        if sys.platform == "win32":
            for end in self._sockets:
                end.close()
        else:
            for descriptor in self._pipe:
                os.close(descriptor)

    @Slot()
    def _heard(self) -> None:
        if sys.platform == "win32":
            self._sockets[0].recv(64)
        else:
            os.read(self._pipe[0], 64)
        self._quit()


def _ending() -> list[signal.Signals]:
    """The signals that ask this program to end."""
    usual = [signal.SIGINT, signal.SIGTERM]
    if sys.platform == "win32" or signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        return usual
    return [*usual, signal.SIGHUP]
