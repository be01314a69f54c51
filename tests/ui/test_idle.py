"""Nobody in front of the screen: what is revealed hides, and the clipboard is cleared."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSpinBox

from cortex_desktop.system.screen_lock import ScreenLock
from cortex_desktop.system.screen_lock_windows import WM_WTSSESSION_CHANGE, Message, MessageFilter
from cortex_desktop.ui.kit.settings import Settings
from cortex_desktop.ui.shell import idle
from tests.support.gui import CTRL, Desk, Key, clipboard_text

linux = pytest.mark.skipif(sys.platform != "linux", reason="D-Bus")


@pytest.fixture
def short(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute of 0.6 seconds, and that is the time set."""
    monkeypatch.setattr(idle, "MINUTE", 0.6)
    settings = Settings(folder)
    settings.idle_minutes = 1
    settings.save()


def show_and_copy(desk: Desk) -> None:
    """A key is readable and on the clipboard."""
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


def test_after_a_while_keys_are_put_away(short: None, start: Callable[..., Desk]) -> None:
    desk = start()
    show_and_copy(desk)
    begun = time.monotonic()
    desk.wait(lambda: put_away(desk), "all is put away")
    assert time.monotonic() - begun > 0.4
    assert desk.toasts() == []


@pytest.mark.parametrize("how", ["key", "shortcut", "pointer", "wheel"])
def test_who_works_is_not_idle(short: None, start: Callable[..., Desk], how: str) -> None:
    desk = start()
    show_and_copy(desk)
    end = time.monotonic() + 1.3
    place = 0
    while time.monotonic() < end:
        place += 1
        if how == "key":
            desk.key(Key.Key_Down)
        elif how == "shortcut":
            desk.key(Key.Key_I, CTRL)
        elif how == "pointer":
            desk.hover(desk.window, QPoint(300 + place, 300))
        else:
            window = desk.window.windowHandle()
            QTest.wheelEvent(window, QPoint(400, 300), QPoint(0, 120))
        desk.let_pass(100)
        assert in_sight(desk)
    desk.wait(lambda: put_away(desk), "all is put away")


def test_it_works_again_after_coming_back(short: None, start: Callable[..., Desk]) -> None:
    desk = start()
    for _ in range(2):
        desk.key(Key.Key_Shift)
        show_and_copy(desk)
        desk.wait(lambda: put_away(desk), "all is put away")


def test_in_a_dialog_too(short: None, start: Callable[..., Desk]) -> None:
    desk = start()
    show_and_copy(desk)
    desk.key(Key.Key_N, CTRL)
    desk.dialog()
    end = time.monotonic() + 1.3
    while time.monotonic() < end:
        desk.key(Key.Key_A)
        desk.let_pass(100)
        assert in_sight(desk)
    desk.wait(lambda: put_away(desk), "all is put away")
    desk.key(Key.Key_Escape)
    desk.no_dialog()


def test_never_when_so_set(short: None, start: Callable[..., Desk], folder: Path) -> None:
    settings = Settings(folder)
    settings.idle_minutes = 0
    settings.save()
    desk = start()
    show_and_copy(desk)
    desk.let_pass(1200)
    assert in_sight(desk)


def test_preferences_count_at_once(short: None, start: Callable[..., Desk], folder: Path) -> None:
    settings = Settings(folder)
    settings.idle_minutes = 0
    settings.save()
    desk = start()
    show_and_copy(desk)
    desk.action("preferences").trigger()
    dialog = desk.dialog()
    field = desk.find("Hide and clear when idle for", QSpinBox, dialog)
    assert field.text() == "Never"
    field.setValue(1)
    assert field.text() == "1 min"
    desk.key(Key.Key_Escape)
    desk.no_dialog()
    desk.wait(lambda: put_away(desk), "all is put away", 5000)
    assert Settings(folder).idle_minutes == 1


def never_idle(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute of 0.6 seconds, and keys are never put away for want of input."""
    monkeypatch.setattr(idle, "MINUTE", 0.6)
    settings = Settings(folder)
    settings.idle_minutes = 0
    settings.save()


def test_a_minute_elsewhere_hides_what_is_revealed(
    start: Callable[..., Desk], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    never_idle(folder, monkeypatch)
    desk = start()
    show_and_copy(desk)
    desk.window.showMinimized()
    desk.wait(lambda: QApplication.focusWindow() is None, "another program has the keyboard")
    begun = time.monotonic()
    desk.wait(lambda: not desk.tools.reveal.app_id, "the key is hidden")
    assert time.monotonic() - begun > 0.4
    assert clipboard_text() == desk.kept("NewHealth App"), "it may be about to be pasted there"


def test_who_comes_back_within_a_minute_finds_it_as_it_was(
    start: Callable[..., Desk], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    never_idle(folder, monkeypatch)
    desk = start()
    show_and_copy(desk)
    desk.window.showMinimized()
    desk.wait(lambda: QApplication.focusWindow() is None, "another program has the keyboard")
    desk.window.showNormal()
    desk.window.activateWindow()
    desk.wait(lambda: QApplication.focusWindow() is not None, "the window has it again")
    desk.let_pass(900)
    assert in_sight(desk)


@pytest.mark.parametrize(("written", "means"), [(None, 5), ("0", 0), ("120", 120), ("121", 5), ("-1", 5), ("x", 5)])
def test_the_time_in_the_file(folder: Path, written: str | None, means: int) -> None:
    if written is not None:
        (folder / "settings.ini").write_text(f"[General]\nidle_minutes={written}\n")
    assert Settings(folder).idle_minutes == means


class _Counted(frozenset):
    """The kinds of event that count, and how often one was compared with them."""

    asked = 0

    def __contains__(self, kind: object) -> bool:
        self.asked += 1
        return super().__contains__(kind)


def test_it_does_not_see_every_event(start: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = _Counted(idle._INPUT)
    monkeypatch.setattr(idle, "_INPUT", kinds)
    desk = start()
    desk.create("NewHealth App")
    desk.create("Ward tablet")
    # On the application it would be called more than a thousand times for a creation.
    assert 0 < kinds.asked < 100


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
    show_and_copy(desk)
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
    show_and_copy(desk)
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
