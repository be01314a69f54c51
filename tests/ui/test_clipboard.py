"""Keys on the real clipboard: marked as secret, there for a while, and never taken from someone else."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QMimeData
from PySide6.QtGui import QClipboard, QFont, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel

from cortex_desktop.domain.secret import SecretKind
from tests.support.gui import CTRL, SHIFT, Desk, Key, clipboard_text, pasted_elsewhere


@pytest.fixture
def desk(open_with: Callable[..., Desk]) -> Desk:
    desk = open_with(["Ward tablet", "Trial portal"], sessions=False)
    desk.select("Ward tablet")
    return desk


SECONDS = 30


@pytest.fixture
def something_else() -> Iterator[str]:
    """Text that a person copies meanwhile; off the clipboard again afterwards."""
    yield "a shopping list"
    QGuiApplication.clipboard().clear()


def copy(desk: Desk) -> str:
    """Copy the selected app's key."""
    desk.key(Key.Key_C, CTRL)
    desk.toast("API key copied")
    key = desk.kept(desk.selected())
    desk.wait(lambda: clipboard_text() == key, "the key is on the clipboard")
    return key


@pytest.mark.skipif(not shutil.which("xclip"), reason="asks xclip, as another program on X11")
def test_another_program_gets_it(desk: Desk) -> None:
    key = copy(desk)
    assert pasted_elsewhere(desk.qtbot) == key


def test_it_is_marked_for_clipboard_histories(desk: Desk) -> None:
    copy(desk)
    mime = QGuiApplication.clipboard().mimeData(QClipboard.Mode.Clipboard)
    hints = {name: bytes(mime.data(name).data()) for name in mime.formats() if not name.startswith("text/plain")}
    assert hints == {
        "ExcludeClipboardContentFromMonitorProcessing": b"\0\0\0\0",
        "CanIncludeInClipboardHistory": b"\0\0\0\0",
        "CanUploadToCloudClipboard": b"\0\0\0\0",
        "x-kde-passwordManagerHint": b"secret",
    }
    assert not mime.hasHtml()


def test_it_is_put_nowhere_else(desk: Desk) -> None:
    key = copy(desk)
    clipboard = QGuiApplication.clipboard()
    if clipboard.supportsSelection():  # X11: what the middle button pastes
        assert key not in clipboard.text(QClipboard.Mode.Selection)


def test_cleared_when_its_time_is_up(desk: Desk) -> None:
    key = copy(desk)
    desk.toast(f"Clears from the clipboard in {SECONDS} s")
    desk.pass_time(SECONDS - 1)
    desk.toast("Clears from the clipboard in 1 s")
    assert clipboard_text() == key
    desk.pass_time(1)
    assert not clipboard_text()
    assert not desk.toasts(), "the toast goes with it"
    if shutil.which("xclip"):
        assert pasted_elsewhere(desk.qtbot) == ""


def test_time_that_the_computer_sleeps_counts(desk: Desk) -> None:
    copy(desk)
    desk.clock.sleep(10 * SECONDS)
    assert not clipboard_text()


def test_what_was_copied_meanwhile_is_left_alone(desk: Desk, something_else: str) -> None:
    copy(desk)
    QGuiApplication.clipboard().setText(something_else)
    desk.pass_time(SECONDS)
    assert not desk.toasts()
    assert clipboard_text() == something_else
    desk.close()
    assert clipboard_text() == something_else


def test_the_count_ends_as_soon_as_something_else_is_copied(desk: Desk, something_else: str) -> None:
    copy(desk)
    QGuiApplication.clipboard().setText(something_else)
    desk.wait(lambda: not desk.toasts(), "nothing counts on")
    assert desk.tools.clipboard.seconds_left == 0


def test_a_picture_copied_meanwhile_is_left_alone(desk: Desk, something_else: str) -> None:
    copy(desk)
    mime = QMimeData()
    mime.setData("image/x-something", b"picture")
    QGuiApplication.clipboard().setMimeData(mime)
    desk.pass_time(SECONDS)
    assert not desk.toasts()
    assert QGuiApplication.clipboard().mimeData().hasFormat("image/x-something")


def test_clear_now(desk: Desk) -> None:
    copy(desk)
    desk.click("Clear now", within=desk.toast("API key copied"))
    assert not clipboard_text()
    desk.wait(lambda: not desk.toasts())


def test_clear_now_by_keyboard(desk: Desk) -> None:
    """The toast is reached without a mouse."""
    copy(desk)
    button = desk.find("Clear now")
    for _ in range(40):
        if button.hasFocus():
            break
        desk.key(Key.Key_Tab)
    assert button.hasFocus()
    desk.key(Key.Key_Space)
    assert not clipboard_text()


def test_dismissing_the_toast_keeps_the_clipboard_and_its_clock(desk: Desk) -> None:
    key = copy(desk)
    desk.click("Dismiss", within=desk.toast("API key copied"))
    assert clipboard_text() == key
    desk.pass_time(SECONDS)
    assert not clipboard_text()


def test_a_clipboard_that_cannot_be_cleared_now_is_cleared_later(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wayland lets only the focused window change it."""
    key = copy(desk)
    with monkeypatch.context() as refusing:
        refusing.setattr(QClipboard, "clear", lambda self, mode: None)
        desk.pass_time(SECONDS)
        assert clipboard_text() == key
    desk.pass_time(1)
    assert not clipboard_text()


def test_cleared_at_quit(desk: Desk) -> None:
    copy(desk)
    desk.window.close()
    assert not clipboard_text()


def test_something_else_is_left_at_quit(desk: Desk, something_else: str) -> None:
    QGuiApplication.clipboard().setText(something_else)
    desk.close()
    assert clipboard_text() == something_else


def test_a_second_copy_takes_the_place_of_the_first(desk: Desk) -> None:
    first = copy(desk)
    desk.select("Trial portal")
    second = copy(desk)
    assert second != first
    assert len([n for n in desk.toasts() if "copied" in n]) == 1


def test_the_secret_of_a_signing_app(desk: Desk) -> None:
    desk.key(Key.Key_C, CTRL | SHIFT)
    desk.toast("API secret copied")
    assert clipboard_text() == desk.kept("Ward tablet", SecretKind.API_SECRET)
    assert len(clipboard_text()) == 64


def test_the_time_set_in_preferences(desk: Desk) -> None:
    desk.choose("Preferences", desk.open_menu("File"))
    desk.dialog()
    desk.find("Clear the clipboard after").setValue(45)
    desk.key(Key.Key_Escape)
    desk.no_dialog()
    copy(desk)
    desk.toast("Clears from the clipboard in 45 s")


@pytest.mark.skipif(sys.platform != "linux", reason="X11's clipboard ends with its owner")
@pytest.mark.parametrize("family", ["Inter", "DejaVu Sans"])
def test_what_a_toast_counts_down_stands_on_one_line(
    qapp: QApplication, open_with: Callable[..., Desk], family: str
) -> None:
    if family not in QFontDatabase.families():
        pytest.skip("the font is not there")
    usual = qapp.font()
    font = QFont(family)
    font.setPixelSize(13)
    qapp.setFont(font)
    try:
        desk = open_with(["Ward tablet"])
        desk.select("Ward tablet")
        desk.key(Key.Key_C, CTRL)
        toast = desk.toast("Clears from the clipboard in")
        text = next(part for part in toast.findChildren(QLabel) if "Clears" in part.text())
        desk.wait(lambda: text.height() < 2 * text.fontMetrics().height(), "it does not break")
        width = toast.width()
        desk.pass_time(25)
        desk.wait(lambda: "5 s" in text.text())
        assert toast.width() == width, "it does not move while it counts"
        desk.close()
    finally:
        qapp.setFont(usual)


def test_a_toast_stays_inside_a_narrow_window(desk: Desk) -> None:
    desk.resize(560, 500)
    toast = desk.tools.toasts.show("A title", "Words " * 40, action="A long action to choose")
    desk.let_pass(20)
    assert toast.parentWidget().rect().contains(toast.geometry())


def test_no_toast_hides_another(desk: Desk) -> None:
    copy(desk)
    desk.key(Key.Key_C, CTRL | SHIFT)
    desk.toast("API secret copied")
    desk.key(Key.Key_Delete)
    desk.dialog()
    desk.click("Delete")
    desk.toast("deleted")
    # What lies around a toast is its shadow.
    places = [n.geometry().marginsRemoved(n.layout().contentsMargins()) for n in desk.tools.toasts.shown]
    assert all(not a.intersects(b) for i, a in enumerate(places) for b in places[i + 1 :])
