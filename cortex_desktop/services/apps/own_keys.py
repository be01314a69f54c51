"""Keys of its own for a copied data folder, so that it and the folder that it was copied from no longer share any."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from ...domain.activity import Action
from ...domain.errors import AnswerNotPossible, SecretDiffers, SecretMissing, VaultError
from ...domain.folder import Answer
from ...domain.model import App, AppState, new_id
from ...domain.secret import Secret, SecretKind, SecretRef, well_formed
from .two_stores import TwoStores


class OwnKeys:
    """Gives the folder, its orgs and its apps new ids, and stores copies of all secrets under these.
    Remembered logins stay the other folder's.

    Use it on the vault lane. Nothing is removed from the keychain. It can be stopped after each step and begun again:
    the new ids follow from the old ones. It cannot be taken back, and need not be: the other folder stays as it is.
    """

    def __init__(self, stores: TwoStores) -> None:
        self._stores = stores

    def steps(self) -> Iterator[float]:
        """Do it, app by app. Yields the progress, 0 to 1.

        Raises AnswerNotPossible where this is not a copy; VaultError, StorageError with the rest still to do.
        """
        stores, repository = self._stores, self._stores.repository
        if Answer.OWN_KEYS not in stores.folder.answers():
            raise AnswerNotPossible
        record = repository.change_folder(lambda record: replace(record, becoming=record.becoming or new_id()))
        becoming = record.becoming
        orgs = repository.orgs()
        old = [org for org in orgs if not org.id.endswith(_mark(becoming))]  # else an earlier attempt made it
        for org in old:
            if _derived(becoming, org.id) not in {other.id for other in orgs}:
                repository.save_org(replace(org, id=_derived(becoming, org.id)))
        going = {org.id for org in old}
        apps = [app for app in repository.apps() if app.org_id in going]
        for number, app in enumerate(apps, 1):
            self._renew(app, becoming)
            yield number / len(apps)
        for org_id in going:
            repository.drop_org(org_id)
        repository.keep_strays(())
        repository.change_folder(lambda record: replace(record, id=becoming, becoming="", viewer=""))
        stores.folder.forget()
        with suppress(VaultError):  # the first key that is stored or removed brings it
            stores.folder.claim_run()

    def _renew(self, app: App, becoming: str) -> None:
        """Put an app with new ids and copies of the secrets in the app's place."""
        stores, repository = self._stores, self._stores.repository
        if app.state in (AppState.ACTIVE, AppState.DELETED):
            new = replace(
                app,
                id=_derived(becoming, app.id),
                org_id=_derived(becoming, app.org_id),
                state=AppState.CREATING,
                provider=stores.vault.name,
                pending=None,
                given_up=(),
                sweep_until=None,
                taken=(),
                logins=(),
            )
            if all(other.id != new.id for other in repository.apps()):
                repository.add_app(new)
            repository.change_app(new.id, lambda _: new)
            stored = {number for number in app.versions if self._copy_version(app, new, number)}
            kept = tuple(kept for kept in new.kept if kept.number in stored)
            done = repository.change_app(new.id, lambda row: replace(row, state=app.state, kept=kept))
            stores.record.app(Action.OWN_KEYS, done)
        repository.keep_findings((), [app.id])
        repository.drop_app(app.id)

    def _copy_version(self, app: App, new: App, number: int) -> bool:
        """Store copies of a version's secrets. Returns False where the keychain does not hold all of them."""
        found: dict[SecretKind, Secret] = {}
        if app.keychain != self._stores.vault.backend:
            return False
        for ref in app.refs_of(number):
            try:
                found[ref.kind] = self._stores.vault.read(ref, may_ask=True)
            except (SecretMissing, SecretDiffers):
                return False
        if not all(well_formed(kind, secret) for kind, secret in found.items()):
            return False
        for kind, secret in found.items():
            self._stores.vault.store(SecretRef(new.org_id, new.id, kind, number), secret)
        return True


def _derived(folder_id: str, old_id: str) -> str:
    """Return the id that an org or app of this id gets in the folder: the same each time."""
    return hashlib.sha256(f"{folder_id}/{old_id}".encode()).hexdigest()[:24] + _mark(folder_id)


def _mark(folder_id: str) -> str:
    """Return what the ids end in that the folder gives, so that they are known without the old ones."""
    return hashlib.sha256(folder_id.encode()).hexdigest()[:8]
