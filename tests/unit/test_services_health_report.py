"""The report on the health of keys: a page that holds what the figures say, opens offline and holds no key."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cortex_desktop.domain.activity import Action
from cortex_desktop.domain.errors import StorageError
from cortex_desktop.domain.model import App
from cortex_desktop.services.health import health_of, weeks_until
from cortex_desktop.services.health_report import HealthReports, ReportFacts
from cortex_desktop.services.speech import Speech
from cortex_desktop.storage.new_file import Exports
from tests.support.services import NOON, Office

TODAY = date(2026, 11, 23)
LABEL = "<script>alert('x')</script> & \"Kiosk\" 株"
KEY = "mwidxhb8ShcqmV1B9iOYJh"
VOID = {"meta"}


class Parsed(HTMLParser):
    """A page: its tags, its attributes, its text by heading, and the rows of its tables. Fails on an unclosed tag."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.texts: list[str] = []
        self._open: list[str] = []
        self._heading = ""
        self.feed(page)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)
        if tag == "tr":
            self.tables.setdefault(self._heading, []).append([])
        elif tag in ("td", "th"):
            self.tables[self._heading][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self._open:
            return
        self.texts.append(data)
        if self._open and self._open[-1] in ("h1", "h2"):
            self._heading = data if self._open[-1] == "h2" else ""
        elif {"td", "th"} & set(self._open):
            self.tables[self._heading][-1][-1] += data


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "data")


def facts(office: Office, *apps: App, copies: list[int] | None = None) -> ReportFacts:
    health = health_of(apps, NOON, TODAY, checked=NOON - timedelta(hours=2))
    weeks = weeks_until(TODAY, 0)
    return ReportFacts(office.org, "Development", "Test keychain", health, apps, weeks, copies, NOON)


def save(office: Office, path: Path, what: ReportFacts) -> Parsed:
    reports = HealthReports(
        Exports(office.folder), office.recorder, Speech(lambda text: text.source.format(**text.values), str)
    )
    reports.save(path, what)
    return Parsed(path.read_text(encoding="utf-8"))


def apps_of(office: Office) -> list[App]:
    due = {"expires": TODAY + timedelta(days=90), "review": TODAY, "owner": "Ada <ada@example.org>"}
    odd = replace(office.make().app, label=LABEL, **due)
    pasted = replace(office.make().app, label=f"key {KEY}", owner=KEY, notes=KEY, created=NOON - timedelta(days=400))
    return [odd, pasted]


def test_it_holds_what_the_figures_say(office: Office, tmp_path: Path) -> None:
    page = save(office, tmp_path / "report.html", facts(office, *apps_of(office), copies=[*range(11), 3]))
    assert page.tables["Apps that need attention"][1:] == [[LABEL, "Review due", "2026-11-23", "Ada <ada@example.org>"]]
    assert [row[:3] for row in page.tables["Next 90 days"][1:]] == [
        ["2026-11-23", "Review", LABEL],
        ["2027-02-21", "Expires", LABEL],
    ]
    assert [row[:2] for row in page.tables["Age of keys"][1:]] == [
        ["Under 30 days", "1"],
        ["30 to 90 days", "0"],
        ["90 to 180 days", "0"],
        ["180 to 365 days", "0"],
        ["Over a year", "1"],
    ]
    weeks = page.tables["Keys copied per week"][1:]
    assert (weeks[0][:2], weeks[-1][:2]) == (["2026-09-07 – 2026-09-13", "0"], ["2026-11-23 – 2026-11-29", "3"])
    assert [row[1] for row in page.tables["All apps"]] == ["Status", "Enabled", "Enabled"]
    assert page.tables["All apps"][1][0] == LABEL
    text = "".join(page.texts)
    assert "Nothing is missing from Test keychain." in text
    assert "john · desk-7" in text


def test_it_opens_offline_and_runs_nothing(office: Office, tmp_path: Path) -> None:
    page = save(office, tmp_path / "report.html", facts(office, *apps_of(office), copies=[0] * 12))
    assert not {"script", "link", "img", "iframe", "object", "svg", "a", "form", "base"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("src", "href")]
    assert any("default-src 'none'" in (value or "") for _, value in page.attributes)
    assert "url(" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_it_holds_no_part_of_a_key(office: Office, tmp_path: Path) -> None:
    """Not even one that was pasted into a label."""
    apps = apps_of(office)
    save(office, tmp_path / "report.html", facts(office, *apps, copies=[0] * 12))
    written = (tmp_path / "report.html").read_text(encoding="utf-8")
    for app in apps:
        assert office.key(app).reveal() not in written
        assert app.key_ends.head not in written
        assert app.key_ends.tail not in written
    assert KEY not in written
    assert not re.search(r"\b[0-9a-zA-Z]{22}\b", written)


def test_without_apps_and_without_counts(office: Office, tmp_path: Path) -> None:
    page = save(office, tmp_path / "report.html", facts(office))
    text = "".join(page.texts)
    assert "Nothing needs attention." in text
    assert "Nothing is due." in text
    assert "Keys copied per week" not in text


def test_it_names_its_language_and_keeps_the_direction_of_a_label(office: Office, tmp_path: Path) -> None:
    app = replace(office.make().app, label="بوابة")
    page = save(office, tmp_path / "report.html", facts(office, app))
    assert ("lang", "en") in page.attributes
    assert "bdi" in page.tags and page.tables["All apps"][1][0] == "بوابة"


def test_saving_is_recorded(office: Office, tmp_path: Path) -> None:
    save(office, tmp_path / "report.html", facts(office))
    assert office.last_entry() == (Action.REPORT_SAVED, {})
    assert office.entries()[-1].org_id == office.org.id


def test_no_file_is_left_of_a_report_that_failed(office: Office, tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone").rmdir()
    with pytest.raises(StorageError):
        save(office, tmp_path / "gone" / "report.html", facts(office))
    assert not office.entries()


def test_times_are_the_persons(office: Office, tmp_path: Path) -> None:
    page = save(office, tmp_path / "report.html", facts(office))
    made = datetime(2026, 11, 23, 12, tzinfo=UTC).astimezone().isoformat(" ", "seconds")
    assert any(made in text for text in page.texts)
