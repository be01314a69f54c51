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
        self._lane_of: dict[Job[Any], Lane] = {}  # of the long jobs under way
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
        job = ShortJob(work, context, done, failed)
        self._lanes.put(lane, job)
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
        job = LongJob(steps, context, each, done, failed)
        self._lane_of[job] = lane
        self._lanes.put(lane, job)
        return job

    def hand_over(self, context: QObject, done: Callable[[T], object], result: T) -> None:
        """Call `done(result)` on the GUI thread soon, unless `context` is gone by then. From any thread."""
        job = ShortJob(lambda: result, context, done, _ignore)
        job.run()
        self._lanes.deliver(job)

    def close(self) -> None:
        """Let no more results through and end idle lanes. Never waits for a job that is running."""
        self._lanes.close()

    @Slot(Job)
    def _call_back(self, job: Job[Any]) -> None:
        more = False
        try:
            if self._lanes.is_open and shiboken6.isValid(job.context):
                more = job.call_back()
        finally:
            if not more:
                self._lane_of.pop(job, None)
        if more:
            self._lanes.put(self._lane_of[job], job)


def _ignore(_: object) -> None:
    """Ignore the result."""
