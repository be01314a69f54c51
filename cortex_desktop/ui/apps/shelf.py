"""The apps of all orgs, so that going from one org to another needs neither disk nor keychain."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from ...domain.model import App
from .model import AppsModel, Row, sorted_rows

Shelved = Sequence[Row]


def to_shelve(apps: Sequence[App]) -> Shelved:
    """Rows of the apps of one org. Takes a while for thousands: call it off the GUI thread."""
    return sorted_rows(apps)


class Shelf:
    """Puts the apps of one org at a time into the model; those of the others wait here, up to date. shown: that org."""

    def __init__(self, model: AppsModel) -> None:
        self._model = model
        self._shelved: dict[str, Shelved] = {}
        self.shown = ""

    def load(self, shelved: Mapping[str, Shelved], org_id: str) -> None:
        """Set the apps, by org, and show those of this one."""
        self._shelved = dict(shelved)
        self._show(org_id)

    def enter(self, org_id: str) -> None:
        """Show another org's apps."""
        self._shelved[self.shown] = self._model.rows
        self._show(org_id)

    def count(self, org_id: str) -> int:
        """How many apps the org has."""
        return self._model.total if org_id == self.shown else len(self._shelved.get(org_id, ()))

    def all_apps(self) -> Iterator[App]:
        """The apps of all orgs."""
        for rows in (self._model.rows, *self._shelved.values()):
            yield from (row.app for row in rows)

    def put(self, rows: Sequence[Row]) -> None:
        """Add these apps, of whatever orgs, or update them."""
        here = [row for row in rows if row.app.org_id == self.shown]
        if here:
            self._model.put_all(here)
        elsewhere = {row.app.org_id for row in rows} - {self.shown}
        for org_id in elsewhere:
            new = {row.app.id: row for row in rows if row.app.org_id == org_id}
            kept = [row for row in self._shelved.get(org_id, ()) if row.app.id not in new]
            self._shelved[org_id] = [*kept, *new.values()]

    def remove(self, app_ids: Collection[str]) -> None:
        """Remove these apps, of whatever orgs. Give many as a set."""
        for org_id, rows in self._shelved.items():
            self._shelved[org_id] = [row for row in rows if row.app.id not in app_ids]
        self._model.remove_all(app_ids)

    def _show(self, org_id: str) -> None:
        self.shown = org_id
        self._model.load(self._shelved.pop(org_id, ()))
