"""kill -9 at random moments of create, rotate, roll back and delete, on the real database and Secret Service.

A child process works and tells what it begins and what is done; it is killed; a fresh start recovers; then both
stores are compared with each other and with what the child was promised. Figures are in README.md.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cortex_desktop.domain.model import App, AppState
from cortex_desktop.domain.secret import KeyEnds, SecretKind, well_formed
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.vault.deadline import DeadlineVault
from cortex_desktop.vault.opening import open_vault
from tests.faults.kill_child import digest
from tests.support.keychain import needs_private_session
from tests.support.services import app_services

ROOT = Path(__file__).parents[2]
CHILD = Path(__file__).with_name("kill_child.py")
KILLS, LONG_KILLS = 40, 500
MOST_STEPS = 14  # of a child, two for an operation
LONGEST_RECOVERY = 0.1  # seconds

pytestmark = [needs_private_session, pytest.mark.skipif(sys.platform != "linux", reason="lists the Secret Service")]


@dataclass
class Promised:
    """What the killed program's person knows. keys: by app, the digest of its key; hidden: deleted, not purged."""

    keys: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    older: dict[str, dict[int, str]] = field(default_factory=dict)  # by app and version, every key handed out

    def hear(self, lines: list[str]) -> tuple[str, str]:
        """Take in what a child told. Returns the operation that it did not finish and that one's app, or "", ""."""
        under_way = "", ""
        for line in lines:
            match line.split():
                case ["begin", operation, app]:
                    under_way = operation, app
                case ["done", operation, app, version, key]:
                    under_way = "", ""
                    self._done(operation, app, int(version), key)
                case ["started"] | ["ready"]:
                    pass
                case _:
                    raise AssertionError(f"the child said {line!r}")
        return under_way

    def _done(self, operation: str, app: str, version: int, key: str) -> None:
        if key != "-":
            self.keys[app] = key
            self.older.setdefault(app, {})[version] = key
        if operation == "delete":
            self.hidden.add(app)
        elif operation == "restore":
            self.hidden.discard(app)
        elif operation == "purge":
            self.forget(app)

    def forget(self, app: str) -> None:
        """This one is gone for good."""
        self.hidden.discard(app)
        self.keys.pop(app, None)


class Series:
    """Kill after kill on one data folder and one keychain. seen: what was under way at each kill."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self._folder = folder
        self._chance = chance
        self._promised = Promised()
        self.seen: Counter[str] = Counter()
        self.done = 0
        self.recovered: Counter[str] = Counter()

    def kill_one(self) -> None:
        """Let a child work, kill it, perhaps kill the next one while it recovers, start anew, and look."""
        lines = self._killed_at_work()
        self.done += sum(line.startswith("done ") for line in lines)
        under_way = self._promised.hear(lines)
        self.seen[under_way[0] or "between two"] += 1
        if self._chance.random() < 0.3:
            lines = self._killed_in_recovery()
            self.seen["after recovery" if "ready" in lines else "recovery"] += 1
        with closing(open_vault()) as vault:
            self._check(vault, under_way)

    def _killed_at_work(self) -> list[str]:
        """What a child told that was killed after a few steps of its work, within about the length of one operation."""
        with self._child(self._chance.randrange(1, 2**32)) as child:
            heard = self._listen(child, "ready")
            steps, begin = self._chance.randint(2, MOST_STEPS), time.monotonic()
            heard += [self._next_line(child) for _ in range(steps)]
            operation = 2 * (time.monotonic() - begin) / steps  # it reports twice; longer on a busy machine
            return heard + self._kill(child, self._chance.uniform(0, operation))

    def _killed_in_recovery(self) -> list[str]:
        """What a child told that was killed when it had begun to recover, or soon after."""
        with self._child(0) as child:
            heard = self._listen(child, "started")
            return heard + self._kill(child, self._chance.uniform(0, LONGEST_RECOVERY))

    def _child(self, seed: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(CHILD), str(self._folder), str(seed)]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env=env)

    def _listen(self, child: subprocess.Popen[bytes], last: str) -> list[str]:
        heard = [self._next_line(child)]
        while heard[-1] != last:
            heard.append(self._next_line(child))
        return heard

    def _next_line(self, child: subprocess.Popen[bytes]) -> str:
        assert child.stdout is not None
        line = child.stdout.readline().decode().strip()
        assert line, "the child ended by itself"
        return line

    def _kill(self, child: subprocess.Popen[bytes], after: float) -> list[str]:
        """Kill it so many seconds from now. What it told until then."""
        assert child.stdout is not None
        with suppress(subprocess.TimeoutExpired):
            child.wait(after)
        assert child.poll() is None, "the child ended by itself"
        child.kill()
        return child.stdout.read().decode().splitlines()

    def _check(self, vault: DeadlineVault, under_way: tuple[str, str]) -> None:
        repository = TinyRepository(self._folder)
        with closing(repository):
            repository.open()
            assert repository.recovered is None, "the database was damaged"
            assert not repository.unreadable
            apps = app_services(repository, vault)
            more = True
            while more:
                report = apps.recovery.recover()
                self.recovered.update({"finished": len(report.finished), "undone": len(report.undone)})
                assert not report.waiting
                more = report.more
            going = [app for app in repository.apps() if app.state is AppState.DELETING]
            assert all(app.sweep_until is not None for app in going), "unfinished after recovery"
            rows = {app.id: app for app in repository.apps() if app not in going}
            org = repository.orgs()[0].id
        items = keychain_items(org)
        assert len(items) == len(set(items)), "a double"
        told_of = {(ref.service, ref.username) for app in rows.values() for v in app.versions for ref in app.refs_of(v)}
        orphans = set(items) - told_of
        assert not orphans, f"{len(orphans)} secrets without a row after {under_way}"
        for app in rows.values():
            self._check_row(vault, app, set(items), under_way)
        self._check_promises(rows, under_way)

    def _check_row(
        self, vault: DeadlineVault, app: App, items: set[tuple[str, str]], under_way: tuple[str, str]
    ) -> None:
        assert app.state in (AppState.ACTIVE, AppState.DELETED), "unfinished after recovery"
        assert app.pending is None
        secrets = {ref.kind: vault.read(ref) for ref in app.refs}  # raises SecretMissing
        assert all(well_formed(kind, secret) for kind, secret in secrets.items())
        key = secrets[SecretKind.API_KEY]
        assert KeyEnds.of(key) == app.key_ends
        handed_out = self._promised.older.setdefault(app.id, {})
        # A version that nobody was told of came of the operation that was under way.
        assert handed_out.setdefault(app.version, digest(key)) == digest(key), "another key under the same number"
        if under_way != ("drop_kept", app.id):
            for kept in app.kept:
                assert {(ref.service, ref.username) for ref in app.refs_of(kept.number)} <= items, "a kept one is gone"

    def _check_promises(self, rows: dict[str, App], under_way: tuple[str, str]) -> None:
        operation, touched = under_way
        promised = self._promised
        for app_id, key in list(promised.keys.items()):
            row = rows.get(app_id)
            if app_id in promised.hidden or (app_id == touched and operation == "purge"):
                if row is None:  # its time was up
                    promised.forget(app_id)
                    continue
                may_be_back = app_id == touched and operation == "restore"
                assert row.state is AppState.DELETED or may_be_back, "a deleted app is back"
                if row.state is AppState.ACTIVE:
                    promised.hidden.discard(app_id)
            else:
                assert row is not None, f"an app is lost after {under_way}"
                may_be_hidden = app_id == touched and operation == "delete"
                assert row.state is AppState.ACTIVE or may_be_hidden, "an app is hidden"
                if row.state is AppState.DELETED:
                    promised.hidden.add(app_id)
            if app_id == touched and operation in ("rotate", "roll_back"):
                promised.keys[app_id] = promised.older[app_id][row.version]
            else:
                assert promised.older[app_id][row.version] == key, f"another key after {under_way}"
        for app_id in rows.keys() - promised.keys.keys():
            assert operation == "create", "an app that nobody made"
            operation = ""  # no more than one
            promised.keys[app_id] = promised.older[app_id][rows[app_id].version]
        early = datetime.now(UTC)
        assert all(kept.until > early for app in rows.values() for kept in app.kept)


def keychain_items(org: str) -> list[tuple[str, str]]:
    """Service and user name of all items of this org in all collections, read past our own code."""
    import secretstorage

    with closing(secretstorage.dbus_init()) as connection:
        found = []
        for collection in secretstorage.get_all_collections(connection):
            for item in collection.get_all_items():
                attributes = item.get_attributes()
                if attributes.get("service", "").startswith(f"cortex-desktop/{org}/"):
                    found.append((attributes["service"], attributes["username"]))
    return found


@pytest.fixture
def org_folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder. What is in the keychain for its org goes afterwards."""
    import secretstorage

    with closing(TinyRepository(tmp_path)) as repository:
        org = repository.orgs()[0].id
    yield tmp_path
    with closing(secretstorage.dbus_init()) as connection:
        for collection in secretstorage.get_all_collections(connection):
            for item in list(collection.get_all_items()):
                if item.get_attributes().get("service", "").startswith(f"cortex-desktop/{org}/"):
                    item.delete()


@pytest.mark.timeout(3600)
def test_nothing_is_lost_and_nothing_left_over_by_kills(request: pytest.FixtureRequest, org_folder: Path) -> None:
    kills = LONG_KILLS if request.config.getoption("--long", default=False) else KILLS
    seed = random.SystemRandom().getrandbits(32)
    print("seed", seed)
    series = Series(org_folder, random.Random(seed))
    for _ in range(kills):
        series.kill_one()
    print(f"{kills} kills, {series.done} operations done, under way: {dict(series.seen)}, {dict(series.recovered)}")
    assert series.done > kills
    assert sum(series.seen[operation] for operation in ("create", "rotate", "delete", "purge")) > kills / 4
