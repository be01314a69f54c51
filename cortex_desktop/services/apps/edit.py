"""Changing what a person decided about an app."""

from __future__ import annotations

from functools import partial

from ...domain.activity import Action, Detail
from ...domain.errors import AppGone
from ...domain.model import App, AppDetails
from ...domain.rules import clean_details
from ...domain.secret import SecretKind
from .. import periods, transitions
from .recovery import Recovery
from .removal import Removal
from .two_stores import TwoStores


class AppEditing:
    """Changes an app's details. Use it on the vault lane when Sessions changes, else on the disk lane."""

    def __init__(self, stores: TwoStores, recovery: Recovery, removal: Removal) -> None:
        self._stores = stores
        self._recovery = recovery
        self._removal = removal

    def edit(self, app_id: str, details: AppDetails) -> App:
        """Change the app's details, and return the app.

        Another value for Sessions makes a next version with the same key: with a new secret, or without one. A
        secret that is no longer needed is kept for SECRET_KEPT; switching Sessions off meanwhile brings it back.

        Raises LabelError, DetailError, AppGone, StorageError with nothing changed. When Sessions changes also
        SecretMissing, SecretElsewhere, TooManyVersions and VaultError, likewise, and NotFinished when the keychain
        gave no answer: recovery decides Sessions, and nothing else has changed.
        """
        stores = self._stores
        details = clean_details(details)
        before = stores.repository.app(app_id)
        if before.details == details:
            return before
        if before.sessions != details.sessions:
            stores.require_keychain()
            self._recovery.settle_pending(stores.app_here(app_id))
            before = stores.repository.app(app_id)
        if before.sessions == details.sessions:
            app = stores.repository.change_app(app_id, partial(transitions.change_details, details=details))
        else:
            app = self._switch_sessions(before, details)
        stores.record.app(Action.EDITED, app, **_differences(before.details, app.details))
        return app

    def _switch_sessions(self, app: App, details: AppDetails) -> App:
        stores = self._stores
        now = stores.folder.now()
        until = now + periods.SECRET_KEPT if details.sessions else now  # without a secret it holds nothing
        for kept in app.kept:
            same = kept.sessions == details.sessions and kept.key_ends == app.key_ends
            if (
                same
                and kept.until > stores.folder.trusted_now()
                and stores.is_complete(app, kept.number, kept.key_ends)
            ):
                swap = partial(transitions.swap_versions, number=kept.number, until=until, details=details)
                stores.folder.announce()
                app = stores.repository.change_app(app.id, stores.kept_here(swap))
                return self._removal.drop_expired(app)
        key = stores.read(app, SecretKind.API_KEY)
        number = self._recovery.free_number(app)
        begin = partial(transitions.begin_version, key_ends=app.key_ends, number=number, details=details)
        app = stores.repository.change_app(app.id, begin)
        if app.pending is None:
            raise AppGone
        undo = partial(transitions.drop_pending, until=stores.now())
        self._recovery.store_version(app, app.pending.number, key, undo=undo)
        app = stores.finish(app, partial(transitions.move_pointer, now=now, until=until))
        return self._removal.drop_expired(app)


def _differences(before: AppDetails, after: AppDetails) -> dict[str, Detail]:
    """What is different about an app, for the activity log; of what a person noted, only that it changed."""
    names = [name for name, value in vars(before).items() if value != getattr(after, name)]
    found: dict[str, Detail] = {"label_before": before.label} if "label" in names else {}
    found |= {name: getattr(after, name) for name in ("sessions", "csrf") if name in names}
    noted = [name for name in names if name in {"notes", "owner", "expires", "review"}]
    return found | ({"changed": ", ".join(noted)} if noted else {})
