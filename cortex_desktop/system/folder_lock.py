"""The lock that makes one program the writer of a data folder.

The system's own locks, without a library: filelock and portalocker each take longer to import than the whole start may
lose to this. The system frees them with the process, so that no lock outlives its holder, whatever the file says.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

NAME = "cortex-desktop.lock"
_HELD = {errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK}
_LOCKED_BYTE = 1 << 30
"""Windows keeps others from reading what is locked, so a byte far behind the text is."""


class Holder(NamedTuple):
    """What the holder of a lock has written about itself. All empty if it has not, or nothing that can be read.

    since: when it took the lock; empty if it is a version that locked through QLockFile. address, key: of its channel,
    empty while it starts or ends.
    """

    pid: str = ""
    host: str = ""
    since: str = ""
    address: str = ""
    key: str = ""

    @property
    def is_here(self) -> bool:
        """True if it runs on this computer."""
        return self.host == _host()

    def __str__(self) -> str:
        who = f"process {self.pid} on {self.host}" if self.pid else "a process that has not said which"
        return f"{who}, since {self.since.replace('T', ' ').replace('Z', ' UTC')}" if self.since else who


class FolderLock:
    """The lock of a data folder: `cortex-desktop.lock` in it, locked as long as this process has it open.

    The file has mode 0600 and stays when the lock is released. Its first lines are those of Qt's QLockFile, with which
    versions up to 0.1 keep out others: neither starts while the other runs.

    left: what the file said before this process took the lock; of a program that was killed if it has an address.
    weakness: why the file could not be opened or locked, when that is not because another process has it.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self.left = Holder()
        self.weakness = ""
        self._descriptor = -1
        self._since = ""

    def acquire(self) -> bool:
        """Take the lock. False if another process has it, or has a lock file that this one may not open.

        True also where nobody can lock: in a folder that is missing or closed to this user, where nothing can be
        written either, and on a file system without locks. `weakness` has the reason.
        """
        while self._descriptor == -1:
            self.weakness = ""
            try:
                descriptor = self._open()
            except OSError as error:
                if sys.platform == "win32" and isinstance(error, PermissionError) and _is_there(self.path):
                    return False  # this is how a file looks there that QLockFile has locked
                self.weakness = f"{self.path} cannot be opened: {error.strerror}"
                return not _is_there(self.path)
            try:
                _lock(descriptor)
            except OSError as error:
                os.close(descriptor)
                if error.errno in _HELD:
                    return False
                self.weakness = f"{self.path} cannot be locked: {error.strerror}"
                return True
            if self._is_replaced(descriptor):  # by a version that removes the file; its lock says nothing then
                os.close(descriptor)
                continue
            self._descriptor = descriptor
            self.left = self.holder()
            self._since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            self.announce()
        return True

    def announce(self, address: str = "", key: str = "") -> None:
        """Write into the file who holds it, and how its channel is reached. Does nothing without the lock."""
        if self._descriptor == -1:
            return
        # QLockFile's five lines: the last two, of computer and boot, may be empty.
        lines = (str(os.getpid()), _program(), _host(), "", "", self._since, address, key)
        text = "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
        with suppress(OSError):  # a full disk, a file of another user: who holds the lock can then not be said
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.write(self._descriptor, text)
            os.ftruncate(self._descriptor, len(text))  # after the text, so that no reader finds an empty file

    def holder(self) -> Holder:
        """Read who holds the lock; or held it last."""
        try:
            text = self.path.read_bytes()[:4096].decode("utf-8", "replace")
        except OSError:
            return Holder()
        lines = ["".join(filter(str.isprintable, line)) for line in text.split("\n")] + [""] * 8
        pid, _, host, _, _, since, address, key = lines[:8]
        return Holder(pid, host, since, address, key) if pid.isdecimal() else Holder()

    def release(self) -> None:
        """Let the next process have the lock."""
        if self._descriptor != -1:
            os.close(self._descriptor)
            self._descriptor = -1

    def _open(self) -> int:
        """Open the file for writing, made if need be; or for reading, if it is there and this user may not write it."""
        flags = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)  # no link: its target would be overwritten
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | flags, 0o600)
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EROFS) or sys.platform == "win32":
                raise
            return os.open(self.path, os.O_RDONLY | flags)
        if sys.platform != "win32":
            with suppress(OSError):  # of another user
                os.fchmod(descriptor, 0o600)
        return descriptor

    def _is_replaced(self, descriptor: int) -> bool:
        """True if the path leads to another file by now. Windows keeps open files where they are."""
        if sys.platform == "win32":
            return False
        try:
            return not os.path.samestat(os.fstat(descriptor), os.stat(self.path))
        except OSError:
            return True


def _lock(descriptor: int) -> None:
    """Lock the file without waiting. Raises OSError, with a number of `_HELD` if another has it."""
    if sys.platform == "win32":
        import ctypes

        system = ctypes.WinDLL("kernel32", use_last_error=True)  # msvcrt.locking does not say under Wine why it failed
        if not system.LockFile(ctypes.c_void_p(msvcrt.get_osfhandle(descriptor)), _LOCKED_BYTE, 0, 1, 0):
            raise ctypes.WinError(ctypes.get_last_error())
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_there(path: Path) -> bool:
    """True if there is such a file, or a link to nothing."""
    try:
        os.lstat(path)
    except OSError:
        return False
    return True


def _program() -> str:
    """The name of the running executable, as QLockFile compares it."""
    return os.path.basename(os.path.realpath(sys.executable)).removesuffix(".exe")


def _host() -> str:
    """This computer's name, as QLockFile compares it."""
    if sys.platform == "win32":
        import socket  # its import shows in the start-up time

        return socket.gethostname()
    return os.uname().nodename
