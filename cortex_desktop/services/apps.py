"""What can be done with apps, and the two-store protocol that keeps database and keychain together.

No transaction spans both stores, so the database row is the journal: it is durable before the first secret is
stored and goes after the last one is removed. Whatever moment the program dies at, `recover` finds the row and
finishes or undoes the rest. What is given up is first written down as such, and swept for while the keychain may
still be storing it.

Blocking: create, reveal, delete's second half and recovery call the keychain; run them on the vault lane.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import partial

from ..domain.activity import Action, Detail
from ..domain.errors import (
    AppGone,
    CortexError,
    KeyFormError,
    KeyKnown,
    NotFinished,
    OrgGone,
    SecretElsewhere,
    SecretMissing,
    StorageError,
    VaultError,
    VaultProblem,
    VaultTimeout,
    VersionGone,
)
from ..domain.model import App, AppDetails, AppState, Org, OrgState, new_id, secrets_of
from ..domain.ports import Repository, Vault, VaultState
from ..domain.rules import clean_details
from ..domain.secret import KeyEnds, Secret, SecretKind, SecretRef, generate, well_formed
from . import transitions as rows
from .activity import Recorder

RESTORABLE = timedelta(days=30)
"""How long a deleted app can be brought back before its secrets leave the keychain."""

SECRET_KEPT = timedelta(days=7)
"""How long an API secret that is no longer needed stays, to be had back when Sessions is switched off again."""

AT_ONCE = 25
"""How many apps one recovery settles. The keychain may need 0.1 s for each item (hazard H-K11)."""

KEPT_BY_RECOVERY = timedelta(days=7)
"""For how long an old version is kept when the program died while rotating, and with it the person's choice."""

LATE = timedelta(days=7)
"""For how long a store that got no answer may still take effect: some day a person answers the forgotten prompt."""


ROLLED_BACK_KEPT = timedelta(days=7)
"""After rolling back, the newer key stays for this long: it may be in use somewhere already."""

_HIDDEN = (AppState.DELETED, AppState.DELETING)


@dataclass(frozen=True)
class Created:
    """An app with its new key to show once; the secret of a signing app is fetched when asked for."""

    app: App
    key: Secret


@dataclass(frozen=True)
class RecoveryReport:
    """What the start found unfinished: ids completed, undone, and left alone for a later try."""

    finished: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    more: bool = False
    """Whether there is more that was not tried yet."""


class _Outcome(Enum):
    """What recovery did with a row. SWEPT: only looked for what came late, of which there is nothing to tell."""

    FINISHED = "finished"
    UNDONE = "undone"
    SWEPT = "swept"


class AppService:
    """Create, take in, list, edit, reveal, enable, rotate, delete and restore apps.

    repository, vault: the two stores; now: gives the time, aware, in UTC; recorder: writes down what was done.
    """

    def __init__(
        self,
        repository: Repository,
        vault: Vault,
        now: Callable[[], datetime] | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self._repository = repository
        self._vault = vault
        self._record = recorder or Recorder(repository)
        self._now = now or (lambda: datetime.now(UTC))
        self._tried: frozenset[str] = frozenset()  # by the recovery under way, so that it comes to an end

    def apps(self, org_id: str) -> list[App]:
        """The org's apps that a person should see: all but deleted ones, oldest first."""
        return [a for a in self._repository.apps() if a.org_id == org_id and a.state not in _HIDDEN]

    def all_apps(self) -> list[App]:
        """The apps that a person should see, of all orgs, oldest first."""
        there = {org.id for org in self._repository.orgs() if org.state is OrgState.ACTIVE}
        return [a for a in self._repository.apps() if a.org_id in there and a.state not in _HIDDEN]

    def deleted(self, org_id: str) -> list[App]:
        """The org's deleted apps that can still be restored, last deleted first."""
        found = [a for a in self._repository.apps() if a.org_id == org_id and a.state is AppState.DELETED]
        return sorted(found, key=lambda app: app.purge_after or app.created, reverse=True)

    def create(self, org_id: str, label: str, *, sessions: bool = False, csrf: bool = True) -> Created:
        """As `add`, with no more details than these."""
        return self.add(org_id, AppDetails(label, sessions, csrf))

    def add(self, org_id: str, details: AppDetails, copy_of: App | None = None) -> Created:
        """Make an app, its key and, without Sessions, its secret; store them in the keychain.

        copy_of: the app whose details they are.
        Raises LabelError, DetailError, OrgGone, StorageError, VaultError with nothing left behind; NotFinished when
        the keychain gave no answer, or the disk refused after the secrets were stored: the next recovery looks what
        became of it.
        """
        details = clean_details(details)
        self._require_org(org_id)
        self._require_vault()
        made = self._add(org_id, details, generate(SecretKind.API_KEY))
        if copy_of is not None:
            self._record.app(Action.DUPLICATED, made.app, copy_of=copy_of.label)
        else:
            self._record.app(Action.CREATED, made.app, sessions=details.sessions, csrf=details.csrf)
        return made

    def import_key(self, org_id: str, details: AppDetails, key: Secret, secret: Secret | None = None) -> Created:
        """Add an app whose key was made elsewhere, and its secret, which an app without Sessions must have.

        Raises what `add` does; KeyFormError for what is no key or no secret; KeyKnown when an app has this key.
        """
        details = clean_details(details)
        given = {SecretKind.API_KEY: key, **({} if secret is None else {SecretKind.API_SECRET: secret})}
        formed = all(well_formed(kind, text) for kind, text in given.items())
        if not formed or set(given) != set(secrets_of(details.sessions)):
            raise KeyFormError
        self._require_org(org_id)
        self._require_vault()
        owner = self._owner_of(key)
        if owner is not None:
            org = next((org for org in self._repository.orgs() if org.id == owner.org_id), None)
            removed = org is not None and org.state is not OrgState.ACTIVE
            deleted = owner.state is AppState.DELETED
            raise KeyKnown(owner.label, org.name if org is not None else "", deleted=deleted, removed=removed)
        made = self._add(org_id, details, key, secret)
        self._record.app(Action.IMPORTED, made.app, sessions=details.sessions, csrf=details.csrf)
        return made

    def edit(self, app_id: str, details: AppDetails) -> App:
        """Keep what a person changed about an app.

        Another value for Sessions is a step to a next version with the same key: with a new secret, or without one.
        A secret that is no longer needed is kept for SECRET_KEPT, and comes back when Sessions is switched off again
        meanwhile.

        Raises LabelError, DetailError, AppGone, StorageError with nothing changed. When Sessions changes also
        SecretMissing, SecretElsewhere, TooManyVersions and VaultError, likewise, and NotFinished when the keychain
        gave no answer: recovery then looks whether it has changed, and nothing else has.
        """
        details = clean_details(details)
        before = self._repository.app(app_id)
        if before.details == details:
            return before
        if before.sessions != details.sessions:
            self._require_vault()
            self._settle_rotation(self._reached(app_id))
            before = self._repository.app(app_id)
        if before.sessions == details.sessions:
            app = self._repository.change_app(app_id, partial(rows.describe, details=details))
        else:
            app = self._switch_sessions(before, details)
        self._record.app(Action.EDITED, app, **_app_changes(before.details, app.details))
        return app

    def _switch_sessions(self, app: App, details: AppDetails) -> App:
        now = self._now()
        until = now + SECRET_KEPT if details.sessions else now  # one without a secret holds nothing of its own
        for kept in app.kept:
            before = kept.sessions == details.sessions and kept.key_ends == app.key_ends
            if before and kept.until > now and self._is_complete(app, kept.number, kept.key_ends):
                swap = partial(rows.swap, number=kept.number, until=until, details=details)
                return self._drop_due(self._repository.change_app(app.id, swap), now)
        key = self._vault.read(app.ref(SecretKind.API_KEY))
        begin = partial(rows.begin_version, key_ends=KeyEnds.of(key), details=details)
        app = self._repository.change_app(app.id, begin)
        if app.pending is None:
            raise AppGone
        self._store(app, app.pending.number, key, partial(rows.give_up_pending, until=self._now()))
        app = self._finish(app, partial(rows.move_pointer, now=now, until=until))
        return self._drop_due(app, now)

    def _add(self, org_id: str, details: AppDetails, key: Secret, secret: Secret | None = None) -> Created:
        app = App(
            id=new_id(),
            org_id=org_id,
            **vars(details),
            created=self._now(),
            key_ends=KeyEnds.of(key),
            keychain=self._vault.backend,
            state=AppState.CREATING,
        )
        self._repository.add_app(app)
        self._store(app, app.version, key, partial(rows.condemn, late=self._now()), secret)
        return Created(self._finish(app, rows.activate), key)

    def _owner_of(self, key: Secret) -> App | None:
        """The app of any org that has this key, or had it and keeps it. Reads those whose ends are the same."""
        ends = KeyEnds.of(key)
        for app in self._repository.apps():
            if app.state is AppState.DELETING:
                continue
            for number, others in ((app.version, app.key_ends), *((kept.number, kept.key_ends) for kept in app.kept)):
                if others == ends and self._read_or_none(app.refs_of(number)[0]) == key:
                    return app
        return None

    def rotate(self, app_id: str, keep: timedelta) -> Created:
        """Give the app a new key and, without Sessions, a new secret; keep the old ones for `keep`.

        Raises AppGone, SecretElsewhere, TooManyVersions, StorageError, VaultError with the old key still the current
        one; NotFinished when the keychain gave no answer, so that recovery must look which one it is.
        """
        self._require_vault()
        self._settle_rotation(self._reached(app_id))
        key = generate(SecretKind.API_KEY)
        app = self._repository.change_app(app_id, partial(rows.begin_version, key_ends=KeyEnds.of(key)))
        if app.pending is None:
            raise AppGone
        self._store(app, app.pending.number, key, partial(rows.give_up_pending, until=self._now()))
        until = self._now() + keep
        app = self._finish(app, partial(rows.move_pointer, now=self._now(), until=until))
        if keep:
            self._record.app(Action.ROTATED, app, kept_until=until)
        else:
            self._record.app(Action.ROTATED, app, kept=False)
        return Created(app, key)

    def settle_rotation(self, app_id: str) -> App:
        """Finish or undo a rotation that was left unfinished. Returns the app. Raises as `rotate`."""
        app = self._reached(app_id)
        if app.pending is not None:
            self._require_vault()
            self._settle_rotation(app)
        return self._repository.app(app_id)

    def keep_until(self, app_id: str, number: int, until: datetime) -> App:
        """Keep a kept version until this time instead of the one it has, unless that is over. Raises AppGone."""
        now = self._now()
        app = self._repository.app(app_id)
        if any(kept.number == number and kept.until > now for kept in app.kept):
            app = self._repository.change_app(app_id, partial(rows.end_kept, number=number, until=until))
        return app

    def roll_back(self, app_id: str, number: int, keep: timedelta) -> App:
        """Make a kept version the current one again, and keep the one it replaces for `keep`.

        Raises SecretMissing when the kept version is not complete in the keychain; VersionGone when it is kept no more;
        SecretElsewhere.
        """
        app = self._reached(app_id)
        now = self._now()
        chosen = next((kept for kept in app.kept if kept.number == number), None)
        # One whose time is up may be on its way out: a removal that got no answer can still take effect.
        if chosen is None or chosen.until <= now:
            raise VersionGone
        if not self._is_complete(app, number, chosen.key_ends):
            raise SecretMissing(self._vault.name)
        until = now + keep
        app = self._repository.change_app(app_id, partial(rows.swap, number=number, until=until))
        self._record.app(Action.ROLLED_BACK, app, version=number, kept_until=until)
        return app

    def drop_kept(self, app_id: str, number: int) -> App:
        """Remove a kept version from the keychain before its time. Once begun, recovery finishes it.

        Raises SecretElsewhere.
        """
        app = self._reached(app_id)
        now = self._now()
        if any(kept.number == number and kept.until > now for kept in app.kept):
            app = self._repository.change_app(app_id, partial(rows.end_kept, number=number, until=now))
        gone = next((kept for kept in app.kept if kept.number == number), None)
        if gone is None:
            return app
        self._remove(app, number)
        app = self._repository.change_app(app_id, partial(rows.forget_kept, number=number))
        if gone.key_ends != app.key_ends or not gone.sessions:  # else it was the present key once more
            self._record.app(Action.KEPT_REMOVED, app, version=number)
        return app

    def secret(self, app_id: str, kind: SecretKind = SecretKind.API_KEY) -> Secret:
        """The current key or secret from the keychain. Raises SecretMissing, SecretElsewhere, VaultError, AppGone."""
        return self._vault.read(self._reached(app_id).ref(kind))

    def copied(self, app_id: str, action: Action = Action.KEY_COPIED, clears_after: int = 0) -> App:
        """Note that the key, the secret, or a request with the key went to the clipboard just now.

        clears_after: seconds until it is cleared from there.
        """
        if action is Action.SECRET_COPIED:
            app = self._repository.app(app_id)
        else:
            app = self._repository.change_app(app_id, lambda app: replace(app, last_copied=self._now()))
        self._record.app(action, app, **({"clears_after": clears_after} if clears_after else {}))
        return app

    def revealed(self, app_id: str, action: Action = Action.KEY_REVEALED) -> None:
        """Note that the key or the secret was shown."""
        self._record.app(action, self._repository.app(app_id))

    def set_enabled(self, app_id: str, enabled: bool) -> App:
        """Enable or disable the app in this console."""
        app = self._repository.change_app(app_id, lambda app: replace(app, enabled=enabled))
        self._record.app(Action.ENABLED if enabled else Action.DISABLED, app)
        return app

    def delete(self, app_id: str) -> App:
        """Hide the app. Until RESTORABLE has passed, `restore` brings it back with its key; then `purge` takes it.

        Raises StorageError, AppGone, and NotFinished for an app that is still being created.
        """
        until = self._now() + RESTORABLE
        app = self._repository.change_app(app_id, lambda app: rows.hide(app, until))
        self._record.app(Action.DELETED, app, restorable_until=until)
        return app

    def restore(self, app_id: str) -> App:
        """Bring a deleted app back. Raises AppGone when the removal of its secrets has begun."""
        app = self._repository.change_app(app_id, rows.bring_back)
        self._record.app(Action.RESTORED, app)
        return app

    def purge(self, app_id: str) -> None:
        """Remove a deleted app's secrets, then its row. An app that was restored meanwhile is left alone.

        Raises SecretElsewhere: only the keychain that has the secrets can lose them.
        """
        late = self._now() + LATE
        app = self._repository.change_app(app_id, lambda app: rows.begin_deleting(self._here(app), late))
        if app.state is AppState.DELETING:
            self._remove_app(app)
            self._record.app(Action.PURGED, app)

    def remove_everything(self) -> int:
        """Remove the secrets and the rows of all apps of all orgs for good. Returns how many apps there were.

        Raises VaultError with nothing removed when the keychain plainly cannot be used. Any later error leaves rows
        whose removal has begun: calling this again, or the next recovery, goes on with them.
        """
        self._require_vault()
        apps = self._repository.apps()
        self._repository.change_apps(_ids(apps), lambda app: replace(app, state=AppState.DELETING))
        for app in apps:
            self._remove_app(self._repository.app(app.id))
        return sum(app.state is not AppState.DELETING for app in apps)

    def recover(self) -> RecoveryReport:
        """Finish or undo what an earlier run left half-done, in all orgs. Touches only unfinished rows.

        At most AT_ONCE apps, so that who wants to copy a key meanwhile need not wait for a large org to go; the report
        says whether there is more, and the next call goes on with that. While the keychain cannot be used the rows
        wait; so do those whose secrets are in another system's keychain. Raises StorageError.
        """
        now = self._now()
        going = self._orgs_going(now)
        unfinished = [app for app in self._repository.apps() if app.org_id in going or rows.is_unfinished(app, now)]
        if unfinished and self._vault.state() is not VaultState.UNLOCKED:
            return RecoveryReport(waiting=_ids(unfinished))
        rest = [app for app in unfinished if app.id not in self._tried]
        batch, left = rest[:AT_ONCE], rest[AT_ONCE:]
        found: dict[_Outcome, list[App]] = {outcome: [] for outcome in _Outcome}
        waiting: list[App] = []
        doomed = [app.id for app in batch if app.org_id in going]
        with self._record.batch():
            doom = partial(rows.condemn, late=now + LATE)
            condemned = {app.id: app for app in self._repository.change_apps(doomed, doom)} if doomed else {}
            batch = [condemned.get(app.id, app) for app in batch]
            for app in batch:
                try:
                    found[self._settle(app, now)].append(app)
                except SecretElsewhere:
                    waiting.append(app)
                except VaultError:
                    waiting.append(app)
                    if self._vault.state() is not VaultState.UNLOCKED:  # else it was about this one only
                        waiting, left = [*waiting, *batch[batch.index(app) + 1 :], *left], []
                        break
            self._drop_orgs(going)
        self._tried = self._tried.union(_ids(batch)) if left else frozenset()
        finished, undone = _ids(found[_Outcome.FINISHED]), _ids(found[_Outcome.UNDONE])
        return RecoveryReport(finished, undone, _ids(waiting), more=bool(left))

    def _orgs_going(self, now: datetime) -> dict[str, Org]:
        """The orgs whose time to be restored is up, or that were to go at once. From here on they only go."""
        due = [org.id for org in self._repository.orgs() if rows.is_going(org, now)]
        begun = [self._repository.change_org(org_id, partial(rows.begin_removing, now=now)) for org_id in due]
        return {org.id: org for org in begun if org.state is OrgState.REMOVING}  # one may have been restored meanwhile

    def _drop_orgs(self, going: dict[str, Org]) -> None:
        """Drop the rows of these orgs, of those that hold no app any more."""
        for org in going.values():
            self._repository.drop_org(org.id)
        gone = going.keys() - {org.id for org in self._repository.orgs()} if going else ()
        for org_id in gone:
            self._record.org(Action.ORG_PURGED, going[org_id])

    def _require_org(self, org_id: str) -> None:
        """Say no to an app in an org that was removed: it could go with it, unseen."""
        if any(org.id == org_id and org.state is not OrgState.ACTIVE for org in self._repository.orgs()):
            raise OrgGone

    def _require_vault(self) -> None:
        """Say no before anything is written when the keychain plainly cannot take the secrets."""
        match self._vault.state():
            case VaultState.LOCKED:
                raise VaultError(VaultProblem.LOCKED, self._vault.name)
            case VaultState.MISSING:
                raise VaultError(VaultProblem.MISSING, self._vault.name)
            case VaultState.FAILED:
                raise VaultTimeout(self._vault.name)

    def _reached(self, app_id: str) -> App:
        """The app, whose secrets are in the keychain at hand. Raises SecretElsewhere when they are not, and AppGone."""
        return self._here(self._repository.app(app_id))

    def _here(self, app: App) -> App:
        if app.keychain != self._vault.backend:
            raise SecretElsewhere(self._vault.name)
        return app

    def _store(
        self, app: App, number: int, key: Secret, give_up: Callable[[App], App], secret: Secret | None = None
    ) -> None:
        """Store a version's secrets, of which the row already tells. When the keychain refuses, `give_up` says so in
        the row, and what is there of the version goes.

        secret: the API secret where one is needed; a new one if none is given.
        """
        try:
            for ref in app.refs_of(number):
                self._vault.store(ref, key if ref.kind is SecretKind.API_KEY else secret or generate(ref.kind))
        except VaultTimeout as error:
            raise NotFinished(app.label) from error
        except VaultError as error:
            try:
                given_up = self._repository.change_app(app.id, give_up)
            except StorageError:
                raise NotFinished(app.label) from error
            with suppress(CortexError):  # recovery does it then
                self._settle(given_up, self._now())
            raise

    def _finish(self, app: App, change: Callable[[App], App]) -> App:
        """Write down that the secrets are stored. They are, so failing to do so is for recovery to make good."""
        try:
            return self._repository.change_app(app.id, change)
        except StorageError as error:
            raise NotFinished(app.label) from error

    def _settle(self, app: App, now: datetime) -> _Outcome:
        """Finish what the row says was begun, or undo it."""
        self._here(app)
        if app.state is AppState.CREATING:
            if self._is_complete(app, app.version, app.key_ends):
                self._repository.change_app(app.id, rows.activate)
                self._record.app(Action.FINISHED, app)
                return _Outcome.FINISHED
            given_up = self._repository.change_app(app.id, partial(rows.condemn, late=now + LATE))
            self._record.app(Action.UNDONE, app)
            with suppress(VaultError):  # the next recovery does it then
                self._remove_app(given_up)
            return _Outcome.UNDONE
        if app.state is AppState.DELETING:
            self._remove_app(app)
            if app.sweep_until is not None:
                return _Outcome.SWEPT
            self._record.app(Action.PURGED, app)
            return _Outcome.FINISHED
        if rows.is_past_restoring(app, now):
            self.purge(app.id)
            return _Outcome.FINISHED
        outcome = _Outcome.SWEPT
        if app.pending is not None:
            outcome = _Outcome.FINISHED if self._settle_rotation(app) else _Outcome.UNDONE
        for kept in app.kept:
            if kept.until <= now:
                self.drop_kept(app.id, kept.number)
                outcome = _Outcome.FINISHED if outcome is _Outcome.SWEPT else outcome
        if app.sweep_until is not None:
            app = self._repository.app(app.id)  # what was given up just now is to be swept for anew
            self._sweep(app)
            if app.sweep_until is not None and app.sweep_until <= now:
                self._repository.change_app(app.id, rows.end_sweep)
        return outcome

    def _settle_rotation(self, app: App) -> bool:
        """Move to a pending version when it is complete in the keychain; otherwise give it up. True unless given up."""
        if app.pending is None:
            return True
        now = self._now()
        complete = self._is_complete(app, app.pending.number, app.pending.key_ends)
        if complete:
            until = now + KEPT_BY_RECOVERY
            self._repository.change_app(app.id, partial(rows.move_pointer, now=now, until=until))
            self._record.app(Action.FINISHED, app, kept_until=until)
        else:
            given_up = self._repository.change_app(app.id, partial(rows.give_up_pending, until=now + LATE))
            self._record.app(Action.UNDONE, app)
            with suppress(VaultError):  # the next recovery does it then
                self._sweep(given_up)
        return complete

    def _is_complete(self, app: App, number: int, key_ends: KeyEnds) -> bool:
        """Whether all secrets of this version are in the keychain, and are the ones the row tells of."""
        try:
            for ref in app.refs_of(number):
                secret = self._vault.read(ref)
                if not well_formed(ref.kind, secret):
                    return False
                if ref.kind is SecretKind.API_KEY and KeyEnds.of(secret) != key_ends:
                    return False
        except SecretMissing:
            return False
        return True

    def _read_or_none(self, ref: SecretRef) -> Secret | None:
        try:
            return self._vault.read(ref)
        except SecretMissing:
            return None

    def _sweep(self, app: App) -> None:
        """Remove what there is of versions that the row no longer tells of."""
        for number in range(1, app.last_version + 1):
            if number not in app.versions:
                self._remove(app, number)

    def _drop_due(self, app: App, now: datetime) -> App:
        """Remove the kept versions whose time is up. What fails here is left for the next recovery."""
        with suppress(VaultError, StorageError):
            for kept in app.kept:
                if kept.until <= now:
                    app = self.drop_kept(app.id, kept.number)
        return app

    def _remove_app(self, app: App) -> None:
        """Remove what there is of every version, then the row, unless something may still come: then it stays hidden,
        and recovery comes by again."""
        # Every number ever given out: with the row goes the last chance to find what was left of one.
        for number in range(1, max(app.last_version, *app.versions) + 1):
            self._remove(app, number)
        if app.sweep_until is not None and app.sweep_until > self._now():
            return
        try:
            self._repository.drop_app(app.id)
        except StorageError as error:
            raise NotFinished(app.label) from error

    def _remove(self, app: App, number: int) -> None:
        for ref in app.any_refs_of(number):
            self._vault.remove(ref)


def _app_changes(before: AppDetails, after: AppDetails) -> dict[str, Detail]:
    """What is different about an app, for the activity log. Of what a person noted only that it is."""
    names = [name for name, value in vars(before).items() if value != getattr(after, name)]
    found: dict[str, Detail] = {"label_before": before.label} if "label" in names else {}
    found |= {name: getattr(after, name) for name in ("sessions", "csrf") if name in names}
    noted = [name for name in names if name in {"notes", "owner", "expires", "review"}]
    return found | ({"changed": ", ".join(noted)} if noted else {})


def _ids(apps: Iterable[App]) -> tuple[str, ...]:
    return tuple(app.id for app in apps)
