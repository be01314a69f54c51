"""The log file, without secrets."""

from __future__ import annotations

import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from ..domain.secret import redact

MOST_BYTES = 512_000


class RedactingFormatter(logging.Formatter):
    """Formats as usual, tracebacks included, then redacts: no caller has to remember to."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class _PrivateFile(RotatingFileHandler):
    """A rotating log file with mode 0600: RotatingFileHandler itself has no way to set a file's mode."""

    def _open(self) -> TextIO:  # type: ignore[override]  # always text here
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        if sys.platform != "win32":
            os.fchmod(descriptor, 0o600)  # one that was there already may be open to others
        return os.fdopen(descriptor, "a", encoding=self.encoding, errors=self.errors)


def start_logging(folder: Path) -> None:
    """Log to `cortex-desktop.log` in the folder, or to stderr when that cannot be opened.

    A file that has reached 512 kB becomes `cortex-desktop.log.1`, in place of the one before.
    """
    handler: logging.Handler
    try:
        handler = _PrivateFile(
            folder / "cortex-desktop.log",
            maxBytes=MOST_BYTES,
            backupCount=1,
            encoding="utf-8",
            errors="backslashreplace",
        )
    except OSError:
        handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    # When the disk is full, say, logging would print the record on stderr as it is, past the redaction.
    logging.raiseExceptions = False
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
