"""Quitting while results arrive: the process ends with status 0, every time.

A result, a report or a signal that reaches a window being taken down crashes the process (hazard H-Q4). So real
processes on a real screen are quit at random moments, from before the first paint on, by each way to quit, while both
lanes deliver results as fast as they can. `--long`: 300 of them, with the figures printed.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.keychain import needs_private_session

QUITS, LONG_QUITS = 20, 300
AT_ONCE = 2
# The errors raised on purpose; and that the two that run at once take the one clipboard from each other.
EXPECTED = ("cortex-desktop: ZeroDivisionError: raced", "qt.qpa.clipboard:")

CHILD = r'''
import os, random, signal, sys, threading, time
from functools import partial
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from cortex_desktop.__main__ import start
from cortex_desktop.composition import Stores
from cortex_desktop.domain.model import AppDetails
from cortex_desktop.domain.secret import Secret
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.tasks.lanes import Lane
from cortex_desktop.ui import app
from tests.support.memory_vault import InMemoryVault

chance = random.Random(int(sys.argv[2]))
HOW = chance.choice(("window", "quit", "signal", "action"))
DEFECTS = chance.random() < 0.3
MEMORY = chance.random() < 0.6  # else the real keychain, looked at only
PAUSE = chance.choice((0, 0.0005, 0.005))
AFTER_MS = int(chance.choice((0, 60, 250, 500)) * chance.random())


programs = []


class Racing(app.Program):
    """The program, with results arriving all the time."""

    def __init__(self, application, window, settings, stores):
        if MEMORY:
            vault = InMemoryVault()
            vault.before = lambda *_: time.sleep(chance.random() / 500)
            stores = Stores(stores.folder, TinyRepository(stores.folder), vault)
        super().__init__(application, window, settings, stores)
        programs.append(self)

    def start(self):
        super().start()
        for lane in Lane:
            for _ in range(3):
                self.again(lane, None)

    def again(self, lane, _):
        self.tools.toasts.show("A result", topic=lane.name).count_down(8)
        self.workspace.look_at_keychain()
        self.jobs.submit(lane, work, self, partial(self.again, lane), lambda error: self.again(lane, error))


class Leaving(app.MainWindow):
    """The window, which is soon left in one of four ways."""

    def show(self):
        super().show()
        QTimer.singleShot(AFTER_MS, self.leave)

    def leave(self):
        filled = bool(programs)
        print(HOW, "defects" if DEFECTS else "", "memory" if MEMORY else "keychain", filled, AFTER_MS, flush=True)
        if filled:
            program = programs[0]
            program.tools.reveal.show("an app", Secret("a key"), 30)
            program.tools.clipboard.put(Secret("a key"), 30)
        if filled and MEMORY and program.workspace.org is not None:
            org_id, details = program.workspace.org.id, AppDetails("NewHealth App")
            create = partial(program.services.apps.creation.create, org_id, details)
            program.workspace.on_vault(create, lambda _: None, lambda _: None)
        if HOW == "signal":
            os.kill(os.getpid(), signal.SIGTERM)
        elif HOW == "action" and filled:
            program.console.actions["quit"].trigger()
        elif HOW == "quit":
            QApplication.quit()
        else:
            self.close()


def work():
    if PAUSE:
        time.sleep(chance.random() * PAUSE)
    if DEFECTS and chance.random() < 0.2:
        raise ZeroDivisionError("raced")
    return Secret("a key")


app.Program, app.MainWindow = Racing, Leaving
sys.argv[1:] = ["--data-dir", sys.argv[1]]
start()
'''


def quit_once(folder: Path, seed: int) -> tuple[int, int | str, str, str]:
    """Seed, status, what the program said of itself, and what it complained of."""
    command = [sys.executable, "-X", "faulthandler", "-c", CHILD, str(folder / str(seed)), str(seed)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    except subprocess.TimeoutExpired:
        return seed, "never", "", ""
    complaints = [line for line in done.stderr.splitlines() if line and not line.startswith(EXPECTED)]
    return seed, done.returncode, done.stdout.strip(), "\n".join(complaints)


@needs_private_session
@pytest.mark.timeout(1200)
def test_quitting_while_results_arrive(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    long = request.config.getoption("--long", default=False)
    begun = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ends = list(pool.map(lambda seed: quit_once(tmp_path, seed), range(LONG_QUITS if long else QUITS)))
    if long:
        seconds = time.monotonic() - begun
        print(f"\n{len(ends)} quits in {seconds:.0f} s: {Counter(status for _, status, _, _ in ends)}")
        print(Counter(said.split()[0] if said else "?" for _, _, said, _ in ends))
    bad = [end for end in ends if end[1] != 0 or end[3]]
    assert bad == [], "\n".join(map(str, bad))
    assert all(said for _, _, said, _ in ends), "some never came to quitting"
