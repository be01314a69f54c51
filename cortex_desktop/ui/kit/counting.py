"""Counts of the activity log that are kept up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from PySide6.QtCore import QObject, Signal, Slot

from ...domain.activity import Counted
from ...domain.errors import CortexError
from ...tasks.jobs import Jobs
from ...tasks.lanes import Lane, LongJob

Steps = Callable[[int], Iterator[Counted]]
"""Counts what was added to the log after this place."""


class LogCounter(QObject):
    """Counts entries with a job, and those that are added later with short ones.

    counted: `counts` are known, or are others; failed(CortexError): the log cannot be read.
    """

    counted = Signal()
    failed = Signal(CortexError)

    def __init__(self, jobs: Jobs, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._job: LongJob[Counted] | None = None
        self._steps: Steps | None = None
        self._counts: list[int] = []
        self._end = 0
        self._again = False
        self._is_known = False

    @property
    def counts(self) -> Sequence[int] | None:
        """The counts; None while they are not known."""
        return self._counts if self._is_known else None

    def begin(self, length: int, steps: Steps) -> None:
        """Count these `length` things, and no others."""
        if self._job is not None:
            self._job.cancel()
        self._steps, self._counts, self._end = steps, [0] * length, 0
        self._is_known = False
        self._count(steps)

    @Slot()
    def grow(self) -> None:
        """Count what was added to the log. Asked often; one look at a time."""
        if self._job is not None:
            self._again = True
        elif self._steps is not None:
            self._count(self._steps)

    def _count(self, steps: Steps) -> None:
        self._again = False
        added, end = [0] * len(self._counts), [self._end]

        def count(part: Counted) -> None:
            end[0] = part.end
            for at, count in enumerate(part.counts):
                added[at] += count

        def ended() -> None:
            self._job = None
            self._end, self._is_known = end[0], True
            self._counts = [one + more for one, more in zip(self._counts, added, strict=True)]
            self.counted.emit()
            if self._again:
                self.grow()

        def refused(error: CortexError) -> None:
            self._job = self._steps = None
            self._is_known = False
            self.failed.emit(error)

        self._job = self._jobs.submit_long(Lane.SCAN, steps(self._end), self, count, ended, refused)
