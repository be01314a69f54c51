"""Long work in steps, so that other work of the same lane comes between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Generic, TypeVar, cast

from PySide6.QtCore import QObject

from ..domain.errors import CortexError
from .runner import Lane, Runner

T = TypeVar("T")
_END = object()


class Steps(Generic[T]):
    """Goes through `steps` on the lane, one at a time, and calls back on the GUI thread while `context` is there.

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
        self._runner.submit(self._lane, partial(next, self._steps, _END), self._context, self._stepped, self._refused)

    def _stepped(self, result: object) -> None:
        if self._stopped:
            return
        if result is _END:
            self._stopped = True
            self._done()
            return
        self._each(cast(T, result))
        if not self._stopped:
            self._go_on()

    def _refused(self, error: CortexError) -> None:
        if not self._stopped:
            self._stopped = True
            self._failed(error)


def _nothing(*_: object) -> None:
    """For an outcome that shows nowhere."""
