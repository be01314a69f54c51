"""Orgs and apps in a TinyDB database. The disk is the truth and is written first; decoded rows are kept for reading.

TinyDB's tables say what the file holds when it is opened. Changes go to the storage document by document, since
TinyDB would write all of them (`json_storage`).
"""

from __future__ import annotations

import copy
import gc
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from threading import RLock
from typing import Any, Generic, Protocol, TypeVar

from tinydb import TinyDB
from tinydb.storages import MemoryStorage
from tinydb.table import Table

from ..domain.errors import AppGone, OrgGone
from ..domain.model import (
    LAST_VERSION,
    NO_EXTRA,
    App,
    AppDetails,
    AppState,
    Environment,
    KeptVersion,
    Org,
    OrgState,
    PendingVersion,
    new_id,
)
from ..domain.rules import environment_called
from ..domain.secret import KeyEnds
from . import problems
from .durable import make_folder
from .json_storage import DurableStorage, Recovery

FILE_NAME = "apps.json"
FIRST_ORG_NAME = "My organization"
FIRST_ORG_CODE = "my-org"
FIRST_ORG_ENDPOINT = "https://api.dev.medable.com"
LOST_ORG_NAME = "Unknown organization"
LOST_ORG_CODE = "unknown"
LOST_ENVIRONMENT = "Unknown"


class TinyRepository:
    """`domain.ports.Repository` in the file apps.json of `folder`, which is made when it is missing.

    The constructor touches no disk. The first call opens the database, and so may take long; `open` does only
    that. Safe to call from any thread; one process at a time. All methods raise StorageError.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = RLock()
        self._storage = DurableStorage(folder / FILE_NAME)
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
            self._storage.close()
            self._storage = DurableStorage(self._folder / FILE_NAME)
            self._opened = None

    @property
    def recovered(self) -> Recovery | None:
        """The damage found at opening and what became of it; None when all was well, and while not open."""
        with self._lock:
            return self._storage.recovered

    @property
    def changed_outside(self) -> bool:
        """Whether another program had changed the database. Its version is in use, and a copy of that is kept."""
        with self._lock:
            return self._storage.changed_outside

    @property
    def unreadable(self) -> int:
        """How many rows are skipped because they make no sense; they stay in the file. 0 while not open."""
        with self._lock:
            return self._opened.orgs.unreadable + self._opened.apps.unreadable if self._opened else 0

    def orgs(self) -> Sequence[Org]:
        """All orgs in every state, oldest first. Where the row of an app's org is lost, another org stands in."""
        with self._lock:
            opened = self._open()
            return (*opened.orgs.items.values(), *opened.stand_ins.values())

    def apps(self) -> Sequence[App]:
        """All apps of all orgs in every state, oldest first.

        They are shared between callers. What someone does to an app's `extra` never reaches the file.
        """
        with self._lock:
            return tuple(self._open().apps.items.values())

    def app(self, app_id: str) -> App:
        """One app. Raises AppGone."""
        with self._lock:
            return _found(self._open().apps, app_id)

    def save_org(self, org: Org) -> None:
        """Add or replace an org by its id."""
        with self._lock:
            opened = self._open()
            opened.orgs.put(org)
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
                opened.orgs.drop(org_id)
                opened.stand_ins.pop(org_id, None)

    def add_app(self, app: App) -> None:
        """Add an app under its id. Raises ValueError when there is an app with this id."""
        with self._lock:
            apps = self._open().apps
            if app.id in apps.items:
                raise ValueError("an app with this id exists")
            apps.put(app, app.extra)

    def change_app(self, app_id: str, change: Callable[[App], App]) -> App:
        """Replace an app by `change` of its present state, in one step. Returns the new state.

        `change` must keep the id, and must not call the repository. Its `extra` is ignored: the file's stays.
        Raises AppGone, and what `change` raises.
        """
        with self._lock:
            apps = self._open().apps
            before = _found(apps, app_id)
            after = change(before)
            if after.id != app_id:
                raise ValueError("an app keeps its id")
            return apps.put(after, before.extra)

    def change_apps(self, app_ids: Iterable[str], change: Callable[[App], App]) -> Sequence[App]:
        """Replace apps by `change` of their present states, all in one durable step. Returns those that changed.

        Ids that are gone are passed over, and so is an app that `change` returns as it is. As for `change_app`; what
        `change` raises leaves all of them as they were.
        """
        with self._lock:
            apps = self._open().apps
            changed = []
            for app_id in dict.fromkeys(app_ids):
                before = apps.items.get(app_id)
                if before is not None and (after := change(before)) is not before:
                    if after.id != app_id:
                        raise ValueError("an app keeps its id")
                    changed.append(after)
            return apps.put_all(changed)

    def drop_app(self, app_id: str) -> None:
        """Remove an app's row. No error when it is gone already."""
        with self._lock:
            self._open().apps.drop(app_id)

    def _open(self) -> _Opened:
        if self._opened is None:
            try:
                make_folder(self._folder)
            except OSError as error:
                raise problems.not_written(error, self._folder) from error
            with _no_collections():
                db = TinyDB(storage=MemoryStorage)  # a table reads all of its storage each time: from memory, then
                db.storage.write(self._storage.look_through())
                orgs = _Rows(self._storage, db.table("orgs"), _org_to_doc, _org_from_doc, _ORG_FIELDS)
                apps = _Rows(self._storage, db.table("apps"), _app_to_doc, _app_from_doc, _APP_FIELDS)
            named = dict.fromkeys(app.org_id for app in apps.items.values())
            stand_ins = {org_id: _stand_in(org_id) for org_id in named if org_id not in orgs.items}
            if not stand_ins and all(org.state is not OrgState.ACTIVE for org in orgs.items.values()):
                orgs.put(_first_org())
            self._opened = _Opened(orgs, apps, stand_ins)
        return self._opened


@contextmanager
def _no_collections() -> Iterator[None]:
    """Keep the garbage collector still while nothing but what stays is made: it would stop all threads for long."""
    active = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if active:
            gc.enable()


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_HasId)


class _Rows(Generic[T]):
    """A table of TinyDB, decoded once. `items`: by id, in the file's order, which is oldest first.

    to_doc: the fields that are saved; from_doc: the opposite, raises KeyError, TypeError, ValueError or
    OverflowError for a document that makes no sense; known: all fields that either of them knows.
    """

    def __init__(
        self,
        storage: DurableStorage,
        table: Table,
        to_doc: Callable[[T], dict[str, Any]],
        from_doc: Callable[[Mapping[str, Any]], T],
        known: frozenset[str],
    ) -> None:
        self._storage = storage
        self._name = table.name
        self._to_doc = to_doc
        self._from_doc = from_doc
        self._known = known
        # TinyDB's own ids, in the order of `items`; it reuses them after a removal, so they are no identity (H-T5).
        self._numbers = array("q")
        self._next = 1
        # What a row holds beside the fields we know: it stays.
        self._unknown: dict[str, dict[str, Any]] = {}
        self.items: dict[str, T] = {}
        self.unreadable = 0
        for doc in table:
            self._next = max(self._next, doc.doc_id + 1)
            try:
                item = from_doc(doc)
                if item.id in self.items:
                    raise ValueError("an older row has this id")
            except (KeyError, TypeError, ValueError, OverflowError):
                self.unreadable += 1
                continue
            if not known.issuperset(doc):
                self._unknown[item.id] = {name: value for name, value in doc.items() if name not in known}
            self.items[item.id] = item
            self._numbers.append(doc.doc_id)

    def put(self, item: T, extra: Mapping[str, Any] | None = None) -> T:
        """Add or replace by id, durably. Returns the item as it was saved.

        extra: further fields of a new row; a row that is there keeps its own. Raises TypeError or ValueError
        for an item that could not be read again.
        """
        if item.id in self.items:
            return self.put_all([item])[0]
        unknown = {name: copy.deepcopy(value) for name, value in (extra or {}).items() if name not in self._known}
        doc = {**unknown, **self._to_doc(item)}
        kept = self._from_doc(doc)  # before it is written: what fails here never is
        number = self._next
        self._storage.put(self._name, str(number), doc)
        self._next = number + 1
        self.items[item.id] = kept
        self._numbers.append(number)
        if unknown:
            self._unknown[item.id] = unknown
        return kept

    def put_all(self, items: Sequence[T]) -> list[T]:
        """Replace rows that are there, in one durable step. As `put`."""
        docs = [{**self._unknown.get(item.id, {}), **self._to_doc(item)} for item in items]
        kept = [self._from_doc(doc) for doc in docs]
        places = self._places([item.id for item in items])
        numbers = [str(self._numbers[places[item.id]]) for item in items]
        self._storage.put_all(self._name, dict(zip(numbers, docs, strict=True)))
        self.items.update({item.id: item for item in kept})
        return kept

    def drop(self, item_id: str) -> None:
        """Remove by id, durably, if it is there."""
        for place in self._places([item_id]).values():
            self._storage.drop(self._name, str(self._numbers[place]))
            del self.items[item_id], self._numbers[place]
            self._unknown.pop(item_id, None)

    def _places(self, item_ids: Sequence[str]) -> dict[str, int]:
        """Where in the order of `items` these are. Ten thousand are gone through in 0.3 ms, the newest first."""
        wanted = set(item_ids)
        found: dict[str, int] = {}
        for place, item_id in zip(range(len(self.items) - 1, -1, -1), reversed(self.items), strict=True):
            if item_id in wanted:
                found[item_id] = place
                if len(found) == len(wanted):
                    break
        return found


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


def _first_org() -> Org:
    """The org that a first start opens on."""
    return Org(new_id(), FIRST_ORG_NAME, FIRST_ORG_CODE, Environment.DEVELOPMENT, FIRST_ORG_ENDPOINT)


def _stand_in(org_id: str) -> Org:
    """What apps are shown under whose org is not in the file any more, or makes no sense there.

    Whether people depend on it is unknown, so care is taken.
    """
    return Org(
        org_id,
        LOST_ORG_NAME,
        LOST_ORG_CODE,
        Environment.OWN,
        FIRST_ORG_ENDPOINT,
        own_environment=LOST_ENVIRONMENT,
        like_production=True,
    )


def _org_to_doc(org: Org) -> dict[str, Any]:
    own = org.environment is Environment.OWN
    return {
        "id": org.id,
        "name": org.name,
        "code": org.code,
        "environment": org.own_environment if own else org.environment.value,
        "like_production": org.like_production,
        "endpoint": org.endpoint,
        "state": org.state.value,
        "purge_after": org.purge_after and _time_to_text(org.purge_after),
    }


_ORG_FIELDS = frozenset("id name code environment like_production endpoint state purge_after".split())


def _org_from_doc(doc: Mapping[str, Any]) -> Org:
    # Rows of before there could be several orgs lack like_production, state and purge_after. Of an environment that
    # makes no sense nobody knows whether people depend on it.
    named = doc.get("environment")
    own_environment = named if isinstance(named, str) and named.strip() else LOST_ENVIRONMENT
    environment = environment_called(own_environment)
    own = environment is Environment.OWN
    return Org(
        id=_id(doc["id"]),
        name=_is_a(str, doc["name"]),
        code=_is_a(str, doc["code"]),
        environment=environment,
        endpoint=_is_a(str, doc["endpoint"]),
        own_environment=own_environment if own else "",
        like_production=own and doc.get("like_production") is not False,
        state=OrgState(doc.get("state", OrgState.ACTIVE.value)),
        purge_after=None if doc.get("purge_after") is None else _time(doc["purge_after"]),
    )


def _app_to_doc(app: App) -> dict[str, Any]:
    return {
        "id": app.id,
        "org": app.org_id,
        "label": app.label,
        "sessions": app.sessions,
        "csrf": app.csrf,
        "enabled": app.enabled,
        "created": _time_to_text(app.created),
        "state": app.state.value,
        "version": app.version,
        "key_head": app.key_ends.head,
        "key_tail": app.key_ends.tail,
        "keychain": app.keychain,
        "last_version": app.last_version,
        "pending": app.pending and _pending_to_doc(app.pending),
        "kept": [{**_version_to_doc(kept), "until": _time_to_text(kept.until)} for kept in app.kept],
        "rotated": app.rotated and _time_to_text(app.rotated),
        "last_copied": app.last_copied and _time_to_text(app.last_copied),
        "purge_after": app.purge_after and _time_to_text(app.purge_after),
        **({"sweep_until": _time_to_text(app.sweep_until)} if app.sweep_until else {}),
        **_noted_to_doc(app),
    }


def _noted_to_doc(noted: App | AppDetails) -> dict[str, Any]:
    """What a person noted about an app, as far as they did."""
    found: dict[str, Any] = {
        "notes": _is_a(str, noted.notes),
        "owner": _is_a(str, noted.owner),
        "expires": noted.expires and _date_to_text(noted.expires),
        "review": noted.review and _date_to_text(noted.review),
    }
    return {name: value for name, value in found.items() if value}


_APP_FIELDS = frozenset(
    "id org label sessions csrf enabled created state version "
    "key_head key_tail keychain last_version pending kept rotated last_copied purge_after sweep_until "
    "notes owner expires review".split()
)


def _app_from_doc(doc: Mapping[str, Any]) -> App:
    version = _version(doc["version"])
    return App(
        id=_id(doc["id"]),
        org_id=sys.intern(_id(doc["org"])),  # one text for all apps that share it, as below
        label=_is_a(str, doc["label"]),
        sessions=_is_a(bool, doc["sessions"]),
        csrf=_is_a(bool, doc["csrf"]),
        created=_time(doc["created"]),
        key_ends=KeyEnds(_key_end(doc["key_head"]), _key_end(doc["key_tail"])),
        keychain=sys.intern(_is_a(str, doc["keychain"])),
        version=version,
        enabled=_is_a(bool, doc["enabled"]),
        state=AppState(doc["state"]),
        # Rows of before keys could be rotated lack the next four.
        last_version=max(version, _version(doc.get("last_version", version))),
        pending=None if doc.get("pending") is None else _pending_from_doc(doc["pending"], doc),
        kept=tuple(KeptVersion(*_version_from_doc(kept, doc), _time(kept["until"])) for kept in doc.get("kept", ())),
        rotated=None if doc.get("rotated") is None else _time(doc["rotated"]),
        last_copied=None if doc["last_copied"] is None else _time(doc["last_copied"]),
        purge_after=None if doc["purge_after"] is None else _time(doc["purge_after"]),
        sweep_until=None if doc.get("sweep_until") is None else _time(doc["sweep_until"]),
        **_noted_from_doc(doc),
        extra=NO_EXTRA if _APP_FIELDS.issuperset(doc) else _extra(doc),
    )


def _extra(doc: Mapping[str, Any]) -> dict[str, Any]:
    """What a row holds beside the fields we know."""
    return {name: copy.deepcopy(value) for name, value in doc.items() if name not in _APP_FIELDS}


def _noted_from_doc(doc: Mapping[str, Any]) -> dict[str, Any]:
    """What a person noted about an app: absent when empty, and when damaged no reason to hide the app's key."""
    return {
        "notes": _text_or_empty(doc.get("notes")),
        "owner": sys.intern(_text_or_empty(doc.get("owner"))),
        "expires": _date_or_none(doc.get("expires")),
        "review": _date_or_none(doc.get("review")),
    }


def _pending_to_doc(pending: PendingVersion) -> dict[str, Any]:
    doc, details = _version_to_doc(pending), pending.details
    if details is not None:
        doc["details"] = {"label": details.label, "csrf": details.csrf, **_noted_to_doc(details)}
    return doc


def _pending_from_doc(value: object, app: Mapping[str, Any]) -> PendingVersion:
    number, key_ends, sessions = _version_from_doc(value, app)
    found = _is_a(dict, value).get("details")
    if found is None:
        return PendingVersion(number, key_ends, sessions)
    doc: dict[str, Any] = _is_a(dict, found)
    label, csrf = _is_a(str, doc["label"]), _is_a(bool, doc["csrf"])
    return PendingVersion(number, key_ends, sessions, AppDetails(label, sessions, csrf, **_noted_from_doc(doc)))


def _version_to_doc(version: PendingVersion | KeptVersion) -> dict[str, Any]:
    ends = version.key_ends
    return {"version": version.number, "key_head": ends.head, "key_tail": ends.tail, "sessions": version.sessions}


def _version_from_doc(value: object, app: Mapping[str, Any]) -> tuple[int, KeyEnds, bool]:
    doc: dict[str, Any] = _is_a(dict, value)
    # Rows of before Sessions could be switched lack it there: it was always as the app's.
    sessions = _is_a(bool, doc.get("sessions", app["sessions"]))
    return _version(doc["version"]), KeyEnds(_key_end(doc["key_head"]), _key_end(doc["key_tail"])), sessions


def _version(value: object) -> int:
    number = _is_a(int, value)
    if not 1 <= number <= LAST_VERSION:
        raise ValueError("no number of a version")
    return number


V = TypeVar("V")


def _is_a(kind: type[V], value: object) -> V:
    """`value` if it is exactly of this kind, so that true is no number. Raises TypeError."""
    if type(value) is not kind:
        raise TypeError(f"not a {kind.__name__}")
    return value


def _id(value: object) -> str:
    text = _is_a(str, value)
    if not text:
        raise ValueError("an id is not empty")
    return text


def _key_end(value: object) -> str:
    """At most four characters of a key: this program neither saves nor shows more."""
    text = _is_a(str, value)
    if len(text) > 4:
        raise ValueError("too much of a key")
    return text


def _time(value: object) -> datetime:
    """The time, in UTC, that `_time_to_text` wrote."""
    time = datetime.fromisoformat(_is_a(str, value))
    if time.tzinfo is None:
        raise ValueError("a time without its zone")
    return time.astimezone(UTC)


def _time_to_text(time: datetime) -> str:
    """ISO 8601 in UTC, with a Z. Raises ValueError for a time without its zone."""
    if time.tzinfo is None:
        raise ValueError("a time without its zone")
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _text_or_empty(value: object) -> str:
    return value if isinstance(value, str) else ""


def _date_or_none(value: object) -> date | None:
    """The date that `_date_to_text` wrote, None for anything else."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _date_to_text(value: date) -> str:
    """ISO 8601, e.g. 2026-11-23. Raises TypeError for a time, of which the reader would make nothing."""
    return _is_a(date, value).isoformat()
