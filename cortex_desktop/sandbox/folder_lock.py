"""One sandbox for each data folder: a lock that the system takes away when its process ends, however it ends."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

from ..domain.sandbox import LOCK_FILE

_LOCKED_BYTE = 1 << 20  # beyond the text, which others may read meanwhile (Windows)
_HELD = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}


class FolderLock:
    """The lock file, which says where the sandbox answers."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def take(self) -> bool:
        """Take the lock. False if another process has it. Raises OSError if the file cannot be made."""
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _lock(fd):
            os.close(fd)
            return False
        self._fd = fd
        os.ftruncate(fd, 0)
        return True

    def say(self, address: str) -> None:
        """Write where the sandbox answers, for others to read."""
        if self._fd is not None:
            os.lseek(self._fd, 0, os.SEEK_SET)
            os.write(self._fd, address.encode())

    def address(self) -> str:
        """Where the sandbox that has the lock answers; empty if it is not ready yet."""
        with suppress(OSError):
            return self._path.read_bytes()[:200].decode("ascii", "replace")
        return ""

    def release(self) -> None:
        """Give the lock back. The file stays: removing it could take away the lock of another process."""
        if self._fd is not None:
            with suppress(OSError):
                os.ftruncate(self._fd, 0)
            os.close(self._fd)
            self._fd = None


def running_at(folder: Path) -> str | None:
    """Where the sandbox of this data folder answers, "" if it is not ready yet; None if none runs. Raises OSError."""
    if not (folder / LOCK_FILE).exists():
        return None
    lock = FolderLock(folder / LOCK_FILE)
    if lock.take():
        lock.release()
        return None
    return lock.address()


def _lock(fd: int) -> bool:
    """Lock the file without waiting. False if another process has it; True also where files cannot be locked."""
    try:
        if sys.platform == "win32":
            import ctypes
            import msvcrt

            system = ctypes.WinDLL("kernel32", use_last_error=True)  # msvcrt.locking hides under Wine why it failed
            if not system.LockFile(ctypes.c_void_p(msvcrt.get_osfhandle(fd)), _LOCKED_BYTE, 0, 1, 0):
                raise ctypes.WinError(ctypes.get_last_error())
        else:
            import fcntl

            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _HELD
    return True
