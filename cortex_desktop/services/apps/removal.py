"""The one gate through which secrets leave the keychain.

An item goes for one of two reasons, and for no other:
- the operation under way stored it itself, at a number that it had found free (`take_back`);
- the row gives it up, and the folder's history is unbroken (`Folder.require_removal`).
What an item is called proves nothing: an older list, or a copy of it, gives the same names to keys that are in use.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from functools import partial

from ...domain.activity import Action
from ...domain.errors import (
    FolderInDoubt,
    NotFinished,
    SecretMissing,
    SecretNotText,
    StorageError,
    VaultError,
)
from ...domain.model import App, AppState
from ...domain.secret import KeyEnds, LoginRef, Secret, SecretKind, SecretRef, well_formed
from .. import periods, transitions
from .two_stores import TwoStores


class Removal:
    """Removes secrets that an app no longer needs, and apps for good. Use it on the vault lane.

    While the folder is in doubt, everything but `take_back` raises FolderInDoubt with nothing removed.
    """

    def __init__(self, stores: TwoStores) -> None:
        self._stores = stores

    def take_back(self, written: Iterable[SecretRef | LoginRef]) -> None:
        """Remove items that the operation under way stored, each where there was nothing. Raises VaultError."""
        for ref in written:
            self._stores.vault.remove(ref, may_ask=True)

    def remove_leftover(self, app: App, ref: SecretRef) -> None:
        """Remove an item of a version that the row gave out and no longer names. Raises FolderInDoubt, VaultError."""
        self._stores.folder.require_removal()
        if ref.app_id == app.id and ref.version not in app.versions:
            self._stores.vault.remove(ref, may_ask=True)

    def keep_one(self, app: App, ref: SecretRef, kept: Secret) -> None:
        """Remove all items of the name of a version of the app but one that holds `kept`. Raises as `remove_stray`."""
        self._stores.folder.require_removal()
        if ref.app_id == app.id:
            self._stores.vault.keep_one(ref, kept)

    def remove_stray(self, ref: SecretRef) -> None:
        """Remove an item of an app of this folder that has no row. Raises FolderInDoubt, VaultError, StorageError."""
        self._stores.folder.require_removal()
        repository = self._stores.repository
        if all(app.id != ref.app_id for app in repository.apps()) and not repository.is_unreadable(ref.app_id):
            self._stores.vault.remove(ref, may_ask=True)

    def remove_stray_login(self, ref: LoginRef) -> None:
        """Remove a login of an org of this folder that no app names. Raises FolderInDoubt, VaultError, StorageError."""
        self._stores.folder.require_removal()
        apps = [app for app in self._stores.repository.apps() if app.org_id == ref.org_id]
        if all(login.number != ref.number for app in apps for login in app.logins):
            self._stores.vault.remove(ref)

    def drop_logins(self, app: App) -> App:
        """Remove the logins that the row gives up, and return the app.

        One that may still arrive stays named until it cannot. Raises FolderInDoubt, VaultError, StorageError.
        """
        going = [login for login in app.logins if login.until is not None]
        if going:
            self._stores.folder.require_removal()
        for login in going:
            self._stores.vault.remove(LoginRef(app.org_id, login.number))
            if login.until is not None and login.until <= self._stores.now():
                drop = partial(transitions.drop_login, number=login.number)
                app = self._stores.repository.change_app(app.id, drop)
        return app

    def drop_kept(self, app_id: str, number: int) -> App:
        """Remove a kept version before its time, and return the app. Recovery finishes what was begun.

        Raises AppGone, SecretElsewhere, FolderInDoubt, VaultError, StorageError.
        """
        stores = self._stores
        app = stores.app_here(app_id)
        gone = next((kept for kept in app.kept if kept.number == number), None)
        if gone is None:
            return app
        self._require_known_or_failing()
        now = stores.folder.now()
        if gone.until > now:
            end = partial(transitions.change_kept_until, number=number, until=now)
            app = stores.repository.change_app(app_id, end)
        stores.folder.require_removal()
        is_removed = self._remove_version(app, number, gone.key_ends)
        forget = partial(transitions.forget_kept, number=number, is_taken=not is_removed)
        app = stores.repository.change_app(app_id, forget)
        if gone.key_ends != app.key_ends or not gone.sessions:  # else it was the present key once more
            stores.record.app(Action.KEPT_REMOVED, app, version=number)
        return app

    def drop_expired(self, app: App) -> App:
        """Remove the kept versions whose time is up, and return the app. Leave to recovery what fails."""
        with suppress(VaultError, StorageError, FolderInDoubt):
            return self.drop_due(app, self._stores.folder.trusted_now())
        return app

    def drop_due(self, app: App, due: datetime) -> App:
        """Remove the kept versions whose time is up at `due`, and return the app. Raises as `drop_kept`.

        They stay while this keychain does not hold the current version, as after it was restored or exchanged: one of
        them may be the only key that is left.
        """
        over = [kept.number for kept in app.kept if kept.until <= due]
        stores = self._stores
        if over and stores.is_complete(app, app.version, app.key_ends):
            for number in over:
                app = self.drop_kept(app.id, number)
        return app

    def purge(self, app_id: str) -> None:
        """Remove a deleted app's secrets, then its row. Leave an app alone that was restored meanwhile.

        Raises AppGone, SecretElsewhere, FolderInDoubt, VaultError, StorageError, NotFinished.
        """
        late = self._stores.now() + periods.LATE

        def mark(app: App) -> App:
            self._stores.require_here(app)
            return transitions.mark_for_purge(app, late)

        self._require_known_or_failing()
        app = self._stores.repository.change_app(app_id, mark)
        if app.state is AppState.DELETING:
            self.remove_app(app)
            self._stores.record.app(Action.PURGED, app)

    def remove_app(self, app: App) -> None:
        """Remove the secrets of the versions that the row names or gave up, and its logins, then the row.

        The row is kept, hidden, while secrets may still arrive. Raises FolderInDoubt, VaultError; NotFinished when only
        the row could not be removed.
        """
        self._stores.folder.require_removal()
        for number, ends in _versions(app):
            self._remove_version(app, number, ends)
        for login in app.logins:
            self._stores.vault.remove(LoginRef(app.org_id, login.number))
        self._sweep(app)
        if app.sweep_until is not None and app.sweep_until > self._stores.now():
            return
        try:
            self._stores.repository.drop_app(app.id)
        except StorageError as error:
            raise NotFinished(app.label) from error

    def sweep(self, app: App) -> None:
        """Remove what arrived of versions that the row gave up. Raises FolderInDoubt, VaultError."""
        if app.given_up:
            self._stores.folder.require_removal()
            self._sweep(app)

    def _sweep(self, app: App) -> None:
        for given_up in app.given_up:
            if given_up.number not in app.versions:
                self._remove_version(app, given_up.number, given_up.key_ends)

    def _remove_version(self, app: App, number: int, ends: KeyEnds | None) -> bool:
        """Remove a version's secrets. Returns False, with nothing removed, when another key is stored there.

        ends: of the key by the row, None where the row does not say.
        """
        refs = app.any_refs_of(number)
        try:
            found = self._stores.vault.read(refs[0])
            if ends is not None and well_formed(SecretKind.API_KEY, found) and KeyEnds.of(found) != ends:
                return False
        except (SecretMissing, SecretNotText):
            pass
        for ref in refs:
            self._stores.vault.remove(ref)
        return True

    def _require_known_or_failing(self) -> None:
        """Raise FolderInDoubt before the removal is recorded. A keychain that fails does not prevent it."""
        with suppress(VaultError):
            self._stores.folder.require_removal()


def _versions(app: App) -> list[tuple[int, KeyEnds]]:
    """Return the versions that the row names, and the ends of their keys."""
    pending = [(app.pending.number, app.pending.key_ends)] if app.pending is not None else []
    return [(app.version, app.key_ends), *pending, *((kept.number, kept.key_ends) for kept in app.kept)]
