"""The table's model, under Qt's own tester, which fails on any breach of the rules of models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from cortex_desktop.domain.model import App, AppState, new_id
from cortex_desktop.domain.secret import KeyEnds, SecretKind, generate
from cortex_desktop.ui.apps.model import AppColumn, AppsModel, Status
from cortex_desktop.ui.workspace import ListedApp

TODAY = date.today()  # noqa: DTZ011
DAY = timedelta(days=1)
UP, DOWN = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder


def app(label: str, *, age: int = 0, **fields: object) -> App:
    ends = KeyEnds.of(generate(SecretKind.API_KEY))
    created = datetime(2026, 11, 23, tzinfo=UTC) - timedelta(days=age)
    given = {"sessions": True, "csrf": True, "created": created, "key_ends": ends, "keychain": "InMemory"}
    return App(**{"id": new_id(), "org_id": "0", "label": label, **given, **fields})


@pytest.fixture
def model(qapp) -> Iterator[AppsModel]:
    model = AppsModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    yield model
    tester.deleteLater()
    model.deleteLater()


def labels(model: AppsModel) -> list[str]:
    return [model.index(row, AppColumn.LABEL).data() for row in range(model.rowCount())]


def test_through_everything_that_happens_to_it(model: AppsModel) -> None:
    apps = [app(f"App {n}", age=n, sessions=n % 2 == 0, csrf=n % 3 == 0, enabled=n % 4 > 0) for n in range(50)]
    model.load([])
    model.load([ListedApp(a) for a in apps])
    assert model.rowCount() == model.total == 50
    for column in AppColumn:
        for order in (UP, DOWN):
            model.sort(column, order)
            assert sorted(labels(model)) == sorted(a.label for a in apps)
    for query in ("1", "app", "nothing", "app 4", "is:disabled", "is:disabled 4", "is:foo", "owner:", ""):
        model.filter(query)
    new = app("New")
    model.put(new)
    model.put(replace(new, label="Renamed"))
    assert model.find(new.id).label == "Renamed"
    model.mark_missing(new.id)
    model.mark_revealed(new.id)
    model.mark_revealed("")
    model.filter("renamed")
    model.remove(new.id)
    assert model.rowCount() == 0
    assert model.total == 50
    model.remove("not there")
    model.mark_revealed("not there")
    model.load([])
    assert model.rowCount() == 0


@pytest.mark.parametrize(
    ("names", "in_order"),
    [
        (["App 10", "App 2", "App 1"], ["App 1", "App 2", "App 10"]),
        (["v1.10", "v1.9", "v1.9.2"], ["v1.9", "v1.9.2", "v1.10"]),
        (["b", "A", "a2", "B1"], ["A", "a2", "b", "B1"]),
        (["Österreich", "Oslo", "Zoo"], ["Oslo", "Österreich", "Zoo"]),
        (["007", "7", "08"], ["007", "7", "08"]),
        (["x²", "x1"], ["x1", "x²"]),
    ],
)
def test_labels_sort_as_people_count(model: AppsModel, names: list[str], in_order: list[str]) -> None:
    model.load([ListedApp(app(name)) for name in names])
    model.sort(AppColumn.LABEL, UP)
    assert labels(model) == in_order


def test_rows_that_are_not_there_say_nothing(model: AppsModel) -> None:
    model.load([ListedApp(app("One"))])
    assert model.app_at(-1) is None
    assert model.app_at(1) is None
    assert model.row_of("nobody") == -1
    assert model.find("nobody") is None
    assert model.headerData(0, Qt.Orientation.Vertical) is None


def test_status_of_all_kinds(model: AppsModel) -> None:
    missing = app("missing")
    kinds = [
        app("on"),
        app("on for long", expires=TODAY + 31 * DAY, review=TODAY + DAY),
        app("look", review=TODAY),
        app("soon", expires=TODAY + 30 * DAY, review=TODAY),
        app("over", expires=TODAY - DAY),
        app("off", enabled=False),
        app("off and over", enabled=False, expires=TODAY - DAY),
        missing,
        app("half", state=AppState.CREATING),
    ]
    model.load([ListedApp(a) for a in kinds])
    model.mark_missing(missing.id)
    model.sort(AppColumn.STATUS, UP)
    words = [model.index(row, AppColumn.STATUS).data() for row in range(model.rowCount())]
    assert words == [
        "Enabled",
        "Enabled",
        "Review due",
        "Expires soon",
        "Expired",
        "Disabled",
        "Disabled",
        "Key missing",
        "Not finished",
    ]
    for row in range(model.rowCount()):
        assert model.status_words(model.status(model.app_at(row)))[0] == words[row]
    assert {model.status(model.app_at(row)) for row in range(model.rowCount())} == set(Status)


def test_has_label_regardless_of_case_accent_and_space(model: AppsModel) -> None:
    model.load([ListedApp(app("Ärzte-Portal"))])
    assert model.has_label(" ärzte-portal ")
    assert not model.has_label("Ärzte")


def test_what_a_date_means_is_said_in_words(model: AppsModel) -> None:
    late = app("late", expires=TODAY - DAY, review=TODAY, owner="Ada")
    model.load([ListedApp(late), ListedApp(app("none"))])
    model.sort(AppColumn.EXPIRES, UP)
    status = model.index(0, AppColumn.STATUS)
    tip = status.data(Qt.ItemDataRole.ToolTipRole)
    assert tip.startswith("Expired on ")
    assert "Review due since " in tip
    assert status.data(Qt.ItemDataRole.AccessibleTextRole) == f"Expired. {tip}"
    spoken = [model.index(row, c).data(Qt.ItemDataRole.AccessibleTextRole) for row in (0, 1) for c in (7, 8)]
    assert spoken[0] == "Owner: Ada"
    assert spoken[1].startswith("Expires: ")
    assert spoken[2:] == ["No owner", "Expires: never"]


@pytest.mark.parametrize("order", [UP, DOWN])
def test_what_has_no_owner_or_expiry_comes_last(model: AppsModel, order: Qt.SortOrder) -> None:
    some = [app("1", owner="b"), app("2"), app("3", owner="Ä"), app("4", owner="c"), app("5")]
    model.load([ListedApp(one) for one in some])
    model.sort(AppColumn.OWNER, order)
    assert labels(model) == (["3", "1", "4", "2", "5"] if order is UP else ["4", "1", "3", "2", "5"])
    model.load([ListedApp(app("1")), ListedApp(app("2", expires=TODAY + DAY)), ListedApp(app("3", expires=TODAY))])
    model.sort(AppColumn.EXPIRES, order)
    assert labels(model) == (["3", "2", "1"] if order is UP else ["2", "3", "1"])


def test_what_needs_attention_is_counted_and_told(model: AppsModel) -> None:
    told: list[int] = []
    model.attention_changed.connect(told.append)
    over = app("over", expires=TODAY - DAY)
    model.load([ListedApp(over), ListedApp(app("off", review=TODAY, enabled=False)), ListedApp(whole := app("whole"))])
    assert (model.attention, told) == (1, [1])
    model.filter("is:attention")
    assert labels(model) == ["over"]
    model.mark_missing(whole.id)
    assert labels(model) == ["over", "whole"], "it follows without a new search"
    model.mark_missing(whole.id)
    model.put(replace(over, expires=None))
    assert labels(model) == ["whole"]
    model.mark_whole(whole.id)
    assert labels(model) == []
    model.filter("")
    assert told == [1, 2, 1, 0]
    model.load([])
    assert told[-1] == model.attention == 0


def test_a_new_day_makes_what_it_makes(model: AppsModel, monkeypatch: pytest.MonkeyPatch) -> None:
    model.load([ListedApp(app("soon", expires=TODAY))])
    model.filter("is:expired")
    assert labels(model) == []
    model.turn_the_page()
    assert labels(model) == []

    class Tomorrow(date):
        @classmethod
        def today(cls) -> date:
            return TODAY + DAY

    monkeypatch.setattr("cortex_desktop.ui.apps.model.date", Tomorrow)
    model.turn_the_page()
    assert labels(model) == ["soon"]
    assert model.status(model.app_at(0)) is Status.EXPIRED


def test_the_same_apps_again_are_no_other_rows(model: AppsModel) -> None:
    apps = [app(f"App {n}", age=n) for n in range(9)]
    model.load([ListedApp(one) for one in apps])
    resets: list[None] = []
    model.modelReset.connect(lambda: resets.append(None))
    model.load([ListedApp(replace(one, notes="new")) for one in apps])
    model.put(replace(apps[4], label="App 4b"))
    model.filter("app")
    model.sort(AppColumn.CREATED, DOWN)
    assert not resets, "what is selected and scrolled to stays"
    model.sort(AppColumn.CREATED, UP)
    assert resets


def test_owners_by_how_much_is_theirs(model: AppsModel) -> None:
    model.load([ListedApp(app(str(n), owner=owner)) for n, owner in enumerate(["Bo", "Ada", "", "Ada", "🩺", ""])])
    assert model.owners() == ["Ada", "Bo", "🩺"]


def test_the_age_of_a_key_counts_from_when_it_was_made(model: AppsModel) -> None:
    now = datetime.now(UTC)
    kinds = [
        replace(app("old"), created=now - 400 * DAY),
        replace(app("renewed"), created=now - 500 * DAY, rotated=now - 20 * DAY),
        replace(app("new"), created=now),
    ]
    model.load([ListedApp(a) for a in kinds])
    model.sort(AppColumn.AGE, UP)
    assert labels(model) == ["new", "renewed", "old"]
    ages = [model.index(row, AppColumn.AGE) for row in range(3)]
    assert [age.data() for age in ages] == ["Today", "20 d", "400 d"]
    assert ages[1].data(Qt.ItemDataRole.AccessibleTextRole).startswith("The key is 20 day")
    model.sort(AppColumn.AGE, DOWN)
    assert labels(model) == ["old", "renewed", "new"]
