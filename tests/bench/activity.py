"""What the activity log costs as it grows: to open, to add to, to look through, to search, to check.

activity.py [ENTRIES ...]: prints a table; without numbers for 1,000, 100,000 and 1,000,000 entries. The folder is
below the present one, since /tmp may be memory. `first`, `all`: until the first step and the last; `cpu`: what the
machine's other work does not change; `wait`: the longest time that another Python thread, as the GUI's, was kept from
running.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from storage import Watch

from cortex_desktop.domain.activity import Action, ActivityEntry, Piece
from cortex_desktop.domain.model import new_id
from cortex_desktop.domain.text import Text
from cortex_desktop.services.activity import Recorder
from cortex_desktop.services.history import History
from cortex_desktop.services.speech import Speech
from cortex_desktop.storage.activity import FILE_NAME, ActivityFile
from cortex_desktop.storage.new_file import Exports
from cortex_desktop.storage.repository import TinyRepository

ROUNDS = 100
SEARCHES = ("", "kiosk", "john", "created", "sessions on", "ärzte portal 7", "nowhere", "e")


def seed(folder: Path, count: int) -> None:
    """A log of so many entries, of 2,000 apps in 5 orgs."""
    chance = random.Random(7)
    orgs = [(new_id(), f"org {number}") for number in range(5)]
    apps = [(new_id(), f"{chance.choice(('Ärzte portal', 'Kiosk', 'Trial'))} {n}", orgs[n % 5]) for n in range(2000)]
    actions = [action for action in Action if action.value]
    begin = datetime(2025, 1, 1, tzinfo=UTC)
    log = ActivityFile(folder)
    for start in range(0, count, 10_000):
        entries = []
        for number in range(start, min(count, start + 10_000)):
            app_id, label, org = chance.choice(apps)
            action = chance.choice(actions)
            details = {Action.CREATED: {"sessions": True, "csrf": False}, Action.KEY_COPIED: {"clears_after": 30}}
            entries.append(
                ActivityEntry(
                    begin + timedelta(seconds=number * 50),
                    "john",
                    "desk-7",
                    action,
                    *org,
                    app_id,
                    label,
                    details.get(action, {}),
                )
            )
        log.append(entries)


def steps(pieces: Iterator[Piece]) -> tuple[float, float, float, float, int]:
    """ms to the first piece, to the last, the longest between two, CPU time in all, and how many places there were."""
    begin = last = time.perf_counter()
    cpu = time.thread_time()
    first, longest, found = 0.0, 0.0, 0
    for piece in pieces:
        now = time.perf_counter()
        first = first or now - begin
        longest, last = max(longest, now - last), now
        found += len(piece.places)
    return first * 1000, (last - begin) * 1000, longest * 1000, (time.thread_time() - cpu) * 1000, found


def took(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return (time.perf_counter() - begin) * 1000


def measure(folder: Path, count: int) -> None:
    """Print what a log of so many entries costs."""
    seed(folder, count)
    print(f"\n{count:,} entries, {(folder / FILE_NAME).stat().st_size / 1e6:.0f} MB (ms)")
    log = ActivityFile(folder)
    recorder = Recorder(TinyRepository(folder))
    history = History(log, Exports(folder), recorder, Speech(Text.__str__, lambda moment: str(moment)))
    entry = ActivityEntry(datetime.now(UTC), "john", "desk-7", Action.CREATED, "0a", "org", "0b", "Kiosk")
    print(f"  open, to know the end                   {took(log.head):10.2f}")
    each = sorted(took(lambda: log.append([entry])) for _ in range(ROUNDS))
    print(f"  add one: median, p95                    {statistics.median(each):10.2f} {each[-6]:10.2f}")
    print(f"  add 1,000 at once                       {took(lambda: log.append([entry] * 1000)):10.2f}")
    places = [place for piece in history.find() for place in piece.places]
    chance = random.Random(3)
    starts = [chance.randrange(max(1, len(places) - 140)) for _ in range(ROUNDS)]
    read = sorted(took(lambda start=start: log.read(places[start : start + 140])) for start in starts)
    print(f"  read 140 lines anywhere: median, p95    {statistics.median(read):10.2f} {read[-6]:10.2f}")
    org_id = log.read(places[-1:])[0].entry.org_id
    works: list[tuple[str, Callable[[], Iterator[Piece]]]] = [
        ("nothing, for 1 s", idle),
        *((f"find “{text}”", partial(history.find, text)) for text in SEARCHES),
        ("find one org", partial(history.find, org_id=org_id)),
        ("check the chain", history.check),
    ]
    print(f"  {'':38}  {'first':>9} {'all':>10} {'cpu':>10} {'step':>10} {'wait':>10} {'found':>10}")
    for what, work in works:
        with Watch() as watch:
            first, last, longest, cpu, found = steps(work())
        print(f"  {what:38}  {first:9.1f} {last:10.1f} {cpu:10.1f} {longest:10.1f} {watch.longest:10.1f} {found:10,}")


def idle() -> Iterator[Piece]:
    """What the machine's other work makes of `wait`."""
    for _ in range(10):
        time.sleep(0.1)
        yield Piece(0, 0, 1)


def main(sizes: list[int]) -> None:
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-activity-") as name:
        for count in sizes:
            folder = Path(name, str(count))
            folder.mkdir()
            measure(folder, count)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [1_000, 100_000, 1_000_000])
