"""One program per data folder: the second start raises the first one's window."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .folder_lock import FolderLock

if TYPE_CHECKING:
    from .channel import Channel

PATIENCE_SECONDS = 5.0
"""How long to wait for a program that is just starting or ending."""
PAUSE_SECONDS = 0.02
"""How long to wait before looking again."""
log = logging.getLogger(__name__)


class AlreadyRunning(Exception):
    """Another process holds the data folder. The text says which, and what to do."""


class Unheard(AlreadyRunning):
    """That process did not do what it was asked, or did not say so."""


class Instance:
    """Holds the data folder's lock, and hears of later starts. sleep: waits for so many seconds."""

    def __init__(self, folder: Path, sleep: Callable[[float], object] = time.sleep) -> None:
        self._lock = FolderLock(folder)
        self._sleep = sleep
        self._channel: Channel | None = None

    def acquire(self) -> None:
        """Take the lock. Raises AlreadyRunning if another process has it.

        Returns also when the folder cannot be locked at all; `listen` writes the reason into the log.
        """
        if not self._lock.acquire():
            raise self._running("Close it first.")

    def acquire_or_raise(self) -> bool:
        """Take the lock and return True, or have the program that holds it show its window and return False.

        Raises AlreadyRunning if it does not.
        """
        return self._acquire_or_ask("raise")

    def quit_first(self, seconds: float = 20) -> None:
        """End the program that holds the lock, and take the lock. Raises AlreadyRunning if it does not in time."""
        refused: AlreadyRunning | None = None
        try:
            if self._acquire_or_ask("quit"):
                return
        except Unheard as error:  # it may be closing already, and too busy with that to answer
            refused = error
        for _ in range(round(seconds / PAUSE_SECONDS)):
            if self._lock.acquire():
                return
            self._sleep(PAUSE_SECONDS)
        raise refused or self._running("It did not close; please close it yourself.")

    def listen(self, commands: Mapping[str, Callable[[], bool]]) -> None:
        """Hear later starts from now on. commands: as in `Channel`. Call it once, with the lock."""
        from .channel import Channel, remove_left  # only now: its import shows in the start-up time

        if self._lock.left.is_here:
            remove_left(self._lock.left.address)
        if self._lock.weakness:
            log.warning("the data folder is not locked against a second program: %s", self._lock.weakness)
        try:
            self._channel = Channel(commands)
        except OSError as error:
            log.warning("later starts cannot reach this one: %s", error)
            return
        self._lock.announce(self._channel.address, self._channel.key)

    def stop_listening(self) -> None:
        """Hear no more of later starts; they wait for the lock."""
        if self._channel is not None:
            self._lock.announce()
            self._channel.close()
            self._channel = None

    def release(self) -> None:
        """Let the next start have the folder."""
        self.stop_listening()
        self._lock.release()

    def _acquire_or_ask(self, command: str) -> bool:
        if self._lock.acquire():
            return True
        from .channel import ChannelError, ask

        for _ in range(round(PATIENCE_SECONDS / PAUSE_SECONDS)):
            if self._lock.weakness:
                break
            self._sleep(PAUSE_SECONDS)  # first of all: who has just taken the lock is about to write who it is
            if self._lock.acquire():
                return True
            holder = self._lock.holder()
            if holder.pid and not holder.since:
                raise self._running("It is an older version; please close it yourself.")
            if holder.pid and not holder.is_here:
                raise self._running("Please close it there.")
            if holder.address:
                try:
                    ask(holder.address, holder.key, command)
                except ChannelError as error:
                    raise Unheard(str(self._running(f"{error} Wait a moment, or end that process."))) from None
                except (ConnectionError, FileNotFoundError):
                    pass  # it has just ended or is about to
                except OSError as error:
                    raise self._running(f"It cannot be reached: {error.strerror}. Please close it yourself.") from None
                else:
                    return False
        raise self._running("It does not answer. Wait a moment, or end that process.")

    def _running(self, advice: str) -> AlreadyRunning:
        path = self._lock.path
        if self._lock.weakness:
            return AlreadyRunning(f"{self._lock.weakness}. If nobody runs the program there, please remove that file.")
        return AlreadyRunning(f"already running with {path.parent}: {self._lock.holder()}. {advice}")
