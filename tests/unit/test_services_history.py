"""Finding in the activity log with the person's words, and exporting it for people and for auditors."""

from __future__ import annotations

import csv
import errno
import io
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cortex_desktop.domain.activity import ACTION_WORDS, Action, ActivityEntry, Detail, describe
from cortex_desktop.domain.errors import StorageError
from cortex_desktop.domain.text import Text
from cortex_desktop.services.activity import Recorder
from cortex_desktop.services.history import Export, History
from cortex_desktop.services.reports import harmless
from cortex_desktop.services.speech import Speech
from cortex_desktop.storage.activity import FILE_NAME, ActivityFile
from cortex_desktop.storage.new_file import Exports
from cortex_desktop.storage.repository import TinyRepository

posix_only = pytest.mark.skipif(os.name != "posix", reason="symbolic links, modes")

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
GERMAN = {"Created": "Angelegt", "Sessions on": "Sitzungen an", "Key copied": "Schlüssel kopiert"}


def say(text: Text) -> str:
    """A little of another language."""
    return GERMAN.get(text.source, text.source).format(**text.values)


def entry(minutes: int, action: Action, label: str = "NewHealth App", **details: Detail) -> ActivityEntry:
    return ActivityEntry(
        NOON + timedelta(minutes=minutes), "john", "desk-7", action, "0a", "newhealthco", "0b", label, details
    )


@pytest.fixture
def log(folder: Path) -> ActivityFile:
    return ActivityFile(folder)


@pytest.fixture
def history(folder: Path, log: ActivityFile) -> History:
    recorder = Recorder(TinyRepository(folder), log, lambda: ("jane", "desk-8"))
    return History(log, Exports(folder), recorder, Speech(say, lambda moment: f"{moment:%d.%m. %H:%M}"))


def found(history: History, text: str = "", **only: object) -> list[ActivityEntry]:
    places = [place for piece in history.find(text, **only) for place in piece.places]
    return [logged.entry for logged in history.read(places)]


def test_words_are_those_of_the_persons_language(history: History, log: ActivityFile) -> None:
    made = entry(1, Action.CREATED, sessions=True, csrf=False)
    copied = entry(2, Action.KEY_COPIED, "Ärzte", clears_after=30)
    log.append([made, copied])
    assert found(history) == [copied, made]
    assert found(history, "angelegt") == [made]
    assert found(history, "created") == []
    assert found(history, "SITZUNGEN newhealth") == [made]
    assert found(history, "schlussel arzte") == [copied]
    assert found(history, "clipboard") == [copied]
    assert found(history, "john", since=copied.when) == [copied]
    assert found(history, "value") == [], "the names of blanks in sentences are no words"
    assert found(history, "newhealthco", org_id="0a") == []
    assert found(history, "newhealthco") == [copied, made]


def test_every_action_has_words_and_every_detail_is_told() -> None:
    assert set(ACTION_WORDS) == set(Action)
    told = describe(
        entry(1, Action.ROTATED, kept_until=NOON.isoformat(), sessions=False, problem="leftover", novel=7, count=3),
        lambda moment: f"{moment:%H:%M}",
    )
    assert list(map(str, told)) == [
        "Old key kept until 12:00",
        "Sessions off",
        "A leftover was removed",
        "novel: 7",
        "Entries: 3",
    ]
    assert str(*describe(entry(1, Action.ROTATED, kept_until="soon"), str)) == "kept_until: soon"


# Exports


def export(history: History, path: Path, **changes: object) -> list[float]:
    places = [place for piece in history.find() for place in piece.places]
    wanted = Export(places, path, path.suffix[1:], "Activity of newhealthco", "newhealthco · Any time")
    return list(history.export(replace(wanted, **changes)))


def table(path: Path) -> list[list[str]]:
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf"), "or Excel takes it for another encoding"
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def test_a_table_has_each_entry_and_the_heads_of_the_chain(history: History, log: ActivityFile, tmp_path: Path) -> None:
    log.append([entry(1, Action.CREATED, "Ärzte, “portal”", sessions=True), entry(2, Action.DISABLED)])
    head = log.head()
    done = export(history, tmp_path / "out.csv")
    assert done == sorted(done)
    assert done[-1] == 1
    heads, *rows, last = table(tmp_path / "out.csv")
    assert heads[:3] == ["Number", "When (UTC)", "What"]
    assert rows[1][:9] == [
        "1",
        "2026-11-23 12:01:00",
        "Angelegt",
        "Ärzte, “portal”",
        "Sitzungen an",
        "newhealthco",
        "john",
        "desk-7",
        "0b",
    ]
    assert rows[0][9] == head.sha256
    assert (last[0], last[2], last[6], last[9]) == ("2", "Chain head", "jane", head.sha256)
    assert {len(row) for row in [heads, *rows, last]} == {10}
    assert found(history)[0].action is Action.EXPORTED
    assert found(history)[0].details == {"count": 2, "format": "csv"}


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: set[str] = set()
        self.cells: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        if tag == "tr":
            self.cells.append([])
        if tag == "td":
            self.cells[-1].append("")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self.lasttag == "td" and self.cells and self.cells[-1]:
            self.cells[-1][-1] += data


def page(path: Path) -> _Words:
    words = _Words()
    words.feed(path.read_text("utf-8"))
    return words


def test_a_report_can_be_read_and_runs_nothing(history: History, log: ActivityFile, tmp_path: Path) -> None:
    log.append([entry(1, Action.CREATED, "<script>alert(1)</script>"), entry(2, Action.DISABLED, "a & b")])
    head = log.head()
    export(history, tmp_path / "out.html")
    words = page(tmp_path / "out.html")
    assert not words.tags & {"script", "img", "link", "iframe", "a"}
    text = "\n".join(words.texts)
    for told in ("Activity of newhealthco", "newhealthco · Any time", "jane", head.sha256, "no entry of the log was"):
        assert told in text
    assert [row[3] for row in words.cells if row] == ["a & b", "<script>alert(1)</script>"]
    assert "default-src 'none'" in (tmp_path / "out.html").read_text("utf-8")


def test_exports_say_that_the_log_was_changed(
    history: History, log: ActivityFile, folder: Path, tmp_path: Path
) -> None:
    log.append([entry(number, Action.CREATED) for number in range(4)])
    lines = (folder / FILE_NAME).read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b"john", b"jane")
    lines[2] = b"hello\n"
    (folder / FILE_NAME).write_bytes(b"".join(lines))
    export(history, tmp_path / "out.html")
    text = "\n".join(page(tmp_path / "out.html").texts)
    assert "Broken" in text
    assert "Line 3 of the file is not an entry." in text
    export(history, tmp_path / "out.csv")
    assert [row[4] for row in table(tmp_path / "out.csv") if "Chain b" in row[2]] == [
        "Line 3 of the file is not an entry."
    ]
    assert "Unreadable line" in {row[2] for row in table(tmp_path / "out.csv")}


@pytest.mark.parametrize(
    "label",
    [
        '=HYPERLINK("https://x")',
        "+1+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(1)",
        "  =1+1",
        "\u00a0=1",
        "\uff1d1+1",
        "x;=1+1",
        "x\n=1+1",
        "\t=1",
    ],
)
def test_a_cell_is_never_a_formula(history: History, log: ActivityFile, tmp_path: Path, label: str) -> None:
    log.append([replace(entry(1, Action.CREATED, label), who=label, org_name=label)])
    export(history, tmp_path / "out.csv")
    cells = [cell for row in table(tmp_path / "out.csv") for cell in row]
    for part in [*cells, *(part for cell in cells for part in cell.replace("\n", ";").split(";"))]:
        assert part.lstrip()[:1] not in set("=+-@\uff1d\uff0b\uff0d\uff20\t\r")
    assert sum("'" in cell for cell in cells) == 3, "label, user and org"


@pytest.mark.parametrize("label", ["NewHealth App", "a=b", "1-2", "x@y.example", "Ärzte", "'quoted'", "5 + 5", ""])
def test_what_is_no_formula_stays_as_it_is(label: str) -> None:
    assert harmless(label) == label


@pytest.mark.parametrize(
    "labels",
    [("=1", "'=1", "'" * 2 + "=1", "'" * 3 + "=1"), ("\t1", "'\t1", "1"), (" =1", " '=1", "' =1"), ("x;=1", "x;'=1")],
)
def test_different_cells_stay_different(labels: tuple[str, ...]) -> None:
    assert len({harmless(label) for label in labels}) == len(labels)


def test_a_tab_at_the_beginning_is_kept() -> None:
    assert harmless("\tx") == "'\tx"


@posix_only
@pytest.mark.parametrize("target", ["there", "dangling"])
def test_an_export_over_a_symbolic_link_is_written_where_it_points(
    history: History, log: ActivityFile, tmp_path: Path, target: str
) -> None:
    log.append([entry(1, Action.CREATED)])
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "out.csv", tmp_path / "out.csv"
    if target == "there":
        real.write_text("old")
        real.chmod(0o600)
    link.symlink_to(Path("real") / "out.csv")
    export(history, link)
    assert link.is_symlink()
    assert table(real)[0][0].endswith("Number")
    assert [file.name for file in (tmp_path / "real").iterdir()] == ["out.csv"]
    if target == "there":
        assert real.stat().st_mode & 0o777 == 0o600, "and keeps who may read it"


@posix_only
def test_a_symbolic_link_into_our_folder_is_refused(
    history: History, log: ActivityFile, tmp_path: Path, folder: Path
) -> None:
    log.append([entry(1, Action.CREATED)])
    (tmp_path / "out.csv").symlink_to(folder / FILE_NAME)
    with pytest.raises(StorageError, match="its own files"):
        export(history, tmp_path / "out.csv")


def test_a_long_export_is_written_in_steps(
    history: History, log: ActivityFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cortex_desktop.services.history.BATCH", 7)
    log.append([entry(number, Action.CREATED, f"App {number}") for number in range(50)])
    done = export(history, tmp_path / "out.csv")
    assert len(done) > 8
    assert [row[3] for row in table(tmp_path / "out.csv")[1:-1]] == [f"App {number}" for number in reversed(range(50))]


@pytest.fixture
def steps(history: History, log: ActivityFile, tmp_path: Path) -> Iterator[float]:
    """An export under way over a file that is there already."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.csv").write_text("old")
    log.append([entry(number, Action.CREATED) for number in range(5)])
    places = [place for piece in history.find() for place in piece.places]
    steps = history.export(Export(places, tmp_path / "out" / "old.csv", "csv", "", ""))
    next(steps)
    return steps


def test_an_export_that_is_stopped_leaves_nothing(steps: Iterator[float], tmp_path: Path, history: History) -> None:
    steps.close()
    assert [(file.name, file.read_text()) for file in (tmp_path / "out").iterdir()] == [("old.csv", "old")]
    assert found(history)[0].action is Action.CREATED


def test_an_export_at_the_programs_end_leaves_nothing(steps: Iterator[float], tmp_path: Path, history: History) -> None:
    history.abandon()
    assert [(file.name, file.read_text()) for file in (tmp_path / "out").iterdir()] == [("old.csv", "old")]


def test_a_full_disk_leaves_nothing_of_an_export(
    steps: Iterator[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError) as failure:
        list(steps)
    assert "The disk is full" in str(failure.value)
    assert [(file.name, file.read_text()) for file in (tmp_path / "out").iterdir()] == [("old.csv", "old")]


def test_an_export_to_nowhere_is_refused(history: History, log: ActivityFile, tmp_path: Path) -> None:
    log.append([entry(1, Action.CREATED)])
    with pytest.raises(StorageError) as failure:
        export(history, tmp_path / "not there" / "out.csv")
    assert str(tmp_path / "not there") in str(failure.value)


def test_an_export_does_not_take_the_place_of_our_own_files(history: History, log: ActivityFile, folder: Path) -> None:
    log.append([entry(1, Action.CREATED)])
    with pytest.raises(StorageError) as failure:
        export(history, folder / FILE_NAME, format="csv")
    assert "its own files" in str(failure.value)
    assert len(found(history)) == 1
