"""Long work in steps: other work comes between, and it can be stopped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cortex_desktop.tasks.runner import Lane, Runner
from cortex_desktop.tasks.steps import Steps
from PySide6.QtCore import QObject

from cortex_desktop.domain.errors import StorageError


@pytest.fixture
def runner(qapp) -> Iterator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


class Seen:
    def __init__(self, runner: Runner, steps: Iterator[object]) -> None:
        self.each: list[object] = []
        self.ends: list[object] = []
        self.context = QObject()
        self.steps = Steps(
            runner, Lane.DISK, self.context, steps, self.each.append, lambda: self.ends.append("done"), self.ends.append
        )


def test_other_work_comes_between_the_steps(runner: Runner, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cortex_desktop.tasks.steps.TOGETHER_SECONDS", 0)
    order: list[object] = []

    def steps() -> Iterator[int]:
        for number in range(3):
            order.append(number)
            yield number

    seen = Seen(runner, steps())
    runner.submit(Lane.DISK, lambda: order.append("other"), seen.context, lambda _: None, order.append)
    qtbot.waitUntil(lambda: bool(seen.ends))
    assert seen.each == [0, 1, 2]
    assert seen.ends == ["done"]
    assert order == [0, "other", 1, 2]


def test_short_steps_are_taken_together(runner: Runner, qtbot) -> None:
    jobs: list[object] = []
    submit = runner.submit

    def counted(*arguments: object) -> None:
        jobs.append(arguments)
        submit(*arguments)

    runner.submit = counted
    seen = Seen(runner, iter(range(1000)))
    qtbot.waitUntil(lambda: bool(seen.ends))
    assert seen.each == list(range(1000))
    assert len(jobs) < 100


def test_stopping_closes_it_on_the_lane_and_says_no_more(runner: Runner, qtbot) -> None:
    closed: list[bool] = []

    def steps() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.append(True)

    seen = Seen(runner, steps())
    qtbot.waitUntil(lambda: len(seen.each) > 3)
    count = len(seen.each)
    seen.steps.stop()
    seen.steps.stop()
    qtbot.waitUntil(lambda: bool(closed))
    qtbot.wait(20)
    assert (len(seen.each), seen.ends, closed) == (count, [], [True])


def test_an_error_ends_it(runner: Runner, qtbot) -> None:
    error = StorageError("The disk is full", "Not saved.", "Free some space.")

    def steps() -> Iterator[int]:
        yield 1
        raise error

    seen = Seen(runner, steps())
    qtbot.waitUntil(lambda: bool(seen.ends))
    assert (seen.each, seen.ends) == ([1], [error])
