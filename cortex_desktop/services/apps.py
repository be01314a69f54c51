"""What can be done with apps, and the two-store protocol that keeps database and keychain together.

No transaction spans both stores, so the database row is the journal: it is durable before the first secret is
stored and goes after the last one is removed. Whatever moment the program dies at, `recover` finds the row and
finishes or undoes the rest.

Blocking: create, reveal, delete's second half and recovery call the keychain; run them on the vault lane.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ..domain.errors import (
    AppGone,
    CortexError,
    NotFinished,
    SecretMissing,
    StorageError,
    VaultError,
    VaultProblem,
    VaultTimeout,
)
from ..domain.model import App, AppState, Org, clean_label, new_id
from ..domain.ports import Repository, Vault, VaultState
from ..domain.secret import KeyEnds, Secret, SecretKind, generate, well_formed

RESTORABLE = timedelta(seconds=20)
"""How long a deleted app can be brought back before its secrets leave the keychain."""


@dataclass(frozen=True)
class Created:
    """A new app with the key to show once; the secret of a signing app is fetched when asked for."""

    app: App
    key: Secret


@dataclass(frozen=True)
class RecoveryReport:
    """What the start found unfinished: ids completed, undone, and left alone for a later try."""

    finished: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


class AppService:
    """Create, list, reveal, enable, delete and restore apps.

    repository, vault: the two stores; now: gives the time, aware, in UTC.
    """

    def __init__(self, repository: Repository, vault: Vault, now: Callable[[], datetime] | None = None) -> None:
        self._repository = repository
        self._vault = vault
        self._now = now or (lambda: datetime.now(UTC))

    def orgs(self) -> list[Org]:
        """All orgs, oldest first."""
        return list(self._repository.orgs())

    def change_org(self, org: Org) -> Org:
        """Keep the org's new name, code, environment and endpoint."""
        self._repository.save_org(org)
        return org

    def apps(self, org_id: str) -> list[App]:
        """The org's apps that a person should see: all but deleted ones, oldest first."""
        hidden = (AppState.DELETED, AppState.DELETING)
        return [a for a in self._repository.apps() if a.org_id == org_id and a.state not in hidden]

    def create(self, org_id: str, label: str, *, sessions: bool = False, csrf: bool = True) -> Created:
        """Make an app, its key and, without Sessions, its secret; store them in the keychain.

        Raises LabelError, StorageError, VaultError with nothing left behind; NotFinished when the keychain gave
        no answer, or the disk refused after the secrets were stored: the next recovery looks what became of it.
        """
        label = clean_label(label)
        self._require_vault()
        app_id = new_id()
        key = generate(SecretKind.API_KEY)
        app = App(
            id=app_id,
            org_id=org_id,
            label=label,
            sessions=sessions,
            csrf=csrf,
            created=self._now(),
            key_ends=KeyEnds.of(key),
            keychain=self._vault.backend,
            state=AppState.CREATING,
        )
        self._repository.add_app(app)
        try:
            for ref in app.refs:
                self._vault.store(ref, key if ref.kind is SecretKind.API_KEY else generate(ref.kind))
        except VaultTimeout as error:
            raise NotFinished(label) from error
        except VaultError as error:
            self._undo(app, error)
            raise
        try:
            app = self._repository.change_app(app.id, _activate)
        except StorageError as error:
            raise NotFinished(label) from error  # all secrets are there, so recovery completes it
        return Created(app, key)

    def secret(self, app_id: str, kind: SecretKind = SecretKind.API_KEY) -> Secret:
        """The current key or secret from the keychain. Raises SecretMissing, VaultError, AppGone."""
        app = self._repository.app(app_id)
        return self._vault.read(app.ref(kind))

    def copied(self, app_id: str) -> App:
        """Note that the key went to the clipboard just now."""
        return self._repository.change_app(app_id, lambda app: replace(app, last_copied=self._now()))

    def set_enabled(self, app_id: str, enabled: bool) -> App:
        """Enable or disable the app in this console."""
        return self._repository.change_app(app_id, lambda app: replace(app, enabled=enabled))

    def delete(self, app_id: str) -> App:
        """Hide the app. Until RESTORABLE has passed, `restore` brings it back with its key; then `purge` takes it.

        Raises StorageError, AppGone, and NotFinished for an app that is still being created.
        """
        until = self._now() + RESTORABLE
        return self._repository.change_app(app_id, lambda app: _hide(app, until))

    def restore(self, app_id: str) -> App:
        """Bring a deleted app back. Raises AppGone when the removal of its secrets has begun."""
        return self._repository.change_app(app_id, _restore)

    def purge(self, app_id: str) -> None:
        """Remove a deleted app's secrets, then its row. An app that was restored meanwhile is left alone."""
        app = self._repository.change_app(app_id, _begin_deleting)
        if app.state is AppState.DELETING:
            self._remove(app)

    def recover(self) -> RecoveryReport:
        """Finish or undo what an earlier run left half-done. Touches only unfinished rows.

        While the keychain cannot be used the rows wait. Raises StorageError.
        """
        now = self._now()
        unfinished = [app for app in self._repository.apps() if _is_unfinished(app, now)]
        if not unfinished:
            return RecoveryReport()
        if self._vault.state() is not VaultState.UNLOCKED:
            return RecoveryReport(waiting=_ids(unfinished))
        finished: list[App] = []
        undone: list[App] = []
        waiting: list[App] = []
        for app in unfinished:
            try:
                if app.state is AppState.CREATING:
                    (finished if self._settle_creation(app) else undone).append(app)
                else:
                    self.purge(app.id)
                    finished.append(app)
            except VaultError:
                waiting.append(app)
        return RecoveryReport(_ids(finished), _ids(undone), _ids(waiting))

    def _require_vault(self) -> None:
        """Say no before anything is written when the keychain plainly cannot take the secrets."""
        match self._vault.state():
            case VaultState.LOCKED:
                raise VaultError(VaultProblem.LOCKED, self._vault.name)
            case VaultState.MISSING:
                raise VaultError(VaultProblem.MISSING, self._vault.name)
            case VaultState.FAILED:
                raise VaultTimeout(self._vault.name)

    def _settle_creation(self, app: App) -> bool:
        """Activate the app when all its secrets are there and right; otherwise remove it. True when activated."""
        try:
            complete = all(self._is_right(app, ref.kind) for ref in app.refs)
        except SecretMissing:
            complete = False
        if complete:
            self._repository.change_app(app.id, _activate)
        else:
            self._remove(app)
        return complete

    def _is_right(self, app: App, kind: SecretKind) -> bool:
        secret = self._vault.read(app.ref(kind))
        if kind is SecretKind.API_KEY and KeyEnds.of(secret) != app.key_ends:
            return False
        return well_formed(kind, secret)

    def _undo(self, app: App, cause: VaultError) -> None:
        """Take back a creation that the keychain refused. What cannot be taken back now is left to recovery."""
        try:
            self._remove(app)
        except CortexError:
            raise NotFinished(app.label) from cause

    def _remove(self, app: App) -> None:
        for ref in app.refs:
            self._vault.remove(ref)
        self._repository.drop_app(app.id)


def _activate(app: App) -> App:
    return replace(app, state=AppState.ACTIVE)


def _hide(app: App, until: datetime) -> App:
    if app.state is AppState.CREATING:
        raise NotFinished(app.label)  # restoring it could bring back an app without its key
    if app.state is AppState.DELETING:
        raise AppGone
    return replace(app, state=AppState.DELETED, purge_after=until)


def _restore(app: App) -> App:
    if app.state is AppState.DELETING:
        raise AppGone
    if app.state is not AppState.DELETED:
        return app
    return replace(app, state=AppState.ACTIVE, purge_after=None)


def _begin_deleting(app: App) -> App:
    return replace(app, state=AppState.DELETING) if app.state is AppState.DELETED else app


def _is_unfinished(app: App, now: datetime) -> bool:
    if app.state is AppState.DELETED:
        return app.purge_after is None or app.purge_after <= now
    return app.state in (AppState.CREATING, AppState.DELETING)


def _ids(apps: Iterable[App]) -> tuple[str, ...]:
    return tuple(app.id for app in apps)
