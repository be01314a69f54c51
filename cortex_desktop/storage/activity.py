"""The activity log: a file to whose end entries are added, and in which nothing is ever changed.

A small file beside it says where the log ends. It tells a log that lost its last lines from one whose last line was
cut short by a crash: such a line, which the small file never covered, is removed. Whatever else is wrong stays as it
is; the next entry goes on from where the log should have ended, so that the place shows for ever.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import RLock
from typing import Any

from ..domain.activity import (
    MOMENTS,
    Action,
    ActivityEntry,
    ActivityQuery,
    ActivityWord,
    Break,
    ChainHead,
    Counted,
    Harm,
    Logged,
    Piece,
)
from ..domain.days import midnight
from ..domain.folding import fold
from . import problems
from .activity_line import FIRST, WHEN, checksum, decode, encode, front, is_next, when_text
from .durable import (
    append_durably,
    create_durably,
    cut_durably,
    make_folder,
    make_private,
    read_region,
    replace_lightly,
    write_durably,
)

log = logging.getLogger(__name__)

FILE_NAME = "activity.jsonl"
END_NAME = "activity.end"

FIRST_PIECE = 64 * 1024
PIECE = 512 * 1024
"""Bytes read in one step. The first step is small, so that the newest entries are on screen at once."""

LONGEST_LINE = 1024 * 1024
NEAR = 256 * 1024
"""Lines at most so many bytes apart are read together."""

MOST_BREAKS = 100
_END = re.compile(rb"0{6}(\d{14}) (\d{20}) ([0-9a-f]{64})\n")  # a number that lines have room for


@dataclass(frozen=True)
class _End:
    """Where the log ends. number, sha256: of its last entry; size: bytes up to there."""

    number: int = 0
    size: int = 0
    sha256: str = FIRST


@dataclass(frozen=True)
class _State:
    """The end of the file. end: what the next entry follows; size: bytes that count; torn: bytes after them that a
    crash left; ragged: the last byte does not end a line."""

    end: _End
    size: int
    torn: int = 0
    ragged: bool = False


class ActivityFile:
    """`domain.ports.ActivityLog` in the file activity.jsonl of `folder`. One process at a time writes it.

    The constructor touches no disk.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / FILE_NAME
        self._end_path = folder / END_NAME
        self._lock = RLock()
        self._state: _State | None = None

    def append(self, entries: Sequence[ActivityEntry]) -> None:
        """Add entries, oldest first, in one durable step. Raises StorageError; then none of them is there."""
        with self._lock:
            try:
                self._append(entries)
            except OSError as error:
                self._state = None  # look anew
                raise problems.not_written(error, self._folder) from error
            except ValueError as error:  # lone surrogates
                raise problems.not_text() from error

    def head(self) -> ChainHead:
        """Return the number and the hash of the last entry. Raises StorageError."""
        with self._reading():
            end = self._examined().end
            return ChainHead(end.number, end.sha256)

    def find(self, query: ActivityQuery) -> Iterator[Piece]:
        """Go through the log, newest first. Raises StorageError."""
        with self._reading():
            size = end = self._examined().size
        keeps, divider = _sieve(query), _Divider()
        length = FIRST_PIECE
        while end > 0:
            with self._reading():
                begin, lines = self._lines_before(end, length)
            places, found, place = [], [], begin
            for line in lines:
                if keeps(line):
                    places.append(place)
                    found.append(line)
                place += len(line) + 1
            places.reverse()
            runs, days = divider.divide(places, reversed(found))
            yield Piece(begin, end, 1 - begin / size, places, runs, days)
            end, length = begin, min(length * 2, PIECE)

    def count(self, query: ActivityQuery, edges: Sequence[datetime], after: int = 0) -> Iterator[Counted]:
        """Count entries that match from each edge to before the next, newest part of the log first.

        Raises StorageError. Stops at the place `after`, or at a part that begins and ends before the first edge.
        """
        with self._reading():
            size = end = self._examined().size
        times = [when_text(edge).encode() for edge in edges]
        keeps = _sieve(query)
        yield Counted(size, [0] * (len(times) - 1))
        while end > after:
            with self._reading():
                begin, lines = self._lines_before(end, min(PIECE, end - after + 1))
            if lines[-1][WHEN] < times[0] and lines[0][WHEN] < times[0]:
                return
            counts = [0] * (len(times) + 1)
            for line in filter(keeps, lines):
                counts[bisect_right(times, line[WHEN])] += 1
            yield Counted(size, counts[1:-1])
            end = begin

    def read(self, places: Sequence[int]) -> list[Logged]:
        """Return the lines that begin at these places, in the same order. Raises StorageError."""
        found: dict[int, Logged] = {}
        with self._reading():
            rest = sorted(set(places))
            while rest:
                near = [place for place in rest if place - rest[0] < NEAR]
                rest = rest[len(near) :]
                region = read_region(self._path, near[0], near[-1] - near[0] + 4096)
                while region.find(b"\n", near[-1] - near[0]) < 0 and len(region) < LONGEST_LINE:
                    more = read_region(self._path, near[0] + len(region), 65536)
                    if not more:
                        break
                    region += more
                for place in near:
                    begin = place - near[0]
                    stop = region.find(b"\n", begin)
                    found[place] = _logged(region[begin : stop if stop >= 0 else len(region)])
        return [found[place] for place in places]

    def check(self) -> Iterator[Piece]:
        """Go through the log, oldest first, and check that each entry is the one that was written.

        Reports at most MOST_BREAKS breaks. Raises StorageError.
        """
        with self._reading():
            state = self._examined()
        chain = _Chain()
        begin = 0
        while begin < state.size:
            with self._reading():
                lines = self._lines_after(begin, min(PIECE, state.size - begin))
            breaks = [each for line in lines for each in chain.follow(line)]
            end = min(state.size, begin + sum(map(len, lines)) + len(lines))
            yield Piece(begin, end, end / state.size, breaks=breaks)
            begin = end
        yield Piece(begin, begin, 1.0, breaks=chain.ends_with(state.end))

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except OSError as error:
                raise problems.log_not_read(error, self._folder) from error

    def _append(self, entries: Sequence[ActivityEntry]) -> None:
        state = self._examined()
        end, lines = state.end, []
        for entry in entries:
            line = encode(entry, end.number + 1, end.sha256)
            end = _End(end.number + 1, 0, checksum(line))
            lines.append(line + b"\n")
        data = b"\n" * state.ragged + b"".join(lines)
        if not self._path.exists():
            make_folder(self._folder)
            if not self._end_path.exists():
                self._tell_end(state.end)  # a crash never finds a log without it
            create_durably(self._path)
        if state.torn:
            cut_durably(self._path, state.size)
        append_durably(self._path, data, state.size)
        size = state.size + len(data)
        self._state = _State(_End(end.number, size, end.sha256), size)
        self._tell_end(self._state.end)

    def _tell_end(self, end: _End) -> None:
        """Note where the log ends. After a crash an older end may be noted, but never a newer one."""
        data = f"{end.number:020} {end.size:020} {end.sha256}\n".encode()
        try:
            if self._end_path.exists():
                replace_lightly(self._end_path, data)
            else:
                write_durably(self._end_path, data)
        except OSError as error:
            log.warning("the end of the activity log was not noted: %s", error.strerror)

    def _examined(self) -> _State:
        """Return how the file ends. It is examined once, and again when it is not as we left it."""
        size = self._path.stat().st_size if self._path.exists() else 0
        if self._state is None or size != self._state.size + self._state.torn:
            make_private(self._path)
            self._state = self._examine(size, self._state.end if self._state is not None else _End())
        return self._state

    def _examine(self, size: int, known: _End) -> _State:
        """Return how the file ends. known: its last entry when we left it."""
        told = self._told_end()
        if known.number > (told.number if told is not None else 0):  # an older log was put in its place, with its end
            told = known
            self._tell_end(known)
        if told is None:
            return self._examine_untold(size)
        if size < told.size or not self._line_ends(told):
            # It was cut or changed. All of it stays, and the next entry follows the one that should be the last.
            return _State(told, size, ragged=size > 0 and read_region(self._path, size - 1, 1) != b"\n")
        end = told
        while end.size < size:
            lines = self._lines_after(end.size, min(PIECE, size - end.size))
            before = end
            for line in lines:
                after = end.size + len(line) + 1
                if after > size or front(line) != (end.number + 1, end.sha256):
                    break
                end = _End(end.number + 1, after, checksum(line))
            if end is before:
                break
        return self._with_rest(end, size)

    def _examine_untold(self, size: int) -> _State:
        """Examine a log whose end is not noted: it is where the last good line is."""
        stop, end = size, None
        while stop > 0 and end is None:
            begin, lines = self._lines_before(stop, PIECE)
            place = stop = begin
            for line in lines:
                place += len(line) + 1
                found = front(line) if place <= size else None
                if found is not None and decode(line) is not None:
                    end = _End(found[0], place, checksum(line))
        return self._with_rest(end or _End(), size)

    def _with_rest(self, end: _End, size: int) -> _State:
        """Return the state of a file of this size whose last good entry is `end`."""
        rest = read_region(self._path, end.size, size - end.size) if size > end.size else b""
        # A write that was cut short has no line feed; blocks that never came to the disk read as zeros.
        if b"\n" not in rest or b"\0" in rest:
            return _State(end, end.size, torn=len(rest))
        return _State(end, size, ragged=not rest.endswith(b"\n"))

    def _told_end(self) -> _End | None:
        try:
            match = _END.fullmatch(self._end_path.read_bytes())
        except FileNotFoundError:
            return None
        return _End(int(match[1]), int(match[2]), match[3].decode()) if match else None

    def _line_ends(self, end: _End) -> bool:
        """Return True if the line that ends there is the one that was written."""
        if not end.size:
            return end.sha256 == FIRST
        _, lines = self._lines_before(end.size, FIRST_PIECE)
        return checksum(lines[-1]) == end.sha256 and read_region(self._path, end.size - 1, 1) == b"\n"

    def _lines_before(self, end: int, length: int) -> tuple[int, list[bytes]]:
        """Return where the first of some lines begins, and the lines: about `length` bytes, the last ends at `end`."""
        while True:
            begin = max(0, end - length)
            region = read_region(self._path, begin, end - begin).removesuffix(b"\n")
            if not begin:
                return 0, region.split(b"\n")
            cut = region.find(b"\n") + 1
            if cut:
                return begin + cut, region[cut:].split(b"\n")
            length *= 2

    def _lines_after(self, begin: int, length: int) -> list[bytes]:
        """Return whole lines of about `length` bytes, the first of which begins there. The file's end ends a line."""
        while True:
            region = read_region(self._path, begin, length)
            cut = region.rfind(b"\n")
            if cut >= 0:
                return region[:cut].split(b"\n")
            if len(region) < length:
                return [region]
            length *= 2


class _Chain:
    """Follows the lines from the first on, and reports where one does not follow the other."""

    def __init__(self) -> None:
        self._number = 0
        self._sha256 = FIRST
        self._line = 0
        self._told = 0  # the entry that is already reported as changed
        self._left = MOST_BREAKS

    def follow(self, line: bytes) -> list[Break]:
        """Return what is wrong with this line or, as this line shows, with the one before."""
        self._line += 1
        if is_next(line, self._number + 1, self._sha256):
            self._go(self._number + 1, line)
            return []
        found = front(line)
        breaks = []
        if found is None:
            breaks.append((Harm.UNREADABLE, self._number + 1, self._number + 1, self._line))
            self._go(self._number + 1, line, told=True)
        elif found[1] == self._sha256:  # where it belongs, but with another number
            breaks.append((Harm.CHANGED, self._number + 1, self._number + 1, self._line))
            self._go(self._number + 1, line, told=True)
        elif found[0] == self._number + 1:
            if self._told != self._number:
                place = (self._number, self._line - 1) if self._number else (1, 1)
                breaks.append((Harm.CHANGED, place[0], place[0], place[1]))
            self._go(found[0], line)
        elif found[0] > self._number:
            breaks.append((Harm.MISSING, self._number + 1, found[0] - 1, self._line))
            self._go(found[0], line)
        else:
            breaks.append((Harm.MISPLACED, found[0], found[0], self._line))
        return self._tell(breaks)

    def ends_with(self, end: _End) -> list[Break]:
        """Return what is wrong with the end, or missing there."""
        if self._number < end.number:
            return self._tell([(Harm.MISSING, self._number + 1, end.number, self._line + 1)])
        if self._number == end.number and self._sha256 != end.sha256 and self._told != self._number:
            return self._tell([(Harm.CHANGED, self._number, self._number, self._line)])
        return []

    def _go(self, number: int, line: bytes, *, told: bool = False) -> None:
        self._number, self._sha256 = number, checksum(line)
        if told:
            self._told = number

    def _tell(self, breaks: list[tuple[Harm, int, int, int]]) -> list[Break]:
        told = [Break(*each) for each in breaks[: self._left]]
        self._left -= len(told)
        return told


class _Divider:
    """Divides entries, newest first, into days and runs; see `Piece`."""

    def __init__(self) -> None:
        self._begin = self._end = b""  # of the day at hand, as lines have it
        self._day = date.min
        self._said = b""

    def divide(self, places: Iterable[int], lines: Iterable[bytes]) -> tuple[list[int], dict[int, date]]:
        """Return where runs begin, and the days that begin there. lines: at these places, and after those before."""
        runs, days = [], {}
        for place, line in zip(places, lines, strict=True):
            at = line.find(b',"what":', WHEN.stop)
            said = line[at:] if at >= 0 else line
            when = line[WHEN]
            if not self._begin <= when < self._end and self._enter_day(when):
                days[place] = self._day
            elif said == self._said:
                continue
            runs.append(place)
            self._said = said
        return runs, days

    def _enter_day(self, when: bytes) -> bool:
        """Go on to the local day of this time. False if it is no time: someone changed the line."""
        try:
            day = datetime.fromisoformat(when.decode()).astimezone().date()
            begin, end = midnight(day), midnight(day + timedelta(days=1))
        except (ValueError, OverflowError):
            return False
        self._day, self._begin, self._end = day, when_text(begin).encode(), when_text(end).encode()
        return True


def _logged(line: bytes) -> Logged:
    found = front(line)
    return Logged(found[0] if found else 0, checksum(line), decode(line) if found else None)


def _sieve(query: ActivityQuery) -> Callable[[bytes], bool]:
    """Return a function that decides whether a line matches.

    Decoding each of a million lines would take half a minute. So it looks at parts of the line that come again and
    again, and keeps what it found out about them.
    """
    exact = [_field(name, value) for name, value in (("org", query.org_id), ("app", query.app_id)) if value]
    if query.action is not None:
        exact.append(_field("what", query.action.value))
    since = when_text(query.since).encode() if query.since is not None else b""
    until = when_text(query.until).encode() if query.until is not None else b""
    words = _Words(query) if query.words else None

    def keeps(line: bytes) -> bool:
        for needle in exact:
            if needle not in line:
                return False
        if since and line[WHEN] < since:
            return False
        if until and line[WHEN] >= until:
            return False
        return words is None or words.all_in(line)

    return keeps


def _field(name: str, value: str) -> bytes:
    """How a line holds a field. No text in it can hold the same, as its quotes are escaped."""
    return f',"{name}":{json.dumps(value, ensure_ascii=False)}'.encode()


class _Words:
    """Decides whether all words of a query are in a line. A set of words is a number, with a bit for each."""

    MOST = 20_000

    def __init__(self, query: ActivityQuery) -> None:
        self._words = query.words
        self._all = (1 << len(self._words)) - 1
        self._with_org = not query.org_id
        self._in_action = {json.dumps(action.value).encode(): self._bits_of(action) for action in Action}
        self._in_about: dict[bytes, int] = {}
        self._in_details: dict[bytes, int] = {}

    def all_in(self, line: bytes) -> bool:
        what = line.find(b',"what":', WHEN.stop)
        who = line.find(b',"who":', what)
        if what < 0 or who < 0:
            return False
        end = line.find(b',"details":', who)
        about = line[who + 1 : end if end >= 0 else -1]
        found = self._in_action.get(line[what + 8 : who], 0)
        found |= self._look(self._in_about, about, self._look_at_about)
        if end >= 0 and found != self._all:
            found |= self._look(self._in_details, line[end + 11 : -1], self._look_at_details)
        return found == self._all

    def _look(self, known: dict[bytes, int], part: bytes, look: Callable[[Any], int]) -> int:
        found = known.get(part)
        if found is None:
            if len(known) > self.MOST:
                known.clear()
            try:
                found = look(json.loads(part if part.startswith(b"{") else b"{%b}" % part))
            except (ValueError, AttributeError, RecursionError):
                found = 0  # someone changed the line
            known[part] = found
        return found

    def _look_at_about(self, about: Any) -> int:
        names = ("who", "label", "org_name") if self._with_org else ("who", "label")
        text = "\n".join(fold(str(about.get(name, ""))) for name in names)
        return self._bits(lambda word: word.text in text)

    def _look_at_details(self, details: Any) -> int:
        text = "\n".join(
            fold(value) for name, value in details.items() if isinstance(value, str) and name not in MOMENTS
        )
        told = {(name, each) for name, value in details.items() for each in (value, None)}
        return self._bits(lambda word: word.text in text or not told.isdisjoint(word.details))

    def _bits_of(self, action: Action) -> int:
        return self._bits(lambda word: action in word.actions)

    def _bits(self, holds: Callable[[ActivityWord], bool]) -> int:
        return sum(1 << number for number, word in enumerate(self._words) if holds(word))
