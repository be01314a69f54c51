"""The keychain check: finds where the database and the keychain disagree, and repairs it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum
from functools import partial

from ..domain.activity import Action
from ..domain.errors import SecretMissing
from ..domain.model import App, AppState
from ..domain.secret import KeyEnds, SecretKind, SecretRef, well_formed
from .apps.services import AppServices


class Problem(Enum):
    """How the keychain and an app's row disagree."""

    MISSING = "missing"  # the row names a secret that the keychain does not hold
    DIFFERS = "differs"  # the keychain holds another key than the row names
    KEPT_MISSING = "kept missing"  # the keychain does not hold all of a kept version
    ELSEWHERE = "elsewhere"  # another system's keychain holds the secrets; nothing can be checked or repaired here
    LEFTOVER = "leftover"  # the keychain holds a version that the row no longer names


@dataclass(frozen=True)
class Finding:
    """One disagreement: which app, which keychain item, how."""

    app: App
    ref: SecretRef
    problem: Problem


class Doctor:
    """Checks and repairs one app at a time. Use it on the vault lane."""

    def __init__(self, apps: AppServices) -> None:
        self._apps = apps
        self._repository = apps.stores.repository
        self._vault = apps.stores.vault

    def check(self, app_id: str) -> list[Finding]:
        """Return what does not match for this app, after one read of each of its keychain items.

        Apps that recovery has yet to settle have no findings. Raises AppGone, VaultError, StorageError.
        """
        app = self._repository.app(app_id)
        if app.state is not AppState.ACTIVE or app.pending is not None:
            return []
        if app.keychain != self._vault.backend:
            return [Finding(app, app.ref(SecretKind.API_KEY), Problem.ELSEWHERE)]
        found = [Finding(app, ref, problem) for ref in app.refs if (problem := self._look(ref, app.key_ends))]
        for kept in app.kept:
            refs = app.refs_of(kept.number)
            found += [Finding(app, ref, Problem.KEPT_MISSING) for ref in refs if self._look(ref, kept.key_ends)][:1]
        for number in set(range(1, app.last_version + 1)) - set(app.versions):
            refs = app.any_refs_of(number)
            found += [Finding(app, ref, Problem.LEFTOVER) for ref in refs if self._holds(ref)]
        return found

    def repair(self, finding: Finding) -> None:
        """Repair one finding, if it still is one.

        MISSING: rotate, since the old key cannot be brought back. DIFFERS: take over the ends of the key that the
        keychain holds or, where that is no key, rotate. KEPT_MISSING: drop the kept version. LEFTOVER: remove the
        item. ELSEWHERE: do nothing.

        Raises AppGone, VaultError, StorageError, NotFinished.
        """
        app, ref = finding.app, finding.ref
        # Do not replace what came back since, or was repaired with another finding.
        if (ref, finding.problem) not in {(found.ref, found.problem) for found in self.check(app.id)}:
            return
        match finding.problem:
            case Problem.LEFTOVER:
                self._apps.removal.remove_item(ref)
            case Problem.KEPT_MISSING:
                self._apps.removal.drop_kept(app.id, ref.version)
            case Problem.MISSING:
                self._renew(app.id)
            case Problem.DIFFERS:
                held = self._vault.read(ref)
                if ref.kind is SecretKind.API_KEY and well_formed(ref.kind, held):
                    self._repository.change_app(app.id, partial(_take_ends, ends=KeyEnds.of(held)))
                else:
                    self._renew(app.id)
        self._apps.stores.record.app(Action.REPAIRED, app, problem=finding.problem.value)

    def _renew(self, app_id: str) -> None:
        """Rotate an app whose current version is not complete, and remove what is left of that version."""
        created = self._apps.rotation.rotate(app_id, timedelta(0))
        self._apps.removal.drop_kept(app_id, created.app.kept[0].number)

    def _look(self, ref: SecretRef, key_ends: KeyEnds) -> Problem | None:
        """Return what is wrong with this item, if anything. key_ends: those of the version, by the row."""
        try:
            held = self._vault.read(ref)
        except SecretMissing:
            return Problem.MISSING
        right = well_formed(ref.kind, held) and (ref.kind is not SecretKind.API_KEY or KeyEnds.of(held) == key_ends)
        return None if right else Problem.DIFFERS

    def _holds(self, ref: SecretRef) -> bool:
        try:
            self._vault.read(ref)
        except SecretMissing:
            return False
        return True


def _take_ends(app: App, ends: KeyEnds) -> App:
    return replace(app, key_ends=ends)
