"""The keychain check: finds where the database and the keychain disagree, keeps what it found, and repairs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

from ..domain.activity import Action
from ..domain.errors import (
    AnswerNotPossible,
    CortexError,
    FolderInDoubt,
    ItemRefused,
    KeychainEmpty,
    SecretDiffers,
    SecretMissing,
    SecretNotText,
    VaultError,
)
from ..domain.findings import Finding, Problem, Repair, Stray
from ..domain.folder import Claim
from ..domain.model import App, AppState, KeptVersion
from ..domain.ports import Inventory, Item
from ..domain.secret import ClaimRef, KeyEnds, LoginRef, Secret, SecretKind, SecretRef, well_formed
from . import periods, transitions
from .apps.services import AppServices
from .folder import ORG_DIGITS

__all__ = ["Doctor", "Finding", "Problem", "Repair", "Stray"]

Undo = Callable[[], None]
"""Takes a repair back, on the vault lane, within seconds: it may hold a secret. Raises CortexError."""

REPAIRS = {
    Problem.MISSING: (Repair.NEW_KEY, Repair.TYPE),
    Problem.DIFFERS: (Repair.USE, Repair.NEW_KEY, Repair.TYPE),
    Problem.NO_KEY: (Repair.NEW_KEY, Repair.TYPE),
    Problem.REFUSED: (),
    Problem.KEPT_MISSING: (Repair.FORGET_KEPT,),
    Problem.ELSEWHERE: (Repair.TYPE,),
    Problem.LEFTOVER: (Repair.REMOVE, Repair.USE),
    Problem.EARLIER: (Repair.USE,),
    Problem.NEWER: (Repair.USE,),
    Problem.DOUBLE: (Repair.KEEP_ONE,),
}
"""What can be done about a problem; the first is what `Doctor.repair` does unless told otherwise."""


class Doctor:
    """Checks and repairs one app at a time. Use it on the vault lane.

    inventory: lists the keychain's items; without it only what rows name is checked.
    """

    def __init__(self, apps: AppServices, inventory: Inventory | None = None) -> None:
        self._apps = apps
        self._inventory = inventory
        self._repository = apps.stores.repository
        self._vault = apps.stores.vault

    # Checking

    def check(self, app_id: str) -> list[Finding]:
        """Return what does not match for this app, after one read of each of its keychain items, and keep it.

        Apps that recovery has not finished have no findings. Raises AppGone, VaultError when the keychain as a whole
        cannot be used, StorageError.
        """
        app = self._repository.app(app_id)
        found = self._check(app)
        known = [each for each in self._repository.findings() if each.app.id == app_id]
        # The number of a newer version and a double show in the list of items only: `survey` looks at that.
        listed = [each for each in known if self._is_from_survey(each) and self._apps.stores.holds(each.ref)]
        doubles = {each.ref for each in listed if each.problem is Problem.DOUBLE}
        found = [each for each in found if each.ref not in doubles]  # which of them was read is chance
        found += [each for each in listed if each.ref not in {other.ref for other in found}]
        if found != known:
            self._repository.keep_findings(found, [app_id])
        return found

    def survey(self) -> list[Stray]:
        """Compare the keychain's list of items with the rows, and keep what is found. Returns items without a row.

        Newer versions and doubles become findings of their apps. Logins that no app names are removed: they open
        nothing, and nobody would find them. Where items cannot be listed nothing is found. Raises VaultError,
        StorageError.
        """
        if self._inventory is None:
            return []
        rows = {app.id: app for app in self._repository.apps()}
        items: Sequence[Item] = ()
        try:
            items = self._inventory.list_items()
        except KeychainEmpty:
            if rows:
                raise
        found: dict[str, list[Finding]] = {}
        strays: list[Stray] = []
        ours = self._is_ours(items)
        for item in items:
            ref = item.ref
            if isinstance(ref, ClaimRef):
                continue
            if isinstance(ref, LoginRef):
                if ours(ref.org_id):
                    with suppress(FolderInDoubt, VaultError):
                        self._apps.removal.remove_stray_login(ref)
                continue
            app = rows.get(ref.app_id)
            if app is None and self._repository.is_unreadable(ref.app_id):
                continue
            if app is None or app.org_id != ref.org_id:
                strays.append(Stray(ref, ours(ref.org_id)))
            elif (problem := _listed_problem(app, item)) is not None:
                found.setdefault(app.id, []).append(Finding(app, ref, problem))
        known = self._repository.findings()
        kept = [each for each in known if not self._is_from_survey(each)]
        new = [each for findings in found.values() for each in findings]
        if {(each.ref, each.problem) for each in known} != {(each.ref, each.problem) for each in (*kept, *new)}:
            self._repository.keep_findings([*kept, *new], rows)
        self._repository.keep_strays(strays)
        return strays

    def findings(self) -> Sequence[Finding]:
        """Return what the last check of each app found. For the disk lane. Raises StorageError."""
        return self._repository.findings()

    def strays(self) -> Sequence[Stray]:
        """Return the items without a row that the last survey found. For the disk lane. Raises StorageError."""
        return self._repository.strays()

    def repairs(self, finding: Finding) -> Sequence[Repair]:
        """Return what can be done about a finding, the usual one first."""
        return REPAIRS[finding.problem]

    def _check(self, app: App) -> list[Finding]:
        if app.state is not AppState.ACTIVE or app.pending is not None:
            return []
        if app.keychain != self._vault.backend:
            return [Finding(app, app.ref(SecretKind.API_KEY), Problem.ELSEWHERE)]
        found = [Finding(app, ref, problem) for ref in app.refs if (problem := self._look(ref, app.key_ends))]
        is_without_key = any(each.problem is not Problem.REFUSED for each in found)
        for kept in app.kept:
            refs = app.refs_of(kept.number)
            found += [Finding(app, ref, Problem.KEPT_MISSING) for ref in refs if self._look(ref, kept.key_ends)][:1]
        for number in set(range(1, app.last_version + 1)) - set(app.versions):
            held = [ref for ref in app.any_refs_of(number) if self._apps.stores.holds(ref)]
            if number in app.taken:
                found += [Finding(app, ref, Problem.NEWER) for ref in held]
            elif is_without_key and held and held[0].kind is SecretKind.API_KEY:
                found.append(Finding(app, held[0], Problem.EARLIER))
            else:
                found += [Finding(app, ref, Problem.LEFTOVER) for ref in held]
        return found

    def _look(self, ref: SecretRef, key_ends: KeyEnds) -> Problem | None:
        """Return what is wrong with this item, if anything. key_ends: those of the version, by the row."""
        try:
            held = self._vault.read(ref)
        except SecretMissing:
            return Problem.MISSING
        except SecretNotText:
            return Problem.NO_KEY
        except ItemRefused:
            return Problem.REFUSED
        if not well_formed(ref.kind, held):
            return Problem.NO_KEY
        return Problem.DIFFERS if ref.kind is SecretKind.API_KEY and KeyEnds.of(held) != key_ends else None

    def _is_from_survey(self, finding: Finding) -> bool:
        return _is_newer(finding) or finding.problem is Problem.DOUBLE

    def _is_ours(self, items: Sequence[Item]) -> Callable[[str], bool]:
        """Return a test for the ids of orgs of this folder. Those that another folder's claim names are not."""
        own = self._repository.folder_record().id
        claims = [
            self._claim(item.ref) for item in items if isinstance(item.ref, ClaimRef) and item.ref.folder_id != own
        ]
        theirs = {digits for claim in claims if claim is not None for digits in claim.orgs}
        mine = {org.id for org in self._repository.orgs()}
        return lambda org_id: org_id in mine and (org_id[:ORG_DIGITS] not in theirs)

    def _claim(self, ref: ClaimRef) -> Claim | None:
        try:
            return Claim.from_text(self._vault.read(ref).reveal())
        except CortexError:
            return None

    # Repairing

    def repair(self, finding: Finding, repair: Repair | None = None, chosen: int | None = None) -> Undo | None:
        """Repair one finding, if it still is one, and return what takes that back, None where nothing can.

        repair: one of `repairs`, but for TYPE, which is `KeyRotation.type_key`; the usual one by default; chosen: which
        item to keep, where KEEP_ONE has raised ChoiceNeeded.

        Raises AppGone, SecretMissing, SecretDiffers, FolderInDoubt, VaultError, StorageError, NotFinished.
        """
        app, ref = finding.app, finding.ref
        # Do not replace what came back since, or was repaired with another finding.
        if (ref, finding.problem) not in {(found.ref, found.problem) for found in self.check(app.id)}:
            return None
        possible = self.repairs(finding)
        way = repair or next((each for each in possible if each is not Repair.TYPE), None)
        if way is None:
            return None
        if way not in possible or way is Repair.TYPE:
            raise AnswerNotPossible
        undo = self._repair(way, finding, chosen)
        known = [each for each in self._repository.findings() if each.app.id == app.id]
        left = [each for each in known if (each.ref, each.problem) != (ref, finding.problem)]
        self._repository.keep_findings(left, [app.id])
        self.check(app.id)
        self._apps.stores.record.app(Action.REPAIRED, app, problem=finding.problem.value)
        return undo

    def _repair(self, repair: Repair, finding: Finding, chosen: int | None) -> Undo | None:
        app, ref = self._repository.app(finding.app.id), finding.ref
        match repair:
            case Repair.KEEP_ONE:
                return self._apps.doubles.keep_one(app.id, ref, chosen)
            case Repair.REMOVE:
                return self._removed(ref, lambda: self._apps.removal.remove_leftover(app, ref))
            case Repair.FORGET_KEPT:
                return self._forget_kept(app, ref.version)
            case Repair.NEW_KEY:
                self._renew(app.id)
                return None
            case Repair.USE if finding.problem is Problem.DIFFERS:
                return self._take_over(app, ref)
            case _:
                self._apps.rotation.use_newer(app.id, ref.version, periods.ROLLED_BACK_KEPT)
                return partial(self._roll_back, app.id, app.version)

    def _removed(self, ref: SecretRef, remove: Callable[[], None]) -> Undo | None:
        """Remove an item, and return what stores it again; None where it is no text."""
        try:
            held = self._vault.read(ref, may_ask=True)
        except (SecretMissing, SecretDiffers):
            remove()
            return None
        remove()
        return lambda: self._vault.store(ref, held)

    def _forget_kept(self, app: App, number: int) -> Undo | None:
        kept = next((kept for kept in app.kept if kept.number == number), None)
        held = {ref: secret for ref in app.any_refs_of(number) if (secret := self._held(ref)) is not None}
        self._apps.removal.drop_kept(app.id, number)
        return None if kept is None else lambda: self._keep_again(app.id, kept, held)

    def _keep_again(self, app_id: str, kept: KeptVersion, held: dict[SecretRef, Secret]) -> None:
        for ref, secret in held.items():
            self._vault.store(ref, secret)
        self._repository.change_app(app_id, lambda app: replace(app, kept=(*app.kept, kept)))

    def _renew(self, app_id: str) -> None:
        """Rotate an app whose current version is not complete, and remove what is left of that version."""
        created = self._apps.rotation.rotate(app_id, timedelta(0))
        with suppress(FolderInDoubt, VaultError):  # the new key is there; recovery removes the rest, and tells
            self._apps.removal.drop_kept(app_id, created.app.kept[0].number)

    def _take_over(self, app: App, ref: SecretRef) -> Undo:
        held = self._vault.read(ref, may_ask=True)
        if not well_formed(ref.kind, held):
            raise SecretDiffers(self._vault.name)
        self._set_ends(app, KeyEnds.of(held))
        return partial(self._set_ends, app, app.key_ends)

    def _set_ends(self, app: App, ends: KeyEnds) -> None:
        change = partial(transitions.change_ends, number=app.version, key_ends=ends)
        self._repository.change_app(app.id, self._apps.stores.kept_here(change))

    def _roll_back(self, app_id: str, number: int) -> None:
        self._apps.rotation.roll_back(app_id, number, periods.ROLLED_BACK_KEPT)

    def _held(self, ref: SecretRef) -> Secret | None:
        try:
            return self._vault.read(ref, may_ask=True)
        except (SecretMissing, SecretDiffers):
            return None

    # Items without a row

    def bring_back(self, stray: Stray, label: str) -> App:
        """Make an app for an item that has no row. `leave` takes it back.

        label: what to call it; the name that it had is not in the keychain. One that may belong to another folder is
        not shared with that: the app gets a copy of its key. Raises AnswerNotPossible where the app has a row by now,
        LabelError, SecretMissing, SecretDiffers, OrgGone, KeyKnown, VaultError, StorageError, NotFinished.
        """
        app = self._apps.creation.bring_back(stray, label)
        self._repository.keep_strays([each for each in self._repository.strays() if each.ref.app_id != app.id])
        return app

    def leave(self, stray: Stray, app: App) -> None:
        """Take `bring_back` back: the item is without a row again, and stays. An app with a copy of a key is deleted.

        Raises ChangedSince where the app has another key by now, AppGone, StorageError.
        """
        if app.id == stray.ref.app_id:
            self._apps.deletion.forget(app)
            self._repository.keep_strays([*self._repository.strays(), stray])
        else:
            self._apps.deletion.delete(app.id)

    def remove_stray(self, stray: Stray) -> Undo | None:
        """Remove an item that has no row, and return what stores it again. Raises FolderInDoubt, VaultError.

        Raises AnswerNotPossible for one that may belong to another data folder.
        """
        if not stray.is_ours:
            raise AnswerNotPossible
        undo = self._removed(stray.ref, lambda: self._apps.removal.remove_stray(stray.ref))
        self._repository.keep_strays([each for each in self._repository.strays() if each.ref != stray.ref])
        return undo


def _listed_problem(app: App, item: Item) -> Problem | None:
    """Return what the list of items says about one of an app's."""
    number = item.ref.version if isinstance(item.ref, SecretRef) else 0
    if number > app.last_version or number in app.taken:
        return Problem.NEWER
    return Problem.DOUBLE if item.times > 1 and number in app.versions else None


def _is_newer(finding: Finding) -> bool:
    return finding.problem is Problem.NEWER
