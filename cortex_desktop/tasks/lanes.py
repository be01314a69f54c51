"""Lanes and the jobs that run on them. Without Qt; `jobs` brings their outcomes to the GUI thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from enum import Enum
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from ..domain.errors import CortexError, Defect

T = TypeVar("T")
log = logging.getLogger(__name__)

SLICE_SECONDS = 0.01
"""For how long a long job keeps its lane before other jobs of the lane get their turn."""


class Lane(Enum):
    """A thread whose jobs run in order, one at a time. The value says what a job there may wait for."""

    VAULT = "the keychain, for minutes if a person has to answer a prompt of the system"
    DISK = "the data folder"
    NETWORK = "another computer, or one of the system's buses"
    REQUEST = "the answer to a request that a person sent, until they stop it; nothing else waits here"
    SANDBOX = "the sandbox's process"
    SCAN = "nothing; it goes through all of a large file, in steps"


class Job(Generic[T]):
    """Something that a lane does, and whom to call back. context: whom it is for; see `Jobs`."""

    def __init__(self, lane: Lane, context: object, failed: Callable[[CortexError], object]) -> None:
        self.lane = lane
        self.context = context
        self.cancelled = False
        self._failed = failed
        self._results: list[T] = []
        self._error: Exception | None = None

    def cancel(self) -> None:
        """Begin nothing more of it, and call nobody back."""
        self.cancelled = True

    def run(self) -> None:
        """Do the work, or the next part of it. On the lane."""
        raise NotImplementedError

    def call_back(self) -> bool:
        """Hand over what came of it. Return True if there is more to run.

        An error that is not a CortexError is a defect: `failed` gets a Defect, and the error is raised.
        """
        raise NotImplementedError

    def _take_results(self) -> list[T]:
        """What came of it. Forgotten here: it may be a secret, and the job may be kept for long."""
        results, self._results = self._results, []
        return results

    def _hand_over_error(self, error: Exception) -> None:
        if isinstance(error, CortexError):
            log.info("%s: %s", type(error).__name__, getattr(error, "detail", ""))
            self._failed(error)
            return
        try:
            self._failed(Defect())  # who waits for an answer must not wait for ever
        finally:
            raise error


class ShortJob(Job[T]):
    """A job that runs in one go. done: gets what `work` returned."""

    def __init__(
        self,
        lane: Lane,
        work: Callable[[], T],
        context: object,
        done: Callable[[T], object],
        failed: Callable[[CortexError], object],
    ) -> None:
        super().__init__(lane, context, failed)
        self._work = work
        self._done = done

    def run(self) -> None:
        """Do the work."""
        if self.cancelled:
            return
        try:
            self._results.append(self._work())
        except Exception as error:
            self._error = error

    def call_back(self) -> bool:
        """Hand over the result or the error."""
        results = self._take_results()
        if self.cancelled:
            return False
        if self._error is not None:
            self._hand_over_error(self._error)
        else:
            self._done(results[0])
        return False


class LongJob(Job[T]):
    """A job in steps, so that other jobs of the lane come between them.

    steps: does one step each time it is asked for the next; each: gets what a step yielded; done: there are no more.
    """

    def __init__(
        self,
        lane: Lane,
        steps: Iterator[T],
        context: object,
        each: Callable[[T], object],
        done: Callable[[], object],
        failed: Callable[[CortexError], object],
    ) -> None:
        super().__init__(lane, context, failed)
        self._steps = steps
        self._each = each
        self._done = done
        self._over = False

    def run(self) -> None:
        """Take steps for SLICE_SECONDS; after `cancel`, close them."""
        if self.cancelled:
            self._over = True
            getattr(self._steps, "close", _nothing)()
            return
        end = time.monotonic() + SLICE_SECONDS
        try:
            for result in self._steps:
                self._results.append(result)
                if time.monotonic() >= end:
                    return
        except Exception as error:
            self._error = error
        self._over = True

    def call_back(self) -> bool:
        """Hand over what the steps yielded, and then the end."""
        for result in self._take_results():
            if not self.cancelled:
                self._each(result)
        if self._over and not self.cancelled:
            if self._error is not None:
                self._hand_over_error(self._error)
            else:
                self._done()
        return not self._over


class Lanes:
    """Starts the lanes when they are first needed. All are daemon threads: quitting never waits for a stuck job.

    deliver: gets each job that has run, on its lane's thread, and never once `close` has returned.
    """

    def __init__(self, deliver: Callable[[Job[Any]], None]) -> None:
        self._deliver = deliver
        self._gate = threading.Lock()
        self._open = True
        self._queues: dict[Lane, SimpleQueue[Job[Any] | None]] = {}

    @property
    def is_open(self) -> bool:
        """True until `close`."""
        return self._open

    def put(self, job: Job[Any]) -> None:
        """Have the job's lane run it after those that it has."""
        if not self._open:
            return
        if job.lane not in self._queues:
            queue = self._queues[job.lane] = SimpleQueue()
            threading.Thread(target=self._serve, args=(queue,), name=job.lane.name.lower(), daemon=True).start()
        self._queues[job.lane].put(job)

    def deliver(self, job: Job[Any]) -> None:
        """Pass on a job that has run. From any thread."""
        with self._gate:
            if self._open:
                self._deliver(job)

    def close(self) -> None:
        """Deliver nothing any more and end idle lanes. Never waits for a job that is running."""
        with self._gate:
            self._open = False
        for queue in self._queues.values():
            queue.put(None)

    def _serve(self, queue: SimpleQueue[Job[Any] | None]) -> None:
        while (job := queue.get()) is not None and self._open:
            job.run()
            self.deliver(job)
            del job  # its result may be a secret, and the next job may be hours away


def _nothing() -> None:
    """For steps that hold nothing that must be let go of."""
