"""Using an app: reading its secrets, and noting that they were copied or revealed."""

from __future__ import annotations

from dataclasses import replace

from ...domain.activity import Action
from ...domain.model import App, Known
from ...domain.secret import Secret, SecretKind
from .. import transitions
from .two_stores import TwoStores


class AppUse:
    """Reads secrets on the vault lane; everything else belongs on the disk lane."""

    def __init__(self, stores: TwoStores) -> None:
        self._stores = stores

    def secret(self, app_id: str, kind: SecretKind = SecretKind.API_KEY) -> Secret:
        """Read the current key or secret; the person may be asked about an item that is locked by itself.

        Raises SecretDiffers when the keychain holds anything but the key that the row describes; SecretMissing,
        SecretElsewhere, VaultError, AppGone, StorageError.
        """
        return self._stores.read(self._stores.app_here(app_id), kind, may_ask=True)

    def note_copied(self, app_id: str, action: Action = Action.KEY_COPIED, clears_after: int = 0) -> App:
        """Note that the key, the secret or a request with the key was copied just now. Returns the app.

        clears_after: seconds until the clipboard is cleared. Raises AppGone, StorageError.
        """
        if action is Action.SECRET_COPIED:
            app = self._stores.repository.app(app_id)
        else:
            now = self._stores.now()
            app = self._stores.repository.change_app(app_id, lambda app: replace(app, last_copied=now))
        self._stores.record.app(action, app, **({"clears_after": clears_after} if clears_after else {}))
        return app

    def note_revealed(self, app_id: str, action: Action = Action.KEY_REVEALED) -> None:
        """Note that the key or the secret was shown. Raises AppGone, StorageError."""
        self._stores.record.app(action, self._stores.repository.app(app_id))

    def note_check(self, app_id: str, known: Known) -> App:
        """Note what Cortex said of the app's key just now. Returns the app. Raises AppGone, StorageError."""
        now = self._stores.now()
        app = self._stores.repository.change_app(app_id, lambda app: transitions.note_check(app, known, now))
        self._stores.record.app(Action.CHECKED, app, known=known.value)
        return app

    def set_enabled(self, app_id: str, enabled: bool) -> App:
        """Enable or disable the app in this console, and return it. Raises AppGone, StorageError."""
        app = self._stores.repository.change_app(app_id, lambda app: replace(app, enabled=enabled))
        self._stores.record.app(Action.ENABLED if enabled else Action.DISABLED, app)
        return app
