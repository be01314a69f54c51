"""Nobody in front of the screen: what is revealed hides, and the clipboard is cleared."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSpinBox

from cortex_desktop.system.screen_lock import ScreenLock
from cortex_desktop.system.screen_lock_windows import WM_WTSSESSION_CHANGE, Message, MessageFilter
from cortex_desktop.ui.kit.settings import Settings
from tests.support.gui import CTRL, Desk, Key, clipboard_text

linux = pytest.mark.skipif(sys.platform != "linux", reason="D-Bus")


MINUTE = 60
HOW = {
    "key": lambda desk, n: desk.key(Key.Key_Down),
    "shortcut": lambda desk, n: desk.key(Key.Key_I, CTRL),
    "pointer": lambda desk, n: desk.hover(desk.window, QPoint(300 + n, 300)),
    "wheel": lambda desk, n: QTest.wheelEvent(desk.window.windowHandle(), QPoint(400, 300), QPoint(0, 120)),
}


@pytest.fixture
def desk(start: Callable[..., Desk], folder: Path) -> Desk:
    """Keys stay readable and on the clipboard for ten minutes; after one without input they are put away."""
    (folder / "settings.ini").write_text("[General]\nidle_minutes=1\nreveal_seconds=600\nclipboard_seconds=600\n")
    desk = start()
    show_and_copy(desk)
    return desk


def show_and_copy(desk: Desk) -> None:
    """Have a key readable and on the clipboard."""
    if not desk.labels():
        desk.create("NewHealth App")
    if not desk.tools.reveal.app_id:
        desk.action("reveal").trigger()
        desk.wait(lambda: desk.tools.reveal.secret is not None, "the key is readable")
    desk.action("copy_key").trigger()
    desk.wait(lambda: desk.tools.clipboard.seconds_left > 0, "the key is on the clipboard")
    assert clipboard_text() == desk.kept("NewHealth App")


def put_away(desk: Desk) -> bool:
    return not desk.tools.reveal.app_id and not clipboard_text() and "•" in desk.key_seen("NewHealth App")


def in_sight(desk: Desk) -> bool:
    return bool(desk.tools.reveal.app_id) and bool(clipboard_text())


def set_idle_minutes(desk: Desk, minutes: int) -> None:
    """Set it in Preferences."""
    desk.action("preferences").trigger()
    desk.find("Hide and clear when idle for", QSpinBox, desk.dialog()).setValue(minutes)
    desk.key(Key.Key_Escape)
    desk.no_dialog()


def test_after_a_while_keys_are_put_away(desk: Desk) -> None:
    desk.pass_time(MINUTE - 1)
    assert in_sight(desk)
    desk.pass_time(1)
    assert put_away(desk)
    assert desk.toasts() == []


def test_time_that_the_computer_sleeps_counts(desk: Desk) -> None:
    desk.clock.sleep(MINUTE)
    assert put_away(desk)


@pytest.mark.parametrize("how", HOW)
def test_who_works_is_not_idle(desk: Desk, how: str) -> None:
    for number in range(3):
        desk.pass_time(MINUTE - 1)
        assert in_sight(desk)
        HOW[how](desk, number)
        desk.let_pass(0)
    desk.pass_time(MINUTE)
    assert put_away(desk)


def test_it_works_again_after_coming_back(desk: Desk) -> None:
    desk.pass_time(MINUTE)
    desk.key(Key.Key_Shift)
    show_and_copy(desk)
    desk.pass_time(MINUTE)
    assert put_away(desk)


def test_in_a_dialog_too(desk: Desk) -> None:
    desk.key(Key.Key_N, CTRL)
    desk.dialog()
    desk.pass_time(MINUTE - 1)
    desk.key(Key.Key_A)
    desk.pass_time(MINUTE - 1)
    assert in_sight(desk)
    desk.pass_time(1)
    assert put_away(desk)


def test_preferences_count_at_once(desk: Desk, folder: Path) -> None:
    set_idle_minutes(desk, 0)
    desk.pass_time(5 * MINUTE)
    assert in_sight(desk), "never is never"
    set_idle_minutes(desk, 2)
    assert Settings(folder).idle_minutes == 2
    desk.pass_time(2 * MINUTE)
    assert put_away(desk)


@pytest.mark.parametrize(("minutes", "text"), [(0, "Never"), (1, "1 min")])
def test_preferences_show_the_time_set(desk: Desk, minutes: int, text: str) -> None:
    set_idle_minutes(desk, minutes)
    desk.action("preferences").trigger()
    assert desk.find("Hide and clear when idle for", QSpinBox, desk.dialog()).text() == text


def go_elsewhere(desk: Desk) -> None:
    """Give the keyboard to another program."""
    set_idle_minutes(desk, 0)
    desk.window.showMinimized()
    desk.wait(lambda: QApplication.focusWindow() is None, "another program has the keyboard")


def test_a_minute_elsewhere_hides_what_is_revealed(desk: Desk) -> None:
    go_elsewhere(desk)
    desk.pass_time(MINUTE)
    assert not desk.tools.reveal.app_id
    assert clipboard_text() == desk.kept("NewHealth App"), "it may be about to be pasted there"


def test_who_comes_back_within_a_minute_finds_it_as_it_was(desk: Desk) -> None:
    go_elsewhere(desk)
    desk.pass_time(MINUTE - 1)
    desk.window.showNormal()
    desk.window.activateWindow()
    desk.wait(lambda: QApplication.focusWindow() is not None, "the window has it again")
    desk.pass_time(MINUTE)
    assert in_sight(desk)


@pytest.mark.parametrize(("written", "means"), [(None, 5), ("0", 0), ("120", 120), ("121", 5), ("-1", 5), ("x", 5)])
def test_the_time_in_the_file(folder: Path, written: str | None, means: int) -> None:
    if written is not None:
        (folder / "settings.ini").write_text(f"[General]\nidle_minutes={written}\n")
    assert Settings(folder).idle_minutes == means


# The system's lock


def emit(interface: str, name: str, *arguments: str, bus: str = "--session") -> None:
    """Say it on the private bus, as the desktop does."""
    path = "/" + interface.replace(".", "/")
    env = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": os.environ["DBUS_SESSION_BUS_ADDRESS"]}
    command = ["gdbus", "emit", bus, "--object-path", path, "--signal", f"{interface}.{name}", *arguments]
    subprocess.run(command, env=env, check=True)


@linux
def test_the_screen_saver_that_owns_its_name(desk: Desk) -> None:
    from jeepney import DBusAddress, new_signal
    from jeepney.bus_messages import message_bus
    from jeepney.io.blocking import open_dbus_connection

    name = "org.freedesktop.ScreenSaver"
    with open_dbus_connection() as saver:
        assert saver.send_and_get_reply(message_bus.RequestName(name)).body == (1,)
        saver.send(new_signal(DBusAddress("/org/freedesktop/ScreenSaver", name, name), "ActiveChanged", "b", (False,)))
        desk.let_pass(300)
        assert in_sight(desk), "it was unlocked, not locked"
        saver.send(new_signal(DBusAddress("/org/freedesktop/ScreenSaver", name, name), "ActiveChanged", "b", (True,)))
        desk.wait(lambda: put_away(desk), "all is put away")


@linux
@pytest.mark.parametrize("desktop", ["freedesktop", "gnome", "cinnamon", "mate", "xfce"])
def test_each_desktops_screen_saver(desk: Desk, desktop: str) -> None:
    emit(f"org.{desktop}.ScreenSaver", "ActiveChanged", "true")
    desk.wait(lambda: put_away(desk), "all is put away")


@linux
def test_after_closing_it_is_not_heard(start: Callable[..., Desk]) -> None:
    desk = start()
    desk.close()
    emit("org.gnome.ScreenSaver", "ActiveChanged", "true")
    desk.let_pass(200)


LOGIND = """
import sys
from PySide6.QtCore import QCoreApplication, QTimer
from cortex_desktop.system.screen_lock import ScreenLock
app = QCoreApplication([])
lock = ScreenLock()
lock.locked.connect(lambda: print("locked", flush=True))
lock.watch(0, lambda work, done: done(work()))
print("watching", flush=True)
QTimer.singleShot(int(sys.argv[1]), app.quit)
app.exec()
lock.close()
"""


@linux
def test_logind(tmp_path: Path) -> None:
    """Its signals come on the system's bus; here the private bus plays that part, in a process of its own."""
    address = os.environ["DBUS_SESSION_BUS_ADDRESS"]
    env = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": address, "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}
    child = subprocess.Popen([sys.executable, "-c", LOGIND, "2500"], env=env, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "watching\n"
    emit("org.freedesktop.login1.Session", "Lock", bus="--system")
    assert child.stdout.readline() == "locked\n"
    emit("org.freedesktop.login1.Manager", "PrepareForSleep", "true", bus="--system")
    assert child.stdout.readline() == "locked\n"
    emit("org.freedesktop.login1.Manager", "PrepareForSleep", "false", bus="--system")
    out, _ = child.communicate(timeout=20)
    assert out == "", "it woke up"
    assert child.returncode == 0


@linux
def test_without_any_bus() -> None:
    env = {
        **os.environ,
        "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nowhere",
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere",
    }
    done = subprocess.run([sys.executable, "-c", LOGIND, "500"], env=env, capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout) == (0, "watching\n")


@pytest.mark.parametrize(
    ("message", "word", "locks"),
    [(WM_WTSSESSION_CHANGE, 7, True), (WM_WTSSESSION_CHANGE, 8, False), (0x0200, 7, False)],
    ids=["lock", "unlock", "mouse"],
)
def test_windows_messages(message: int, word: int, locks: bool) -> None:
    """The part of Windows' side that can be tried elsewhere: what a MSG of the session means."""
    heard: list[bool] = []
    lock = ScreenLock()
    lock.locked.connect(lambda: heard.append(True))
    windows_filter = MessageFilter(lock.locked.emit)
    msg = Message(0x1234, message, word)
    assert windows_filter.nativeEventFilter(b"windows_generic_MSG", ctypes.addressof(msg)) == (False, 0)
    assert heard == ([True] if locks else [])


def test_a_system_that_cannot_be_asked_is_no_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")  # without CoreFoundation
    lock = ScreenLock()
    lock.watch(0, lambda work, done: done(None))
    lock.close()
    assert "the screen's lock is not noticed" in caplog.text
