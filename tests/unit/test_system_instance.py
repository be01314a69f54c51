"""One program per data folder, and a second start that raises the first one's window."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

import cortex_desktop
from cortex_desktop.system.instance import Instance

ROOT = Path(cortex_desktop.__file__).parent.parent

posix_only = pytest.mark.skipif(os.name != "posix", reason="symbolic links, signals")

# Another start: takes the lock if it can, says how it went, does what it is told, and waits to be ended.
OTHER = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from cortex_desktop.system.instance import Instance

app = QCoreApplication([])
instance = Instance(Path(sys.argv[1]))
print(instance.acquire(), flush=True)
if "raise" in sys.argv:
    print(instance.raise_first(10), flush=True)
if "raise at once" in sys.argv:
    print(instance.raise_first(0.2), flush=True)
if "wait" in sys.argv:
    sys.stdin.read()
if "release" in sys.argv:
    instance.release()
"""

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def other() -> Iterator[Start]:
    """Starts another process on a folder. All are ended afterwards."""
    started: list[subprocess.Popen[str]] = []

    def start(folder: Path, *orders: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", OTHER, str(folder), *orders],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def first(qapp: QCoreApplication, folder: Path) -> Iterator[Instance]:
    """The program that is there already."""
    instance = Instance(folder)
    assert instance.acquire()
    yield instance
    instance.release()
    instance.deleteLater()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_second_start_does_not_get_the_folder(first: Instance, folder: Path, other: Start) -> None:
    assert said(other(folder)) == "False"


def test_another_folder_is_free(first: Instance, tmp_path: Path, other: Start) -> None:
    assert said(other(tmp_path)) == "True"


def test_the_folder_is_free_again_after_a_normal_end(qapp: QCoreApplication, folder: Path, other: Start) -> None:
    process = other(folder, "wait", "release")
    assert said(process) == "True"
    instance = Instance(folder)
    assert not instance.acquire()
    process.communicate()
    assert process.returncode == 0
    assert instance.acquire()
    instance.release()
    assert not list(folder.iterdir())


def test_the_lock_of_a_killed_program_is_seen_as_such(qapp: QCoreApplication, folder: Path, other: Start) -> None:
    process = other(folder, "wait")
    assert said(process) == "True"
    process.kill()
    process.wait()
    assert list(folder.iterdir()), "the lock should have been left"
    instance = Instance(folder)
    assert instance.acquire()
    instance.release()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="nothing is closed to root")
def test_a_folder_that_cannot_be_locked_is_no_second_start(qapp: QCoreApplication, folder: Path) -> None:
    folder.chmod(0o500)
    assert Instance(folder).acquire()


def test_a_folder_that_is_not_there_is_no_second_start(qapp: QCoreApplication, tmp_path: Path) -> None:
    assert Instance(tmp_path / "missing").acquire()


def test_a_second_start_raises_the_first_window(qtbot: QtBot, first: Instance, folder: Path, other: Start) -> None:
    first.listen()
    first.listen()  # asked twice, as after a failed and a successful load
    assert len(first.children()) == 1
    for _ in range(2):
        with qtbot.waitSignal(first.raised, timeout=10_000):
            process = other(folder, "raise")
        assert (said(process), said(process)) == ("False", "True")


@posix_only
def test_whichever_way_the_folder_is_named(
    qtbot: QtBot, first: Instance, folder: Path, tmp_path: Path, other: Start
) -> None:
    (tmp_path / "link").symlink_to(folder)
    first.listen()
    with qtbot.waitSignal(first.raised, timeout=10_000):
        process = other(tmp_path / "link", "raise")
    assert (said(process), said(process)) == ("False", "True")


def test_nobody_is_raised_where_nobody_listens(first: Instance, folder: Path, other: Start) -> None:
    process = other(folder, "raise at once")
    assert (said(process), said(process)) == ("False", "False")
    assert not list(folder.glob("*.raise")), "a request that was given up would be heard at the next start"


def test_a_request_of_before_it_listens_is_heard(qtbot: QtBot, first: Instance, folder: Path, other: Start) -> None:
    process = other(folder, "raise")
    qtbot.waitUntil(lambda: bool(list(folder.glob("*.raise"))), timeout=10_000)
    with qtbot.waitSignal(first.raised, timeout=10_000):
        first.listen()
    assert (said(process), said(process)) == ("False", "True")


@pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes")
def test_a_folder_of_any_name_will_do(qapp: QCoreApplication, tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"data-\xff-\xc3\xa9")
    folder.mkdir()
    instance = Instance(folder)
    assert instance.acquire()
    instance.release()


SIGNALS = """
import os, signal, sys
from PySide6.QtCore import QCoreApplication, QTimer
from cortex_desktop.system.signals import Signals

app = QCoreApplication([])
signals = Signals(app.quit, app)
number = signal.Signals[sys.argv[1]]
QTimer.singleShot(0, lambda: os.kill(os.getpid(), number))
QTimer.singleShot(20_000, lambda: app.exit(9))
status = app.exec()
signals.close()
assert signal.getsignal(number) is signal.SIG_DFL
print("cleared")
sys.exit(status)
"""


@posix_only
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_polite_kill_is_a_normal_quit(name: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", SIGNALS, name], cwd=ROOT, capture_output=True, text=True, timeout=30
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "cleared\n", "")
