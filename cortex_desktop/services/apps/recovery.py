"""Undoes a store that failed, and finishes or undoes what an earlier run left half-done."""

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
    FolderInDoubt,
    NotFinished,
    NumberTaken,
    SecretElsewhere,
    StorageError,
    VaultError,
    VaultTimeout,
)
from ...domain.findings import Finding, Problem
from ...domain.model import LAST_VERSION, App, AppState, Org, OrgState
from ...domain.ports import VaultState
from ...domain.secret import Secret, SecretKind, SecretRef, generate
from .. import periods, transitions
from .removal import Removal
from .two_stores import TwoStores

AT_ONCE = 25
"""Maximum number of apps in one call of `recover`. The keychain may need 0.1 s for each item (hazard H-K11)."""


@dataclass(frozen=True)
class NotRemoved:
    """An app whose secrets, or an earlier version of them, should have left the keychain, and why they have not."""

    app: App
    error: CortexError


@dataclass(frozen=True)
class RecoveryReport:
    """What recovery did: ids of apps whose operation it finished, undid, or left for later.

    removed: apps, and apps of which earlier versions were removed, as due; not_removed: secrets that could not be
    removed, tried again with each recovery; more: apps are left that were not tried yet.
    """

    finished: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    more: bool = False
    removed: tuple[str, ...] = ()
    not_removed: tuple[NotRemoved, ...] = ()


class _Outcome(Enum):
    """What recovery did with an app. SWEPT: only looked for late secrets, which is not reported."""

    REMOVED = "removed"
    FINISHED = "finished"
    UNDONE = "undone"
    SWEPT = "swept"


class Recovery:
    """Stores secrets so that a failure is undone, and recovers what is unfinished. Use it on the vault lane."""

    def __init__(self, stores: TwoStores, removal: Removal) -> None:
        self._stores = stores
        self._removal = removal
        self._tried: frozenset[str] = frozenset()  # by the recovery under way, so that it comes to an end

    def store_version(
        self, app: App, number: int, key: Secret, *, undo: Callable[[App], App], secret: Secret | None = None
    ) -> None:
        """Store the secrets of a version that the row names.

        secret: the API secret where one is needed; None makes a new one. undo: returns the row without the version,
        for when the keychain refuses; the version's secrets are then removed.

        Raises VaultError, StorageError with the version undone. Raises NotFinished when the keychain gave no answer, or
        the disk refused the undoing: recovery does it later.
        """
        written: list[SecretRef] = []
        try:
            self._stores.folder.claim_run()
            for ref in app.refs_of(number):
                written.append(ref)  # it may be there though the call failed
                self._stores.vault.store(ref, key if ref.kind is SecretKind.API_KEY else secret or generate(ref.kind))
        except VaultTimeout as error:
            raise NotFinished(app.label) from error
        except (VaultError, StorageError) as error:
            if isinstance(error, NumberTaken):
                written.pop()
            try:
                undone = self._stores.repository.change_app(app.id, undo)
            except StorageError:
                raise NotFinished(app.label) from error
            with suppress(CortexError):  # recovery does it then
                self._removal.take_back(written)
                self._end_undone(undone, number)
            raise

    def free_number(self, app: App) -> int:
        """Return the next number of the app under which the keychain holds nothing. Raises VaultError, StorageError.

        What it holds under a number that the row never gave out is somebody's key, and is kept as a finding.
        """
        number, found = app.last_version + 1, list[Finding]()
        while number <= LAST_VERSION:
            held = [ref for ref in app.any_refs_of(number) if self._stores.holds(ref)]
            if not held:
                break
            found.append(Finding(app, held[0], Problem.NEWER))
            number += 1
        if found:
            known = [each for each in self._stores.repository.findings() if each.app.id == app.id]
            new = [each for each in found if each.ref not in {other.ref for other in known}]
            self._stores.repository.keep_findings([*known, *new], [app.id])
        return number

    def _end_undone(self, app: App, number: int) -> None:
        """Forget a version of which nothing is left, unless an earlier one may still arrive."""
        now = self._stores.now()
        if app.sweep_until is not None and app.sweep_until > now:
            return
        if app.state is AppState.DELETING:
            self._stores.repository.drop_app(app.id)
        elif all(each.number == number for each in app.given_up):
            self._stores.repository.change_app(app.id, transitions.end_sweep)

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
        now = stores.folder.now()
        complete = stores.is_complete(app, app.pending.number, app.pending.key_ends)
        if complete:
            until = now + periods.KEPT_BY_RECOVERY
            move = stores.kept_here(partial(transitions.move_pointer, now=now, until=until))
            stores.repository.change_app(app.id, move)
            stores.record.app(Action.FINISHED, app, kept_until=until)
        else:
            dropped = stores.repository.change_app(app.id, partial(transitions.drop_pending, until=now + periods.LATE))
            stores.record.app(Action.UNDONE, app)
            with suppress(VaultError, FolderInDoubt):  # the next recovery does it then
                self._removal.sweep(dropped)
        return complete

    def recover(self) -> RecoveryReport:
        """Finish or undo what was left half-done, in all orgs, and remove what is due. Read unfinished apps only.

        At most AT_ONCE apps, so that copying a key need not wait for a large org to go; `more` says whether to call
        again. While the keychain cannot be used, apps wait; so do those of another system's keychain.

        Raises StorageError.
        """
        stores = self._stores
        stores.folder.note_time()
        stores.folder.claim_before_due()
        now = stores.folder.trusted_now()
        going = self._begin_org_removals(now)
        unfinished = [
            app for app in stores.repository.apps() if app.org_id in going or transitions.is_unfinished(app, now)
        ]
        if unfinished and stores.vault.state() is not VaultState.UNLOCKED:
            return RecoveryReport(waiting=_ids(unfinished))
        stores.folder.keep_claim()
        rest = [app for app in unfinished if app.id not in self._tried]
        batch, left = rest[:AT_ONCE], rest[AT_ONCE:]
        found: dict[_Outcome, list[App]] = {outcome: [] for outcome in _Outcome}
        waiting: list[App] = []
        not_removed: list[NotRemoved] = []
        with stores.record.batch():
            batch = self._mark_apps_of(going, batch, now)
            for app in batch:
                try:
                    outcome = self._settle(app, now)
                    found[_Outcome.REMOVED if app.org_id in going else outcome].append(app)
                except SecretElsewhere:
                    waiting.append(app)
                except FolderInDoubt as error:
                    waiting.append(app)
                    not_removed.append(NotRemoved(app, error))
                except VaultError as error:
                    waiting.append(app)
                    if transitions.is_due(app, now):
                        not_removed.append(NotRemoved(app, error))
                    if stores.vault.state() is not VaultState.UNLOCKED:  # else it was about this one only
                        waiting, left = [*waiting, *batch[batch.index(app) + 1 :], *left], []
                        break
            self._drop_orgs(going)
        self._tried = self._tried.union(_ids(batch)) if left else frozenset()
        finished, undone = _ids(found[_Outcome.FINISHED]), _ids(found[_Outcome.UNDONE])
        removed = _ids(found[_Outcome.REMOVED])
        return RecoveryReport(finished, undone, _ids(waiting), bool(left), removed, tuple(not_removed))

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
            stores.folder.require_removal()  # and where that is not known, the row stays as it is
            removal.purge(app.id)
            return _Outcome.REMOVED
        outcome = _Outcome.SWEPT
        if app.pending is not None:
            outcome = _Outcome.FINISHED if self.settle_pending(app) else _Outcome.UNDONE
            app = stores.repository.app(app.id)
        if len(removal.drop_due(app, now).kept) < len(app.kept):
            outcome = _Outcome.REMOVED if outcome is _Outcome.SWEPT else outcome
        removal.drop_logins(app)
        if app.sweep_until is not None:
            app = stores.repository.app(app.id)  # sweep again for a version that was just dropped
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
        with suppress(VaultError, FolderInDoubt):  # the next recovery does it then
            self._removal.remove_app(undone)
        return _Outcome.UNDONE

    def _begin_org_removals(self, now: datetime) -> dict[str, Org]:
        """Mark the orgs that can no longer be restored, unless the folder is in doubt: there they may be in use again.

        Returns all that are being removed, by id.
        """
        repository = self._stores.repository
        due = [org.id for org in repository.orgs() if transitions.is_org_past_restoring(org, now)]
        if due and self._stores.folder.standing().is_in_doubt:
            due = [org.id for org in repository.orgs() if org.state is OrgState.REMOVING]
        begun = [repository.change_org(org_id, partial(transitions.begin_org_removal, now=now)) for org_id in due]
        return {org.id: org for org in begun if org.state is OrgState.REMOVING}  # one may have been restored meanwhile

    def _mark_apps_of(self, going: dict[str, Org], apps: list[App], now: datetime) -> list[App]:
        """Mark the apps of orgs that are being removed. Returns all, as they are now."""
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
