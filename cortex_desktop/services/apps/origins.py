"""Who made the keys of apps of older versions, which did not note it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from ...domain.activity import Action, ActivityEntry, ActivityQuery
from ...domain.model import App, Origin
from ...domain.ports import ActivityLog
from .two_stores import TwoStores

AT_ONCE = timedelta(seconds=2)
"""An entry is written right after the action, with whole seconds."""


class KeyOrigins:
    """Notes who made a key. Use it on the disk lane."""

    def __init__(self, stores: TwoStores, log: ActivityLog) -> None:
        self._stores = stores
        self._log = log

    def learn(self) -> Sequence[App]:
        """Note that keys came from Cortex where the activity log says that they were added and not replaced since.

        Returns the apps that changed. Raises StorageError.
        """
        unsure = {app.id: app for app in self._stores.repository.apps() if _is_first_key(app)}
        if not unsure:
            return ()
        added = {
            entry.app_id
            for entry in self._imports()
            if (app := unsure.get(entry.app_id)) and app.created <= entry.when + AT_ONCE
        }
        return self._stores.repository.change_apps(
            added, lambda app: replace(app, origin=Origin.CORTEX) if _is_first_key(app) else app
        )

    def note(self, app_ids: Sequence[str], origin: Origin) -> Sequence[App]:
        """Note what a person says of the current keys of these apps. Returns the apps that changed.

        Raises StorageError.
        """
        changed = self._stores.repository.change_apps(app_ids, lambda app: replace(app, origin=origin))
        with self._stores.record.batch():
            for app in changed:
                self._stores.record.app(Action.ORIGIN_NOTED, app, origin=origin.value)
        return changed

    def _imports(self) -> Iterator[ActivityEntry]:
        for piece in self._log.find(ActivityQuery(action=Action.IMPORTED)):
            for logged in self._log.read(piece.places):
                if logged.entry is not None:
                    yield logged.entry


def _is_first_key(app: App) -> bool:
    """True if it is not known who made the key, and it is the one that the app began with."""
    return app.origin is Origin.UNKNOWN and app.rotated is None
