"""Starting Qt where there may be no screen."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from ...system.screen import NO_SCREEN, library_in, tell, tell_missing

# Qt hints at a missing library even when it was there, and nothing answered it.
_NO_CONNECTION = ("could not connect to display", "failed to create wl_display")


@contextmanager
def screen_needed() -> Iterator[None]:
    """While an application is made: end the process with one line and status 1 where there is no screen for it.

    Qt aborts the process otherwise, with advice that does not fit.
    """
    said: list[str] = []

    def handle(kind: QtMsgType, _: QMessageLogContext, text: str) -> None:
        said.append(text)
        if kind is QtMsgType.QtFatalMsg:
            no_screen = any(part in text.lower() for text in said for part in _NO_CONNECTION)
            library = next((name for name in map(library_in, said) if name), "")
            if library and not no_screen:
                tell_missing(library)
            else:
                tell(NO_SCREEN)
            os._exit(1)  # where this returns to, the process is aborted

    qInstallMessageHandler(handle)
    try:
        yield
    finally:
        qInstallMessageHandler(None)
    for text in said:  # Qt's usual remarks
        sys.stderr.write(f"{text}\n")
