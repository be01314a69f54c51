"""Long work in steps, so that other work of the same lane comes between them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from PySide6.QtCore import QObject

from ..domain.errors import CortexError
from .runner import Lane, Runner

T = TypeVar("T")

TOGETHER_SECONDS = 0.01
"""Steps shorter than that are taken together: each way to the GUI thread and back has its price."""


class Steps(Generic[T]):
    """Goes through `steps` on the lane, a few at a time, and calls back on the GUI thread while `context` is there.

    each: gets what a step yielded; done: there are no more; failed: a step raised, and there are no more.
    """

    def __init__(
        self,
        runner: Runner,
        lane: Lane,
        context: QObject,
        steps: Iterator[T],
        each: Callable[[T], None],
        done: Callable[[], None],
        failed: Callable[[CortexError], None],
    ) -> None:
        self._runner = runner
        self._lane = lane
        self._context = context
        self._steps = steps
        self._each = each
        self._done = done
        self._failed = failed
        self._stopped = False
        self._go_on()

    def stop(self) -> None:
        """Take no more steps and call back no more. A generator is closed, on the lane."""
        if not self._stopped:
            self._stopped = True
            close = getattr(self._steps, "close", _nothing)
            self._runner.submit(self._lane, close, self._context, _nothing, _nothing)

    def _go_on(self) -> None:
        self._runner.submit(self._lane, partial(_take, self._steps), self._context, self._stepped, self._refused)

    def _stepped(self, taken: _Taken[T]) -> None:
        for result in taken.results:
            if not self._stopped:
                self._each(result)
        if self._stopped:
            return
        if taken.error is not None:
            self._refused(taken.error)
        elif taken.over:
            self._stopped = True
            self._done()
        else:
            self._go_on()

    def _refused(self, error: CortexError) -> None:
        if not self._stopped:
            self._stopped = True
            self._failed(error)


@dataclass(frozen=True)
class _Taken(Generic[T]):
    """What some steps yielded. over: there are no more; error: what the last one raised."""

    results: list[T]
    over: bool = False
    error: CortexError | None = None


def _take(steps: Iterator[T]) -> _Taken[T]:
    results: list[T] = []
    end = time.monotonic() + TOGETHER_SECONDS
    try:
        for result in steps:
            results.append(result)
            if time.monotonic() >= end:
                return _Taken(results)
    except CortexError as error:
        return _Taken(results, error=error)
    return _Taken(results, over=True)


def _nothing(*_: object) -> None:
    """For an outcome that shows nowhere."""
