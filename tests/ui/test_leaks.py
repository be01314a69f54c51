"""The watch over what tests leave behind sees what it is there for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from cortex_desktop.domain.secret import SecretKind, generate
from tests.support import leaks


@contextmanager
def reports(what: str) -> Iterator[None]:
    """Fail unless the watch over what happens inside reports this."""
    watch = leaks.nothing_left()
    watch.__enter__()
    yield
    with pytest.raises(AssertionError, match=f"left behind: {what}"):
        watch.__exit__(None, None, None)


def test_a_window(qapp) -> None:
    with reports("window QWidget “forgotten”"):
        window = QWidget()
        window.setWindowTitle("forgotten")
    window.deleteLater()


def test_a_running_timer(qapp) -> None:
    with reports("running timer"):
        timer = QTimer()
        timer.start(60_000)
    timer.stop()


def test_a_thread(qapp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "THREAD_SECONDS", 0)
    end = threading.Event()
    with reports("thread forgotten"):
        thread = threading.Thread(target=end.wait, name="forgotten")
        thread.start()
    end.set()
    thread.join()


@pytest.mark.parametrize("kind", SecretKind)
def test_a_key_on_the_clipboard(qapp, kind: SecretKind) -> None:
    with reports("a key on the clipboard$"):
        QGuiApplication.clipboard().setText(f"key={generate(kind).reveal()};")
    QGuiApplication.clipboard().clear()


def test_nothing(qapp) -> None:
    with leaks.nothing_left():
        window = QWidget()
        QTimer(window).start(60_000)
        window.show()
        window.close()
        window.deleteLater()
        QGuiApplication.clipboard().setText("nothing secret")
    QGuiApplication.clipboard().clear()
