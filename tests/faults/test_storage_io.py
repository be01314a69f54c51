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
from cortex_desktop.storage import JournalStorage, backups, durable, journal_storage, snapshot
from cortex_desktop.storage.documents import Tables
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


def tables(storage: JournalStorage) -> Tables:
    return {name: table for name, table in storage.read().items() if name != "_meta" and table}


def new(folder: Path) -> JournalStorage:
    return JournalStorage(folder / "apps.json")


def base(folder: Path, *, journal: bool) -> None:
    """A database with history, quit or killed."""
    storage = new(folder)
    storage.write({"apps": {"1": {"label": "one"}, "2": {"label": "two"}}, "orgs": {"1": {"name": "Clinic"}}})
    storage.change({"apps": {"3": {"label": "three"}}})
    storage.close()
    if journal:
        storage.change({"apps": {"4": {"label": "four"}}})


def ready(folder: Path, *, journal: bool) -> JournalStorage:
    base(folder, journal=journal)
    storage = new(folder)
    storage.read()
    return storage


def killed(folder: Path) -> JournalStorage:
    base(folder, journal=True)
    return new(folder)


def rolled_back(folder: Path) -> JournalStorage:
    base(folder, journal=True)
    older = (folder / "apps.json").read_bytes()
    storage = ready(folder, journal=True)
    storage.close()
    storage.change({"apps": {"5": {"label": "five"}}})
    (folder / "apps.json").write_bytes(older)
    return new(folder)


def many_backups(folder: Path) -> JournalStorage:
    storage = ready(folder, journal=False)
    for number in range(12):
        storage.write({**storage.read(), "apps": {"1": {"number": number}}})
    for number in range(20):
        (folder / f"backups/apps-0000000001-202601{number + 10}T000000Z.json").write_bytes(b"old")
    return storage


def damaged(folder: Path, content: bytes | None) -> JournalStorage:
    base(folder, journal=True)
    (folder / "apps.json").unlink()
    if content is not None:
        (folder / "apps.json").write_bytes(content)
    return new(folder)


def rewritten(folder: Path) -> JournalStorage:
    base(folder, journal=True)
    (folder / "apps.json").write_bytes((folder / "apps.json").read_bytes().replace(b'":', b'": '))
    storage = new(folder)
    storage.read()
    return storage


def bad_journal(folder: Path) -> JournalStorage:
    base(folder, journal=True)
    with (folder / "apps.json.journal").open("ab") as file:
        file.write(b"0123456789abcdef {}\n0123456789abcdef {}\n")
    return new(folder)


def add(storage: JournalStorage) -> None:
    storage.change({"apps": {"9": {"label": "nine"}}})


def many(storage: JournalStorage) -> None:
    apps = {number: {"label": "many"} for number in ("1", "2", "9", "10")}
    storage.change({"apps": apps, "orgs": {"1": {"name": "Renamed"}}})


def drop(storage: JournalStorage) -> None:
    storage.change({"apps": {"1": None}})


SITUATIONS: dict[str, tuple[Callable[[Path], JournalStorage], Callable[[JournalStorage], object]]] = {
    "the first change ever": (new, add),
    "open": (killed, tables),
    "open a file older than its journal": (rolled_back, tables),
    "first line of a journal": (lambda folder: ready(folder, journal=False), add),
    "a line": (lambda folder: ready(folder, journal=True), add),
    "a line of many": (lambda folder: ready(folder, journal=True), many),
    "a line that removes": (lambda folder: ready(folder, journal=True), drop),
    "a line that makes the journal too long": (killed, add),
    "quit": (lambda folder: ready(folder, journal=True), JournalStorage.close),
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
    monkeypatch.setattr(durable, "PATIENCE", ())
    monkeypatch.setattr(os, "fsync", lambda _fd: None)


def situation(name: str, folder: Path, patch: pytest.MonkeyPatch) -> tuple[JournalStorage, Callable[..., object]]:
    folder.mkdir()
    prepare, act = SITUATIONS[name]
    storage = prepare(folder)
    if name == "a line that makes the journal too long":
        patch.setattr(journal_storage, "JOURNAL_LIMIT", 1)
    if name == "open an older schema":
        patch.setattr(journal_storage, "SCHEMA", 2)
        patch.setattr(snapshot, "SCHEMA", 2)
        patch.setattr(journal_storage, "MIGRATIONS", {1: lambda tables: tables})
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
    storage.change({"apps": {"8": {"label": "later"}}})
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


def new_copy(folder: Path, copy: Path) -> JournalStorage:
    """The database as a next start would find it, opened elsewhere, so that the one at hand is not disturbed."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    storage = new(copy)
    storage.read()
    return storage


def test_what_cannot_be_backed_up_is_saved_all_the_same(ram: Path, caplog: pytest.LogCaptureFixture) -> None:
    (ram / "backups").write_text("in the way")
    storage = new(ram)
    storage.change({"apps": {"1": {"label": "one"}}})
    storage.change({"apps": {"2": {"label": "two"}}})
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
