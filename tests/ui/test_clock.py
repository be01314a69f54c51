"""The clock, timers and countdowns of the interface."""

from __future__ import annotations

import sys
import time

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from cortex_desktop.ui.kit import clock
from cortex_desktop.ui.kit.clock import Countdown, SystemClock
from cortex_desktop.ui.kit.toasts import TOAST_SECONDS
from tests.support.clock import TestClock
from tests.support.gui import Desk


class SleepyClock(SystemClock):
    """The computer's clock, and how long the computer slept."""

    slept = 0.0

    def now(self) -> float:
        return super().now() + self.slept


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's clock that counts sleep")
def test_it_counts_the_time_that_the_computer_sleeps() -> None:
    assert SystemClock().now() == pytest.approx(time.clock_gettime(time.CLOCK_BOOTTIME), abs=1)


def test_a_timer_runs_out_once(qapp: QApplication, qtbot) -> None:
    owner = QObject()
    timer = SystemClock().timer(owner)
    timer.start(0.02)
    begun = time.monotonic()
    assert timer.is_active
    with qtbot.waitSignal(timer.timeout, timeout=1000):
        pass
    assert time.monotonic() - begun >= 0.02
    assert not timer.is_active


def test_a_stopped_timer_does_not_run_out(qapp: QApplication, qtbot) -> None:
    owner = QObject()
    timer = SystemClock().timer(owner)
    timer.start(0.01)
    timer.stop()
    with qtbot.assertNotEmitted(timer.timeout, wait=40):
        assert not timer.is_active


def test_a_timer_holds_across_sleep(qapp: QApplication, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "LONGEST_WAIT", 0.01)
    sleepy, owner = SleepyClock(), QObject()
    timer = sleepy.timer(owner)
    timer.start(3600)
    sleepy.slept = 3600
    with qtbot.waitSignal(timer.timeout, timeout=1000):
        pass


def test_a_countdown_ticks_and_ends(qapp: QApplication) -> None:
    ours, owner, seen = TestClock(), QObject(), []
    countdown = Countdown(ours, owner)
    countdown.ticked.connect(seen.append)
    countdown.ended.connect(lambda: seen.append("end"))
    countdown.start(3)
    ours.advance(2.4)
    assert (seen, countdown.seconds_left) == ([2, 1], 1)
    ours.advance(60)
    assert (seen, countdown.seconds_left) == ([2, 1, "end"], 0)
    countdown.start(3)
    ours.sleep(60)
    assert seen == [2, 1, "end", "end"]
    countdown.start(3)
    countdown.stop()
    ours.advance(60)
    assert seen == [2, 1, "end", "end"]


def test_a_toast_stays_while_it_is_read(desk: Desk) -> None:
    toast = desk.tools.toasts.show("Done", action="Look")
    toast.count_down(TOAST_SECONDS)
    toast.action.setFocus()
    desk.pass_time(3 * TOAST_SECONDS)
    assert desk.toasts()
    desk.apps.page.setFocus()
    desk.pass_time(TOAST_SECONDS)
    assert not desk.toasts()
