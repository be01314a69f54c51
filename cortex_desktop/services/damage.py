"""What was wrong with the database when it was opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Damage:
    """found: the file was damaged. set_aside: name of the file that keeps the damaged content, empty if there is none;
    restored_from, apps: when the backup in its place was saved, and how many apps it holds; unreadable: number of rows
    that were skipped; changed_outside: another program wrote the file, and its version is in use.
    """

    found: bool = False
    set_aside: str = ""
    restored_from: datetime | None = None
    apps: int | None = None
    unreadable: int = 0
    changed_outside: bool = False
