"""Orgs and apps in the database. The disk is the truth and is written first; decoded rows are kept for reading."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any, Generic, Protocol, TypeVar

from tinydb.table import Table

from ..domain.errors import AppGone, OrgGone
from ..domain.model import App, Environment, Org, OrgState, new_id
from . import problems
from .codec import APPS, LOST_ENVIRONMENT, NOT_READABLE, ORGS, Codec
from .database import Database
from .durable import make_folder
from .journal_storage import Recovery

FILE_NAME = "apps.json"
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

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = RLock()
        self._database = Database(folder / FILE_NAME)
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
            self._database = Database(self.folder / FILE_NAME)
            self._opened = None

    @property
    def recovered(self) -> Recovery | None:
        """The damage found at opening and what became of it; None when all was well, and while not open."""
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

    def _open(self) -> _Opened:
        if self._opened is None:
            try:
                make_folder(self.folder)
            except OSError as error:
                raise problems.not_written(error, self.folder) from error
            orgs = _Rows(self._database.table("orgs"), ORGS)
            apps = _Rows(self._database.table("apps"), APPS)
            named = dict.fromkeys(app.org_id for app in apps.items.values())
            stand_ins = {org_id: _stand_in(org_id) for org_id in named if org_id not in orgs.items}
            if not stand_ins and all(org.state is not OrgState.ACTIVE for org in orgs.items.values()):
                orgs.add(_first_org())
            self._opened = _Opened(orgs, apps, stand_ins)
        return self._opened


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_HasId)


class _Rows(Generic[T]):
    """A table of TinyDB, decoded once.

    items: by id, in the file's order, which is oldest first; unreadable: number of documents that make no sense.
    """

    def __init__(self, table: Table, codec: Codec[T]) -> None:
        self._table = table
        self._codec = codec
        self._doc_ids: dict[str, int] = {}  # TinyDB reuses them after a removal, so they are no identity
        self.items: dict[str, T] = {}
        self.unreadable = 0
        for doc in table:
            try:
                item = codec.from_doc(doc)
            except NOT_READABLE:
                self.unreadable += 1
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
