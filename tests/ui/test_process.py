"""The program as a process: starts, second starts, signals, statuses, bad folders, the self-check."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from cortex_desktop.system.folder_lock import FolderLock
from tests.conftest import keychain_items
from tests.support.keychain import needs_private_session

SECONDS = 30
UNUSABLE = "/proc/cortex-desktop/data"  # nobody, not even root, makes folders there
LINUX = sys.platform == "linux"
pytestmark = [
    needs_private_session,
    pytest.mark.skipif(not LINUX, reason="looks at processes through /proc and ends them by POSIX signals"),
]


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "cortex_desktop", *map(str, arguments)]


@contextmanager
def started(*arguments: str | Path, **options: object) -> Iterator[subprocess.Popen[str]]:
    """The program, ended at the end whatever happened."""
    process = subprocess.Popen(
        command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.01)


def heeds_signals(process: subprocess.Popen[str]) -> bool:
    """Whether the program has its own answer to SIGTERM by now."""
    assert process.poll() is None, process.communicate()
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = int(next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")), 16)
    return bool(caught >> (signal.SIGTERM - 1) & 1)


def ends_well(process: subprocess.Popen[str]) -> bool:
    """Whether it ends with status 0 and without a word."""
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out, err) == (0, "", "")
    return True


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_polite_signal_ends_it_well(folder: Path, name: str) -> None:
    with started("--data-dir", folder) as process:
        wait_until(lambda: heeds_signals(process), "it heeds signals")
        wait_until((folder / "apps.json").exists, "it has opened its database")
        process.send_signal(signal.Signals[name])
        assert ends_well(process)
    assert (folder / "settings.ini").exists(), "it remembered its window"


def test_a_second_start_raises_the_first_window_and_leaves(folder: Path, qapp, qtbot) -> None:
    with started("--data-dir", folder) as first:
        wait_until((folder / "apps.json").exists, "it has opened its database")
        other = QWidget()
        other.setWindowTitle("another program's window")
        qtbot.addWidget(other)
        other.resize(1400, 1000)
        other.show()
        other.activateWindow()
        qtbot.waitUntil(other.isActiveWindow, timeout=10_000)
        with started("--data-dir", folder) as second:
            assert ends_well(second)
        qtbot.waitUntil(lambda: not other.isActiveWindow(), timeout=10_000)
        other.close()
        assert first.poll() is None
        first.terminate()
        assert ends_well(first)


def test_two_folders_are_two_programs(tmp_path: Path) -> None:
    with started("--data-dir", tmp_path / "one") as one, started("--data-dir", tmp_path / "two") as two:
        for process, name in ((one, "one"), (two, "two")):
            wait_until((tmp_path / name / "apps.json").exists, "it has opened its database")
            assert process.poll() is None
        for process in (one, two):
            process.terminate()
            assert ends_well(process)


def test_a_lock_left_by_a_crash_does_not_keep_anyone_out(folder: Path) -> None:
    with started("--data-dir", folder) as process:
        wait_until((folder / "apps.json").exists, "it has opened its database")
        process.kill()
        process.wait()
    assert list(folder.glob("*.lock")), "nothing was tidied up"
    with started("--data-dir", folder) as process:
        wait_until(lambda: heeds_signals(process), "it starts again")
        process.terminate()
        assert ends_well(process)


def test_a_stopped_program_is_named_and_not_waited_for(folder: Path) -> None:
    with started("--data-dir", folder) as first:
        wait_until((folder / "apps.json").exists, "it has opened its database")
        wait_until(lambda: FolderLock(folder).holder().address, "it listens")
        first.send_signal(signal.SIGSTOP)
        for arguments in ([], ["--quit"], ["--remove-all-data", "--yes"]):
            done = subprocess.run(
                command("--data-dir", folder, *arguments), capture_output=True, text=True, timeout=SECONDS
            )
            assert (done.returncode, done.stdout) == (1, "")
            assert f"already running with {folder}: process {first.pid} on " in done.stderr
        assert (folder / "apps.json").exists()
        first.send_signal(signal.SIGCONT)
        done = subprocess.run(command("--data-dir", folder, "--quit"), timeout=SECONDS)
        assert done.returncode == 0
        assert ends_well(first)


CLOSE_AFTER = """
import sys
from PySide6.QtCore import QTimer
from cortex_desktop.__main__ import start
from cortex_desktop.ui import app

after, folder = sys.argv[1:]

class Window(app.MainWindow):
    def show(self):
        super().show()
        QTimer.singleShot(int(after), self, self.close)

app.MainWindow = Window
sys.argv[1:] = ["--data-dir", folder]
start()
"""


def test_quitting_right_after_the_start(tmp_path: Path) -> None:
    """While stores open, the keychain is looked for and results are on their way."""
    moments = (0, 1, 3, 10, 20, 40, 60, 100, 150, 250)
    for half in (moments[::2], moments[1::2]):  # several at once: it takes longer, and so meets more moments
        running = [
            subprocess.Popen(
                [sys.executable, "-c", CLOSE_AFTER, str(after), str(tmp_path / str(after))],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for after in half
        ]
        for process in running:
            assert ends_well(process)


def test_a_folder_that_cannot_be_made() -> None:
    with started("--data-dir", UNUSABLE) as process:
        wait_until(lambda: heeds_signals(process), "the window opens all the same")
        process.terminate()
        out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert err.splitlines()[0] == f"cortex-desktop: {UNUSABLE} cannot be used: No such file or directory"
    assert not out
    assert "Traceback" not in err


def test_a_file_in_the_folders_place_is_an_argument_that_makes_no_sense(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = subprocess.run(command("--data-dir", tmp_path / "file"), capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 2
    assert done.stderr == f"cortex-desktop: --data-dir: {tmp_path / 'file'} is not a folder (see --help)\n"


def test_the_folder_by_the_environment(tmp_path: Path) -> None:
    folder = tmp_path / "chosen"
    with started(env={**os.environ, "CORTEX_DESKTOP_DATA_DIR": str(folder)}) as process:
        wait_until((folder / "apps.json").exists, "it has opened its database there")
        process.terminate()
        assert ends_well(process)


class TestSelfCheck:
    def test_does_the_main_job_and_leaves_nothing(self, tmp_path: Path) -> None:
        report, pictures = tmp_path / "report.json", tmp_path / "pictures"
        temporary = tmp_path / "tmp"
        temporary.mkdir()
        done = subprocess.run(
            command("--self-check", "--report", report, "--screenshots", pictures),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            env={**os.environ, "TMPDIR": str(temporary)},
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[-1] == "Self-check passed."
        told = json.loads(report.read_text())
        assert told["ok"] is True
        steps = [step["name"] for step in told["steps"]]
        assert len(steps) >= 11
        assert all(step["ok"] for step in told["steps"])
        assert [line.split("  ")[0] for line in done.stdout.splitlines()[:-1]].count("FAILED") == 0
        images = [QImage(str(file)) for file in pictures.glob("*.png")]
        assert len(images) >= len(steps) - 1
        assert all(image.width() > 300 and not image.allGray() for image in images)
        assert not list(temporary.iterdir())
        assert not keychain_items()

    def test_names_the_step_that_fails_without_a_keychain(self, tmp_path: Path) -> None:
        report = tmp_path / "report.json"
        done = subprocess.run(
            command("--self-check", "--report", report),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            env={**os.environ, "DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/nowhere"},
        )
        assert done.returncode == 1
        assert done.stdout.splitlines()[-1] == "Self-check failed at: find the keychain"
        told = json.loads(report.read_text())
        assert told["ok"] is False
        assert [s["name"] for s in told["steps"] if not s["ok"]] == ["find the keychain"]
        assert "Traceback" not in done.stdout + done.stderr
