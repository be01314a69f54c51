"""Which app a key belongs to, without holding keys for longer than a minute."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ..domain.errors import SecretMissing, VaultError, VaultProblem
from ..domain.model import App, AppState, Org, OrgState
from ..domain.ports import VaultState
from ..domain.sandbox import LocalApps, SecretReader
from ..domain.secret import KeyEnds, Secret, SecretKind, SecretRef
from .reply import Refusal

HELD_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class FoundApp:
    """An app by one of its keys. number: the version of its secrets; sessions: as with that version."""

    org: Org
    app: App
    number: int
    sessions: bool

    def ref(self, kind: SecretKind) -> SecretRef:
        """Where this version of the secret lies."""
        return SecretRef(self.org.id, self.app.id, kind, self.number)


@dataclass(frozen=True, slots=True)
class _Candidate:
    found: FoundApp
    until: datetime | None  # None: the current version


@dataclass(frozen=True, slots=True)
class _Directory:
    """All active orgs and apps at one version of the database."""

    orgs: dict[str, list[Org]]  # by code
    apps: dict[str, list[App]]  # by org id
    candidates: dict[tuple[str, str, str], list[_Candidate]]  # by org code and the key's ends


class KeyFinder:
    """Finds apps by their keys, and reads their secrets. From any thread. Raises StorageError and Refusal."""

    def __init__(self, apps: LocalApps, secrets: SecretReader, now: Callable[[], float]) -> None:
        """now: seconds since 1970."""
        self._apps = apps
        self._secrets = HeldSecrets(secrets)
        self._now = now
        self._lock = threading.Lock()
        self._version: object = None
        self._directory: _Directory | None = None

    @property
    def is_empty(self) -> bool:
        """True if there is no active org."""
        return not self._read().orgs

    def orgs(self, code: str) -> Sequence[Org]:
        """The active orgs with this code."""
        return self._read().orgs.get(code, [])

    def apps(self, org_id: str) -> Sequence[App]:
        """The active apps of an org."""
        return self._read().apps.get(org_id, [])

    def find(self, code: str, key: Secret) -> FoundApp | None:
        """The app of an org with this code that has this key now, or still has it until a date."""
        ends = KeyEnds.of(key)
        now = datetime.fromtimestamp(self._now(), UTC)
        for candidate in self._read().candidates.get((code, ends.head, ends.tail), []):
            if candidate.until is not None and candidate.until <= now:
                continue
            if self._secrets.read(candidate.found.ref(SecretKind.API_KEY)) == key:
                return candidate.found
        return None

    def secret(self, found: FoundApp) -> Secret:
        """The API secret of an app that signs. Raises Refusal if the keychain has none."""
        secret = self._secrets.read(found.ref(SecretKind.API_SECRET))
        if secret is None:
            raise Refusal("sandbox.unavailable.keychain", "The keychain holds no API secret of this app.")
        return secret

    def forget(self) -> None:
        """Hold no key any more."""
        self._secrets.forget()

    def _read(self) -> _Directory:
        version = self._apps.version()
        with self._lock:
            if self._directory is None or version != self._version:
                self._directory, self._version = _directory(self._apps.orgs(), self._apps.apps()), version
            return self._directory


def _directory(orgs: Sequence[Org], apps: Sequence[App]) -> _Directory:
    by_code: dict[str, list[Org]] = defaultdict(list)
    by_org: dict[str, list[App]] = defaultdict(list)
    candidates: dict[tuple[str, str, str], list[_Candidate]] = defaultdict(list)
    active = {org.id: org for org in orgs if org.state is OrgState.ACTIVE}
    for org in active.values():
        by_code[org.code].append(org)
    for app in apps:
        owner = active.get(app.org_id)
        if owner is None or app.state is not AppState.ACTIVE:
            continue
        by_org[owner.id].append(app)
        current = FoundApp(owner, app, app.version, app.sessions)
        versions = [(_Candidate(current, None), app.key_ends)]
        for kept in app.kept:
            earlier = FoundApp(owner, app, kept.number, kept.sessions)
            versions.append((_Candidate(earlier, kept.until), kept.key_ends))
        for candidate, ends in versions:
            candidates[owner.code, ends.head, ends.tail].append(candidate)
    return _Directory(by_code, by_org, candidates)


class HeldSecrets:
    """Secrets that were read within the last minute. A timer drops them, also when no request comes any more."""

    def __init__(self, secrets: SecretReader, seconds: float = HELD_SECONDS) -> None:
        self._secrets = secrets
        self._seconds = seconds
        self._lock = threading.Lock()
        self._held: dict[SecretRef, tuple[Secret, float]] = {}  # until: monotonic
        self._timer: threading.Timer | None = None

    def __len__(self) -> int:
        """Secrets that are held now."""
        return len(self._held)

    def read(self, ref: SecretRef) -> Secret | None:
        """A secret, None if the keychain has none. Raises Refusal if the keychain is locked or does not work."""
        with self._lock:
            held = self._held.get(ref)
            if held is not None and held[1] > time.monotonic():
                return held[0]
        secret = self._read_now(ref)
        if secret is not None:
            with self._lock:
                self._held[ref] = (secret, time.monotonic() + self._seconds)
                self._start_timer()
        return secret

    def forget(self) -> None:
        """Hold nothing any more."""
        with self._lock:
            self._held.clear()
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    def _read_now(self, ref: SecretRef) -> Secret | None:
        # Looked at first: reading from a locked keychain could open a prompt that nobody expects.
        if self._secrets.state() is VaultState.LOCKED:
            raise Refusal("sandbox.unavailable.keychainLocked")
        try:
            return self._secrets.read(ref)
        except SecretMissing:
            return None
        except VaultError as error:
            locked = error.problem is VaultProblem.LOCKED
            raise Refusal("sandbox.unavailable.keychainLocked" if locked else "sandbox.unavailable.keychain") from None

    def _start_timer(self) -> None:
        if self._timer is None and self._held:
            first = min(until for _, until in self._held.values())
            self._timer = threading.Timer(max(first - time.monotonic(), 0.0) + 0.01, self._drop)
            self._timer.daemon = True
            self._timer.start()

    def _drop(self) -> None:
        with self._lock:
            now = time.monotonic()
            self._held = {ref: held for ref, held in self._held.items() if held[1] > now}
            self._timer = None
            self._start_timer()
