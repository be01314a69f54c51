"""Deleting apps so that they can be restored, and removing all of them for good."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ...domain.activity import Action
from ...domain.errors import ChangedSince
from ...domain.model import App, AppState
from .. import periods, transitions
from .removal import Removal
from .two_stores import TwoStores


class AppDeletion:
    """Deletes and restores apps. `Removal.purge` takes a deleted app for good."""

    def __init__(self, stores: TwoStores, removal: Removal) -> None:
        self._stores = stores
        self._removal = removal

    def delete(self, app_id: str) -> App:
        """Hide the app; it can be restored with its key until RESTORABLE has passed. For the disk lane.

        Raises StorageError, AppGone, and NotFinished for an app that is still being created.
        """
        until = self._stores.folder.now() + periods.RESTORABLE
        app = self._stores.repository.change_app(app_id, partial(transitions.mark_deleted, until=until))
        self._stores.record.app(Action.DELETED, app, restorable_until=until)
        return app

    def forget(self, app: App) -> None:
        """Drop the row of an app and leave its items in the keychain.

        Raises ChangedSince where its keys changed, AppGone, StorageError.
        """
        repository = self._stores.repository
        present = repository.app(app.id)
        if (present.state, present.versions) != (app.state, app.versions):
            raise ChangedSince(app.label)
        repository.drop_app(app.id)
        self._stores.record.app(Action.DELETED, present)

    def restore(self, app_id: str) -> App:
        """Restore a deleted app. For the vault lane. Raises AppGone once its removal has begun.

        Raises VaultError, StorageError with the app still deleted: an older copy of the folder would remove its key,
        so the keychain must hear of it first.
        """
        transitions.restore(self._stores.repository.app(app_id))  # what is on its way out needs no keychain to say so
        self._stores.folder.announce()
        app = self._stores.repository.change_app(app_id, transitions.restore)
        self._stores.record.app(Action.RESTORED, app)
        return app

    def remove_everything(self) -> int:
        """Remove the secrets and rows of all apps of all orgs. Returns how many apps there were. For the vault lane.

        Raises VaultError with nothing removed when the keychain plainly cannot be used, FolderInDoubt and LookOnly
        when the keys may be another folder's. After any later error rows are left whose removal has begun: calling this
        again, or the next recovery, goes on with them.
        """
        self._stores.require_keychain()
        self._stores.folder.require_removal()
        repository = self._stores.repository
        apps = repository.apps()
        repository.change_apps([app.id for app in apps], lambda app: replace(app, state=AppState.DELETING))
        for app in apps:
            self._removal.remove_app(repository.app(app.id))
        self._stores.folder.remove_claim()
        return sum(app.state is not AppState.DELETING for app in apps)
