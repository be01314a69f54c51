"""What does not match between the database and the keychain, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum
from functools import partial

from ..domain.activity import Action
from ..domain.errors import SecretMissing
from ..domain.model import App, AppState
from ..domain.ports import Repository, Vault
from ..domain.secret import KeyEnds, SecretKind, SecretRef, well_formed
from .activity import Recorder
from .apps import AppService


class Problem(Enum):
    """How a keychain item and its row disagree."""

    MISSING = "missing"  # the row tells of a secret that the keychain does not hold
    DIFFERS = "differs"  # the keychain holds another key than the row tells of
    KEPT_MISSING = "kept missing"  # an old version that could be rolled back to is not there, or not whole
    ELSEWHERE = "elsewhere"  # the row was written with another system's keychain; nothing can be seen or mended here
    LEFTOVER = "leftover"  # the keychain holds a version that the row no longer tells of


@dataclass(frozen=True)
class Finding:
    """One disagreement: which app, which item, how."""

    app: App
    ref: SecretRef
    problem: Problem


class Doctor:
    """Checks one app at a time, so that many can be told of as they go. Blocks; use it on the vault lane."""

    def __init__(
        self, apps: AppService, repository: Repository, vault: Vault, recorder: Recorder | None = None
    ) -> None:
        self._apps = apps
        self._repository = repository
        self._vault = vault
        self._record = recorder or Recorder(repository)

    def check(self, app_id: str) -> list[Finding]:
        """What does not match for this app. Reads each of its items once. Raises VaultError, AppGone.

        Unfinished apps are recovery's to settle, and have no findings.
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
        """Mend one finding, if it still is one. Raises VaultError, StorageError, NotFinished, AppGone.

        missing: the app gets a new key (and secret), since the old one cannot be brought back; differs: the row
        takes over the ends of the key that the keychain holds, or, where that is no key, the app gets a new one;
        kept missing: the version is no longer offered; leftover: the item is removed; elsewhere: nothing is done.
        """
        app, ref = finding.app, finding.ref
        # What came back since, or was seen to with another finding, is not to be replaced.
        if (ref, finding.problem) not in {(found.ref, found.problem) for found in self.check(app.id)}:
            return
        match finding.problem:
            case Problem.LEFTOVER:
                self._vault.remove(ref)
            case Problem.KEPT_MISSING:
                self._apps.drop_kept(app.id, ref.version)
            case Problem.MISSING:
                self._renew(app.id)
            case Problem.DIFFERS:
                held = self._vault.read(ref)
                if ref.kind is SecretKind.API_KEY and well_formed(ref.kind, held):
                    self._repository.change_app(app.id, partial(_take_ends, ends=KeyEnds.of(held)))
                else:
                    self._renew(app.id)
        self._record.app(Action.REPAIRED, app, problem=finding.problem.value)

    def _renew(self, app_id: str) -> None:
        """A new version for an app whose present one is not whole."""
        made = self._apps.rotate(app_id, timedelta(0))
        self._apps.drop_kept(app_id, made.app.kept[0].number)  # what was left of the old version goes at once

    def _look(self, ref: SecretRef, key_ends: KeyEnds) -> Problem | None:
        """What is wrong with this item, if anything. key_ends: what the row tells of the version's key."""
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
