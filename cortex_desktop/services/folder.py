"""What the data folder is: the one its keys belong to, or a copy, a restored or a moved one, or one whose keys are
elsewhere. Nothing is removed from the keychain before that is known.

The folder has an identity and the history of its runs in the database, and a claim in the keychain that names the last
run and change that the keychain heard of. A claim that is not part of the folder's history means that the folder is
older than the keychain, or went another way; one that names another place, that the folder was moved or copied.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from threading import RLock

from ..domain.errors import (
    AnswerNotPossible,
    FolderInDoubt,
    KeychainEmpty,
    LookOnly,
    SecretMissing,
    SecretNotText,
    StorageError,
    VaultError,
)
from ..domain.folder import Answer, Claim, FolderRecord, Standing
from ..domain.model import AppState
from ..domain.ports import Repository, Vault
from ..domain.secret import ClaimRef, Secret
from . import periods, transitions

CLOCK_STEP = timedelta(days=7)
"""How far the clock may go between two looks at it before what falls due in between waits for the person."""
CLOCK_NOTED = timedelta(hours=12)
"""How often the time is written down while nothing else happens."""
ORG_DIGITS = 8
"""How many digits of the id of each org a claim names."""
_MOST_ORGS = 60  # so many fit into an entry of Windows with the rest

ANSWERS = {
    Standing.MOVED: (Answer.GO_ON, Answer.OWN_KEYS, Answer.VIEWER),
    Standing.RESTORED: (Answer.GO_ON, Answer.OWN_KEYS, Answer.VIEWER),
    Standing.COPY: (Answer.OWN_KEYS, Answer.VIEWER),
    Standing.OTHER_KEYCHAIN: (Answer.GO_ON, Answer.VIEWER),
    Standing.VIEWER: (Answer.OWN_KEYS, Answer.ASK_AGAIN),
}
"""What a person can answer, by the standing; the likely answer first. Leaving is closing the program."""


@dataclass(frozen=True)
class ClockJump:
    """The clock went from `seen` to `now`, and this many apps, kept keys and organizations fell due in between."""

    seen: datetime
    now: datetime
    due: int


class Folder:
    """The data folder's standing. For the vault lane; safe to call from any thread.

    now: returns the time, aware, in UTC. All methods raise StorageError.
    """

    def __init__(self, repository: Repository, vault: Vault, now: Callable[[], datetime]) -> None:
        self._repository = repository
        self._vault = vault
        self._now = now
        self._lock = RLock()
        self._standing = Standing.UNKNOWN
        self._claim: Claim | None = None
        self._is_behind = False  # something was stored or announced since the claim was written

    @property
    def claim(self) -> Claim | None:
        """The claim as it was last read or written: where the folder stood, and which keychain it was."""
        return self._claim

    def standing(self) -> Standing:
        """Return what the folder is. Reads the claim once; UNKNOWN while the keychain cannot be used."""
        with self._lock:
            with suppress(VaultError):
                self._find()
            return self._standing

    def providers(self) -> Sequence[str]:
        """Return the names of the keychain programs that hold keys of this folder, but for the present one."""
        names = {app.provider for app in self._repository.apps() if app.state is not AppState.DELETING}
        return sorted(names - {"", self._vault.name})

    def require_removal(self) -> None:
        """Call before anything is removed. Raises FolderInDoubt unless the folder's history is unbroken, VaultError."""
        with self._lock:
            self._look_anew()
            self._claim_if_due(is_read=True)
            if not self._standing.allows_removal:
                raise FolderInDoubt(self._standing)

    def forget(self) -> None:
        """Find out anew what the folder is."""
        with self._lock:
            self._standing, self._claim = Standing.UNKNOWN, None

    def require_working(self) -> None:
        """Raise LookOnly in a copy that is for looking only, FolderInDoubt in one of which that is not known yet."""
        standing = self.standing()
        if standing is Standing.VIEWER:
            raise LookOnly
        if standing is Standing.COPY:
            raise FolderInDoubt(standing)

    # The claim

    def claim_run(self) -> None:
        """Call before a secret is stored: the keychain hears of this run first, so that older states are recognised.

        Writes nothing while the folder is in doubt. Raises VaultError. `renew_claim` follows when nobody waits.
        """
        with self._lock:
            self._claim_if_due(is_read=self._find())
            self._is_behind = True

    def announce(self) -> None:
        """Call before a key is needed again that the folder had given up: the keychain hears of it first.

        No state of the folder from before can pass for the present one then, and remove the key. Writes nothing while
        the folder is in doubt. Raises VaultError. `renew_claim` follows, for a state that was saved in between.
        """
        with self._lock:
            self._look_anew()
            if not self._standing.is_in_doubt:
                self._repository.count_up()
                self._write_claim()
                self._is_behind = True

    def claim_before_due(self) -> None:
        """Call before what is due goes by itself. A folder without a claim gets it, and what is due gets time.

        It was made by an older version, and could be a copy: what it gives up may be in use in another one. Leave an
        error to the next time.
        """
        with self._lock, suppress(VaultError, StorageError):
            if self._repository.folder_record().is_claimed or not self._due_between(None, self.trusted_now()):
                return
            self._find()
            if self._standing is Standing.NEW:
                self._give_time(self.now())
                self._write_claim()

    def keep_claim(self) -> None:
        """Bring a claim that is there up to date, unless the folder is in doubt. Leave an error to the next time."""
        with self._lock, suppress(VaultError, StorageError):
            is_read = self._find()
            if self._claim is not None:
                self._claim_if_due(is_read=is_read, up_to_date=True)

    def renew_claim(self) -> None:
        """Bring the claim up to date if a key was stored or announced since, to tell states of the same run apart."""
        with self._lock:
            if self._is_behind:
                self._is_behind = False
                self.keep_claim()

    def remove_claim(self) -> None:
        """Remove the claim: nothing is left to belong together. Raises VaultError."""
        with self._lock:
            self._repository.change_folder(lambda record: replace(record, is_claimed=False))
            self._vault.remove(ClaimRef(self._repository.folder_record().id))
            self.forget()

    def _find(self) -> bool:
        """Read the claim unless that was done before, and return whether it was read now. Raises VaultError."""
        if self._standing is not Standing.UNKNOWN:
            return False
        self._standing = self._look()
        return True

    def _look_anew(self) -> None:
        """Read the claim again: another copy of the program may have been at work. Raises VaultError."""
        if self._standing is Standing.UNKNOWN or not self._standing.is_in_doubt:
            self._standing = self._look()

    def _look(self) -> Standing:
        record = self._repository.folder_record()
        standing = self._compare(record, self._repository.place())
        # Where nothing is in doubt, that was said on another computer, or with another keychain.
        is_viewer = record.viewer == self._repository.place() and standing is not Standing.KNOWN
        return Standing.VIEWER if is_viewer else standing

    def _compare(self, record: FolderRecord, here: str) -> Standing:
        """Return what the claim says of a folder at `here`. Raises VaultError."""
        try:
            claim = Claim.from_text(self._vault.read(ClaimRef(record.id)).reveal())
        except SecretNotText:
            claim = None
        except KeychainEmpty:
            if record.is_claimed or any(app.state is not AppState.CREATING for app in self._repository.apps()):
                raise
            return Standing.NEW  # nothing was stored yet, so it may well be empty
        except SecretMissing:
            self._claim = None
            return Standing.OTHER_KEYCHAIN if record.is_claimed else Standing.NEW
        self._claim = claim
        if claim is None:  # somebody changed it
            return Standing.OTHER_KEYCHAIN
        if claim.path != here and self._repository.stands_at(claim.path, record.id):
            return Standing.COPY
        if not record.includes(claim.session, claim.step):
            return Standing.RESTORED
        return Standing.KNOWN if claim.path == here else Standing.MOVED

    def _claim_if_due(self, *, is_read: bool, up_to_date: bool = False) -> None:
        """Write the claim where this run has none, unless the folder is in doubt.

        is_read: it was read just now, else it is read before it is overwritten; up_to_date: also where there were
        changes since. Raises VaultError.
        """
        record, claim = self._repository.folder_record(), self._claim
        is_of_run = claim is not None and [claim.session] == [each.id for each in record.sessions[-1:]]
        is_last = claim is not None and claim.step == record.generation
        if record.is_claimed and is_of_run and (is_last or not up_to_date):
            return
        if not is_read:
            self._look_anew()
        if not self._standing.is_in_doubt:
            self._write_claim()

    def _write_claim(self) -> None:
        """Write the claim, and then that there is one: before any key is stored or removed that it stands for."""
        record = self._repository.folder_record()
        if not record.sessions:  # no version that keeps a history has changed it yet
            record = self._repository.count_up()
        orgs = [org.id[:ORG_DIGITS] for org in self._repository.orgs()][:_MOST_ORGS]
        session, place = record.sessions[-1].id, self._repository.place()
        claim = Claim(session, record.generation, place, self._vault.name, tuple(orgs))
        self._vault.replace(ClaimRef(record.id), Secret(claim.to_text()))
        self._repository.change_folder(lambda record: replace(record, is_claimed=True))
        self._claim, self._standing = claim, Standing.KNOWN

    # What a person says

    def answers(self) -> Sequence[Answer]:
        """Return what can be answered now."""
        return ANSWERS.get(self.standing(), ())

    def answer(self, answer: Answer) -> Callable[[], None] | None:
        """Act on what the person says that the folder is. Returns what takes that back, for the vault lane, or None.

        OWN_KEYS is work on many apps: `OwnKeys` does it. Raises AnswerNotPossible, VaultError.
        """
        with self._lock:
            if answer not in self.answers() or answer is Answer.OWN_KEYS:
                raise AnswerNotPossible
            if answer is Answer.GO_ON:
                return self._go_on()
            viewer = self._repository.place() if answer is Answer.VIEWER else ""
            before = self._repository.folder_record().viewer
            self._set_viewer(viewer)
            return lambda: self._set_viewer(before)

    def _set_viewer(self, viewer: str) -> None:
        with self._lock:
            self._repository.change_folder(lambda record: replace(record, viewer=viewer))
            self._standing = Standing.UNKNOWN

    def _go_on(self) -> Callable[[], None]:
        before, standing, now = self._claim, self._standing, self.now()
        if standing in (Standing.RESTORED, Standing.OTHER_KEYCHAIN):
            self._give_time(now)
        self._repository.change_folder(lambda record: replace(record, seen=now))  # this run is in it from now on
        self._write_claim()

        def take_back() -> None:
            with self._lock:
                if before is not None:
                    self._vault.replace(ClaimRef(self._repository.folder_record().id), Secret(before.to_text()))
                else:
                    self._vault.remove(ClaimRef(self._repository.folder_record().id))
                self.forget()

        return take_back

    def _give_time(self, now: datetime) -> None:
        """Let nothing go at once: what an old list gives up may be in use."""
        until = now + periods.RESTORABLE
        for org in self._repository.orgs():
            self._repository.change_org(org.id, partial(transitions.give_org_time, until=until))
        ids = [app.id for app in self._repository.apps()]
        self._repository.change_apps(ids, partial(transitions.give_time, until=until))

    # The clock

    def now(self) -> datetime:
        """Return the time from which to count how long something is kept: never before the last time seen.

        A clock that goes back must not set a date that has passed when it is right again.
        """
        now, seen = self._now(), self._repository.folder_record().seen
        return now if seen is None else max(now, seen)

    def trusted_now(self) -> datetime:
        """Return the time up to which what is due may go: the last time seen, while the clock has jumped from it."""
        now, seen = self.now(), self._repository.folder_record().seen
        return seen if seen is not None and now - seen > CLOCK_STEP else now

    def note_time(self) -> None:
        """Write the time down, unless the clock has jumped and something fell due by that."""
        now, seen = self._now(), self._repository.folder_record().seen
        if seen is not None and self.clock_jump() is None and not timedelta(0) <= now - seen < CLOCK_NOTED:
            self.accept_clock()

    def clock_jump(self) -> ClockJump | None:
        """Return by how much the clock has jumped, None where it has not or where nothing fell due."""
        now, seen = self._now(), self._repository.folder_record().seen
        if seen is None or now - seen <= CLOCK_STEP:
            return None
        due = self._due_between(seen, now)
        return ClockJump(seen, now, due) if due else None

    def _due_between(self, seen: datetime | None, now: datetime) -> int:
        """Return how many deleted apps, kept keys and removed orgs fall due after `seen` and up to `now`."""
        apps, orgs = self._repository.apps(), self._repository.orgs()
        deleted = [app.purge_after for app in apps if app.state is AppState.DELETED]
        dates = [*deleted, *(kept.until for app in apps for kept in app.kept), *(org.purge_after for org in orgs)]
        return sum(due is not None and (seen is None or seen < due) and due <= now for due in dates)

    def accept_clock(self) -> None:
        """Take the clock for right."""
        now = self._now()
        self._repository.change_folder(lambda record: replace(record, seen=now))
