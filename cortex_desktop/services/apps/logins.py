"""Remembered logins: the cookie by which a server knows this computer, kept in the keychain if the person asked."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from ...domain.activity import Action
from ...domain.errors import CortexError, NumberTaken, SecretMissing, VaultError, VaultTimeout
from ...domain.model import App
from ...domain.secret import LoginRef, Secret
from .. import periods, transitions
from .removal import Removal
from .two_stores import TwoStores


class RememberedLogins:
    """Stores, reads and removes remembered logins, for each app one of the sandbox and one of the org's endpoint.

    Use it on the vault lane. place: where a person logged in: the endpoint, or SANDBOX.
    """

    def __init__(self, stores: TwoStores, removal: Removal) -> None:
        self._stores = stores
        self._removal = removal

    def device(self, app: App, place: str) -> Secret | None:
        """The cookie that is remembered for this place, None if there is none. Raises SecretMissing, VaultError."""
        found = app.login_at(place)
        return None if found is None else self._stores.vault.read(LoginRef(app.org_id, found.number))

    def remember(self, app_id: str, place: str, device: Secret) -> App:
        """Keep this cookie in place of the one before, and return the app.

        Raises AppGone, SecretElsewhere, VaultError, StorageError with nothing kept; what a call without an answer may
        have stored is removed by recovery.
        """
        stores = self._stores
        stores.require_keychain()
        app = stores.app_here(app_id)
        with suppress(SecretMissing):
            if self.device(app, place) == device:
                return app
        number, late = self._free_number(app), stores.now() + periods.LATE
        begin = partial(transitions.begin_login, number=number, place=place, late=late)
        app = stores.repository.change_app(app_id, begin)
        try:
            stores.folder.claim_run()
            stores.vault.store(LoginRef(app.org_id, number), device)
        except VaultTimeout:
            raise
        except VaultError as error:
            with suppress(CortexError):  # recovery does it then
                if not isinstance(error, NumberTaken):
                    self._removal.take_back([LoginRef(app.org_id, number)])
                stores.repository.change_app(app_id, partial(transitions.drop_login, number=number))
            raise
        app = stores.repository.change_app(app_id, partial(transitions.use_login, number=number, now=stores.now()))
        stores.record.app(Action.LOGIN_REMEMBERED, app, place=place)
        with suppress(CortexError):  # the one before; recovery does it then
            app = self._removal.drop_logins(app)
        return app

    def forget(self, app_id: str, place: str) -> App:
        """Remove what is remembered for the sandbox, or for any endpoint, and return the app.

        Recovery finishes what was begun. Raises AppGone, SecretElsewhere, FolderInDoubt, VaultError, StorageError.
        """
        stores = self._stores
        stores.folder.require_removal()
        remembered = stores.app_here(app_id).logins_beside(place)
        give_up = partial(transitions.give_up_login, place=place, now=stores.now())
        app = stores.repository.change_app(app_id, give_up)
        if remembered:
            stores.record.app(Action.LOGIN_FORGOTTEN, app, place=place)
        return self._removal.drop_logins(app)

    def _free_number(self, app: App) -> int:
        """The next number of the org under which the keychain holds nothing. Raises VaultError."""
        apps = [each for each in self._stores.repository.apps() if each.org_id == app.org_id]
        number = max((login.number for each in apps for login in each.logins), default=0) + 1
        while self._stores.holds(LoginRef(app.org_id, number)):
            number += 1
        return number
