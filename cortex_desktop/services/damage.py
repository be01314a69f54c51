"""What was wrong with the database when it was opened, or was done to it while it was open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Damage:
    """found: the file was damaged. set_aside: name of the file that keeps the damaged content, empty if there is none;
    restored_from, apps: when the backup in its place was saved, and how many apps it holds; unreadable: number of rows
    that were skipped; changed_outside: another program wrote the file, and its version is in use; while_running:
    another program replaced or removed the file of an open database, whose own version stays in use; set_aside is
    the other's then.
    """

    found: bool = False
    set_aside: str = ""
    restored_from: datetime | None = None
    apps: int | None = None
    unreadable: int = 0
    changed_outside: bool = False
    while_running: bool = False
