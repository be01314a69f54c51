"""The fault matrix of the two-store protocol: whatever goes wrong, at whatever step, ends consistent.

Each scenario is run once for every step x every fault, and once for every pair of faults (or three), with the
recoveries of the next two starts among the steps. Then comes a recovery without faults, and both stores must agree.
The figures are in tests/faults/README.md.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import Enum
from functools import partial
from itertools import count
from pathlib import Path
from typing import cast

import pytest

from cortex_desktop.domain.errors import (
    AppGone,
    CortexError,
    KeyKnown,
    NotFinished,
    OrgGone,
    StorageError,
    VaultTimeout,
)
from cortex_desktop.domain.findings import Finding, Problem, Stray
from cortex_desktop.domain.folder import FolderRecord, Session
from cortex_desktop.domain.model import App, AppDetails, AppState, Environment, Org, OrgState
from cortex_desktop.domain.ports import ActivityLog, Repository, VaultState
from cortex_desktop.domain.secret import KeyEnds, Secret, SecretKind, SecretRef, generate, well_formed
from cortex_desktop.services.activity import Recorder
from cortex_desktop.services.apps.recovery import RecoveryReport
from cortex_desktop.services.apps.services import AppServices
from cortex_desktop.services.bulk import Bulk, Delete, Disable, RollBack, Rotate
from cortex_desktop.services.doctor import Doctor
from cortex_desktop.services.orgs import OrgService
from cortex_desktop.storage.activity import ActivityFile
from cortex_desktop.storage.repository import TinyRepository
from tests.support.services import NOON, app_services, create, disk_full, failed
from tests.support.vaults import LateVault, StillUnderWay

ORG = Org("0123abcd", "NewHealth", "newhealthco", Environment.DEVELOPMENT, "https://api.dev.medable.com")
SECOND = replace(ORG, id="4567cdef", name="Clinic")
THIRD = replace(ORG, id="89abef01", name="Lab")
ORG_ID = ORG.id
A_DAY = timedelta(days=1)
A_WEEK = timedelta(days=7)
SHORTLY = timedelta(seconds=20)
AT_ONCE = timedelta(0)


MOST = 100
"""Cases of two faults, and of three, that the short form plays of each scenario; `--long` plays all."""


class Crash(BaseException):
    """The program dies here. No code of its own runs after it."""


class Fault(Enum):
    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    ERROR_BEFORE = "error before"
    ERROR_AFTER = "error after"
    NO_ANSWER_BEFORE = "no answer, nothing done"
    NO_ANSWER_AFTER = "no answer, but done"
    NO_ANSWER_LATE = "no answer, but done when all is settled"
    LOCKS = "the keychain locks itself"


_READ = [Fault.CRASH_BEFORE, Fault.ERROR_BEFORE]
_WRITE = [Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.ERROR_BEFORE, Fault.ERROR_AFTER]
_UNANSWERED = [Fault.NO_ANSWER_BEFORE, Fault.NO_ANSWER_AFTER]
FAULTS = {
    "apps": _READ,
    "app": _READ,
    "orgs": _READ,
    "add_app": _WRITE,
    "change_app": _WRITE,
    "change_apps": _WRITE,
    "drop_app": _WRITE,
    "save_org": _WRITE,
    "change_org": _WRITE,
    "drop_org": _WRITE,
    "state": [Fault.CRASH_BEFORE, Fault.LOCKS],  # it never raises
    "read": [*_READ, Fault.NO_ANSWER_BEFORE, Fault.LOCKS],
    "store": [*_WRITE, Fault.NO_ANSWER_LATE, Fault.NO_ANSWER_AFTER, Fault.LOCKS],
    "append": _WRITE,
    "remove": [*_WRITE, *_UNANSWERED, Fault.LOCKS],
    "change_folder": _WRITE,
    "count_up": _WRITE,
    "keep_findings": _WRITE,
    "keep_strays": _WRITE,
    "items": _READ,
    "read all": [*_READ, Fault.NO_ANSWER_BEFORE, Fault.LOCKS],
    "keep one": [*_WRITE, *_UNANSWERED, Fault.LOCKS],
    "read claim": [*_READ, Fault.NO_ANSWER_BEFORE, Fault.LOCKS],
    "write claim": [*_WRITE, *_UNANSWERED, Fault.LOCKS],
}
IN_KEYCHAIN = {"state", "read", "store", "remove", "read claim", "write claim", "items", "read all", "keep one"}
ON_DISK = FAULTS.keys() - IN_KEYCHAIN

Plan = tuple[tuple[int, Fault], ...]


class Rows:
    """A database in memory that outlives a crash. `begin_run`: a program has started on it."""

    def __init__(self) -> None:
        self.runs = 1
        self.session = Session("5e", 1)
        self.strange: list[Stray] = []
        self.rows: dict[str, App] = {}
        self.org_rows: dict[str, Org] = {}
        self.record = FolderRecord("f0", 1, (self.session,), seen=NOON)
        self.found: list[Finding] = []

    def begin_run(self) -> None:
        self.runs += 1
        self.session = Session(f"{self.runs:04x}", 0)

    def _changed(self) -> None:
        """Count a change, and enter this run with its first."""
        generation = self.record.generation + 1
        sessions = self.record.sessions
        if self.session.id not in {each.id for each in sessions}:
            self.session = Session(self.session.id, generation)
            sessions = (*sessions, self.session)
        self.record = replace(self.record, generation=generation, sessions=sessions)

    def orgs(self) -> Sequence[Org]:
        return tuple(self.org_rows.values())

    def save_org(self, org: Org) -> None:
        self.org_rows[org.id] = org
        self._changed()

    def change_org(self, org_id: str, change: Callable[[Org], Org]) -> Org:
        if org_id not in self.org_rows:
            raise OrgGone
        self.org_rows[org_id] = change(self.org_rows[org_id])
        self._changed()
        return self.org_rows[org_id]

    def drop_org(self, org_id: str) -> None:
        if not any(app.org_id == org_id for app in self.rows.values()):
            self.org_rows.pop(org_id, None)
            self._changed()

    def apps(self) -> Sequence[App]:
        return tuple(self.rows.values())

    def app(self, app_id: str) -> App:
        if app_id not in self.rows:
            raise AppGone
        return self.rows[app_id]

    def add_app(self, app: App) -> None:
        assert app.id not in self.rows
        self.rows[app.id] = app
        self._changed()

    def change_app(self, app_id: str, change: Callable[[App], App]) -> App:
        self.rows[app_id] = change(self.app(app_id))
        self._changed()
        return self.rows[app_id]

    def change_apps(self, app_ids: Iterable[str], change: Callable[[App], App]) -> Sequence[App]:
        there = [self.rows[app_id] for app_id in app_ids if app_id in self.rows]
        changed = [after for app in there if (after := change(app)) is not app]
        self.rows.update({app.id: app for app in changed})
        self._changed()
        return changed

    def drop_app(self, app_id: str) -> None:
        self.rows.pop(app_id, None)
        self._changed()

    def is_unreadable(self, app_id: str) -> bool:
        return False

    def place(self) -> str:
        return "/apps"

    def stands_at(self, path: str, folder_id: str) -> bool:
        return False

    def folder_record(self) -> FolderRecord:
        return self.record

    def change_folder(self, change: Callable[[FolderRecord], FolderRecord]) -> FolderRecord:
        after = change(self.record)
        if after != self.record:
            self.record = after
            self._changed()
        return self.record

    def count_up(self) -> FolderRecord:
        self._changed()
        return self.record

    def findings(self) -> Sequence[Finding]:
        return [finding for finding in self.found if finding.app.id in self.rows]

    def keep_findings(self, findings: Iterable[Finding], app_ids: Iterable[str]) -> None:
        ids = set(app_ids)
        self.found = [each for each in self.found if each.app.id not in ids] + list(findings)
        self._changed()

    def strays(self) -> Sequence[Stray]:
        return self.strange

    def keep_strays(self, strays: Iterable[Stray]) -> None:
        self.strange = list(strays)
        self._changed()


class Steps:
    """Counts the calls to either store and lets them fail as planned. `trace`: the calls, in order."""

    def __init__(self, plan: Plan, vault: LateVault) -> None:
        self.plan = dict(plan)
        self.trace: list[str] = []
        self.dead = False
        self._vault = vault

    def before(self, call: str) -> None:
        if self.dead:
            raise Crash
        self.trace.append(call)
        fault = self.plan.get(len(self.trace))
        if fault is Fault.LOCKS:
            self._vault.current = VaultState.LOCKED
        if fault is Fault.NO_ANSWER_LATE:
            raise StillUnderWay("Test keychain")
        self._fail(call, fault, Fault.CRASH_BEFORE, Fault.ERROR_BEFORE, Fault.NO_ANSWER_BEFORE)

    def after(self, call: str) -> None:
        self._fail(call, self.plan.get(len(self.trace)), Fault.CRASH_AFTER, Fault.ERROR_AFTER, Fault.NO_ANSWER_AFTER)

    def _fail(self, call: str, fault: Fault | None, crash: Fault, error: Fault, no_answer: Fault) -> None:
        if fault is crash:
            self.dead = True
            raise Crash
        if fault is error:
            if call in ON_DISK:
                raise disk_full()
            raise failed()
        if fault is no_answer:
            raise VaultTimeout("Test keychain")


class Watched:
    """A repository or an activity log whose calls are steps."""

    def __init__(self, inner: object, steps: Steps) -> None:
        self.inner = inner
        self._steps = steps

    def __getattr__(self, name: str) -> Callable[..., object]:
        method = getattr(self.inner, name)
        if name not in FAULTS:
            return cast(Callable[..., object], method)

        def call(*args: object) -> object:
            self._steps.before(name)
            result = method(*args)
            self._steps.after(name)
            return result

        return call


class World:
    """Two stores, and the programs that come and go over them. open_repository: as a start finds it on disk.

    harmed: something was done to the keychain behind the program's back, and is for the keychain check to repair.
    log: where programs record what they do; nowhere by default. others: items that are there already, and stay.
    """

    def __init__(self, open_repository: Callable[[], Repository], plan: Plan, log: ActivityLog | None = None) -> None:
        self._log = log
        self._open_repository = open_repository
        self.vault = LateVault()
        self.time = NOON
        self.harmed = False
        self.others: dict[SecretRef, Secret] = {}
        repository = open_repository()
        for org in (ORG, SECOND):
            repository.save_org(org)
        self.bystander = create(app_services(repository, self.vault, self._now), ORG_ID, "Bystander").app
        self.steps = Steps(plan, self.vault)
        self.vault.before = lambda call, _: self.steps.before(call)
        self.vault.after = lambda call, _: self.steps.after(call)

    def start(self) -> AppServices:
        """A program that has just started."""
        self.steps.dead = False
        self._repository = self._open_repository()
        if isinstance(self._repository, Rows):
            self._repository.begin_run()
        self._repository.change_folder(lambda record: replace(record, seen=self.time))
        self._watched = cast(Repository, Watched(self._repository, self.steps))
        log = cast(ActivityLog, Watched(self._log, self.steps)) if self._log is not None else None
        self._recorder = Recorder(self._repository, log, lambda: ("john", "desk-7"), now=self._now)
        return app_services(self._watched, self.vault, self._now, self._recorder)

    @contextmanager
    def in_peace(self) -> Iterator[AppServices]:
        """A program in which nothing goes wrong, and which takes no steps. Only before the scenario's own."""
        hooks, self.vault.before, self.vault.after = (self.vault.before, self.vault.after), None, None
        yield app_services(self._repository, self.vault, self._now)
        self.vault.before, self.vault.after = hooks

    def orgs(self) -> OrgService:
        """What the program that runs does with orgs."""
        return OrgService(self._watched, self._now, self._recorder)

    def rows(self) -> Sequence[App]:
        """The state on the disk."""
        return self._open_repository().apps()

    def org_rows(self) -> dict[str, Org]:
        """The orgs on disk, without those that only stand in for lost ones."""
        known = {ORG.name, SECOND.name, THIRD.name}
        return {org.id: org for org in self._open_repository().orgs() if org.name in known}

    def check_journal(self) -> None:
        """What must hold at any moment: a row tells of each secret, and what a row promises is there."""
        rows = {app.id: app for app in self.rows()}
        assert {app.org_id for app in rows.values()} <= self.org_rows().keys(), "an app without its org"
        for ref in self.vault.items.keys() - self.others:
            assert ref.app_id in rows, "a secret without a row"
            row = rows[ref.app_id]
            told = ref.version in (*row.versions, *row.taken) or row.sweep_until is not None
            assert told or self.harmed, "a secret that its row does not tell of"
        for app in rows.values():
            if app.state in (AppState.ACTIVE, AppState.DELETED) and not self.harmed:
                self._check_version(app, app.version, app.key_ends)

    def check_end(self) -> None:
        """What must hold once recovery was left in peace."""
        going = [app for app in self.rows() if app.state is AppState.DELETING]
        rows = [app for app in self.rows() if app not in going]
        assert all(app.sweep_until and app.sweep_until > self.time for app in going), "something stays for no reason"
        unfinished = {org.id for org in self.org_rows().values() if org.state is not OrgState.ACTIVE}
        assert unfinished <= {app.org_id for app in going}, "an org is unfinished"
        assert self.org_rows()[ORG_ID] == ORG, "another org was touched"
        assert {app.state for app in rows} == {AppState.ACTIVE}, "something is unfinished"
        for app in rows:
            assert app.pending is None, "a rotation is unfinished"
            assert len(set(app.versions)) == len(app.versions), "a version twice"
            assert max(app.versions) <= app.last_version, "a number that was not given out"
            self._check_version(app, app.version, app.key_ends)
            for kept in app.kept:
                assert kept.until > self.time, "an old version outstays its time"
                self._check_version(app, kept.number, kept.key_ends)
        wanted = {ref for app in rows for number in app.versions for ref in app.refs_of(number)}
        taken = {ref for app in rows for number in app.taken for ref in app.any_refs_of(number)}
        assert set(self.vault.items) - taken - self.others.keys() == wanted - self.others.keys(), "a secret too many"
        assert self.others.items() <= self.vault.items.items(), "somebody's key is gone"
        assert not self.vault.doubles, "an item is there twice"
        assert self.bystander in rows, "another app was touched"
        stored = [ref for call, ref in self.vault.calls if call == "store"]
        assert len(set(stored)) == len(stored), "a number was used twice"

    def _check_version(self, app: App, number: int, key_ends: KeyEnds) -> None:
        for ref in app.refs_of(number):
            assert ref in self.vault.items, f"the {ref.kind.value} is missing"
            assert well_formed(ref.kind, self.vault.items[ref])
        key = SecretRef(app.org_id, app.id, SecretKind.API_KEY, number)
        assert KeyEnds.of(self.vault.items[key]) == key_ends, "a wrong key"

    def _now(self) -> datetime:
        return self.time


@dataclass
class Told:
    """What the person knows about the app of the scenario, or the apps; None and () where they know nothing.

    exists: how many there are; keys: one of these is the current key; held: all of these are in the keychain, current
    or kept; kept: how many versions there are to roll back to; alike: all are enabled, or all are disabled; each: what
    they know about one of several apps, by id; details: one of these is what the row says of the app; secret: the
    current API secret; orgs: which of the other orgs there are.
    """

    exists: int | None = None
    keys: tuple[Secret, ...] = ()
    held: tuple[Secret, ...] = ()
    kept: int | None = None
    alike: bool = False
    each: dict[str, Told] = field(default_factory=dict)
    details: tuple[AppDetails, ...] = ()
    secret: Secret | None = None
    orgs: tuple[Org, ...] | None = None


Scenario = Callable[[AppServices, World], Iterator[Told]]
EDITED = AppDetails("Edited", csrf=False, notes="Ask Ada", owner="Ada", expires=date(2027, 2, 28))


def create_app(service: AppServices, sessions: bool) -> Iterator[Told]:
    try:
        made = create(service, ORG_ID, "NewHealth App", sessions=sessions)
    except NotFinished:
        yield Told()
    except CortexError:
        yield Told(exists=False)  # "failed" is a promise: it must not turn up later
    else:
        yield Told(exists=True, keys=(made.key,), kept=0)


def create_with_sessions(service: AppServices, world: World) -> Iterator[Told]:
    yield from create_app(service, sessions=True)


def create_signing(service: AppServices, world: World) -> Iterator[Told]:
    yield from create_app(service, sessions=False)


def import_key(service: AppServices, details: AppDetails, secret: Secret | None) -> Iterator[Told]:
    key = generate(SecretKind.API_KEY)
    try:
        service.creation.import_key(ORG_ID, details, key, secret)
    except NotFinished:
        yield Told(keys=(key,), secret=secret, details=(details,))
    except CortexError:
        yield Told(exists=False)
    else:
        yield Told(exists=True, keys=(key,), secret=secret, kept=0, details=(details,))
        with suppress(KeyKnown):  # it is the other errors that may come
            service.creation.import_key(ORG_ID, replace(details, label="Twice"), key, secret)


def import_with_sessions(service: AppServices, world: World) -> Iterator[Told]:
    yield from import_key(service, replace(EDITED, sessions=True), None)


def import_signing(service: AppServices, world: World) -> Iterator[Told]:
    yield from import_key(service, EDITED, generate(SecretKind.API_SECRET))


def an_app(
    world: World, sessions: bool, rotated: timedelta | None = None, org: Org = ORG
) -> tuple[App, Secret, Secret]:
    """Made before anything can go wrong; with its key and the key before, the same unless `rotated`."""
    with world.in_peace() as service:
        made = first = create(service, org.id, "Old", sessions=sessions)
        if rotated is not None:
            made = service.rotation.rotate(made.app.id, rotated)
    return made.app, made.key, first.key


def delete(service: AppServices, app: App) -> Iterator[Told]:
    yield Told()
    service.deletion.delete(app.id)
    yield Told(exists=False)
    service.removal.purge(app.id)


def delete_with_sessions(service: AppServices, world: World) -> Iterator[Told]:
    app, key, _ = an_app(world, sessions=True)
    yield Told(exists=True, keys=(key,))
    yield from delete(service, app)


def delete_signing(service: AppServices, world: World) -> Iterator[Told]:
    app, key, _ = an_app(world, sessions=False)
    yield Told(exists=True, keys=(key,))
    yield from delete(service, app)


def delete_with_kept(service: AppServices, world: World) -> Iterator[Told]:
    app, key, _ = an_app(world, sessions=False, rotated=A_WEEK)
    yield Told(exists=True, keys=(key,), kept=1)
    yield from delete(service, app)


def delete_unfinished_rotation(service: AppServices, world: World) -> Iterator[Told]:
    app, _, _ = unfinished_rotation(world)
    yield Told(exists=True)
    yield from delete(service, app)


def delete_and_restore(service: AppServices, world: World) -> Iterator[Told]:
    app, key, _ = an_app(world, sessions=False)
    yield Told()
    service.deletion.delete(app.id)
    service.deletion.restore(app.id)
    yield Told(exists=True, keys=(key,))
    service.removal.purge(app.id)  # the timer that was not stopped in time


def delete_restore_and_purge(service: AppServices, world: World) -> Iterator[Told]:
    app, key, _ = an_app(world, sessions=True, rotated=A_WEEK)
    yield Told()
    service.deletion.delete(app.id)
    service.deletion.restore(app.id)
    yield Told(exists=True, keys=(key,), kept=1)
    yield from delete(service, app)


def rotate(service: AppServices, app: App, now: Secret, keep: timedelta) -> Iterator[Told]:
    held = () if keep is AT_ONCE else (now,)
    yield Told(exists=True, held=held)
    try:
        made = service.rotation.rotate(app.id, keep)
    except NotFinished:
        yield Told(exists=True, held=held)
    except CortexError:
        yield Told(exists=True, keys=(now,), kept=0)  # "failed" is a promise: the old key stays
    else:
        yield Told(exists=True, keys=(made.key,), held=held, kept=len(held))


def rotate_with_sessions(service: AppServices, world: World) -> Iterator[Told]:
    app, key, _ = an_app(world, sessions=True)
    yield from rotate(service, app, key, A_WEEK)


def rotate_signing(service: AppServices, world: World) -> Iterator[Told]:
    app, key, _ = an_app(world, sessions=False)
    yield from rotate(service, app, key, A_WEEK)


def rotate_keeping_nothing(service: AppServices, world: World) -> Iterator[Told]:
    app, key, _ = an_app(world, sessions=False)
    yield from rotate(service, app, key, AT_ONCE)


def rotate_twice(service: AppServices, world: World) -> Iterator[Told]:
    app, key, _ = an_app(world, sessions=True)
    yield from rotate(service, app, key, AT_ONCE)
    yield Told(exists=True)
    service.rotation.rotate(app.id, A_WEEK)


def unfinished_rotation(world: World, org: Org = ORG) -> tuple[App, Secret, Secret]:
    """An app whose rotation got no answer for the second secret, which was stored all the same; both its keys."""
    app, key, _ = an_app(world, sessions=False, org=org)
    with world.in_peace() as service:
        stores: list[SecretRef | None] = []

        def no_answer(call: str, ref: SecretRef | None) -> None:
            stores.extend([ref] if call == "store" else [])
            if len(stores) == 2:
                raise VaultTimeout("Test keychain")

        world.vault.after = no_answer
        with pytest.raises(NotFinished):
            service.rotation.rotate(app.id, A_WEEK)
        world.vault.after = None
    [new] = [ref for ref in stores if ref is not None and ref.kind is SecretKind.API_KEY]
    return app, key, world.vault.items[new]


def rotate_again_after_no_answer(service: AppServices, world: World) -> Iterator[Told]:
    app, old, new = unfinished_rotation(world)
    yield Told(exists=True, held=(old,))
    try:
        made = service.rotation.rotate(app.id, A_WEEK)
    except NotFinished:
        yield Told(exists=True, held=(old,))
    except CortexError:
        yield Told(exists=True, keys=(old, new), held=(old,))
    else:
        yield Told(exists=True, keys=(made.key,), held=(old, new), kept=2)


def edit(service: AppServices, app: App, after: AppDetails, failed: Told, done: Told) -> Iterator[Told]:
    """failed, done: what the person knows then, but for the details."""
    any_of = (app.details, after)
    yield replace(failed, kept=None, details=any_of)
    try:
        service.editing.edit(app.id, after)
    except (NotFinished, StorageError):  # a disk that fails may have done it all the same
        yield replace(failed, kept=None, details=any_of)
    except CortexError:
        yield replace(failed, details=any_of[:1])
    else:
        yield replace(done, details=any_of[1:])


def edit_details(service: AppServices, world: World) -> Iterator[Told]:
    app, key, first = an_app(world, sessions=False, rotated=A_WEEK)
    as_before = Told(exists=True, keys=(key,), held=(key, first, secret_of(world, app)), kept=1)
    yield from edit(service, app, EDITED, as_before, as_before)


def secret_of(world: World, app: App) -> Secret:
    return world.vault.items[app.ref(SecretKind.API_SECRET)]


def switch_sessions_on(service: AppServices, world: World) -> Iterator[Told]:
    app, key, _ = an_app(world, sessions=False)
    told = Told(exists=True, keys=(key,), held=(key, secret_of(world, app)))
    yield from edit(service, app, replace(EDITED, sessions=True), replace(told, kept=0), replace(told, kept=1))


def switch_sessions_off(service: AppServices, world: World) -> Iterator[Told]:
    app, key, first = an_app(world, sessions=True, rotated=A_WEEK)
    told = Told(exists=True, keys=(key,), held=(key, first), kept=1)
    yield from edit(service, app, EDITED, told, told)


def switch_sessions_off_again(service: AppServices, world: World) -> Iterator[Told]:
    app, key, _ = an_app(world, sessions=False)
    secret = secret_of(world, app)
    with world.in_peace() as peaceful:
        app = peaceful.editing.edit(app.id, replace(app.details, sessions=True))
    told = Told(exists=True, keys=(key,), held=(key, secret))
    yield from edit(service, app, EDITED, replace(told, kept=1), replace(told, kept=0, secret=secret))


def switch_sessions_after_no_answer(service: AppServices, world: World) -> Iterator[Told]:
    """Settle a rotation first, with the one key or the other."""
    app, old, new = unfinished_rotation(world)
    yield Told(exists=True, held=(old,))
    service.editing.edit(app.id, replace(EDITED, sessions=True))
    yield Told(exists=True, keys=(old, new), held=(old,), details=(replace(EDITED, sessions=True),))


def delete_with_sessions_switched(service: AppServices, world: World) -> Iterator[Told]:
    app, key, _ = an_app(world, sessions=False)
    with world.in_peace() as peaceful:
        app = peaceful.editing.edit(app.id, replace(app.details, sessions=True))
    yield Told(exists=True, keys=(key,), kept=1)
    yield from delete(service, app)


def roll_back_sessions(service: AppServices, world: World) -> Iterator[Told]:
    app, key, _ = an_app(world, sessions=False)
    secret = secret_of(world, app)
    with world.in_peace() as peaceful:
        switched = peaceful.editing.edit(app.id, replace(app.details, sessions=True))
    yield Told(exists=True, keys=(key,), held=(secret,), details=(app.details, switched.details))
    service.rotation.roll_back(app.id, 1, AT_ONCE)
    yield Told(exists=True, keys=(key,), secret=secret, kept=0, details=(app.details,))


def roll_back(service: AppServices, world: World) -> Iterator[Told]:
    app, key, first = an_app(world, sessions=False, rotated=A_WEEK)
    yield Told(exists=True, keys=(key, first), held=(key, first), kept=1)
    service.rotation.roll_back(app.id, 1, A_WEEK)
    yield Told(exists=True, keys=(first,), held=(key,), kept=1)


def roll_back_keeping_nothing(service: AppServices, world: World) -> Iterator[Told]:
    app, key, first = an_app(world, sessions=False, rotated=A_WEEK)
    yield Told(exists=True, keys=(key, first))
    service.rotation.roll_back(app.id, 1, AT_ONCE)
    yield Told(exists=True, keys=(first,), kept=0)


def drop_kept(service: AppServices, world: World) -> Iterator[Told]:
    app, key, _ = an_app(world, sessions=False, rotated=A_WEEK)
    yield Told(exists=True, keys=(key,))
    service.removal.drop_kept(app.id, 1)
    yield Told(exists=True, keys=(key,), kept=0)


def examine(service: AppServices, world: World, app: App) -> Iterator[Told]:
    """The keychain check finds something about this app and repairs it."""
    world.harmed = True
    yield Told(exists=True)
    doctor = Doctor(service)
    findings = doctor.check(app.id)
    assert findings
    for finding in findings:
        doctor.repair(finding)
    yield Told(exists=True, kept=0)


def mend_missing_key_and_secret(service: AppServices, world: World) -> Iterator[Told]:
    app, _, _ = an_app(world, sessions=False)
    for ref in app.refs:
        del world.vault.items[ref]
    yield from examine(service, world, app)


def mend_missing_secret(service: AppServices, world: World) -> Iterator[Told]:
    app, _, _ = an_app(world, sessions=False)
    del world.vault.items[app.ref(SecretKind.API_SECRET)]
    yield from examine(service, world, app)


def mend_another_key(service: AppServices, world: World) -> Iterator[Told]:
    app, _, _ = an_app(world, sessions=True)
    key = world.vault.items[app.ref(SecretKind.API_KEY)] = generate(SecretKind.API_KEY)
    for told in examine(service, world, app):
        told.keys = (key,)  # the one in the keychain is the only one there is
        yield told


def mend_no_key(service: AppServices, world: World) -> Iterator[Told]:
    app, _, _ = an_app(world, sessions=True)
    world.vault.items[app.ref(SecretKind.API_KEY)] = Secret("")
    yield from examine(service, world, app)


def mend_leftover_secret(service: AppServices, world: World) -> Iterator[Told]:
    """Of a version from before Sessions was switched on."""
    app, key, _ = an_app(world, sessions=False)
    with world.in_peace() as peaceful:
        app = peaceful.editing.edit(app.id, replace(app.details, sessions=True))
        peaceful.removal.drop_kept(app.id, 1)
    world.vault.items[app.any_refs_of(1)[1]] = generate(SecretKind.API_SECRET)
    for told in examine(service, world, app):
        told.keys = (key,)
        yield told


def mend_leftovers_and_missing_kept(service: AppServices, world: World) -> Iterator[Told]:
    app, key, first = an_app(world, sessions=False, rotated=AT_ONCE)
    with world.in_peace() as peaceful:
        peaceful.recovery.recover()
        app = peaceful.rotation.rotate(app.id, A_WEEK).app
    world.vault.items.update({app.refs_of(1)[0]: first})
    del world.vault.items[app.refs_of(2)[0]]
    key = world.vault.items[app.ref(SecretKind.API_KEY)]
    for told in examine(service, world, app):
        told.keys = (key,)
        yield told


def put_there(world: World, app: App, number: int) -> Secret:
    """Have the keychain hold a key under this number of the app, which the row does not know. Returns it."""
    ref = SecretRef(app.org_id, app.id, SecretKind.API_KEY, number)
    world.vault.items[ref] = world.others[ref] = generate(SecretKind.API_KEY)
    return world.others[ref]


def use_it(service: AppServices, world: World) -> Iterator[Told]:
    app, key, _ = an_app(world, sessions=True)
    newer = put_there(world, app, 2)
    yield Told(exists=True, keys=(key, newer), held=(key,))
    service.rotation.use_newer(app.id, 2, A_WEEK)
    yield Told(exists=True, keys=(newer,), held=(key, newer), kept=1)


def type_key(service: AppServices, world: World) -> Iterator[Told]:
    app, key, _ = an_app(world, sessions=True)
    put_there(world, app, 2)  # whose number is passed over
    typed = generate(SecretKind.API_KEY)
    yield Told(exists=True, held=(key,))
    try:
        made = service.rotation.type_key(app.id, typed, None, A_WEEK)
    except NotFinished:
        yield Told(exists=True, keys=(key, typed), held=(key,))
    except CortexError:
        yield Told(exists=True, keys=(key,), kept=0)
    else:
        yield Told(exists=True, keys=(typed,), held=(key,), kept=1)
        yield Told(exists=True, keys=(key, typed), held=(key, typed))
        service.rotation.take_back(app, made.app, A_WEEK)
        yield Told(exists=True, keys=(key,), held=(key, typed), kept=1)


def bring_back(service: AppServices, world: World) -> Iterator[Told]:
    gone = replace(world.bystander, id="0a" * 16, version=1)
    key = put_there(world, gone, 1)
    stray = Stray(SecretRef(gone.org_id, gone.id, SecretKind.API_KEY, 1), is_ours=True)
    yield Told()
    Doctor(service, world.vault).bring_back(stray, "Back again")
    yield Told(exists=1, keys=(key,), kept=0)


def mend_doubles(service: AppServices, world: World) -> Iterator[Told]:
    """The right key is under the name too, behind another one."""
    app, key, _ = an_app(world, sessions=True)
    other = generate(SecretKind.API_KEY)
    ref = app.ref(SecretKind.API_KEY)
    world.vault.items[ref], world.vault.doubles[ref] = other, [key]
    world.harmed = True
    yield Told(exists=True, keys=(key,), held=(key, other))
    doctor = Doctor(service, world.vault)
    doctor.survey()
    [finding] = doctor.check(app.id)
    doctor.repair(finding)
    yield Told(exists=True, keys=(key,), held=(key, other), kept=0)


def some_apps(world: World, count: int, rotated: timedelta | None = None) -> list[tuple[App, Secret, Secret]]:
    """Several of `an_app`, with and without Sessions in turn."""
    return [an_app(world, sessions=number % 2 == 0, rotated=rotated) for number in range(count)]


def run(bulk: Bulk, service: AppServices, world: World) -> None:
    """To the end, as a person does who once sees to what is in the way."""
    while not bulk.over:
        bulk.step()
    if bulk.stopped is not None:
        world.vault.current = VaultState.UNLOCKED
        service.recovery.recover()
        bulk.resume()
        while not bulk.over:
            bulk.step()


def told_of(bulk: Bulk, apps: Sequence[App], changed: Callable[[App], Told], other: Callable[[App], Told]) -> Told:
    """What the summary says of each app. Where it stopped at one, that one may be either."""
    open_ends = [r.app.id for r in bulk.refused if isinstance(r.error, NotFinished)]
    open_ends += [app.id for app in bulk.rest[:1]] if bulk.stopped is not None else []
    done = {app.id for app in bulk.changed}
    each = {app.id: changed(app) if app.id in done else other(app) for app in apps}
    return Told(exists=len(apps), each={**each, **dict.fromkeys(open_ends, Told())})


def bulk_rotation(service: AppServices, world: World, count: int, keep: timedelta) -> Iterator[Told]:
    made = some_apps(world, count)
    apps, old = [app for app, _, _ in made], {app.id: key for app, key, _ in made}
    yield Told(exists=count)
    bulk = Bulk(Rotate(keep), apps, service)
    run(bulk, service, world)
    yield told_of(
        bulk,
        apps,
        lambda app: Told(held=(old[app.id],), kept=1) if keep else Told(kept=0),
        lambda app: Told(keys=(old[app.id],), kept=0),
    )


def bulk_rotate_and_keep(service: AppServices, world: World) -> Iterator[Told]:
    yield from bulk_rotation(service, world, 2, A_WEEK)


def bulk_rotate_keeping_nothing(service: AppServices, world: World) -> Iterator[Told]:
    yield from bulk_rotation(service, world, 2, AT_ONCE)


def bulk_rotate_many(service: AppServices, world: World) -> Iterator[Told]:
    yield from bulk_rotation(service, world, 5, A_WEEK)


def bulk_roll_back(service: AppServices, world: World) -> Iterator[Told]:
    """A bulk rotation that went well is taken back."""
    made = some_apps(world, 2)
    with world.in_peace() as peaceful:
        apps = [app for app, _, _ in made]
        first = Bulk(Rotate(A_WEEK), apps, peaceful)
        while not first.over:
            first.step()
    old, new = {}, {}
    for before, key, _ in made:
        old[before.id] = key
        new[before.id] = world.vault.items[SecretRef(ORG_ID, before.id, SecretKind.API_KEY, 2)]
    yield Told(exists=2)
    bulk = Bulk(RollBack(dict.fromkeys(old, 1)), first.changed, service, is_undo=True)
    run(bulk, service, world)
    yield told_of(
        bulk,
        first.changed,
        lambda app: Told(keys=(old[app.id],), held=(new[app.id],), kept=1),
        lambda app: Told(keys=(new[app.id], old[app.id]), held=(old[app.id],), kept=1),
    )


def bulk_disable_and_undo(service: AppServices, world: World) -> Iterator[Told]:
    made = some_apps(world, 3)
    each = {app.id: Told(keys=(key,), kept=0) for app, key, _ in made}
    yield Told(exists=3, alike=True, each=each)
    bulk = Bulk(Disable(), [app for app, _, _ in made], service)
    run(bulk, service, world)
    yield Told(exists=3, alike=True, each=each)
    undo = bulk.undo()
    if undo is not None:
        run(undo, service, world)
        yield Told(exists=3, alike=True, each=each)


def bulk_delete_and_undo(service: AppServices, world: World) -> Iterator[Told]:
    made = some_apps(world, 3, rotated=A_WEEK)
    each = {app.id: Told(keys=(key,), kept=1) for app, key, _ in made}
    yield Told(each=each)
    bulk = Bulk(Delete(), [app for app, _, _ in made], service)
    run(bulk, service, world)
    yield Told(exists=None if bulk.stopped else 0)
    undo = bulk.undo()
    if undo is not None:
        yield Told(each=each)
        run(undo, service, world)
        yield Told(exists=None if undo.stopped or undo.refused else 3, each=each)


def add_org(service: AppServices, world: World) -> Iterator[Told]:
    yield Told()
    with suppress(CortexError):
        world.orgs().add(THIRD)  # one whose saving failed late may be there all the same: it is empty
    yield Told(exists=0)


def change_org(service: AppServices, world: World) -> Iterator[Told]:
    _, key, _ = an_app(world, sessions=True, org=SECOND)
    yield Told(exists=1, keys=(key,))
    world.orgs().change(replace(SECOND, name=THIRD.name))
    yield Told(exists=1, keys=(key,), orgs=(replace(SECOND, name=THIRD.name),))


def remove_org(service: AppServices, world: World) -> Iterator[Told]:
    world.orgs().remove(SECOND.id)
    yield Told(exists=0, orgs=())


def remove_empty_org(service: AppServices, world: World) -> Iterator[Told]:
    yield Told()
    yield from remove_org(service, world)


def remove_org_with_apps(service: AppServices, world: World) -> Iterator[Told]:
    for _ in range(2):
        an_app(world, sessions=True, org=SECOND)
    yield Told()
    yield from remove_org(service, world)


def remove_org_for_good(service: AppServices, world: World) -> Iterator[Told]:
    app, *_ = an_app(world, sessions=True, org=SECOND)
    with world.in_peace() as peaceful:
        peaceful.deletion.delete(app.id)
    yield Told()
    yield from remove_org(service, world)
    world.orgs().purge(SECOND.id)
    yield Told(exists=0, orgs=())
    while service.recovery.recover().more:
        pass
    with pytest.raises(OrgGone):
        world.orgs().restore(SECOND.id)
    yield Told(exists=0, orgs=())


def remove_org_with_unfinished(service: AppServices, world: World) -> Iterator[Told]:
    unfinished_rotation(world, SECOND)
    yield Told()
    yield from remove_org(service, world)


def remove_org_after_creating(service: AppServices, world: World) -> Iterator[Told]:
    yield Told()
    with suppress(CortexError):
        create(service, SECOND.id, "Made just before")
    yield Told()
    yield from remove_org(service, world)
    with pytest.raises(OrgGone):
        create(service, SECOND.id, "Too late")
    yield Told(exists=0, orgs=())


def remove_and_restore_org(service: AppServices, world: World) -> Iterator[Told]:
    _, key, first = an_app(world, sessions=False, rotated=A_WEEK, org=SECOND)
    yield Told()
    world.orgs().remove(SECOND.id)
    world.orgs().restore(SECOND.id)
    yield Told(exists=1, keys=(key,), held=(first,), kept=1, orgs=(SECOND,))
    world.orgs().purge(SECOND.id)  # asked for in another dialog, too late
    service.recovery.recover()
    yield Told(exists=1, keys=(key,), held=(first,), kept=1, orgs=(SECOND,))


@pytest.fixture(autouse=True)
def _deleted_apps_and_orgs_are_due_before_kept_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cortex_desktop.services.periods.RESTORABLE", SHORTLY)
    monkeypatch.setattr("cortex_desktop.services.periods.LATE", A_DAY)
    monkeypatch.setattr("cortex_desktop.services.apps.recovery.AT_ONCE", 1)


def play(
    scenario: Scenario, open_repository: Callable[[], Repository], plan: Plan, log: ActivityLog | None = None
) -> list[str]:
    """Run the scenario and three recoveries, two of them among the steps. Returns the steps' calls."""
    world = World(open_repository, plan, log)
    service = world.start()
    told = Told()
    with suppress(Crash, CortexError):
        for told in scenario(service, world):  # noqa: B007 (the last one counts)
            world.check_journal()
    world.check_journal()
    world.time += SHORTLY
    for _ in range(2):
        with suppress(Crash, CortexError):
            recover(world.start())
        world.check_journal()
    trace = list(world.steps.trace)
    world.steps.plan.clear()
    world.vault.current = VaultState.UNLOCKED
    service = world.start()
    assert not recover(service).waiting
    if world.harmed:
        repair_all(service, world)
    world.check_end()
    check_told(told, world)
    world.vault.land()
    world.check_journal()
    world.time += A_DAY
    assert not recover(world.start()).waiting
    world.check_end()
    assert all(app.sweep_until is None for app in world.rows()), "something is swept for ever"
    check_told(told, world)
    return trace


def recover(service: AppServices) -> RecoveryReport:
    """As much of it as there is, as a program does. Its last report, with all that wait."""
    waiting: tuple[str, ...] = ()
    while (report := service.recovery.recover()).more:
        waiting += report.waiting
    return replace(report, waiting=waiting + report.waiting)


def repair_all(service: AppServices, world: World) -> None:
    """What the faults left unmended is mended now; and nothing is found a second time."""
    doctor = Doctor(service, world.vault)
    doctor.survey()
    for app in world.rows():
        for finding in doctor.check(app.id):
            if finding.problem is not Problem.NEWER:  # which is no harm
                doctor.repair(finding)
        left = {each.problem for each in doctor.check(app.id)}
        assert left <= {Problem.NEWER}, "the keychain check finds the same again"


def check_told(told: Told, world: World) -> None:
    """Both stores are as the person was told."""
    others = [app for app in world.rows() if app != world.bystander and app.state is not AppState.DELETING]
    if told.exists is not None:
        assert len(others) == told.exists, "the person was told otherwise"
    assert not told.alike or len({app.enabled for app in others}) < 2, "a batch was done in part"

    if told.orgs is not None:
        orgs = {org.id: org for org in world.org_rows().values() if org.state is not OrgState.REMOVING}
        assert tuple(orgs[org.id] for org in told.orgs if org.id in orgs) == told.orgs, "an org is not as told"
        assert len(orgs) == 1 + len(told.orgs), "the person was told otherwise of an org"
    for app in others:
        known = told.each.get(app.id, told)
        key = world.vault.items[app.ref(SecretKind.API_KEY)]
        assert not known.keys or key in known.keys, "the person has another key"
        there = [secret for ref, secret in world.vault.items.items() if ref.app_id == app.id]
        assert all(key in there for key in known.held), "a key is lost"
        assert known.kept is None or len(app.kept) == known.kept, "another number of versions is kept"
        assert not known.details or app.details in known.details, "the app is described otherwise"
        if known.secret is not None:
            assert world.vault.items[app.ref(SecretKind.API_SECRET)] == known.secret, "another API secret"


def plans_after(plan: Plan, trace: list[str]) -> Iterator[Plan]:
    """The plan with one more fault, at each later step of a run that went by it."""
    last = plan[-1][0] if plan else 0
    for step, call in enumerate(trace, 1):
        if step > last:
            for fault in FAULTS[call]:
                yield (*plan, (step, fault))


def every_case(
    scenario: Scenario, open_new: Callable[[], Callable[[], Repository]], depth: int, most: int | None = None
) -> int:
    """Play the scenario with every plan of up to `depth` faults. Returns how many there were; fails on the bad ones.

    most: of the plans of several faults so many for each number of faults, chosen by chance; None for all.
    """
    bad: list[str] = []
    played = 0

    def play_one(plan: Plan) -> list[str]:
        nonlocal played
        played += 1
        try:
            return play(scenario, open_new(), plan)
        except AssertionError as failure:
            bad.append(f"{[(step, fault.value) for step, fault in plan]}: {str(failure).splitlines()[0]}")
            return []

    plans: list[Plan] = [()]
    for faults in range(depth + 1):
        if most is not None and faults > 1 and len(plans) > most:
            plans = random.SystemRandom().sample(plans, most)
        following: list[Plan] = []
        for plan in plans:
            trace = play_one(plan)
            if faults < depth:
                following += plans_after(plan, trace)
        plans = following
    assert not bad, "\n".join([f"{len(bad)} of {played} cases:", *bad[:20]])
    print(f"{scenario.__name__}: {played} cases")
    return played


def in_memory() -> Callable[[], Repository]:
    rows = Rows()
    return lambda: rows


@pytest.mark.timeout(1800)  # of --long
@pytest.mark.parametrize(
    ("scenario", "depth", "at_least"),
    [
        (create_with_sessions, 3, 2200),
        (create_signing, 2, 480),
        (import_with_sessions, 2, 250),
        (import_signing, 2, 530),
        (edit_details, 3, 60),
        (switch_sessions_on, 2, 270),
        (switch_sessions_off, 2, 800),
        (switch_sessions_off_again, 2, 370),
        (switch_sessions_after_no_answer, 2, 500),
        (delete_with_sessions_switched, 2, 1440),
        (roll_back_sessions, 2, 350),
        (delete_with_sessions, 2, 340),
        (delete_signing, 2, 620),
        (delete_and_restore, 2, 160),
        (delete_with_kept, 2, 1440),
        (delete_unfinished_rotation, 2, 1460),
        (delete_restore_and_purge, 2, 760),
        (rotate_with_sessions, 3, 2260),
        (rotate_signing, 2, 490),
        (rotate_keeping_nothing, 2, 1030),
        (rotate_twice, 2, 1160),
        (rotate_again_after_no_answer, 2, 720),
        (roll_back, 3, 130),
        (roll_back_keeping_nothing, 2, 610),
        (drop_kept, 2, 480),
        (add_org, 2, 60),
        (change_org, 2, 60),
        (remove_empty_org, 3, 970),
        (remove_org_with_apps, 2, 2400),
        (remove_org_for_good, 2, 1990),
        (remove_org_with_unfinished, 2, 3000),
        (remove_org_after_creating, 2, 2700),
        (remove_and_restore_org, 2, 490),
        (mend_missing_key_and_secret, 2, 1440),
        (mend_missing_secret, 2, 1190),
        (mend_another_key, 2, 100),
        (mend_no_key, 2, 640),
        (mend_leftover_secret, 2, 180),
        (mend_leftovers_and_missing_kept, 2, 910),
        (mend_doubles, 2, 3000),
        (use_it, 2, 1300),
        (type_key, 2, 2600),
        (bring_back, 2, 1400),
        (bulk_rotate_and_keep, 2, 2340),
        (bulk_rotate_keeping_nothing, 2, 4360),
        (bulk_rotate_many, 1, 145),
        (bulk_roll_back, 2, 755),
        (bulk_disable_and_undo, 3, 560),
        (bulk_delete_and_undo, 2, 495),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_whatever_goes_wrong_ends_consistent(
    scenario: Scenario, depth: int, at_least: int, request: pytest.FixtureRequest
) -> None:
    long = request.config.getoption("--long", default=False)
    played = every_case(scenario, in_memory, depth, None if long else MOST)
    if long:
        print(f"\n{scenario.__name__}: {played} cases")
    assert played >= (at_least if long else min(at_least, MOST))


@pytest.mark.parametrize(
    ("scenario", "at_least"),
    [
        (create_signing, 29),
        (delete_signing, 31),
        (delete_and_restore, 17),
        (rotate_keeping_nothing, 53),
        (roll_back, 19),
        (import_signing, 39),
        (switch_sessions_on, 30),
        (switch_sessions_off, 52),
        (switch_sessions_off_again, 38),
        (drop_kept, 29),
        (bulk_rotate_and_keep, 66),
        (bulk_disable_and_undo, 17),
        (bulk_delete_and_undo, 17),
        (remove_org_with_apps, 70),
        (remove_and_restore_org, 27),
        (use_it, 40),
        (type_key, 60),
        (bring_back, 40),
        (mend_doubles, 80),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_each_fault_ends_consistent_on_a_real_database(
    scenario: Scenario, at_least: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", lambda _fd: None)  # what power cuts do is tests/faults' business
    numbers = count()

    def on_disk() -> Callable[[], Repository]:
        return partial(TinyRepository, tmp_path / str(next(numbers)))

    assert every_case(scenario, on_disk, depth=1) >= at_least


@pytest.mark.parametrize(
    ("scenario", "at_least"),
    [
        (create_signing, 20),
        (rotate_keeping_nothing, 40),
        (delete_with_kept, 40),
        (roll_back, 20),
        (drop_kept, 20),
        (mend_missing_secret, 40),
        (edit_details, 10),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_the_activity_log_stays_whole_and_changes_nothing(
    scenario: Scenario, at_least: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash around each record, and a log that fails: the stores are as without a log, and the log is whole."""
    monkeypatch.setattr("os.fsync", lambda _fd: None)
    numbers = count()

    def run(plan: Plan) -> list[str]:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        trace = play(scenario, in_memory(), plan, ActivityFile(folder))
        harm = [each for piece in ActivityFile(folder).check() for each in piece.breaks]
        assert not harm, f"{plan}: {harm}"
        return trace

    peaceful = run(())
    assert "append" in peaceful
    for step, call in enumerate(peaceful, 1):
        for fault in FAULTS[call]:
            trace = run(((step, fault),))
            if call == "append" and fault in (Fault.ERROR_BEFORE, Fault.ERROR_AFTER):
                assert trace == peaceful, "what was done is not undone because it cannot be recorded"
    assert next(numbers) >= at_least
