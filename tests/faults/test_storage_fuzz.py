"""Fuzz: whatever became of the files, opening ends within a second, in a state that is right or that is told to be
restored; what was there is kept. Files that once did worse are in tests/fixtures/databases."""

from __future__ import annotations

import hashlib
import os
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cortex_desktop.domain.errors import StorageError
from cortex_desktop.domain.model import App, new_id
from cortex_desktop.domain.secret import KeyEnds
from cortex_desktop.storage import JournalStorage, documents, journal, snapshot
from cortex_desktop.storage.repository import TinyRepository
from tests.faults.storage_disk import quick_folder
from tests.support.data_folder import Image, read_image, write_image

FIXTURES = Path(__file__).parents[1] / "fixtures/databases"
SECONDS = 1.0  # of the processor, so that a busy machine fails nothing

BITS = [
    b"",
    b"\0" * 40,
    b"NaN",
    b"1e999",
    b"-1",
    b"9" * 5000,
    b"9" * 300,
    b"[" * 50_000,
    b'{"a":' * 50_000,
    b'"\\ud83d"',
    b"\xed\xa0\xbd",
    b"\xff\xfe",
    b"null",
    b"true",
    b"{}",
    b"[]",
    b'""',
    b'"1":{},"1":{}',
    b'{"_meta":{"1":{"schema":1}}}',
    b'"schema":99',
    b'"generation":9007199254740993',
    b"\n",
    b'"apps":{}',
    b'"id":"x"',
]


@pytest.fixture(name="ram")
def _ram(tmp_path: Path) -> Iterator[Path]:
    yield from quick_folder(tmp_path)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """A data folder of a program that was killed: backups, a snapshot of ten apps, a journal with three changes."""
    folder = tmp_path_factory.mktemp("good")
    JournalStorage(folder / "apps.json").change({"later": {"1": {"rotation": {"days": [30, 1.5, None]}}}})
    repository = TinyRepository(folder)
    for number in range(13):
        if number in (3, 7, 10):
            repository.close()
        repository.add_app(
            App(
                new_id(),
                "0123abcd",
                f"Ärzte 🩺 {number}",
                number % 2 == 0,
                True,
                datetime(2026, 11, 23, tzinfo=UTC),
                KeyEnds("mwid", "OYJh"),
                "SecretService",
            )
        )
    return read_image(folder)


def flip(chance: random.Random, data: bytes) -> bytes:
    found = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 8, 64))):
        found[chance.randrange(len(found))] ^= 1 << chance.randrange(8)
    return bytes(found)


def cut(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return chance.choice((data[:at], data[at:], data[:at] + data[at + chance.randrange(1, 200) :]))


def splice(chance: random.Random, data: bytes) -> bytes:
    at, start = chance.randrange(len(data)), chance.randrange(len(data))
    part = data[start : start + chance.choice((1, 20, 500, len(data)))]
    return data[:at] + part + data[at + chance.choice((0, len(part))) :]


def insert(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + chance.choice(BITS) + data[at:]


def put_value(chance: random.Random, data: bytes) -> bytes:
    """Another value for one of the fields, so that the JSON stays whole more often."""
    values = list(re.finditer(rb':("[^"]*"|[0-9]+|true|false|null|\{|\[)', data))
    if not values:
        return insert(chance, data)
    match = chance.choice(values)
    return data[: match.start() + 1] + chance.choice(BITS) + data[match.end() :]


def lines(chance: random.Random, data: bytes) -> bytes:
    found = data.split(b"\n")
    one, other = chance.randrange(len(found)), chance.randrange(len(found))
    kind = chance.randrange(3)
    if kind == 0:
        found[one], found[other] = found[other], found[one]
    elif kind == 1:
        found.insert(one, found[other])
    else:
        del found[one]
    return b"\n".join(found)


def zeros(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    size = min(chance.choice((1, 16, 512, 4096)), len(data) - at)
    return data[:at] + bytes(size) + data[at + size :]


MUTATIONS = (flip, cut, splice, insert, put_value, put_value, lines, zeros)


def seal(data: bytes) -> bytes:
    """The snapshot with a checksum that is right, so that what is behind that guard is tried too."""
    rest = data[89:]
    return data[:25] + hashlib.sha256(rest).hexdigest().encode() + rest


def seal_journal(data: bytes) -> bytes:
    checksum, found = "0" * 16, []
    for line in data.split(b"\n"):
        payload = line[17:]
        checksum = hashlib.sha256(checksum.encode() + payload).hexdigest()[:16]
        found.append(checksum.encode() + b" " + payload if line else line)
    return b"\n".join(found)


def mutated(chance: random.Random, good: Image) -> Image:
    image = dict(good)
    for name in chance.choice((("apps.json",), ("apps.json.journal",), ("apps.json", "apps.json.journal"))):
        data = good[name]
        for _ in range(chance.choice((1, 1, 2, 4))):
            data = chance.choice(MUTATIONS)(chance, data) or b""
            if not data:
                break
        if chance.random() < 0.3:
            data = seal(data) if name == "apps.json" else seal_journal(data)
        image[name] = data
    if chance.random() < 0.2:
        image = {name: data for name, data in image.items() if not name.startswith("backups")}
    elif chance.random() < 0.1:
        name = chance.choice([name for name in image if name.startswith("backups")])
        image[name] = flip(chance, image[name])
    return image


def ids(repository: TinyRepository) -> set[str]:
    return {app.id for app in repository.apps()}


def look(folder: Path, image: Image, good: Image, whole: set[str]) -> str:
    """Open what the image holds. Returns what came of it; raises AssertionError for what must never be."""
    write_image(folder, image)
    repository = TinyRepository(folder)
    begin = time.process_time()
    try:
        repository.open()
        refused = ""
    except StorageError as error:
        refused = str(error.title)
    assert time.process_time() - begin < SECONDS, "it hangs"
    if refused:
        assert refused == "A newer version saved your apps"
        assert read_image(folder) == image, "what is refused is left alone"
        return "refused"
    found = ids(repository)
    recovery = repository.recovered
    told = recovery is not None or repository.changed_outside
    lost = whole - found
    if not told and lost and not repository.unreadable:
        # Only the tail of a journal may go without a word, since a write cut short looks like that.
        assert image["apps.json"] == good["apps.json"] or is_sealed(image["apps.json"]), "apps lost in silence"
        assert is_tail_cut(folder) or is_sealed(image["apps.json"]), "changes lost in silence"
    if not found and not told:
        assert is_sealed(image["apps.json"]), "emptied in silence"
    if recovery is not None:
        assert recovery.set_aside is not None, "what was damaged is kept"
        assert recovery.set_aside.read_bytes() in image.values()
        has_backup = any(
            name.startswith("backups") and good.get(name) == data and snapshot.parse(data).tables.get("apps")
            for name, data in image.items()
        )
        assert recovery.restored_from or not has_backup, "a good backup was there"
    # What follows works, and what another program's hand did is kept.
    (org, *_) = repository.orgs()
    repository.save_org(org)
    if repository.changed_outside:
        assert image["apps.json"] in read_image(folder).values(), "the changed file is kept"
    repository.close()
    again = TinyRepository(folder)
    assert ids(again) == found, "the next start finds the same"
    assert again.recovered is None, "damage is told once"
    assert not again.changed_outside
    return "restored" if recovery else "changed outside" if told else "tail cut" if lost else "whole"


def is_sealed(data: bytes) -> bool:
    """Whether the bytes are a snapshot with the right checksum: then nothing can tell that we did not write it."""
    try:
        return snapshot.parse(data).intact
    except (documents.Damaged, StorageError):
        return False


def is_tail_cut(folder: Path) -> bool:
    raw = folder / "apps.json.journal"
    try:
        return not raw.exists() or not journal.parse(raw.read_bytes()).damaged
    except documents.Damaged:
        return False


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _fd: None)  # nothing crashes here


@pytest.mark.timeout(7200)
def test_mutated_files(
    good: Image, ram: Path, request: pytest.FixtureRequest, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 100_000 if request.config.getoption("--long", default=False) else 2_000
    count = int(os.environ.get("CORTEX_FUZZ", count))
    seed = int(os.environ.get("CORTEX_FUZZ_SEED", 1))
    write_image(ram, good)
    whole = ids(TinyRepository(ram))
    assert len(whole) == 13
    came: Counter[str] = Counter()
    slowest = 0.0
    for number in range(count):
        chance = random.Random(seed * 1_000_003 + number)
        image = mutated(chance, good)
        begin = time.process_time()
        try:
            came[look(ram, image, good, whole)] += 1
        except BaseException as error:
            kept = Path(tempfile.gettempdir()) / f"fuzz-{seed}-{number}"
            kept.mkdir()
            write_image(kept, image)
            raise AssertionError(f"number {number} of seed {seed}, kept in {kept}: {error!r}") from error
        slowest = max(slowest, time.process_time() - begin)
    print(f"\nfuzz: {count} files, {dict(came)}, the slowest {slowest * 1000:.0f} ms")
    assert came["restored"] > count / 10
    assert came["changed outside"] > count / 100


@pytest.mark.parametrize("case", sorted(FIXTURES.iterdir()), ids=lambda path: path.name)
def test_files_that_were_a_problem_once(case: Path, ram: Path, good: Image, quick: None) -> None:
    image = read_image(case)
    whole: set[str] = set()
    look(ram, image, image, whole)
