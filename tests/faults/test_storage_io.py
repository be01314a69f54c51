"""I/O faults: each call that the storage makes fails in turn, in each of its operations. Nothing is lost, and the
person is told in one clear sentence."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cortex_desktop.domain.errors import StorageError
from cortex_desktop.storage import backups, durable, json_storage, snapshot
from cortex_desktop.storage.json_storage import DurableStorage, Tables
from tests.faults.storage_disk import quick_folder

CALLS = (
    "open",
    "write",
    "fsync",
    "close",
    "replace",
    "unlink",
    "link",
    "ftruncate",
    "mkdir",
    "scandir",
    "listdir",
    "read",
)
CODES = (errno.ENOSPC, errno.EIO, errno.EACCES)
TITLES = ("The disk is full", "The change was not saved", "Your apps can't be opened")


@dataclass
class Faults:
    """Lets call number `first` of a kind fail, or all from it on. With number 0 it only counts."""

    call: str
    first: int = 0
    code: int = errno.EIO
    lasting: bool = False
    short: bool = False
    count: int = 0

    def install(self, patch: pytest.MonkeyPatch) -> None:
        if self.call == "read":
            patch.setattr(Path, "read_bytes", self._around(Path.read_bytes))
        else:
            patch.setattr(os, self.call, self._around(getattr(os, self.call)))

    def _around(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.count += 1
            due = self.first and (self.count >= self.first if self.lasting else self.count == self.first)
            if due and self.short:  # a part is written, then there is no more room
                if self.count == self.first:
                    return real(args[0], args[1][: max(1, len(args[1]) // 2)])
                raise OSError(self.code, os.strerror(self.code))
            if due:
                if self.call == "close":
                    real(*args)  # the descriptor is gone all the same
                raise OSError(self.code, os.strerror(self.code))
            return real(*args, **kwargs)

        return call


@pytest.fixture(name="ram")
def _ram(tmp_path: Path) -> Iterator[Path]:
    yield from quick_folder(tmp_path)


def tables(storage: DurableStorage) -> Tables:
    return {name: table for name, table in storage.read().items() if name != "_meta" and table}


def new(folder: Path) -> DurableStorage:
    return DurableStorage(folder / "apps.json")


def base(folder: Path, *, journal: bool) -> None:
    """A database with history, quit or killed."""
    storage = new(folder)
    storage.write({"apps": {"1": {"label": "one"}, "2": {"label": "two"}}, "orgs": {"1": {"name": "Clinic"}}})
    storage.put("apps", "3", {"label": "three"})
    storage.close()
    if journal:
        storage.put("apps", "4", {"label": "four"})


def ready(folder: Path, *, journal: bool) -> DurableStorage:
    base(folder, journal=journal)
    storage = new(folder)
    storage.read()
    return storage


def killed(folder: Path) -> DurableStorage:
    base(folder, journal=True)
    return new(folder)


def rolled_back(folder: Path) -> DurableStorage:
    base(folder, journal=True)
    older = (folder / "apps.json").read_bytes()
    storage = ready(folder, journal=True)
    storage.close()
    storage.put("apps", "5", {"label": "five"})
    (folder / "apps.json").write_bytes(older)
    return new(folder)


def long_journal(folder: Path) -> DurableStorage:
    storage = ready(folder, journal=True)
    storage._limit = 1
    return storage


def many_backups(folder: Path) -> DurableStorage:
    storage = ready(folder, journal=False)
    for number in range(12):
        storage.write({**storage.read(), "apps": {"1": {"number": number}}})
    for number in range(20):
        (folder / f"backups/apps-0000000001-202601{number + 10}T000000Z.json").write_bytes(b"old")
    return storage


def damaged(folder: Path, content: bytes | None) -> DurableStorage:
    base(folder, journal=True)
    (folder / "apps.json").unlink()
    if content is not None:
        (folder / "apps.json").write_bytes(content)
    return new(folder)


def rewritten(folder: Path) -> DurableStorage:
    base(folder, journal=True)
    (folder / "apps.json").write_bytes((folder / "apps.json").read_bytes().replace(b'":', b'": '))
    storage = new(folder)
    storage.read()
    return storage


def bad_journal(folder: Path) -> DurableStorage:
    base(folder, journal=True)
    with (folder / "apps.json.journal").open("ab") as file:
        file.write(b"0123456789abcdef {}\n0123456789abcdef {}\n")
    return new(folder)


def add(storage: DurableStorage) -> None:
    storage.put("apps", "9", {"label": "nine"})


def many(storage: DurableStorage) -> None:
    storage.put_all("apps", {number: {"label": "many"} for number in ("1", "2", "9", "10")})


def drop(storage: DurableStorage) -> None:
    storage.drop("apps", "1")


SITUATIONS: dict[str, tuple[Callable[[Path], DurableStorage], Callable[[DurableStorage], object]]] = {
    "the first change ever": (new, add),
    "open": (killed, tables),
    "open a file older than its journal": (rolled_back, tables),
    "first line of a journal": (lambda folder: ready(folder, journal=False), add),
    "a line": (lambda folder: ready(folder, journal=True), add),
    "a line of many": (lambda folder: ready(folder, journal=True), many),
    "a line that removes": (lambda folder: ready(folder, journal=True), drop),
    "a line that makes the journal too long": (long_journal, add),
    "quit": (lambda folder: ready(folder, journal=True), DurableStorage.close),
    "everything anew": (
        lambda folder: ready(folder, journal=True),
        lambda storage: storage.write({"apps": {"1": {"label": "anew"}}}),
    ),
    "snapshot with backups to let go": (
        many_backups,
        lambda storage: storage.write({"apps": {"1": {"label": "anew"}}}),
    ),
    "open an empty file": (lambda folder: damaged(folder, b""), tables),
    "open a missing file": (lambda folder: damaged(folder, None), tables),
    "open with a bad journal": (bad_journal, tables),
    "change what another program rewrote": (rewritten, add),
    "open an older schema": (killed, tables),
}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "_PATIENCE", ())
    monkeypatch.setattr(os, "fsync", lambda _fd: None)


def situation(name: str, folder: Path, patch: pytest.MonkeyPatch) -> tuple[DurableStorage, Callable[..., object]]:
    folder.mkdir()
    prepare, act = SITUATIONS[name]
    storage = prepare(folder)
    if name == "open an older schema":
        patch.setattr(json_storage, "SCHEMA", 2)
        patch.setattr(snapshot, "SCHEMA", 2)
        patch.setattr(snapshot.encode, "__defaults__", (2,))
        patch.setattr(json_storage, "MIGRATIONS", {1: lambda tables: tables})
    return storage, act


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", SITUATIONS)
def test_nothing_is_lost_and_one_sentence_told(
    name: str, ram: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    every = request.config.getoption("--long", default=False)
    cases = 0
    for call in CALLS:
        with monkeypatch.context() as patch:
            storage, act = situation(name, ram / "dry", patch)
            before = tables(new_copy(ram / "dry", ram / "peek"))
            counter = Faults(call)
            with patch.context() as inner:
                counter.install(inner)
                act(storage)
            after = tables(new_copy(ram / "dry", ram / "peek"))
            shutil.rmtree(ram / "dry")
        kinds = [Faults(call, code=code, lasting=lasting) for code in CODES for lasting in (False, True)]
        if call == "write":
            kinds += [Faults(call, code=errno.ENOSPC, lasting=True, short=True), Faults(call, short=True)]
        for first in range(1, counter.count + 1):
            for kind in kinds:
                if not every and not kind.short and (kind.code, kind.lasting) != (CODES[first % 3], first % 2 == 0):
                    continue  # the short form takes them in turn
                cases += 1
                fault = Faults(call, first, kind.code, kind.lasting, kind.short)
                with monkeypatch.context() as patch:
                    check(name, fault, before, after, ram / "run", patch)
                shutil.rmtree(ram / "run")
    print(f"\nI/O faults, {name}: {cases} cases")


def check(name: str, fault: Faults, before: Tables, after: Tables, folder: Path, patch: pytest.MonkeyPatch) -> None:
    storage, act = situation(name, folder, patch)
    kept = set(contents(folder))
    told = None
    with patch.context() as inner:
        fault.install(inner)
        try:
            act(storage)
        except StorageError as error:
            told = error
    if told is not None:
        assert str(told.title) in TITLES, fault
        assert str(told.message), fault
        assert str(told.advice), fault
        assert "{" not in str(told), fault
    expected = after if told is None else before
    found = tables(storage)
    assert found == expected, f"{fault}: in memory"
    peek = new_copy(folder, folder.parent / "peek")
    # A refused change may be on the disk when it could not be taken back; never anything else.
    assert tables(peek) in ([after] if told is None else [before, after]), f"{fault}: on the disk"
    assert peek.recovered is None or name.startswith("open"), f"{fault}: a false alarm"
    storage.put("apps", "8", {"label": "later"})
    again = new_copy(folder, folder.parent / "peek")
    assert tables(again)["apps"] == {**expected.get("apps", {}), "8": {"label": "later"}}, f"{fault}: the next change"
    assert again.recovered is None, f"{fault}: a false alarm after the next change"
    storage.close()
    again = new_copy(folder, folder.parent / "peek")
    assert tables(again)["apps"] == {**expected.get("apps", {}), "8": {"label": "later"}}, f"{fault}: quit"
    assert again.recovered is None, f"{fault}: a false alarm after quitting"
    if name in ("open an empty file", "open with a bad journal", "change what another program rewrote"):
        assert kept & {b"", *(c for c in kept if b"0123456789abcdef {}" in c or b'": ' in c)} <= set(
            contents(folder)
        ), fault


def contents(folder: Path) -> list[bytes]:
    return [entry.read_bytes() for entry in folder.rglob("*") if entry.is_file()]


def new_copy(folder: Path, copy: Path) -> DurableStorage:
    """The database as a next start would find it, opened elsewhere, so that the one at hand is not disturbed."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    storage = new(copy)
    storage.read()
    return storage


def test_what_cannot_be_backed_up_is_saved_all_the_same(ram: Path, caplog: pytest.LogCaptureFixture) -> None:
    (ram / "backups").write_text("in the way")
    storage = new(ram)
    storage.put("apps", "1", {"label": "one"})
    storage.put("apps", "2", {"label": "two"})
    storage.close()
    assert list(tables(new(ram))["apps"]) == ["1", "2"]
    assert "no backup" in caplog.text


def test_ten_generations_and_fourteen_days_stay() -> None:
    def made(generation: int, day: int) -> backups.Backup:
        return backups.Backup(Path(f"{generation}"), generation, f"202611{day:02}")

    history = [made(3 * day + part, day) for day in range(30, 0, -1) for part in (2, 1, 0)]
    kept = sorted((b.generation for b in backups.to_keep(history)), reverse=True)
    assert kept[:10] == [92, 91, 90, 89, 88, 87, 86, 85, 84, 83]
    assert kept[10:] == [3 * day + 2 for day in range(26, 16, -1)]
