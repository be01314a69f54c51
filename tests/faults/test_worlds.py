"""Whatever state of a data folder meets whatever state of the keychain, no key that a row needs is removed.

Hypothesis chooses: programs on a folder and on copies of it make, rotate, delete, restore and purge apps, roll back,
recover, and run the keychain check, or are killed, while folders are saved, put back, copied, moved and removed,
keychains are locked and exchanged, and the clock jumps. Whenever an item leaves a keychain, the rows of all folders and
of all saved ones are looked at: what one of them needs may go only if the folder that removes it is a later state of
that very one, which has given it up. A person's answer "go on" gives up the states that the folder is no later state
of; and what was changed in a folder in doubt does not bind the one whose history is unbroken. Figures are in README.md.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import ClassVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from cortex_desktop.domain.errors import CortexError
from cortex_desktop.domain.findings import Problem, Repair
from cortex_desktop.domain.folder import Answer, Standing
from cortex_desktop.domain.model import App, AppDetails, AppState, OrgState
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import KeyEnds, Secret, SecretKind, SecretRef
from cortex_desktop.services.bulk import Bulk, Rotate
from cortex_desktop.storage.repository import TinyRepository
from tests.support.memory_vault import InMemoryVault
from tests.support.services import NOON
from tests.support.worlds import Run

CHOICE = st.integers(0, 1000)
WRONG = timedelta(days=31)
"""How far a clock that is wrong is ahead."""


@dataclass
class State:
    """A data folder, or a saved one. history: what was done with it, in numbers that nothing else has."""

    path: Path
    history: tuple[int, ...] = ()
    run: Run | None = None
    keychain: int = 0
    is_given_up: bool = False
    apps: list[App] = field(default_factory=list)
    purging: dict[str, datetime | None] = field(default_factory=dict)

    def includes(self, other: State) -> bool:
        """True if this is the other one, or a later state of it."""
        return self.history[: len(other.history)] == other.history

    def look(self, repository: TinyRepository | None = None) -> None:
        """See what is on the disk, or what this program has."""
        repository = repository or TinyRepository(self.path)
        self.apps = list(repository.apps())
        self.purging = {org.id: org.purge_after for org in repository.orgs() if org.state is not OrgState.ACTIVE}

    def needs(self, now: datetime, program: datetime) -> dict[SecretRef, KeyEnds]:
        """The items that the rows need, and the ends of their keys. program: what a program takes for now."""
        found: dict[SecretRef, KeyEnds] = {}
        for app in self.apps:
            org_goes = app.org_id in self.purging and (self.purging[app.org_id] or now) <= now
            purged = app.state is AppState.DELETED and (app.purge_after or now) <= now
            if app.state in (AppState.ACTIVE, AppState.DELETED) and not purged and not org_goes:
                versions = {app.version: app.key_ends}
                versions |= {kept.number: kept.key_ends for kept in app.kept if now < kept.until != program}
                for number, ends in versions.items():
                    found |= dict.fromkeys(app.refs_of(number), ends)
        return found


class Worlds(RuleBasedStateMachine):
    """folders: by place; saved: copies that no program runs on; done: how often each thing was done."""

    done: ClassVar[Counter[str]] = Counter()
    random: ClassVar[Random]

    def __init__(self) -> None:
        super().__init__()
        Worlds.random = Random(0)  # ids and keys are the same each time, so that a failure is, too
        self.root = Path(tempfile.mkdtemp(prefix="cortex-worlds-"))
        self.time = NOON
        self.is_wrong = False
        self.numbers = count()
        self.vaults = [InMemoryVault(f"Keychain {number}") for number in range(2)]
        for vault in self.vaults:
            vault.before = self.watch(vault)
        self.kept: list[tuple[int, dict[SecretRef, Secret], dict[str, str]]] = []  # what keychains held
        self.folders: dict[str, State] = {}
        self.saved: list[State] = []
        self.actor: State | None = None
        self.meant: tuple[str, int] | None = None
        self.means_all = False  # that is in this folder, so that a saved state of it is of no use any more

    def teardown(self) -> None:
        shutil.rmtree(self.root)

    def now(self) -> datetime:
        return self.time + WRONG if self.is_wrong else self.time

    def watch(self, vault: InMemoryVault) -> Callable[[str, SecretRef | None], None]:
        def look(call: str, ref: SecretRef | None) -> None:
            if call == "remove" and ref in vault.items:
                self.done["an item was removed"] += 1
                self.check_removal(vault, ref)

        return look

    def check_removal(self, vault: InMemoryVault, ref: SecretRef) -> None:
        """Fail when a state that the acting folder has not outgrown needs the item."""
        assert self.actor is not None
        assert self.actor.run is not None
        key = vault.items.get(SecretRef(ref.org_id, ref.app_id, SecretKind.API_KEY, ref.version))
        ends = None if key is None else KeyEnds.of(key)
        if self.meant == (ref.app_id, ref.version):
            return  # a person said so, in so many words
        self.actor.look(self.actor.run.repository)
        for state in (*self.folders.values(), *(() if self.means_all else self.saved)):
            if state is self.actor or not (state.is_given_up or self.actor.includes(state)):
                wanted = state.needs(self.time, self.now())
                needed = ref in wanted and ends in (None, wanted[ref])
                assert not needed, f"{state.path.name} needs what {self.actor.path.name} removes"

    def act(self, place: str, what: str, call: Callable[[Run], object]) -> bool:
        """Do it with the program on this folder. Returns False when it was refused."""
        state = self.actor = self.folders[place]
        assert state.run is not None
        before = state.run.repository.folder_record().generation
        try:
            call(state.run)
        except CortexError as error:
            self.done[f"{what}: {type(error).__name__}"] += 1
            return False
        finally:
            state.look()
            self.actor = self.meant = None
            if state.run.repository.folder_record().generation != before:
                if not state.run.standing.is_in_doubt:
                    state.history += (next(self.numbers),)
                else:
                    state.is_given_up = True
        self.done[what] += 1
        return True

    def running(self) -> list[str]:
        return [place for place, state in self.folders.items() if state.run is not None]

    def place(self, choice: int) -> str:
        places = self.running()
        return places[choice % len(places)]

    def pick(self, place: str, choice: int, *states: AppState) -> App | None:
        found = [app for app in self.folders[place].apps if app.state in states]
        return found[choice % len(found)] if found else None

    def on_app(
        self, what: str, choice: int, more: int, states: tuple[AppState, ...], call: Callable[[Run, App], object]
    ) -> None:
        place = self.place(choice)
        app = self.pick(place, more, *states)
        if app is not None:
            self.act(place, what, lambda run: call(run, app))

    # What people do with the program

    @initialize()
    def begin(self) -> None:
        self.folders["home"] = State(self.root / "home")
        self.open("home")
        self.act("home", "create", lambda run: run.make("App", sessions=False))
        kept = self.folders["home"].apps[0].id
        self.act("home", "rotate", lambda run: run.apps.rotation.rotate(kept, timedelta(days=7)))
        self.act("home", "create", lambda run: run.make("App"))
        deleted = self.folders["home"].apps[1].id
        self.act("home", "delete", lambda run: run.apps.deletion.delete(deleted))
        self.saved.append(self.copy(self.folders["home"], self.root / "saved-first"))

    def open(self, place: str) -> None:
        state = self.actor = self.folders[place]
        state.run = Run(state.path, self.vaults[state.keychain], self.now, recovers=False)
        self.act(place, "recover", lambda run: run.recover())

    def close(self, place: str) -> None:
        state = self.folders[place]
        if state.run is not None:
            state.run.quit()
            state.run = None

    @precondition(lambda self: self.running())
    @rule(choice=CHOICE, sessions=st.booleans())
    def create(self, choice: int, sessions: bool) -> None:
        place = self.place(choice)
        if len(self.folders[place].apps) < 4:
            self.act(place, "create", lambda run: run.make("App", sessions=sessions))

    @precondition(lambda self: self.running())
    @rule(choice=CHOICE, more=CHOICE, keep=st.sampled_from([0, 1, 7]), bulk=st.booleans())
    def rotate(self, choice: int, more: int, keep: int, bulk: bool) -> None:
        def call(run: Run, app: App) -> None:
            if not bulk:
                run.apps.rotation.rotate(app.id, timedelta(days=keep))
                return
            work = Bulk(Rotate(timedelta(days=keep)), [app], run.apps)
            while not work.over:
                work.step()

        self.on_app("rotate", choice, more, (AppState.ACTIVE,), call)

    @precondition(lambda self: self.running())
    @rule(choice=CHOICE, more=CHOICE)
    def roll_back(self, choice: int, more: int) -> None:
        def call(run: Run, app: App) -> None:
            if app.kept:
                run.apps.rotation.roll_back(app.id, app.kept[more % len(app.kept)].number, timedelta(days=7))

        self.on_app("roll back", choice, more, (AppState.ACTIVE,), call)

    @precondition(lambda self: self.running())
    @rule(choice=CHOICE, more=CHOICE)
    def drop_kept(self, choice: int, more: int) -> None:
        def call(run: Run, app: App) -> None:
            if app.kept:
                number = app.kept[more % len(app.kept)].number
                self.meant = (app.id, number)
                run.apps.removal.drop_kept(app.id, number)

        self.on_app("drop kept", choice, more, (AppState.ACTIVE,), call)

    @precondition(lambda self: self.running())
    @rule(choice=CHOICE, more=CHOICE, sessions=st.booleans())
    def edit(self, choice: int, more: int, sessions: bool) -> None:
        details = AppDetails("Edited", sessions)
        self.on_app("edit", choice, more, (AppState.ACTIVE,), lambda run, app: run.apps.editing.edit(app.id, details))

    @precondition(lambda self: self.running())
    @rule(choice=CHOICE, more=CHOICE)
    def delete(self, choice: int, more: int) -> None:
        self.on_app("delete", choice, more, (AppState.ACTIVE,), lambda run, app: run.apps.deletion.delete(app.id))

    @precondition(lambda self: self.running())
    @rule(choice=CHOICE, more=CHOICE)
    def restore(self, choice: int, more: int) -> None:
        def call(run: Run, app: App) -> None:
            run.apps.deletion.restore(app.id)

        self.on_app("restore", choice, more, (AppState.DELETED,), call)

    @precondition(lambda self: self.running())
    @rule(choice=CHOICE, more=CHOICE)
    def purge(self, choice: int, more: int) -> None:
        def call(run: Run, app: App) -> None:
            run.apps.removal.purge(app.id)

        self.on_app("purge", choice, more, (AppState.DELETED, AppState.DELETING), call)

    @precondition(lambda self: self.running())
    @rule(choice=CHOICE, more=CHOICE, back=st.booleans())
    def orgs(self, choice: int, more: int, back: bool) -> None:
        place = self.place(choice)

        def call(run: Run) -> None:
            removed = run.orgs.removed()
            if back and removed:
                run.orgs.restore(removed[more % len(removed)].id)
            elif back and len(run.orgs.orgs()) < 3:
                run.orgs.add(run.org)
            else:
                run.orgs.remove(run.orgs.orgs()[0].id)

        self.act(place, "orgs", call)

    @precondition(lambda self: self.running())
    @rule(choice=CHOICE)
    def recover(self, choice: int) -> None:
        self.act(self.place(choice), "recover", lambda run: run.recover())

    @precondition(lambda self: self.running())
    @rule(choice=CHOICE, more=CHOICE)
    def check(self, choice: int, more: int) -> None:
        """See the doctor, and do all that it offers without being told what."""

        def call(run: Run) -> None:
            run.doctor.survey()
            for app in run.repository.apps():
                for finding in run.doctor.check(app.id):
                    offered = run.doctor.repairs(finding)
                    if finding.problem is Problem.LEFTOVER:
                        offered = [each for each in offered if each is not Repair.REMOVE]  # which a person must mean
                    chosen = [each for each in offered if each is not Repair.TYPE]
                    self.done[f"found {finding.problem.value}"] += 1
                    if chosen:
                        run.doctor.repair(finding, chosen[more % len(chosen)])

        self.act(self.place(choice), "check", call)

    @precondition(lambda self: self.running())
    @rule(choice=CHOICE)
    def remove_everything(self, choice: int) -> None:
        place = self.place(choice)
        state = self.folders[place]
        assert state.run is not None
        if len(self.folders) > 1 and not state.run.standing.is_in_doubt:
            return  # it is what the person wants
        self.means_all = True
        self.act(place, "remove everything", lambda run: run.apps.deletion.remove_everything())
        self.means_all = False

    @precondition(lambda self: self.running())
    @rule(choice=CHOICE, more=CHOICE)
    def answer(self, choice: int, more: int) -> None:
        place = self.place(choice)
        state = self.folders[place]
        assert state.run is not None
        standing = state.run.standing
        answers = state.run.folder.answers()
        if not answers:
            return
        chosen = answers[more % len(answers)]
        if chosen is Answer.OWN_KEYS:
            if self.act(place, f"{standing.value}: {chosen.value}", lambda run: list(run.apps.own_keys.steps())):
                state.is_given_up = False
            return
        if chosen is Answer.GO_ON and standing is not Standing.OTHER_KEYCHAIN:
            for other in (*self.folders.values(), *self.saved):
                other.is_given_up = other.is_given_up or not state.includes(other)
            state.is_given_up = False
        self.act(place, f"{standing.value}: {chosen.value}", lambda run: run.folder.answer(chosen))

    # What happens to folders

    @rule(choice=CHOICE)
    def start_or_quit(self, choice: int) -> None:
        place = list(self.folders)[choice % len(self.folders)]
        if self.folders[place].run is None:
            self.open(place)
        else:
            self.close(place)

    @precondition(lambda self: self.running())
    @rule(choice=CHOICE)
    def kill(self, choice: int) -> None:
        self.folders[self.place(choice)].run = None
        self.done["killed"] += 1

    @rule(choice=CHOICE)
    def lock_or_unlock(self, choice: int) -> None:
        vault = self.vaults[choice % 2]
        is_locked = vault.current is VaultState.LOCKED
        vault.current = VaultState.UNLOCKED if is_locked else VaultState.LOCKED
        self.done["locked or unlocked"] += 1

    def copy(self, state: State, path: Path) -> State:
        shutil.copytree(state.path, path)
        return State(path, state.history, None, state.keychain, state.is_given_up, state.apps, state.purging)

    @precondition(lambda self: len(self.saved) < 4)
    @rule(choice=CHOICE)
    def save(self, choice: int) -> None:
        """Also while the program runs."""
        state = self.folders[list(self.folders)[choice % len(self.folders)]]
        self.saved.append(self.copy(state, self.root / f"saved-{next(self.numbers)}"))

    @precondition(lambda self: self.saved)
    @rule(choice=CHOICE, more=CHOICE)
    def put_back(self, choice: int, more: int) -> None:
        place = list(self.folders)[choice % len(self.folders)]
        self.close(place)
        saved, path = self.saved[more % len(self.saved)], self.folders[place].path
        if len(self.saved) < 6:  # few people throw the newer one away
            self.saved.append(self.copy(self.folders[place], self.root / f"saved-{next(self.numbers)}"))
        shutil.rmtree(path)
        keychain = self.folders[place].keychain
        self.folders[place] = self.copy(saved, path)
        self.folders[place].keychain = keychain
        self.done["put back"] += 1
        self.open(place)

    @precondition(lambda self: len(self.folders) < 3)
    @rule(choice=CHOICE)
    def copy_folder(self, choice: int) -> None:
        state = self.folders[list(self.folders)[choice % len(self.folders)]]
        place = f"copy-{next(self.numbers)}"
        self.folders[place] = self.copy(state, self.root / place)
        self.done["copied"] += 1
        self.open(place)

    @rule(choice=CHOICE)
    def move(self, choice: int) -> None:
        place = list(self.folders)[choice % len(self.folders)]
        self.close(place)
        state = self.folders.pop(place)
        place = f"moved-{next(self.numbers)}"
        shutil.move(state.path, self.root / place)
        state.path = self.root / place
        self.folders[place] = state
        self.done["moved"] += 1
        self.open(place)

    @precondition(lambda self: len(self.folders) > 1)
    @rule(choice=CHOICE)
    def throw_away(self, choice: int) -> None:
        place = list(self.folders)[choice % len(self.folders)]
        self.close(place)
        shutil.rmtree(self.folders.pop(place).path)
        self.done["thrown away"] += 1

    @rule(choice=CHOICE)
    def exchange_keychain(self, choice: int) -> None:
        place = list(self.folders)[choice % len(self.folders)]
        self.close(place)
        self.folders[place].keychain ^= 1
        self.done["exchanged the keychain"] += 1
        self.open(place)

    @precondition(lambda self: len(self.kept) < 3)
    @rule(choice=CHOICE)
    def save_keychain(self, choice: int) -> None:
        number = choice % len(self.vaults)
        self.kept.append((number, dict(self.vaults[number].items), dict(self.vaults[number].claims)))

    @precondition(lambda self: self.kept)
    @rule(choice=CHOICE)
    def put_keychain_back(self, choice: int) -> None:
        number, items, claims = self.kept[choice % len(self.kept)]
        self.vaults[number].items, self.vaults[number].claims = dict(items), dict(claims)
        self.done["put a keychain back"] += 1
        for place, state in self.folders.items():
            if state.run is not None and state.keychain == number:
                self.close(place)
                self.open(place)

    # Time

    @rule(days=st.sampled_from([1, 1, 6, 8, 31]))
    def let_time_pass(self, days: int) -> None:
        if not self.is_wrong:
            self.time += timedelta(days=days)
            for place in self.running():
                self.act(place, "recover", lambda run: run.recover())

    @rule()
    def use_it_for_weeks(self) -> None:
        """So that deleted apps and kept keys fall due though the clock never jumps."""
        for _ in range(6):
            self.let_time_pass(6)

    @precondition(lambda self: self.running() and not self.is_wrong)
    @rule(choice=CHOICE)
    def take_the_clock_for_right(self, choice: int) -> None:
        self.act(self.place(choice), "clock is right", lambda run: (run.folder.accept_clock(), run.recover()))

    @rule()
    def set_the_clock(self) -> None:
        self.is_wrong = not self.is_wrong
        self.done["clock set"] += 1


@pytest.mark.timeout(3600)  # of --long
def test_no_key_that_a_row_needs_is_ever_removed(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", lambda _fd: None)  # what power cuts do is another test's business
    monkeypatch.setattr("uuid.uuid4", lambda: UUID(int=Worlds.random.getrandbits(128), version=4))
    monkeypatch.setattr("secrets.choice", lambda among: Worlds.random.choice(among))
    long = request.config.getoption("--long", default=False)
    Worlds.done.clear()
    run_state_machine_as_test(
        Worlds,
        settings=settings(
            max_examples=400 if long else 15,
            stateful_step_count=50 if long else 25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(sum(Worlds.done.values()), dict(Worlds.done.most_common()))
    assert Worlds.done["an item was removed"], "nothing was ever removed, so nothing was proved"
