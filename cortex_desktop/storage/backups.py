"""Copies of the database: the ten newest, and the last one of each of the fourteen newest days that have any."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .durable import make_folder, remove_quietly, sweep_temps, write_durably

log = logging.getLogger(__name__)

GENERATIONS = 10
DAYS = 14

_NAME = re.compile(r"apps-(\d{1,16})-(\d{8})T\d{6}Z\.json", re.ASCII)


@dataclass(frozen=True)
class Backup:
    """A backup as its name tells it. day: in UTC."""

    path: Path
    generation: int
    day: str


class Backups:
    """The backups in `folder`, which is made when it is missing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def newest_first(self) -> list[Backup]:
        """All there are, by generation. Raises OSError."""
        found = []
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            for entry in self._folder.iterdir():
                if match := _NAME.fullmatch(entry.name):
                    found.append(Backup(entry, int(match[1]), match[2]))
        return sorted(found, key=lambda backup: (backup.generation, backup.path.name), reverse=True)

    def add(self, content: bytes, generation: int, saved: datetime) -> None:
        """Keep a copy, and let old ones go. That it fails is logged only: what it copies is saved already."""
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
        """Keep the database as an older version of this program saved it; it is never let go. Raises OSError."""
        make_folder(self._folder)
        write_durably(self._folder / f"apps-schema{schema}-{saved:%Y%m%dT%H%M%SZ}.json", content)

    def sweep(self) -> None:
        """Remove what killed writes left behind."""
        sweep_temps(self._folder / "apps-")


def to_keep(newest_first: Sequence[Backup]) -> set[Backup]:
    """Which of the backups stay."""
    of_day: dict[str, Backup] = {}
    for backup in newest_first:
        of_day.setdefault(backup.day, backup)
    days = sorted(of_day, reverse=True)[:DAYS]
    return {*newest_first[:GENERATIONS], *(of_day[day] for day in days)}
