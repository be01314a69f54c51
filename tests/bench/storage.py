"""What the database part of one create costs as apps grow, and how long it keeps other threads waiting.

storage.py [APPS ...]: prints a table, and how much a create costs at most of what it costs at the first size; without
numbers for 100, 1,000, 10,000 and 100,000 apps. Median of 300.
The folder is below the present one, since /tmp may be memory.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from cortex_desktop.domain.model import App, AppState, new_id
from cortex_desktop.domain.secret import KeyEnds
from cortex_desktop.storage.database import Database
from cortex_desktop.storage.repository import FILE_NAME, TinyRepository

ROUNDS = 300


class Watch:
    """The longest time another Python thread is kept waiting, in ms, as the GUI's would be."""

    def __enter__(self) -> Watch:
        self.longest = 0.0
        self._over = False
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        time.sleep(0.02)
        self.longest = 0.0
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._thread.join()

    def _run(self) -> None:
        last = time.perf_counter()
        while not self._over:
            time.sleep(0.0005)
            now = time.perf_counter()
            self.longest = max(self.longest, (now - last) * 1000)
            last = now


def timed(call: Callable[[], object]) -> tuple[float, float]:
    """How long the call took, and the longest wait of another thread meanwhile; ms."""
    with Watch() as watch:
        begin = time.perf_counter()
        call()
        took = (time.perf_counter() - begin) * 1000
    return took, watch.longest


def new_app(label: str, state: AppState = AppState.ACTIVE) -> App:
    ends = KeyEnds("mwid", "OYJh")
    return App(new_id(), "0123abcd", label, False, True, datetime.now(UTC), ends, "SecretService", state=state)


def seed(folder: Path, apps: int) -> None:
    """A database with so many apps."""
    with_one = TinyRepository(folder)
    with_one.add_app(new_app("Pattern"))
    with_one.close()
    table = Database(folder / FILE_NAME).table("apps")
    (pattern,) = table.all()
    table.insert_multiple({**pattern, "id": new_id(), "label": f"Ärzte portal {n}"} for n in range(1, apps))
    table.storage.close()


def create(repository: TinyRepository) -> None:
    """The database part of a create: the row before the secret is stored, and after."""
    app = new_app("NewHealth App", AppState.CREATING)
    repository.add_app(app)
    repository.change_app(app.id, lambda app: replace(app, state=AppState.ACTIVE))


def main(sizes: list[int]) -> None:
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-storage-") as name:
        repositories = {}
        opened, closed, waits = {}, {}, {}
        for apps in sizes:
            folder = Path(name, str(apps))
            seed(folder, apps)
            repositories[apps] = TinyRepository(folder)
            opened[apps] = timed(repositories[apps].open)
            create(repositories[apps])  # makes the journal
        took: dict[int, list[float]] = {apps: [] for apps in sizes}
        for _ in range(ROUNDS):  # in turn, so that what else the machine does meanwhile burdens all alike
            for apps, repository in repositories.items():
                begin = time.perf_counter()
                create(repository)
                took[apps].append((time.perf_counter() - begin) * 1000)
        for apps, repository in repositories.items():
            waits[apps] = timed(lambda repository=repository: [create(repository) for _ in range(50)])[1]
            closed[apps] = timed(repository.close)
    print(f"{'apps':>8}  create: median    p95   wait |   open   wait | snapshot   wait   (ms)")
    for apps in sizes:
        each = sorted(took[apps])
        print(
            f"{apps:8,}  {statistics.median(each):14.2f} {each[int(ROUNDS * 0.95)]:6.2f} {waits[apps]:6.1f}"
            f" | {opened[apps][0]:6.0f} {opened[apps][1]:6.1f} | {closed[apps][0]:8.0f} {closed[apps][1]:6.1f}"
        )
    medians = [statistics.median(took[apps]) for apps in sizes]
    print(f"ratio to {sizes[0]:,} apps, at most: {max(medians) / medians[0]:.2f}")


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [100, 1_000, 10_000, 100_000])
