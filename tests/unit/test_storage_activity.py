"""The activity log's file: what is added stays, and what was done to it behind our back is told with its place."""

from __future__ import annotations

import errno
import json
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cortex_desktop.domain.activity import Action, ActivityEntry, ActivityQuery, ActivityWord, Harm
from cortex_desktop.domain.errors import StorageError
from cortex_desktop.storage import activity as activity_module
from cortex_desktop.storage import durable
from cortex_desktop.storage.activity import END_NAME, FILE_NAME, ActivityFile

EVERYTHING = ActivityQuery()
COPIED = ActivityQuery("0a", action=Action.KEY_COPIED)
NOON = datetime(2026, 11, 23, 12, 0, 0, 123000, tzinfo=UTC)


def entry(
    number: int, label: str = "NewHealth App", action: Action = Action.CREATED, **fields: object
) -> ActivityEntry:
    given = {"org_id": "0a", "org_name": "newhealthco", "app_id": "0b", "label": label, "details": {"sessions": True}}
    return ActivityEntry(NOON + timedelta(minutes=number), "john", "desk-7", action, **{**given, **fields})


def fill(folder: Path, count: int) -> list[ActivityEntry]:
    entries = [entry(number, f"App {number}") for number in range(1, count + 1)]
    log = ActivityFile(folder)
    for each in entries:
        log.append([each])
    return entries


def all_of(log: ActivityFile, query: ActivityQuery = EVERYTHING) -> list[ActivityEntry]:
    """What the log finds, oldest first."""
    places = [place for piece in log.find(query) for place in piece.places]
    assert places == sorted(places, reverse=True)
    return [logged.entry for logged in reversed(log.read(places))]


def breaks(folder: Path) -> list[tuple[Harm, int, int, int]]:
    pieces = list(ActivityFile(folder).check())
    assert pieces[-1].done == 1
    return [(b.harm, b.first, b.last, b.line) for piece in pieces for b in piece.breaks]


def lines_of(folder: Path) -> list[bytes]:
    return (folder / FILE_NAME).read_bytes().splitlines(keepends=True)


def put(folder: Path, lines: Sequence[bytes]) -> None:
    (folder / FILE_NAME).write_bytes(b"".join(lines))


def test_what_is_added_is_found_again(folder: Path) -> None:
    log = ActivityFile(folder)
    assert all_of(log) == []
    assert log.head().number == 0
    first = [entry(1, 'Ärzte “portal” \\ "1" \U0001f600'), entry(2, app_id="", label="", details={"count": 7})]
    log.append(first)
    assert all_of(log) == first
    again = ActivityFile(folder)
    later = [entry(3, action=Action.ROTATED, details={"kept_until": "2026-11-24T11:20:00+00:00", "kept": False})]
    again.append(later)
    assert all_of(again) == all_of(ActivityFile(folder)) == first + later
    assert again.head() == ActivityFile(folder).head()
    assert again.head().number == 3
    assert breaks(folder) == []


def test_each_line_is_json_with_the_hash_of_the_one_before(folder: Path) -> None:
    import hashlib

    fill(folder, 3)
    before, number = "0" * 64, 0
    for line in lines_of(folder):
        doc = json.loads(line)
        assert (doc["before"], doc["n"]) == (before, number + 1)
        before, number = hashlib.sha256(line.rstrip(b"\n")).hexdigest(), doc["n"]
    assert ActivityFile(folder).head().sha256 == before


@pytest.mark.skipif(sys.platform == "win32", reason="modes are of POSIX")
def test_the_files_are_for_their_owner_alone(folder: Path) -> None:
    fill(folder, 1)
    for name in (FILE_NAME, END_NAME):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    (folder / FILE_NAME).chmod(0o644)
    fill(folder, 1)
    assert stat.S_IMODE((folder / FILE_NAME).stat().st_mode) == 0o600


def test_a_batch_is_synced_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = ActivityFile(folder)
    log.append([entry(0)])
    syncs: list[int] = []
    monkeypatch.setattr(os, "fsync", syncs.append)
    log.append([entry(number) for number in range(1000)])
    assert len(syncs) == 2, "the log, and how far it goes"
    assert log.head().number == 1001


# Searching


def test_finds_what_is_asked_for(folder: Path) -> None:
    log = ActivityFile(folder)
    entries = [
        entry(1, "Patient iOS", app_id="01"),
        entry(2, "Ärzte", Action.ROTATED, app_id="02", details={}),
        entry(3, "Kiosk", Action.DISABLED, org_id="ff", app_id="03", details={}),
    ]
    log.append(entries)
    assert all_of(log, ActivityQuery(org_id="0a")) == entries[:2]
    assert all_of(log, ActivityQuery(app_id="02")) == [entries[1]]
    assert all_of(log, ActivityQuery(since=entries[1].when)) == entries[1:]
    assert all_of(log, ActivityQuery(org_id="0a", app_id="03")) == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([ActivityWord("patient")], [1]),
        ([ActivityWord("arzte")], [2]),
        ([ActivityWord("\u5065\u5eb7")], [3]),
        ([ActivityWord('say"so\\')], [4]),
        ([ActivityWord("john")], [1, 2, 3, 4]),
        ([ActivityWord("john"), ActivityWord("patient")], [1]),
        ([ActivityWord("john"), ActivityWord("jane")], []),
        ([ActivityWord("rota", frozenset({Action.ROTATED}))], [2]),
        ([ActivityWord("on", details=frozenset({("sessions", True)}))], [1]),
        ([ActivityWord("off", details=frozenset({("sessions", False)}))], [3]),
        ([ActivityWord("kept", details=frozenset({("kept_until", None)})), ActivityWord("arzte")], [2]),
        ([ActivityWord("earlier")], [4]),
        ([ActivityWord("newhealthco")], [1, 2, 3]),
        ([ActivityWord("label")], []),
        ([ActivityWord("sessions")], []),
        ([ActivityWord("0b")], []),
        ([ActivityWord("2026")], []),
    ],
)
def test_finds_words_in_what_a_person_sees(folder: Path, words: list[ActivityWord], found: list[int]) -> None:
    log = ActivityFile(folder)
    until = {"kept_until": "2026-11-24T11:20:00+00:00"}
    entries = [
        entry(1, "Patient iOS", details={"sessions": True}),
        entry(2, "\u00c4rzte", Action.ROTATED, details=until),
        entry(3, "\u5065\u5eb7", details={"sessions": False}),
        entry(4, 'say"so\\', org_name="other", details={"label_before": "Earlier"}),
    ]
    log.append(entries)
    assert all_of(log, ActivityQuery(words=tuple(words))) == [entries[number - 1] for number in found]


def test_an_orgs_name_is_no_word_when_one_org_is_asked_for(folder: Path) -> None:
    fill(folder, 1)
    assert all_of(ActivityFile(folder), ActivityQuery(org_id="0a", words=(ActivityWord("newhealthco"),))) == []


def test_searching_a_changed_log_does_not_fail(folder: Path) -> None:
    entries = fill(folder, 6)
    lines = lines_of(folder)
    lines[0] = b"hello\n"
    lines[1] = lines[1].replace(b'"who":"john"', b'"who":7')
    lines[2] = lines[2].replace(b'"details":{', b'"details":[')
    lines[3] = lines[3].replace(b'"label":"', b'"label":')
    lines[4] = lines[4][:60] + b"\n"
    put(folder, lines)
    found = all_of(ActivityFile(folder), ActivityQuery(words=(ActivityWord("app"),)))
    assert entries[5] in found


def test_text_that_imitates_a_field_is_no_field(folder: Path) -> None:
    log = ActivityFile(folder)
    log.append([entry(1, '","org":"ff","app":"03'), entry(2, org_id="ff")])
    assert [found.label for found in all_of(log, ActivityQuery(org_id="ff"))] == ["NewHealth App"]


def test_goes_through_long_logs_in_pieces(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity_module, "FIRST_PIECE", 700)
    monkeypatch.setattr(activity_module, "PIECE", 3000)
    monkeypatch.setattr(activity_module, "NEAR", 2000)
    log = ActivityFile(folder)
    entries = [entry(number, "x" * (number % 7 * 300)) for number in range(200)]
    log.append(entries)
    pieces = list(log.find(ActivityQuery()))
    assert len(pieces) > 20
    assert [piece.done for piece in pieces] == sorted(piece.done for piece in pieces)
    assert pieces[-1].done == 1
    assert all_of(log) == entries
    assert len(list(log.check())) > 20
    assert breaks(folder) == []


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Kolkata, where days begin at 18:30 UTC."""
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.skipif(sys.platform == "win32", reason="no time zone can be set for a process")
@pytest.mark.parametrize("piece", [300, 64 * 1024])
def test_entries_are_divided_into_days_and_runs(
    folder: Path, far_east: None, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run: entries one after the other on a day where the person is that differ in nothing but their time."""
    monkeypatch.setattr(activity_module, "FIRST_PIECE", piece)
    monkeypatch.setattr(activity_module, "PIECE", piece)
    log = ActivityFile(folder)
    copied = Action.KEY_COPIED
    log.append(
        [
            entry(0, action=copied),  # 17:30 there
            entry(1, action=copied),
            entry(2, action=copied, details={"sessions": False}),
            entry(3, "Other", action=copied),
            entry(4, action=copied),
            entry(380, action=copied),  # ten minutes before midnight
            entry(391, action=copied),  # a minute after it
            entry(392, action=copied),
        ]
    )
    pieces = list(log.find(EVERYTHING))
    places = [place for piece in pieces for place in piece.places][::-1]
    numbers = {place: number for number, place in enumerate(places)}
    assert [numbers[place] for piece in pieces for place in piece.runs] == [7, 5, 3, 2, 1]
    days = {numbers[place]: day for piece in pieces for place, day in piece.days.items()}
    assert days == {7: date(2026, 11, 24), 5: date(2026, 11, 23)}


def test_only_what_was_found_is_divided(folder: Path) -> None:
    log = ActivityFile(folder)
    log.append([entry(0), entry(1, org_id="ff"), entry(2)])
    (found,) = log.find(ActivityQuery(org_id="0a"))
    assert found.runs == found.places[:1], "what stands between them is not listed"


def test_lines_that_are_no_entries_stand_alone(folder: Path) -> None:
    fill(folder, 2)
    lines = lines_of(folder)
    put(folder, [lines[0], b"first\n", b"second\n", lines[1].replace(b"2026-11-23", b"2026-99-99")])
    (found,) = ActivityFile(folder).find(EVERYTHING)
    assert list(found.runs) == list(found.places)
    assert list(found.days) == [found.places[-1]]


# What was done behind our back


def test_a_changed_line_is_told_with_its_place(folder: Path) -> None:
    fill(folder, 9)
    lines = lines_of(folder)
    for number in range(9):
        changed = list(lines)
        changed[number] = changed[number].replace(b"john", b"jane")
        put(folder, changed)
        assert breaks(folder) == [(Harm.CHANGED, number + 1, number + 1, number + 1)]


def test_cut_lines_are_told_with_their_place(folder: Path) -> None:
    fill(folder, 9)
    lines = lines_of(folder)
    for first in range(9):
        for last in range(first, 9):
            put(folder, lines[:first] + lines[last + 1 :])
            assert breaks(folder) == [(Harm.MISSING, first + 1, last + 1, first + 1)]


def test_moved_and_doubled_lines_are_told(folder: Path) -> None:
    fill(folder, 5)
    one, two, three, four, five = lines_of(folder)
    put(folder, [one, two, two, three, four, five])
    assert breaks(folder) == [(Harm.MISPLACED, 2, 2, 3)]
    put(folder, [one, three, two, four, five])
    assert breaks(folder) == [(Harm.MISSING, 2, 2, 2), (Harm.MISPLACED, 2, 2, 3)]


@pytest.mark.parametrize("line", [b"hello\n", b"\n", b"{}\n", b"\xff\xfe\n", b"[" * 5000 + b"\n"])
def test_a_line_that_is_no_entry_is_told_and_does_not_hide_others(folder: Path, line: bytes) -> None:
    entries = fill(folder, 5)
    lines = lines_of(folder)
    put(folder, [*lines[:2], line, *lines[3:]])
    assert breaks(folder) == [(Harm.UNREADABLE, 3, 3, 3)]
    found = all_of(ActivityFile(folder))
    assert [each for each in found if each] == [*entries[:2], *entries[3:]]


def test_a_changed_number_is_told(folder: Path) -> None:
    fill(folder, 5)
    lines = lines_of(folder)
    lines[2] = lines[2].replace(b'"n":3', b'"n":7')
    put(folder, lines)
    assert breaks(folder) == [(Harm.CHANGED, 3, 3, 3)]


def test_no_more_is_told_than_anybody_reads(folder: Path) -> None:
    fill(folder, 150)
    put(folder, [line.replace(b"john", b"jane") for line in lines_of(folder)])
    assert len(breaks(folder)) == activity_module.MOST_BREAKS


@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        (lambda lines: lines[:3], (Harm.MISSING, 4, 5, 4)),
        (lambda lines: [], (Harm.MISSING, 1, 5, 1)),
        (lambda lines: [*lines[:4], lines[4].replace(b"john", b"jane")], (Harm.CHANGED, 5, 5, 5)),
        (lambda lines: [*lines[:2], *lines[3:]], (Harm.MISSING, 3, 3, 3)),
        (None, (Harm.MISSING, 1, 5, 1)),
    ],
    ids=["cut at the end", "emptied", "last one changed", "one taken out", "removed"],
)
def test_a_harmed_log_is_kept_and_goes_on_and_the_place_shows_for_ever(
    folder: Path, harm: Callable[[list[bytes]], list[bytes]] | None, expected: tuple[Harm, int, int, int]
) -> None:
    fill(folder, 5)
    left = harm(lines_of(folder)) if harm is not None else []
    if harm is None:
        (folder / FILE_NAME).unlink()
    else:
        put(folder, left)
    ActivityFile(folder).append([entry(6), entry(7)])
    assert lines_of(folder)[: len(left)] == left, "what was there is kept"
    assert breaks(folder) == [expected]
    ActivityFile(folder).append([entry(8)])
    assert breaks(folder) == [expected]
    assert ActivityFile(folder).head().number == 8


@pytest.mark.parametrize("adds", [True, False])
def test_an_older_log_put_back_with_its_end_meanwhile_is_told(folder: Path, adds: bool) -> None:
    log = ActivityFile(folder)
    log.append([entry(0), entry(1)])
    saved = {path: path.read_bytes() for path in folder.iterdir()}
    log.append([entry(2)])
    for path, content in saved.items():
        path.write_bytes(content)
    if adds:
        log.append([entry(3)])
        assert [number for _, number, _, _ in breaks(folder)] == [3]
    else:
        assert [each.harm for piece in log.check() for each in piece.breaks] == [Harm.MISSING]
        assert [harm for harm, *_ in breaks(folder)] == [Harm.MISSING], "at the next start too"


def test_a_last_line_cut_by_hand_is_no_crash(folder: Path) -> None:
    """The end was told, so the line had been whole."""
    fill(folder, 5)
    raw = (folder / FILE_NAME).read_bytes()[:-40]
    (folder / FILE_NAME).write_bytes(raw)
    assert breaks(folder) == [(Harm.CHANGED, 5, 5, 5)]
    ActivityFile(folder).append([entry(6)])
    assert (folder / FILE_NAME).read_bytes().startswith(raw), "what was there is kept"
    assert breaks(folder) == [(Harm.CHANGED, 5, 5, 5)]


def test_garbage_at_the_end_is_kept_and_told(folder: Path) -> None:
    fill(folder, 3)
    with (folder / FILE_NAME).open("ab") as file:
        file.write(b"hello\nworld")
    ActivityFile(folder).append([entry(4)])
    told = breaks(folder)
    assert [(harm, line) for harm, _, _, line in told[:2]] == [(Harm.UNREADABLE, 4), (Harm.UNREADABLE, 5)]
    assert b"hello\nworld\n" in (folder / FILE_NAME).read_bytes()


# Crashes


@pytest.mark.parametrize("rest", [b'{"before":"00', b"\0" * 300, b"\0" * 20 + b'ils":{}}\n', b"{", b"\0\n"])
@pytest.mark.parametrize("told", [True, False])
def test_a_torn_last_line_is_no_harm(folder: Path, rest: bytes, told: bool) -> None:
    entries = fill(folder, 3)
    if not told:
        (folder / END_NAME).unlink()
    with (folder / FILE_NAME).open("ab") as file:
        file.write(rest)
    assert breaks(folder) == []
    assert all_of(ActivityFile(folder)) == entries
    more = entry(4)
    ActivityFile(folder).append([more])
    assert all_of(ActivityFile(folder)) == [*entries, more]
    assert breaks(folder) == []


def test_a_crash_before_the_end_was_told_loses_nothing(folder: Path) -> None:
    entries = fill(folder, 2)
    told = (folder / END_NAME).read_bytes()
    log = ActivityFile(folder)
    more = [entry(3), entry(4)]
    log.append(more)
    (folder / END_NAME).write_bytes(told)
    assert ActivityFile(folder).head() == log.head()
    assert breaks(folder) == []
    ActivityFile(folder).append([entry(5)])
    assert all_of(ActivityFile(folder)) == [*entries, *more, entry(5)]


@pytest.mark.parametrize("content", [None, b"", b"\0" * 108, b"nonsense", b"%020d %020d %064d\n" % (10**17, 9, 9)])
def test_without_knowing_the_end_it_is_found(folder: Path, content: bytes | None) -> None:
    entries = fill(folder, 3)
    if content is None:
        (folder / END_NAME).unlink()
    else:
        (folder / END_NAME).write_bytes(content)
    ActivityFile(folder).append([entry(4)])
    assert all_of(ActivityFile(folder)) == [*entries, entry(4)]
    assert breaks(folder) == []


def test_a_file_that_is_no_log_is_kept(folder: Path) -> None:
    (folder / FILE_NAME).write_bytes(b"my notes\nabout apps\n")
    ActivityFile(folder).append([entry(1)])
    assert lines_of(folder)[:2] == [b"my notes\n", b"about apps\n"]
    assert len(breaks(folder)) >= 2
    assert all_of(ActivityFile(folder))[2:] == [entry(1)]


def test_a_full_disk_leaves_the_log_as_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = fill(folder, 2)
    log = ActivityFile(folder)
    write = os.write

    def full(fd: int, data: bytes) -> int:
        if len(data) > 150:
            write(fd, data[:100])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(fd, data)

    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "write", full)
        with pytest.raises(StorageError) as failure:
            log.append([entry(3)])
    assert "full" in str(failure.value)
    assert breaks(folder) == []
    log.append([entry(4)])
    assert all_of(log) == [*entries, entry(4)]
    assert breaks(folder) == []


def test_someone_else_wrote_meanwhile(folder: Path) -> None:
    """Not a second program of ours, which the lock keeps out: an editor, say."""
    log = ActivityFile(folder)
    log.append([entry(1), entry(2)])
    put(folder, lines_of(folder)[:1])
    log.append([entry(3)])
    assert breaks(folder) == [(Harm.MISSING, 2, 2, 2)]


def test_a_log_that_cannot_be_read_is_said(folder: Path) -> None:
    (folder / FILE_NAME).mkdir()
    log = ActivityFile(folder)
    with pytest.raises(StorageError) as failure:
        log.append([entry(1)])
    assert str(folder) in str(failure.value)
    with pytest.raises(StorageError) as failure:
        list(log.find(ActivityQuery()))
    assert "can't be read" in str(failure.value)


def test_text_that_is_no_text_is_refused_whole(folder: Path) -> None:
    log = ActivityFile(folder)
    with pytest.raises(StorageError):
        log.append([entry(1), entry(2, "\ud800")])
    assert all_of(log) == []


def hours(*numbers: float) -> list[datetime]:
    return [NOON + timedelta(hours=number) for number in numbers]


def counts(log: ActivityFile, edges: list[datetime], after: int = 0) -> list[int]:
    parts = list(log.count(COPIED, edges, after))
    return [sum(column) for column in zip(*(part.counts for part in parts), strict=True)]


@pytest.fixture
def copies(folder: Path) -> ActivityFile:
    """Copies every 20 minutes for five hours, with other entries between them."""
    log = ActivityFile(folder)
    log.append(
        [
            made
            for minutes in range(0, 300, 20)
            for made in (
                entry(minutes, action=Action.KEY_COPIED),
                entry(minutes, action=Action.SECRET_COPIED),
                entry(minutes, action=Action.KEY_COPIED, org_id="0b", label='x","what":"key copied","org":"0a'),
            )
        ]
    )
    return log


def test_entries_are_counted_between_edges(copies: ActivityFile) -> None:
    """An entry at an edge belongs to what begins there; what lies outside of all counts nowhere."""
    assert counts(copies, hours(1, 2, 2.5, 4)) == [3, 2, 4]
    assert counts(copies, hours(-5, -4)) == [0]
    assert counts(copies, hours(0, 5)) == [15]


@pytest.mark.parametrize("piece", [200, 1000, 4000])
def test_counting_again_counts_what_was_added(
    copies: ActivityFile, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity_module, "PIECE", piece)
    edges = hours(0, 5, 10)
    end = next(iter(copies.count(COPIED, edges))).end
    assert counts(copies, edges) == [15, 0]
    assert counts(copies, edges, end) == [0, 0]
    copies.append([entry(301, action=Action.KEY_COPIED), entry(302, action=Action.DELETED)])
    copies.append([entry(303, action=Action.KEY_COPIED)])
    assert counts(copies, edges, end) == [0, 2]
    assert counts(copies, edges) == [15, 2]


def test_counting_reads_no_further_back_than_the_first_edge(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity_module, "PIECE", 2000)
    log = ActivityFile(folder)
    log.append([entry(number, action=Action.KEY_COPIED) for number in range(600)])
    assert len(list(log.count(COPIED, hours(9, 10)))) * 5 < len(list(log.count(COPIED, hours(0, 10))))


def test_an_empty_log_counts_nothing(folder: Path) -> None:
    assert counts(ActivityFile(folder), hours(0, 1, 2)) == [0, 0]


def test_an_action_and_a_period_are_found(copies: ActivityFile) -> None:
    """Exactly what is counted."""
    since, until = hours(1, 2)
    found = all_of(copies, ActivityQuery("0a", since=since, until=until, action=Action.KEY_COPIED))
    assert [each.when for each in found] == [NOON + timedelta(minutes=minutes) for minutes in (60, 80, 100)]
    assert {(each.org_id, each.action) for each in found} == {("0a", Action.KEY_COPIED)}
