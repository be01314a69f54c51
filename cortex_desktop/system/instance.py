"""One program per data folder: the second start raises the first one's window."""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile, QObject, Signal, Slot

if TYPE_CHECKING:
    from PySide6.QtNetwork import QLocalServer

log = logging.getLogger(__name__)


class Instance(QObject):
    """Holds the data folder's lock, and hears of later starts.

    raised: a second start asks for the window. QtNetwork is loaded only when needed, after the first paint.
    """

    raised = Signal()

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = QLockFile(str(folder / "cortex-desktop.lock"))
        # No age limit: the program runs for days. A lock left by a dead process is still seen as such, by its id.
        self._lock.setStaleLockTime(0)
        # The same name by whichever way the folder was named; a name may hold bytes that are no characters.
        self._name = "cortex-desktop-" + hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:32]
        self._server: QLocalServer | None = None

    def acquire(self) -> bool:
        """Take the lock. False when another program holds it; True also when the folder cannot be locked at all,
        since then nothing can be written there either and storage says so better."""
        if self._lock.tryLock(0):
            return True
        return self._lock.error() is not QLockFile.LockError.LockFailedError

    def raise_first(self) -> bool:
        """Ask the program that holds the lock to show its window. False when it does not hear."""
        from PySide6.QtNetwork import QLocalSocket

        socket = QLocalSocket()
        socket.connectToServer(self._name)
        heard = socket.waitForConnected(2000)
        socket.disconnectFromServer()
        return heard

    @Slot()
    def listen(self) -> None:
        """Hear later starts from now on. Asked twice, it goes on as it was."""
        if self._server is not None:
            return
        from PySide6.QtNetwork import QLocalServer

        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        QLocalServer.removeServer(self._name)  # left by a crash; the lock says that nobody listens there
        self._server.newConnection.connect(self._greet)
        if not self._server.listen(self._name):
            log.warning("later starts cannot raise this window: %s", self._server.errorString())

    def release(self) -> None:
        """Let the next start have the folder."""
        if self._server is not None:
            self._server.close()
        self._lock.unlock()

    @Slot()
    def _greet(self) -> None:
        assert self._server is not None
        while (connection := self._server.nextPendingConnection()) is not None:
            connection.disconnected.connect(connection.deleteLater)
            connection.disconnectFromServer()
        self.raised.emit()
