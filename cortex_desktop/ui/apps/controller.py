"""Between the Apps page and the services: every use case runs off the GUI thread and its outcome arrives here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from ...domain.activity import Action
from ...domain.errors import AppGone, CortexError, NotFinished, SecretMissing, VaultError, VaultProblem
from ...domain.model import App, AppDetails, Org, fold
from ...domain.ports import VaultState
from ...domain.secret import Secret, SecretKind
from ...services.apps import AppService, Created, RecoveryReport
from ...services.bulk import Bulk, BulkService, Deed
from ...services.doctor import Doctor, Finding
from ...services.keychain import KeychainService, KeychainStatus
from ...services.orgs import OrgService
from ...tasks.runner import Lane, Runner
from ..kit.clock import Clock
from ..kit.waiting import Waiting
from .model import Row
from .shelf import Shelved, to_shelve

T = TypeVar("T")


class AppsController(QObject):
    """Intents in, outcomes out. Until `attach` there are no services yet and intents do nothing.

    loaded(dict[str, Shelved]): what there is, by org; orgs_changed: another list of orgs, or another current one;
    entered: another one is current; changed(App), removed(str): one app, of whatever org, is new or different, or
    gone; keychain_changed(KeychainStatus); missing(str): no key in the keychain for this app; recovered(
    RecoveryReport); failed(CortexError): to be told; load_failed(CortexError): there is nothing to show.
    """

    loaded = Signal(object)
    orgs_changed = Signal()
    entered = Signal()
    changed = Signal(object)
    removed = Signal(str)
    keychain_changed = Signal(object)
    missing = Signal(str)
    recovered = Signal(object)
    failed = Signal(object)
    load_failed = Signal(object)

    def __init__(self, runner: Runner, clock: Clock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._apps: AppService | None = None
        self._orgs: OrgService | None = None
        self._keychain: KeychainService | None = None
        self._doctor: Doctor | None = None
        self._bulk: BulkService | None = None
        self._looking = False
        self._look_again = False
        self._unsettled = False  # something waits for the keychain to answer again
        self.org: Org | None = None
        self.orgs: list[Org] = []
        self.wished = ""
        """The id of the org to enter when orgs are loaded next, if it is there."""
        self.status: KeychainStatus | None = None
        self.waiting = Waiting(clock, self)

    @property
    def keychain_name(self) -> str:
        """The keychain's own name, empty while it is not known."""
        return self.status.name if self.status is not None else ""

    def attach(
        self, apps: AppService, orgs: OrgService, keychain: KeychainService, doctor: Doctor, bulk: BulkService
    ) -> None:
        """Start to work with these services: load the apps, look at the keychain, settle what was left half-done."""
        self._apps = apps
        self._orgs = orgs
        self._keychain = keychain
        self._doctor = doctor
        self._bulk = bulk
        self.reload()
        self.look_at_keychain()
        self.recover()

    def reload(self) -> None:
        """Read orgs and apps anew."""
        if self._apps is None or self._orgs is None:
            return
        self._disk(partial(_load, self._apps, self._orgs), self._show, self.load_failed.emit)

    def look_at_keychain(self) -> None:
        """See whether the keychain is there and unlocked. Asked often; while one look is under way, one more waits."""
        if self._keychain is not None:
            if self._looking:
                self._look_again = True  # what the look under way finds may be older than this request
                return
            self._looking = True
            self._runner.submit(Lane.VAULT, self._keychain.status, self, self._seen, self._not_seen)

    def unlock(self) -> None:
        """Have the system unlock the keychain; what waited for it is settled afterwards."""
        if self._keychain is not None:
            self._vault(self._keychain.unlock, self._import_key)

    def stop_waiting(self) -> None:
        """Give up on the keychain call that is waiting now."""
        if self._keychain is not None:
            self._keychain.stop_waiting()

    @Slot()
    def recover(self) -> None:
        """Finish or undo what was left half-done, and remove what is due."""
        if self._apps is not None:
            self._unsettled = False
            self._runner.submit(Lane.VAULT, self._apps.recover, self, self._recovered, self.failed.emit)

    def add(
        self,
        details: AppDetails,
        copy_of: App | None,
        done: Callable[[Created], None],
        failed: Callable[[CortexError], None],
    ) -> None:
        """Create an app; `failed` gets what the dialog should say."""
        if self._apps is not None and self.org is not None:
            self._add(partial(self._apps.add, self.org.id, details, copy_of), done, failed)

    def import_key(
        self,
        details: AppDetails,
        key: Secret,
        secret: Secret | None,
        done: Callable[[Created], None],
        failed: Callable[[CortexError], None],
    ) -> None:
        """Add an app whose key was made elsewhere; `failed` gets what the dialog should say."""
        if self._apps is not None and self.org is not None:
            self._add(partial(self._apps.import_key, self.org.id, details, key, secret), done, failed)

    def list_new(self, app: App) -> None:
        """Have everybody know of an app that was added: who gets it as `done` chooses the moment."""
        self.changed.emit(app)

    def _add(
        self, work: Callable[[], Created], done: Callable[[Created], None], failed: Callable[[CortexError], None]
    ) -> None:
        def refused(error: CortexError) -> None:
            if isinstance(error, NotFinished):
                self.reload()  # its row is there, marked as unfinished
            failed(error)

        self._vault(work, done, refused)

    def edit(
        self,
        app: App,
        details: AppDetails,
        done: Callable[[App], None] | None = None,
        failed: Callable[[CortexError], None] | None = None,
    ) -> None:
        """Keep what was changed about the app; `failed` gets what the dialog should say."""
        if self._apps is None:
            return

        def edited(after: App) -> None:
            self.changed.emit(after)
            if done is not None:
                done(after)

        def refused(error: CortexError) -> None:
            if isinstance(error, SecretMissing):
                self.missing.emit(app.id)
            (failed or self.failed.emit)(error)

        work = partial(self._apps.edit, app.id, details)
        if details.sessions != app.sessions:
            self._vault(work, edited, refused)
        else:
            self._disk(work, edited, refused)

    def rotate(
        self,
        app: App,
        keep: timedelta,
        done: Callable[[Created], None],
        failed: Callable[[CortexError], None],
    ) -> None:
        """Give the app a new key; `failed` gets what the dialog should say."""
        if self._apps is None:
            return

        def rotated(made: Created) -> None:
            self.changed.emit(made.app)
            done(made)
            self.recover()  # an old version that is not kept is due at once

        self._vault(partial(self._apps.rotate, app.id, keep), rotated, failed)

    def roll_back(self, app: App, number: int, keep: timedelta) -> None:
        """Make a kept version of the app's key the current one again."""
        if self._apps is not None:
            self._vault(partial(self._apps.roll_back, app.id, number, keep), self.changed.emit)

    def drop_kept(self, app: App, number: int) -> None:
        """Remove a kept version of the app's key now."""
        if self._apps is not None:
            self._vault(partial(self._apps.drop_kept, app.id, number), self.changed.emit)

    def find_deleted(self, done: Callable[[list[App]], None]) -> None:
        """The org's deleted apps that can still be restored."""
        if self._apps is not None and self.org is not None:
            self._disk(partial(self._apps.deleted, self.org.id), done)

    def check(self, app_id: str, done: Callable[[list[Finding]], None], failed: Callable[[CortexError], None]) -> None:
        """What does not match between the app's row and the keychain."""
        if self._doctor is not None:
            self._runner.submit(Lane.VAULT, partial(self._doctor.check, app_id), self, done, failed)

    def repair(self, finding: Finding, done: Callable[[], None], failed: Callable[[CortexError], None]) -> None:
        """Mend what `check` found."""
        if self._doctor is not None:
            work = partial(self._doctor.repair, finding)
            self._runner.submit(Lane.VAULT, work, self, lambda _: done(), failed)

    def fetch(self, app: App, kind: SecretKind, done: Callable[[Secret], None]) -> None:
        """Get the app's key or secret from the keychain."""
        if self._apps is None:
            return

        def refused(error: CortexError) -> None:
            if isinstance(error, SecretMissing):
                self.missing.emit(app.id)
            self.failed.emit(error)

        self._vault(partial(self._apps.secret, app.id, kind), done, refused)

    def note_copied(self, app: App, action: Action, clears_after: int) -> None:
        """Remember that the key, the secret or a request was copied now, for so many seconds."""
        if self._apps is not None:
            self._disk(partial(self._apps.copied, app.id, action, clears_after), self.changed.emit)

    def note_revealed(self, app: App, action: Action) -> None:
        """Remember that the key or the secret was shown."""
        if self._apps is not None:
            self._disk(partial(self._apps.revealed, app.id, action), _nothing)

    def set_enabled(self, app: App, enabled: bool) -> None:
        """Enable or disable the app."""
        if self._apps is not None:
            self._disk(partial(self._apps.set_enabled, app.id, enabled), self.changed.emit)

    def delete(self, app: App, done: Callable[[App], None]) -> None:
        """Hide the app; `restore` brings it back, `purge` makes it final."""
        if self._apps is None:
            return

        def deleted(gone: App) -> None:
            self.removed.emit(gone.id)
            done(gone)

        self._disk(partial(self._apps.delete, app.id), deleted)

    def restore(self, app: App) -> None:
        """Bring a deleted app back."""
        if self._apps is not None:
            self._disk(partial(self._apps.restore, app.id), self.changed.emit)

    def purge(self, app: App) -> None:
        """Remove a deleted app's secrets for good. When the keychain cannot now, the next start does."""
        if self._apps is not None:
            failed = partial(self._purge_failed, app)
            self._runner.submit(Lane.VAULT, partial(self._apps.purge, app.id), self, _nothing, failed)

    def remove_everything(self, done: Callable[[int], None], failed: Callable[[CortexError], None]) -> None:
        """Remove all apps of all orgs with their secrets; `done` gets their number."""
        if self._apps is not None:
            self._vault(self._apps.remove_everything, done, failed)

    def enter(self, org_id: str) -> None:
        """Make another org the current one."""
        found = next((org for org in self.orgs if org.id == org_id), None)
        if found is not None and found != self.org:
            self.org = found
            self.entered.emit()
            self.orgs_changed.emit()

    def take_orgs(self, orgs: list[Org]) -> None:
        """These are the orgs from now on, by name. When the current one is not among them, its neighbour is."""
        self.orgs = in_order(orgs)
        before = self.org
        if before is not None:
            behind = [org for org in self.orgs if org.id == before.id or name_key(org) > name_key(before)]
            self.org = next((org for org in self.orgs if org.id == before.id), (behind or self.orgs[-1:])[0])
            if self.org.id != before.id:
                self.entered.emit()
        self.orgs_changed.emit()

    def bulk(self, deed: Deed, apps: Sequence[App], keep: timedelta = timedelta(0)) -> Bulk | None:
        """Work that does this to many apps; `bulk_step` does it. keep: for how long old keys stay."""
        return self._bulk.make(deed, apps, keep) if self._bulk is not None else None

    def bulk_step(self, bulk: Bulk, done: Callable[[list[Row]], None], failed: Callable[[CortexError], None]) -> None:
        """Do the next part of it; other work of the lane may come between two parts. `done` gets what changed."""
        lane = Lane.VAULT if bulk.deed.needs_keychain else Lane.DISK
        self._runner.submit(lane, lambda: [Row(app) for app in bulk.step()], self, done, failed)

    # Outcomes

    def _show(self, found: tuple[list[Org], dict[str, Shelved]]) -> None:
        orgs, apps = found
        self.orgs = in_order(orgs)
        current = self.org.id if self.org is not None else ""
        by_id = {org.id: org for org in self.orgs}
        self.org = by_id.get(self.wished) or by_id.get(current) or orgs[0]
        self.wished = ""
        self.orgs_changed.emit()
        self.loaded.emit(apps)

    def _seen(self, status: KeychainStatus) -> None:
        self._looked()
        self._import_key(status)

    def _not_seen(self, error: CortexError) -> None:
        self._looked()
        self.failed.emit(error)

    def _looked(self) -> None:
        self._looking = False
        if self._look_again:
            self._look_again = False
            self.look_at_keychain()

    def _import_key(self, status: KeychainStatus) -> None:
        was_shut = self.status is not None and self.status.state is not VaultState.UNLOCKED
        self.status = status
        self.keychain_changed.emit(status)
        if status.state is VaultState.UNLOCKED and (was_shut or self._unsettled):
            self.recover()

    def _recovered(self, report: RecoveryReport) -> None:
        self._unsettled = self._unsettled or bool(report.waiting)
        if report.finished or report.undone:
            self.reload()
            self.recovered.emit(report)
        if report.more:
            self.recover()

    def _purge_failed(self, app: App, error: CortexError) -> None:
        if isinstance(error, VaultError):
            self._unsettled = True
            error = NotFinished(app.label)  # that it is to go is written down
        if not isinstance(error, AppGone):
            self.failed.emit(error)

    # Lanes

    def _disk(
        self,
        work: Callable[[], T],
        done: Callable[[T], Any],
        failed: Callable[[CortexError], Any] | None = None,
    ) -> None:
        self._runner.submit(Lane.DISK, work, self, done, failed or self.failed.emit)

    def _vault(
        self,
        work: Callable[[], T],
        done: Callable[[T], Any],
        failed: Callable[[CortexError], Any] | None = None,
    ) -> None:
        self.waiting.begin()

        def finished(result: T) -> None:
            self.waiting.end()
            done(result)

        def refused(error: CortexError) -> None:
            self.waiting.end()
            self._unsettled = self._unsettled or isinstance(error, NotFinished)
            if isinstance(error, NotFinished) or (
                isinstance(error, VaultError) and error.problem is not VaultProblem.DENIED
            ):
                self.look_at_keychain()
            (failed or self.failed.emit)(error)

        self._runner.submit(Lane.VAULT, work, self, finished, refused)


def _load(apps: AppService, orgs: OrgService) -> tuple[list[Org], dict[str, Shelved]]:
    """All orgs, and the apps of each, so that going from one to another needs no disk."""
    found = orgs.orgs()
    listed: dict[str, list[App]] = {org.id: [] for org in found}
    for app in apps.all_apps():
        listed.setdefault(app.org_id, []).append(app)
    return found, {org_id: to_shelve(of_org) for org_id, of_org in listed.items()}


def name_key(org: Org) -> tuple[str, str]:
    """What orgs are sorted by."""
    return fold(org.name), org.id


def in_order(orgs: Iterable[Org]) -> list[Org]:
    """The orgs by name."""
    return sorted(orgs, key=name_key)


def _nothing(_: object) -> None:
    """For work whose success shows nowhere."""
