"""Replacing an app's key, and going back to an earlier one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from ...domain.activity import Action
from ...domain.errors import (
    AppGone,
    ChangedSince,
    CortexError,
    KeyKnown,
    NotFinished,
    SecretDiffers,
    SecretMissing,
    VersionGone,
)
from ...domain.model import App, AppState, Origin
from ...domain.secret import KeyEnds, Secret, SecretKind, SecretRef, generate, well_formed
from .. import transitions
from ..key_index import find_key
from .create import Created, require_form
from .recovery import Recovery
from .removal import Removal
from .two_stores import TwoStores


class KeyRotation:
    """Rotates keys and rolls back. Use it on the vault lane."""

    def __init__(self, stores: TwoStores, recovery: Recovery, removal: Removal) -> None:
        self._stores = stores
        self._recovery = recovery
        self._removal = removal

    def rotate(self, app_id: str, keep: timedelta) -> Created:
        """Give the app a new key and, without Sessions, a new secret; keep the old ones for `keep`.

        Raises AppGone, SecretElsewhere, TooManyVersions, StorageError, VaultError with the old key still the current
        one; NotFinished when the keychain gave no answer: recovery finds out which one it holds.
        """
        created = self._store_next(app_id, generate(SecretKind.API_KEY), None, keep, Origin.HERE)
        if keep:
            self._stores.record.app(Action.ROTATED, created.app, kept_until=self._stores.folder.now() + keep)
        else:
            self._stores.record.app(Action.ROTATED, created.app, kept=False)
        return created

    def type_key(self, app_id: str, key: Secret, secret: Secret | None, keep: timedelta) -> Created:
        """Give the app a key that exists already, and keep what the keychain holds of the old one for `keep`.

        secret: its API secret, which an app without Sessions must have. Also for an app whose secrets are in another
        keychain: they stay there. `take_back` reverses it. Raises KeyFormError, and as `rotate`.
        """
        stores = self._stores
        app = stores.repository.app(app_id)
        require_form(app.sessions, key, secret)
        if app.keychain == stores.vault.backend:
            created = self._store_next(app_id, key, secret, keep, _origin_of(app, key))
        else:
            created = self._store_here(app, key, secret)
        self._stores.record.app(Action.KEY_TYPED, created.app, kept_until=self._stores.folder.now() + keep)
        return created

    def take_back(self, before: App, typed: App, keep: timedelta) -> App:
        """Have the app be as before `type_key`, whatever the keychain holds of that. Returns the app.

        The typed key is kept for `keep`; in an app whose secrets are in another keychain it goes. Raises ChangedSince
        where the app has another key by now, AppGone, VaultError, StorageError.
        """
        stores = self._stores
        until = stores.folder.now() + keep

        def back(app: App) -> App:
            if app.version != typed.version or app.state is not AppState.ACTIVE:
                raise ChangedSince(app.label)
            if before.keychain == typed.keychain:
                return transitions.swap_versions(app, before.version, until)
            names = ("keychain", "provider", "version", "key_ends", "origin", "known", "checked")
            return replace(app, kept=before.kept, **{name: getattr(before, name) for name in names})

        stores.folder.announce()
        app = stores.repository.change_app(before.id, back)
        if before.keychain != typed.keychain:
            self._removal.take_back(typed.refs)
        stores.record.app(Action.ROLLED_BACK, app, version=before.version)
        return app

    def use_key(self, app_id: str, key: Secret, secret: Secret | None, keep: timedelta) -> Created:
        """Give the app a key that Cortex made; keep the old one for `keep`. secret: for an app without Sessions.

        Raises as `rotate`, KeyFormError for what is no key or no secret, KeyKnown when an app has this key.
        """
        stores = self._stores
        stores.require_keychain()
        require_form(stores.app_here(app_id).sessions, key, secret)
        known = find_key(key, stores.repository.apps(), stores.vault)
        if known is not None:
            raise KeyKnown(known.app.label, "", deleted=False, removed=False)
        created = self._store_next(app_id, key, secret, keep, Origin.CORTEX)
        stores.record.app(Action.KEY_GIVEN, created.app, kept_until=stores.folder.now() + keep)
        return created

    def _store_here(self, app: App, key: Secret, secret: Secret | None) -> Created:
        """Store the key of an app whose secrets are in another system's keychain. What is there is left there."""
        stores = self._stores
        stores.require_keychain()
        here = partial(replace, keychain=stores.vault.backend, kept=())
        stores.repository.change_app(app.id, here)
        try:
            created = self._store_next(app.id, key, secret, timedelta(0), _origin_of(app, key))
        except NotFinished:
            raise
        except CortexError:
            stores.repository.change_app(app.id, partial(replace, keychain=app.keychain, kept=app.kept))
            raise
        forget = partial(transitions.forget_kept, number=app.version)
        return Created(stores.finish(created.app, forget), key)

    def _store_next(
        self, app_id: str, key: Secret, secret: Secret | None, keep: timedelta, origin: Origin | None
    ) -> Created:
        """Store this key as the next version and make it the current one; keep the old one for `keep`."""
        stores = self._stores
        stores.require_keychain()
        self._recovery.settle_pending(stores.app_here(app_id))
        app = stores.repository.app(app_id)
        if app.state is not AppState.ACTIVE:
            raise AppGone
        number = self._recovery.free_number(app)
        begin = partial(transitions.begin_version, key_ends=KeyEnds.of(key), number=number, origin=origin)
        app = stores.repository.change_app(app_id, begin)
        if app.pending is None:
            raise AppGone
        undo = partial(transitions.drop_pending, until=stores.now())
        self._recovery.store_version(app, app.pending.number, key, undo=undo, secret=secret)
        until = stores.folder.now() + keep
        app = stores.finish(app, partial(transitions.move_pointer, now=stores.now(), until=until))
        return Created(app, key)

    def use_newer(self, app_id: str, number: int, keep: timedelta) -> App:
        """Make a version that the keychain holds, and the row does not name, the current one; keep the present one.

        `roll_back` takes it back. Raises SecretMissing, SecretDiffers when there is no key under this number, AppGone,
        SecretElsewhere, VaultError, StorageError.
        """
        stores = self._stores
        stores.require_keychain()
        app = stores.app_here(app_id)
        if number in app.versions:
            return app
        key = stores.vault.read(SecretRef(app.org_id, app.id, SecretKind.API_KEY, number), may_ask=True)
        if not well_formed(SecretKind.API_KEY, key):
            raise SecretDiffers(stores.vault.name)
        try:
            secret = stores.vault.read(SecretRef(app.org_id, app.id, SecretKind.API_SECRET, number), may_ask=True)
            if not well_formed(SecretKind.API_SECRET, secret):
                raise SecretDiffers(stores.vault.name)
            sessions = False
        except SecretMissing:
            sessions = True
        now, until, ends = stores.now(), stores.folder.now() + keep, KeyEnds.of(key)
        take = partial(transitions.take_version, number=number, key_ends=ends, sessions=sessions, now=now, until=until)
        stores.folder.announce()
        app = stores.repository.change_app(app_id, stores.kept_here(take))
        stores.record.app(Action.KEY_TAKEN, app, version=number, kept_until=until)
        return app

    def roll_back(self, app_id: str, number: int, keep: timedelta) -> App:
        """Make a kept version the current one again, and keep the one it replaces for `keep`. Returns the app.

        Raises SecretMissing when the keychain does not hold all of the kept version; VersionGone when it is no longer
        kept; AppGone, SecretElsewhere, VaultError, StorageError.
        """
        stores = self._stores
        app = stores.app_here(app_id)
        due = stores.folder.trusted_now()
        chosen = next((kept for kept in app.kept if kept.number == number), None)
        # One whose time is up may be on its way out: a removal that got no answer can still take effect. While the
        # present key is not here, none is removed.
        if chosen is None or (chosen.until <= due and stores.is_complete(app, app.version, app.key_ends)):
            raise VersionGone
        if not stores.is_complete(app, number, chosen.key_ends):
            raise SecretMissing(stores.vault.name)
        until = stores.folder.now() + keep
        stores.folder.announce()
        swap = stores.kept_here(partial(transitions.swap_versions, number=number, until=until))
        app = stores.repository.change_app(app_id, swap)
        stores.record.app(Action.ROLLED_BACK, app, version=number, kept_until=until)
        return app

    def keep_until(self, app_id: str, number: int, until: datetime) -> App:
        """Change until when a version is kept, unless its time is up. Returns the app.

        Raises AppGone, StorageError, and VaultError where it is to be kept longer.
        """
        stores = self._stores
        due = stores.folder.trusted_now()
        app = stores.repository.app(app_id)
        before = next((kept.until for kept in app.kept if kept.number == number and kept.until > due), None)
        if before is not None:
            if until > before:
                stores.folder.announce()
            change = partial(transitions.change_kept_until, number=number, until=until)
            app = stores.repository.change_app(app_id, change)
        return app


def _origin_of(app: App, key: Secret) -> Origin | None:
    """Who made a key that a person typed: nobody else than before if it is the app's own, else Cortex."""
    return None if KeyEnds.of(key) == app.key_ends else Origin.CORTEX
