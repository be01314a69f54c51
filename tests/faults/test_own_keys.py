"""Giving a copy keys of its own: whatever goes wrong at whatever step, no key is lost and it can be gone on with."""

from __future__ import annotations

import shutil
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import cast

import pytest

from cortex_desktop.domain.errors import CortexError
from cortex_desktop.domain.folder import Answer, Standing
from cortex_desktop.domain.ports import Repository, VaultState
from cortex_desktop.storage.repository import TinyRepository
from tests.faults.test_services_faults import FAULTS, Crash, Fault, Plan, Steps, Watched
from tests.support.services import app_services
from tests.support.vaults import LateVault
from tests.support.worlds import Desk

MADE = ("Alpha", "Beta", "Gamma")


def play(place: Path, plan: Plan) -> list[str]:
    """Make apps, copy the folder, give the copy its keys with these faults, and go on. Returns the steps' calls."""
    vault = LateVault()
    desk = Desk(place, vault)
    run = desk.start()
    keys = [run.make(label, sessions=label == "Beta").key for label in MADE]
    run.quit()
    before = dict(vault.items)
    copied = desk.copy("copy")
    steps = Steps(plan, vault)
    vault.before = lambda call, _: steps.before(call)
    vault.after = lambda call, _: steps.after(call)
    repository = TinyRepository(copied, desk.clock)
    services = app_services(cast(Repository, Watched(repository, steps)), vault, desk.clock)
    with suppress(Crash, CortexError):
        for _ in services.own_keys.steps():
            pass
    steps.plan.clear()
    steps.dead = False
    vault.before = vault.after = None
    vault.current = VaultState.UNLOCKED
    vault.land()
    copy = desk.start(copied)
    assert copy.standing in (Standing.COPY, Standing.NEW, Standing.KNOWN)
    if Answer.OWN_KEYS in copy.folder.answers():
        list(copy.apps.own_keys.steps())
    assert [copy.key(label) for label in MADE] == keys, "a key is lost"
    assert len(copy.repository.apps()) == len(MADE)
    assert not [stray for stray in copy.doctor.survey() if stray.is_ours], "something is left behind"
    copy.folder.require_removal()
    assert before.items() <= vault.items.items(), "the other folder has lost a key"
    copy.apps.deletion.remove_everything()
    assert vault.items == before, "not all of the copy's went"
    run = desk.start()
    assert run.standing is Standing.KNOWN
    assert [run.key(label) for label in MADE] == keys
    return steps.trace


def test_each_fault_can_be_gone_on_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", lambda _fd: None)
    numbers = count()

    def place() -> Path:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        return folder

    bad = []
    for step, call in enumerate(play(place(), ()), 1):
        for fault in FAULTS[call]:
            folder = place()
            try:
                play(folder, ((step, fault),))
            except (AssertionError, CortexError) as failure:
                bad.append(f"{step} {call} {fault.value}: {str(failure).splitlines()[0]}")
            shutil.rmtree(folder)
    played = next(numbers)
    print(f"own keys: {played} cases")
    assert not bad, "\n".join(bad)
    assert Fault.NO_ANSWER_LATE in FAULTS["store"]
    assert played > 100
