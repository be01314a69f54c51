"""New apps: with a new key, or with a key that exists already."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from ...domain.activity import Action
from ...domain.errors import AnswerNotPossible, KeyFormError, KeyKnown, OrgGone, SecretMissing
from ...domain.findings import Stray
from ...domain.model import App, AppDetails, AppState, OrgState, Origin, new_id, secrets_of
from ...domain.rules import clean_details
from ...domain.secret import KeyEnds, Secret, SecretKind, SecretRef, generate, well_formed
from .. import transitions
from ..key_index import find_key
from .recovery import Recovery
from .two_stores import TwoStores


@dataclass(frozen=True)
class Created:
    """An app with its new key, to show once. The API secret of a signing app is read when asked for."""

    app: App
    key: Secret


class AppCreation:
    """Creates apps. Use it on the vault lane.

    All methods raise LabelError, DetailError, OrgGone, StorageError and VaultError with nothing left behind. They
    raise NotFinished when the keychain gave no answer, or the disk refused after the secrets were stored: recovery
    finishes or undoes it.
    """

    def __init__(self, stores: TwoStores, recovery: Recovery) -> None:
        self._stores = stores
        self._recovery = recovery

    def create(self, org_id: str, details: AppDetails, copy_of: App | None = None) -> Created:
        """Create an app with a new key and, without Sessions, a new secret.

        copy_of: the app whose details these are, for the activity log.
        """
        details = clean_details(details)
        self._require_org(org_id)
        self._stores.require_keychain()
        created = self._store(org_id, details, Origin.HERE, generate(SecretKind.API_KEY))
        if copy_of is not None:
            self._stores.record.app(Action.DUPLICATED, created.app, copy_of=copy_of.label)
        else:
            self._record(Action.CREATED, created.app)
        return created

    def import_key(self, org_id: str, details: AppDetails, key: Secret, secret: Secret | None = None) -> Created:
        """Create an app with an existing key. secret: its API secret, which an app without Sessions must have.

        Raises also KeyFormError for what is no key or no secret; KeyKnown when an app has this key.
        """
        details = clean_details(details)
        require_form(details.sessions, key, secret)
        self._require_org(org_id)
        self._stores.require_keychain()
        self._require_unknown(key)
        created = self._store(org_id, details, Origin.CORTEX, key, secret)
        self._record(Action.IMPORTED, created.app)
        return created

    def bring_back(self, stray: Stray, label: str) -> App:
        """Make an app for an item of an app that has no row; see `Doctor.bring_back`."""
        stores = self._stores
        stores.require_keychain()
        ref = stray.ref
        if any(app.id == ref.app_id for app in stores.repository.apps()):
            raise AnswerNotPossible
        key, secret = self._held(ref, SecretKind.API_KEY), self._held(ref, SecretKind.API_SECRET)
        if key is None:
            raise SecretMissing(stores.vault.name)
        require_form(secret is None, key, secret)
        details = clean_details(AppDetails(label, sessions=secret is None))
        if not stray.is_ours:
            org = next(org for org in stores.repository.orgs() if org.state is OrgState.ACTIVE)
            return self.import_key(org.id, details, key, secret).app
        self._require_unknown(key)
        app = App(
            id=ref.app_id,
            org_id=ref.org_id,
            **vars(details),
            created=stores.now(),
            key_ends=KeyEnds.of(key),
            keychain=stores.vault.backend,
            provider=stores.vault.name,
            version=ref.version,
            last_version=ref.version,
            taken=tuple(range(1, ref.version)),  # what is there of them was never this row's
        )
        stores.folder.announce()
        stores.repository.add_app(app)
        stores.record.app(Action.BROUGHT_BACK, app, version=ref.version)
        return app

    def _held(self, ref: SecretRef, kind: SecretKind) -> Secret | None:
        try:
            return self._stores.vault.read(replace(ref, kind=kind), may_ask=True)
        except SecretMissing:
            return None

    def _store(
        self, org_id: str, details: AppDetails, origin: Origin, key: Secret, secret: Secret | None = None
    ) -> Created:
        """Write the row, store the secrets, mark the row as active."""
        stores = self._stores
        app = App(
            id=new_id(),
            org_id=org_id,
            **vars(details),
            created=stores.now(),
            key_ends=KeyEnds.of(key),
            keychain=stores.vault.backend,
            provider=stores.vault.name,
            state=AppState.CREATING,
            origin=origin,
        )
        stores.repository.add_app(app)
        undo = partial(transitions.mark_for_removal, late=stores.now())
        self._recovery.store_version(app, app.version, key, undo=undo, secret=secret)
        return Created(stores.finish(app, transitions.activate), key)

    def _require_org(self, org_id: str) -> None:
        """Raise OrgGone for an org that was removed: a new app could go with it, unseen."""
        if any(org.id == org_id and org.state is not OrgState.ACTIVE for org in self._stores.repository.orgs()):
            raise OrgGone

    def _require_unknown(self, key: Secret) -> None:
        repository = self._stores.repository
        known = find_key(key, repository.apps(), self._stores.vault)
        if known is not None:
            owner = known.app
            org = next((org for org in repository.orgs() if org.id == owner.org_id), None)
            removed = org is not None and org.state is not OrgState.ACTIVE
            deleted = owner.state is AppState.DELETED
            raise KeyKnown(owner.label, org.name if org is not None else "", deleted=deleted, removed=removed)

    def _record(self, action: Action, app: App) -> None:
        self._stores.record.app(action, app, sessions=app.sessions, csrf=app.csrf)


def require_form(sessions: bool, key: Secret, secret: Secret | None) -> None:
    """Raise KeyFormError unless these can be the key and, without Sessions, the secret of an app."""
    given = {SecretKind.API_KEY: key, **({} if secret is None else {SecretKind.API_SECRET: secret})}
    formed = all(well_formed(kind, text) for kind, text in given.items())
    if not formed or set(given) != set(secrets_of(sessions)):
        raise KeyFormError
