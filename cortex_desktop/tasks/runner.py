"""Lanes beside the GUI thread.

`VAULT` may wait minutes for a person at a system prompt, so saving has a lane of its own, `DISK`; what asks the
network, or one of the system's buses, has `NETWORK`. All are daemon threads: an executor would make quitting wait for
a stuck keychain call.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from enum import Enum
from queue import SimpleQueue
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot

from ..domain.errors import CortexError, Defect

T = TypeVar("T")
log = logging.getLogger(__name__)


class Lane(Enum):
    """Which thread a piece of work runs on. Work of one lane runs in order, one at a time."""

    VAULT = "vault"
    DISK = "disk"
    NETWORK = "network"


class _Job:
    __slots__ = ("context", "done", "error", "failed", "result", "work")

    def __init__(
        self,
        work: Callable[[], Any],
        context: QObject,
        done: Callable[[Any], None],
        failed: Callable[[CortexError], None],
    ) -> None:
        self.work = work
        self.context = context
        self.done = done
        self.failed = failed
        self.result: Any = None
        self.error: Exception | None = None


class Runner(QObject):
    """Runs work on a lane and calls back on the GUI thread.

    An error that is not a CortexError is a defect: it is raised in the GUI thread, where crash capture sees it.
    """

    _finished = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # A result that arrives while Qt is being taken down crashes the process. The gate makes sure that no
        # result is on its way once `close` has returned.
        self._gate = threading.Lock()
        self._open = True
        self._queues: dict[Lane, SimpleQueue[_Job | None]] = {}
        self._finished.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def submit(
        self,
        lane: Lane,
        work: Callable[[], T],
        context: QObject,
        done: Callable[[T], None],
        failed: Callable[[CortexError], None],
    ) -> None:
        """Run `work` on the lane, then `done(result)` or `failed(error)` here, unless `context` is gone by then."""
        if not self._open:
            return
        if lane not in self._queues:
            self._queues[lane] = SimpleQueue()
            threading.Thread(target=self._serve, args=(self._queues[lane],), name=lane.value, daemon=True).start()
        self._queues[lane].put(_Job(work, context, done, failed))

    def hand_over(self, context: QObject, done: Callable[[T], None], result: T) -> None:
        """From any thread: call `done(result)` on the GUI thread soon, unless `context` is gone by then."""
        job = _Job(_nothing, context, done, _nothing)
        job.result = result
        self._send(job)

    def close(self) -> None:
        """Let no more results through and tell idle lanes to end. Never waits for work that is under way."""
        with self._gate:
            self._open = False
        for queue in self._queues.values():
            queue.put(None)

    def _serve(self, queue: SimpleQueue[_Job | None]) -> None:
        while (job := queue.get()) is not None and self._open:
            try:
                job.result = job.work()
            except Exception as error:
                job.error = error
            self._send(job)
            del job  # its result may be a secret, and the next job may be hours away

    def _send(self, job: _Job) -> None:
        with self._gate:
            if self._open:
                self._finished.emit(job)

    @Slot(object)
    def _deliver(self, job: _Job) -> None:
        if not self._open or not shiboken6.isValid(job.context):
            return
        if job.error is None:
            job.done(job.result)
        elif isinstance(job.error, CortexError):
            log.info("%s: %s", type(job.error).__name__, getattr(job.error, "detail", ""))
            job.failed(job.error)
        else:
            try:
                job.failed(Defect())  # who waits for an answer must not wait for ever
            finally:
                raise job.error


def _nothing(*_: object) -> None:
    """For a job that has nothing to do."""
