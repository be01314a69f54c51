"""The log file, without secrets."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TextIO

from ..domain.secret import redact

MOST_BYTES = 512_000


class RedactingFormatter(logging.Formatter):
    """Formats as usual, tracebacks included, then redacts: no caller has to remember to."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class _PrivateFile(logging.FileHandler):
    """A log file that only its owner can read (0600)."""

    def _open(self) -> TextIO:  # type: ignore[override]  # always text here
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        if sys.platform != "win32":
            os.fchmod(descriptor, 0o600)  # one that was there already may be open to others
        return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")


def start_logging(folder: Path) -> None:
    """Log to `cortex-desktop.log` in the folder, or to stderr when that fails.

    A file over 512 kB is put aside first, in the place of the one put aside before it. (logging's own rotation would
    also load pickle and socket.)
    """
    handler: logging.Handler
    path = folder / "cortex-desktop.log"
    try:
        if path.exists() and path.stat().st_size > MOST_BYTES:
            path.replace(path.with_suffix(".log.1"))
        handler = _PrivateFile(path)
    except OSError:
        handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    # When the disk is full, say, logging would print the record on stderr as it is, past the redaction.
    logging.raiseExceptions = False
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
