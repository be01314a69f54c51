"""Copies of the database, and files that were set aside."""

from __future__ import annotations

import contextlib
import logging
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .durable import copy_aside, make_folder, make_private, remove_quietly, sweep_temps, write_durably

log = logging.getLogger(__name__)

GENERATIONS = 10
DAYS = 14
SET_ASIDE = 20
"""Number of files set aside that are kept."""

_NAME = re.compile(r"apps-(\d{1,16})-(\d{8})T\d{6}Z\.json", re.ASCII)


@dataclass(frozen=True)
class Backup:
    """A backup, by its name. day: in UTC."""

    path: Path
    generation: int
    day: str


class Backups:
    """The backups in `folder`, which is made when it is missing.

    The ten newest stay, and the last one of each of the fourteen newest days that have any.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def newest_first(self) -> list[Backup]:
        """Return all backups, by generation. Raises OSError."""
        found = []
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            for entry in self._folder.iterdir():
                if match := _NAME.fullmatch(entry.name):
                    found.append(Backup(entry, int(match[1]), match[2]))
        return sorted(found, key=lambda backup: (backup.generation, backup.path.name), reverse=True)

    def add(self, content: bytes, generation: int, saved: datetime) -> None:
        """Keep a copy and remove old ones. A failure is only logged: what it copies is saved already."""
        try:
            make_folder(self._folder)
            write_durably(self._folder / f"apps-{generation:010}-{saved:%Y%m%dT%H%M%SZ}.json", content)
            keep = to_keep(self.newest_first())
            for backup in self.newest_first():
                if backup not in keep:
                    remove_quietly(backup.path)
        except OSError as error:
            log.warning("no backup was made: %s", error.strerror)

    def keep_schema(self, content: bytes, schema: int, saved: datetime) -> None:
        """Keep the database as an older version of this program saved it, for good. Raises OSError."""
        make_folder(self._folder)
        write_durably(self._folder / f"apps-schema{schema}-{saved:%Y%m%dT%H%M%SZ}.json", content)

    def sweep(self) -> None:
        """Remove what killed writes left behind."""
        sweep_temps(self._folder / "apps-")


class SetAside:
    """Files that are kept under another name beside `path`, the database, because something was wrong with them."""

    def __init__(self, path: Path) -> None:
        self._folder = path.parent
        self._name = re.compile(re.escape(path.name) + r"(?:\.journal)?\.(?:changed|damaged|older)-([0-9.TZ]+)")

    def add(self, path: Path, why: str) -> Path:
        """Give the file at `path` a second, lasting name, and return that. Raises OSError."""
        for kept in self._oldest_first():
            with contextlib.suppress(OSError):
                if os.path.samefile(kept, path):  # from a repair that failed later
                    return kept
        target = path.with_name(f"{path.name}.{why}-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
        copy_aside(path, target)
        make_private(target)
        return target

    def remove_oldest(self) -> None:
        """Keep the newest `SET_ASIDE`, as far as that is possible."""
        with contextlib.suppress(OSError):
            for path in self._oldest_first()[:-SET_ASIDE]:
                remove_quietly(path)

    def _oldest_first(self) -> list[Path]:
        found = [(match[1], each) for each in self._folder.iterdir() if (match := self._name.fullmatch(each.name))]
        return [path for _, path in sorted(found)]


def to_keep(newest_first: Sequence[Backup]) -> set[Backup]:
    """Return the backups that stay."""
    of_day: dict[str, Backup] = {}
    for backup in newest_first:
        of_day.setdefault(backup.day, backup)
    days = sorted(of_day, reverse=True)[:DAYS]
    return {*newest_first[:GENERATIONS], *(of_day[day] for day in days)}
