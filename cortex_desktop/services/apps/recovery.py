"""Everything that undoes, finishes or removes: secrets leave the keychain through this module alone.

`Removal` takes secrets out of the keychain, and rows after them. `Recovery` undoes a store that failed, and settles
what an earlier run left half-done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import partial

from ...domain.activity import Action
from ...domain.errors import (
    CortexError,
    NotFinished,
    SecretElsewhere,
    StorageError,
    VaultError,
    VaultTimeout,
)
from ...domain.model import App, AppState, Org, OrgState
from ...domain.ports import VaultState
from ...domain.secret import Secret, SecretKind, SecretRef, generate
from .. import periods, transitions
from .two_stores import TwoStores

AT_ONCE = 25
"""How many apps one call of `recover` settles. The keychain may need 0.1 s for each item (hazard H-K11)."""


class Removal:
    """Removes secrets that an app no longer needs, and apps for good. Use it on the vault lane."""

    def __init__(self, stores: TwoStores) -> None:
        self._stores = stores

    def remove_item(self, ref: SecretRef) -> None:
        """Remove one item from the keychain. Raises VaultError."""
        self._stores.vault.remove(ref)

    def drop_kept(self, app_id: str, number: int) -> App:
        """Remove a kept version before its time, and return the app. Recovery finishes what was begun.

        Raises AppGone, SecretElsewhere, VaultError, StorageError.
        """
        stores = self._stores
        app = stores.app_here(app_id)
        now = stores.now()
        if any(kept.number == number and kept.until > now for kept in app.kept):
            end = partial(transitions.change_kept_until, number=number, until=now)
            app = stores.repository.change_app(app_id, end)
        gone = next((kept for kept in app.kept if kept.number == number), None)
        if gone is None:
            return app
        self._remove_version(app, number)
        app = stores.repository.change_app(app_id, partial(transitions.forget_kept, number=number))
        if gone.key_ends != app.key_ends or not gone.sessions:  # else it was the present key once more
            stores.record.app(Action.KEPT_REMOVED, app, version=number)
        return app

    def drop_expired(self, app: App, now: datetime) -> App:
        """Remove the kept versions whose time is up, and return the app. Leave to recovery what fails."""
        with suppress(VaultError, StorageError):
            for kept in app.kept:
                if kept.until <= now:
                    app = self.drop_kept(app.id, kept.number)
        return app

    def purge(self, app_id: str) -> None:
        """Remove a deleted app's secrets, then its row. Leave an app alone that was restored meanwhile.

        Raises AppGone, SecretElsewhere, VaultError, StorageError, NotFinished.
        """
        late = self._stores.now() + periods.LATE

        def mark(app: App) -> App:
            self._stores.require_here(app)
            return transitions.mark_for_purge(app, late)

        app = self._stores.repository.change_app(app_id, mark)
        if app.state is AppState.DELETING:
            self.remove_app(app)
            self._stores.record.app(Action.PURGED, app)

    def remove_app(self, app: App) -> None:
        """Remove the secrets of every version, then the row. Keep the row, hidden, while secrets may still arrive.

        Raises VaultError; NotFinished when only the row could not be removed.
        """
        # Every number ever given out: with the row goes the last chance to find what was left of one.
        for number in range(1, max(app.last_version, *app.versions) + 1):
            self._remove_version(app, number)
        if app.sweep_until is not None and app.sweep_until > self._stores.now():
            return
        try:
            self._stores.repository.drop_app(app.id)
        except StorageError as error:
            raise NotFinished(app.label) from error

    def sweep(self, app: App) -> None:
        """Remove the secrets of versions that the row no longer names. Raises VaultError."""
        for number in range(1, app.last_version + 1):
            if number not in app.versions:
                self._remove_version(app, number)

    def _remove_version(self, app: App, number: int) -> None:
        for ref in app.any_refs_of(number):
            self._stores.vault.remove(ref)


@dataclass(frozen=True)
class RecoveryReport:
    """What recovery did: ids of apps whose operation it finished, undid, or left for later."""

    finished: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    more: bool = False
    """True if apps are left that were not tried yet."""


class _Outcome(Enum):
    """What recovery did with an app. SWEPT: only looked for late secrets, which is not reported."""

    FINISHED = "finished"
    UNDONE = "undone"
    SWEPT = "swept"


class Recovery:
    """Stores secrets so that a failure is undone, and settles what is unfinished. Use it on the vault lane."""

    def __init__(self, stores: TwoStores, removal: Removal) -> None:
        self._stores = stores
        self._removal = removal
        self._tried: frozenset[str] = frozenset()  # by the recovery under way, so that it comes to an end

    def store_version(
        self, app: App, number: int, key: Secret, *, undo: Callable[[App], App], secret: Secret | None = None
    ) -> None:
        """Store the secrets of a version that the row names.

        secret: the API secret where one is needed; None makes a new one. undo: what becomes of the row when the
        keychain refuses; the version's secrets are then removed.

        Raises VaultError with the version undone. Raises NotFinished when the keychain gave no answer, or the disk
        refused the undoing: recovery settles it.
        """
        try:
            for ref in app.refs_of(number):
                self._stores.vault.store(ref, key if ref.kind is SecretKind.API_KEY else secret or generate(ref.kind))
        except VaultTimeout as error:
            raise NotFinished(app.label) from error
        except VaultError as error:
            try:
                undone = self._stores.repository.change_app(app.id, undo)
            except StorageError:
                raise NotFinished(app.label) from error
            with suppress(CortexError):  # recovery does it then
                self._settle(undone, self._stores.now())
            raise

    def settle_rotation(self, app_id: str) -> App:
        """Finish or undo a rotation that was left unfinished, and return the app.

        Raises AppGone, SecretElsewhere, VaultError, StorageError.
        """
        app = self._stores.app_here(app_id)
        if app.pending is not None:
            self._stores.require_keychain()
            self.settle_pending(app)
        return self._stores.repository.app(app_id)

    def settle_pending(self, app: App) -> bool:
        """Make the pending version the current one if the keychain holds all of it; else drop it.

        Returns False if it was dropped. Raises VaultError, StorageError, AppGone.
        """
        if app.pending is None:
            return True
        stores = self._stores
        now = stores.now()
        complete = stores.is_complete(app, app.pending.number, app.pending.key_ends)
        if complete:
            until = now + periods.KEPT_BY_RECOVERY
            stores.repository.change_app(app.id, partial(transitions.move_pointer, now=now, until=until))
            stores.record.app(Action.FINISHED, app, kept_until=until)
        else:
            dropped = stores.repository.change_app(app.id, partial(transitions.drop_pending, until=now + periods.LATE))
            stores.record.app(Action.UNDONE, app)
            with suppress(VaultError):  # the next recovery does it then
                self._removal.sweep(dropped)
        return complete

    def recover(self) -> RecoveryReport:
        """Finish or undo what was left half-done, in all orgs, and remove what is due. Read unfinished apps only.

        At most AT_ONCE apps, so that copying a key need not wait for a large org to go; `more` says whether to call
        again. While the keychain cannot be used, apps wait; so do those of another system's keychain.

        Raises StorageError.
        """
        stores = self._stores
        now = stores.now()
        going = self._begin_org_removals(now)
        unfinished = [
            app for app in stores.repository.apps() if app.org_id in going or transitions.is_unfinished(app, now)
        ]
        if unfinished and stores.vault.state() is not VaultState.UNLOCKED:
            return RecoveryReport(waiting=_ids(unfinished))
        rest = [app for app in unfinished if app.id not in self._tried]
        batch, left = rest[:AT_ONCE], rest[AT_ONCE:]
        found: dict[_Outcome, list[App]] = {outcome: [] for outcome in _Outcome}
        waiting: list[App] = []
        with stores.record.batch():
            batch = self._mark_apps_of(going, batch, now)
            for app in batch:
                try:
                    found[self._settle(app, now)].append(app)
                except SecretElsewhere:
                    waiting.append(app)
                except VaultError:
                    waiting.append(app)
                    if stores.vault.state() is not VaultState.UNLOCKED:  # else it was about this one only
                        waiting, left = [*waiting, *batch[batch.index(app) + 1 :], *left], []
                        break
            self._drop_orgs(going)
        self._tried = self._tried.union(_ids(batch)) if left else frozenset()
        finished, undone = _ids(found[_Outcome.FINISHED]), _ids(found[_Outcome.UNDONE])
        return RecoveryReport(finished, undone, _ids(waiting), more=bool(left))

    def _settle(self, app: App, now: datetime) -> _Outcome:
        """Finish or undo what the row records as begun."""
        stores, removal = self._stores, self._removal
        stores.require_here(app)
        if app.state is AppState.CREATING:
            return self._settle_creation(app, now)
        if app.state is AppState.DELETING:
            removal.remove_app(app)
            if app.sweep_until is not None:
                return _Outcome.SWEPT
            stores.record.app(Action.PURGED, app)
            return _Outcome.FINISHED
        if transitions.is_past_restoring(app, now):
            removal.purge(app.id)
            return _Outcome.FINISHED
        outcome = _Outcome.SWEPT
        if app.pending is not None:
            outcome = _Outcome.FINISHED if self.settle_pending(app) else _Outcome.UNDONE
        for kept in app.kept:
            if kept.until <= now:
                removal.drop_kept(app.id, kept.number)
                outcome = _Outcome.FINISHED if outcome is _Outcome.SWEPT else outcome
        if app.sweep_until is not None:
            app = stores.repository.app(app.id)  # a version dropped just now is to be swept for anew
            removal.sweep(app)
            if app.sweep_until is not None and app.sweep_until <= now:
                stores.repository.change_app(app.id, transitions.end_sweep)
        return outcome

    def _settle_creation(self, app: App, now: datetime) -> _Outcome:
        stores = self._stores
        if stores.is_complete(app, app.version, app.key_ends):
            stores.repository.change_app(app.id, transitions.activate)
            stores.record.app(Action.FINISHED, app)
            return _Outcome.FINISHED
        undone = stores.repository.change_app(app.id, partial(transitions.mark_for_removal, late=now + periods.LATE))
        stores.record.app(Action.UNDONE, app)
        with suppress(VaultError):  # the next recovery does it then
            self._removal.remove_app(undone)
        return _Outcome.UNDONE

    def _begin_org_removals(self, now: datetime) -> dict[str, Org]:
        """Mark the orgs that can no longer be restored. Returns all that are being removed, by id."""
        repository = self._stores.repository
        due = [org.id for org in repository.orgs() if transitions.is_org_past_restoring(org, now)]
        begun = [repository.change_org(org_id, partial(transitions.begin_org_removal, now=now)) for org_id in due]
        return {org.id: org for org in begun if org.state is OrgState.REMOVING}  # one may have been restored meanwhile

    def _mark_apps_of(self, going: dict[str, Org], apps: list[App], now: datetime) -> list[App]:
        """Mark those of the apps for removal whose org goes. Returns all, as they are now."""
        ids = [app.id for app in apps if app.org_id in going]
        if not ids:
            return apps
        mark = partial(transitions.mark_for_removal, late=now + periods.LATE)
        marked = {app.id: app for app in self._stores.repository.change_apps(ids, mark)}
        return [marked.get(app.id, app) for app in apps]

    def _drop_orgs(self, going: dict[str, Org]) -> None:
        """Drop the rows of those orgs that hold no app any more."""
        repository = self._stores.repository
        for org in going.values():
            repository.drop_org(org.id)
        gone = going.keys() - {org.id for org in repository.orgs()} if going else ()
        for org_id in gone:
            self._stores.record.org(Action.ORG_PURGED, going[org_id])


def _ids(apps: Iterable[App]) -> tuple[str, ...]:
    return tuple(app.id for app in apps)
