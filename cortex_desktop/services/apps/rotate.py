"""Replacing an app's key, and going back to an earlier one."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from ...domain.activity import Action
from ...domain.errors import AppGone, KeyFormError, KeyKnown, SecretMissing, VersionGone
from ...domain.model import App, Origin
from ...domain.secret import KeyEnds, Secret, SecretKind, generate, well_formed
from .. import transitions
from ..key_index import find_key
from .create import Created
from .recovery import Recovery
from .two_stores import TwoStores


class KeyRotation:
    """Rotates keys and rolls back. Use it on the vault lane."""

    def __init__(self, stores: TwoStores, recovery: Recovery) -> None:
        self._stores = stores
        self._recovery = recovery

    def rotate(self, app_id: str, keep: timedelta) -> Created:
        """Give the app a new key and, without Sessions, a new secret; keep the old ones for `keep`.

        Raises AppGone, SecretElsewhere, TooManyVersions, StorageError, VaultError with the old key still the current
        one; NotFinished when the keychain gave no answer: recovery settles which one it is.
        """
        stores = self._stores
        stores.require_keychain()
        return self._replace(app_id, keep, Action.ROTATED, Origin.HERE, generate(SecretKind.API_KEY))

    def use_key(self, app_id: str, key: Secret, secret: Secret | None, keep: timedelta) -> Created:
        """Give the app a key that Cortex made; keep the old one for `keep`. secret: for an app without Sessions.

        Raises as `rotate`, KeyFormError for what is no key or no secret, KeyKnown when an app has this key.
        """
        stores = self._stores
        stores.require_keychain()
        app = stores.app_here(app_id)
        given = {SecretKind.API_KEY: key, **({} if secret is None else {SecretKind.API_SECRET: secret})}
        if set(given) != set(app.kinds) or not all(well_formed(kind, text) for kind, text in given.items()):
            raise KeyFormError
        known = find_key(key, stores.repository.apps(), stores.vault)
        if known is not None:
            raise KeyKnown(known.app.label, "", deleted=False, removed=False)
        return self._replace(app_id, keep, Action.KEY_GIVEN, Origin.CORTEX, key, secret)

    def _replace(
        self,
        app_id: str,
        keep: timedelta,
        action: Action,
        origin: Origin,
        key: Secret,
        secret: Secret | None = None,
    ) -> Created:
        """Store a key, and a secret that is generated unless given, as the next version."""
        stores = self._stores
        self._recovery.settle_pending(stores.app_here(app_id))
        begin = partial(transitions.begin_version, key_ends=KeyEnds.of(key), origin=origin)
        app = stores.repository.change_app(app_id, begin)
        if app.pending is None:
            raise AppGone
        undo = partial(transitions.drop_pending, until=stores.now())
        self._recovery.store_version(app, app.pending.number, key, undo=undo, secret=secret)
        until = stores.now() + keep
        app = stores.finish(app, partial(transitions.move_pointer, now=stores.now(), until=until))
        if keep:
            stores.record.app(action, app, kept_until=until)
        else:
            stores.record.app(action, app, kept=False)
        return Created(app, key)

    def roll_back(self, app_id: str, number: int, keep: timedelta) -> App:
        """Make a kept version the current one again, and keep the one it replaces for `keep`. Returns the app.

        Raises SecretMissing when the keychain does not hold all of the kept version; VersionGone when it is no longer
        kept; AppGone, SecretElsewhere, VaultError, StorageError.
        """
        stores = self._stores
        app = stores.app_here(app_id)
        now = stores.now()
        chosen = next((kept for kept in app.kept if kept.number == number), None)
        # One whose time is up may be on its way out: a removal that got no answer can still take effect.
        if chosen is None or chosen.until <= now:
            raise VersionGone
        if not stores.is_complete(app, number, chosen.key_ends):
            raise SecretMissing(stores.vault.name)
        until = now + keep
        app = stores.repository.change_app(app_id, partial(transitions.swap_versions, number=number, until=until))
        stores.record.app(Action.ROLLED_BACK, app, version=number, kept_until=until)
        return app

    def keep_until(self, app_id: str, number: int, until: datetime) -> App:
        """Change until when a version is kept, unless its time is up. Returns the app. Raises AppGone, StorageError."""
        stores = self._stores
        now = stores.now()
        app = stores.repository.app(app_id)
        if any(kept.number == number and kept.until > now for kept in app.kept):
            change = partial(transitions.change_kept_until, number=number, until=until)
            app = stores.repository.change_app(app_id, change)
        return app
