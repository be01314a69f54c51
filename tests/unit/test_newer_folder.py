"""A data folder that a newer version wrote: refused whole, or used with all that this version does not know kept."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cortex_desktop.domain.activity import Action
from cortex_desktop.domain.errors import StorageError
from cortex_desktop.domain.folder import Answer, Standing
from cortex_desktop.domain.model import AppDetails
from cortex_desktop.services.activity import Recorder
from cortex_desktop.services.orgs import OrgService
from cortex_desktop.storage.activity import ActivityFile
from cortex_desktop.storage.activity_line import checksum
from cortex_desktop.storage.repository import TinyRepository
from tests.support.data_folder import read_image
from tests.support.services import Office, app_services, create
from tests.support.worlds import Desk, Run

Tables = dict[str, dict[str, dict[str, Any]]]
UNKNOWN = {"later": {"days": [30, 1.5, None]}, "pinned": True}
A_WEEK = timedelta(days=7)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Alpha has an earlier key, Beta was deleted; the program is closed."""
    desk = Desk(tmp_path)
    run = desk.start()
    run.make()
    run.apps.rotation.rotate(run.app().id, A_WEEK)
    run.make("Beta")
    run.apps.deletion.delete(run.app("Beta").id)
    run.quit()
    return desk


def edit(folder: Path, change: Callable[[Tables], object]) -> None:
    """Change the file as a newer version would, with a seal that this one takes for another program's."""
    path = folder / "apps.json"
    tables = json.loads(path.read_text())
    change(tables)
    path.write_text(json.dumps(tables))


def work(run: Run) -> None:
    """All that changes rows."""
    app = run.app()
    run.apps.rotation.rotate(app.id, A_WEEK)
    run.apps.rotation.roll_back(app.id, app.version, A_WEEK)
    run.apps.editing.edit(app.id, AppDetails("Alpha", sessions=False, notes="x"))
    run.apps.use.set_enabled(app.id, False)
    run.apps.use.note_copied(app.id)
    run.apps.deletion.delete(app.id)
    run.apps.deletion.restore(app.id)
    run.orgs.change(run.org.__class__(**{**vars_of(run.org), "name": "Other"}))
    run.make("Gamma")
    for each in run.repository.apps():
        run.doctor.check(each.id)
    run.doctor.survey()
    run.folder.accept_clock()
    run.recover()


def vars_of(org: Any) -> dict[str, Any]:
    return {name: getattr(org, name) for name in org.__dataclass_fields__}


def test_what_this_version_does_not_know_stays_through_all_that_it_does(desk: Desk) -> None:
    def add(tables: Tables) -> None:
        for name in ("apps", "orgs", "folder"):
            for row in tables[name].values():
                row.update(UNKNOWN)
        for row in tables["apps"].values():
            for kept in row["kept"]:
                kept.update(UNKNOWN)
        tables["_meta"]["1"]["made_by"] = "a newer version"
        tables["teams"] = {"1": {"name": "Trials", **UNKNOWN}, "12": {}}
        tables["empty"] = {}

    edit(desk.folder, add)
    run = desk.start()
    assert run.repository.changed_outside
    work(run)
    run.quit()
    run = desk.start()
    work(run)
    run.quit()
    tables = json.loads((desk.folder / "apps.json").read_text())
    assert tables["teams"] == {"1": {"name": "Trials", **UNKNOWN}, "12": {}}
    assert tables["_meta"]["1"]["made_by"] == "a newer version"
    rows = [row for name in ("apps", "orgs", "folder") for row in tables[name].values()]
    bare = [row for row in rows if not row.items() >= UNKNOWN.items()]
    assert {row.get("label") for row in bare} == {"Gamma"}, "only what was made here lacks it"
    [alpha] = [row for row in tables["apps"].values() if row["label"] == "Alpha"]
    assert [kept["version"] for kept in alpha["kept"] if kept.items() >= UNKNOWN.items()] == [1]


ROWS: dict[str, dict[str, Any]] = {
    "another state": {"state": "archived"},
    "a version that is no number": {"version": "2b"},
    "ends of another form": {"key_head": ["mwid"], "key_tail": None},
    "an id of another form": {"id": {"uuid": 7}},
    "times of another form": {"created": {"unix": 5}},
    "keys that are kept otherwise": {"kept": {"1": {}}},
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_row_of_another_form_is_left_out_told_and_kept_and_so_are_its_keys(desk: Desk, row: dict[str, Any]) -> None:
    def change(tables: Tables) -> None:
        [alpha] = [each for each in tables["apps"].values() if each["label"] == "Alpha"]
        alpha.update(row)

    edit(desk.folder, change)
    newer = json.loads((desk.folder / "apps.json").read_text())["apps"]
    before = dict(desk.vault.items)  # type: ignore[attr-defined]  # in memory
    run = desk.start()
    assert (run.repository.unreadable, [app.label for app in run.repository.apps()]) == (1, ["Beta"])
    run.make("Gamma")
    run.apps.deletion.restore(run.app("Beta").id)
    assert not [stray for stray in run.doctor.survey() if stray.is_ours]
    run.recover()
    run.quit()
    rows = json.loads((desk.folder / "apps.json").read_text())["apps"]
    assert [each for each in rows.values() if each.items() >= row.items()] == [
        each for each in newer.values() if each.items() >= row.items()
    ]
    assert before.items() <= desk.vault.items.items()  # type: ignore[attr-defined]


def set_schema(tables: Tables) -> None:
    tables["_meta"]["1"]["schema"] = 2


def newer_journal(folder: Path) -> bytes:
    base = json.loads((folder / "apps.json").read_text())["_meta"]["1"]["sha256"]
    text = json.dumps({"journal": 2, "base": base, "packed": True})
    return f"{hashlib.sha256(b'0' * 16 + text.encode()).hexdigest()[:16]} {text}\nxyz\n".encode()


PLACES: dict[str, Callable[[Path], object]] = {
    "closed": lambda folder: edit(folder, set_schema),
    "without a seal": lambda folder: (folder / "apps.json").write_text('{"_meta":{"1":{"schema":99}},"apps":[]}'),
    "with tables of another form": lambda folder: (folder / "apps.json").write_text(
        '{"_meta":{"1":{"schema":7}},"apps":{"a1":{"x":1}},"index":{"1":{"by":"label"}}}'
    ),
    "in the journal alone": lambda folder: (folder / "apps.json.journal").write_bytes(newer_journal(folder)),
    "in the newest backup alone": lambda folder: (
        (folder / "apps.json").write_text("x"),
        sorted((folder / "backups").glob("apps-0*.json"))[-1].write_text('{"_meta":{"1":{"schema":2}},"apps":{}}'),
    ),
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
def test_a_newer_number_is_refused_and_every_file_stays_as_it_is(desk: Desk, place: Callable[[Path], object]) -> None:
    place(desk.folder)
    before, held = read_image(desk.folder), dict(desk.vault.items)  # type: ignore[attr-defined]
    repository = TinyRepository(desk.folder, desk.clock)
    for call in (repository.apps, repository.orgs, repository.folder_record):
        with pytest.raises(StorageError) as refusal:
            call()
        assert "newer version" in f"{refusal.value.title} {refusal.value.message}"
    with pytest.raises(StorageError):
        app_services(repository, desk.vault, desk.clock).recovery.recover()
    with pytest.raises(StorageError):
        OrgService(repository, desk.clock).remove("x")
    repository.close()
    assert read_image(desk.folder) == before
    assert desk.vault.items == held  # type: ignore[attr-defined]


def test_a_newer_folder_brought_over_while_the_program_runs_is_kept_whole(desk: Desk) -> None:
    run = desk.start()
    told: list[Path] = []
    run.repository.watch(told.append)
    newer = b'{"_meta":{"1":{"schema":2}},"apps":{"1":{"label":"of a newer version"}}}'
    (desk.folder / "apps.json").write_bytes(newer)
    run.make("Gamma")
    run.quit()
    assert [path.read_bytes() for path in told] == [newer]
    assert {app.label for app in desk.start().repository.apps()} == {"Alpha", "Beta", "Gamma"}


def test_a_newer_record_of_the_folder_is_no_history_and_asks(desk: Desk) -> None:
    edit(desk.folder, lambda tables: tables["folder"]["1"].update(sessions={"runs": 5}, **UNKNOWN))
    run = desk.start()
    assert not run.standing.allows_removal
    assert run.folder.answers()
    run.folder.answer(Answer.GO_ON)
    assert run.standing is Standing.KNOWN
    run.quit()
    assert json.loads((desk.folder / "apps.json").read_text())["folder"]["1"].items() >= UNKNOWN.items()


def test_entries_of_newer_kinds_stay_in_the_activity_and_are_no_harm(office: Office) -> None:
    office.make("One")
    path = office.folder / "activity.jsonl"
    lines = path.read_bytes().splitlines()
    for what in ("app_teleported", "app_made"):
        doc = {"before": checksum(lines[-1]), **{k: v for k, v in json.loads(lines[-1]).items() if k != "before"}}
        doc |= {"n": len(lines) + 1, "what": what, "signed": "x", "details": {"moons": 3}}
        lines.append(json.dumps(doc, separators=(",", ":")).encode())
    newer = b"\n".join(lines) + b"\n"
    path.write_bytes(newer)
    shutil.rmtree(office.folder / "activity", ignore_errors=True)
    log = ActivityFile(office.folder)
    recorder = Recorder(office.repository, log, lambda: ("john", "desk-7"))
    create(app_services(office.repository, office.vault, office.now, recorder), office.org.id, "Two")
    assert path.read_bytes().startswith(newer)
    found = [harm for piece in log.check() for harm in piece.breaks]
    assert not found
    assert [entry.action for entry in office.entries()][1:3] == [Action.UNKNOWN, Action.UNKNOWN]
