"""The database and the keychain together, as the use cases of apps see them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from ...domain.errors import (
    ItemRefused,
    NotFinished,
    SecretDiffers,
    SecretElsewhere,
    SecretMissing,
    StorageError,
    VaultError,
    VaultProblem,
    VaultTimeout,
)
from ...domain.model import App
from ...domain.ports import Repository, Vault, VaultState
from ...domain.secret import ItemRef, KeyEnds, Secret, SecretKind, well_formed
from ..activity import Recorder
from ..folder import Folder


class TwoStores:
    """The two stores, with the steps that several use cases share.

    recorder: gets an activity entry for what was done; now: returns the time, aware, in UTC.
    """

    def __init__(
        self,
        repository: Repository,
        vault: Vault,
        recorder: Recorder | None = None,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self.repository = repository
        self.vault = vault
        self.record = recorder or Recorder(repository)
        self.now = now or (lambda: datetime.now(UTC))
        self.folder = Folder(repository, vault, self.now)

    def require_keychain(self) -> None:
        """Raise VaultError, before anything is written, when the keychain plainly cannot be used; LookOnly in a copy
        that is for looking only."""
        self.folder.require_working()
        match self.vault.state():
            case VaultState.LOCKED:
                raise VaultError(VaultProblem.LOCKED, self.vault.name)
            case VaultState.MISSING:
                raise self.vault.trouble or VaultError(VaultProblem.MISSING, self.vault.name)
            case VaultState.FAILED:
                raise VaultTimeout(self.vault.name)

    def app_here(self, app_id: str) -> App:
        """Return an app whose secrets are in this keychain. Raises AppGone, SecretElsewhere."""
        app = self.repository.app(app_id)
        self.require_here(app)
        return app

    def require_here(self, app: App) -> None:
        """Raise SecretElsewhere when another system's keychain holds the app's secrets."""
        if app.keychain != self.vault.backend:
            raise SecretElsewhere(self.vault.name)

    def kept_here(self, change: Callable[[App], App]) -> Callable[[App], App]:
        """Return the same change, which also notes that the present keychain holds the current secrets."""
        return lambda app: replace(change(app), provider=self.vault.name)

    def read(self, app: App, kind: SecretKind, *, may_ask: bool = False) -> Secret:
        """Return the app's current key or secret. Raises SecretMissing, with the provider that has it; VaultError.

        Raises SecretDiffers for anything but what the row describes: another key, or something that is none.
        """
        try:
            found = self.vault.read(app.ref(kind), may_ask=may_ask)
        except SecretMissing:
            raise SecretMissing(self.vault.name, app.provider) from None
        if not well_formed(kind, found) or (kind is SecretKind.API_KEY and KeyEnds.of(found) != app.key_ends):
            raise SecretDiffers(self.vault.name)
        return found

    def holds(self, ref: ItemRef) -> bool:
        """True if the keychain holds anything under this name. Raises VaultError."""
        try:
            self.vault.read(ref)
        except SecretMissing:
            return False
        except (SecretDiffers, ItemRefused):
            return True
        return True

    def is_complete(self, app: App, number: int, key_ends: KeyEnds) -> bool:
        """True if the keychain holds all secrets of this version, and the key has these ends. Raises VaultError."""
        try:
            for ref in app.refs_of(number):
                secret = self.vault.read(ref)
                if not well_formed(ref.kind, secret):
                    return False
                if ref.kind is SecretKind.API_KEY and KeyEnds.of(secret) != key_ends:
                    return False
        except (SecretMissing, SecretDiffers):
            return False
        return True

    def finish(self, app: App, change: Callable[[App], App]) -> App:
        """Change the row of an app whose secrets are stored. Raises NotFinished when the disk refuses."""
        try:
            return self.repository.change_app(app.id, self.kept_here(change))
        except StorageError as error:
            raise NotFinished(app.label) from error
