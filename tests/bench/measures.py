"""What is measured: each function returns rows of the table.

What is compared runs in turns, so that a busy moment of the machine hits both. Absolute figures are never judged by
a test: they are shown, and ratios of one run are held against the bars.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from activity import seed as seed_activity
from report import Row, middle, spread
from seeding import seed_folder, seed_keychain

HERE = Path(__file__).resolve().parent
SOME, MANY = 1_000, 10_000
ORGS, KEYS = 50, 2_000
LOG = 1_000_000
FRAME_MS, SORT_MS = 16, 50
BULK, BULK_MS = 1_000, 2_000
START_BAR, MEMORY_BAR, MANY_MEMORY_BAR = 1.25, 1.4, 1.6
CREATE_RATIO, CREATE_MS = 1.3, 30
STAY_SECONDS = 3.0


class Measures:
    """All measures, on data folders inside `folder`. rounds: how often each thing is done."""

    def __init__(self, folder: Path, rounds: int) -> None:
        self._folder = folder
        self._rounds = rounds
        self._items = 0  # in the keychain
        self.all: dict[str, Callable[[], list[Row]]] = {
            "start": self.start,
            "memory": self.memory,
            "create": self.create,
            "table": self.table,
            "bulk": self.bulk,
            "keys": self.keys,
            "activity": self.activity,
            "orgs": self.orgs,
        }

    def start(self) -> list[Row]:
        """From the start of the process to the first window painted, to the page in it, to the rows."""
        times: dict[tuple[str, str], list[float]] = defaultdict(list)
        for number in range(self._rounds + 1):
            for name, size in (("bare", None), ("none", (0, 1)), ("some", (SOME, 1)), ("many", (MANY, ORGS))):
                for what, took in self._start_once(size).items():
                    if number:  # the first time reads from the disk what later ones find in memory
                        times[name, what].append(took)
        bare = times["bare", "shown"]
        sizes = {"none": "0 apps", "some": f"{SOME:,} apps", "many": f"{MANY:,} apps in {ORGS} orgs"}
        rows = [
            _against(f"start to first window, {size}", times[name, "shown"], bare, START_BAR)
            for name, size in sizes.items()
        ]
        for name, size in sizes.items():
            ours, theirs = times[name, "work"], times["bare", "work"]
            row = Row(f"CPU time to first window, {size}", spread(ours), f"bare window {spread(theirs)}")
            rows.append(replace(row, result=_times(ours, theirs)))
        for what, words in (("page", "the page in it"), ("rows", "rows on screen")):
            took = times["some", what]
            rows.append(Row(f"start to {words}, {SOME:,} apps", spread(took), result=_times(took, bare)))
        return rows

    def memory(self) -> list[Row]:
        """The most memory that was resident, after some seconds."""
        self._keychain(SOME)
        some, many, bare = [], [], []
        for _ in range(max(3, self._rounds // 4)):
            bare.append(_child("child_bare.py", STAY_SECONDS)["peak_kb"] / 1024)
            some.append(_child("child_app.py", self._data(SOME), STAY_SECONDS, SOME)["peak_kb"] / 1024)
            data = self._data(MANY, ORGS)
            many.append(_child("child_app.py", data, STAY_SECONDS, MANY // ORGS)["peak_kb"] / 1024)
        return [
            _against(f"peak memory, {SOME:,} apps", some, bare, MEMORY_BAR, "MB"),
            _against(f"peak memory, {MANY:,} apps in {ORGS} orgs", many, bare, MANY_MEMORY_BAR, "MB"),
        ]

    def create(self) -> list[Row]:
        """From the click on Create App to the key on screen, and how long the GUI thread was away meanwhile."""
        self._keychain(SOME)
        found = _child("child_create.py", self._data(SOME), self._rounds)
        rows = []
        for name, what, secrets in (
            ("sessions", "with Sessions, 1 secret", 1),
            ("signing", "without Sessions, 2 secrets", 2),
        ):
            took = found[name]
            bare = [secrets * each for each in found["bare"]]
            limit = CREATE_RATIO * middle(bare) + CREATE_MS
            times = "" if secrets == 1 else f"{secrets} × "
            rows.append(
                Row(
                    f"create, {what}",
                    spread(took),
                    f"{times}bare write + read {spread(bare)}",
                    f"{_times(took, bare)}, which is 1.3 × {middle(took) - CREATE_RATIO * middle(bare):+.0f} ms",
                    f"1.3 × + 30 ms = {limit:.0f} ms",
                    middle(took) <= limit,
                )
            )
        for name, what in (("sessions", "with Sessions"), ("signing", "without Sessions")):
            idle = f"idle {spread(found['stall idle'], digits=1)}, worst {max(found['stall idle']):.1f} ms"
            stall, busy = found[f"stall {name}"], found[f"busy {name}"]
            rows.append(_stall(f"longest stall during create, {what}", stall, busy, idle))
        return rows

    def table(self) -> list[Row]:
        """Search and sort with many apps, until repainted."""
        rounds = max(2, self._rounds // 4)
        found = _child("child_table.py", self._data(MANY), rounds, MANY)
        typed = _keystrokes("search, a letter typed", "type ", found)
        erased = _keystrokes("search, a letter erased", "erase ", found)
        columns = dict.fromkeys(name.rpartition(",")[0] for name in found if name.startswith("sort "))
        return [typed, erased, *(_sorting(column, found) for column in columns)]

    def bulk(self) -> list[Row]:
        """From the action on a thousand of many apps until the outcome is told, and how long the GUI was away."""
        rounds = max(3, self._rounds // 2)
        found = _child("child_bulk.py", self._data(MANY), rounds, MANY, BULK)
        rows = []
        for name, what in (("disable", "disable"), ("undo", "undo disabling")):
            took, limit = found[name], f"{BULK_MS:,} ms"
            rows.append(Row(f"{what} {BULK:,} of {MANY:,} apps", spread(took), bar=limit, met=middle(took) <= BULK_MS))
        for name, what in (("disable", "disabling"), ("undo", "undoing")):
            rows.append(_stall(f"longest stall while {what} {BULK:,}", found[f"stall {name}"], found[f"busy {name}"]))
        return rows

    def activity(self) -> list[Row]:
        """A long activity log: open its page, search, scroll, and what is done meanwhile."""
        folder = self._data(0)
        seed_activity(folder, LOG)
        rounds = max(2, self._rounds // 4)
        found = _child("child_activity.py", folder, rounds, LOG)
        words = [name.removeprefix("first ") for name in found if name.startswith("first ") and "nowhere" not in name]
        slowest = max(words, key=lambda word: middle(found[f"first {word}"]))
        longest = max(words, key=lambda word: middle(found[f"all {word}"]))
        first = [middle(found[f"first {word}"]) for word in words]
        ended = [middle(found[f"all {word}"]) for word in words]
        rows = [Row(f"activity: open the page, {LOG:,} entries", spread(found["open"]))]
        for name, what in (("jump", "jump anywhere"), ("page down", "a page down"), ("add", "what was done is on top")):
            rows.append(Row(f"activity: {what}, {LOG:,} entries", spread(found[name], digits=1)))
        worst = max(found["stall search"])
        rows += [
            Row(
                f"activity: search, first found, {LOG:,} entries",
                f"{spread(first, digits=1)}, the slowest {middle(found[f'first {slowest}']):.1f} ms (“{slowest}”)",
            ),
            Row(
                f"activity: search, all found, {LOG:,} entries",
                f"{spread(ended)}, the slowest {middle(found[f'all {longest}']):.0f} ms (“{longest}”)",
            ),
            Row(
                "activity: longest stall during a search",
                f"{spread(found['stall search'], digits=1)}, worst {worst:.1f} ms",
                f"idle {spread(found['stall idle'], digits=1)}",
                f"own work in it {middle(found['busy search']):.1f} ms",
            ),
            Row(
                f"activity: memory that the open page adds, {LOG:,} entries",
                f"{(found['kb after'][0] - found['kb before'][0]) / 1024:.0f} MB",
            ),
        ]
        return rows

    def orgs(self) -> list[Row]:
        """Go from one of many orgs to another, until repainted."""
        found = _child("child_orgs.py", self._data(MANY, ORGS), max(2, self._rounds // 4))
        return [
            Row(
                f"another org, {MANY:,} apps in {ORGS} orgs, details {what}",
                spread(took, digits=1),
                result=f"{middle(took) / FRAME_MS:.0%} of a frame, the slowest {max(took) / FRAME_MS:.0%}",
                bar=f"{FRAME_MS} ms",
                met=middle(took) <= FRAME_MS,
            )
            for what, took in found.items()
        ]

    def keys(self) -> list[Row]:
        """Create, copy and rotate in a keychain that is as full as it gets, beside the keychain itself."""
        self._keychain(KEYS)
        found = _child("child_keys.py", self._data(SOME), max(3, self._rounds // 2))
        rows = []
        for name, bare, what in (
            ("create", "bare store", "write + read"),
            ("copy", "bare read", "read"),
            ("rotate", "bare store", "write + read"),
        ):
            ours, theirs = found[name], found[bare]
            beside = f"bare {what} {spread(theirs)}"
            rows.append(Row(f"{name}, {KEYS:,} keys in the keychain", spread(ours), beside, _times(ours, theirs)))
        return rows

    def _start_once(self, size: tuple[int, int] | None) -> dict[str, float]:
        """How many ms until each of what the process tells. size: apps and orgs, None for the bare window."""
        begin = time.monotonic()  # of the whole system, not of a process: the child's times compare with it
        if size is None:
            found = _child("child_bare.py", 0)
        else:
            apps, orgs = size
            found = _child("child_app.py", self._data(apps, orgs), 0, apps // orgs)
        work = found.pop("shown_cpu") * 1000
        return {"work": work, **{what: (when - begin) * 1000 for what, when in found.items() if what != "peak_kb"}}

    def _data(self, apps: int, orgs: int = 1) -> Path:
        folder = self._folder / f"{apps}-{orgs}"
        return folder if folder.exists() else seed_folder(folder, apps, orgs)

    def _keychain(self, items: int) -> None:
        """Have so many items in the keychain, or more."""
        if items > self._items:
            print(f"Storing {items - self._items} items in the private keychain…", file=sys.stderr, flush=True)
            seed_keychain(items - self._items)
            self._items = items


def _child(script: str, *arguments: object) -> dict:
    """Run one measured process to its end; what it found."""
    command = [sys.executable, str(HERE / script), *map(str, arguments)]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""}, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def _times(ours: list[float], other: list[float]) -> str:
    return f"{middle(ours) / middle(other):.2f} ×"


def _against(what: str, ours: list[float], bare: list[float], bar: float, unit: str = "ms") -> Row:
    met = middle(ours) / middle(bare) <= bar
    return Row(what, spread(ours, unit), f"bare window {spread(bare, unit)}", _times(ours, bare), f"{bar:g} ×", met)


def _stall(what: str, stall: list[float], busy: list[float], beside: str = "") -> Row:
    """The longest gap between two beats of each round; busy: the GUI thread's own work in it."""
    worst = max(range(len(stall)), key=stall.__getitem__)
    return Row(
        what,
        f"{spread(stall, digits=1)}, worst {stall[worst]:.1f} ms",
        beside,
        f"own work in it {middle(busy):.1f} ms, in the worst {busy[worst]:.1f} ms",
        f"{FRAME_MS} ms",
        middle(stall) <= FRAME_MS,
    )


def _keystrokes(what: str, kind: str, found: dict[str, list[float]]) -> Row:
    """Each keystroke by its median over the rounds, so that the worst one is slow by itself and not by chance."""
    each = {name.removeprefix(kind): middle(values) for name, values in found.items() if name.startswith(kind)}
    worst = max(each, key=each.__getitem__)
    named = f"with “{worst}”" if worst else "the last one"
    return Row(
        f"{what}, {MANY:,} apps",
        f"{spread(list(each.values()), digits=1)}, the slowest {each[worst]:.1f} ms ({named})",
        result=f"{middle(list(each.values())) / FRAME_MS:.0%} of a frame, the slowest {each[worst] / FRAME_MS:.0%}",
        bar=f"{FRAME_MS} ms for each",
        met=each[worst] <= FRAME_MS,
    )


def _sorting(column: str, found: dict[str, list[float]]) -> Row:
    """Both directions; the slower one counts."""
    ways = {way: found[f"{column}, {way}"] for way in ("first", "again")}
    slower = max(map(middle, ways.values()))
    return Row(
        f"{column.replace('sort ', 'sort by ')}, {MANY:,} apps",
        spread(ways["first"] + ways["again"], digits=1),
        result=f"{slower / FRAME_MS:.1f} frames in the slower direction",
        bar=f"{SORT_MS} ms",
        met=slower <= SORT_MS,
    )
