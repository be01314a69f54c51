"""The measures. Each measure returns rows of the table; those with a budget say whether it is met.

What is compared runs in turns, so that a busy moment of the machine hits both.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from seeding import seed_activity, seed_folder, seed_keychain
from x11 import MappedWindows

from cortex_desktop.storage.repository import TinyRepository

HERE = Path(__file__).resolve().parent
FEW, SOME, MANY = 100, 1_000, 10_000
ORGS, KEYS, BULK, LOG = 50, 2_000, 1_000, 1_000_000
PATIENCE_SECONDS, STEADY_SECONDS = 60, 3

# The budgets of docs/budgets.md.
START_RATIO, START_RIVAL, MEMORY_RIVAL = 1.15, 1.0, 1.0
CREATE_RATIO, CREATE_MS = 1.3, 30
CHANGE_RATIO = 2.0
FRAMES_MS, BULK_MS = 33, 50
CLIENT_RATIO, RATE_RATIO, PAGE_RATIO = 1.3, 0.5, 1.5
OVERVIEW_MS, COPIES_MS = 100, 1_000

BARE, RIVAL, PACKAGED = "bare window", "KeePassXC", "packaged"
NO_RIVAL = "KeePassXC is not installed (Debian: keepassxc)"


@dataclass(frozen=True)
class Row:
    """One line of the table. met: None where there is no budget, or nothing to compare with."""

    what: str
    found: str
    beside: str = ""
    result: str = ""
    budget: str = ""
    met: bool | None = None


class Measures:
    """All measures, on data folders inside `folder`. rounds: how often each thing is done; packaged: the packaged
    program, if it is to be measured too."""

    def __init__(self, folder: Path, rounds: int, packaged: Path | None = None) -> None:
        self._folder = folder
        self._rounds = rounds
        self._packaged = packaged
        self._items = 0  # in the keychain
        self.all: dict[str, Callable[[], list[Row]]] = {
            "start": self.start,
            "memory": self.memory,
            "database": self.database,
            "create": self.create,
            "keys": self.keys,
            "table": self.table,
            "bulk": self.bulk,
            "activity": self.activity,
            "network": self.network,
            "overview": self.overview,
        }

    def start(self) -> list[Row]:
        """From the start of the process to the first window on screen, and to the rows in it."""
        times: dict[str, list[float]] = defaultdict(list)
        programs, rows = self._programs(), []
        with MappedWindows() as windows:
            for number in range(self._rounds + 1):
                for name, command in programs.items():
                    with _running(windows, command) as (took, _):
                        if number:  # the first time reads from the disk what later ones find in memory
                            times[name].append(took)
        for name in programs:
            if name not in (BARE, RIVAL):
                rows += _beside(f"start to first window, {name}", times[name], times, "ms")
        rows_seen = []
        for number in range(self._rounds + 1):
            begin = time.monotonic()  # of the whole system, so the child's times compare with it
            found = _child("child_rows.py", self._data(SOME), SOME)
            if number:
                rows_seen.append((found["rows"][0] - begin) * 1000)
        return [*rows, Row(f"start to the rows on screen, {_apps(SOME)}", spread(rows_seen))]

    def memory(self) -> list[Row]:
        """The most that was resident."""
        self._keychain(SOME)
        peaks: dict[str, list[float]] = defaultdict(list)
        programs = self._programs()
        with MappedWindows() as windows:
            for _ in range(max(3, self._rounds // 4)):
                for name, command in programs.items():
                    with _running(windows, command) as (_, pid):
                        peaks[name].append(_steady_peak_mb(pid))
        return [
            row
            for name in programs
            if name not in (BARE, RIVAL)
            for row in _beside(f"peak memory, {name}", peaks[name], peaks, "MB")
        ]

    def database(self) -> list[Row]:
        """One durable change of one app, with few and with many apps in the database, in turns."""
        repositories = {size: TinyRepository(self._data(size)) for size in (FEW, MANY)}
        ids = {size: repository.apps()[0].id for size, repository in repositories.items()}
        took: dict[int, list[float]] = {size: [] for size in repositories}
        for number in range(10 * self._rounds):
            for size, repository in repositories.items():
                begin = time.perf_counter()
                repository.change_app(ids[size], lambda app, number=number: replace(app, label=f"Label {number}"))
                took[size].append((time.perf_counter() - begin) * 1000)
        for repository in repositories.values():
            repository.close()
        few, many = took[FEW], took[MANY]
        return [
            Row(
                f"a change of the database, {_apps(MANY)}",
                spread(many, digits=2),
                f"{_apps(FEW)} {spread(few, digits=2)}",
                _times(many, few),
                f"{CHANGE_RATIO:g} ×",
                middle(many) <= CHANGE_RATIO * middle(few),
            )
        ]

    def create(self) -> list[Row]:
        """From the click on Create App to the key on screen, and the longest stall meanwhile."""
        self._keychain(SOME)
        found = _child("child_create.py", self._data(SOME), self._rounds)
        rows = []
        for name, what, secrets in (
            ("sessions", "with Sessions, 1 secret", 1),
            ("signing", "without Sessions, 2 secrets", 2),
        ):
            bare = [secrets * each for each in found["bare"]]
            limit = CREATE_RATIO * middle(bare) + CREATE_MS
            rows.append(
                Row(
                    f"create an app {what}",
                    spread(found[name]),
                    f"{secrets} × bare write and read {spread(bare)}",
                    _times(found[name], bare),
                    f"{CREATE_RATIO} × + {CREATE_MS} ms = {limit:.0f} ms",
                    middle(found[name]) <= limit,
                )
            )
        idle = f"idle {spread(found['stall idle'], digits=1)}"
        for name, what in (("sessions", "with Sessions"), ("signing", "without Sessions")):
            rows.append(_stall(f"longest stall, create an app {what}", found, name, FRAMES_MS, idle))
        return rows

    def keys(self) -> list[Row]:
        """Create, copy and rotate in a keychain that is as full as it gets, beside the keychain itself."""
        self._keychain(KEYS)
        found = _child("child_create.py", self._data(SOME), max(3, self._rounds // 2))
        rows = []
        for name, bare, what in (
            ("sessions", "bare", "create an app"),
            ("copy", "bare read", "copy a key"),
            ("rotate", "bare", "rotate a key"),
        ):
            beside = f"{'bare write and read' if bare == 'bare' else bare} {spread(found[bare])}"
            result = _times(found[name], found[bare])
            rows.append(Row(f"{what}, {KEYS:,} keys in the keychain", spread(found[name]), beside, result))
        return rows

    def table(self) -> list[Row]:
        """Search, filter, sort and select with many apps; go from org to org and open the palette; until repainted."""
        rounds = max(2, self._rounds // 4)
        found = _child("child_table.py", self._data(MANY), rounds)
        columns = dict.fromkeys(name.rpartition(",")[0] for name in found if name.startswith("sort "))
        orgs = _child("child_table.py", self._data(MANY, ORGS), rounds)
        return [
            _slowest(f"search, a letter typed, {_apps(MANY)}", "type ", found),
            _slowest(f"search, a letter or a chip erased, {_apps(MANY)}", "erase ", found),
            _slowest(f"a filter chosen in the panel, {_apps(MANY)}", "choose ", found),
            _slowest(f"a chip clicked, {_apps(MANY)}", "chip ", found),
            _slowest(f"select all, {_apps(MANY)}", "select all", found),
            _slowest(f"select none, {_apps(MANY)}", "select none", found),
            *(_slowest(f"{column.replace('sort', 'sort by')}, {_apps(MANY)}", column, found) for column in columns),
            _slowest(f"enter another org, {_apps(MANY, ORGS)}, details closed", "closed", orgs),
            _slowest(f"enter another org, {_apps(MANY, ORGS)}, filters on", "filtered", orgs),
            _slowest(f"enter another org, {_apps(MANY, ORGS)}, details open", "open", orgs),
            _slowest(f"command palette, first answer, {_apps(MANY, ORGS)}", "palette", orgs),
            _slowest(f"command palette, a letter typed, {_apps(MANY, ORGS)}", "seek ", orgs),
        ]

    def bulk(self) -> list[Row]:
        """From the action on a thousand of many apps until the outcome is painted, and the longest stall meanwhile."""
        found = _child("child_bulk.py", self._data(MANY), max(3, self._rounds // 2), BULK)
        names = {"disable": "disable", "undo": "undo disabling"}
        return [
            *(Row(f"{what} {BULK:,} of {_apps(MANY)}", spread(found[name])) for name, what in names.items()),
            *(_stall(f"longest stall, {what} {BULK:,}", found, name, BULK_MS) for name, what in names.items()),
        ]

    def activity(self) -> list[Row]:
        """A long activity log: open its page, scroll, search."""
        folder = self._data(0)
        seed_activity(folder, LOG)
        found = _child("child_activity.py", folder, max(2, self._rounds // 4))
        rows = []
        for name, what in (("open", "open the page"), ("jump", "jump anywhere"), ("page down", "a page down")):
            rows.append(Row(f"activity, {LOG:,} entries: {what}", spread(found[name], digits=1)))
        for kind, what in (("first ", "first found"), ("all ", "all found")):
            each = {name: middle(found[name]) for name in found if name.startswith(kind) and "nowhere" not in name}
            worst = max(each, key=each.__getitem__)
            slowest = f"the slowest {each[worst]:.0f} ms (“{worst.removeprefix(kind)}”)"
            rows.append(Row(f"activity, {LOG:,} entries: search, {what}", spread(list(each.values())), slowest))
        return [*rows, _stall(f"longest stall, search of {LOG:,} entries", found, "search", FRAMES_MS)]

    def network(self) -> list[Row]:
        """A request through the client beside bare httpx2; the sandbox beside an empty server, and its pages."""
        found = _child("child_network.py", 15 * self._rounds)
        client, bare, empty = found["client"], found["bare"], found["empty"]
        rows = [
            Row(
                "a request through the client",
                spread(client, digits=2),
                f"httpx2 {spread(bare, digits=2)}",
                _times(client, bare),
                f"{CLIENT_RATIO:g} ×",
                middle(client) <= CLIENT_RATIO * middle(bare),
            )
        ]
        for name, what in (("signature", "checks a signature"), ("session", "checks a login and its CSRF token")):
            ratio = middle(empty) / middle(found[name])
            rows.append(
                Row(
                    f"the sandbox {what}, {_apps(SOME)}",
                    spread(found[name], digits=2),
                    f"empty server {spread(empty, digits=2)}",
                    f"{ratio:.2f} × its requests/s",
                    f"{RATE_RATIO:g} ×",
                    ratio >= RATE_RATIO,
                )
            )
        for name in ("by id", "by skip"):
            few, many = found[f"{name}, few"], found[f"{name}, many"]
            rows.append(
                Row(
                    f"a page of {MANY:,} accounts, {name}",
                    spread(many, digits=2),
                    f"of {FEW} {spread(few, digits=2)}",
                    _times(many, few),
                    f"{PAGE_RATIO:g} ×",
                    middle(many) <= PAGE_RATIO * middle(few),
                )
            )
        return rows

    def overview(self) -> list[Row]:
        """The Overview page of an org among many, with a log all of which lies in the weeks that are counted."""
        folder = self._folder / "overview"
        seed_folder(folder, MANY, ORGS)
        orgs = [(org.id, org.name) for org in TinyRepository(folder).orgs()]
        seed_activity(folder, LOG, orgs, days=80)
        found: dict[str, list[float]] = defaultdict(list)
        for _ in range(max(2, self._rounds // 4)):
            for name, values in _child("child_overview.py", folder, 4).items():
                found[name] += values
        what = f"Overview, {_apps(MANY, ORGS)}"
        log = f"Overview, a log of {LOG:,} entries"
        return [
            Row(f"{what}: opened for the first time", spread(found["first open"], digits=1)),
            _within(f"{what}: opened", found["open"], OVERVIEW_MS),
            _within(f"{log}: copies counted, page opened for the first time", found["copies"], COPIES_MS),
            _within(f"{log}: copies counted, another org", found["copies of another"], COPIES_MS),
            Row(f"{log}: one more copy counted", spread(found["one more"], digits=1)),
            _stall(f"longest stall, {what} opened", found, "open", FRAMES_MS),
            _stall(f"longest stall, {what}, another org", found, "enter", FRAMES_MS),
        ]

    def _programs(self) -> dict[str, list[str]]:
        """The commands that are compared, by name."""

        def ours(program: Sequence[str], apps: int, orgs: int = 1) -> list[str]:
            return [*program, "--data-dir", str(self._data(apps, orgs))]

        source = [sys.executable, "-m", "cortex_desktop"]
        found = {
            BARE: [sys.executable, str(HERE / "bare_window.py")],
            _apps(SOME): ours(source, SOME),
            _apps(MANY, ORGS): ours(source, MANY, ORGS),
        }
        if self._packaged is not None:
            found[f"{PACKAGED}, {_apps(SOME)}"] = ours([str(self._packaged)], SOME)
        if shutil.which("keepassxc"):
            config = self._folder / "keepassxc.ini"
            config.write_text("[General]\nUpdateCheckMessageShown=true\n")  # else a question comes up first
            local = self._folder / "keepassxc-local.ini"
            found[RIVAL] = ["keepassxc", "--config", str(config), "--localconfig", str(local)]
        return found

    def _data(self, apps: int, orgs: int = 1) -> Path:
        folder = self._folder / f"{apps}-{orgs}"
        return folder if folder.exists() else seed_folder(folder, apps, orgs)

    def _keychain(self, items: int) -> None:
        """Have so many items in the keychain, or more."""
        if items > self._items:
            print(f"Storing {items - self._items} items in the private keychain…", file=sys.stderr, flush=True)
            seed_keychain(items - self._items)
            self._items = items


@contextmanager
def _running(windows: MappedWindows, command: Sequence[str]) -> Iterator[tuple[float, int]]:
    """Run a program until the end of the block; the ms until its first window is on screen, and its process id."""
    windows.forget()
    begin = time.monotonic()
    process = subprocess.Popen(command, env=_environment(), stderr=subprocess.DEVNULL)
    try:
        yield (windows.wait(PATIENCE_SECONDS) - begin) * 1000, process.pid
        time.sleep(0.5)  # let it get ready to hear that it shall end
        process.terminate()
        process.wait(PATIENCE_SECONDS)
    finally:
        process.kill()


def _steady_peak_mb(pid: int) -> float:
    """The most memory that the process has had resident, once that has not grown for some seconds; in MB."""
    peak, since = 0.0, time.monotonic()
    while time.monotonic() - since < STEADY_SECONDS:
        status = Path(f"/proc/{pid}/status").read_text()
        now = next(float(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))
        if now > peak:
            peak, since = now, time.monotonic()
        time.sleep(0.1)
    return peak


def _environment() -> dict[str, str]:
    """As a person's: with compiled modules kept."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _child(script: str, *arguments: object) -> dict[str, list[float]]:
    """Run one measured process to its end; what it found."""
    command = [sys.executable, str(HERE / script), *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, env=_environment(), check=True)
    found: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def middle(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def spread(values: Sequence[float], unit: str = "ms", digits: int = 0) -> str:
    """Median, with the 10th and the 90th percentile: e.g. "84 ms (80–97)"."""
    tenths = statistics.quantiles(values, n=10, method="inclusive") if len(values) > 1 else [values[0]] * 9
    return f"{middle(values):.{digits}f} {unit} ({tenths[0]:.{digits}f}–{tenths[-1]:.{digits}f})"


def _apps(number: int, orgs: int = 1) -> str:
    return f"{number:,} apps" + (f" in {orgs} orgs" if orgs > 1 else "")


def _times(ours: Sequence[float], other: Sequence[float]) -> str:
    return f"{middle(ours) / middle(other):.2f} ×"


def _beside(what: str, ours: list[float], all_found: dict[str, list[float]], unit: str) -> list[Row]:
    """Ours beside the bare window and beside KeePassXC. Only 1,000 apps have a budget."""
    rows = []
    limits = {BARE: START_RATIO if unit == "ms" else None, RIVAL: START_RIVAL if unit == "ms" else MEMORY_RIVAL}
    for name, limit in limits.items():
        if PACKAGED in what and name == BARE:
            limit = None  # that window is not packaged
        budget = "" if limit is None or _apps(MANY) in what else f"{limit:g} ×"
        if name in all_found:
            other = all_found[name]
            met = middle(ours) <= limit * middle(other) if budget and limit else None
            rows.append(
                Row(what, spread(ours, unit), f"{name} {spread(other, unit)}", _times(ours, other), budget, met)
            )
        elif budget:
            rows.append(Row(what, spread(ours, unit), NO_RIVAL, "", budget))
    return rows


def _within(what: str, found: Sequence[float], limit: float) -> Row:
    """So many ms, which may be at most `limit`."""
    return Row(what, spread(found, digits=1), budget=f"{limit:,} ms", met=middle(found) <= limit)


def _stall(what: str, found: dict[str, list[float]], name: str, limit: float, beside: str = "") -> Row:
    """The longest gap between two beats of each round."""
    stall, busy = found[f"stall {name}"], found[f"busy {name}"]
    own = f"own work in it {middle(busy):.1f} ms"
    seen = f"{spread(stall, digits=1)}, worst {max(stall):.1f} ms"
    return Row(what, seen, beside, own, f"{limit} ms", middle(stall) <= limit)


def _slowest(what: str, kind: str, found: dict[str, list[float]]) -> Row:
    """Each keystroke or click by its median over the rounds, so that the slowest one is slow by itself and not by
    chance."""
    each = {name.removeprefix(kind): middle(values) for name, values in found.items() if name.startswith(kind)}
    worst = max(each, key=each.__getitem__)
    values = (
        list(each.values())
        if len(each) > 2
        else [value for name in found if name.startswith(kind) for value in found[name]]
    )
    seen = f"the slowest {each[worst]:.1f} ms" + (f" (“{worst}”)" if len(each) > 2 else "")
    return Row(what, spread(values, digits=1), "", seen, f"{FRAMES_MS} ms", each[worst] <= FRAMES_MS)
