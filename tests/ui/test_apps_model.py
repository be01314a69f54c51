"""The table's model, under Qt's own tester, which fails on any breach of the rules of models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from cortex_desktop.domain.model import App, AppState, new_id
from cortex_desktop.domain.secret import KeyEnds, SecretKind, generate
from cortex_desktop.ui.apps.model import AppsModel, Column, Row, Status

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
    return [model.index(row, Column.LABEL).data() for row in range(model.rowCount())]


def test_through_everything_that_happens_to_it(model: AppsModel) -> None:
    apps = [app(f"App {n}", age=n, sessions=n % 2 == 0, csrf=n % 3 == 0, enabled=n % 4 > 0) for n in range(50)]
    model.load([])
    model.load([Row(a) for a in apps])
    assert model.rowCount() == model.total == 50
    for column in Column:
        for order in (UP, DOWN):
            model.sort(column, order)
            assert sorted(labels(model)) == sorted(a.label for a in apps)
    for query in ("1", "app", "nothing", "app 4", ""):
        model.filter(query)
    for status in (*Status, None):
        model.filter("", status)
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
    model.load([Row(app(name)) for name in names])
    model.sort(Column.LABEL, UP)
    assert labels(model) == in_order


def test_rows_that_are_not_there_say_nothing(model: AppsModel) -> None:
    model.load([Row(app("One"))])
    assert model.app_at(-1) is None
    assert model.app_at(1) is None
    assert model.row_of("nobody") == -1
    assert model.find("nobody") is None
    assert model.headerData(0, Qt.Orientation.Vertical) is None


def test_status_of_all_kinds(model: AppsModel) -> None:
    missing = app("missing")
    kinds = [
        app("on"),
        app("off", enabled=False),
        missing,
        app("half", state=AppState.CREATING),
    ]
    model.load([Row(a) for a in kinds])
    model.mark_missing(missing.id)
    model.sort(Column.STATUS, UP)
    words = [model.index(row, Column.STATUS).data() for row in range(4)]
    assert words == ["Enabled", "Disabled", "Key missing", "Not finished"]


def test_has_label_regardless_of_case_accent_and_space(model: AppsModel) -> None:
    model.load([Row(app("Ärzte-Portal"))])
    assert model.has_label(" ärzte-portal ")
    assert not model.has_label("Ärzte")
