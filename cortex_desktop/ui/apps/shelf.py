"""The apps of all orgs, so that going from one org to another needs neither disk nor keychain."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from ...domain.model import App
from .model import AppsModel, Row, sorted_rows

FEW = 300
"""Up to so many apps of an org that is not shown wait as they are: rows take half as much again, and making so few
takes 1 ms."""

Shelved = Sequence[App | Row]


def to_shelve(apps: Sequence[App]) -> Shelved:
    """The apps of one org as they wait on the shelf. Takes a while for thousands: do it off the GUI thread."""
    return apps if len(apps) <= FEW else sorted_rows(apps)


class Shelf:
    """Puts the apps of one org at a time into the model; those of the others wait here, up to date. shown: that org."""

    def __init__(self, model: AppsModel) -> None:
        self._model = model
        self._shelved: dict[str, Shelved] = {}
        self.shown = ""

    def load(self, shelved: Mapping[str, Shelved], org_id: str) -> None:
        """These are the apps, by org; show those of this one."""
        self._shelved = dict(shelved)
        self._show(org_id)

    def enter(self, org_id: str) -> None:
        """Show another org's apps."""
        rows = self._model.rows
        self._shelved[self.shown] = rows if len(rows) > FEW else [row.app for row in rows]
        self._show(org_id)

    def count(self, org_id: str) -> int:
        """How many apps the org has."""
        return self._model.total if org_id == self.shown else len(self._shelved.get(org_id, ()))

    def all_apps(self) -> Iterator[App]:
        """The apps of all orgs."""
        for entries in (self._model.rows, *self._shelved.values()):
            yield from map(_app, entries)

    def put(self, rows: Sequence[Row]) -> None:
        """Add these apps, of whatever orgs, or take in their new states."""
        here = [row for row in rows if row.app.org_id == self.shown]
        if here:
            self._model.put_all(here)
        elsewhere = {row.app.org_id for row in rows} - {self.shown}
        for org_id in elsewhere:
            new = {row.app.id: row for row in rows if row.app.org_id == org_id}
            kept = [entry for entry in self._shelved.get(org_id, ()) if _app(entry).id not in new]
            as_rows = any(isinstance(entry, Row) for entry in kept[:1])
            # The model sorts what it loads.
            self._shelved[org_id] = [*kept, *(new.values() if as_rows else map(_app, new.values()))]

    def remove(self, app_ids: Collection[str]) -> None:
        """These apps are gone, of whatever orgs. Give many as a set."""
        for org_id, entries in self._shelved.items():
            self._shelved[org_id] = [entry for entry in entries if _app(entry).id not in app_ids]
        self._model.remove_all(app_ids)

    def _show(self, org_id: str) -> None:
        self.shown = org_id
        entries = self._shelved.pop(org_id, ())
        self._model.load([entry if isinstance(entry, Row) else Row(entry) for entry in entries])


def _app(entry: App | Row) -> App:
    return entry.app if isinstance(entry, Row) else entry
