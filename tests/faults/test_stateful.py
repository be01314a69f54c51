"""Anything a person and a bad day can do to apps, in any order, against a plain model of what must come of it.

Hypothesis chooses what is done: it creates, rotates, deletes and so on, lets the program die at any step of any of
these, starts it again on the same folder, locks the keychain, removes items behind the program's back and leaves
others over. After each step both stores must be exactly what the model says. Figures are in README.md.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cortex_desktop.domain.activity import ActivityEntry
from cortex_desktop.domain.errors import (
    AppGone,
    KeyKnown,
    OrgGone,
    SecretMissing,
    VaultError,
    VaultProblem,
    VersionGone,
)
from cortex_desktop.domain.model import App, AppDetails, AppState, Org, OrgState
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import KeyEnds, Secret, SecretKind, SecretRef, generate, well_formed
from cortex_desktop.services.activity import Recorder
from cortex_desktop.services.apps.create import Created
from cortex_desktop.services.bulk import Bulk, BulkAction, Delete, Disable, Enable, Restore, RollBack, Rotate
from cortex_desktop.services.doctor import Doctor, Problem
from cortex_desktop.services.keychain import KeychainService
from cortex_desktop.services.orgs import OrgService
from cortex_desktop.services.periods import RESTORABLE, ROLLED_BACK_KEPT, SECRET_KEPT
from cortex_desktop.services.transitions import is_org_past_restoring
from cortex_desktop.storage.activity import ActivityFile
from cortex_desktop.storage.repository import LOST_ORG_NAME, TinyRepository
from tests.support.memory_vault import InMemoryVault
from tests.support.services import app_services, create

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = SecretKind.API_KEY

Item = tuple[int, SecretKind]


class Crash(BaseException):
    """The program dies here."""


@dataclass
class Model:
    """What a person expects of one app.

    keys: by version, the current one and those kept; None for one that was never told; until: when each kept version
    goes, None where recovery chose; signing: of these, those with an API secret; items: what the keychain holds for
    the app, of whatever version; sweep: until when recovery removes what is left over, too.
    """

    org: str
    label: str
    sessions: bool
    notes: str = ""
    state: AppState = AppState.ACTIVE
    enabled: bool = True
    copied: datetime | None = None
    purge_after: datetime | None = None
    current: int = 1
    last: int = 1
    keys: dict[int, Secret | None] = field(default_factory=dict)
    until: dict[int, datetime | None] = field(default_factory=dict)
    signing: set[int] = field(default_factory=set)
    items: set[Item] = field(default_factory=set)
    sweep: datetime | None = None

    @classmethod
    def new(cls, org: str, label: str, sessions: bool, key: Secret | None, notes: str = "") -> Model:
        """Of an app that was just made, or imported."""
        made = cls(org, label, sessions, notes, keys={1: key}, signing=set() if sessions else {1})
        made.items = made.items_of(1)
        return made

    def changed(self, **fields: Any) -> Model:
        """A copy that shares nothing, with these fields."""
        own = {name: value.copy() for name, value in vars(self).items() if isinstance(value, dict | set)}
        return replace(self, **{**own, **fields})

    def kinds_of(self, number: int) -> tuple[SecretKind, ...]:
        return tuple(SecretKind) if number in self.signing else (KEY,)

    def items_of(self, number: int) -> set[Item]:
        return {(number, kind) for kind in self.kinds_of(number)}

    def has_whole(self, number: int) -> bool:
        return self.items_of(number) <= self.items

    def began_rotation(self) -> Model:
        return self.changed(last=self.last + 1)

    def rotated(self, key: Secret | None, until: datetime | None, sessions: bool | None = None) -> Model:
        after = self.began_rotation()
        after.until[after.current] = until
        after.current = after.last
        after.keys[after.current] = key
        after.sessions = self.sessions if sessions is None else sessions
        after.signing |= set() if after.sessions else {after.current}
        after.items |= after.items_of(after.current)
        return after

    def rolled_back(self, number: int, until: datetime) -> Model:
        after = self.changed()
        del after.until[number]
        after.until[after.current] = until
        after.current = number
        after.sessions = number not in after.signing
        return after

    def without(self, number: int) -> Model:
        after = self.changed()
        after.items -= after.items_of(number)
        after.signing.discard(number)
        del after.until[number], after.keys[number]
        return after

    def recovered(self, now: datetime, going: set[str]) -> Model | None:
        """What recovery makes of it. going: the orgs that go."""
        if self.state is AppState.DELETING or self.org in going:
            return None
        if self.state is AppState.DELETED:
            assert self.purge_after is not None
            if self.purge_after <= now:
                return None
        after = self
        for number, until in self.until.items():
            if until is not None and until <= now and self.has_whole(self.current):  # else it may be the last key
                after = after.without(number)
        if self.sweep is not None:
            after = after.changed(sweep=self.sweep if self.sweep > now else None)
        return after

    def allows(self, seen: Model) -> bool:
        """Whether `seen` is this one, where this one says something."""
        keys = {number: self.keys[number] or seen.keys.get(number) for number in self.keys}
        until = {number: self.until[number] or seen.until.get(number) for number in self.until}
        there = {number: key for number, key in keys.items() if (number, KEY) in self.items}
        seen_there = {number: key for number, key in seen.keys.items() if key is not None}
        apart = {"keys": 0, "until": 0, "sweep": 0}
        others = {**vars(self), **apart} == {**vars(seen), **apart}
        return others and there == seen_there and until == seen.until and keys.keys() == seen.keys.keys()


class Repository(TinyRepository):
    """The real one, whose writes are steps."""

    def __init__(self, folder: Path, step: Callable[[], None], now: Callable[[], datetime]) -> None:
        super().__init__(folder, now)
        self._step = step

    def add_app(self, app: App) -> None:
        self._step()
        super().add_app(app)
        self._step()

    def change_app(self, app_id: str, change: Callable[[App], App]) -> App:
        self._step()
        changed = super().change_app(app_id, change)
        self._step()
        return changed

    def change_apps(self, app_ids: Iterable[str], change: Callable[[App], App]) -> Sequence[App]:
        self._step()
        changed = super().change_apps(app_ids, change)
        self._step()
        return changed

    def drop_app(self, app_id: str) -> None:
        self._step()
        super().drop_app(app_id)
        self._step()

    def save_org(self, org: Org) -> None:
        self._step()
        super().save_org(org)
        self._step()

    def drop_org(self, org_id: str) -> None:
        self._step()
        super().drop_org(org_id)
        self._step()


CHOICE = st.integers(0, 1000)
FUSE = st.one_of(st.none(), st.integers(1, 3), st.integers(1, 12))
KEEP = st.sampled_from([timedelta(0), timedelta(days=1), timedelta(days=7)])


class SteppedLog(ActivityFile):
    """An activity log whose additions are steps."""

    def __init__(self, folder: Path, step: Callable[[], None]) -> None:
        super().__init__(folder)
        self._step = step

    def append(self, entries: Sequence[ActivityEntry]) -> None:
        self._step()
        super().append(entries)
        self._step()


class Console(RuleBasedStateMachine):
    """settled: what each app must be; unsettled: what each may be that something was interrupted about.

    orgs: what each org must be. Each change of one is one write, so what was interrupted is either done or not.
    done: how often each thing was done, in all examples.
    """

    done: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="cortex-stateful-"))
        self.time = NOON
        self.vault = InMemoryVault()
        self.vault.before = self.vault.after = lambda call, ref: self.step()
        self.fuse: int | None = None
        self.dead = False
        self.settled: dict[str, Model] = {}
        self.unsettled: dict[str, list[Model | None]] = {}
        self.orgs: dict[str, Org] = {}
        self.handed_out: list[Secret] = []
        self.left_over: set[SecretRef] = set()

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    # What goes wrong

    def step(self) -> None:
        if self.dead:
            raise Crash
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse == 0:
                self.dead = True
                raise Crash

    def attempt(self, what: str, fuse: int | None, call: Callable[[], object]) -> bool:
        """Do it, with the program dying at step `fuse`. Whether it came to an end."""
        self.fuse = fuse
        try:
            call()
        except Crash:
            self.done[f"{what}: crash"] += 1
            return False
        finally:
            self.fuse = None
        self.done[what] += 1
        return True

    def interrupted(self, app_id: str, *may_be: Model | None) -> None:
        self.settled.pop(app_id, None)
        self.unsettled[app_id] = list(may_be)

    @property
    def locked(self) -> bool:
        return self.vault.current is VaultState.LOCKED

    def there_is(self, *states: AppState, kept: bool = False) -> bool:
        """Whether an app is in one of these states, and the program runs."""
        return not self.dead and bool(self.found(states, kept))

    def pick(self, choice: int, *states: AppState, kept: bool = False) -> str:
        """One of the apps in one of these states."""
        found = self.found(states, kept)
        return found[choice % len(found)]

    def found(self, states: tuple[AppState, ...], kept: bool) -> list[str]:
        """The apps that a person can get at: in orgs that are there."""
        there = {a: model for a, model in self.settled.items() if self.orgs[model.org].state is OrgState.ACTIVE}
        return [a for a, model in there.items() if model.state in states and (model.until or not kept)]

    def orgs_in(self, *states: OrgState) -> list[Org]:
        return [org for org in self.orgs.values() if org.state in states]

    @property
    def going(self) -> set[str]:
        """The orgs that recovery takes."""
        return {org.id for org in self.orgs.values() if is_org_past_restoring(org, self.time)}

    # What a person does

    @initialize()
    def begin(self) -> None:
        self.orgs = {org.id: org for org in self.orgs_on_disk()}
        self.start(None)
        for sessions in (True, False):
            self.create("Web", sessions, None)
            self.rotate(int(not sessions), timedelta(days=1), None)

    @precondition(lambda self: not self.dead and len(self.settled) + len(self.unsettled) < 6)
    @rule(label=st.sampled_from(["Web", "Ärzte", "手机"]), sessions=st.booleans(), fuse=FUSE, choice=CHOICE)
    def create(self, label: str, sessions: bool, fuse: int | None, choice: int = 0) -> None:
        orgs = self.orgs_in(OrgState.ACTIVE)
        org = orgs[choice % len(orgs)].id
        if self.locked:
            self.refused(lambda: create(self.service, org, label, sessions=sessions))
            return
        made = []
        if self.attempt("create", fuse, lambda: made.append(create(self.service, org, label, sessions=sessions))):
            self.settled[made[0].app.id] = Model.new(org, label, sessions, made[0].key)
            self.handed_out.append(made[0].key)
        else:
            self.interrupted_adding(Model.new(org, label, sessions, None))

    def interrupted_adding(self, model: Model) -> None:
        begun = {app.id for app in self.on_disk()} - self.settled.keys() - self.unsettled.keys()
        for app_id in begun:
            self.interrupted(app_id, None, model)

    @precondition(lambda self: not self.dead and len(self.settled) + len(self.unsettled) < 6)
    @rule(sessions=st.booleans(), name=st.booleans(), fuse=FUSE)
    def import_key(self, sessions: bool, name: bool, fuse: int | None) -> None:
        key = Secret(f"c_{generate(KEY).reveal()}") if name else generate(KEY)
        secret = None if sessions else generate(SecretKind.API_SECRET)
        details = AppDetails("Imported", sessions, notes="from the web console")
        org = self.orgs_in(OrgState.ACTIVE)[-1].id
        made: list[Created] = []

        def take() -> None:
            made.append(self.service.creation.import_key(org, details, key, secret))

        if self.locked:
            self.refused(take)
            return
        self.handed_out.append(key)
        model = Model.new(org, details.label, sessions, key, details.notes)
        if self.attempt("import_key", fuse, take):
            self.settled[made[0].app.id] = model
        else:
            self.interrupted_adding(model)

    @precondition(lambda self: not self.locked and self.there_is(AppState.ACTIVE, AppState.DELETED))
    @rule(choice=CHOICE)
    def import_again(self, choice: int) -> None:
        """A key that is here already, in whatever version, is said to be."""
        model = self.settled[self.pick(choice, AppState.ACTIVE, AppState.DELETED)]
        keys = [key for number, key in model.keys.items() if key is not None and (number, KEY) in model.items]
        if keys:
            with pytest.raises(KeyKnown):
                self.service.creation.import_key(
                    model.org, AppDetails("Again", sessions=True), keys[choice % len(keys)]
                )
            self.done["import_key: known"] += 1

    @precondition(lambda self: self.there_is(AppState.ACTIVE))
    @rule(choice=CHOICE, notes=st.sampled_from(["", "Ask Ada"]), sessions=st.booleans(), fuse=FUSE)
    def edit(self, choice: int, notes: str, sessions: bool, fuse: int | None) -> None:
        app_id = self.pick(choice, AppState.ACTIVE)
        before = self.settled[app_id]
        details = AppDetails("Edited", sessions, notes=notes)
        described = {"label": details.label, "notes": notes}

        def edit() -> None:
            self.service.editing.edit(app_id, details)

        if sessions == before.sessions:
            self.on_disk_only("edit", app_id, before.changed(**described), fuse, edit)
            return
        if self.locked:
            self.refused(edit)
            return
        until = self.time + SECRET_KEPT if sessions else self.time
        row = self.repository.app(app_id)
        offered = [kept for kept in row.kept if kept.sessions == sessions and kept.until > self.time]
        same_key = (kept.number for kept in offered if kept.key_ends == row.key_ends)
        back = next((number for number in same_key if before.has_whole(number)), None)
        if back is not None:
            after = before.rolled_back(back, until).changed(**described)
            self.on_disk_only("switch back", app_id, after.recovered(self.time, set()) or after, fuse, edit)
        elif (before.current, KEY) not in before.items:
            with pytest.raises(SecretMissing):
                edit()
        elif self.attempt("switch", fuse, edit):
            key = before.keys[before.current]
            after = before.rotated(key, until, sessions).changed(**described)
            self.settled[app_id] = after.recovered(self.time, set()) or after  # what is due goes at once
        else:
            key = before.keys[before.current]
            moved = [before.rotated(key, end, sessions).changed(**described) for end in (until, None)]
            begun = [before.began_rotation()]
            self.interrupted(app_id, before, *begun, *moved)

    @precondition(lambda self: self.there_is(AppState.ACTIVE))
    @rule(choice=CHOICE, keep=KEEP, fuse=FUSE)
    def rotate(self, choice: int, keep: timedelta, fuse: int | None) -> None:
        app_id = self.pick(choice, AppState.ACTIVE)
        if self.locked:
            self.refused(lambda: self.service.rotation.rotate(app_id, keep))
            return
        before, until, made = self.settled[app_id], self.time + keep, []
        if self.attempt("rotate", fuse, lambda: made.append(self.service.rotation.rotate(app_id, keep))):
            self.settled[app_id] = before.rotated(made[0].key, until)
            self.handed_out.append(made[0].key)
        else:
            moved = [before.rotated(None, until), before.rotated(None, None)]
            self.interrupted(app_id, before, before.began_rotation(), *moved)

    @precondition(lambda self: self.there_is(AppState.ACTIVE, kept=True))
    @rule(choice=CHOICE, keep=KEEP, fuse=FUSE)
    def roll_back(self, choice: int, keep: timedelta, fuse: int | None) -> None:
        app_id = self.pick(choice, AppState.ACTIVE, kept=True)
        before = self.settled[app_id]
        number = sorted(before.until)[choice % len(before.until)]
        if self.locked:
            self.refused(lambda: self.service.rotation.roll_back(app_id, number, keep))
        elif self.is_due(before, number) and before.has_whole(before.current):
            with pytest.raises(VersionGone):
                self.service.rotation.roll_back(app_id, number, keep)
        elif not before.has_whole(number):
            with pytest.raises(SecretMissing):
                self.service.rotation.roll_back(app_id, number, keep)
        else:
            after = before.rolled_back(number, self.time + keep)
            if self.attempt("roll_back", fuse, lambda: self.service.rotation.roll_back(app_id, number, keep)):
                self.settled[app_id] = after
            else:
                self.interrupted(app_id, before, after)

    def is_due(self, model: Model, number: int) -> bool:
        until = model.until[number]
        return until is not None and until <= self.time

    @precondition(lambda self: self.there_is(AppState.ACTIVE, kept=True))
    @rule(choice=CHOICE, fuse=FUSE)
    def drop_kept(self, choice: int, fuse: int | None) -> None:
        app_id = self.pick(choice, AppState.ACTIVE, kept=True)
        before = self.settled[app_id]
        number = sorted(before.until)[choice % len(before.until)]
        if self.locked:
            self.refused(lambda: self.service.removal.drop_kept(app_id, number))
            if not self.is_due(before, number):
                self.settled[app_id] = before.changed(until={**before.until, number: self.time})  # as soon as it can
        elif self.attempt("drop_kept", fuse, lambda: self.service.removal.drop_kept(app_id, number)):
            self.settled[app_id] = before.without(number)
        else:
            begun = before.changed(until={**before.until, number: self.time})
            self.interrupted(app_id, before, begun, before.without(number))

    @precondition(lambda self: self.there_is(AppState.ACTIVE))
    @rule(choice=CHOICE, enabled=st.booleans(), fuse=FUSE)
    def enable(self, choice: int, enabled: bool, fuse: int | None) -> None:
        app_id = self.pick(choice, AppState.ACTIVE)
        after = self.settled[app_id].changed(enabled=enabled)
        self.on_disk_only("enable", app_id, after, fuse, lambda: self.service.use.set_enabled(app_id, enabled))

    @precondition(lambda self: self.there_is(AppState.ACTIVE))
    @rule(choice=CHOICE, kind=st.sampled_from(SecretKind), fuse=FUSE)
    def copy(self, choice: int, kind: SecretKind, fuse: int | None) -> None:
        app_id = self.pick(choice, AppState.ACTIVE)
        model = self.settled[app_id]
        if kind not in model.kinds_of(model.current):
            kind = KEY
        if self.locked:
            self.refused(lambda: self.service.use.secret(app_id, kind))
        elif (model.current, kind) not in model.items:
            with pytest.raises(SecretMissing):
                self.service.use.secret(app_id, kind)
        else:
            secret = self.service.use.secret(app_id, kind)
            assert well_formed(kind, secret)
            assert kind is not KEY or secret == model.keys[model.current]
            after = model.changed(copied=self.time)
            self.on_disk_only("copy", app_id, after, fuse, lambda: self.service.use.note_copied(app_id))

    @precondition(lambda self: self.there_is(AppState.ACTIVE))
    @rule(choice=CHOICE, fuse=FUSE)
    def delete(self, choice: int, fuse: int | None) -> None:
        app_id = self.pick(choice, AppState.ACTIVE)
        after = self.settled[app_id].changed(state=AppState.DELETED, purge_after=self.time + RESTORABLE)
        self.on_disk_only("delete", app_id, after, fuse, lambda: self.service.deletion.delete(app_id))

    @precondition(lambda self: self.there_is(AppState.DELETED, AppState.DELETING))
    @rule(choice=CHOICE, fuse=FUSE)
    def restore(self, choice: int, fuse: int | None) -> None:
        app_id = self.pick(choice, AppState.DELETED, AppState.DELETING)
        if self.settled[app_id].state is AppState.DELETING:
            with pytest.raises(AppGone):
                self.service.deletion.restore(app_id)
        elif self.locked:
            self.refused(lambda: self.service.deletion.restore(app_id))
        else:
            after = self.settled[app_id].changed(state=AppState.ACTIVE, purge_after=None)
            self.on_disk_only("restore", app_id, after, fuse, lambda: self.service.deletion.restore(app_id))

    def on_disk_only(self, what: str, app_id: str, after: Model, fuse: int | None, call: Callable[[], object]) -> None:
        if self.attempt(what, fuse, call):
            self.settled[app_id] = after
        else:
            self.interrupted(app_id, self.settled[app_id], after)

    @precondition(lambda self: self.there_is(AppState.ACTIVE))
    @rule(choice=CHOICE)
    def purge_what_was_restored(self, choice: int) -> None:
        """A timer that was not stopped in time. It does nothing."""
        self.service.removal.purge(self.pick(choice, AppState.ACTIVE))

    @precondition(lambda self: self.there_is(AppState.DELETED, AppState.DELETING))
    @rule(choice=CHOICE, fuse=FUSE)
    def purge(self, choice: int, fuse: int | None) -> None:
        app_id = self.pick(choice, AppState.DELETED, AppState.DELETING)
        before = self.settled[app_id]
        if self.locked:
            self.refused(lambda: self.service.removal.purge(app_id))
            self.settled[app_id] = before.changed(state=AppState.DELETING)
        elif self.attempt("purge", fuse, lambda: self.service.removal.purge(app_id)):
            del self.settled[app_id]
        else:
            self.interrupted(app_id, before, None)

    @precondition(lambda self: self.there_is(*AppState))
    @rule(
        action=st.sampled_from([Enable, Disable, Delete, Restore, Rotate]),
        chosen=st.integers(1, 63),
        keep=KEEP,
        fuse=FUSE,
        undo=st.booleans(),
    )
    def bulk(self, action: type[BulkAction], chosen: int, keep: timedelta, fuse: int | None, undo: bool) -> None:
        """The same for some of the apps, and perhaps back again."""
        ids = [app_id for number, app_id in enumerate(self.found(tuple(AppState), False)) if chosen >> number & 1]
        apps = [self.repository.app(app_id) for app_id in ids]
        bulk = Bulk(Rotate(keep) if action is Rotate else action(), apps, self.service)
        if self.bulk_ran(bulk, keep, fuse) and undo and (back := bulk.undo()) is not None:
            self.bulk_ran(back, ROLLED_BACK_KEPT, fuse)

    def bulk_ran(self, bulk: Bulk, keep: timedelta, fuse: int | None) -> bool:
        """Run it. Whether it came to an end."""
        apps, action = bulk.rest, bulk.action
        if action.needs_keychain and self.locked:
            self.done["bulk refused while locked"] += 1
            while not bulk.over:
                bulk.step()
            active = [app.id for app in apps if self.settled[app.id].state is AppState.ACTIVE]
            assert [app.id for app in bulk.rest if app.id in active] == active
            assert not bulk.changed
            return False
        before = {app.id: self.settled[app.id] for app in apps}
        ended = self.attempt(
            f"bulk {type(action).__name__}", fuse, lambda: [bulk.step() for _ in range(99) if not bulk.over]
        )
        changed = set()
        for app in apps:
            model = before[app.id]
            after = self.after_bulk(app, model, action, keep, ended)
            if not ended:
                begun = [model.began_rotation()] if isinstance(action, Rotate) else []
                self.interrupted(app.id, model, *begun, *after)
            else:
                [self.settled[app.id]] = after
                changed |= {app.id} if after != [model] else set()
        if ended:
            assert bulk.stopped is None
            assert {app.id for app in bulk.changed} == changed
            assert len(bulk.changed) + len(bulk.already) + len(bulk.refused) == len(apps)
        return ended

    def after_bulk(self, app: App, model: Model, action: BulkAction, keep: timedelta, ended: bool) -> list[Model]:
        """What it may have made of an app; one thing when it came to its end."""
        states = [AppState.DELETED] if isinstance(action, Restore) else [AppState.ACTIVE]
        if model.state not in states:
            return [model]
        match action:
            case Delete():
                return [model.changed(state=AppState.DELETED, purge_after=self.time + RESTORABLE)]
            case Restore():
                return [model.changed(state=AppState.ACTIVE, purge_after=None)]
            case Rotate():
                if not ended:
                    moved = [model.rotated(None, self.time + keep), model.rotated(None, None)]
                    return moved if keep else [*moved, *(after.without(model.current) for after in moved)]
                key = self.vault.items[SecretRef(model.org, app.id, KEY, model.last + 1)]
                self.handed_out.append(key)
                after = model.rotated(key, self.time + keep)
                return [after if keep else after.without(model.current)]
            case RollBack():
                number = app.kept[0].number  # it was rotated just now
                return [model.rolled_back(number, self.time + keep) if model.has_whole(number) else model]
            case _:
                return [model.changed(enabled=isinstance(action, Enable))]

    @precondition(lambda self: not self.dead and len(self.orgs) < 4)
    @rule(name=st.sampled_from(["Clinic", "Ärzte", "手机"]), fuse=FUSE)
    def add_org(self, name: str, fuse: int | None) -> None:
        added = replace(next(iter(self.orgs.values())), name=name, state=OrgState.ACTIVE)
        self.attempt("add org", fuse, lambda: self.org_service.add(added))
        for org in self.orgs_on_disk():
            if org.id not in self.orgs:
                self.orgs[org.id] = replace(added, id=org.id, purge_after=None)

    @precondition(lambda self: not self.dead and len(self.orgs_in(OrgState.ACTIVE)) > 1)
    @rule(choice=CHOICE, fuse=FUSE)
    def remove_org(self, choice: int, fuse: int | None) -> None:
        orgs = self.orgs_in(OrgState.ACTIVE)
        org = orgs[choice % len(orgs)]
        after = replace(org, state=OrgState.REMOVED, purge_after=self.time + RESTORABLE)
        self.change_org("remove org", fuse, after, lambda: self.org_service.remove(org.id))

    @precondition(lambda self: not self.dead and self.orgs_in(OrgState.REMOVED))
    @rule(choice=CHOICE, fuse=FUSE)
    def restore_org(self, choice: int, fuse: int | None) -> None:
        orgs = self.orgs_in(OrgState.REMOVED)
        org = orgs[choice % len(orgs)]
        after = replace(org, state=OrgState.ACTIVE, purge_after=None)
        self.change_org("restore org", fuse, after, lambda: self.org_service.restore(org.id))

    @precondition(lambda self: not self.dead and self.orgs_in(OrgState.REMOVED, OrgState.REMOVING))
    @rule(choice=CHOICE, fuse=FUSE)
    def purge_org(self, choice: int, fuse: int | None) -> None:
        orgs = self.orgs_in(OrgState.REMOVED, OrgState.REMOVING)
        org = orgs[choice % len(orgs)]
        after = replace(org, state=OrgState.REMOVING)
        self.change_org("purge org", fuse, after, lambda: self.org_service.purge(org.id))
        if not self.dead:
            with pytest.raises(OrgGone):
                self.org_service.restore(org.id)

    def change_org(self, what: str, fuse: int | None, after: Org, call: Callable[[], object]) -> None:
        before = self.orgs[after.id]
        ended = self.attempt(what, fuse, call)
        seen = {org.id: org for org in self.orgs_on_disk()}[after.id]
        assert seen in ([after] if ended else [before, after])
        self.orgs[after.id] = seen

    def refused(self, call: Callable[[], object]) -> None:
        self.done["refused while locked"] += 1
        with pytest.raises(VaultError) as refusal:
            call()
        assert refusal.value.problem is VaultProblem.LOCKED

    # What happens around it

    @precondition(lambda self: not self.locked)
    @rule()
    def lock(self) -> None:
        self.vault.current = VaultState.LOCKED

    @precondition(lambda self: self.locked)
    @rule()
    def unlock(self) -> None:
        self.vault.current = VaultState.UNLOCKED

    @precondition(lambda self: self.locked and not self.dead)
    @rule()
    def unlock_at_the_prompt(self) -> None:
        KeychainService(self.vault).unlock()

    @rule(by=st.sampled_from([timedelta(seconds=5), RESTORABLE, timedelta(days=1), timedelta(days=8)]))
    def let_time_pass(self, by: timedelta) -> None:
        self.time += by
        if not self.dead:  # this machine's clock is right; `test_worlds` has the other kind
            self.service.stores.folder.accept_clock()

    @precondition(lambda self: self.dead or self.unsettled)
    @rule(fuse=FUSE)
    def start_again(self, fuse: int | None) -> None:
        """More often than not, what died is started before anything else happens."""
        self.start(fuse)

    @rule(fuse=FUSE)
    def start(self, fuse: int | None) -> None:
        """End the program, if it still runs, and start it again. It may die while it recovers."""
        self.dead = False
        self.repository = Repository(self.folder, self.step, lambda: self.time)
        log = SteppedLog(self.folder, self.step)
        assert not [each for piece in log.check() for each in piece.breaks], "a crash passes for harm done to the log"
        recorder = Recorder(self.repository, log, lambda: ("john", "desk-7"), now=lambda: self.time)
        self.service = app_services(self.repository, self.vault, lambda: self.time, recorder)
        self.org_service = OrgService(self.repository, lambda: self.time, recorder)
        self.doctor = Doctor(self.service, self.vault)
        self.recover(fuse)
        assert self.repository.recovered is None
        assert not self.repository.unreadable

    @precondition(lambda self: not self.dead)
    @rule(fuse=FUSE)
    def recover(self, fuse: int | None) -> None:
        waiting: list[str] = []

        def recover_all() -> None:
            while (report := self.service.recovery.recover()).more:
                self.done["recover: more"] += 1
            waiting.extend(report.waiting)

        self.service.stores.folder.accept_clock()
        ended = self.attempt("recover", fuse, recover_all)
        if self.locked:
            self.take_in_orgs(ended=False)
            return
        assert not waiting
        self.take_in_recovery(ended)

    def take_in_orgs(self, *, ended: bool) -> None:
        """What recovery did to orgs: those that go are on their way, and gone when it came to an end.

        Unless something of one of their apps may still come.
        """
        seen = {org.id: org for org in self.orgs_on_disk()}
        held = {app.org_id for app in TinyRepository(self.folder).apps() if app.sweep_until is not None}
        for org_id in self.going:
            begun = replace(self.orgs[org_id], state=OrgState.REMOVING)
            if ended:
                assert seen.get(org_id) == (begun if org_id in held else None)
            else:
                assert seen.get(org_id) in (None, self.orgs[org_id], begun)
            if org_id in seen:
                self.orgs[org_id] = seen[org_id]
            else:
                self.done["an org went"] += 1
                del self.orgs[org_id]

    def take_in_recovery(self, ended: bool) -> None:
        going = self.going
        self.take_in_orgs(ended=ended)
        for app_id, model in list(self.settled.items()):
            after = model.recovered(self.time, going)
            if not ended and after != model:
                self.interrupted(app_id, model, after)
            elif after is None:
                del self.settled[app_id]
            else:
                self.settled[app_id] = after
        if ended:
            rows = {app.id: app for app in self.seen_of(self.repository)}
            for app_id, may_be in self.unsettled.items():
                self.settle(app_id, rows.get(app_id), [m and m.recovered(self.time, going) for m in may_be])
            self.unsettled.clear()

    def settle(self, app_id: str, row: App | None, may_be: Sequence[Model | None]) -> None:
        """Something interrupted was finished or undone: take over what became of it."""
        if row is None:
            assert None in may_be, "an app is lost"
            assert all(ref.app_id != app_id for ref in self.vault.items.keys() - self.left_over)
            return
        seen = self.look(row)
        assert any(model is not None and model.allows(seen) for model in may_be), (seen, may_be)
        self.settled[app_id] = seen

    # What happens behind the program's back

    @precondition(lambda self: not self.locked and self.there_is(AppState.ACTIVE))
    @rule(choice=CHOICE, more=CHOICE)
    def an_item_vanishes(self, choice: int, more: int) -> None:
        app_id = self.pick(choice, AppState.ACTIVE)
        items = self.settled[app_id].items
        if not items:
            return
        self.done["an item vanished"] += 1
        number, kind = item = sorted(items, key=str)[more % len(items)]
        del self.vault.items[SecretRef(self.settled[app_id].org, app_id, kind, number)]
        self.settled[app_id] = self.settled[app_id].changed(items=items - {item})

    @precondition(lambda self: not self.locked and self.there_is(AppState.ACTIVE, AppState.DELETED))
    @rule(choice=CHOICE, more=CHOICE, kind=st.sampled_from(SecretKind))
    def an_item_is_left_over(self, choice: int, more: int, kind: SecretKind) -> None:
        app_id = self.pick(choice, AppState.ACTIVE, AppState.DELETED)
        model = self.settled[app_id]
        retired = set(range(1, model.last + 1)) - model.keys.keys()
        if retired:
            self.done["an item was left over"] += 1
            number = sorted(retired)[more % len(retired)]
            ref = SecretRef(model.org, app_id, kind, number)
            self.vault.items[ref] = generate(kind)
            self.left_over.add(ref)

    @precondition(lambda self: not self.dead and not self.locked)
    @rule()
    def see_the_doctor(self) -> None:
        """Check the apps of active orgs and repair what does not match."""
        for app_id in list(self.settled):
            model = self.settled[app_id]
            if self.orgs[model.org].state is not OrgState.ACTIVE:
                continue
            findings = self.doctor.check(app_id)
            left = [ref for ref in self.left_over if ref.app_id == app_id]
            assert sorted((f.problem.value, f.ref.version, f.ref.kind.value) for f in findings) == expected(model, left)
            for finding in findings:
                self.done[f"repaired {finding.problem.value}"] += 1
                self.doctor.repair(finding)
            if findings:
                self.settled[app_id] = self.mended(app_id, model)
                self.left_over.difference_update(left if model.state is AppState.ACTIVE else ())
            for finding in self.doctor.check(app_id):
                assert finding.problem is Problem.LEFTOVER, "what else was found is mended"
                self.doctor.repair(finding)  # which was the last key before
            assert not self.doctor.check(app_id)
        rows = {app.id for app in self.repository.apps()}
        for stray in self.doctor.survey():
            assert stray.ref in self.left_over
            assert stray.ref.app_id not in rows
            self.doctor.remove_stray(stray)
            self.left_over.discard(stray.ref)
            self.done["removed a stray"] += 1

    def mended(self, app_id: str, model: Model) -> Model:
        if not model.has_whole(model.current):
            key = self.vault.items[SecretRef(model.org, app_id, KEY, model.last + 1)]
            model = model.rotated(key, self.time).without(model.current)
        for number in list(model.until):
            if not model.has_whole(number):
                model = model.without(number)
        return model

    # What must hold

    @invariant()
    def both_stores_are_as_expected(self) -> None:
        journal = {app.id for app in TinyRepository(self.folder).apps()}
        assert self.left_over <= self.vault.items.keys(), "what the program did not store was removed"
        held = self.vault.items.keys() - self.left_over
        assert {ref.app_id for ref in held} <= journal, "a secret without a row"
        rows = {app.id: app for app in self.on_disk()}
        for app_id, model in self.settled.items():
            seen = self.look(rows[app_id])
            assert model.allows(seen), (seen, model)
        assert rows.keys() - self.unsettled.keys() == self.settled.keys(), "an app that nobody made"

    @invariant()
    def orgs_are_as_expected(self) -> None:
        seen = {org.id: org for org in self.orgs_on_disk()}
        assert seen == self.orgs
        assert {app.org_id for app in self.on_disk()} <= seen.keys(), "an app without its org"
        assert any(org.state is OrgState.ACTIVE for org in seen.values())

    @invariant()
    def no_two_are_alike(self) -> None:
        """But for the versions of one app from before and after Sessions was switched, which share their key."""
        owners: dict[str, set[str]] = {}
        for ref, secret in self.vault.items.items():
            owner = ref.app_id if ref.kind is KEY else ref.service
            owners.setdefault(secret.reveal(), set()).add(owner)
        assert all(len(found) == 1 for found in owners.values())

    @invariant()
    def no_secret_stands_in_the_folder(self) -> None:
        secrets = [secret.reveal().encode() for secret in (*self.vault.items.values(), *self.handed_out)]
        for file in self.folder.rglob("*"):
            if file.is_file():
                content = file.read_bytes()
                assert not any(secret in content for secret in secrets), file.name

    def on_disk(self) -> Sequence[App]:
        """What a start would find now."""
        return self.seen_of(TinyRepository(self.folder))

    def seen_of(self, repository: TinyRepository) -> Sequence[App]:
        """All but those of which only the row is left, should something of them still come."""
        going = [app.id for app in repository.apps() if app.state is AppState.DELETING and app.sweep_until is not None]
        return [app for app in repository.apps() if app.id not in going or app.id in self.settled]

    def orgs_on_disk(self) -> Sequence[Org]:
        """What a start would find now, without those that stand in for lost ones."""
        return [org for org in TinyRepository(self.folder).orgs() if org.name != LOST_ORG_NAME]

    def look(self, app: App) -> Model:
        """The app as both stores show it."""
        assert app.pending is None
        ends = {app.version: app.key_ends, **{kept.number: kept.key_ends for kept in app.kept}}
        held = {ref: secret for ref, secret in self.vault.items.items() if ref not in self.left_over}
        items = {(ref.version, ref.kind): secret for ref, secret in held.items() if ref.app_id == app.id}
        keys = {number: items.get((number, KEY)) for number in ends}
        for number, key in keys.items():
            assert key is None or KeyEnds.of(key) == ends[number], "a wrong key"
        return Model(
            org=app.org_id,
            label=app.label,
            sessions=app.sessions,
            notes=app.notes,
            state=app.state,
            enabled=app.enabled,
            copied=app.last_copied,
            purge_after=app.purge_after,
            current=app.version,
            last=app.last_version,
            keys=keys,
            until={kept.number: kept.until for kept in app.kept},
            signing={v.number for v in app.kept if not v.sessions} | (set() if app.sessions else {app.version}),
            items=set(items),
            sweep=app.sweep_until,
        )


def expected(model: Model, left_over: Sequence[SecretRef]) -> list[tuple[str, int, str]]:
    """What the doctor must find. left_over: the app's items that somebody put there."""
    if model.state is not AppState.ACTIVE:
        return []
    found = [(Problem.MISSING, item) for item in model.items_of(model.current) - model.items]
    for number in model.until:
        missing = [(number, kind) for kind in model.kinds_of(number) if (number, kind) not in model.items]
        found += [(Problem.KEPT_MISSING, item) for item in missing[:1]]
    numbers = (
        {ref.version for ref in left_over if ref.kind is KEY} if found and not model.has_whole(model.current) else ()
    )
    found += [(Problem.EARLIER, (number, KEY)) for number in numbers]
    found += [(Problem.LEFTOVER, (ref.version, ref.kind)) for ref in left_over if ref.version not in numbers]
    return sorted((problem.value, number, kind.value) for problem, (number, kind) in found)


@pytest.mark.timeout(3600)
def test_a_console_in_any_weather(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cortex_desktop.services.apps.recovery.AT_ONCE", 2)
    long = request.config.getoption("--long", default=False)
    Console.done.clear()
    run_state_machine_as_test(
        Console,
        settings=settings(
            max_examples=1500 if long else 25,
            stateful_step_count=50 if long else 25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(sum(Console.done.values()), dict(Console.done.most_common()))
    # Not beside the point: on most steps something was done.
    assert sum(Console.done.values()) > 200
    if long:
        operations = ("create", "rotate", "roll_back", "drop_kept", "enable", "copy", "delete", "restore", "purge")
        orgs = ("add org", "remove org", "restore org", "purge org")
        assert Console.done["an org went"] > 10
        assert Console.done["recover: more"]
        for operation in (*operations, *orgs, "recover", "import_key", "edit", "switch"):
            assert Console.done[operation] > 20, operation
            assert Console.done[f"{operation}: crash"], operation
        assert Console.done["switch back"] + Console.done["switch back: crash"]
        for action in (Enable, Disable, Delete, Restore, Rotate, RollBack):
            assert Console.done[f"bulk {action.__name__}"]
        for problem in (Problem.MISSING, Problem.KEPT_MISSING, Problem.LEFTOVER):  # the others cannot come about here
            assert Console.done[f"repaired {problem.value}"], problem
