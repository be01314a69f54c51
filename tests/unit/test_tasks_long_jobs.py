"""Long work in steps: other work comes between, and it can be stopped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject

from cortex_desktop.domain.errors import StorageError
from cortex_desktop.tasks.jobs import Jobs
from cortex_desktop.tasks.lanes import Lane


@pytest.fixture
def jobs(qapp) -> Iterator[Jobs]:
    jobs = Jobs()
    yield jobs
    jobs.close()


class Seen:
    def __init__(self, jobs: Jobs, steps: Iterator[object]) -> None:
        self.each: list[object] = []
        self.ends: list[object] = []
        self.context = QObject()
        self.job = jobs.submit_long(
            Lane.DISK, steps, self.context, self.each.append, lambda: self.ends.append("done"), self.ends.append
        )


def test_other_work_comes_between_the_steps(jobs: Jobs, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cortex_desktop.tasks.lanes.SLICE_SECONDS", 0)
    order: list[object] = []

    def steps() -> Iterator[int]:
        for number in range(3):
            order.append(number)
            yield number

    seen = Seen(jobs, steps())
    jobs.submit(Lane.DISK, lambda: order.append("other"), seen.context, lambda _: None, order.append)
    qtbot.waitUntil(lambda: bool(seen.ends))
    assert seen.each == [0, 1, 2]
    assert seen.ends == ["done"]
    assert order == [0, "other", 1, 2]


def test_short_steps_are_taken_together(jobs: Jobs, qtbot) -> None:
    """So that there are fewer ways to the GUI thread and back than steps."""
    begun: list[int] = []

    def steps() -> Iterator[int]:
        for number in range(1000):
            begun.append(number)
            yield number

    ahead: list[int] = []
    context, ends = QObject(), []
    jobs.submit_long(
        Lane.DISK, steps(), context, lambda _: ahead.append(len(begun)), lambda: ends.append("done"), ends.append
    )
    qtbot.waitUntil(lambda: bool(ends))
    assert ends == ["done"]
    assert ahead[0] > 1


def test_stopping_closes_it_on_the_lane_and_says_no_more(jobs: Jobs, qtbot) -> None:
    closed: list[bool] = []

    def steps() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.append(True)

    seen = Seen(jobs, steps())
    qtbot.waitUntil(lambda: len(seen.each) > 3)
    count = len(seen.each)
    seen.job.cancel()
    seen.job.cancel()
    qtbot.waitUntil(lambda: bool(closed))
    qtbot.wait(20)
    assert (len(seen.each), seen.ends, closed) == (count, [], [True])


def test_an_error_ends_it(jobs: Jobs, qtbot) -> None:
    error = StorageError("The disk is full", "Not saved.", "Free some space.")

    def steps() -> Iterator[int]:
        yield 1
        raise error

    seen = Seen(jobs, steps())
    qtbot.waitUntil(lambda: bool(seen.ends))
    assert (seen.each, seen.ends) == ([1], [error])
