"""What the sandbox remembers: people, objects, settings and known devices of each org."""

from __future__ import annotations

import copy
import hashlib
import json
import threading
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from ..domain.documents import Document, DocumentStore
from ..domain.model import Org
from ..domain.sandbox import AppSettings, Settings, settings_of
from .reply import Refusal
from .table import ADMINISTRATOR, INHERITED, MOST_OBJECTS, ORG_SETTINGS, PEOPLE

MOST_DEVICES = 200
MOST_STATE_BYTES = 20_000_000
MOST_SETTINGS_BYTES = 200_000
_ABSENT = object()


class Collection:
    """Objects of one kind of one org, in the order of their ids."""

    def __init__(self) -> None:
        self._by_id: dict[str, Document] = {}
        self._ids: list[str] = []

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[Document]:
        return (self._by_id[object_id] for object_id in self._ids)

    def get(self, object_id: str) -> Document | None:
        """One object."""
        return self._by_id.get(object_id)

    def put(self, document: Document) -> None:
        """Add or replace one by its `_id`."""
        if document["_id"] not in self._by_id:
            insort(self._ids, document["_id"])
        self._by_id[document["_id"]] = document

    def remove(self, object_id: str) -> None:
        """Remove one that is there."""
        del self._by_id[object_id]
        del self._ids[bisect_left(self._ids, object_id)]

    def between(self, low: str, high: str, *, low_itself: bool, high_itself: bool, start: int) -> Iterator[Document]:
        """Those whose ids lie between two, from the one with this number on. An empty `high` is no bound."""
        first = bisect_left(self._ids, low) if low_itself else bisect_right(self._ids, low)
        end = len(self._ids)
        if high:
            end = bisect_right(self._ids, high) if high_itself else bisect_left(self._ids, high)
        return (self._by_id[self._ids[place]] for place in range(first + start, end))


class OrgState:
    """One org's people, objects and settings. `settings` holds what differs from the defaults."""

    def __init__(self, org_id: str) -> None:
        self.id = org_id
        self.accounts = Collection()
        self.examples = Collection()
        self.settings: Document = {}

    def setting(self, path: str) -> Any:
        """The value at a dotted path of the org's settings."""
        for source in (self.settings, ORG_SETTINGS):
            value: Any = source
            for name in path.split("."):
                value = value.get(name, _ABSENT) if isinstance(value, Mapping) else _ABSENT
            if value is not _ABSENT:
                return value
        raise KeyError(path)

    def org_settings(self) -> Document:
        """The documented settings with this org's values. The caller changes no part of it."""
        return merged(ORG_SETTINGS, self.settings)


class State:
    """All of it, kept in a store at each change. Loaded when it is first needed. Hold `lock` while using it."""

    def __init__(self, store: DocumentStore, now: Callable[[], float]) -> None:
        self.lock = threading.RLock()
        self._store = store
        self._now = now
        self._is_loaded = False
        self._orgs: dict[str, OrgState] = {}
        self._settings = Settings()
        self._apps: dict[str, AppSettings] = {}
        self._devices: dict[str, Document] = {}
        self._port: int | None = None
        self._sizes: dict[str, int] = {}  # bytes of each custom object

    def org(self, org: Org) -> OrgState:
        """One org's state; its made-up people are there from the first time on. Raises StorageError."""
        with self.lock:
            self._load()
            state = self._orgs.get(org.id)
            if state is None:
                state = self._orgs[org.id] = OrgState(org.id)
            if not len(state.accounts):
                self.put_accounts(org.id, made_up_people(org, self._now()))
            return state

    def put_accounts(self, org_id: str, accounts: Iterable[Document]) -> None:
        """Add or replace people of an org. Raises StorageError."""
        with self.lock:
            self._load()
            state = self._orgs.setdefault(org_id, OrgState(org_id))
            documents = list(accounts)
            self._change("accounts", {f"{org_id}/{document['_id']}": document for document in documents})
            for document in documents:
                state.accounts.put(document)

    def put_example(self, org: OrgState, document: Document) -> None:
        """Add or replace a custom object. Raises StorageError, and Refusal if there are too many."""
        if org.examples.get(document["_id"]) is None and len(org.examples) >= MOST_OBJECTS:
            raise Refusal("sandbox.tooLarge.state", f"It keeps {MOST_OBJECTS} objects of each org.")
        place = f"{org.id}/{document['_id']}"
        size = len(json.dumps(document))
        if sum(self._sizes.values()) - self._sizes.get(place, 0) + size > MOST_STATE_BYTES:
            raise Refusal("sandbox.tooLarge.state", f"It keeps {MOST_STATE_BYTES // 1_000_000} MB of objects.")
        self._change("examples", {place: document})
        self._sizes[place] = size
        org.examples.put(document)

    def remove_example(self, org: OrgState, object_id: str) -> None:
        """Remove a custom object. Raises StorageError."""
        self._change("examples", {f"{org.id}/{object_id}": None})
        del self._sizes[f"{org.id}/{object_id}"]
        org.examples.remove(object_id)

    def put_org_settings(self, org: OrgState, settings: Document) -> None:
        """Replace what differs from the defaults. Raises StorageError, and Refusal if there is too much of it."""
        if len(json.dumps(settings)) > MOST_SETTINGS_BYTES:
            raise Refusal("sandbox.tooLarge.state", f"It keeps {MOST_SETTINGS_BYTES // 1000} kB of an org's settings.")
        self._change("orgs", {org.id: settings})
        org.settings = settings

    @property
    def settings(self) -> Settings:
        """How the sandbox behaves. Raises StorageError."""
        with self.lock:
            self._load()
            return self._settings

    def put_settings(self, settings: Settings) -> None:
        """Change how the sandbox behaves. Raises StorageError."""
        with self.lock:
            self._load()
            self._change("settings", {"sandbox": asdict(settings)})
            self._settings = settings

    def app_settings(self, app_id: str) -> AppSettings:
        """The settings of an app that only the sandbox knows. Raises StorageError."""
        with self.lock:
            self._load()
            return self._apps.get(app_id, _PLAIN)

    def put_app_settings(self, app_id: str, settings: AppSettings) -> None:
        """Change the settings of an app that only the sandbox knows. Raises StorageError."""
        with self.lock:
            self._load()
            self._change("apps", {app_id: settings.document()})
            self._apps[app_id] = settings

    def knows_device(self, fingerprint: str, account_id: str, app_id: str) -> bool:
        """True if a login of this account from this device needs no code."""
        return _digest(fingerprint, account_id, app_id) in self._devices

    def trust_device(self, fingerprint: str, account_id: str, app_id: str, place: str) -> None:
        """Need no code from this device for this account from now on: a digest of its cookie is kept.

        Raises StorageError.
        """
        device = {"account": account_id, "app": app_id, "place": place, "time": int(self._now() * 1000)}
        changes: dict[str, Document | None] = {_digest(fingerprint, account_id, app_id): device}
        if len(self._devices) >= MOST_DEVICES:
            changes[min(self._devices, key=lambda digest: self._devices[digest]["time"])] = None
        self._change("devices", changes)
        for digest, document in changes.items():
            if document is None:
                del self._devices[digest]
            else:
                self._devices[digest] = document

    def last_port(self) -> int | None:
        """The port that was used last. Raises StorageError."""
        with self.lock:
            self._load()
            return self._port

    def put_last_port(self, port: int) -> None:
        """Remember the port. Raises StorageError."""
        with self.lock:
            self._load()
            if port != self._port:
                self._change("settings", {"port": {"port": port}})
                self._port = port

    def reset(self) -> None:
        """Forget all people, objects, settings and devices; the port stays. Raises StorageError."""
        with self.lock:
            port = self._port
            self._store.clear()
            self._is_loaded = False
            self._load()
            if port is not None:
                self.put_last_port(port)

    def _load(self) -> None:
        if self._is_loaded:
            return
        tables = self._store.load()
        self._orgs = {}
        for org_id, settings in tables.get("orgs", {}).items():
            self._org(org_id).settings = settings
        for name in ("accounts", "examples"):
            for place, document in tables.get(name, {}).items():
                getattr(self._org(place.partition("/")[0]), name).put(document)
        self._sizes = {place: len(json.dumps(found)) for place, found in tables.get("examples", {}).items()}
        self._settings = settings_of(tables.get("settings", {}).get("sandbox", {}))
        port = tables.get("settings", {}).get("port", {}).get("port")
        self._port = port if isinstance(port, int) and 0 < port < 65536 else None
        self._apps = {app_id: AppSettings.of(document) for app_id, document in tables.get("apps", {}).items()}
        self._devices = dict(tables.get("devices", {}))
        self._is_loaded = True

    def _org(self, org_id: str) -> OrgState:
        return self._orgs.setdefault(org_id, OrgState(org_id))

    def _change(self, table: str, documents: Mapping[str, Document | None]) -> None:
        self._store.change({table: documents})


_PLAIN = AppSettings()


def _digest(*parts: str) -> str:
    return hashlib.sha256("/".join(parts).encode()).hexdigest()


def made_up_people(org: Org, now: float) -> list[Document]:
    """The people whom every org has in the sandbox."""
    return [
        person(org, f"{name}@{org.code.lower()}.example", first, last, mobile, role, now)
        for name, first, last, mobile, role in PEOPLE
    ]


def person(org: Org, email: str, first: str, last: str, mobile: str, role: str, now: float) -> Document:
    """An account object, without a password. The id follows from org and e-mail."""
    account_id = object_id(f"{org.id}/{email}")
    return {
        "_id": account_id,
        "object": "account",
        "access": 8,
        "accessRoles": [],
        "created": iso(now),
        "updated": iso(now),
        "updater": reference("account", "accounts", account_id),
        "favorite": False,
        "shared": False,
        "email": email,
        "name": {"first": first, "last": last, "additional": []},
        "mobile": mobile,
        "locale": "en_US",
        "tz": "UTC",
        "state": "verified",
        "locked": False,
        "roles": [role],
        "inherited_roles": [INHERITED] if role == ADMINISTRATOR else [],
        "stats": {"lastPasswordReset": iso(now)},
    }


def reference(name: str, plural: str, found_id: str) -> Document:
    """How one object names another."""
    return {"_id": found_id, "object": name, "path": f"/{plural}/{found_id}"}


def object_id(text: str) -> str:
    """An id of 24 hex digits that follows from a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def iso(seconds: float) -> str:
    """A time as Cortex writes it: ISO 8601 in UTC with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def merged(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> Document:
    """`defaults` with the values of `own` in it, without changing either."""
    result = copy.deepcopy(dict(defaults))
    for name, value in own.items():
        if isinstance(value, Mapping) and isinstance(result.get(name), Mapping):
            result[name] = merged(result[name], value)
        else:
            result[name] = copy.deepcopy(value)
    return result
