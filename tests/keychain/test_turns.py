"""Two computers take turns on one data folder, each with a real GNOME Keyring; what is restored, copied, linked and
mixed up on the way. No key goes that a row of any state needs, and what is said is so.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from cortex_desktop.domain.errors import FolderInDoubt, SecretMissing, StorageError
from cortex_desktop.domain.findings import Problem, Repair
from cortex_desktop.domain.folder import Answer, Standing
from cortex_desktop.domain.model import AppDetails, AppState
from cortex_desktop.domain.secret import Secret, SecretRef
from cortex_desktop.services.periods import RESTORABLE
from cortex_desktop.vault.opening import open_vault
from tests.support.keychain import PrivateKeyring, needs_daemons, private_keyring
from tests.support.vaults import no_vault_threads_left
from tests.support.worlds import Clock, Run

pytestmark = needs_daemons
A_WEEK = timedelta(days=7)
AT_ONCE = timedelta(0)


class Machine:
    """A computer with a data folder and a keychain of its own. All computers here have the same time."""

    def __init__(self, folder: Path, keyring: PrivateKeyring, clock: Clock) -> None:
        self.folder = folder
        self.keyring = keyring
        self._clock = clock

    @contextmanager
    def turn(self, folder: Path | None = None, *, quits: bool = True) -> Iterator[Run]:
        """The program from start to end. quits: it ends as a person ends it; else it is killed."""
        with self.keyring.in_use(), no_vault_threads_left():
            vault = open_vault()
            try:
                run = Run(folder or self.folder, vault, self._clock)
                yield run
                if quits:
                    run.quit()
            finally:
                vault.close()

    def keys(self) -> dict[SecretRef, Secret]:
        """All keys and secrets that the keychain holds."""
        with self.keyring.in_use(), no_vault_threads_left():
            vault = open_vault()
            refs = [item.ref for item in vault.list_items() if isinstance(item.ref, SecretRef)]
            found = {ref: vault.read(ref) for ref in refs}
            vault.close()
        return found

    def save(self, name: str) -> Path:
        """Copy the folder to a place of this name."""
        target = self.folder.parent / name
        shutil.copytree(self.folder, target)
        return target

    def put_back(self, saved: Path) -> None:
        """Put a saved copy in the folder's place."""
        shutil.rmtree(self.folder)
        shutil.copytree(saved, self.folder)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def home(tmp_path: Path, clock: Clock) -> Iterator[Machine]:
    with private_keyring() as keyring:
        yield Machine(tmp_path / "home" / "data", keyring, clock)


@pytest.fixture
def work(tmp_path: Path, clock: Clock) -> Iterator[Machine]:
    with private_keyring() as keyring:
        yield Machine(tmp_path / "work" / "data", keyring, clock)


def sync(source: Machine, target: Machine) -> None:
    """Bring the folder over as a sync client does that was given all the time it needs."""
    shutil.rmtree(target.folder, ignore_errors=True)
    shutil.copytree(source.folder, target.folder)


def problems(run: Run, label: str = "Alpha") -> list[Problem]:
    return [finding.problem for finding in run.doctor.check(run.app(label).id)]


# Two computers, two keychains


def test_the_key_that_only_the_first_computer_has_stays_there(home: Machine, work: Machine, clock: Clock) -> None:
    with home.turn() as run:
        first = run.make().key
    sync(home, work)
    with work.turn() as run:
        assert run.standing is Standing.OTHER_KEYCHAIN
        run.folder.answer(Answer.GO_ON)
        run.apps.rotation.rotate(run.app().id, A_WEEK)
    sync(work, home)
    for _ in range(2):
        clock.pass_by(timedelta(days=5))  # which is no jump yet
        with home.turn() as run:
            assert run.standing is Standing.KNOWN
    assert first in home.keys().values()
    with home.turn() as run:
        assert Problem.MISSING in problems(run)
        run.apps.rotation.roll_back(run.app().id, 1, A_WEEK)
        assert run.key() == first


def test_what_was_lost_on_one_computer_is_offered_where_it_is(home: Machine, work: Machine) -> None:
    with home.turn() as run:
        first = run.make(sessions=False).key
    sync(home, work)
    with work.turn() as run:
        run.folder.answer(Answer.GO_ON)
        for finding in run.doctor.check(run.app().id):
            run.doctor.repair(finding, Repair.NEW_KEY)
        run.recover()
    assert len(work.keys()) == 2
    sync(work, home)
    with home.turn() as run:
        found = run.doctor.check(run.app().id)
        assert [each.problem for each in found] == [Problem.MISSING, Problem.MISSING, Problem.EARLIER]
        assert run.doctor.repairs(found[-1]) == (Repair.USE,)
        run.doctor.repair(found[-1])
        assert run.key() == first
    assert len(home.keys()) == 2


def test_a_computer_that_only_looks_does_not_make_the_other_one_do_so(home: Machine, tmp_path: Path) -> None:
    with home.turn() as run:
        run.make()
    with private_keyring() as keyring:
        away = Machine(home.folder, keyring, Clock())
        with away.turn() as run:
            assert run.standing is Standing.OTHER_KEYCHAIN
            run.folder.answer(Answer.VIEWER)
        with away.turn() as run:
            assert run.standing is Standing.VIEWER
        with home.turn() as run:
            assert run.standing is Standing.KNOWN
            run.make("Beta")
        with away.turn() as run:
            assert run.standing is Standing.VIEWER


def test_of_two_versions_after_a_conflict_the_other_one_s_keys_stay(home: Machine, work: Machine) -> None:
    with home.turn() as run:
        run.make()
    sync(home, work)
    with work.turn() as run:
        run.folder.answer(Answer.GO_ON)
        run.apps.editing.edit(run.app().id, AppDetails("Renamed", sessions=True))
    with home.turn() as run:
        made = run.apps.rotation.rotate(run.app().id, AT_ONCE)
        run.recover()
        beta = run.make("Beta")
    before = home.keys()
    shutil.copy(home.folder / "apps.json", home.folder / "apps (conflicted copy).json")
    shutil.copy(work.folder / "apps.json", home.folder / "apps.json")
    shutil.rmtree(home.folder / "backups")
    shutil.copytree(work.folder / "backups", home.folder / "backups")
    with home.turn() as run:
        assert run.standing is Standing.RESTORED
        app = run.app("Renamed")
        for call in (
            lambda: run.apps.removal.purge(run.apps.deletion.delete(app.id).id),
            lambda: run.apps.deletion.remove_everything(),
        ):
            with pytest.raises(FolderInDoubt):
                call()
        run.apps.deletion.restore(app.id)
        strays = run.doctor.survey()
        assert [stray.ref for stray in strays if stray.is_ours] == [beta.app.refs[0]]
        [newer] = [each for each in run.doctor.check(app.id) if each.problem is Problem.NEWER]
        run.doctor.repair(newer)
        assert run.key("Renamed") == made.key
        assert run.doctor.bring_back(strays[0], "Beta").id == beta.app.id
    assert home.keys() == before
    assert (home.folder / "apps (conflicted copy).json").exists()


@pytest.mark.parametrize("newer", ["apps.json", "backups", "activity", "apps.json.journal"])
def test_a_folder_of_which_only_a_part_came_over_keeps_all_keys(home: Machine, newer: str) -> None:
    """The rest is as it was before the last run, which was killed or not."""
    with home.turn() as run:
        run.make()
    older = home.save("older")
    with home.turn(quits=newer != "apps.json.journal") as run:
        made = run.apps.rotation.rotate(run.app().id, AT_ONCE)
        run.recover()
        beta = run.make("Beta", sessions=False)
        run.apps.deletion.delete(beta.app.id)
        run.apps.deletion.restore(beta.app.id)
        run.folder.keep_claim()
    before = home.keys()
    whole = home.save("whole")
    home.put_back(older)
    for path in whole.iterdir():
        if path.name.startswith(newer) and (newer != "apps.json" or path.name == newer):
            target = home.folder / path.name
            shutil.rmtree(target, ignore_errors=True)
            (shutil.copytree if path.is_dir() else shutil.copy)(path, target)
    with home.turn() as run:
        labels = sorted(app.label for app in run.repository.apps())
        assert run.standing is (Standing.KNOWN if labels == ["Alpha", "Beta"] else Standing.RESTORED)
        for app in list(run.repository.apps()):
            run.apps.rotation.rotate(app.id, A_WEEK)
        run.recover()
    assert before.items() <= home.keys().items()
    home.put_back(whole)
    with home.turn() as run:
        assert (run.key(), run.key("Beta")) == (made.key, beta.key)


# Restored while the program runs, or from the middle of a run


def test_a_snapshot_of_the_same_run_is_told_from_its_end(home: Machine) -> None:
    with home.turn(quits=False) as run:
        run.make()
        saved = home.save("saved")
        in_use = run.apps.rotation.rotate(run.app().id, AT_ONCE).key
        run.recover()
    home.put_back(saved)
    with home.turn() as run:
        assert run.standing is Standing.RESTORED
        app = run.apps.deletion.delete(run.app().id)
        with pytest.raises(FolderInDoubt):
            run.apps.removal.purge(app.id)
        run.apps.deletion.restore(app.id)
        run.doctor.survey()
        [newer] = [each for each in run.doctor.check(app.id) if each.problem is Problem.NEWER]
        run.doctor.repair(newer)
        assert run.key() == in_use


@pytest.mark.parametrize("when", ["between", "within"])
def test_a_folder_put_back_while_the_program_runs_takes_no_key(
    home: Machine, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with home.turn() as run:
        run.make()
    saved = home.save("saved")
    with home.turn() as run:
        run.apps.use.set_enabled(run.app().id, False)
    with home.turn() as run:
        told: list[Path] = []
        run.repository.watch(told.append)
        if when == "within":
            store = type(run.vault).store

            def store_and_put_back(vault: object, ref: SecretRef, secret: Secret) -> None:
                store(vault, ref, secret)  # type: ignore[arg-type]
                home.put_back(saved)

            monkeypatch.setattr(type(run.vault), "store", store_and_put_back)
        in_use = run.apps.rotation.rotate(run.app().id, AT_ONCE).key
        monkeypatch.undo()
        if when == "between":
            home.put_back(saved)
        run.recover()
        beta = run.make("Beta")
        assert told
        assert run.key() == in_use
    with home.turn() as run:
        assert run.standing is Standing.KNOWN
        assert (run.key(), run.key("Beta")) == (in_use, beta.key)
        assert not run.doctor.check(run.app().id)


def test_a_further_folder_put_there_while_the_program_runs_ends_its_work(home: Machine) -> None:
    with home.turn() as run:
        app = run.make().app
    older = home.save("older")
    with home.turn() as run:
        for number in range(4):
            run.make(f"App {number}")
    further = home.save("further")
    before = home.keys()
    home.put_back(older)
    with home.turn() as run:
        home.put_back(further)
        with pytest.raises(StorageError):
            run.apps.rotation.rotate(app.id, AT_ONCE)
    with home.turn() as run:
        assert len(run.repository.apps()) == 5
        assert run.standing is Standing.KNOWN
    assert home.keys() == before


# Copies and links


def test_a_copy_of_a_running_program_s_folder_is_a_copy(home: Machine, tmp_path: Path) -> None:
    with home.turn() as run:
        key = run.make().key
        copy = home.save("copy")
        run.apps.deletion.delete(run.make("Beta").app.id)
    with home.turn(copy) as run:
        assert run.standing is Standing.COPY
        with pytest.raises(FolderInDoubt):
            run.apps.deletion.remove_everything()
        list(run.apps.own_keys.steps())
        run.apps.deletion.remove_everything()
    with home.turn() as run:
        assert run.standing is Standing.KNOWN
        assert run.key() == key
    assert len(home.keys()) == 2


def test_a_copy_that_shares_its_files_by_hard_links_does_not_write_into_the_original(home: Machine) -> None:
    with home.turn() as run:
        key = run.make().key
        copy = home.folder.parent / "copy"
        shutil.copytree(home.folder, copy, copy_function=os.link)
        with home.turn(copy, quits=False) as other:
            assert other.standing is Standing.COPY
            other.folder.answer(Answer.VIEWER)
        beta = run.make("Beta")
    with home.turn() as run:
        assert (run.standing, run.repository.folder_record().viewer) == (Standing.KNOWN, "")
        assert (run.key(), run.key("Beta")) == (key, beta.key)


def test_a_link_left_where_the_folder_stood_makes_it_no_copy(home: Machine, tmp_path: Path) -> None:
    with home.turn() as run:
        app = run.make().app
    target = tmp_path / "elsewhere"
    shutil.move(home.folder, target)
    home.folder.symlink_to(target)
    for folder in (home.folder, target):
        with home.turn(folder) as run:
            assert run.standing is (Standing.MOVED if folder == home.folder else Standing.KNOWN)
            if run.standing is Standing.MOVED:
                run.folder.answer(Answer.GO_ON)
    with home.turn() as run:
        run.apps.deletion.delete(app.id)
        run.apps.removal.purge(app.id)
    assert not home.keys()


# The keychain is put back


def test_yesterday_s_keychain_beside_today_s_folder_loses_no_key(home: Machine, tmp_path: Path, clock: Clock) -> None:
    with home.turn() as run:
        old = run.make().key
        run.make("Beta")
    home.keyring.save(tmp_path / "yesterday")
    clock.pass_by(timedelta(days=1))
    with home.turn() as run:
        run.apps.rotation.rotate(run.app().id, AT_ONCE)  # the first key goes
        run.recover()
        run.apps.rotation.rotate(run.app("Beta").id, A_WEEK)
        run.make("Gamma")
    home.keyring.put_back(tmp_path / "yesterday")
    before = home.keys()
    assert len(before) == 2
    for _ in range(2):
        clock.pass_by(timedelta(days=5))
        with home.turn():
            pass
    assert home.keys() == before
    with home.turn() as run:
        assert problems(run) == [Problem.MISSING, Problem.EARLIER]
        assert problems(run, "Beta") == [Problem.MISSING]
        assert problems(run, "Gamma") == [Problem.MISSING]
        for finding in run.doctor.check(run.app().id):
            if finding.problem is Problem.EARLIER:
                run.doctor.repair(finding)
        assert run.key() == old
        run.apps.rotation.roll_back(run.app("Beta").id, 1, A_WEEK)
        with pytest.raises(SecretMissing):
            run.key("Gamma")


@pytest.mark.parametrize("folder_is_older", [False, True])
def test_both_put_back_to_different_days_lose_no_key(
    home: Machine, tmp_path: Path, clock: Clock, folder_is_older: bool
) -> None:
    saved: list[Path] = []
    with home.turn() as run:
        run.make()
    for day in range(3):
        home.keyring.save(tmp_path / f"keys {day}")
        saved.append(home.save(f"folder {day}"))
        clock.pass_by(timedelta(days=1))
        with home.turn() as run:
            run.apps.rotation.rotate(run.app().id, A_WEEK)
            run.make(f"App {day}", sessions=False)
    home.keyring.put_back(tmp_path / ("keys 2" if folder_is_older else "keys 0"))
    home.put_back(saved[0 if folder_is_older else 2])
    before = home.keys()
    with home.turn() as run:
        assert run.standing is (Standing.RESTORED if folder_is_older else Standing.KNOWN)
        for app in list(run.repository.apps()):
            run.apps.rotation.rotate(app.id, AT_ONCE)
        run.recover()
        run.doctor.survey()
        found = {each.problem for app in run.repository.apps() for each in run.doctor.check(app.id)}
        assert (Problem.NEWER in found) is folder_is_older
    after = home.keys()
    gone = {ref: key for ref, key in before.items() if ref not in after}
    if folder_is_older:
        assert not gone
    else:  # of what the rows gave up, when each app had a key again
        with home.turn() as run:
            assert all(ref.version not in run.repository.app(ref.app_id).versions for ref in gone)
            assert all(run.key(app.label) for app in run.repository.apps())


# Deadlines


def test_an_org_restored_in_one_state_and_removed_in_another_keeps_its_keys(home: Machine, clock: Clock) -> None:
    with home.turn() as run:
        run.make()
        org = run.orgs.add(run.org)
        run.orgs.remove(run.app().org_id)
    saved = home.save("saved")
    with home.turn() as run:
        run.orgs.restore(run.app().org_id)
        run.folder.keep_claim()
        key = run.key()
    newest = home.save("newest")
    home.put_back(saved)
    for _ in range(RESTORABLE.days // 6 + 1):
        clock.pass_by(timedelta(days=6))
        with home.turn() as run:
            assert run.standing is Standing.RESTORED
    with home.turn() as run:
        run.folder.answer(Answer.GO_ON)
        run.recover()
        assert run.key() == key
    home.put_back(newest)
    with home.turn() as run:
        assert run.standing is Standing.RESTORED  # the other one is in use since
        assert run.key() == key
        assert org.id != run.app().org_id


def test_what_was_deleted_goes_thirty_days_after_the_folder_was_restored_and_not_before(
    home: Machine, clock: Clock
) -> None:
    with home.turn() as run:
        run.make()
        run.make("Beta")
        run.apps.deletion.delete(run.app().id)
    saved = home.save("saved")
    with home.turn() as run:
        run.make("Gamma")
    home.put_back(saved)
    clock.pass_by(RESTORABLE - timedelta(days=1))
    with home.turn() as run:
        run.folder.accept_clock()
        run.folder.answer(Answer.GO_ON)
    for day in range(0, RESTORABLE.days + 1, 5):
        with home.turn() as run:
            held = [app.label for app in run.repository.apps() if app.state is not AppState.DELETING]
            assert held == (["Alpha", "Beta"] if day < RESTORABLE.days else ["Beta"])
        clock.pass_by(timedelta(days=5))
    assert len(home.keys()) == 2  # Gamma's is no row's of this folder, and stays


# Real programs that are killed


def test_a_program_killed_within_a_rotation_and_its_folder_put_back_lose_no_key(home: Machine) -> None:
    with home.turn() as run:
        app = run.make().app
    saved = home.save("saved")
    code = f"""
import signal, os, time
from datetime import timedelta
from pathlib import Path
from cortex_desktop.composition import Stores, compose
stores = Stores.of(Path({str(home.folder)!r}))
services = compose(stores)
vault = type(stores.vault)
store = vault.store
def and_wait(self, ref, secret):
    store(self, ref, secret)
    print("stored", flush=True)
    time.sleep(60)
vault.store = and_wait
services.apps.rotation.rotate({app.id!r}, timedelta(0))
"""
    with home.keyring.in_use():
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "stored\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    before = home.keys()
    assert len(before) == 2
    within = home.save("within")
    home.put_back(saved)
    with home.turn() as run:
        run.apps.rotation.rotate(app.id, AT_ONCE)
        run.recover()
        assert run.held(app, 2) in before.values()
    assert before.items() <= {**home.keys(), **{ref: key for ref, key in before.items() if ref.version == 1}}.items()
    home.put_back(within)
    with home.turn() as run:
        assert run.key() == run.held(app, run.app().version)


SOMEBODY = """
import sys
from datetime import timedelta
from pathlib import Path
from cortex_desktop.composition import Stores, compose
from cortex_desktop.domain.model import AppDetails
stores = Stores.of(Path(sys.argv[1]))
services = compose(stores)
apps = services.apps
if "make" in sys.argv:
    org = stores.repository.orgs()[0]
    kept, gone = (apps.creation.create(org.id, AppDetails(label, sessions=True)).app for label in ("Kept", "Gone"))
    apps.rotation.rotate(kept.id, timedelta(days=7))
    apps.deletion.delete(gone.id)
if "right" in sys.argv:
    apps.stores.folder.accept_clock()
apps.recovery.recover()
jump = apps.stores.folder.clock_jump()
print(jump.due if jump is not None else 0, sum(item.ref.username == "api-key" for item in stores.vault.list_items()))
stores.close()
"""


@pytest.mark.skipif(shutil.which("faketime") is None, reason="needs faketime")
def test_a_program_whose_computer_is_31_days_ahead_removes_nothing_until_the_clock_is_right(home: Machine) -> None:
    """The program as it is put together, on the system's own clock."""

    def somebody(*orders: str, ahead: str = "") -> str:
        command = [sys.executable, "-c", SOMEBODY, str(home.folder), *orders]
        with home.keyring.in_use():
            env = {**os.environ, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
            command = ["faketime", "-f", ahead, *command] if ahead else command
            return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.strip()

    assert somebody("make") == "0 3"
    assert somebody(ahead="+31d") == "2 3"
    assert somebody(ahead="-400d") == "0 3"
    assert somebody() == "0 3"
    assert somebody("right", ahead="+31d") == "0 1"
