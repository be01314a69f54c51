"""The activity log on bad days: power cuts, failing disks, and what someone did to the file.

A crash alarms nobody and loses nothing that was said to be recorded; a failing disk either; whatever was changed, cut,
moved or put in by hand is told, and stays. `--long`: the long forms.
"""

from __future__ import annotations

import errno
import os
import random
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cortex_desktop.domain.activity import Action, ActivityEntry, ActivityQuery, ActivityWord
from cortex_desktop.domain.errors import StorageError
from cortex_desktop.storage import activity as activity_module
from cortex_desktop.storage import durable
from cortex_desktop.storage.activity import END_NAME, FILE_NAME, ActivityFile
from tests.faults.storage_disk import Recorder, quick_folder
from tests.support.data_folder import Image, write_image

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
needs_posix = pytest.mark.skipif(os.name != "posix", reason="the model is that of POSIX")


@pytest.fixture(name="ram")
def _ram(tmp_path: Path) -> Iterator[Path]:
    yield from quick_folder(tmp_path)


def entry(number: int) -> ActivityEntry:
    label = ("NewHealth App", "Ärzte “portal”")[number % 2]
    return ActivityEntry(
        NOON + timedelta(seconds=number), "john", "desk-7", Action.CREATED, "0a", "org", f"{number}", label
    )


def listed(log: ActivityFile) -> list[str | None]:
    """The app ids of the entries, oldest first; None for a line that is none."""
    places = [place for piece in log.find(ActivityQuery()) for place in piece.places]
    lines = reversed(log.read(places))
    return [line.entry.app_id if line.entry is not None else None for line in lines]


def breaks(log: ActivityFile) -> list[object]:
    return [each for piece in log.check() for each in piece.breaks]


# Power cuts

SIZES = (1, 3, 0, 0, 2, 1)
LONG_SIZES = (1, 1, 3, 0, 1, 2, 0, 0, 1, 5, 1)
"""How many entries each step adds; 0: the program ends, and another one starts."""


def session(
    folder: Path, sizes: Sequence[int], monkeypatch: pytest.MonkeyPatch
) -> tuple[Recorder, list[tuple[int, int]]]:
    """Do the steps. Returns the disk's events, and for each step their number when it was over, and that of entries."""
    folder.mkdir()
    recorder = Recorder(folder)
    done = [(0, 0)]
    with monkeypatch.context() as patch:
        recorder.install(patch)
        log = ActivityFile(folder)
        for size in sizes:
            count = done[-1][1]
            if size:
                log.append([entry(number) for number in range(count, count + size)])
            else:
                log = ActivityFile(folder)
            done.append((len(recorder.events), count + size))
    return recorder, done


def wrong_states(
    ram: Path, monkeypatch: pytest.MonkeyPatch, seen: set[int], sizes: Sequence[int] = SIZES
) -> Iterator[str]:
    """The states that a power cut can leave and that do not open as they should. seen: grows by each state."""
    folder = ram / "run"
    recorder, done = session(folder, sizes, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _fd: None)  # this part is about what is read
        for length in range(len(recorder.events) + 1):
            before = max(index for index, (end, _) in enumerate(done) if end <= length)
            least = done[before][1]
            most = done[before + 1][1] if length > done[before][0] else least
            for image in recorder.after_crash(recorder.events[:length]):
                key = hash((tuple(sorted(image.items())), least, most))
                if key not in seen:
                    seen.add(key)
                    where = f"{sizes[: before + 1]} then {recorder.events[max(length - 1, 0) : length]}"
                    yield from (f"{where}: {wrong}" for wrong in _wrong(folder, image, least, most))


def _wrong(folder: Path, image: Image, least: int, most: int) -> Iterator[str]:
    write_image(folder, image)
    log = ActivityFile(folder)
    found = listed(log)
    if found[:most] != [str(number) for number in range(most)][: len(found)] or not least <= len(found) <= most:
        yield f"{found} instead of {least} to {most}"
    if told := breaks(log):
        yield f"a false alarm, {told}"
    log.append([entry(99)])
    again = ActivityFile(folder)
    if listed(again) != [*found[:most], "99"] or breaks(again):
        yield f"then {listed(again)}, {breaks(again)}"


@needs_posix
def test_a_power_cut_loses_nothing_and_alarms_nobody(
    ram: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    seen: set[int] = set()
    sizes = LONG_SIZES if request.config.getoption("--long", default=False) else SIZES
    for wrong in wrong_states(ram, monkeypatch, seen, sizes):
        pytest.fail(wrong)
    print(f"\nactivity log, power cuts: {len(seen)} states")
    assert len(seen) > 500


# The guards, each left out once: the enumeration above must toast.


def no_sync(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(durable, "flush_to_disk", lambda _fd: None)


def no_folder_sync(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(durable, "sync_folder", lambda _folder: None)


def torn_stays(patch: pytest.MonkeyPatch) -> None:
    with_rest = ActivityFile._with_rest

    def stays(self: ActivityFile, end: object, size: int) -> object:
        state = with_rest(self, end, size)
        return activity_module._State(state.end, size, ragged=True) if state.torn else state

    patch.setattr(ActivityFile, "_with_rest", stays)


def end_told_first(patch: pytest.MonkeyPatch) -> None:
    append = durable.append_durably

    def told_first(path: Path, data: bytes, at: int) -> None:
        if path.name == FILE_NAME:
            lines = data.splitlines()
            number, _ = activity_module.front(lines[-1])
            end = activity_module._End(number, at + len(data), activity_module.checksum(lines[-1]))
            durable.replace_lightly(
                path.with_name(END_NAME), b"%020d %020d %b\n" % (end.number, end.size, end.sha256.encode())
            )
        append(path, data, at)

    patch.setattr(activity_module, "append_durably", told_first)


@needs_posix
@pytest.mark.parametrize("guard", [no_sync, no_folder_sync, torn_stays, end_told_first])
def test_the_enumeration_notices_a_missing_guard(
    ram: Path, monkeypatch: pytest.MonkeyPatch, guard: Callable[[pytest.MonkeyPatch], None]
) -> None:
    guard(monkeypatch)
    assert next(wrong_states(ram, monkeypatch, set()), None) is not None


# Failing disks


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EACCES])
@pytest.mark.parametrize("for_ever", [False, True])
def test_a_failing_disk_loses_nothing(ram: Path, monkeypatch: pytest.MonkeyPatch, error: int, for_ever: bool) -> None:
    cases = 0
    for call in ("open", "write", "fsync", "close", "replace", "ftruncate"):
        for nth in range(1, 20):
            folder = ram / f"{call}-{nth}"
            folder.mkdir()
            log = ActivityFile(folder)
            log.append([entry(0)])
            with (folder / FILE_NAME).open("ab") as file:
                file.write(b'{"torn')  # so that cutting back takes part
            with monkeypatch.context() as patch:
                failing = _Failing(patch, call, nth, error, for_ever)
                recorded = _append(log, [1, 2]), _append(log, [3])
            if not failing.failed:
                break
            cases += 1
            said = ["0", *(str(n) for n, ok in zip((1, 2, 3), (*recorded[:1] * 2, recorded[1]), strict=True) if ok)]
            _check_after(folder, said)
    print(f"\nactivity log, failing disks: {cases} cases")
    assert cases > 12


class _Failing:
    """Lets the nth of these calls of the system fail, and with `for_ever` all after it."""

    def __init__(self, patch: pytest.MonkeyPatch, call: str, nth: int, error: int, for_ever: bool) -> None:
        self.failed = False
        real, count = getattr(os, call), 0

        def fails(*args: object, **kwargs: object) -> object:
            nonlocal count
            count += 1
            if count == nth or (for_ever and count > nth):
                self.failed = True
                if call == "write":
                    real(args[0], bytes(args[1])[:30])
                if call == "close":
                    real(*args)
                raise OSError(error, os.strerror(error))
            return real(*args, **kwargs)

        patch.setattr(os, call, fails)


def _append(log: ActivityFile, numbers: list[int]) -> bool:
    try:
        log.append([entry(number) for number in numbers])
    except StorageError:
        return False
    return True


def _check_after(folder: Path, said: list[str]) -> None:
    """All that was said to be recorded is there; the rest is there whole, or not; and it goes on."""
    log = ActivityFile(folder)
    found = listed(log)
    assert None not in found
    assert set(said) <= set(found)
    assert not breaks(log)
    log.append([entry(9)])
    assert listed(ActivityFile(folder)) == [*found, "9"]
    assert not breaks(ActivityFile(folder))


# What someone did to it


def harmed(raw: bytes, chance: random.Random) -> bytes:
    """The log after something was done to it by hand."""
    lines = raw.splitlines(keepends=True)
    at = chance.randrange(len(lines))
    place = chance.randrange(len(raw))
    match chance.randrange(10):
        case 0:
            return raw[:place] + bytes([raw[place] ^ (1 << chance.randrange(8))]) + raw[place + 1 :]
        case 1:
            return raw[:place] + raw[place + chance.randrange(1, 400) :]
        case 2:
            return raw[:place]
        case 3:
            return b"".join(lines[:at] + lines[at + chance.randrange(1, 4) :])
        case 4:
            return b"".join(lines[: at + 1] + lines[chance.randrange(len(lines)) :])
        case 5:
            chance.shuffle(lines)
            return b"".join(lines)
        case 6:
            return b"".join([*lines[:at], b'{"before":"%064d"}\n' % at, *lines[at:]])
        case 7:
            return raw.replace(b"john", b"jane", chance.randrange(1, 5))
        case 8:
            return raw[:place] + bytes(chance.randrange(1, 300)) + raw[place:]
        case _:
            return re.sub(rb'"n":(\d)', lambda m: b'"n":%d' % (int(m[1]) + 1), raw, count=chance.randrange(1, 4))


def test_whatever_is_done_to_it_is_told_and_kept(ram: Path, request: pytest.FixtureRequest) -> None:
    long = request.config.getoption("--long", default=False)
    log = ActivityFile(ram)
    for number in range(12):
        log.append([entry(number)])
    whole, end = (ram / FILE_NAME).read_bytes(), (ram / END_NAME).read_bytes()
    chance = random.Random(5)
    told = 0
    for case in range(20_000 if long else 700):
        raw = harmed(whole, chance)
        (ram / FILE_NAME).write_bytes(raw)
        (ram / END_NAME).write_bytes(end)
        log = ActivityFile(ram)
        found, first = listed(log), breaks(log)
        # Without its last line feed a log says the same, and the next entry brings it back.
        assert bool(first) == (raw not in (whole, whole[:-1])), f"case {case}: {raw!r}"
        told += bool(first)
        list(log.find(ActivityQuery(words=(ActivityWord("newhealth"),))))
        log.append([entry(99)])
        assert (ram / FILE_NAME).read_bytes().startswith(raw), f"case {case}: something of it went"
        after = ActivityFile(ram)
        assert breaks(after)[: len(first)] == first or raw != whole
        assert bool(breaks(after)) == bool(first), f"case {case}: not told any more"
        assert listed(after)[-1] == "99"
        assert [each for each in listed(after) if each is not None][:-1] == [each for each in found if each is not None]
    print(f"\nactivity log, harmed by hand: {told} told")
    assert told > 600


def test_whatever_is_done_to_both_files_it_goes_on(ram: Path, request: pytest.FixtureRequest) -> None:
    long = request.config.getoption("--long", default=False)
    log = ActivityFile(ram)
    for number in range(8):
        log.append([entry(number)])
    whole, end = (ram / FILE_NAME).read_bytes(), (ram / END_NAME).read_bytes()
    chance = random.Random(6)
    for _ in range(10_000 if long else 300):
        (ram / FILE_NAME).write_bytes(harmed(whole, chance))
        (ram / END_NAME).write_bytes(harmed(end, chance))
        log = ActivityFile(ram)
        log.append([entry(99)])
        again = ActivityFile(ram)
        assert listed(again)[-1] == "99"
        list(again.check())
        assert again.head() == log.head()
