"""Orgs and apps in the database. The disk is the truth and is written first; decoded rows are kept for reading."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any, Generic, Protocol, TypeVar

from tinydb.table import Table

from ..domain.errors import AppGone, OrgGone
from ..domain.findings import Finding, Problem, Stray, still_holds
from ..domain.folder import FolderRecord, Session
from ..domain.model import App, Environment, Org, OrgState, new_id
from . import problems
from .codec import (
    APPS,
    LOST_ENVIRONMENT,
    NOT_READABLE,
    ORGS,
    Codec,
    folder_from_doc,
    folder_to_doc,
    ref_from_doc,
    ref_to_doc,
)
from .database import Database
from .documents import Document, Tables
from .durable import make_folder
from .journal_storage import Recovery

FILE_NAME = "apps.json"
_FOLDER = "folder"
_FINDINGS = "findings"
_STRAYS = ("no row", "stranger")
_SESSIONS_KEPT = 1000  # where another computer made more runs than that in between, the folder seems to be older
FIRST_ORG_NAME = "My organization"
FIRST_ORG_CODE = "my-org"
FIRST_ORG_ENDPOINT = "https://api.dev.medable.com"
LOST_ORG_NAME = "Unknown organization"
LOST_ORG_CODE = "unknown"


class TinyRepository:
    """`domain.ports.Repository` in the file apps.json of `folder`, which is made when it is missing.

    The constructor touches no disk. The first call opens the database, and so may take long; `open` does only
    that. Safe to call from any thread; one process at a time. All methods raise StorageError.
    """

    def __init__(self, folder: Path, now: Callable[[], datetime] | None = None) -> None:
        self.folder = folder
        self._now = now or (lambda: datetime.now(UTC))
        self._lock = RLock()
        self._session = new_id()
        self._origin = ""
        self._set_aside: Callable[[Path | None], None] | None = None
        self._database = self._new_database()
        self._opened: _Opened | None = None

    def open(self) -> None:
        """Read the database, if that is not done yet; make the first org where there is none."""
        with self._lock:
            self._open()

    def close(self) -> None:
        """Leave the database as plain TinyDB can read it, and forget it. A later call opens it again. Never raises.

        Nothing waits to be saved; but what changed since the last snapshot goes into a new one, which takes its time
        (0.1 s at 10,000 apps).
        """
        with self._lock:
            self._database.close()
            self._database = self._new_database()
            self._session = new_id()
            self._opened = None

    def watch(self, set_aside: Callable[[Path | None], None]) -> None:
        """Call `set_aside`, on the thread that writes, when another program's version of a file was set aside.

        It gets the file's new name, None for a file that was removed and is there again.
        """
        self._set_aside = set_aside

    def look(self) -> None:
        """Notice what other programs did to the database since. Quick where it is nothing, and no more before `open`.

        Raises StorageError, also where another copy of this program is further.
        """
        with self._lock:
            self._database.storage.look()

    @property
    def recovered(self) -> Recovery | None:
        """The damage found at opening and how it was repaired; None when all was well, and while not open."""
        with self._lock:
            return self._database.storage.recovered

    @property
    def changed_outside(self) -> bool:
        """True if another program had changed the database. Its version is in use, and a copy of that is kept."""
        with self._lock:
            return self._database.storage.changed_outside

    @property
    def unreadable(self) -> int:
        """Number of rows that are skipped because they make no sense; they stay in the file. 0 while not open."""
        with self._lock:
            return self._opened.orgs.unreadable + self._opened.apps.unreadable if self._opened else 0

    def orgs(self) -> Sequence[Org]:
        """Return all orgs in every state, oldest first, with a stand-in for each that apps name and that is lost."""
        with self._lock:
            opened = self._open()
            return (*opened.orgs.items.values(), *opened.stand_ins.values())

    def apps(self) -> Sequence[App]:
        """Return all apps of all orgs in every state, oldest first."""
        with self._lock:
            return tuple(self._open().apps.items.values())

    def app(self, app_id: str) -> App:
        """Return one app. Raises AppGone."""
        with self._lock:
            return _found(self._open().apps, app_id)

    def save_org(self, org: Org) -> None:
        """Add or replace an org by its id."""
        with self._lock:
            opened = self._open()
            if org.id in opened.orgs.items:
                opened.orgs.replace([org])
            else:
                opened.orgs.add(org)
                opened.stand_ins.pop(org.id, None)

    def change_org(self, org_id: str, change: Callable[[Org], Org]) -> Org:
        """Replace an org by `change` of its present state, in one step. Returns the new state.

        `change` must keep the id, and must not call the repository. Raises OrgGone, and what `change` raises.
        """
        with self._lock:
            opened = self._open()
            before = opened.orgs.items.get(org_id) or opened.stand_ins.get(org_id)
            if before is None:
                raise OrgGone
            after = change(before)
            if after.id != org_id:
                raise ValueError("an org keeps its id")
            if after != before:
                self.save_org(after)
            return after

    def drop_org(self, org_id: str) -> None:
        """Remove an org's row, unless an app's row names it. No error when it is gone already."""
        with self._lock:
            opened = self._open()
            if not any(app.org_id == org_id for app in opened.apps.items.values()):
                opened.orgs.remove(org_id)
                opened.stand_ins.pop(org_id, None)

    def add_app(self, app: App) -> None:
        """Add an app under its id. Raises ValueError when there is an app with this id."""
        with self._lock:
            apps = self._open().apps
            if app.id in apps.items:
                raise ValueError("an app with this id exists")
            apps.add(app)

    def change_app(self, app_id: str, change: Callable[[App], App]) -> App:
        """Replace an app by `change` of its present state, in one step. Returns the new state.

        `change` must keep the id, and must not call the repository. Raises AppGone, and what `change` raises.
        """
        with self._lock:
            apps = self._open().apps
            (changed,) = apps.replace([_changed(_found(apps, app_id), change)])
            return changed

    def change_apps(self, app_ids: Iterable[str], change: Callable[[App], App]) -> Sequence[App]:
        """Replace apps by `change` of their present states, all in one durable step. Returns those that changed.

        Ids that are gone are passed over, and so is an app that `change` returns as it is. As for `change_app`; what
        `change` raises leaves all of them as they were.
        """
        with self._lock:
            apps = self._open().apps
            present = [apps.items[app_id] for app_id in dict.fromkeys(app_ids) if app_id in apps.items]
            changed = [(before, _changed(before, change)) for before in present]
            return apps.replace([after for before, after in changed if after is not before])

    def drop_app(self, app_id: str) -> None:
        """Remove an app's row. No error when it is gone already."""
        with self._lock:
            self._open().apps.remove(app_id)

    def is_unreadable(self, app_id: str) -> bool:
        """True if a row that makes no sense to this version may be this app's."""
        with self._lock:
            return not self._open().apps.unreadable_ids.isdisjoint((app_id, ""))

    # The folder itself

    def place(self) -> str:
        """Return the path of the data folder, the same for every way to name it."""
        return os.path.normcase(os.path.realpath(self.folder))

    def stands_at(self, path: str, folder_id: str) -> bool:
        """True if another data folder with this identity is at `path`. Never raises."""
        with suppress(OSError):
            if os.path.samefile(path, self.folder):  # a link that was left where the folder stood
                return False
        for name in (FILE_NAME, FILE_NAME + ".journal"):
            with suppress(OSError):
                if folder_id.encode() in (Path(path) / name).read_bytes():
                    return True
        return False

    def folder_record(self) -> FolderRecord:
        """Return what the database says of its folder; of one of an older version only when it was last changed."""
        with self._lock:
            self._open()
            storage = self._database.storage
            record = self._record(storage.documents(_FOLDER), storage.generation)
            return record if record.seen else replace(record, seen=storage.saved if storage.generation else None)

    def change_folder(self, change: Callable[[FolderRecord], FolderRecord]) -> FolderRecord:
        """Replace it by `change` of what it is, in one durable step. Returns it as it is then.

        The generation and the sessions stay the database's own; with a new identity they begin anew.
        """
        with self._lock:
            before = self.folder_record()
            after = change(before)
            if after != before:
                if after.id != before.id:
                    self._session = new_id()
                    after = replace(after, sessions=(), is_claimed=False)
                self._save_record(after)
            return self.folder_record()

    def count_up(self) -> FolderRecord:
        """Begin a generation that no earlier state of the folder has, in one durable step. Returns the record."""
        with self._lock:
            self._save_record(self.folder_record())
            return self.folder_record()

    def _save_record(self, record: FolderRecord) -> None:
        storage = self._database.storage
        before = storage.documents(_FOLDER).get("1", {})
        storage.change({_FOLDER: {"1": self._stamped(record, record.generation + 1, before)}})

    def findings(self) -> Sequence[Finding]:
        """Return what the last keychain check found about apps, where it can still be so."""
        with self._lock:
            apps = self._open().apps.items
            kept = []
            for doc in self._database.table(_FINDINGS):
                with suppress(*NOT_READABLE):
                    ref = ref_from_doc(doc)
                    if ref.app_id in apps:
                        kept.append(Finding(apps[ref.app_id], ref, Problem(doc["problem"])))
            return [finding for finding in kept if still_holds(finding, finding.app)]

    def keep_findings(self, findings: Iterable[Finding], app_ids: Iterable[str]) -> None:
        """Keep these findings in place of all that are kept for these apps, in one durable step."""
        ids = set(app_ids)
        new = [ref_to_doc(each.ref, each.problem.value) for each in findings]
        with self._lock:
            self._open()
            self._keep(new, lambda doc: doc.get("app") in ids and doc.get("problem") not in _STRAYS)

    def strays(self) -> Sequence[Stray]:
        """Return the keychain items without a row that the last keychain check found."""
        with self._lock:
            apps = self._open().apps.items
            kept = []
            for doc in self._database.table(_FINDINGS):
                with suppress(*NOT_READABLE):
                    if doc["problem"] in _STRAYS and doc["app"] not in apps:
                        kept.append(Stray(ref_from_doc(doc), doc["problem"] == _STRAYS[0]))
            return kept

    def keep_strays(self, strays: Iterable[Stray]) -> None:
        """Keep these strays in place of all that are kept, in one durable step."""
        new = [ref_to_doc(each.ref, _STRAYS[not each.is_ours]) for each in strays]
        with self._lock:
            self._open()
            self._keep(new, lambda doc: doc.get("problem") in _STRAYS)

    def _keep(self, new: Sequence[dict[str, Any]], goes: Callable[[Mapping[str, Any]], bool]) -> None:
        """Replace documents in the table of findings."""
        table = self._database.storage.documents(_FINDINGS)
        changes: dict[str, dict[str, Any] | None] = {number: None for number, doc in table.items() if goes(doc)}
        if [table[number] for number in changes] == list(new):
            return
        start = max(map(int, table), default=0) + 1
        changes |= {str(number): doc for number, doc in enumerate(new, start)}
        self._database.storage.change({_FINDINGS: changes})

    def _new_database(self) -> Database:
        database = Database(self.folder / FILE_NAME)
        database.storage.companion = self._companion
        database.storage.set_aside = self._report
        return database

    def _report(self, path: Path | None) -> None:
        if self._set_aside is not None:
            self._set_aside(path)

    def _companion(self, tables: Tables, generation: int) -> Mapping[str, Mapping[str, dict[str, Any] | None]]:
        """Return what is to be saved about the folder with a change: this run."""
        table = tables.get(_FOLDER, {})
        record = self._record(table, generation - 1)
        # Without an identity it is being opened, and has no history.
        if not record.id or any(each.id == self._session for each in record.sessions):
            return {}
        return {_FOLDER: {"1": self._stamped(record, generation, table.get("1", {}))}}

    def _stamped(self, record: FolderRecord, generation: int, before: Document) -> dict[str, Any]:
        """Return the document of the record with this run in it.

        generation: of the change that saves it; before: the document as it is.
        """
        sessions = record.sessions
        if all(each.id != self._session for each in sessions):
            sessions = (*sessions, Session(self._session, generation))[-_SESSIONS_KEPT:]
        return folder_to_doc(replace(record, sessions=sessions, seen=record.seen or self._now()), before)

    def _record(self, table: Mapping[str, Document], generation: int) -> FolderRecord:
        """Return what the table says of the folder. One that makes no sense had a history, which is lost."""
        doc = table.get("1")
        if doc is None:  # of an older version, or a new one
            return FolderRecord(self._origin, generation)
        try:
            return folder_from_doc(doc, generation)
        except NOT_READABLE:
            return FolderRecord(self._origin, generation, is_claimed=True)

    def _open(self) -> _Opened:
        if self._opened is None:
            try:
                make_folder(self.folder)
            except OSError as error:
                raise problems.no_folder(error, self.folder) from error
            orgs = _Rows(self._database.table("orgs"), ORGS)
            apps = _Rows(self._database.table("apps"), APPS)
            named = dict.fromkeys(app.org_id for app in apps.items.values())
            stand_ins = {org_id: _stand_in(org_id) for org_id in named if org_id not in orgs.items}
            first = next(iter(orgs.items.values()), None) or _first_org()
            # The same in all copies of a folder, also of one that an older version made and no version changed since.
            self._origin = hashlib.sha256(first.id.encode()).hexdigest()[:32]
            if not stand_ins and all(org.state is not OrgState.ACTIVE for org in orgs.items.values()):
                orgs.add(_first_org() if first.id in orgs.items else first)
            self._opened = _Opened(orgs, apps, stand_ins)
        return self._opened


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_HasId)


class _Rows(Generic[T]):
    """A table of TinyDB, decoded once.

    items: by id, in the file's order, which is oldest first; unreadable: number of documents that make no sense;
    unreadable_ids: their ids, "" for one without.
    """

    def __init__(self, table: Table, codec: Codec[T]) -> None:
        self._table = table
        self._codec = codec
        self._doc_ids: dict[str, int] = {}  # TinyDB reuses them after a removal, so they are no identity
        self.items: dict[str, T] = {}
        self.unreadable = 0
        self.unreadable_ids: set[str] = set()
        for doc in table:
            try:
                item = codec.from_doc(doc)
            except NOT_READABLE:
                self.unreadable += 1
                found = doc.get("id")
                self.unreadable_ids.add(found if isinstance(found, str) else "")
                continue
            if item.id in self.items:
                self.unreadable += 1
            else:
                self.items[item.id] = item
                self._doc_ids[item.id] = doc.doc_id

    def add(self, item: T) -> None:
        """Add an item with a new id. Raises TypeError or ValueError for one that could not be read again."""
        doc = self._codec.to_doc(item)
        kept = self._codec.from_doc(doc)
        self._doc_ids[item.id] = self._table.insert(doc)
        self.items[item.id] = kept

    def replace(self, items: Sequence[T]) -> Sequence[T]:
        """Replace items that are there, in one durable step. Returns them as they were saved. Raises as `add`."""
        kept = {item.id: self._codec.from_doc(self._codec.to_doc(item)) for item in items}

        def update(doc: Any) -> None:
            self._codec.update(doc, kept[doc["id"]])

        self._table.update(update, doc_ids=[self._doc_ids[item_id] for item_id in kept])
        self.items.update(kept)
        return list(kept.values())

    def remove(self, item_id: str) -> None:
        """Remove an item if it is there."""
        if item_id in self.items:
            self._table.remove(doc_ids=[self._doc_ids[item_id]])
            del self.items[item_id], self._doc_ids[item_id]


@dataclass(frozen=True)
class _Opened:
    """stand_ins: by id, for orgs that apps name and that have no row that makes sense. They are in no file."""

    orgs: _Rows[Org]
    apps: _Rows[App]
    stand_ins: dict[str, Org]


def _found(apps: _Rows[App], app_id: str) -> App:
    app = apps.items.get(app_id)
    if app is None:
        raise AppGone
    return app


def _changed(app: App, change: Callable[[App], App]) -> App:
    after = change(app)
    if after.id != app.id:
        raise ValueError("an app keeps its id")
    return after


def _first_org() -> Org:
    """The org that a first start opens on."""
    return Org(new_id(), FIRST_ORG_NAME, FIRST_ORG_CODE, Environment.DEVELOPMENT, FIRST_ORG_ENDPOINT)


def _stand_in(org_id: str) -> Org:
    """Return an org to show apps under whose own is lost. People may depend on it, so it gets Production's care."""
    return Org(
        org_id,
        LOST_ORG_NAME,
        LOST_ORG_CODE,
        Environment.OWN,
        FIRST_ORG_ENDPOINT,
        own_environment=LOST_ENVIRONMENT,
        like_production=True,
    )
