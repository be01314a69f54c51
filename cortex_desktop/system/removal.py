"""Taking away what the program has written into its data folder, and nothing else that may lie there."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

FILES = (
    "activity.*",
    "apps.json",
    "apps.json.*",  # the journal, and databases set aside with their date
    "requests.json*",
    "sandbox.json*",
    "sandbox.lock",
    ".activity.*.tmp",
    ".apps.json*.tmp",  # of a write that was cut short
    ".requests.json*.tmp",
    ".sandbox.json*.tmp",
    "cortex-desktop.log*",
    "cortex-desktop.quit",  # requests to a running program, in versions up to 0.1
    "cortex-desktop.raise",
    "settings.ini*",
    ".settings.ini*",
    "cortex-desktop.lock*",  # last: a start after this finds nothing of the old one
)
FOLDERS = ("backups", "crashes")


def remove_files(folder: Path) -> list[Path]:
    """Remove the program's files, and the folder when nothing else is in it. Returns what could not be removed.

    Someone may have named a folder that they share with other things, so it is never removed as a whole.
    """
    stuck: list[Path] = []
    for name in FOLDERS:
        shutil.rmtree(folder / name, onerror=lambda _, path, error: _note(stuck, Path(path), error[1]))
    for pattern in FILES:
        for path in folder.glob(pattern):
            try:
                path.unlink(missing_ok=True)
            except OSError:
                stuck.append(path)
    with suppress(OSError):  # something else is in it, or it was never made
        folder.rmdir()
    return stuck


def remove_folder(folder: Path, release: Callable[[], None]) -> int:
    """Remove as `remove_files` does, and name on stderr what is stuck. Returns 0 when nothing is, else 1.

    release: releases the folder's lock; called last, but on Windows first, where an open file cannot be removed.
    """
    if sys.platform == "win32":
        release()
    stuck = remove_files(folder)
    release()
    for path in stuck:
        print(f"cortex-desktop: {path} could not be removed; please remove it yourself", file=sys.stderr)
    return 1 if stuck else 0


def _note(stuck: list[Path], path: Path, error: BaseException) -> None:
    if not isinstance(error, FileNotFoundError):
        stuck.append(path)
