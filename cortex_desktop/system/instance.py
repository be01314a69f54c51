"""One program per data folder: the second start raises the first one's window."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QLockFile, QObject, Signal, Slot


class Instance(QObject):
    """Holds the data folder's lock, and hears of later starts.

    A later start leaves a file in the data folder, which the first program watches and takes away. That needs no
    server that others could speak to.

    raised: a second start asks for the window; quit_asked: it asks the program to end.
    """

    raised = Signal()
    quit_asked = Signal()

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._raise_request = folder / "cortex-desktop.raise"
        self._quit_request = folder / "cortex-desktop.quit"
        self._lock = QLockFile(os.fspath(folder / "cortex-desktop.lock"))
        # No age limit: the program runs for days. A lock left by a dead process is still seen as such, by its id.
        self._lock.setStaleLockTime(0)
        self._watcher: QFileSystemWatcher | None = None

    def acquire(self) -> bool:
        """Take the lock. False when another program holds it; True also when the folder cannot be locked at all,
        since then nothing can be written there either and storage says so better."""
        if self._lock.tryLock(0):
            return True
        return self._lock.error() is not QLockFile.LockError.LockFailedError

    def raise_first(self, seconds: float = 5) -> bool:
        """Ask the program that holds the lock to show its window. False when it does not hear in time."""
        return _leave(self._raise_request, time.monotonic() + seconds)

    def quit_first(self, seconds: float = 20) -> bool:
        """Ask the program that holds the lock to end, and take the lock. False when it has not ended in time."""
        end = time.monotonic() + seconds
        if not _leave(self._quit_request, end):
            return False
        while not self._lock.tryLock(100):
            if time.monotonic() > end:
                return False
        return True

    @Slot()
    def listen(self) -> None:
        """Hear later starts from now on, and any that came before. Asked twice, it goes on as it was."""
        if self._watcher is None:
            self._watcher = QFileSystemWatcher([os.fspath(self._folder)], self)
            self._watcher.directoryChanged.connect(self._look)
            self._look()

    def release(self) -> None:
        """Let the next start have the folder."""
        if self._watcher is not None:
            self._watcher.directoryChanged.disconnect(self._look)
            self._watcher = None
        self._lock.unlock()

    @Slot()
    def _look(self) -> None:
        # Every change of the folder comes here; nearly all are the database's own.
        for request, signal in ((self._raise_request, self.raised), (self._quit_request, self.quit_asked)):
            with suppress(OSError):
                if request.exists():
                    request.unlink()
                    signal.emit()


def _leave(request: Path, end: float) -> bool:
    """Leave the file, and wait until it is taken away; no longer than until `end` of the monotonic clock."""
    try:
        os.close(os.open(request, os.O_CREAT | os.O_WRONLY, 0o600))
        while request.exists():
            if time.monotonic() > end:
                request.unlink(missing_ok=True)
                return False
            time.sleep(0.02)
    except OSError:
        return False
    return True
