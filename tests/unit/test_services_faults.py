"""The fault matrix of the two-store protocol: whatever goes wrong, at whatever step, ends consistent.

Each scenario is run once for every step x every fault, and once for every pair of faults (or three), with the
recoveries of the next two starts among the steps. Then comes a recovery without faults, and both stores must agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from cortex_desktop.domain.errors import (
    AppGone,
    CortexError,
    NotFinished,
    StorageError,
    VaultError,
    VaultProblem,
    VaultTimeout,
)
from cortex_desktop.domain.model import App, AppState, Org
from cortex_desktop.domain.ports import Repository, VaultState
from cortex_desktop.domain.secret import KeyEnds, Secret, SecretKind, well_formed
from cortex_desktop.services.apps import RESTORABLE, AppService
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.vault.memory import InMemoryVault

ORG_ID = "0123abcd"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Crash(BaseException):
    """The program dies here. No code of its own runs after it."""


class Fault(Enum):
    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    ERROR_BEFORE = "error before"
    ERROR_AFTER = "error after"
    NO_ANSWER_BEFORE = "no answer, nothing done"
    NO_ANSWER_AFTER = "no answer, but done"
    LOCKS = "the keychain locks itself"


_READ = [Fault.CRASH_BEFORE, Fault.ERROR_BEFORE]
_WRITE = [Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.ERROR_BEFORE, Fault.ERROR_AFTER]
_UNANSWERED = [Fault.NO_ANSWER_BEFORE, Fault.NO_ANSWER_AFTER]
FAULTS = {
    "apps": _READ,
    "app": _READ,
    "add_app": _WRITE,
    "change_app": _WRITE,
    "drop_app": _WRITE,
    "state": [Fault.CRASH_BEFORE, Fault.LOCKS],  # it never raises
    "read": [*_READ, Fault.NO_ANSWER_BEFORE, Fault.LOCKS],
    "store": [*_WRITE, *_UNANSWERED, Fault.LOCKS],
    "remove": [*_WRITE, *_UNANSWERED, Fault.LOCKS],
}
ON_DISK = {"apps", "app", "add_app", "change_app", "drop_app"}

Plan = tuple[tuple[int, Fault], ...]


class Rows:
    """A database in memory that outlives a crash."""

    def __init__(self) -> None:
        self.rows: dict[str, App] = {}

    def orgs(self) -> Sequence[Org]:
        return ()

    def save_org(self, org: Org) -> None:
        raise NotImplementedError

    def apps(self) -> Sequence[App]:
        return tuple(self.rows.values())

    def app(self, app_id: str) -> App:
        if app_id not in self.rows:
            raise AppGone
        return self.rows[app_id]

    def add_app(self, app: App) -> None:
        assert app.id not in self.rows
        self.rows[app.id] = app

    def change_app(self, app_id: str, change: Callable[[App], App]) -> App:
        self.rows[app_id] = change(self.app(app_id))
        return self.rows[app_id]

    def drop_app(self, app_id: str) -> None:
        self.rows.pop(app_id, None)


class Steps:
    """Counts the calls to either store and lets them fail as planned. `trace`: the calls, in order."""

    def __init__(self, plan: Plan, vault: InMemoryVault) -> None:
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
        self._fail(call, fault, Fault.CRASH_BEFORE, Fault.ERROR_BEFORE, Fault.NO_ANSWER_BEFORE)

    def after(self, call: str) -> None:
        self._fail(call, self.plan.get(len(self.trace)), Fault.CRASH_AFTER, Fault.ERROR_AFTER, Fault.NO_ANSWER_AFTER)

    def _fail(self, call: str, fault: Fault | None, crash: Fault, error: Fault, no_answer: Fault) -> None:
        if fault is crash:
            self.dead = True
            raise Crash
        if fault is error:
            if call in ON_DISK:
                raise StorageError("The disk is full", "Not saved.", "Free some space.")
            raise VaultError(VaultProblem.FAILED, "Test keychain")
        if fault is no_answer:
            raise VaultTimeout("Test keychain")


class Watched:
    """A repository whose calls are steps."""

    def __init__(self, inner: Repository, steps: Steps) -> None:
        self._inner = inner
        self._steps = steps

    def orgs(self) -> Sequence[Org]:
        return self._inner.orgs()

    def save_org(self, org: Org) -> None:
        self._inner.save_org(org)

    def apps(self) -> Sequence[App]:
        self._steps.before("apps")
        return self._inner.apps()

    def app(self, app_id: str) -> App:
        self._steps.before("app")
        return self._inner.app(app_id)

    def add_app(self, app: App) -> None:
        self._steps.before("add_app")
        self._inner.add_app(app)
        self._steps.after("add_app")

    def change_app(self, app_id: str, change: Callable[[App], App]) -> App:
        self._steps.before("change_app")
        changed = self._inner.change_app(app_id, change)
        self._steps.after("change_app")
        return changed

    def drop_app(self, app_id: str) -> None:
        self._steps.before("drop_app")
        self._inner.drop_app(app_id)
        self._steps.after("drop_app")


class World:
    """Two stores, and the programs that come and go over them. open_repository: as a start finds it on disk."""

    def __init__(self, open_repository: Callable[[], Repository], plan: Plan) -> None:
        self._open_repository = open_repository
        self.vault = InMemoryVault()
        self.time = NOON
        self.bystander = AppService(open_repository(), self.vault, self._now).create(ORG_ID, "Bystander").app
        self.steps = Steps(plan, self.vault)
        self.vault.before = lambda call, _: self.steps.before(call)
        self.vault.after = lambda call, _: self.steps.after(call)

    def start(self) -> AppService:
        """A program that has just started."""
        self.steps.dead = False
        self._repository = self._open_repository()
        return AppService(Watched(self._repository, self.steps), self.vault, self._now)

    def rows(self) -> Sequence[App]:
        """What is on disk."""
        return self._open_repository().apps()

    def check_journal(self) -> None:
        """What must hold at any moment: each secret has a row, and each row that promises secrets has them."""
        rows = {app.id: app for app in self.rows()}
        for ref in self.vault.items:
            assert ref.app_id in rows, "a secret without a row"
        for app in rows.values():
            if app.state in (AppState.ACTIVE, AppState.DELETED):
                self._check_secrets(app)

    def check_end(self) -> None:
        """What must hold once recovery was left in peace."""
        rows = self.rows()
        assert {app.state for app in rows} == {AppState.ACTIVE}, "something is unfinished"
        for app in rows:
            self._check_secrets(app)
        wanted = {ref for app in rows for ref in app.refs}
        assert set(self.vault.items) == wanted, "a secret too many"
        assert self.bystander in rows, "another app was touched"

    def _check_secrets(self, app: App) -> None:
        for ref in app.refs:
            assert ref in self.vault.items, f"the {ref.kind.value} is missing"
            assert well_formed(ref.kind, self.vault.items[ref])
        assert KeyEnds.of(self.vault.items[app.ref(SecretKind.API_KEY)]) == app.key_ends, "a wrong key"

    def _now(self) -> datetime:
        return self.time


@dataclass
class Told:
    """What the person knows about the app of the scenario; None where they know nothing."""

    exists: bool | None = None
    key: Secret | None = None


Scenario = Callable[[AppService, World], Iterator[Told]]


def create(service: AppService, sessions: bool) -> Iterator[Told]:
    try:
        made = service.create(ORG_ID, "NewHealth App", sessions=sessions)
    except NotFinished:
        yield Told()
    except CortexError:
        yield Told(exists=False)  # "failed" is a promise: it must not turn up later
    else:
        yield Told(exists=True, key=made.key)


def create_with_sessions(service: AppService, world: World) -> Iterator[Told]:
    yield from create(service, sessions=True)


def create_signing(service: AppService, world: World) -> Iterator[Told]:
    yield from create(service, sessions=False)


def an_app(world: World, sessions: bool) -> App:
    """Made before anything can go wrong."""
    hooks, world.vault.before, world.vault.after = (world.vault.before, world.vault.after), None, None
    app = AppService(world._repository, world.vault, world._now).create(ORG_ID, "Old", sessions=sessions).app
    world.vault.before, world.vault.after = hooks
    return app


def delete(service: AppService, app: App) -> Iterator[Told]:
    yield Told()
    service.delete(app.id)
    yield Told(exists=False)
    service.purge(app.id)


def delete_with_sessions(service: AppService, world: World) -> Iterator[Told]:
    app = an_app(world, sessions=True)
    yield Told(exists=True, key=world.vault.items[app.ref(SecretKind.API_KEY)])
    yield from delete(service, app)


def delete_signing(service: AppService, world: World) -> Iterator[Told]:
    app = an_app(world, sessions=False)
    yield Told(exists=True, key=world.vault.items[app.ref(SecretKind.API_KEY)])
    yield from delete(service, app)


def delete_and_restore(service: AppService, world: World) -> Iterator[Told]:
    app = an_app(world, sessions=False)
    yield Told()
    service.delete(app.id)
    service.restore(app.id)
    yield Told(exists=True, key=world.vault.items[app.ref(SecretKind.API_KEY)])
    service.purge(app.id)  # the timer that was not stopped in time


def play(scenario: Scenario, open_repository: Callable[[], Repository], plan: Plan) -> list[str]:
    """Run the scenario and three recoveries, two of them among the steps. Returns the steps' calls."""
    world = World(open_repository, plan)
    service = world.start()
    told = Told()
    with suppress(Crash, CortexError):
        for told in scenario(service, world):  # noqa: B007 (the last one counts)
            world.check_journal()
    world.check_journal()
    world.time += RESTORABLE
    for _ in range(2):
        with suppress(Crash, CortexError):
            world.start().recover()
        world.check_journal()
    trace = list(world.steps.trace)
    world.steps.plan.clear()
    world.vault.current = VaultState.UNLOCKED
    assert not world.start().recover().waiting
    world.check_end()
    others = [app for app in world.rows() if app != world.bystander]
    if told.exists is not None:
        assert len(others) == told.exists, "the person was told otherwise"
    if others and told.key is not None:
        [app] = others
        assert world.vault.items[app.ref(SecretKind.API_KEY)] == told.key, "the person has another key"
    return trace


def plans_after(plan: Plan, trace: list[str]) -> Iterator[Plan]:
    """The plan with one more fault, at each later step of a run that went by it."""
    last = plan[-1][0] if plan else 0
    for step, call in enumerate(trace, 1):
        if step > last:
            for fault in FAULTS[call]:
                yield (*plan, (step, fault))


def every_case(scenario: Scenario, open_new: Callable[[], Callable[[], Repository]], depth: int) -> int:
    """Play the scenario with every plan of up to `depth` faults. Returns how many there were; fails on the bad ones."""
    plans: list[Plan] = [()]
    bad: list[str] = []
    played = 0
    while plans:
        plan = plans.pop()
        trace: list[str] = []
        try:
            trace = play(scenario, open_new(), plan)
        except AssertionError as failure:
            bad.append(f"{[(step, fault.value) for step, fault in plan]}: {str(failure).splitlines()[0]}")
        played += 1
        if len(plan) < depth:
            plans += plans_after(plan, trace)
    assert not bad, "\n".join([f"{len(bad)} of {played} cases:", *bad[:20]])
    print(f"{scenario.__name__}: {played} cases")
    return played


def in_memory() -> Callable[[], Repository]:
    rows = Rows()
    return lambda: rows


@pytest.mark.parametrize(
    ("scenario", "depth", "at_least"),
    [
        (create_with_sessions, 3, 2200),
        (create_signing, 2, 480),
        (delete_with_sessions, 2, 340),
        (delete_signing, 2, 620),
        (delete_and_restore, 2, 160),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_whatever_goes_wrong_ends_consistent(scenario: Scenario, depth: int, at_least: int) -> None:
    assert every_case(scenario, in_memory, depth) >= at_least


@pytest.mark.parametrize(
    ("scenario", "at_least"),
    [(create_signing, 29), (delete_signing, 31), (delete_and_restore, 17)],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_each_fault_ends_consistent_on_a_real_database(scenario: Scenario, at_least: int, tmp_path: Path) -> None:
    numbers = count()

    def on_disk() -> Callable[[], Repository]:
        return partial(TinyRepository, tmp_path / str(next(numbers)))

    assert every_case(scenario, on_disk, depth=1) >= at_least
