"""A program that works on its apps until it is killed. Started by test_kill.py: kill_child.py FOLDER SEED.

With SEED 0 it only recovers, and then waits to be killed.

Before and after each call it tells on standard output what it is about to do and what came of it, one line each:

    started | ready | begin OPERATION APP | done OPERATION APP VERSION DIGEST

APP is - while it has no id yet; DIGEST is the SHA-256 of the key that the caller was given, or - for none. A line is
one write to a pipe, which outlives the process that wrote it.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cortex_desktop.domain.model import App, AppState
from cortex_desktop.domain.secret import Secret
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.vault.opening import open_vault
from tests.support.services import app_services, create

MOST_APPS = 8
KEEPS = (timedelta(0), timedelta(days=7))


class Worker:
    """Does one operation after the other, chosen by `chance`."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self._repository = TinyRepository(folder)
        self._chance = chance
        self._apps = app_services(self._repository, open_vault())

    def start(self) -> None:
        """As the program does at each start."""
        self._org = self._repository.orgs()[0].id
        while self._apps.recovery.recover().more:
            pass

    def work(self) -> None:
        """One operation."""
        active = [app for app in self._repository.apps() if app.state is AppState.ACTIVE]
        if len(active) < 2:
            self.create()
            return
        app = self._chance.choice(active)
        if len(active) >= MOST_APPS:
            self.delete(app)
            return
        operations = [self.create, lambda: self.rotate(app), lambda: self.rotate(app), lambda: self.delete(app)]
        if app.kept:
            operations.append(lambda: self.drop_kept(app))
        if self.on_offer(app):
            operations.append(lambda: self.roll_back(app))
        self._chance.choice(operations)()

    def create(self) -> None:
        tell("begin create -")
        made = create(self._apps, self._org, "Killed", sessions=self._chance.random() < 0.5)
        tell_done("create", made.app, made.key)

    def rotate(self, app: App) -> None:
        tell(f"begin rotate {app.id}")
        made = self._apps.rotation.rotate(app.id, self._chance.choice(KEEPS))
        tell_done("rotate", made.app, made.key)

    def roll_back(self, app: App) -> None:
        tell(f"begin roll_back {app.id}")
        number, keep = self._chance.choice(self.on_offer(app)), self._chance.choice(KEEPS)
        changed = self._apps.rotation.roll_back(app.id, number, keep)
        tell_done("roll_back", changed, self._apps.use.secret(app.id))

    def on_offer(self, app: App) -> list[int]:
        """The versions that can be rolled back to. Each is kept at once or for a week, so that none goes meanwhile."""
        return [kept.number for kept in app.kept if kept.until > datetime.now(UTC)]

    def drop_kept(self, app: App) -> None:
        tell(f"begin drop_kept {app.id}")
        changed = self._apps.removal.drop_kept(app.id, self._chance.choice(app.kept).number)
        tell_done("drop_kept", changed)

    def delete(self, app: App) -> None:
        tell(f"begin delete {app.id}")
        tell_done("delete", self._apps.deletion.delete(app.id))
        if self._chance.random() < 0.2:
            tell(f"begin restore {app.id}")
            tell_done("restore", self._apps.deletion.restore(app.id))
        else:
            tell(f"begin purge {app.id}")
            self._apps.removal.purge(app.id)
            tell_done("purge", app)


def tell(line: str) -> None:
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


def tell_done(operation: str, app: App, key: Secret | None = None) -> None:
    tell(f"done {operation} {app.id} {app.version} {digest(key) if key is not None else '-'}")


def digest(secret: Secret) -> str:
    """Distinguish two keys without showing either."""
    return hashlib.sha256(secret.reveal().encode()).hexdigest()


def main() -> None:
    seed = int(sys.argv[2])
    worker = Worker(Path(sys.argv[1]), random.Random(seed))
    tell("started")
    worker.start()
    tell("ready")
    if seed == 0:
        signal.pause()
    while True:
        worker.work()


if __name__ == "__main__":
    main()
