"""Work runs beside the GUI thread and its outcome arrives on it, or not at all."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QObject, Qt
from pytestqt.qtbot import QtBot

import cortex_desktop
from cortex_desktop.domain.errors import CortexError, VaultError, VaultProblem
from cortex_desktop.domain.secret import Secret
from cortex_desktop.tasks.jobs import Jobs
from cortex_desktop.tasks.lanes import Lane

ROOT = Path(cortex_desktop.__file__).parent.parent
SECONDS = 10  # before a thing that hangs is taken to hang


class Desk(QObject):
    """Submits, with itself as context, and notes what arrives."""

    def __init__(self, jobs: Jobs) -> None:
        super().__init__()
        self._jobs = jobs
        self.done: list[Any] = []
        self.failed: list[CortexError] = []

    def submit(self, lane: Lane, work: Callable[[], Any]) -> None:
        self._jobs.submit(lane, work, self, self.done.append, self.failed.append)


Threads = Callable[[], set[threading.Thread]]


@pytest.fixture
def lanes() -> Threads:
    """Gives the threads that this test has started and that are still alive."""
    before = set(threading.enumerate())
    return lambda: set(threading.enumerate()) - before


@pytest.fixture
def jobs(qapp: QCoreApplication, lanes: Threads) -> Iterator[Jobs]:
    jobs = Jobs()
    yield jobs
    jobs.close()
    end(lanes())
    shiboken6.delete(jobs)


@pytest.fixture
def desk(jobs: Jobs) -> Desk:
    return Desk(jobs)


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """What a stuck job waits for."""
    event = threading.Event()
    yield event
    event.set()


def end(threads: set[threading.Thread]) -> None:
    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive(), f"{thread.name} goes on"


def wait(event: threading.Event) -> bool:
    return event.wait(SECONDS)


def let_results_arrive() -> None:
    """Deliver what is on its way, as the event loop would."""
    QCoreApplication.sendPostedEvents()


def test_results_arrive_on_the_gui_thread(qtbot: QtBot, jobs: Jobs, desk: Desk) -> None:
    worked: list[int] = []
    arrived: list[tuple[int, str]] = []

    def work() -> str:
        worked.append(threading.get_ident())
        return "result"

    jobs.submit(
        Lane.DISK, work, desk, lambda result: arrived.append((threading.get_ident(), result)), desk.failed.append
    )
    qtbot.waitUntil(lambda: bool(arrived))
    assert arrived == [(threading.get_ident(), "result")]
    assert worked[0] != threading.get_ident()


def test_a_result_never_arrives_within_submit(qtbot: QtBot, desk: Desk) -> None:
    finished = threading.Event()
    desk.submit(Lane.DISK, finished.set)
    assert wait(finished)
    assert not desk.done
    qtbot.waitUntil(lambda: desk.done == [None])


@pytest.mark.parametrize("lane", Lane)
def test_a_lane_keeps_the_order_and_does_one_thing_at_a_time(qtbot: QtBot, desk: Desk, lane: Lane) -> None:
    busy = threading.Lock()
    worked: list[int] = []

    def work(number: int) -> int:
        assert busy.acquire(blocking=False)
        worked.append(number)
        busy.release()
        return number

    for number in range(100):
        desk.submit(lane, lambda number=number: work(number))
    qtbot.waitUntil(lambda: len(desk.done) == 100)
    assert worked == desk.done == list(range(100))


@pytest.mark.parametrize(("stuck", "free"), [(Lane.VAULT, Lane.DISK), (Lane.DISK, Lane.VAULT)])
def test_a_stuck_lane_does_not_stop_the_other(
    qtbot: QtBot, desk: Desk, release: threading.Event, stuck: Lane, free: Lane
) -> None:
    desk.submit(stuck, lambda: wait(release) and "late")
    desk.submit(free, lambda: "at once")
    qtbot.waitUntil(lambda: desk.done == ["at once"])
    release.set()
    qtbot.waitUntil(lambda: desk.done == ["at once", "late"])


def test_lanes_start_when_needed_and_never_keep_the_program_alive(qtbot: QtBot, desk: Desk, lanes: Threads) -> None:
    assert not lanes()
    desk.submit(Lane.DISK, lambda: None)
    desk.submit(Lane.DISK, lambda: None)
    qtbot.waitUntil(lambda: len(desk.done) == 2)
    [thread] = lanes()
    assert thread.name == "disk"
    assert thread.daemon


# Errors


def test_an_error_for_people_is_handed_over(qtbot: QtBot, desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    error = VaultError(VaultProblem.LOCKED, "GNOME Keyring", "IsLocked")

    def work() -> None:
        raise error

    with caplog.at_level(logging.INFO):
        desk.submit(Lane.VAULT, work)
        qtbot.waitUntil(lambda: desk.failed == [error])
    assert not desk.done
    assert caplog.messages == ["VaultError: IsLocked"]


def test_a_defect_surfaces_and_the_lane_goes_on(qtbot: QtBot, desk: Desk) -> None:
    with qtbot.captureExceptions() as surfaced:
        desk.submit(Lane.DISK, lambda: 1 // 0)
        desk.submit(Lane.DISK, lambda: "next")
        qtbot.waitUntil(lambda: desk.done == ["next"])
    assert [kind for kind, _, _ in surfaced] == [ZeroDivisionError]
    assert len(desk.failed) == 1, "whoever waits for an answer gets one"


# Cancelling


def test_a_cancelled_job_does_not_begin_and_calls_nobody_back(
    qtbot: QtBot, jobs: Jobs, desk: Desk, release: threading.Event
) -> None:
    ran: list[str] = []
    desk.submit(Lane.DISK, lambda: wait(release))
    waiting = jobs.submit(Lane.DISK, lambda: ran.append("waiting"), desk, desk.done.append, desk.failed.append)
    waiting.cancel()
    release.set()
    desk.submit(Lane.DISK, lambda: "after it")
    qtbot.waitUntil(lambda: desk.done == [True, "after it"])
    assert not ran


def test_cancelling_a_running_job_drops_its_result(
    qtbot: QtBot, jobs: Jobs, desk: Desk, release: threading.Event
) -> None:
    begun = threading.Event()
    running = jobs.submit(Lane.DISK, lambda: (begun.set(), wait(release)), desk, desk.done.append, desk.failed.append)
    assert wait(begun)
    running.cancel()
    release.set()
    desk.submit(Lane.DISK, lambda: "after it")
    qtbot.waitUntil(lambda: desk.done == ["after it"])


# A context that goes


def test_a_result_for_a_context_that_is_gone_is_dropped(
    qtbot: QtBot, jobs: Jobs, desk: Desk, release: threading.Event
) -> None:
    gone = Desk(jobs)
    gone.submit(Lane.DISK, lambda: wait(release))
    gone.submit(Lane.DISK, fail)
    desk.submit(Lane.DISK, lambda: "after it")
    shiboken6.delete(gone)
    release.set()
    qtbot.waitUntil(lambda: desk.done == ["after it"])
    assert not gone.done
    assert not gone.failed


def fail() -> None:
    raise VaultError(VaultProblem.FAILED, "Test keychain")


def test_a_context_may_go_while_its_result_is_on_its_way(qtbot: QtBot, jobs: Jobs, desk: Desk) -> None:
    gone, finished = Desk(jobs), threading.Event()
    gone.submit(Lane.DISK, lambda: None)
    gone.submit(Lane.DISK, finished.set)
    assert wait(finished)
    shiboken6.delete(gone)
    desk.submit(Lane.DISK, lambda: "after it")
    qtbot.waitUntil(lambda: desk.done == ["after it"])
    assert not gone.done


# Closing


def test_after_close_nothing_arrives_that_was_on_its_way(jobs: Jobs, desk: Desk, lanes: Threads) -> None:
    finished = threading.Event()
    desk.submit(Lane.DISK, lambda: "on its way")
    desk.submit(Lane.DISK, fail)
    desk.submit(Lane.DISK, finished.set)
    assert wait(finished)
    jobs.close()
    end(lanes())
    let_results_arrive()
    assert not desk.done
    assert not desk.failed


def in_the_lane(jobs: Jobs, call: Callable[[object], None]) -> None:
    """Have `call` run in the lane's own thread while a result is being sent."""
    jobs._ran.connect(call, Qt.ConnectionType.DirectConnection)


def test_close_returns_only_when_no_result_is_being_sent(
    jobs: Jobs, desk: Desk, release: threading.Event, lanes: Threads
) -> None:
    sending, closed = threading.Event(), threading.Event()

    def stay(_: object) -> None:
        sending.set()
        wait(release)

    in_the_lane(jobs, stay)
    desk.submit(Lane.DISK, lambda: "just then")
    assert wait(sending)
    closing = threading.Thread(target=lambda: (jobs.close(), closed.set()))
    closing.start()
    assert not closed.wait(0.1)
    release.set()
    assert wait(closed)
    end({closing, *lanes()})


def test_after_close_nothing_is_sent(jobs: Jobs, desk: Desk, release: threading.Event, lanes: Threads) -> None:
    begun, sent = threading.Event(), []

    def stuck() -> None:
        begun.set()
        wait(release)

    in_the_lane(jobs, sent.append)
    desk.submit(Lane.VAULT, stuck)
    assert wait(begun)
    jobs.close()
    release.set()
    end(lanes())
    jobs.hand_over(desk, desk.done.append, "by another thread")
    assert not sent


def test_close_does_not_wait_for_a_stuck_job_and_drops_its_result(
    jobs: Jobs, desk: Desk, lanes: Threads, release: threading.Event
) -> None:
    begun = threading.Event()

    def stuck() -> str:
        begun.set()
        wait(release)
        return "too late"

    desk.submit(Lane.VAULT, stuck)
    desk.submit(Lane.VAULT, lambda: desk.done.append("must not even begin"))
    assert wait(begun)
    start = time.monotonic()
    jobs.close()
    assert time.monotonic() - start < 0.5
    release.set()
    end(lanes())
    let_results_arrive()
    assert not desk.done


def test_a_stuck_job_may_end_after_the_jobs_is_gone(
    qapp: QCoreApplication, lanes: Threads, release: threading.Event
) -> None:
    jobs = Jobs()
    desk, begun = Desk(jobs), threading.Event()

    def stuck() -> None:
        begun.set()
        wait(release)

    desk.submit(Lane.VAULT, stuck)
    assert wait(begun)
    jobs.close()
    shiboken6.delete(jobs)
    release.set()
    end(lanes())  # an error in the thread would be a warning, and so a failure
    assert not desk.done


def test_close_ends_idle_lanes(qtbot: QtBot, jobs: Jobs, desk: Desk, lanes: Threads) -> None:
    for lane in Lane:
        desk.submit(lane, lambda: None)
    qtbot.waitUntil(lambda: len(desk.done) == len(Lane))
    threads = lanes()
    assert len(threads) == len(Lane)
    jobs.close()
    end(threads)


def test_after_close_no_work_begins(jobs: Jobs, desk: Desk, lanes: Threads) -> None:
    jobs.close()
    desk.submit(Lane.DISK, lambda: desk.done.append("ran"))
    assert not lanes()
    jobs.close()
    assert not desk.done


def test_an_idle_lane_holds_no_secret(qtbot: QtBot, jobs: Jobs, desk: Desk) -> None:
    class Tracked(Secret):
        """One that can be looked for."""

    made: list[weakref.ref[Secret]] = []
    arrived: list[bool] = []

    def work() -> Secret:
        secret = Tracked("mwidxhb8ShcqmV1B9iOYJh")
        made.append(weakref.ref(secret))
        return secret

    jobs.submit(Lane.VAULT, work, desk, lambda secret: arrived.append(secret is made[0]()), desk.failed.append)
    qtbot.waitUntil(lambda: arrived == [True])
    qtbot.waitUntil(lambda: made[0]() is None)


QUITS = """
import sys
import threading

import shiboken6
from PySide6.QtCore import QCoreApplication, QObject, QTimer
from cortex_desktop.tasks.jobs import Jobs
from cortex_desktop.tasks.lanes import Lane

QUITS, arrived = int(sys.argv[1]), 0


def ignore(_):
    global arrived
    arrived += 1


for number in range(QUITS):
    app = QCoreApplication([])
    jobs, context, begun = Jobs(), QObject(), threading.Event()
    for lane in Lane:
        jobs.submit(lane, begun.set, context, ignore, ignore)
        for _ in range(number % 50):
            jobs.submit(lane, lambda: None, context, ignore, ignore)
    begun.wait()
    QTimer.singleShot(0, app.quit)
    app.exec()
    if number % 2:
        jobs.close()
    else:
        shiboken6.delete(context)
        jobs.close()
    shiboken6.delete(jobs)
    app.shutdown()
print("quits:", QUITS, "results in time:", arrived > 0)
# The last one as a program ends: with results and stuck work still about.
app = QCoreApplication([])
jobs, context = Jobs(app), QObject(app)
jobs.submit(Lane.VAULT, threading.Event().wait, context, ignore, ignore)
for _ in range(200):
    jobs.submit(Lane.DISK, lambda: None, context, ignore, ignore)
QTimer.singleShot(0, app.quit)
app.exec()
jobs.close()
"""


def test_200_quits_that_race_a_result_end_well() -> None:
    ran = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-W", "error", "-c", QUITS, "200"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "quits: 200 results in time: True\n"
