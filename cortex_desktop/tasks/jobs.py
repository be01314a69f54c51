"""Jobs for the lanes, with their outcomes on the GUI thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot

from ..domain.errors import CortexError
from .lanes import Job, Lane, Lanes, LongJob, ShortJob

T = TypeVar("T")


class Jobs(QObject):
    """Submits jobs to lanes and calls back on the GUI thread, through one queued signal.

    A result that arrives while Qt is taken down would crash the process, so none is on its way once `close` has
    returned.
    """

    _ran = Signal(Job)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lanes = Lanes(self._ran.emit)
        self._ran.connect(self._call_back, Qt.ConnectionType.QueuedConnection)

    def submit(
        self,
        lane: Lane,
        work: Callable[[], T],
        context: QObject,
        done: Callable[[T], object],
        failed: Callable[[CortexError], object],
    ) -> Job[T]:
        """Run `work` on the lane, then `done(result)` or `failed(error)` here, unless `context` is gone by then."""
        job = ShortJob(lane, work, context, done, failed)
        self._lanes.put(job)
        return job

    def submit_long(
        self,
        lane: Lane,
        steps: Iterator[T],
        context: QObject,
        each: Callable[[T], object],
        done: Callable[[], object],
        failed: Callable[[CortexError], object],
    ) -> LongJob[T]:
        """Run `steps` on the lane, a few at a time, while `context` is there.

        each: gets what a step yielded; done: there are no more; failed: a step raised, and there are no more.
        """
        job = LongJob(lane, steps, context, each, done, failed)
        self._lanes.put(job)
        return job

    def hand_over(self, context: QObject, done: Callable[[T], object], result: T) -> None:
        """Call `done(result)` on the GUI thread soon, unless `context` is gone by then. From any thread."""
        job = ShortJob(Lane.DISK, lambda: result, context, done, _ignore)
        job.run()  # here: it has nothing to wait for
        self._lanes.deliver(job)

    def close(self) -> None:
        """Let no more results through and end idle lanes. Never waits for a job that is running."""
        self._lanes.close()

    @Slot(Job)
    def _call_back(self, job: Job[Any]) -> None:
        if self._lanes.is_open and shiboken6.isValid(job.context) and job.call_back():
            self._lanes.put(job)


def _ignore(_: object) -> None:
    """Ignore the result."""
