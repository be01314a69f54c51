"""What the database part of one create costs as apps grow, and how long it keeps other threads waiting.

storage.py [APPS ...]: prints a table; without numbers for 100, 1,000, 10,000 and 100,000 apps. Median of 300.
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
from cortex_desktop.storage.json_storage import DurableStorage
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
    storage = DurableStorage(folder / FILE_NAME)
    tables = storage.read()
    (pattern,) = tables["apps"].values()
    tables["apps"] = {str(n): {**pattern, "id": new_id(), "label": f"Ärzte portal {n}"} for n in range(1, apps + 1)}
    storage.write(tables)


def create(repository: TinyRepository) -> None:
    """The database part of a create: the row before the secret is stored, and after."""
    app = new_app("NewHealth App", AppState.CREATING)
    repository.add_app(app)
    repository.change_app(app.id, lambda app: replace(app, state=AppState.ACTIVE))


def measure(apps: int) -> dict[str, float]:
    """All figures at this size, ms."""
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-storage-") as name:
        folder = Path(name)
        seed(folder, apps)
        repository = TinyRepository(folder)
        opened, open_wait = timed(repository.open)
        create(repository)  # makes the journal
        took = []
        with Watch() as watch:
            for _ in range(ROUNDS):
                begin = time.perf_counter()
                create(repository)
                took.append((time.perf_counter() - begin) * 1000)
        closed, close_wait = timed(repository.close)
    took.sort()
    return {
        "create": statistics.median(took),
        "p95": took[int(len(took) * 0.95)],
        "max": took[-1],
        "wait": watch.longest,
        "open": opened,
        "open wait": open_wait,
        "close": closed,
        "close wait": close_wait,
    }


def main(sizes: list[int]) -> None:
    print(f"{'apps':>8}  create: median    p95    max   wait |   open   wait | snapshot   wait   (ms)")
    for apps in sizes:
        found = measure(apps)
        create_part = " ".join(f"{found[name]:6.2f}" for name in ("p95", "max", "wait"))
        print(
            f"{apps:8,}  {found['create']:14.2f} {create_part} | {found['open']:6.0f} {found['open wait']:6.1f}"
            f" | {found['close']:8.0f} {found['close wait']:6.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [100, 1_000, 10_000, 100_000])
