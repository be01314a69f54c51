"""Errors that nobody caught: kept in the log and in a file, reported to the window once, sent nowhere."""

from __future__ import annotations

import faulthandler
import logging
import os
import re
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot, qVersion

from .. import __version__
from ..domain.secret import redact

if TYPE_CHECKING:
    from typing import TextIO

log = logging.getLogger(__name__)

KEPT = 10
"""How many crash reports the folder holds; the oldest goes first."""

KINDS = 100
"""Maximum number of different errors reported in one run."""

_WORD = re.compile(r"[A-Z]{0,3}[a-z]{2,}(?:[A-Z][a-z]{2,})*\d{0,2}|\d+")
# UTF-16 as `repr`, or a repr of that, writes it: a letter, a zero, a letter.
_WIDE = re.compile(r"(?:[ -~]\\+x00){4,}")


def blot(text: str) -> str:
    """`text` without keys and without pieces of keys.

    Stricter than `redact`, which looks for whole keys that stand alone: the text of a foreign exception may quote
    half a key, or glue one to something. So each run of nine and more letters and digits goes unless it reads as a
    word or a class name. Nine, because the first and the last four of a key may be seen.
    """
    return re.sub(r"[0-9A-Za-z]{9,}", _unless_word, _WIDE.sub("[redacted]", redact(text)))


def _unless_word(run: re.Match[str]) -> str:
    return run[0] if _WORD.fullmatch(run[0]) else "[redacted]"


class Crashes(QObject):
    """Catches what nobody caught, in any thread, from `install` to `close`.

    folder: the data folder; reports go to `crashes` in it. reported(str): a report to show, on the GUI thread; one
    for each kind of error, since an error in a paint event comes back sixty times a second.
    """

    reported = Signal(str)
    _caught = Signal(str)

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder / "crashes"
        # As in `Runner`: nothing is on its way to the GUI thread once `close` has returned. Re-entrant, because the
        # garbage collector may run, and something in it fail, while this thread is inside.
        self._gate = threading.RLock()
        self._open = True
        self._here = threading.local()
        self._seen: Counter[object] = Counter()
        self._caught.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Take Python's three hooks. What they did before comes back with `close`."""
        self._before = sys.excepthook, threading.excepthook, sys.unraisablehook
        sys.excepthook = self._uncaught
        threading.excepthook = self._uncaught_in_thread
        sys.unraisablehook = self._unraisable

    def close(self) -> None:
        """Give the hooks back and report nothing more. Deadly signals are noted until the process is gone."""
        with self._gate:
            self._open = False
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._before

    def watch_faults(self) -> None:
        """Note deadly signals in `crashes/fault.log` from now on, and report what the last run noted there.

        From any thread. A folder that cannot be written costs the notes, nothing more.
        """
        path = self._folder / "fault.log"
        try:
            self._make_folder()
            noted = path.read_text("utf-8", errors="replace") if path.exists() else ""
            if noted.strip():
                self._report("The last run ended by a deadly signal.", [noted])
            # Unbuffered and never closed: faulthandler keeps the file and writes to its descriptor while dying.
            faulthandler.enable(_private(path, os.O_TRUNC))
        except OSError as error:
            log.warning("deadly signals will not be noted: %s", error.strerror)

    def _uncaught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, trace)
        else:
            self._take(kind, error, trace, f"Not caught in thread {threading.current_thread().name}.")

    def _uncaught_in_thread(self, caught: threading.ExceptHookArgs) -> None:
        if caught.exc_type is not SystemExit:
            name = caught.thread.name if caught.thread is not None else "unknown"
            self._take(caught.exc_type, caught.exc_value, caught.exc_traceback, f"Not caught in thread {name}.")

    def _unraisable(self, caught: sys.UnraisableHookArgs) -> None:
        # Its name, not its repr: who knows what that would quote.
        name = getattr(caught.object, "__qualname__", type(caught.object).__name__)
        self._take(caught.exc_type, caught.exc_value, caught.exc_traceback, f"Could not be raised in {name}.")

    def _take(
        self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None, where: str
    ) -> None:
        """Report an error, the first time it comes from this place. Never raises and never enters itself."""
        if getattr(self._here, "inside", False):
            return
        self._here.inside = True
        try:
            # A failure in here can no longer be reported.
            with suppress(Exception):
                place = (kind, *((frame.f_code, line) for frame, line in traceback.walk_tb(trace)))
                with self._gate:
                    if place not in self._seen and len(self._seen) >= KINDS:
                        return
                    self._seen[place] += 1
                    times = self._seen[place]
                if times == 1:
                    trouble = traceback.TracebackException(kind, error, trace, capture_locals=False)  # type: ignore[arg-type]
                    self._report(where, trouble.format())
                    if sys.stderr is not None:  # a program without a terminal has none
                        sys.stderr.write(blot(f"cortex-desktop: {''.join(trouble.format_exception_only())}"))
                elif str(times).strip("0") == "1":
                    log.error("%s again, %d times now", kind.__name__, times)
        finally:
            self._here.inside = False

    def _report(self, where: str, body: Iterable[str]) -> None:
        report = blot(_head(where) + "".join(body)).replace(str(Path.home()), "~")
        log.critical("%s", report)
        try:
            self._keep(report)
        except OSError as error:
            log.warning("the crash report is in this log only: %s", error.strerror)
        with self._gate:
            if self._open:
                self._caught.emit(report)

    def _keep(self, report: str) -> None:
        self._make_folder()
        path = self._folder / f"crash-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}.txt"
        with _private(path, os.O_EXCL) as file:
            file.write(report)
        for old in sorted(self._folder.glob("crash-*.txt"))[:-KEPT]:
            old.unlink(missing_ok=True)

    def _make_folder(self) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)

    @Slot(str)
    def _tell(self, report: str) -> None:
        if self._open:
            self.reported.emit(report)


def _private(path: Path, flag: int) -> TextIO:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flag, 0o600)
    return os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace")


def _head(where: str) -> str:
    import platform  # rarely needed, and it shows in the start-up time

    import PySide6
    from PySide6.QtGui import QGuiApplication

    return (
        f"Cortex Desktop {__version__}, {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n"
        f"Python {platform.python_version()}, Qt {qVersion()}, PySide {PySide6.__version__}\n"
        f"{platform.platform()}, {QGuiApplication.platformName()}\n"
        f"{where}\n\n"
    )
