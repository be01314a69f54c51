"""Torn writes: whatever a power cut leaves of a save opens to the state before or after it, and alarms nobody."""

from __future__ import annotations

import copy
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cortex_desktop.domain.errors import StorageError
from cortex_desktop.storage import JournalStorage, durable, journal_storage, snapshot
from tests.faults.storage_disk import Recorder, quick_folder
from tests.support.data_folder import Image, read_image, write_image

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="the model is that of POSIX"),
    pytest.mark.timeout(1800),
]


@pytest.fixture(name="ram")
def _ram(tmp_path: Path) -> Iterator[Path]:
    yield from quick_folder(tmp_path)


Step = Callable[[JournalStorage], Any]

STEPS: dict[str, Step] = {
    "add": lambda storage: storage.change({"apps": {str(len(storage.documents("apps")) + 1): {"label": "new"}}}),
    "change": lambda storage: storage.change({"apps": {"1": {"label": "changed" * random.Random(1).randrange(9)}}}),
    "again": lambda storage: storage.change({"apps": {"1": {"label": "again"}}}),
    "many": lambda storage: storage.change({"apps": {n: {"label": "many"} for n in ("1", "2", "7", "8", "9")}}),
    "drop": lambda storage: storage.change({"apps": {"2": None}}),
    "org": lambda storage: storage.change({"orgs": {"1": {"name": "Clinic"}}}),
    "write": lambda storage: storage.write({**storage.read(), "more": {"1": {"size": len(storage.read())}}}),
    "close": lambda storage: storage.close(),
    "killed": lambda storage: None,  # a new process goes on with what the last one left
    "short journal": lambda storage: None,  # a new process, that folds its journal after a few lines
}
FIRST = "org,add,add,close,add,change,many,drop,killed,add,close,killed,again,write,add,short journal,add,add,close,add"
RENEWS = ("close", "killed", "short journal")


def sequences(request: pytest.FixtureRequest) -> list[list[str]]:
    chance = random.Random(7)
    count = 400 if request.config.getoption("--long", default=False) else 12
    return [FIRST.split(","), *([*chance.choices(list(STEPS), k=14)] for _ in range(count))]


def rows(image: Image, folder: Path) -> tuple[dict[str, Any], JournalStorage]:
    write_image(folder, image)
    storage = JournalStorage(folder / "apps.json")
    found = {name: table for name, table in storage.read().items() if name != "_meta" and table}
    return found, storage


def run(folder: Path, names: list[str], monkeypatch: pytest.MonkeyPatch) -> tuple[Recorder, list[tuple[int, dict]]]:
    """Do the steps. Returns the events, and for each step the number of events when it was over, and the state."""
    folder.mkdir()
    (folder / "backups").mkdir()
    recorder = Recorder(folder)
    done: list[tuple[int, dict[str, Any]]] = [(0, {})]
    with monkeypatch.context() as patch:
        recorder.install(patch)
        storage = JournalStorage(folder / "apps.json")
        for name in names:
            STEPS[name](storage)
            if name == "short journal":
                patch.setattr(journal_storage, "JOURNAL_LIMIT", 10)
            if name in RENEWS:
                storage = JournalStorage(folder / "apps.json")
            state = {n: copy.deepcopy(table) for n, table in storage.read().items() if n != "_meta" and table}
            done.append((len(recorder.events), state))
    return recorder, done


def wrong_states(ram: Path, names: list[str], monkeypatch: pytest.MonkeyPatch, seen: set[int]) -> Iterator[str]:
    """The states a crash can leave that do not open as they should. seen: grows by each state."""
    folder = ram / "run"
    recorder, done = run(folder, names, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _fd: None)  # this part is about what is read
        for length in range(len(recorder.events) + 1):
            before = max(index for index, (end, _) in enumerate(done) if end <= length)
            during = length > done[before][0]
            allowed = [done[before][1], *([done[before + 1][1]] if during else [])]
            for image in recorder.after_crash(recorder.events[:length]):
                key = hash((tuple(sorted(image.items())), repr(allowed)))
                if key in seen:
                    continue
                seen.add(key)
                where = f"{names[: before + during]} then {recorder.events[max(length - 1, 0) : length]}"
                try:
                    found, storage = rows(image, folder)
                except StorageError as error:
                    yield f"{where}: {error}"
                    continue
                if found not in allowed:
                    yield f"{where}: {found}"
                elif storage.recovered or storage.changed_outside:
                    yield f"{where}: a false alarm, {storage.recovered}"
                else:  # the next change holds, and nothing of the torn one comes back
                    storage.change({"later": {"1": {"label": "later"}}})
                    again, _ = rows(read_image(folder), folder)
                    if again != {**found, "later": {"1": {"label": "later"}}}:
                        yield f"{where}, then a change: {again}"


def test_a_crash_leaves_the_state_before_or_after(
    ram: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    seen: set[int] = set()
    for number, names in enumerate(sequences(request)):
        (ram / str(number)).mkdir()
        for wrong in wrong_states(ram / str(number), names, monkeypatch, seen):
            pytest.fail(wrong)
    print(f"\ntorn writes: {len(seen)} states")
    assert len(seen) > 1000


@pytest.mark.parametrize("damage", [b"", b'{"half":', None], ids=["empty", "half", "missing"])
def test_a_crash_while_damage_is_repaired_loses_nothing(
    ram: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes | None
) -> None:
    folder = ram / "run"
    run(folder, ["org", "add", "add", "close", "add"], monkeypatch)
    whole = JournalStorage(folder / "apps.json").read()
    if damage is None:
        (folder / "apps.json").unlink()
    else:
        (folder / "apps.json").write_bytes(damage)
    recorder = Recorder(folder)
    with monkeypatch.context() as patch:
        recorder.install(patch)
        assert JournalStorage(folder / "apps.json").read() == whole
    monkeypatch.setattr(os, "fsync", lambda _fd: None)
    for length in range(len(recorder.events) + 1):
        for image in recorder.after_crash(recorder.events[:length]):
            write_image(folder, image)
            assert JournalStorage(folder / "apps.json").read() == whole
            if damage is not None:
                assert damage in read_image(folder).values() or length > 2


# The guards, each left out once: the enumeration above must toast.


def no_file_sync(patch: pytest.MonkeyPatch) -> None:
    sync = os.fsync
    patch.setattr(durable, "flush_to_disk", lambda fd: sync(fd) if os.path.isdir(f"/proc/self/fd/{fd}") else None)


def no_folder_sync(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(durable, "sync_folder", lambda _folder: None)


def no_before(patch: pytest.MonkeyPatch) -> None:
    """The snapshot does not name the journal that is in it."""
    encode = snapshot.encode
    patch.setattr(snapshot, "encode", lambda tables, generation, saved, _before: encode(tables, generation, saved, ""))


def in_place(patch: pytest.MonkeyPatch) -> None:
    """The file is written as TinyDB does: without another name first."""

    def write(path: Path, data: bytes) -> None:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        os.ftruncate(fd, 0)
        os.write(fd, data)
        os.fsync(fd)
        os.close(fd)
        durable.sync_folder(path.parent)

    patch.setattr(journal_storage, "write_durably", write)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="asks Linux what a descriptor is")
@pytest.mark.parametrize("guard", [no_file_sync, no_folder_sync, no_before, in_place, lambda _patch: None])
def test_without_a_guard_states_are_lost(
    ram: Path, monkeypatch: pytest.MonkeyPatch, guard: Callable[[pytest.MonkeyPatch], None]
) -> None:
    with monkeypatch.context() as patch:
        guard(patch)
        recorder_patch = pytest.MonkeyPatch()
        try:
            names = ["org", "add", "add", "close", "add", "change", "close", "add"]
            wrong = next(wrong_states(ram, names, recorder_patch, set()), None)
        finally:
            recorder_patch.undo()
    assert bool(wrong) is (guard.__name__ != "<lambda>")
