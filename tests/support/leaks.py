"""What a test must not leave behind in a process that shows windows."""

from __future__ import annotations

import gc
import re
import threading
import time
from collections.abc import Iterator, Set
from contextlib import contextmanager

import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtGui import QClipboard, QGuiApplication
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

THREAD_SECONDS = 5  # a lane that was told to end still finishes what it is at
_timers_of_last_test: list[Set[int]] = []  # to look for them takes long: there are a hundred thousand objects
_SECRET_SHAPED = re.compile(r"(?<![0-9A-Za-z])(?:[0-9A-Za-z]{64}|[0-9A-Za-z]{22})(?![0-9A-Za-z])")


@contextmanager
def nothing_left() -> Iterator[None]:
    """Fail when windows, running timers, threads or a key on the clipboard are there afterwards but not before."""
    windows, threads = _windows(), set(threading.enumerate())
    before = _timers_of_last_test[-1] if _timers_of_last_test else _timers().keys()
    yield
    settle()
    timers = _timers()
    _timers_of_last_test[:] = [frozenset(timers)]
    left = [
        *(f"window {_name(window)}" for id_, window in _windows().items() if id_ not in windows),
        *(f"running timer of {_name(timer.parent())}" for id_, timer in timers.items() if id_ not in before),
        *(f"thread {thread.name}" for thread in _alive(threads)),
        *_keys_on_clipboard(),
    ]
    assert not left, "left behind: " + "; ".join(left)


def settle() -> None:
    """Let Qt delete the widgets that wait for it."""
    if QGuiApplication.instance() is not None:
        QToolTip.hideText()
        for _ in range(3):
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
            QCoreApplication.processEvents()


def _windows() -> dict[int, QWidget]:
    # Qt keeps the label of tool tips for itself.
    return {id(w): w for w in QApplication.topLevelWidgets() if not w.inherits("QTipLabel")}


def _timers() -> dict[int, QTimer]:
    kinds = {QTimer, *QTimer.__subclasses__()}
    timers = [thing for thing in gc.get_objects() if type(thing) in kinds]
    return {id(timer): timer for timer in timers if shiboken6.isValid(timer) and timer.isActive()}


def _alive(before: set[threading.Thread]) -> list[threading.Thread]:
    end = time.monotonic() + THREAD_SECONDS
    for thread in set(threading.enumerate()) - before:
        thread.join(max(0, end - time.monotonic()))
    return [thread for thread in threading.enumerate() if thread not in before]


def _keys_on_clipboard() -> list[str]:
    mime = QGuiApplication.clipboard().mimeData(QClipboard.Mode.Clipboard)
    # Not the text itself: a failing test must not print a key.
    return ["a key on the clipboard"] if mime is not None and _SECRET_SHAPED.search(mime.text()) else []


def _name(thing: object) -> str:
    if isinstance(thing, QWidget):
        return f"{type(thing).__name__} “{thing.accessibleName() or thing.windowTitle() or thing.objectName()}”"
    return type(thing).__name__
