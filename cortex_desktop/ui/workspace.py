"""What every page shares: the orgs and which is the current one, the keychain's status, and the apps of each org."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from ..domain.errors import CortexError, NotFinished, VaultError, VaultProblem
from ..domain.folding import look, sort_key
from ..domain.model import App, AppState, Org
from ..domain.ports import VaultState
from ..domain.query import Searchable
from ..services.apps.listing import AppListing
from ..services.apps.recovery import RecoveryReport
from ..services.apps.services import AppServices
from ..services.damage import Damage
from ..services.keychain import KeychainService, KeychainStatus
from ..services.orgs import OrgService
from ..tasks.jobs import Jobs
from ..tasks.lanes import Job, Lane
from .kit.clock import Clock
from .kit.waiting import Waiting

T = TypeVar("T")

AN_HOUR_MS = 3_600_000
"""How often to look for deleted apps and old keys whose time is up."""

_NUMBER = re.compile(r"\d+")


class ListedApp(Searchable):
    """An app with what searching and sorting need, made once.

    look: what its label looks like. sort_label: sorts "2" before "10".
    """

    __slots__ = ("look", "sort_label")

    def __init__(self, app: App) -> None:
        super().__init__(app)
        self.look = look(app.label)
        self.sort_label = _NUMBER.sub(lambda number: number[0].zfill(12), sort_key(app.label))


@dataclass(frozen=True)
class KeychainCheck:
    """A keychain check of all orgs. troubled: ids of apps whose keychain items do not match.

    ended: when, aware; None where it ended in an earlier run.
    """

    ended: datetime | None
    troubled: AbstractSet[str]


by_label = attrgetter("sort_label")
"""What apps are sorted by where nothing else is said."""


class Workspace(QObject):
    """What there is to work with. Pages change it through its methods and follow its signals.

    loaded: orgs and apps were read; load_failed(CortexError): they cannot be read; damage_found(Damage);
    orgs_changed: there are other orgs, or another one is current; entered: another one is current;
    apps_put(list[ListedApp]), apps_removed(set[str]): apps, of whatever orgs, are new or different, or gone;
    keychain_changed(KeychainStatus); recovered(RecoveryReport): unfinished work was finished or undone;
    failed(CortexError): to be shown; recorded: the activity log has grown; hour_passed;
    not_removed(tuple[NotRemoved]): secrets that could not be removed;
    missing_changed: other apps' keys are missing; checked: there is another `check`;
    app_asked(str), activity_asked(App), try_asked(App): a page shows this app, its activity, or a request with its key;
    apps_asked(str): the apps that this search finds; copies_asked(date, date): the copies of keys from this day to
    that; check_asked: check the keychain; new_app_asked: create an app.
    Lists travel as objects, since a Signal(list) copies each item to C++ and back.
    """

    loaded = Signal()
    load_failed = Signal(CortexError)
    damage_found = Signal(Damage)
    orgs_changed = Signal()
    entered = Signal()
    apps_put = Signal(object)
    apps_removed = Signal(object)
    keychain_changed = Signal(KeychainStatus)
    recovered = Signal(RecoveryReport)
    not_removed = Signal(object)
    failed = Signal(CortexError)
    recorded = Signal()
    hour_passed = Signal()
    missing_changed = Signal()
    checked = Signal()
    app_asked = Signal(str)
    activity_asked = Signal(App)
    try_asked = Signal(App)
    apps_asked = Signal(str)
    copies_asked = Signal(object, object)
    check_asked = Signal()
    new_app_asked = Signal()

    def __init__(
        self,
        jobs: Jobs,
        apps: AppServices,
        orgs: OrgService,
        keychain: KeychainService,
        damage: Callable[[], Damage],
        org_id: str,
        clock: Clock,
        parent: QObject,
    ) -> None:
        """damage: looks what was wrong with the database; org_id: of the org to begin with, if it is there."""
        super().__init__(parent)
        self._jobs = jobs
        self._app_services = apps
        self._org_service = orgs
        self._keychain = keychain
        self._damage = damage
        self._wished = org_id
        self._listed: dict[str, dict[str, ListedApp]] = {}  # by org and app
        self._looking = False
        self._look_again = False
        self._unsettled = False  # something waits for the keychain to answer again
        self.org: Org | None = None
        """The current org; None until orgs were read."""
        self.orgs: list[Org] = []
        self.status: KeychainStatus | None = None
        """How the keychain is; None until it was looked at."""
        self.missing: AbstractSet[str] = frozenset()
        """Ids of apps whose key was asked for and is not in the keychain."""
        self.in_doubt = False
        """True while nothing is removed from the keychain, since it is not known what the data folder is."""
        self.check: KeychainCheck | None = None
        """What the last keychain check found; None while none is known of."""
        self.waiting = Waiting(clock, self)
        self._hourly = QTimer(self)
        self._hourly.timeout.connect(self.recover)
        self._hourly.timeout.connect(self.hour_passed)
        self._hourly.start(AN_HOUR_MS)

    def start(self) -> None:
        """Read orgs and apps, look at the keychain, and finish or undo what was left half-done."""
        self.reload()
        self.on_disk(self._damage, self.damage_found.emit)
        self.look_at_keychain()
        self.recover()

    # Orgs

    def enter(self, org_id: str) -> None:
        """Make another org the current one."""
        found = next((org for org in self.orgs if org.id == org_id), None)
        if found is not None and found != self.org:
            self.org = found
            self.entered.emit()
            self.orgs_changed.emit()

    def wish(self, org_id: str) -> None:
        """Read orgs and apps anew, and make this org the current one."""
        self._wished = org_id
        self.reload()

    def set_orgs(self, orgs: Iterable[Org]) -> None:
        """Take these as all orgs. If the current one is not among them, its neighbour becomes current."""
        self.orgs = in_order(orgs)
        before = self.org
        if before is not None:
            behind = [org for org in self.orgs if org.id == before.id or name_key(org) > name_key(before)]
            self.org = next((org for org in self.orgs if org.id == before.id), (behind or self.orgs[-1:])[0])
            if self.org.id != before.id:
                self.entered.emit()
        self.orgs_changed.emit()

    # Apps

    def apps_of(self, org_id: str) -> list[ListedApp]:
        """The org's apps by label."""
        return sorted(self._listed.get(org_id, {}).values(), key=by_label)

    def current_apps(self) -> list[ListedApp]:
        """The current org's apps by label."""
        return self.apps_of(self.org.id) if self.org is not None else []

    def newest_app(self) -> App | None:
        """The current org's app that was created last, of those whose key is there."""
        listed = self._listed.get(self.org.id, {}).values() if self.org is not None else ()
        active = (each for each in listed if each.app.state is AppState.ACTIVE)
        newest = max(active, key=attrgetter("created_at"), default=None)
        return None if newest is None else newest.app

    def all_apps(self) -> Iterator[App]:
        """The apps of all orgs."""
        return (listed.app for apps in self._listed.values() for listed in apps.values())

    def find(self, app_id: str) -> App | None:
        """The app with this id, of any org."""
        return next((apps[app_id].app for apps in self._listed.values() if app_id in apps), None)

    def count(self, org_id: str) -> int:
        """The number of the org's apps."""
        return len(self._listed.get(org_id, {}))

    def count_words(self, org_id: str) -> str:
        """The same in words."""
        return self.tr("%Ln app(s)", "", self.count(org_id))

    def put(self, app: App) -> None:
        """List an app that is new or different."""
        self.put_all([ListedApp(app)])

    def put_all(self, apps: Sequence[ListedApp]) -> None:
        """The same for many. Make them off the GUI thread."""
        for listed in apps:
            self._listed.setdefault(listed.app.org_id, {})[listed.app.id] = listed
        self.apps_put.emit(apps)

    def remove(self, app_ids: Collection[str]) -> None:
        """List these apps no more."""
        for apps in self._listed.values():
            for app_id in app_ids:
                apps.pop(app_id, None)
        self.apps_removed.emit(set(app_ids))

    def set_missing(self, app_ids: AbstractSet[str]) -> None:
        """Set which apps' keys are known to be missing from the keychain."""
        self.missing = frozenset(app_ids)
        self.missing_changed.emit()

    def set_check(self, check: KeychainCheck) -> None:
        """Set what the last keychain check found."""
        self.check = check
        self.checked.emit()

    def reload(self) -> None:
        """Read orgs and apps anew."""
        self.on_disk(partial(_load, self._app_services.listing, self._org_service), self._show, self.load_failed.emit)

    # Keychain

    @property
    def keychain_name(self) -> str:
        """The keychain's own name, empty while it is not known."""
        return self.status.name if self.status is not None else ""

    @property
    def is_locked(self) -> bool:
        """True if the keychain has to be unlocked first."""
        return self.status is not None and self.status.state is VaultState.LOCKED

    @Slot()
    def look_at_keychain(self) -> None:
        """See whether the keychain is there and unlocked. Asked often; while one look is under way, one more waits."""
        if self._looking:
            self._look_again = True  # what the look under way finds may be older than this request
            return
        self._looking = True
        self.submit(Lane.VAULT, self._keychain.status, self._seen, self._not_seen)

    @Slot()
    def unlock(self) -> None:
        """Ask the system to unlock the keychain, then finish what waited for it."""
        self.on_vault(self._keychain.unlock, self._show_status)

    @Slot()
    def stop_waiting(self) -> None:
        """Give up on the keychain call that is waiting now."""
        self._keychain.stop_waiting()

    @Slot()
    def recover(self) -> None:
        """Finish or undo what was left half-done, and remove what is due."""
        self._unsettled = False
        self.submit(Lane.VAULT, self._app_services.recovery.recover, self._recovered)

    def recover_later(self) -> None:
        """Recover when the keychain answers again."""
        self._unsettled = True

    def remove_everything(self, done: Callable[[int], object], failed: Callable[[CortexError], object]) -> None:
        """Remove all apps of all orgs with their secrets; `done` gets their number."""
        self.on_vault(self._app_services.deletion.remove_everything, done, failed)

    # Jobs

    def submit(
        self,
        lane: Lane,
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[CortexError], object] | None = None,
    ) -> Job[T]:
        """Run `work` on the lane, then `done(result)` or `failed(error)` here; by default the error is shown."""
        return self._jobs.submit(lane, work, self, done, failed or self.failed.emit)

    def on_disk(
        self,
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[CortexError], object] | None = None,
    ) -> Job[T]:
        """The same for work that needs the data folder only."""
        return self.submit(Lane.DISK, work, done, failed)

    def on_vault(
        self,
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[CortexError], object] | None = None,
    ) -> Job[T]:
        """The same for work that a person waits for at the keychain: it is said when that takes long."""
        self.waiting.begin()

        def finished(result: T) -> None:
            self.waiting.end()
            done(result)
            self.submit(Lane.VAULT, self._app_services.stores.folder.renew_claim, _ignore)

        def refused(error: CortexError) -> None:
            self.waiting.end()
            self._unsettled = self._unsettled or isinstance(error, NotFinished)
            if isinstance(error, NotFinished) or (
                isinstance(error, VaultError) and error.problem is not VaultProblem.DENIED
            ):
                self.look_at_keychain()
            (failed or self.failed.emit)(error)

        return self.submit(Lane.VAULT, work, finished, refused)

    def on_unlocked(
        self,
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[CortexError], object] | None = None,
    ) -> Job[T]:
        """The same; where the keychain is locked, the system asks to unlock it first."""

        def unlocking() -> T:
            try:
                return work()
            except VaultError as error:
                if error.problem is not VaultProblem.LOCKED:
                    raise
            self._keychain.unlock()
            return work()

        def finished(result: T) -> None:
            if self.is_locked:
                self.look_at_keychain()
            done(result)

        return self.on_vault(unlocking, finished, failed)

    # Outcomes

    def _show(self, found: tuple[list[Org], dict[str, dict[str, ListedApp]]]) -> None:
        orgs, self._listed = found
        current = self.org.id if self.org is not None else ""
        by_id = {org.id: org for org in orgs}
        self.orgs = in_order(orgs)
        self.org = by_id.get(self._wished) or by_id.get(current) or orgs[0]
        self._wished = ""
        self.orgs_changed.emit()
        self.loaded.emit()

    def _seen(self, status: KeychainStatus) -> None:
        self._looked()
        self._show_status(status)

    def _not_seen(self, error: CortexError) -> None:
        self._looked()
        self.failed.emit(error)

    def _looked(self) -> None:
        self._looking = False
        if self._look_again:
            self._look_again = False
            self.look_at_keychain()

    def _show_status(self, status: KeychainStatus) -> None:
        was_shut = self.status is not None and self.status.state is not VaultState.UNLOCKED
        self.status = status
        self.keychain_changed.emit(status)
        if status.state is VaultState.UNLOCKED and (was_shut or self._unsettled):
            self.recover()

    def _recovered(self, report: RecoveryReport) -> None:
        self._unsettled = self._unsettled or bool(report.waiting)
        if report.finished or report.undone or report.removed:
            self.reload()
        if report.finished or report.undone:
            self.recovered.emit(report)
        if report.not_removed:
            self.not_removed.emit(report.not_removed)
        if report.more:
            self.recover()


def _ignore(_: object) -> None:
    """Ignore the result."""


def _load(apps: AppListing, orgs: OrgService) -> tuple[list[Org], dict[str, dict[str, ListedApp]]]:
    """All orgs, and the apps of each, so that going from one to another needs no disk."""
    found = orgs.orgs()
    listed: dict[str, dict[str, ListedApp]] = {org.id: {} for org in found}
    for app in sorted(map(ListedApp, apps.of_all_orgs()), key=by_label):
        listed.setdefault(app.app.org_id, {})[app.app.id] = app
    return found, listed


def name_key(org: Org) -> tuple[str, str]:
    """What orgs are sorted by."""
    return sort_key(org.name), org.id


def in_order(orgs: Iterable[Org]) -> list[Org]:
    """The orgs by name."""
    return sorted(orgs, key=name_key)
